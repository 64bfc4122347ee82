"""Outside realm live nothing but loopback may be asked."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from inventory.errors import ActionRefused
from inventory.realm import is_simulated, refuse_real


@pytest.mark.parametrize("host", ["127.0.0.1", "127.255.0.9", "::1", "[::1]", "localhost"])
def test_loopback_is_simulated(host: str) -> None:
    assert is_simulated(host)
    refuse_real("sim", host)


@pytest.mark.parametrize(
    "host", ["192.0.2.10", "128.0.0.1", "2001:db8::1", "tthc.example", "127.0.0.1.example", ""]
)
def test_everything_else_is_real_and_refused_in_a_drill(host: str) -> None:
    assert not is_simulated(host)
    with pytest.raises(ActionRefused) as caught:
        refuse_real("drill", host)
    assert caught.value.key == "inventory.real_address"
    refuse_real("live", host)


def test_addresses_count_as_their_text() -> None:
    assert is_simulated(ip_address("127.16.0.10"))
    assert not is_simulated(ip_address("::2"))
