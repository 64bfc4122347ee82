"""Conducts one run: measures, tells, waits, and takes a person's answers, over its log.

The agent and the command line use the same Conductor. Nothing is done before its record is on disk.
An error that nobody foresaw costs the one step: what was measured is unknown, what was to be told
has an unknown outcome, and it is not tried again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from math import isfinite
from typing import TYPE_CHECKING, Any

from inventory.errors import StoreError
from playbooks import engine, moves
from playbooks.conditions import UNKNOWN, RunFact
from playbooks.errors import LogDamaged
from playbooks.journal import PLAYBOOK, Journal, resume, run_id
from playbooks.load import parse_playbook
from playbooks.picture import known_facts, picture
from playbooks.run import Record, facts_written, fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from playbooks.model import Playbook
    from playbooks.moves import Answer, Event, Filing
    from playbooks.picture import RunState
    from playbooks.run import Run
    from playbooks.seams import Delivery, Seams

_log = logging.getLogger(__name__)


class Conductor:
    """One run under way. Make it with `start` or `resume`, then keep `conduct()` running.

    `answer`, `back`, `skip`, `file`, `escalate`, `abort` and `state` may be called from the same
    event loop at any time; each change is on disk when they return. `on_change` is called after
    every change.
    """

    def __init__(
        self,
        journal: Journal,
        playbook: Playbook,
        run: Run,
        seams: Seams,
        on_change: Callable[[RunState], None] = lambda _state: None,
    ) -> None:
        self.playbook = playbook
        self.run = run
        self._journal = journal
        self._seams = seams
        self._on_change = on_change
        self._stirred = asyncio.Event()
        self._watchers: list[asyncio.Future[None]] = []

    @classmethod
    def start(
        cls,
        runs: Path,
        playbook: Playbook,
        seams: Seams,
        *,
        ward: str,
        realm: str,
        actor: str,
        incident: str | None = None,
        since: datetime | None = None,
        facts: Mapping[str, RunFact] | None = None,
        on_change: Callable[[RunState], None] = lambda _state: None,
    ) -> Conductor:
        """Begin a run in its own folder under `runs`. `facts` are the ward's own (`ward.*`).

        `since` is when the trouble began that it is about; None: as far as is known, now.
        Raises StoreError when nothing can be written.
        """
        now = seams.clock.now()
        name = run_id(now, ward)
        known = {
            **(facts or {}),
            "run.id": RunFact(name, source="run", at=now),
            "run.started": RunFact(now.isoformat(), source="run", at=now),
            "run.since": RunFact((since or now).isoformat(), source="run", at=now),
            "run.incident": RunFact(incident, source="run", at=now),
        }
        data = {
            "run": name,
            "playbook": playbook.id,
            "version": playbook.version,
            "sha256": playbook.sha256,
            "ward": ward,
            "incident": incident,
            "realm": realm,
            "facts": facts_written(known),
            "start": playbook.start,
        }
        first = Record(1, now, "run.started", "", actor, data)
        journal = Journal.create(runs, name, playbook.source)
        journal.append((first,))
        started = cls(journal, playbook, fold((first,)), seams, on_change)
        started._take(moves.Started(now))
        return started

    @classmethod
    def resume(
        cls,
        folder: Path,
        seams: Seams,
        *,
        actor: str = "machine",
        on_change: Callable[[RunState], None] = lambda _state: None,
    ) -> Conductor:
        """Take a run up from its log, with the playbook as it was when the run began.

        Whoever conducted it before is refused from now on. Raises LogDamaged, StoreError,
        PlaybookError when this version cannot read the run's copy of its playbook.
        """
        playbook = playbook_of(folder)
        journal, dropped = Journal.take_over(folder)
        run = resume(folder)
        if run.sha256 != playbook.sha256:
            raise LogDamaged("playbook.copy_changed", run=run.id)
        taken = cls(journal, playbook, run, seams, on_change)
        if dropped:
            at = seams.clock.now()
            taken._write((Record(run.seq + 1, at, "log.torn", "", "machine", {"bytes": dropped}),))
        taken._take(moves.Resumed(seams.clock.now(), actor))
        return taken

    @property
    def is_over(self) -> bool:
        """Whether the run has ended."""
        return self.run.outcome is not None

    def state(self) -> RunState:
        """The run as people see it."""
        return picture(self.run, self.playbook)

    async def changed(self, since: int) -> None:
        """Return when the run's log has records beyond number `since` (`run.seq`)."""
        while self.run.seq <= since:
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._watchers.append(waiting)
            await waiting

    def answer(self, step: str, value: Answer, actor: str) -> RunState:
        """Take a person's answer: an option's key or value, `{item, state}` in a checklist.

        Raises ActionRefused when the run is at another step, or the step does not take it.
        """
        return self._take(moves.Answered(self._now(), step, value, actor))

    def back(self, actor: str) -> RunState:
        """Go back to the step answered last; what was done stays done. Raises ActionRefused."""
        return self._take(moves.WentBack(self._now(), actor))

    def skip(self, step: str, reason: str, actor: str) -> RunState:
        """Leave a step undone that is done by hand or waited for; it goes the way of failing.

        Raises ActionRefused for another step, one that cannot be skipped, or without a reason.
        """
        return self._take(moves.Skipped(self._now(), step, actor, reason))

    def file(self, filing: Filing, actor: str) -> RunState:
        """Add a note or a file's hash to the run. Raises ActionRefused for nothing."""
        return self._take(moves.Filed(self._now(), actor, filing))

    def escalate(self, to: str, text: str, actor: str) -> RunState:
        """Write down that a person hands over to a level or role. Raises ActionRefused."""
        return self._take(moves.Escalated(self._now(), actor, to, text))

    def abort(self, reason: str, actor: str) -> RunState:
        """Give the run up. Raises ActionRefused when it has ended."""
        return self._take(moves.Aborted(self._now(), actor, reason))

    async def conduct(self) -> RunState:
        """Go on until the run has ended; cancel it at any time, the log knows where it was.

        Raises RunTaken when another program took the run, StoreError when the disk refuses.
        """
        while not self.is_over:
            self._stirred.clear()
            wanted = engine.needs(self.run, self.playbook)
            if wanted:
                await self._carry_out(wanted[0])
            else:
                await self._stirred.wait()
        return self.state()

    async def _carry_out(self, effect: moves.Effect) -> None:
        match effect:
            case moves.Measure():
                await self._measure(effect)
            case moves.Deliver():
                await self._deliver(effect)
            case moves.Save():
                self._save(effect)

    async def _measure(self, wish: moves.Measure) -> None:
        """Wait until it is due, unless a person does something first; then measure."""
        if wish.not_before is not None:
            await self._pause((wish.not_before - self._now()).total_seconds())
            if self._stirred.is_set():
                return
        facts = await self._facts(wish)
        self._take(moves.Measured(self._now(), wish.step, wish.visit, facts))

    async def _pause(self, seconds: float) -> None:
        if seconds <= 0:
            return
        sleep = asyncio.ensure_future(self._seams.clock.sleep(seconds))
        stir = asyncio.ensure_future(self._stirred.wait())
        try:
            await asyncio.wait((sleep, stir), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sleep, stir):
                task.cancel()

    async def _facts(self, wish: moves.Measure) -> dict[str, RunFact]:
        reason = "not_measured"
        found: Mapping[str, RunFact] = {}
        try:
            async with asyncio.timeout(wish.budget_s):
                found = await self._seams.prober.facts(wish.names, wish.budget_s)
        except TimeoutError:
            reason = "timeout"
        except Exception:  # noqa: BLE001 - the seam: an unforeseen error leaves facts unknown
            _log.exception("bug run=%s step=%s", self.run.id, wish.step)
            reason = "bug"
        return {name: _sound(found.get(name) or RunFact(reason=reason)) for name in wish.names}

    async def _deliver(self, effect: moves.Deliver) -> None:
        message = effect.message
        began = moves.Began(self._now(), message.key, message.kind, message.text)
        if not self._take_records(began):
            return
        result: str | None = None
        detail = ""
        try:
            delivery: Delivery = await self._seams.notifier.deliver(message)
            result, detail = delivery.state, delivery.detail
        except Exception as error:  # noqa: BLE001 - the seam: nobody knows whether it was told
            _log.exception("bug run=%s step=%s", self.run.id, self.run.step)
            detail = type(error).__name__
        self._take(moves.Finished(self._now(), message.key, result, detail))

    def _save(self, effect: moves.Save) -> None:
        if self.run.act is None:
            self._take(moves.Began(self._now(), effect.key, "evidence"))
        text = json.dumps(self._evidence(effect), ensure_ascii=False, indent=2, sort_keys=True)
        name = f"{effect.step}-{effect.visit}.json"
        self._journal.save(name, text + "\n")
        sha = hashlib.sha256(f"{text}\n".encode()).hexdigest()
        self._take(moves.Finished(self._now(), effect.key, "saved", f"{name} sha256:{sha}"))

    def _evidence(self, effect: moves.Save) -> dict[str, Any]:
        run, parts = self.run, effect.collect
        found: dict[str, Any] = {
            "run": run.id,
            "playbook": run.playbook,
            "ward": run.ward,
            "incident": run.incident,
        }
        if "facts" in parts:
            found["facts"] = facts_written(run.facts)
        if "steps" in parts:
            found["steps"] = [
                {"at": line.at.isoformat(), "step": line.step, "result": line.result,
                 "actor": line.actor, **line.more}
                for line in run.lines
            ]  # fmt: skip
        if "verdict" in parts:
            known = known_facts(run)
            found["verdict"] = {n: v for n, v in known.items() if n.startswith("verdict.")}
        return found

    def _take(self, event: Event) -> RunState:
        self._take_records(event)
        return self.state()

    def _take_records(self, event: Event) -> bool:
        """Write what the event adds; whether it added anything."""
        records, _ = engine.decide_next(self.run, self.playbook, event)
        self._write(records)
        return bool(records)

    def _write(self, records: tuple[Record, ...]) -> None:
        if not records:
            return
        self._journal.append(records)
        self.run = fold(records, self.run)
        self._stirred.set()
        watchers, self._watchers = self._watchers, []
        for waiting in watchers:
            if not waiting.done():
                waiting.set_result(None)
        self._on_change(self.state())

    def _now(self) -> Any:
        return self._seams.clock.now()


def playbook_of(folder: Path, known: Iterable[Playbook] = ()) -> Playbook:
    """The playbook of a run as it was when the run began; one of `known` where it is the same.

    Raises PlaybookError, StoreError.
    """
    path = folder / PLAYBOOK
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise StoreError("playbook.store", path=str(path), cause=error.strerror) from None
    digest = hashlib.sha256(raw).hexdigest()
    same = next((one for one in known if one.sha256 == digest), None)
    return same or parse_playbook(raw, f"{folder.name}/{PLAYBOOK}")


def _sound(fact: RunFact) -> RunFact:
    """A number that is none is unknown; so is what says of itself that it is."""
    if isinstance(fact.value, float) and not isfinite(fact.value):
        return RunFact(reason="parse", source=fact.source, at=fact.at)
    if fact.value == UNKNOWN:
        return RunFact(reason="not_concluded", source=fact.source, at=fact.at)
    return fact
