"""An incident is entered whole; on a disk that is nearly full only its evidence stays away."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.config import IncidentSettings, Timing
from agent.duty import packaged_calendar
from agent.events import EventBus
from agent.incidents.book import IncidentBook
from agent.incidents.intake import intake_of
from agent.incidents.life import open_from
from agent.incidents.rules import IncidentRules
from agent.journal.database import Opening
from agent.journal.reserve import Reserve
from agent.journal.store import open_store
from agent.journal.writer import Journal
from agent.selfmetrics import SelfMetrics
from agent.verdict.settle import settle
from agent.verdict.topology import tree
from agent.ward_case import WardCase
from agent.watching import WardWatch
from inventory.load import load
from inventory.units import units
from playbooks.escalation import load_escalation
from playbooks.verdict.model import Verdict
from probes.clock import ManualClock
from probes.target import targets_of

NOW = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
INVENTORY = load(Path(__file__).parents[2] / "inventory" / "good", with_secrets=False)
WARD = INVENTORY.wards["26740"]
LINE = Verdict("ward", "metronet", "line", "down", 0.91, "M3", root="gw")
MORE_THAN_ANY_DISK = 2**80


@pytest.mark.parametrize(
    ("low", "reason"), [(0, None), (MORE_THAN_ANY_DISK, "disk_low")], ids=["room", "full"]
)
def test_evidence_is_put_aside_only_while_the_disk_has_room_and_the_journal_says_why(
    tmp_path: Path, low: int, reason: str | None
) -> None:
    clock = ManualClock(NOW)
    store = open_store(tmp_path, Opening("agent-1", "sim", "boot", NOW, clock.monotonic))
    metrics = SelfMetrics(version="0", realm="sim", vantage="ward", started=NOW)
    journal = Journal(clock, metrics, Reserve(tmp_path, low=low))
    watch = WardWatch(
        WARD, targets_of(WARD, INVENTORY), tree(WARD, "ward"), "ward", Timing(),
        packaged_calendar(), lambda: 0.5,
    )  # fmt: skip
    case = WardCase(watch, units()["26740"])
    case.settled = settle(case.settled, LINE, clock.monotonic(), settle_s=0)
    book = IncidentBook(
        store, EventBus(clock), journal, clock, intake_of(load_escalation(), tmp_path)
    )
    opened = book.open(case, *open_from(LINE, ward="26740", uid="u", t_started=NOW, now=NOW))
    assert bool(opened.evidence) is (reason is None)
    assert case.incidents == {"u": opened}
    (said,) = [row.event for row in store.events() if row.event.kind == "incident.evidence"]
    assert said.data.get("reason") == reason
    assert set(said.data["pieces"]) == {piece.name for piece in opened.evidence}
    store.close()


def test_the_settings_of_incidents_are_the_rules_that_are_followed() -> None:
    assert IncidentSettings().rules() == IncidentRules()
    other = IncidentSettings(stable_s=1, reopen_s=2, device_hold_s=3, takeover_s=4, summary_s=5)
    assert other.rules() == IncidentRules(1, 2, IncidentRules().follows_within_s, 3, 4, 5)
