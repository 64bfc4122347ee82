"""`wardops demo`: a simulated ward, the unchanged agent on it, a line that breaks and is mended.

Everything that the demo claims is read back over the agent's own HTTP API; its exit status says
whether polling, metrics, the incident and its closing were really seen there.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
import uuid
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.cli import language_of
from agent.client import Address, AgentClient, AgentRefused, AgentUnreachable
from agent.serve import Options, plan_of, running
from agent.wire import Command
from drills import faults
from drills.messages import messages
from drills.sim import Simulation
from inventory.language import LANGUAGES, say
from probes.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from agent.wire import Incident, Snapshot
    from inventory.language import Language
    from probes.clock import Clock

DEFAULT_LISTEN = "127.0.0.1:9642"
CUT_AT_S = 20.0
MENDED_AT_S = 38.0
MENDED_BEFORE_A_PERSON_AT_S = 200.0  # time to read, take the incident and follow the playbook
UNATTENDED_S = 60.0
LOOK_EVERY_S = 0.5
OPERATOR = "local:demo"
_WARDOPS = "import sys; from agent.cli import main; sys.exit(main())"
FAULT, WHERE = "cable_cut", "ce:wan"
# What was left undone at the ward's machine, long before the demo begins.
LEFT_UNDONE = (
    ("disk_full", {"ratio": 0.885}),
    ("vm_snapshot_full", {"days": 20.0, "count": 1}),
    ("backup_silent_fail", {"days": 3.0}),
)

# The demo's fast profile: the only place that knows it.
PROFILE = """\
schema: wardops/agent/1
timing: {period_s: 5, watch_s: 5, retry_s: 5, recheck_s: 5}
incident: {stable_s: 5}
hints: {traps: "127.0.0.1:0"}
"""

# Families that a scrape of a healthy ward must have.
FAMILIES = (
    "ifHCInOctets", "ifOperStatus", "sysUpTime", "wardops_device_state", "wardops_ward_info",
    "wardops_ward_verdict", "wardops_vc_up", "wardops_vm_memory_available_bytes",
)  # fmt: skip


@dataclass(slots=True)
class Proofs:
    """What was read back over HTTP so far."""

    polled: bool = False
    scraped: bool = False
    incident: str = ""
    gauge: bool = False
    closed: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the proofs that were not seen; empty when the demo held what it promises."""
        return tuple(
            name
            for name, seen in (
                ("polled", self.polled),
                ("scraped", self.scraped),
                ("incident", bool(self.incident)),
                ("gauge", self.gauge),
                ("closed", self.closed),
            )
            if not seen
        )


@dataclass(slots=True)
class Operator:
    """Follows the agent over HTTP, says what changes, acts as a ward's officer would."""

    client: AgentClient
    language: Language
    acts: bool = True  # False: a person sits before the screen and does it
    lines: list[str] = field(default_factory=list)
    proofs: Proofs = field(default_factory=Proofs)
    headline: str = ""
    states: dict[str, str] = field(default_factory=dict)

    def look(self) -> list[str]:
        """One look at the agent; a line for whatever is new. Blocks: it runs in a thread."""
        self.lines = []
        with suppress(AgentUnreachable, AgentRefused):
            self._compare(self.client.snapshot(), self.client.exposition())
        return self.lines

    def _compare(self, snapshot: Snapshot, exposition: str) -> None:
        self._verdict(snapshot)
        ages = [device.data_age_s for device in snapshot.devices]
        self.proofs.polled |= bool(ages) and None not in ages
        self.proofs.scraped |= all(f"\n{family}{{" in exposition for family in FAMILIES)
        self.proofs.gauge |= "\nwardops_incident_open{" in exposition
        for incident in reversed(snapshot.incidents):
            self._follow(incident)

    def _verdict(self, snapshot: Snapshot) -> None:
        if snapshot.verdict is None:
            return
        if not self.headline and snapshot.verdict.state == "unknown":
            return  # the first round of polls is not over
        headline: str = getattr(snapshot.verdict.headline, self.language)
        if headline != self.headline:
            self.headline = headline
            self.lines.append(headline)
            for evidence in snapshot.verdict.evidence:
                self.lines.append("  " + getattr(evidence.text, self.language))

    def _follow(self, incident: Incident) -> None:
        if self.states.get(incident.id) == incident.state:
            return
        self.states[incident.id] = incident.state
        state = say(f"incident.state.{incident.state}", self.language)
        held = sum(child.until is None for child in incident.held)
        key = "demo.incident_holds" if held else "demo.incident"
        self.lines.append(say(key, self.language, id=incident.id, state=state, held=held))
        if incident.root.segment == "metronet":
            self.proofs.incident = incident.id
        if self.acts:
            self._act_on(incident)
        if incident.state == "closed" and incident.id == self.proofs.incident:
            self.proofs.closed = True

    def _act_on(self, incident: Incident) -> None:
        if incident.state == "open":
            self._do("ack", incident, reason=say("demo.ack", self.language))
        elif incident.state == "resolved":
            cause, note = say("demo.cause", self.language), say("demo.note", self.language)
            self._do("close", incident, cause=cause, note=note)

    def _do(self, verb: str, incident: Incident, **args: str) -> None:
        reason = args.pop("reason", None)
        command = Command.model_validate(
            {
                "id": uuid.uuid4(),
                "verb": verb,
                "args": {"incident": incident.id, **args},
                "actor": OPERATOR,
                "reason": reason,
            }
        )
        with suppress(AgentUnreachable, AgentRefused):
            self.client.command(command)


@dataclass(frozen=True, slots=True)
class Play:
    """One demo: where it listens, how long it lasts (None: until interrupted), in which words.

    `on_screen`: a person looks at it in the full screen, which ends it; the story is told after.
    """

    listen: str
    for_s: float | None
    language: Language
    clock: Clock
    on_screen: bool = False

    @property
    def mended_at_s(self) -> float:
        """When the line is mended, seconds after the begin."""
        return MENDED_BEFORE_A_PERSON_AT_S if self.on_screen else MENDED_AT_S


async def play(what: Play, folder: Path) -> Proofs:
    """Run the demo in a folder of its own. Raises InputError when a port is taken."""
    begun = what.clock.monotonic()
    kept: list[str] = []

    def tell(line: str) -> None:
        passed = int(what.clock.monotonic() - begun)
        said = f"{passed // 60:02d}:{passed % 60:02d}  {line}"
        if what.on_screen:
            kept.append(said)
        else:
            click.echo(said)
            sys.stdout.flush()

    inventory, state = folder / "inventory", folder / "state"
    simulation = Simulation(
        wards=1, clock=what.clock, out=inventory, vantage="ward", hypervisor="proxmox"
    )
    async with simulation as world:
        for fault, params in LEFT_UNDONE:
            faults.apply(world.world, fault, params=params)
        (inventory / "agent.yaml").write_text(PROFILE, encoding="utf-8")
        options = Options(inventory, state, what.listen, state / "wardops.sock")
        async with running(plan_of(options), options) as agent:
            tell(say("demo.ready", what.language, url=agent.url))
            tell(say("demo.writing", what.language, state=state))
            tell(say("demo.measuring", what.language))
            address = Address(url=agent.url, token_files=(state / "local.token",))
            with AgentClient(address) as client:
                operator = Operator(client, what.language, acts=not what.on_screen)
                async with _screen(what, state) as closed, messages(world, agent.receivers[0]):
                    await _through(what, world, operator, tell, begun, closed)
                for line in kept:
                    click.echo(line)
                return operator.proofs


@asynccontextmanager
async def _screen(what: Play, state: Path) -> AsyncIterator[asyncio.Event]:
    """The full screen as a child process, when there is to be one; the event: it was closed."""
    closed = asyncio.Event()
    if not what.on_screen:
        yield closed
        return
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _WARDOPS, "tui", "--state", str(state), "--lang", what.language
    )

    async def wait() -> None:
        await child.wait()
        closed.set()

    waiting = asyncio.create_task(wait())
    try:
        yield closed
    finally:
        if child.returncode is None:
            child.terminate()
        await waiting


async def _through(
    what: Play,
    world: Simulation,
    operator: Operator,
    tell: Callable[[str], None],
    begun: float,
    closed: asyncio.Event,
) -> None:
    """Look again and again until the time is over; break and mend the line on the way."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    cut: str | None = None
    mended = False
    while not stop.is_set() and not closed.is_set():
        passed = what.clock.monotonic() - begun
        if what.for_s is not None and passed >= what.for_s:
            return
        if cut is None and passed >= CUT_AT_S:
            cut = world.inject(FAULT, WHERE)
            tell(say("demo.cut", what.language))
        if cut is not None and not mended and passed >= what.mended_at_s:
            world.clear(cut)
            mended = True
            tell(say("demo.mended", what.language))
        for line in await asyncio.to_thread(operator.look):
            tell(line)
        await what.clock.sleep(LOOK_EVERY_S)


@click.command()
@click.option("--for", "for_s", type=click.FloatRange(min=1), metavar="SECONDS")
@click.option("--listen", default=DEFAULT_LISTEN, show_default=True, metavar="HOST:PORT")
@click.option("--lang", type=click.Choice(LANGUAGES))
@click.pass_context
def command(ctx: click.Context, for_s: float | None, listen: str, lang: str | None) -> int:  # noqa: ARG001 - lang is read by language_of
    """A simulated ward, the agent on it, a line that breaks at 20 s and is mended at 38 s.

    Without --for it opens the full screen in a terminal and lasts until that is closed (the line is
    mended at 200 s there); elsewhere it lasts 60 s.
    """
    language = language_of(ctx)
    attended = all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))
    lasts = for_s if for_s is not None else (None if attended else UNATTENDED_S)
    what = Play(listen, lasts, language, SystemClock(), on_screen=attended and for_s is None)
    with tempfile.TemporaryDirectory(prefix="wardops-") as folder:
        proofs = asyncio.run(play(what, Path(folder)))
    if what.on_screen:
        return 0  # a person saw it, for as long as it pleased
    missing = ", ".join(say(f"demo.proof.{name}", language) for name in proofs.missing)
    if missing:
        click.echo(say("demo.failed", language, missing=missing), err=True)
        return 1
    click.echo(say("demo.held", language, id=proofs.incident))
    return 0
