"""The machine's own link, from text of /proc and /sys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from probes.hostlink import default_interface, host_link, link_state

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
LAN = "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
DEFAULT = "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
BACKUP = "wwan0\t00000000\t010200C0\t0003\t0\t0\t50\t00000000\t0\t0\t0\n"
DOWN = "eth9\t00000000\t010200C0\t0002\t0\t0\t0\t00000000\t0\t0\t0\n"


@pytest.mark.parametrize(
    ("table", "interface"),
    [
        (HEAD + LAN + DEFAULT, "eth0"),
        (HEAD + DEFAULT + BACKUP, "wwan0"),
        (HEAD + DOWN + DEFAULT, "eth0"),
        (HEAD + LAN, None),
        (HEAD, None),
        ("", None),
        (HEAD + "garbage\nmore garbage here\n", None),
    ],
)
def test_the_default_routes_interface_with_the_smallest_metric(
    table: str, interface: str | None
) -> None:
    assert default_interface(table) == interface


@pytest.mark.parametrize(
    ("carrier", "operstate", "link"),
    [
        ("1\n", "up\n", True),
        ("0\n", "down\n", False),
        ("1\n", "unknown\n", True),
        (None, "down\n", False),
        (None, "lowerlayerdown\n", False),
        (None, "up\n", True),
        (None, "unknown\n", None),
        (None, None, None),
        ("", "", None),
    ],
)
def test_carrier_speaks_first_then_operstate(
    carrier: str | None, operstate: str | None, link: bool | None
) -> None:
    assert link_state(carrier, operstate) is link


def test_a_cable_that_is_out_shows(tmp_path: Path) -> None:
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/route").write_text(HEAD + LAN + DEFAULT)
    folder = tmp_path / "sys/class/net/eth0"
    folder.mkdir(parents=True)
    (folder / "operstate").write_text("down\n")
    (folder / "carrier").write_text("0\n")
    assert host_link(tmp_path) is False
    (folder / "carrier").write_text("1\n")
    assert host_link(tmp_path) is True


def test_a_machine_that_does_not_say_is_unknown(tmp_path: Path) -> None:
    assert host_link(tmp_path) is None
