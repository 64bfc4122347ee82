"""A registrar's own word on whether a device is registered, read and never changed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from inventory.access import HttpsAccess, SipEntry
from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.errors import ParseFailed
from probes.model import Reason, Target
from probes.registry import probes, probes_for
from probes.run import observe
from probes.transports.fake import FakeEcho
from probes.transports.https import HttpsClient
from probes.transports.model import Transports
from probes.transports.tcp import TcpConnector
from probes.vc.sip_lookup import question, read
from probes.wire import Wire
from tests.probes.services.servers import stream_server

if TYPE_CHECKING:
    import asyncio

    from probes.model import Observation
    from tests.probes.conftest import Authority

ADDRESS = "phong-hop@hop.example"
CONTACT = "sip:phong-hop@192.0.2.30:5060"


def found(*expires: object) -> bytes:
    """What Kamailio 5.6 answers for an address with so many contacts."""
    contacts = [{"Contact": {"Address": CONTACT, "Expires": one, "Q": -1}} for one in expires]
    return json.dumps({"jsonrpc": "2.0", "result": {"AoR": ADDRESS, "Contacts": contacts}}).encode()


def refused(message: str) -> bytes:
    """What Kamailio answers when it cannot."""
    error = {"code": 500, "message": message}
    return json.dumps({"jsonrpc": "2.0", "error": error, "id": 1}).encode()


@pytest.mark.parametrize(
    ("body", "registered"),
    [
        (found(42), True),
        (found("expired", 42), True),
        (found("permanent"), True),
        (found("expired"), False),
        (found("deleted", 0, -3), False),
        (found(), False),
        (refused("AOR not found in location table"), False),
    ],
)
def test_a_device_is_registered_while_one_contact_lives(body: bytes, registered: bool) -> None:
    assert read(body) is registered


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"{}", b'"x"', refused("Method Not Found"), b"[" * 100_000,
     b'{"result": {"Contacts": {}}}', b'{"result": {"Contacts": [{}]}}', b'{"error": null}'],
)  # fmt: skip
def test_what_is_no_such_answer_is_unknown_and_not_unregistered(body: bytes) -> None:
    with pytest.raises(ParseFailed):
        read(body)


def test_nothing_but_a_look_up_is_ever_asked() -> None:
    asked = json.loads(question(ADDRESS))
    assert (asked["method"], asked["params"]) == ("ul.lookup", ["location", ADDRESS])


def test_a_device_that_tells_its_registration_itself_is_not_looked_up() -> None:
    entry = SipEntry(address=ADDRESS, lookup="http://192.0.2.60/RPC")
    silent = Target("26740", "vc", "clickshare", "vc", "192.0.2.30", sip_entry=entry)
    telling = replace(silent, kind="cisco_ce", https=HttpsAccess(auth="env:VC"))
    assert "sip-lookup" in {probe.name for probe in probes_for(silent)}
    assert "sip-lookup" not in {probe.name for probe in probes_for(telling)}


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        ("200 OK", found(42), Reason.OK),
        ("500 AOR not found", refused("AOR not found"), Reason.OK),
        ("403 Forbidden", b"", Reason.FORBIDDEN),
        ("200 OK", b"<html>", Reason.PARSE),
    ],
)
async def test_the_registrar_is_asked_over_http_and_nobodys_address_is_told(
    status: str, body: bytes, reason: Reason
) -> None:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b'id": 1}'))
        writer.write(head + body)

    notes: list[str] = []
    async with stream_server(talk) as port:
        seen = await looked_up(f"http://127.0.0.1:{port}/RPC", notes)
    assert seen.reason is reason
    assert heard[0].startswith(b"POST /RPC HTTP/1.1\r\n")
    assert "phong-hop" not in repr((seen.reading, dict(seen.detail_values), notes))
    if reason is Reason.OK:
        (sample,) = seen.reading.samples
        wanted = status.startswith("200")
        assert (sample.metric.name, sample.labels) == ("wardops_vc_registered", ("sip",))
        assert bool(sample.value) is wanted
        assert seen.reading.vc is not None
        assert seen.reading.vc.sip_registered is wanted


async def looked_up(url: str, notes: list[str], *, ca: str | None = None) -> Observation:
    """One run of the probe."""
    client, clock, no_snmp = HttpsClient(), SystemClock(), _nothing()
    ways = Transports(no_snmp, client, FakeEcho({}), TcpConnector(), wire=Wire(notes.append))
    entry = SipEntry(address=ADDRESS, lookup=url, ca=ca)
    target = Target("26740", "vc", "clickshare", "vc", "192.0.2.30", sip_entry=entry)
    deadline = clock.monotonic() + 10
    return await observe(
        target, probes()["sip-lookup"], ways, clock, deadline, lambda _ref: Secret(""), notes.append
    )


def _nothing() -> Any:
    return None


@pytest.mark.parametrize(("knows", "reason"), [(True, Reason.OK), (False, Reason.TLS_UNTRUSTED)])
async def test_the_registrars_page_is_believed_by_its_certificate_alone(
    knows: bool, reason: Reason, authority: Authority
) -> None:
    body = found(42)
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b'id": 1}')
        writer.write(head + body)

    async with stream_server(talk, tls=authority.server()[0]) as port:
        ca = authority.file if knows else None
        seen = await looked_up(f"https://127.0.0.1:{port}/RPC", [], ca=ca)
    assert seen.reason is reason
