"""Secrets by reference: the inventory says where a secret is, never what it is.

References: `env:NAME`, `file:PATH` (relative to the inventory folder), `systemd:NAME` (a credential
of the unit, under $CREDENTIALS_DIRECTORY).
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import StringConstraints

SecretRef: TypeAlias = Annotated[str, StringConstraints(pattern=r"^(env|file|systemd):\S+$")]


class Secret:
    """A secret in memory. It never prints, never compares equal by accident, never serialises."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself, for the one line that hands it to a device."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __reduce__(self) -> str:
        msg = "a secret is never pickled"
        raise TypeError(msg)
