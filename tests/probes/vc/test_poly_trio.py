"""Poly Trio: recorded answers over HTTPS, codes of its API, and what is never read."""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from inventory.access import HttpsAccess
from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.model import Reason, Target
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.https import HttpsClient
from probes.transports.model import HttpAnswer, HttpRequest, Transports
from probes.vc.poly_trio import INFO, LINES, NETWORK, PROBE, SIP, STATS, TRAFFIC, uptime_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from probes.model import Observation
    from probes.transports.model import HttpClient
    from tests.probes.conftest import Authority, Peers
    from tests.probes.vc.conftest import Hostile

ROOT = Path(__file__).parents[3]
RECORDINGS = Path(os.environ.get("WARDOPS_RECORDINGS", ROOT.parent / "shared/recordings"))
TRIO = RECORDINGS / "api/poly/trio"
FILES = {
    INFO[0]: "v2_mgmt_device_info.json", LINES[0]: "v1_mgmt_lineinfo.json",
    SIP[0]: "v1_webcallcontrol_sipstatus.json", NETWORK[0]: "v1_mgmt_network_info.json",
    TRAFFIC[0]: "v1_mgmt_network_stats.json", STATS[0]: "v1_mgmt_device_stats.json",
}  # fmt: skip


def target(authority: Authority, port: int = 443) -> Target:
    """A telephone on loopback."""
    access = HttpsAccess(auth="env:VC", port=port, ca=authority.file)
    return Target(
        ward="26740", name="vc-a", kind="poly_trio", role="vc", host="127.0.0.1", https=access,
        folder="/",
    )  # fmt: skip


async def ask(asked: Target, http: HttpClient, within_s: float = 15) -> Observation:
    """Run the probe."""
    nothing: Any = None
    transports = Transports(snmp=nothing, http=http, echo=FakeEcho({}), tcp=FakeTcp({}))
    deadline = asyncio.get_running_loop().time() + within_s
    secret = Secret("Polycom:canary-password")
    return await observe(asked, PROBE, transports, SystemClock(), deadline, lambda _ref: secret)


class Scripted(FakeHttp):
    """A telephone that answers by path; what is not in the script is not there."""

    def __init__(self, pages: dict[str, Any], damage: Callable[[str], bytes] = str.encode) -> None:
        super().__init__({})
        self._pages, self._damage = pages, damage

    async def send(self, request: HttpRequest, *, deadline: float) -> HttpAnswer:
        """The scripted answer."""
        assert deadline
        path = re.sub(r"https://[^/]+", "", request.url)
        self.asked.append(path)
        if path not in self._pages:
            return HttpAnswer(404, b"")
        page = self._pages[path]
        wrapped = page if "Status" in page else {"data": page, "Status": "2000"}
        return HttpAnswer(200, self._damage(json.dumps(wrapped)), "application/json")


PAGES: dict[str, Any] = {
    INFO[0]: {"ModelNumber": "Trio 8500", "Firmware": {"Application": "5.9.5.3182 01-Jan-21"},
              "UpTime": {"Days": "1", "Hours": "2", "Minutes": "3", "Seconds": "4"}},
    LINES[0]: {"RegistrationStatus": "Unregistered", "Label": "canary-name"},
    SIP[0]: {"User": [{"Name": "canary-name", "TotalCalls": "1"}]},
    STATS[0]: {"CPU": {"Current": "25.0"}},
    NETWORK[0]: {"LANSpeed": "1Gbps", "DNSDomain": "canary-name"},
}  # fmt: skip


async def test_a_telephone_tells_model_line_call_and_load(authority: Authority) -> None:
    seen = await ask(target(authority), Scripted(PAGES))
    assert seen.reason is Reason.OK
    values = {(s.metric.name, *s.labels): s.value for s in seen.reading.samples}
    assert values == {
        ("wardops_vc_up",): 1,
        ("wardops_vc_info", "Poly", "Trio 8500", "5.9.5.3182"): 1,
        ("wardops_vc_in_call",): 1,
        ("wardops_vc_registered", "sip"): 0,
        ("wardops_vc_uptime_seconds",): 93_784,
        ("wardops_cpu_ratio", "0"): 0.25,
    }
    assert "canary" not in repr(seen)


async def test_an_older_release_answers_by_the_first_version_of_the_api(
    authority: Authority,
) -> None:
    info = {"ModelNumber": "8800", "FirmwareRelease": "5.7.1.4145", "MACAddress": "0004f2000001"}
    http = Scripted({INFO[1]: info, TRAFFIC[0]: {"UpTime": "2 days 0:00:05"}})
    seen = await ask(target(authority), http)
    assert seen.reading.identity is not None
    assert (seen.reading.identity.model, seen.reading.identity.version) == ("8800", "5.7.1.4145")
    assert seen.reading.vc is not None
    assert (seen.reading.vc.uptime_s, seen.reading.vc.sip_registered) == (172_805, None)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("4001", Reason.BUSY), ("4003", Reason.FORBIDDEN), ("4004", Reason.UNSUPPORTED),
        ("4010", Reason.FORBIDDEN), ("5000", Reason.PROTOCOL), ("x", Reason.PROTOCOL),
    ],
)  # fmt: skip
async def test_a_code_other_than_2000_has_its_reason(
    authority: Authority, code: str, reason: Reason
) -> None:
    seen = await ask(target(authority), Scripted({INFO[0]: {"Status": code}}))
    assert (seen.reason, seen.reading.samples) == (reason, ())


async def test_an_optional_answer_that_is_wrong_leaves_the_reading_incomplete(
    authority: Authority,
) -> None:
    seen = await ask(target(authority), Scripted(PAGES | {LINES[0]: {"Status": "5000"}}))
    assert seen.reason is Reason.LIMIT
    assert seen.reading.vc is not None
    assert seen.reading.vc.sip_registered is None


@pytest.mark.parametrize(
    ("lines", "registered"),
    [
        ([{"RegistrationStatus": "registered"}, {"RegistrationStatus": "unregistered"}], True),
        ([{"RegistrationStatus": "unregistered"}], False),
        ([{"RegistrationStatus": "unregistered", "SIPAddress": ""}], None),
        ([{"RegistrationStatus": "strange"}], None),
        ([], None),
    ],
)
async def test_registration_by_its_lines(
    authority: Authority, lines: list[dict[str, str]], registered: bool | None
) -> None:
    seen = await ask(target(authority), Scripted({INFO[0]: {}, LINES[0]: lines}))
    assert seen.reading.vc is not None
    assert seen.reading.vc.sip_registered is registered


def test_uptime_comes_in_parts_or_as_words() -> None:
    assert uptime_of({"UpTime": "1 day 1:41:50"}) == 92_510
    assert uptime_of({"UpTime": "0:00:07"}) == 7
    assert uptime_of({"UpTime": "soon"}) is None
    assert uptime_of({"UpTime": {"Days": "?"}}) is None
    assert uptime_of({}) is None


async def test_a_thousand_mutated_answers_are_never_a_bug(
    authority: Authority, hostile: Hostile
) -> None:
    damage = hostile.Damage()
    http = Scripted(PAGES, lambda text: damage.of(text, 0.3))
    reasons = set()
    for _ in range(1000):
        seen = await ask(target(authority), http)
        hostile.check_series(seen.reading)
        reasons.add(seen.reason)
    assert Reason.BUG not in reasons
    assert {Reason.OK, Reason.LIMIT, Reason.PARSE} <= reasons


@pytest.fixture
async def http() -> AsyncIterator[HttpsClient]:
    client = HttpsClient()
    yield client
    await client.close()


@pytest.mark.skipif(not TRIO.is_dir(), reason=f"no recordings under {TRIO}")
async def test_a_recorded_trio_is_read_over_https(
    http: HttpsClient, peers: Peers, authority: Authority
) -> None:
    tls, _der = authority.server()

    def answer(head: str) -> bytes:
        name = FILES.get(head.split(" ")[1])
        if name is None:
            return peers.response("", status="404 Not Found")
        return peers.response((TRIO / name).read_bytes(), content_type="application/json")

    async with peers.http(answer, tls=tls) as peer:
        seen = await ask(target(authority, peer.port), http)
    assert seen.reason is Reason.OK
    info = json.loads((TRIO / FILES[INFO[0]]).read_text(encoding="utf-8"))["data"]
    vc, identity = seen.reading.vc, seen.reading.identity
    assert vc is not None
    assert identity is not None
    assert (identity.vendor, identity.model) == ("Poly", info["ModelNumber"])
    assert (identity.version, identity.serial) == ("7.2.2.1094", info["MACAddress"])
    assert (vc.sip_registered, vc.in_call, vc.port_bps) == (True, False, 100e6)
    # The same moment, once in parts and once as words, a few minutes apart.
    words = json.loads((TRIO / FILES[TRAFFIC[0]]).read_text(encoding="utf-8"))["data"]
    assert vc.uptime_s == uptime_of(info)
    assert abs((uptime_of(words) or 0) - (vc.uptime_s or 0)) < 3600
    exported = repr(seen.reading.samples)
    assert not [word for word in (str(identity.serial), "172.21") if word in exported]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("401 Unauthorized", Reason.AUTH), ("403 Forbidden", Reason.FORBIDDEN),
        ("404 Not Found", Reason.UNSUPPORTED), ("302 Found", Reason.PROTOCOL),
        ("503 Service Unavailable", Reason.BUSY),
    ],
)  # fmt: skip
async def test_a_status_has_its_reason(
    http: HttpsClient, peers: Peers, authority: Authority, status: str, reason: Reason
) -> None:
    tls, _der = authority.server()
    async with peers.http(peers.response("no", status=status), tls=tls) as peer:
        seen = await ask(target(authority, peer.port), http)
    assert (seen.reason, seen.reading.samples) == (reason, ())
