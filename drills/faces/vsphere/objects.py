"""What an ESXi host knows of itself, its machines and stores, as vSphere's properties in XML.

Types and names: vSphere Web Services API Reference, of VirtualMachine, HostSystem and Datastore.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from xml.sax.saxutils import escape

from drills import estate
from drills.machine import RELEASE, machine_at, uptime_s

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drills.model import Machine, Node
    from drills.world import World

MACHINE, HOST, STORE = "VirtualMachine", "HostSystem", "Datastore"
HOST_ID = "ha-host"

_MHZ = 2400
_MIB = 1024 * 1024
_TOOLS: Mapping[str, str] = MappingProxyType(
    {"running": "guestToolsRunning", "stopped": "guestToolsNotRunning",
     "absent": "guestToolsNotRunning"}
)  # fmt: skip


class Value(NamedTuple):
    """A value: its XML type, what stands inside, and of a reference the kind it refers to."""

    type: str
    inside: str
    refers: str = ""


Thing: TypeAlias = "Node | estate.Store"


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the host: when, and the machines that the account may see."""

    world: World
    host: Node
    t: float
    guests: tuple[Node, ...]

    def moment(self, t: float) -> str:
        """A time of the world as XML Schema writes it."""
        at = datetime.fromtimestamp(self.world.started_at.timestamp() + t, UTC)
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def objects(look: Look) -> Mapping[tuple[str, str], Thing]:
    """Everything that can be asked for, by kind and id."""
    numbers = estate.numbers(look.world)
    return {
        (HOST, HOST_ID): look.host,
        **{(STORE, one.name): one for one in estate.stores(look.world, look.t)},
        **{(MACHINE, str(numbers[node.name])): node for node in look.guests},
    }


def told(look: Look, kind: str, thing: Thing, path: str) -> Value | None:
    """A property of it; None where it is not set. LookupError for one that is not simulated."""
    return _PROPERTIES[kind][path](look, thing)


def tags(**fields: object) -> str:
    """Elements in a row: `<name>text</name>`; None leaves one out, booleans as XML has them."""
    return "".join(
        f"<{name}>{escape(str(value).lower() if isinstance(value, bool) else str(value))}</{name}>"
        for name, value in fields.items()
        if value is not None
    )


def reference(name: str, kind: str, id_: str) -> str:
    """An element that refers to a managed object."""
    return f'<{name} type="{kind}">{escape(id_)}</{name}>'


def text(told_: str) -> Value:
    """A string."""
    return Value("xsd:string", escape(told_))


# ---- machines ----


def _machine(look: Look, thing: Thing) -> Machine:
    return machine_at(look.world, _node(thing))


def _node(thing: Thing) -> Node:
    if isinstance(thing, estate.Store):
        raise TypeError(thing.name)
    return thing


def _is_on(look: Look, thing: Thing) -> bool:
    return look.world.powered(_node(thing).name, look.t)


def _power(look: Look, thing: Thing) -> Value:
    return Value("VirtualMachinePowerState", "poweredOn" if _is_on(look, thing) else "poweredOff")


def _tools(look: Look, thing: Thing) -> Value:
    agent = look.world.fact("guest_agent", _node(thing).name)
    return text(_TOOLS[agent] if _is_on(look, thing) else "guestToolsNotRunning")


def _tools_version(look: Look, thing: Thing) -> Value:
    is_absent = look.world.fact("guest_agent", _node(thing).name) == "absent"
    return text("guestToolsNotInstalled" if is_absent else "guestToolsUnmanaged")


def _stats(look: Look, thing: Thing) -> Value:
    machine, is_on = _machine(look, thing), _is_on(look, thing)
    used_mib = machine.used_bytes // _MIB if is_on else 0
    return Value(
        "VirtualMachineQuickStats",
        tags(
            overallCpuUsage=round(sum(machine.busy) * _MHZ) if is_on else None,
            guestMemoryUsage=used_mib,
            hostMemoryUsage=used_mib,
            guestHeartbeatStatus="green" if is_on else "gray",
            swappedMemory=0,
            balloonedMemory=0,
            uptimeSeconds=int(uptime_s(look.world, _node(thing), look.t)) if is_on else None,
        ),
    )


def _devices(look: Look, thing: Thing) -> Value:
    return Value(
        "ArrayOfVirtualDevice",
        "".join(
            '<VirtualDevice xsi:type="VirtualDisk">'
            + tags(
                key=2000 + number,
                unitNumber=number,
                capacityInKB=disk.size_bytes // 1024,
                capacityInBytes=disk.size_bytes,
            )
            + "</VirtualDevice>"
            for number, disk in enumerate(_machine(look, thing).disks)
        ),
    )


def _snapshots(look: Look, thing: Thing) -> Value | None:
    """Each stands below the one before it."""
    node = _node(thing)
    made = estate.snapshots(look.world, node, look.t)
    number, tree = estate.numbers(look.world)[node.name], ""
    for count in range(len(made), 0, -1):
        name = "childSnapshotList" if count > 1 else "rootSnapshotList"
        state = "poweredOff"
        own = tags(
            name=f"snapshot-{count}", description="", id=count,
            createTime=look.moment(made[count - 1]), state=state, quiesced=False,
        )  # fmt: skip
        places = reference("snapshot", "VirtualMachineSnapshot", f"{number}-snapshot-{count}")
        places += reference("vm", MACHINE, str(number))
        tree = f"<{name}>{places}{own}{tree}</{name}>"
    if not made:
        return None
    current = reference(
        "currentSnapshot", "VirtualMachineSnapshot", f"{number}-snapshot-{len(made)}"
    )
    return Value("VirtualMachineSnapshotInfo", current + tree)


def _storage(look: Look, thing: Thing) -> Value:
    used = sum(disk.used_bytes for disk in _machine(look, thing).disks)
    whole = estate.disk_bytes(look.world, _node(thing))
    inside = tags(
        committed=used, uncommitted=whole - used, unshared=used, timestamp=look.moment(look.t)
    )
    return Value("VirtualMachineStorageSummary", inside)


_MACHINE: Mapping[str, Callable[[Look, Thing], Value | None]] = MappingProxyType(
    {
        "name": lambda _look, one: text(_node(one).name),
        "runtime.connectionState": lambda _look, _one: Value(
            "VirtualMachineConnectionState", "connected"
        ),
        "runtime.powerState": _power,
        "runtime.host": lambda _look, _one: Value("ManagedObjectReference", HOST_ID, HOST),
        "runtime.maxCpuUsage": lambda look, one: Value(
            "xsd:int", str(_MHZ * len(_machine(look, one).busy))
        ),
        "config.template": lambda _look, _one: Value("xsd:boolean", "false"),
        "config.guestFullName": lambda _look, _one: text(RELEASE["PRETTY_NAME"].strip('"')),
        "config.hardware.memoryMB": lambda look, one: Value(
            "xsd:int", str(_machine(look, one).memory_bytes // _MIB)
        ),
        "config.hardware.numCPU": lambda look, one: Value(
            "xsd:int", str(len(_machine(look, one).busy))
        ),
        "config.hardware.device": _devices,
        "config.changeVersion": lambda look, _one: text(look.moment(0)),
        "summary.quickStats": _stats,
        "summary.storage": _storage,
        "guest.toolsRunningStatus": _tools,
        "guest.toolsVersionStatus2": _tools_version,
        "snapshot": _snapshots,
    }
)


# ---- the host and its stores ----


def _running(look: Look) -> list[Node]:
    return [one for one in estate.guests(look.world) if look.world.powered(one.name, look.t)]


def _host_stats(look: Look, thing: Thing) -> Value:
    running = [machine_at(look.world, one) for one in _running(look)]
    return Value(
        "HostListSummaryQuickStats",
        tags(
            overallCpuUsage=round(sum(sum(one.busy) for one in running) * _MHZ),
            overallMemoryUsage=sum(one.used_bytes for one in running) // _MIB,
            uptime=int(uptime_s(look.world, _node(thing), look.t)),
        ),
    )


def _hardware(_look: Look, thing: Thing) -> Value:
    size = _node(thing).hypervisor
    cores = size.processors if size else 0
    return Value(
        "HostHardwareSummary",
        tags(
            vendor="wardops", model="Simulated host", uuid="00000000-0000-0000-0000-000000000000",
            memorySize=size.memory_bytes if size else 0, cpuModel="Simulated processor",
            cpuMhz=_MHZ, numCpuPkgs=1, numCpuCores=cores, numCpuThreads=cores, numNics=1, numHBAs=1,
        ),
    )  # fmt: skip


def _store(thing: Thing) -> estate.Store:
    if not isinstance(thing, estate.Store):
        raise TypeError(thing.name)
    return thing


def _store_summary(_look: Look, thing: Thing) -> Value:
    one = _store(thing)
    own = tags(
        name=one.name, url=f"/vmfs/volumes/{one.name}/", capacity=one.size_bytes,
        freeSpace=one.size_bytes - one.used_bytes, accessible=True,
        multipleHostAccess=one.is_shared, type="NFS" if one.is_shared else "VMFS",
    )  # fmt: skip
    return Value("DatastoreSummary", reference("datastore", STORE, one.name) + own)


def _mounts(_look: Look, _thing: Thing) -> Value:
    mount = tags(accessMode="readWrite", mounted=True, accessible=True)
    inside = f"{reference('key', HOST, HOST_ID)}<mountInfo>{mount}</mountInfo>"
    return Value("ArrayOfDatastoreHostMount", f"<DatastoreHostMount>{inside}</DatastoreHostMount>")


_PROPERTIES: Mapping[str, Mapping[str, Callable[[Look, Thing], Value | None]]] = MappingProxyType(
    {
        MACHINE: _MACHINE,
        HOST: {
            "name": lambda look, _one: text(look.host.name),
            "runtime.connectionState": lambda _look, _one: Value(
                "HostSystemConnectionState", "connected"
            ),
            "summary.quickStats": _host_stats,
            "summary.hardware": _hardware,
        },
        STORE: {
            "name": lambda _look, one: text(_store(one).name),
            "summary": _store_summary,
            "summary.capacity": lambda _look, one: Value("xsd:long", str(_store(one).size_bytes)),
            "summary.freeSpace": lambda _look, one: Value(
                "xsd:long", str(_store(one).size_bytes - _store(one).used_bytes)
            ),
            "host": _mounts,
        },
    }
)
