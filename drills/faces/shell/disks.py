"""df(1) and free(1): how full the machine's disks and memory are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drills.faces.shell.host import Ran
from drills.faces.shell.options import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drills.faces.shell.host import Host
    from drills.model import Disk

_FILE_SYSTEM = "ext4"
_SIGNS = "KMGTP"
_FREE_UNITS = {"b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def df(host: Host, args: Sequence[str], _stdin: str) -> Ran:
    """How full each file system is, by blocks or with -i by inodes."""
    asked = options(args, "PTkihal", ("human-readable", "inodes", "portability", "print-type"))
    flags = asked.flags
    is_human = bool(flags & {"h", "human-readable"})
    found, err = [], ""
    for path in asked.operands:
        if host.read(path) is None and not host.is_folder(path):
            err += f"df: {path}: No such file or directory\n"
        else:
            found.append(_holding(host, path))
    disks = found if asked.operands else list(host.machine.disks)
    rows = [_inodes(disk) if flags & {"i", "inodes"} else _blocks(disk, is_human) for disk in disks]
    head = ["Filesystem", *_heads(flags, is_human), "Mounted on"]
    table = [
        head,
        *([disk.device, *row, disk.mount] for disk, row in zip(disks, rows, strict=True)),
    ]
    if flags & {"T", "print-type"}:
        for number, row in enumerate(table):
            row.insert(1, _FILE_SYSTEM if number else "Type")
    is_left = 2 if flags & {"T", "print-type"} else 1
    return Ran(_aligned(table, is_left) if disks else "", err, 1 if err else 0)


def _heads(flags: frozenset[str], is_human: bool) -> list[str]:
    if flags & {"i", "inodes"}:
        return ["Inodes", "IUsed", "IFree", "IUse%"]
    if is_human:
        return ["Size", "Used", "Avail", "Use%"]
    if flags & {"P", "portability"}:
        return ["1024-blocks", "Used", "Available", "Capacity"]
    return ["1K-blocks", "Used", "Available", "Use%"]


def _holding(host: Host, path: str) -> Disk:
    """The file system that a path lies on."""
    disks = host.machine.disks
    on = [d for d in disks if f"{path.rstrip('/')}/".startswith(f"{d.mount.rstrip('/')}/")]
    return max(on or disks, key=lambda disk: len(disk.mount))


def _blocks(disk: Disk, is_human: bool) -> list[str]:
    left = disk.size_bytes - disk.used_bytes
    sizes = (disk.size_bytes, disk.used_bytes, left)
    told = [human(size) if is_human else str(size // 1024) for size in sizes]
    return [*told, _percent(disk.used_bytes, disk.size_bytes)]


def _inodes(disk: Disk) -> list[str]:
    used = disk.files - disk.files_free
    return [str(disk.files), str(used), str(disk.files_free), _percent(used, disk.files)]


def _percent(part: int, whole: int) -> str:
    return f"{-(-100 * part // whole)}%"  # df rounds up


def human(octets: int) -> str:
    """A size as `df -h` says it: rounded up, with one decimal below ten."""
    if octets < 1024:
        return str(octets)
    tenths, sign = octets * 10, ""
    for sign in _SIGNS:  # noqa: B007 - the last one is needed
        tenths = -(-tenths // 1024)
        if tenths < 10240:
            break
    return f"{tenths // 10}.{tenths % 10}{sign}" if tenths < 100 else f"{-(-tenths // 10)}{sign}"


def _aligned(table: Sequence[Sequence[str]], left: int) -> str:
    """Columns as wide as their widest cell: the first ones and the last to the left."""
    widths = [max(len(row[n]) for row in table) for n in range(len(table[0]))]
    last = len(widths) - 1
    return "".join(
        " ".join(
            cell if n == last else (cell.ljust if n < left else cell.rjust)(widths[n])
            for n, cell in enumerate(row)
        )
        + "\n"
        for row in table
    )


def free(host: Host, args: Sequence[str], _stdin: str) -> Ran:
    """Memory and swap, in KiB or as asked."""
    asked = options(args, "bkmgh")
    sizes = dict(host.memory())
    cache = sizes["Buffers"] + sizes["Cached"]
    total, left = sizes["MemTotal"], sizes["MemAvailable"]
    rows = (
        ("Mem:", (total, total - left, sizes["MemFree"], 0, cache, left)),
        ("Swap:", (sizes["SwapTotal"], sizes["SwapTotal"] - sizes["SwapFree"], sizes["SwapFree"])),
    )
    unit = next((_FREE_UNITS[flag] for flag in asked.flags if flag in _FREE_UNITS), 1024)
    head = "".join(f"{name:>12}" for name in
                   ("total", "used", "free", "shared", "buff/cache", "available"))  # fmt: skip
    out = f"{'':7}{head}\n"
    for name, cells in rows:
        told = (_binary(cell) if "h" in asked.flags else str(cell // unit) for cell in cells)
        out += f"{name:<7}" + "".join(f"{cell:>12}" for cell in told) + "\n"
    return Ran(out)


def _binary(octets: int) -> str:
    """A size as `free -h` says it: `7.8Gi`."""
    size, sign = float(octets), "B"
    for step in _SIGNS:
        if size < 1000:
            break
        size, sign = size / 1024, f"{step}i"
    return f"{size:.1f}{sign}" if sign != "B" and size < 10 else f"{size:.0f}{sign}"
