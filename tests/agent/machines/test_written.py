"""The running agent judges by what the configuration says, and tries nothing by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from tests.agent.machines.conftest import Machines

WARD = """\
devices:
  - name: app-1
    kind: linux_vm
    role: vm
    address: 192.0.2.10
    ping: false
    node_exporter: http://192.0.2.10:9100/metrics
    machine: {hosting: dc, allow_ports: [tcp/22], look_outside: true, tls_ports: [443]}
  - {name: pve-1, kind: proxmox, address: 192.0.2.20, https: {auth: "env:PVE", insecure: true}}
"""
SITE = "schema: wardops/site/1\nendpoint_protection: [wazuh-agent]\n"
PAGE = b'node_systemd_unit_state{name="wazuh-agent.service",state="active",type="simple"} 1\n'
GUEST = {"type": "qemu", "vmid": 101, "name": "app-1", "node": "pve", "status": "running"}


def said(one: dict[str, Any], rule: str) -> tuple[str, str]:
    """Result and evidence of one rule."""
    found = next(finding for finding in one["findings"] if finding["rule"] == rule)
    return found["result"], found["evidence"]["en"]


def test_the_agent_knows_accounts_and_guards_and_tries_no_port(
    at_work: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PVE", "root@pam!ward=5c1a3f9e-canary")
    folder = tmp_path / "wards"
    folder.mkdir()
    folder.joinpath("site.yaml").write_text(SITE)

    async def plot(told: Machines) -> None:
        told.site.guests, told.site.pages["192.0.2.10"] = [GUEST], PAGE
        await told.clock.sleep(150)
        answer = await told.get("/machines?ward=26740")
        (machine,), (host,) = answer["machines"], answer["hypervisors"]
        assert said(machine, "DC-16") == ("pass", "Running: wazuh-agent.")
        assert said(host, "DC-17") == ("fail", "Asked with a default account: https: root.")
        assert said(machine, "DC-11")[0] == said(machine, "DC-09")[0] == "unknown"
        assert "canary" not in str(answer)

    at_work({"26740": WARD}, plot)
