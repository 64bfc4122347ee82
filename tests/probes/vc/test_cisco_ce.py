"""Cisco endpoints: recorded status trees over real HTTPS, and every way an answer can be wrong."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.access import HttpsAccess
from inventory.credentials import Secret
from inventory.errors import InputError
from probes.clock import SystemClock
from probes.errors import LimitExceeded, ParseFailed, ProtocolBroken
from probes.model import Reading, Reason, Target
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeTcp
from probes.transports.https import HttpsClient
from probes.transports.model import HttpAnswer, Transports
from probes.vc.cisco_ce import PROBE, parse
from probes.vc.cisco_tree import read
from probes.vc.model import samples_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from probes.model import Identity, Observation
    from probes.vc.status import VcStatus
    from tests.probes.conftest import Authority, Peers

ROOT = Path(__file__).parents[3]
RECORDINGS = Path(os.environ.get("WARDOPS_RECORDINGS", ROOT.parent / "shared/recordings"))
NOW = datetime(2026, 11, 21, 0, 25, tzinfo=UTC)
CANARIES = ("canary-number", "canary-name", "canary-title", "canary-password")

LIVE = """<?xml version="1.0"?>
<Status product="Cisco Codec" version="ce9.15">
 <Audio><Microphones><Mute>On</Mute></Microphones><Volume>70</Volume>
  <Input><Connectors>
   <Microphone item="1"><ConnectionStatus>Connected</ConnectionStatus></Microphone>
   <Microphone item="2"><ConnectionStatus>NotConnected</ConnectionStatus></Microphone>
   <Microphone item="3"><ConnectionStatus>Unknown</ConnectionStatus></Microphone>
  </Connectors></Input></Audio>
 <Bookings><Current><Title>canary-title</Title></Current></Bookings>
 <Call item="3"><Status>Connected</Status><Direction>Outgoing</Direction><Protocol>sip</Protocol>
  <TransmitCallRate>1920</TransmitCallRate><ReceiveCallRate>2048</ReceiveCallRate>
  <Duration>61</Duration><Encryption><Type>Aes-128</Type></Encryption>
  <RemoteNumber>canary-number</RemoteNumber><DisplayName>canary-name</DisplayName></Call>
 <Call item="9" ghost="True"/>
 <Cameras><Camera item="1"><Connected>True</Connected></Camera>
  <Camera item="2"><Connected>False</Connected></Camera></Cameras>
 <Diagnostics><Message item="1"><Level>Critical</Level><Type>T</Type>
  <Description>canary-title</Description></Message>
  <Message item="2"><Level>Info</Level><Type>U</Type></Message></Diagnostics>
 <H323><Gatekeeper><Status>Rejected</Status></Gatekeeper></H323>
 <Peripherals>
  <ConnectedDevice item="1"><Name>Touch</Name><Type>TouchPanel</Type><Status>Connected</Status>
  </ConnectedDevice>
  <ConnectedDevice item="2"><Name>Touch 2</Name><Type>TouchPanel</Type>
   <Status>LostConnection</Status></ConnectedDevice>
 </Peripherals>
 <SIP><Registration item="1"><Status>Registered</Status></Registration></SIP>
 <Standby><State>Off</State></Standby>
 <SystemUnit><Hardware><Temperature>51.5</Temperature>
   <Module><SerialNumber>S1</SerialNumber></Module></Hardware>
  <ProductId>Cisco Sample</ProductId><Uptime>90</Uptime>
  <Software><Version>ce9.15.0</Version><DisplayName>ce 9.15.0 x</DisplayName></Software>
  <State><NumberOfActiveCalls>1</NumberOfActiveCalls></State></SystemUnit>
 <Time><SystemTime>2026-11-21T00:24:57+0000</SystemTime></Time>
 <Strange><New>node</New></Strange>
</Status>"""


def told(xml: str | bytes) -> tuple[Identity, VcStatus]:
    """What a status tree says."""
    body = xml.encode() if isinstance(xml, str) else xml
    found = read(parse(HttpAnswer(200, body, "text/xml")), NOW)
    return found.identity, found.vc


def values_of(xml: str) -> dict[tuple[str, ...], float]:
    """Samples by name and label values."""
    identity, vc = told(xml)
    return {(s.metric.name, *s.labels): s.value for s in samples_of(vc, identity)}


def test_an_endpoint_in_a_call_tells_its_whole_state() -> None:
    assert values_of(LIVE) == {
        ("wardops_vc_up",): 1,
        ("wardops_vc_info", "Cisco", "Cisco Sample", "ce9.15.0"): 1,
        ("wardops_vc_in_call",): 1,
        ("wardops_vc_standby",): 0,
        ("wardops_vc_mic_muted",): 1,
        ("wardops_vc_volume_ratio",): 0.7,
        ("wardops_vc_temperature_celsius",): 51.5,
        ("wardops_vc_uptime_seconds",): 90,
        ("wardops_vc_clock_offset_seconds",): -3,
        ("wardops_vc_registered", "sip"): 1,
        ("wardops_vc_registered", "h323"): 0,
        ("wardops_vc_call_duration_seconds",): 61,
        ("wardops_vc_call_rate_bits_per_second", "tx"): 1_920_000,
        ("wardops_vc_call_rate_bits_per_second", "rx"): 2_048_000,
        ("wardops_vc_call_encrypted",): 1,
        ("wardops_vc_mic_connected", "1"): 1,
        ("wardops_vc_mic_connected", "2"): 0,
        ("wardops_vc_camera_connected", "1"): 1,
        ("wardops_vc_camera_connected", "2"): 0,
        ("wardops_vc_peripheral_connected", "touch_panel"): 0,
        ("wardops_vc_diagnostics", "ok"): 1,
        ("wardops_vc_diagnostics", "warning"): 0,
        ("wardops_vc_diagnostics", "error"): 0,
        ("wardops_vc_diagnostics", "critical"): 1,
    }


def test_a_tree_without_any_node_says_nothing_but_that_it_answered() -> None:
    _identity, vc = told("<Status/>")
    assert [sample.metric.name for sample in samples_of(vc)] == ["wardops_vc_up"]
    assert (vc.in_call, vc.calls, vc.standby, vc.sip_registered) == (None, None, None, None)


def test_an_empty_element_is_unknown() -> None:
    _identity, vc = told(
        "<Status><Standby><State/></Standby><SystemUnit><Uptime/><Hardware><Temperature>"
        "</Temperature></Hardware></SystemUnit></Status>"
    )
    assert (vc.standby, vc.uptime_s, vc.temperature_celsius) == (None, None, None)


@pytest.mark.parametrize(
    ("sip", "registered"),
    [
        ("<Registration><Status>Registered</Status></Registration>", True),
        ("<Registration><Status>Failed</Status></Registration>", False),
        ("<Registration><Status>Registering</Status></Registration>", False),
        (
            "<Registration><Status>Failed</Status></Registration>"
            "<Registration><Status>Registered</Status></Registration>",
            True,
        ),
        ("<Proxy><Address/></Proxy><Registration><Status>Inactive</Status></Registration>", None),
        (
            "<Proxy><Address>192.0.2.5</Address></Proxy>"
            "<Registration><Status>Inactive</Status></Registration>",
            False,
        ),
        ("<Profile><Registration><Status>Registered</Status></Registration></Profile>", True),
        (
            '<Registration ghost="True"><Status>Registered</Status></Registration>'
            "<Registration><Status>Failed</Status></Registration>",
            False,
        ),
        ("<Registration><Status>SomethingNew</Status></Registration>", None),
        ("", None),
    ],
)
def test_sip_registration_by_its_status(sip: str, registered: bool | None) -> None:
    assert told(f"<Status><SIP>{sip}</SIP></Status>")[1].sip_registered is registered


@pytest.mark.parametrize(
    ("status", "registered"), [("Registered", True), ("Rejected", False), ("Inactive", None)]
)
def test_h323_registration_by_its_status(status: str, registered: bool | None) -> None:
    tree = f"<Status><H323><Gatekeeper><Status>{status}</Status></Gatekeeper></H323></Status>"
    assert told(tree)[1].h323_registered is registered


@pytest.mark.parametrize(
    ("state", "standby"),
    [("Off", False), ("Halfwake", True), ("EnteringStandby", True), ("Standby", True), ("X", None)],
)
def test_standby_by_its_state(state: str, standby: bool | None) -> None:
    assert told(f"<Status><Standby><State>{state}</State></Standby></Status>")[1].standby is standby


def test_old_firmware_tells_standby_by_another_node() -> None:
    assert told("<Status><Standby><Active>On</Active></Standby></Status>")[1].standby is True


def test_calls_are_counted_where_the_number_is_missing() -> None:
    ringing = "<Status><Call><Status>Ringing</Status></Call></Status>"
    talking = "<Status><Call><Status>Connected</Status></Call></Status>"
    assert told(ringing)[1].in_call is False
    assert told(talking)[1].in_call is True


def answer(body: bytes | str, content_type: str = "text/xml") -> HttpAnswer:
    """An answer with status 200."""
    return HttpAnswer(200, body.encode() if isinstance(body, str) else body, content_type)


@pytest.mark.parametrize(
    ("given_answer", "leaf", "detail"),
    [
        (answer("<html><body>login</body></html>", "text/html"), ProtocolBroken, "login_page"),
        (answer("<!DOCTYPE html><html></html>"), ProtocolBroken, "login_page"),
        (answer("<Configuration/>"), ProtocolBroken, "not_status"),
        (answer("<Status><SIP>"), ParseFailed, "xml"),
        (answer(""), ParseFailed, "xml"),
        (answer(b"\xff\xfe\x00garbage"), ParseFailed, "xml_encoding"),
        (
            answer('<?xml version="1.0" encoding="no-such"?><Status/>'),
            ParseFailed,
            "xml_encoding",
        ),
        (
            answer('<!DOCTYPE x [<!ENTITY a "b">]><Status>&a;</Status>'),
            ProtocolBroken,
            "xml_entities",
        ),
        (answer("<Status>" + "<a>" * 70 + "</a>" * 70 + "</Status>"), LimitExceeded, "xml_depth"),
    ],
)
def test_an_answer_that_is_no_status_tree_is_told_apart(
    given_answer: HttpAnswer, leaf: type[Exception], detail: str
) -> None:
    with pytest.raises(leaf) as caught:
        parse(given_answer)
    assert getattr(caught.value, "detail_code", None) == detail


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_no_answer_is_a_bug(body: bytes) -> None:
    _read_or_refuse(body)


@given(st.integers(0, len(LIVE)), st.integers(0, len(LIVE)), st.text(max_size=5))
def test_no_damaged_tree_is_a_bug(start: int, end: int, patch: str) -> None:
    _read_or_refuse((LIVE[:start] + patch + LIVE[end:]).encode())


def _read_or_refuse(body: bytes) -> None:
    try:
        identity, vc = told(body)
    except (ProtocolBroken, ParseFailed, LimitExceeded):
        return
    assert samples_of(vc, identity)


def secret(ref: str) -> Secret:
    """The secrets of these tests."""
    known = {"env:VC": "poll:canary-password", "env:YAML": "user: poll\npassword: 0123\n"}
    if ref == "env:BAD":
        return Secret("only-one-word")
    if ref not in known:
        raise InputError("inventory.secret_no_env", ref=ref, name=ref)
    return Secret(known[ref])


def target(port: int, authority: Authority, **access: Any) -> Target:
    """A codec on loopback."""
    settings = {"auth": "env:VC", "port": port, "ca": authority.file} | access
    return Target(
        ward="26740",
        name="vc-a",
        kind="cisco_ce",
        role="vc",
        host="127.0.0.1",
        https=HttpsAccess.model_validate(settings),
        folder="/",
    )


@pytest.fixture
async def http() -> AsyncIterator[HttpsClient]:
    client = HttpsClient()
    yield client
    await client.close()


async def ask(
    asked: Target, http: HttpsClient, *, within_s: float = 10, notes: list[str] | None = None
) -> Observation:
    """Run the probe for real."""
    snmp: Any = None
    transports = Transports(snmp=snmp, http=http, echo=FakeEcho({}), tcp=FakeTcp({}))
    deadline = asyncio.get_running_loop().time() + within_s
    note = (notes if notes is not None else []).append
    return await observe(asked, PROBE, transports, SystemClock(), deadline, secret, note)


async def test_it_gets_the_status_tree_once_with_basic_credentials(
    http: HttpsClient, peers: Peers, authority: Authority
) -> None:
    tls, _der = authority.server()
    async with peers.http(peers.response(LIVE, content_type="text/xml"), tls=tls) as peer:
        seen = await ask(target(peer.port, authority), http)
        assert seen.reason is Reason.OK
        by_yaml = await ask(target(peer.port, authority, auth="env:YAML"), http)
        assert by_yaml.reason is Reason.OK
    assert peer.requests[0].startswith("GET /status.xml HTTP/1.1\r\n")
    login = base64.b64encode(b"poll:canary-password").decode()
    assert f"Authorization: Basic {login}" in peer.requests[0]
    digits = base64.b64encode(b"poll:0123").decode()
    assert f"Authorization: Basic {digits}" in peer.requests[1]


async def test_no_canary_reaches_samples_notes_or_logs(
    http: HttpsClient, peers: Peers, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="probes")
    tls, _der = authority.server()
    notes: list[str] = []
    async with peers.http(peers.response(LIVE, content_type="text/xml"), tls=tls) as peer:
        seen = await ask(target(peer.port, authority), http, notes=notes)
    everything = repr(seen) + repr(notes) + caplog.text
    assert not [canary for canary in CANARIES if canary in everything]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("401 Unauthorized", Reason.AUTH),
        ("403 Forbidden", Reason.FORBIDDEN),
        ("503 Service Unavailable", Reason.BUSY),
        ("302 Found", Reason.PROTOCOL),
        ("404 Not Found", Reason.PROTOCOL),
    ],
)
async def test_a_status_has_its_reason(
    http: HttpsClient, peers: Peers, authority: Authority, status: str, reason: Reason
) -> None:
    tls, _der = authority.server()
    async with peers.http(peers.response("no", status=status), tls=tls) as peer:
        seen = await ask(target(peer.port, authority), http)
    assert (seen.reason, seen.reading) == (reason, Reading())


async def test_a_truncated_tree_keeps_nothing(
    http: HttpsClient, peers: Peers, authority: Authority
) -> None:
    tls, _der = authority.server()
    cut = peers.response(LIVE[:400], content_type="text/xml")
    async with peers.http(cut, tls=tls) as peer:
        seen = await ask(target(peer.port, authority), http)
    assert (seen.reason, seen.reading) == (Reason.PARSE, Reading())


async def test_an_unknown_issuer_a_missing_and_a_shapeless_secret_have_their_reasons(
    http: HttpsClient, peers: Peers, authority: Authority
) -> None:
    tls, _der = authority.server()
    async with peers.http(peers.response(LIVE, content_type="text/xml"), tls=tls) as peer:
        untrusted = await ask(target(peer.port, authority, ca=None), http)
        missing = await ask(target(peer.port, authority, auth="env:NONE"), http)
        shapeless = await ask(target(peer.port, authority, auth="env:BAD"), http)
        without = await ask(replace(target(peer.port, authority), https=None), http)
    assert untrusted.reason is Reason.TLS_UNTRUSTED
    assert [seen.reason for seen in (missing, shapeless, without)] == [Reason.CONFIG] * 3
    assert shapeless.detail == "login_shape"
    assert peer.requests == []


@pytest.mark.realtime
async def test_one_byte_a_second_stops_at_the_deadline_and_leaves_no_connection(
    http: HttpsClient, peers: Peers, authority: Authority
) -> None:
    tls, _der = authority.server()
    slow = peers.response(LIVE, content_type="text/xml")
    async with peers.http(slow, tls=tls, drip_s=1.0) as peer:
        seen = await ask(target(peer.port, authority), http, within_s=1.3)
        assert (seen.reason, seen.reading) == (Reason.TIMEOUT, Reading())
        assert 1.2 <= seen.took_s < 3
        async with asyncio.timeout(5):
            while peer.open_now:
                await SystemClock().sleep(0.05)


def recordings() -> list[dict[str, Any]]:
    """The recorded status trees with what is known of them; none when the folder is missing."""
    index = RECORDINGS / "api/index.json"
    if not index.is_file():
        return []
    samples = json.loads(index.read_text(encoding="utf-8"))["samples"]
    return [s for s in samples if s["file"].startswith("cisco/status") and "anchors" in s]


@pytest.mark.skipif(not recordings(), reason=f"no recordings under {RECORDINGS}")
@pytest.mark.parametrize("sample", recordings(), ids=lambda sample: Path(sample["file"]).stem)
async def test_a_recorded_endpoint_is_read_over_https(
    http: HttpsClient, peers: Peers, authority: Authority, sample: dict[str, Any]
) -> None:
    body = (RECORDINGS / "api" / sample["file"]).read_bytes()
    tls, _der = authority.server()
    async with peers.http(peers.response(body, content_type="text/xml"), tls=tls) as peer:
        seen = await ask(target(peer.port, authority), http)
    assert seen.reason is Reason.OK
    anchors, vc, identity = sample["anchors"], seen.reading.vc, seen.reading.identity
    assert vc is not None
    assert identity is not None
    assert identity.model == anchors["ProductId"]
    assert vc.uptime_s == anchors["Uptime"]
    assert vc.temperature_celsius == anchors["Temperature"]
    assert vc.standby is (anchors["Standby"] != "Off")
    assert len(vc.diagnostics) == anchors["diagnostics"]
    assert vc.calls == anchors["calls"]
    assert (vc.sip_registered, vc.h323_registered) == (None, None)
    names = {sample.metric.name for sample in seen.reading.samples}
    assert ("wardops_vc_temperature_celsius" in names) is (anchors["Temperature"] is not None)
    assert "wardops_vc_registered" not in names
