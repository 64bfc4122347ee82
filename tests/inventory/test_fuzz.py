"""Whatever a file holds, reading it ends in values or in our own error."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.errors import InputError
from inventory.language import LANGUAGES
from inventory.load import load

_SNIPPETS = """schema: wardops/inventory/1 wardops/site/1 ward: "26740" '26743' links: devices:
services: path: gateway: address: 192.0.2.1 127.0.0.1 ::1 name: kind: cisco_ios role: core behind:
near: via: sw-1 sw-1:Gi1 snmp: https: auth: env:PATH file:a.yaml systemd:x version: 2c 3 port: id:
url: https://x.example/ tcp://x:1 http://[ module: tcp_connect realm: sim world: vi: en: { } [ ]
, - ? : & &a *a ! !!map !!binary | > > %YAML 1.2 --- ... # ~ null true .inf .nan 1e999 0x 0o8
@ ` " ' \\x \\U00110000 << = 99999999999999999999999999999999"""
_WORDS = st.sampled_from(_SNIPPETS.split())
_SPACES = st.sampled_from([" ", " ", "\n", "\n  ", "\n  - ", "", "\t", "\r\n", "\u2028", "\ufeff"])
_YAMLISH = st.lists(st.tuples(_WORDS | st.text(max_size=4), _SPACES), max_size=40).map(
    lambda parts: "".join(word + space for word, space in parts)
)
_WARDISH = _YAMLISH.map(lambda text: f'schema: wardops/inventory/1\nward: "26740"\n{text}')


def read_or_refuse(raw: bytes) -> None:
    """Load one file of these bytes; only our own error may come, and it reads in both languages."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.yaml").write_bytes(raw)
        try:
            load(Path(folder), ["cisco_ios"])
        except InputError as error:
            for language in LANGUAGES:
                lines = error.text(language).split("\n")
                assert all(line.isprintable() for line in lines)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_random_bytes_raise_nothing_but_our_own_error(raw: bytes) -> None:
    read_or_refuse(raw)


@settings(max_examples=300, deadline=None)
@given(_YAMLISH)
def test_yaml_ish_text_raises_nothing_but_our_own_error(text: str) -> None:
    read_or_refuse(text.encode("utf-8", errors="surrogatepass"))


@settings(max_examples=300, deadline=None)
@given(_WARDISH)
def test_a_damaged_ward_file_raises_nothing_but_our_own_error(text: str) -> None:
    read_or_refuse(text.encode("utf-8", errors="surrogatepass"))


_LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
_KEY_NAMES = """name kind role address site behind uplink snmp https auth port url id vi en gateway
pe"""
_KEYS = st.sampled_from(_KEY_NAMES.split())
_TREE = st.recursive(
    _LEAF | st.sampled_from(["sw-1", "192.0.2.1", "env:PATH", "https://x.example/"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5),
    max_leaves=12,
)
_TOP = st.dictionaries(
    st.sampled_from(["links", "devices", "services", "path", "ward", "extra"]),
    _TREE | st.lists(_TREE, max_size=4),
)


@settings(max_examples=300, deadline=None)
@given(_TOP)
def test_valid_yaml_of_the_wrong_shape_raises_nothing_but_our_own_error(
    values: dict[str, object],
) -> None:
    document = {"schema": "wardops/inventory/1", "ward": "26740"} | values
    # JSON with spaces behind its colons is YAML; NaN and Infinity become plain words.
    read_or_refuse(json.dumps(document).encode())
