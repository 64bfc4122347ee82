"""A notice as JSON: what webhooks and files get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.notices.model import Notice


def content_of(notice: Notice) -> dict[str, Any]:
    """The message for machines; the same for the same key, however often it is sent."""
    body = notice.body
    return {
        "schema": "wardops/notice/1",
        "key": notice.key,
        "type": notice.type.value,
        "ward": notice.ward,
        "incident": body.incident or None,
        "recipient": notice.recipient,
        "title": body.title.model_dump(),
        "text": body.text.model_dump(),
        "start": body.start.isoformat(),
        "end": body.end.isoformat() if body.end else None,
        "labels": body.labels,
    }
