"""libvirt's own test driver as a peer: our values are those that virsh prints."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.model import Memory, Reason
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import Transports
from probes.url_forms import parse_target
from probes.vm.libvirt import PROBE

if TYPE_CHECKING:
    from pathlib import Path

    from probes.model import Observation
    from probes.vm.estate import Estate

# Where it was installed on purpose, its absence is a failure.
_IS_HERE = find_spec("libvirt") is not None and shutil.which("virsh") is not None
pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(
        not _IS_HERE and not os.environ.get("WARDOPS_LIBVIRT"),
        reason="libvirt-python (extra libvirt) or virsh (Debian: libvirt-clients) is not here",
    ),
]
POWER = {"running": "on", "paused": "suspended", "shut off": "off"}
MACHINES = (("web", 1, 1_048_576), ("old", 5, 524_288), ("asleep", 3, 262_144))
MACHINE = """<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
<test:runstate>{state}</test:runstate><name>{name}</name><memory>{kib}</memory><vcpu>2</vcpu>
<os><type>hvm</type></os></domain>"""
POOL = """<pool type='dir'><name>images</name><target><path>/images</path></target></pool>"""


def virsh(uri: str, *words: str) -> str:
    """What virsh prints, read-only."""
    done = subprocess.run(
        ["virsh", "-r", "-q", "-c", uri, *words],
        capture_output=True, text=True, check=True, env=os.environ | {"LC_ALL": "C"},
    )  # fmt: skip
    return done.stdout


def fields(text: str) -> dict[str, str]:
    """The lines `Name: value`."""
    return dict(re.findall(r"^([^:\n]+):[ \t]*(.*)$", text, re.MULTILINE))


async def ask(uri: str, memory: Memory | None = None, seconds: float = 60) -> Observation:
    """Run the probe as the command line does."""
    nothing: Any = None
    ways = Transports(snmp=nothing, http=FakeHttp({}), echo=FakeEcho({}), tcp=FakeTcp({}))
    return await observe(
        parse_target(f"libvirt:{uri}").target, PROBE, ways, SystemClock(),
        asyncio.get_running_loop().time() + seconds, lambda _ref: Secret(""), memory=memory,
    )  # fmt: skip


def estate(seen: Observation) -> Estate:
    """What was read; fails when nothing was."""
    assert seen.reason is Reason.OK, seen
    assert seen.reading.estate is not None
    return seen.reading.estate


@pytest.fixture
def ward(tmp_path: Path) -> str:
    """A host of three machines and a store, as the test driver reads it from a file."""
    told = "".join(MACHINE.format(name=name, state=state, kib=kib) for name, state, kib in MACHINES)
    (tmp_path / "host.xml").write_text(f"<node>{told}{POOL}</node>", encoding="utf-8")
    return f"test://{tmp_path}/host.xml"


@pytest.mark.parametrize("which", ["default", "ward"])
async def test_machines_and_stores_are_those_that_virsh_shows(
    which: str, request: pytest.FixtureRequest
) -> None:
    uri = "test:///default" if which == "default" else request.getfixturevalue("ward")
    found = estate(await ask(uri))
    names = virsh(uri, "list", "--all", "--name").split()
    assert sorted(one.name or "" for one in found.guests) == sorted(names)
    for one in found.guests:
        told = fields(virsh(uri, "dominfo", one.name or ""))
        assert one.power == POWER[told["State"]]
        assert one.memory_bytes == int(told["Max memory"].split()[0]) * 1024
        assert one.snapshots == len(virsh(uri, "snapshot-list", one.name or "").splitlines())
    pools = virsh(uri, "pool-list", "--name").split()
    assert [store.name for store in found.stores] == pools
    for store in found.stores:
        told = fields(virsh(uri, "pool-info", "--bytes", store.name))
        assert store.total_bytes == int(told["Capacity"])
        assert store.free_ratio == int(told["Available"]) / int(told["Capacity"])
    assert [host.name for host in found.hosts] == [virsh(uri, "hostname").strip()]


async def test_a_number_that_virsh_shows_is_the_machines_own() -> None:
    (one,) = estate(await ask("test:///default")).guests
    assert one.id == virsh("test:///default", "domuuid", one.name or "").strip()


async def test_a_snapshot_is_counted_with_its_time_and_never_made() -> None:
    import libvirt  # noqa: PLC0415 - not on every machine

    began = SystemClock().now().replace(microsecond=0)
    connection = libvirt.open("test:///default")  # one estate for all connections of a process
    try:
        machine = connection.lookupByName("test")
        made = machine.snapshotCreateXML("<domainsnapshot><name>a</name></domainsnapshot>")
        (one,) = estate(await ask("test:///default")).guests
        written = re.search(r"<creationTime>(\d+)<", made.getXMLDesc(0))
        made.delete(0)
    finally:
        connection.close()
    assert written is not None
    assert (one.snapshots, one.oldest_snapshot_at) == (
        1, datetime.fromtimestamp(int(written[1]), UTC),
    )  # fmt: skip
    assert one.oldest_snapshot_at is not None
    assert one.oldest_snapshot_at >= began


async def test_where_no_libvirt_listens_that_is_told(tmp_path: Path) -> None:
    seen = await ask(f"qemu+unix:///system?socket={tmp_path}/nobody.sock")
    assert (seen.reason, seen.detail) == (Reason.REFUSED, "libvirt_no_socket")


async def test_a_file_that_the_driver_cannot_read_is_a_wrong_uri(tmp_path: Path) -> None:
    (tmp_path / "host.xml").write_text("<node><domain/></node>", encoding="utf-8")
    seen = await ask(f"test://{tmp_path}/host.xml")
    assert seen.reason in {Reason.CONFIG, Reason.PROTOCOL}
    assert seen.reading.estate is None


async def test_a_libvirt_that_says_nothing_costs_the_deadline_and_is_left_alone(
    tmp_path: Path,
) -> None:
    ended = asyncio.Event()

    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.close()

    server = await asyncio.start_unix_server(say_nothing, tmp_path / "s")
    memory, uri = Memory(), f"qemu+unix:///system?socket={tmp_path}/s"
    try:
        first = await ask(uri, memory, seconds=3)
        assert first.reason is Reason.TIMEOUT
        assert (await ask(uri, memory)).reason is Reason.BUSY
    finally:
        ended.set()
        server.close()
        kept: Any = memory.kept
        with suppress(Exception):
            await kept.visit
    assert kept.visit.done()
