"""Random walks of a real snmpd and of the simulated switch: we, pysnmp, snmpbulkwalk agree.

20 walks of each, 200 with WARDOPS_SOAK=1.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from drills.faces import snmp
from drills.topology import ward_standard
from drills.world import World
from inventory.credentials import Secret
from probes.clock import ManualClock
from probes.snmp import ber
from probes.snmp.engine_fast import FastEngine, UdpDatagrams
from probes.snmp.engine_pysnmp import PysnmpEngine
from probes.snmp.types import SnmpTarget

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from probes.snmp.types import SnmpClient, Varbind

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(1800)]

WALKS = 200 if os.environ.get("WARDOPS_SOAK") == "1" else 20
ROOTS = ("1.3.6.1.2.1.1", "1.3.6.1.2.1.2", "1.3.6.1.2.1.31", "1.3.6.1.2.1.4.20", "1.3.6.1.2.1.25.2")
TYPES = {
    ber.INTEGER: "INTEGER", ber.OCTET_STRING: "Hex-STRING", ber.OID: "OID",
    ber.IPADDRESS: "IpAddress", ber.COUNTER32: "Counter32", ber.GAUGE32: "Gauge32",
    ber.TIMETICKS: "Timeticks", ber.COUNTER64: "Counter64",
}  # fmt: skip
_LEAST_ARCS = 10  # a column: whole tables change meanwhile, and take pysnmp long
MOVING = frozenset({ber.COUNTER32, ber.COUNTER64, ber.TIMETICKS, ber.GAUGE32})
MOVING_COLUMNS = ("1.3.6.1.2.1.25.2.3.1.5.", "1.3.6.1.2.1.25.2.3.1.6.")  # hrStorageSize, -Used


def free_port() -> int:
    """A UDP port of loopback that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def snmpd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnmpTarget]:
    """Debian's snmpd, as a target."""
    binary = shutil.which("snmpd") or shutil.which("snmpd", path="/usr/sbin")
    if binary is None or shutil.which("snmpbulkwalk") is None:
        pytest.skip("no snmpd or snmpbulkwalk on this machine (apt-get install snmpd snmp)")
    folder: Path = tmp_path_factory.mktemp("snmpd")
    (folder / "snmpd.conf").write_text("rocommunity lab-only 127.0.0.1\nsysName lab\n")
    target = SnmpTarget("127.0.0.1", free_port(), community=Secret("lab-only"))
    command = [
        binary, "-C", "-c", str(folder / "snmpd.conf"), "-f", "-Lo", "-p", str(folder / "pid"),
        f"udp:127.0.0.1:{target.port}",
    ]  # fmt: skip
    environment = {**os.environ, "SNMP_PERSISTENT_DIR": str(folder), "MIBS": ""}
    with (folder / "log").open("wb") as log:
        daemon = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    with daemon:
        for _ in range(40):
            if _walked(target, "1.3.6.1.2.1.1.5", "-r0", "-t0.5"):
                break
        else:
            pytest.fail("snmpd does not answer")
        yield target
        daemon.terminate()


class Switch(asyncio.DatagramProtocol):
    """The simulated ward's core switch behind a real socket; its world stands still."""

    def __init__(self) -> None:
        self.world = World(ward_standard(("26740",)), 1, ManualClock())
        nodes = self.world.topology.by_address.values()
        self.node = next(node for node in nodes if node.role == "core")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = snmp.respond(self.world, "hub", self.node, data, self.world.time())
        if answer is not None:
            self.transport.sendto(answer, addr)


@pytest.fixture
async def switch() -> AsyncIterator[SnmpTarget]:
    """The simulated switch, as a target."""
    loop = asyncio.get_running_loop()
    transport, face = await loop.create_datagram_endpoint(Switch, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    yield SnmpTarget("127.0.0.1", port, community=Secret(face.world.community))
    transport.close()


def _walked(target: SnmpTarget, root: str, *options: str) -> list[tuple[str, str, str]]:
    """OID, type and value of what snmpbulkwalk prints, octet strings in hexadecimal."""
    community = target.community.reveal() if target.community else ""
    command = (
        "snmpbulkwalk", "-v2c", "-c", community, "-Cr25", "-On", "-Oe", "-Ot", "-Ox", "-OU",
        *options, f"127.0.0.1:{target.port}", root,
    )  # fmt: skip
    environment = {**os.environ, "MIBS": ""}
    told = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    lines: list[str] = []
    for line in told.stdout.splitlines():  # a long string goes on in the next line
        if line.startswith(".") and " = " in line:
            lines.append(line)
        elif lines:
            lines[-1] += " " + line
    return [_parsed(line) for line in lines if "No Such" not in line and "No more" not in line]


def _parsed(line: str) -> tuple[str, str, str]:
    oid, _, told = line.partition(" = ")
    if told.strip() == '""':
        return oid[1:], "Hex-STRING", ""
    if told.isdigit():  # -Ot leaves out the word
        return oid[1:], "Timeticks", told
    word, _, value = told.partition(": ")
    value = value.strip()
    if word == "Hex-STRING":
        value = value.replace(" ", "")
    return oid[1:], word, value.lstrip(".") if word == "OID" else value


def _printed(varbind: Varbind) -> tuple[str, str, str]:
    """A varbind as the list above has it; what moves by itself has no value."""
    oid, tag, value = varbind
    text = str(value)
    if isinstance(value, bytes):
        text = value.hex().upper()
    if isinstance(value, bytes) and tag in (ber.OID, ber.IPADDRESS):
        text = ber.oid_text(value) if tag == ber.OID else ".".join(map(str, value))
    moves = tag in MOVING or ber.oid_text(oid).startswith(MOVING_COLUMNS)
    return ber.oid_text(oid), TYPES[tag], "" if moves else text


def _still(told: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    moving = {TYPES[tag] for tag in MOVING}
    return [
        (oid, word, "" if word in moving or oid.startswith(MOVING_COLUMNS) else value)
        for oid, word, value in told
    ]


def random_root(rng: random.Random, known: list[bytes]) -> bytes:
    """A place in the tree: some instance, cut anywhere behind mib-2."""
    arcs = ber.oid_arcs(rng.choice(known))
    return ber.oid_from_arcs(arcs[: rng.randint(min(_LEAST_ARCS, len(arcs) - 1), len(arcs) - 1)])


def first_difference(root: bytes, *walks: list[tuple[str, str, str]]) -> str:
    """Where walks part, for the message."""
    lengths = ", ".join(str(len(walk)) for walk in walks)
    parted = next((line for line in zip(*walks, strict=False) if len(set(line)) > 1), None)
    return f"{ber.oid_text(root)}: {lengths} varbinds; {parted}"


async def compare(target: SnmpTarget, seed: int) -> None:
    """Walk random places three ways."""
    rng = random.Random(seed)  # noqa: S311 - which places, not a secret
    fast, pysnmp = FastEngine(UdpDatagrams()), PysnmpEngine()
    loop = asyncio.get_running_loop()

    async def walked(client: SnmpClient, root: bytes) -> list[tuple[str, str, str]]:
        walk = await client.walk(target, root, deadline=loop.time() + 30)
        assert walk.complete
        return [_printed(varbind) for varbind in walk.varbinds]

    try:
        known = []
        for text in ROOTS:
            walk = await fast.walk(target, ber.oid(text), deadline=loop.time() + 30)
            known += [varbind.oid for varbind in walk.varbinds]
        assert len(known) > 50
        for _ in range(WALKS):
            root = random_root(rng, known)
            ours, theirs = await walked(fast, root), await walked(pysnmp, root)
            printed = await asyncio.to_thread(_walked, target, ber.oid_text(root))
            agree = ours == theirs == _still(printed)  # apart: a diff of long lists takes minutes
            assert agree, first_difference(root, ours, theirs, _still(printed))
    finally:
        fast.close()
        pysnmp.close()


async def test_random_walks_of_snmpd_agree_three_ways(snmpd: SnmpTarget) -> None:
    await compare(snmpd, 1)


async def test_random_walks_of_the_simulated_switch_agree_three_ways(switch: SnmpTarget) -> None:
    await compare(switch, 2)
