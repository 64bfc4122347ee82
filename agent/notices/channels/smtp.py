"""Mail: one message per notice, TLS verified, Message-ID made from the key."""

from __future__ import annotations

import asyncio
import logging
import smtplib
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING

from agent.notices.channel import NotDelivered

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Sequence

    from agent.notices.model import Notice
    from agent.notices.settings import SmtpSettings
    from inventory.credentials import Secret

_log = logging.getLogger(__name__)
_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class SmtpChannel:
    """One server and one set of addresses; `trust` is not used where `security` is plain."""

    settings: SmtpSettings
    password: Secret | None
    trust: ssl.SSLContext

    async def send(self, notice: Notice) -> None:
        """Hand it to the server; raises NotDelivered."""
        message = message_of(notice, self.settings)
        try:
            await asyncio.to_thread(self._hand_over, message)
        except (OSError, smtplib.SMTPException) as error:
            raise NotDelivered(f"{type(error).__name__}: {error}") from error

    async def refresh(self, rows: Sequence[Notice]) -> None:
        """Mail forgets nothing."""

    async def close(self) -> None:
        """Every message has its own connection."""

    def _hand_over(self, message: EmailMessage) -> None:
        with self._connected() as server:
            if self.password is not None and self.settings.user is not None:
                server.login(self.settings.user, self.password.reveal())
            refused = server.send_message(message)
        # Trying again would reach the others twice.
        for address in refused:
            _log.warning("mail refused address=%s recipient=%s", address, self.settings.name)

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        host, port = self.settings.host, self.settings.port
        if self.settings.security == "tls":
            with smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT_S, context=self.trust) as server:
                yield server
            return
        with smtplib.SMTP(host, port, timeout=_TIMEOUT_S) as server:
            if self.settings.security == "starttls":
                server.starttls(context=self.trust)
            yield server


def message_of(notice: Notice, settings: SmtpSettings) -> EmailMessage:
    """The mail; a second one about an incident is filed by mail programs under the first."""
    body, language = notice.body, settings.language
    domain = settings.sender.partition("@")[2]
    message = EmailMessage()
    message["Subject"] = " ".join(getattr(body.title, language).split())
    message["From"] = settings.sender
    message["To"] = ", ".join(settings.to)
    message["Date"] = format_datetime(notice.made)
    message["Message-ID"] = f"<{notice.key}@{domain}>"
    if notice.problem is not None:
        message["In-Reply-To"] = message["References"] = f"<{notice.problem}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(getattr(body.text, language) + "\n")
    return message
