"""Tables that net-snmp does not have, for its `pass_persist`: the bridge's addresses, a UPS.

Run by snmpd with the standard library alone: `passing.py file TABLE` serves lines `OID TYPE VALUE`;
`passing.py fdb CONTROL BRIDGE` serves BRIDGE-MIB (RFC 4188) from `ovs-appctl fdb/show`. Port
numbers of the bridge are those of OpenFlow.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

Oid: TypeAlias = "tuple[int, ...]"
Table: TypeAlias = "dict[Oid, tuple[str, str]]"

_BRIDGE = (1, 3, 6, 1, 2, 1, 17)
_LEARNED = "3"


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
        serve(lambda: read_addresses(given[0], given[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
