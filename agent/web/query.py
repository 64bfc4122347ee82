"""Reads query parameters: what a route does not know is refused, not ignored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agent.web.problems import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.requests import Request

WARD = re.compile(r"\d{5}")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
METRIC = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]{0,199}")


def only(request: Request, known: Collection[str]) -> None:
    """Refuse (400) any parameter that is not among the known ones."""
    for name in request.query_params:
        if name not in known:
            raise Refusal("bad_request", "api.unknown_parameter", name=name[:60])


def many(request: Request, name: str, form: re.Pattern[str]) -> frozenset[str]:
    """All values of a parameter; 400 for one that has not the form."""
    values = request.query_params.getlist(name)
    for value in values:
        if not form.fullmatch(value):
            raise _malformed(name, value)
    return frozenset(values)


def one(request: Request, name: str, form: re.Pattern[str]) -> str | None:
    """The value of a parameter that may stand once, None when it is absent; 400 else."""
    values = request.query_params.getlist(name)
    if not values:
        return None
    if len(values) > 1 or not form.fullmatch(values[0]):
        raise _malformed(name, values[-1])
    return values[0]


def choice(request: Request, name: str, choices: Collection[str]) -> str | None:
    """Like `one`, for a closed set."""
    return one(request, name, re.compile("|".join(re.escape(word) for word in choices)))


def whole(request: Request, name: str, default: int, least: int, most: int) -> int:
    """A whole number between two bounds; 400 beyond them."""
    text = one(request, name, re.compile(r"\d{1,18}"))
    if text is None:
        return default
    if not least <= int(text) <= most:
        raise _malformed(name, text)
    return int(text)


def _malformed(name: str, value: str) -> Refusal:
    return Refusal("bad_request", "api.malformed", name=name, value=value[:60])
