"""The line alone, in namespaces of one's own: for users who may make them without being root.

Run by `unshare -Urnm`, where this process is root of a world of its own and nothing outside sees
it. Prints what an impaired line did, as one JSON object.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from drills.impairment import Impairment
from tests.lab import metrolink, ward
from tests.lab.net import Net, command
from tests.lab.programs import Programs

PACKETS = 50
OUT, BACK = Impairment(delay_s=0.015, loss=0.10, seed=1), Impairment(delay_s=0.005, seed=2)


def play(net: Net, folder: Path) -> dict[str, object]:
    """Two hosts, the line between them, one series of echoes."""
    for host in ("ce", "pe"):
        net.add_host(host)
    programs = Programs(net, folder)
    try:
        programs.run(ward.metrolink(net, folder))
        ward.connect(net)
        control = folder / "metrolink.sock"
        metrolink.ask(control, {"out": asdict(OUT), "back": asdict(BACK)})
        argv = ("ping", "-c", str(PACKETS), "-i", "0.02", "-W", "2", ward.PE_WAN)
        shown = net.run("ce", "/bin/sh", "-c", f"{' '.join(argv)} || true", within_s=60)
        rtts = [float(found) / 1000 for found in re.findall(r"time=([0-9.]+) ms", shown)]
        return {"rtts_s": rtts, "counted": metrolink.ask(control)}
    finally:
        programs.stop_all()


def main() -> int:
    """Play in a folder that is gone afterwards."""
    command("mount", "-t", "tmpfs", "tmpfs", "/run")
    net = Net("wr")
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = play(net, Path(folder))
        finally:
            net.remove()
    sys.stdout.write(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
