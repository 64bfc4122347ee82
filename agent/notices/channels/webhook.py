"""Signed JSON to a web server: an SMS gateway, a chat bridge, a ticket system.

`X-Wardops-Signature: t=<unix seconds>,v1=<hex>` is HMAC-SHA-256 of `<t>.<body>` with the shared
secret; a receiver refuses an old `t`. `Idempotency-Key` is the notice's key, so a receiver that
keeps keys shows a message once.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING

from agent.notices.content import content_of
from inventory.language import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.notices.model import Notice
    from agent.notices.post import Poster
    from inventory.credentials import Secret
    from inventory.language import Language
    from probes.clock import Clock


class WebhookChannel:
    """One receiver."""

    def __init__(
        self, url: str, secret: Secret, poster: Poster, clock: Clock,
        language: Language | None = None,
    ) -> None:  # fmt: skip
        """Texts in one language, or in both without one."""
        self._languages = (language,) if language else LANGUAGES
        self._url = url
        self._secret = secret
        self._poster = poster
        self._clock = clock

    async def send(self, notice: Notice) -> None:
        """Post it; raises NotDelivered."""
        body = json.dumps(
            content_of(notice, self._languages), ensure_ascii=False, sort_keys=True
        ).encode()
        headers = {
            "Idempotency-Key": notice.key,
            "X-Wardops-Signature": signature(
                self._secret, int(self._clock.now().timestamp()), body
            ),
        }
        await self._poster.post(self._url, body, headers)

    async def refresh(self, rows: Sequence[Notice]) -> None:
        """A receiver forgets nothing."""

    async def close(self) -> None:
        """Close the connections."""
        await self._poster.close()


def signature(secret: Secret, stamp: int, body: bytes) -> str:
    """The header's value for a body sent at a moment (Unix seconds)."""
    signed = str(stamp).encode() + b"." + body
    digest = hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"
