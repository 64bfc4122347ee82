"""What the API says of an incident, each thing once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agent.incidents.life import close, note, open_from, resolve
from agent.notices.model import Body, Notice, NoticeState, NoticeType
from agent.view import AgentView
from agent.web import devices, present
from inventory.values import Words
from playbooks.verdict.facts import Fact, Facts, Truth
from playbooks.verdict.rootcause import judge
from tests.agent.web.conftest import ward_view


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


def test_an_incident_carries_where_the_newest_message_to_each_recipient_stands() -> None:
    at = datetime(2026, 11, 21, 0, 25, tzinfo=UTC)
    verdict = judge(Facts({"host_link": Fact(Truth.TRUE), "gw": Fact(Truth.FALSE)}), "ward")
    found, _ = open_from(verdict, ward="26740", uid="u", t_started=at, now=at)
    words = Words(vi="x", en="x")
    first = Notice(
        key="a", subject="u", ward="26740", transition=1, channel="webhook", recipient="noc",
        type=NoticeType.PROBLEM, state=NoticeState.SENT, made=at, next_at=at,
        body=Body(text=words, title=words, start=at), sent=at + timedelta(seconds=2),
    )  # fmt: skip
    late = replace(first, key="b", transition=2, state=NoticeState.FAILED, sent=None)
    other = replace(first, key="c", recipient="it")
    gone = replace(first, key="d", transition=3, state=NoticeState.SUPERSEDED)
    told = present.incident(found, at, told=(first, other, late, gone)).told
    assert [(one.recipient, one.state, one.at) for one in told] == [
        ("noc", "failed", at), ("it", "sent", first.sent),
    ]  # fmt: skip


def test_a_service_says_that_it_fails_at_ipv6_alone() -> None:
    ward = ward_view()
    (found,) = ward.services
    view = AgentView(0.0, datetime(2026, 11, 21, tzinfo=UTC), "sim", "ward", (ward,))
    told = [
        devices.service(one, ward, view).finding
        for one in (found, replace(found, is_ipv6_broken=True))
    ]
    assert told == [None, "ipv6_broken"]
