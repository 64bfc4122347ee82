"""The ward's end: calls the hub, tells what it sees, takes in what the hub sees. Never listens.

A link that is cut costs nothing but what came over it: that becomes unknown as it gets old. It is
tried again without a word; only what a person must mend is said.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from agent.link.model import BEAT_PATH, LARGEST, Answer, Beat, Judged, all_heard, heard, said
from agent.link.standing import LinkStanding, pause_s
from agent.link.telling import (
    RESOLVER_QUESTION,
    asked_again,
    from_ward,
    line_seen,
    questions_of,
    resolver_told,
)
from agent.verdict.elsewhere import Elsewhere, remembered
from agent.verdict.facts import facts_of
from inventory.credentials import resolve
from inventory.errors import InputError
from probes.errors import ProbeError, TlsExpired, TlsUntrusted, TlsWrongName
from probes.transports.model import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from agent.engine import Engine
    from agent.link.settings import HubSettings
    from agent.troubles import TroubleCode
    from agent.verdict.elsewhere import Told
    from agent.ward_case import WardCase
    from inventory.credentials import Secret
    from probes.clock import Clock
    from probes.transports.model import HttpAnswer, HttpClient

_log = logging.getLogger(__name__)
_PATIENCE_S = 8.0
_OK = 200
_NEXT_S = 0.2  # after the first answer of a hub, whose name the next beat needs
# What a person must mend, by the hub's answer; everything else is tried again without a word.
_REFUSED: Mapping[int, TroubleCode] = MappingProxyType(
    {401: "link_token", 403: "link_ward", 409: "link_twice"}
)
_TLS = (TlsExpired, TlsUntrusted, TlsWrongName)


@dataclass(frozen=True, slots=True)
class HubAddress:
    """Where the hub answers, whom to trust there, and the token as it is at that moment."""

    url: str
    token: Callable[[], Secret]
    ca: str | None = None
    pin: str | None = None


def hub_address(hub: HubSettings, folder: Path) -> HubAddress:
    """The settings as an address. Raises InputError when token or CA file are not there."""
    ca = folder / hub.ca if hub.ca is not None else None
    if ca is not None and not ca.is_file():
        raise InputError("link.no_ca", path=ca)
    token = partial(resolve, hub.token, folder)
    token()
    return HubAddress(hub.url.rstrip("/"), token, str(ca) if ca else None, hub.pin)


class LinkClient:
    """One ward's link to its hub. `standing` says how it stands."""

    def __init__(
        self,
        hub: HubAddress,
        engine: Engine,
        case: WardCase,
        http: HttpClient,
        clock: Clock,
        chance: Callable[[], float],
        version: str,
    ) -> None:
        self.standing = LinkStanding()
        self._hub = hub
        self._engine = engine
        self._case = case
        self._http = http
        self._clock = clock
        self._chance = chance
        self._version = version
        self._boot = secrets.token_urlsafe(16)
        self._seq = 0
        self._session = ""
        self._failures = 0
        self._questions = questions_of(case.watch.targets)

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            is_unknown = await self._call()
            usual_s = pause_s(self._failures, self._chance())
            await self._clock.sleep(_NEXT_S if is_unknown else usual_s)

    async def _call(self) -> bool:
        """One beat: whether the hub answered, but did not know this life of the agent yet."""
        asked_mono = self._clock.monotonic()
        try:
            body = self._beat().model_dump_json().encode()
            answer = await self._http.send(self._request(body), deadline=asked_mono + _PATIENCE_S)
            found = _read(answer)
        except InputError as error:
            self._failed("link_secret", str(error))
        except _TLS as error:
            self._failed("link_tls", str(error.reason))
        except ProbeError as error:
            self._failed(None, str(error.reason))
        else:
            if isinstance(found, Answer):
                self._take(found, asked_mono)
                return not found.is_taken
            self._failed(_REFUSED.get(found), f"HTTP {found}")
        return False

    def _request(self, body: bytes) -> HttpRequest:
        headers = (
            ("Authorization", f"Bearer {self._hub.token().reveal()}"),
            ("Content-Type", "application/json"),
        )
        return HttpRequest(
            f"{self._hub.url}{BEAT_PATH}", "POST", body, headers,
            ca=self._hub.ca, pin=self._hub.pin, max_bytes=LARGEST, repeatable=False,
        )  # fmt: skip

    def _beat(self) -> Beat:
        """Everything that this agent stands behind at this moment."""
        at, mono = self._clock.now(), self._clock.monotonic()
        self._seq += 1
        sight = self._case.watch.sight(at, mono)
        facts, asked = facts_of(sight), self._questions
        services = from_ward(sight, facts)
        resolver = resolver_told(sight, facts)
        return Beat(
            ward=self._case.watch.ward.ward,
            boot=self._boot,
            seq=self._seq,
            session=self._session,
            clock=at,
            version=self._version,
            verdict=_judged(self._case),
            services={name: said(one, mono, asked[name]) for name, one in services.items()},
            resolver=said(resolver, mono, asked[RESOLVER_QUESTION]) if resolver else None,
            line=line_seen(sight, facts),
        )

    def _take(self, answer: Answer, asked_mono: float) -> None:
        watch, before = self._case.watch, self._case.watch.elsewhere
        told = all_heard(answer.services, asked_mono, self._questions)
        services = {name: remembered(before.services.get(name), one) for name, one in told.items()}
        watch.elsewhere = Elsewhere(services, self._resolver(answer, asked_mono))
        self._session = answer.session
        self._failures = 0
        self._stand(LinkStanding("linked", group=answer.group))
        sight = watch.sight(self._clock.now(), self._clock.monotonic())
        for name in asked_again(sight, services):
            self._engine.asking.everything(watch.ward.ward, name)

    def _resolver(self, answer: Answer, mono: float) -> Told | None:
        seen, before = answer.resolver, self._case.watch.elsewhere.resolver
        if seen is None or seen.of != self._questions.get(RESOLVER_QUESTION):
            return None
        return remembered(before, heard(seen, mono))

    def _failed(self, problem: TroubleCode | None, why: str) -> None:
        """Refused when a person must mend it, else cut: then it is tried again without a word."""
        self._failures += 1
        state: Literal["cut", "refused"] = "cut" if problem is None else "refused"
        self._stand(LinkStanding(state, None, problem, self.standing.group), why)

    def _stand(self, after: LinkStanding, why: str = "-") -> None:
        """Say a change once, not every beat."""
        before = self.standing
        is_same = (before.state, before.problem) == (after.state, after.problem)
        self.standing = replace(after, since=before.since if is_same else self._clock.now())
        if not is_same:
            level = logging.WARNING if after.state == "refused" else logging.INFO
            _log.log(level, "link %s hub=%s why=%s", after.state, self._hub.url, why)


def _judged(case: WardCase) -> Judged:
    shown = case.settled.shown
    if shown is None:
        return Judged()
    return Judged(
        state=shown.state, segment=shown.segment, part=shown.part, confidence=shown.confidence
    )


def _read(answer: HttpAnswer) -> Answer | int:
    """What the hub says; the status of an answer that says nothing."""
    if answer.status != _OK:
        return answer.status
    try:
        return Answer.model_validate_json(answer.body)
    except ValidationError:
        return answer.status
