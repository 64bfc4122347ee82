"""What a started agent has is not looked over again for cycles."""

from __future__ import annotations

import subprocess
import sys

_SAID = (
    "import gc; from agent.collector import spare_what_stays; spare_what_stays();"
    "print(gc.isenabled(), gc.get_freeze_count() > 1000, len(gc.get_objects()) < 1000)"
)


def test_what_is_there_is_left_out_of_later_looks_and_new_cycles_are_still_found() -> None:
    """In a process of its own: it is one setting for a whole process."""
    done = subprocess.run([sys.executable, "-c", _SAID], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "True"]
