"""The `notify:` part of agent.yaml: who is told, and how. Everything is off until it is written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from inventory.credentials import SecretRef
from inventory.language import Language
from inventory.values import Frozen

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9._-]{0,40}$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")]
# Whom a message tells may not be read on the way: plain HTTP only to this machine itself.
SafeUrl = Annotated[
    str,
    StringConstraints(
        pattern=r"^(https://[^\s/#@]+|http://(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?)(/\S*)?$"
    ),
]
# A level of escalation.yaml: told once the levels below it have let their time go by.
Level = Annotated[str, StringConstraints(pattern=r"^L[0-9]$")]
Address = Annotated[str, StringConstraints(pattern=r"^[^\s@<>]+@[^\s@<>]+$")]


class AlertmanagerSettings(Frozen):
    """Alertmanagers of one cluster; every one of them is told."""

    urls: tuple[Url, ...] = Field(min_length=1)
    user: str | None = None
    password: SecretRef | None = None
    ca: str | None = None


class WebhookSettings(Frozen):
    """One receiver of signed JSON; `name` is the recipient, a role and never a person.

    Without a `language` the texts come in both.
    """

    name: Name
    url: SafeUrl
    secret: SecretRef
    language: Language | None = None
    level: Level | None = None
    ca: str | None = None


class SmtpSettings(Frozen):
    """One mailing: server, sender, addresses. `name` is the recipient, a role.

    `plain` is for a mail server on this very machine.
    """

    name: Name
    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "plain"] = "starttls"
    user: str | None = None
    password: SecretRef | None = None
    sender: Address
    to: tuple[Address, ...] = Field(min_length=1)
    language: Language = "vi"
    level: Level | None = None
    ca: str | None = None

    @model_validator(mode="after")
    def _plain_stays_here(self) -> SmtpSettings:
        if self.security == "plain" and self.host not in ("127.0.0.1", "::1", "localhost"):
            msg = "plain: only with a host on this machine (127.0.0.1); use starttls or tls"
            raise ValueError(msg)
        return self


class FileSettings(Frozen):
    """JSON lines, one per message; a relative path lies in the state folder."""

    path: str = "notices.jsonl"


class NotifySettings(Frozen):
    """All that is told outside the agent's own screens."""

    alertmanager: AlertmanagerSettings | None = None
    webhook: tuple[WebhookSettings, ...] = ()
    smtp: tuple[SmtpSettings, ...] = ()
    file: FileSettings | None = None
