"""Reads a machine through Prometheus' node_exporter: only the lines it needs, by itself.

A full parser costs far more than the poll when hundreds of machines are asked every 30 s.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from probes.errors import ParseFailed, ProtocolBroken
from probes.model import Probe, Reading, Sample, VmStatus
from probes.transports.page import page_of
from probes.transports.status import check_status
from probes.vm.model import MAX_MOUNTS, METRICS, VM_TIME_OFFSET, samples_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import ProbeContext, Target

MAX_BYTES = 10_000_000

_SCALARS = frozenset(
    {
        "node_memory_MemAvailable_bytes",
        "node_memory_MemTotal_bytes",
        "node_load1",
        "node_time_seconds",
        "node_boot_time_seconds",
    }
)
_AVAIL, _SIZE = "node_filesystem_avail_bytes", "node_filesystem_size_bytes"
_NEEDED = _SCALARS | {_AVAIL, _SIZE}

# https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\.)*"'
_LINE = re.compile(
    rf"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)"
    rf"(?:\{{(?P<labels>(?:{_LABEL}(?:,{_LABEL})*,?)?)\}})?"
    r"[ \t]+(?P<value>[^ \t_]+)(?:[ \t]+-?\d+)?[ \t]*"
)
_PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\.)*)"')
_ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}

# File systems without a disk behind them, or that cannot fill.
_PSEUDO = frozenset(
    """autofs binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs fuse.lxcfs
    fusectl hugetlbfs iso9660 mqueue nsfs overlay proc procfs pstore ramfs rootfs rpc_pipefs
    securityfs selinuxfs squashfs sysfs tmpfs tracefs udf""".split()  # noqa: SIM905 - a word list
)


@dataclass
class _Seen:
    """What the needed lines said: plain values by name, bytes by (mount, file system type)."""

    plain: dict[str, float] = field(default_factory=dict)
    avail: dict[tuple[str, str], float] = field(default_factory=dict)
    size: dict[tuple[str, str], float] = field(default_factory=dict)


async def run(target: Target, context: ProbeContext) -> Reading:
    """GET the exporter's page and read the machine's state from it.

    Raises ParseFailed with the line's number, ProtocolBroken for a page without node metrics, and
    what the HTTP client raises.
    """
    answer = await page_of(target, context, MAX_BYTES)
    check_status(answer)
    seen = read(answer.body)
    vm = status_of(seen)
    samples = samples_of(vm)
    if (told := seen.plain.get("node_time_seconds")) is not None:
        offset_s = told - context.clock.now().timestamp()
        samples = (*samples, Sample(VM_TIME_OFFSET, offset_s))
    values, mounts = len(seen.plain), len(vm.filesystems)
    context.note(f"node_exporter: {values} of {len(_SCALARS)} values, {mounts} file systems")
    return Reading(samples=samples, vm=vm, method="node_exporter")


def read(body: bytes) -> _Seen:
    """The needed lines of a page in the text format; NaN and infinity count as not said.

    Raises ParseFailed for a needed line that is malformed, ProtocolBroken when there is none.
    """
    seen = _Seen()
    found = False
    for number, line in _needed_lines(body):
        found = True
        match = _LINE.fullmatch(line)
        value = _number(match["value"]) if match else None
        if match is None or value is None:
            raise ParseFailed("exporter_line", line=number)
        if math.isfinite(value):
            _keep(seen, match["name"], match["labels"] or "", value)
    if not found:
        raise ProtocolBroken("not_exporter")
    return seen


def status_of(seen: _Seen) -> VmStatus:
    """The machine's state in the common vocabulary; what the page does not say stays None."""
    plain = seen.plain
    available = plain.get("node_memory_MemAvailable_bytes")
    total = plain.get("node_memory_MemTotal_bytes")
    now, boot = plain.get("node_time_seconds"), plain.get("node_boot_time_seconds")
    return VmStatus(
        memory_available_bytes=None if available is None else int(available),
        memory_used_ratio=1 - available / total if available is not None and total else None,
        load1=plain.get("node_load1"),
        uptime_s=now - boot if now is not None and boot is not None else None,
        filesystems=_filesystems(seen),
    )


def _needed_lines(body: bytes) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(body.split(b"\n"), start=1):
        if line.startswith(b"node_"):
            text = line.rstrip(b"\r").decode("utf-8", "replace")
            if re.split(r"[{ \t]", text, maxsplit=1)[0] in _NEEDED:
                yield number, text


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _keep(seen: _Seen, name: str, labels: str, value: float) -> None:
    if name in _SCALARS:
        seen.plain[name] = value
        return
    told = dict(_PAIR.findall(labels))
    key = (_unescaped(told.get("mountpoint", "")), told.get("fstype", ""))
    (seen.avail if name == _AVAIL else seen.size)[key] = value


def _unescaped(text: str) -> str:
    return re.sub(r'\\[\\"n]', lambda found: _ESCAPES[found[0]], text)


def _filesystems(seen: _Seen) -> tuple[tuple[str, float, float], ...]:
    """(mount, available ratio, available bytes): the root first, then the largest disks."""
    real = {
        mount: (size, seen.avail[mount, kind])
        for (mount, kind), size in seen.size.items()
        if _is_disk(mount, kind) and size > 0 and (mount, kind) in seen.avail
    }
    chosen = sorted(real, key=lambda mount: (mount != "/", -real[mount][0], mount))[:MAX_MOUNTS]
    return tuple((mount, real[mount][1] / real[mount][0], real[mount][1]) for mount in chosen)


def _is_disk(mount: str, kind: str) -> bool:
    # A machine inside a container has no other root than its overlay.
    return bool(mount) and (kind not in _PSEUDO or (kind == "overlay" and mount == "/"))


PROBE = Probe(
    name="node-exporter",
    period_s=30,
    timeout_s=10,
    run=run,
    metrics=(*METRICS, VM_TIME_OFFSET),
)
