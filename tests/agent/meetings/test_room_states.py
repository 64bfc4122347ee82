"""Prepared states of a simulated room: each gets the right answer and the right next step.

The room is measured as `wardops meeting check` does it without an agent, on virtual time.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from agent.meetings.alone import BUDGET_S, Wish, look
from drills import cable, faults
from drills.listen import Ports
from drills.sim import ward_codes
from drills.topology import ward_standard
from drills.world import World
from drills.writing import write_inventory
from inventory.language import LANGUAGES
from inventory.load import load
from inventory.text import cells
from probes.clock import ManualClock, run_virtual
from probes.meeting.model import Meeting
from probes.meeting.readiness_words import do_of, line_of, lines_of, step_of
from probes.registry import kinds

if TYPE_CHECKING:
    from pathlib import Path

    from probes.meeting.readiness_model import Readiness

WARD, ROOM, CODEC = "26740", "phong-hop-a", "vc-26740-a"
NOW = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # 07:00 on a Monday
PORTS = Ports(snmp=1161, https=8443, http=9100, reach=9643, stamp=862, dns=53, ntp=123)
WITHOUT_REFLECTOR = replace(PORTS, stamp=0)


@dataclass(frozen=True)
class Case:
    """Faults on a room in order, and what must be said of it."""

    name: str
    faults: tuple[tuple[str, str, dict[str, Any]], ...]
    answer: tuple[str, str | None, str | None, str | None]  # state, item, side, next step
    ports: Ports = PORTS
    minutes: int = 60
    settle_s: float = 0.0
    meeting: dict[str, Any] = field(default_factory=dict)


def fault(name: str, on: str = "", **params: Any) -> tuple[tuple[str, str, dict[str, Any]], ...]:
    return ((name, on, params),)


CASES = (
    Case("all-well", (), ("ok", None, None, "two_way_at")),
    Case("all-well-without-reflector", (), ("ok", None, None, "two_way_at"), WITHOUT_REFLECTOR),
    Case("test-due", (), ("unknown", "two_way", "room", "two_way"), minutes=30),
    Case("test-due-bridge-calls", (), ("unknown", "two_way", "room", "two_way_wait"),
         minutes=30, meeting={"join": "dial_out"}),
    # the line is guilty, the room is not
    Case("line-cut", fault("cable_cut", "ce:wan"), ("down", "line", "line", "line_report")),
    Case("converter-dead", fault("converter_dead"), ("down", "line", "line", "line_report")),
    Case("line-loses", fault("path_loss", loss=0.08), ("down", "line", "line", "line_report")),
    Case("line-delays", fault("path_latency", ms=260.0),
         ("degraded", "line", "line", "line_report")),
    Case("line-loses-without-reflector", fault("path_loss", loss=0.2),
         ("down", "line", "line", "line_report"), WITHOUT_REFLECTOR),
    Case("line-jitters", fault("one_way_jitter", ms=200.0),
         ("down", "line", "line", "line_report")),
    # the local network is guilty
    Case("switch-dead", fault("power_off", "core"), ("down", "switch", "lan", "switch_look")),
    Case("port-shut", fault("if_admin_down", "its port"), ("down", "switch", "lan", "port_open")),
    Case("half-duplex", fault("vc_half_duplex"), ("degraded", "socket", "lan", "auto_negotiate")),
    # the centre is guilty
    Case("meeting-system-stopped", fault("service_stopped", "hop"),
         ("down", "services", "centre", "service_report")),
    Case("meeting-system-failing", fault("service_failing", "hop"),
         ("down", "services", "centre", "service_report")),
    Case("resolver-wrong", fault("dns_wrong"), ("down", "resolver", "centre", "resolver_report")),
    Case("registrar-off", fault("power_off", "registrar"),
         ("down", "registration", "room", "registrar_report")),
    # the room itself
    Case("endpoint-off", fault("power_off", CODEC), ("down", "endpoint", "room", "cord")),
    Case("endpoint-unplugged", fault("cable_cut", f"{CODEC}:eth0"),
         ("down", "endpoint", "room", "cord")),
    Case("mains-lost", fault("mains_off"), ("down", "power", "room", "mains")),
    Case("unregistered", fault("vc_unregistered"),
         ("down", "registration", "room", "registrar_report")),
    Case("muted", fault("vc_muted"), ("degraded", "microphone", "room", "unmute")),
    Case("microphone-unplugged", fault("vc_mic_unplugged"),
         ("down", "microphone", "room", "microphone_cord")),
    Case("camera-unplugged", fault("vc_camera_unplugged"),
         ("down", "camera", "room", "camera_cord")),
    Case("display-off", fault("vc_display_off"), ("down", "display", "room", "display_on")),
    Case("asleep", fault("vc_standby"), ("degraded", "standby", "room", "wake")),
    Case("asleep-long-before", fault("vc_standby"), ("ok", None, None, "two_way_at"), minutes=180),
    Case("wrong-clock", fault("vc_wrong_clock"), ("degraded", "clock", "room", "clock_report")),
    Case("no-time-server", fault("vc_ntp_unsynced"), ("degraded", "clock", "room", "clock_report")),
    Case("certificate-expired", fault("vc_cert_expired"),
         ("unknown", "certificate", "room", "certificate")),
    Case("critical-message", fault("vc_critical"),
         ("down", "diagnostics", "room", "diagnostics_read")),
    Case("sessions-busy", fault("vc_busy"), ("unknown", "endpoint", "room", "ask_again")),
    Case("log-in-page", fault("vc_login_page"), ("unknown", "endpoint", "room", "credentials")),
    # two things at once: what hinders most is named
    Case("line-cut-and-muted", (*fault("cable_cut", "ce:wan"), *fault("vc_muted")),
         ("down", "line", "line", "line_report")),
    Case("unplugged-and-asleep", (*fault("vc_camera_unplugged"), *fault("vc_standby")),
         ("down", "camera", "room", "camera_cord")),
)  # fmt: skip


def measured(case: Case, folder: Path) -> tuple[Readiness, float]:
    """The room of one case as it is found, and how many seconds the look took."""
    clock = ManualClock(NOW)
    world = World(ward_standard(ward_codes(1)), 1, clock)
    write_inventory(world, folder, case.ports, "ward", b"")
    inventory = load(folder, kinds())
    codec = inventory.wards[WARD].device(CODEC)
    assert codec is not None
    start = NOW + timedelta(minutes=case.minutes)
    meeting = Meeting("HN-0231", WARD, ROOM, start, start + timedelta(hours=2), **case.meeting)

    async def plot() -> tuple[Readiness, float]:
        for name, on, params in case.faults:
            faults.apply(world, name, codec.behind or "" if on == "its port" else on, params)
        await clock.sleep(1.0 + case.settle_s)
        ways = cable.transports(world, f"ward:{WARD}")
        begun = clock.monotonic()
        found = await look(inventory, Wish(WARD, ROOM, meeting), ways, clock)
        ways.snmp.close()
        return found, clock.monotonic() - begun

    came: tuple[Readiness, float] = run_virtual(plot(), clock)
    return came


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_prepared_room_gets_its_answer_and_its_next_step(case: Case, tmp_path: Path) -> None:
    found, took_s = measured(case, tmp_path)
    answer = (found.state, found.guilty, found.side, found.step)
    assert answer == case.answer, "\n".join(lines_of(found, "en"))
    assert took_s <= BUDGET_S + 1
    for language in LANGUAGES:
        assert step_of(found, language)
        for item in found.items:
            line = line_of(item, language)
            assert cells(line) <= 80
            assert "…" not in line, line
            assert do_of(item, language) in line
