"""The lab itself: it leaves nothing behind, and its switch is one that can be asked."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab import ward
from tests.lab.lab import OWNER, Lab, missing, runs, sweep
from tests.lab.net import namespaces
from tests.lab.passing import answer, oid_of, port_list
from tests.lab.programs import Program, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator


TABLE = {
    oid_of(".1.3.6.1.2.1.17.4.3.1.2.0.1"): ("integer", "2"),
    oid_of(".1.3.6.1.2.1.17.4.3.1.10.0.1"): ("integer", "3"),
}
_ADDRESSES = ".1.3.6.1.2.1.17.4.3.1.1"  # dot1dTpFdbAddress
_PVIDS = ".1.3.6.1.2.1.17.7.1.4.5.1.1"  # dot1qPvid
_NEIGHBOURS = ".1.0.8802.1.1.2.1.4.1.1.10"  # lldpRemSysDesc


def test_a_program_that_is_not_installed_is_named() -> None:
    assert missing(("sh", "no-such-program", "ls")) == ("no-such-program",)


def test_the_next_value_of_a_table_is_found_by_number_and_not_by_letter() -> None:
    root = oid_of(".1.3.6.1.2.1.17")
    assert answer(TABLE, "getnext", root)[2] == "2"
    assert answer(TABLE, "getnext", oid_of(".1.3.6.1.2.1.17.4.3.1.2.0.1"))[2] == "3"
    assert answer(TABLE, "getnext", oid_of(".1.3.6.1.2.1.17.4.3.1.10.0.1")) == ["NONE"]
    assert answer(TABLE, "get", root) == ["NONE"]


def test_a_port_list_has_a_bit_for_each_port() -> None:
    assert port_list({1}) == "80"
    assert port_list({2, 8, 9}) == "41 80"


@pytest.fixture
def killed() -> Iterator[Lab]:
    """What a run leaves behind that was killed: a folder, a namespace, a program."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    lab = Lab(f"wx{os.getpid()}")
    lab.folder.mkdir(parents=True)
    (lab.folder / OWNER).write_text(f"{ended.pid} 1")
    lab.net.add_host("pc")
    lab.programs.start(Program("sleep", "pc", ("sleep", "600")))
    yield lab
    lab.down()


@pytest.mark.lab
def test_what_a_killed_run_left_behind_is_gone_when_the_next_one_starts(killed: Lab) -> None:
    pid = killed.programs.pid("sleep")
    assert wait_for(lambda: _runs_sleep(pid), 10)
    assert killed.prefix in sweep()
    assert namespaces(killed.prefix) == []
    assert killed.prefix not in runs()
    assert wait_for(lambda: killed.programs.is_alive("sleep") is False, 10)


def _runs_sleep(pid: int | None) -> bool:
    shown = Path(f"/proc/{pid}/comm")
    return shown.exists() and shown.read_text().strip() == "sleep"


@pytest.mark.lab
def test_a_run_that_lives_is_nobodys_left_over(lab: Lab) -> None:
    assert lab.prefix not in sweep()
    assert namespaces(lab.prefix)
    assert lab.answers(ward.GATEWAY)


@pytest.mark.lab
@pytest.mark.realtime
def test_the_switch_tells_whom_it_has_learned_who_stands_beside_it_and_its_vlans(lab: Lab) -> None:
    own = lab.net.run("agent", "cat", "/sys/class/net/eth0/address").strip().replace(":", " ")

    def walk(oid: str) -> str:
        return lab.net.run(
            "agent", "snmpwalk", "-v2c", "-c", ward.COMMUNITY, "-On", "-t", "3", ward.SW, oid
        )

    assert wait_for(lambda: own.upper() in walk(_ADDRESSES).upper(), 30, 0.5)
    assert wait_for(lambda: "Lab ce" in walk(_NEIGHBOURS), 60, 0.5)
    told = [row.rpartition(" ")[2] for row in walk(_PVIDS).splitlines()]
    assert told == [str(ward.OFFICE_VLAN)] * (len(ward.PLUGGED) + 1)  # and its own port
