"""The test account comes, is let in or refused for a reason, and is always taken back."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from inventory.access import SipAccount
from inventory.credentials import Secret
from inventory.language import LANGUAGES
from probes.clock import SystemClock
from probes.describe import reason_text
from probes.model import Memory, Reason, Target
from probes.registry import probes
from probes.run import observe
from probes.transports.fake import FakeEcho
from probes.transports.https import HttpsClient
from probes.transports.model import Transports
from probes.transports.tcp import TcpConnector
from probes.wire import Wire
from tests.probes.services.registrars import DOMAIN, PASSWORD, USER, Registrar
from tests.probes.services.servers import datagram_server, stream_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from probes.model import Observation
    from tests.probes.conftest import Authority

SOON_S = 0.5


@dataclass
class Asking:
    """Runs the probe against a server of loopback; `notes` is what `--debug` would print."""

    ways: Transports
    memory: Memory = field(default_factory=Memory)
    notes: list[str] = field(default_factory=list)

    async def __call__(
        self, port: int, more: str = "", *, within_s: float = 5.0, ca: str | None = None
    ) -> Observation:
        clock = SystemClock()
        target = Target(
            ward="26740", name="hop", kind="service:sip", role="service", host="127.0.0.1",
            url=f"sip://127.0.0.1:{port}{more}", ca=ca,
            sip=SipAccount(auth="env:SIP", domain=DOMAIN),
        )  # fmt: skip
        return await observe(
            target, probes()["sip-registration"], self.ways, clock, clock.monotonic() + within_s,
            lambda _ref: Secret(json.dumps({"user": USER, "password": PASSWORD})),
            self.notes.append, self.memory,
        )  # fmt: skip


@pytest.fixture
async def ask() -> AsyncIterator[Asking]:
    client, no_snmp = HttpsClient(), _nothing()
    yield Asking(Transports(no_snmp, client, FakeEcho({}), TcpConnector(), wire=Wire()))
    await client.close()


def _nothing() -> Any:
    return None


def code_of(seen: Observation) -> float | None:
    """The status that the probe exports."""
    values = {one.metric.name: one.value for one in seen.reading.samples}
    return values.get("wardops_sip_register_code")


@pytest.mark.parametrize(
    "registrar",
    [
        Registrar(),
        Registrar(algorithm="SHA-256"),
        Registrar(challenges=("algorithm=MD5",)),
        Registrar(challenges=('qop="auth-int,auth"',)),
        Registrar(challenges=('algorithm=TIGER, qop="auth"', 'algorithm=SHA-256, qop="auth"')),
        Registrar(grudging=True),
    ],
    ids=["md5", "sha-256", "without qop", "no algorithm", "unknown first", "a nonce each"],
)
async def test_a_right_password_is_let_in_and_the_account_is_gone_afterwards(
    registrar: Registrar, ask: Asking
) -> None:
    async with datagram_server(registrar.answer) as port:
        seen = await ask(port)
    assert (seen.reason, code_of(seen), seen.reading.method) == (Reason.OK, 200, "sip udp")
    assert (registrar.bound, registrar.most) == ({}, 1)
    assert all("Expires: 60\r\n" in one or "Expires: 0\r\n" in one for one in registrar.heard)


@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_the_account_registers_over_connections_too(
    transport: str, ask: Asking, authority: Authority
) -> None:
    registrar = Registrar()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            asked = await reader.readuntil(b"\r\n\r\n")
            assert f"Via: SIP/2.0/{transport.upper()} ".encode() in asked
            writer.writelines(registrar.answer(asked))

    tls = authority.server()[0] if transport == "tls" else None
    async with stream_server(talk, tls=tls) as port:
        seen = await ask(port, f"?transport={transport}", ca=authority.file)
    assert (seen.reason, code_of(seen), registrar.bound) == (Reason.OK, 200, {})


async def test_a_wrong_password_is_said_so_and_tried_once(ask: Asking) -> None:
    registrar = Registrar(password="another")
    async with datagram_server(registrar.answer) as port:
        seen = await ask(port)
    assert (seen.reason, seen.detail, code_of(seen)) == (Reason.AUTH, "sip_password", 401)
    assert (len(registrar.heard), registrar.most) == (2, 0)


async def test_an_account_that_was_refused_twice_is_left_alone_so_that_it_is_not_locked(
    ask: Asking,
) -> None:
    registrar = Registrar(password="another")
    async with datagram_server(registrar.answer) as port:
        details = [(await ask(port)).detail for _ in range(4)]
    assert details == ["sip_password", "sip_password", "sip_resting", "sip_resting"]
    assert len(registrar.heard) == 4


async def test_an_account_that_was_let_in_between_is_not_left_alone(ask: Asking) -> None:
    wrong, right = Registrar(password="another"), Registrar()
    details = []
    for registrar in (wrong, right, wrong, right):
        async with datagram_server(registrar.answer) as port:
            details.append((await ask(port)).detail)
    assert details == ["sip_password", "", "sip_password", ""]


@pytest.mark.parametrize(
    ("status", "reason", "detail"),
    [
        ("403 Forbidden", Reason.FORBIDDEN, "sip_locked"),
        ("404 Not Found", Reason.FORBIDDEN, "sip_locked"),
        ("405 Method Not Allowed", Reason.UNSUPPORTED, "sip_no_registrar"),
        ("408 Request Timeout", Reason.TIMEOUT, "sip_408"),
        ("420 Bad Extension", Reason.PROTOCOL, "sip_refuses"),
        ("503 Service Unavailable", Reason.PROTOCOL, "sip_ill"),
        ("600 Busy Everywhere", Reason.PROTOCOL, "sip_ill"),
    ],
)
async def test_a_refusal_has_its_reason_and_is_exported_with_its_code(
    status: str, reason: Reason, detail: str, ask: Asking
) -> None:
    registrar = Registrar(first=(f"SIP/2.0 {status}",))
    async with datagram_server(registrar.answer) as port:
        seen = await ask(port)
    assert (seen.reason, seen.detail) == (reason, detail)
    assert code_of(seen) == int(status[:3])
    assert len(registrar.heard) == 1
    for language in LANGUAGES:
        text = reason_text(seen.reason, seen.detail, seen.detail_values, language)
        assert text
        assert "{" not in text


@pytest.mark.parametrize(
    ("asks", "reason", "detail"),
    [
        ("WWW-Authenticate: Basic realm=x", Reason.PARSE, "sip_challenge"),
        ("WWW-Authenticate: Digest realm=x", Reason.PARSE, "sip_challenge"),
        ('WWW-Authenticate: Digest nonce="1", qop="auth-int"', Reason.PARSE, "sip_challenge"),
        ('WWW-Authenticate: Digest nonce="1", algorithm=X', Reason.UNSUPPORTED, "sip_digest"),
    ],
)
async def test_a_password_is_not_told_to_whoever_asks_in_another_way(
    asks: str, reason: Reason, detail: str, ask: Asking
) -> None:
    registrar = Registrar(first=(f"SIP/2.0 401 Unauthorized|{asks}",))
    async with datagram_server(registrar.answer) as port:
        seen = await ask(port)
    assert (seen.reason, seen.detail) == (reason, detail)
    assert "Authorization" not in "".join(registrar.heard)


async def test_a_registrar_that_keeps_nobody_so_short_is_asked_for_what_it_keeps(
    ask: Asking,
) -> None:
    registrar = Registrar(first=("SIP/2.0 423 Interval Too Brief|Min-Expires: 120",))
    async with datagram_server(registrar.answer) as port:
        seen = await ask(port)
    assert (seen.reason, registrar.bound, registrar.most) == (Reason.OK, {}, 1)
    assert "Expires: 120\r\n" in registrar.heard[1]


@pytest.mark.parametrize("least", ["86400", "-1", "soon", ""])
async def test_an_account_is_never_left_in_a_registrar_for_hours(least: str, ask: Asking) -> None:
    registrar = Registrar(first=(f"SIP/2.0 423 Interval Too Brief|Min-Expires: {least}",))
    async with datagram_server(registrar.answer) as port:
        seen = await ask(port)
    assert (seen.reason, seen.detail) == (Reason.UNSUPPORTED, "sip_min_expires")
    assert len(registrar.heard) == 1


async def test_a_silent_registrar_costs_the_deadline(ask: Asking) -> None:
    registrar = Registrar(mute=0)
    async with datagram_server(registrar.answer) as port:
        seen = await ask(port, within_s=SOON_S)
    assert (seen.reason, seen.detail, registrar.bound) == (Reason.TIMEOUT, "service_timeout", {})


async def test_a_registrar_that_falls_silent_afterwards_keeps_nobody(ask: Asking) -> None:
    registrar = Registrar(mute=2)
    async with datagram_server(registrar.answer) as port:
        seen = await ask(port)
    assert (seen.reason, registrar.bound, registrar.most) == (Reason.OK, {}, 1)


async def test_an_account_is_taken_back_when_the_asking_is_cancelled(ask: Asking) -> None:
    registrar, came = Registrar(), asyncio.Event()

    def answer(octets: bytes) -> list[bytes]:
        said = registrar.answer(octets)
        if not registrar.bound:
            return said
        came.set()
        return []

    async with datagram_server(answer) as port:
        asking = asyncio.ensure_future(ask(port))
        await came.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert registrar.bound == {}


async def test_no_name_and_no_password_leaves_the_probe(ask: Asking) -> None:
    for registrar in (Registrar(), Registrar(password="another"), Registrar(mute=1)):
        async with datagram_server(registrar.answer) as port:
            seen = await ask(port, within_s=SOON_S)
        told: list[Any] = [seen.reading.samples, seen.detail, dict(seen.detail_values), ask.notes]
        assert not [word for word in (USER, PASSWORD, DOMAIN) if word in repr(told)]
        assert PASSWORD not in "".join(registrar.heard)


async def test_without_an_account_nothing_is_tried(ask: Asking) -> None:
    clock = SystemClock()
    target = Target("26740", "hop", "service:sip", "service", "h", url="sip://127.0.0.1:1")
    seen = await observe(
        target, probes()["sip-registration"], ask.ways, clock, clock.monotonic() + 1,
        lambda _ref: Secret("x"),
    )  # fmt: skip
    assert (seen.reason, seen.detail) == (Reason.CONFIG, "sip_no_account")
