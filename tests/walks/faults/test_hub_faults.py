"""Faults seen from the data centre: no ward is blamed on the wrong side of its border."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, Any

import pytest

from drills.sim import ward_codes
from drills.topology import edge_of

if TYPE_CHECKING:
    from collections.abc import Callable

WARDS = 3
CODES = ward_codes(WARDS)
SCRIPTS = 300 if os.environ.get("WARDOPS_SOAK") == "1" else 2
OFF, CUT = "power_off", "cable_cut"
# What all wards show at the end.
TOGETHER: dict[str, tuple[list[tuple[str, str, dict[str, float]]], str]] = {
    "every UPS fails": ([(OFF, f"ups-{code}", {}) for code in CODES], "unknown"),
    "mains fails, nobody heard the UPS": (
        [("mains_off", code, {"runtime_s": 2.0}) for code in CODES], "unknown",
    ),
    "every terminal device is off": ([(OFF, f"ce-{code}", {}) for code in CODES], "unknown"),
    "the hub itself is cut off": ([(CUT, "hub-host:eth0", {})], "unknown"),
    "the centre gateway is off": ([(OFF, "gateway", {})], "dc"),
    "every switch is off": ([(OFF, f"sw-{code}-01", {}) for code in CODES], "switch"),
}  # fmt: skip


@pytest.mark.parametrize("name", TOGETHER)
def test_wards_that_fall_together_are_not_blamed_on_the_centre_by_themselves(
    name: str, look_from_hub: Callable[..., Any]
) -> None:
    together, segment = TOGETHER[name]
    looked = look_from_hub([*((0.0, fault) for fault in together), (70.0, ())])
    for code, one in looked.items():
        assert one.wrong == [], (code, one.shown)
        assert one.last.segment == segment, (code, one.shown)


def _fault(chance: random.Random) -> tuple[str, str, dict[str, float]]:
    code = chance.choice(CODES)
    edge = edge_of(CODES.index(code))
    devices = [f"sw-{code}-01", f"sw-{code}-02", f"ce-{code}"]
    ends = [f"ce-{code}:lan", f"ce-{code}:wan", f"gateway:{edge}", f"sw-{code}-02:24"]
    return chance.choice(
        [
            (OFF, chance.choice([*devices, f"ups-{code}", edge, "gateway", "dc-sw"]), {}),
            (CUT, chance.choice([*ends, "gateway:dc", f"ups-{code}:eth0"]), {}),
            ("if_admin_down", chance.choice([f"ce-{code}:wan", f"ce-{code}:lan"]), {}),
            ("path_loss", chance.choice(ends), {"loss": chance.choice([0.05, 0.3, 0.6, 1.0])}),
            (chance.choice(["ce_mute", "snmp_silent", "snmp_slow"]), chance.choice(devices), {}),
            ("mains_off", code, chance.choice([{}, {"runtime_s": 20.0}, {"runtime_s": 60.0}])),
            ("service_stopped", chance.choice(["tthc", "hop"]), {}),
        ]
    )


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("seed", range(SCRIPTS))
def test_no_mix_of_faults_is_blamed_on_the_wrong_side_from_afar(
    seed: int, look_from_hub: Callable[..., Any]
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a reproducible choice of faults, no secret
    waits = (chance.choice([0.0, 1.0, 3.0, 8.0, 20.0, 45.0]) for _ in range(chance.randint(1, 3)))
    script: list[tuple[float, Any]] = [(wait_s, _fault(chance)) for wait_s in waits]
    looked = look_from_hub([*script, (60.0, None), (40.0, ())], 1 + seed % 3)
    for code, one in looked.items():
        assert one.wrong == [], (code, script, one.shown)
