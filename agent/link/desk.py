"""The hub's end: takes the beats of its wards in, and tells each what the hub sees of its services.

Nothing that a ward says is believed of another one, twice, or before it named this life of the hub.
"""

from __future__ import annotations

import logging
import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.link.model import Answer, all_heard, clock_offset_s, heard, said
from agent.link.standing import WardOnLink
from agent.link.telling import RESOLVER_QUESTION, asked_again, from_hub, own_services, questions_of
from agent.verdict.elsewhere import Elsewhere, agreed, remembered
from agent.web.problems import Refusal
from playbooks.verdict.facts import Truth

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agent.engine import Engine
    from agent.link.model import Beat
    from agent.link.tokens import Tokens
    from agent.verdict.elsewhere import Told
    from agent.verdict.sight import Sight
    from agent.ward_case import WardCase
    from probes.clock import Clock

_log = logging.getLogger(__name__)
_BURST = 6.0  # beats that may come at once, after a restart or a cut
_A_SECOND = 0.5  # beats that may come for long: one every ten seconds is usual
_LIVES = 16
_CLOCK_OFF_S = 60.0


@dataclass(slots=True)
class _WardEnd:
    """What the hub keeps of one ward's agent."""

    boot: str = ""
    seq: int = 0
    former: deque[str] = field(default_factory=lambda: deque(maxlen=_LIVES))
    allowed: float = _BURST
    asked_mono: float | None = None
    asks: dict[str, str] = field(default_factory=dict)
    seen: WardOnLink | None = None


class LinkDesk:
    """Takes beats. `wards` says which agents were heard and when."""

    def __init__(self, engine: Engine, tokens: Tokens, clock: Clock) -> None:
        self.session = secrets.token_urlsafe(16)
        self._engine = engine
        self._tokens = tokens
        self._clock = clock
        self._ends = {code: _WardEnd() for code in engine.cases}
        self._questions = {
            code: questions_of(case.watch.targets) for code, case in engine.cases.items()
        }

    @property
    def wards(self) -> Mapping[str, WardOnLink]:
        """The agents that were heard since the hub began, by ward."""
        return {code: end.seen for code, end in self._ends.items() if end.seen is not None}

    def ward_of(self, header: str | None, peer: str) -> str:
        """The ward of a token, before anything else of the request is looked at.

        Raises Refusal (401, 429); each ward may beat so often and no more.
        """
        mono = self._clock.monotonic()
        ward = self._tokens.ward_of(header, peer, self._clock.now(), mono)
        end = self._ends[ward]
        passed = 0.0 if end.asked_mono is None else mono - end.asked_mono
        end.allowed, end.asked_mono = min(_BURST, end.allowed + _A_SECOND * passed), mono
        if end.allowed < 1.0:
            raise Refusal("too_many", "link.too_often", headers={"Retry-After": "10"})
        end.allowed -= 1.0
        return ward

    def take(self, ward: str, beat: Beat) -> Answer:
        """Take one beat in and answer it. Raises Refusal: another ward's (403), a replay (409)."""
        if beat.ward != ward:
            raise Refusal("role_denied", "link.other_ward", ward=beat.ward)
        is_taken = beat.session == self.session
        if is_taken:
            self._number(self._ends[ward], beat)
            self._believe(ward, beat)
        return self._answer(ward, is_taken=is_taken)

    def _number(self, end: _WardEnd, beat: Beat) -> None:
        """Each number of one life counts once; a life that another one followed is over."""
        if beat.boot in end.former or (beat.boot == end.boot and beat.seq <= end.seq):
            raise Refusal("conflict", "link.replayed")
        if beat.boot != end.boot and end.boot:
            end.former.append(end.boot)
        end.boot, end.seq = beat.boot, beat.seq

    def _believe(self, ward: str, beat: Beat) -> None:
        case, end, asked = self._engine.cases[ward], self._ends[ward], self._questions[ward]
        at, mono = self._clock.now(), self._clock.monotonic()
        before = case.watch.elsewhere
        end.asks = {name: one.of for name, one in beat.services.items()}
        told = all_heard(beat.services, mono, asked)
        services = {name: remembered(before.services.get(name), one) for name, one in told.items()}
        resolver = beat.resolver
        if resolver is not None and resolver.of != asked.get(RESOLVER_QUESTION):
            resolver = None
        case.watch.elsewhere = Elsewhere(
            services,
            remembered(before.resolver, heard(resolver, mono)) if resolver else None,
            {name: heard(one, mono) for name, one in beat.line.items()},
            _failures(case.watch.sight(at, mono)),
        )
        self._note(ward, end, beat)
        if _truths(before.services) != _truths(services):
            self._engine.judge_ward(case, at)
        for name in asked_again(case.watch.sight(at, mono), services):
            self._engine.asking.everything(ward, name)

    def _note(self, ward: str, end: _WardEnd, beat: Beat) -> None:
        now = self._clock.now()
        offset_s = clock_offset_s(beat.clock, now)
        was_off = end.seen is not None and abs(end.seen.clock_offset_s) > _CLOCK_OFF_S
        if end.seen is None:
            _log.info("link up ward=%s version=%s", ward, beat.version)
        if abs(offset_s) > _CLOCK_OFF_S and not was_off:
            _log.warning("link clock ward=%s off_s=%.0f", ward, offset_s)
        end.seen = WardOnLink(now, beat.version, offset_s)

    def _answer(self, ward: str, *, is_taken: bool) -> Answer:
        case, asked = self._engine.cases[ward], self._questions[ward]
        at, mono = self._clock.now(), self._clock.monotonic()
        services, resolver = from_hub(case.watch.sight(at, mono))
        for name in asked.keys() - services.keys() - {RESOLVER_QUESTION}:
            others = agreed(self._others(ward, name), mono)
            if others is not None:
                services[name] = others
        return Answer(
            session=self.session,
            is_taken=is_taken,
            clock=at,
            services={name: said(one, mono, asked[name]) for name, one in services.items()},
            resolver=said(resolver, mono, asked[RESOLVER_QUESTION]) if resolver else None,
            group=_group(case),
        )

    def _others(self, ward: str, name: str) -> Iterator[Told]:
        """What the agents of other wards say of the same question."""
        question = self._questions[ward][name]
        for code, case in self._engine.cases.items():
            told = case.watch.elsewhere.services.get(name)
            if code != ward and told is not None and self._ends[code].asks.get(name) == question:
                yield told


def _truths(told: Mapping[str, Told]) -> dict[str, Truth]:
    return {name: one.truth for name, one in told.items()}


def _failures(sight: Sight) -> dict[str, float]:
    """When each service last failed from here: of those that fail now, and as it was known."""
    own = own_services(sight)
    now = {name: one.mono for name, one in own.items() if one.truth is Truth.FALSE}
    return {**sight.elsewhere.failed_here, **now}


def _group(case: WardCase) -> str | None:
    mine = (one for one in case.incidents.values() if one.is_open and one.group)
    return next((one.group for one in mine), None)
