"""Debian's blackbox_exporter and we say the same of the same target: names, labels, values."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import subprocess
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import dns.rcode
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families as text_format

from agent.exposition.probe_page import probe_page
from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.model import ProbeContext, Target
from probes.services.blackbox.look import look
from probes.transports.model import Transports
from probes.wire import Wire
from tests.probes.services import servers
from tests.probes.services.test_failures import ASKED, NAME, PAGE, dns_says

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from probes.wire import Family
    from tests.probes.conftest import Authority

PROGRAM = "prometheus-blackbox-exporter"
Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]
# What two runs cannot have in common.
TIMES = re.compile(r"probe_(dns_|http_|icmp_)?(lookup_time|duration)_seconds")
LENGTH = b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%sConnection: close\r\n\r\n%s"

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(
        shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not installed (Debian)"
    ),
]


def may_ping() -> bool:
    """Whether programs of this user may send echoes."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP).close()
        except PermissionError:
            continue
        return True
    return False


@dataclass(frozen=True)
class Case:
    """A target, the module that looks at it, and the word that both must say of it."""

    name: str
    module: str
    url: str
    server: Callable[[], AbstractAsyncContextManager[int]] = servers.closed_port
    good: bool = True
    theirs: str = ""  # how the exporter is told the target, when not by host and port
    kind: str = "A"
    within_s: float = 5.0
    family: Family = 4


def page(status: bytes, body: bytes = b"xin chao", extra: bytes = b"") -> Any:
    said = LENGTH % (status, len(body), extra, body)
    return lambda: servers.stream_server(servers.says(said, after=ASKED))


def says(*pieces: bytes, **how: Any) -> Any:
    return lambda: servers.stream_server(servers.says(*pieces, **how))


def answers(*said: Any, **how: Any) -> Any:
    return lambda: servers.datagram_server(dns_says(*said, **how))


HTTP = "http://127.0.0.1:{port}/"
TCP, TLS = "tcp://127.0.0.1:{port}", "tls://127.0.0.1:{port}"
DNS = f"dns://127.0.0.1:{{port}}/{NAME}"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxin\r\n0\r\n\r\n"
NO_LENGTH = PAGE.replace(b"Content-Length: 2\r\n", b"")
MODIFIED = b"Last-Modified: Sat, 21 Nov 2026 07:00:00 GMT\r\n"
SOA = "ns.example. it.example. 2026112201 3600 600 86400 60"
GOOD = dns.rcode.NOERROR
PLAIN = (
    Case("page", "http_2xx", HTTP, page(b"200 OK")),
    Case("page by name", "http_2xx", "http://localhost:{port}/", page(b"200 OK")),
    Case("page with its date", "http_2xx", HTTP, page(b"200 OK", extra=MODIFIED)),
    Case("empty page", "http_2xx", HTTP, page(b"204 No Content", b"")),
    Case("page in chunks", "http_2xx", HTTP, says(CHUNKS, after=ASKED)),
    Case("page without length", "http_2xx", HTTP, says(NO_LENGTH, after=ASKED)),
    Case("HTTP/1.0", "http_2xx", HTTP, says(b"HTTP/1.0 200 OK\r\n\r\nok", after=ASKED)),
    Case("404", "http_2xx", HTTP, page(b"404 Not Found"), good=False),
    Case("500", "http_2xx", HTTP, page(b"500 Oops"), good=False),
    Case("304", "http_2xx", HTTP, page(b"304 Not Modified", b""), good=False),
    Case("refused page", "http_2xx", HTTP, good=False),
    Case("reset", "http_2xx", HTTP, lambda: servers.stream_server(servers.resets), good=False),
    Case("no HTTP", "http_2xx", HTTP, says(b"SSH-2.0-x\r\n\r\n"), good=False),
    Case("silent page", "http_2xx", HTTP, says(then="wait"), good=False, within_s=1.0),
    Case("unknown name", "http_2xx", "http://nosuch.invalid:{port}/", good=False),
    Case("port", "tcp_connect", TCP, says(then="wait")),
    Case("port by name", "tcp_connect", "tcp://localhost:{port}", says(then="wait")),
    Case("closed port", "tcp_connect", TCP, good=False),
    Case("port of nobody", "tcp_connect", "tcp://nosuch.invalid:{port}", good=False),
    Case("no TLS", "tls", TLS, says(b"220 x\r\n", then="wait"), good=False),
    Case("old TLS", "tls", TLS, says(servers.OLD_TLS_HELLO, then="wait"), good=False),
    Case("name", "dns", DNS, answers(GOOD, "192.0.2.1", "192.0.2.2")),
    Case("no record", "dns", DNS, answers()),
    Case("NXDOMAIN", "dns", DNS, answers(dns.rcode.NXDOMAIN), good=False),
    Case("SERVFAIL", "dns", DNS, answers(dns.rcode.SERVFAIL), good=False),
    Case("AAAA", "dns", f"{DNS}?type=AAAA", answers(GOOD, "2001:db8::1"), kind="AAAA"),
    Case("SOA", "dns", f"{DNS}?type=SOA", answers(GOOD, SOA), kind="SOA"),
    Case(
        *("SOA of nobody", "dns", f"{DNS}?type=SOA", answers(dns.rcode.NXDOMAIN)),
        kind="SOA",
        good=False,
    ),
    Case("no resolver", "dns", DNS, good=False),
    Case("resolver of nobody", "dns", f"dns://nosuch.invalid:{{port}}/{NAME}", good=False),
)


class Exporter:
    """The real program, asked with a module made for the case."""

    def __init__(self, folder: Path, ca: str) -> None:
        self._folder, self._ca = folder, ca
        self._client = httpx.AsyncClient(trust_env=False)
        self._url = ""

    @property
    def config(self) -> Path:
        """Its configuration, written anew before each question."""
        return self._folder / "blackbox.yml"

    async def page(self, case: Case, target: str) -> str:
        """Its page of a target."""
        self.config.write_text(_module(case, self._ca), encoding="ascii")
        assert (await self._client.post(f"{self._url}/-/reload")).status_code == 200
        asked = {"module": case.module, "target": target}
        patience = {"X-Prometheus-Scrape-Timeout-Seconds": str(case.within_s + 0.5)}
        answer = await self._client.get(
            f"{self._url}/probe", params=asked, headers=patience, timeout=30
        )
        assert answer.status_code == 200, answer.text
        return answer.text

    async def close(self) -> None:
        await self._client.aclose()

    def at(self, url: str) -> None:
        """Say where it listens."""
        self._url = url


def _module(case: Case, ca: str) -> str:
    """The module as the inventory has it for us: one family, and the test's own authority."""
    way = f"preferred_ip_protocol: ip{case.family}, ip_protocol_fallback: false"
    trust = f"tls_config: {{ca_file: {ca}}}"
    asked = f"query_name: {NAME}, query_type: {case.kind}"
    how = {
        "http_2xx": f"prober: http, http: {{{way}, {trust}}}",
        "tcp_connect": f"prober: tcp, tcp: {{{way}}}",
        "tls": f"prober: tcp, tcp: {{{way}, tls: true, {trust}}}",
        "dns": f"prober: dns, dns: {{{way}, {asked}}}",
        "icmp": f"prober: icmp, icmp: {{{way}}}",
    }[case.module]
    return f"modules:\n  {case.module}: {{{how}}}\n"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The exporter at work: the folder of its configuration, and its URL."""
    folder = tmp_path_factory.mktemp("blackbox")
    (folder / "blackbox.yml").write_text("modules: {}\n", encoding="ascii")
    command = [PROGRAM, "--config.file", "blackbox.yml", "--web.listen-address", "127.0.0.1:0"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stderr is not None
            said = (re.search(r"address=(127\.0\.0\.1:\d+)", line) for line in running.stderr)
            yield folder, f"http://{next(found[1] for found in said if found)}"
        finally:
            running.kill()


@pytest.fixture
async def exporter(program: tuple[Path, str], authority: Authority) -> AsyncIterator[Exporter]:
    folder, url = program
    found = Exporter(folder, authority.file)
    found.at(url)
    yield found
    await found.close()


async def ours(case: Case, url: str, host: str, ca: str) -> str:
    """Our page of the target."""
    clock, missing = SystemClock(), None
    ways: Any = Transports(missing, missing, missing, missing, wire=Wire())  # type: ignore[arg-type]
    target = Target(
        *("26740", "tthc", f"service:{case.module}", "service", host),
        url=url,
        ca=ca,
        family=case.family,
    )
    deadline = clock.monotonic() + case.within_s
    context = ProbeContext(clock, deadline, ways, lambda _reference: Secret("-"))
    return probe_page(await look(case.module, target, context)).decode()


def series(text: str) -> Series:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_format(text)
        for sample in family.samples
    }


async def same(case: Case, exporter: Exporter, ca: str) -> Series:
    """Ask both; what they said, when it is the same."""
    async with case.server() as port:
        url = case.url.format(port=port)
        host, theirs = url.partition("://")[2].rstrip("/").rpartition(":")[0], url
        if case.module != "http_2xx":
            theirs = case.theirs or url.partition("://")[2].partition("/")[0]
        page_of_theirs, page_of_ours = await asyncio.gather(
            exporter.page(case, theirs), ours(case, url, case.theirs or host, ca)
        )
    told, mine = series(page_of_theirs), series(page_of_ours)
    assert set(mine) == set(told)
    assert kinds(page_of_ours) == kinds(page_of_theirs)
    differing = {key: (mine[key], told[key]) for key in told if mine[key] != told[key]}
    assert {key for key in differing if not TIMES.fullmatch(key[0])} == set(), differing
    assert all(0 <= value < 60 for key, value in mine.items() if TIMES.fullmatch(key[0]))
    assert mine["probe_success", ()] == case.good
    return mine


def kinds(text: str) -> dict[str, str]:
    return {family.name: family.type for family in text_format(text)}


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.name)
async def test_a_target_without_tls(case: Case, exporter: Exporter, authority: Authority) -> None:
    mine = await same(case, exporter, authority.file)
    assert ("probe_tls_version_info", (("version", "TLS 1.3"),)) not in mine


async def test_a_redirect_loop_and_a_redirect(exporter: Exporter, authority: Authority) -> None:
    around = page(b"302 Found", b"", b"Location: /again\r\n")
    loop = Case("loop", "http_2xx", HTTP, around, good=False)
    assert (await same(loop, exporter, authority.file))["probe_http_redirects", ()] == 11

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_first = (await reader.readuntil(ASKED)).startswith(b"GET / ")
        moved = LENGTH % (b"301 Moved", 0, b"Location: /there\r\n", b"")
        writer.write(moved if is_first else PAGE)
        await writer.drain()

    once = Case("once", "http_2xx", HTTP, lambda: servers.stream_server(talk))
    assert (await same(once, exporter, authority.file))["probe_http_redirects", ()] == 1


@pytest.mark.parametrize("module", ["http_2xx", "tls"])
async def test_certificates_good_and_bad(
    module: str, exporter: Exporter, authority: Authority
) -> None:
    until, last_year = datetime(2031, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
    names = ("localhost", "tthc.example", "127.0.0.1")
    certificates: list[tuple[bool, dict[str, Any]]] = [
        (True, {"names": names, "until": until}),
        (False, {"names": names, "until": last_year}),
        (False, {"names": ("other.example",)}),
        (False, {"names": names, "self_signed": True}),
    ]
    scheme = "https" if module == "http_2xx" else "tls"
    for good, certificate in certificates:
        tls, _der = authority.server(**certificate)
        talk = servers.says(PAGE, after=ASKED, then="close" if module == "http_2xx" else "wait")
        case = Case(scheme, module, f"{scheme}://localhost:{{port}}/", good=good)
        there = replace(case, server=partial(servers.stream_server, talk, tls=tls))
        mine = await same(there, exporter, authority.file)
        assert (("probe_ssl_earliest_cert_expiry", ()) in mine) is good


@pytest.mark.skipif(not may_ping(), reason="this user may not ping")
@pytest.mark.parametrize(
    ("host", "good"), [("127.0.0.1", True), ("localhost", True), ("nosuch.invalid", False)]
)
async def test_an_echo(host: str, good: bool, exporter: Exporter, authority: Authority) -> None:
    case = Case("echo", "icmp", f"tcp://{host}:{{port}}", good=good, theirs=host)
    mine = await same(case, exporter, authority.file)
    assert mine.get(("probe_icmp_reply_hop_limit", ())) == (64 if good else None)


@pytest.mark.parametrize(
    ("module", "url"),
    [
        ("http_2xx", "http://[::1]:{port}/"),
        ("tcp_connect", "tcp://[::1]:{port}"),
        ("tcp_connect", "tcp://127.0.0.1:{port}"),
        ("icmp", "tcp://[::1]:{port}"),
    ],
)
async def test_ipv6(module: str, url: str, exporter: Exporter, authority: Authority) -> None:
    """An IPv4 address is not there for IPv6."""
    if module == "icmp" and not may_ping():
        pytest.skip("this user may not ping")
    server = partial(servers.stream_server, servers.says(PAGE, after=ASKED), family=6)
    theirs = "::1" if module == "icmp" else ""
    good = "[::1]" in url
    case = Case("IPv6", module, url, server, good=good, family=6, theirs=theirs)
    mine = await same(case, exporter, authority.file)
    assert mine["probe_ip_protocol", ()] == (6 if good else 0)
