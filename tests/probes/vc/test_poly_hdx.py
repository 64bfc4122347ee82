"""Polycom HDX: its status page by names and states, never by place."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from inventory.access import HttpsAccess
from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.errors import ProtocolBroken
from probes.model import Reason, Target
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import HttpAnswer, HttpRequest, Transports
from probes.transports.xml_tree import tree_of
from probes.vc.model import samples_of
from probes.vc.poly_hdx import PAGE, PROBE, status_of

if TYPE_CHECKING:
    from probes.vc.status import VcStatus
    from tests.probes.vc.conftest import Hostile


def thing(name: str, state: str) -> str:
    """One thing of the page, as the web interface writes it."""
    return (
        f"<STATUS><LABEL><TRANSLATE>{name}</TRANSLATE></LABEL>"
        f"<HELPLINE><TRANSLATE>canary-name</TRANSLATE>canary-number</HELPLINE>"
        f"<STATE>{state}</STATE></STATUS>"
    )


def page(*things: str) -> bytes:
    """A whole page."""
    return f"<SYSTEMSTATUS>{''.join(things)}</SYSTEMSTATUS>".encode()


def told(*things: str) -> VcStatus:
    """What a page says."""
    return status_of(tree_of(page(*things)))


def test_things_are_told_by_their_names_in_any_order() -> None:
    vc = told(
        thing("IN_A_CALL", "up"), thing("Microphones", "down"), thing("Gatekeeper", "up"),
        thing("SIP_REGISTRAR", "down"), thing("SOMETHING_NEW", "up"),
    )  # fmt: skip
    assert (vc.sip_registered, vc.h323_registered, vc.in_call) == (False, True, True)
    assert vc.peripherals == (("audio_microphone", "", False),)
    assert "canary" not in repr(vc)


@pytest.mark.parametrize("state", ["off", "unknown", "strange"])
def test_what_is_off_or_unknown_is_absent(state: str) -> None:
    vc = told(thing("SIP_SERVER", state), thing("GATEKEEPER", state))
    assert [sample.metric.name for sample in samples_of(vc)] == ["wardops_vc_up"]


def test_a_page_without_any_state_is_another_page() -> None:
    with pytest.raises(ProtocolBroken):
        told()


def target() -> Target:
    """An endpoint."""
    return Target(
        ward="26740", name="vc-a", kind="poly_hdx", role="vc", host="192.0.2.30",
        https=HttpsAccess(auth="env:VC"),
    )  # fmt: skip


class Scripted(FakeHttp):
    """An endpoint that answers everything alike."""

    def __init__(self, answer: HttpAnswer) -> None:
        super().__init__({})
        self.answer = answer

    async def send(self, request: HttpRequest, *, deadline: float) -> HttpAnswer:
        """The one answer."""
        assert deadline
        assert request.url == f"https://192.0.2.30:443{PAGE}"
        self.logins.append(request.user)
        return self.answer


async def ask(http: Scripted) -> Any:
    """Run the probe."""
    nothing: Any = None
    transports = Transports(snmp=nothing, http=http, echo=FakeEcho({}), tcp=FakeTcp({}))
    deadline = asyncio.get_running_loop().time() + 5
    secret = Secret("admin:canary-password")
    return await observe(target(), PROBE, transports, SystemClock(), deadline, lambda _ref: secret)


async def test_it_gets_the_page_with_credentials() -> None:
    http = Scripted(HttpAnswer(200, page(thing("SIP_SERVER", "up")), "text/xml"))
    seen = await ask(http)
    assert (seen.reason, http.logins) == (Reason.OK, ["admin"])
    values = {(s.metric.name, *s.labels): s.value for s in seen.reading.samples}
    assert values == {
        ("wardops_vc_up",): 1, ("wardops_vc_info", "Poly", "", ""): 1,
        ("wardops_vc_registered", "sip"): 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (HttpAnswer(401, b""), Reason.AUTH),
        (HttpAnswer(404, b""), Reason.UNSUPPORTED),
        (HttpAnswer(503, b""), Reason.BUSY),
        (HttpAnswer(200, b"<html></html>", "text/html"), Reason.PROTOCOL),
        (HttpAnswer(200, b"<Status/>", "text/xml"), Reason.PROTOCOL),
        (HttpAnswer(200, b"<A><B>", "text/xml"), Reason.PARSE),
        (HttpAnswer(200, b"", "text/xml"), Reason.PARSE),
        (HttpAnswer(200, b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "text/xml"), Reason.PROTOCOL),
        (HttpAnswer(200, b"<a>" * 90 + b"</a>" * 90, "text/xml"), Reason.LIMIT),
    ],
)
async def test_a_wrong_answer_has_its_reason(answer: HttpAnswer, reason: Reason) -> None:
    seen = await ask(Scripted(answer))
    assert (seen.reason, seen.reading.samples) == (reason, ())


async def test_a_thousand_mutated_pages_are_never_a_bug(hostile: Hostile) -> None:
    damage = hostile.Damage()
    whole = page(thing("SIP_SERVER", "up"), thing("MICROPHONES", "up"), thing("IN_A_CALL", "off"))
    reasons = set()
    for _ in range(1000):
        seen = await ask(Scripted(HttpAnswer(200, damage.of(whole, 0.9), "text/xml")))
        hostile.check_series(seen.reading)
        reasons.add(seen.reason)
    assert Reason.BUG not in reasons
    assert {Reason.OK, Reason.PARSE} <= reasons
