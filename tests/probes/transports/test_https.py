"""The HTTPS client against real servers on loopback, with certificates of a test CA."""

from __future__ import annotations

import asyncio
import hashlib
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from inventory.credentials import Secret
from inventory.language import LANGUAGES
from probes.errors import (
    DnsFailed,
    LimitExceeded,
    NotConfigured,
    ProbeError,
    ProtocolBroken,
    Refused,
    TimedOut,
    TlsExpired,
    TlsUntrusted,
    TlsWrongName,
)
from probes.transports.https import HttpsClient
from probes.transports.model import HttpRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.probes.conftest import Authority, Peers

LAST_YEAR = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
async def client() -> AsyncIterator[HttpsClient]:
    found = HttpsClient()
    yield found
    await found.close()


async def test_an_answer_comes_with_status_body_type_and_phases(
    client: HttpsClient, peers: Peers
) -> None:
    async with peers.http(peers.response("xin chào", content_type="text/html")) as peer:
        answer = await client.get(f"http://127.0.0.1:{peer.port}/a", deadline=peers.in_seconds(5))
    assert (answer.status, answer.body.decode(), answer.content_type) == (
        200,
        "xin chào",
        "text/html",
    )
    assert set(answer.phases) == {"connect", "processing", "transfer"}
    assert all(seconds >= 0 for seconds in answer.phases.values())
    assert answer.expires_at is None
    assert peer.requests[0].startswith("GET /a HTTP/1.1\r\n")


async def test_a_verified_answer_says_when_its_certificate_expires(
    client: HttpsClient, peers: Peers, authority: Authority
) -> None:
    until = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)
    tls, _der = authority.server(until=until)
    async with peers.http(peers.response("ok"), tls=tls) as peer:
        answer = await client.get(
            f"https://127.0.0.1:{peer.port}/",
            deadline=peers.in_seconds(5),
            ca=authority.file,
        )
    assert answer.expires_at == until
    assert "tls" in answer.phases


async def test_a_second_get_goes_over_the_kept_connection(
    client: HttpsClient, peers: Peers, authority: Authority
) -> None:
    tls, _der = authority.server()
    async with peers.http(peers.response("ok"), tls=tls) as peer:
        for _ in range(3):
            await client.get(
                f"https://127.0.0.1:{peer.port}/",
                deadline=peers.in_seconds(5),
                ca=authority.file,
            )
        assert (len(peer.requests), peer.connections) == (3, 1)


async def test_a_kept_connection_that_the_server_closed_is_opened_anew(
    client: HttpsClient, peers: Peers
) -> None:
    turns = iter([peers.response("one"), b"", peers.response("two")])
    async with peers.http(lambda _head: next(turns)) as peer:
        url = f"http://127.0.0.1:{peer.port}/"
        assert (await client.get(url, deadline=peers.in_seconds(5))).body == b"one"
        assert (await client.get(url, deadline=peers.in_seconds(5))).body == b"two"
    assert peer.connections == 2


async def test_what_may_not_be_repeated_goes_out_once(client: HttpsClient, peers: Peers) -> None:
    turns = iter([peers.response("one"), b"", peers.response("two")])
    async with peers.http(lambda _head: next(turns)) as peer:
        url = f"http://127.0.0.1:{peer.port}/"
        await client.get(url, deadline=peers.in_seconds(5))
        once = HttpRequest(url, "POST", repeatable=False)
        with pytest.raises(ProtocolBroken):
            await client.send(once, deadline=peers.in_seconds(5))
    assert len(peer.requests) == 2


async def test_a_request_carries_its_body_and_headers_and_an_answer_its_own(
    client: HttpsClient, peers: Peers
) -> None:
    cookies = "Set-Cookie: session_id=one; HttpOnly\r\nSet-Cookie: other=two\r\n"
    async with peers.http(peers.response("{}", extra=cookies)) as peer:
        request = HttpRequest(
            f"http://127.0.0.1:{peer.port}/rest/session",
            "POST",
            b"{}",
            (("Content-Type", "application/json"), ("Cookie", "a=b")),
        )
        answer = await client.send(request, deadline=peers.in_seconds(5))
    head = peer.requests[0]
    assert head.startswith("POST /rest/session HTTP/1.1\r\n")
    assert "content-length: 2" in head.lower()
    assert "cookie: a=b" in head.lower()
    told = [value for name, value in answer.headers if name == "set-cookie"]
    assert told == ["session_id=one; HttpOnly", "other=two"]
    assert "a=b" not in repr(request)
    assert "session_id" not in repr(answer)


async def test_no_cookie_is_kept_from_one_request_to_the_next(
    client: HttpsClient, peers: Peers
) -> None:
    answer = peers.response("ok", extra="Set-Cookie: session_id=one; Path=/\r\n")
    async with peers.http(answer) as peer:
        url = f"http://127.0.0.1:{peer.port}/"
        for _ in range(2):
            await client.get(url, deadline=peers.in_seconds(5))
    assert not [head for head in peer.requests if "cookie" in head.lower()]


@pytest.mark.parametrize(
    ("certificate", "leaf"),
    [
        ({"until": LAST_YEAR}, TlsExpired),
        ({"self_signed": True}, TlsUntrusted),
        ({"names": ("127.0.0.2",)}, TlsWrongName),
        ({"names": ("vc.example",)}, TlsWrongName),
    ],
)
async def test_a_bad_certificate_has_its_own_reason(
    client: HttpsClient,
    peers: Peers,
    authority: Authority,
    certificate: dict[str, object],
    leaf: type[ProbeError],
) -> None:
    tls, _der = authority.server(**certificate)  # type: ignore[arg-type] # rows of keyword values
    async with peers.http(peers.response("ok"), tls=tls) as peer:
        with pytest.raises(leaf):
            await client.get(
                f"https://127.0.0.1:{peer.port}/",
                deadline=peers.in_seconds(5),
                user="u",
                password=Secret("canary-5b1"),
                ca=authority.file,
            )
    assert peer.requests == []


async def test_an_unknown_issuer_is_not_trusted_without_its_ca_file(
    client: HttpsClient, peers: Peers, authority: Authority
) -> None:
    """The sentence names the certificate and how to trust it; nothing was sent meanwhile."""
    tls, der = authority.server()
    async with peers.http(peers.response("ok"), tls=tls) as peer:
        url = f"https://127.0.0.1:{peer.port}/"
        with pytest.raises(TlsUntrusted) as caught:
            await client.get(url, deadline=peers.in_seconds(5), user="u", password=Secret("x"))
        assert peer.requests == []
        pin = f"sha256:{hashlib.sha256(der).hexdigest()}"
        for language in LANGUAGES:
            assert f"--pin {pin}" in caught.value.text(language)
            assert 'https: {pin: "sha256:…"}' in caught.value.text(language)
        assert (await client.get(url, deadline=peers.in_seconds(5), pin=pin)).body == b"ok"


async def test_a_pinned_certificate_is_trusted_whoever_signed_it(
    client: HttpsClient, peers: Peers, authority: Authority
) -> None:
    tls, der = authority.server(self_signed=True, names=(), until=LAST_YEAR)
    pin = f"sha256:{hashlib.sha256(der).hexdigest()}"
    async with peers.http(peers.response("ok"), tls=tls) as peer:
        answer = await client.get(
            f"https://127.0.0.1:{peer.port}/", deadline=peers.in_seconds(5), pin=pin
        )
    assert answer.body == b"ok"
    assert answer.expires_at == LAST_YEAR


async def test_a_wrong_pin_stops_before_the_password_is_sent(
    client: HttpsClient, peers: Peers, authority: Authority
) -> None:
    tls, der = authority.server()
    async with peers.http(peers.response("ok"), tls=tls) as peer:
        with pytest.raises(TlsUntrusted) as caught:
            await client.get(
                f"https://127.0.0.1:{peer.port}/",
                deadline=peers.in_seconds(5),
                user="u",
                password=Secret("canary-5b2"),
                pin="sha256:" + "0" * 64,
            )
    assert peer.requests == []
    assert caught.value.detail_code == "tls_pin"
    assert hashlib.sha256(der).hexdigest() in str(caught.value)


async def test_insecure_trusts_everybody_but_not_for_others(
    client: HttpsClient, peers: Peers, authority: Authority
) -> None:
    tls, _der = authority.server(self_signed=True)
    async with peers.http(peers.response("ok"), tls=tls) as peer:
        url = f"https://127.0.0.1:{peer.port}/"
        await client.get(url, deadline=peers.in_seconds(5), insecure=True)
        with pytest.raises(TlsUntrusted):
            await client.get(url, deadline=peers.in_seconds(5))


async def test_basic_credentials_reach_the_server_alone(client: HttpsClient, peers: Peers) -> None:
    async with peers.http(peers.response("ok")) as peer:
        answer = await client.get(
            f"http://127.0.0.1:{peer.port}/",
            deadline=peers.in_seconds(5),
            user="poll",
            password=Secret("s3:cret"),
        )
    assert "authorization: basic cg9sbdpzmzpjcmv0" in peer.requests[0].lower()
    assert "cret" not in repr(answer)


async def test_a_body_over_the_cap_is_not_read_to_its_end(
    client: HttpsClient, peers: Peers
) -> None:
    async with peers.http(peers.response(b"x" * 5001)) as peer:
        url = f"http://127.0.0.1:{peer.port}/"
        with pytest.raises(LimitExceeded):
            await client.get(url, deadline=peers.in_seconds(5), max_bytes=5000)
        assert (await client.get(url, deadline=peers.in_seconds(5), max_bytes=5001)).status == 200


async def test_a_redirect_is_an_answer_and_is_not_followed(
    client: HttpsClient, peers: Peers
) -> None:
    moved = peers.response(status="302 Found", extra="Location: http://192.0.2.1/\r\n")
    async with peers.http(moved) as peer:
        answer = await client.get(f"http://127.0.0.1:{peer.port}/", deadline=peers.in_seconds(5))
    assert answer.status == 302
    assert len(peer.requests) == 1


async def test_a_packed_body_is_refused(client: HttpsClient, peers: Peers) -> None:
    packed = peers.response(b"\x1f\x8b", extra="Content-Encoding: gzip\r\n")
    async with peers.http(packed) as peer:
        with pytest.raises(ProtocolBroken) as caught:
            await client.get(f"http://127.0.0.1:{peer.port}/", deadline=peers.in_seconds(5))
    assert caught.value.detail_code == "http_encoding"


async def test_a_closed_port_refuses(client: HttpsClient, peers: Peers) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Refused):
        await client.get(f"https://127.0.0.1:{port}/", deadline=peers.in_seconds(5))


async def test_a_name_that_does_not_resolve_is_dns(client: HttpsClient, peers: Peers) -> None:
    """An empty label is refused by the resolver itself, so nothing leaves this machine."""
    with pytest.raises((DnsFailed, NotConfigured)):
        await client.get("http://no..such/", deadline=peers.in_seconds(5))


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01 nonsense\r\n\r\n", b"HTTP/9.9 what\r\n\r\n"])
async def test_an_answer_that_is_not_http_is_a_broken_protocol(
    client: HttpsClient, peers: Peers, garbage: bytes
) -> None:
    async with peers.http(garbage) as peer:
        with pytest.raises(ProtocolBroken):
            await client.get(f"http://127.0.0.1:{peer.port}/", deadline=peers.in_seconds(5))


async def test_plain_http_on_a_tls_url_is_a_broken_protocol(
    client: HttpsClient, peers: Peers
) -> None:
    async def answer_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(64)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer_plainly, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ProtocolBroken):
            await client.get(f"https://127.0.0.1:{port}/", deadline=peers.in_seconds(5))


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://127.0.0.1:99999/", "http://"])
async def test_a_url_that_cannot_be_asked_is_configuration(
    client: HttpsClient, peers: Peers, url: str
) -> None:
    with pytest.raises(NotConfigured):
        await client.get(url, deadline=peers.in_seconds(5))


async def test_a_missing_ca_file_is_configuration(client: HttpsClient, peers: Peers) -> None:
    with pytest.raises(NotConfigured) as caught:
        await client.get(
            "https://127.0.0.1:1/", deadline=peers.in_seconds(5), ca="/nonexistent/ca.pem"
        )
    assert "/nonexistent/ca.pem" in str(caught.value)


@pytest.mark.realtime
async def test_the_deadline_holds_against_a_silent_peer(client: HttpsClient) -> None:
    loop = asyncio.get_running_loop()
    server = await asyncio.start_server(_say_nothing, "127.0.0.1", 0)
    async with server:
        begun = loop.time()
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(TimedOut):
            await client.get(f"http://127.0.0.1:{port}/", deadline=begun + 0.3)
        assert 0.25 <= loop.time() - begun < 1.5


async def _say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


@pytest.mark.realtime
async def test_the_deadline_holds_against_one_byte_a_second(
    client: HttpsClient, peers: Peers
) -> None:
    loop = asyncio.get_running_loop()
    async with peers.http(peers.response("x" * 100), drip_s=1.0) as peer:
        begun = loop.time()
        with pytest.raises(TimedOut):
            await client.get(f"http://127.0.0.1:{peer.port}/", deadline=begun + 1.5)
        assert 1.4 <= loop.time() - begun < 3


@pytest.mark.realtime
async def test_a_handshake_that_the_deadline_cuts_leaves_no_connection_open(
    client: HttpsClient,
) -> None:
    loop, gone = asyncio.get_running_loop(), asyncio.Event()

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        gone.set()
        writer.close()

    server = await asyncio.start_server(keep_silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(TimedOut):
            await client.get(f"https://127.0.0.1:{port}/", deadline=loop.time() + 2)
        async with asyncio.timeout(5):
            await gone.wait()
