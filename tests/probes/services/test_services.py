"""Web and TCP services: up, ill, closed, silent; over real sockets."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from inventory.errors import InputError
from probes.clock import SystemClock
from probes.errors import NotConfigured
from probes.model import Reading, Reason, Target
from probes.run import observe
from probes.services import http, parts, tcp
from probes.transports.fake import FakeEcho
from probes.transports.https import HttpsClient
from probes.transports.model import Transports
from probes.transports.tcp import TcpConnector
from probes.wire import Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from inventory.credentials import Secret
    from probes.model import Observation, Probe
    from tests.probes.conftest import Authority, Peers


@pytest.fixture
async def ways() -> AsyncIterator[Transports]:
    client, snmp = HttpsClient(), _nothing()
    yield Transports(snmp, client, FakeEcho({}), TcpConnector(), wire=Wire())
    await client.close()


def _nothing() -> Any:
    return None


def service(url: str, *, ca: str | None = None, module: str = "http_2xx") -> Target:
    """A service as the hub sees it."""
    return Target(
        ward="26740",
        name="tthc",
        kind=f"service:{module}",
        role="service",
        host="127.0.0.1",
        url=url,
        ca=ca,
        vantage="hub",
        folder="/nowhere",
    )


async def ask(
    target: Target, ways: Transports, *, probe: Probe = http.PROBE, within_s: float = 5
) -> Observation:
    """Run the check for real."""
    deadline = asyncio.get_running_loop().time() + within_s
    return await observe(target, probe, ways, SystemClock(), deadline, _no_secret)


def _no_secret(ref: str) -> Secret:
    raise InputError("inventory.secret_no_env", ref=ref, name=ref)


def values_of(reading: Reading) -> dict[tuple[str, ...], float]:
    """Samples by name and label values."""
    return {(s.metric.name, *s.labels): s.value for s in reading.samples}


async def test_a_good_page_has_status_length_phases_and_expiry(
    ways: Transports, peers: Peers, authority: Authority
) -> None:
    until = datetime(2031, 1, 1, tzinfo=UTC)
    tls, _der = authority.server(until=until)
    async with peers.http(peers.response("xin chào"), tls=tls) as peer:
        seen = await ask(service(f"https://127.0.0.1:{peer.port}/", ca=authority.file), ways)
    assert seen.reason is Reason.OK
    values = values_of(seen.reading)
    own = ("tthc", "hub")
    assert values[("probe_success", *own)] == 1
    assert values[("probe_http_status_code", *own)] == 200
    assert values[("probe_http_content_length", *own)] == len("xin chào".encode())
    assert values[("probe_http_ssl", *own)] == 1
    assert values[("probe_ssl_earliest_cert_expiry", *own)] == until.timestamp()
    phases = {key[3] for key in values if key[0] == "probe_http_duration_seconds"}
    assert phases == {"resolve", "connect", "tls", "processing", "transfer"}
    assert values[("probe_ip_protocol", *own)] == 4
    assert values[("probe_http_version", *own)] == 1.1
    assert 0 < values[("probe_duration_seconds", *own)] < 5


async def test_a_redirect_is_a_page_that_is_there(ways: Transports, peers: Peers) -> None:
    moved = peers.response(status="301 Moved", extra="Location: https://192.0.2.1/\r\n")
    async with peers.http(moved) as peer:
        seen = await ask(service(f"http://127.0.0.1:{peer.port}/"), ways)
    assert values_of(seen.reading)[("probe_http_status_code", "tthc", "hub")] == 301
    assert ("probe_ssl_earliest_cert_expiry", "tthc", "hub") not in values_of(seen.reading)


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "503 Busy"])
async def test_a_page_that_is_ill_leaves_no_samples_but_its_status_in_words(
    ways: Transports, peers: Peers, status: str
) -> None:
    async with peers.http(peers.response("x", status=status)) as peer:
        seen = await ask(service(f"http://127.0.0.1:{peer.port}/"), ways)
    assert (seen.reason, seen.detail, seen.reading) == (
        Reason.PROTOCOL,
        "service_http_status",
        Reading(),
    )
    assert seen.detail_values == {"status": int(status[:3])}


async def test_an_untrusted_expired_or_wrongly_named_certificate_has_its_reason(
    ways: Transports, peers: Peers, authority: Authority
) -> None:
    last_year = datetime(2025, 1, 1, tzinfo=UTC)
    bad: list[tuple[dict[str, Any], Reason]] = [
        ({"self_signed": True}, Reason.TLS_UNTRUSTED),
        ({"until": last_year}, Reason.TLS_EXPIRED),
        ({"names": ("other.example",)}, Reason.TLS_NAME),
    ]
    for certificate, reason in bad:
        tls, _der = authority.server(**certificate)
        async with peers.http(peers.response("x"), tls=tls) as peer:
            url = f"https://127.0.0.1:{peer.port}/"
            seen = await ask(service(url, ca=authority.file), ways)
        names = {sample.metric.name for sample in seen.reading.samples}
        assert (seen.reason, seen.ok) == (reason, False)
        assert names == {"probe_ssl_earliest_cert_expiry", "probe_tls_version_info"}


async def test_a_service_that_is_shut_refuses(ways: Transports) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert (await ask(service(f"http://127.0.0.1:{port}/"), ways)).reason is Reason.REFUSED
    closed = service(f"tcp://127.0.0.1:{port}", module="tcp_connect")
    seen = await ask(closed, ways, probe=tcp.PROBE)
    assert (seen.reason, seen.reading) == (Reason.REFUSED, Reading())


async def test_an_open_port_says_how_long_it_took(ways: Transports, peers: Peers) -> None:
    async with peers.http(b"") as peer:
        url = f"tcp://127.0.0.1:{peer.port}"
        seen = await ask(service(url, module="tcp_connect"), ways, probe=tcp.PROBE)
    values = values_of(seen.reading)
    assert values[("probe_success", "tthc", "hub")] == 1
    assert 0 < values[("probe_duration_seconds", "tthc", "hub")] < 5


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("tcp://db.example:5432", ("db.example", 5432)),
        ("https://svc.example/x", ("svc.example", 443)),
        ("http://svc.example:8080/", ("svc.example", 8080)),
        ("tcp://[2001:db8::1]:22", ("2001:db8::1", 22)),
    ],
)
def test_an_endpoint_is_host_and_port(url: str, expected: tuple[str, int]) -> None:
    assert parts.endpoint(url) == expected


@pytest.mark.parametrize("url", ["", "tcp://db.example", "tcp://:22", "tcp://a:99999", "tcp://[x"])
def test_an_endpoint_without_host_or_port_is_configuration(url: str) -> None:
    with pytest.raises(NotConfigured):
        parts.endpoint(url)


@pytest.mark.realtime
async def test_a_silent_service_costs_its_deadline_and_no_more(ways: Transports) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        seen = await ask(service(f"http://127.0.0.1:{port}/"), ways, within_s=0.4)
    assert (seen.reason, seen.reading) == (Reason.TIMEOUT, Reading())
    assert 0.35 <= seen.took_s < 1.5
