"""Keys of SNMPv3 as the RFCs and drafts say, ciphers that undo themselves, and no key told."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.credentials import Secret
from inventory.snmp_user import SnmpUser
from probes.snmp.usm import KeyRing, cipher_key, localised, stretched

ENGINE = bytes.fromhex("000000000000000000000002")
# RFC 3414, A.3 for MD5 and SHA-1; the same password and engine for the hashes of RFC 7860.
KEYS = {
    "md5": "526f5eed9fcce26f8964c2930787d82b",
    "sha1": "6695febc9288e36282235fc7151f128497b38f3f",
    "sha224": "0bd8827c6e29f8065e08e09237f177e410f69b90e1782be682075674",
    "sha256": "8982e0e549e866db361a6b625d84cccc11162d453ee8ce3a6445c2d6776f0f8b",
    "sha384": (
        "3b298f16164a11184279d5432bf169e2d2a48307de02b3d3f7e2b4f36eb6f0455a53689a3937eea07319a633d2ccba78"
    ),
    "sha512": (
        "22a5a36cedfcc085807a128d7bc6c2382167ad6c0dbc5fdff856740f3d84c099"
        "ad1ea87a8db096714d9788bd544047c9021e4229ce27e4c0a69250adfcffbb0b"
    ),
}
LENGTHENED = {
    "aes256": "6695febc9288e36282235fc7151f128497b38f3f505e07eb9af25568fa1f5dbe",
    "aes256c": "6695febc9288e36282235fc7151f128497b38f3f9b8b6d78936ba6e7d19dfd9c",
}


def user(auth: str, priv: str | None) -> SnmpUser:
    """A user with the password of the vectors."""
    key = Secret("maplesyrup")
    return SnmpUser("u", auth, key, priv, key if priv else None)  # type: ignore[arg-type] # a literal


@pytest.mark.parametrize("auth", KEYS)
def test_a_password_becomes_the_localised_key_of_the_standard(auth: str) -> None:
    assert localised(stretched(b"maplesyrup", auth), ENGINE, auth).hex() == KEYS[auth]


@pytest.mark.parametrize("priv", LENGTHENED)
def test_a_short_key_grows_as_its_draft_says(priv: str) -> None:
    ku = stretched(b"maplesyrup", "sha1")
    assert cipher_key(ku, ENGINE, "sha1", priv).hex() == LENGTHENED[priv]


def test_both_drafts_agree_where_the_hash_is_long_enough() -> None:
    for auth in ("sha256", "sha384", "sha512"):
        ku = stretched(b"maplesyrup", auth)
        assert cipher_key(ku, ENGINE, auth, "aes256") == cipher_key(ku, ENGINE, auth, "aes256c")


@pytest.mark.parametrize("auth", KEYS)
@pytest.mark.parametrize("priv", ["des", "aes128", "aes192", "aes256", "aes192c", "aes256c"])
def test_what_is_encrypted_is_read_again(auth: str, priv: str) -> None:
    ring = KeyRing()
    keys = ring.keys(user(auth, priv), ENGINE)

    @settings(max_examples=10, deadline=None)
    @given(st.binary(max_size=100), st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1))
    def holds(plain: bytes, boots: int, time: int) -> None:
        salt = keys.salt(boots, 4711)
        coded = keys.encrypted(plain, boots, time, salt)
        again = keys.decrypted(coded, boots, time, salt)
        assert again[: len(plain)] == plain
        assert len(again) - len(plain) < 8

    holds()
    assert ring.keys(user(auth, priv), ENGINE) is keys


def test_no_salt_comes_twice_under_one_key() -> None:
    for priv in ("des", "aes128"):
        keys = KeyRing().keys(user("sha1", priv), ENGINE)
        assert len({keys.salt(7, count) for count in range(1000)}) == 1000


def test_keys_are_never_pickled_and_never_printed() -> None:
    ring = KeyRing()
    keys = ring.keys(user("sha1", "aes128"), ENGINE)
    with pytest.raises(TypeError):
        pickle.dumps(ring)
    with pytest.raises(TypeError):
        pickle.dumps(keys)
    assert KEYS["sha1"][:8] not in repr(keys) + repr(ring)
