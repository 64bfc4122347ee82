"""Trace and packet length over a real line: two routers in namespaces, h1 - x1 - x2 - h2."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
FAR4, FAR6 = "198.51.100.18", "2001:db8:3::2"

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(shutil.which("ip") is None, reason="iproute2 is not installed"),
]

ASK = """
import asyncio, json, sys
from dataclasses import asdict
from probes.clock import SystemClock
from probes.errors import ProbeError
from probes.icmp import IcmpEcho
from probes.path.line import KernelLine
from probes.path.mtu import find
from probes.path.trace import broken, trace

async def main(method, *asked):
    clock = SystemClock()
    echo = IcmpEcho(clock, ladder=(method,))
    line = KernelLine(echo, clock)
    async def one(what, host):
        if what == "trace":
            found = await trace(line, host)
            hops = [[hop.address, hop.sign, len(hop.rtts_s)] for hop in found.hops]
            why = None if found.reached else broken(found, {}).detail_code
            return {"hops": hops, "reached": found.reached, "by": found.method,
                    "break": found.break_hop, "why": why}
        try:
            return asdict(await find(line, host))
        except ProbeError as error:
            return error.detail_code
    print(json.dumps([await one(*each.split(",")) for each in asked]))
    echo.close()

asyncio.run(main(*sys.argv[1:]))
"""


@dataclass
class Line:
    """Four namespaces in a row; names carry a mark of this run."""

    mark: str
    closing: ExitStack = field(default_factory=ExitStack)

    def run(self, *words: str) -> str:
        """One command, its output."""
        done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def inside(self, place: str, *words: str) -> str:
        """One command in a namespace."""
        return self.run("ip", "netns", "exec", self.mark + place, *words)

    def build(self) -> None:
        """Lay the line: 1 MB of kernel state, about half a second."""
        for place in ("h1", "x1", "x2", "h2"):
            self.run("ip", "netns", "add", self.mark + place)
            self.closing.callback(self.run, "ip", "netns", "del", self.mark + place)
            self.inside(place, "ip", "link", "set", "lo", "up")
            for switch in (
                "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1",
                "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0",
                "net.ipv4.ping_group_range=0 0",
            ):  # fmt: skip
                name, _, value = switch.partition("=")
                path = "/proc/sys/" + name.replace(".", "/")
                self.inside(place, "sh", "-c", f"echo '{value}' > {path}")
        for turn, (near, far) in enumerate((("h1", "x1"), ("x1", "x2"), ("x2", "h2"))):
            self._join(turn + 1, near, far)
        for place, via4, via6 in (
            ("h1", "198.51.100.2", "2001:db8:1::2"), ("x1", "198.51.100.10", "2001:db8:2::2"),
            ("h2", "198.51.100.17", "2001:db8:3::1"),
        ):  # fmt: skip
            self.inside(place, "ip", "route", "add", "default", "via", via4)
            self.inside(place, "ip", "-6", "route", "add", "default", "via", via6)
        self.inside("x2", "ip", "route", "add", "198.51.100.0/29", "via", "198.51.100.9")
        self.inside("x2", "ip", "-6", "route", "add", "2001:db8:1::/64", "via", "2001:db8:2::1")

    def _join(self, number: int, near: str, far: str) -> None:
        ends = ("netns", self.mark + near, "type", "veth", "peer", "name", f"l{number}", "netns")
        self.run("ip", "link", "add", f"r{number}", *ends, self.mark + far)
        first = (number - 1) * 8
        for place, name, last in ((near, f"r{number}", 1), (far, f"l{number}", 2)):
            self.inside(place, "ip", "addr", "add", f"198.51.100.{first + last}/29", "dev", name)
            self.inside(
                place, "ip", "addr", "add", f"2001:db8:{number}::{last}/64", "dev", name, "nodad"
            )
            self.inside(place, "ip", "link", "set", name, "up")

    def ask(self, method: str, *asked: str) -> list[Any]:
        """What a program on h1 finds."""
        told = self.inside("h1", sys.executable, "-W", "error", "-c", ASK, method, *asked)
        found: list[Any] = json.loads(told)
        return found


@pytest.fixture
def line() -> Iterator[Line]:
    """A line of its own, gone afterwards."""
    made = Line(f"wd{secrets.token_hex(3)}-")
    with made.closing:
        made.build()
        yield made


@pytest.mark.parametrize("method", ["dgram", "raw"])
def test_a_whole_line_shows_every_stop_and_its_full_length(line: Line, method: str) -> None:
    four, six, long4, long6 = line.ask(
        method, f"trace,{FAR4}", f"trace,{FAR6}", f"mtu,{FAR4}", f"mtu,{FAR6}"
    )
    assert [hop[0] for hop in four["hops"]] == ["198.51.100.2", "198.51.100.10", FAR4]
    assert [hop[0] for hop in six["hops"]] == ["2001:db8:1::2", "2001:db8:2::2", FAR6]
    for found in (four, six):
        assert (found["reached"], found["break"], found["by"]) == (True, None, "udp")
        assert [hop[1:] for hop in found["hops"]] == [["", 3]] * 3
    assert long4["passed_bytes"] == long6["passed_bytes"] == 1500
    assert long4["large_passes"]


@pytest.mark.parametrize("program", ["traceroute", "mtr"])
def test_it_sees_the_stops_that_debians_programs_see(line: Line, program: str) -> None:
    words = {
        "traceroute": ("traceroute", "-n", "-q", "1", FAR4),
        "mtr": ("mtr", "-n", "-r", "-c", "1", FAR4),
    }[program]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    told = line.inside("h1", *words).splitlines()
    theirs = [found[1] for row in told if (found := re.match(r"\s*\d+[.|\s-]+([\d.]{7,})", row))]
    [ours] = line.ask("raw", f"trace,{FAR4}")
    assert [hop[0] for hop in ours["hops"]] == theirs


def test_a_line_that_is_cut_breaks_after_the_stop_before(line: Line) -> None:
    line.inside("x1", "ip", "link", "set", "r2", "down")
    for found, first in zip(
        line.ask("dgram", f"trace,{FAR4}", f"trace,{FAR6}"),
        ("198.51.100.2", "2001:db8:1::2"),
        strict=True,
    ):
        assert (found["reached"], found["break"]) == (False, 1)
        assert [hop[:2] for hop in found["hops"]] == [[first, "!N"]]
        assert found["why"] == "trace_no_route"


def test_a_router_that_swallows_everything_breaks_without_a_word(line: Line) -> None:
    line.inside("x2", "sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward")
    [found] = line.ask("raw", f"trace,{FAR4}")
    assert (found["reached"], found["break"], found["why"]) == (False, 1, "trace_broken")


def test_a_target_that_answers_no_udp_is_reached_by_icmp(line: Line) -> None:
    listening = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
    listening += "s.bind(('', 33434)); print('ready', flush=True); input()"
    command = ["ip", "netns", "exec", line.mark + "h2", sys.executable, "-c", listening]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as taker:
        assert taker.stdout is not None
        taker.stdout.readline()
        [found] = line.ask("raw", f"trace,{FAR4}")
        taker.communicate(b"\n")
    assert (found["reached"], found["by"]) == (True, "udp+icmp")
    assert [hop[0] for hop in found["hops"]][-1] == FAR4


@pytest.mark.parametrize("method", ["dgram", "raw"])
def test_a_router_that_names_its_limit_is_believed_and_checked(line: Line, method: str) -> None:
    line.inside("x1", "ip", "link", "set", "r2", "mtu", "1300")
    line.inside("x2", "ip", "link", "set", "l2", "mtu", "1300")
    for found in line.ask(method, f"mtu,{FAR4}", f"mtu,{FAR6}"):
        assert (found["passed_bytes"], found["blocked_bytes"]) == (1300, 1301)
        assert found["told_bytes"] == 1300
        assert not found["large_passes"]


def test_long_packets_that_vanish_without_a_word_are_a_silent_limit(line: Line) -> None:
    # The far end of the pair takes no frame longer than this, and says nothing.
    line.inside("x2", "ip", "link", "set", "l2", "mtu", "1300")
    [found] = line.ask("raw", f"mtu,{FAR4}")
    assert (found["told_bytes"], found["large_passes"]) == (None, False)
    assert 1300 <= found["passed_bytes"] <= 1304  # a tag's four octets are let through
    assert found["blocked_bytes"] == found["passed_bytes"] + 1


def test_this_machines_own_limit_is_found_too(line: Line) -> None:
    line.inside("h1", "ip", "link", "set", "r1", "mtu", "1400")
    [found] = line.ask("raw", f"mtu,{FAR4}")
    assert (found["passed_bytes"], found["told_bytes"], found["large_passes"]) == (1400, 1400, True)


def test_nobody_there_is_told_as_silence(line: Line) -> None:
    [found] = line.ask("raw", "mtu,198.51.100.22")
    assert found in {"mtu_silent", "unreachable"}
