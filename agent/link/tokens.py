"""Whose token was shown: each belongs to one ward, and trying many of them is stopped.

The comparison takes as long for a wrong token as for a right one.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import deque
from ipaddress import ip_address
from typing import TYPE_CHECKING

from agent.duty import ICT
from agent.web.problems import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from agent.link.settings import WardToken

_FAILURES = 10
_WITHIN_S = 60.0
_MOST_PEERS = 1024


def fresh_ward_token() -> str:
    """A token for one ward: 32 random bytes."""
    return f"wop_{secrets.token_urlsafe(32)}"


def digest(token: str) -> str:
    """What a hub keeps of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


class Tokens:
    """The wards' tokens, and who lately showed wrong ones. Times are monotonic seconds."""

    def __init__(self, known: Sequence[WardToken]) -> None:
        self._known = tuple(known)
        self._failed: dict[str, deque[float]] = {}

    def ward_of(self, header: str | None, peer: str, now: datetime, mono: float) -> str:
        """The ward whose token it is. Raises Refusal: 401, or 429 after ten wrong ones a minute."""
        failed = self._recent(peer, mono)
        if len(failed) >= _FAILURES:
            raise Refusal("too_many", "link.too_many_failures", headers={"Retry-After": "60"})
        scheme, _, shown = (header or "").partition(" ")
        found = self._matching(shown.strip()) if scheme.lower() == "bearer" else None
        problem = _problem(found, peer, now)
        if found is None or problem is not None:
            failed.append(mono)
            raise Refusal("role_denied", problem or "link.token_wrong", status=401)
        return found.wards[0]

    def _matching(self, shown: str) -> WardToken | None:
        given, found = digest(shown), None
        for token in self._known:
            if hmac.compare_digest(given, token.sha256):
                found = token
        return found

    def _recent(self, peer: str, mono: float) -> deque[float]:
        if peer not in self._failed and len(self._failed) >= _MOST_PEERS:
            self._failed.pop(next(iter(self._failed)))
        failed = self._failed.setdefault(peer, deque(maxlen=_FAILURES))
        while failed and mono - failed[0] > _WITHIN_S:
            failed.popleft()
        return failed


def _problem(token: WardToken | None, peer: str, now: datetime) -> str | None:
    if token is None:
        return "link.token_wrong"
    if token.expires is not None and now.astimezone(ICT).date() > token.expires:
        return "link.token_expired"
    if token.from_ and not any(ip_address(peer) in network for network in token.from_):
        return "link.token_from"
    return None
