"""Machines over SSH: Debian's own sshd, what the script says, and everything that goes wrong."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.access import SshAccess
from inventory.credentials import Secret
from probes.clock import ManualClock, SystemClock, run_virtual
from probes.model import Memory, Reason, Target
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import ShellAnswer, ShellHost, Transports
from probes.vm.script import is_whole, script, sections
from probes.vm.script_read import status_of
from probes.vm.ssh import PROBE, UPDATES_EVERY_S
from probes.vm.status import CpuTimes, Filesystem, Listener

if TYPE_CHECKING:
    from probes.model import Observation
    from probes.transports.model import ShellClient

PIN = "SHA256:" + "A" * 43
SAID = {
    "cpu": ("cpu  600 0 200 9000 100 0 50 50 0 0", 0),
    "memory": ("MemTotal:  4000 kB\nMemAvailable:  1000 kB", 0),
    "load": ("0.25 0.10 0.05 1/200 4242", 0),
    "uptime": ("3600.50 7000.00", 0),
    "time": ("1795203602.000000000", 0),
    "disks": (
        "Filesystem Type 1024-blocks Used Available Capacity Mounted on\n"
        "/dev/vda1 ext4 1000 700 250 74% /\n"
        "/dev/vdb xfs 9000 0 9000 0% /srv/with blank\n"
        "tmpfs tmpfs 500 0 500 0% /run",
        1,
    ),
    "inodes": (
        "Filesystem Type Inodes IUsed IFree IUse% Mounted on\n/dev/vda1 ext4 400 300 100 75% /\n"
        "/dev/vdb xfs 0 0 0 - /srv/with blank",
        0,
    ),
    "failed": ("db.service loaded failed failed Database", 0),
    "listening": (
        "tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\ntcp LISTEN 0 128 [::]:22 [::]:*\n"
        "udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:*\ntcp LISTEN 0 5 [::1]:631 [::]:*",
        0,
    ),
    "clock": ("NTPSynchronized=yes", 0),
    "release": ('NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12"', 0),
    "reboot": ("", 2),
    "services": (
        "cron.service loaded active running Regular jobs\ndb.service loaded failed failed Data\n"
        "Wazuh-agent.service loaded active running Agent\ncut",
        0,
    ),
    "sshd": ("port 22\npermitrootlogin no", 0),
    "updates": (
        "Inst libc6 [2.36-9] (2.36-10 Debian-Security:12/stable-security [amd64])\n"
        "Inst vim [9.0] (9.1 Debian:12/stable [amd64])\nConf libc6 (2.36-10)",
        0,
    ),
    "end": ("", 0),
}


def output(**changed: tuple[str, int] | None) -> str:
    """What the script prints; a section that is None is missing."""
    told = {**SAID, **changed}
    return "".join(
        f"#wardops section {name}\n{one[0]}{chr(10) if one[0] else ''}#wardops status {one[1]}\n"
        for name, one in told.items()
        if one is not None
    )


class Spoken:
    """A ShellClient that has one answer, and remembers what was run."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.commands: list[str] = []

    async def execute(
        self, host: ShellHost, command: str, *, deadline: float, max_bytes: int = 0
    ) -> ShellAnswer:
        """The answer."""
        assert (host.user, deadline > 0, max_bytes > 0) == ("look", True, True)
        self.commands.append(command)
        return ShellAnswer(self.answer, "", 0)

    async def talk(self, *_words: object, **_more: object) -> tuple[str, ...]:
        """Nothing is typed."""
        raise AssertionError


def transports(shell: ShellClient) -> Transports:
    """Only SSH leads anywhere."""
    nothing: Any = None
    return Transports(
        snmp=nothing, http=FakeHttp({}), echo=FakeEcho({}), tcp=FakeTcp({}), shell=shell
    )


def target(**access: Any) -> Target:
    """A machine that is asked over SSH."""
    given = {"auth": "env:VM", "host_key": PIN, **access}
    return Target(
        ward="26740", name="vm-1", kind="linux_vm", role="vm", host="127.0.0.1",
        ssh=SshAccess(**given),
    )  # fmt: skip


def ask(
    shell: Spoken, asked: Target, memory: Memory | None = None, clock: ManualClock | None = None
) -> Observation:
    """Run the probe in virtual time."""
    clock = clock or ManualClock()
    story = observe(
        asked, PROBE, transports(shell), clock, clock.monotonic() + 20,
        lambda _ref: Secret("look:canary-password"), memory=memory,
    )  # fmt: skip
    seen: Observation = run_virtual(story, clock)
    return seen


def test_every_section_becomes_a_value() -> None:
    vm, cpu = status_of(sections(output()), now_s=1795203600, before=CpuTimes(50, 45))
    assert cpu == CpuTimes(100, 90)
    assert vm.cpu_ratio == pytest.approx(0.1)
    assert (vm.memory_available_bytes, vm.memory_used_ratio) == (1_024_000, 0.75)
    assert (vm.load1, vm.uptime_s, vm.time_offset_s) == (0.25, 3600.5, 2)
    assert vm.filesystems == (
        Filesystem("/", 0.25, 256_000, 0.25),
        Filesystem("/srv/with blank", 1, 9_216_000, None),
    )
    assert (vm.failed_units, vm.pending_security_updates, vm.reboot_required) == (1, 1, False)
    assert (vm.clock_synced, vm.release) == (True, "debian 12")
    assert vm.listening == (
        Listener("tcp", "*", 22), Listener("udp", "127.0.0.53", 53), Listener("tcp", "::1", 631),
    )  # fmt: skip
    assert vm.sshd == (("port", "22"), ("permitrootlogin", "no"))
    assert vm.services == ("cron", "wazuh-agent")


@pytest.mark.parametrize("name", [name for name in SAID if name != "end"])
def test_a_section_that_failed_or_is_missing_is_unknown_and_the_rest_is_read(name: str) -> None:
    whole, _cpu = status_of(sections(output()), now_s=0)
    for changed in ({name: ("", 127)}, {name: None}):
        vm, _cpu = status_of(sections(output(**changed)), now_s=0)
        assert vm.load1 == (None if name == "load" else whole.load1)
        assert vm.failed_units == (None if name == "failed" else 1)
        assert vm.sshd == (None if name == "sshd" else whole.sshd)
        assert vm.memory_used_ratio == (None if name == "memory" else 0.75)


def test_a_file_that_waits_for_a_restart_counts_where_its_maker_leaves_one() -> None:
    asked = status_of(sections(output(reboot=("/run/reboot-required", 0))), now_s=0)[0]
    assert asked.reboot_required is True
    other = output(release=('ID="rocky"\nVERSION_ID="9"', 0))
    assert status_of(sections(other), now_s=0)[0].reboot_required is None


ROCKY = ('ID="rocky"\nVERSION_ID="9.6"\nSUPPORT_END="2032-05-31"', 0)
DNF_4 = (
    "RLSA-2026:1 Important/Sec. kernel-core-5.14.0-1.el9.x86_64\n"
    "RLSA-2026:2 Moderate/Sec.  kernel-core-5.14.0-2.el9.x86_64\n"
    "RLSA-2026:3 Moderate/Sec.  vim-minimal-2:8.2.2637-2.el9.x86_64\n"
    "RLBA-2026:4 bugfix tzdata-2026a-1.el9.noarch",
    0,
)
DNF_5 = (
    "Name        Type     Severity  Package                        Issued\n"
    "RLSA-2026:1 security Important kernel-core-5.14.0-1.el9.x86_64 2026-11-01 00:00:00",
    0,
)


@pytest.mark.parametrize(
    ("told", "release", "count"),
    [
        (DNF_4, ROCKY, 2),
        (DNF_5, ROCKY, 1),
        (("", 0), ROCKY, 0),
        (("", 124), ROCKY, None),
        (("", 0), ("ID=centos\nVERSION_ID=9", 0), None),
        (("", 0), None, None),
    ],
    ids=["dnf-4", "dnf-5", "none", "too-slow", "centos-does-not-say", "nobody"],
)
def test_where_there_is_dnf_its_packages_of_security_advice_count_once(
    told: tuple[str, int], release: tuple[str, int] | None, count: int | None
) -> None:
    words = output(updates=("", 127), dnf=told, release=release)
    vm, _cpu = status_of(sections(words), now_s=0)
    assert vm.pending_security_updates == count
    assert vm.release_ends == (date(2032, 5, 31) if release is ROCKY else None)


def test_a_series_comes_from_one_probe_where_two_ask_a_machine() -> None:
    both = Target(**{**_fields(target()), "url": "http://127.0.0.1:9100/metrics"})
    names = {one.metric.name for one in ask(Spoken(output()), both).reading.samples}
    assert names == {
        "wardops_vm_failed_units",
        "wardops_vm_pending_security_updates",
        "wardops_vm_reboot_required",
    }
    alone = {one.metric.name for one in ask(Spoken(output()), target()).reading.samples}
    assert {"wardops_vm_up", "wardops_vm_load1"} <= alone


def _fields(one: Target) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Target.__dataclass_fields__}


def test_updates_are_counted_once_a_day_and_remembered() -> None:
    clock, memory, shell = ManualClock(), Memory(), Spoken(output())
    first = ask(shell, target(), memory, clock)
    shell.answer = output(updates=None)
    second = ask(shell, target(), memory, clock)
    clock.move(UPDATES_EVERY_S)
    ask(shell, target(), memory, clock)
    assert ["apt-get" in command for command in shell.commands] == [True, False, True]
    for seen in (first, second):
        assert seen.reading.vm is not None
        assert seen.reading.vm.pending_security_updates == 1


NEEDED = (
    "Core libraries or services have been updated since boot-up:\n  * kernel\n\n"
    "Reboot is required to fully utilize these updates.",
    1,
)


@pytest.mark.parametrize(
    ("told", "restart"),
    [
        (NEEDED, True),
        (("No core libraries or services have been updated.\nReboot should not be necessary.", 0),
         False),
        (("Error: no such plugin", 1), None),
        (("", 124), None),
    ],
    ids=["needed", "not-needed", "error", "too-slow"],
)  # fmt: skip
def test_where_no_file_waits_a_program_tells_of_a_restart(
    told: tuple[str, int], restart: bool | None
) -> None:
    vm, _cpu = status_of(sections(output(release=ROCKY, restart=told)), now_s=0)
    assert vm.reboot_required is restart


def test_a_restart_that_waits_is_remembered_until_the_machine_started_again() -> None:
    clock, memory = ManualClock(), Memory()
    shell = Spoken(output(release=ROCKY, restart=NEEDED))
    ask(shell, target(), memory, clock)
    clock.move(600)
    for uptime_s, restart in ((4000, True), (300, None)):
        shell.answer = output(release=ROCKY, uptime=(f"{uptime_s}.5 1.0", 0))
        seen = ask(shell, target(), memory, clock)
        assert seen.reading.vm is not None
        assert seen.reading.vm.reboot_required is restart


def test_sudo_that_is_refused_is_told_and_what_could_be_read_is_kept() -> None:
    refused = Spoken(output(sshd=("", 1)))
    seen = ask(refused, target(sudo=True))
    assert (seen.reason, seen.detail) == (Reason.FORBIDDEN, "withheld_sshd")
    assert seen.is_partial
    assert seen.reading.vm is not None
    assert seen.reading.vm.load1 == 0.25
    assert "sudo -n sshd -T" in refused.commands[0]
    plain = ask(Spoken(output(sshd=("", 1))), target())
    assert plain.reason is Reason.OK


def test_a_script_that_was_cut_is_not_whole() -> None:
    seen = ask(Spoken(output(end=None)), target())
    assert seen.reason is Reason.LIMIT


@pytest.mark.parametrize("words", ["", "This account is currently not available.", "\x00\xff"])
def test_a_shell_that_does_not_run_it_is_a_wrong_protocol(words: str) -> None:
    seen = ask(Spoken(words), target())
    assert (seen.reason, seen.detail) == (Reason.PROTOCOL, "vm_script")


@given(
    st.dictionaries(st.sampled_from(sorted(SAID)), st.tuples(st.text(max_size=80), st.integers()))
)
def test_no_output_is_a_bug(changed: dict[str, tuple[str, int]]) -> None:
    found = sections(output(**changed) + "#wardops section end\n#wardops status 0\n")
    vm, _cpu = status_of(found, now_s=0)
    assert all(0 <= disk.avail_ratio <= 1 for disk in vm.filesystems)


def test_the_script_writes_nothing_and_takes_no_words_from_outside() -> None:
    for sudo in (True, False):
        text = script(sudo=sudo, updates=True)
        assert not any(word in text for word in (">>", "> /", "rm ", "tee", "curl", "wget", "$("))
        assert text.count("2>/dev/null </dev/null") == text.count("#wardops section")


def test_the_time_is_asked_last_so_that_counting_updates_does_not_read_as_a_slow_clock() -> None:
    names = [
        line.partition("section ")[2].strip("'")
        for line in script(sudo=True, updates=True).splitlines()
        if "#wardops section " in line
    ]
    assert names[-2:] == ["time", "end"]
    assert "updates" in names


def test_this_machines_own_shell_runs_it() -> None:
    """The words as they are, by a real /bin/sh on real files."""
    told = subprocess.run(
        ["/bin/sh", "-c", script(sudo=False, updates=False)], capture_output=True, text=True,
        check=True, timeout=60,
    )  # fmt: skip
    found = sections(told.stdout)
    assert is_whole(found)
    vm, cpu = status_of(found, now_s=SystemClock().now().timestamp())
    assert cpu is not None
    assert vm.uptime_s is not None
    assert abs(vm.time_offset_s or 0) < 30
    free = shutil.disk_usage("/").free
    assert next(disk for disk in vm.filesystems if disk.mount == "/").avail_bytes == pytest.approx(
        free, rel=0.05
    )
