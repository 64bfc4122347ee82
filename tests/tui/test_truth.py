"""Nothing that is old, unmeasured or behind a break is ever shown as good or as lost.

The snapshots are random and need not make sense: a screen does not rely on the agent being right.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent import wire
from inventory.language import LANGUAGES
from tui.freshness import Sight
from tui.legend import DOWN, OK, UNKNOWN
from tui.lines import Span, line, text
from tui.machine_values import Roster
from tui.stretch import STATIONS, is_behind, segment_of
from tui.text import Words
from tui.view import Showing
from tui.view_device import (
    Closer,
    age_line,
    broken_devices,
    device_lines,
    device_mark,
    fact_lines,
    heading,
)
from tui.view_findings import Place
from tui.view_home import home_lines
from tui.view_incident import detail_lines, incident_lines
from tui.view_machine import close_lines
from tui.view_machines import list_lines
from tui.view_path import path_lines
from tui.view_playbook import step_lines
from tui.view_ports import (
    sockets,
    table_lines,
    uplink_lines,
)
from tui.view_verdict import verdict_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tui.lines import Line

NOW = datetime(2026, 11, 21, 7, 32, 7, tzinfo=UTC)
WARD = "26740"
GOOD_HEADLINES = (
    {"vi": "ỔN", "en": "OK"},
    {"vi": "ỔN — TRỪ 1 MỤC CHƯA ĐO", "en": "OK — EXCEPT 1 NOT MEASURED"},
)
SAID = wire.Text(vi="một điều", en="something")
BAD_HEADLINE = {"vi": "CÓ SỰ CỐ: MẤT KẾT NỐI METRONET", "en": "FAULT: METRONET LOST"}
LOUD = {"ok", "down", "alarm"}
PATIENCE = pytest.mark.timeout(300)  # seconds alone, longer where everything runs at once
ENOUGH = settings(
    max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)

states: st.SearchStrategy[Any] = st.sampled_from(
    ["ok", "degraded", "down", "unknown", "maintenance"]
)
device_states: st.SearchStrategy[Any] = st.sampled_from(
    ["ok", "soft_down", "down", "unreachable", "flapping", "maintenance", "off_duty", "stale",
     "unknown", "a state that nobody knows yet"]
)  # fmt: skip
ages = st.one_of(st.none(), st.floats(0, 4000))
names = st.sampled_from(["sw-1", "sw-2", "ce", "ups", "gateway"])


@st.composite
def devices(draw: st.DrawFn) -> tuple[wire.Device, ...]:
    """A few devices; each may stand behind those before it."""
    found: list[wire.Device] = []
    for number in range(draw(st.integers(0, 5))):
        before = [one.name for one in found]
        parents = draw(st.lists(st.sampled_from(before), unique=True)) if before else []
        found.append(
            wire.Device.model_validate(
                {
                    "name": f"d{number}", "ward": WARD, "kind": "cisco_ios", "class": "switch",
                    "role": draw(st.sampled_from(["core", "ce", "gateway", "other"])),
                    "state": draw(device_states), "state_type": "hard", "since": NOW,
                    "parents": parents, "data_age_s": draw(ages),
                    "held_by": draw(st.sampled_from([None, None, *before])),
                }
            )
        )  # fmt: skip
    return tuple(found)


@st.composite
def observations(draw: st.DrawFn, source: str) -> wire.Observation:
    """A value of some age, with some time to live."""
    return wire.Observation(
        value=draw(st.sampled_from([None, 0.0, 1.0, 0.42])), unit="ratio",
        state=draw(states), ts=NOW - timedelta(seconds=draw(st.floats(-60, 400))),
        ttl_s=draw(st.sampled_from([12.5, 75.0])), source=source,
        reason=draw(st.sampled_from(["ok", "timeout"])), replayed=draw(st.booleans()),
    )  # fmt: skip


ports = st.builds(
    lambda number, admin, oper, uplink, errors: wire.Interface(
        port_id=f"p{number}",
        ifIndex=number,
        ifName=f"Gi1/0/{number}",
        admin=admin,
        oper=oper,
        uplink=uplink,
        in_err_rate=errors,
    ),
    st.integers(1, 48),
    st.sampled_from([None, "up", "down", "testing"]),
    st.sampled_from([None, "up", "down", "testing", "notPresent", "lowerLayerDown", "new"]),
    st.booleans(),
    st.sampled_from([None, 0.0, 3.5]),
)


@st.composite
def incidents(draw: st.DrawFn) -> wire.Incident:
    """An incident in any state."""
    return wire.Incident(
        id="SC-2026-000412", uid="u", ward=WARD, kind="technical",
        severity=draw(st.sampled_from(["S1", "S2", "S3", "S4"])),
        state=draw(st.sampled_from(["open", "acked", "resolved", "closed"])),
        root=wire.IncidentRoot(segment="metronet", part="line"),
        headline=wire.Text.model_validate(BAD_HEADLINE), t_started=NOW, t0_detected=NOW,
    )  # fmt: skip


@st.composite
def verdicts(draw: st.DrawFn) -> wire.Verdict:
    """A verdict; its headline may contradict its state."""
    headline = draw(st.sampled_from([*GOOD_HEADLINES, BAD_HEADLINE]))
    segments = ["none", "power", *STATIONS, "meeting", "unknown"]
    return wire.Verdict.model_validate(
        {
            "ward": WARD, "state": draw(states), "segment": draw(st.sampled_from(segments)),
            "confidence": 0.8, "row": "M3", "since": NOW, "ts": NOW, "seq": 1, "vantage": "ward",
            "headline": headline, "missing": draw(st.sampled_from([(), ("gw",)])),
            "unmeasured": draw(st.sampled_from([(), ("ups_batt",)])),
        }
    )  # fmt: skip


@st.composite
def paths(draw: st.DrawFn) -> tuple[wire.PathNode, ...]:
    """The stations in any state; a reason is there or not."""
    reasons = st.sampled_from([None, None, "not_measured"])
    return tuple(
        wire.PathNode.model_validate(
            {"segment": one, "state": draw(states), "reason": draw(reasons)}
        )
        for one in STATIONS
    )


@st.composite
def services(draw: st.DrawFn) -> tuple[wire.Service, ...]:
    """Some shared services."""
    return tuple(
        wire.Service(
            id=name, ward=WARD, name=wire.Text(vi=name, en=name), module="tcp_connect",
            state=draw(device_states), since=NOW, data_age_s=draw(ages),
        )
        for name in ("tthc", "qlvb")[: draw(st.integers(0, 2))]
    )  # fmt: skip


@st.composite
def showings(draw: st.DrawFn) -> Showing:
    """What a screen may be given: anything the agent said, however long ago."""
    verdict, path = draw(verdicts()), draw(paths())
    snapshot = wire.Snapshot(
        seq=1, ts=NOW, realm=draw(st.sampled_from(["live", "sim", "drill"])), vantage="ward",
        ward=wire.WardRef(code=WARD, name="Phường Sài Gòn", slug="s", kind="phường", area="a"),
        verdict=verdict, path=path, devices=draw(devices()), services=draw(services()),
        incidents=draw(st.lists(incidents(), max_size=2).map(tuple)), runs=(RUN,),
    )  # fmt: skip
    silent_s = draw(st.sampled_from([0.0, 2.0, 7.0, 9.9, 10.1, 60.0]))
    is_copy = draw(st.booleans())
    sight = Sight(snapshot=snapshot, heard=1000.0 - silent_s, is_copy=is_copy,
                  copy_age_s=draw(ages) if is_copy else None)  # fmt: skip
    columns, rows = draw(st.sampled_from([(80, 24), (120, 40)]))
    words = Words(draw(st.sampled_from(LANGUAGES)))
    return Showing(sight, words, 1000.0, NOW, columns, rows)


RUN = wire.PlaybookRun(
    id="r", playbook="PB-NET-01", title=wire.Text(vi="Mất kết nối", en="Lost"), version="1.0.0",
    ward=WARD, realm="sim", actor="local:cb-01", state="running", started=NOW,
    step=wire.RunStep(
        id="size_up", kind="checklist", title=wire.Text(vi="Tự kiểm tra", en="Checks"),
        items=(
            wire.ChecklistItem(
                id="a", text=wire.Text(vi="Cổng uplink", en="Uplink"), state="done", by="auto"
            ),
        ),
    ),
)  # fmt: skip


def loud(lines: Iterable[Line]) -> list[str]:
    """Texts in a tone that says good or lost."""
    return [span.text for one in lines for span in one if span.tone in LOUD and span.text.strip()]


def station_glyphs(showing: Showing) -> list[str]:
    """The glyph in the first row of each of the five boxes."""
    glyphs = {"●", "▲", "×", "?", "■"}
    row = text(path_lines(showing)[2])
    return [char for char in row if char in glyphs]


def close_to(showing: Showing, device: wire.Device, detail: wire.DeviceDetail,
             found: tuple[wire.Interface, ...]) -> Closer:  # fmt: skip
    """One device as the device screen has it."""
    assert showing.snapshot is not None
    mark = device_mark(device, broken_devices(showing.snapshot.devices), showing)
    return Closer(device, mark, detail, found)


def detail_of(device: wire.Device, runs: Iterable[wire.Observation]) -> wire.DeviceDetail:
    """The device with these runs, the first of them a fact as well."""
    every = tuple(runs)
    fields = device.model_dump(by_alias=True)
    return wire.DeviceDetail.model_validate(
        {**fields, "facts": {"wardops_ups_charge_ratio": every[0]}, "observations": every}
    )


@PATIENCE
@ENOUGH
@given(showing=showings())
def test_no_screen_calls_good_or_lost_what_is_not_known_to_be(showing: Showing) -> None:
    snapshot = showing.snapshot
    assert snapshot is not None
    assert snapshot.verdict is not None
    nothing_is_loud_with_a_silent_agent(showing, snapshot)
    nothing_is_loud_behind_the_broken_station(showing, snapshot.verdict)
    nothing_is_loud_behind_a_broken_device(showing, snapshot.devices)
    all_is_well_only_when_the_verdict_says_so_now(showing, snapshot.verdict)


gauges = st.builds(
    lambda value, age_s, fresh: wire.Gauge(value=value, source="vm-ssh", age_s=age_s, fresh=fresh),
    st.sampled_from([None, 0.0, 0.42, 1.0]),
    ages,
    st.booleans(),
)
rules = st.builds(
    lambda severity, result, counts: wire.MachineFinding(
        rule="DC-12", name=SAID, severity=severity, result=result, evidence=SAID, advice=SAID,
        counts=counts and result == "fail",
    ),
    st.sampled_from(["crit", "warn", "note"]),
    st.sampled_from(["fail", "unknown", "pass"]),
    st.booleans(),
)  # fmt: skip


@st.composite
def machines(draw: st.DrawFn) -> wire.Machine:
    """A machine of which anything may be known, however old."""
    disks = draw(st.lists(gauges, max_size=2))
    return wire.Machine(
        ward=WARD, name=draw(st.sampled_from(["d0", "app-1", "máy chủ" * 20])),
        device=draw(st.sampled_from([None, "d0", "d1"])), state=draw(device_states),
        power=draw(st.sampled_from(["on", "off", "suspended", "unknown"])),
        cpu=draw(gauges), memory=draw(gauges), uptime=draw(gauges),
        disks=tuple(wire.MachineDisk(mount="/", used=one) for one in disks),
        findings=tuple(draw(st.lists(rules, max_size=4))), measured=draw(st.booleans()),
    )  # fmt: skip


@PATIENCE
@settings(ENOUGH, max_examples=200)
@given(showing=showings(), machine=machines(), answered_s=st.sampled_from([0.0, 29.0, 31.0, 900.0]))
def test_a_machine_s_old_figures_are_marked_and_its_old_findings_are_neither_good_nor_bad(
    showing: Showing, machine: wire.Machine, answered_s: float
) -> None:
    roster = Roster(wire.Machines(machines=(machine,), seq=1), showing.mono - answered_s)
    row = list_lines(roster.entries, "", roster, (showing.columns, 3), showing)[1]
    cells = [span.text.strip() for span in row]
    close = close_lines(machine, roster, Place(showing.columns, 40), showing)
    is_now = showing.is_current and answered_s <= 30.0
    if not is_now:
        assert loud([row, *close]) == []
    gauges_shown = (machine.cpu, machine.memory, *(one.used for one in machine.disks))
    if not any(one.fresh and is_now for one in gauges_shown):
        assert not any(cell[:1].isdigit() and "%" in cell for cell in cells)
    if any(one.result == "unknown" for one in machine.findings):
        assert OK.glyph not in [cells[-1], cells[-2]]


def nothing_is_loud_with_a_silent_agent(showing: Showing, snapshot: wire.Snapshot) -> None:
    """All of it is what was."""
    if showing.is_current:
        return
    columns = showing.columns
    lines = [
        *home_lines(showing, showing.rows - 2),
        *device_lines(snapshot.devices, "", columns, showing),
        *incident_lines(snapshot.incidents, 0, columns, showing),
        *(row for one in snapshot.incidents for row in detail_lines(one, columns, showing)),
        *step_lines(RUN, 0, columns, showing),
    ]
    assert loud(lines) == []


def nothing_is_loud_behind_the_broken_station(showing: Showing, verdict: wire.Verdict) -> None:
    """The stations after the one that is lost are not known."""
    if verdict.state != "down" or verdict.segment not in STATIONS:
        return
    behind = station_glyphs(showing)[STATIONS.index(verdict.segment) + 1 :]
    assert set(behind) <= {UNKNOWN.glyph}


def nothing_is_loud_behind_a_broken_device(
    showing: Showing, found: tuple[wire.Device, ...]
) -> None:
    """Only the broken one itself is lost, and only what is good is shown as good."""
    broken = broken_devices(found)
    lines = list(device_lines(found, "", showing.columns, showing))
    for device, shown in zip(found, lines, strict=True):
        held = device.held_by is not None or broken & set(device.parents)
        if held or (device.state == "down" and is_behind(showing, segment_of(device))):
            assert loud([shown]) == [], text(shown)
        elif device.state == "down" and showing.is_current:
            assert loud([shown])[0] == DOWN.glyph
        elif device.state != "ok":
            assert OK.glyph not in text(shown)


def all_is_well_only_when_the_verdict_says_so_now(showing: Showing, verdict: wire.Verdict) -> None:
    """Good: heard now, no fault, nothing missing that decides."""
    is_sure = verdict.state == "ok" and verdict.segment == "none" and not verdict.missing
    if showing.is_current and is_sure:
        return
    good = [
        span.text
        for one in verdict_lines(showing, verdict, 5)
        for span in one
        if span.tone == "ok" or OK.glyph == span.text.strip()[:1]
    ]
    assert good == []


@PATIENCE
@settings(ENOUGH, max_examples=500)
@given(
    showing=showings(),
    runs=st.tuples(observations("snmp-ups"), observations("snmp-interfaces")),
    found=st.lists(ports, max_size=12, unique_by=lambda port: port.if_index).map(tuple),
)
def test_an_old_value_is_marked_and_an_old_port_is_neither_good_nor_lost(
    showing: Showing,
    runs: tuple[wire.Observation, wire.Observation],
    found: tuple[wire.Interface, ...],
) -> None:
    assert showing.snapshot is not None
    for device in showing.snapshot.devices[:1]:
        closer = close_to(showing, device, detail_of(device, runs), found)
        fact, plate = runs
        said = text(next(fact_lines(closer, showing.columns, showing)))
        if not is_live(fact, closer, showing):
            assert "~" in said or UNKNOWN.glyph in said
        shown = [
            *table_lines(closer, 0, showing),
            *uplink_lines(closer, showing),
            *(line(Span(port.mark.glyph, port.mark.tone)) for port in sockets(closer, showing)),
        ]
        if not is_live(plate, closer, showing):
            assert loud(shown) == []
        if not showing.is_current:
            assert loud([heading(closer, showing), age_line(closer, 80, showing)]) == []


def is_live(one: wire.Observation, closer: Closer, showing: Showing) -> bool:
    """By the rule itself, told another way than the screens tell it."""
    assert showing.snapshot is not None
    age_s = (NOW - one.ts).total_seconds() + (showing.sight.age_s(showing.mono) or 0.0)
    behind = closer.device.held_by is not None or bool(
        set(closer.device.parents) & broken_devices(showing.snapshot.devices)
    )
    return showing.is_current and not behind and not one.replayed and age_s <= one.ttl_s
