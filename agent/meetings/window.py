"""What polling does around a meeting: nothing that disturbs its room or line, those oftener. Pure.

From half an hour before a meeting to its end, and in a live call, the room's gear and the uplink
path are read lightly: no table walks, no backups, no throughput tests. What tells of the line and
of the endpoint is asked every ten seconds.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from agent.verdict.topology import GATEWAY, PE, REFLECTOR

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from agent.schedule import Job, JobKey
    from agent.verdict.topology import Topology
    from inventory.model import Ward

QUICK_S = 10.0
# Reading whole tables costs a switch's processor; a codec's is busy with the picture. The ports of
# the uplink path are read on: without them nobody could say why a meeting has lost its line.
WALKS = frozenset({"snmp-topology", "snmp-health", "snmp-identity", "snmp-host"})
_DISTURBING = frozenset({"backup", "bandwidth", "document-flow", "mtu"})
# Poly bears few sessions: it is not asked more often than once a minute, meeting or not.
_NOT_OFTENER = frozenset({"poly", "tls", "trace", "watch"})
_LONGEST_QUICKENED_S = 60.0
_LINE = frozenset({"icmp", "stamp"})
HELD = math.inf


def uplink_path(ward: Ward) -> tuple[str, ...]:
    """The ward's part of the way to the centre and its points beyond, by name."""
    here = (device.name for device in (ward.core, ward.ce) if device is not None)
    return (*here, GATEWAY, PE, REFLECTOR)


def protected(ward: Ward, topology: Topology, gear: Collection[str]) -> frozenset[str]:
    """What a meeting rests on: the gear of its rooms, all that this is reached through, the line.

    Empty without gear.
    """
    if not gear:
        return frozenset()
    above = {name for one in gear for name in topology.ancestors(one)}
    return frozenset({*gear, *above, *uplink_path(ward)})


def periods(
    jobs: Iterable[Job], gear: Collection[str], kept: Collection[str]
) -> Mapping[JobKey, float]:
    """By which period each job of the protected is run instead of its own; `HELD`: not at all."""
    found: dict[JobKey, float] = {}
    for job in jobs:
        name, probe = job.target.name, job.probe.name
        if name not in kept:
            continue
        is_walk = probe in WALKS or (name in gear and probe.startswith("snmp-"))
        if is_walk or probe in _DISTURBING:
            found[job.key] = HELD
        elif probe in _LINE or (name in gear and _is_endpoints(job)):
            found[job.key] = min(job.period_s, QUICK_S)
    return found


def _is_endpoints(job: Job) -> bool:
    """Whether it asks a video endpoint how its call goes."""
    is_quick = job.period_s <= _LONGEST_QUICKENED_S and job.probe.name not in _NOT_OFTENER
    return job.target.role == "vc" and is_quick
