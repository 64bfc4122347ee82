"""A hundred faults and pairs of faults: the verdict is never on the wrong side of the border."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

AFTER_S = 45.0
TABLE = Path(__file__).with_name("combinations.txt").read_text(encoding="utf-8").splitlines()
LINES = [line for line in TABLE if line and not line.startswith("#")]
SAMPLED, SAMPLED_BY = 60, 4  # of the short form
# What may stand at the end beside the side itself: nothing concluded, or the fault not noticed yet.
ALLOWED = {
    "own": {"own", "either", "unknown"},
    "metronet": {"metronet", "line", "either", "unknown"},
    "dc": {"dc", "metronet", "line", "either", "unknown"},
    "none": {"none", "own", "unknown"},
    "both": {"own", "metronet", "line", "either", "unknown"},
}
# A loss that the agent cannot measure yet, and delay, may leave everything as it was.
QUIET = (
    "path_loss", "path_latency", "power_off vm", "one_way_loss", "sfp_dirty", "line_full",
    "loop_storm", "one_way_jitter", "one_way_delay", "mtu_hole",
)  # fmt: skip
# What only a ward notices whose inventory names reflector, resolvers and time server.
NOTICED = (
    "one_way_jitter", "one_way_delay", "mtu_hole", "dns_wrong", "ntp_off", "reflector", "resolver",
)  # fmt: skip
WELL_EQUIPPED = ("a reflector", "resolvers", "a time server")


def script_of(text: str) -> list[tuple[float, Any]]:
    """`"ce_mute ce ; @20 cable_cut ce:wan"` -> what `look` plays, and the time to look on after."""
    steps: list[tuple[float, Any]] = []
    for part in text.split(";"):
        words = part.split()
        wait_s = float(words.pop(0)[1:]) if words[0].startswith("@") else 0.0
        if words in ([], ["~"]):
            steps.append((wait_s, None))
        else:
            name, on, *params = words
            pairs = (pair.partition("=") for pair in params)
            steps.append((wait_s, (name, on, {key: float(value) for key, _, value in pairs})))
    last = [] if steps[-1][1] is None else [(AFTER_S, None)]
    return [*steps, *last]


def variants_of(line: str) -> tuple[str, ...]:
    """What the ward's inventory knows beside the usual, for a line that would go unnoticed else."""
    return WELL_EQUIPPED if any(word in line for word in NOTICED) else ()


def ends_rightly(line: str, last: str) -> bool:
    """Whether that side may stand at a combination's end."""
    side, _, text = line.partition("|")
    return last in ALLOWED[side.strip()] | (
        {"none"} if any(word in text for word in QUIET) else set()
    )


def _played() -> list[str]:
    if os.environ.get("WARDOPS_SOAK") == "1":
        return LINES
    chance = random.Random(SAMPLED_BY)  # noqa: S311 - a reproducible choice, no secret
    return chance.sample(LINES, SAMPLED)


def test_there_are_at_least_ninety() -> None:
    assert len(LINES) >= 90
    assert sum(";" in line for line in LINES) >= 40


@pytest.mark.parametrize("line", _played(), ids=lambda line: line.replace(" ", "_"))
def test_the_verdict_is_never_on_the_wrong_side(line: str, look: Callable[..., Any]) -> None:
    looked = look(script_of(line.partition("|")[2]), variants=variants_of(line))
    assert looked.wrong == [], looked.shown
    assert ends_rightly(line, looked.shown[-1][1]), looked.shown
