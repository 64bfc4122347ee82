"""libvirt: what its library tells becomes machines and stores; what it does not tell is unknown."""

from __future__ import annotations

import asyncio
import errno
import sys
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.errors import NotConfigured
from probes.model import Memory, Reason, Target
from probes.registry import probes_for
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import Transports
from probes.vm.estate import Guest, HostState, Store
from probes.vm.libvirt import PROBE, quiet_uri
from probes.vm.libvirt_errors import problem_of
from probes.vm.libvirt_read import estate_of, look_of, release_of, stores_of
from probes.vm.libvirt_session import Machine, Told, visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.model import Observation

UUID = "11111111-1111-4111-8111-111111111111"
AGENT = "<channel><target name='org.qemu.guest_agent.0' {}/></channel>"
DISKS = (
    "<disk device='disk'><target dev='vda'/></disk><disk><target dev='vdb'/></disk>"
    "<disk device='cdrom'><target dev='sda'/></disk>"
)
STATS = {
    "state.state": 1, "cpu.time": 60_000_000_000, "vcpu.current": 2, "balloon.maximum": 4096,
    "balloon.available": 4000, "balloon.usable": 1000, "block.count": 3,
    "block.0.name": "vda", "block.0.capacity": 700, "block.1.name": "vdb", "block.1.capacity": 300,
    "block.2.name": "sda", "block.2.capacity": 5_000_000,
}  # fmt: skip
INFO = (1, 4096, 4096, 2, 60_000_000_000)
SNAPSHOT = "<domainsnapshot><name>s</name><creationTime>{}</creationTime></domainsnapshot>"


def defined(inner: str = "", kind: str = "kvm") -> str:
    """A machine's definition in XML."""
    return f"<domain type='{kind}'><devices>{inner}</devices></domain>"


MACHINE = Machine(UUID, "web", INFO, STATS, defined(DISKS + AGENT.format("state='connected'")), ())
TOLD = Told(
    host="kvm-1", driver="QEMU", release=9_000_000,
    processors={"kernel": 10**9, "user": 3 * 10**9, "idle": 15 * 10**9, "iowait": 10**9},
    memory={"total": 100, "free": 20, "buffers": 5, "cached": 15},
    machines=(MACHINE,), pools=(("images", (2, 1000, 400, 600)),), is_cut=False,
)  # fmt: skip


def guest(one: Machine = MACHINE, **later: Any) -> Guest:
    """What is read of one machine."""
    (found,) = estate_of(replace(TOLD, machines=(one,), **later), 0, None).guests
    return found


def test_all_that_a_host_tells_becomes_its_estate() -> None:
    made = (SNAPSHOT.format(1_794_500_000), SNAPSHOT.format(1_794_000_000))
    estate = estate_of(replace(TOLD, machines=(replace(MACHINE, snapshots=made),)), 0, None)
    assert estate.hosts == (HostState("kvm-1", True, None, 0.6, memory_bytes=102_400),)
    assert estate.stores == (Store("images", "kvm-1", 1000, 0.6),)
    assert estate.guests == (
        Guest(
            UUID, "machine", "web", "kvm-1", "on", None, 4096 * 1024, 0.75, 1000, None, "running",
            2, datetime.fromtimestamp(1_794_000_000, UTC), cpu_cores=2,
        ),
    )  # fmt: skip


def test_shares_of_processors_are_of_the_time_between_two_looks() -> None:
    before = look_of(TOLD, 100.0)
    busy = replace(MACHINE, stats=STATS | {"cpu.time": 70_000_000_000})
    host = {"kernel": 2 * 10**9, "user": 4 * 10**9, "idle": 21 * 10**9, "iowait": 10**9}
    later = estate_of(replace(TOLD, machines=(busy,), processors=host), 110.0, before)
    assert later.guests[0].cpu_ratio == pytest.approx(0.5)
    assert later.hosts[0].cpu_ratio == pytest.approx(0.25)


def test_a_machine_that_began_anew_has_no_share_yet() -> None:
    before = look_of(TOLD, 100.0)
    anew = replace(MACHINE, stats=STATS | {"cpu.time": 5})
    assert estate_of(replace(TOLD, machines=(anew,)), 110.0, before).guests[0].cpu_ratio is None


def test_a_machine_of_which_nothing_is_told_is_all_unknown() -> None:
    found = guest(Machine(UUID, "web", None, {}, None, None))
    assert found == Guest(UUID, "machine", "web", "kvm-1")


def test_without_statistics_the_domains_own_record_tells_power_and_memory() -> None:
    found = guest(replace(MACHINE, stats={}, info=(5, 2048, 2048, 1, 0)))
    assert (found.power, found.memory_bytes, found.disk_bytes) == ("off", 2048 * 1024, None)


@pytest.mark.parametrize(
    ("state", "power"),
    [(0, None), (1, "on"), (2, "on"), (3, "suspended"), (4, "on"), (5, "off"), (6, "off"),
     (7, "suspended"), (99, None)],
)  # fmt: skip
def test_every_state_of_a_domain_has_its_word(state: int, power: str | None) -> None:
    assert guest(replace(MACHINE, stats={"state.state": state})).power == power


@pytest.mark.parametrize(
    ("definition", "state", "tools"),
    [
        (defined(AGENT.format("state='connected'")), 1, "running"),
        (defined(AGENT.format("state='disconnected'")), 1, "stopped"),
        (defined(AGENT.format("")), 1, None),
        (defined(AGENT.format("state='disconnected'")), 5, None),
        (defined(), 1, "absent"),
        (defined(kind="xen"), 1, None),
        ("<domain", 1, None),
    ],
)
def test_the_guest_agent_is_told_only_where_libvirt_knows_it(
    definition: str, state: int, tools: str | None
) -> None:
    one = replace(MACHINE, definition=definition, stats={"state.state": state})
    assert guest(one).tools == tools


def test_the_size_of_disks_is_unknown_when_one_does_not_tell() -> None:
    partly = {key: value for key, value in STATS.items() if key != "block.1.capacity"}
    assert guest(replace(MACHINE, stats=partly)).disk_bytes is None


def test_a_snapshot_without_a_time_counts_all_the_same() -> None:
    found = guest(replace(MACHINE, snapshots=("<domainsnapshot/>", "<", SNAPSHOT.format("x"))))
    assert (found.snapshots, found.oldest_snapshot_at) == (3, None)


def test_a_store_that_tells_no_size_is_left_out() -> None:
    assert stores_of((("off", (0, 0, 0, 0)), ("odd", (2, 10, 20, -1))), "kvm-1") == ()


def test_a_release_is_written_as_people_write_it() -> None:
    assert [release_of(number) for number in (9_000_000, 10_005_002, 0)] == [
        "9.0.0",
        "10.5.2",
        None,
    ]


_VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)


@given(
    st.dictionaries(st.sampled_from(sorted(STATS)), _VALUES),
    st.none() | st.lists(st.integers(), max_size=5).map(tuple),
    st.none() | st.text(max_size=40) | st.just(MACHINE.definition),
    st.none() | st.lists(st.text(max_size=30), max_size=2).map(tuple),
)
def test_no_answer_is_a_bug(stats: Any, info: Any, definition: Any, snapshots: Any) -> None:
    found = guest(Machine(UUID, "web", info, stats, definition, snapshots))
    assert found.memory_used_ratio is None or 0 <= found.memory_used_ratio <= 1


@pytest.mark.parametrize(
    ("number", "system", "message", "reason", "detail"),
    [
        (45, 0, "authentication failed", Reason.AUTH, "auth"),
        (88, 0, "access denied", Reason.FORBIDDEN, "forbidden"),
        (29, 0, "operation forbidden for read only access", Reason.FORBIDDEN, "forbidden"),
        (80, 0, "no polkit agent", Reason.PERMISSION, "libvirt_polkit"),
        (3, 0, "not supported", Reason.UNSUPPORTED, "unsupported"),
        (5, 0, "no connection driver available", Reason.CONFIG, "libvirt_uri"),
        (68, 0, "operation took too long", Reason.TIMEOUT, "timeout"),
        (38, errno.ENOENT, "Failed to connect socket", Reason.REFUSED, "libvirt_no_socket"),
        (38, errno.EACCES, "Failed to connect socket", Reason.PERMISSION, "libvirt_socket"),
        (38, errno.ECONNREFUSED, "unable to connect", Reason.REFUSED, "refused"),
        (38, 104, "ssh: Could not resolve hostname x", Reason.DNS, "dns"),
        (38, 104, "a@b: Permission denied (publickey).", Reason.AUTH, "libvirt_ssh_key"),
        (38, 104, "Host key verification failed.", Reason.CONFIG, "libvirt_host_key"),
        (38, 104, "port 22: No route to host", Reason.UNREACHABLE, "unreachable"),
        (38, 104, "port 22: Connection timed out", Reason.TIMEOUT, "timeout"),
        (38, 5, "sh: 1: nc: not found: Input/output error", Reason.UNSUPPORTED, "libvirt_netcat"),
        (
            38,
            5,
            "nc: unix connect failed: No such file or directory",
            Reason.REFUSED,
            "libvirt_no_socket",
        ),
        (
            38,
            2,
            "Cannot read CA certificate: No such file or directory",
            Reason.TLS_UNTRUSTED,
            "tls_untrusted",
        ),
        (38, 104, "Cannot recv data", Reason.PROTOCOL, "libvirt"),
        (1, 0, "internal error", Reason.PROTOCOL, "libvirt"),
    ],
)
def test_every_error_of_libvirt_has_a_reason_and_a_sentence(
    number: int, system: int, message: str, reason: Reason, detail: str
) -> None:
    problem = problem_of(number, system, message)
    assert (problem.reason, problem.detail_code) == (reason, detail)
    assert len({problem.text("vi"), problem.text("en")}) == 2


@pytest.mark.parametrize(
    ("uri", "asked"),
    [
        ("test:///default", "test:///default"),
        ("qemu:///system", "qemu:///system"),
        ("qemu+ssh://look@192.0.2.50/system", "qemu+ssh://look@192.0.2.50/system?no_tty=1"),
        ("qemu+ssh://h/system?keyfile=/k", "qemu+ssh://h/system?keyfile=/k&no_tty=1"),
    ],
)
def test_ssh_never_asks_a_person_anything(uri: str, asked: str) -> None:
    assert quiet_uri(uri) == asked


@pytest.mark.parametrize(
    "uri",
    ["", "qemu", "qemu+ssh://h/system?no_verify=1", "qemu+ext://h/?command=/bin/sh",
     "qemu+libssh2://h/?known_hosts_verify=ignore", "qemu+ssh://look:canary@h/system",
     "qemu+ssh://h/system?netcat=x", "qemu+ssh://[::1/system", "qemu:///system?broken"],
)  # fmt: skip
def test_a_uri_that_trusts_anybody_or_runs_a_command_is_refused(uri: str) -> None:
    with pytest.raises(NotConfigured) as caught:
        quiet_uri(uri)
    assert caught.value.detail_code == "libvirt_uri"
    assert "canary" not in caught.value.text("vi")


def test_a_device_without_its_uri_is_not_asked() -> None:
    device = Target(ward="26740", name="kvm-1", kind="libvirt", role="server", host="192.0.2.50")
    assert [probe.name for probe in probes_for(device)] == ["icmp"]
    both = [probe.name for probe in probes_for(replace(device, url="qemu:///system"))]
    assert both == ["icmp", "libvirt"]


class LibraryError(Exception):
    """What the library raises."""

    def get_error_code(self) -> int:
        """VIR_ERR_ACCESS_DENIED."""
        return 88

    def get_int1(self) -> int:
        """No error of the system."""
        return -1

    def get_error_message(self) -> str:
        """Its sentence."""
        return "access denied"


class Domain:
    """A machine of the library; `denied` lets nobody read its definition."""

    def __init__(self, *, denied: bool = False) -> None:
        self._denied = denied

    def UUIDString(self) -> str:  # noqa: N802 - the library's name
        """Its own number."""
        return UUID

    def name(self) -> str:
        """Its name."""
        return "web"

    def info(self) -> tuple[int, ...]:
        """State, memory, processors, time."""
        return INFO

    def XMLDesc(self, _flags: int) -> str:  # noqa: N802 - the library's name
        """Its definition, or a refusal."""
        if self._denied:
            raise LibraryError
        return defined()

    def listAllSnapshots(self, _flags: int) -> list[Any]:  # noqa: N802 - the library's name
        """None."""
        return []


class Library(ModuleType):
    """A libvirt of one machine; `gate` holds back its opening."""

    libvirtError = LibraryError  # noqa: N815 - the library's name

    def __init__(self, domain: Domain, gate: Event | None = None) -> None:
        super().__init__("libvirt")
        self._domain, self._gate = domain, gate

    def __getattr__(self, name: str) -> Callable[..., Any]:
        answers: dict[str, Any] = {
            "listAllDomains": [self._domain], "getAllDomainStats": [(self._domain, STATS)],
            "listAllStoragePools": [], "getHostname": "kvm-1", "getType": "QEMU",
            "getLibVersion": 9_000_000, "getCPUStats": {}, "getMemoryStats": {}, "close": 0,
            "registerErrorHandler": None,
        }  # fmt: skip
        if name not in answers:
            raise AttributeError(name)
        return lambda *_about: answers[name]

    def openReadOnly(self, _uri: str) -> Library:  # noqa: N802 - the library's name
        """The connection is the library itself."""
        if self._gate is not None:
            self._gate.wait()
        return self


async def ask(memory: Memory | None = None, seconds: float = 60) -> Observation:
    """Run the probe with the library that is there."""
    nothing: Any = None
    target = Target(
        ward="26740", name="kvm-1", kind="libvirt", role="server", host="h", url="test:///default"
    )
    ways = Transports(snmp=nothing, http=FakeHttp({}), echo=FakeEcho({}), tcp=FakeTcp({}))
    return await observe(
        target, PROBE, ways, SystemClock(), asyncio.get_running_loop().time() + seconds,
        lambda _ref: Secret(""), memory=memory,
    )  # fmt: skip


async def test_a_missing_library_is_one_line_that_names_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "libvirt", None)
    seen = await ask()
    assert (seen.reason, seen.detail) == (Reason.CONFIG, "libvirt_missing")
    for language in ("vi", "en"):
        text = NotConfigured(seen.detail).text(language)
        assert "pip install 'wardops[libvirt]'" in text
        assert ".venv/bin/pip install -c constraints.txt -e '.[libvirt]'" in text
        assert "\n" not in text


async def test_what_may_not_be_read_stays_unknown_and_the_reading_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "libvirt", Library(Domain(denied=True)))
    seen = await ask()
    assert seen.reason is Reason.LIMIT
    assert seen.reading.estate is not None
    (found,) = seen.reading.estate.guests
    assert (found.power, found.tools, found.snapshots) == ("on", None, 0)


async def test_when_time_is_over_machines_are_still_named(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Event()
    monkeypatch.setitem(sys.modules, "libvirt", Library(Domain(), gate))
    answer, over = visit("test:///default")
    over.set()
    gate.set()
    told = await answer
    assert told.is_cut
    assert [(one.name, one.info, one.snapshots) for one in told.machines] == [("web", None, None)]


async def test_a_host_that_hangs_costs_one_thread_and_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate, memory = Event(), Memory()
    monkeypatch.setitem(sys.modules, "libvirt", Library(Domain(), gate))
    try:
        first = await ask(memory, seconds=0.05)
        second = await ask(memory)
    finally:
        gate.set()
    assert (first.reason, second.reason, second.detail) == (
        Reason.TIMEOUT, Reason.BUSY, "libvirt_hangs",
    )  # fmt: skip
    kept: Any = memory.kept
    await kept.visit
    assert (await ask(memory)).reason is Reason.OK


async def test_the_second_look_knows_how_busy_machines_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libvirt", Library(Domain()))
    memory = Memory()
    shares = []
    for _ in range(2):
        estate = (await ask(memory)).reading.estate
        assert estate is not None
        shares.append(estate.guests[0].cpu_ratio)
    assert shares == [None, 0.0]


def test_what_the_host_took_back_of_a_machines_memory_is_told_while_it_runs() -> None:
    taken = STATS | {"balloon.current": 1024}
    assert guest(replace(MACHINE, stats=taken)).ballooned_bytes == 3072 * 1024
    assert guest(replace(MACHINE, stats=taken | {"state.state": 5})).ballooned_bytes is None
    assert guest().ballooned_bytes is None
