"""A whole ward from real programs: up, down, and what a test or a trainer does to it."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from time import monotonic
from typing import TYPE_CHECKING, Any

from agent.client import AgentClient, AgentRefused, AgentUnreachable, addresses
from drills.impairment import CLEAR, Impairment
from probes.clock import SystemClock
from tests.lab import centre, metrolink, settings, ward
from tests.lab.net import LabError, Net, delete, namespaces
from tests.lab.programs import HURRY, Programs, may_hurry, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.wire import Verdict

RUNS = Path(tempfile.gettempdir()) / "wardops-lab"
OWNER, KEPT = "owner", "kept"
LLDPD = Path("/run/lldpd")  # where lldpd locks itself in; Debian makes it when it starts a service
NEEDED = (
    "ip", "ping", "ethtool", "ovs-vswitchd", "ovsdb-tool", "snmpd", "snmpset", "snmpwalk", "lldpd",
    "nginx", "dnsmasq", "vtysh", "chronyd", "kamailio", "prometheus-node-exporter", "iperf3",
    "tshark",
)  # fmt: skip
_SBIN = "/usr/sbin:/sbin:/usr/bin:/bin"
_SETTLE_S = 30.0
_WORST_ERROR_S = 0.001
_TRIALS = 4
_RTT = re.compile(r"time=([0-9.]+) ms")


def missing(needed: Iterable[str] = NEEDED) -> tuple[str, ...]:
    """Those of the programs that this machine has not."""
    return tuple(name for name in needed if shutil.which(name, path=_SBIN) is None)


@dataclass
class Lab:
    """One run of the lab. Everything it makes carries its prefix or lies in its folder."""

    prefix: str = field(default_factory=lambda: f"wl{os.getpid()}")
    took_s: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder = RUNS / self.prefix
        self.net = Net(self.prefix, [name.split("-", 1)[1] for name in namespaces(self.prefix)])
        self.programs = Programs(self.net, self.folder)

    def up(self, *, keep: bool = False) -> None:
        """Build the ward, start every program but the agent; raises LabError.

        What is left of runs that have ended is taken away first. With `keep` it outlives this
        process, until `down`.
        """
        if gone := missing():
            raise LabError(f"not installed: {', '.join(gone)}; .ci/run names Debian's packages")
        sweep()
        self.folder.mkdir(parents=True)
        for folder in (RUNS, self.folder):  # programs that give up root read in it
            folder.chmod(0o755)
        LLDPD.mkdir(exist_ok=True)
        owner = KEPT if keep else _self()
        (self.folder / OWNER).write_text(owner)
        begun = monotonic()
        self._wire()
        self.took_s["network"] = monotonic() - begun
        self._serve()
        self.took_s["programs"] = monotonic() - begun
        self._settle()
        self.took_s["settled"] = monotonic() - begun

    def down(self) -> None:
        """End every program and take every namespace and file of this run away."""
        self.programs.stop_all()
        self.net.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def is_kept(self) -> bool:
        """Whether it stays until `down`."""
        with suppress(OSError):
            return (self.folder / OWNER).read_text() == KEPT
        return False

    def _wire(self) -> None:
        ward.build(self.net)
        ward.make_database(self.net, self.folder)
        line = ward.metrolink(self.net, self.folder)
        database, daemon = ward.switch_database(self.folder), ward.switch_daemon(self.folder)
        self.programs.start(line)
        self.programs.run(database)
        self.programs.run(daemon)
        ward.configure_switch(self.net, self.folder)
        self.programs.ready(line)
        ward.connect(self.net)
        ward.connect_six(self.net)
        for program in ward.router(self.folder):  # the second asks the first
            self.programs.run(program)

    def _serve(self) -> None:
        settings.write_inventory(self.folder / "inventory")
        centre.write_certificates(self.folder, SystemClock().now())
        agents = ward.snmp_agents(self.folder)
        self.programs.run(
            *agents, *ward.neighbours(self.folder), *centre.services(self.folder),
            ward.room(self.folder),
        )  # fmt: skip
        for host in ("sw", "ce"):
            ward.hasten(self.net, host)

    def _settle(self) -> None:
        """Wait until the far end answers; the switch learns and opens its ports first."""
        for address in (ward.SW, ward.CE, ward.GATEWAY, ward.SITE):
            if not wait_for(lambda: self.answers(address), _SETTLE_S):  # noqa: B023 - called now
                raise LabError(f"{address} does not answer after {_SETTLE_S:.0f} s")

    def answers(self, address: str) -> bool:
        """Whether one echo from the agent's host comes back."""
        with suppress(LabError):
            self.net.run("agent", "ping", "-c1", "-W1", "-q", address)
            return True
        return False

    def ping(self, address: str, count: int, gap_s: float = 0.02) -> tuple[list[float], int]:
        """Round trips in seconds, in order, and how many were lost; Debian's `ping` measures.

        Kernel stamps; the process is woken first where the machine allows it.
        """
        argv: tuple[str, ...] = ("ping", "-c", str(count), "-i", f"{gap_s:g}", "-W", "1", address)
        if may_hurry():
            argv = (*HURRY, *argv)
        shown = self.net.run("agent", "/bin/sh", "-c", f"{' '.join(argv)} || true", within_s=60)
        rtts = [float(found) / 1000 for found in _RTT.findall(shown)]
        return rtts, count - len(rtts)

    def impair(
        self, out: Impairment | None = None, back: Impairment | None = None
    ) -> dict[str, Any]:
        """Change what the line does to one or both directions; what it counted until now."""
        given = {"out": out, "back": back}
        wanted = {name: asdict(one) for name, one in given.items() if one is not None}
        return metrolink.ask(self.folder / "metrolink.sock", wanted)

    def clear(self) -> dict[str, Any]:
        """A line that does nothing to packets; what it counted until now."""
        return self.impair(CLEAR, CLEAR)

    def prove(self, delay_s: float = 0.010) -> str:
        """Measure the line itself: raises LabError when it is off by more than a millisecond.

        The time of the machines on the way is measured first and left out. A trial in which the
        line's own process was late says nothing and is repeated; so is one that failed.
        """
        said = []
        for _trial in range(_TRIALS):
            found, told = self._trial(delay_s)
            said.append(found)
            if told:
                return found
        raise LabError(f"the line is not true to 1 ms: {'; '.join(said)}")

    def _trial(self, delay_s: float) -> tuple[str, bool]:
        self.clear()
        bare, _ = self.ping(ward.PE_WAN, 20, 0.01)
        self.impair(Impairment(delay_s=delay_s), Impairment(delay_s=delay_s))
        late, _ = self.ping(ward.PE_WAN, 40, 0.01)
        counted = self.clear()
        if not bare or not late:
            return "no answer at all", False
        error = median(late) - median(bare) - 2 * delay_s
        slow = max(counted[name]["late_median_s"] or 0.0 for name in metrolink.WAYS)
        found = (
            f"{2 * delay_s * 1000:g} ms asked, {1000 * (median(late) - median(bare)):.2f} ms more "
            f"than the {1000 * median(bare):.2f} ms without (its process {1000 * slow:.2f} ms late)"
        )
        return found, abs(error) <= _WORST_ERROR_S

    def start_agent(self) -> None:
        """Start `wardops agent` on its host with an empty state; raises LabError."""
        shutil.rmtree(self.folder / "state", ignore_errors=True)
        self.programs.run(ward.agent(self.folder))

    def stop_agent(self) -> None:
        """End the agent."""
        self.programs.stop("agent")

    def client(self) -> AgentClient:
        """A client of the agent's API, over its socket."""
        return AgentClient(next(addresses(state=self.folder / "state")))

    def verdict(self) -> Verdict | None:
        """What the agent says now; None while it cannot be asked."""
        with suppress(AgentUnreachable, AgentRefused), self.client() as client:
            return client.snapshot().verdict
        return None

    def exposition(self) -> str:
        """The agent's metrics; empty while it cannot be asked."""
        with suppress(AgentUnreachable, AgentRefused), self.client() as client:
            return client.exposition()
        return ""


def runs() -> tuple[str, ...]:
    """Prefixes of the runs that have a folder."""
    return tuple(sorted(path.name for path in RUNS.iterdir())) if RUNS.is_dir() else ()


def sweep() -> tuple[str, ...]:
    """Take away what runs left behind that ended without cleaning up; their prefixes."""
    dead = tuple(prefix for prefix in runs() if _is_dead(prefix))
    for prefix in dead:
        Lab(prefix).down()
        for name in namespaces(prefix):
            delete(name)
    return dead


def _is_dead(prefix: str) -> bool:
    try:
        owner = (RUNS / prefix / OWNER).read_text()
    except OSError:
        return False  # it is just being made
    return owner != KEPT and owner != _begun(int(owner.split()[0]))


def _self() -> str:
    return _begun(os.getpid())


def _begun(pid: int) -> str:
    """A process by number and time of start: the number alone may be another's by now."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return f"{pid} {stat.rpartition(')')[2].split()[19]}"
