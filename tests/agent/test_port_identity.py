"""Ports are known again, whatever numbers the device gives them after a restart."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from agent.port_identity import Matched, Port, match
from probes.model import Interface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from random import Random


def fresh() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"id-{next(numbers)}"


def switch(size: int = 48, first_index: int = 10101) -> list[Interface]:
    return [
        Interface(
            index=first_index + n, name=f"Gi1/0/{n + 1}", descr=f"GigabitEthernet1/0/{n + 1}",
            type=6, mac=f"02:00:00:00:00:{n:02x}",
        )
        for n in range(size)
    ]  # fmt: skip


def numbered(ports: Iterable[Interface], indexes: Sequence[int]) -> list[Interface]:
    """The same ports under other indexes."""
    return [replace(port, index=index) for port, index in zip(ports, indexes, strict=True)]


def first(ports: Iterable[Interface], new_id: Callable[[], str]) -> tuple[Port, ...]:
    return match((), ports, new_id, same_boot=True).ports


def names(matched: Matched | Sequence[Port]) -> dict[str, str | None]:
    ports = matched.ports if isinstance(matched, Matched) else matched
    return {port.port_id: port.if_name for port in ports}


@given(st.randoms(use_true_random=False), st.booleans())
def test_48_shuffled_ports_keep_their_48_identities(chance: Random, same_boot: bool) -> None:
    new_id, ports = fresh(), switch()
    known = first(ports, new_id)
    indexes = [port.index for port in ports]
    chance.shuffle(indexes)
    after = match(known, numbered(ports, indexes), new_id, same_boot=same_boot)
    assert names(after) == names(known)
    assert (after.new, after.vanished, after.renamed) == ((), (), ())
    changed = sum(port.index != index for port, index in zip(ports, indexes, strict=True))
    assert len(after.renumbered) == changed


def test_two_swapped_indexes_do_not_collide() -> None:
    new_id, (one, two) = fresh(), switch(2)
    known = first((one, two), new_id)
    after = match(known, numbered((one, two), (two.index, one.index)), new_id, same_boot=True)
    assert names(after) == names(known)
    assert len(after.renumbered) == 2


def test_a_changed_board_is_known_by_its_unique_names() -> None:
    """New hardware, new addresses, the same names."""
    new_id, ports = fresh(), switch(4)
    known = first(ports, new_id)
    other = [replace(port, mac=None, index=port.index + 500) for port in ports]
    assert names(match(known, other, new_id, same_boot=False)) == names(known)


def test_the_description_alone_is_never_a_key() -> None:
    new_id = fresh()
    unnamed = [
        Interface(index=n, name="Ethernet Interface", descr="Ethernet Interface",
                  name_source="ifDescr")
        for n in (1, 2, 3)
    ]  # fmt: skip
    known = first(unnamed, new_id)
    rebooted = match(known, numbered(unnamed, (7, 8, 9)), new_id, same_boot=False)
    assert len(rebooted.new) == 3
    same = match(known, unnamed, new_id, same_boot=True)
    assert names(same) == names(known)


def test_description_and_address_together_are_one() -> None:
    new_id = fresh()
    unnamed = [
        Interface(index=n, name="Ethernet", descr="Ethernet", mac=f"02:00:00:00:00:0{n}",
                  name_source="ifDescr")
        for n in (1, 2, 3)
    ]  # fmt: skip
    known = first(unnamed, new_id)
    after = match(known, numbered(unnamed, (9, 7, 8)), new_id, same_boot=False)
    assert {p.port_id: p.mac for p in after.ports} == {p.port_id: p.mac for p in known}


def test_two_ports_with_one_name_stay_two_and_are_named_as_a_finding() -> None:
    new_id = fresh()
    twins = [Interface(index=n, name="Port", descr="Port", type=6) for n in (1, 2)]
    known = first(twins, new_id)
    after = match(known, twins, new_id, same_boot=True)
    assert after.doubled == ("Port",)
    assert len(names(after)) == 2
    assert next(one.port_id for one in after.ports if one.if_index == 1) == known[0].port_id


def test_a_renamed_port_is_the_same_port_within_one_boot() -> None:
    new_id, (one, two) = fresh(), switch(2)
    known = first((one, two), new_id)
    renamed = replace(one, name="uplink", descr="uplink", mac=None)
    after = match(known, (renamed, two), new_id, same_boot=True)
    assert [port.if_name for port in after.renamed] == ["uplink"]
    assert after.new == ()


def test_a_port_gone_for_three_slow_polls_has_vanished_and_is_still_remembered() -> None:
    new_id, (one, two) = fresh(), switch(2)
    ports = first((one, two), new_id)
    told = []
    for slow in (True, False, True, False, True, True):
        after = match(ports, (one,), new_id, same_boot=True, is_slow_poll=slow)
        told.append([port.if_name for port in after.vanished])
        ports = after.ports
    assert told == [[], [], [], [], ["Gi1/0/2"], []]
    back = match(ports, (one, two), new_id, same_boot=True)
    assert [port.if_name for port in back.returned] == ["Gi1/0/2"]
    assert back.new == ()
    assert {port.state for port in back.ports} == {"present"}


interfaces = st.lists(
    st.builds(
        Interface,
        index=st.integers(1, 2**31),
        name=st.sampled_from(("a", "b", "c", "d")),
        descr=st.sampled_from(("a", "x", None)),
        mac=st.sampled_from(("m1", "m2", None)),
        type=st.sampled_from((6, 53)),
        name_source=st.sampled_from(("ifName", "ifDescr")),
    ),
    max_size=8,
    unique_by=lambda port: port.index,
)


@given(interfaces, interfaces, st.booleans())
def test_every_port_has_one_identity_and_no_identity_two_ports(
    earlier: list[Interface], later: list[Interface], same_boot: bool
) -> None:
    new_id = fresh()
    known = first(earlier, new_id)
    after = match(known, later, new_id, same_boot=same_boot)
    ids = [port.port_id for port in after.ports]
    assert len(ids) == len(set(ids))
    assert set(names(known)) <= set(ids)
    here = {one.if_index for one in after.ports if one.state == "present"}
    assert here == {port.index for port in later}
