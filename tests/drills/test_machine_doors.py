"""A machine by SNMP, node_exporter and SSH on loopback: three doors, one machine behind them."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import ssl
import subprocess
from typing import TYPE_CHECKING

import httpx
import paramiko
import pytest
from prometheus_client.parser import text_string_to_metric_families

from drills.faces.proxmox import ALL, token
from drills.listen_machine import USER
from drills.listen_shell import host_key
from drills.sim import Simulation
from inventory.credentials import resolve
from inventory.load import load
from probes.clock import ManualClock, SystemClock
from probes.model import Memory, Reason
from probes.registry import kinds, probes
from probes.run import observe
from probes.snmp.engine_fast import FastEngine, UdpDatagrams
from probes.target import targets_of
from probes.transports.fake import FakeEcho, FakeTcp
from probes.transports.https import HttpsClient
from probes.transports.model import Transports
from probes.transports.shell import ThreadedShell

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from probes.model import Observation, Target

VM = "vm-26740-1"
ADDRESS = "127.16.0.50"
DOORS = ("node-exporter", "snmp-host", "vm-ssh")


class Watch:
    """A simulation whose time stands still unless told, and the probes that ask it."""

    def __init__(self, simulation: Simulation, clock: ManualClock, ways: Transports) -> None:
        self.simulation, self.clock = simulation, clock
        self._ways = ways
        self._kept = {door: Memory() for door in (*DOORS, "proxmox")}

    def target(self, name: str) -> Target:
        """A device as the written inventory has it."""
        inventory = load(self.simulation.inventory_dir, kinds())
        found = targets_of(inventory.wards["26740"], inventory)
        return next(one for one in found if one.name == name)

    async def look(self, door: str, name: str = VM) -> Observation:
        """What a probe of the project reads by a door."""
        folder = self.simulation.inventory_dir
        deadline = asyncio.get_running_loop().time() + 20
        return await observe(
            self.target(name), probes()[door], self._ways, SystemClock(), deadline,
            lambda ref: resolve(ref, folder), memory=self._kept[door],
        )  # fmt: skip


@pytest.fixture
async def watch(tmp_path: Path) -> AsyncIterator[Watch]:
    """One ward on loopback, with the host of its machine."""
    clock = ManualClock()
    http, shell, snmp = HttpsClient(), ThreadedShell(), FastEngine(UdpDatagrams())
    ways = Transports(snmp=snmp, http=http, echo=FakeEcho({}), tcp=FakeTcp({}), shell=shell)
    async with Simulation(clock=clock, out=tmp_path, hypervisor="proxmox") as simulation:
        yield Watch(simulation, clock, ways)
    await http.close()
    shell.close()
    snmp.close()


async def test_disk_memory_load_uptime_and_processors_are_the_same_by_every_door(
    watch: Watch,
) -> None:
    watch.simulation.inject("disk_full", "vm:/var", ratio=0.88)
    for door in DOORS:
        assert (await watch.look(door)).reason is Reason.OK
    watch.clock.move(300)
    watch.simulation.inject("cpu_high", "vm", ratio=0.9)
    watch.clock.move(300)
    seen = {door: await watch.look(door) for door in DOORS}
    found = {door: one.reading.vm for door, one in seen.items()}
    page, snmp, shell = (found[door] for door in DOORS)
    assert page is not None
    assert snmp is not None
    assert shell is not None
    for other in (snmp, shell):
        assert [(d.mount, d.avail_bytes) for d in other.filesystems] == [
            (d.mount, d.avail_bytes) for d in page.filesystems
        ]
        assert other.memory_available_bytes == page.memory_available_bytes
        assert other.uptime_s == pytest.approx(page.uptime_s, abs=0.02)
    assert {d.mount: round(d.avail_ratio, 2) for d in page.filesystems}["/var"] == 0.12
    # Half of the time at its usual share, half at nine tenths; SNMP tells how it is now.
    usual = watch.simulation.world.topology.nodes[VM].machine
    assert usual is not None
    half = (sum(usual.busy) / 2 + 0.9) / 2
    assert page.cpu_ratio == pytest.approx(half, abs=1e-6)
    assert shell.cpu_ratio == pytest.approx(half, abs=1e-3)
    assert snmp.cpu_ratio == pytest.approx(0.9, abs=0.005)
    assert shell.load1 == pytest.approx(page.load1, abs=0.005)  # SNMP's probe asks for none
    assert (shell.release, shell.failed_units, page.failed_units) == ("debian 12", 0, 0)
    assert dict(shell.sshd or ())["permitrootlogin"] == "no"


async def test_the_hypervisor_tells_power_snapshots_and_backups_of_the_same_machine(
    watch: Watch,
) -> None:
    pve = "pve-26740"
    well = (await watch.look("proxmox", pve)).reading.estate
    assert well is not None
    (guest,) = well.guests
    assert (guest.name, guest.power, guest.tools, guest.snapshots) == (VM, "on", "running", 0)
    assert {store.name: store.free_ratio > 0.15 for store in well.stores} == {
        "images-1": True, "backup-1": True,
    }  # fmt: skip
    simulation, now = watch.simulation, watch.simulation.world.started_at
    simulation.inject("vm_snapshot_full")
    simulation.inject("backup_silent_fail", days=3)
    simulation.inject("guest_agent_off")
    seen = await watch.look("proxmox", pve)
    assert (seen.reason, seen.reading.complete) == (Reason.OK, True)
    broken = seen.reading.estate
    assert broken is not None
    (guest,) = broken.guests
    assert guest.oldest_snapshot_at is not None
    assert guest.backed_up_at is not None
    assert (guest.snapshots, guest.tools, (now - guest.oldest_snapshot_at).days) == (
        3, "stopped", 20,
    )  # fmt: skip
    assert (now - guest.backed_up_at).days == 3
    full = next(store for store in broken.stores if store.name == "images-1")
    assert full.free_ratio < 0.15
    simulation.inject("vm_off")
    off = (await watch.look("proxmox", pve)).reading.estate
    assert off is not None
    assert off.guests[0].power == "off"


async def test_a_token_sees_what_it_has_rights_on(watch: Watch) -> None:
    simulation = watch.simulation
    base = f"https://127.8.0.61:{simulation.ports.https}/api2/json"
    trust = ssl.create_default_context(cafile=str(simulation.inventory_dir / "ca.pem"))
    async with httpx.AsyncClient(verify=trust, trust_env=False, timeout=10) as client:

        async def asked(path: str, rights: str | None) -> tuple[int, str, object]:
            known = "" if rights is None else token(simulation.world, rights)
            told = {"Authorization": f"PVEAPIToken={known}"} if known else {}
            answer = await client.get(base + path, headers=told)
            return answer.status_code, answer.reason_phrase, answer.json()["data"]

        assert (await asked("/version", None))[:2] == (401, "No ticket")
        assert (await asked("/version", "00000"))[:2] == (401, "invalid token value!")
        assert await asked("/cluster/resources", "") == (200, "OK", [])
        assert await asked("/access/permissions", "") == (200, "OK", {})
        assert (await asked("/nodes/pve-1/qemu/101/snapshot", ""))[0] == 403
        assert (await asked("/nodes/pve-1/qemu/999/snapshot", ALL))[0] == 500
        assert (await asked("/nodes/other/qemu", ALL))[0] == 500
        assert (await asked("/nope", ALL))[:2] == (501, "Method 'GET /nope' not implemented")
        kinds_seen = await asked("/cluster/resources?type=vm", "26740")
        assert isinstance(kinds_seen[2], list)
        assert [row["name"] for row in kinds_seen[2]] == [VM]
        for path in ("status", "qemu", "tasks", "qemu/101/status/current", "storage",
                     "storage/images-1/content", "qemu/101/agent/get-osinfo"):  # fmt: skip
            status, _, data = await asked(f"/nodes/pve-1/{path}", "26740")
            assert (status, bool(data)) == (200, True), path


def _client(simulation: Simulation, password: str) -> paramiko.SSHClient:
    client = paramiko.SSHClient()
    key = host_key(simulation.world.seed, VM)
    known = paramiko.ECDSAKey(vals=(key, key.public_key()))
    client.get_host_keys().add(f"[{ADDRESS}]:{simulation.ports.ssh}", known.get_name(), known)
    client.connect(
        ADDRESS, simulation.ports.ssh, USER, password, allow_agent=False, look_for_keys=False
    )
    return client


async def test_a_shell_over_ssh_says_its_prompt_and_runs_commands(watch: Watch) -> None:
    simulation = watch.simulation
    password = simulation.world.look_password

    def talked() -> tuple[str, int, bytes, bytes]:
        with _client(simulation, password) as client:
            _, out, err = client.exec_command("hostname; foo")
            told = out.channel.recv_exit_status(), out.read(), err.read()
            channel = client.invoke_shell()
            channel.sendall(b"df -h /\nexit\n")
            said = b""
            while octets := channel.recv(4096):
                said += octets
        return said.decode(), *told

    said, status, out, err = await asyncio.to_thread(talked)
    assert (status, out, err) == (127, f"{VM}\n".encode(), b"sh: 1: foo: not found\n")
    assert f"look@{VM}:~$ df -h /\r\nFilesystem" in said
    assert said.endswith("exit\r\n")
    with pytest.raises(paramiko.AuthenticationException):
        await asyncio.to_thread(_client, simulation, "wrong")
    simulation.inject("unit_failed", unit="ssh.service")
    assert (await watch.look("vm-ssh")).reason is not Reason.OK


@pytest.fixture
def real_page() -> Iterator[str]:
    """What the real exporter of this machine says."""
    program = shutil.which("prometheus-node-exporter")
    if program is None:
        pytest.skip("prometheus-node-exporter is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    words = (program, f"--web.listen-address={place}")
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as exporter:
        assert exporter.stderr is not None
        for line in exporter.stderr:
            if "istening on" in line or "TLS is disabled" in line:
                break
        transport = httpx.HTTPTransport(retries=5)
        with httpx.Client(transport=transport, trust_env=False, timeout=20) as client:
            yield client.get(f"http://{place}/metrics").text
        exporter.terminate()


def _shapes(page: str) -> dict[str, tuple[str, set[frozenset[str]]]]:
    return {
        family.name: (family.type, {frozenset(sample.labels) for sample in family.samples})
        for family in text_string_to_metric_families(page)
    }


@pytest.mark.realtime
async def test_families_and_labels_are_those_of_the_real_exporter(
    watch: Watch, real_page: str
) -> None:
    """Beside them stand units, which the real one tells with systemd alone, and Debian's texts."""
    url = f"http://{ADDRESS}:{watch.simulation.ports.http}/metrics"
    async with httpx.AsyncClient(trust_env=False) as client:
        ours = _shapes((await client.get(url)).text)
    real = _shapes(real_page)
    beside = {"node_systemd_unit_state", "apt_upgrades_pending", "node_reboot_required"}
    assert ours.keys() - real.keys() <= beside
    assert len(ours.keys() & real.keys()) >= 20
    for name in ours.keys() & real.keys():
        assert ours[name] == real[name], name
    assert ours["node_systemd_unit_state"][1] == {frozenset({"name", "state", "type"})}
    assert ours["apt_upgrades_pending"][1] == {frozenset({"arch", "origin"})}


@pytest.mark.realtime
async def test_openssh_logs_in_and_runs_a_command(watch: Watch, tmp_path: Path) -> None:
    if shutil.which("ssh") is None:
        pytest.skip("OpenSSH's client is not installed")
    simulation = watch.simulation
    ask = tmp_path / "ask.sh"
    ask.write_text(f"#!/bin/sh\necho {simulation.world.look_password}\n", encoding="ascii")
    ask.chmod(0o700)
    options = {
        "StrictHostKeyChecking": "no", "UserKnownHostsFile": os.devnull, "LogLevel": "ERROR",
        "PubkeyAuthentication": "no",
    }  # fmt: skip
    words = ["ssh", "-F", os.devnull, "-p", str(simulation.ports.ssh)]
    words += [word for name, told in options.items() for word in ("-o", f"{name}={told}")]
    ended = await asyncio.to_thread(
        subprocess.run,
        [*words, f"{USER}@{ADDRESS}", "df -PTk /var; exit 4"],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        env={**os.environ, "SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force"},
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (4, "")
    assert ended.stdout.splitlines()[1].startswith("/dev/vdb1  ext4")


async def test_the_simulation_ends_at_once_with_sessions_and_commands_open(tmp_path: Path) -> None:
    """A login without a channel, a channel without a request, a shell, one cut off in a command."""
    async with (
        asyncio.timeout(None) as end,
        Simulation(clock=ManualClock(), out=tmp_path) as simulation,
    ):
        password = simulation.world.look_password
        clients = [await asyncio.to_thread(_client, simulation, password) for _ in range(4)]
        transports = [client.get_transport() for client in clients[1:]]
        channels = [await asyncio.to_thread(one.open_session) for one in transports if one]
        await asyncio.to_thread(channels[1].invoke_shell)
        simulation.inject("cable_cut", "ce:wan")
        await asyncio.to_thread(channels[2].exec_command, "hostname")
        end.reschedule(asyncio.get_running_loop().time() + 20)  # no thread may wait as long
    for client in clients:
        client.close()
