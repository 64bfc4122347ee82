"""A guest is at most one device: the one that names it, else the only one of its name or number."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from agent.machines.guests import Claims, lodged_in
from probes.model import Observation, Reading, Reason, Target
from probes.vm.estate import Estate, Guest

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
WARD, OTHER = "26740", "25747"
WORDS = st.sampled_from(["a", "b", "c", "1", "2"])
GUESTS = st.lists(st.builds(Guest, id=WORDS, name=st.none() | WORDS), unique_by=lambda one: one.id)
HOSTS = st.dictionaries(
    st.tuples(st.sampled_from([WARD, OTHER]), st.sampled_from(["pve-1", "pve-2"])), GUESTS,
    max_size=3,
).filter(lambda hosts: len({name for _, name in hosts}) == len(hosts))  # fmt: skip
CLAIMS = st.dictionaries(WORDS, st.tuples(st.sampled_from(["pve-1", "pve-2"]), WORDS))


def told(ward: str, name: str, guests: list[Guest]) -> Observation:
    """What one host says."""
    target = Target(ward=ward, name=name, kind="proxmox", role="server", host="192.0.2.9")
    reading = Reading(estate=Estate(guests=tuple(guests)))
    return Observation(target, "proxmox", Reason.OK, reading, NOW, 0.0, 0.1, 300.0)


@given(hosts=HOSTS, mine=CLAIMS, theirs=CLAIMS, names=st.sets(WORDS))
def test_no_guest_is_two_devices_and_a_claimed_one_is_its_claimers_alone(
    hosts: dict[tuple[str, str], list[Guest]],
    mine: dict[str, tuple[str, str]],
    theirs: dict[str, tuple[str, str]],
    names: set[str],
) -> None:
    mine = {name: claim for name, claim in mine.items() if name in names}
    mine = {name: claim for name, claim in mine.items() if list(mine.values()).count(claim) == 1}
    claims = Claims({WARD: mine, OTHER: theirs}, frozenset((*mine.values(), *theirs.values())))
    runs = [told(ward, name, guests) for (ward, name), guests in hosts.items()]
    found, strays = lodged_in(WARD, sorted(names), runs, claims)
    placed = [one.claim for one in found.values()]
    assert len(placed) == len(set(placed))
    assert not set(placed) & {one.claim for one in strays}
    own = [(name, one) for (ward, name), guests in hosts.items() for one in guests if ward == WARD]
    for name, one in found.items():
        if name in mine:
            assert one.claim == mine[name]
            continue
        assert one.claim not in claims.every
        assert one.seen.target.ward == WARD
        assert name in (one.guest.name, one.guest.id)
    for name in names - mine.keys():
        free = [one for host, one in own if (host, one.id) not in claims.every]
        of_name = [one for one in free if one.name == name]
        of_number = [one for one in free if one.id == name]
        is_anothers = (
            any(
                one.guest == of_number[0] and other == one.guest.name and other != name
                for other, one in found.items()
            )
            if len(of_number) == 1
            else False
        )
        by_number = of_number if len(of_number) == 1 and not is_anothers else []
        expected = of_name if len(of_name) == 1 else by_number
        assert [found[name].guest] == expected if name in found else not expected
