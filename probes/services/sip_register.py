"""Registers a test account at a SIP registrar and takes the registration back at once.

It proves what OPTIONS cannot: that passwords are checked and right, and that the registrar's store
of addresses works (RFC 3261 section 10). Only the account that the inventory names is used, with a
contact of its own, so that no device's registration is touched.
"""

from __future__ import annotations

import asyncio
import secrets as chance
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.errors import (
    AuthFailed,
    Forbidden,
    NotConfigured,
    ProbeError,
    ProtocolBroken,
    Unsupported,
)
from probes.model import Probe, Reading
from probes.services.model import SIP_REGISTER_CODE
from probes.services.parts import SILENCE, advised, endpoint, sample
from probes.services.sip_digest import Account, Challenge, authorization, challenge_of
from probes.services.sip_message import Request, bracketed, opened, written
from probes.services.sip_talk import Seen, open_talk, refuse_ill, transport_of
from probes.transports.login import login_of

if TYPE_CHECKING:
    from probes.model import ProbeContext, Target
    from probes.services.sip_message import Answer, Dialogue
    from probes.services.sip_talk import Talk

EXPIRES_S = 60
MOST_EXPIRES_S = 3600  # longer than that a canary is not left in a registrar's store
_LEAVE_S = 1.0
_ASKED_FOR_PASSWORD = (401, 407)
_CHALLENGES = 2  # for one request: the first, and one more for a nonce that has grown old
_REFUSALS = 2  # in a row; registrars lock accounts that go on trying
_REST_S = 900.0


@dataclass(frozen=True, slots=True)
class _Patience:
    """How often the account was refused in a row, and until when it is left alone."""

    refused: int = 0
    until: float = 0.0


async def run(target: Target, context: ProbeContext) -> Reading:
    """REGISTER for a minute, with the password when asked for it, and take it back in every path.

    Raises AuthFailed when the password is wrong, Forbidden when the account is locked or unknown,
    ProtocolBroken for 5xx and 6xx, TimedOut for 408 and silence, Unsupported for a server that is
    no registrar or wants another digest, NotConfigured without an account. After two refusals in a
    row nothing is tried for a quarter of an hour.
    """
    now, patience = context.clock.monotonic(), context.memory.kept
    if not isinstance(patience, _Patience):
        patience = _Patience()
    if now < patience.until:
        raise AuthFailed("sip_resting", minutes=round((patience.until - now) / 60) or 1)
    try:
        reading = await _canary(target, context)
    except (AuthFailed, Forbidden):
        refused = patience.refused + 1
        until = now + _REST_S if refused >= _REFUSALS else 0.0
        context.memory.kept = _Patience(refused % _REFUSALS, until)
        raise
    context.memory.kept = None
    return reading


async def _canary(target: Target, context: ProbeContext) -> Reading:
    account = account_of(target, context)
    async with open_talk(target, context, Seen()) as talk:
        visit = _Visit(talk, account, _own_dialogue(talk, account))
        try:
            answer = await visit.come()
        finally:
            if visit.may_be_kept:
                await _leave(visit, context)
    samples = (sample(SIP_REGISTER_CODE, answer.status, target),)
    try:
        _refuse(answer)
    except ProbeError as error:
        raise error.with_samples(samples) from None
    return Reading(samples=samples, method=f"sip {transport_of(target.url or '')}")


def account_of(target: Target, context: ProbeContext) -> Account:
    """The test account of a target; raises NotConfigured without one, InputError for its secret."""
    if target.sip is None or target.sip.auth is None:
        raise NotConfigured("sip_no_account")
    user, password = login_of(context.secret(target.sip.auth))
    if not user.isprintable() or any(one in user for one in ' <>"@;:\\'):
        raise NotConfigured("sip_user")
    host, _port = endpoint(target.url or "")
    return Account(user, password, target.sip.domain or bracketed(host))


def _own_dialogue(talk: Talk, account: Account) -> Dialogue:
    """With a contact that is nobody else's, so that taking it back touches no other."""
    more = "" if talk.transport == "UDP" else f";transport={talk.transport.lower()}"
    contact = f"sip:wardops-{chance.token_hex(4)}@{written(talk.local)}{more}"
    return opened(account.address, account.address, contact)


@dataclass(slots=True)
class _Visit:
    """One account's stay at a registrar; all its requests are one conversation (section 10.2)."""

    talk: Talk
    account: Account
    dialogue: Dialogue
    may_be_kept: bool = False
    _number: int = 0
    _challenge: Challenge | None = None
    _used: int = 0

    async def come(self) -> Answer:
        """Register; for longer when the registrar does not keep anybody for so short."""
        answer = await self._register(EXPIRES_S)
        if answer.status == 423:
            answer = await self._register(_least_s(answer))
        return answer

    async def leave(self) -> Answer:
        """Take the registration back."""
        return await self._register(0)

    async def _register(self, expires_s: int) -> Answer:
        """One REGISTER, and again with the password where the registrar asks for it.

        A nonce that has grown old is no wrong password: its successor is answered as well.
        """
        answered = 0
        while True:
            answer = await self._send(expires_s)
            if answer.status not in _ASKED_FOR_PASSWORD or answered == _CHALLENGES:
                return answer
            challenge = challenge_of(answer)
            if answered and not challenge.stale:
                return answer
            answered += 1
            self._challenge, self._used = challenge, 0

    async def _send(self, expires_s: int) -> Answer:
        self._number += 1
        uri = f"sip:{self.account.domain}"
        more = [("Expires", str(expires_s))]
        if self._challenge is not None:
            self._used += 1
            more.append(
                authorization(
                    self._challenge, self.account, "REGISTER", uri,
                    count=self._used, chance=chance.token_hex(8),
                )
            )  # fmt: skip
        request = Request("REGISTER", uri, self.dialogue, self._number, tuple(more))
        self.may_be_kept = True  # also when its answer is lost
        answer = await self.talk.ask(request)
        is_done = answer.status < 300
        self.may_be_kept = is_done if expires_s else not is_done
        return answer


def _least_s(answer: Answer) -> int:
    """For how long a registrar keeps an account at least (section 20.23)."""
    told = next(iter(answer.every("min-expires")), "")
    if not told.isdecimal() or not 0 < int(told) <= MOST_EXPIRES_S:
        raise Unsupported("sip_min_expires", seconds=told[:10] or "-", limit=MOST_EXPIRES_S)
    return int(told)


async def _leave(visit: _Visit, context: ProbeContext) -> None:
    """Take the registration back within a second; what fails ends by itself after its time."""
    try:
        async with asyncio.timeout(_LEAVE_S):
            answer = await visit.leave()
    except (TimeoutError, OSError, ProbeError):
        context.note("= not unregistered: the registration ends by itself")
        return
    context.note(f"= unregistered: {answer.status}")


def _refuse(answer: Answer) -> None:
    if answer.status in _ASKED_FOR_PASSWORD:
        raise AuthFailed("sip_password")
    if answer.status in (403, 404):
        raise Forbidden("sip_locked", status=answer.status)
    if answer.status in (405, 501):
        raise Unsupported("sip_no_registrar", status=answer.status)
    refuse_ill(answer)
    if answer.status >= 300:
        raise ProtocolBroken("sip_refuses", status=answer.status)


PROBE = Probe(
    name="sip-registration",
    period_s=60,
    timeout_s=10,
    run=advised(run),
    silence=SILENCE,
    metrics=(SIP_REGISTER_CODE,),
    is_proof=False,
    apart_s=30.0,
)
