"""The several devices that one device may be reached through."""

from __future__ import annotations

from pydantic import BaseModel


class Parents(BaseModel, frozen=True, extra="forbid"):
    """Several devices (and ports, written as in `behind`) that one device is reached through.

    With `any` each of them alone is a way, so the device is cut off only when all are; with `all`
    every one of them is needed. Exactly one of the two is given.
    """

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
