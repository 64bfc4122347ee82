"""What hypervisors say of guests becomes series of the wards' devices, while it is fresh."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.agent.machines.conftest import Machines

MACHINES = """\
quota: {cpu_cores: 8, memory_gib: 16, disk_gib: 100}
devices:
  - name: app-1
    kind: linux_vm
    role: vm
    site: dc
    address: 192.0.2.10
    ping: false
    node_exporter: http://192.0.2.10:9100/metrics
    machine: {hosting: dc, restore_tested: 2026-10-01, guest: {hypervisor: pve-1, id: "101"}}
  - name: mail
    kind: linux_vm
    role: vm
    site: dc
    address: 192.0.2.11
    ping: false
    machine: {hosting: dc, backed_up: 2026-11-22, guest: {hypervisor: pve-1, id: "102"}}
"""
HOST = """\
devices:
  - {name: pve-1, kind: proxmox, address: 192.0.2.20, https: {auth: "env:PVE", insecure: true}}
"""
WARDS = {"25747": MACHINES, "26740": HOST}
GUEST = {
    "type": "qemu", "vmid": 101, "name": "a", "node": "pve", "status": "running", "cpu": 0.5,
    "maxcpu": 2, "mem": 1 << 30, "maxmem": 4 << 30, "maxdisk": 25 << 30, "uptime": 60,
}  # fmt: skip
OFF = GUEST | {"vmid": 102, "name": "b", "status": "stopped", "uptime": 0}
STRAY = GUEST | {"vmid": 103, "name": "c"}
SNAPSHOT = {"name": "before", "snaptime": 1_795_300_000}
BACKUP = {"vmid": 101, "ctime": 1_795_390_000, "content": "backup"}
PAGE = b"node_memory_MemTotal_bytes 100\nnode_memory_MemAvailable_bytes 25\n"
A = '{ward="25747",device="app-1"'
B = '{ward="25747",device="mail"'
TTL_S = 300


def is_told(series: dict[str, float], device: str, name: str) -> bool:
    """Whether a device has any series of that name."""
    return any(one.startswith(f"{name}{device}") for one in series)


def test_guests_are_series_of_the_devices_that_name_them_until_their_host_falls_silent(
    at_work: Callable[..., None],
) -> None:
    async def plot(told: Machines) -> None:
        site = told.site
        site.guests, site.snapshots, site.backups = (
            [GUEST, OFF, STRAY],
            {"101": [SNAPSHOT]},
            [BACKUP],
        )
        site.pages["192.0.2.10"] = PAGE
        await told.clock.sleep(150)
        seen = await told.series()
        assert {state: seen[f'wardops_vm_power_state{A},state="{state}"}}']
                for state in ("on", "off", "suspended", "unknown")} == {
            "on": 1, "off": 0, "suspended": 0, "unknown": 0}  # fmt: skip
        assert seen[f'wardops_vm_power_state{B},state="off"}}'] == 1
        assert seen[f"wardops_vm_snapshots{A}}}"] == 1
        asked = told.clock.now().timestamp() - seen[f"wardops_vm_snapshot_oldest_seconds{A}}}"]
        assert abs(asked - 1_795_300_000) < 150
        assert seen[f"wardops_vm_backup_timestamp_seconds{A}}}"] == 1_795_390_000
        # A written day counts to its end, 24:00 in the ward.
        assert seen[f"wardops_vm_backup_timestamp_seconds{B}}}"] == (
            datetime(2026, 11, 22, 17, tzinfo=UTC).timestamp()
        )
        assert seen[f"wardops_vm_restore_test_timestamp_seconds{A}}}"] == (
            datetime(2026, 9, 30, 17, tzinfo=UTC).timestamp()
        )
        # Memory by the machine itself, the processors by the host, since the machine says none.
        assert seen[f"wardops_vm_memory_used_ratio{A}}}"] == 0.75
        assert seen[f"wardops_vm_cpu_ratio{A}}}"] == 0.5
        assert seen['wardops_vm_quota_ratio{ward="25747",resource="cpu"}'] == 0.5
        assert seen['wardops_vm_quota_ratio{ward="25747",resource="memory"}'] == 0.5
        assert seen['wardops_vm_quota_ratio{ward="25747",resource="disk"}'] == 0.5
        assert seen['wardops_vms{ward="25747",hosting="dc"}'] == 2
        assert not any("103" in one or 'device="c"' in one for one in seen)

        site.is_silent = True
        await told.clock.sleep(TTL_S + 15)
        seen = await told.series()
        for name in ("power_state", "tools_state", "snapshots", "cpu_ratio"):
            assert not is_told(seen, A, f"wardops_vm_{name}"), name
        assert f"wardops_vm_backup_timestamp_seconds{A}}}" not in seen
        assert f"wardops_vm_backup_timestamp_seconds{B}}}" in seen
        assert not any("quota" in one for one in seen)
        assert seen[f"wardops_vm_memory_used_ratio{A}}}"] == 0.75
        machines = (await told.get("/machines?ward=25747"))["machines"]
        assert {one["power"] for one in machines} == {"unknown"}
        mail = next(one for one in machines if one["name"] == "mail")
        results = {one["rule"]: one["result"] for one in mail["findings"]}
        assert {results["DC-01"], results["DC-03"]} == {"unknown"}

    at_work(WARDS, plot)


def test_a_token_without_rights_is_forbidden_and_nothing_is_off(
    at_work: Callable[..., None],
) -> None:
    async def plot(told: Machines) -> None:
        told.site.rights = {}
        await told.clock.sleep(400)
        seen = await told.series()
        assert not [one for one in seen if one.startswith("wardops_vm_power_state")]
        answer = await told.get("/machines?ward=25747")
        assert {one["power"] for one in answer["machines"]} == {"unknown"}
        assert {one["measured"] for one in answer["machines"]} == {False}
        reasons = [not_read["reason"] for not_read in answer["machines"][1]["not_read"]]
        assert reasons == ["forbidden"]
        hosts = (await told.get("/machines?ward=26740"))["hypervisors"]
        assert [(one["measured"], one["guests"]) for one in hosts] == [(False, None)]

    at_work(WARDS, plot)


def test_rules_are_counted_once_each_and_a_silent_machine_passes_none(
    at_work: Callable[..., None],
) -> None:
    async def plot(told: Machines) -> None:
        site = told.site
        site.guests, site.pages["192.0.2.10"] = [GUEST, OFF], PAGE
        site.snapshots["101"] = [{"name": "old", "snaptime": 1_790_000_000}]
        await told.clock.sleep(150)
        rules = {name: value for name, value in (await told.series("wardops_vm_rules")).items()
                 if name.startswith(f"wardops_vm_rules{A}")}  # fmt: skip
        machine = next(one for one in (await told.get("/machines?ward=25747"))["machines"]
                       if one["name"] == "app-1")  # fmt: skip
        assert sum(rules.values()) == len(machine["findings"])
        assert len(rules) == 12
        answer = await told.get("/machines?ward=25747")
        quota = answer["quotas"][0]
        shares = {one["resource"]: (one["used"], one["limit"]) for one in quota["shares"]}
        assert shares == {
            "cpu": (4, 8),
            "memory": (8 << 30, 16 << 30),
            "disk": (50 << 30, 100 << 30),
        }
        assert [one["rule"] for one in quota["findings"]] == ["DC-19"]
        assert machine["quota"] == {"cpu": 0.25, "memory": 0.25, "disk": 0.25}
        assert machine["guest"]["hypervisor"] == "pve-1"
        assert machine["memory"]["source"] == "node-exporter"
        assert machine["cpu"]["source"] == "pve-1"
        brief = await told.get("/machines?limit=1")
        assert len(brief["machines"]) == 1
        assert brief["next"] == "1"
        assert [one["rule"] for one in brief["machines"][0]["findings"]] == ["DC-03"]
        assert (await told.get("/machines?limit=5&cursor=1"))["hypervisors"] == []
        site.is_silent = True
        site.pages.clear()
        await told.clock.sleep(TTL_S + 15)
        machine = next(one for one in (await told.get("/machines?ward=25747"))["machines"]
                       if one["name"] == "app-1")  # fmt: skip
        # What people wrote stays true: where it stands, and the restore test.
        passed = {one["rule"] for one in machine["findings"] if one["result"] == "pass"}
        assert passed == {"DC-05", "DC-20"}
        assert machine["memory"]["fresh"] is False
        assert machine["memory"]["value"] == 0.75

    at_work(WARDS, plot)


def test_of_two_guests_with_one_name_neither_is_the_device_and_the_series_go(
    at_work: Callable[..., None],
) -> None:
    text = (
        HOST
        + """\
  - {name: web, kind: linux_vm, role: vm, address: 192.0.2.12, ping: false}
"""
    )

    async def plot(told: Machines) -> None:
        told.site.guests = [GUEST | {"name": "web"}]
        await told.clock.sleep(150)
        device = '{ward="26740",device="web"'
        assert is_told(await told.series(), device, "wardops_vm_power_state")
        told.site.guests = [GUEST | {"name": "web"}, OFF | {"name": "web"}]
        await told.clock.sleep(130)
        assert not is_told(await told.series(), device, "wardops_vm_power_state")

    at_work({"26740": text}, plot)


def test_a_machine_that_its_host_says_is_off_is_told_as_off_where_it_is_silent(
    at_work: Callable[..., None],
) -> None:
    async def plot(told: Machines) -> None:
        site = told.site
        site.guests, site.pages["192.0.2.10"] = [GUEST, OFF], PAGE
        await told.clock.sleep(130)
        device = await told.get("/devices/app-1")
        assert (device["state"], device["power"], device["power_by"]) == ("ok", "on", "pve-1")
        assert (await told.get("/devices/pve-1"))["power"] is None
        site.guests = [GUEST | {"status": "stopped"}, OFF]
        site.pages.clear()
        await told.clock.sleep(180)
        device = await told.get("/devices/app-1")
        assert (device["state"], device["power"]) == ("down", "off")
        heads = [one["headline"]["vi"] for one in (await told.get("/incidents"))["items"]]
        assert "KHÔNG LIÊN LẠC ĐƯỢC: app-1, tắt theo pve-1" in heads

    at_work(WARDS, plot)
