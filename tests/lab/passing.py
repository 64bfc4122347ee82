"""Tables that net-snmp does not have, for its `pass_persist`: the bridge's addresses, a UPS.

Run by snmpd with the standard library alone: `passing.py file TABLE` serves lines `OID TYPE VALUE`;
`passing.py bridge CONTROL DATABASE BRIDGE` serves BRIDGE-MIB (RFC 4188) and the VLANs of the ports
(Q-BRIDGE-MIB, RFC 4363) as Open vSwitch's own tools tell them. Port numbers of the bridge are those
of OpenFlow.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Oid: TypeAlias = "tuple[int, ...]"
Table: TypeAlias = "dict[Oid, tuple[str, str]]"

_BRIDGE = (1, 3, 6, 1, 2, 1, 17)
_LEARNED = "3"
_VLAN_PORT, _VLAN = (*_BRIDGE, 7, 1, 4, 5, 1), (*_BRIDGE, 7, 1, 4, 3, 1)
_FRESH_S = 0.5  # a manager asks for one value after another


def oid_of(text: str) -> Oid:
    """`.1.3.6` as numbers."""
    return tuple(int(part) for part in text.strip().strip(".").split("."))


def read_table(path: Path) -> Table:
    """A table from lines `OID TYPE VALUE`."""
    table: Table = {}
    for line in path.read_text().splitlines():
        oid, kind, value = line.split(" ", 2)
        table[oid_of(oid)] = (kind, value)
    return table


def read_addresses(control: str, bridge: str) -> Table:
    """dot1dTpFdbTable of an Open vSwitch, as its own tool tells it: port, VLAN, MAC, age."""
    shown = subprocess.run(
        ["/usr/bin/ovs-appctl", "-t", control, "fdb/show", bridge],
        capture_output=True, text=True, check=False, timeout=2,
    ).stdout  # fmt: skip
    table: Table = {}
    for line in shown.splitlines()[1:]:
        port, _vlan, mac, _age = line.split()
        if not port.isdigit():
            continue  # LOCAL: the bridge itself
        index = tuple(int(octet, 16) for octet in mac.split(":"))
        table[(*_BRIDGE, 4, 3, 1, 1, *index)] = ("octet", mac.replace(":", " "))
        table[(*_BRIDGE, 4, 3, 1, 2, *index)] = ("integer", port)
        table[(*_BRIDGE, 4, 3, 1, 3, *index)] = ("integer", _LEARNED)
    return table


def read_vlans(database: str) -> Table:
    """Interface and VLAN of every port of an Open vSwitch, from its database; RSTP keeps them."""
    tags = {name: tag for name, tag in _listed(database, "port", "name", "tag") if tag != []}
    table: Table = {}
    members: defaultdict[int, set[int]] = defaultdict(set)
    for name, number in _listed(database, "interface", "name", "ofport"):
        if name not in tags or not isinstance(number, int) or number < 1:
            continue
        table[(*_BRIDGE, 1, 4, 1, 2, number)] = ("integer", str(socket.if_nametoindex(name)))
        table[(*_VLAN_PORT, 1, number)] = ("gauge", str(tags[name]))
        members[tags[name]].add(number)
    for vlan, ports in members.items():
        octets = ("octet", port_list(ports))
        table[(*_VLAN, 2, vlan)] = table[(*_VLAN, 4, vlan)] = octets
    return table


def port_list(ports: set[int]) -> str:
    """A PortList as pass_persist has it: a bit for each port, port 1 the first octet's highest."""
    octets = bytearray((max(ports) + 7) // 8)
    for port in ports:
        octets[(port - 1) // 8] |= 0x80 >> (port - 1) % 8
    return octets.hex(" ")


def _listed(database: str, table: str, *columns: str) -> list[list[Any]]:
    argv = ["/usr/bin/ovs-vsctl", "--no-syslog", f"--db={database}", "--timeout=2",
            "--format=json", f"--columns={','.join(columns)}", "list", table]  # fmt: skip
    shown = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=3).stdout
    rows: list[list[Any]] = json.loads(shown)["data"] if shown else []
    return [[[] if isinstance(cell, list) else cell for cell in row] for row in rows]


def kept(read: Callable[[], Table]) -> Callable[[], Table]:
    """The same, read anew only after half a second."""
    last: list[tuple[float, Table]] = []

    def table() -> Table:
        if not last or monotonic() - last[0][0] >= _FRESH_S:
            last[:] = [(monotonic(), read())]
        return last[0][1]

    return table


def answer(table: Table, verb: str, asked: Oid) -> list[str]:
    """The three lines of an answer (snmpd.conf(5)), or `NONE`."""
    if verb == "getnext":
        after = [oid for oid in table if oid > asked]
        if not after:
            return ["NONE"]
        asked = min(after)
    if asked not in table:
        return ["NONE"]
    return ["." + ".".join(map(str, asked)), *table[asked]]


def serve(read: Callable[[], Table]) -> None:
    """Speak pass_persist on standard input and output until snmpd hangs up."""
    for line in sys.stdin:
        verb = line.strip().lower()
        if verb == "ping":
            lines = ["PONG"]
        elif verb in ("get", "getnext"):
            lines = answer(read(), verb, oid_of(sys.stdin.readline()))
        elif verb == "set":
            sys.stdin.readline()
            sys.stdin.readline()
            lines = ["not-writable"]
        else:
            return
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()


def main() -> int:
    """Serve one table."""
    kind, *given = sys.argv[1:]
    if kind == "file":
        serve(lambda: read_table(Path(given[0])))
    else:
        control, database, bridge = given
        serve(kept(lambda: read_addresses(control, bridge) | read_vlans(database)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
