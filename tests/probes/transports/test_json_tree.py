"""JSON of devices: what is cut, nested, huge or no JSON at all is refused with a reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.errors import LimitExceeded, ParseFailed, ProbeError, ProtocolBroken
from probes.transports.json_tree import (
    MAX_DEPTH,
    as_dict,
    as_dicts,
    first,
    json_of,
    number_of,
    text_of,
    truth_of,
)


@pytest.mark.parametrize(
    ("body", "leaf", "detail"),
    [
        (b"", ParseFailed, "json"),
        (b'{"a": ', ParseFailed, "json"),
        (b'{"a": "\xff"}', ParseFailed, "json"),
        ('{"a": 1}'.encode("utf-16"), ParseFailed, "json"),
        (b"9" * 5000, ParseFailed, "json"),
        (b"<!DOCTYPE html><html></html>", ProtocolBroken, "login_page"),
        (b" \n<html>log in</html>", ProtocolBroken, "login_page"),
        (b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2), LimitExceeded, "json_depth"),
        (b"[" * 500_000, LimitExceeded, "json_depth"),
        (b" " * 2_000_001, LimitExceeded, "body_too_big"),
    ],
    ids=["empty", "cut", "octets", "utf16", "digits", "page", "html", "deep", "deeper", "long"],
)
def test_what_is_no_json_has_its_reason(body: bytes, leaf: type[ProbeError], detail: str) -> None:
    with pytest.raises(leaf) as caught:
        json_of(body)
    assert caught.value.detail_code == detail


def test_a_page_is_told_by_its_type_too() -> None:
    with pytest.raises(ProtocolBroken):
        json_of(b"{}", "text/html; charset=utf-8")


def test_json_comes_as_it_is_with_or_without_a_mark() -> None:
    assert json_of('{"a": ["ạ", 1.5, null]}'.encode()) == {"a": ["ạ", 1.5, None]}
    assert json_of(b"\xef\xbb\xbftrue") is True
    depth = MAX_DEPTH
    assert json_of(b"[" * depth + b"]" * depth)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_single_values_are_taken_out_of_any_form(value: object) -> None:
    number = number_of(value)
    assert number is None or abs(number) < 1e15
    text = text_of(value)
    assert text is None or (text.isprintable() and 0 < len(text) <= 200)
    assert truth_of(value) in {True, False, None}
    assert isinstance(as_dict(value), dict)
    assert all(isinstance(item, dict) for item in as_dicts(value))


def test_numbers_and_truths_are_read_from_words_too() -> None:
    assert (number_of("12.5"), number_of(True), number_of("nan"), number_of("1e999")) == (
        12.5, None, None, None,
    )  # fmt: skip
    assert (truth_of("On"), truth_of("false"), truth_of("maybe"), truth_of(1)) == (
        True, False, None, None,
    )  # fmt: skip
    assert first(text_of, {"a": "", "b": "x"}, "a", "b", "c") == "x"
    assert len(as_dicts([{}] * 100)) == 32
