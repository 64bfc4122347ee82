"""The agent as a process: reads its files, opens its sockets, runs until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from agent.assembly import Agent
from agent.collector import spare_what_stays
from agent.hints.receiver import Receiver
from agent.hints.stream import StreamReceiver
from agent.journal.database import make_folder
from agent.journal.store import open_store
from agent.link.door import build_link_app
from agent.link.settings import refuse_misplaced
from agent.plan import Plan, opening_of
from agent.settings import read_settings
from agent.web.access import Access, fresh_token, write_local_token
from agent.web.app import build_app
from agent.web.doorway import Doorway
from agent.web.parts import Parts
from agent.web.server import Tls, WebServer
from inventory.load import load
from probes.clock import SystemClock
from probes.registry import kinds
from probes.tasks import end
from probes.transports.open import open_transports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from inventory.credentials import Secret
    from inventory.values import Vantage


DEFAULT_LISTEN = "127.0.0.1:9642"


@dataclass(frozen=True, slots=True)
class Options:
    """The command line of `wardops agent` as values."""

    inventory: Path
    state: Path
    listen: str = DEFAULT_LISTEN
    socket: Path | None = None
    vantage: Vantage | None = None


def plan_of(options: Options) -> Plan:
    """Read inventory and settings. Raises InventoryError or InputError; nothing is started."""
    inventory = load(options.inventory, kinds())
    if options.vantage is not None:
        site = inventory.site.model_copy(update={"vantage": options.vantage})
        inventory = inventory.model_copy(update={"site": site})
    folder = Path(inventory.folder)
    config = read_settings(folder)
    refuse_misplaced(folder, config, inventory)
    return Plan(inventory, config, options.state)


@dataclass(frozen=True, slots=True)
class Running:
    """An agent at work, where its HTTP side answers, and the sockets that take messages."""

    agent: Agent
    url: str
    receivers: tuple[Receiver | StreamReceiver, ...] = ()
    link_url: str | None = None


_log = logging.getLogger(__name__)


async def serve(plan: Plan, options: Options) -> None:
    """Run an agent with its HTTP server until SIGINT or SIGTERM.

    Raises InputError when the address is taken or the journal is newer than the program.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running(plan, options) as at_work:
        spare_what_stays()
        _log.info(
            "agent started wards=%d targets=%d vantage=%s url=%s state=%s",
            len(plan.inventory.wards),
            sum(len(case.watch.targets) for case in at_work.agent.engine.cases.values()),
            plan.inventory.vantage,
            at_work.url,
            options.state,
        )
        await stop.wait()
        _log.info("agent stopped")


@asynccontextmanager
async def running(plan: Plan, options: Options) -> AsyncIterator[Running]:
    """An agent at work inside the block: polling, judging, answering HTTP."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        transports = await stack.enter_async_context(open_transports(plan.inventory, clock))
        door, http = Doorway(), plan.config.http
        make_folder(options.state)
        server = WebServer(
            door,
            options.listen,
            options.socket,
            door.end_streams,
            allow_plaintext=http.allow_plaintext,
        )
        stack.push_async_callback(server.stop)
        await server.start()
        # In a thread: to check a large journal takes seconds, in which scrapes are answered.
        store = await asyncio.to_thread(open_store, plan.state, opening_of(plan, clock))
        agent = Agent(plan, transports, clock, store)
        stack.callback(agent.close)
        stack.push_async_callback(agent.office.close)
        if agent.silences is not None:
            stack.push_async_callback(agent.silences.close)
        stack.push_async_callback(agent.snmp_reads.close)
        stack.push_async_callback(agent.service_looks.close)
        token = fresh_token()
        # After the bind: an agent that may not start must not take away the running one's token.
        write_local_token(options.state, token)
        for what in insecure_parts(plan):
            agent.metrics.insecure.labels(what).set(1)
        receivers = []
        for receiver in receivers_of(agent):
            stack.callback(receiver.close)
            receivers.append(receiver)
        parts = parts_of(agent, token, http.advertise or options.listen)
        door.open(build_app(parts), agent.bus.close)
        stack.push_async_callback(server.stop)  # before anything that its answers need is closed
        link = await _open_link(agent, stack)
        work = asyncio.create_task(agent.run(), name="agent")
        stack.push_async_callback(end, work)
        yield Running(agent, server.url, tuple(receivers), link)


async def _open_link(agent: Agent, stack: AsyncExitStack) -> str | None:
    """Hub: answer the wards' agents over TLS, where the settings say so; returns where."""
    settings, folder = agent.plan.config.link, Path(agent.plan.inventory.folder)
    if settings is None or agent.desk is None:
        return None
    tls = Tls(folder / settings.cert, folder / settings.key)
    server = WebServer(build_link_app(agent.desk), settings.listen, None, tls=tls)
    stack.push_async_callback(server.stop)
    await server.start()
    _log.info("link open at=%s", server.url)
    return server.url


def insecure_parts(plan: Plan) -> Iterator[str]:
    """The protections that the settings and the inventory switch off, as the metric names them."""
    if plan.config.http.allow_plaintext:
        yield "plaintext_http"
    accesses = (device.https for ward in plan.inventory.wards.values() for device in ward.devices)
    if any(access.insecure for access in accesses if access is not None):
        yield "device_tls"


def receivers_of(agent: Agent) -> Iterator[Receiver | StreamReceiver]:
    """The open sockets for traps and syslog that the settings ask for; InputError when one fails.

    Their addresses are log lines.
    """
    settings, desk = agent.plan.config.hints, agent.hints
    lost = partial(partial, desk.lost)
    asked: tuple[tuple[str, str | None, Callable[[str], Receiver | StreamReceiver]], ...] = (
        ("traps", settings.traps, lambda listen: Receiver(listen, desk.trap, lost("trap"))),
        ("syslog", settings.syslog, lambda listen: Receiver(listen, desk.syslog, lost("syslog"))),
        ("syslog_tcp", settings.syslog_tcp, lambda listen: StreamReceiver(listen, desk)),
    )
    for name, listen, opened in asked:
        if listen is not None:
            receiver = opened(listen)
            _log.info("receiver open what=%s at=%s", name, receiver.address)
            yield receiver


def parts_of(agent: Agent, token: Secret, advertise: str) -> Parts:
    """What the web side is given of an agent."""
    outlets = agent.engine.outlets
    return Parts(
        view=agent.view,
        commands=agent.actions,
        runs=agent.runs,
        paper=agent.paper,
        bus=agent.bus,
        exposition=outlets.exposition,
        renderer=outlets.renderer,
        selfmetrics=agent.metrics,
        snmp=agent.snmp_reads,
        looks=agent.service_looks,
        access=Access(token, agent.plan.inventory.site.realm, agent.plan.config.http.local_role),
        clock=agent.clock,
        advertise=advertise,
        strangers=agent.hints.strangers,
        state=agent.plan.state,
        meetings=agent.scribe,
    )
