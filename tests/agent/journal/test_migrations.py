"""Schema numbers stand for the shape of all that is stored, the records kept as JSON included."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

import pytest

from agent.errors import SchemaTooNew
from agent.incidents import record
from agent.incidents.life import open_from
from agent.incidents.record import Action, Deadline, Incident, changed
from agent.journal.database import FILE_NAME, Opening, migrate
from agent.journal.migrations import MIGRATIONS
from agent.journal.store import open_store
from agent.maintenance.model import WeeklyRule, Window
from agent.meetings.record import MeetingMinute
from agent.notices.model import Body, Notice, NoticeState, NoticeType
from agent.port_identity import Port
from inventory.values import Words
from playbooks.verdict.model import Verdict
from probes.meeting.model import Meeting
from probes.meeting.readiness_model import Confirmed

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
OPENING = Opening("agent-1", "sim", "boot-1", NOW, lambda: 12.5)
LINE = Verdict("ward", "metronet", "line", "down", 0.91, "M3", root="gw")
STORED = (
    Incident, record.Root, record.HeldChild, record.Note, Action, record.CannotFixNow,
    record.Handover, Deadline, record.EvidencePiece, Words, Window, WeeklyRule, Port, Body, Meeting,
    MeetingMinute, Confirmed,
)  # fmt: skip
SETS = (
    record.IncidentState, NoticeState, NoticeType, record.Kind, record.Severity, record.Answer,
    record.ClockGroup,
)  # fmt: skip
# What schema 5 stands for. A program of schema 5 reads just this: whoever changes it adds a
# migration (up sets defaults, down takes away what the older program refuses) and writes here what
# the new number stands for.
NUMBER = 5
FIELDS = """\
Action: actor at reason result said verb
Body: end incident labels labels_before start text title
CannotFixNow: decided_at decided_by expected_restore reason value workaround
Confirmed: actor at is_good
Deadline: clock due duty group mark met only_serious rule source text verified
EvidencePiece: at by bytes name sha256
Handover: acked_at at from_role ref text text_sha256 to_role
HeldChild: by device since until
Incident: abnormal_signs actions cannot_fix_now cause deadlines detected_by evidence follows group \
handovers headline held id kind lessons linked notes personal_data public_service_impact reopened \
root runs serious services severity severity_rule shared sites state summary symptom_of \
t0_detected t_acked t_closed t_resolved t_started uid ward workaround
Meeting: calendar code end join profile room source start test_uri ward
MeetingMinute: at call_jitter_s call_loss_rx call_loss_tx call_rtt_s delay_s dir drops grade \
in_call incidents jitter_s joins loss_in loss_out loss_round media term value
Note: actor at text
Port: if_descr if_index if_name if_type mac missed port_id state
Root: confidence fact part row segment whole_way
WeeklyRule: actor announced_at at days device ended id minutes reason ward
Window: actor announced_at device end ended id reason rule start ward
Words: en vi
"""
VALUES = """\
acked cannot_fix_now closed in_progress open resolved
expired failed planned sending sent superseded
change digest flapping now problem recovery reminder summary unclosed
drill security technical
S1 S2 S3 S4
no unknown yes
ack law restore"""


def fields(shape: type) -> str:
    """One line: the name of a stored shape and its fields."""
    return f"{shape.__name__}: {' '.join(sorted(shape.__annotations__))}\n"


def values(of: Any) -> str:
    """The values that a stored field may have."""
    return " ".join(sorted(get_args(of) or list(of)))


def full() -> Incident:
    """An incident with everything that later schemas added to it."""
    opened, _event = open_from(LINE, ward="26740", uid="uid-1", t_started=NOW, now=NOW)
    words = Words(vi="điều 5", en="article 5")
    deadline = Deadline(
        rule="law-5", clock="report", group="law", due=NOW + timedelta(hours=5), text=words,
        source=words, mark="read", only_serious=True,
    )  # fmt: skip
    deeds = (Action(at=NOW, actor="cb-01", verb="note", said=words, reason=words.vi),)
    return changed(opened, deadlines=(deadline,), actions=deeds, serious="yes", shared="pe:x")


def to_schema(folder: Path, number: int) -> None:
    with closing(sqlite3.connect(folder / FILE_NAME, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        migrate(connection, folder / FILE_NAME, MIGRATIONS, number)


def stored(folder: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        found: dict[str, Any] = json.loads(
            connection.execute("SELECT record FROM incident").fetchone()[0]
        )
        return found


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A folder with a journal of the newest schema, with one full incident."""
    store = open_store(tmp_path, OPENING)
    _opened, event = open_from(LINE, ward="26740", uid="uid-1", t_started=NOW, now=NOW)
    store.open_incident(full(), event)
    store.close()
    return tmp_path


def test_the_schema_number_stands_for_the_fields_of_all_that_is_stored() -> None:
    assert MIGRATIONS[-1].number == NUMBER
    assert "".join(sorted(map(fields, STORED))) == FIELDS


def test_the_schema_number_stands_for_the_values_of_what_is_stored() -> None:
    assert MIGRATIONS[-1].number == NUMBER
    assert "\n".join(map(values, SETS)) == VALUES


def test_an_older_program_finds_no_field_that_it_does_not_know(journal: Path) -> None:
    to_schema(journal, 2)
    old = stored(journal)
    assert not {"shared", "serious"} & set(old)
    assert [set(deed) & {"said"} for deed in old["actions"]] == [set()]
    assert (old["actions"][0]["verb"], old["actions"][0]["reason"]) == ("note", "điều 5")
    (deadline,) = old["deadlines"]
    assert ("only_serious" in deadline, deadline["source"]) == (False, "điều 5")
    assert deadline["text"] == {"vi": "điều 5", "en": "article 5"}


def test_an_older_program_finds_no_kind_of_notice_that_it_does_not_know(journal: Path) -> None:
    words = Words(vi="chưa đóng", en="not closed")
    notice = Notice(
        key="k", subject="uid-1", ward="26740", transition=1, channel="file", recipient="noc",
        type=NoticeType.UNCLOSED, state=NoticeState.SENT, made=NOW, next_at=NOW,
        body=Body(text=words, title=words, start=NOW),
    )  # fmt: skip
    store = open_store(journal, OPENING)
    store.notices.save([notice, replace(notice, key="l", transition=2, type=NoticeType.PROBLEM)])
    store.close()
    to_schema(journal, 2)
    with closing(sqlite3.connect(journal / FILE_NAME)) as connection:
        assert connection.execute("SELECT type FROM notice").fetchall() == [("problem",)]


def test_an_older_record_comes_up_with_defaults(journal: Path) -> None:
    to_schema(journal, 2)
    store = open_store(journal, OPENING)
    (found,) = store.incidents()
    store.close()
    assert (found.shared, found.serious, found.actions[0].said) == (None, "unknown", None)
    assert found.deadlines[0].only_serious is False
    assert found.deadlines[0].source == Words(vi="điều 5", en="điều 5")
    assert set(stored(journal)) == set(Incident.model_fields)


def test_coming_up_keeps_what_a_record_of_this_program_has(journal: Path) -> None:
    """Records of this shape were written before their number was: schema 2 and all the fields."""
    to_schema(journal, 3)
    with closing(sqlite3.connect(journal / FILE_NAME)) as connection, connection:
        connection.execute("UPDATE meta SET value = '2' WHERE key = 'schema_version'")
    before = stored(journal)
    store = open_store(journal, OPENING)
    assert store.incidents() == (full().model_copy(update={"id": "SC-2026-000001"}),)
    store.close()
    assert stored(journal) == before


def test_a_program_of_schema_2_refuses_the_file(journal: Path) -> None:
    with pytest.raises(SchemaTooNew) as refused:
        open_store(journal, OPENING, MIGRATIONS[:2])
    assert refused.value.exit_code == 2
