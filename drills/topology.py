"""The standard ward: eight devices, its desks, its line, and the city side that wards share.

Every text a device says of itself is our own and says that it is simulated. Enterprise number
32473 is the one for documentation (RFC 5612).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from drills.chance import between, octets, share
from drills.model import (
    Battery,
    Cable,
    Chassis,
    Disk,
    Hypervisor,
    Machine,
    Node,
    Port,
    Topology,
    node_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOMS = ("cisco_ce", "poly_group", "poly_studio")
SERVICES = ("hop", "qlvb", "1022", "tthc")
GATEWAY = "gateway"
REGISTRAR = "registrar"
REFLECTOR = "reflector"
RESOLVER = "resolver"
TIME_SERVER = "time-server"
HYPERVISORS = MappingProxyType({"proxmox": "pve-1", "vsphere": "esxi-1"})
"""The hosts of machines that there are, by their kind; a world has one of them."""
CANARY = "tthc.sim.example"
COMMIT_MBPS = 100

_GIGABIT = 1_000_000_000
_KIB = 1024
_GIB = 1024**3
_WARDS_PER_BLOCK = 200
_CARRIER_EDGES = 2
_SAMPLE_ENTERPRISE = "1.3.6.1.4.1.32473"
_CITY = "127.8.0"


@dataclass(frozen=True, slots=True)
class Template:
    """The recipe of a world: a name for logs and the codes of its wards, in order.

    `ward-standard+poly_studio` has endpoints of that kind in its meeting rooms, `…+vsphere` an ESXi
    host under its machines.
    """

    name: str
    codes: tuple[str, ...]

    @property
    def room(self) -> str:
        """The device type of the meeting rooms' endpoints."""
        return next((word for word in self._words if word in ROOMS), ROOMS[0])

    @property
    def hypervisor(self) -> str:
        """The kind of the host that the machines share."""
        return next((word for word in self._words if word in HYPERVISORS), "proxmox")

    @property
    def _words(self) -> list[str]:
        return self.name.split("+")[1:]

    def build(self, seed: int) -> Topology:
        """Lay out nodes and cables; the seed varies port counts, port numbers and rates."""
        nodes: list[Node] = []
        cables: list[Cable] = []
        for position, code in enumerate(self.codes):
            ward = _Ward(code, position, seed, self.room, HYPERVISORS[self.hypervisor])
            nodes += ward.nodes()
            cables += ward.cables()
        nodes += _city_nodes(self.codes, self.hypervisor, seed)
        cables += _city_cables(self.codes, cables, HYPERVISORS[self.hypervisor], seed)
        return Topology.of(self.codes, nodes, cables)


def ward_standard(
    codes: Sequence[str], room: str = "cisco_ce", hypervisor: str = "proxmox"
) -> Template:
    """The template `ward-standard` for these wards; of ROOMS and HYPERVISORS one each."""
    usual = (ROOMS[0], next(iter(HYPERVISORS)))
    words = [word for word in (room, hypervisor) if word not in usual]
    return Template("+".join(["ward-standard", *words]), tuple(codes))


def edge_of(position: int) -> str:
    """The carrier's edge router that serves the ward at this position."""
    return f"pe-{position % _CARRIER_EDGES + 1}"


# ---- one ward ----


@dataclass(frozen=True, slots=True)
class _Ward:
    code: str
    position: int
    seed: int
    room: str
    hypervisor: str

    # -- numbers and names --

    @property
    def size(self) -> int:
        """Ports of the core switch."""
        return 48 if share(self.seed, self.code, "size") < 0.5 else 24

    @property
    def room_port(self) -> int:
        return 5 + int(share(self.seed, self.code, "room") * 4)

    def named(self, prefix: str, suffix: str = "") -> str:
        return f"{prefix}-{self.code}{suffix}"

    def address(self, last: int) -> str:
        block, within = divmod(self.position, _WARDS_PER_BLOCK)
        return f"127.{16 + block}.{within}.{last}"

    def vary(self, low: float, high: float, *words: object) -> float:
        return between(low, high, self.seed, self.code, *words)

    # -- nodes --

    def nodes(self) -> Iterator[Node]:
        for node in (*self._devices(), *self._desks()):
            yield replace(node, location=f"P. Mau {self.position + 1:02d} (simulated)")

    def _devices(self) -> Iterator[Node]:
        ups = self.named("ups")
        yield Node(
            self.named("sw", "-01"), "core", self.code, "cisco_ios", self.address(10), ups, True,
            self._core_ports(),
            sys_descr="Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), "
            "Version 15.2(7)E, simulated by wardops",
            sys_object_id="1.3.6.1.4.1.9.1.1208",
            model=f"WS-C2960X-{self.size}",
            chassis=self._chassis("core", 512),
        )  # fmt: skip
        yield Node(
            self.named("sw", "-02"), "access", self.code, "generic_switch", self.address(11), ups,
            True, self._access_ports(),
            sys_descr="24-port access switch, software 3.1, simulated by wardops",
            sys_object_id=f"{_SAMPLE_ENTERPRISE}.1.24",
            chassis=replace(self._chassis("access", 128), poe_budget_w=185, poe_port_w=9),
        )  # fmt: skip
        yield Node(
            self.named("ce"), "ce", self.code, "generic_router", self.address(1), ups, True,
            (
                self._port("ce", 1, "lan", "LAN", self.named("sw", "-01")),
                self._port("ce", 2, "wan", "WAN", "Metronet"),
            ),
            sys_descr="Customer edge router, software 2.4, simulated by wardops",
            sys_object_id=f"{_SAMPLE_ENTERPRISE}.2.1",
        )  # fmt: skip
        yield Node(
            ups, "ups", self.code, "ups_rfc1628", self.address(20), f"mains:{self.code}",
            ports=(self._port("ups", 1, "eth0", "Management", ""),),
            sys_descr="UPS network card, software 1.0, simulated by wardops",
            sys_object_id=f"{_SAMPLE_ENTERPRISE}.3.1",
            battery=Battery(
                runtime_s=round(self.vary(1200, 2400, "runtime")),
                recharge_s=4 * 3600,
                load_ratio=round(self.vary(0.2, 0.45, "load"), 2),
            ),
        )  # fmt: skip
        yield Node(
            self.named("vc", "-a"), "vc", self.code, self.room, self.address(30),
            f"mains:{self.code}", ports=(self._port("vc", 1, "eth0", "LAN", ""),),
            model="Simulated Room Kit",
        )  # fmt: skip
        yield Node(
            self.named("ap", "-01"), "ap", self.code, "generic_host", self.address(40),
            self.named("sw", "-02"), ports=(self._port("ap", 1, "eth0", "LAN", ""),),
        )  # fmt: skip
        yield Node(
            self.named("cam", "-01"), "other", self.code, "generic_host", self.address(41),
            self.named("sw", "-02"), ports=(self._port("cam", 1, "eth0", "LAN", ""),),
        )  # fmt: skip
        yield self._machine()
        yield Node(
            self.named("host"), "host", self.code,
            ports=(self._port("host", 1, "eth0", "Agent host", ""),),
        )  # fmt: skip

    def _chassis(self, owner: str, mebibytes: int) -> Chassis:
        memory = mebibytes * 1024 * _KIB
        return Chassis(
            round(self.vary(0.04, 0.2, owner, "cpu"), 2),
            memory,
            int(memory * self.vary(0.25, 0.5, owner, "memory")) // _KIB * _KIB,
            round(self.vary(36, 48, owner, "celsius")),
            round(self.vary(30, 42, owner, "fan")) * 100,
        )

    def _machine(self) -> Node:
        memory = 8 * _GIB
        disk = 40 * _GIB
        # Whole KiB and blocks, so that SNMP and node_exporter say the same number.
        used = int(memory * self.vary(0.3, 0.6, "memory")) // _KIB * _KIB
        taken = int(disk * self.vary(0.3, 0.7, "disk")) // 4096 * 4096
        return Node(
            self.named("vm", "-1"), "vm", self.code, "linux_vm", self.address(50),
            self.hypervisor, ports=(self._port("vm", 2, "eth0", "eth0", ""),),
            sys_descr=f"Linux {self.named('vm', '-1')} 6.1.0-simulated x86_64, by wardops",
            sys_object_id="1.3.6.1.4.1.8072.3.2.10",
            machine=Machine(
                memory, used, 64 * 1024 * _KIB, _GIB, 2 * _GIB, 0,
                tuple(round(self.vary(0.03, 0.4, "cpu", n), 2) for n in range(2)),
                round(self.vary(0.05, 0.9, "load1"), 2),
                (
                    Disk("/", "/dev/vda1", disk, taken, 2_621_440, 2_300_000),
                    Disk("/var", "/dev/vdb1", disk, taken // 8192 * 4096, 2_621_440, 2_500_000),
                ),
            ),
        )  # fmt: skip

    def _desks(self) -> Iterator[Node]:
        for switch, number in self._desk_ports():
            yield Node(
                f"pc-{self.code}-{switch}-{number:02d}", "pc", self.code,
                feed=f"mains:{self.code}",
                ports=(self._port(f"pc{switch}{number}", 1, "eth0", "LAN", ""),),
            )  # fmt: skip

    def _desk_ports(self) -> Iterator[tuple[int, int]]:
        """(switch, port) of the ports that a desk is plugged into."""
        for switch, low, high in ((1, 9, self.size - 4), (2, 5, 20)):
            for number in range(low, high + 1):
                if share(self.seed, self.code, "desk", switch, number) < 0.45:
                    yield switch, number

    # -- ports --

    def _port(self, owner: str, index: int, name: str, descr: str, alias: str) -> Port:
        mac = b"\x02" + octets(5, self.seed, self.code, owner, index)
        return Port(index, name, descr, alias, _GIGABIT, mac)

    def _core_ports(self) -> tuple[Port, ...]:
        known = {
            self.size: "uplink",
            self.size - 1: self.named("sw", "-02"),
            self.size - 2: self.named("ups"),
            self.room_port: self.named("vc", "-a"),
        }
        return tuple(
            self._port("core", 10100 + n, f"Gi1/0/{n}", f"GigabitEthernet1/0/{n}", known.get(n, ""))
            for n in range(1, self.size + 1)
        )

    def _access_ports(self) -> tuple[Port, ...]:
        known = {24: self.named("sw", "-01"), 21: "agent", 22: "ap", 23: "cam"}
        return tuple(
            self._port("access", n, str(n), f"Port {n}", known.get(n, "")) for n in range(1, 25)
        )

    # -- cables --

    def cables(self) -> Iterator[Cable]:
        """The ward's cables up to the carrier's edge and into the data centre, rates summed up."""
        core, access = self.named("sw", "-01"), self.named("sw", "-02")
        on_access = [
            self._leaf(f"{access}:21", self.named("host"), 2_000),
            self._leaf(f"{access}:22", self.named("ap", "-01"), 90_000),
            self._leaf(f"{access}:23", self.named("cam", "-01"), 30_000),
            *self._desk_cables(2, access, ""),
        ]
        on_core = [
            self._leaf(f"{core}:Gi1/0/{self.room_port}", self.named("vc", "-a"), 60_000),
            self._leaf(f"{core}:Gi1/0/{self.size - 2}", self.named("ups"), 200),
            *self._desk_cables(1, core, "Gi1/0/"),
            _trunk(f"{core}:Gi1/0/{self.size - 1}", f"{access}:24", 0.05, on_access),
        ]
        ce = self.named("ce")
        line_ms = self.vary(1.0, 3.0, "line")
        yield from on_access
        yield from on_core
        yield _trunk(f"{ce}:lan", f"{core}:Gi1/0/{self.size}", 0.1, on_core)
        # Named from the ward's side, since that is where people plug and cut.
        down, up = _summed(on_core)
        yield Cable(f"{ce}:wan", f"{edge_of(self.position)}:{self.code}", line_ms, up, down)
        yield self._leaf(f"dc-sw:{self.code}", self.named("vm", "-1"), 40_000)

    def _desk_cables(self, switch: int, name: str, prefix: str) -> Iterator[Cable]:
        for found, number in self._desk_ports():
            if found == switch:
                desk = f"pc-{self.code}-{switch}-{number:02d}"
                yield self._leaf(f"{name}:{prefix}{number}", desk, 25_000)

    def _leaf(self, port: str, name: str, octets_per_s: float) -> Cable:
        down = self.vary(0.5, 1.5, name) * octets_per_s
        return Cable(port, f"{name}:eth0", 0.1, down, down / 4)


def _trunk(a: str, b: str, delay_ms: float, carried: Sequence[Cable]) -> Cable:
    """A cable whose end `b` is the one where the `carried` cables hang."""
    down, up = _summed(carried)
    return Cable(a, b, delay_ms, down, up)


def _summed(cables: Sequence[Cable]) -> tuple[float, float]:
    """Octets per second from their ends `a` to their ends `b`, and back."""
    return sum(cable.a_to_b for cable in cables), sum(cable.b_to_a for cable in cables)


# ---- what the wards share ----


def _city_nodes(codes: Sequence[str], hypervisor: str, seed: int) -> Iterator[Node]:
    for number in range(1, _CARRIER_EDGES + 1):
        name = f"pe-{number}"
        served = [code for at, code in enumerate(codes) if edge_of(at) == name]
        yield Node(
            name, "pe", address=f"{_CITY}.{1 + number}", forwards=True,
            ports=_city_ports(seed, name, ["core", *served]),
        )  # fmt: skip
    edges = [f"pe-{number}" for number in range(1, _CARRIER_EDGES + 1)]
    yield Node(
        GATEWAY, GATEWAY, address=f"{_CITY}.1", forwards=True,
        ports=_city_ports(seed, GATEWAY, ["dc", *edges]),
    )  # fmt: skip
    host = HYPERVISORS[hypervisor]
    inside = ["gateway", "hub", "registrar", *SERVICES, *codes, REFLECTOR, RESOLVER, TIME_SERVER,
              host]  # fmt: skip
    yield Node("dc-sw", "dc", forwards=True, ports=_city_ports(seed, "dc-sw", inside))
    yield Node("hub-host", "hub", ports=_city_ports(seed, "hub-host", ["eth0"]))
    yield Node(REGISTRAR, "registrar", ports=_city_ports(seed, REGISTRAR, ["eth0"]))
    for number, service in enumerate(SERVICES):
        name = f"svc-{service}"
        yield Node(
            name, "service", address=f"{_CITY}.{11 + number}", service=service,
            ports=_city_ports(seed, name, ["eth0"]),
        )  # fmt: skip
    for number, name in enumerate((REFLECTOR, RESOLVER, TIME_SERVER)):
        yield Node(
            name, name, address=f"{_CITY}.{51 + number}", ports=_city_ports(seed, name, ["eth0"])
        )
    yield Node(
        host, "hypervisor", kind=hypervisor, address=f"{_CITY}.61",
        ports=_city_ports(seed, host, ["eth0"]),
        hypervisor=Hypervisor(8 + 2 * len(codes), (32 + 10 * len(codes)) * _GIB),
    )  # fmt: skip


def _city_ports(seed: int, node: str, names: Sequence[str]) -> tuple[Port, ...]:
    return tuple(
        Port(n, name, name, "", 10 * _GIGABIT, b"\x02" + octets(5, seed, node, n))
        for n, name in enumerate(names, start=1)
    )


def _city_cables(
    codes: Sequence[str], wards: Sequence[Cable], host: str, seed: int
) -> Iterator[Cable]:
    lines = {node_of(cable.a): cable for cable in wards if cable.a.endswith(":wan")}
    trunks = []
    for number in range(1, _CARRIER_EDGES + 1):
        name = f"pe-{number}"
        served = [lines[f"ce-{code}"] for at, code in enumerate(codes) if edge_of(at) == name]
        up, down = _summed(served)
        trunks.append(Cable(f"{GATEWAY}:{name}", f"{name}:core", 0.8, down, up))
    yield from trunks
    yield _trunk("dc-sw:gateway", f"{GATEWAY}:dc", 0.1, trunks)
    yield Cable("dc-sw:hub", "hub-host:eth0", 0.1, 5_000, 5_000)
    yield Cable("dc-sw:registrar", f"{REGISTRAR}:eth0", 0.1, 5_000, 5_000)
    for name in (REFLECTOR, RESOLVER, TIME_SERVER, host):
        yield Cable(f"dc-sw:{name}", f"{name}:eth0", 0.1, 2_000, 2_000)
    for service in SERVICES:
        rate = between(100_000, 400_000, seed, service)
        yield Cable(f"dc-sw:{service}", f"svc-{service}:eth0", 0.1, rate / 4, rate)
