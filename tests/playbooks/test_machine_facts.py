"""What a run knows of machines and certificates: what was measured, and nothing besides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from inventory.errors import InputError
from inventory.machine import MachineCare
from inventory.model import Device, Role, Service, Ward
from inventory.values import Words
from playbooks.certificate_facts import certificate_facts
from playbooks.conditions import RunFact
from playbooks.known import MEASURED
from playbooks.machine_facts import MachineSight, guest_of, machine_facts
from playbooks.pins import Pins, about, begun_for
from playbooks.share_facts import share_facts
from playbooks.sight import line_to
from probes.model import Observation, Reading, Reason, Sample, Target
from probes.services.model import PROBE_CERT_EXPIRY
from probes.shares.model import OpenShare
from probes.vm.estate import Estate, Guest, Store
from probes.vm.status import Filesystem, Listener, VmStatus
from probes.vm.trend import Forecast, NoForecast, Room

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
YES, NO, OPEN = RunFact(value=True), RunFact(value=False), RunFact()


def seen(name: str, probe: str, reason: Reason = Reason.OK, **given: Any) -> Observation:
    """One run of a probe; `detail` and parts of its reading as given."""
    detail = given.pop("detail", "")
    target = Target("26740", name, "linux_vm", "vm", "192.0.2.50")
    return Observation(
        target, probe, reason, Reading(**given), NOW, mono=5, took_s=1, ttl_s=750, detail=detail
    )


def device(name: str = "app-1", **given: Any) -> Device:
    """A machine in the data centre that SSH reads."""
    return Device(
        **{
            "name": name, "kind": "linux_vm", "role": Role.VM, "address": "192.0.2.50",
            "site": "dc", "ssh": {"auth": "file:x", "host_key": "SHA256:" + "A" * 43}, **given,
        }
    )  # fmt: skip


def disk(mount: str, free: float, inodes: float | None = None) -> Filesystem:
    """A file system by its free shares."""
    return Filesystem(mount, free, free * 100e9, inodes)


def known(*sights: MachineSight, pinned: str | None = None) -> Mapping[str, object]:
    """The values that are known, by field."""
    found = machine_facts(sights, pinned, NOW)
    assert set(found) <= set(MEASURED["vm"])
    return {name: one.value for name, one in found.items() if one.value is not None}


def test_a_machine_that_nobody_has_measured_has_a_name_and_nothing_else() -> None:
    bare = MachineSight(device(), OPEN, OPEN)
    assert known(bare) == {"name": "app-1", "silent": 0}
    assert {one.reason for one in machine_facts([], None, NOW).values()} == {"not_applicable"}


def test_each_figure_is_of_the_first_source_that_knows_it_and_of_the_fullest_disk() -> None:
    own = seen(
        "app-1", "vm-ssh",
        vm=VmStatus(
            filesystems=(disk("/", 0.5, 0.9), disk("/srv", 0.04, 0.7), disk("/log", 0.3, 0.1)),
            failed_units=2,
            listening=(
                Listener("tcp", "::", 22), Listener("tcp", "127.0.0.1", 25),
                Listener("tcp", "192.0.2.50", 8080),
            ),
        ),
    )  # fmt: skip
    page = seen("app-1", "node-exporter", vm=VmStatus(memory_used_ratio=0.91, failed_units=7))
    guest = Guest(
        "101", name="app-1", host="pve-1", power="on", cpu_ratio=0.5, memory_used_ratio=0.2,
        snapshots=3, oldest_snapshot_at=NOW - timedelta(days=9, hours=5),
        backed_up_at=NOW - timedelta(hours=30, minutes=20),
    )  # fmt: skip
    stores = (
        Store("a", "pve-1", 1, 0.4), Store("b", "pve-2", 1, 0.01), Store("nas", None, 1, 0.12),
    )  # fmt: skip
    host = seen("pve", "proxmox", estate=Estate(guests=(guest,), stores=stores))
    care = MachineCare(allow_ports=("tcp/22",), restore_tested=date(2026, 11, 2))
    none = NoForecast("too_little", 1.0, 3)
    ends = Forecast(NOW + timedelta(days=6.7), NOW, None, NOW, 5.0)
    rooms = (Room("/", 0.5, none, none), Room("/log", 0.7, ends, none))
    sight = MachineSight(device(machine=care), YES, YES, (page, own), guest, host, rooms)
    assert known(sight) == {
        "name": "app-1", "silent": 0, "reachable": True, "line_ok": True, "answers": True,
        "host_key_ok": True, "power": "on", "disk_used_pct": 96.0, "disk_mount": "/srv",
        "disk_free_gb": 4.0, "inodes_used_pct": 90.0, "full_in_days": 6,
        "full_mount": "/log", "memory_used_pct": 91.0, "cpu_pct": 50.0,
        "failed_units": 2, "snapshots": 3, "snapshot_days": 9, "backup_hours": 30,
        "restore_days": 20, "store_free_pct": 12.0, "ports_beyond": 1, "ports": "tcp/8080",
    }  # fmt: skip
    silent = replace(sight, seen=(seen("app-1", "vm-ssh", Reason.TIMEOUT),))
    assert "full_in_days" not in known(silent)
    assert machine_facts([sight], None, NOW)["memory_used_pct"].source == "node-exporter"


def test_a_written_backup_counts_to_the_end_of_its_day_and_one_to_come_proves_nothing() -> None:
    def hours(day: date) -> object:
        sight = MachineSight(device(machine=MachineCare(backed_up=day)), YES, YES)
        return known(sight).get("backup_hours")

    # 10:00 in Viet Nam on the 22nd
    assert [hours(date(2026, 11, day)) for day in (20, 21, 22, 23)] == [34, 10, 0, None]


@pytest.mark.parametrize(
    ("own", "answers", "key_ok"),
    [
        ((), None, None),
        ((seen("app-1", "vm-ssh"),), True, True),
        ((seen("app-1", "vm-ssh", Reason.TIMEOUT),), False, None),
        ((seen("app-1", "vm-ssh", Reason.FORBIDDEN, withheld="withheld_sshd"),), True, True),
        ((seen("app-1", "vm-ssh", Reason.FORBIDDEN),), None, None),
        ((seen("app-1", "vm-ssh", Reason.AUTH),), None, None),
        ((seen("app-1", "vm-ssh", Reason.CONFIG, detail="host_key_changed"),), None, False),
        ((seen("app-1", "vm-ssh", Reason.AUTH), seen("app-1", "snmp-host")), True, None),
    ],
)
def test_a_wrong_password_is_no_silence_and_a_changed_key_is_told_apart(
    own: tuple[Observation, ...], answers: bool | None, key_ok: bool | None
) -> None:
    values = known(MachineSight(device(), YES, YES, own))
    assert (values.get("answers"), values.get("host_key_ok")) == (answers, key_ok)


def test_a_machine_with_nothing_but_an_echo_answers_by_its_echo() -> None:
    plain = device(ssh=None)
    assert known(MachineSight(plain, NO, YES))["answers"] is False


def test_a_run_is_about_the_machine_in_most_trouble_and_keeps_to_it() -> None:
    no_room = seen("full", "vm-ssh", vm=VmStatus(filesystems=(disk("/", 0),)))
    full = MachineSight(device("full"), YES, YES, (no_room,))
    dead, good = MachineSight(device("dead"), NO, YES), MachineSight(device("good"), YES, YES)
    assert (known(good, full, dead)["name"], known(good, full, dead)["silent"]) == ("dead", 1)
    assert known(good, full)["name"] == "full"
    assert known(good, full, dead, pinned="good")["name"] == "good"
    assert known(good, full, pinned="gone")["name"] == "full"
    behind, wanted = (
        replace(dead, line_ok=NO),
        device("off", machine=MachineCare(off_since=NOW.date())),
    )
    assert known(good, behind, MachineSight(wanted, NO, YES))["silent"] == 0


def test_two_guests_of_one_name_are_nobodys() -> None:
    host = seen("pve", "proxmox", estate=Estate(guests=(
        Guest("1", name="a"), Guest("2", name="b"), Guest("3", name="b"),
    )))  # fmt: skip
    for name, wanted in (("a", "1"), ("b", None), ("2", "2"), ("c", None)):
        guest, _ = guest_of(name, (host,))
        assert (guest.id if guest else None) == wanted


def test_the_line_counts_where_it_lies_between() -> None:
    far, near = device(), device(site="ward")
    cloud = device(site="ward", machine=MachineCare(hosting="cloud"))
    for vantage, one, wanted in (
        ("ward", far, NO), ("ward", near, OPEN), ("hub", far, OPEN), ("hub", near, NO),
        ("ward", cloud, NO),
    ):  # fmt: skip
        assert line_to(one, vantage, NO).value == wanted.value  # type: ignore[arg-type]


# ---- shares ----


def test_the_device_that_lets_strangers_into_most_is_told_and_none_asked_is_not_none_open() -> None:
    asked = {"smb": True}
    nas = device("nas", shares=asked)
    ward = Ward(
        schema="wardops/inventory/1", ward="26740", devices=(nas, device("b", shares=asked))
    )
    some = tuple(OpenShare("smb", name) for name in ("a", "b", "c", "d", "e"))
    mine, other = seen("nas", "shares", shares=some), seen("b", "shares", shares=())
    told = {name: one.value for name, one in share_facts(ward, (other, mine)).items()}
    assert told == {"device": "nas", "open": 5, "names": "a, b, c, d +1"}
    assert share_facts(ward, (other,))["open"].value == 0
    assert share_facts(ward, (seen("nas", "shares", Reason.TIMEOUT),)) == {}
    bare = ward.model_copy(update={"devices": (device(),)})
    assert {one.reason for one in share_facts(bare, ()).values()} == {"not_applicable"}


# ---- certificates ----


def service(name: str, url: str = "https://one.example") -> Service:
    """A service by its id."""
    return Service(id=name, name=Words(vi=name, en=name), url=url)


def ends(name: str, days: float, reason: Reason = Reason.OK) -> Observation:
    """A service whose certificate ends in so many days."""
    until = (NOW + timedelta(days=days)).timestamp()
    return seen(name, "http", reason, samples=(Sample(PROBE_CERT_EXPIRY, until, (name, "ward")),))


def test_the_certificate_in_most_trouble_is_told_and_silence_tells_nothing() -> None:
    ward = Ward(
        schema="wardops/inventory/1", ward="26740",
        services=(service("a"), service("b"), service("plain", "http://two.example")),
    )  # fmt: skip

    def told(*found: Observation, pinned: str | None = None) -> tuple[object, ...]:
        facts = certificate_facts(ward, {one.target.name: one for one in found}, pinned, NOW)
        assert set(facts) == set(MEASURED["cert"])
        return tuple(facts[name].value for name in ("service", "days_left", "host_ok", "trusted"))

    assert told(ends("a", 40.5), ends("b", 6.2)) == ("b", 6, True, True)
    assert told(ends("a", 40.5), ends("b", 6.2), pinned="a") == ("a", 40, True, True)
    assert told(ends("a", -0.5, Reason.TLS_EXPIRED)) == ("a", -1, None, None)
    assert told(ends("a", 90, Reason.TLS_NAME), ends("b", 2)) == ("a", 90, False, None)
    assert told(seen("a", "http", Reason.TIMEOUT)) == ("a", None, None, None)
    assert about(ward) == ("a", "b")
    with pytest.raises(InputError, match="app-9"):
        begun_for(ward, "app-9")
    facts = begun_for(ward, "b")
    assert Pins().joined(facts) == Pins("b", "b")
    later = {**facts, "vm.name": RunFact("app-2"), "cert.service": OPEN}
    assert Pins("app-1", "a").joined(later) == Pins("app-2", "a")
