"""An audit from elsewhere: ports are tried where the inventory says so, accounts are only read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from agent.machines.audit import audit
from agent.machines.audit_words import as_json
from inventory.load import load
from probes.clock import ManualClock, run_virtual
from probes.errors import Refused
from probes.transports.fake import FakeEcho, FakeHttp, FakeTcp
from probes.transports.model import HttpAnswer, Transports
from probes.vm.reach import WATCHED_PORTS

if TYPE_CHECKING:
    from pathlib import Path

    from agent.machines.judging import Audited
    from probes.vm.finding import Finding

WARD = """\
schema: wardops/inventory/1
ward: "{code}"
devices:
  - name: app-{code}
    kind: linux_vm
    role: vm
    address: 192.0.2.{last}
    node_exporter: http://192.0.2.{last}:9100/metrics
    ssh: {{auth: "env:{ssh}"}}
    snmp: {{auth: "env:{snmp}"}}
    machine: {{hosting: dc, allow_ports: [tcp/22, tcp/443], look_outside: {look}}}
"""
SITE = "schema: wardops/site/1\nendpoint_protection: [wazuh-agent]\n"
PAGE = b"""\
node_time_seconds 1.79522e+09
node_systemd_unit_state{name="cron.service",state="active",type="simple"} 1
"""
SECRETS = {
    "ROOT": "root:canary-1", "OWN": "look:canary-2", "SHARED": "look:canary-3", "PUBLIC": "public",
    "WORD": "canary-4", "OTHER_WORD": "canary-5",
}  # fmt: skip


def audited(
    folder: Path, tcp: FakeTcp, first: dict[str, str], second: dict[str, str]
) -> tuple[Audited, ...]:
    """What an audit of two wards with a machine each finds."""
    folder.joinpath("site.yaml").write_text(SITE)
    for code, last, given in (("26740", 10, first), ("25747", 20, second)):
        values = {"code": code, "last": last, "look": "false", **given}
        folder.joinpath(f"{code}.yaml").write_text(WARD.format(**values))
    inventory = load(folder, with_secrets=False)
    pages = {f"http://192.0.2.{last}:9100/metrics": HttpAnswer(200, PAGE) for last in (10, 20)}
    clock = ManualClock(datetime(2026, 11, 22, 2, 0, tzinfo=UTC))
    nothing: Any = None
    ways = Transports(snmp=nothing, http=FakeHttp(pages), echo=FakeEcho({}), tcp=tcp)
    found: tuple[Audited, ...] = run_virtual(
        audit(inventory, ("26740", "25747"), ways, clock), clock
    )
    return found


def of(one: Audited, rule: str) -> Finding:
    """What a rule says of it."""
    return next(found for found in one.findings if found.rule == rule)


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the references stand for."""
    for name, told in SECRETS.items():
        monkeypatch.setenv(name, told)


def test_ports_are_tried_only_where_the_inventory_says_so(tmp_path: Path) -> None:
    tcp = FakeTcp({("192.0.2.10", 22): 0.01, ("192.0.2.10", 3306): 0.01,
                   ("192.0.2.10", 445): Refused()})  # fmt: skip
    own = {"ssh": "OWN", "snmp": "WORD"}
    looked, left = audited(tmp_path, tcp, own | {"look": "true"}, own)
    assert {host for host, _port in tcp.asked} == {"192.0.2.10"}
    assert {port for _host, port in tcp.asked} == {443, *WATCHED_PORTS}
    said = of(looked, "DC-09")
    assert (said.result, said.said) == ("fail", "vm_rule.said.ports_from_hub")
    assert dict(said.values) == {"ports": "tcp/3306"}
    assert of(left, "DC-09").result == "unknown"


def test_default_and_shared_accounts_are_told_and_never_their_words(tmp_path: Path) -> None:
    first, second = audited(
        tmp_path, FakeTcp({}), {"ssh": "ROOT", "snmp": "PUBLIC"}, {"ssh": "OWN", "snmp": "WORD"}
    )
    assert dict(of(first, "DC-17").values) == {"accounts": "snmp: community, ssh: root"}
    assert of(second, "DC-17").result == "pass"
    shared = {"ssh": "SHARED", "snmp": "WORD"}
    for one in audited(tmp_path, FakeTcp({}), shared, shared | {"snmp": "OTHER_WORD"}):
        assert dict(of(one, "DC-17").values) == {"wards": 2}
    unread = audited(tmp_path, FakeTcp({}), {"ssh": "ABSENT", "snmp": "OTHER_WORD"}, shared)[0]
    assert (of(unread, "DC-17").result, of(unread, "DC-17").said) == (
        "unknown",
        "vm_rule.said.accounts_unread",
    )
    assert "canary" not in as_json((first, second, unread), "live")


def test_services_are_held_to_the_sites_list(tmp_path: Path) -> None:
    own = {"ssh": "OWN", "snmp": "WORD"}
    one, _other = audited(tmp_path, FakeTcp({}), own, own)
    assert dict(of(one, "DC-16").values) == {"services": "wazuh-agent"}
    assert of(one, "DC-16").result == "fail"
