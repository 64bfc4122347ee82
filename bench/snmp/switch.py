"""The switches of `responder.c` from Python: built, started, addressed, and what they must say."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from inventory.access import SnmpAccess
from inventory.credentials import Secret
from probes.model import Target
from probes.snmp import ber
from probes.snmp.modules import IF_COLUMNS, IF_NAMES, IF_NUMBER, SYSTEM_SCALARS, Module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from probes.snmp.modules import ModuleAnswer

SOURCE = Path(__file__).with_name("responder.c")
ROWS, VARBINDS, SWITCHES = 54, 705, 336
COMMUNITY = "public"
USER = "user: bench\nauth: sha1\nauth_key: bench-auth-key\npriv: aes128\npriv_key: bench-priv-key\n"
_A_SUBNET = 168

_COUNTED = (
    "ifAdminStatus", "ifOperStatus", "ifHighSpeed", "ifHCInOctets", "ifHCOutOctets",
    "ifHCInUcastPkts", "ifHCOutUcastPkts", "ifInErrors", "ifOutErrors", "ifInDiscards",
    "ifOutDiscards",
)  # fmt: skip
_BY_NAME = {family.name: family for family in (*IF_COLUMNS, *SYSTEM_SCALARS)}

# 54 rows of 13 columns and 3 scalars: 705 varbinds.
WORK = Module(
    "work",
    (_BY_NAME["sysUpTime"], _BY_NAME["sysName"], IF_NUMBER),
    tuple(_BY_NAME[name] for name in _COUNTED),
    tuple(family for family in IF_NAMES if family.name != "ifDescr"),
)


def address(number: int) -> str:
    """Where the switch of that number stands: 127.0.1.1 to 127.0.1.168, then 127.0.2.1 on."""
    return f"127.0.{1 + number // _A_SUBNET}.{1 + number % _A_SUBNET}"


def switch(number: int, port: int, version: str = "2c") -> Target:
    """The switch as an agent's target; its secret is `secret(...)` of its `auth`."""
    access = SnmpAccess.model_validate(
        {"auth": f"env:{'USER' if version == '3' else 'COMMUNITY'}", "port": port}
    )
    return Target("26740", f"sw-{number}", "generic_switch", "core", address(number), snmp=access)


def secret(reference: str) -> Secret:
    """What stands behind a switch's `auth`."""
    return Secret(USER if reference == "env:USER" else COMMUNITY)


def compiler() -> str | None:
    """The C compiler of this machine, if it has one."""
    return shutil.which("gcc") or shutil.which("cc")


def build(folder: Path) -> Path:
    """The responder as a program in `folder`; RuntimeError without a compiler."""
    program, found = folder / "responder", compiler()
    if found is None:
        raise RuntimeError("no C compiler; apt-get install gcc libc6-dev")
    command = [found, "-O2", "-o", str(program), str(SOURCE), "-l:libcrypto.so.3"]
    subprocess.run(command, check=True)  # noqa: S603 - the compiler
    return program


@contextmanager
def responding(program: Path, delay_ms: float = 0, loss_permille: int = 0) -> Iterator[int]:
    """The switches answer inside the block; their port."""
    words = [str(program), "0", str(delay_ms), str(loss_permille)]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)  # noqa: S603 - just built
    try:
        if child.stdout:  # a pipe: it is always there
            with child.stdout:
                yield int(child.stdout.readline().split()[1])
    finally:
        child.terminate()
        child.wait()


def mistakes(answer: ModuleAnswer, number: int) -> list[str]:
    """Where an answer to WORK differs from what the switch holds; counters may have grown."""
    found = [] if answer.varbinds == VARBINDS else [f"{answer.varbinds} values"]
    ticks = answer.scalars[_BY_NAME["sysUpTime"].oid + b"\0"].value
    families = (*WORK.names, *WORK.columns)
    for index, cells in answer.rows.items():
        (row,) = ber.index_arcs(index)
        for family, cell in zip(families, cells, strict=True):
            if not _is_right(family.name, row, number, cell.value if cell else None, ticks):
                found.append(f"{family.name}.{row} = {cell}")
    return found


def _is_right(name: str, row: int, number: int, value: object, ticks: object) -> bool:
    if name in _PLAIN:
        return value == _PLAIN[name](row)
    subnet, host = divmod(number, _A_SUBNET)
    device = (1 + subnet) << 8 | 1 + host
    octets = (1 << (60 if row == ROWS else 41)) + device * 1000003
    base, pace = {
        "ifHCInOctets": (octets + row * 1000000007, 10 * row),
        "ifHCOutOctets": (octets + row * 2000000014, 10 * row),
        "ifHCInUcastPkts": ((1 << 33) + row * 1009 + 7, row),
        "ifHCOutUcastPkts": ((1 << 33) + row * 1009 + 11, row),
    }[name]
    if not isinstance(value, int) or not isinstance(ticks, int):
        return False
    grown, rest = divmod(value - base, pace)
    return rest == 0 and abs(grown - ticks) < _LONGEST_POLL_TICKS


_LONGEST_POLL_TICKS = 2000
_PLAIN: dict[str, Callable[[int], int | bytes]] = {
    "ifName": lambda row: f"Gi1/0/{row}".encode(),
    "ifAlias": lambda row: f"Phòng {row}".encode(),
    "ifAdminStatus": lambda _row: 1,
    "ifOperStatus": lambda row: 1 if row % 3 else 2,
    "ifHighSpeed": lambda _row: 1000,
    "ifInErrors": lambda row: 2 * row,
    "ifOutErrors": lambda row: 4 * row,
    "ifInDiscards": lambda row: row,
    "ifOutDiscards": lambda row: 3 * row,
}
