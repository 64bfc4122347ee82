"""Label values and numbers as they stand on a sample line, the same in both formats."""

from __future__ import annotations

import math
import re
import unicodedata

LONGEST = 64
REDACTED = "redacted"

# Texts that devices say and people type into devices: a person's number may stand in them.
DEVICE_TEXTS = frozenset({"ifName", "ifDescr", "ifAlias", "sensor", "cpu", "pool", "mount"})

_MAIL = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+\.[^\s@<>\"]+")
# Nine or more digits from 0, 84 or +84 on, with the separators people use; a slash or a letter next
# to it makes it a port, a VLAN or a serial number.
_PHONE = re.compile(r"(?<![\w/.+-])(?:\(?\+?84|\(?0)(?:[ .()-]*\d){8,11}(?![\w/])")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def clean(text: str) -> str:
    """A label value by the rules of the catalogue: NFC, no control characters, at most 64 long.

    Bytes that were no UTF-8 (lone surrogates after decoding) become U+FFFD. Cleaning twice changes
    nothing.
    """
    if text.isascii() and text.isprintable():
        return text[:LONGEST]
    valid = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    shown = "".join(char for char in valid if unicodedata.category(char) not in {"Cc", "Cf"})
    return unicodedata.normalize("NFC", shown)[:LONGEST]


def is_personal(text: str) -> bool:
    """Whether the text looks like it holds a phone number or an e-mail address."""
    return _MAIL.search(text) is not None or _PHONE.search(text) is not None


def label_value(name: str, text: str) -> str:
    """The value that the label `name` carries for `text`; a person's address becomes `redacted`.

    What looks personal is looked for in the whole text, before it is cut.
    """
    if name in DEVICE_TEXTS and is_personal(text):
        return REDACTED
    return clean(text)


def pair(name: str, text: str) -> str:
    """`name="value"`, value cleaned and escaped."""
    return f'{name}="{label_value(name, text).translate(_ESCAPES)}"'


def number(value: float) -> str:
    """A sample value: integers as integers, floats by repr, `NaN`, `+Inf`, `-Inf`."""
    if isinstance(value, int):
        return str(int(value))
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)
