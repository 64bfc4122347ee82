"""The SNMPv3 user behind a reference: its level follows from what is given, mistakes are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inventory.access import SnmpAccess
from inventory.credentials import Secret
from inventory.errors import InputError, InventoryError
from inventory.language import LANGUAGES
from inventory.load import load
from inventory.snmp_user import snmp_user

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary-of-a-password"
WHOLE = f"user: monitor\nauth: SHA-256\nauth_key: {CANARY}\npriv: aes256c\npriv_key: {CANARY}\n"
WARD = """\
schema: wardops/inventory/1
ward: "26740"
devices:
  - name: sw-1
    kind: cisco_ios
    address: 192.0.2.1
    snmp:
      auth: file:v3.yaml
"""


def access(**fields: object) -> SnmpAccess:
    """Access by a v3 user's file."""
    return SnmpAccess.model_validate({"auth": "file:v3.yaml", **fields})


def test_a_user_has_the_level_that_its_secrets_give() -> None:
    user = snmp_user(access(version="3"), Secret(WHOLE))
    assert user is not None
    assert (user.name, user.auth, user.priv) == ("monitor", "sha256", "aes256c")
    assert user.auth_key is not None
    assert user.auth_key.reveal() == CANARY
    assert CANARY not in repr(user)
    plain = snmp_user(access(version="3"), Secret("user: monitor"))
    assert plain is not None
    assert (plain.auth, plain.auth_key, plain.priv, plain.priv_key) == (None, None, None, None)


def test_without_a_version_the_secret_says_which_one() -> None:
    assert snmp_user(access(), Secret("user: monitor")) is not None
    assert snmp_user(access(), Secret("public")) is None
    assert snmp_user(access(), Secret("a-user-community")) is None
    assert snmp_user(access(version="2c"), Secret("user: monitor")) is None


def test_the_names_of_net_snmp_are_understood() -> None:
    told = f"{{user: m, auth: SHA, auth_key: {CANARY}, priv: AES, priv_key: {CANARY}}}"
    user = snmp_user(access(), Secret(told))
    assert user is not None
    assert (user.auth, user.priv) == ("sha1", "aes128")


def test_md5_and_des_are_weak() -> None:
    for auth, priv, weak in (
        ("md5", "aes128", True),
        ("sha1", "des", True),
        ("sha1", "aes", False),
    ):
        told = f"{{user: m, auth: {auth}, auth_key: {CANARY}, priv: {priv}, priv_key: {CANARY}}}"
        user = snmp_user(access(), Secret(told))
        assert user is not None
        assert user.is_weak is weak


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("public", "inventory.v3_shape"),
        (f"user: m\npassword: {CANARY}", "inventory.v3_key"),
        (f"user: m\nauth: sha1\nauth_key: [{CANARY}]", "inventory.v3_value"),
        (f"user: {'m' * 33}", "inventory.v3_user"),
        (f"auth: sha1\nauth_key: {CANARY}", "inventory.v3_shape"),
        (f"user: m\npriv: aes128\npriv_key: {CANARY}", "inventory.v3_priv_alone"),
        (f"user: m\nauth: {CANARY}\nauth_key: {CANARY}", "inventory.v3_protocol"),
        ("user: m\nauth: sha1", "inventory.v3_pair"),
        (f"user: m\nauth_key: {CANARY}", "inventory.v3_pair"),
        ("user: m\nauth: sha1\nauth_key: canary7", "inventory.v3_short"),
    ],
)
def test_each_mistake_has_its_line_and_repeats_no_secret(
    tmp_path: Path, text: str, key: str
) -> None:
    with pytest.raises(InputError) as caught:
        snmp_user(access(version="3"), Secret(text))
    assert caught.value.key == key
    (tmp_path / "ward.yaml").write_text(WARD + '      version: "3"\n')
    (tmp_path / "v3.yaml").write_text(text)
    (tmp_path / "v3.yaml").chmod(0o600)
    with pytest.raises(InventoryError) as refused:
        load(tmp_path, {"cisco_ios"})
    for language in LANGUAGES:
        line = refused.value.text(language)
        assert line.startswith("ward.yaml:8:7 devices[0].snmp.auth: ")
        assert "file:v3.yaml" in line
        assert "canary" not in line
