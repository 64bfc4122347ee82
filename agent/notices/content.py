"""A notice as JSON: what webhooks and files get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inventory.language import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Collection

    from agent.notices.model import Notice
    from inventory.language import Language


def content_of(notice: Notice, languages: Collection[Language] = LANGUAGES) -> dict[str, Any]:
    """The message for machines; the same for the same key, however often it is sent."""
    body = notice.body
    return {
        "schema": "wardops/notice/1",
        "key": notice.key,
        "type": notice.type.value,
        "ward": notice.ward,
        "incident": body.incident or None,
        "recipient": notice.recipient,
        "title": {one: getattr(body.title, one) for one in languages},
        "text": {one: getattr(body.text, one) for one in languages},
        "start": body.start.isoformat(),
        "end": body.end.isoformat() if body.end else None,
        "labels": body.labels,
    }
