"""An audit asks machines and hypervisors by itself and says what counts, in every form."""

from __future__ import annotations

import csv
import io
import json
import socket
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from agent.cli import main
from agent.machines.audit import audit, audited_targets
from agent.machines.audit_cli import exit_of
from agent.machines.audit_page import audit_page
from agent.machines.audit_words import COLUMNS, advice_of, as_csv, as_json, as_text, evidence_of
from agent.machines.guests import Claims, Lodged, matched
from agent.machines.judging import Asked, Audited, judge_ward, merged
from inventory.access import SshAccess
from inventory.language import LANGUAGES, Language, say
from inventory.load import load
from inventory.machine import Acceptance
from inventory.model import Ward
from inventory.text import cells
from playbooks.load import LIBRARY
from probes.clock import ManualClock, run_virtual
from probes.model import Observation, Reading, Reason, Target
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import HttpAnswer, Transports
from probes.vm.end_of_life import end_table
from probes.vm.estate import Guest, Store
from probes.vm.finding import Facts, Moment
from probes.vm.hygiene.growth import WARD_RULES
from probes.vm.hygiene.judge import (
    MACHINE_RULES,
    SHARE_RULES,
    SSH_RULES,
    STORAGE_RULES,
    STORE_RULES,
    judge_machine,
    judge_stores,
)
from probes.vm.status import VmStatus

if TYPE_CHECKING:
    from pathlib import Path

    from inventory.model import Inventory

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
INVENTORY = """\
schema: wardops/inventory/1
ward: "26740"
devices:
  - name: app-1
    kind: linux_vm
    role: vm
    address: 192.0.2.10
    node_exporter: http://192.0.2.10:9100/metrics
    machine: {hosting: dc, restore_tested: 2026-10-01}
    accepted:
      - {rule: DC-03, reason: "moving house", until: 2026-12-31}
  - name: app-2
    kind: linux_vm
    role: vm
    address: 192.0.2.11
    node_exporter: http://192.0.2.11:9100/metrics
  - {name: sw-1, kind: generic_switch, role: core, address: 192.0.2.1, snmp: {auth: "env:S"}}
  - {name: pve-1, kind: proxmox, address: 192.0.2.20, https: {auth: "env:PVE", insecure: true}}
"""
EXPORTER = b"""\
node_time_seconds 1.79522e+09
node_boot_time_seconds 1.79521e+09
node_filesystem_size_bytes{fstype="ext4",mountpoint="/"} 100
node_filesystem_avail_bytes{fstype="ext4",mountpoint="/"} 3
"""
GUEST = {"type": "qemu", "vmid": 101, "name": "app-1", "node": "pve", "status": "running"}
OTHER = GUEST | {"vmid": 102, "name": "=cmd|x", "status": "stopped"}
STORE = {"type": "storage", "storage": "data", "node": "pve", "status": "available",
         "disk": 99, "maxdisk": 100}  # fmt: skip
API = {
    "/version": {"version": "8.1.4"},
    "/cluster/resources": [GUEST, OTHER, STORE],
    "/cluster/status": [],
    "/cluster/backup-info/not-backed-up": [{"vmid": 102, "type": "qemu"}],
    "/nodes/pve/storage": [],
    "/nodes/pve/qemu/101/snapshot": [{"name": "old", "snaptime": 1_790_000_000}],
    "/nodes/pve/qemu/102/snapshot": [],
    "/nodes/pve/qemu/101/agent/get-fsinfo": [],
}


class Site(FakeHttp):
    """One exporter, one that is not there, and a hypervisor."""

    def __init__(self) -> None:
        page = HttpAnswer(200, EXPORTER, "text/plain")
        super().__init__({"http://192.0.2.10:9100/metrics": page})

    async def send(self, request: Any, *, deadline: float) -> HttpAnswer:
        """What stands at that address."""
        assert deadline
        path = request.url.partition("/api2/json")[2]
        if path in API:
            return HttpAnswer(200, json.dumps({"data": API[path]}).encode(), "application/json")
        return HttpAnswer(503, b"")


@pytest.fixture
def inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inventory:
    """Two machines, a switch and a hypervisor."""
    monkeypatch.setenv("PVE", "look@pve!ward=5c1a3f9e-canary")
    (tmp_path / "26740.yaml").write_text(INVENTORY)
    return load(tmp_path, with_secrets=False)


@pytest.fixture
def audited(inventory: Inventory) -> tuple[Audited, ...]:
    """What an audit of that ward finds."""
    clock = ManualClock(NOW)
    nothing: Any = None
    ways = Transports(snmp=nothing, http=Site(), echo=FakeEcho({}), tcp=FakeTcp({}))
    found: tuple[Audited, ...] = run_virtual(audit(inventory, ("26740",), ways, clock), clock)
    return found


def results(one: Audited) -> dict[str, str]:
    """Result by rule."""
    return {found.rule: found.result for found in one.findings}


def test_machines_and_hypervisors_are_audited_and_nothing_else(inventory: Inventory) -> None:
    assert [one.name for one in audited_targets(inventory, "26740")] == ["app-1", "app-2", "pve-1"]


def test_a_machine_is_judged_by_itself_its_hypervisor_and_what_is_written(
    audited: tuple[Audited, ...],
) -> None:
    machine = next(one for one in audited if one.name == "app-1")
    told = results(machine)
    assert {told[rule] for rule in ("DC-12", "DC-03")} == {"fail"}
    assert {told[rule] for rule in ("DC-01", "DC-05", "DC-06", "DC-20")} == {"pass"}
    assert {told[rule] for rule in ("DC-09", "DC-10", "DC-15")} == {"unknown"}
    counted = {found.rule for found in machine.findings if found.counts}
    assert "DC-12" in counted
    assert "DC-03" not in counted


def test_a_machine_that_does_not_answer_is_not_measured_and_says_why(
    audited: tuple[Audited, ...],
) -> None:
    silent = next(one for one in audited if one.name == "app-2")
    assert not silent.is_measured
    assert [(seen.probe, seen.ok) for seen in silent.failed] == [("node-exporter", False)]
    assert "pass" not in results(silent).values()


def test_stores_are_the_hypervisors_and_unnamed_guests_stand_by_themselves(
    audited: tuple[Audited, ...],
) -> None:
    assert [one.name for one in audited] == ["app-1", "app-2", "pve-1", "=cmd|x"]
    told = results(audited[2])
    assert (told["DC-18"], told["DC-17"], told["DC-13"]) == ("fail", "pass", "unknown")
    assert set(results(audited[3])) == {"DC-01", "DC-03", "DC-04", "DC-06", "DC-20"}
    [listed] = [found for found in audited[3].findings if found.rule == "DC-20"]
    assert "machine: guest:" in advice_of(listed, "vi")
    assert results(audited[3])["DC-20"] == results(audited[3])["DC-04"] == "fail"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_is_80_columns_wide_and_failures_say_what_to_do(
    audited: tuple[Audited, ...], language: Language
) -> None:
    lines = as_text(audited, "sim", language).splitlines()
    assert max(cells(line) for line in lines) <= COLUMNS
    counted = sum(found.counts for one in audited for found in one.findings)
    assert sum(line.startswith("    → ") for line in lines) == counted > 0
    assert "moving house" in " ".join(lines)
    assert not any(line.strip().startswith("%") for line in lines)
    stray = lines[lines.index("26740  =cmd|x") :]
    told = stray[: stray.index("")]
    unknown = [line for line in told if line.strip().startswith(say("vm_audit.unknown", language))]
    assert len(unknown) <= 1
    total = {"vi": "3 máy, 1 máy chủ ảo hóa: ", "en": "Machines 3, hypervisors 1: "}
    assert lines[-1].startswith(total[language])
    assert len(told) <= 10


def test_the_table_has_a_line_for_each_rule_and_no_formula(audited: tuple[Audited, ...]) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(audited, "vi"))))
    assert len(rows) == sum(len(one.findings) for one in audited)
    assert {row["machine"] for row in rows} == {"app-1", "app-2", "pve-1", "'=cmd|x"}
    waived = [row for row in rows if row["accepted_until"]]
    assert [(row["machine"], row["rule"]) for row in waived] == [("app-1", "DC-03")]


def test_json_has_both_languages_and_the_acceptance(audited: tuple[Audited, ...]) -> None:
    whole = json.loads(as_json(audited, "live"))
    machine = whole["machines"][0]
    snapshots = next(one for one in machine["findings"] if one["rule"] == "DC-03")
    assert set(snapshots["evidence"]) == set(snapshots["advice"]) == {"vi", "en"}
    assert snapshots["accepted"] == {
        "rule": "DC-03", "reason": "moving house", "until": "2026-12-31"
    }  # fmt: skip
    assert whole["machines"][1]["not_read"] == [
        {"probe": "node-exporter", "reason": "timeout", "partly": False}
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_names_the_realm_and_lets_no_name_in_as_markup(language: Language) -> None:
    name = "<b>app</b>"
    facts = Facts(stores=(Store("<i>s</i>", None, 100, 0.01),))
    one = Audited("26740", name, judge_stores(facts, (), NOW, end_table()))
    page = audit_page([one], "drill", NOW, language)
    assert '<p class="realm">' in page
    assert "&lt;b&gt;app" in page
    assert "<b>app" not in page
    assert "<i>" not in page


def test_exit_is_0_without_a_counting_failure_1_with_one_and_3_unmeasured() -> None:
    accepted = Acceptance(rule="DC-20", reason="known", until=date(2027, 1, 1))
    kept = judge_machine(Facts(), (accepted,), NOW, end_table())
    broken = judge_machine(Facts(), (), NOW, end_table())
    assert exit_of([Audited("26740", "a", kept)]) == 0
    assert exit_of([Audited("26740", "a", kept), Audited("26740", "b", broken)]) == 1
    assert exit_of([Audited("26740", "a", broken, is_measured=False)]) == 3


def test_of_two_guests_with_one_name_neither_is_taken_for_the_device(
    inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(API, "/cluster/resources", [GUEST, OTHER | {"name": "app-1"}])
    clock = ManualClock(NOW)
    nothing: Any = None
    ways = Transports(snmp=nothing, http=Site(), echo=FakeEcho({}), tcp=FakeTcp({}))
    every = run_virtual(audit(inventory, ("26740",), ways, clock), clock)
    assert [one.name for one in every] == ["app-1", "app-2", "pve-1", "app-1", "app-1"]
    assert results(every[0])["DC-03"] == "unknown"


@pytest.mark.usefixtures("inventory")
def test_a_machine_is_the_guest_that_it_names_in_whichever_ward_the_host_stands(
    tmp_path: Path,
) -> None:
    text = """\
schema: wardops/inventory/1
ward: "25747"
devices:
  - name: mail
    kind: linux_vm
    role: vm
    address: 192.0.2.12
    machine: {hosting: dc, guest: {hypervisor: pve-1, id: "102"}}
"""
    (tmp_path / "25747.yaml").write_text(text)
    both = load(tmp_path, with_secrets=False)
    clock = ManualClock(NOW)
    nothing: Any = None
    ways = Transports(snmp=nothing, http=Site(), echo=FakeEcho({}), tcp=FakeTcp({}))
    mine = run_virtual(audit(both, ("25747",), ways, clock), clock)
    assert [(one.name, one.is_measured) for one in mine] == [("mail", True)]
    assert mine[0].facts.guest is not None
    assert mine[0].facts.guest.power == "off"
    hosts = run_virtual(audit(both, ("26740",), ways, clock), clock)
    assert [one.name for one in hosts] == ["app-1", "app-2", "pve-1"]
    (tmp_path / "25747.yaml").write_text(text.replace("102", "999"))
    wrong = load(tmp_path, with_secrets=False)
    mine = run_virtual(audit(wrong, ("25747",), ways, clock), clock)
    said = {found.rule: found for found in mine[0].findings}
    for rule in ("DC-01", "DC-03", "DC-06"):
        assert said[rule].result == "unknown"
        assert evidence_of(said[rule], "en").startswith("The hypervisor pve-1 has no guest 999")
    silent = Transports(snmp=nothing, http=FakeHttp({}), echo=FakeEcho({}), tcp=FakeTcp({}))
    unseen = run_virtual(audit(both, ("25747",), silent, clock), clock)
    assert [one.probe for one in unseen[0].failed] == ["proxmox"]
    assert not unseen[0].is_measured


def test_what_ssh_says_goes_before_and_the_rest_fills_what_it_leaves() -> None:
    target = Target(ward="26740", name="a", kind="linux_vm", role="vm", host="192.0.2.10")
    told = {
        "node-exporter": VmStatus(load1=1.0, failed_units=5),
        "vm-ssh": VmStatus(failed_units=2, release="debian 12"),
    }
    seen = [
        Observation(target, probe, Reason.OK, Reading(vm=vm), NOW, 0.0, 0.1, 60.0)
        for probe, vm in told.items()
    ]
    assert merged(seen) == VmStatus(load1=1.0, failed_units=2, release="debian 12")


@pytest.mark.parametrize(
    ("reason", "detail", "result"),
    [
        (Reason.CONFIG, "host_key_changed", "fail"),
        (Reason.CONFIG, "host_key_none", "unknown"),
        (Reason.TIMEOUT, "", "unknown"),
        (Reason.AUTH, "", "pass"),
        (Reason.OK, "", "pass"),
    ],
)
def test_a_host_key_that_changed_is_a_critical_finding(
    reason: Reason, detail: str, result: str
) -> None:
    target = Target(
        ward="26740", name="a", kind="linux_vm", role="vm", host="192.0.2.10",
        ssh=SshAccess(auth="env:VM"),
    )  # fmt: skip
    shown = {"seen": "SHA256:x"} if detail == "host_key_changed" else {}
    run = Observation(target, "vm-ssh", reason, Reading(), NOW, 0.0, 0.1, 60.0, detail, shown)
    ward = Ward(schema="wardops/inventory/1", ward="26740")
    asked, nobody = [Asked(target, (run,))], Claims({}, frozenset())
    (machine,) = judge_ward(ward, asked, nobody, Moment(NOW, end_table()))
    found = {one.rule: one for one in machine.findings}["DC-23"]
    assert (found.result, found.severity, found.playbook) == (result, "crit", "PB-SEC-07")
    assert dict(found.values) == ({"shown": "SHA256:x"} if result == "fail" else {})
    day = Moment(NOW, end_table())
    (now,) = judge_ward(ward, asked, nobody, day, is_live=lambda seen: seen.ok)
    still = {one.rule: one.result for one in now.findings}["DC-23"]
    assert still == (result if reason is not Reason.AUTH else "unknown")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (INVENTORY, ("--ward", "25747"), "26740"),
        (INVENTORY.partition("  - name: app-1")[0] + "  - {name: sw-1, kind: generic_switch, "
         "address: 192.0.2.1}\n", (), "vm"),
        (INVENTORY.replace("2026-12-31", "soon"), (), "26740.yaml:11:47"),
    ],
)  # fmt: skip
def test_bad_input_ends_with_2_and_one_line(
    text: str, options: tuple[str, ...], said: str, language: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("WARDOPS_LANG", language)
    (tmp_path / "26740.yaml").write_text(text)
    assert main(["vm", "audit", "--inventory", str(tmp_path), *options]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_the_command_ends_with_3_where_nothing_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        head = INVENTORY.partition("  - name: app-2")[0]
        (tmp_path / "26740.yaml").write_text(
            head.replace("192.0.2.10:9100", place).replace("192.0.2.10", "127.0.0.1")
        )
        assert main(["vm", "audit", "--inventory", str(tmp_path), "--format", "json"]) == 3
    whole = json.loads(capsys.readouterr().out)
    assert [one["measured"] for one in whole["machines"]] == [False]


def test_a_guest_is_found_by_its_name_else_by_its_number() -> None:
    target = Target(ward="26740", name="pve-1", kind="proxmox", role="server", host="192.0.2.20")
    seen = Observation(target, "proxmox", Reason.OK, Reading(), NOW, 0.0, 0.1, 60.0)
    one, two = Lodged(Guest("7", name="x"), seen), Lodged(Guest("8", name="7"), seen)
    assert matched(["7", "x", "9"], [one, two]) == {"7": two, "x": one}
    assert matched(["8"], [one, two]) == {"8": two}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_playbook_that_helps_is_named_in_every_form(language: Language) -> None:
    facts = Facts(stores=(Store("s", None, 100, 0.01),))
    (full, *_rest) = judge_stores(facts, (), NOW, end_table())
    one = Audited("26740", "pve-1", (replace(full, playbook="PB-XYZ-01"),))
    word = {"vi": "Quy trình", "en": "Playbook"}[language]
    assert f"{word}: PB-XYZ-01." in " ".join(as_text([one], "live", language).split())
    assert f"{word}: PB-XYZ-01." in audit_page([one], "live", NOW, language)
    (row,) = csv.DictReader(io.StringIO(as_csv([one], language)))
    assert row["playbook"] == "PB-XYZ-01"
    assert (
        json.loads(as_json([one], "live"))["machines"][0]["findings"][0]["playbook"] == "PB-XYZ-01"
    )


def test_every_playbook_that_a_rule_names_is_in_the_library() -> None:
    rules = (*MACHINE_RULES, *STORE_RULES, *STORAGE_RULES, *SHARE_RULES, *SSH_RULES, *WARD_RULES)
    named = {rule.playbook for rule in rules} - {None}
    assert {"PB-SEC-05", "PB-SEC-06", "PB-SEC-07", "PB-SEC-08"} == named
    assert named <= {path.stem for path in LIBRARY.glob("PB-*.yaml")}
