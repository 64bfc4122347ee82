"""What tests of several packages share: free ports, and patience with foreign programs."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable

PAUSE_S = 0.1

# How long an example takes says more of the machine's load than of the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Finds a TCP port on loopback that nobody uses now."""

    def find() -> int:
        with socket.socket() as trial:
            trial.bind(("127.0.0.1", 0))
            return int(trial.getsockname()[1])

    return find


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """Asks a foreign program again and again: the condition's first true value, or a failure."""

    def wait(condition: Callable[[], Any], within_s: float = 30.0) -> Any:
        pause = threading.Event()
        for _ in range(int(within_s / PAUSE_S)):
            try:
                found = condition()
            except OSError:
                found = None
            if found:
                return found
            pause.wait(PAUSE_S)
        raise AssertionError(f"not within {within_s} s")

    return wait
