"""How wardops names itself to servers."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version


@cache
def own_name() -> str:
    """`wardops/VERSION`; read once, since the package's description is parsed for it."""
    return f"wardops/{version('wardops')}"
