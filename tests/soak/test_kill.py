"""The real agent gets SIGKILL again and again while its ward's line is cut and mended.

The receivers of notices and the duty officer are in this process and live on, each ward in one of
its own; the agent is `wardops agent` on one state folder. A death comes at a random moment, at a
chosen line of the agent's log, or while a receiver has read a message and has not answered yet.

A machine so busy that a ward or a receiver came late is no proof of anything: a story that fails
then is told again.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections import defaultdict
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import pytest

from probes.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

pytestmark = pytest.mark.realtime

WHOLE = os.environ.get("WARDOPS_SOAK") == "1"
# How many stories, how many of them at a time, and how often the agent dies in each of them.
STORIES, BESIDE, DEATHS = (25, 2, 8) if WHOLE else (2, 2, 3)
TELLINGS = 3  # of a story on a busy machine
WARDOPS = str(Path(sys.executable).with_name("wardops"))
SETTINGS = """\
schema: wardops/agent/1
timing: {{period_s: 2, watch_s: 1, retry_s: 0.5, line_retry_s: 0.5, recheck_s: 1, settle_s: 0.5}}
incident: {{stable_s: 1, reopen_s: 0, device_hold_s: 3600, summary_s: 86400}}
notify:
  alertmanager: {{urls: ["{url}"]}}
  webhook: [{{name: noc, url: "{url}/hook", secret: "file:secrets/hook"}}]
"""
HOOK, ALERTS = "/hook", "/api/v2/alerts"
# Each is written just before or just after something that must not be half done.
MOMENTS = ("verdict ward=", "incident.opened", "incident.resolved", "agent started")
MOVES = ("incident.opened", "incident.resolved", "incident.reopened")
LOOK_S, LATE_S, PATIENCE_S = 0.2, 1.0, 120.0
WARD = str(Path(__file__).with_name("ward_alone.py"))
CLOCK = SystemClock()


@dataclass
class Receivers:
    """A web server that takes messages; `on_message` runs when one was read, before the answer."""

    got: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    on_message: Callable[[], None] = lambda: None
    url: str = ""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Receivers]:
        """Answer while the block runs."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        self.url = f"http://{host}:{port}"
        async with server:
            yield self

    @property
    def told(self) -> list[dict[str, Any]]:
        """The messages that people got, in order, as often as they came."""
        return [body for path, _, body in self.got if path == HOOK]

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that the system of alerts was told, in order."""
        return [alert for path, _, body in self.got if path == ALERTS for alert in body]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                pairs = (line.partition(": ")[::2] for line in lines[1:] if line)
                headers = {name.lower(): value for name, value in pairs}
                if "content-length" not in headers:
                    break  # somebody else who found an open port
                body = await reader.readexactly(int(headers["content-length"]))
                self.got.append((lines[0].split(" ")[1], headers, json.loads(body)))
                self.on_message()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
        writer.close()


@dataclass
class Ward:
    """A simulated ward in a process of its own, and how often it or this process came late."""

    url: str
    late: list[str] = field(default_factory=list)

    async def inject(self, fault: str, on: str) -> str:
        """Break something; its id."""
        async with httpx.AsyncClient() as http:
            answer = await http.post(f"{self.url}/faults", json={"fault": fault, "on": on})
        return str(answer.json()["id"])

    async def clear(self, fault: str) -> None:
        """Mend it."""
        async with httpx.AsyncClient() as http:
            answer = await http.delete(f"{self.url}/faults/{fault}")
        assert answer.status_code == 204, answer.text

    async def read(self, lines: asyncio.StreamReader) -> None:
        """Note what the ward says of its lateness."""
        async for line in lines:
            self.late.append(line.decode().strip())

    async def watch(self) -> None:
        """Note when this process came late: an answer of a receiver may then have come late."""
        while True:
            before = CLOCK.monotonic()
            await CLOCK.sleep(LOOK_S)
            late_s = CLOCK.monotonic() - before - LOOK_S
            if late_s > LATE_S:
                self.late.append(f"receivers {late_s:.1f}")


@asynccontextmanager
async def ward_in(inventory: Path) -> AsyncIterator[Ward]:
    """A ward that answers while the block runs; its inventory is in the folder."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, WARD, str(inventory), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    ward = Ward((await process.stdout.readline()).decode().strip())
    watchers = [asyncio.create_task(each) for each in (ward.read(process.stdout), ward.watch())]
    try:
        yield ward
    finally:
        for watcher in watchers:
            watcher.cancel()
        process.kill()
        await asyncio.gather(process.wait(), *watchers, return_exceptions=True)


class Agent:
    """`wardops agent` on one state folder, life after life; its log goes on through all of them."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.url = f"http://127.0.0.1:{port}"
        self.log: list[str] = []
        self.dies_at: str | None = None
        self._listen = f"127.0.0.1:{port}"
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin a life."""
        self.dies_at = None
        self._process = await asyncio.create_subprocess_exec(
            WARDOPS, "agent", "--inventory", str(self.folder / "inventory"),
            "--state", str(self.state), "--listen", self._listen,
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read(self._process))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self.log.append(line.decode())
            if self.dies_at is not None and self.dies_at in self.log[-1]:
                self.kill()

    def kill(self) -> None:
        """End it as a power cut would; nothing when it is dead already."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.kill()

    async def is_dead_within(self, seconds: float) -> bool:
        """Whether it died of itself or of somebody else within that time."""
        assert self._process is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._process.wait()
        return self._process.returncode is not None

    async def buried(self) -> None:
        """Wait for its end and read the rest of its log."""
        assert self._process is not None
        assert self._reading is not None
        assert await self._process.wait() == -9, self.log[-20:]
        await self._reading

    def incidents(self) -> list[dict[str, Any]]:
        """The incidents as they stand in the journal, oldest first; also while no agent lives."""
        file = self.state / "wardops.db"
        if not file.exists():
            return []
        with sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True) as journal:
            try:
                rows = journal.execute("SELECT record FROM incident ORDER BY t0_ms, id").fetchall()
            except sqlite3.OperationalError:  # it died before the tables were made
                rows = []
        journal.close()
        return [json.loads(row[0]) for row in rows]

    def rows(self, query: str) -> list[Any]:
        """What a query finds in the journal."""
        with sqlite3.connect(
            f"{(self.state / 'wardops.db').as_uri()}?mode=ro", uri=True
        ) as journal:
            found = journal.execute(query).fetchall()
        journal.close()
        return found


@dataclass
class Story:
    """A ward whose line comes and goes, whoever watches it; `chance` says when the agent dies."""

    agent: Agent
    receivers: Receivers
    ward: Ward
    chance: Random
    killed: int = 0
    acked: int = 0

    async def play(self, deaths: int) -> None:
        """A cut and its repair with so many deaths among them; ends with the agent alive.

        The last death comes when the incident is open and everybody knows it. One cut is enough for
        a story: several within minutes are flapping, and whoever gets six messages waits for more.
        """
        while_cut = sum(self.chance.random() < 0.5 for _death in range(deaths - 1))
        await self.agent.start()
        await self.until(self._is_up)
        fault = await self.ward.inject("cable_cut", "ce:wan")
        await self._go_on(while_cut, is_open=True)
        await self._quiet_restart()
        if self.chance.random() < 0.7:
            await self._acknowledge()
        await self.ward.clear(fault)
        await self._go_on(deaths - 1 - while_cut, is_open=False)
        await self.until(self.nothing_waits)

    async def _go_on(self, deaths: int, *, is_open: bool) -> None:
        """Die so often, then live until the journal has the one incident, and in this state."""
        for _death in range(deaths):
            await self._die()
        await self.until(lambda: self._stands(is_open=is_open))

    async def _die(self) -> None:
        """One death: at a moment, at a line of the log, or in the middle of a message."""
        how = self.chance.choice(("moment", "line", "message"))
        patience_s = self.chance.uniform(0.0, 6.0)
        if how == "line":
            self.agent.dies_at, patience_s = self.chance.choice(MOMENTS), 6.0
        elif how == "message":
            self.receivers.on_message, patience_s = self.agent.kill, 6.0
        if not await self.agent.is_dead_within(patience_s):
            self.agent.kill()
        await self.agent.buried()
        self.receivers.on_message = lambda: None
        self.killed += 1
        await self.agent.start()

    async def _acknowledge(self) -> None:
        """The duty officer takes note of the incident, once an agent answers."""
        await self.until(self._is_up)
        number = self.agent.incidents()[-1]["id"]
        self.acked += 1
        body = {
            "id": str(UUID(int=self.chance.getrandbits(128), version=4)), "verb": "ack",
            "args": {"incident": number}, "actor": "local:cb-01", "reason": "seen",
        }  # fmt: skip
        token = (self.agent.state / "local.token").read_text(encoding="ascii").strip()
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http:
            answer = await http.post(f"{self.agent.url}/api/v1/commands", json=body)
        assert answer.json()["accepted"], answer.text

    async def _quiet_restart(self) -> None:
        """With an incident open and told: a new life judges the same and says nothing to people."""
        await self.until(self.nothing_waits)
        before = self.receivers.told
        assert "problem" in {one["type"] for one in before}
        self.agent.kill()
        await self.agent.buried()
        self.killed += 1
        mark = len(self.agent.log)
        await self.agent.start()
        await self.until(lambda: any("segment=metronet" in one for one in self.agent.log[mark:]))
        await CLOCK.sleep(3.0)  # the sender looks every second
        assert self.receivers.told == before
        moved = [one for one in self.agent.log[mark:] if any(word in one for word in MOVES)]
        assert moved == []

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait for what the agent is about to do."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = condition()
                if await found if asyncio.iscoroutine(found) else found:
                    return
                await CLOCK.sleep(LOOK_S)

    async def _is_up(self) -> bool:
        async with httpx.AsyncClient() as http:
            try:
                answer = await http.get(f"{self.agent.url}/api/v1/verdict")
            except httpx.HTTPError:
                return False
        return answer.is_success and answer.json()["segment"] != "unknown"

    def _stands(self, *, is_open: bool) -> bool:
        states = [one["state"] for one in self.agent.incidents()]
        return len(states) == 1 and (states[0] in ("open", "acked")) is is_open

    def nothing_waits(self) -> bool:
        """Whether everything is told of the incident that shall be."""
        return not self.agent.rows(
            "SELECT 1 FROM notice WHERE state IN ('planned', 'sending', 'failed')"
            " AND type IN ('problem', 'change', 'recovery')"
        )


@asynccontextmanager
async def story(folder: Path, seed: int, port: int) -> AsyncIterator[Story]:
    """A simulated ward with receivers; the agent is started by the story and killed at its end."""
    receivers = Receivers()
    inventory = folder / "inventory"
    async with receivers.listening(), ward_in(inventory) as ward:
        (inventory / "agent.yaml").write_text(SETTINGS.format(url=receivers.url), encoding="utf-8")
        (inventory / "secrets/hook").write_text("made up\n", encoding="ascii")
        (inventory / "secrets/hook").chmod(0o600)
        agent = Agent(folder, port)
        chance = Random(seed)  # noqa: S311 - the points of death
        try:
            yield Story(agent, receivers, ward, chance)
        finally:
            agent.kill()
            await agent.buried()


async def check(found: Story) -> None:
    """One incident, opened once, told once to everybody, ended once; a clean journal."""
    (incident,) = found.agent.incidents()
    assert (incident["state"], incident["id"][-7:]) == ("resolved", "-000001")
    moves = [kind for (kind,) in found.agent.rows("SELECT kind FROM event ORDER BY seq")]
    assert (moves.count("incident.opened"), moves.count("incident.resolved")) == (1, 1)
    assert "incident.reopened" not in moves
    acks = found.agent.rows("SELECT target FROM audit WHERE action LIKE '%ack%'")
    assert len(acks) == found.acked
    check_told(found, incident["uid"])
    check_alerts(found)
    # Not `subprocess.run`: the receivers of the other stories must go on answering meanwhile.
    audit = await asyncio.create_subprocess_exec(
        WARDOPS, "audit", "verify", "--state", str(found.agent.state),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    assert await audit.wait() == 0


def check_told(found: Story, uid: str) -> None:
    """Each key reached people; only what a death cut off came twice, and then it was the same."""
    rows = found.agent.rows(
        "SELECT key, subject, transition, type, state, digest FROM notice"
        " WHERE channel = 'webhook' ORDER BY transition"
    )
    told = found.receivers.told
    keys = list(dict.fromkeys(one["key"] for one in told))
    sent = {row[0] for row in rows if row[4] == "sent"}
    assert sent <= set(keys) <= {row[0] for row in rows}
    assert len({row[1:3] for row in rows}) == len(rows)  # no two keys for one transition
    assert len(told) - len(keys) <= found.killed
    by_key: dict[str, Any] = {}
    for path, headers, body in found.receivers.got:
        if path == HOOK:
            assert headers["idempotency-key"] == body["key"]
            assert by_key.setdefault(body["key"], body) == body
    heard = [
        row[3]
        for key in keys
        for row in rows
        if key in (row[0], row[5]) and row[1] == uid and row[3] in ("problem", "recovery")
    ]
    assert heard == ["problem", "recovery"]


def check_alerts(found: Story) -> None:
    """An alert begins once, fires until it ends once, and never comes back."""
    said: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for alert in found.receivers.alerts:
        ends = datetime.fromisoformat(alert["endsAt"])
        said[json.dumps(alert["labels"], sort_keys=True)].append((alert["startsAt"], ends))
    assert said
    last = CLOCK.now()
    for posts in said.values():
        assert len({starts for starts, _ends in posts}) == 1
        firing = [ends > last + timedelta(seconds=60) for _starts, ends in posts]
        assert firing == sorted(firing, reverse=True), posts
        assert (firing[0], firing[-1]) == (True, False)


async def _told(folder: Path, seed: int, port: int) -> tuple[int, list[str], Exception | None]:
    """One telling: how often the agent died, what came late meanwhile, what was wrong."""
    found = None
    try:
        async with story(folder, seed, port) as found:
            await found.play(DEATHS)
            await check(found)
    except (Exception, ExceptionGroup) as error:  # noqa: BLE001 - judged by whoever tells
        return found.killed if found else 0, found.ward.late if found else [], error
    return found.killed, found.ward.late, None


async def _lived(folder: Path, seed: int, free_port: Callable[[], int]) -> int | None:
    """The deaths of a story; None when the machine was too busy for each telling of it."""
    for telling in range(TELLINGS):
        killed, late, wrong = await _told(folder / f"{seed}-{telling}", seed, free_port())
        said = f"story {seed}.{telling}: {killed} deaths, late {late}, wrong: {wrong!r}"
        print(said, flush=True)  # noqa: T201 - the long form takes half an hour
        if wrong is None:
            return killed
        if not late:
            raise wrong
    return None


@pytest.mark.timeout(7200 if WHOLE else 600)
async def test_killed_anywhere_the_agent_loses_and_doubles_nothing(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    """200 [6] real deaths: incidents, notices, alerts, audit as if there had been none.

    A restart while an incident is open and told tells nobody anything.
    """
    room = asyncio.Semaphore(BESIDE)

    async def one(seed: int) -> int | None:
        async with room:
            return await _lived(tmp_path, seed, free_port)

    ends = await asyncio.gather(*map(one, range(STORIES)), return_exceptions=True)
    failed = [end for end in ends if isinstance(end, Exception)]
    if failed:
        raise ExceptionGroup(f"{len(failed)} of {STORIES} stories", failed)
    if None in ends:
        pytest.skip(f"{ends.count(None)} of {STORIES} stories: the machine was too busy each time")
    assert ends == [DEATHS] * STORIES
