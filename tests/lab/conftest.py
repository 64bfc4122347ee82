"""When the lab runs: on request, as root; a lab that was asked for and does not start is a failure.

`WARDOPS_LAB=1` asks for it, `WARDOPS_SOAK=1` for its whole form.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.lab.lab import Lab
from tests.lab.ward import REFLECTOR

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without root, or unasked, the ward's tests are skipped in the open."""
    reason = why_not()
    for item in items:
        if reason and item.get_closest_marker("lab"):
            item.add_marker(pytest.mark.skip(reason=reason))


def why_not() -> str:
    """Why the lab does not run here; empty when it does."""
    if os.environ.get("WARDOPS_LAB") != "1":
        return "the lab runs where WARDOPS_LAB=1 (make lab, as root)"
    if os.geteuid() != 0:
        return "the lab builds network namespaces: it needs root"
    return ""


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """The ward, up and proven to be true to a millisecond, without the agent."""
    one = Lab()
    try:
        one.up()
        proof = one.prove()
        took = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in one.took_s.items())
        print(f"\nlab up: {took}; {proof}")  # noqa: T201 - with -s, and beside a failure
        yield one
    finally:
        one.down()


@pytest.fixture
def line(lab: Lab) -> Iterator[Lab]:
    """The lab with a clear line that carries nothing but what a test sends."""
    lab.programs.signal("codec", signal.SIGSTOP)  # it registers all the time
    lab.clear()
    assert lab.answers(REFLECTOR)
    yield lab
    lab.clear()
    lab.programs.signal("codec", signal.SIGCONT)
