"""Machines over SSH before Debian's own sshd: what it says, and what it does to whoever asks."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import pytest

from inventory.access import SshAccess
from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.model import Reason, Target
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import Transports
from probes.transports.shell import ThreadedShell
from probes.vm.ssh import PROBE

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.model import Observation

OTHER_PIN = "SHA256:" + "A" * 43
LONG_S = 60.0
SOON_S = 3.0

pytestmark = pytest.mark.realtime


async def ask(machine: Any, secret: str, within_s: float = LONG_S, **access: Any) -> Observation:
    """Run the probe against it."""
    shell, clock = ThreadedShell(), SystemClock()
    given = {"auth": "env:VM", "host_key": machine.pin, "port": machine.port, **access}
    target = Target(
        ward="26740", name="vm-1", kind="linux_vm", role="vm", host="127.0.0.1",
        ssh=SshAccess(**given),
    )  # fmt: skip
    nothing: Any = None
    transports = Transports(
        snmp=nothing, http=FakeHttp({}), echo=FakeEcho({}), tcp=FakeTcp({}), shell=shell
    )
    end = asyncio.get_running_loop().time() + within_s
    try:
        return await observe(target, PROBE, transports, clock, end, lambda _ref: Secret(secret))
    finally:
        shell.close()


async def test_it_is_asked_with_a_key_and_says_what_the_machine_says(machine: Any) -> None:
    seen = await ask(machine, machine.admitted())
    assert seen.reason is Reason.OK, seen
    vm = seen.reading.vm
    assert vm is not None
    told = _read("/proc/meminfo")
    assert vm.memory_used_ratio == pytest.approx(
        1 - told["MemAvailable"] / told["MemTotal"], abs=0.1
    )
    assert abs(vm.time_offset_s or 0) < 60
    assert vm.release is not None


def _read(path: str) -> dict[str, int]:
    with open(path, encoding="ascii") as file:  # noqa: PTH123 - a list of lines
        rows = (line.split() for line in file)
        return {row[0].rstrip(":"): int(row[1]) for row in rows if len(row) > 1}


@pytest.mark.parametrize(
    ("pin", "detail"), [(OTHER_PIN, "host_key_changed"), (None, "host_key_none")]
)
async def test_with_another_key_than_the_pinned_one_it_is_never_logged_in_to(
    machine: Any, pin: str | None, detail: str
) -> None:
    seen = await ask(machine, machine.admitted(), host_key=pin)
    assert (seen.reason, seen.detail) == (Reason.CONFIG, detail)
    assert seen.detail_values["seen"] == machine.pin


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("look:canary-password", Reason.AUTH),
        ("stranger", Reason.AUTH),
        ("user: look\nprivate_key: |\n  not a key\n", Reason.CONFIG),
        ("user: look\n", Reason.CONFIG),
    ],
)
async def test_it_refuses_a_wrong_login_with_its_reason(
    machine: Any, stranger: str, secret: str, reason: Reason
) -> None:
    seen = await ask(machine, stranger if secret == "stranger" else secret)
    assert seen.reason is reason, seen
    assert "canary" not in repr(seen)


def _fifty_megabytes() -> str:
    return "head -c 52428800 /dev/zero"


def _hung() -> str:
    """Says nothing as long as the tests run."""
    return f"exec tail --pid={os.getpid()} -f /dev/null"


def _trickling() -> str:
    """Never ends and never stays silent for long."""
    return f"while kill -0 {os.getpid()} && echo; do sleep 0.1; done"


def _talkative() -> str:
    """Runs something else than what was asked, and greets."""
    return "echo Chào mừng; echo maintenance until 18:00"


@pytest.mark.parametrize(
    ("shell", "within_s", "reason"),
    [
        (_fifty_megabytes, LONG_S, Reason.LIMIT),
        (_hung, SOON_S, Reason.TIMEOUT),
        (_trickling, SOON_S, Reason.TIMEOUT),
        (_talkative, LONG_S, Reason.PROTOCOL),
    ],
)
async def test_a_shell_that_does_not_do_what_it_should_ends_with_its_reason_in_time(
    machine: Any, shell: Callable[[], str], within_s: float, reason: Reason
) -> None:
    seen = await ask(machine, machine.admitted(shell()), within_s)
    assert seen.reason is reason, seen
    assert seen.took_s < LONG_S
    assert seen.reading.samples == ()


async def test_an_account_without_sudo_is_told_of_and_keeps_what_it_may_read(machine: Any) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may run the script as somebody else")
    nobody = 'setpriv --reuid=65534 --regid=65534 --clear-groups sh -c \\"$SSH_ORIGINAL_COMMAND\\"'
    seen = await ask(machine, machine.admitted(nobody), sudo=True)
    assert seen.reason is Reason.FORBIDDEN, seen
    assert seen.reading.vm is not None
    assert seen.reading.vm.sshd is None
    assert seen.reading.vm.uptime_s is not None
