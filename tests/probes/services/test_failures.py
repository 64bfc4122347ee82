"""Each way in which a service is ill has its reason and a text that says what to do."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dns.message
import dns.rcode
import dns.rrset
import pytest

from inventory.errors import InputError
from inventory.language import LANGUAGES
from probes.clock import ManualClock, SystemClock
from probes.describe import reason_text
from probes.model import Memory, Reading, Reason, Target
from probes.registry import probes
from probes.run import observe
from probes.transports.fake import FakeEcho
from probes.transports.https import HttpsClient
from probes.transports.model import Transports
from probes.transports.tcp import TcpConnector
from probes.wire import Wire
from tests.probes.services import servers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from inventory.credentials import Secret
    from probes.clock import Clock
    from probes.model import Observation
    from tests.probes.conftest import Authority

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n"
AROUND = b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
ASKED = b"\r\n\r\n"
NAME = "tthc.example"
SOON_S = 0.4
YEAR_2026 = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Ill:
    """A server that is ill, how it is asked, and what is to come of it."""

    name: str
    server: Callable[[], AbstractAsyncContextManager[int]]
    url: str
    reason: Reason
    detail: str
    probe: str = "http"
    expect: str | None = None
    values: dict[str, Any] | None = None
    within_s: float = 5.0
    dated: bool = False


def tcp_talk(talk: Any, *, tls: Any = None) -> Callable[[], AbstractAsyncContextManager[int]]:
    return lambda: servers.stream_server(talk, tls=tls)


def dns_says(
    code: dns.rcode.Rcode = dns.rcode.NOERROR, *records: str, cut: bool = False
) -> Callable[[bytes], list[bytes]]:
    """An answer of a resolver with that code and those records for the name asked."""

    def answer(octets: bytes) -> list[bytes]:
        asked = dns.message.from_wire(octets)
        said = dns.message.make_response(asked)
        said.set_rcode(code)
        if cut:
            said.flags |= dns.flags.TC
        elif records:
            kind = asked.question[0].rdtype
            said.answer.append(
                dns.rrset.from_text(asked.question[0].name, 60, "IN", kind, *records)
            )
        return [said.to_wire()]

    return answer


def folded(octets: bytes) -> bytes:
    """A question with its name in small letters, as a careless server gives it back."""
    return octets[:12] + octets[12:].lower()


def datagrams(answer: Callable[[bytes], list[bytes]]) -> Any:
    return lambda: servers.datagram_server(answer)


def wrong_over_tls(certificate: dict[str, Any], authority: Authority) -> Any:
    tls, _der = authority.server(**certificate)
    return tcp_talk(servers.says(PAGE, after=ASKED), tls=tls)


def silent(_octets: bytes) -> list[bytes]:
    return []


PLAIN = (
    Ill(
        "refused",
        servers.closed_port,
        "http://127.0.0.1:{port}/",
        Reason.REFUSED,
        "service_refused",
    ),
    Ill(
        "silent",
        tcp_talk(servers.says(then="wait")),
        "http://127.0.0.1:{port}/",
        Reason.TIMEOUT,
        "service_timeout",
        within_s=SOON_S,
    ),
    Ill(
        "reset",
        tcp_talk(servers.resets),
        "http://127.0.0.1:{port}/",
        Reason.PROTOCOL,
        "service_reset",
    ),
    Ill(
        "slow headers",
        tcp_talk(servers.says(b"HTTP/1.1 200", after=ASKED, then="wait")),
        "http://127.0.0.1:{port}/",
        Reason.TIMEOUT,
        "service_timeout",
        within_s=SOON_S,
    ),
    Ill(
        "slow body",
        tcp_talk(servers.says(HEAD, b"x", after=ASKED, then="wait")),
        "http://127.0.0.1:{port}/",
        Reason.TIMEOUT,
        "service_timeout",
        within_s=SOON_S,
    ),
    Ill(
        "endless body",
        tcp_talk(servers.endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536)),
        "http://127.0.0.1:{port}/",
        Reason.LIMIT,
        "service_body_too_big",
    ),
    Ill(
        "status 503",
        tcp_talk(servers.says(PAGE.replace(b"200 OK", b"503 Busy"), after=ASKED)),
        "http://127.0.0.1:{port}/",
        Reason.PROTOCOL,
        "service_http_status",
        values={"status": 503},
    ),
    Ill(
        "packed page",
        tcp_talk(
            servers.says(
                PAGE.replace(b"Connection", b"Content-Encoding: br\r\nConnection"), after=ASKED
            )
        ),
        "http://127.0.0.1:{port}/",
        Reason.PROTOCOL,
        "service_http_encoding",
    ),
    Ill(
        "redirect loop",
        tcp_talk(servers.says(AROUND, after=ASKED)),
        "http://127.0.0.1:{port}/",
        Reason.PROTOCOL,
        "http_redirects",
    ),
    Ill(
        "wrong text",
        tcp_talk(servers.says(PAGE, after=ASKED)),
        "http://127.0.0.1:{port}/",
        Reason.PROTOCOL,
        "http_regex",
        expect="Thủ tục",
    ),
    Ill(
        "half-closed",
        tcp_talk(servers.says(after=ASKED, then="half-close")),
        "http://127.0.0.1:{port}/",
        Reason.PROTOCOL,
        "service_protocol",
    ),
    Ill(
        "non-HTTP talk",
        tcp_talk(servers.says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")),
        "http://127.0.0.1:{port}/",
        Reason.PROTOCOL,
        "service_protocol",
    ),
    Ill(
        "no TLS",
        tcp_talk(servers.says(b"220 mail.example ESMTP\r\n", then="wait")),
        "tls://127.0.0.1:{port}",
        Reason.PROTOCOL,
        "not_tls",
        probe="tls",
    ),
    Ill(
        "wrong banner",
        tcp_talk(servers.says(b"220 mail.example ESMTP\r\n")),
        "tcp://127.0.0.1:{port}",
        Reason.PROTOCOL,
        "banner",
        probe="tcp",
        expect="^SSH-2.0-",
        values={"seen": "220 mail.example ESMTP", "expect": "^SSH-2.0-"},
    ),
    Ill(
        "NXDOMAIN",
        datagrams(dns_says(dns.rcode.NXDOMAIN)),
        f"dns://127.0.0.1:{{port}}/{NAME}",
        Reason.DNS,
        "dns_nxdomain",
        probe="dns",
        values={"name": NAME},
    ),
    Ill(
        "SERVFAIL",
        datagrams(dns_says(dns.rcode.SERVFAIL)),
        f"dns://127.0.0.1:{{port}}/{NAME}",
        Reason.PROTOCOL,
        "dns_ill",
        probe="dns",
        values={"code": "SERVFAIL"},
    ),
    Ill(
        "REFUSED",
        datagrams(dns_says(dns.rcode.REFUSED)),
        f"dns://127.0.0.1:{{port}}/{NAME}",
        Reason.FORBIDDEN,
        "dns_refused",
        probe="dns",
    ),
    Ill(
        "wrong answer",
        datagrams(dns_says(dns.rcode.NOERROR, "198.51.100.7")),
        f"dns://127.0.0.1:{{port}}/{NAME}",
        Reason.PROTOCOL,
        "dns_wrong",
        probe="dns",
        expect=r"^192\.0\.2\.1$",
    ),
    Ill(
        "no record of the type",
        datagrams(dns_says()),
        f"dns://127.0.0.1:{{port}}/{NAME}?type=AAAA",
        Reason.PROTOCOL,
        "dns_empty",
        probe="dns",
    ),
    Ill(
        "long answer without TCP",
        datagrams(dns_says(cut=True)),
        f"dns://127.0.0.1:{{port}}/{NAME}",
        Reason.PROTOCOL,
        "dns_no_tcp",
        probe="dns",
    ),
    Ill(
        "name in other capitals, without TCP",
        datagrams(lambda octets: dns_says(dns.rcode.NOERROR, "192.0.2.1")(folded(octets))),
        f"dns://127.0.0.1:{{port}}/{NAME * 4}",
        Reason.PROTOCOL,
        "dns_case",
        probe="dns",
    ),
    Ill(
        "no DNS",
        datagrams(lambda _octets: [b"hello"]),
        f"dns://127.0.0.1:{{port}}/{NAME}",
        Reason.PARSE,
        "dns_talk",
        probe="dns",
    ),
    Ill(
        "no resolver",
        servers.closed_port,
        f"dns://127.0.0.1:{{port}}/{NAME}",
        Reason.REFUSED,
        "service_refused",
        probe="dns",
    ),
    Ill(
        "silent resolver",
        datagrams(silent),
        f"dns://127.0.0.1:{{port}}/{NAME}",
        Reason.TIMEOUT,
        "service_timeout",
        probe="dns",
        within_s=SOON_S,
    ),
    Ill(
        "kiss of death",
        datagrams(servers.ntp(leap=3, stratum=0, code=b"RATE")),
        "ntp://127.0.0.1:{port}",
        Reason.BUSY,
        "ntp_kiss",
        probe="ntp",
        values={"code": "RATE"},
    ),
    Ill(
        "unsynchronised clock",
        datagrams(servers.ntp(leap=3, stratum=16)),
        "ntp://127.0.0.1:{port}",
        Reason.PROTOCOL,
        "ntp_unsynchronised",
        probe="ntp",
    ),
    Ill(
        "SIP 503",
        datagrams(servers.sip("SIP/2.0 100 Trying", "SIP/2.0 503 Service Unavailable")),
        "sip://127.0.0.1:{port}",
        Reason.PROTOCOL,
        "sip_ill",
        probe="sip-options",
        values={"status": 503},
    ),
    Ill(
        "SIP 408",
        datagrams(servers.sip("SIP/2.0 408 Request Timeout")),
        "sip://127.0.0.1:{port}",
        Reason.TIMEOUT,
        "sip_408",
        probe="sip-options",
    ),
    Ill(
        "no SIP",
        datagrams(lambda _octets: [b"hello"]),
        "sip://127.0.0.1:{port}",
        Reason.PARSE,
        "sip_talk",
        probe="sip-options",
    ),
)


def over_tls(authority: Authority) -> tuple[Ill, ...]:
    """Servers with a bad certificate or old TLS, each asked for a page and for a handshake."""
    last_year = datetime(2025, 1, 1, tzinfo=UTC)
    bad = (
        ("expired", {"until": last_year}, Reason.TLS_EXPIRED, "tls_expired_until", "2025-01-01"),
        (
            "self-signed",
            {"self_signed": True},
            Reason.TLS_UNTRUSTED,
            "tls_untrusted_until",
            "2120-01-01",
        ),
        (
            "wrong host name",
            {"names": ("other.example",)},
            Reason.TLS_NAME,
            "tls_name_until",
            "2120-01-01",
        ),
    )
    old = (Reason.PROTOCOL, "tls_old")
    cases = [
        Ill(
            *(name, wrong_over_tls(how, authority), "", reason, detail),
            values={"until": until},
            dated=True,
        )
        for name, how, reason, detail, until in bad
    ]
    cases += [
        Ill(f"old TLS by {way}", tcp_talk(servers.says(said, then="wait")), "", *old)
        for way, said in (("alert", servers.OLD_TLS_ALERT), ("hello", servers.OLD_TLS_HELLO))
    ]
    ways = (("https", "http"), ("tls", "tls"), ("sips", "sip-options"))
    return tuple(
        replace(case, url=f"{scheme}://127.0.0.1:{{port}}", probe=probe)
        for case in cases
        for scheme, probe in ways
    )


@pytest.fixture
async def ways() -> AsyncIterator[Transports]:
    client, missing = HttpsClient(), _nothing()
    yield Transports(missing, client, FakeEcho({}), TcpConnector(), wire=Wire())
    await client.close()


def _nothing() -> Any:
    return None


def _no_secret(ref: str) -> Secret:
    raise InputError("inventory.secret_no_env", ref=ref, name=ref)


async def ask(
    url: str,
    probe: str,
    ways: Transports,
    *,
    expect: str | None = None,
    ca: str | None = None,
    within_s: float = 5.0,
    clock: Clock | None = None,
    memory: Memory | None = None,
    **more: Any,
) -> Observation:
    """Ask a service of the inventory for real."""
    target = Target(
        *("26740", "tthc", "service:x", "service", "127.0.0.1"),
        url=url,
        ca=ca,
        expect=expect,
        folder="/nowhere",
        **more,
    )
    asking = probes()[probe]  # the first time, this takes longer than some deadlines
    deadline = asyncio.get_running_loop().time() + within_s
    return await observe(
        *(target, asking, ways, clock or SystemClock(), deadline, _no_secret),
        memory=memory,
    )


async def _check(case: Ill, ways: Transports, ca: str | None = None) -> None:
    async with case.server() as port:
        url = case.url.format(port=port)
        seen = await ask(url, case.probe, ways, expect=case.expect, ca=ca, within_s=case.within_s)
    assert (seen.reason, seen.detail) == (case.reason, case.detail), (case.name, seen.detail_values)
    told = {sample.metric.name for sample in seen.reading.samples}
    assert told == (
        {"probe_ssl_earliest_cert_expiry", "probe_tls_version_info"} if case.dated else set()
    )
    assert seen.reading == Reading(samples=seen.reading.samples), case.name
    if case.values is not None:
        assert case.values.items() <= seen.detail_values.items(), case.name
    texts = [
        reason_text(seen.reason, seen.detail, seen.detail_values, language)
        for language in LANGUAGES
    ]
    plain = [reason_text(seen.reason, "", {}, language) for language in LANGUAGES]
    assert texts[0] != texts[1], case.name
    assert not set(texts) & set(plain), case.name


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.name)
async def test_an_ill_service_has_its_reason_and_advice(case: Ill, ways: Transports) -> None:
    await _check(case, ways)


async def test_bad_certificates_and_old_tls_have_theirs_with_the_date_of_the_end(
    ways: Transports, authority: Authority
) -> None:
    for case in over_tls(authority):
        await _check(case, ways, authority.file)


@pytest.mark.parametrize("family", [4, 6])
async def test_a_good_service_is_good_by_either_family(
    ways: Transports, authority: Authority, family: int
) -> None:
    host = {4: "127.0.0.1", 6: "[::1]"}[family]
    tls, _der = authority.server(names=("127.0.0.1", "::1"))
    page = servers.says(PAGE, after=ASKED)
    answer = dns_says(dns.rcode.NOERROR, "192.0.2.1")
    good = (
        (servers.stream_server(page, tls=tls, family=family), "https://{at}/", "http", "^ok$"),
        (servers.stream_server(page, tls=tls, family=family), "tls://{at}", "tls", None),
        (
            servers.stream_server(servers.says(b"SSH-2.0-x\r\n"), family=family),
            "tcp://{at}",
            "tcp",
            "^SSH-",
        ),
        (servers.datagram_server(answer, family=family), f"dns://{{at}}/{NAME}", "dns", "192"),
        (servers.datagram_server(servers.ntp(), family=family), "ntp://{at}", "ntp", None),
        (
            servers.datagram_server(servers.sip("SIP/2.0 200 OK"), family=family),
            "sip://{at}",
            "sip-options",
            None,
        ),
    )
    for server, url, probe, expect in good:
        async with server as port:
            seen = await ask(
                url.format(at=f"{host}:{port}"), probe, ways, expect=expect, ca=authority.file
            )
        assert seen.reason is Reason.OK, (probe, seen.detail, seen.detail_values)
        names = {sample.metric.name for sample in seen.reading.samples}
        assert {"probe_success", "probe_duration_seconds"} <= names
        assert names <= {metric.name for metric in probes()[probe].metrics}


def _values(seen: Observation) -> dict[str, float]:
    return {sample.metric.name: sample.value for sample in seen.reading.samples}


@pytest.mark.parametrize("ahead_s", [0, 2, -3600])
async def test_the_offset_is_the_servers_clock_less_the_own(ways: Transports, ahead_s: int) -> None:
    async with servers.datagram_server(servers.ntp(ahead_s=ahead_s)) as port:
        url = f"ntp://127.0.0.1:{port}"
        seen = await ask(url, "ntp", ways, clock=ManualClock(YEAR_2026))
    values = _values(seen)
    assert values["wardops_ntp_offset_seconds"] == pytest.approx(ahead_s, abs=1e-6)
    assert values["wardops_ntp_stratum"] == 2


async def test_a_long_dns_answer_is_asked_for_by_tcp(ways: Transports) -> None:
    records = dns_says(dns.rcode.NOERROR, "192.0.2.1", "192.0.2.2")

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2), "big")
        (said,) = records(await reader.readexactly(length))
        writer.write(len(said).to_bytes(2, "big") + said)
        await writer.drain()

    async with servers.stream_server(talk) as port:
        cut = dns_says(cut=True)
        async with servers.datagram_server(cut, port=port):
            seen = await ask(f"dns://127.0.0.1:{port}/{NAME}", "dns", ways)
    assert seen.reading.method == "dns tcp"
    assert _values(seen)["probe_dns_answer_rrs"] == 2


async def test_a_lost_question_is_asked_again(ways: Transports) -> None:
    said = servers.sip("SIP/2.0 403 Forbidden")
    asked: list[bytes] = []

    def second(octets: bytes) -> list[bytes]:
        asked.append(octets)
        return said(octets) if len(asked) > 1 else []

    async with servers.datagram_server(second) as port:
        seen = await ask(f"sip://127.0.0.1:{port}", "sip-options", ways)
    assert seen.reason is Reason.OK
    assert len(asked) == 2
    assert _values(seen)["wardops_sip_response_code"] == 403


async def test_sip_over_tcp_answers_a_refusal_as_alive(ways: Transports) -> None:
    answer = servers.sip("SIP/2.0 100 Trying", "SIP/2.0 405 Method Not Allowed")

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for octets in answer(await reader.readuntil(ASKED)):
            writer.write(octets)
            await writer.drain()

    async with servers.stream_server(talk) as port:
        seen = await ask(f"sip://127.0.0.1:{port}?transport=tcp", "sip-options", ways)
    assert (seen.reason, seen.reading.method) == (Reason.OK, "sip tcp")
    assert _values(seen)["wardops_sip_response_code"] == 405


async def test_sip_over_tls_is_asked_behind_a_verified_handshake(
    ways: Transports, authority: Authority
) -> None:
    answer = servers.sip("SIP/2.0 200 OK")

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(ASKED)
        assert b"Via: SIP/2.0/TLS " in asked
        writer.writelines(answer(asked))
        await writer.drain()

    tls, _der = authority.server()
    async with servers.stream_server(talk, tls=tls) as port:
        for url in (f"sips://127.0.0.1:{port}", f"sip://127.0.0.1:{port}?transport=tls"):
            seen = await ask(url, "sip-options", ways, ca=authority.file)
            assert (seen.reason, seen.reading.method) == (Reason.OK, "sip tls")
            assert "probe_ssl_earliest_cert_expiry" in _values(seen)


@pytest.mark.parametrize("scheme", ["https", "tls", "sips"])
async def test_a_pin_is_told_as_matching_or_not_and_nothing_is_said_to_another_server(
    ways: Transports, authority: Authority, scheme: str
) -> None:
    probe = {"https": "http", "tls": "tls", "sips": "sip-options"}[scheme]
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(ASKED))
        writer.writelines([PAGE] if scheme == "https" else servers.sip("SIP/2.0 200 OK")(heard[-1]))

    tls, der = authority.server(self_signed=True)
    pin = f"sha256:{hashlib.sha256(der).hexdigest()}"
    async with servers.stream_server(talk, tls=tls) as port:
        url = f"{scheme}://127.0.0.1:{port}"
        good = await ask(url, probe, ways, pin=pin)
        heard.clear()
        bad = await ask(url, probe, ways, pin="sha256:" + "0" * 64)
    assert good.reason is Reason.OK
    assert _values(good)["wardops_tls_pin_match"] == 1
    assert (bad.reason, bad.detail) == (Reason.TLS_UNTRUSTED, "service_tls_pin")
    assert _values(bad)["wardops_tls_pin_match"] == 0
    assert "probe_success" not in _values(bad)
    assert heard == []


async def test_a_resolver_that_gives_the_name_back_otherwise_is_asked_by_tcp(
    ways: Transports,
) -> None:
    records = dns_says(dns.rcode.NOERROR, "192.0.2.1")

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2), "big")
        (said,) = records(await reader.readexactly(length))
        writer.write(len(said).to_bytes(2, "big") + said)
        await writer.drain()

    async with servers.stream_server(talk) as port:
        careless = servers.datagram_server(lambda octets: records(folded(octets)), port=port)
        async with careless:
            seen = await ask(f"dns://127.0.0.1:{port}/{NAME * 4}", "dns", ways)
    assert (seen.reason, seen.reading.method) == (Reason.OK, "dns tcp")


async def test_the_serial_of_a_zone_is_told(ways: Transports) -> None:
    said = dns_says(dns.rcode.NOERROR, "ns.example. it.example. 2026112201 3600 600 86400 60")
    async with servers.datagram_server(said) as port:
        seen = await ask(f"dns://127.0.0.1:{port}/example?type=SOA", "dns", ways)
    assert _values(seen)["probe_dns_serial"] == 2026112201


async def test_a_time_server_that_asks_for_it_is_left_alone_for_eight_periods(
    ways: Transports,
) -> None:
    asked: list[bytes] = []
    kiss, good = servers.ntp(leap=3, stratum=0, code=b"RATE"), servers.ntp()

    def answer(octets: bytes) -> list[bytes]:
        asked.append(octets)
        return kiss(octets) if len(asked) == 1 else good(octets)

    clock, memory = ManualClock(YEAR_2026), Memory()
    async with servers.datagram_server(answer) as port:
        url = f"ntp://127.0.0.1:{port}"
        first = await ask(url, "ntp", ways, clock=clock, memory=memory)
        clock.move(7 * 300)
        left_alone = await ask(url, "ntp", ways, clock=clock, memory=memory)
        assert len(asked) == 1
        clock.move(300)
        again = await ask(url, "ntp", ways, clock=clock, memory=memory)
    assert (first.reason, first.detail) == (Reason.BUSY, "ntp_kiss")
    assert (left_alone.reason, left_alone.detail) == (Reason.BUSY, "ntp_resting")
    assert left_alone.detail_values == {"code": "RATE", "minutes": 5}
    assert again.reason is Reason.OK


@pytest.mark.parametrize("probe", ["http", "tls", "tcp", "dns", "ntp", "sip-options"])
async def test_a_service_is_asked_at_the_family_that_is_wished_alone(
    ways: Transports, authority: Authority, probe: str
) -> None:
    """What listens at IPv4 is not there for IPv6, even under a name that has both."""
    tls, _der = authority.server(names=("localhost",))
    schemes = {"http": "https", "sip-options": "sip"}
    answers = {"dns": dns_says(dns.rcode.NOERROR, "192.0.2.1"), "ntp": servers.ntp()}
    datagram = answers.get(probe, servers.sip("SIP/2.0 200 OK"))
    page = servers.says(PAGE, after=ASKED, then="close" if probe == "http" else "wait")
    server = (
        servers.stream_server(page, tls=tls if probe in ("http", "tls") else None)
        if probe in ("http", "tls", "tcp")
        else servers.datagram_server(datagram)
    )
    async with server as port:
        path = f"/{NAME}" if probe == "dns" else ""
        url = f"{schemes.get(probe, probe)}://localhost:{port}{path}"
        here = await ask(url, probe, ways, ca=authority.file, family=4)
        there = await ask(url, probe, ways, ca=authority.file, family=6, within_s=1.0)
    assert here.reason is Reason.OK, here.detail
    assert _values(here)["probe_ip_protocol"] == 4
    assert there.reason in {Reason.REFUSED, Reason.DNS, Reason.UNREACHABLE}


async def test_a_service_without_such_an_address_is_told_from_an_unknown_name(
    ways: Transports,
) -> None:
    seen = await ask("tcp://127.0.0.1:9", "tcp", ways, family=6)
    assert (seen.reason, seen.detail) == (Reason.DNS, "service_dns_family")
    assert seen.detail_values == {"family": "IPv6"}


async def test_an_allowed_host_may_be_redirected_to(ways: Transports) -> None:
    async with servers.stream_server(servers.says(PAGE, after=ASKED)) as there:
        moved = AROUND.replace(b"/again", f"http://localhost:{there}/".encode())
        async with servers.stream_server(servers.says(moved, after=ASKED)) as here:
            url = f"http://127.0.0.1:{here}/"
            seen = await ask(url, "http", ways, allow_hosts=("localhost",))
            alone = await ask(url, "http", ways)
    assert (_values(seen)["probe_http_redirects"], _values(alone)["probe_http_redirects"]) == (1, 0)
    assert (_values(seen)["probe_http_status_code"], _values(alone)["probe_http_status_code"]) == (
        200,
        302,
    )


async def test_redirects_are_followed_and_counted_within_the_host_alone(ways: Transports) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(ASKED)
        leads = {b"/": b"/a", b"/a": b"http://192.0.2.1/"}[head.split(b" ")[1]]
        writer.write(AROUND.replace(b"/again", leads))
        await writer.drain()

    async with servers.stream_server(talk) as port:
        seen = await ask(f"http://127.0.0.1:{port}/", "http", ways)
    values = _values(seen)
    assert seen.reason is Reason.OK
    assert (values["probe_http_redirects"], values["probe_http_status_code"]) == (1, 302)
