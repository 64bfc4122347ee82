"""net-snmp's own tools, which share no code with us, read the same world from every device."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

import pytest

from drills.mib.index import index_of, shape_of
from drills.mib.look import Look
from drills.sim import Simulation
from probes.clock import SystemClock
from probes.snmp import ber

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(shutil.which("snmpbulkwalk") is None, reason="net-snmp is not installed"),
]

_MOVING = ("Counter32", "Counter64", "Timeticks")
_TYPES = {
    ber.INTEGER: "INTEGER",
    ber.OCTET_STRING: "STRING",
    ber.OID: "OID",
    ber.GAUGE32: "Gauge32",
    ber.COUNTER32: "Counter32",
    ber.COUNTER64: "Counter64",
    ber.TIMETICKS: "Timeticks",
}


async def _run(*words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    return output.decode("utf-8", "replace")


def _peer(simulation: Simulation, address: str, *, community: str = "") -> tuple[str, ...]:
    known = community or simulation.world.community
    where = f"{address}:{simulation.ports.snmp}"
    # -m "" without MIB files, -On numbers, -Oe enumerations as numbers, -Ot ticks as numbers
    return ("-v2c", "-c", known, "-m", "", "-On", "-Oe", "-Ot", "-Ox", "-r0", "-t1", where)


async def test_a_bulk_walk_of_every_device_shows_every_object_of_the_world(tmp_path: Path) -> None:
    async with Simulation(clock=SystemClock(), out=tmp_path) as simulation:
        world = simulation.world
        for node in world.topology.nodes.values():
            if not node.sys_object_id:
                continue
            output = await _run("snmpbulkwalk", *_peer(simulation, node.address), ".1")
            lines = _lines(output)
            index = index_of(shape_of(Look.at(world, node, world.time())))
            assert [line.split(" = ")[0].lstrip(".") for line in lines] == [
                ber.oid_text(oid) for oid in index.oids
            ]
            look = Look.at(world, node, world.time())
            for line, cell in zip(lines, index.cells, strict=True):
                _same(line.split(" = ", 1)[1], cell.tag, cell.read(look, cell.row))


def _lines(output: str) -> list[str]:
    """One line an instance: long hexadecimal texts are broken over several."""
    lines: list[str] = []
    for line in output.splitlines():
        if line.startswith(".1."):
            lines.append(line)
        else:
            lines[-1] += line
    return [line for line in lines if "No more variables" not in line]


def _same(told: str, tag: int, value: int | bytes) -> None:
    """What net-snmp printed is the type and, unless it moves, the value that the world has."""
    if tag == ber.OCTET_STRING:
        assert isinstance(value, bytes)
        shown = told.partition(": ")[2] if ": " in told else ""
        assert bytes.fromhex(shown.replace('"', "")) == value
    elif tag == ber.OID:
        assert isinstance(value, bytes)
        assert told == f"OID: .{ber.oid_text(value)}"
    elif tag == ber.TIMETICKS:
        assert told.isdecimal()  # -Ot prints bare ticks
    else:
        kind, _, number = told.partition(": ")
        assert kind == _TYPES[tag]
        assert isinstance(value, int)
        assert int(number) <= value if kind in _MOVING else int(number) == value


async def test_a_get_shows_a_fault_and_its_mending(tmp_path: Path) -> None:
    async with Simulation(clock=SystemClock(), out=tmp_path) as simulation:
        oper = (*_peer(simulation, "127.16.0.1"), ".1.3.6.1.2.1.2.2.1.8.2")
        assert "INTEGER: 1" in await _run("snmpget", *oper)
        cut = simulation.inject("cable_cut", "ce:wan")
        assert "INTEGER: 2" in await _run("snmpget", *oper)
        simulation.clear(cut)
        assert "INTEGER: 1" in await _run("snmpget", *oper)


async def test_a_wrong_community_and_a_dark_device_are_both_silence(tmp_path: Path) -> None:
    async with Simulation(clock=SystemClock(), out=tmp_path) as simulation:
        name = ".1.3.6.1.2.1.1.5.0"
        wrong = _peer(simulation, "127.16.0.1", community="public")
        assert "No Response" in await _run("snmpget", *wrong, name)
        simulation.inject("power_off", "ce")
        assert "No Response" in await _run("snmpget", *_peer(simulation, "127.16.0.1"), name)
