"""Cisco Meeting Server: counts and types of alarms, page by page, no names."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from inventory.access import HttpsAccess
from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.model import Reason, Target
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.https import HttpsClient
from probes.transports.model import HttpAnswer, HttpRequest, Transports
from probes.vc.cms import ALARMS, CALLS, PARTICIPANTS, PROBE, STATUS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from probes.model import Observation
    from probes.transports.model import HttpClient
    from tests.probes.conftest import Authority, Peers
    from tests.probes.vc.conftest import Hostile

ROOT = Path(__file__).parents[3]
RECORDINGS = Path(os.environ.get("WARDOPS_RECORDINGS", ROOT.parent / "shared/recordings"))
CMS = RECORDINGS / "api/cms"


def target(authority: Authority, port: int = 445) -> Target:
    """A server on loopback."""
    return Target(
        ward="26740", name="cms-1", kind="cms", role="other", host="127.0.0.1",
        https=HttpsAccess(auth="env:CMS", port=port, ca=authority.file), folder="/",
    )  # fmt: skip


async def ask(asked: Target, http: HttpClient) -> Observation:
    """Run the probe."""
    nothing: Any = None
    transports = Transports(snmp=nothing, http=http, echo=FakeEcho({}), tcp=FakeTcp({}))
    deadline = asyncio.get_running_loop().time() + 10
    secret = Secret("api:canary-password")
    return await observe(asked, PROBE, transports, SystemClock(), deadline, lambda _ref: secret)


def listed(name: str, items: list[str], total: int | None = None) -> str:
    """A list as the API writes it."""
    said = "" if total is None else f' total="{total}"'
    return f"<{name}s{said}>{''.join(f'<{name}>{item}</{name}>' for item in items)}</{name}s>"


class Scripted(FakeHttp):
    """A server whose lists come 20 at a time; an exact status stands for a path that has one."""

    def __init__(
        self,
        pages: dict[str, str | int | list[str]],
        *,
        with_total: bool = True,
        damage: Callable[[str], bytes] = str.encode,
    ) -> None:
        super().__init__({})
        self._pages, self._with_total, self._damage = pages, with_total, damage

    async def send(self, request: HttpRequest, *, deadline: float) -> HttpAnswer:
        """The scripted answer."""
        assert deadline
        parts = urlsplit(request.url)
        self.asked.append(f"{parts.path}?{parts.query}")
        page = self._pages.get(parts.path, 404)
        if isinstance(page, int):
            return HttpAnswer(page, b"")
        if isinstance(page, list):
            offset = int(parse_qs(parts.query).get("offset", ["0"])[0])
            name = parts.path.rpartition("/")[2][:-1]
            total = len(page) if self._with_total else None
            page = listed(name, page[offset : offset + 20], total)
        return HttpAnswer(200, self._damage(page), "text/xml")


def alarm(kind: str, seconds: str) -> str:
    """One alarm."""
    return f"<type>{kind}</type><activeTimeSeconds>{seconds}</activeTimeSeconds>"


def values(seen: Observation) -> dict[tuple[str, ...], float]:
    """Samples by name and label values."""
    return {(s.metric.name, *s.labels): s.value for s in seen.reading.samples}


PAGES: dict[str, str | int | list[str]] = {
    STATUS: "<status><softwareVersion>3.5.1</softwareVersion><name>canary-name</name></status>",
    ALARMS: [alarm("dbClusterError", "5"), alarm("dbClusterError", "9")],
    CALLS: ["<name>canary-title</name>"] * 3,
    PARTICIPANTS: ["<name>canary-number</name>"] * 45,
}


async def test_a_server_tells_counts_and_types(authority: Authority) -> None:
    http = Scripted(PAGES)
    seen = await ask(target(authority), http)
    assert seen.reason is Reason.OK
    assert values(seen) == {
        ("wardops_cms_alarm", "dbClusterError"): 9,
        ("wardops_cms_calls",): 3,
        ("wardops_cms_participants",): 45,
    }
    identity = seen.reading.identity
    assert identity is not None
    assert (identity.vendor, identity.model, identity.version) == (
        "Cisco", "Meeting Server", "3.5.1",
    )  # fmt: skip
    assert "canary" not in repr(seen)
    assert len(http.asked) == 4  # what a list says of its length is not counted once more


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 40, 45])
async def test_a_list_without_a_length_is_counted_page_by_page(
    authority: Authority, count: int
) -> None:
    pages = PAGES | {PARTICIPANTS: ["<name/>"] * count, CALLS: ["<name/>"]}
    seen = await ask(target(authority), Scripted(pages, with_total=False))
    assert values(seen)["wardops_cms_participants",] == count


@pytest.mark.parametrize("with_total", [True, False])
async def test_alarms_beyond_the_first_page_are_read(
    authority: Authority, with_total: bool
) -> None:
    alarms = [alarm("callBridgeError", str(n)) for n in range(25)] + [alarm("cdrError", "1")]
    seen = await ask(target(authority), Scripted(PAGES | {ALARMS: alarms}, with_total=with_total))
    assert values(seen)["wardops_cms_alarm", "cdrError"] == 1
    assert values(seen)["wardops_cms_alarm", "callBridgeError"] == 24


async def test_a_list_without_an_end_is_cut_and_says_so(authority: Authority) -> None:
    pages = PAGES | {ALARMS: [alarm("cdrError", "1")] * 5000}
    seen = await ask(target(authority), Scripted(pages))
    assert seen.reason is Reason.LIMIT


@pytest.mark.parametrize(
    "odd", [alarm("name with a person", "5"), alarm("x" * 60, "5"), alarm("cdrError", "soon")]
)
async def test_a_type_or_age_of_another_form_is_dropped(authority: Authority, odd: str) -> None:
    seen = await ask(target(authority), Scripted(PAGES | {ALARMS: [odd]}))
    assert not [key for key in values(seen) if key[0] == "wardops_cms_alarm"]


async def test_what_an_account_may_not_read_is_left_out(authority: Authority) -> None:
    seen = await ask(target(authority), Scripted(PAGES | {CALLS: 403, STATUS: 404}))
    assert seen.reason is Reason.OK
    assert ("wardops_cms_calls",) not in values(seen)
    assert values(seen)["wardops_cms_participants",] == 45


@pytest.mark.parametrize(
    ("status", "reason"),
    [(401, Reason.AUTH), (403, Reason.FORBIDDEN), (404, Reason.UNSUPPORTED), (503, Reason.BUSY)],
)
async def test_a_status_of_all_pages_has_its_reason(
    authority: Authority, status: int, reason: Reason
) -> None:
    seen = await ask(target(authority), Scripted(dict.fromkeys(PAGES, status)))
    assert (seen.reason, seen.reading.samples) == (reason, ())


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("<status>", Reason.PARSE),
        ("", Reason.PARSE),
        ("<html>log in</html>", Reason.PROTOCOL),
        ("<other/>", Reason.PROTOCOL),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><status/>", Reason.PROTOCOL),
        (f"<status>{'<a>' * 90}{'</a>' * 90}</status>", Reason.LIMIT),
    ],
)
async def test_a_wrong_page_has_its_reason(authority: Authority, page: str, reason: Reason) -> None:
    seen = await ask(target(authority), Scripted(PAGES | {STATUS: page}))
    assert (seen.reason, seen.reading.samples) == (reason, ())


async def test_a_thousand_mutated_pages_are_never_a_bug(
    authority: Authority, hostile: Hostile
) -> None:
    damage = hostile.Damage()
    http = Scripted(PAGES | {PARTICIPANTS: []}, damage=lambda text: damage.of(text, 0.2))
    reasons = set()
    for _ in range(1000):
        seen = await ask(target(authority), http)
        hostile.check_series(seen.reading)
        reasons.add(seen.reason)
    assert Reason.BUG not in reasons
    assert {Reason.OK, Reason.PARSE} <= reasons


@pytest.fixture
async def http() -> AsyncIterator[HttpsClient]:
    client = HttpsClient()
    yield client
    await client.close()


@pytest.mark.skipif(not CMS.is_dir(), reason=f"no recordings under {CMS}")
async def test_a_recorded_server_is_read_over_https(
    http: HttpsClient, peers: Peers, authority: Authority
) -> None:
    files = {ALARMS: "system_alarms", CALLS: "calls", PARTICIPANTS: "participants"}
    tls, _der = authority.server()

    def answer(head: str) -> bytes:
        name = files.get(urlsplit(head.split(" ")[1]).path)
        if name is None:
            return peers.response("", status="404 Not Found")
        return peers.response((CMS / f"{name}.xml").read_bytes(), content_type="text/xml")

    async with peers.http(answer, tls=tls) as peer:
        seen = await ask(target(authority, peer.port), http)
    assert seen.reason is Reason.OK
    recorded = (CMS / "system_alarms.xml").read_text(encoding="utf-8")
    (kind,) = re.findall(r"<type>(\w+)</type>", recorded)
    (active_s,) = re.findall(r"<activeTimeSeconds>(\d+)<", recorded)
    assert values(seen) == {
        ("wardops_cms_alarm", kind): float(active_s),
        ("wardops_cms_calls",): 1,
        ("wardops_cms_participants",): 1,
    }


@pytest.mark.skipif(not CMS.is_dir(), reason=f"no recordings under {CMS}")
@pytest.mark.parametrize("name", ["callbridges", "system_configuration_cluster"])
async def test_a_recorded_page_that_is_not_asked_for_is_refused_in_another_s_place(
    authority: Authority, name: str
) -> None:
    page = (CMS / f"{name}.xml").read_text(encoding="utf-8")
    seen = await ask(target(authority), Scripted(PAGES | {STATUS: page}))
    assert (seen.reason, seen.detail) == (Reason.PROTOCOL, "vc_root")
