"""What goes to the city's task system: deadlines that ran out or come soon, and nothing else."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from agent.incidents.deadlines import acknowledgement, legal
from agent.incidents.law import read_law
from agent.incidents.life import acknowledge, open_from, resolve
from agent.incidents.record import Incident, changed
from agent.reports.overdue import COLUMNS, as_csv, as_json, tasks
from inventory.values import Words
from playbooks.verdict.model import Verdict

BEGAN = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
LINE = Verdict("ward", "metronet", "line", "down", 0.9, "M3", root="gw")
AGREED = Words(vi="lịch trực", en="the duty list")


def incident(uid: str = "uid-1", **changes: Any) -> Incident:
    opened, _event = open_from(LINE, ward="26740", uid=uid, t_started=BEGAN, now=BEGAN)
    numbered = changed(opened, id=f"SC-2026-{uid}", **changes)
    clocks = (*acknowledgement(numbered, 15, AGREED), *legal(read_law().items, numbered))
    return changed(numbered, deadlines=clocks)


SECURITY = incident("sec", kind="security")


def names(found: Any) -> list[tuple[str, str]]:
    return [(one.clock, one.status) for one in found]


def test_deadlines_that_passed_or_pass_within_a_day_the_oldest_first() -> None:
    now = BEGAN + timedelta(hours=5)
    found = tasks([SECURITY], now)
    assert names(found) == [("immediate", "overdue"), ("ack", "overdue"), ("h24", "due_soon")]
    every = tasks([SECURITY], now, every=True)
    assert names(every)[-1] == ("h72", "running")
    assert [one.left_s for one in found] == [-5 * 3600, -4.75 * 3600, 19 * 3600]


def test_what_was_met_or_ruled_out_is_no_task() -> None:
    now = BEGAN + timedelta(hours=5)
    acked, _event = acknowledge(SECURITY, now=BEGAN, actor="cb-01", reason="đang xử lý")
    assert "ack" not in {one.clock for one in tasks([acked], now)}
    harmless = changed(SECURITY, serious="no")
    assert names(tasks([harmless], now, every=True)) == [("ack", "overdue"), ("h72", "running")]


def test_what_is_over_needs_no_taking_on_but_the_laws_reports_stay_due() -> None:
    now = BEGAN + timedelta(hours=5)
    over, _event = resolve(incident(), BEGAN + timedelta(hours=1))
    assert tasks([over], now) == ()
    ended = changed(SECURITY, state="resolved")
    assert {one.group for one in tasks([ended], now)} == {"law"}
    assert tasks([changed(SECURITY, state="closed")], now) == ()
    assert tasks([incident(kind="drill")], now) == ()


def test_json_and_csv_say_the_same_with_times_in_viet_nam() -> None:
    now = BEGAN + timedelta(hours=5)
    found = tasks([SECURITY, incident("tech")], now)
    told = json.loads(as_json(found, now))
    assert (told["schema"], told["as_of"]) == ("wardops/overdue/1", "2026-11-20T13:00:00+07:00")
    rows = list(csv.DictReader(io.StringIO(as_csv(found))))
    assert [row["key"] for row in rows] == [item["key"] for item in told["items"]]
    assert len({row["key"] for row in rows}) == len(rows)
    first, item = rows[0], told["items"][0]
    assert tuple(first) == COLUMNS
    assert (first["unit"], first["unit_code"]) == ("Phường Sài Gòn", "26740")
    assert (first["due"], first["overdue_s"], first["remaining_s"]) == (
        "2026-11-20T08:00:00+07:00", "18000", "",
    )  # fmt: skip
    assert item["remaining_s"] is None
    assert "Nghị định 331/2026" in item["source_vi"]
    assert (item["source_mark"], item["source_verified"]) == ("primary", None)


def test_nothing_of_people_or_devices_leaves() -> None:
    acked, _event = acknowledge(SECURITY, now=BEGAN, actor="cb-01", reason="sw-26740-01 hỏng")
    now = BEGAN + timedelta(hours=30)
    text = as_json(tasks([acked], now), now) + as_csv(tasks([acked], now))
    assert "cb-01" not in text
    assert "sw-26740-01" not in text
