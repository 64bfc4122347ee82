"""node_exporter: the real one of Debian, and pages that are wrong in every way."""

from __future__ import annotations

import asyncio
import math
import shutil
import socket
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.errors import InputError
from probes.clock import ManualClock, SystemClock, run_virtual
from probes.errors import ParseFailed, ProbeError, ProtocolBroken
from probes.model import Reading, Reason, Target
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.https import HttpsClient
from probes.transports.model import HttpAnswer, Transports
from probes.vm.node_exporter import PROBE, read
from probes.vm.status import CpuTimes, Filesystem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from inventory.credentials import Secret
    from probes.model import Observation
    from probes.transports.model import HttpClient
    from tests.probes.conftest import Peers

URL = "http://192.0.2.1:9100/metrics"
PAGE = b"""\
# HELP node_load1 1m load average.
# TYPE node_load1 gauge
node_load1 0.25
node_load15 9
node_memory_MemAvailable_bytes 3e+09
node_memory_MemTotal_bytes 4e+09
node_boot_time_seconds 1.7952e+09
node_time_seconds 1.7952036e+09
node_filesystem_avail_bytes{device="/dev/vda1",fstype="ext4",mountpoint="/"} 250
node_filesystem_avail_bytes{device="tmpfs",fstype="tmpfs",mountpoint="/run"} 1000
node_filesystem_avail_bytes{device="/dev/vdb",fstype="xfs",mountpoint="/d \\"a\\" \\\\"} 5000 170
node_filesystem_files{device="/dev/vda1",fstype="ext4",mountpoint="/"} 400
node_filesystem_files_free{device="/dev/vda1",fstype="ext4",mountpoint="/"} 100
node_filesystem_files_free{device="/dev/vdb",fstype="xfs",mountpoint="/d \\"a\\" \\\\"} 9
node_filesystem_size_bytes{device="/dev/vda1",fstype="ext4",mountpoint="/"} 1000
node_filesystem_size_bytes{device="tmpfs",fstype="tmpfs",mountpoint="/run"} 1000
node_filesystem_size_bytes{device="/dev/vdb",fstype="xfs",mountpoint="/d \\"a\\" \\\\"} 5000
node_timex_sync_status 1
node_systemd_unit_state{name="cron.service",state="active",type="simple"} 1
node_systemd_unit_state{name="cron.service",state="failed",type="simple"} 0
node_systemd_unit_state{name="db.service",state="failed",type="simple"} 1
apt_upgrades_pending{arch="all",origin="Debian:bookworm/stable"} 7
apt_upgrades_pending{arch="all",origin="Debian-Security:12/stable-security"} 3
node_reboot_required 0
"""


def _no_secret(ref: str) -> Secret:
    raise InputError("inventory.secret_no_env", ref=ref, name=ref)


def _transports(http: HttpClient) -> Transports:
    snmp: Any = None
    return Transports(snmp=snmp, http=http, echo=FakeEcho({}), tcp=FakeTcp({}))


def _target(url: str = URL) -> Target:
    return Target(ward="26740", name="vm", kind="linux_vm", role="vm", host="192.0.2.1", url=url)


def seen_for(answer: HttpAnswer | ProbeError, clock: ManualClock | None = None) -> Observation:
    """What the probe makes of one answer."""
    clock = clock or ManualClock()
    http = FakeHttp({URL: answer})
    story = observe(_target(), PROBE, _transports(http), clock, 10.0, _no_secret)
    seen: Observation = run_virtual(story, clock)
    assert http.asked == [URL]
    return seen


def values_of(reading: Reading) -> dict[tuple[str, ...], float]:
    """Samples by name and label values."""
    return {(s.metric.name, *s.labels): s.value for s in reading.samples}


def test_the_needed_lines_become_the_common_vocabulary() -> None:
    clock = ManualClock(datetime.fromtimestamp(1795203600 - 2, UTC))
    seen = seen_for(HttpAnswer(200, PAGE), clock)
    assert seen.reason is Reason.OK
    assert values_of(seen.reading) == {
        ("wardops_vm_up",): 1,
        ("wardops_vm_load1",): 0.25,
        ("wardops_vm_memory_available_bytes",): 3_000_000_000,
        ("wardops_vm_memory_used_ratio",): 0.25,
        ("wardops_vm_uptime_seconds",): 3600,
        ("wardops_vm_time_offset_seconds",): 2,
        ("wardops_vm_filesystem_avail_ratio", "/"): 0.25,
        ("wardops_vm_filesystem_avail_bytes", "/"): 250,
        ("wardops_vm_inodes_avail_ratio", "/"): 0.25,
        ("wardops_vm_failed_units",): 1,
        ("wardops_vm_pending_security_updates",): 3,
        ("wardops_vm_reboot_required",): 0,
        ("wardops_vm_filesystem_avail_ratio", '/d "a" \\'): 1,
        ("wardops_vm_filesystem_avail_bytes", '/d "a" \\'): 5000,
    }


def _cpu(**seconds: int) -> bytes:
    name = "node_cpu_seconds_total"
    lines = (f'{name}{{cpu="0",mode="{mode}"}} {told}\n' for mode, told in seconds.items())
    return "".join(lines).encode()


def test_the_processors_share_is_of_the_time_between_two_looks() -> None:
    first, later = _cpu(idle=100, user=20), _cpu(idle=124, user=26)
    vm, times = read(first)
    assert (vm.cpu_ratio, times) == (None, CpuTimes(120, 100))
    vm, after = read(later, before=times)
    assert vm.cpu_ratio == pytest.approx(0.2)
    # after a restart counters begin again: nobody knows what was in between
    assert read(first, before=after)[0].cpu_ratio is None


WINDOWS = b"""\
# HELP windows_cpu_time_total Time that processor spent in different modes
windows_cpu_time_total{core="0,0",mode="idle"} 900
windows_cpu_time_total{core="0,0",mode="user"} 100
windows_logical_disk_free_bytes{volume="C:"} 30
windows_logical_disk_free_bytes{volume="HarddiskVolume1"} 1
windows_logical_disk_size_bytes{volume="C:"} 120
windows_logical_disk_size_bytes{volume="HarddiskVolume1"} 2
"""


@pytest.mark.parametrize(
    "page",
    [
        b"windows_memory_physical_total_bytes 8e9\nwindows_memory_available_bytes 2e9\n"
        b"windows_system_boot_time_timestamp 1000\nwindows_time_current_timestamp_seconds 4600\n",
        b"windows_cs_physical_memory_bytes 8e9\nwindows_os_physical_memory_free_bytes 2e9\n"
        b"windows_system_system_up_time 1000\nwindows_os_time 4600\n",
    ],
    ids=["0.31", "before"],
)
def test_windows_is_read_by_its_present_and_its_former_names(page: bytes) -> None:
    vm, times = read(WINDOWS + page, now_s=4590)
    assert (vm.memory_used_ratio, vm.uptime_s, vm.time_offset_s) == (0.75, 3600, 10)
    assert vm.filesystems == (Filesystem("C:", 0.25, 30),)
    assert times == CpuTimes(1000, 900)
    assert vm.load1 is None


def test_a_family_that_is_missing_is_absent_and_never_zero() -> None:
    seen = seen_for(HttpAnswer(200, b"node_load1 0.5\n"))
    assert values_of(seen.reading) == {("wardops_vm_up",): 1, ("wardops_vm_load1",): 0.5}
    assert seen.reading.vm is not None
    assert seen.reading.vm.memory_available_bytes is None


@pytest.mark.parametrize("strange", ["NaN", "+Inf", "-Inf"])
def test_a_value_that_is_no_number_is_not_said(strange: str) -> None:
    page = f"node_load1 {strange}\nnode_memory_MemAvailable_bytes {strange}\n".encode()
    vm, _cpu = read(page + b"node_time_seconds 1\n")
    assert vm.load1 is None
    assert vm.memory_available_bytes is None


def test_at_most_twelve_mounts_the_root_and_the_largest_are_kept() -> None:
    lines = [
        f'node_filesystem_{kind}_bytes{{device="d",fstype="ext4",mountpoint="{mount}"}} {size}'
        for kind in ("size", "avail")
        for mount, size in [("/", 1), *((f"/m{n}", 100 + n) for n in range(20))]
    ]
    mounts = [disk.mount for disk in read("\n".join(lines).encode())[0].filesystems]
    assert mounts == ["/", *(f"/m{n}" for n in range(19, 8, -1))]


@pytest.mark.parametrize(
    "line",
    [
        b"node_load1",
        b"node_load1 ",
        b"node_load1 much",
        b"node_load1 1_0",
        b"node_load1 1 2 3",
        b'node_load1{a="b} 1',
        b"node_load1{a=b} 1",
        b'node_filesystem_size_bytes{mountpoint="/" 5',
    ],
)
def test_a_needed_line_that_is_malformed_is_named_by_its_number(line: bytes) -> None:
    seen = seen_for(HttpAnswer(200, b"# HELP x\nnode_time_seconds 1\n" + line + b"\n"))
    assert (seen.reason, seen.reading) == (Reason.PARSE, Reading())
    assert seen.detail_values == {"line": 3}


def test_a_malformed_line_that_nobody_needs_does_not_matter() -> None:
    assert read(b"node_other{ 1\nnode_load1 2\n")[0].load1 == 2


@pytest.mark.parametrize("page", [b"", b"<html>login</html>", b"go_goroutines 5\n"])
def test_a_page_without_node_metrics_is_a_wrong_protocol(page: bytes) -> None:
    assert seen_for(HttpAnswer(200, page)).detail == "not_exporter"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, Reason.AUTH),
        (403, Reason.FORBIDDEN),
        (503, Reason.BUSY),
        (302, Reason.PROTOCOL),
        (404, Reason.PROTOCOL),
        (500, Reason.PROTOCOL),
    ],
)
def test_a_status_has_its_reason(status: int, reason: Reason) -> None:
    seen = seen_for(HttpAnswer(status, PAGE))
    assert (seen.reason, seen.reading) == (reason, Reading())


@given(st.binary(max_size=300))
def test_no_page_is_a_bug(page: bytes) -> None:
    _read_or_refuse(page)


@given(
    st.sampled_from(["node_load1", "node_filesystem_avail_bytes", "node_memory_MemTotal_bytes"]),
    st.text(max_size=40),
    st.one_of(st.floats(), st.text(max_size=8)),
)
def test_no_needed_line_is_a_bug(name: str, labels: str, value: float | str) -> None:
    _read_or_refuse(f"{name}{{mountpoint={labels}}} {value}".encode())
    _read_or_refuse(f'{name}{{mountpoint="{labels}"}} {value}'.encode())


def _read_or_refuse(page: bytes) -> None:
    try:
        vm, _cpu = read(page)
    except (ParseFailed, ProtocolBroken):
        return
    assert all(math.isfinite(disk.avail_ratio) for disk in vm.filesystems)


async def test_a_page_over_ten_megabytes_is_refused(peers: Peers) -> None:
    huge = b"# " + b"x" * 10_000_000 + b"\nnode_load1 1\n"
    client = HttpsClient()
    async with peers.http(peers.response(huge)) as peer:
        seen = await observe(
            _target(f"http://127.0.0.1:{peer.port}/metrics"),
            PROBE,
            _transports(client),
            SystemClock(),
            peers.in_seconds(10),
            _no_secret,
        )
    await client.close()
    assert (seen.reason, seen.reading) == (Reason.LIMIT, Reading())


@pytest.fixture
async def exporter() -> AsyncIterator[int]:
    """Debian's node_exporter on a free port of loopback."""
    program = shutil.which("prometheus-node-exporter")
    if program is None:
        pytest.skip("prometheus-node-exporter is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    child = await asyncio.create_subprocess_exec(
        program,
        f"--web.listen-address=127.0.0.1:{port}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _until_open(port)
        yield port
    finally:
        child.terminate()
        await child.wait()


async def _until_open(port: int) -> None:
    clock = SystemClock()
    async with asyncio.timeout(20):
        while True:
            try:
                _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await clock.sleep(0.05)
                continue
            writer.close()
            await writer.wait_closed()
            return


def _told(page: str, name: str) -> float:
    (value,) = (
        line.rpartition(" ")[2] for line in page.splitlines() if line.startswith(f"{name} ")
    )
    return float(value)


@pytest.mark.realtime
async def test_debians_node_exporter_is_read_as_it_tells(exporter: int, peers: Peers) -> None:
    client = HttpsClient()
    url = f"http://127.0.0.1:{exporter}/metrics"
    before = (await client.get(url, deadline=peers.in_seconds(10), max_bytes=10**7)).body.decode()
    seen = await observe(
        _target(url),
        PROBE,
        _transports(client),
        SystemClock(),
        peers.in_seconds(10),
        _no_secret,
    )
    await client.close()
    assert seen.reason is Reason.OK, seen
    values = values_of(seen.reading)
    total = _told(before, "node_memory_MemTotal_bytes")
    available = _told(before, "node_memory_MemAvailable_bytes")
    assert values[("wardops_vm_memory_available_bytes",)] == pytest.approx(available, rel=0.05)
    assert values[("wardops_vm_memory_used_ratio",)] == pytest.approx(
        1 - available / total, abs=0.05
    )
    assert values[("wardops_vm_load1",)] == pytest.approx(_told(before, "node_load1"), abs=2)
    uptime = _told(before, "node_time_seconds") - _told(before, "node_boot_time_seconds")
    assert values[("wardops_vm_uptime_seconds",)] == pytest.approx(uptime, abs=5)
    assert abs(values[("wardops_vm_time_offset_seconds",)]) < 2
    root = shutil.disk_usage("/")
    assert values[("wardops_vm_filesystem_avail_bytes", "/")] == pytest.approx(root.free, rel=0.05)


@pytest.mark.parametrize(
    ("page", "release"),
    [
        (b'node_os_info{id="debian",name="Debian GNU/Linux",version_id="12"} 1\n', "debian 12"),
        (
            b'windows_os_info{product="Microsoft Windows Server 2016 Standard"} 1\n',
            "windows server 2016",
        ),
        (b'windows_os_info{product="Windows Server 2012 R2"} 1\n', "windows server 2012 r2"),
        (b'windows_os_info{product="Windows 10 Pro"} 1\n', "windows 10 pro"),
    ],
    ids=["linux", "server", "r2", "desktop"],
)
def test_a_system_is_named_by_either_exporter(page: bytes, release: str) -> None:
    vm, _cpu = read(page + b"node_os_support_end_timestamp_seconds 1.9695744e+09\n")
    assert (vm.release, vm.release_ends) == (release, date(2032, 5, 31))


def test_services_are_those_that_run_and_unknown_without_their_collector() -> None:
    assert read(PAGE)[0].services == ("cron",)
    windows = (
        b'windows_service_state{name="windefend",state="running"} 1\n'
        b'windows_service_state{name="spooler",state="running"} 0\n'
        b'windows_service_state{name="spooler",state="stopped"} 1\n'
    )
    assert read(windows)[0].services == ("windefend",)
    assert read(b"node_load1 1\n")[0].services is None
