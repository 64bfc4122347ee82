"""STAMP, packets of any size, names and time over the cable: what the probes make of the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from drills import cable, faults
from drills.topology import CANARY, ward_standard
from drills.world import World
from probes.clock import ManualClock, run_virtual
from probes.model import Reason, Target
from probes.path.stamp_quality import Loss
from probes.registry import probes
from probes.run import observe

if TYPE_CHECKING:
    from probes.model import Observation
    from probes.path.stamp_quality import Quality

WARD, ASKER = "26740", "ward:26740"
REFLECTOR, RESOLVER, TIME = "127.8.0.51", "127.8.0.52", "127.8.0.53"
TIMEOUT_S = 1.0


def world_with(*broken: tuple[str, str, dict[str, Any]]) -> tuple[World, ManualClock]:
    clock = ManualClock()
    world = World(ward_standard((WARD,)), 1, clock)
    for name, on, params in broken:
        faults.apply(world, name, on, params)
    return world, clock


def burst(*broken: tuple[str, str, dict[str, Any]], count: int = 400) -> Quality:
    world, clock = world_with(*broken)

    async def measured() -> Quality:
        stamp = cable.transports(world, ASKER).stamp
        assert stamp is not None
        return await stamp.burst(
            REFLECTOR, 862, dscp=46, count=count, gap_s=0.02, timeout_s=TIMEOUT_S
        )

    found: Quality = run_virtual(measured(), clock)
    return found


def ask(target: Target, probe: str, *broken: tuple[str, str, dict[str, Any]]) -> Observation:
    world, clock = world_with(*broken)

    async def asked() -> Observation:
        ways = cable.transports(world, ASKER)
        return await observe(target, probes()[probe], ways, clock, 8.0, _no_secret)

    found: Observation = run_virtual(asked(), clock)
    return found


def _no_secret(_ref: str) -> Any:
    raise AssertionError


def test_a_good_line_loses_nothing_and_takes_what_its_cables_take() -> None:
    found = burst()
    assert (found.out.loss, found.back.loss) == (Loss(400, 0), Loss(400, 0))
    assert found.out.delay_s == pytest.approx(found.back.delay_s, abs=1e-4)
    assert found.out.jitter_s == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("on", "lossy", "clean"), [("ce:wan", "out", "back"), ("pe-1:26740", "back", "out")]
)
def test_loss_of_one_direction_is_found_in_that_one(on: str, lossy: str, clean: str) -> None:
    found = burst(("one_way_loss", on, {"loss": 0.1}))
    bad, good = getattr(found, lossy).loss, getattr(found, clean).loss
    assert 20 <= bad.lost <= 60
    assert good.lost == 0


@pytest.mark.parametrize(
    ("on", "late", "usual"), [("ce:wan", "out", "back"), ("pe-1:26740", "back", "out")]
)
def test_delay_and_jitter_of_one_direction_are_found_in_that_one(
    on: str, late: str, usual: str
) -> None:
    slow = burst(("one_way_delay", on, {"ms": 200.0}))
    assert getattr(slow, late).delay_s - getattr(slow, usual).delay_s == pytest.approx(0.2, 0.01)
    shaky = burst(("one_way_jitter", on, {"ms": 15.0}))
    assert 0.003 < getattr(shaky, late).jitter_s < 0.008
    assert getattr(shaky, usual).jitter_s < 1e-6


def test_behind_a_cut_line_nothing_comes_back() -> None:
    found = burst(("cable_cut", "ce:wan", {}), count=50)
    assert (found.rtts_s, found.round.loss) == ((), Loss(53, 53))
    target = Target(WARD, "reflector", "reflector", "reflector", REFLECTOR)
    gone = ask(
        Target(**{**_values(target), "url": f"stamp://{REFLECTOR}"}),
        "stamp", ("power_off", "reflector", {}),
    )  # fmt: skip
    assert gone.reason is Reason.TIMEOUT


def _values(target: Target) -> dict[str, Any]:
    return {name: getattr(target, name) for name in Target.__slots__}


DNS = Target(
    WARD, "resolver", "resolver", "resolver", RESOLVER,
    url=f"dns://{RESOLVER}/{CANARY}", expect="^127[.]8[.]0[.]14$",
)  # fmt: skip
NTP = Target(WARD, "ntp", "service:ntp", "service", TIME, url=f"ntp://{TIME}")


@pytest.mark.parametrize(
    ("broken", "reason", "detail"),
    [
        ((), Reason.OK, ""),
        ((("dns_wrong", "resolver", {}),), Reason.PROTOCOL, "dns_wrong"),
        ((("dns_wrong", "resolver", {"answer": "unknown"}),), Reason.DNS, "dns_nxdomain"),
        ((("power_off", "resolver", {}),), Reason.TIMEOUT, "dns_silent"),
    ],
)
def test_the_resolver_is_asked_over_the_cable(
    broken: tuple[Any, ...], reason: Reason, detail: str
) -> None:
    seen = ask(DNS, "dns", *broken)
    assert (seen.reason, seen.detail) == (reason, detail)


@pytest.mark.parametrize(
    ("broken", "reason", "detail"),
    [
        ((), Reason.OK, ""),
        ((("ntp_off", "time-server", {}),), Reason.PROTOCOL, "ntp_unsynchronised"),
        ((("power_off", "time-server", {}),), Reason.TIMEOUT, "ntp_silent"),
    ],
)
def test_the_time_server_is_asked_over_the_cable(
    broken: tuple[Any, ...], reason: Reason, detail: str
) -> None:
    seen = ask(NTP, "ntp", *broken)
    assert (seen.reason, seen.detail) == (reason, detail)


def test_a_clock_that_is_off_is_measured() -> None:
    seen = ask(NTP, "ntp", ("ntp_off", "time-server", {"seconds": 3.0}))
    offsets = [one.value for one in seen.reading.samples if "offset" in one.metric.name]
    assert offsets == [pytest.approx(3.0, abs=0.01)]
