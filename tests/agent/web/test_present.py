"""What the API says of an incident, each thing once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agent.incident_life import close, note, open_from, resolve
from agent.web import present
from playbooks.verdict.facts import Fact, Facts, Truth
from playbooks.verdict.rootcause import judge


def test_a_closed_incident_says_its_closing_note_once() -> None:
    at = datetime(2026, 11, 21, 0, 25, tzinfo=UTC)
    verdict = judge(Facts({"host_link": Fact(Truth.TRUE), "gw": Fact(Truth.FALSE)}), "ward")
    found, _ = open_from(verdict, ward="26740", uid="u", t_started=at, now=at)
    found, _ = note(found, now=at, actor="local:it", text="đã xong")
    found, _ = resolve(found, at + timedelta(minutes=1))
    later = at + timedelta(minutes=2)
    found, _ = close(found, now=later, actor="local:it", cause="đứt cáp", text="đã xong")
    said = [(one.verb, one.text) for one in present.incident(found, later).timeline]
    assert said[2:] == [("note", "đã xong"), ("resolve", None), ("close", "đã xong")]
