"""The journal: numbering, transactions, migrations, damage, and the audit table on disk."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from agent.checks import CheckState, Policy, State, step
from agent.errors import OtherRealm, SchemaTooNew
from agent.events import EventBus
from agent.incidents.life import acknowledge, open_from, resolve
from agent.incidents.record import Event, Incident
from agent.journal.audit_cli import audit_verify
from agent.journal.database import FILE_NAME, Opening, migrate
from agent.journal.migrations import MIGRATIONS, Migration
from agent.journal.rows import Kept
from agent.journal.store import Store, open_store
from inventory.errors import InputError, StoreError
from inventory.language import LANGUAGES
from playbooks.verdict.model import Verdict
from probes.clock import ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 21, 0, 20, tzinfo=UTC)
LINE = Verdict("ward", "metronet", "line", "down", 0.91, "M3", root="gw")
OPENING = Opening("agent-1", "sim", "boot-1", NOW, lambda: 12.5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path, OPENING)
    yield opened
    opened.close()


@contextlib.contextmanager
def raw(folder: Path) -> Iterator[sqlite3.Connection]:
    """The file itself, as a stranger with another program would open it."""
    connection = sqlite3.connect(folder / FILE_NAME)
    with connection:
        yield connection
    connection.close()


def incident(uid: str, at: datetime = NOW, ward: str = "26740") -> tuple[Incident, Event]:
    return open_from(LINE, ward=ward, uid=uid, t_started=at, now=at)


def audited(store: Store, count: int) -> None:
    for number in range(count):
        store.append_audit(
            NOW + timedelta(seconds=number), actor="cb-01", role="ward_it", source="tcp",
            action="incident.note", target=f"SC-2026-{number:06d}", reason="gọi nhà mạng",
        )  # fmt: skip


# --- incidents and events -------------------------------------------------------------------


def test_incidents_are_numbered_by_agent_and_year(store: Store) -> None:
    ids = [
        store.open_incident(*incident(f"uid-{n}", at)).id
        for n, at in enumerate([NOW, NOW, datetime(2027, 1, 1, tzinfo=UTC), NOW])
    ]
    assert ids == ["SC-2026-000001", "SC-2026-000002", "SC-2027-000001", "SC-2026-000003"]


def test_an_opening_and_its_journal_line_stand_together(store: Store) -> None:
    written = store.open_incident(*incident("uid-1"))
    (line,) = store.events(key="uid-1")
    assert (line.event.kind, line.event.data["id"]) == ("incident.opened", written.id)
    assert store.incident(written.id) == store.incident("uid-1") == written


def test_the_same_incident_is_never_opened_twice(store: Store) -> None:
    first = store.open_incident(*incident("uid-1"))
    assert store.open_incident(*incident("uid-1")) == first
    assert [line.event.kind for line in store.events()] == ["incident.opened"]


def test_a_failed_opening_uses_no_number_and_leaves_no_line(store: Store) -> None:
    record, event = incident("uid-1")
    not_json: dict[Any, str] = {(1, 2): "no JSON key"}
    with pytest.raises(TypeError):
        store.open_incident(record, replace(event, data=not_json))
    assert store.incidents() == ()
    assert store.last_seq() == 0
    assert store.open_incident(*incident("uid-2")).id == "SC-2026-000001"


def test_what_becomes_of_an_incident_is_written_with_its_line(store: Store) -> None:
    written = store.open_incident(*incident("uid-1"))
    acked, event = acknowledge(written, now=NOW, actor="cb-01", reason="đang gọi nhà mạng")
    store.update_incident(acked, event)
    assert store.incident("uid-1") == acked
    assert [e.event.kind for e in store.events()] == ["incident.opened", "incident.acked"]
    with pytest.raises(StoreError):
        store.update_incident(acked.model_copy(update={"uid": "nobody"}), event)


def test_incidents_are_found_by_ward_and_by_still_hurting(store: Store) -> None:
    one = store.open_incident(*incident("uid-1"))
    other = store.open_incident(*incident("uid-2", ward="26743"))
    store.update_incident(*resolve(one, NOW))
    assert [i.uid for i in store.incidents()] == ["uid-1", "uid-2"]
    assert [i.uid for i in store.incidents("26740")] == ["uid-1"]
    assert store.incidents(open_only=True) == (other,)
    assert store.incidents("26740", open_only=True) == ()


def test_journal_numbers_go_on_over_a_restart(tmp_path: Path) -> None:
    first = open_store(tmp_path, OPENING)
    seq = first.record_events([Event("agent.started", NOW), Event("agent.stopped", NOW)])
    first.close()
    again = open_store(tmp_path, replace(OPENING, boot="boot-2"))
    assert again.record_events([Event("agent.started", NOW, ward="26740")]) == seq + 1
    assert [line.event.ward for line in again.events(seq)] == ["26740"]
    assert again.events(ward="26743") == ()
    assert len(again.events(limit=2)) == 2
    again.close()
    with raw(tmp_path) as connection:
        boots = connection.execute("SELECT boot, mono_ns FROM event").fetchall()
    assert boots == [("boot-1", 12_500_000_000)] * 2 + [("boot-2", 12_500_000_000)]


def test_a_screen_of_an_earlier_run_is_told_to_begin_anew(tmp_path: Path) -> None:
    """Not even one that comes back once the new run has said more than the old one had."""
    clock = ManualClock(NOW)
    first = open_store(tmp_path, OPENING)
    old = EventBus(clock, first.begin_run())
    seen = [old.publish("obs", "devices/x", {}) for _event in range(5)][-1]
    first.close()
    again = open_store(tmp_path, OPENING)
    bus = EventBus(clock, again.begin_run())
    for _event in range(10):
        bus.publish("obs", "devices/x", {})
    back = bus.subscribe(seen)
    assert [event.kind for event in back._queue] == ["reset"]
    again.close()


# --- check states ---------------------------------------------------------------------------


def test_check_states_come_back_with_their_times_but_prove_nothing(store: Store) -> None:
    state, key = CheckState(), ("26740", "gateway", "reachable")
    for second in range(4):
        at = NOW + timedelta(seconds=second)
        result = State.CRIT if second else State.OK
        state, change = step(state, result, Policy(), at, 100.0 + second)
        if change is not None:
            store.record_transition(key, state, change)
    later = NOW + timedelta(seconds=63)
    restored = store.check_states(later, 7.0)[key]
    assert (restored.state, restored.hard, restored.attempt) == (State.CRIT, True, 3)
    assert (restored.bad_since, restored.hard_since) == (state.bad_since, state.hard_since)
    assert restored.hard_since_mono == 7.0 - 60.0
    assert restored.ring == state.ring
    assert (restored.seen_mono, restored.last_ok_mono) == (None, None)
    changes = [line.event.data["change"] for line in store.events()]
    assert changes == ["measured", "soft_bad", "hard_bad"]


def test_states_are_replaced_not_added(store: Store) -> None:
    key = ("26740", "sw-1", "reachable")
    store.save_check_states({key: CheckState(State.OK)})
    store.save_check_states({key: CheckState(State.CRIT)}, {key: "gateway"})
    assert {k: s.state for k, s in store.check_states(NOW, 0.0).items()} == {key: State.CRIT}


# --- opening: schema, realm, damage ---------------------------------------------------------

NEWEST = MIGRATIONS[-1].number
NEXT = Migration(NEWEST + 1, ("CREATE TABLE later(key TEXT PRIMARY KEY)",), ("DROP TABLE later",))
BROKEN = Migration(NEWEST + 1, ("CREATE TABLE later(x)", "CREATE TABLE later(y)"), ())


def tables(folder: Path) -> set[str]:
    with raw(folder) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {row[0] for row in rows} - {"sqlite_sequence"}


def test_a_schema_goes_up_and_back_down_and_a_copy_is_kept(tmp_path: Path) -> None:
    store = open_store(tmp_path, OPENING)
    store.open_incident(*incident("uid-1"))
    store.close()
    open_store(tmp_path, OPENING, (*MIGRATIONS, NEXT)).close()
    assert "later" in tables(tmp_path)
    assert (tmp_path / f"wardops.db.schema-{NEWEST}").exists()
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as raw_one:
        migrate(raw_one, tmp_path / FILE_NAME, (*MIGRATIONS, NEXT), NEWEST)
    assert "later" not in tables(tmp_path)
    again = open_store(tmp_path, OPENING)
    assert [i.id for i in again.incidents()] == ["SC-2026-000001"]
    again.close()


@pytest.mark.parametrize("version", range(1, NEWEST + 1))
def test_a_file_of_every_version_comes_up_with_its_data_and_goes_back(
    tmp_path: Path, version: int
) -> None:
    store = open_store(tmp_path, OPENING)
    store.open_incident(*incident("uid-1"))
    store.save_check_states({("26740", "sw-1", "reachable"): CheckState(State.CRIT)})
    audited(store, 3)
    store.close()
    newest = tables(tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as old:
        migrate(old, tmp_path / FILE_NAME, MIGRATIONS, version)
        old_tables = tables(tmp_path)
    again = open_store(tmp_path, OPENING)
    assert tables(tmp_path) == newest
    assert old_tables == newest or version < NEWEST
    assert [i.id for i in again.incidents()] == ["SC-2026-000001"]
    assert [line.event.kind for line in again.events()] == ["incident.opened"]
    assert len(again.check_states(NOW, 0.0)) == 1
    assert again.verify_audit() is None
    again.close()


def test_records_are_kept_replaced_and_dropped_with_their_line(store: Store) -> None:
    window = Kept("w-1", "26740", None, NOW, {"reason": "thay UPS"})
    port = Kept("p-1", "26740", "sw-1", NOW, {"if_name": "Gi0/1"})
    store.keep("maintenance", [window], Event("maintenance.announced", NOW, ward="26740"))
    store.keep("port", [port])
    store.keep("port", [replace(port, data={"if_name": "Gi0/2"})])
    assert store.kept("maintenance") == (window,)
    assert [kept.data for kept in store.kept("port")] == [{"if_name": "Gi0/2"}]
    store.drop("maintenance", "w-1", Event("maintenance.ended", NOW, ward="26740"))
    assert store.kept("maintenance") == ()
    kinds = [line.event.kind for line in store.events()]
    assert kinds == ["maintenance.announced", "maintenance.ended"]


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    open_store(tmp_path, OPENING).close()
    before = tables(tmp_path)
    with pytest.raises(StoreError):
        open_store(tmp_path, OPENING, (*MIGRATIONS, BROKEN))
    assert tables(tmp_path) == before
    open_store(tmp_path, OPENING).close()


def test_down_leads_back_to_an_empty_file(tmp_path: Path) -> None:
    open_store(tmp_path, OPENING).close()
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as raw_one:
        migrate(raw_one, tmp_path / FILE_NAME, MIGRATIONS, 0)
    assert tables(tmp_path) == {"meta"}


def test_a_newer_schema_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    open_store(tmp_path, OPENING, (*MIGRATIONS, NEXT)).close()
    with pytest.raises(SchemaTooNew) as refused:
        open_store(tmp_path, OPENING)
    assert refused.value.exit_code == 2
    assert isinstance(refused.value, InputError)
    for language in LANGUAGES:
        assert "wardops.db" in refused.value.text(language)
    assert "later" in tables(tmp_path)


def test_a_journal_of_another_realm_is_refused(tmp_path: Path) -> None:
    open_store(tmp_path, OPENING).close()
    with pytest.raises(OtherRealm):
        open_store(tmp_path, replace(OPENING, realm="live"))


def test_an_agent_keeps_the_name_its_journal_began_with(tmp_path: Path) -> None:
    open_store(tmp_path, OPENING).close()
    again = open_store(tmp_path, replace(OPENING, agent_id="agent-2"))
    assert again.agent_id == "agent-1"
    again.close()


def test_a_damaged_file_is_put_aside_and_no_number_is_given_twice(tmp_path: Path) -> None:
    store = open_store(tmp_path, OPENING)
    for number in range(3):
        store.open_incident(*incident(f"uid-{number}"))
    store.close()
    path = tmp_path / FILE_NAME
    path.write_bytes(b"not a database" + path.read_bytes()[14:])
    fresh = open_store(tmp_path, OPENING)
    assert fresh.put_aside == tmp_path / "wardops.db.bad-20261121T002000Z"
    assert fresh.put_aside.exists()
    assert fresh.incidents() == ()
    assert fresh.open_incident(*incident("uid-9")).id == "SC-2026-000004"
    fresh.close()


def test_a_page_of_rubbish_in_the_middle_is_damage_too(tmp_path: Path) -> None:
    store = open_store(tmp_path, OPENING)
    audited(store, 200)
    store.close()
    path = tmp_path / FILE_NAME
    data = bytearray(path.read_bytes())
    data[4096 * 3 : 4096 * 5] = b"\xff" * 8192
    path.write_bytes(data)
    fresh = open_store(tmp_path, OPENING)
    assert fresh.put_aside is not None
    fresh.close()


def test_a_sound_file_is_not_put_aside(store: Store) -> None:
    assert store.put_aside is None


def test_a_folder_that_cannot_be_made_is_told_in_both_languages(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, not a folder")
    with pytest.raises(StoreError) as failed:
        open_store(tmp_path / "state", OPENING)
    for language in LANGUAGES:
        assert str(tmp_path / "state") in failed.value.text(language)


def test_a_full_disk_is_an_error_of_the_store_and_the_next_write_goes_on(store: Store) -> None:
    limit = store.database.rows("PRAGMA page_count")[0][0]
    store.database.execute(f"PRAGMA max_page_count = {limit}")
    with pytest.raises(StoreError) as failed:
        store.record_events([Event("obs", NOW, data={"filler": "x" * 100_000})])
    assert failed.value.key == "store.full"
    store.database.execute("PRAGMA max_page_count = 100000")
    assert store.record_events([Event("obs", NOW, data={"filler": "x" * 100_000})]) >= 1


# --- the audit table ------------------------------------------------------------------------

WHOLE = bool(os.environ.get("WARDOPS_SOAK"))
ROWS = 10_000 if WHOLE else 2000
TEXTS = ("realm", "actor", "role", "source", "action", "target", "reason", "result", "data")


def test_an_untouched_audit_table_is_good_also_after_a_restart(tmp_path: Path) -> None:
    store = open_store(tmp_path, OPENING)
    assert store.verify_audit() is None
    audited(store, 5)
    store.close()
    again = open_store(tmp_path, OPENING)
    audited(again, 5)
    assert again.verify_audit() is None
    assert [row.seq for row in again.audit_rows(since=7)] == [8, 9, 10]
    again.close()


@pytest.fixture(scope="module")
def long_chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal with 10,000 [2,000] audit rows, written once."""
    folder = tmp_path_factory.mktemp("chain")
    store = open_store(folder, OPENING)
    audited(store, ROWS)
    store.close()
    return folder


@pytest.fixture
def chain_file(long_chain: Path, tmp_path: Path) -> Path:
    data = (long_chain / FILE_NAME).read_bytes()
    (tmp_path / FILE_NAME).write_bytes(data)
    return tmp_path


def first_bad(folder: Path) -> int | None:
    store = open_store(folder, OPENING)
    assert store.put_aside is None
    try:
        return store.verify_audit()
    finally:
        store.close()


def test_a_long_chain_as_written_is_good(chain_file: Path) -> None:
    assert first_bad(chain_file) is None


@pytest.mark.parametrize("seed", range(200 if WHOLE else 8))
def test_any_flipped_byte_is_found(chain_file: Path, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - which byte is under test
    seq, column = random.randint(1, ROWS), random.choice([*TEXTS, "prev", "sha"])
    with raw(chain_file) as connection:
        connection.text_factory = bytes
        query = f"SELECT {column} FROM audit WHERE seq = ?"  # noqa: S608 - our own column names
        value = bytearray(connection.execute(query, (seq,)).fetchone()[0])
        value[random.randrange(len(value))] ^= 1 << random.randrange(8)
        kind = "BLOB" if column in ("prev", "sha") else "TEXT"
        change = f"UPDATE audit SET {column} = CAST(? AS {kind}) WHERE seq = ?"  # noqa: S608
        connection.execute(change, (bytes(value), seq))
    assert first_bad(chain_file) == seq


@pytest.mark.parametrize("seq", [1, 977, ROWS])
def test_any_changed_number_or_time_is_found(chain_file: Path, seq: int) -> None:
    with raw(chain_file) as connection:
        connection.execute("UPDATE audit SET ts_ms = ts_ms + 1 WHERE seq = ?", (seq,))
    assert first_bad(chain_file) == seq


@pytest.mark.parametrize("seq", [1, 2, 1000, ROWS - 1, ROWS])
def test_any_dropped_row_is_found(chain_file: Path, seq: int) -> None:
    with raw(chain_file) as connection:
        connection.execute("DELETE FROM audit WHERE seq = ?", (seq,))
    assert first_bad(chain_file) == seq


@pytest.mark.parametrize("seq", [1, 1000, ROWS - 1])
def test_two_swapped_rows_are_found(chain_file: Path, seq: int) -> None:
    with raw(chain_file) as connection:
        for old, new in ((seq, 90_000), (seq + 1, seq), (90_000, seq + 1)):
            connection.execute("UPDATE audit SET seq = ? WHERE seq = ?", (new, old))
    assert first_bad(chain_file) == seq


@pytest.mark.parametrize("seq", [1, 1000, ROWS + 1])
def test_an_inserted_row_is_found(chain_file: Path, seq: int) -> None:
    with raw(chain_file) as connection:
        connection.execute("UPDATE audit SET seq = -(seq + 1) WHERE seq >= ?", (seq,))
        connection.execute("UPDATE audit SET seq = -seq WHERE seq < 0")
        columns = "ts_ms, realm, actor, role, source, action, target, reason, result, data"
        connection.execute(
            f"INSERT INTO audit SELECT ?, {columns}, prev, sha"  # noqa: S608 - our own columns
            " FROM audit WHERE seq = 500",
            (seq,),
        )
    assert first_bad(chain_file) == seq


def test_the_command_names_the_first_bad_row_and_reads_beside_a_running_agent(
    chain_file: Path,
) -> None:
    running = open_store(chain_file, OPENING)
    good = CliRunner().invoke(audit_verify, ["--state", str(chain_file), "--lang", "en"])
    assert good.output.startswith(f"Audit good: {ROWS} rows")
    running.close()
    with raw(chain_file) as connection:
        connection.execute("DELETE FROM audit WHERE seq = 1000")
    bad = CliRunner().invoke(
        audit_verify, ["--state", str(chain_file), "--lang", "en"], standalone_mode=False
    )
    assert (bad.return_value, "row 1000 " in bad.output) == (1, True)


def test_the_end_of_the_chain_is_there_for_exports(store: Store) -> None:
    audited(store, 3)
    assert store.audit.head.seq == 3
    assert store.audit.head.sha == store.audit_rows()[-1].sha


# --- kill -9 --------------------------------------------------------------------------------

WRITER = Path(__file__).with_name("journal_writer.py")


@pytest.mark.realtime
@pytest.mark.timeout(300)
def test_kill_9_at_random_points_loses_nothing_that_was_said_and_repeats_no_number(
    tmp_path: Path,
) -> None:
    random = Random(20261121)  # noqa: S311 - the points of death
    said: list[str] = []
    for turn in range(40 if WHOLE else 8):
        with subprocess.Popen(
            [sys.executable, str(WRITER), str(tmp_path), str(turn)], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            lines = (writer.stdout.readline() for _line in range(random.randint(1, 25)))
            said += [line.decode().strip() for line in lines]
            writer.kill()
            said += writer.stdout.read().decode().split("\n")[:-1]
        store = open_store(tmp_path, OPENING)
        assert store.put_aside is None
        assert store.verify_audit() is None
        kept = [i.id for i in store.incidents()]
        openings = [e.event.key for e in store.events(limit=100_000)]
        assert Counter(openings) == Counter(i.uid for i in store.incidents())
        store.close()
        assert set(filter(None, said)) <= set(kept)
        assert len(set(kept)) == len(kept)
    numbers = sorted(int(name.rpartition("-")[2]) for name in kept)
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 60
