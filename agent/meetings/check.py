"""Judges meeting rooms by what the agent measured, has them measured now, takes people's word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent import wire
from agent.incidents.verbs import text_of
from agent.meetings.scene import needed, scene_of
from inventory.errors import ActionRefused, InputError
from inventory.meetings import rooms_of
from probes.meeting.readiness import readiness_of
from probes.meeting.readiness_model import BY_PERSON, Confirmed
from probes.meeting.readiness_words import both_of, do_of, name_of, said_of, step_of, why_of
from probes.model import TTL_PERIODS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from agent.engine import Engine
    from agent.meetings.shelf import Shelf
    from agent.meetings.words import PeoplesWord
    from agent.ward_case import WardCase
    from agent.wire import Command
    from inventory.language import Language
    from probes.clock import Clock
    from probes.meeting.model import Meeting
    from probes.meeting.readiness_model import Item, Readiness, Scene

FRESH_S = 2.0  # so long one judgement serves all that ask
BRISK_S = 60.0  # probes at least as frequent are asked at once; tables and walks are not
# The step of the meeting's playbook that asks for the two-way test, and its answers.
_TEST_STEP = ("PB-MTG-01", "t30_far")
_TEST_ANSWERS = {"1": True, "2": False, "3": False}
MAY_CONFIRM = frozenset({"ward_it", "region_dxc", "city_noc"})


class Check:
    """The readiness of every room of one agent; see the module's first line."""

    def __init__(self, engine: Engine, shelf: Shelf, word: PeoplesWord, clock: Clock) -> None:
        self._engine = engine
        self._shelf = shelf
        self._word = word
        self._clock = clock
        self._known: dict[tuple[str, str, str], tuple[float, Readiness]] = {}

    def of(self, meeting: Meeting) -> Readiness | None:
        """The readiness for one meeting; None when its ward is not this agent's."""
        return self.room(meeting.ward, meeting.room, meeting)

    def room(self, ward: str, room: str, meeting: Meeting | None) -> Readiness | None:
        """The readiness of a room, for a meeting if one is given."""
        case, mono = self._engine.cases.get(ward), self._clock.monotonic()
        if case is None:
            return None
        key = (ward, room, meeting.id if meeting else "")
        known = self._known.get(key)
        if known is not None and mono - known[0] < FRESH_S and known[1].meeting == meeting:
            return known[1]
        found = readiness_of(self._scene(case, room, meeting))
        self._known[key] = (mono, found)
        return found

    def pending(self, ward: str, room: str, since: datetime) -> int:
        """How many of the room's targets were not measured since that moment."""
        case = self._engine.cases.get(ward)
        if case is None:
            return 0
        scene = self._scene(case, room, None)
        return sum(_is_older(scene, name, since) for name in needed(scene))

    def measure(self, command: Command) -> dict[str, object]:
        """`meeting_check`: have all that a room needs measured now. Raises ActionRefused.

        By `meeting` (id or code), else by `room`; `ward` where there are several.
        """
        ward, room, meeting = self._asked(command)
        case = self._engine.cases[ward]
        names = needed(self._scene(case, room, meeting))
        probes = sum(self._engine.asking.briskly(ward, name, BRISK_S) for name in names)
        self._known.clear()
        return {
            "ward": ward, "room": room, "meeting": meeting.id if meeting else None,
            "targets": len(names), "probes": probes,
        }  # fmt: skip

    def confirm(self, command: Command, actor: str, role: str) -> dict[str, object]:
        """`meeting_confirm`: `meeting`, `item`, `good` true or false.

        Raises ActionRefused, InputError, StoreError.
        """
        if role not in MAY_CONFIRM:
            raise ActionRefused("meeting.role", role=role)
        meeting = self._shelf.find(text_of(command, "meeting"))
        item, good = text_of(command, "item"), command.args.get("good")
        name = next((one for one in BY_PERSON if one == item), None)
        if name is None:
            raise ActionRefused(
                "meeting_check.not_confirmed", item=item[:40], items=", ".join(BY_PERSON)
            )
        if not isinstance(good, bool):
            raise InputError("api.missing_argument", verb=command.verb, name="good")
        self._word.forget([one.id for one in self._shelf.all()])
        self._word.say(meeting, name, Confirmed(good, self._clock.now(), actor))
        self._known.clear()
        patch = {"code": meeting.code, "room": meeting.room, "item": name, "good": good}
        bus = self._engine.outlets.bus
        bus.publish("meeting", f"meetings/{meeting.id}", patch, ward=meeting.ward)
        return {"meeting": meeting.id, "code": meeting.code, "item": name, "good": good}

    def take_answer(
        self, playbook: str, ward: str, step: str, answer: str | dict[str, str], actor: str
    ) -> None:
        """What a run's two-way test came to is the people's word on the ward's next meeting.

        Not sure is no word. A word that cannot be kept stops no run: it is asked for again.
        """
        good = _TEST_ANSWERS.get(answer) if isinstance(answer, str) else None
        if (playbook, step) != _TEST_STEP or good is None:
            return
        at = self._clock.now()
        booked = [one for one in self._shelf.upcoming(at) if one.ward == ward and one.end > at]
        if booked:
            word = Confirmed(good, at, actor)
            self._engine.journal.write(lambda: self._word.say(booked[0], "two_way", word))
            self._known.clear()

    def _asked(self, command: Command) -> tuple[str, str, Meeting | None]:
        args, cases = command.args, self._engine.cases
        if args.get("meeting") is not None:
            found = self._shelf.find(text_of(command, "meeting"))
            if found.ward not in cases:
                raise ActionRefused("run.no_ward", ward=found.ward)
            return found.ward, found.room, found
        room, ward = text_of(command, "room"), args.get("ward")
        if ward is None and len(cases) == 1:
            ward = next(iter(cases))
        if ward not in cases:
            raise ActionRefused("run.no_ward", ward=str(ward)[:20])
        rooms = rooms_of(cases[str(ward)].watch.ward)
        if room not in rooms:
            known = ", ".join(rooms) or "-"
            raise ActionRefused("meeting.no_such_room", room=room[:60], rooms=known)
        return str(ward), room, self._shelf.next_of(str(ward), room, self._clock.now())

    def _scene(self, case: WardCase, room: str, meeting: Meeting | None) -> Scene:
        word = self._word.of(meeting) if meeting is not None else {}
        return scene_of(case, room, meeting, word, self._clock.now(), self._clock.monotonic())


def _is_older(scene: Scene, name: str, since: datetime) -> bool:
    """Whether one of its frequent probes is yet to run; a rare one is not waited for."""
    seen = scene.seen.get(name, ())
    brisk = [one for one in seen if one.ttl_s <= TTL_PERIODS * BRISK_S]
    return not seen or any(one.started < since for one in brisk)


def shown(found: Readiness, ward: str, pending: int = 0) -> wire.Readiness:
    """Readiness as the API sends it."""
    return wire.Readiness(
        room=found.room,
        ward=ward,
        meeting=found.meeting.id if found.meeting else None,
        ratio=found.ratio,
        state=found.state,
        guilty=found.guilty,
        side=found.side,
        text=_text(lambda tongue: why_of(found, tongue)) if found.guilty else None,
        step=_step(found),
        items=tuple(_item(one) for one in found.items),
        pending=pending,
    )


def _text(words: Callable[[Language], str]) -> wire.Text:
    return wire.Text(**both_of(words))


def _step(found: Readiness) -> wire.NextStep | None:
    if found.step is None:
        return None
    text = _text(lambda tongue: step_of(found, tongue))
    return wire.NextStep(id=found.step, text=text, playbook=found.playbook)


def _item(item: Item) -> wire.ReadinessItem:
    return wire.ReadinessItem(
        id=item.name,
        by=item.by,
        state=item.state,
        name=_text(lambda tongue: name_of(item.name, tongue)),
        text=_text(lambda tongue: said_of(item, tongue)),
        side=item.side,
        do=_text(lambda tongue: do_of(item, tongue)) if item.step else None,
        because=item.because,
        required=item.is_required,
        as_of=item.at,
        age_s=None if item.age_s is None else round(item.age_s, 1),
    )
