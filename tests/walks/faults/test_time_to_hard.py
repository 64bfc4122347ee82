"""From the fault to an incident, which opens only on a HARD check: 15 s at default intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

HEALTHY_AFTER_S = 40.0
BAR_S = 15.0
FAULTS = (
    ("power_off", "core"), ("power_off", "ce"), ("power_off", "pe-1"), ("power_off", "access"),
    ("cable_cut", "ce:wan"), ("cable_cut", "ce:lan"), ("cable_cut", "access:24"),
    ("cable_cut", "host:eth0"), ("if_admin_down", "switch:uplink"), ("if_admin_down", "ce:wan"),
)  # fmt: skip


@pytest.mark.parametrize(("fault", "on"), FAULTS)
@pytest.mark.parametrize("phase_s", [0.5, 3.0])
def test_a_lost_line_is_an_incident_in_time(
    fault: str, on: str, phase_s: float, look: Callable[..., Any]
) -> None:
    looked = look([(phase_s, (fault, on, {})), (20.0, None)])
    assert looked.opened_at is not None, looked.shown
    assert looked.opened_at - HEALTHY_AFTER_S - phase_s <= BAR_S
