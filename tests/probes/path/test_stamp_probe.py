"""The probe of the line: three classes, directions named from the ward, silence told as such."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from inventory.errors import InputError
from inventory.model import Inventory, Ward
from probes.clock import ManualClock, run_virtual
from probes.errors import ProbeError, Unreachable
from probes.model import Memory, Reason, Target
from probes.path.quality import Grade
from probes.path.stamp_client import WatchedStamp
from probes.path.stamp_probe import PROBE
from probes.path.stamp_quality import Counters, Loss, Quality, Way
from probes.path.words import line_facts, line_parts
from probes.registry import probes_for
from probes.run import observe
from probes.target import targets_of
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import Transports
from probes.transports.witness import Tally
from probes.url_forms import parse_target

if TYPE_CHECKING:
    from inventory.credentials import Secret
    from inventory.values import LineProfile
    from probes.model import Observation
    from probes.path.stamp_client import StampClient

REFLECTOR = Target(
    ward="26740",
    name="reflector",
    kind="reflector",
    role="reflector",
    host="198.51.100.9",
    url="stamp://198.51.100.9:8620",
)
LOSSY_OUT = Quality(
    sent=53,
    rtts_s=(0.030, 0.034),
    round=Way(Loss(53, 5), None, 0.002, 0.004),
    out=Way(Loss(53, 5), 0.020, 0.001, 0.003),
    back=Way(Loss(48, 0), 0.010, 0.0005, 0.001),
    reordered=1,
    duplicates=2,
    dscp_rewritten=True,
)
SILENT = Quality(53, (), Way(Loss(53, 53)), Way(), Way(), unplaced=53)


@dataclass
class Line:
    """A StampClient that answers by mark."""

    answers: dict[int, Quality | ProbeError]
    asked: list[tuple[str, int, int, int, float]] = field(default_factory=list)
    sums: dict[int, Counters] = field(default_factory=dict)

    async def burst(
        self, host: str, port: int, *, dscp: int, count: int, gap_s: float, timeout_s: float
    ) -> Quality:
        assert gap_s == 0.02
        self.asked.append((host, port, dscp, count, timeout_s))
        found = self.answers[dscp]
        if isinstance(found, ProbeError):
            raise found
        self.sums[dscp] = self.counters(host, port, dscp).plus(found)
        return found

    def counters(self, host: str, port: int, dscp: int) -> Counters:
        assert (host, port) == ("198.51.100.9", 8620)
        return self.sums.get(dscp, Counters())


def _no_secret(_ref: str) -> Secret:
    raise AssertionError


def seen_over(
    line: StampClient | None, target: Target = REFLECTOR, memory: Memory | None = None
) -> Observation:
    """What the probe makes of that line."""
    clock, nothing = ManualClock(), _nothing()
    ways = Transports(nothing, FakeHttp({}), FakeEcho({}), FakeTcp({}), stamp=line)
    story = observe(target, PROBE, ways, clock, 8.0, _no_secret, memory=memory)
    seen: Observation = run_virtual(story, clock)
    return seen


def _nothing() -> Any:
    return None


def values(seen: Observation) -> dict[tuple[str, ...], float]:
    return {(s.metric.name, *s.labels): s.value for s in seen.reading.samples}


def everywhere(quality: Quality) -> Line:
    return Line(dict.fromkeys((46, 34, 0), quality))


def test_three_classes_are_asked_in_turn() -> None:
    line = everywhere(LOSSY_OUT)
    assert seen_over(line).reason is Reason.OK
    assert [(host, port, dscp, count) for host, port, dscp, count, _s in line.asked] == [
        ("198.51.100.9", 8620, dscp, 50) for dscp in (46, 34, 0)
    ]
    assert {timeout_s for *_rest, timeout_s in line.asked} == {1.0}


def test_the_direction_that_loses_is_the_one_that_is_told() -> None:
    told = values(seen_over(everywhere(LOSSY_OUT)))
    assert told["wardops_path_loss_ratio", "ward", "stamp", "ef", "out"] == 5 / 53
    assert told["wardops_path_loss_ratio", "ward", "stamp", "ef", "in"] == 0
    assert told["wardops_path_owd_seconds", "ward", "be", "out"] == 0.020
    assert told["wardops_path_owd_seconds", "ward", "be", "in"] == 0.010
    assert told["wardops_path_jitter_seconds", "ward", "stamp", "af41", "round"] == 0.002
    assert told["wardops_path_ipdv_seconds", "ward", "stamp", "ef", "out"] == 0.003
    assert told["wardops_path_dscp_rewritten", "ward", "ef"] == 1


def test_each_class_and_direction_is_handed_on_for_judging() -> None:
    ways = {(way.kind, way.direction): way for way in seen_over(everywhere(LOSSY_OUT)).reading.ways}
    assert len(ways) == 9
    out, back, there_and_back = (ways["ef", way] for way in ("out", "in", "round"))
    assert (out.method, out.sent, out.lost, out.delay_s) == ("stamp", 53, 5, 0.020)
    assert (back.loss_ratio, back.jitter_s, back.ipdv_s) == (0, 0.0005, 0.001)
    assert there_and_back.delay_s == pytest.approx(0.032)
    mixed = Line({46: LOSSY_OUT, 34: SILENT, 0: LOSSY_OUT})
    unplaced = [way for way in seen_over(mixed).reading.ways if way.kind == "af41"]
    assert [(way.direction, way.sent, way.lost) for way in unplaced] == [
        ("out", None, None), ("in", None, None), ("round", 53, 53),
    ]  # fmt: skip


def test_round_trips_go_into_a_histogram_of_each_class() -> None:
    found = {one.labels: one for one in seen_over(everywhere(LOSSY_OUT)).reading.distributions}
    assert set(found) == {("ward", "stamp", kind) for kind in ("ef", "af41", "be")}
    assert {(one.count, round(one.sum, 3)) for one in found.values()} == {(2, 0.064)}
    assert dict(found["ward", "stamp", "ef"].bounds)[0.05] == 2


def test_each_class_is_graded_for_what_the_line_is_used_for() -> None:
    grades = seen_over(everywhere(LOSSY_OUT)).reading.grades
    assert [(one.kind, one.grade, one.term, one.direction) for one in grades] == [
        (kind, Grade.POOR, "loss", "out") for kind in ("ef", "af41", "be")
    ]
    calm = replace(
        LOSSY_OUT, round=Way(Loss(150, 1)), out=Way(Loss(150, 1)), back=Way(Loss(149, 0))
    )
    asked: tuple[tuple[LineProfile, Grade], ...] = (
        ("telepresence", Grade.POOR), ("audio-only", Grade.GOOD),
    )  # fmt: skip
    for profile, grade in asked:
        seen = seen_over(everywhere(calm), replace(REFLECTOR, profile=profile))
        assert {one.grade for one in seen.reading.grades} == {grade}


def test_one_bad_burst_does_not_move_a_grade() -> None:
    memory = Memory()
    good = replace(LOSSY_OUT, round=Way(Loss(53, 0)), out=Way(Loss(53, 0)), back=Way(Loss(53, 0)))
    found = [
        seen_over(everywhere(one), memory=memory).reading.grades[0].grade
        for one in (good, LOSSY_OUT, LOSSY_OUT, LOSSY_OUT)
    ]
    assert found == [Grade.GOOD, Grade.GOOD, Grade.GOOD, Grade.POOR]


def test_people_read_the_grade_the_term_and_how_speech_would_sound() -> None:
    seen = seen_over(everywhere(replace(LOSSY_OUT, is_stepped=True)))
    assert list(line_facts(seen, "vi")) == [
        *(f"Lớp {kind}: kém: mất gói 9,4 % chiều đi" for kind in ("ef", "af41", "be")),
        "Thoại qua đường này: MOS 3,40 trên 4,5, ước lượng cho âm thanh",
        "Đồng hồ đầu kia nhảy, bỏ trễ một chiều",
    ]
    parts = dict(line_parts(seen.reading))
    assert parts["grades"][0]["grade"] == "poor"
    assert len(parts["ways"]) == 9


def test_a_clock_that_was_set_meanwhile_is_told() -> None:
    assert not seen_over(everywhere(LOSSY_OUT)).reading.clock_stepped
    stepped = everywhere(replace(LOSSY_OUT, is_stepped=True))
    assert seen_over(stepped).reading.clock_stepped


def test_seen_from_the_centre_out_still_leads_from_the_ward() -> None:
    told = values(seen_over(everywhere(LOSSY_OUT), replace(REFLECTOR, vantage="hub")))
    assert told["wardops_path_loss_ratio", "hub", "stamp", "ef", "in"] == 5 / 53
    assert told["wardops_path_loss_ratio", "hub", "stamp", "ef", "out"] == 0


def test_counters_go_on_from_burst_to_burst() -> None:
    line = everywhere(LOSSY_OUT)
    seen_over(line)
    told = values(seen_over(line))
    assert told["wardops_path_packets_total", "ward", "stamp", "ef", "out"] == 106
    assert told["wardops_path_packets_lost_total", "ward", "stamp", "ef", "out"] == 10
    assert told["wardops_path_packets_total", "ward", "stamp", "ef", "in"] == 96
    assert told["wardops_path_reordered_total", "ward", "ef"] == 2
    assert told["wardops_path_duplicates_total", "ward", "ef"] == 4


def test_a_class_that_is_silent_alone_is_a_measurement_without_what_is_not_known() -> None:
    told = values(seen_over(Line({46: SILENT, 34: LOSSY_OUT, 0: LOSSY_OUT})))
    assert told["wardops_path_loss_ratio", "ward", "stamp", "ef", "round"] == 1
    assert ("wardops_path_loss_ratio", "ward", "stamp", "ef", "out") not in told
    assert ("wardops_path_owd_seconds", "ward", "ef", "out") not in told
    assert ("wardops_path_dscp_rewritten", "ward", "ef") not in told


def test_silence_in_all_classes_is_a_time_out_with_the_port() -> None:
    line = everywhere(SILENT)
    seen = seen_over(line)
    assert [count for *_at, count, _timeout_s in line.asked] == [50, 5, 5]
    assert (seen.reason, seen.detail, seen.reading.samples) == (Reason.TIMEOUT, "stamp_silent", ())
    assert seen.detail_values == {"sent": 159, "port": 8620}


@pytest.mark.parametrize(
    ("line", "target", "reason"),
    [
        (Line({46: Unreachable()}), REFLECTOR, Reason.UNREACHABLE),
        (None, REFLECTOR, Reason.UNSUPPORTED),
        (everywhere(LOSSY_OUT), replace(REFLECTOR, url=None), Reason.CONFIG),
        (everywhere(LOSSY_OUT), replace(REFLECTOR, url="stamp://[::1"), Reason.CONFIG),
    ],
)
def test_what_cannot_be_measured_says_why(
    line: Line | None, target: Target, reason: Reason
) -> None:
    assert seen_over(line, target).reason is reason


def test_a_burst_is_told_by_direction() -> None:
    lines: list[str] = []
    tally = Tally()
    assert seen_over(WatchedStamp(everywhere(LOSSY_OUT), lines.append, tally)).ok
    assert lines[:5] == [
        "> 50 STAMP packets to 198.51.100.9 port 8620, DSCP 46",
        "< round: lost 5 of 53, delay not known, jitter 2.000 ms",
        "< out: lost 5 of 53, delay 20.000 ms, jitter 1.000 ms",
        "< back: lost 0 of 48, delay 10.000 ms, jitter 0.500 ms",
        "< round trip 32.000 ms, min 30.000 ms",
    ]
    assert tally.requests == 159


def _inventory(vantage: str) -> tuple[Ward, Inventory]:
    ward = Ward.model_validate(
        {
            "schema": "wardops/inventory/1",
            "ward": "26740",
            "path": {
                "gateway": {"address": "198.51.100.1"},
                "reflector": {"address": "198.51.100.9", "port": 8620},
                "ward_reflector": {"address": "2001:db8::9"},
            },
        }
    )
    site = {"schema": "wardops/site/1", "vantage": vantage}
    inventory = Inventory.model_validate({"site": site, "wards": {"26740": ward}, "folder": "."})
    return ward, inventory


@pytest.mark.parametrize(
    ("vantage", "host", "url"),
    [
        ("ward", "198.51.100.9", "stamp://198.51.100.9:8620"),
        ("hub", "2001:db8::9", "stamp://[2001:db8::9]:862"),
    ],
)
def test_each_end_asks_the_reflector_at_the_other(vantage: str, host: str, url: str) -> None:
    _gateway, target = targets_of(*_inventory(vantage))
    assert (target.name, target.kind, target.host, target.url) == (
        "reflector",
        "reflector",
        host,
        url,
    )
    assert [probe.name for probe in probes_for(target)] == ["stamp"]


def test_a_url_means_this_probe_and_takes_an_address_only() -> None:
    asked = parse_target("stamp://[2001:db8::9]:8620")
    assert (asked.probes, asked.target.host) == (("stamp",), "2001:db8::9")
    with pytest.raises(InputError):
        parse_target("stamp://reflector.example")
