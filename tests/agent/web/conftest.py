"""One ward as its engine would show it, line cut and incident open, and the application over it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from agent.events import EventBus
from agent.exposition.block import Renderer
from agent.exposition.writer import Exposition
from agent.hints.guard import Strangers
from agent.incidents.life import acknowledge, open_from
from agent.incidents.record import HeldChild, Incident
from agent.metrics_catalog import full_catalogue
from agent.paper import Paper
from agent.selfmetrics import SelfMetrics
from agent.service_looks import ServiceLooks
from agent.snmp_reads import SnmpReads
from agent.view import AgentView, DeviceView, IncidentCounts, ProbeRuns, WardView
from agent.web.access import Access, fresh_token
from agent.web.app import build_app
from agent.web.parts import Parts
from agent.wire import Command, CommandResult, Contact, PlaybookBrief, PlaybookRun, RunStep, Text
from inventory.credentials import Secret
from inventory.errors import ActionRefused
from inventory.model import Inventory, Site, Ward
from inventory.units import units
from inventory.values import Words
from playbooks.escalation import load_escalation
from playbooks.load import load_library
from playbooks.verdict.facts import Fact, Facts, Truth
from playbooks.verdict.rootcause import judge
from probes.clock import ManualClock
from probes.model import Identity, Interface, Observation, Reading, Reason, Sample, Target
from probes.services.model import PROBE_SUCCESS
from probes.snmp.ports import IF_HC_IN_OCTETS, IF_OPER_STATUS, SYS_UP_TIME
from probes.target import targets_of

if TYPE_CHECKING:
    from pathlib import Path

    from agent.config import LocalRole
    from agent.meetings.record import MeetingMinute
    from inventory.values import Realm
    from playbooks.verdict.model import Verdict
    from probes.meeting.model import Meeting
    from probes.vc.quality import CallStanding

LIBRARY = load_library()  # once: it takes a while
NOW = datetime(2026, 11, 21, 0, 32, 7, 412000, tzinfo=UTC)
CUT_AT = NOW - timedelta(minutes=12)
MONO = 5000.0
PORT = ("Gi1/0/48", "GigabitEthernet1/0/48", "uplink Metronet")

INVENTORY = {
    "schema": "wardops/inventory/1",
    "ward": "26740",
    "links": [
        {"id": "mtn-26740-1", "carrier": "example-carrier", "circuit": "CHANGE-ME",
         "commit_mbps": 100, "near": "sw-26740-01:Gi1/0/48", "via": "ce-26740"},
    ],
    "devices": [
        {"name": "sw-26740-01", "kind": "cisco_ios", "role": "core", "address": "192.0.2.10",
         "snmp": {"auth": "env:SNMP_26740"}, "uplink": "Gi1/0/48"},
        {"name": "ce-26740", "kind": "generic_router", "role": "ce", "address": "192.0.2.1",
         "behind": "sw-26740-01:Gi1/0/48"},
    ],
    "path": {"gateway": {"address": "198.51.100.1"}},
    "services": [
        {"id": "tthc", "name": {"vi": "Thủ tục hành chính", "en": "Administrative procedures"},
         "url": "https://tthc.example/"},
    ],
}  # fmt: skip


def ward_of(code: str) -> Ward:
    """The sample ward, moved to another code with its devices' names."""
    text = Ward.model_validate(INVENTORY).model_dump_json(by_alias=True)
    return Ward.model_validate_json(text.replace("26740", code))


def targets(ward: Ward, realm: Realm) -> dict[str, Target]:
    """Its targets by name."""
    site = Site(schema="wardops/site/1", realm=realm)
    inventory = Inventory(site=site, wards={ward.ward: ward}, folder=".")
    return {target.name: target for target in targets_of(ward, inventory)}


def cut_verdict() -> Verdict:
    """The real judgement on a cut line: the CE answers, the gateway does not."""
    good = Fact(Truth.TRUE, source="icmp", values={"ms": 0.6, "p": "Gi1/0/48"}, at=NOW)
    bad = Fact(Truth.FALSE, source="icmp", values={"pct": 100, "n": 50, "m": 50}, at=NOW)
    named = dict.fromkeys(("host_link", "sw", "ce", "up_admin", "up_oper", "sw_traffic"), good)
    return judge(Facts({**named, "gw": bad, "pe": Fact(Truth.NA, promised=False)}), "ward")


def observation(
    target: Target, probe: str, reason: Reason = Reason.OK, age_s: float = 3.0, **reading: Any
) -> Observation:
    """A run that ended `age_s` before the picture."""
    return Observation(
        target=target, probe=probe, reason=reason, reading=Reading(**reading),
        started=NOW - timedelta(seconds=age_s), mono=MONO - age_s, took_s=0.012, ttl_s=75.0,
    )  # fmt: skip


def opened(code: str, number: int) -> Incident:
    """The incident of the cut line, acknowledged, with one held child."""
    incident, _ = open_from(
        cut_verdict(), ward=code, uid=f"0192f0c4-0000-7000-8000-{number:012d}", t_started=CUT_AT,
        now=CUT_AT + timedelta(seconds=14), headline=Words(vi="MẤT KẾT NỐI METRONET", en="LOST"),
    )  # fmt: skip
    taken, _ = acknowledge(
        incident, now=NOW - timedelta(minutes=5), actor="local:it", reason="gọi nhà mạng"
    )
    held = (HeldChild(device="tthc", since=CUT_AT, by="gateway"),)
    return taken.model_copy(update={"id": f"SC-2026-{number:06d}", "held": held})


def ward_view(code: str = "26740", realm: Realm = "sim") -> WardView:
    """The ward with its line cut twelve minutes ago."""
    ward = ward_of(code)
    found = targets(ward, realm)
    switch, ce, gateway, service = (
        found[name] for name in (f"sw-{code}-01", f"ce-{code}", "gateway", "tthc")
    )
    port = Interface(
        index=48, name=PORT[0], descr=PORT[1], alias=PORT[2], admin="up", oper="up",
        speed_bps=1_000_000_000,
    )  # fmt: skip
    polled = observation(
        switch, "snmp-interfaces", samples=(Sample(SYS_UP_TIME, 8_640_000),), interfaces=(port,)
    )
    up = CUT_AT - timedelta(days=1)
    devices = (
        DeviceView(switch, "ok", "hard", up, data_age_s=3.0, reachable=True, observations=(polled,),
                   identity=Identity(vendor="cisco", os="ios", device_class="switch",
                                     model="C9200", version="17.3.4"),
                   probes={"snmp-interfaces": ProbeRuns(NOW, {Reason.OK: 40, Reason.TIMEOUT: 1})}),
        DeviceView(ce, "ok", "hard", up, data_age_s=1.5, reachable=True, parents=(switch.name,),
                   observations=(observation(ce, "icmp"),)),
        DeviceView(gateway, "down", data_age_s=720.0, reachable=False, attempt=3,
                   observations=(observation(gateway, "icmp", Reason.TIMEOUT),),
                   since=CUT_AT, state_type="hard"),
    )  # fmt: skip
    services = (
        DeviceView(service, "unreachable", data_age_s=math.inf, held_by="gateway",
                   observations=(observation(service, "http", Reason.TIMEOUT),),
                   since=CUT_AT, state_type="soft"),
    )  # fmt: skip
    counts = IncidentCounts(
        {("technical", "metronet", "S1"): 2, ("technical", "power", "S1"): 1},
        {"power": (1200.0,), "metronet": (400.0,)},
    )
    incidents = (opened(code, int(code)),)
    return WardView(
        ward, units()[code], cut_verdict(), CUT_AT, devices, services, incidents, counts
    )


@dataclass
class Engine:
    """Stands where the real engine does: a view that a test changes, commands that it counts."""

    view: AgentView
    executed: list[tuple[Command, str, str, str]] = field(default_factory=list)
    refuse: Exception | None = None

    def now(self) -> AgentView:
        return self.view

    async def execute(
        self, command: Command, *, actor: str, role: str, source: str
    ) -> CommandResult:
        self.executed.append((command, actor, role, source))
        if self.refuse is not None:
            raise self.refuse
        return CommandResult(id=command.id, accepted=True, result={"verb": command.verb})

    def incident(self, incident_id: str) -> Incident | None:
        return next((one for one in self._all() if one.id == incident_id), None)

    def incidents(
        self, *, ward: str | None, kind: str | None, is_open: bool | None
    ) -> Sequence[Incident]:
        return [
            one
            for one in self._all()
            if ward in {None, one.ward} and kind in {None, one.kind}
            and is_open in {None, one.is_open}
        ]  # fmt: skip

    def _all(self) -> list[Incident]:
        return [incident for ward in self.view.wards for incident in ward.incidents]


def text(vi: str, en: str) -> Text:
    return Text(vi=vi, en=en)


def a_run(number: int, ward: str = "26740", *, is_open: bool = True) -> PlaybookRun:
    """A run that asks a question, or one that is over."""
    step = RunStep(id="leds", kind="ask", title=text("Đèn thế nào?", "What lights?"), number=3)
    return PlaybookRun(
        id=f"20261121T0025{number:02d}Z-{ward}-0a0b", playbook="PB-NET-01", version="1.1.0",
        title=text("Mất kết nối Metronet", "Metronet link down"), ward=ward, realm="sim",
        actor="local:it", started=NOW, state="asking" if is_open else "done",
        ended=None if is_open else NOW, outcome=None if is_open else "restored",
        step=step if is_open else None,
    )  # fmt: skip


@dataclass
class Book:
    """Stands where the agent's runs do: one playbook, one contact, some runs."""

    found: list[PlaybookRun] = field(default_factory=list)

    def add(self, number: int, ward: str = "26740", *, is_open: bool = True) -> str:
        """One more run, older than those there; returns its id."""
        self.found.append(a_run(number, ward, is_open=is_open))
        return self.found[-1].id

    def playbooks(self) -> Sequence[PlaybookBrief]:
        title = text("Mất kết nối Metronet", "Metronet link down")
        return (PlaybookBrief(id="PB-NET-01", version="1.1.0", title=title, minutes=60),)

    def suggested(self, ward: WardView) -> Sequence[PlaybookBrief]:
        named = ward.verdict.playbook if ward.verdict else ""
        return [one for one in self.playbooks() if one.id == named]

    def contacts(self, ward: WardView) -> Sequence[Contact]:
        named = ward.verdict.call if ward.verdict else ()
        return [Contact(role=role, name=text("Trực", "Duty")) for role in named]

    def runs(self, *, ward: str | None, is_open: bool | None) -> Sequence[PlaybookRun]:
        return [
            one
            for one in self.found
            if ward in {None, one.ward} and is_open in {None, one.ended is None}
        ]

    def run(self, run_id: str) -> PlaybookRun | None:
        return next((one for one in self.found if one.id == run_id), None)


@dataclass
class Agent:
    """The application with all that stands behind it."""

    engine: Engine
    book: Book
    parts: Parts
    token: Secret
    clock: ManualClock
    app: Any

    def client(self, *, token: bool = True, peer: str = "127.0.0.1") -> httpx.AsyncClient:
        """A client in the same process; `peer` is the address the request seems to come from."""
        headers = {"Authorization": f"Bearer {self.token.reveal()}"} if token else {}
        transport = httpx.ASGITransport(app=self.app, client=(peer, 40000))
        return httpx.AsyncClient(transport=transport, base_url="http://agent", headers=headers)

    def poll(self, ward: str = "26740") -> None:
        """Put a block of the switch's and the service's samples in, as a poll would."""
        renderer, exposition = self.parts.renderer, self.parts.exposition
        ports = (Sample(IF_HC_IN_OCTETS, 8123, PORT), Sample(IF_OPER_STATUS, 1, PORT))
        samples = (*ports, Sample(SYS_UP_TIME, 8_640_000))
        exposition.put(
            renderer.render_block(ward, f"sw-{ward}-01", "snmp-interfaces", samples, MONO, 75.0)
        )
        good = (Sample(PROBE_SUCCESS, 1, ("tthc", "ward")),)
        exposition.put(renderer.render_block(ward, "tthc", "http", good, MONO - 70, 150.0))


def paper_of(codes: Sequence[str], realm: Realm) -> Paper:
    """What the printed pages of these wards are made from."""
    site = Site(schema="wardops/site/1", realm=realm)
    wards = {code: ward_of(code) for code in codes}
    inventory = Inventory(site=site, wards=wards, folder=".")
    return Paper(LIBRARY, inventory, load_escalation())


def snmp_reads(wards: Sequence[WardView], clock: ManualClock) -> SnmpReads:
    """The devices of these wards; nothing here asks one."""
    found = [one.target for ward in wards for one in ward.targets]
    ways: Any = None
    return SnmpReads(found, ways, clock, lambda _ref: Secret("public"), 30.0)


def service_looks(wards: Sequence[WardView], clock: ManualClock) -> ServiceLooks:
    """The services of these wards; nothing here looks at one."""
    found = [one.target for ward in wards for one in ward.targets]
    ways: Any = None
    return ServiceLooks(found, ways, clock, lambda _ref: Secret("-"))


class NoMeetings:
    """Nothing is booked, nothing runs; implements `agent.view.MeetingBook`."""

    def all(self) -> tuple[Meeting, ...]:
        return ()

    def minutes(self, meeting: str) -> tuple[MeetingMinute, ...]:  # noqa: ARG002
        return ()

    def standing(self, meeting: str) -> CallStanding | None:  # noqa: ARG002
        return None


Build = Callable[..., Agent]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Build an agent: `build(realm="live", codes=("26740", "25747"))`."""

    def _build(
        realm: Realm = "sim",
        codes: tuple[str, ...] = ("26740",),
        local_role: LocalRole = "ward_it",
        **changes: Any,
    ) -> Agent:
        clock = ManualClock(NOW)
        wards = tuple(ward_view(code, realm) for code in codes)
        view = AgentView(
            mono=MONO, now=NOW, realm=realm, vantage="ward", wards=wards, seq=88123,
            version="0.1.0",
        )  # fmt: skip
        engine, book = Engine(replace(view, **changes)), Book()
        catalogue, token = full_catalogue(), fresh_token()
        parts = Parts(
            view=engine.now,
            commands=engine,
            runs=book,
            paper=paper_of(codes, realm),
            bus=EventBus(clock, seq=88123),
            exposition=Exposition(catalogue),
            renderer=Renderer(catalogue, drill=realm == "drill"),
            selfmetrics=SelfMetrics(version="0.1.0", realm=realm, vantage="ward", started=NOW),
            access=Access(token, realm, local_role),
            snmp=snmp_reads(wards, clock),
            looks=service_looks(wards, clock),
            clock=clock,
            advertise="127.0.0.1:9642",
            strangers=Strangers(),
            state=tmp_path,
            meetings=NoMeetings(),
        )
        return Agent(engine, book, parts, token, clock, build_app(parts))

    return _build


@pytest.fixture
def agent(build: Build) -> Agent:
    """The agent of one simulated ward."""
    return build()


@pytest.fixture
def refusal() -> ActionRefused:
    """What an engine says to a command that is not possible now."""
    return ActionRefused("incident.over", id="SC-2026-000001", state="closed")
