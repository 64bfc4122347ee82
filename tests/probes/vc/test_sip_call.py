"""A test call rings the test room alone, says why it failed, and leaves nothing behind.

The program that is called is ours here and plays one story each; the real one calls in the lab.
"""

from __future__ import annotations

import asyncio
import json
import stat
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.access import SipAccount
from inventory.credentials import Secret
from inventory.errors import InputError
from inventory.language import LANGUAGES
from probes.clock import SystemClock
from probes.describe import reason_text
from probes.errors import NotConfigured, ParseFailed
from probes.model import Reason, Target
from probes.registry import probes, probes_for
from probes.run import observe
from probes.services.sip_digest import Account
from probes.summary import summary
from probes.transports.fake import FakeEcho
from probes.transports.https import HttpsClient
from probes.transports.model import Transports
from probes.transports.tcp import TcpConnector
from probes.url_forms import parse_target
from probes.vc.baresip_words import (
    Event,
    WayStats,
    account_line,
    command,
    configuration,
    read_event,
    split_netstrings,
    tone,
)
from probes.vc.sip_call import PROBE, read_call, refusal, room_of
from probes.vc.status import CanaryWay

if TYPE_CHECKING:
    from probes.model import Observation

USER, PASSWORD, ROOM = "wardops-test", "canary-secret", "sip:echo-room@hop.example"
WORDS = (USER, PASSWORD, "echo-room")
PROGRAM = """\
#!{python}
import json, os, pathlib, re, signal, socket, sys, time
folder = pathlib.Path(sys.argv[sys.argv.index("-f") + 1])
story = json.loads({story!r})
log = pathlib.Path({log!r})
seen = {{"argv": sys.argv[1:], "folder": str(folder), "pid": os.getpid(), "heard": [],
        "modes": {{p.name: p.stat().st_mode & 0o777 for p in (folder, *folder.iterdir())}},
        "accounts": (folder / "accounts").read_text()}}
def tell():  # at once or not at all: it may be ended while it writes
    fresh = log.with_suffix(".new")
    fresh.write_text(json.dumps(seen))
    fresh.replace(log)
tell()
if story["ends"]:
    sys.exit(1)
if story["deaf"]:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
port = int(re.search(r"ctrl_tcp_listen 127.0.0.1:(\\d+)", (folder / "config").read_text())[1])
server = socket.create_server(("127.0.0.1", port))
way, _ = server.accept()
def hear():
    length = b""
    while not length.endswith(b":"):
        more = way.recv(1)
        if not more: sys.exit(0)
        length += more
    octets = b""
    while len(octets) <= int(length[:-1]): octets += way.recv(1)
    seen["heard"].append(json.loads(octets[:-1]))
    tell()
def say(told):
    octets = json.dumps(told).encode()
    way.sendall(b"%d:%s," % (len(octets), octets))
hear()
seen["left"] = sorted(p.name for p in folder.iterdir())
tell()
for event in story["events"]:
    say({{"event": True, "peeruri": "sip:echo-room@hop.example", **event}})
while story["deaf"]:
    time.sleep(1)
while not story["hangs up"]:
    hear()
"""


@dataclass(frozen=True)
class Stage:
    """Where our own baresip lies, and where it tells what it saw."""

    folder: Path

    def play(
        self, *events: dict[str, Any], ends: bool = False, deaf: bool = False, over: bool = False
    ) -> None:
        """Put a program on stage that tells these events to whoever dials."""
        told = {"events": events, "ends": ends, "deaf": deaf, "hangs up": over}
        program = self.folder / "bin/baresip"
        program.write_text(
            PROGRAM.format(python=sys.executable, story=json.dumps(told), log=str(self.log))
        )
        program.chmod(0o755)

    @property
    def log(self) -> Path:
        """What the program saw."""
        return self.folder / "seen.json"

    def seen(self) -> dict[str, Any]:
        """The same, read."""
        told: dict[str, Any] = json.loads(self.log.read_text())
        return told


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    (tmp_path / "bin").mkdir()
    (tmp_path / "lib/baresip/modules").mkdir(parents=True)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return Stage(tmp_path)


ESTABLISHED = {"type": "CALL_ESTABLISHED"}


def report(*, sent: int, lost: int, jitter_us: int = 4000, rtt_us: int = 41_000) -> dict[str, Any]:
    """An RTCP report as baresip 1.0 tells it."""
    way = {"sent": sent, "lost": lost, "jit": jitter_us}
    stats = {"tx": way, "rx": way, "rtt": rtt_us}
    return {"type": "CALL_RTCP", "param": "audio", "rtcp_stats": stats}


def closed(why: str) -> dict[str, Any]:
    """The end of a call."""
    return {"type": "CALL_CLOSED", "param": why}


def target(url: str = "sip://192.0.2.60?seconds=5", **more: Any) -> Target:
    """The service with its test account and room."""
    sip = SipAccount(auth="env:SIP", domain="hop.example", test_uri=ROOM)
    return Target("26740", "hop", "service:sip", "service", "192.0.2.60", url=url, sip=sip, **more)


async def called(
    asked: Target | None = None, *, within_s: float = 40.0, notes: list[str] | None = None
) -> Observation:
    """One test call."""
    client, clock, no_snmp = HttpsClient(), SystemClock(), _nothing()
    ways = Transports(no_snmp, client, FakeEcho({}), TcpConnector())
    secret = Secret(json.dumps({"user": USER, "password": PASSWORD}))
    heard = [] if notes is None else notes
    return await observe(
        asked or target(), PROBE, ways, clock, clock.monotonic() + within_s,
        lambda _ref: secret, heard.append,
    )  # fmt: skip


def _nothing() -> Any:
    return None


def assert_gone(stage: Stage) -> None:
    """Neither the program nor its folder is left."""
    seen = stage.seen()
    assert not Path(seen["folder"]).exists()
    assert not Path(f"/proc/{seen['pid']}").exists()
    assert not list((stage.folder / "tmp").iterdir())


@pytest.mark.realtime
async def test_a_call_that_stands_tells_loss_jitter_and_mos_of_each_direction(
    stage: Stage,
) -> None:
    ill = report(sent=0, lost=0)
    stage.play(
        {"type": "CALL_RINGING"}, ESTABLISHED, ill, report(sent=250, lost=5, jitter_us=2000),
        report(sent=500, lost=20, jitter_us=4000), closed("Connection reset by peer"),
    )  # fmt: skip
    notes: list[str] = []
    seen = await called(notes=notes)
    assert seen.reason is Reason.OK
    values = {(one.metric.name, *one.labels): one.value for one in seen.reading.samples}
    assert values["wardops_vc_canary_loss_ratio", "tx", "audio"] == pytest.approx(20 / 500)
    assert values["wardops_vc_canary_loss_ratio", "rx", "audio"] == pytest.approx(20 / 520)
    assert values["wardops_vc_canary_jitter_seconds", "rx", "audio"] == pytest.approx(0.003)
    assert 3.9 < values["wardops_vc_canary_mos_estimate", "tx"] < 4.1
    assert 0 < values["wardops_vc_canary_setup_seconds",] < 10
    for language in LANGUAGES:
        lines = "\n".join(summary(target(), (seen,), 5.0, 0, language))
        assert "MOS" in lines
        assert not [word for word in WORDS if word in lines]
    assert not [word for word in WORDS if word in repr((seen.reading, notes))]
    assert_gone(stage)


@pytest.mark.realtime
async def test_the_program_is_told_the_test_room_alone_and_its_files_are_ours_alone(
    stage: Stage,
) -> None:
    stage.play(closed("486 Busy Here"))
    seen = await called()
    assert (seen.reason, seen.detail) == (Reason.BUSY, "call_486")
    saw = stage.seen()
    assert [(one["command"], one["params"]) for one in saw["heard"]] == [("dial", ROOM)]
    assert not [word for word in WORDS if word in " ".join(saw["argv"])]
    assert "-t" in saw["argv"]
    folder = saw["modes"].pop(Path(saw["folder"]).name)
    assert folder == stat.S_IRWXU
    assert {mode & ~0o600 for name, mode in saw["modes"].items()} == {0}
    assert f"auth_pass={PASSWORD}\n" in saw["accounts"]
    assert "regint=0" in saw["accounts"]
    assert "accounts" not in saw["left"]
    assert_gone(stage)


@pytest.mark.realtime
async def test_a_program_that_will_not_end_is_ended(stage: Stage) -> None:
    stage.play(closed("603 Decline"), deaf=True)
    seen = await called()
    assert (seen.reason, seen.detail) == (Reason.REFUSED, "call_603")
    assert_gone(stage)


@pytest.mark.realtime
async def test_a_cancelled_call_leaves_nothing_behind(stage: Stage) -> None:
    stage.play(ESTABLISHED)
    calling = asyncio.ensure_future(called())
    while not (stage.log.exists() and '"dial"' in stage.log.read_text()):
        await SystemClock().sleep(0.02)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert_gone(stage)


@pytest.mark.realtime
async def test_a_room_that_answers_and_stays_mute_is_told_from_one_that_does_not_answer(
    stage: Stage,
) -> None:
    stage.play(ESTABLISHED, report(sent=0, lost=0), closed(""))
    seen = await called()
    assert (seen.reason, seen.detail) == (Reason.TIMEOUT, "call_no_media")
    assert [one.metric.name for one in seen.reading.samples] == ["wardops_vc_canary_setup_seconds"]


@pytest.mark.realtime
@pytest.mark.parametrize(
    ("how", "reason", "detail"),
    [
        ({"ends": True}, Reason.BUSY, "call_started"),
        ({"over": True}, Reason.PROTOCOL, "call_ended"),
    ],
)
async def test_a_program_that_breaks_down_is_said_so(
    how: dict[str, bool], reason: Reason, detail: str, stage: Stage
) -> None:
    stage.play(**how)
    seen = await called()
    assert (seen.reason, seen.detail) == (reason, detail)
    assert_gone(stage)


async def test_without_the_program_its_package_is_named(stage: Stage) -> None:
    seen = await called()
    assert (seen.reason, seen.detail) == (Reason.PERMISSION, "call_missing")
    for language in LANGUAGES:
        assert "baresip-core" in reason_text(seen.reason, seen.detail, {}, language)
    (stage.folder / "lib/baresip/modules").rmdir()
    stage.play()
    assert (await called()).detail == "call_missing"


@pytest.mark.parametrize(
    ("status", "reason", "detail"),
    [
        (401, Reason.AUTH, "call_401"),
        (407, Reason.AUTH, "call_401"),
        (403, Reason.FORBIDDEN, "call_403"),
        (404, Reason.CONFIG, "call_404"),
        (408, Reason.TIMEOUT, "call_408"),
        (480, Reason.UNREACHABLE, "call_480"),
        (486, Reason.BUSY, "call_486"),
        (600, Reason.BUSY, "call_486"),
        (488, Reason.UNSUPPORTED, "call_488"),
        (606, Reason.UNSUPPORTED, "call_488"),
        (603, Reason.REFUSED, "call_603"),
        (503, Reason.PROTOCOL, "call_5xx"),
        (420, Reason.PROTOCOL, "call_other"),
        (None, Reason.PROTOCOL, "call_other"),
    ],
)
def test_each_refusal_has_its_reason_and_its_words(
    status: int | None, reason: Reason, detail: str
) -> None:
    error = refusal(status)
    assert (error.reason, error.detail_code) == (reason, detail)
    texts = {reason_text(reason, detail, error.values, language) for language in LANGUAGES}
    assert len(texts) == len(LANGUAGES)
    assert not [text for text in texts if "{" in text or "call_" in text]


@pytest.mark.parametrize(
    ("param", "status"),
    [("486 Busy Here", 486), ("Connection reset by user", None), ("", None), ("200 OK", None)],
)
def test_the_status_of_a_closed_call_is_read_from_its_words(param: str, status: int | None) -> None:
    assert Event("CALL_CLOSED", param).status == status


@pytest.mark.parametrize(
    "room", [None, "tel:113", "sip:a@b;transport=tcp", "sip:a b@c", "sip:a@b\r\nc", "sip:@b", "113"]
)
def test_what_is_no_test_room_is_never_dialled(room: str | None) -> None:
    sip = SipAccount().model_copy(update={"test_uri": room})
    with pytest.raises(NotConfigured):
        room_of(replace(target(), sip=sip))


def test_a_test_call_is_never_planned_and_needs_a_room() -> None:
    planned = {probe.name for probe in probes_for(target())}
    asked = {probe.name for probe in probes_for(target(), on_demand=True)}
    assert (planned & {"sip-call"}, asked & {"sip-call"}) == (set(), {"sip-call"})
    roomless = replace(target(), sip=SipAccount(auth="env:SIP"))
    assert "sip-call" not in {probe.name for probe in probes_for(roomless, on_demand=True)}
    assert "sip-registration" in {probe.name for probe in probes_for(roomless)}
    assert probes()["sip-call"].on_demand


@pytest.mark.parametrize(
    ("url", "detail"),
    [
        ("sip://192.0.2.60?seconds=4", "call_seconds"),
        ("sip://192.0.2.60?seconds=31", "call_seconds"),
        ("sip://192.0.2.60?seconds=long", "call_seconds"),
        ("sips://192.0.2.60", "call_tls"),
    ],
)
async def test_what_no_test_call_can_do_is_refused_before_it(
    url: str, detail: str, stage: Stage
) -> None:
    stage.play()
    assert (await called(target(url))).detail == detail
    assert not stage.log.exists()


def test_a_url_names_server_and_room_and_hides_the_room() -> None:
    asked = parse_target("sip-call://echo-room@192.0.2.60:5070?seconds=9&domain=hop.example")
    assert (asked.probes, asked.target.url) == (
        ("sip-call",), "sip://192.0.2.60:5070?seconds=9&domain=hop.example",
    )  # fmt: skip
    assert room_of(asked.target) == "sip:echo-room@192.0.2.60:5070"
    assert "echo-room" not in asked.target.name
    for url in ("sip-call://192.0.2.60", "sip-call://a:b@192.0.2.60?domain=x y"):
        with pytest.raises(InputError):
            parse_target(url)


@pytest.mark.parametrize("word", ["a b", "a;b", 'a"b', "a\tb", "a,b", "a<b", ""])
def test_a_password_that_baresip_would_read_wrongly_is_refused(word: str) -> None:
    account = Account("user", Secret(word), "hop.example")
    if not word:
        assert "auth_pass=\n" in account_line(account, "192.0.2.60:5060", "udp")
        return
    with pytest.raises(NotConfigured):
        account_line(account, "192.0.2.60:5060", "udp")


def test_the_configuration_listens_on_loopback_alone() -> None:
    told = configuration("/x", "/m", 4444).splitlines()
    assert [line for line in told if "listen" in line] == ["ctrl_tcp_listen 127.0.0.1:4444"]


def test_the_tone_is_as_long_as_asked() -> None:
    octets = tone(3)
    assert (octets[:4], octets[8:16]) == (b"RIFF", b"WAVEfmt ")
    assert len(octets) - 44 == 4 * 16_000
    assert int.from_bytes(octets[4:8], "little") == len(octets) - 8


@given(st.lists(st.text(max_size=20), max_size=5), st.integers(0, 200))
def test_netstrings_come_whole_wherever_they_are_cut(words: list[str], at: int) -> None:
    stream = b"".join(command("dial", word) for word in words)
    first, left = split_netstrings(stream[:at])
    second, rest = split_netstrings(left + stream[at:])
    assert [json.loads(one)["params"] for one in first + second] == words
    assert rest == b""


@given(st.binary(max_size=200))
def test_any_other_talk_is_refused_and_never_a_surprise(octets: bytes) -> None:
    try:
        for message in split_netstrings(octets)[0]:
            read_event(message)
        read_event(octets)
    except ParseFailed:
        pass


def test_a_round_trip_that_is_not_known_leaves_the_estimate_out() -> None:
    way = WayStats(100, 0, 0.002)
    call = read_call(0.2, (Event("CALL_RTCP", "", (way, way), 0.0),))
    assert call.rtt_s is None
    assert call.ways == (
        CanaryWay("tx", 100, 0.0, 0.002, None), CanaryWay("rx", 100, 0.0, 0.002, None)
    )  # fmt: skip
    silent = read_call(0.2, (Event("CALL_RTCP", "", (WayStats(0, 0, 0.0), way), 0.05),))
    assert [one.dir for one in silent.ways] == ["rx"]
