"""How a rule of identification is written; the rules themselves stand beside it, by trade."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """If sysObjectID starts with `prefix` and sysDescr matches `descr`, the device is this.

    `prefix` stands behind 1.3.6.1.4.1, unless it starts with a dot; an empty one asks the text
    alone. `vendor` None is whoever owns the enterprise number. `model` is a regular expression on
    sysDescr whose first group is the model.
    """

    prefix: str
    vendor: str | None
    os: str | None
    device_class: str
    descr: str = ""
    model: str = ""


FIRST_WORD = r"^(\S+)"
