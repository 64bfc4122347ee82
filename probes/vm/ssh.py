"""Reads a Linux machine over SSH with one fixed script; its host key is pinned.

A key that changed is a finding of security and stops everything: nothing is typed, no password is
sent. What root alone may read is left out, or asked by `sudo -n` where the inventory says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from probes.errors import NotConfigured
from probes.model import Probe, Reading
from probes.transports.login import shell_host_of
from probes.vm.model import METRICS, samples_of
from probes.vm.script import is_whole, script, sections
from probes.vm.script_read import status_of

if TYPE_CHECKING:
    from probes.model import ProbeContext, Target
    from probes.vm.status import CpuTimes, VmStatus

MAX_BYTES = 2_000_000
UPDATES_EVERY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is remembered of a machine; `updates_at` is in the clock's seconds.

    `restart` is what it said then of a restart that an update waits for.
    """

    cpu: CpuTimes | None = None
    updates_at: float = -math.inf
    updates: int | None = None
    restart: bool | None = None

    def restart_now(self, passed_s: float, vm: VmStatus) -> bool | None:
        """The same by now; unknown where it has started since."""
        return self.restart if (vm.uptime_s or 0.0) > passed_s else None


async def run(target: Target, context: ProbeContext) -> Reading:
    """Log in, run the script, read what it wrote.

    Once a day it also counts the updates that wait, which costs the machine a second. Raises
    NotConfigured without access or with another host key than the pinned one, ProtocolBroken for
    words that are not the script's, and what the shell raises.
    """
    access, shell = target.ssh, context.transports.shell
    if access is None:
        raise NotConfigured
    if shell is None:
        raise NotConfigured("no_shell")
    kept = context.memory.kept if isinstance(context.memory.kept, _Kept) else _Kept()
    host = shell_host_of(target.host, access, context.secret(access.auth))
    passed_s = context.clock.monotonic() - kept.updates_at
    asks = passed_s >= UPDATES_EVERY_S
    text = script(sudo=access.sudo, updates=asks)
    answer = await shell.execute(host, text, deadline=context.deadline, max_bytes=MAX_BYTES)
    found = sections(answer.stdout)
    vm, cpu = status_of(found, now_s=context.clock.now().timestamp(), before=kept.cpu)
    if asks:
        now_s = context.clock.monotonic()
        kept = _Kept(cpu, now_s, vm.pending_security_updates, vm.reboot_required)
    else:
        kept = replace(kept, cpu=cpu)
        vm = vm.with_updates(kept.updates, kept.restart_now(passed_s, vm))
    context.memory.kept = kept
    context.note(f"vm-ssh: {len(found)} sections, {len(answer.stdout)} octets")
    return Reading(
        samples=samples_of(vm, basic=not (target.url or target.snmp)),
        vm=vm,
        complete=is_whole(found),
        withheld="withheld_sshd" if access.sudo and vm.sshd is None else "",
        method="ssh",
    )


PROBE = Probe(name="vm-ssh", period_s=300, timeout_s=20, run=run, metrics=METRICS)
