"""What a run knows of the meeting and its room."""

from __future__ import annotations

import pytest

from playbooks.known import MEASURED
from playbooks.room_facts import room_values
from probes.vc.status import VcStatus


def test_an_endpoint_that_says_nothing_leaves_every_fact_unknown_but_that_it_answers() -> None:
    values = room_values(VcStatus())
    assert set(values) == set(MEASURED["vc"])
    assert {name for name, value in values.items() if value is not None} == {"reachable"}


@pytest.mark.parametrize(
    ("status", "name", "value"),
    [
        (VcStatus(h323_registered=True, sip_registered=False), "registered", True),
        (VcStatus(sip_registered=False), "registered", False),
        (VcStatus(peripherals=(("camera", "1", False), ("camera", "2", True))), "camera", True),
        (VcStatus(peripherals=(("microphone", "1", False),)), "microphone", False),
        (VcStatus(clock_offset_s=1800.0), "clock_ok", False),
        (VcStatus(clock_synced=False, clock_offset_s=0.1), "clock_ok", False),
        (VcStatus(clock_offset_s=-2.0), "clock_ok", True),
    ],
)
def test_what_it_says_becomes_a_fact(status: VcStatus, name: str, value: bool) -> None:
    assert room_values(status)[name] is value
