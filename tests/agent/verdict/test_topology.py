"""Who is reached through whom, from the ward and from the hub."""

from __future__ import annotations

from typing import Any

import pytest

from agent.verdict.topology import AGENT, Topology, tree
from inventory.model import Ward

# The sample inventory, with an access switch and a second VM behind the first.
EXAMPLE: dict[str, Any] = {
    "schema": "wardops/inventory/1",
    "ward": "26740",
    "links": [
        {
            "id": "mtn-26740-1",
            "carrier": "example-carrier",
            "circuit": "CHANGE-ME",
            "commit_mbps": 100,
            "near": "sw-26740-01:Gi1/0/48",
            "via": "ce-26740",
        }
    ],
    "devices": [
        {"name": "sw-26740-01", "kind": "cisco_ios", "role": "core", "address": "192.0.2.10"},
        {
            "name": "ce-26740",
            "kind": "generic_router",
            "role": "ce",
            "address": "192.0.2.1",
            "behind": "sw-26740-01:Gi1/0/48",
        },
        {
            "name": "ups-26740",
            "kind": "ups_rfc1628",
            "address": "192.0.2.20",
            "behind": "sw-26740-01",
        },
        {"name": "sw-26740-02", "kind": "cisco_ios", "role": "access", "address": "192.0.2.11"},
        {
            "name": "vc-26740-a",
            "kind": "cisco_ce",
            "role": "vc",
            "address": "192.0.2.30",
            "behind": "sw-26740-02:Gi1/0/5",
        },
        {
            "name": "vm-26740-1",
            "kind": "linux_vm",
            "role": "vm",
            "site": "dc",
            "address": "198.51.100.10",
        },
        {
            "name": "vm-26740-2",
            "kind": "linux_vm",
            "role": "vm",
            "site": "dc",
            "address": "198.51.100.11",
            "behind": "vm-26740-1",
        },
    ],
    "path": {"gateway": {"address": "198.51.100.1"}},
    "services": [
        {
            "id": "tthc",
            "name": {"vi": "Thủ tục hành chính", "en": "Administrative procedures"},
            "url": "https://tthc.example/",
        }
    ],
}


def example(**changes: Any) -> Ward:
    return Ward.model_validate({**EXAMPLE, **changes})


def without(*keys: str) -> list[dict[str, Any]]:
    """The example's devices with some keys left out."""
    return [{k: v for k, v in d.items() if k not in keys} for d in EXAMPLE["devices"]]


def parents(topology: Topology) -> dict[str, tuple[str, ...]]:
    return dict(topology.parents_of)


def test_from_the_ward_everything_hangs_on_the_core_switch() -> None:
    assert parents(tree(example(), "ward")) == {
        "sw-26740-01": (AGENT,),
        "ce-26740": ("sw-26740-01",),
        "ups-26740": ("sw-26740-01",),
        "sw-26740-02": ("sw-26740-01",),
        "gateway": ("ce-26740",),
        "vc-26740-a": ("sw-26740-02",),
        "vm-26740-1": ("gateway",),
        "tthc": ("gateway",),
        "vm-26740-2": ("vm-26740-1",),
    }


def test_from_the_hub_the_ward_hangs_on_the_gateway() -> None:
    assert parents(tree(example(), "hub")) == {
        "gateway": (AGENT,),
        "vm-26740-1": ("gateway",),
        "ce-26740": ("gateway",),
        "tthc": ("gateway",),
        "vm-26740-2": ("vm-26740-1",),
        "sw-26740-01": ("ce-26740",),
        "ups-26740": ("sw-26740-01",),
        "sw-26740-02": ("sw-26740-01",),
        "vc-26740-a": ("sw-26740-02",),
    }


def test_ancestors_come_nearest_first_and_names_outward() -> None:
    topology = tree(example(), "ward")
    assert topology.ancestors("vm-26740-2") == (
        "vm-26740-1", "gateway", "ce-26740", "sw-26740-01",
    )  # fmt: skip
    assert topology.ancestors("sw-26740-01") == ()
    assert set(topology.descendants("gateway")) == {"vm-26740-1", "vm-26740-2", "tthc"}
    for position, name in enumerate(topology.names):
        assert set(topology.ancestors(name)) <= set(topology.names[:position])


def test_without_edges_the_usual_tree_stands() -> None:
    """A CE and a UPS without `behind` hang on the core switch, the codec too."""
    topology = tree(example(devices=without("behind")), "ward")
    for name in ("ce-26740", "ups-26740", "vc-26740-a"):
        assert topology.parents(name) == ("sw-26740-01",)
    assert topology.parents("gateway") == ("ce-26740",)


def test_a_carrier_edge_holds_nothing_back() -> None:
    path = {"gateway": {"address": "198.51.100.1"}, "pe": {"address": "198.51.100.2"}}
    for vantage, above in (("ward", "ce-26740"), ("hub", "gateway")):
        topology = tree(example(path=path), vantage)  # type: ignore[arg-type] # literals of a loop
        assert topology.parents("pe") == (above,)
        assert topology.descendants("pe") == ()


def test_two_links_are_redundant_ways() -> None:
    second = {
        "name": "ce-b", "kind": "generic_router", "role": "ce", "address": "192.0.2.2",
        "behind": "sw-26740-01:Gi1/0/47",
    }  # fmt: skip
    links = [
        *EXAMPLE["links"],
        {**EXAMPLE["links"][0], "id": "mtn-b", "via": "ce-b", "role": "backup"},
    ]
    ward = example(devices=[*EXAMPLE["devices"], second], links=links)
    assert set(tree(ward, "ward").parents("gateway")) == {"ce-26740", "ce-b"}
    assert set(tree(ward, "hub").parents("sw-26740-01")) == {"ce-26740", "ce-b"}


def test_without_a_path_services_hang_on_the_wards_end() -> None:
    ward = example(path=None)
    assert tree(ward, "ward").parents("tthc") == ("ce-26740",)
    assert tree(ward, "hub").parents("tthc") == (AGENT,)
    assert tree(ward, "hub").parents("ce-26740") == (AGENT,)


@pytest.mark.parametrize("vantage", ["ward", "hub"])
def test_every_thing_has_a_way_to_the_root_whatever_is_missing(vantage: str) -> None:
    every: list[dict[str, Any]] = EXAMPLE["devices"]
    for devices in ([], every[3:4], every[1:2], every[5:]):
        for path in (None, EXAMPLE["path"]):
            ward = example(devices=devices, path=path, links=[])
            topology = tree(ward, vantage)  # type: ignore[arg-type] # a parametrised literal
            assert AGENT not in topology.names
            for name in topology.names:
                way = (name, *topology.ancestors(name))
                assert any(AGENT in topology.parents(step) for step in way)


def test_what_hangs_on_itself_or_on_nothing_known_hangs_on_the_root() -> None:
    loop = [
        {"name": "a", "kind": "x", "address": "192.0.2.1", "behind": "b"},
        {"name": "b", "kind": "x", "address": "192.0.2.2", "behind": "a"},
        {"name": "c", "kind": "x", "address": "192.0.2.3", "behind": "nobody"},
    ]
    topology = tree(example(devices=loop, links=[], path=None, services=[]), "ward")
    assert parents(topology) == {"a": (AGENT,), "b": (AGENT,), "c": (AGENT,)}


def redundant(how: str, *more: dict[str, Any]) -> Ward:
    """An access switch with two ways up, and a codec behind it."""
    a, b, below = (
        {"name": n, "kind": "cisco_ios", "role": "access", "address": f"192.0.2.{place}"}
        for n, place in (("sw-a", 51), ("sw-b", 52), ("sw-c", 53))
    )
    behind_a = {**b, "behind": "sw-a"}  # one way is longer than the other
    twice = {**below, "parents": {how: ["sw-a:1", "sw-b:1"]}}
    leaf = {"name": "vc-x", "kind": "cisco_ce", "address": "192.0.2.60", "behind": "sw-c:5"}
    return example(devices=[*EXAMPLE["devices"], twice, a, behind_a, leaf, *more])


@pytest.mark.parametrize("vantage", ["ward", "hub"])
@pytest.mark.parametrize("how", ["any", "all"])
def test_all_written_parents_count_however_long_their_ways_are(how: str, vantage: Any) -> None:
    topology = tree(redundant(how), vantage)
    assert topology.parents("sw-c") == ("sw-a", "sw-b")
    assert topology.in_series == (frozenset({"sw-c"}) if how == "all" else frozenset())
    assert topology.parents("sw-b") == ("sw-a",)
    for position, name in enumerate(topology.names):
        assert set(topology.ancestors(name)) <= set(topology.names[:position])


def test_seen_from_below_the_ways_up_hang_on_what_they_lead_to() -> None:
    topology = tree(redundant("any").model_copy(update={"agent_at": "vc-x"}), "ward")
    assert topology.parents("vc-x") == (AGENT,)
    assert topology.parents("sw-c") == ("vc-x",)
    assert topology.parents("sw-a") == topology.parents("sw-b") == ("sw-c",)
    assert topology.in_series == frozenset()


def test_a_way_that_itself_leads_through_the_device_is_none() -> None:
    stub = {"name": "sw-z", "kind": "x", "address": "192.0.2.70", "behind": "vc-x"}
    ward = redundant("any", stub)
    devices = [
        d.model_copy(update={"parents": d.parents.model_copy(update={"any": ("sw-a", "sw-z")})})
        if d.parents
        else d
        for d in ward.devices
    ]
    topology = tree(ward.model_copy(update={"devices": tuple(devices)}), "ward")
    assert topology.parents("sw-c") == ("sw-a",)
    assert "sw-c" in topology.ancestors("sw-z")
