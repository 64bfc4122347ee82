"""vSphere's properties as values: what is stale, withheld or not set is unknown."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace as Told
from typing import Any

import pytest

from inventory.access import HttpsAccess
from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.model import Reason, Target
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import Transports
from probes.vm.estate import Guest, HostState, Store
from probes.vm.vsphere import PROBE
from probes.vm.vsphere_read import Row, disk_bytes, estate_of

GIB = 1024**3
HANOI = timezone(timedelta(hours=7))
WEEK_AGO = datetime(2026, 11, 15, 8, tzinfo=HANOI)


def reference(number: str) -> Any:
    """A managed object reference."""
    return Told(_GetMoId=lambda: number)


HOST = Row("HostSystem", "host-1", {
    "name": "esx-1", "runtime.connectionState": "connected",
    "summary.quickStats": Told(overallCpuUsage=4800, overallMemoryUsage=64 * 1024, uptime=86_400),
    "summary.hardware": Told(cpuMhz=2400, numCpuCores=8, memorySize=128 * GIB),
})  # fmt: skip
MACHINE = {
    "name": "app-1", "runtime.connectionState": "connected", "runtime.powerState": "poweredOn",
    "runtime.host": reference("host-1"), "runtime.maxCpuUsage": 4800, "config.template": False,
    "config.hardware.memoryMB": 4096, "config.hardware.numCPU": 2,
    "summary.quickStats": Told(
        overallCpuUsage=1200, uptimeSeconds=3600, balloonedMemory=0, swappedMemory=512
    ),
    "guest.toolsRunningStatus": "guestToolsRunning",
    "guest.toolsVersionStatus2": "guestToolsCurrent",
    "snapshot": Told(rootSnapshotList=[
        Told(createTime=WEEK_AGO + timedelta(days=1), childSnapshotList=[
            Told(createTime=WEEK_AGO, childSnapshotList=[]),
        ]),
    ]),
}  # fmt: skip
WHOLE = Guest(
    id="vm-1", name="app-1", host="esx-1", power="on", cpu_ratio=0.25, cpu_cores=2,
    memory_bytes=4 * GIB, disk_bytes=30 * GIB, uptime_s=3600, tools="running", snapshots=2,
    oldest_snapshot_at=datetime(2026, 11, 15, 1, tzinfo=UTC), ballooned_bytes=0,
)  # fmt: skip


def guest(withheld: tuple[str, ...] = (), **other: Any) -> Guest:
    """The one machine of an estate, with other properties than the usual ones."""
    told = MACHINE | {path.replace("__", "."): value for path, value in other.items()}
    told = {path: value for path, value in told.items() if path not in withheld}
    row = Row("VirtualMachine", "vm-1", told, frozenset(withheld))
    (found,) = estate_of((HOST, row), {"vm-1": 30 * GIB}).guests
    return found


def test_a_machine_and_its_host_are_read_with_the_units_of_all_makers() -> None:
    assert guest() == WHOLE
    row = Row("VirtualMachine", "vm-1", MACHINE)
    off = Row("VirtualMachine", "vm-2", MACHINE | {"runtime.powerState": "poweredOff"})
    whole = HostState("esx-1", True, 0.25, 0.5, 86_400, 128 * GIB, GIB)
    assert estate_of((HOST, row, row, off), {}).hosts == (whole,)
    mute = Row("VirtualMachine", "vm-3", MACHINE | {"summary.quickStats": Told()})
    assert estate_of((HOST, row, mute), {}).hosts == (replace(whole, swap_used_bytes=None),)


@pytest.mark.parametrize("state", ["disconnected", "inaccessible", "orphaned", "invalid"])
def test_what_vcenter_last_heard_of_a_machine_is_not_how_it_is_now(state: str) -> None:
    found = guest(runtime__connectionState=state)
    assert (found.power, found.cpu_ratio, found.uptime_s, found.tools) == (None,) * 4
    assert (found.snapshots, found.oldest_snapshot_at) == (None, None)
    assert (found.name, found.memory_bytes) == ("app-1", 4 * GIB)
    silent = Row("HostSystem", "host-1", dict(HOST.told) | {"runtime.connectionState": state})
    assert estate_of((silent,), {}).hosts == (HostState("esx-1", False, memory_bytes=128 * GIB),)


def test_of_a_machine_that_is_off_only_missing_tools_are_known() -> None:
    off = guest(runtime__powerState="poweredOff")
    assert (off.power, off.cpu_ratio, off.uptime_s, off.tools) == ("off", None, None, None)
    bare = guest(runtime__powerState="poweredOff",
                 guest__toolsVersionStatus2="guestToolsNotInstalled")  # fmt: skip
    assert bare.tools == "absent"


def test_no_snapshot_is_none_and_one_that_is_withheld_is_unknown() -> None:
    assert guest(snapshot=None).snapshots == 0
    assert guest(withheld=("snapshot",)).snapshots is None
    assert guest(withheld=tuple(MACHINE)) == Guest(id="vm-1", disk_bytes=30 * GIB)


def test_a_template_is_no_machine() -> None:
    row = Row("VirtualMachine", "vm-9", MACHINE | {"config.template": True})
    assert estate_of((HOST, row), {}).guests == ()


def test_figures_without_their_whole_are_unknown_and_never_nothing() -> None:
    bare = guest(runtime__maxCpuUsage=0, config__hardware__memoryMB=None, summary__quickStats=None)
    assert (bare.cpu_ratio, bare.memory_bytes, bare.uptime_s) == (None, None, None)
    host = Row("HostSystem", "h", {"name": "esx-2", "runtime.connectionState": "connected"})
    assert estate_of((host,), {}).hosts == (HostState("esx-2", True),)


def test_disks_are_added_up_and_one_that_does_not_tell_leaves_the_sum_unknown() -> None:
    old = Told(capacityInKB=1024, capacityInBytes=None)
    new = Told(capacityInKB=2048, capacityInBytes=2048 * 1024)
    assert disk_bytes([old, Told(label="a network card"), new]) == 3 * 1024 * 1024
    assert disk_bytes([old, Told(capacityInKB=0, capacityInBytes=None)]) is None
    assert disk_bytes([]) is None


def store(number: str, mounts: int = 1, **other: Any) -> Row:
    """A store on that many hosts."""
    told = {"name": "data", "capacity": 100, "freeSpace": 25, "accessible": True,
            "multipleHostAccess": mounts > 1} | other  # fmt: skip
    hosts = [Told(key=reference(f"host-{place + 1}")) for place in range(mounts)]
    return Row("Datastore", number, {"summary": Told(**told), "host": hosts})


def test_a_shared_store_stands_once_and_two_of_one_name_are_told_apart() -> None:
    rows = (HOST, store("a"), store("b", 2), store("c", 2), store("d", accessible=False),
            store("e", capacity=0))  # fmt: skip
    assert estate_of(rows, {}).stores == (
        Store("data", "esx-1", 100, 0.25),
        Store("data", None, 100, 0.25),
        Store("data (c)", None, 100, 0.25),
    )


async def test_without_the_library_one_line_names_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pyVmomi", None)
    nothing: Any = None
    seen = await observe(
        Target(
            ward="26740", name="vc-1", kind="vsphere", role="server", host="192.0.2.50",
            https=HttpsAccess(auth="env:V"),
        ),
        PROBE,
        Transports(snmp=nothing, http=FakeHttp({}), echo=FakeEcho({}), tcp=FakeTcp({})),
        SystemClock(), asyncio.get_running_loop().time() + 60, lambda _ref: Secret("look:word"),
    )  # fmt: skip
    assert (seen.reason, seen.detail) == (Reason.CONFIG, "vsphere_missing")
