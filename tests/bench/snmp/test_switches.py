"""The bench's switches are good SNMP agents; a short bench loses and invents nothing."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from bench.snmp import processes, switch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.realtime,
    pytest.mark.skipif(switch.compiler() is None, reason="no C compiler for the bench's switches"),
]
INSTANCES = 2222
AS_V2C = ("-v2c", "-c", switch.COMMUNITY)
AS_V3 = ("-v3", "-l", "authPriv", "-u", "bench", "-a", "SHA", "-A", "bench-auth-key",
         "-x", "AES", "-X", "bench-priv-key")  # fmt: skip


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The responder, compiled."""
    return switch.build(tmp_path_factory.mktemp("responder"))


@pytest.fixture
def port(program: Path) -> Iterator[int]:
    """Where the switches answer."""
    with switch.responding(program) as found:
        yield found


def walked(tool: str, credential: tuple[str, ...], port: int, root: str) -> list[str]:
    """What one of net-snmp's tools prints, an instance a line."""
    command = [tool, *credential, "-m", "", "-On", "-r1", "-t2", f"127.0.2.9:{port}", root]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip(f"{tool} is not installed (Debian's snmp)")
    rows = done.stdout.splitlines()
    return [row.split(" ", 1)[0] for row in rows if row.startswith(".1") and "No more" not in row]


@pytest.mark.parametrize("credential", [AS_V2C, AS_V3], ids=["v2c", "v3"])
def test_net_snmp_walks_every_instance_once_and_in_order(
    credential: tuple[str, ...], port: int
) -> None:
    found = walked("snmpbulkwalk", credential, port, ".1")
    assert len(found) == len(set(found)) == INSTANCES
    keys = [tuple(map(int, oid.strip(".").split("."))) for oid in found]
    assert keys == sorted(keys)
    by_steps = walked("snmpwalk", credential, port, ".1.3.6.1.2.1.31")
    assert by_steps == [oid for oid in found if oid.startswith(".1.3.6.1.2.1.31.")]


def test_net_snmp_is_refused_with_a_wrong_password(port: int) -> None:
    wrong = tuple(word.replace("bench-auth-key", "another-key") for word in AS_V3)
    assert walked("snmpbulkwalk", wrong, port, ".1") == []


@pytest.mark.parametrize("version", ["2c", "3"])
def test_twenty_switches_give_705_right_values_a_poll_and_none_is_called_silent(
    version: str, port: int
) -> None:
    with processes.client() as client:
        order = {"version": version, "port": port, "switches": 20, "check": True}
        tally = client.batch(engine="fast", polls=60, parallel=20, **order)
    assert tally["error"] == ""
    assert (tally["polls"], tally["failed"], tally["silent"], tally["wrong"]) == (60, 0, 0, 0)


def test_a_line_that_loses_one_datagram_in_twenty_makes_no_switch_silent(program: Path) -> None:
    with switch.responding(program, 1, 50) as port, processes.client() as client:
        order = {"version": "2c", "port": port, "switches": 20, "check": True}
        tally = client.batch(engine="fast", polls=20, parallel=20, **order)
    assert (tally["failed"], tally["wrong"]) == (0, 0), tally["error"]
    assert tally["retries"] > 0
