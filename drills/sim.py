"""`wardops sim`: simulated wards alone, with an inventory that points at them."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack, suppress
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from agent.cli import language_of
from drills import faults
from drills.certificates import issue
from drills.listen import LOOPBACK, Ports, listening
from drills.topology import HYPERVISORS, ROOMS, ward_standard
from drills.world import World
from drills.writing import write_inventory
from inventory.errors import InputError
from inventory.language import LANGUAGES, decimal, say
from inventory.units import units
from probes.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from inventory.language import Language
    from inventory.values import Realm, Vantage
    from probes.clock import Clock

FIRST_WARD = "26740"
DEFAULT_CONTROL = f"{LOOPBACK}:9643"


class Control(NamedTuple):
    """Where the control API listens; port 0 takes any free one."""

    host: str = LOOPBACK
    port: int = 0


class Simulation:
    """A running simulated world with its faces on loopback and its inventory on disk.

    `async with Simulation(wards=1, clock=…, out=…)` listens and writes the inventory; leaving the
    block closes everything but the folder. `vantage` is where the polling agent will stand: in the
    one ward, or in the data centre. Raises InputError when that cannot be.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        out: Path,
        wards: int = 1,
        seed: int = 1,
        vantage: Vantage | None = None,
        control: Control | None = None,
        language: Language = "en",
        realm: Realm = "sim",
        room: str = ROOMS[0],
        hypervisor: str = "",
    ) -> None:
        codes = ward_codes(wards)
        self.vantage: Vantage = vantage or ("ward" if wards == 1 else "hub")
        if self.vantage == "ward" and wards > 1:
            raise InputError("sim.ward_vantage", count=wards)
        self.asker = f"ward:{codes[0]}" if self.vantage == "ward" else "hub"
        self.inventory_dir = out
        self.world = World(ward_standard(codes, room, hypervisor or "proxmox"), seed, clock)
        self.ports = Ports()
        self._control = control
        self._language = language
        self._realm: Realm = realm
        self._hypervisor = bool(hypervisor)
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Simulation:
        by_address = self.world.topology.by_address.values()
        served = [n.address for n in by_address if n.role == "vc" or n.service or n.hypervisor]
        certificate = issue(served, self.world.started_at)
        control = self._control
        self.ports = await self._open.enter_async_context(
            listening(
                self.world,
                self.asker,
                certificate,
                Ports(control=control.port if control else None),
                control_host=control.host if control else LOOPBACK,
                language=self._language,
            )
        )
        try:
            write_inventory(
                self.world,
                self.inventory_dir,
                self.ports,
                self.vantage,
                certificate.authority,
                self._realm,
                hypervisor=self._hypervisor,
            )
        except InputError:
            await self._open.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._open.aclose()

    def inject(self, fault: str, on: str = "", **params: object) -> str:
        """Break something; its id. Raises InputError for what cannot be broken so."""
        return faults.apply(self.world, fault, on, params)

    def clear(self, fault_id: str) -> None:
        """Mend it. Raises InputError for an id that is not in force."""
        faults.clear(self.world, fault_id)


def ward_codes(count: int) -> tuple[str, ...]:
    """The first `count` real ward codes, the best known one first; InputError beyond all."""
    known = units()
    if not 1 <= count <= len(known):
        raise InputError("sim.wards", count=count, most=len(known))
    return (FIRST_WARD, *(code for code in known if code != FIRST_WARD))[:count]


@click.command()
@click.option("--wards", default=1, show_default=True, metavar="N")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR")
@click.option("--control", default=DEFAULT_CONTROL, show_default=True, metavar="HOST:PORT")
@click.option("--seed", default=1, show_default=True)
@click.option("--room", type=click.Choice(ROOMS), default=ROOMS[0], show_default=True)
@click.option(
    "--hypervisor",
    type=click.Choice(tuple(HYPERVISORS)),
    is_flag=False,
    flag_value="proxmox",
    metavar="[KIND]",
)
@click.option("--for", "for_s", type=click.FloatRange(min=0), metavar="SECONDS")
@click.option("--lang", type=click.Choice(LANGUAGES))
@click.pass_context
def command(
    ctx: click.Context,
    wards: int,
    out: Path,
    control: str,
    seed: int,
    room: str,
    hypervisor: str | None,
    for_s: float | None,
    lang: str | None,  # noqa: ARG001 - read by language_of
) -> None:
    """Simulate N wards on loopback and write an inventory that points at them.

    With --hypervisor the first ward's inventory holds the host of its machines too, which is a
    Proxmox or vSphere one.
    Runs until Ctrl-C, SIGTERM or --for. The control API takes GET /world, POST /faults
    {"fault", "on", "params"} and DELETE /faults/ID.
    """
    language = language_of(ctx)
    where = _control(control)
    simulated = partial(
        Simulation, wards=wards, seed=seed, out=out, control=where, language=language, room=room,
        hypervisor=hypervisor or "",
    )  # fmt: skip
    asyncio.run(_run(simulated, where, for_s, language))


def _control(text: str) -> Control:
    host, _, port = text.rpartition(":")
    with suppress(ValueError):
        address = IPv4Address("127.0.0.1" if host == "localhost" else host)
        if address.is_loopback and port.isascii() and port.isdecimal() and int(port) <= 65535:
            return Control(str(address), int(port))
    raise InputError("sim.control", value=text)


async def _run(
    simulated: Callable[..., Simulation],
    control: Control,
    for_s: float | None,
    language: Language,
) -> None:
    clock, loop, stop = SystemClock(), asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    begun = clock.monotonic()
    simulation = simulated(clock=clock)
    async with simulation:
        click.echo(_ready(simulation, clock.monotonic() - begun, language))
        if control.port == 0:  # else nobody would know where it is
            click.echo(f"http://{control.host}:{simulation.ports.control}")
        with suppress(TimeoutError):
            async with asyncio.timeout(for_s):
                await stop.wait()


def _ready(simulation: Simulation, took_s: float, language: Language) -> str:
    topology = simulation.world.topology
    devices = sum(bool(node.ward and node.address) for node in topology.nodes.values())
    wards = len(topology.codes)
    unit = say("sim.unit_one" if wards == 1 else "sim.unit_many", language)
    told = {"devices": devices, "wards": wards, "unit": unit, "took": decimal(took_s, 1, language)}
    return say("sim.ready", language, out=simulation.inventory_dir, **told)
