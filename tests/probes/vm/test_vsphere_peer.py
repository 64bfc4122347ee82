"""A simulated vCenter as a peer: our values are those that govmomi's own client reads there."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from agent.cli import main
from inventory.access import HttpsAccess
from inventory.credentials import Secret
from probes.clock import SystemClock
from probes.model import Memory, Reason, Target
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeTcp
from probes.transports.https import HttpsClient
from probes.transports.model import HttpAnswer, HttpRequest, Transports
from probes.transports.tls import fingerprint
from probes.vm.vsphere import PROBE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from probes.model import Observation
    from probes.vm.estate import Estate
    from tests.probes.conftest import Authority

PEER = Path(__file__).parents[3] / "build/vcenter-peer"
# Where it was installed on purpose, its absence is a failure.
_IS_HERE = find_spec("pyVmomi") is not None and PEER.exists()
pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(
        not _IS_HERE and not os.environ.get("WARDOPS_VCSIM"),
        reason="pyVmomi (extra vsphere) or build/vcenter-peer (make build/vcenter-peer) is missing",
    ),
]
LOGIN = "look@vsphere.local:Canary-77"
POWER = {"poweredOn": "on", "poweredOff": "off", "suspended": "suspended"}
TOOLS = {"guestToolsRunning": "running", "guestToolsNotRunning": "stopped"}
MACHINES = 1500 if os.environ.get("WARDOPS_SOAK") else 50  # in each of two pools
OPENING = ["", "RetrieveServiceContent", "Login", "CreateContainerView"]
LOOK = "RetrievePropertiesEx"


@dataclass
class Vcenter:
    """The simulator: its port, its certificate in DER, and commands to it."""

    process: subprocess.Popen[str]
    port: int
    certificate: bytes
    ca: str

    def tell(self, *words: str) -> Any:
        """Give one command; what it answers. Fails when it went wrong."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        told = json.loads(self.process.stdout.readline())
        assert not isinstance(told, dict) or "error" not in told, told
        return told


@pytest.fixture(scope="module")
def simulator(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vcenter]:
    """One simulator for all tests of this file; its folders are the test's."""
    folder = tmp_path_factory.mktemp("vcenter")
    _context, leaf = authority.server()
    (made,) = authority.folder.glob(f"server-{x509.load_der_x509_certificate(leaf).serial_number}*")
    user, _colon, password = LOGIN.partition(":")
    process = subprocess.Popen(
        [PEER, made, made, user, password, str(MACHINES)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=os.environ | {"TMPDIR": str(folder)},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield Vcenter(process, int(process.stdout.readline()), leaf, authority.file)
    finally:
        process.communicate()


@pytest.fixture
def vcenter(simulator: Vcenter) -> Vcenter:
    """The simulator, seen whole, in pages of the asker's size."""
    simulator.tell("see", "all")
    simulator.tell("page", "0")
    return simulator


@dataclass
class Line(HttpsClient):
    """The real client; `asked` are the methods called, and `bend` changes what comes back."""

    asked: list[str] = field(default_factory=list)
    bend: Callable[[str, HttpAnswer], HttpAnswer] = lambda _method, answer: answer

    def __post_init__(self) -> None:
        super().__init__()

    async def send(self, request: HttpRequest, *, deadline: float) -> HttpAnswer:
        """Ask, and write down which method."""
        _head, _mark, rest = request.body.partition(b"<soapenv:Body><")
        method = rest.partition(b" ")[0].decode()
        self.asked.append(method)
        return self.bend(method, await super().send(request, deadline=deadline))


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    """A client that is closed at the end."""
    found = Line()
    yield found
    await found.close()


@pytest.fixture
async def ways(line: Line) -> AsyncIterator[Transports]:
    """Ways out of which only HTTPS leads anywhere; sessions end with them."""
    nothing: Any = None
    found = Transports(snmp=nothing, http=line, echo=FakeEcho({}), tcp=FakeTcp({}))
    yield found
    await found.sessions.close()


def target(vcenter: Vcenter, host: str = "127.0.0.1", **trust: Any) -> Target:
    """The simulator as a device, trusted by the authority of the test."""
    access = HttpsAccess(auth="env:V", port=vcenter.port, **(trust or {"ca": vcenter.ca}))
    return Target(
        ward="26740", name="vc-1", kind="vsphere", role="server", host=host, https=access,
        folder="/",
    )  # fmt: skip


async def ask(
    where: Target,
    ways: Transports,
    login: str = LOGIN,
    *,
    seconds: float = 60,
    memory: Memory | None = None,
) -> Observation:
    """Run the probe once."""
    return await observe(
        where, PROBE, ways, SystemClock(), asyncio.get_running_loop().time() + seconds,
        lambda _ref: Secret(login), memory=memory,
    )  # fmt: skip


def estate(seen: Observation) -> Estate:
    """What was read; fails when nothing was."""
    assert seen.reason is Reason.OK, seen
    assert seen.reading.estate is not None
    return seen.reading.estate


async def test_machines_hosts_and_stores_are_those_that_govmomi_reads(
    vcenter: Vcenter, ways: Transports, line: Line
) -> None:
    vcenter.tell("page", "40")
    vcenter.tell("off", "DC0_H0_VM2")
    vcenter.tell("suspend", "DC0_H0_VM3")
    vcenter.tell("snapshot", "DC0_C0_RP0_VM4", "before-update")
    vcenter.tell("snapshot", "DC0_C0_RP0_VM4", "after-update")
    seen = await ask(target(vcenter), ways)
    found, told = estate(seen), vcenter.tell("estate")
    expected = {
        one["ID"]: (
            one["Name"], one["Host"], POWER[one["Power"]], one["MemoryMB"] * 1024 * 1024,
            one["CPU"], one["DiskBytes"], one["Snapshots"],
            one["Oldest"] and datetime.fromisoformat(one["Oldest"][:26].rstrip("Z") + "+00:00"),
            TOOLS[one["Tools"]] if one["Power"] == "poweredOn" else None,
        )
        for one in told["Machines"]
    }  # fmt: skip
    assert len(expected) == 2 * MACHINES
    assert {one.power for one in found.guests} == {"on", "off", "suspended"}
    assert {
        one.id: (
            one.name, one.host, one.power, one.memory_bytes, one.cpu_cores, one.disk_bytes,
            one.snapshots, one.oldest_snapshot_at, one.tools,
        )
        for one in found.guests
    } == expected  # fmt: skip
    assert {host.name: host.memory_bytes for host in found.hosts} == told["Hosts"]
    assert all(host.is_online and host.memory_used_ratio for host in found.hosts)
    assert [(one.name, one.host, one.total_bytes, one.free_ratio) for one in found.stores] == [
        (
            one["Name"], one["Hosts"][0] if len(one["Hosts"]) == 1 else None, one["Capacity"],
            one["Free"] / one["Capacity"],
        )
        for one in told["Stores"]
    ]  # fmt: skip
    assert seen.reading.identity is not None
    assert (seen.reading.identity.vendor, seen.reading.identity.os) == ("VMware", "vcenter")
    looks = [one for one in line.asked if "RetrieveProperties" in one]
    assert len(looks) <= 2 * (len(told["Machines"]) // 40 + len(told["Machines"]) // 200 + 1)
    assert line.asked[:4] == OPENING


async def test_a_poll_of_a_kept_session_is_one_request_and_its_end_a_log_out(
    vcenter: Vcenter, ways: Transports, line: Line
) -> None:
    memory = Memory()
    first = estate(await ask(target(vcenter), ways, memory=memory))
    line.asked.clear()
    second = estate(await ask(target(vcenter), ways, memory=memory))
    assert line.asked == [LOOK] + ["ContinueRetrievePropertiesEx"] * (2 * MACHINES // 200)
    assert {one.id: one.disk_bytes for one in second.guests} == {
        one.id: one.disk_bytes for one in first.guests
    }
    vcenter.tell("disk", "DC0_H0_VM1")
    third = estate(await ask(target(vcenter), ways, memory=memory))
    found = {one.id: one.disk_bytes for one in third.guests}
    told = vcenter.tell("estate")["Machines"]
    assert found == {one["ID"]: one["DiskBytes"] for one in told}
    assert vcenter.tell("sessions") == ["look@vsphere.local"]
    await ways.sessions.close()
    assert vcenter.tell("sessions") == []


async def test_a_session_that_was_ended_there_is_renewed_once(
    vcenter: Vcenter, ways: Transports, line: Line
) -> None:
    estate(await ask(target(vcenter), ways))
    vcenter.tell("end")
    line.asked.clear()
    assert len(estate(await ask(target(vcenter), ways)).guests) == 2 * MACHINES
    assert line.asked.count("Login") == 1
    assert vcenter.tell("sessions") == ["look@vsphere.local"]


async def test_a_wrong_password_is_tried_once_and_leaves_nothing_there(
    vcenter: Vcenter, ways: Transports, line: Line
) -> None:
    memory = Memory()
    estate(await ask(target(vcenter), ways, memory=memory))
    seen = await ask(target(vcenter), ways, "look@vsphere.local:other", memory=memory)
    assert (seen.reason, seen.detail, seen.reading.estate) == (Reason.AUTH, "auth", None)
    assert vcenter.tell("sessions") == []
    again = await ask(target(vcenter), ways, "look@vsphere.local:other", memory=memory)
    assert (again.reason, again.detail) == (Reason.AUTH, "vsphere_rests")
    assert line.asked.count("Login") == 2
    estate(await ask(target(vcenter), ways, memory=memory))


@pytest.mark.parametrize("sees", ["nothing", "denied"])
async def test_an_account_that_may_see_nothing_is_no_hypervisor_without_machines(
    sees: str, vcenter: Vcenter, ways: Transports
) -> None:
    vcenter.tell("see", sees)
    seen = await ask(target(vcenter), ways)
    assert (seen.reason, seen.detail) == (Reason.FORBIDDEN, "vsphere_no_rights")
    assert seen.reading.estate is None


async def test_what_an_account_may_not_read_of_machines_is_unknown(
    vcenter: Vcenter, ways: Transports
) -> None:
    vcenter.tell("see", "names")
    seen = await ask(target(vcenter), ways)
    assert (seen.reason, seen.detail) == (Reason.FORBIDDEN, "withheld")
    assert seen.reading.estate is not None
    one = seen.reading.estate.guests[0]
    assert one.name
    assert (one.power, one.memory_bytes, one.disk_bytes, one.tools) == (None,) * 4
    assert (one.snapshots, one.oldest_snapshot_at) == (None, None)


async def test_no_password_goes_to_a_server_that_is_not_the_one_meant(
    vcenter: Vcenter, ways: Transports, line: Line, authority: Authority
) -> None:
    _context, other = authority.server()
    (authority.folder / "alone.pem").write_bytes(
        x509.load_der_x509_certificate(other).public_bytes(serialization.Encoding.PEM)
    )
    refused = (
        (target(vcenter, insecure=False), Reason.TLS_UNTRUSTED),
        (target(vcenter, ca=str(authority.folder / "alone.pem")), Reason.TLS_UNTRUSTED),
        (target(vcenter, pin=fingerprint(other)), Reason.TLS_UNTRUSTED),
        (target(vcenter, host="localhost"), Reason.TLS_NAME),
    )
    for where, reason in refused:
        assert (await ask(where, ways)).reason is reason
    assert "Login" not in line.asked
    estate(await ask(target(vcenter, pin=fingerprint(vcenter.certificate)), ways))


async def test_a_poll_that_is_cut_while_it_logs_in_leaves_no_session_behind(
    vcenter: Vcenter, ways: Transports, line: Line
) -> None:
    def cut(method: str, answer: HttpAnswer) -> HttpAnswer:
        if method == "Login":
            poll.cancel()
        return answer

    line.bend = cut
    poll = asyncio.create_task(ask(target(vcenter), ways))
    with pytest.raises(asyncio.CancelledError):
        await poll
    line.bend = lambda _method, answer: answer
    estate(await ask(target(vcenter), ways))
    assert line.asked.count("Login") == 1
    await ways.sessions.close()
    assert vcenter.tell("sessions") == []


def test_the_command_shows_the_estate_and_leaves_no_session_behind(
    vcenter: Vcenter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOOK", LOGIN)
    url, pin = f"vsphere://127.0.0.1:{vcenter.port}", fingerprint(vcenter.certificate)
    code = main(["probe", url, "--auth", "env:LOOK", "--pin", pin, "--lang", "en"])
    shown = capsys.readouterr().out
    assert code == 0, shown
    assert f"machines {2 * MACHINES}" in shown
    assert vcenter.tell("sessions") == []


async def test_a_server_that_hangs_costs_the_deadline(vcenter: Vcenter, ways: Transports) -> None:
    vcenter.process.send_signal(signal.SIGSTOP)
    try:
        seen = await ask(target(vcenter), ways, seconds=0.3)
    finally:
        vcenter.process.send_signal(signal.SIGCONT)
    assert (seen.reason, seen.reading.estate) == (Reason.TIMEOUT, None)


DAMAGED: dict[str, tuple[Callable[[HttpAnswer], HttpAnswer], Reason]] = {
    "cut": (lambda one: replace(one, body=one.body[: len(one.body) // 2]), Reason.PARSE),
    "entities": (
        lambda one: replace(one, body=b'<!DOCTYPE a [<!ENTITY b "c">]>' + one.body),
        Reason.PROTOCOL,
    ),
    "page": (lambda one: replace(one, body=b"<html/>", content_type="text/html"), Reason.PROTOCOL),
    "nothing": (lambda one: replace(one, body=b""), Reason.PROTOCOL),
    "other words": (
        lambda one: replace(one, body=one.body.replace(b"<objects>", b"<things>")
                            .replace(b"</objects>", b"</things>")),
        Reason.PARSE,
    ),
    "busy": (lambda one: replace(one, status=503), Reason.BUSY),
    "gone": (lambda one: replace(one, status=404), Reason.PROTOCOL),
}  # fmt: skip


@pytest.mark.parametrize("kind", DAMAGED)
async def test_a_damaged_answer_is_a_reason_and_no_machine_is_lost_in_it(
    kind: str, vcenter: Vcenter, ways: Transports, line: Line
) -> None:
    damage, reason = DAMAGED[kind]
    line.bend = lambda method, answer: damage(answer) if method == LOOK else answer
    seen = await ask(target(vcenter), ways)
    assert (seen.reason, seen.reading.estate) == (reason, None)


async def test_no_answer_however_odd_is_a_fault_of_ours(
    vcenter: Vcenter, ways: Transports, line: Line
) -> None:
    chance = random.Random(7)  # noqa: S311 - which octets are damaged

    def bend(method: str, answer: HttpAnswer) -> HttpAnswer:
        if method != LOOK:
            return answer
        body = bytearray(answer.body)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(body))
            body[at : at + chance.randint(0, 30)] = chance.randbytes(chance.randint(0, 4))
        return replace(answer, body=bytes(body))

    vcenter.tell("page", "3")
    line.bend = bend
    for _ in range(30):
        assert (await ask(target(vcenter), ways)).reason is not Reason.BUG
