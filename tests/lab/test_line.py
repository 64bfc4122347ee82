"""The line of the lab measured by our probes: what was done to each direction is what they find.

A shared machine may stop for a moment. What was lost is compared with what the line itself counted;
times are medians, and measured again when they are off: a wrong measurement is wrong every time.
"""

from __future__ import annotations

import json
import os
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from drills.impairment import Impairment
from tests.lab import ward
from tests.lab.programs import Program, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.lab.lab import Lab

pytestmark = [pytest.mark.lab, pytest.mark.realtime, pytest.mark.timeout(300)]

ECHOES = 1000 if os.environ.get("WARDOPS_SOAK") == "1" else 300
GAP_S = 0.02
BURSTS, BURST = ECHOES // 50, 50
SHARED_PORT = 8620
TRIALS = 3
# 20 ms, 5 ms either way, 5 % in each direction; the seeds lose 9.7 % of 300 and of 1000 there and
# back, so that what is asserted is the measurement and not chance.
OUT = Impairment(delay_s=0.020, jitter_s=0.005, loss=0.05, seed=38)
BACK = Impairment(delay_s=0.020, jitter_s=0.005, loss=0.05, seed=25)
# Two neighbours of an even spread of 10 ms differ by a third of it on average.
JITTER_S = 0.010 / 3


def measure(lab: Lab, *argv: str) -> dict[str, Any]:
    """What one of our probes finds from the agent's host."""
    environ = f"PYTHONPATH={ward.ROOT}"
    shown = lab.net.run(
        "agent", "/usr/bin/env", environ, ward.PYTHON, "-m", "tests.lab.measuring", *argv,
        within_s=90,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(shown)
    return found


def stamp(lab: Lab, port: int, bursts: int, gap_s: float) -> dict[str, Any]:
    """Bursts of 50 packets by our sender; a full lab measures one reflector or the other."""
    return measure(lab, "stamp", ward.REFLECTOR, str(port), str(bursts), str(BURST), str(gap_s))


def off(name: str, value: float, wanted: float, within: float) -> list[str]:
    """A sentence when the value is further from the wanted one than allowed."""
    if abs(value - wanted) <= within:
        return []
    return [f"{name} {value:.5f} instead of {wanted:.5f}, give or take {within:.5f}"]


def truly(
    lab: Lab, out: Impairment, back: Impairment, act: Callable[[], dict[str, Any]],
    judge: Callable[[dict[str, Any]], list[str]],
) -> None:  # fmt: skip
    """Measure until the times are right, a few times at most: a busy machine only adds.

    What was lost must be right in every measurement.
    """
    said: list[str] = []
    for _trial in range(TRIALS):
        lab.impair(out, back)
        found = act()
        counted = lab.clear()
        assert_blamed(found, counted)
        wrong = judge(found)
        if not wrong:
            print(f"measured: {json.dumps(found)}")  # noqa: T201 - shown with -s
            return
        late_s = max(counted[name]["late_max_s"] or 0.0 for name in ("out", "back"))
        said.append(f"{'; '.join(wrong)} (the line was up to {1000 * late_s:.1f} ms late)")
        print(f"measured again: {said[-1]}")  # noqa: T201 - beside a failure
    pytest.fail("\n".join(said))


def assert_blamed(found: dict[str, Any], counted: dict[str, Any]) -> None:
    """Every lost packet is found, in its direction but for those at the very end of a burst.

    When the last packets of a burst and those sent after them are lost, nobody can say where.
    Echoes tell no directions at all.
    """
    lost = counted["out"]["lost"] + counted["back"]["lost"]
    if "lost" in found:
        assert found["lost"] == lost
        return
    for name in ("out", "back"):
        assert 0 <= counted[name]["lost"] - found[name]["lost"] <= found["unplaced"] <= BURSTS
    assert found["out"]["lost"] + found["back"]["lost"] + found["unplaced"] == lost


@pytest.fixture
def shared(line: Lab) -> Iterator[int]:
    """The port of a reflector that knows that both ends read one clock."""
    program = Program(
        "reflect", "dc",
        (ward.PYTHON, "-m", "tests.lab.measuring", "reflect", ward.REFLECTOR, str(SHARED_PORT)),
        (("udp", f"{ward.REFLECTOR}:{SHARED_PORT}"),),
        {"PYTHONPATH": str(ward.ROOT)},
    )  # fmt: skip
    line.programs.run(program)
    yield SHARED_PORT
    line.programs.stop("reflect")


def test_our_echoes_find_delay_and_loss_of_a_bad_line(line: Lab) -> None:
    def judge(found: dict[str, Any]) -> list[str]:
        assert found["sent"] == ECHOES
        assert found["lost"] / ECHOES == pytest.approx(0.0975, abs=0.02)
        return off("round trip", found["rtt_median_s"], 0.040, 0.002)

    truly(
        line, OUT, BACK,
        lambda: measure(line, "icmp", ward.REFLECTOR, str(ECHOES), str(GAP_S)), judge,
    )  # fmt: skip


def test_our_echoes_agree_with_the_systems_ping(line: Lab) -> None:
    """The same seeds lose the same packets, whoever sends them."""
    ping_s: list[float] = []

    def act() -> dict[str, Any]:
        rtts, lost = line.ping(ward.REFLECTOR, 60)
        ping_s.append(median(rtts))
        counted = line.impair(OUT, BACK)
        assert lost == counted["out"]["lost"] + counted["back"]["lost"]
        ours = measure(line, "icmp", ward.REFLECTOR, "60", str(GAP_S))
        assert ours["lost"] == lost
        return ours

    truly(
        line, OUT, BACK, act,
        lambda ours: off("round trip", ours["rtt_median_s"], ping_s[-1], 0.001),
    )  # fmt: skip


def test_stamp_finds_delay_jitter_and_loss_of_each_direction(shared: int, line: Lab) -> None:
    """Several bursts, since the filter of RFC 3550 wanders within one."""

    def judge(found: dict[str, Any]) -> list[str]:
        wrong = off("round trip", found["rtt_median_s"], 0.040, 0.002)
        for name in ("out", "back"):
            wrong += off(f"delay {name}", found[name]["delay_s"], 0.020, 0.001)
            wrong += off(f"jitter {name}", found[name]["jitter_s"], JITTER_S, 0.2 * JITTER_S)
        return wrong

    truly(line, OUT, BACK, lambda: stamp(line, shared, BURSTS, GAP_S), judge)


def test_stamp_tells_a_good_way_out_from_a_bad_way_back(shared: int, line: Lab) -> None:
    out = Impairment(delay_s=0.010, loss=0.01, seed=2)
    back = Impairment(delay_s=0.030, jitter_s=0.004, loss=0.07, seed=27)

    def judge(found: dict[str, Any]) -> list[str]:
        assert found["back"]["lost"] > 3 * found["out"]["lost"]
        return [
            *off("delay out", found["out"]["delay_s"], 0.010, 0.001),
            *off("delay back", found["back"]["delay_s"], 0.030, 0.002),
            *off("jitter out", found["out"]["jitter_s"], 0.0, 0.001),
            *off("jitter back", found["back"]["jitter_s"], 0.008 / 3, 0.001),
        ]

    truly(line, out, back, lambda: stamp(line, shared, 4, 0.01), judge)


@pytest.mark.parametrize("guilty", ["out", "back"])
def test_a_direction_that_is_sound_is_not_blamed(line: Lab, guilty: str) -> None:
    """By the reflector that is shipped, which does not know whose clock the other end reads."""
    bad, innocent = Impairment(loss=0.10, seed=31), {"out": "back", "back": "out"}[guilty]
    line.impair(**{guilty: bad})
    found = stamp(line, 862, 4, 0.005)
    counted = line.clear()
    assert counted[guilty]["lost"] > 0
    assert_blamed(found, counted)
    assert found[innocent]["lost"] == counted[innocent]["lost"] == 0


def test_tshark_reads_our_packets_as_what_they_are(line: Lab) -> None:
    """Wireshark knows the packets of TWAMP-Test (RFC 5357), whose layout STAMP keeps."""
    capture = line.folder / "stamp.pcap"
    watching = Program(
        "tshark", "dc",
        ("tshark", "-q", "-i", "eth0", "-f", "udp port 862", "-a", "duration:60", "-w",
         str(capture)),
    )  # fmt: skip
    line.programs.start(watching)
    wait_for(lambda: "Capturing on" in line.programs.tail("tshark"), 20)
    assert "Capturing on" in line.programs.tail("tshark")

    def is_captured() -> bool:
        stamp(line, 862, 1, 0.005)
        return capture.exists() and len(replies_of(dissected(line, capture))) >= BURST

    assert wait_for(is_captured, 30)
    line.programs.stop("tshark")
    rows = dissected(line, capture)
    asked = {(row.number, row.at) for row in rows if row.port == "862"}
    assert {number for number, _at in asked} >= {str(n) for n in range(10, BURST)}
    for reply in replies_of(rows):
        assert (reply.answers, reply.answers_at) in asked
        assert reply.ttl == "61"  # 64 less three routers on the way
        assert reply.multiplier != "0"


class Packet(NamedTuple):
    """A packet as dissected: where to, its number and time, and what a reply tells beside them."""

    port: str
    number: str
    at: str
    multiplier: str
    answers: str
    answers_at: str
    ttl: str


def replies_of(rows: list[Packet]) -> list[Packet]:
    """Those that the reflector sent."""
    return [row for row in rows if row.port != "862"]


def dissected(lab: Lab, capture: Path) -> list[Packet]:
    """What tshark reads in a capture that may still be written."""
    fields = (
        "udp.dstport", "twamp.test.seq_number", "twamp.test.timestamp",
        "twamp.test.error_estimate.multiplier", "twamp.test.sender_seq_number",
        "twamp.test.sender_timestamp", "twamp.test.sender_ttl",
    )  # fmt: skip
    wanted = " ".join(f"-e {name}" for name in fields)
    # A capture that ends within a packet is an error to tshark; what stands before is still told.
    shown = lab.net.run(
        "dc", "/bin/sh", "-c",
        f"tshark -r {capture} -d udp.port==862,twamp.test -T fields {wanted} || true",
    )  # fmt: skip
    return [Packet(*line.split("\t")) for line in shown.splitlines()]
