"""The line between namespaces, for whoever may make them: as root, or by `unshare -Urn`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.rootless import BACK, OUT, PACKETS

pytestmark = pytest.mark.realtime

ROOT = Path(__file__).parents[2]
APART = ("unshare", "-Urnm")
# What the line needs there: a place for names of namespaces, and a TAP device.
TRIAL = "mount -t tmpfs tmpfs /run && ip netns add t && exec 3<>/dev/net/tun && ip netns del t"


def why_not() -> str:
    """Why the line cannot be built here; empty when it can."""
    try:
        tried = subprocess.run(
            [*APART, "/bin/bash", "-c", TRIAL], capture_output=True, text=True, check=False
        )
    except OSError as error:
        return f"no namespaces of one's own: {error}"
    if tried.returncode:
        return f"no namespaces of one's own here: {tried.stderr.strip() or tried.returncode}"
    return ""


def test_the_line_between_two_namespaces_of_ones_own_delays_and_loses_what_it_was_told() -> None:
    if reason := why_not():
        pytest.skip(reason)
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    played = subprocess.run(
        [*APART, sys.executable, "-m", "tests.lab.rootless"],
        capture_output=True, text=True, check=False, timeout=120, env=environ,
    )  # fmt: skip
    assert played.returncode == 0, played.stderr
    found = json.loads(played.stdout)
    assert len(found["rtts_s"]) == PACKETS - found["counted"]["out"]["lost"]
    assert found["counted"]["out"]["lost"] > 0
    assert found["counted"]["back"]["lost"] == 0
    assert min(found["rtts_s"]) >= OUT.delay_s + BACK.delay_s
