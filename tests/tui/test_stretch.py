"""Where things stand on the way to the services, and which way of the line is poor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.wire import Device
from tui.stretch import called, poor_way, segment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from agent.wire import Snapshot
    from tui.view import Showing

FROM_WARD = {
    "sw-26740-01": "switch", "ce-26740": "metronet", "gateway": "dc", "reflector": "dc",
    "resolver-city": "dc", "resolver": "lan", "vm-26740-1": "dc", "ups-26740": "lan",
}  # fmt: skip


def test_a_reflector_and_the_city_s_resolver_stand_in_the_data_centre(
    snapshots: Mapping[str, Snapshot],
) -> None:
    found = {one.name: segment_of(one) for one in snapshots["one-way"].devices}
    assert {name: found[name] for name in FROM_WARD} == FROM_WARD


@pytest.mark.parametrize(
    ("role", "parents", "segment"),
    [
        ("core", ("ce-26740", "gateway"), "switch"),
        ("core", ("gateway",), "switch"),
        ("ups", ("sw-26740-01", "ce-26740", "gateway"), "lan"),
        ("reflector", ("sw-26740-01", "ce-26740", "gateway"), "lan"),
        ("vm", ("gateway",), "dc"),
    ],
)
def test_from_the_hub_the_ward_s_own_devices_are_not_in_the_data_centre(
    role: str, parents: tuple[str, ...], segment: str, snapshots: Mapping[str, Snapshot]
) -> None:
    device = snapshots["ok"].devices[0]
    assert isinstance(device, Device)
    changed = {"role": role, "parents": parents, "device_class": "unknown"}
    assert segment_of(device.model_copy(update=changed)) == segment


@pytest.mark.parametrize(
    ("key", "way"),
    [
        ("ev.path_loss_in", "←"),
        ("ev.path_jitter_out", "→"),
        ("ev.path_delay_both", "→←"),
        ("ev.path_loss", ""),
        ("ev.ce_ok", ""),
    ],
)
def test_the_arrow_says_what_the_evidence_says(
    key: str,
    way: str,
    snapshots: Mapping[str, Snapshot],
    showing_of: Callable[..., Showing],
) -> None:
    snapshot = snapshots["one-way"]
    verdict = snapshot.verdict
    assert verdict is not None
    said = verdict.evidence[0].model_copy(update={"key": key})
    changed = snapshot.model_copy(
        update={"verdict": verdict.model_copy(update={"evidence": (said,)})}
    )
    assert poor_way(showing_of(changed)) == way
    assert poor_way(showing_of(changed, silent_s=600.0)) == ""


@pytest.mark.parametrize(
    ("name", "role", "said"),
    [
        ("gateway", "gateway", "cổng TT"),
        ("resolver-city", "resolver", "tên miền TP"),
        ("gateway", "server", "gateway"),  # a device that the inventory calls so
        ("sw-26740-01", "core", "sw-26740-01"),
    ],
)
def test_points_of_the_way_are_called_by_what_they_are(
    name: str,
    role: str,
    said: str,
    snapshots: Mapping[str, Snapshot],
    showing_of: Callable[..., Showing],
) -> None:
    shown = showing_of(snapshots["one-way"], "vi")
    one = next(one for one in snapshots["one-way"].devices if one.name == "gateway")
    assert called(one.model_copy(update={"name": name, "role": role}), shown) == said
