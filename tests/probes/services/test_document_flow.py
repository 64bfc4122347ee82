"""Test documents in both directions: each has its time and its result, and none is left behind."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from inventory.credentials import Secret
from inventory.language import LANGUAGES
from inventory.model import DocumentFlow
from probes.clock import SystemClock
from probes.describe import reason_text
from probes.model import Reason, Target
from probes.registry import probes_for
from probes.run import observe
from probes.services.document_flow import PROBE, TITLE
from probes.transports.model import Transports
from probes.wire import Wire
from tests.probes.services import servers

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator

    from probes.model import Observation

TOKENS = {"token-ward": "ward", "token-centre": "centre"}
SECRETS = {"env:WARD": "token-ward", "env:CENTRE": "token-centre"}


@dataclass
class System:
    """A document system that offers a test object: who sent what, who may see it, what is lost."""

    port: int = 0
    documents: dict[str, str] = field(default_factory=dict)
    said: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    lost_from: frozenset[str] = frozenset()
    hidden_looks: int = 0
    status: int = 0
    answer: bytes | None = None

    def take(self, method: str, path: str, who: str | None, body: bytes) -> tuple[int, bytes]:
        self.asked.append(f"{method} {who}")
        if self.status or who is None:
            return self.status or 401, b""
        document = path.rpartition("/")[2]
        if method == "POST":
            self.said.append(json.loads(body))
            document = f"vb {len(self.said)}"
            self.documents[document] = who
            return 201, self.answer or json.dumps({"id": document}).encode()
        document = document.replace("%20", " ")
        sender = self.documents.get(document)
        if method == "DELETE" and sender == who:
            del self.documents[document]
            return 204, b""
        self.hidden_looks -= 1
        is_seen = sender not in (None, who) and sender not in self.lost_from
        return (200, b"{}") if is_seen and self.hidden_looks < 0 else (404, b"")


@asynccontextmanager
async def offering(**how: Any) -> AsyncIterator[System]:
    system = System(**how)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = await reader.readexactly(int(fields.get("content-length", "0")))
        method, path, _ = head.split(" ", 2)
        who = TOKENS.get(fields.get("authorization", "").removeprefix("bearer "))
        status, said = system.take(method, path, who, body)
        writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(said), said))
        await writer.drain()

    async with servers.stream_server(talk) as port:
        system.port = port
        yield system


def target(port: int, **more: Any) -> Target:
    url = f"http://127.0.0.1:{port}/kiem-tra/"
    flow = DocumentFlow(url=url, ward="env:WARD", centre="env:CENTRE")
    named = Target("26740", "qlvb", "service:http_2xx", "service", "127.0.0.1", url=url, flow=flow)
    return replace(named, **more)


async def tried(asked: Target, within_s: float = 10.0) -> Observation:
    missing: Any = None
    ways = Transports(missing, missing, missing, missing, wire=Wire())
    clock = SystemClock()
    deadline = clock.monotonic() + within_s
    return await observe(asked, PROBE, ways, clock, deadline, lambda ref: Secret(SECRETS[ref]))


def values(seen: Observation) -> dict[str, float]:
    return {
        f"{one.metric.name.removeprefix('wardops_document_flow_')} {one.labels[2]}": one.value
        for one in seen.reading.samples
    }


async def test_both_directions_arrive_and_nothing_is_left_behind() -> None:
    async with offering() as system:
        seen = await tried(target(system.port))
    assert seen.reason is Reason.OK
    assert set(values(seen)) == {"success out", "success in", "seconds out", "seconds in"}
    assert values(seen)["success out"] == values(seen)["success in"] == 1
    assert system.documents == {}
    assert [one["title"] for one in system.said] == [TITLE, TITLE]
    assert len({one["number"] for one in system.said}) == 2
    assert system.asked == [
        *("POST ward", "GET centre", "DELETE ward"),
        *("POST centre", "GET ward", "DELETE centre"),
    ]


@pytest.mark.realtime
async def test_a_document_that_is_not_there_at_once_is_waited_for() -> None:
    async with offering(hidden_looks=1) as system:
        seen = await tried(target(system.port), within_s=30.0)
    assert seen.reason is Reason.OK
    assert values(seen)["seconds out"] >= 1.0


@pytest.mark.realtime
@pytest.mark.parametrize(("lost_from", "detail"), [("centre", "flow_in"), ("ward", "flow_out")])
async def test_a_direction_that_does_not_arrive_is_told_apart(lost_from: str, detail: str) -> None:
    """What is lost on the way out leaves its time to the way in."""
    async with offering(lost_from=frozenset({lost_from})) as system:
        seen = await tried(target(system.port), within_s=4.0)
    assert (seen.reason, seen.detail) == (Reason.TIMEOUT, detail)
    texts = [reason_text(seen.reason, seen.detail, seen.detail_values, one) for one in LANGUAGES]
    assert texts[0] != texts[1]
    good, bad = ("out", "in") if lost_from == "centre" else ("in", "out")
    assert (values(seen)[f"success {good}"], values(seen)[f"success {bad}"]) == (1, 0)
    assert f"seconds {good}" in values(seen)
    assert f"seconds {bad}" not in values(seen)
    assert system.documents == {}


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"status": 401}, Reason.AUTH),
        ({"status": 403}, Reason.FORBIDDEN),
        ({"status": 500}, Reason.PROTOCOL),
        ({"answer": b"<html>"}, Reason.PARSE),
        ({"answer": b"[]"}, Reason.PARSE),
        ({"answer": b'{"id": 7}'}, Reason.PARSE),
    ],
)
async def test_a_system_that_does_not_take_documents_has_its_reason(
    how: dict[str, Any], reason: Reason
) -> None:
    async with offering(**how) as system:
        seen = await tried(target(system.port))
    assert (seen.reason, seen.detail) == (reason, "flow_both")
    assert values(seen) == {"success out": 0, "success in": 0}


async def test_without_a_test_object_nothing_is_measured() -> None:
    async with offering() as system:
        seen = await tried(target(system.port, flow=None))
    assert (seen.reason, seen.detail, system.asked) == (Reason.CONFIG, "flow_none", [])


def test_it_is_started_by_a_person_alone() -> None:
    offered, plain = target(1), target(1, flow=None)
    assert [probe.name for probe in probes_for(offered)] == ["http"]
    assert [probe.name for probe in probes_for(plain, on_demand=True)] == ["http"]
    asked = [probe.name for probe in probes_for(offered, on_demand=True)]
    assert asked == ["http", "document-flow"]
