"""Cisco endpoints over HTTPS, SSH and WebSocket: one vocabulary, and a reason for every refusal."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import socket
import threading
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import paramiko
import pytest
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED
from paramiko.server import InteractiveQuery
from websockets.asyncio.server import serve

from inventory.access import HttpsAccess, SshAccess
from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.errors import ProbeError
from probes.model import Memory, Reading, Reason, Target
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeTcp
from probes.transports.https import HttpsClient
from probes.transports.model import HttpAnswer, Transports
from probes.transports.shell import ThreadedShell
from probes.transports.shell_session import fingerprint
from probes.transports.websocket import WebSocketRpc
from probes.transports.witness import witnessed
from probes.vc import cisco_ce, cisco_ws
from probes.vc.cisco_tree import read
from probes.vc.model import samples_of

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

    from probes.model import Observation, Probe
    from tests.probes.conftest import Authority, Peers

USER, WORD = "poll", "canary-password"
CANARIES = ("canary-number", "canary-name", "canary-title", WORD, "canary-serial", "canary-uri")
KEY = paramiko.ECDSAKey.generate(bits=256)

STATUS = """<Status product="Cisco Codec" version="ce9.15">
 <Audio><Volume>70</Volume></Audio>
 <Bookings><Current><Title>canary-title</Title></Current></Bookings>
 <Call item="3"><Status>Connected</Status><Direction>Outgoing</Direction>
  <RemoteNumber>canary-number</RemoteNumber><DisplayName>canary-name</DisplayName></Call>
 <Diagnostics><Message item="1"><Level>Error</Level><Type>T</Type>
  <Description>canary-name</Description></Message></Diagnostics>
 <MediaChannels><Call item="3"><Channel item="5"><Direction>Incoming</Direction>
  <Type>Audio</Type><Netstat><Jitter>4</Jitter><LastIntervalLost>1</LastIntervalLost>
  <LastIntervalReceived>99</LastIntervalReceived></Netstat></Channel></Call></MediaChannels>
 <SIP><Registration item="1"><Status>Registered</Status><URI>canary-uri</URI></Registration></SIP>
 <SystemUnit><Hardware><Module><SerialNumber>canary-serial</SerialNumber></Module></Hardware>
  <ProductId>Cisco Sample</ProductId><Software><Version>ce9.15.0</Version></Software>
  <State><NumberOfActiveCalls>1</NumberOfActiveCalls></State><Uptime>90</Uptime></SystemUnit>
</Status>"""

TREE = {
    "Audio": {"Volume": "70"},
    "Bookings": {"Current": {"Title": "canary-title"}},
    "Call": [
        {
            "id": "3", "Status": "Connected", "Direction": "Outgoing",
            "RemoteNumber": "canary-number", "DisplayName": "canary-name",
        }
    ],
    "Diagnostics": {
        "Message": [
            {"id": "1", "Level": {"Value": "Error"}, "Type": "T", "Description": "canary-name"}
        ]
    },
    "MediaChannels": {
        "Call": [
            {
                "id": "3",
                "Channel": [
                    {
                        "id": "5", "Direction": "Incoming", "Type": "Audio",
                        "Netstat": {
                            "Jitter": 4, "LastIntervalLost": 1, "LastIntervalReceived": 99,
                        },
                    }
                ],
            }
        ]
    },
    "SIP": {"Registration": [{"id": "1", "Status": "Registered", "URI": "canary-uri"}]},
    "SystemUnit": {
        "Hardware": {"Module": {"SerialNumber": "canary-serial"}},
        "ProductId": "Cisco Sample",
        "Software": {"Version": "ce9.15.0"},
        "State": {"NumberOfActiveCalls": 1},
        "Uptime": 90,
    },
}  # fmt: skip


def target(**access: Any) -> Target:
    """A codec on loopback with the ways in that are named."""
    plain = Target(ward="26740", name="vc-a", kind="cisco_ce", role="vc", host="127.0.0.1")
    return replace(plain, folder="/", **access)


def https(port: int, authority: Authority, **other: Any) -> HttpsAccess:
    """HTTPS there, its CA known."""
    settings = {"auth": "env:VC", "port": port, "ca": authority.file} | other
    return HttpsAccess.model_validate(settings)


def ssh(port: int, key: str | None = None) -> SshAccess:
    """SSH there, its key pinned."""
    pinned = key or fingerprint(KEY.asbytes())
    return SshAccess.model_validate({"auth": "env:VC", "port": port, "host_key": pinned})


@pytest.fixture
async def transports() -> AsyncIterator[Transports]:
    snmp: Any = None
    http, shell = HttpsClient(), ThreadedShell()
    yield Transports(
        snmp=snmp,
        http=http,
        echo=FakeEcho({}),
        tcp=FakeTcp({}),
        shell=shell,
        rpc=WebSocketRpc(),
    )
    await http.close()
    shell.close()


async def ask(
    asked: Target,
    transports: Transports,
    probe: Probe = cisco_ce.PROBE,
    *,
    within_s: float = 20,
    tell: Callable[[str], None] = lambda _line: None,
    memory: Memory | None = None,
    word: str = WORD,
) -> Observation:
    """Run the probe for real."""
    deadline = asyncio.get_running_loop().time() + within_s
    secret = Secret(f"{USER}:{word}")
    clock = SystemClock()
    return await observe(
        asked, probe, transports, clock, deadline, lambda _ref: secret, tell, memory
    )


def samples(seen: Observation) -> dict[tuple[str, ...], float]:
    """The samples by name and labels."""
    return {(one.metric.name, *one.labels): one.value for one in seen.reading.samples}


# ── HTTPS ──


async def test_a_codec_without_the_status_page_is_asked_for_the_path_and_that_is_remembered(
    transports: Transports, peers: Peers, authority: Authority
) -> None:
    def answer(head: str) -> bytes:
        if head.startswith("GET /getxml?location=/Status "):
            return peers.response(STATUS, content_type="text/xml")
        return peers.response("no", status="404 Not Found")

    tls, _der = authority.server()
    memory = Memory()
    async with peers.http(answer, tls=tls) as peer:
        there = target(https=https(peer.port, authority))
        first = await ask(there, transports, memory=memory)
        second = await ask(there, transports, memory=memory)
    assert [first.reason, second.reason] == [Reason.OK, Reason.OK]
    assert first.reading.method == "https /getxml?location=/Status"
    paths = [head.split()[1] for head in peer.requests]
    assert paths == ["/status.xml", "/getxml?location=/Status", "/getxml?location=/Status"]
    assert peer.connections == 1


async def test_a_codec_with_neither_page_says_so(
    transports: Transports, peers: Peers, authority: Authority
) -> None:
    tls, _der = authority.server()
    async with peers.http(peers.response("no", status="404 Not Found"), tls=tls) as peer:
        seen = await ask(target(https=https(peer.port, authority)), transports)
    assert (seen.reason, seen.detail) == (Reason.PROTOCOL, "http_status")
    assert len(peer.requests) == 2


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden", "503 Busy"])
async def test_a_refusal_is_not_asked_again_by_the_other_page(
    transports: Transports, peers: Peers, authority: Authority, status: str
) -> None:
    tls, _der = authority.server()
    async with peers.http(peers.response("no", status=status), tls=tls) as peer:
        await ask(target(https=https(peer.port, authority)), transports)
    assert len(peer.requests) == 1


def _huge(peers: Peers) -> bytes:
    head = peers.response(b"", content_type="text/xml").partition(b"\r\n\r\n")[0]
    length = head.replace(b"Content-Length: 0", b"Content-Length: 104857600")
    return length + b"\r\n\r\n<Status>" + b" " * 4_000_000


HOSTILE: dict[str, tuple[Callable[[Peers], bytes], Reason, str]] = {
    "entities": (
        lambda p: p.response(f'<!DOCTYPE x [<!ENTITY a "b">]>{STATUS}', content_type="text/xml"),
        Reason.PROTOCOL,
        "xml_entities",
    ),
    "100 MB": (_huge, Reason.LIMIT, "body_too_big"),
    "other encoding": (
        lambda p: p.response(STATUS.encode("utf-16"), content_type="text/xml"),
        Reason.PARSE,
        "xml_encoding",
    ),
    "truncated": (
        lambda p: p.response(STATUS[: len(STATUS) // 2], content_type="text/xml"),
        Reason.PARSE,
        "xml",
    ),
    "deep": (
        lambda p: p.response("<Status>" + "<a>" * 99 + "</a>" * 99 + "</Status>"),
        Reason.LIMIT,
        "xml_depth",
    ),
    "log-in page": (
        lambda p: p.response("<!doctype html><p>Sign in", content_type="text/html"),
        Reason.PROTOCOL,
        "login_page",
    ),
    "other root": (
        lambda p: p.response("<Configuration/>", content_type="text/xml"),
        Reason.PROTOCOL,
        "not_status",
    ),
    "empty": (lambda p: p.response("", content_type="text/xml"), Reason.PARSE, "xml"),
    "packed": (
        lambda p: p.response("x", extra="Content-Encoding: gzip\r\n"),
        Reason.PROTOCOL,
        "http_encoding",
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
async def test_a_hostile_answer_is_refused_with_its_reason_and_nothing_is_kept(
    transports: Transports, peers: Peers, authority: Authority, kind: str
) -> None:
    made, reason, detail = HOSTILE[kind]
    tls, _der = authority.server()
    async with peers.http(made(peers), tls=tls) as peer:
        seen = await ask(target(https=https(peer.port, authority)), transports)
    assert (seen.reason, seen.detail, seen.reading) == (reason, detail, Reading())


def test_a_thousand_damaged_answers_are_trees_or_reasons() -> None:
    chance = random.Random(7)  # noqa: S311 - damage, no secret
    whole = STATUS.encode()
    whole_trees = 0
    for _ in range(1000):
        body = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(body))
            cut = chance.randint(0, 60)
            body[at : at + cut] = chance.randbytes(chance.randint(0, 6))
        try:
            root = cisco_ce.parse(HttpAnswer(200, bytes(body), "text/xml"))
        except ProbeError:
            continue
        whole_trees += 1
        found = read(root, SystemClock().now())
        assert samples_of(found.vc, found.identity)
    assert whole_trees < 1000


# ── SSH ──


class CodecShell(paramiko.ServerInterface):
    """The shell of a codec as far as SSH goes; the password works by keyboard-interactive alone."""

    def __init__(self) -> None:
        self.wanted = threading.Event()

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - paramiko's
        return "keyboard-interactive"

    def check_auth_interactive(
        self,
        username: str,  # noqa: ARG002 - paramiko's
        submethods: str,  # noqa: ARG002 - paramiko's
    ) -> InteractiveQuery:
        return InteractiveQuery("", "", ("Password: ", False))

    def check_auth_interactive_response(self, responses: list[str]) -> int:
        return AUTH_SUCCESSFUL if responses == [WORD] else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 - paramiko's
        return OPEN_SUCCEEDED

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:  # noqa: ARG002 - paramiko's
        self.wanted.set()
        return True


def _talk(channel: paramiko.Channel, xml: str) -> None:
    channel.sendall(b"Welcome to Sample\r\nLogin successful\r\n\r\nOK\r\n")
    for line in channel.makefile("r"):
        word = line.strip()
        if word == "xStatus":
            told = f'<?xml version="1.0"?>\r\n<XmlDoc resultId="">\r\n{xml}\r\n</XmlDoc>\r\n'
            channel.sendall(told.encode())
        elif word == "bye":
            channel.close()
            return
        else:
            channel.sendall(b"\r\nOK\r\n")


@asynccontextmanager
async def codec_over_ssh(xml: str = STATUS) -> AsyncIterator[int]:
    """A codec that is asked over SSH; its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    open_now: list[paramiko.Transport] = []

    def run() -> None:
        while True:
            try:
                connection, _ = listening.accept()
                transport = paramiko.Transport(connection)
                open_now.append(transport)
                transport.set_log_channel("tests.ssh")
                transport.add_server_key(KEY)
                codec = CodecShell()
                transport.start_server(server=codec)
                channel = None
                while channel is None and transport.is_active():
                    channel = transport.accept(0.1)
                if channel is not None and codec.wanted.wait(20):
                    _talk(channel, xml)
            except (paramiko.SSHException, EOFError):
                continue
            except OSError:
                return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for transport in open_now:
            transport.close()
        await asyncio.to_thread(thread.join, 10)


async def test_ssh_tells_what_https_tells(
    transports: Transports, peers: Peers, authority: Authority
) -> None:
    tls, _der = authority.server()
    async with peers.http(peers.response(STATUS, content_type="text/xml"), tls=tls) as peer:
        by_https = await ask(target(https=https(peer.port, authority)), transports)
    async with codec_over_ssh() as port:
        by_ssh = await ask(target(ssh=ssh(port)), transports)
    assert by_ssh.reason is Reason.OK
    assert samples(by_ssh) == samples(by_https)
    assert by_ssh.reading.identity == by_https.reading.identity
    assert (by_https.reading.method, by_ssh.reading.method) == (
        "https /status.xml",
        "ssh xStatus",
    )


async def test_a_codec_whose_https_is_closed_is_asked_over_ssh(
    transports: Transports, authority: Authority
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    async with codec_over_ssh() as port:
        seen = await ask(target(https=https(closed, authority), ssh=ssh(port)), transports)
    assert (seen.reason, seen.reading.method) == (Reason.OK, "ssh xStatus")


@pytest.mark.parametrize(
    ("xml", "reason", "detail"),
    [
        ("<Other></Status>", Reason.PROTOCOL, "xstatus"),
        (STATUS.replace("</Audio>", "</Video>"), Reason.PARSE, "xml"),
        ("<Status><!DOCTYPE x></Status>", Reason.PROTOCOL, "xml_entities"),
    ],
)
async def test_what_the_shell_says_instead_has_its_reason(
    transports: Transports, xml: str, reason: Reason, detail: str
) -> None:
    async with codec_over_ssh(xml) as port:
        seen = await ask(target(ssh=ssh(port)), transports)
    assert (seen.reason, seen.detail) == (reason, detail)


async def test_another_host_key_is_a_finding_and_a_wrong_password_too(
    transports: Transports,
) -> None:
    async with codec_over_ssh() as port:
        other = await ask(target(ssh=ssh(port, "SHA256:" + "A" * 43)), transports)
        wrong = await ask(target(ssh=ssh(port)), transports, word="no")
    assert (other.reason, other.detail) == (Reason.CONFIG, "host_key_changed")
    assert wrong.reason is Reason.AUTH


# ── WebSocket ──


@asynccontextmanager
async def codec_over_ws(
    tls: ssl.SSLContext, answer: Callable[[dict[str, Any]], object], status: int = 101
) -> AsyncIterator[tuple[int, list[str]]]:
    """A codec's WebSocket; its port, and the credentials that came."""
    came: list[str] = []

    async def talk(line: Any) -> None:
        async for message in line:
            asked = json.loads(message)
            await line.send('{"jsonrpc":"2.0","method":"xFeedback/Event","params":{}}')
            await line.send(json.dumps({"jsonrpc": "2.0", "id": asked["id"]} | dict(answer(asked))))  # type: ignore[call-overload]  # a mapping

    def check(line: Any, request: Any) -> Any:
        came.append(request.headers.get("Authorization", ""))
        is_known = came[-1] == "Basic " + base64.b64encode(f"{USER}:{WORD}".encode()).decode()
        if status != 101:
            return line.respond(status, "no")
        return None if is_known else line.respond(401, "no")

    server = await serve(talk, "127.0.0.1", 0, ssl=tls, process_request=check)
    try:
        yield next(iter(server.sockets)).getsockname()[1], came
    finally:
        server.close()
        await server.wait_closed()


async def test_a_websocket_tells_what_https_tells(
    transports: Transports, peers: Peers, authority: Authority
) -> None:
    tls, _der = authority.server()
    asked: list[Any] = []

    def answer(question: dict[str, Any]) -> object:
        asked.append(question)
        return {"result": {"Status": TREE}}

    async with peers.http(peers.response(STATUS, content_type="text/xml"), tls=tls) as peer:
        by_https = await ask(target(https=https(peer.port, authority)), transports)
    async with codec_over_ws(tls, answer) as (port, _came):
        there = target(https=https(port, authority))
        by_ws = await ask(there, transports, cisco_ws.PROBE)
    assert by_ws.reason is Reason.OK
    assert samples(by_ws) == samples(by_https)
    assert (asked[0]["method"], asked[0]["params"]) == ("xGet", {"Path": ["Status"]})


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"error": {"code": -31999, "message": "canary-name"}}, Reason.FORBIDDEN),
        ({"error": {"code": -31998}}, Reason.BUSY),
        ({"error": {"code": -31997}}, Reason.BUSY),
        ({"error": {"code": -32602}}, Reason.UNSUPPORTED),
        ({"error": {"code": 1}}, Reason.PROTOCOL),
        ({"error": "canary-name"}, Reason.PROTOCOL),
        ({"result": "text"}, Reason.PROTOCOL),
        ({"result": None}, Reason.PROTOCOL),
        ({"result": {"Audio": "x" * 3_000_000}}, Reason.LIMIT),
    ],
)
async def test_an_error_of_the_websocket_has_its_reason(
    transports: Transports, authority: Authority, answer: object, reason: Reason
) -> None:
    tls, _der = authority.server()
    async with codec_over_ws(tls, lambda _asked: answer) as (port, _came):
        seen = await ask(target(https=https(port, authority)), transports, cisco_ws.PROBE)
    assert seen.reason is reason
    assert "canary-name" not in repr(seen)


@pytest.mark.parametrize(
    ("status", "reason"),
    [(401, Reason.AUTH), (403, Reason.FORBIDDEN), (503, Reason.BUSY), (404, Reason.PROTOCOL)],
)
async def test_a_refused_handshake_has_the_reason_of_its_status(
    transports: Transports, authority: Authority, status: int, reason: Reason
) -> None:
    tls, _der = authority.server()
    async with codec_over_ws(tls, lambda _asked: {}, status) as (port, _came):
        seen = await ask(target(https=https(port, authority)), transports, cisco_ws.PROBE)
    assert seen.reason is reason


async def test_a_websocket_with_another_certificate_gets_no_credentials(
    transports: Transports, authority: Authority
) -> None:
    tls, _der = authority.server(self_signed=True)
    pin = "sha256:" + "0" * 64
    async with codec_over_ws(tls, lambda _asked: {}) as (port, came):
        pinned = https(port, authority, ca=None, pin=pin)
        seen = await ask(target(https=pinned), transports, cisco_ws.PROBE)
        unknown = await ask(target(https=https(port, authority)), transports, cisco_ws.PROBE)
    assert (seen.reason, seen.detail) == (Reason.TLS_UNTRUSTED, "tls_pin")
    assert unknown.reason is Reason.TLS_UNTRUSTED
    assert came == []


# ── nothing private ──


async def test_no_canary_reaches_samples_words_or_logs_by_any_way(
    transports: Transports, peers: Peers, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    tls, _der = authority.server()
    lines: list[str] = []
    watched, _tally = witnessed(transports, lines.append)
    async with (
        peers.http(peers.response(STATUS, content_type="text/xml"), tls=tls) as peer,
        codec_over_ws(tls, lambda _asked: {"result": TREE}) as (ws_port, _came),
        codec_over_ssh() as ssh_port,
    ):
        seen = [
            await ask(target(https=https(peer.port, authority)), watched, tell=lines.append),
            await ask(target(ssh=ssh(ssh_port)), watched, tell=lines.append),
            await ask(
                target(https=https(ws_port, authority)), watched, cisco_ws.PROBE, tell=lines.append
            ),
        ]
    assert [one.reason for one in seen] == [Reason.OK] * 3
    shown = [record.getMessage() for record in caplog.records if record.name.startswith("probes")]
    everything = repr([samples(one) for one in seen]) + repr(lines) + repr(shown)
    assert not [canary for canary in CANARIES if canary in everything]
    personal = [canary for canary in CANARIES if canary != "canary-serial"]
    # The serial number is of the device, and of what `wardops probe` shows of it; no metric has it.
    assert not [canary for canary in personal if canary in repr([one.reading for one in seen])]
