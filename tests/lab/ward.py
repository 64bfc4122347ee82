"""What stands where in the lab: hosts, cables, addresses, and the programs that serve on them.

    pc, vc, ups, agent -- sw (Open vSwitch, snmpd, lldpd) -- ce ==metrolink== pe -- agg -- dc

Addresses are of 198.18.0.0/15, which RFC 2544 keeps for tests and nobody routes.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.programs import Program

if TYPE_CHECKING:
    from tests.lab.net import Net

WARD = "26740"
COMMUNITY = "lab-community"
LOGIN = "wardops:lab-password"
OFFICE_VLAN, OTHER_VLAN = 10, 20

CE, SW, AGENT, PC, VC, UPS = (f"198.18.10.{n}" for n in (1, 2, 10, 20, 30, 40))
CE_WAN, PE_WAN, PE_CORE, AGG_CORE = (f"198.18.0.{n}" for n in (1, 2, 5, 6))
GATEWAY, REFLECTOR = "198.19.0.1", "198.19.0.10"
SITE, DOCUMENTS, RESOLVER, VM, REGISTRAR, CLOCK = (
    f"198.19.0.{n}" for n in (21, 22, 53, 70, 60, 123)
)
PORTAL = "198.19.0.23"
# A service of both kinds of address, and the way to it at IPv6 (RFC 3849: for documentation).
CE6, AGENT6 = "2001:db8:10::1", "2001:db8:10::10"
CE_WAN6, PE_WAN6, PE_CORE6, AGG_CORE6 = (f"2001:db8:{n}" for n in ("1::1", "1::2", "2::1", "2::2"))
GATEWAY6, PORTAL6 = "2001:db8:19::1", "2001:db8:19::23"
PORTAL_NAME = "portal.lab.example"
SIX = ("agent", "ce", "pe", "agg", "dc")
CE_WAN_MAC, PE_WAN_MAC = "02:00:5e:10:00:01", "02:00:5e:10:00:02"
NAME = "tthc.lab.example"

HOSTS = ("pc", "vc", "ups", "agent", "sw", "ce", "pe", "agg", "dc")
ROUTERS = ("ce", "pe", "agg")
# Port of the switch: the host behind it, its port, its address.
PLUGGED = {
    "pc": ("pc", "eth0", PC),
    "vc": ("vc", "eth0", VC),
    "ups": ("ups", "eth0", UPS),
    "ag": ("agent", "eth0", AGENT),
    "uplink": ("ce", "lan", CE),
}
UPS_TABLE = "ups.table"
_ON_MAINS, _ON_BATTERY = 3, 5

PYTHON = sys.executable
WARDOPS = str(Path(PYTHON).with_name("wardops"))
ROOT = Path(__file__).parents[2]


def build(net: Net) -> None:
    """All hosts, and every cable but the line itself. Raises LabError."""
    for host in HOSTS:
        net.add_host(host, forwards=host in ROUTERS, six=host in SIX)
    for port, (host, far, address) in PLUGGED.items():
        net.cable("sw", port, host, far)
        net.address(host, far, f"{address}/24")
        if host != "ce":
            net.route(host, "default", CE)
    net.cable("pe", "core", "agg", "core")
    net.address("pe", "core", f"{PE_CORE}/30")
    net.address("agg", "core", f"{AGG_CORE}/30")
    net.cable("agg", "dc", "dc", "eth0")
    net.address("agg", "dc", f"{GATEWAY}/24")
    served = (REFLECTOR, SITE, DOCUMENTS, RESOLVER, VM, REGISTRAR, CLOCK, PORTAL)
    net.address("dc", "eth0", *(f"{address}/24" for address in served))
    net.route("dc", "default", GATEWAY)
    net.route("agg", "198.18.0.0/16", PE_CORE)
    net.route("pe", "198.19.0.0/16", AGG_CORE)
    _build_six(net)


def _build_six(net: Net) -> None:
    """IPv6 from the agent to the centre, but for the line itself."""
    ports = (
        ("agent", "eth0", AGENT6), ("ce", "lan", CE6), ("pe", "core", PE_CORE6),
        ("agg", "core", AGG_CORE6), ("agg", "dc", GATEWAY6), ("dc", "eth0", PORTAL6),
    )  # fmt: skip
    for host, port, address in ports:
        net.address(host, port, f"{address}/64")
    net.route("agent", "default", CE6)
    net.route("dc", "default", GATEWAY6)
    net.route("agg", "default", PE_CORE6)
    net.route("pe", "2001:db8:19::/64", AGG_CORE6)
    net.names("agent", {PORTAL_NAME: (PORTAL, PORTAL6)})


def give_routes(net: Net, host: str) -> None:
    """The way out of one of the ward's hosts, also after its port was down."""
    net.route(host, "default", CE)
    if host in SIX:
        net.route(host, "default", CE6)


def connect(net: Net) -> None:
    """Addresses and routes of the line's two ends, once `metrolink` has opened them.

    Neighbours are written down, so that nothing but what is measured crosses the line.
    """
    ends = (
        ("ce", CE_WAN, CE_WAN_MAC, PE_WAN, PE_WAN_MAC),
        ("pe", PE_WAN, PE_WAN_MAC, CE_WAN, CE_WAN_MAC),
    )
    for host, own, own_mac, other, other_mac in ends:
        net.ip(host, "link", "set", "wan", "address", own_mac, "up")
        net.address(host, "wan", f"{own}/30")
        _write_neighbour(net, host, other_mac, other)
    net.route("pe", "198.18.10.0/24", CE_WAN)


def connect_six(net: Net) -> None:
    """The same at IPv6, once the line is connected."""
    net.address("ce", "wan", f"{CE_WAN6}/64")
    net.address("pe", "wan", f"{PE_WAN6}/64")
    _write_neighbour(net, "ce", PE_WAN_MAC, PE_WAN6)
    _write_neighbour(net, "pe", CE_WAN_MAC, CE_WAN6)
    net.route("pe", "2001:db8:10::/64", CE_WAN6)


def write_edge(net: Net) -> None:
    """Write down for the terminal device who is at the line's other end: its port was down."""
    _write_neighbour(net, "ce", PE_WAN_MAC, PE_WAN, PE_WAN6)


def _write_neighbour(net: Net, host: str, mac: str, *addresses: str) -> None:
    for one in addresses:
        net.ip(host, "neigh", "replace", one, "lladdr", mac, "nud", "permanent", "dev", "wan")


def metrolink(net: Net, folder: Path) -> Program:
    """The line between `ce` and `pe`."""
    return Program(
        "metrolink", "ce",
        (PYTHON, "-m", "tests.lab.metrolink", "--near", str(net.path("ce")), "wan",
         "--far", str(net.path("pe")), "wan", "--control", str(folder / "metrolink.sock")),
        (("unix", str(folder / "metrolink.sock")),),
        {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def switch_database(folder: Path) -> Program:
    """The database of Open vSwitch."""
    database = folder / "ovs.conf"
    return Program(
        "ovsdb", "sw",
        ("ovsdb-server", str(database), f"--remote=punix:{folder}/ovs.sock",
         f"--unixctl={folder}/ovsdb.ctl", "--no-chdir"),
        (("unix", f"{folder}/ovs.sock"),), _ovs(folder),
    )  # fmt: skip


def switch_daemon(folder: Path) -> Program:
    """The forwarding part of Open vSwitch, without any module of the kernel."""
    return Program(
        "ovs", "sw",
        ("ovs-vswitchd", f"unix:{folder}/ovs.sock", f"--unixctl={folder}/sw.ctl", "--no-chdir"),
        (("unix", f"{folder}/sw.ctl"),), _ovs(folder), urgent=True,
    )  # fmt: skip


def make_database(net: Net, folder: Path) -> None:
    """An empty database for the switch. Raises LabError."""
    schema = "/usr/share/openvswitch/vswitch.ovsschema"
    net.run("sw", "ovsdb-tool", "create", str(folder / "ovs.conf"), schema)


def configure_switch(net: Net, folder: Path) -> None:
    """Bridge, access ports of the office VLAN, and the switch's own address. Raises LabError."""
    vsctl = ("ovs-vsctl", "--no-syslog", f"--db=unix:{folder}/ovs.sock", "--timeout=10")
    steps: list[str] = [
        "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev", "rstp_enable=true",
        "--", "add-port", "br0", "mgmt", f"tag={OFFICE_VLAN}",
        "--", "set", "interface", "mgmt", "type=internal",
    ]  # fmt: skip
    for port in PLUGGED:
        steps += ["--", "add-port", "br0", port, f"tag={OFFICE_VLAN}"]
        steps += ["--", "set", "port", port, "other_config:rstp-port-admin-edge=true"]
    net.run("sw", *vsctl, *steps)
    net.address("sw", "mgmt", f"{SW}/24")
    net.ip("sw", "link", "set", "mgmt", "up")
    net.route("sw", "default", CE)


def vsctl(net: Net, folder: Path, *argv: str) -> str:
    """Change the switch's configuration. Raises LabError."""
    return net.run(
        "sw", "ovs-vsctl", "--no-syslog", f"--db=unix:{folder}/ovs.sock", "--timeout=10", *argv
    )


def _ovs(folder: Path) -> dict[str, str]:
    return {f"OVS_{kind}DIR": str(folder) for kind in ("RUN", "DB", "LOG", "SYSCONF")}


def snmp_agents(folder: Path) -> tuple[Program, ...]:
    """snmpd of the switch, the terminal device and the UPS."""
    passing = f"{PYTHON} -S -E {Path(__file__).with_name('passing.py')}"
    sw = (
        f"pass_persist .1.3.6.1.2.1.17 {passing} bridge {folder}/sw.ctl "
        f"unix:{folder}/ovs.sock br0\n"
        f"master agentx\nagentXSocket {folder}/sw.agentx\nagentXPerms 0777 0777\n"
    )
    ups = (
        f"sysObjectID .1.3.6.1.2.1.33\n"
        f"pass_persist .1.3.6.1.2.1.33 {passing} file {folder}/{UPS_TABLE}\n"
    )
    set_ups(folder, on_battery=False)
    return (
        _snmpd(folder, "sw", SW, sw),
        _snmpd(folder, "ce", CE, ""),
        _snmpd(folder, "ups", UPS, ups),
    )


def _snmpd(folder: Path, host: str, address: str, more: str) -> Program:
    (folder / f"{host}.persistent").mkdir(exist_ok=True)
    write_snmpd(folder, host, address, COMMUNITY, more)
    return Program(
        f"snmpd-{host}", host,
        ("snmpd", "-f", "-C", "-c", f"{folder}/{host}.snmpd", "-Lo", "-r"),
        (("udp", f"{address}:161"),),
        {"SNMP_PERSISTENT_DIR": f"{folder}/{host}.persistent", "MIBS": ""},
    )  # fmt: skip


def write_snmpd(folder: Path, host: str, address: str, community: str, more: str) -> None:
    """What a host's snmpd answers, and to whom. The write community never leaves the host."""
    (folder / f"{host}.snmpd").write_text(
        f"agentAddress udp:{address}:161,udp:127.0.0.1:161\nrocommunity {community}\n"
        f"rwcommunity lab-own 127.0.0.1\nsysName {host}-lab\nsysLocation lab\n{more}"
    )


def hasten(net: Net, host: str) -> None:
    """Let snmpd read ports anew for each question instead of every 15 s. Raises LabError."""
    cache = ".1.3.6.1.4.1.8072.1.5.3.1.2.1.3.6.1.2.1.2.2"  # nsCacheTimeout of ifTable
    net.run(
        host, "snmpset", "-v2c", "-c", "lab-own", "-t", "2", "-r", "4", "127.0.0.1", cache, "i", "1"
    )


def set_ups(folder: Path, *, on_battery: bool) -> None:
    """What the UPS tells from now on (UPS-MIB, RFC 1628)."""
    source = _ON_BATTERY if on_battery else _ON_MAINS
    volts = 0 if on_battery else 220
    rows = {
        "1.1.0": "string Lab", "1.2.0": "string UPS 1", "2.1.0": "integer 2",
        "2.2.0": f"integer {60 if on_battery else 0}", "2.3.0": "integer 30", "2.4.0": "gauge 95",
        "3.2.0": "gauge 1", "3.3.1.3.1": f"integer {volts}", "4.1.0": f"integer {source}",
        "4.3.0": "gauge 1", "4.4.1.5.1": "integer 20",
    }  # fmt: skip
    lines = (f".1.3.6.1.2.1.33.1.{oid} {row}\n" for oid, row in rows.items())
    fresh = folder / f"{UPS_TABLE}.new"
    fresh.write_text("".join(lines))
    fresh.replace(folder / UPS_TABLE)


def router(folder: Path) -> tuple[Program, Program]:
    """FRR of the terminal device: its only way out is a route that `staticd` holds."""
    own = folder / "frr"
    own.mkdir(exist_ok=True)
    (own / "zebra.conf").write_text("hostname ce-lab\nlog stdout\n")
    ways = f"ip route 0.0.0.0/0 {PE_WAN}\nipv6 route ::/0 {PE_WAN6}\n"
    (own / "staticd.conf").write_text(f"log stdout\n{ways}")
    shutil.chown(own, "frr", "frr")
    common = ("-z", f"{own}/zserv", "--vty_socket", str(own), "-A", "127.0.0.1", "-P", "0")
    zebra, staticd = (
        Program(
            name,
            "ce",
            (
                f"/usr/lib/frr/{name}",
                "-f",
                f"{own}/{name}.conf",
                "-i",
                f"{own}/{name}.own",
                *common,
            ),
            (("unix", f"{own}/{name}.vty"),),
        )
        for name in ("zebra", "staticd")
    )
    return zebra, staticd


def configure_router(net: Net, folder: Path, line: str) -> None:
    """One line of configuration, as typed at the router. Raises LabError."""
    net.run("ce", "vtysh", "--vty_socket", f"{folder}/frr", "-c", "configure terminal", "-c", line)


def neighbours(folder: Path) -> tuple[Program, ...]:
    """lldpd of the switch (as part of its SNMP) and of the terminal device."""
    return tuple(
        Program(
            f"lldpd-{host}", host,
            ("lldpd", "-d", *more, "-u", f"{folder}/{host}.lldp", "-O", f"{folder}/none.conf",
             "-I", ports, "-S", f"Lab {host}", "-M", "4"),
            (("unix", f"{folder}/{host}.lldp"),),
        )
        for host, ports, more in (
            ("sw", ",".join(PLUGGED), ("-x", "-X", f"{folder}/sw.agentx")),
            ("ce", "lan", ()),
        )
    )  # fmt: skip


def room(folder: Path) -> Program:
    """The video endpoint."""
    return Program(
        "codec", "vc",
        (PYTHON, "-m", "tests.lab.codec", "--host", VC, "--registrar", REGISTRAR, "--login", LOGIN,
         "--certificate", f"{folder}/codec.pem", "--folder", str(folder)),
        (("tcp", f"{VC}:443"),),
        {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def agent(folder: Path) -> Program:
    """The agent under test, as a ward runs it."""
    return Program(
        "agent", "agent",
        (WARDOPS, "agent", "--inventory", f"{folder}/inventory", "--state", f"{folder}/state",
         "--listen", "127.0.0.1:9642", "--vantage", "ward"),
        (("unix", f"{folder}/state/wardops.sock"),),
        {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
