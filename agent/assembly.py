"""Builds one agent from an inventory: what it polls, believes, keeps; no socket of its own."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from agent.actions import Actions
from agent.engine import Engine, Outlets
from agent.events import EventBus
from agent.exposition.block import Renderer
from agent.exposition.writer import Exposition
from agent.groups.rules import NOTICED_WITHIN_S
from agent.hints.desk import HintDesk
from agent.hints.patterns import packaged_patterns
from agent.hints.senders import Senders
from agent.hints.v3 import authority
from agent.incidents.intake import intake_of
from agent.incidents.record import Event
from agent.journal.database import damaged_files
from agent.journal.retention import forget_old
from agent.journal.store import open_store
from agent.link.opening import open_client, open_desk, show_link
from agent.loop import Poller
from agent.machines.opening import open_machines
from agent.maintenance.upkeep import Upkeep
from agent.maintenance.windows import Windows
from agent.meetings.calendars import Calendars
from agent.meetings.check import Check
from agent.meetings.scribe import Scribe
from agent.meetings.shelf import Shelf
from agent.meetings.usher import Usher
from agent.meetings.words import PeoplesWord
from agent.metrics_catalog import full_catalogue
from agent.notices.advice import advice_for, waits_for
from agent.notices.desk import Desk
from agent.notices.model import USUAL
from agent.notices.office import Office
from agent.notices.opening import open_channels, open_silences
from agent.paper import Paper
from agent.picture import picture
from agent.plan import jobs_for, opening_of, playbooks_of
from agent.reports.uplinks import week_of
from agent.runs.conductor import Runs
from agent.samples.model import slot_of
from agent.samples.recorder import LOOK_EVERY_S, Recorder
from agent.samples.shelf import open_samples
from agent.schedule import Schedule
from agent.selfmetrics import SelfMetrics
from agent.service_looks import ServiceLooks
from agent.snmp_memory import open_memory
from agent.snmp_reads import SnmpReads
from agent.statefile import every_s, write_state
from agent.supervise import keep_running
from agent.troubles import Hindrances, troubles_of
from agent.ward_case import ward_cases
from agent.web.state import state_of_view
from inventory.credentials import resolve
from inventory.errors import StoreError
from inventory.meetings import read_meetings
from inventory.units import units
from playbooks.escalation import load_escalation
from probes.target import targets_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from agent.journal.store import Store
    from agent.notices.model import Notice
    from agent.notices.wording import Advice
    from agent.plan import Plan
    from agent.schedule import JobKey
    from agent.troubles import Trouble
    from agent.view import AgentView, NotReady
    from agent.wire import Drill
    from inventory.credentials import Secret
    from probes.clock import Clock
    from probes.model import Observation
    from probes.transports.model import Transports

_log = logging.getLogger(__name__)
HOST_LINK_EVERY_S = 5.0
JUDGE_EVERY_S = 1.0
SAVE_RINGS_EVERY = 30  # judgements
FORGET_EVERY_S = 3600.0
SNMP_FRESH_S = 30.0  # what a scraper asks for by module: the rhythm of the switches' own poll
READY_AFTER_S = 120.0
READY_SHARE = 0.8


class Agent:
    """One running agent: poll, judge, and what the outside asks of it."""

    def __init__(
        self, plan: Plan, transports: Transports, clock: Clock, store: Store | None = None
    ) -> None:
        self.plan = plan
        self.clock = clock
        self._transports = transports
        self._started_mono = clock.monotonic()
        self._skipped_told: dict[JobKey, int] = {}
        inventory, config = plan.inventory, plan.config
        targets = {code: targets_of(ward, inventory) for code, ward in inventory.wards.items()}
        every = [target for ward_targets in targets.values() for target in ward_targets]
        self.schedule = Schedule(jobs_for(every, config.timing), self._started_mono)
        self.metrics = SelfMetrics(
            version=version("wardops"),
            realm=inventory.site.realm,
            vantage=inventory.vantage,
            started=clock.now(),
        )
        self.store = store or open_store(plan.state, opening_of(plan, clock))
        self._aside = damaged_files(plan.state)
        self.bus = EventBus(clock, self.store.begin_run())
        catalogue = full_catalogue()
        outlets = Outlets(
            store=self.store,
            bus=self.bus,
            exposition=Exposition(catalogue),
            renderer=Renderer(catalogue, drill=inventory.site.realm == "drill"),
            metrics=self.metrics,
        )
        cases = ward_cases(inventory, targets, config)
        escalation = load_escalation(Path(inventory.folder))
        intake = intake_of(escalation, plan.state)
        self.engine = Engine(cases, outlets, self.schedule, clock, config, intake)
        self._say_put_aside()
        self.engine.restore()
        self._samples = open_samples(plan.state, opening_of(plan, clock))
        journal = self.engine.journal
        self.uplinks = week_of(inventory, self._samples, clock.now().timestamp())
        self.recorder = Recorder(
            cases, self._samples, clock, lambda: not journal.disk_is_low(), self.uplinks.take
        )
        self.history, self.machines = open_machines(
            inventory, self.engine, self._samples.database, clock, lambda: not journal.disk_is_low()
        )
        library = playbooks_of(plan)
        self.runs = Runs(self.engine, inventory, plan.state, clock, library, self.history.trends)
        self.paper = Paper(library, inventory, escalation)
        windows = Windows(self.store, clock.now())
        self.silences = open_silences(
            config.notify, inventory.site.realm, Path(inventory.folder), clock,
            self.store.agent_id, windows.upcoming,
        )  # fmt: skip
        look = self.silences.look if self.silences else lambda: None
        self.upkeep = Upkeep(windows, self.engine, clock, look)
        self.upkeep.turn()
        self.usher = Usher(Shelf(self.store), self.engine, clock)
        self.scribe = Scribe(self.usher.shelf, self.engine, clock)
        self.calendars = Calendars(
            read_meetings(inventory, Path(inventory.folder)), inventory, self.usher.shelf,
            transports.http, clock, self.usher.changed,
        )  # fmt: skip
        self.check = Check(self.engine, self.usher.shelf, PeoplesWord(self.store), clock)
        self.actions = Actions(self.engine, self.runs, self.upkeep, self.usher, self.check, clock)
        self.office = self._open_office()
        self._drill: Drill | None = None
        self.snmp_memory = open_memory(
            transports.lessons, plan.state, clock, every, self.engine.note
        )
        self._poller = Poller(self.schedule, transports, clock, self._secret(), self._take)
        self.snmp_reads = SnmpReads(
            every, transports, clock, self._secret(), config.timing.period_s or SNMP_FRESH_S
        )
        self.service_looks = ServiceLooks(every, transports, clock, self._secret())
        devices = ((code, one) for code, ward in inventory.wards.items() for one in ward.devices)
        self.hints = HintDesk(
            Senders(devices, self._secret()),
            self.engine.take_hint,
            self.metrics.message,
            packaged_patterns(),
            authority(self.store.agent_id, clock.now(), clock.monotonic()),
        )

        self.link = open_client(plan, self.engine, transports.http, clock)
        self.desk = open_desk(plan, self.engine, clock)

    def view(self) -> AgentView:
        """What the agent believes at this moment."""
        seen = picture(
            self.engine,
            now=self.clock.now(),
            mono=self.clock.monotonic(),
            realm=self.plan.inventory.site.realm,
            vantage=self.plan.inventory.vantage,
            not_ready=tuple(self._not_ready()),
            version=version("wardops"),
        )
        windows = self.upkeep.windows
        return replace(
            seen, drill=self._drill,
            windows=windows.upcoming(seen.now), weekly=windows.rules(),
            meetings=self.usher.shelf.upcoming(seen.now), rooms=self.check,
            calendars=self.calendars.states, room_seconds=self.scribe.seconds,
            calls=self.scribe.calls,
            told=self._told(seen), troubles=self._troubles(),
            link=self.link.standing if self.link else None, uplinks=self.uplinks.uses,
            machines=self.machines,
        )  # fmt: skip

    def _say_put_aside(self) -> None:
        """A journal that begins anew begins with the reason."""
        aside = self.store.put_aside
        if aside is not None:
            _log.error("journal damaged, put aside as=%s", aside)
            said = {"file": aside.name}
            self.engine.note(Event("journal.put_aside", self.clock.now(), data=said))

    def _troubles(self) -> tuple[Trouble, ...]:
        journal = self.engine.journal
        return troubles_of(
            Hindrances(
                waiting=journal.waiting if journal.failing else None,
                disk_full=journal.reserve_used,
                lost=journal.lost,
                aside=self._aside,
                floods=self.hints.floods,
                losses=self.hints.losses,
                link=self.link.standing.problem if self.link else None,
            )
        )

    def _told(self, seen: AgentView) -> dict[str, tuple[Notice, ...]]:
        """The notices about what hurts at present; none while the journal cannot be read."""
        open_now = (one for ward in seen.wards for one in ward.open_incidents)
        hurting = (*open_now, *(one for one in seen.common if one.is_open))
        try:
            return {one.uid: self.store.notices.of_subject(one.uid) for one in hurting}
        except StoreError:
            return {}

    def announce_drill(self, drill: Drill | None) -> None:
        """Say on every screen which drill is played here; None when it is over."""
        self._drill = drill
        patch = {"id": drill.id} if drill is not None else {"id": None}
        self.bus.publish("drill", "drill", patch)

    async def run(self) -> None:
        """Poll and judge until cancelled."""
        poller = self._poller
        tasks: dict[str, Callable[[], Awaitable[None]]] = {
            "poll": poller.run,
            "judge": self._judge,
            "host": self._host,
            "state_file": self._write_state,
            "runs": self.runs.work,
            "notices": self.office.run,
            "retention": self._forget_old,
            "samples": self._keep_samples,
            "machines": self.machines.run,
        }
        if self.calendars.states:
            tasks["calendars"] = self.calendars.run
        if self.link is not None:
            tasks["link"] = self.link.run
        if self.silences is not None:
            tasks["silences"] = self.silences.run
        if self.snmp_memory is not None:
            tasks["snmp_memory"] = self.snmp_memory.keep
        async with asyncio.TaskGroup() as group:
            for name, task in tasks.items():
                group.create_task(keep_running(name, task, self.clock, self.metrics.bug))

    def close(self) -> None:
        """Let clients' streams end and close the journal."""
        self.bus.close()
        self.engine.save_rings()
        if self.snmp_memory is not None:
            self.snmp_memory.save()
        self.history.write()
        self.recorder.close()
        self.store.close()

    def _take(self, seen: Observation) -> None:
        if self.snmp_memory:
            self.snmp_memory.take(seen)
        self.engine.take(seen)
        self.recorder.take(seen)
        self.scribe.take(seen)
        self.machines.take(seen)

    def _open_office(self) -> Office:
        """Who is told of what; from here on incidents are written together with their notices."""
        inventory = self.plan.inventory
        realm = inventory.site.realm
        channels = open_channels(
            self.plan.config.notify, realm, Path(inventory.folder), self.plan.state, self.clock
        )
        if channels:
            gather = timedelta(seconds=NOTICED_WITHIN_S if self.engine.neighbourhood else 0)
            rules = replace(USUAL, gather=gather)
            self.store.plan_notices_with(
                Desk(tuple(channels), self._advise, realm, rules, self._waits)
            )
        return Office(
            self.store,
            channels,
            self.clock,
            lambda channel, result: self.metrics.notices.labels(channel, result).inc(),
        )

    def _advise(self, ward: str) -> Advice:
        case = self.engine.cases.get(ward)
        verdict = case.verdict if case else None
        return advice_for(units()[ward], verdict, self.paper.library, self.paper.escalation)

    def _waits(self, ward: str) -> Mapping[str, timedelta]:
        return waits_for(self.paper.escalation, ward)

    async def _forget_old(self) -> None:
        while True:
            await self.clock.sleep(FORGET_EVERY_S)
            self.engine.journal.write(
                lambda: forget_old(self.store, self.clock.now(), self.plan.config.retention)
            )
            kept = self.plan.config.retention
            self.recorder.forget(kept.samples_days)
            self.history.forget()
            ended = self.clock.now() - timedelta(days=kept.events_days)
            self.engine.journal.write(partial(self.usher.shelf.forget, ended))

    async def _keep_samples(self) -> None:
        """Look at how things stand, and write all samples once a slot is over."""
        written = slot_of(self.clock.now().timestamp())
        while True:
            await self.clock.sleep(LOOK_EVERY_S)
            self.recorder.look()
            slot = slot_of(self.clock.now().timestamp())
            if slot != written:
                written = slot
                self.recorder.write()

    def _secret(self) -> Callable[[str], Secret]:
        folder = Path(self.plan.inventory.folder)
        return lambda reference: resolve(reference, folder)

    async def _judge(self) -> None:
        for turn in count():
            before = self.clock.monotonic()
            await self.clock.sleep(JUDGE_EVERY_S)
            self.metrics.loop_lag.observe(max(0.0, self.clock.monotonic() - before - JUDGE_EVERY_S))
            self._count_skipped()
            if self.snmp_memory is not None:
                self.metrics.show_snmp_fallbacks(self.snmp_memory.fallbacks())
            self.upkeep.turn()
            self.usher.turn()
            self.scribe.turn()
            show_link(self.metrics, self.link, self.desk)
            self.uplinks.turn(self.clock.now().timestamp())
            self.hints.look_after(self.clock.monotonic())
            self.engine.judge_share(turn)
            if turn % SAVE_RINGS_EVERY == SAVE_RINGS_EVERY - 1:
                self.engine.save_rings()

    def _count_skipped(self) -> None:
        """Hand the schedule's count of left-out runs on to the exported counter."""
        for key, skipped in self.schedule.skipped.items():
            new = skipped - self._skipped_told.get(key, 0)
            if new > 0:
                self.metrics.polls_skipped.labels(key[2]).inc(new)
                self._skipped_told[key] = skipped

    async def _host(self) -> None:
        while True:
            self.engine.take_host(await self._transports.echo.host_link())
            await self.clock.sleep(HOST_LINK_EVERY_S)

    async def _write_state(self) -> None:
        while True:
            await self.clock.sleep(every_s(len(self.engine.cases)))
            try:
                write_state(self.plan.state, state_of_view(self.view()))
            except StoreError:
                self.metrics.state_write_errors.inc()
            self.engine.journal.keep_reserve()
            self._aside = damaged_files(self.plan.state)

    def _not_ready(self) -> Iterator[NotReady]:
        if self.engine.journal.failing:
            yield "journal_not_writable"
        if self.engine.journal.reserve_used:
            yield "disk_full"
        if self.clock.monotonic() - self._started_mono >= READY_AFTER_S:
            return
        targets = [n for case in self.engine.cases.values() for n in case.watch.targets]
        asked = sum(
            any(True for _ in case.watch.observations(name))
            for case in self.engine.cases.values()
            for name in case.watch.targets
        )
        if asked < READY_SHARE * len(targets):
            yield "starting"
