"""Poly endpoints: both dialects and recorded answers over HTTPS, and what is never read."""

from __future__ import annotations

import asyncio
import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from drills import httpd
from drills.faces.poly import Desk, Dialect, Room, Stream, answer
from inventory.access import HttpsAccess
from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.model import Memory, Reason, Target
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp
from probes.transports.https import HttpsClient
from probes.transports.model import HttpAnswer, HttpRequest, Transports
from probes.transports.tcp import TcpConnector
from probes.vc.model import samples_of
from probes.vc.poly import PROBE
from probes.vc.poly_calls import media_of, talks_of
from probes.vc.poly_read import (
    CAMERAS,
    CONFERENCES,
    GATEKEEPERS,
    MICROPHONES,
    MUTED,
    SIP_SERVERS,
    STATUS,
    SYSTEM,
    Told,
    cameras_of,
    identity_of,
    microphones_of,
    status_of,
    version_of,
)
from probes.vc.status import VcMedia

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from probes.model import Observation
    from probes.vc.status import VcStatus
    from tests.probes.conftest import Authority, Peers
    from tests.probes.vc.conftest import Hostile

ROOT = Path(__file__).parents[3]
RECORDINGS = Path(os.environ.get("WARDOPS_RECORDINGS", ROOT.parent / "shared/recordings"))
GROUP = RECORDINGS / "api/poly/poly_group500"
NOW = datetime(2026, 11, 21, 0, 25, tzinfo=UTC)
PASSWORD = "canary-password"
CANARIES = ("canary-number", "canary-name", "canary-title", PASSWORD)


def told(**answers: Any) -> VcStatus:
    """What answers say; keys are the last word of a path."""
    paths = {
        "system": SYSTEM, "status": STATUS, "conferences": CONFERENCES, "cameras": CAMERAS,
        "muted": MUTED, "sipservers": SIP_SERVERS, "gatekeepers": GATEKEEPERS,
    }  # fmt: skip
    return status_of(Told({paths[name]: answer for name, answer in answers.items()}), NOW)


def item(name: str, *states: str, dialect: Dialect = "group") -> dict[str, Any]:
    """A status item as one of the dialects writes it."""
    if dialect == "group":
        return {"name": f"system.status.{name}", "languageTag": name, "state": list(states)}
    return {"name": f"system.status.{name}", "langtag": name, "stateList": list(states)}


@pytest.mark.parametrize("dialect", ["group", "videoos"])
@pytest.mark.parametrize(
    ("state", "registered"),
    [("up", True), ("down", False), ("off", None), ("unknown", None), ("strange", None)],
)
def test_registration_by_the_state_of_its_server(
    dialect: Dialect, state: str, registered: bool | None
) -> None:
    status = [item("sipserver", state, dialect=dialect), item("gatekeeper", state, dialect=dialect)]
    vc = told(status=status)
    assert (vc.sip_registered, vc.h323_registered) == (registered, registered)


def test_states_are_read_as_a_word_as_well_as_a_list() -> None:
    assert told(status=[{"name": "sipserver", "state": "UP"}]).sip_registered is True
    assert told(status=[]).sip_registered is None
    assert told(status={"name": "system.status.sipserver", "state": "down"}).sip_registered is False


def test_servers_of_their_own_page_win_and_one_that_is_up_is_enough() -> None:
    servers = [{"state": "down", "address": "canary-name"}, {"state": "up"}]
    assert told(sipservers=servers, status=[item("sipserver", "down")]).sip_registered is True
    assert told(sipservers=[], status=[item("sipserver", "down")]).sip_registered is False


@pytest.mark.parametrize("mode", ["MSTeams", "Zoom Rooms", "device_mode"])
def test_a_room_that_a_partner_runs_is_not_unregistered(mode: str) -> None:
    vc = told(system={"providerMode": mode}, sipservers=[{"state": "down"}])
    assert vc.sip_registered is None


@pytest.mark.parametrize(
    ("state", "standby"), [("ASLEEP", True), ("AWAKE", False), ("strange", None), ("", None)]
)
def test_standby_by_the_state_of_the_system(state: str, standby: bool | None) -> None:
    assert told(system={"state": state}).standby is standby


@pytest.mark.parametrize(
    ("firmware", "version"),
    [
        ("Release - 6.2.2.8-670021", "6.2.2.8"),
        ("4.4.1-404123", "4.4.1"),
        ("hotfix 12 of 3.0", "3.0"),
        ("Release", None),
        (None, None),
    ],
)
def test_a_version_is_the_last_run_of_numbers(firmware: str | None, version: str | None) -> None:
    assert version_of(firmware) == version


def test_an_empty_answer_says_nothing() -> None:
    vc = told(system={}, status=[])
    assert [sample.metric.name for sample in samples_of(vc)] == ["wardops_vc_up"]


def test_an_input_where_nothing_was_ever_connected_is_not_in_use() -> None:
    inputs = [
        {"cameraIndex": 1, "connected": False, "model": "", "sourceType": "SRC_PEOPLE"},
        {"cameraIndex": 2, "connected": True, "model": "x", "sourceType": "SRC_PEOPLE"},
        {"cameraIndex": 3, "connected": True, "model": "", "sourceType": "SRC_CONTENT"},
        {"cameraIndex": 4, "connected": None},
    ]
    assert cameras_of(inputs, frozenset()) == (("2", True),)
    assert cameras_of(inputs, frozenset({"1"})) == (("1", False), ("2", True))


def test_microphones_by_a_truth_or_by_a_state() -> None:
    listed = [{"connected": False}, {"state": "READY"}, {"state": "NOT_CONNECTED"}, {"index": 9}]
    assert microphones_of(listed) == (("1", False), ("2", True), ("3", False))
    assert microphones_of("x") == ()


@pytest.mark.parametrize(
    ("conferences", "in_call", "ringing"),
    [
        ([{"id": "PENDING", "connections": [], "isPendingConference": True}], False, False),
        ([], False, False),
        ([{"id": "0", "connections": [{"id": "1", "state": "CONNECTED"}]}], True, False),
        ([{"id": "0", "connections": [{"id": "1", "sessionState": "CONNECTED"}]}], True, False),
        ([{"id": "P", "connections": [{"id": "1", "state": "RINGING"}]}], False, True),
        (
            [{"id": "P", "connections": [{"id": "1", "state": "RINGING", "incoming": False}]}],
            False,
            False,
        ),
        ([{"id": "0", "connections": [{"id": "1", "state": "DISCONNECTED"}]}], False, False),
    ],
)
def test_calls_by_the_state_of_their_connection(
    conferences: list[dict[str, Any]], in_call: bool, ringing: bool
) -> None:
    vc = told(conferences=conferences, status=[item("inacall", "off")])
    assert (vc.in_call, vc.ringing) == (in_call, ringing)


def test_without_conferences_the_status_says_whether_it_is_in_a_call() -> None:
    assert told(status=[item("inacall", "up")]).in_call is True
    assert told(status=[item("inacall", "off")]).in_call is False
    assert told(status=[]).in_call is None


def test_ids_that_do_not_belong_into_a_path_are_not_asked_for() -> None:
    connections = [{"id": "../../reboot", "state": "CONNECTED"}]
    assert talks_of([{"id": "0", "connections": connections}]).places == ()


def test_streams_of_one_kind_are_told_as_one_by_their_worst() -> None:
    streams = [
        {"mediaDirection": "RX", "mediaType": "VIDEO", "mediaFormat": "720p", "jitter": 4,
         "percentPacketLoss": 0.5, "actualFrameRate": 30},
        {"mediaDirection": "RX", "mediaType": "VIDEO", "mediaFormat": "1920x1080", "jitter": 9,
         "percentPacketLoss": -1},
        {"mediaDirection": "TX", "mediaType": "CONTENT_VIDEO", "mediaFormat": "CIF"},
        {"mediaDirection": "TX", "mediaType": "AUDIO", "jitter": 2, "actualFrameRate": 0},
        {"mediaDirection": "??", "mediaType": "AUDIO"},
    ]  # fmt: skip
    assert media_of([streams, None, "x"]) == (
        VcMedia("rx", "main", loss_ratio=0.005, jitter_s=0.009, height_px=1080, fps=30),
        VcMedia("tx", "audio", jitter_s=0.002),
        VcMedia("tx", "content", height_px=288),
    )


# -- over the network --


def target(port: int, authority: Authority) -> Target:
    """An endpoint on loopback."""
    return Target(
        ward="26740",
        name="vc-a",
        kind="poly_group",
        role="vc",
        host="127.0.0.1",
        https=HttpsAccess(auth="env:VC", port=port, ca=authority.file),
        folder="/",
    )


@pytest.fixture
async def http() -> AsyncIterator[HttpsClient]:
    client = HttpsClient()
    yield client
    await client.close()


async def ask(
    asked: Target,
    http: HttpsClient,
    *,
    within_s: float = 20,
    notes: list[str] | None = None,
    memory: Memory | None = None,
) -> Observation:
    """Run the probe for real."""
    nothing: Any = None
    transports = Transports(snmp=nothing, http=http, echo=FakeEcho({}), tcp=TcpConnector())
    deadline = asyncio.get_running_loop().time() + within_s
    note = (notes if notes is not None else []).append
    secret = Secret(f"wardops:{PASSWORD}")
    return await observe(
        asked, PROBE, transports, SystemClock(), deadline, lambda _ref: secret, note, memory
    )


CALL = Room(
    serial="S1",
    uptime_s=90.5,
    now_ms=1_700_000_000_000,
    call="CONNECTED",
    muted=True,
    gatekeeper="down",
    microphones=(True, False),
    cameras=((True, "Eagle"), (False, "")),
    streams=(
        Stream("RX", "VIDEO", percent_lost=2.5, jitter_ms=12, form="720p", frames=25),
        Stream("TX", "AUDIO"),
    ),
    far_end="canary-number",
)


@pytest.mark.parametrize("dialect", ["group", "videoos"])
async def test_an_endpoint_in_a_call_tells_its_whole_state_in_either_dialect(
    http: HttpsClient, authority: Authority, dialect: Dialect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    desk, notes = Desk(PASSWORD), list[str]()
    tls, _der = authority.server()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await httpd.serve(reader, writer, lambda request: answer(dialect, desk, CALL, request))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls, limit=httpd.MAX_HEAD)
    async with server:
        seen = await ask(target(server.sockets[0].getsockname()[1], authority), http, notes=notes)
        await http.close()
    assert seen.reason is Reason.OK
    assert (desk.opened, desk.refused, len(desk.open)) == (1, 0, 0)
    values = {(s.metric.name, *s.labels): s.value for s in seen.reading.samples}
    offset = values.pop(("wardops_vc_clock_offset_seconds",))
    assert offset < 0
    model = {"group": "RealPresence Group 310", "videoos": "Studio X50"}[dialect]
    version = {"group": "6.2.2.9", "videoos": "4.4.1"}[dialect]
    assert values == {
        ("wardops_vc_up",): 1,
        ("wardops_vc_info", "Poly", model, version): 1,
        ("wardops_vc_in_call",): 1,
        ("wardops_vc_standby",): 0,
        ("wardops_vc_mic_muted",): 1,
        ("wardops_vc_uptime_seconds",): 90.5,
        ("wardops_vc_registered", "sip"): 1,
        ("wardops_vc_registered", "h323"): 0,
        ("wardops_vc_call_duration_seconds",): 60,
        ("wardops_vc_call_rate_bits_per_second", "tx"): 1_920_000,
        ("wardops_vc_call_rate_bits_per_second", "rx"): 1_920_000,
        ("wardops_vc_call_encrypted",): 1,
        ("wardops_vc_media_loss_ratio", "rx", "main"): 0.025,
        ("wardops_vc_media_jitter_seconds", "rx", "main"): 0.012,
        ("wardops_vc_video_height_pixels", "rx", "main"): 720,
        ("wardops_vc_video_fps", "rx", "main"): 25,
        ("wardops_vc_media_loss_ratio", "tx", "audio"): 0,
        ("wardops_vc_media_jitter_seconds", "tx", "audio"): 0.004,
        ("wardops_vc_mic_connected", "1"): 1,
        ("wardops_vc_mic_connected", "2"): 0,
        ("wardops_vc_camera_connected", "1"): 1,
        ("wardops_vc_peripheral_connected", "audio_microphone"): 0,
        ("wardops_vc_diagnostics", "ok"): 0,
        ("wardops_vc_diagnostics", "warning"): 0,
        ("wardops_vc_diagnostics", "error"): 0,
        ("wardops_vc_diagnostics", "critical"): 0,
        ("wardops_vc_sessions_left_total",): 0,
    }
    everything = repr(seen) + repr(notes) + caplog.text
    assert not [canary for canary in CANARIES if canary in everything]


LOGGED_IN = "Set-Cookie: session_id=S1; Path=/\r\n"


@pytest.mark.parametrize(
    ("login", "reason", "detail"),
    [
        (("401 Unauthorized", "{}", "application/json"), Reason.AUTH, "auth"),
        (("403 Forbidden", "{}", "application/json"), Reason.FORBIDDEN, "forbidden"),
        (("503 Service Unavailable", "", "text/plain"), Reason.BUSY, "vc_sessions"),
        (("200 OK", '{"success": false, "reason": "MaxSessions"}', ""), Reason.BUSY, "vc_sessions"),
        (("200 OK", '{"success": false}', "application/json"), Reason.AUTH, "auth"),
        (("200 OK", "<html>log in</html>", "text/html"), Reason.PROTOCOL, "login_page"),
        (("200 OK", "{}", "application/json"), Reason.PROTOCOL, "vc_no_session"),
        (("302 Found", "", "text/plain"), Reason.PROTOCOL, "login_page"),
        (("404 Not Found", "", "text/plain"), Reason.UNSUPPORTED, "unsupported"),
        (("500 Oops", "", "text/plain"), Reason.PROTOCOL, "http_status"),
        (("200 OK", '{"success": tr', "application/json"), Reason.PARSE, "json"),
    ],
)
async def test_a_log_in_that_fails_has_its_reason_and_nothing_is_read(
    http: HttpsClient,
    peers: Peers,
    authority: Authority,
    login: tuple[str, str, str],
    reason: Reason,
    detail: str,
) -> None:
    status, body, kind = login
    tls, _der = authority.server()
    answer = peers.response(body, status=status, content_type=kind or "application/json")
    async with peers.http(answer, tls=tls) as peer:
        seen = await ask(target(peer.port, authority), http)
    assert (seen.reason, seen.detail) == (reason, detail)
    assert not [head for head in peer.requests if "GET /rest" in head]


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        ("{", "application/json", Reason.PARSE),
        ("<html></html>", "text/html", Reason.PROTOCOL),
        ("", "application/json", Reason.PARSE),
        ("[" * 5000, "application/json", Reason.LIMIT),
        ("\x00\x01", "application/octet-stream", Reason.PARSE),
        ("[" + "1," * 1_500_000 + "1]", "application/json", Reason.LIMIT),
    ],
    ids=["cut", "page", "empty", "deep", "octets", "long"],
)
async def test_answers_that_are_all_wrong_keep_nothing_and_end_in_a_log_out(
    http: HttpsClient, peers: Peers, authority: Authority, body: str, kind: str, reason: Reason
) -> None:
    tls, _der = authority.server()

    def answer(head: str) -> bytes:
        if "POST " in head:
            return peers.response("{}", content_type="application/json", extra=LOGGED_IN)
        return peers.response(body, content_type=kind)

    async with peers.http(answer, tls=tls) as peer:
        seen = await ask(target(peer.port, authority), http)
    assert (seen.reason, seen.reading.samples) == (reason, ())
    assert "POST /rest/session " in peer.requests[-1]
    assert "session_id=S1" in peer.requests[-1]


@pytest.mark.parametrize("body", ["", '{"success": tr'])
async def test_a_session_that_came_by_its_cookie_needs_no_more_words(
    http: HttpsClient, peers: Peers, authority: Authority, body: str
) -> None:
    tls, _der = authority.server()

    def answer(head: str) -> bytes:
        if "POST " in head:
            return peers.response(body, extra=LOGGED_IN)
        return peers.response('{"model": "x"}' if "/rest/system " in head else "[]")

    async with peers.http(answer, tls=tls) as peer:
        seen = await ask(target(peer.port, authority), http)
    assert seen.reason is Reason.OK
    assert "POST /rest/session " in peer.requests[-1]


async def test_a_device_without_this_api_is_asked_as_a_trio_and_remembered_as_one(
    http: HttpsClient, peers: Peers, authority: Authority
) -> None:
    tls, _der = authority.server()
    info = json.dumps({"Status": "2000", "data": {"ModelNumber": "Trio 8500"}})

    def answer(head: str) -> bytes:
        if "/api/v2/mgmt/device/info " in head:
            return peers.response(info)
        return peers.response("", status="404 Not Found")

    memory = Memory()
    async with peers.http(answer, tls=tls) as peer:
        seen = [await ask(target(peer.port, authority), http, memory=memory) for _ in range(3)]
    assert [one.reason for one in seen] == [Reason.OK] * 3
    models = {one.reading.identity.model for one in seen if one.reading.identity}
    assert models == {"Trio 8500"}
    assert len([head for head in peer.requests if "/rest/session" in head]) == 1


async def test_a_token_against_forged_requests_is_brought_along(
    http: HttpsClient, peers: Peers, authority: Authority
) -> None:
    tls, _der = authority.server()
    extra = f"{LOGGED_IN}X-XSRF-TOKEN: t0ken\r\n"
    async with peers.http(peers.response("{}", extra=extra), tls=tls) as peer:
        await ask(target(peer.port, authority), http)
    later = [head for head in peer.requests[1:] if "X-XSRF-TOKEN: t0ken" in head]
    assert len(later) == len(peer.requests) - 1


async def test_a_read_that_a_device_does_not_have_is_left_out(
    http: HttpsClient, peers: Peers, authority: Authority
) -> None:
    tls, _der = authority.server()

    def answer(head: str) -> bytes:
        if "POST " in head:
            return peers.response("{}", extra=LOGGED_IN)
        if "GET /rest/system " in head:
            return peers.response('{"model": "Studio X30"}')
        return peers.response("", status="404 Not Found")

    async with peers.http(answer, tls=tls) as peer:
        seen = await ask(target(peer.port, authority), http)
    assert seen.reason is Reason.OK
    assert {s.metric.name for s in seen.reading.samples} == {
        "wardops_vc_up", "wardops_vc_info", "wardops_vc_sessions_left_total",
    }  # fmt: skip


@pytest.mark.realtime
async def test_silence_in_the_middle_stops_at_the_deadline_and_is_logged_out(
    http: HttpsClient, authority: Authority
) -> None:
    desk, memory = Desk(PASSWORD), Memory()
    tls, _der = authority.server()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def respond(request: Any) -> Any:
            page = answer("group", desk, Room(), request)
            return None if request.path == "/rest/conferences" else page

        await httpd.serve(reader, writer, respond)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls, limit=httpd.MAX_HEAD)
    async with server:
        port = server.sockets[0].getsockname()[1]
        seen = await ask(target(port, authority), http, within_s=4, memory=memory)
        await http.close()
    # What came before the silence is kept and told as cut; a slow machine may get nothing.
    assert seen.reason in {Reason.LIMIT, Reason.TIMEOUT}
    assert desk.opened <= 1
    assert len(desk.open) <= getattr(memory.kept, "left_open", 0)


# -- recordings --

needs_recordings = pytest.mark.skipif(not GROUP.is_dir(), reason=f"no recordings under {GROUP}")


def recorded(name: str) -> Any:
    """A recorded answer."""
    return json.loads((GROUP / f"{name}.json").read_text(encoding="utf-8"))


@needs_recordings
@pytest.mark.parametrize(
    ("state", "in_call", "ringing", "calls"),
    [("initial", False, False, 0), ("in_call", True, False, 1), ("incoming_call", False, True, 0)],
)
async def test_a_recorded_group_500_is_read_over_https(
    http: HttpsClient,
    peers: Peers,
    authority: Authority,
    state: str,
    in_call: bool,
    ringing: bool,
    calls: int,
) -> None:
    files: Mapping[str, str] = {
        SYSTEM: "system.json", STATUS: "system_status.json",
        CONFERENCES: f"conferences.{state}.json", CAMERAS: "cameras_near_all.json",
    }  # fmt: skip
    tls, _der = authority.server()

    def answer(head: str) -> bytes:
        found = re.search(r"(GET|POST) (\S+) HTTP", head)
        assert found is not None
        if found[1] == "POST":
            return peers.response("{}", content_type="application/json", extra=LOGGED_IN)
        name = files.get(found[2])
        if name is None:
            return peers.response("", status="404 Not Found")
        return peers.response((GROUP / name).read_bytes(), content_type="application/json")

    async with peers.http(answer, tls=tls) as peer:
        seen = await ask(target(peer.port, authority), http)
    assert seen.reason is Reason.OK
    system, vc, identity = recorded("system"), seen.reading.vc, seen.reading.identity
    assert vc is not None
    assert identity is not None
    assert (identity.model, identity.serial) == (system["model"], system["serialNumber"])
    assert (identity.vendor, identity.os, identity.version) == ("Poly", "poly_group", "6.2.2.8")
    assert vc.uptime_s == system["uptime"]
    assert (vc.sip_registered, vc.h323_registered) == (True, None)
    assert (vc.standby, vc.clock_synced, vc.full_duplex, vc.port_bps) == (True, True, True, 1e9)
    assert (vc.in_call, vc.ringing, vc.calls) == (in_call, ringing, calls)
    assert vc.peripherals == (("audio_microphone", "", True),)
    assert [call.tx_bps for call in vc.live_calls] == [64_000] * calls
    assert [call.protocol for call in vc.live_calls] == ["sip"] * calls
    words = [
        name.split("@")[0]
        for name in re.findall(r"[\w.]+@[\w.]+", json.dumps(recorded(f"conferences.{state}")))
    ]
    exported = repr(seen.reading.samples)
    assert not [
        word for word in {*words, system["serialNumber"], system["systemName"]} if word in exported
    ]
    asked = " ".join(peer.requests)
    assert "calllog" not in asked


# -- hostile answers --


async def test_a_thousand_mutated_answers_are_never_a_bug(
    authority: Authority, hostile: Hostile
) -> None:
    system = {"model": "x", "uptime": 5, "softwareVersion": "1.2", "lanStatus": {"speedMbps": 1}}
    connection = {"id": "1", "state": "CONNECTED", "rate": 64}
    stream = {"mediaDirection": "RX", "mediaType": "AUDIO", "jitter": 3}
    values = {
        SYSTEM: system,
        STATUS: [item("sipserver", "up"), item("inacall", "up", dialect="videoos")],
        CONFERENCES: [{"id": "0", "connections": [connection]}],
        CAMERAS: [{"cameraIndex": 1, "connected": True}],
        MUTED: True,
        MICROPHONES: [{"number": 1, "connected": True}],
        f"{CONFERENCES}/0/mediastats": [stream],
    }
    pages = {path: json.dumps(value) for path, value in values.items()}
    damage = hostile.Damage()

    class Mutating(FakeHttp):
        async def send(self, request: HttpRequest, *, deadline: float) -> HttpAnswer:
            assert deadline
            path = request.url.removeprefix("https://127.0.0.1:443")
            body = "{}" if request.method == "POST" else pages.get(path, "[]")
            cookie = damage.of("session_id=S1", 0.3).decode("latin-1")
            if request.heard is not None:
                request.heard((("set-cookie", cookie),))
            return HttpAnswer(200, damage.of(body, 0.15), "application/json")

    nothing: Any = None
    transports = Transports(
        snmp=nothing, http=Mutating({}), echo=FakeEcho({}), tcp=hostile.OpenDoor()
    )
    reasons: set[Reason] = set()
    for _ in range(1000):
        deadline = asyncio.get_running_loop().time() + 20
        seen = await observe(
            target(443, authority), PROBE, transports, SystemClock(), deadline,
            lambda _ref: Secret("wardops:x"), memory=Memory(),
        )  # fmt: skip
        hostile.check_series(seen.reading)
        reasons.add(seen.reason)
    assert Reason.BUG not in reasons
    assert {Reason.OK, Reason.LIMIT, Reason.PROTOCOL} <= reasons


def test_who_is_at_the_other_end_gets_into_no_value() -> None:
    connection = {
        "id": "1", "state": "CONNECTED", "address": "canary-number", "callType": "canary-name",
        "callInfo": "canary-title", "terms": [{"callerID": "canary-number"}],
    }  # fmt: skip
    vc = told(
        system={"systemName": "canary-name", "model": "x"},
        conferences=[{"id": "0", "connections": [connection], "name": "canary-title"}],
        sipservers=[{"state": "up", "address": "canary-name"}],
    )
    assert not [canary for canary in CANARIES if canary in repr(vc)]
    assert "canary" not in repr(identity_of({SYSTEM: {"systemName": "canary-name"}}))
