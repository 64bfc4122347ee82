"""Asks one target with its probes, one after the other, with the first credential that works."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from probes.model import Reason
from probes.registry import probes
from probes.run import observe
from probes.snmp.sensor_metrics import CPU_RATIO, MEMORY_USED_RATIO, STORAGE_AVAIL, STORAGE_USED
from probes.vm.model import VM_FILESYSTEM_AVAIL_BYTES, VM_FILESYSTEM_AVAIL_RATIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from inventory.credentials import Secret
    from probes.clock import Clock
    from probes.model import Metric, Observation, Reading, Target
    from probes.transports.model import Transports
    from probes.url_forms import Asked

# With these, another credential may do better: a wrong community looks like silence.
_WRONG_CREDENTIAL = frozenset({Reason.AUTH, Reason.FORBIDDEN, Reason.TIMEOUT, Reason.CONFIG})
# With these, the same way in will not do better for the next question.
_NO_WAY_IN = frozenset(
    {Reason.TIMEOUT, Reason.REFUSED, Reason.UNREACHABLE, Reason.DNS, Reason.AUTH, Reason.CONFIG}
)
_TOLD_BY_SEVERAL = frozenset(
    {CPU_RATIO, MEMORY_USED_RATIO, VM_FILESYSTEM_AVAIL_RATIO, VM_FILESYSTEM_AVAIL_BYTES}
)
# The volumes of a storage are its file systems.
_SAME: Mapping[Metric, Metric] = MappingProxyType(
    {STORAGE_USED: VM_FILESYSTEM_AVAIL_RATIO, STORAGE_AVAIL: VM_FILESYSTEM_AVAIL_BYTES}
)
_MORE_BY_CLASS = {
    "ups": ("snmp-ups",),
    "server": ("snmp-host",),
    "hypervisor": ("snmp-host",),
    "storage": ("snmp-host",),
}


async def ask(
    asked: Asked,
    transports: Transports,
    clock: Clock,
    secret: Callable[[str], Secret],
    tell: Callable[[str], None],
) -> tuple[Observation, ...]:
    """Observations in order of asking, at least one.

    A device asked by SNMP URL is asked for what its class suggests as well. What follows a silent
    or refusing first answer over the same way is not asked.
    """
    known = probes()

    async def one(target: Target, name: str) -> Observation:
        probe = known[name]
        tell(f"# {name}: {target.name}, at most {probe.timeout_s:g} s")
        deadline = clock.monotonic() + probe.timeout_s
        seen = await observe(target, probe, transports, clock, deadline, secret, tell)
        tell(f"= {seen.reason.value}, {len(seen.reading.samples)} samples in {seen.took_s:.3f} s")
        if "datagram" in seen.detail_values:
            tell(f"= cannot be read: {seen.detail_values['datagram']}")
        for line in made_of(seen.reading):
            tell(f"= {line}")
        return seen

    first, *rest = asked.probes
    for target in (asked.target, *asked.others):
        seen = await one(target, first)
        if seen.reason not in _WRONG_CREDENTIAL:
            break
    observations = [seen]
    if first != "icmp" and seen.reason in _NO_WAY_IN:
        return (seen,)
    for name in rest:
        observations.append(await one(seen.target, name))  # noqa: PERF401 - one after the other
    for name in _more(seen):
        observations.append(_without_doubles(await one(seen.target, name), observations))
    return tuple(observations)


def made_of(reading: Reading) -> Iterator[str]:
    """What a reading says in records, for `--debug`: identity, ports and how they are named."""
    identity = reading.identity
    if identity is not None:
        model = f"{identity.model or '-'}, version {identity.version or '-'}"
        maker = f"{identity.vendor or '-'} {identity.device_class}"
        yield f"{maker}, kind {identity.os or '-'}, {model}"
    for port in reading.interfaces or ():
        speed = "-" if port.speed_bps is None else f"{port.speed_bps} bit/s"
        state = f"admin {port.admin or '-'}, oper {port.oper or '-'}, {speed}"
        yield f"port {port.index}: {port.name} by {port.name_source}, {state}"
    for sensor in reading.sensors:
        yield f"{sensor.device_class} {sensor.name}: {sensor.value} {sensor.unit}"


def _without_doubles(seen: Observation, before: Iterable[Observation]) -> Observation:
    """Without what a probe before it has told: processors, memory and disks are the same ones."""
    families = {sample.metric for one in before for sample in one.reading.samples}
    told = {_SAME.get(metric, metric) for metric in families} & _TOLD_BY_SEVERAL
    samples = tuple(sample for sample in seen.reading.samples if sample.metric not in told)
    return replace(seen, reading=replace(seen.reading, samples=samples))


def _more(seen: Observation) -> Iterator[str]:
    identity = seen.reading.identity
    if identity is not None and seen.target.kind == "url:snmp":
        yield from _MORE_BY_CLASS.get(identity.device_class, ())
