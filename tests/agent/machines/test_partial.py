"""A reading that lacks only what its account may not read counts, in the agent as in an audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.machines.audit_words import failures_of
from inventory.language import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.agent.machines.conftest import Machines

WARD = f"""\
devices:
  - name: app-1
    kind: linux_vm
    role: vm
    site: dc
    address: 192.0.2.10
    ping: false
    node_exporter: http://192.0.2.10:9100/metrics
    ssh: {{auth: "env:LOOK", host_key: "SHA256:{"A" * 43}", sudo: true}}
    machine: {{hosting: dc}}
"""
PAGE = b"node_memory_MemTotal_bytes 100\nnode_memory_MemAvailable_bytes 25\n"
SAID = {
    "memory": ("MemTotal:  4000 kB\nMemAvailable:  2000 kB", 0),
    "disks": (
        "Filesystem Type 1024-blocks Used Available Capacity Mounted on\n"
        "/dev/vda1 ext4 1000 400 600 40% /",
        0,
    ),
    "release": ('NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12"', 0),
    "updates": (
        "Inst libc6 [2.36-9] (2.36-10 Debian-Security:12/stable-security [amd64])",
        0,
    ),
    "sshd": ("", 1),
    "end": ("", 0),
}
SHELL = "".join(
    f"#wardops section {name}\n{text}\n#wardops status {status}\n"
    for name, (text, status) in SAID.items()
)


def test_what_ssh_told_without_sudo_is_judged_shown_and_told_as_read_in_part(
    at_work: Callable[..., None],
) -> None:
    async def plot(told: Machines) -> None:
        told.site.pages["192.0.2.10"], told.site.shell = PAGE, SHELL
        await told.clock.sleep(400)
        told.site.pages["192.0.2.10"] = b"{"
        await told.clock.sleep(900)  # what the exporter told is too old by now
        [machine] = (await told.get("/machines?ward=26740"))["machines"]
        results = {one["rule"]: one["result"] for one in machine["findings"]}
        assert (results["DC-08"], results["DC-10"]) == ("fail", "unknown")
        memory = machine["memory"]
        assert (memory["source"], memory["value"], memory["fresh"]) == ("vm-ssh", 0.5, True)
        assert [(one["mount"], one["used"]["fresh"]) for one in machine["disks"]] == [("/", True)]
        not_read = {one["probe"]: one for one in machine["not_read"]}
        assert {name: one["partly"] for name, one in not_read.items()} == {
            "node-exporter": False, "vm-ssh": True,
        }  # fmt: skip
        assert "docs/machines.vi.md" in not_read["vm-ssh"]["text"]["vi"]
        assert "vSphere" not in not_read["vm-ssh"]["text"]["en"]

        look = told.agent.machines.look("26740")
        assert look is not None
        audited = look.judgement.audited[0]
        lines = {language: list(failures_of(audited, language)) for language in LANGUAGES}
        assert any(one.startswith("Đọc được một phần qua SSH: ") for one in lines["vi"])
        assert any(one.startswith("Read in part by SSH: ") for one in lines["en"])

        told.site.shell = ""
        await told.clock.sleep(1000)
        [machine] = (await told.get("/machines?ward=26740"))["machines"]
        assert machine["memory"]["fresh"] is False
        assert {one["result"] for one in machine["findings"] if one["rule"] == "DC-08"} == {
            "unknown"
        }

    at_work({"26740": WARD}, plot)
