"""How a Cisco endpoint is named on the command line and in the inventory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inventory.errors import InputError
from inventory.language import LANGUAGES
from inventory.load import load
from probes.registry import kinds, probes_for
from probes.target import targets_of
from probes.url_forms import parse_target, with_auth

if TYPE_CHECKING:
    from pathlib import Path

KEY = "SHA256:" + "aB+/" * 10 + "abc"


def test_ssh_takes_port_and_host_key() -> None:
    asked = parse_target(f"cisco-ce+ssh://192.0.2.30:2222?host_key={KEY}", ("env:VC",))
    assert asked.target.https is None
    assert asked.target.ssh is not None
    assert (asked.target.ssh.port, asked.target.ssh.host_key) == (2222, KEY)
    assert asked.probes == ("cisco-ce",)
    written = parse_target("cisco-ce+ssh://[2001:db8::30]", ("env:VC",)).target.ssh
    assert written is not None
    assert (written.port, written.host_key) == (22, None)
    other = with_auth(asked.target, "env:OTHER").ssh
    assert other is not None
    assert (other.auth, other.host_key) == ("env:OTHER", KEY)


def test_a_websocket_takes_port_and_pin() -> None:
    pin = "sha256:" + "0" * 64
    asked = parse_target("cisco-ce+wss://192.0.2.30:8443", ("env:VC",), pin=pin)
    assert asked.target.https is not None
    assert (asked.target.https.port, asked.target.https.pin) == (8443, pin)
    assert asked.probes == ("cisco-ce-ws",)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("cisco-ce+ssh://192.0.2.30?host_key=SHA256:short", "probe.bad_host_key"),
        ("cisco-ce+ssh://192.0.2.30:70000", "probe.url_bad"),
        ("cisco-ce+ssh://192.0.2.30:0", "probe.bad_port"),
    ],
)
def test_what_is_malformed_is_said_in_one_line(url: str, key: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_target(url, ("env:VC",))
    assert caught.value.key == key
    for language in LANGUAGES:
        assert "\n" not in caught.value.text(language)


@pytest.mark.parametrize("scheme", ["cisco-ce+ssh", "cisco-ce+wss"])
def test_without_a_credential_nothing_is_asked(scheme: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_target(f"{scheme}://192.0.2.30")
    assert caught.value.key == "probe.auth_missing"


def test_an_endpoint_with_ssh_alone_is_polled_and_never_by_websocket(tmp_path: Path) -> None:
    (tmp_path / "26740.yaml").write_text(
        'schema: wardops/inventory/1\nward: "26740"\ndevices:\n'
        "  - {name: vc-1, kind: cisco_ce, address: 192.0.2.30, ping: false,"
        f" ssh: {{auth: 'env:PATH', host_key: '{KEY}'}}}}\n",
        encoding="utf-8",
    )
    inventory = load(tmp_path, kinds())
    (target,) = targets_of(inventory.wards["26740"], inventory)
    assert target.ssh is not None
    assert target.ssh.host_key == KEY
    assert [probe.name for probe in probes_for(target)] == ["cisco-ce"]
