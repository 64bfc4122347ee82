"""`GET /api/v1/unknown-senders`: for the network centre, since addresses may lead to people."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from agent.web import query
from agent.web.answers import answer
from agent.web.problems import Refusal
from agent.wire.sender import UnknownSender, UnknownSenders

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from agent.web.access import Caller
    from agent.web.parts import Parts

MAY_SEE = frozenset({"city_noc"})


async def unknown_senders(request: Request, parts: Parts, caller: Caller) -> Response:
    """The last 20 addresses that sent a message and are no device's, the latest first."""
    query.only(request, ())
    if caller.role not in MAY_SEE:
        raise Refusal("role_denied", "hints.senders_role", role=caller.role)
    now, mono = parts.clock.now(), parts.clock.monotonic()
    found = UnknownSenders(
        senders=tuple(
            UnknownSender(
                address=one.host, messages=one.messages, channel=one.channel,
                seen_at=now - timedelta(seconds=mono - one.mono),
            )
            for one in reversed(parts.strangers.seen)
        ),
        messages=parts.strangers.count,
    )  # fmt: skip
    return answer(request, found)
