"""The journal's schema as numbered steps, each with its way back.

A step is only ever added; what a released version wrote must stay readable. What is kept as JSON
belongs to the schema as well: a field or a kind of notice that an older program does not know is a
step of its own, or that program dies of the record instead of refusing the file.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Migration:
    """Statements that lead to schema `number`, and those that lead back below it."""

    number: int
    up: tuple[str, ...]
    down: tuple[str, ...]


_FIRST = Migration(
    number=1,
    up=(
        """CREATE TABLE event(
             seq INTEGER PRIMARY KEY AUTOINCREMENT, ts_ms INTEGER NOT NULL,
             mono_ns INTEGER NOT NULL, boot TEXT NOT NULL, ward TEXT, device TEXT,
             kind TEXT NOT NULL, key TEXT, data TEXT NOT NULL CHECK(json_valid(data)))""",
        "CREATE INDEX event_by_ward ON event(ward, seq)",
        """CREATE TABLE check_state(
             ward TEXT NOT NULL, device TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,
             hard INTEGER NOT NULL, attempt INTEGER NOT NULL, since_ms INTEGER,
             bad_since_ms INTEGER, hard_since_ms INTEGER, last_state TEXT NOT NULL,
             last_notified TEXT, flap_ring INTEGER NOT NULL, flap_last TEXT,
             flapping INTEGER NOT NULL, held_by TEXT, PRIMARY KEY(ward, device, name)
           ) WITHOUT ROWID""",
        """CREATE TABLE incident(
             uid TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, ward TEXT NOT NULL,
             kind TEXT NOT NULL, severity TEXT NOT NULL, state TEXT NOT NULL,
             t_started_ms INTEGER NOT NULL, t0_ms INTEGER NOT NULL, t_resolved_ms INTEGER,
             t_closed_ms INTEGER, record TEXT NOT NULL CHECK(json_valid(record)))""",
        "CREATE INDEX incident_by_ward ON incident(ward, state)",
        """CREATE TABLE audit(
             seq INTEGER PRIMARY KEY, ts_ms INTEGER NOT NULL, realm TEXT NOT NULL,
             actor TEXT NOT NULL, role TEXT NOT NULL, source TEXT NOT NULL,
             action TEXT NOT NULL, target TEXT NOT NULL, reason TEXT, result TEXT NOT NULL,
             data TEXT NOT NULL, prev BLOB NOT NULL, sha BLOB NOT NULL)""",
    ),
    down=(
        "DROP TABLE audit",
        "DROP TABLE incident",
        "DROP TABLE check_state",
        "DROP TABLE event",
    ),
)

# A notice's subject is an incident's uid or `check:<ward>/<device>/<check>`; its transition is the
# number of the journal line that caused it, so that one line never makes two keys.
_SECOND = Migration(
    number=2,
    up=(
        """CREATE TABLE notice(
             key TEXT PRIMARY KEY, subject TEXT NOT NULL, ward TEXT NOT NULL,
             transition INTEGER NOT NULL, channel TEXT NOT NULL, recipient TEXT NOT NULL,
             type TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL,
             made_ms INTEGER NOT NULL, next_ms INTEGER NOT NULL, sent_ms INTEGER,
             digest TEXT, problem TEXT, body TEXT NOT NULL CHECK(json_valid(body)),
             UNIQUE(subject, transition, channel, recipient))""",
        "CREATE INDEX notice_by_state ON notice(state, next_ms)",
        """CREATE TABLE maintenance(
             key TEXT PRIMARY KEY, ward TEXT NOT NULL, device TEXT, changed_ms INTEGER NOT NULL,
             record TEXT NOT NULL CHECK(json_valid(record)))""",
        """CREATE TABLE port(
             key TEXT PRIMARY KEY, ward TEXT NOT NULL, device TEXT, changed_ms INTEGER NOT NULL,
             record TEXT NOT NULL CHECK(json_valid(record)))""",
        "CREATE INDEX event_by_time ON event(ts_ms)",
    ),
    down=(
        "DROP INDEX event_by_time",
        "DROP TABLE port",
        "DROP TABLE maintenance",
        "DROP TABLE notice",
    ),
)

# Group incidents name what they share; clocks of law end when a person says "not serious"; prepared
# lines and sources are kept in both languages, of which the older program has the Vietnamese.
_THIRD = Migration(
    number=3,
    up=(
        """UPDATE incident SET record = json_set(record,
             '$.shared', json_extract(record, '$.shared'),
             '$.serious', coalesce(json_extract(record, '$.serious'), 'unknown'),
             '$.actions', json((SELECT json_group_array(json_insert(value, '$.said', NULL))
               FROM json_each(record, '$.actions'))),
             '$.deadlines', json((SELECT json_group_array(json_set(value,
                 '$.only_serious',
                   json(iif(json_extract(value, '$.only_serious'), 'true', 'false')),
                 '$.source', CASE json_type(value, '$.source') WHEN 'text' THEN
                   json_object('vi', json_extract(value, '$.source'),
                               'en', json_extract(value, '$.source'))
                   ELSE json(json_extract(value, '$.source')) END))
               FROM json_each(record, '$.deadlines'))))""",
    ),
    down=(
        "DELETE FROM notice WHERE type = 'unclosed'",
        """UPDATE incident SET record = json_set(json_remove(record, '$.shared', '$.serious'),
             '$.actions', json((SELECT json_group_array(json_remove(value, '$.said'))
               FROM json_each(record, '$.actions'))),
             '$.deadlines', json((SELECT json_group_array(json_set(
                 json_remove(value, '$.only_serious'),
                 '$.source', json_extract(value, '$.source.vi')))
               FROM json_each(record, '$.deadlines'))))""",
    ),
)

# Meetings by code, room and times, and what was measured in each minute of theirs.
_FOURTH = Migration(
    number=4,
    up=(
        """CREATE TABLE meeting(
             key TEXT PRIMARY KEY, ward TEXT NOT NULL, device TEXT, changed_ms INTEGER NOT NULL,
             record TEXT NOT NULL CHECK(json_valid(record)))""",
        """CREATE TABLE meeting_minute(
             key TEXT PRIMARY KEY, ward TEXT NOT NULL, device TEXT, changed_ms INTEGER NOT NULL,
             record TEXT NOT NULL CHECK(json_valid(record)))""",
    ),
    down=("DROP TABLE meeting_minute", "DROP TABLE meeting"),
)

# What people confirmed of a meeting: the two-way test, sharing, the speaker.
_FIFTH = Migration(
    number=5,
    up=(
        """CREATE TABLE meeting_word(
             key TEXT PRIMARY KEY, ward TEXT NOT NULL, device TEXT, changed_ms INTEGER NOT NULL,
             record TEXT NOT NULL CHECK(json_valid(record)))""",
    ),
    down=("DROP TABLE meeting_word",),
)

MIGRATIONS: tuple[Migration, ...] = (_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH)
