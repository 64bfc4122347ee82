"""The real server on a TCP port and a Unix socket: binding, streams, clients, shutdown."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import uuid
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from agent.client import Address as AgentAddress
from agent.client import AgentClient, AgentRefused, AgentUnreachable, find_agent
from agent.statefile import write_state
from agent.web.access import write_local_token
from agent.web.server import WebServer, listen_address
from agent.web.state import state_of_view
from agent.wire import Command
from inventory.errors import InputError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@pytest.fixture
def state() -> Iterator[Path]:
    """A state folder with a short path: a socket's may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="w") as folder:
        yield Path(folder)


@asynccontextmanager
async def serving(agent: Any, state: Path, listen: str = "127.0.0.1:0") -> AsyncIterator[WebServer]:
    server = WebServer(agent.app, listen, state / "wardops.sock", agent.parts.bus.close)
    write_local_token(state, agent.token)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def unix_client(state: Path) -> httpx.AsyncClient:
    transport = httpx.AsyncHTTPTransport(uds=str(state / "wardops.sock"))
    return httpx.AsyncClient(transport=transport, base_url="http://wardops")


async def test_both_doors_lead_to_the_same_application(agent: Any, state: Path) -> None:
    agent.poll()
    async with (
        serving(agent, state) as server,
        httpx.AsyncClient(base_url=server.url) as tcp,
        unix_client(state) as unix,
    ):
        for client in (tcp, unix):
            assert (await client.get("/-/healthy")).text == "ok\n"
            assert "ifHCInOctets{" in (await client.get("/metrics")).text
            answer = await client.post("/api/v1/commands", json={})
            assert answer.status_code == 401, "no door lets commands in without the token"


async def test_a_forwarded_address_never_stands_for_the_peer(build: Any, state: Path) -> None:
    agent = build(realm="live")
    async with serving(agent, state) as server, httpx.AsyncClient(base_url=server.url) as client:
        spoofed = {"X-Forwarded-For": "192.0.2.7"}
        assert (await client.get("/metrics", headers=spoofed)).status_code == 200
        assert (await client.get("/api/v1/meta", headers=spoofed)).status_code == 401


async def test_the_socket_and_the_token_are_for_owner_and_group_alone(
    agent: Any, state: Path
) -> None:
    async with serving(agent, state):
        assert stat.S_IMODE((state / "wardops.sock").stat().st_mode) == 0o660
        assert stat.S_IMODE((state / "local.token").stat().st_mode) == 0o640
    assert not (state / "wardops.sock").exists()


async def test_a_taken_port_is_one_clear_line(agent: Any, state: Path) -> None:
    async with serving(agent, state) as server:
        listen = f"127.0.0.1:{server.address[1]}"
        with pytest.raises(InputError, match=f"{listen}: another program uses this port") as found:
            WebServer(agent.app, listen, None)
        assert "--listen" in found.value.text("vi")


async def test_a_second_agent_on_the_socket_is_refused_and_the_first_goes_on(
    agent: Any, state: Path
) -> None:
    async with serving(agent, state):
        with pytest.raises(InputError, match="another agent answers here"):
            WebServer(agent.app, "127.0.0.1:0", state / "wardops.sock")
        async with unix_client(state) as client:
            assert (await client.get("/-/healthy")).text == "ok\n"


async def test_the_socket_of_an_agent_that_was_killed_is_taken_over(
    agent: Any, state: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(state / "wardops.sock"))
    async with serving(agent, state), unix_client(state) as client:
        assert (await client.get("/-/healthy")).text == "ok\n"


def test_a_file_that_is_no_socket_is_left_alone(agent: Any, state: Path) -> None:
    precious = state / "wardops.sock"
    precious.write_text("notes")
    with pytest.raises(InputError, match="no socket"):
        WebServer(agent.app, "127.0.0.1:0", precious)
    assert precious.read_text() == "notes"


def test_a_socket_path_beyond_107_bytes_is_refused_by_name(agent: Any, state: Path) -> None:
    with pytest.raises(InputError, match=r"108 bytes.*--socket"):
        WebServer(agent.app, "127.0.0.1:0", Path("/" + "x" * 107))
    with pytest.raises(InputError, match="cannot be made"):
        WebServer(agent.app, "127.0.0.1:0", state / "missing" / "wardops.sock")


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"])
def test_more_than_loopback_is_refused_unless_allowed(agent: Any, listen: str) -> None:
    with pytest.raises(InputError, match="allow_plaintext"):
        WebServer(agent.app, listen, None)


async def test_more_than_loopback_can_be_allowed(agent: Any) -> None:
    server = WebServer(agent.app, "0.0.0.0:0", None, allow_plaintext=True)
    await server.start()
    await server.stop()


@pytest.mark.parametrize(
    "listen", ["", "9642", ":9642", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
               "ward.example:9642"]
)  # fmt: skip
def test_a_listen_address_of_another_form_is_one_clear_line(agent: Any, listen: str) -> None:
    with pytest.raises(InputError, match="not a listen address"):
        WebServer(agent.app, listen, None)


def test_both_families_and_localhost_are_listen_addresses() -> None:
    assert listen_address("[::1]:9642") == ("::1", 9642)
    assert listen_address("localhost:9642") == ("127.0.0.1", 9642)


class Stream:
    """Reads server-sent events off a response."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self, kind: str = "") -> dict[str, Any]:
        """The data of the next event, or of the next of that kind."""
        while True:
            fields: dict[str, str] = {}
            async for line in self._lines:
                if not line:
                    break
                name, _, value = line.partition(": ")
                fields[name] = value
            else:
                return {}
            if not kind or fields["event"] == kind:
                return {**json.loads(fields["data"]), "id": fields.get("id")}


async def test_a_client_that_lost_its_stream_goes_on_where_it_was(agent: Any, state: Path) -> None:
    bus = agent.parts.bus
    async with serving(agent, state) as server, httpx.AsyncClient(base_url=server.url) as client:
        path = "/api/v1/events"
        async with client.stream("GET", path) as first:
            assert first.headers["content-type"].startswith("text/event-stream")
            stream = Stream(first)
            beat = await stream.next("hb")
            assert beat["seq"] == 88123
            assert beat["id"] is None, "a heartbeat is nothing to go on from"
            bus.publish("state", "verdict", {"state": "down"}, ward="26740")
            seen = await stream.next("state")
            assert (seen["id"], seen["patch"]) == ("88124", {"state": "down"})
        bus.publish("incident", "incidents/SC-2026-000001", {"state": "open"}, ward="26740")
        bus.publish("state", "path/2", {"state": "down"}, ward="26740")
        async with client.stream("GET", path, headers={"Last-Event-ID": "88124"}) as second:
            stream = Stream(second)
            await stream.next("hb")
            assert [(await stream.next())["key"] for _ in range(2)] == [
                "incidents/SC-2026-000001",
                "path/2",
            ]
        async with client.stream("GET", f"{path}?since=3") as third:
            assert (await Stream(third).next("reset"))["seq"] == 88126


async def test_clients_that_left_are_not_counted(agent: Any, state: Path) -> None:
    async with serving(agent, state) as server, httpx.AsyncClient(base_url=server.url) as client:
        async with client.stream("GET", "/api/v1/events") as response:
            await Stream(response).next("hb")
            assert agent.parts.bus.clients == 1
        async with asyncio.timeout(5):
            while agent.parts.bus.clients:
                await agent_turn()


async def agent_turn() -> None:
    """Let the server run for one turn of the loop."""
    await asyncio.get_running_loop().run_in_executor(None, os.getpid)


async def test_the_sixty_fifth_stream_is_refused(agent: Any, state: Path) -> None:
    held = [agent.parts.bus.subscribe() for _ in range(64)]
    async with serving(agent, state) as server, httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.get("/api/v1/events")
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        held[0].leave()
        async with client.stream("GET", "/api/v1/events") as response:
            assert response.status_code == 200


async def test_an_open_stream_does_not_hold_up_the_shutdown(
    agent: Any, state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(agent, state) as server:
        client = httpx.AsyncClient(base_url=server.url)
        response = await client.send(client.build_request("GET", "/api/v1/events"), stream=True)
        stream = Stream(response)
        await stream.next("hb")
    assert "timeout graceful shutdown exceeded" not in caplog.text, "the bus ended the stream"
    assert await stream.next("state") == {}
    await response.aclose()
    await client.aclose()


async def test_the_client_reads_writes_and_resumes_over_both_doors(build: Any, state: Path) -> None:
    agent = build(realm="live")
    async with serving(agent, state) as server:

        def talk(address: AgentAddress) -> None:
            with AgentClient(address) as client:
                assert client.meta().role == "ward_it"
                assert client.snapshot().ward is not None
                (incident,) = client.incidents(is_open=True)
                assert client.incident(incident.id).uid == incident.uid
                wanted = Command(id=uuid.uuid4(), verb="ack", args={"incident": incident.id})
                assert client.command(wanted).accepted
                with pytest.raises(AgentRefused) as refused:
                    client.incident("SC-2026-999999")
                assert refused.value.code == "not_found"
                assert "SC-2026-999999" in refused.value.text("vi")

        tokens = (state / "local.token",)
        for address in (
            AgentAddress(socket=state / "wardops.sock", token_files=tokens),
            AgentAddress(url=server.url, token_files=tokens),
        ):
            await asyncio.to_thread(talk, address)


async def test_an_agent_is_found_by_its_state_folder_url_or_socket(agent: Any, state: Path) -> None:
    async with serving(agent, state) as server:
        for where in (
            None,
            server.url,
            server.url.removeprefix("http://"),
            str(state / "wardops.sock"),
        ):
            with await asyncio.to_thread(find_agent, where, state) as client:
                assert await asyncio.to_thread(client.meta)


async def test_nobody_there_says_where_it_looked_and_how_old_the_last_news_is(
    agent: Any, state: Path
) -> None:
    with pytest.raises(AgentUnreachable, match=r"wardops\.sock") as nothing:
        await asyncio.to_thread(find_agent, None, state)
    assert nothing.value.age_s is None
    assert nothing.value.exit_code == 3
    write_state(state, state_of_view(agent.engine.view))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(AgentUnreachable, match=url) as stale:
            await asyncio.to_thread(find_agent, url, state)
    assert stale.value.age_s is not None


async def test_something_else_on_the_port_is_not_taken_for_an_agent(state: Path) -> None:
    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(other, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(AgentUnreachable, match="no wardops agent"):
            await asyncio.to_thread(find_agent, f"127.0.0.1:{port}", state)


@pytest.mark.realtime
@pytest.mark.parametrize("lang", ["vi", "en"])
async def test_status_says_down_while_the_agent_lives_and_unknown_when_it_is_gone(
    build: Any, state: Path, lang: str
) -> None:
    agent = build(realm="live")

    async def status(*options: str) -> tuple[int, str, str]:
        run = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "import sys; from agent.cli import main; sys.exit(main())",
            "status", "--state", str(state), "--lang", lang, *options,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        out, err = await run.communicate()
        return run.returncode or 0, out.decode(), err.decode()

    async with serving(agent, state):
        code, text, trouble = await status()
        assert (code, trouble) == (2, "")
        assert "METRONET" in text
        assert "SC-2026-026740" in text
        assert len(text.splitlines()) <= 12
        code, _, trouble = await status("--ward", "99999")
        assert code == 3
        assert trouble.count("\n") == 1
    write_state(state, state_of_view(agent.engine.view))
    code, text, trouble = await status()
    assert code == 3
    assert "wardops.sock" in trouble
    assert text.startswith({"vi": "DỮ LIỆU CŨ", "en": "OLD DATA"}[lang])
    code, text, _ = await status("--json")
    told = json.loads(text)
    assert (code, told["source"], told["fresh"], told["state"]) == (
        3,
        "state_file",
        False,
        "unknown",
    )
