"""Whether the machine's own network interface has carrier: proof that a silence is not ours.

Linux only: the interface of the default route from /proc/net/route, its state from sysfs.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_RTF_UP = 0x1  # linux/route.h


def host_link(root: Path = Path("/")) -> bool | None:
    """Carrier of the default route's interface; None when it cannot be told. Raises nothing.

    `root` stands for the file system's root, so that a test can lay out its own.
    """
    interface = default_interface(_text(root / "proc/net/route") or "")
    if interface is None:
        return None
    folder = root / "sys/class/net" / interface
    return link_state(_text(folder / "carrier"), _text(folder / "operstate"))


def default_interface(table: str) -> str | None:
    """The interface of the default route with the smallest metric, from /proc/net/route."""
    routes = []
    for line in table.splitlines()[1:]:
        words = line.split()
        with suppress(ValueError, IndexError):
            name, destination, flags, metric, mask = (words[i] for i in (0, 1, 3, 6, 7))
            if int(destination, 16) == int(mask, 16) == 0 and int(flags, 16) & _RTF_UP:
                routes.append((int(metric), name))
    return min(routes)[1] if routes else None


def link_state(carrier: str | None, operstate: str | None) -> bool | None:
    """Up or down from sysfs' two files; None when neither says.

    `carrier` cannot be read while the interface is shut; `operstate` then says `down`. A tunnel
    has operstate `unknown` and a carrier.
    """
    told = (carrier or "").strip()
    if told in {"0", "1"}:
        return told == "1"
    return {"up": True, "down": False, "lowerlayerdown": False, "notpresent": False}.get(
        (operstate or "").strip()
    )


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
