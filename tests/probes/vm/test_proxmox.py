"""Proxmox VE: what a token may see becomes machines and stores, and seeing nothing is told."""

from __future__ import annotations

import asyncio
import json
import os
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.access import HttpsAccess
from inventory.credentials import Secret
from probes.clock import ManualClock, SystemClock, run_virtual
from probes.describe import describe
from probes.model import Reason, Target
from probes.run import observe
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.https import HttpsClient
from probes.transports.model import HttpAnswer, HttpRequest, Transports
from probes.vm.estate import Estate, Guest, HostState, Store
from probes.vm.proxmox import PROBE
from probes.vm.proxmox_read import guests_of, hosts_of, quorate_of, rows_of, stores_of, tools_of

if TYPE_CHECKING:
    from probes.model import Observation
    from probes.transports.model import HttpClient
    from tests.probes.conftest import Authority, Peers

ROOT = Path(__file__).parents[3]
RECORDINGS = Path(os.environ.get("WARDOPS_RECORDINGS", ROOT.parent / "shared/recordings"))
PVE = RECORDINGS / "api/proxmox"
TOKEN = "look@pve!ward=5c1a3f9e-canary"
NODE = {"type": "node", "node": "pve-1", "status": "online", "cpu": 0.25, "mem": 1, "maxmem": 4}
VM = {
    "type": "qemu", "vmid": 101, "name": "vm-101", "node": "pve-1", "status": "running",
    "cpu": 0.5, "mem": 1024, "maxmem": 4096, "maxdisk": 8000, "maxcpu": 2, "uptime": 60,
    "template": 0,
}  # fmt: skip
OFF = VM | {"vmid": 102, "name": "vm-102", "status": "stopped", "cpu": 0, "mem": 0, "uptime": 0}
BOX = VM | {"type": "lxc", "vmid": "103", "name": "ct-103", "cpu": "0.1"}
STORE = {"type": "storage", "storage": "backup", "node": "pve-1", "status": "available",
         "disk": 25, "maxdisk": 100, "shared": 1}  # fmt: skip
NO_AGENT = "QEMU guest agent is not running"


def pages(*resources: dict[str, Any]) -> dict[str, Any]:
    """What a host answers, by path; a number is a status, a pair a status and its phrase."""
    return {
        "/version": {"version": "8.1.4", "release": "8.1"},
        "/cluster/resources": list(resources),
        "/cluster/status": [{"type": "cluster", "name": "c", "quorate": 1}],
        "/access/permissions": {"/vms": {"VM.Audit": 1}},
        "/cluster/backup-info/not-backed-up": [{"vmid": 102, "type": "qemu"}],
        "/nodes/pve-1/status": {"swap": {"total": 8, "used": 1}},
        "/nodes/pve-1/storage": [
            {"storage": "backup", "content": "backup,iso", "shared": 1},
            {"storage": "local-lvm", "content": "images"},
        ],
        "/nodes/pve-1/storage/backup/content": [
            {"volid": "backup:1", "content": "backup", "vmid": 101, "ctime": 1_795_000_000},
            {"volid": "backup:2", "content": "backup", "vmid": "101", "ctime": 1_795_100_000},
        ],
        "/nodes/pve-1/qemu/101/snapshot": [
            {"name": "current", "digest": "x"},
            {"name": "before-update", "snaptime": 1_794_000_000},
            {"name": "later", "snaptime": 1_794_500_000, "parent": "before-update"},
        ],
        "/nodes/pve-1/qemu/102/snapshot": [{"name": "current"}],
        "/nodes/pve-1/lxc/103/snapshot": [{"name": "current"}],
        "/nodes/pve-1/qemu/101/agent/get-fsinfo": (500, NO_AGENT),
    }


class Host(FakeHttp):
    """A host with an API; `slow_s` passes on the clock at each answer."""

    def __init__(
        self, told: dict[str, Any], clock: ManualClock | None = None, slow_s: float = 0
    ) -> None:
        super().__init__({})
        self._told, self._clock, self._slow_s = told, clock, slow_s

    async def send(self, request: HttpRequest, *, deadline: float) -> HttpAnswer:
        """The answer of that path."""
        assert deadline
        assert dict(request.headers)["Authorization"] == f"PVEAPIToken={TOKEN}"
        path = urlsplit(request.url).path.removeprefix("/api2/json")
        self.asked.append(path)
        if self._clock is not None:
            self._clock.move(self._slow_s)
        told = self._told.get(path, 501)
        if isinstance(told, int):
            return HttpAnswer(told, b'{"data":null}')
        if isinstance(told, tuple):
            status, phrase = told
            return HttpAnswer(status, b'{"data":null}', phrase=phrase)
        body = told if isinstance(told, bytes) else json.dumps({"data": told}).encode()
        return HttpAnswer(200, body, "application/json")


def target(port: int = 8006, ca: str | None = None) -> Target:
    """A host on loopback."""
    access = HttpsAccess(auth="env:PVE", port=port, ca=ca)
    return Target(
        ward="26740", name="pve-1", kind="proxmox", role="other", host="127.0.0.1",
        https=access, folder="/",
    )  # fmt: skip


def transports(http: HttpClient) -> Transports:
    """Only HTTP leads anywhere."""
    nothing: Any = None
    return Transports(snmp=nothing, http=http, echo=FakeEcho({}), tcp=FakeTcp({}))


def ask(host: Host, token: str = TOKEN, clock: ManualClock | None = None) -> Observation:
    """Run the probe in virtual time."""
    clock = clock or ManualClock()
    deadline = clock.monotonic() + PROBE.timeout_s
    story = observe(target(), PROBE, transports(host), clock, deadline, lambda _ref: Secret(token))
    seen: Observation = run_virtual(story, clock)
    return seen


def estate(seen: Observation) -> Estate:
    """What was read; fails when nothing was."""
    assert seen.reading.estate is not None, seen
    return seen.reading.estate


def test_machines_come_with_their_snapshots_backups_and_agent() -> None:
    seen = ask(Host(pages(NODE, VM, OFF, BOX, STORE)))
    assert seen.reason is Reason.OK
    found = estate(seen)
    assert found.hosts == (HostState("pve-1", True, 0.25, 0.25, memory_bytes=4, swap_used_bytes=1),)
    assert found.quorate is True
    assert found.stores == (Store("backup", None, 100, 0.75),)
    first, off, box = found.guests
    assert first == Guest(
        "101", "machine", "vm-101", "pve-1", "on", 0.5, 4096, 0.25, 8000, 60, "stopped", 2,
        datetime.fromtimestamp(1_794_000_000, UTC), datetime.fromtimestamp(1_795_100_000, UTC),
        True, 2,
    )  # fmt: skip
    assert (off.power, off.cpu_ratio, off.uptime_s, off.tools) == ("off", None, None, None)
    assert (off.snapshots, off.oldest_snapshot_at) == (0, None)
    assert (off.backed_up_at, off.is_in_backup) == (None, False)
    assert (box.kind, box.cpu_ratio, box.tools, box.is_in_backup) == ("container", 0.1, None, True)


def test_the_free_share_of_each_store_is_a_metric() -> None:
    seen = ask(Host(pages(NODE, VM, STORE, STORE | {"storage": "lvm", "shared": 0})))
    told = {sample.labels: sample.value for sample in seen.reading.samples}
    assert told == {("backup", ""): 0.75, ("lvm", "pve-1"): 0.75}


def test_the_token_stands_nowhere_and_times_are_told_in_full() -> None:
    seen = ask(Host(pages(NODE, VM)))
    told = json.dumps(describe("pve-1", [seen], seconds=0, requests=1, language="en"))
    assert "canary" not in told + repr(seen)
    assert '"oldest_snapshot_at": "2026-' in told


@pytest.mark.parametrize("rights", [{}, {"/": {"Sys.Audit": 1}}, {"/vms/9": {"VM.Audit": 0}}])
def test_a_token_that_may_see_no_machine_is_forbidden_and_not_an_empty_host(
    rights: dict[str, Any],
) -> None:
    seen = ask(Host(pages(NODE) | {"/access/permissions": rights}))
    assert (seen.reason, seen.detail, seen.reading.estate) == (
        Reason.FORBIDDEN, "vm_no_rights", None,
    )  # fmt: skip


def test_a_host_without_machines_is_just_that_when_the_token_may_look() -> None:
    assert estate(ask(Host(pages(NODE)))).guests == ()


def test_templates_are_no_machines() -> None:
    found = estate(ask(Host(pages(NODE, VM, VM | {"vmid": 900, "template": 1}))))
    assert [guest.id for guest in found.guests] == ["101"]


@pytest.mark.parametrize(
    ("status", "reason"),
    [(401, Reason.AUTH), (403, Reason.FORBIDDEN), (503, Reason.BUSY), (500, Reason.PROTOCOL)],
)
def test_a_status_of_the_first_answer_has_its_reason(status: int, reason: Reason) -> None:
    assert ask(Host(pages(VM) | {"/version": status})).reason is reason


@pytest.mark.parametrize("token", ["", "look@pve", "look@pve!ward", "a b@pve!x=y", "user:password"])
def test_a_token_of_another_form_is_never_sent(token: str) -> None:
    host = Host(pages(VM))
    seen = ask(host, token)
    assert (seen.reason, seen.detail, host.asked) == (Reason.CONFIG, "token_shape", [])


def test_what_may_not_be_read_stays_unknown_and_the_reading_says_that_it_is_not_whole() -> None:
    hidden = pages(NODE, VM) | {
        "/cluster/backup-info/not-backed-up": 403,
        "/nodes/pve-1/qemu/101/snapshot": 403,
        "/nodes/pve-1/storage": 403,
    }
    seen = ask(Host(hidden))
    assert seen.reason is Reason.LIMIT
    (guest,) = estate(seen).guests
    assert (guest.snapshots, guest.is_in_backup, guest.backed_up_at) == (None, None, None)


def test_what_there_is_no_time_for_stays_unknown_instead_of_losing_all() -> None:
    clock = ManualClock()
    many = [VM | {"vmid": number} for number in range(200, 240)]
    host = Host(pages(NODE, *many), clock, slow_s=1.0)
    seen = ask(host, clock=clock)
    assert seen.reason is Reason.LIMIT
    assert len(estate(seen).guests) == 40
    assert len(host.asked) < PROBE.timeout_s


@pytest.mark.parametrize(
    ("status", "phrase", "state"),
    [
        (200, "OK", "running"),
        (500, "QEMU guest agent is not running", "stopped"),
        (500, "VM 101 qmp command 'guest-get-fsinfo' failed - got timeout", "stopped"),
        (500, "No QEMU guest agent configured", "absent"),
        (500, "something else", None),
        (403, "Permission check failed", None),
    ],
)
def test_the_agents_state_is_in_the_answers_words(
    status: int, phrase: str, state: str | None
) -> None:
    assert tools_of(status, phrase) == state


@pytest.mark.parametrize("body", [b"", b"{", b"<html>log in</html>", b"[" * 90 + b"]" * 90])
def test_a_wrong_answer_has_a_reason_and_leaves_nothing(body: bytes) -> None:
    seen = ask(Host(pages(VM) | {"/cluster/resources": body}))
    assert seen.reason in {Reason.PARSE, Reason.PROTOCOL, Reason.LIMIT}
    assert seen.reading.estate is None


_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
_ROWS = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["node", "qemu", "lxc", "storage", "cluster"])},
        optional={key: _VALUES for key in (*NODE, *VM, *STORE) if key != "type"},
    ),
    max_size=4,
)


@given(_ROWS)
def test_no_resource_is_a_bug(rows: list[dict[str, Any]]) -> None:
    answer = rows_of({"data": rows})
    ratios = [guest.memory_used_ratio for guest in guests_of(answer)]
    ratios += [host.cpu_ratio for host in hosts_of(answer)]
    ratios += [store.free_ratio for store in stores_of(answer)]
    assert all(ratio is None or 0 <= ratio <= 1.5 for ratio in ratios)
    assert quorate_of(answer) in {True, False, None}


def test_a_thousand_mutated_answers_are_never_a_bug() -> None:
    chance, reasons = random.Random(7), set()  # noqa: S311 - seeded
    whole = pages(NODE, VM, OFF, STORE)
    for _ in range(1000):
        path = chance.choice([path for path in whole if not isinstance(whole[path], tuple)])
        body = bytearray(json.dumps({"data": whole[path]}).encode())
        for _ in range(chance.randint(1, 4)):
            body[chance.randrange(len(body))] = chance.choice(b'{}[]",:0aZ\x00\xff')
        reasons.add(ask(Host(whole | {path: bytes(body)})).reason)
    assert Reason.BUG not in reasons
    assert Reason.OK in reasons


@pytest.mark.skipif(not PVE.is_dir(), reason=f"no recordings under {PVE}")
def test_recorded_nodes_stores_and_cluster_are_read() -> None:
    def told(name: str) -> Any:
        return json.loads((PVE / f"{name}.json").read_text(encoding="utf-8"))

    raw = told("pve7x_nodes")["data"]
    hosts = hosts_of(rows_of(told("pve7x_nodes")))
    assert [host.name for host in hosts] == [node["node"] for node in raw]
    assert all(host.is_online for host in hosts)
    assert [host.uptime_s for host in hosts] == [node["uptime"] for node in raw]
    assert [host.memory_used_ratio for host in hosts] == [n["mem"] / n["maxmem"] for n in raw]
    shelves = told("pve7x_nodes_node1_storage")["data"]
    stores = stores_of(rows_of(told("pve7x_nodes_node1_storage")))
    assert {(s.name, s.total_bytes) for s in stores} == {
        (s["storage"], s["total"]) for s in shelves
    }
    assert {s.name: s.free_ratio for s in stores} == {
        s["storage"]: pytest.approx(s["avail"] / s["total"]) for s in shelves
    }
    assert quorate_of(rows_of(told("pve7x_cluster_status"))) is True
    # answers to other questions name no machine
    for name in ("pve7x_nodes_node1_status", "pve8x_nodes_node1_network"):
        assert guests_of(rows_of(told(name))) == ()


async def test_over_tls_the_agents_words_come_with_the_status(
    peers: Peers, authority: Authority
) -> None:
    tls, _der = authority.server()
    told = pages(NODE, VM)

    def answer(head: str) -> bytes:
        page = told.get(urlsplit(head.split(" ")[1]).path.removeprefix("/api2/json"), 501)
        if isinstance(page, tuple):
            return peers.response('{"data":null}', status=f"{page[0]} {page[1]}")
        if isinstance(page, int):
            return peers.response("", status=f"{page} no")
        return peers.response(json.dumps({"data": page}), content_type="application/json")

    http = HttpsClient()
    async with peers.http(answer, tls=tls) as peer:
        seen = await observe(
            target(peer.port, authority.file), PROBE, transports(http), SystemClock(),
            asyncio.get_running_loop().time() + 10, lambda _ref: Secret(TOKEN),
        )  # fmt: skip
    await http.close()
    assert seen.reason is Reason.OK
    assert estate(seen).guests[0].tools == "stopped"
    assert peer.connections == 1
    assert peer.requests[0].count(f"PVEAPIToken={TOKEN}") == 1
