"""From settings to channels. In a drill there is the mailbox and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.notices.channels.alertmanager import AlertmanagerChannel
from agent.notices.channels.file import FileChannel
from agent.notices.channels.smtp import SmtpChannel
from agent.notices.channels.webhook import WebhookChannel
from agent.notices.model import Recipient
from agent.notices.post import Poster, trust
from agent.notices.silences import Silences
from inventory.credentials import refuse_exposed, resolve
from inventory.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from agent.maintenance.model import Window
    from agent.notices.channel import Channel
    from agent.notices.settings import (
        AlertmanagerSettings,
        NotifySettings,
        SmtpSettings,
        WebhookSettings,
    )
    from inventory.credentials import Secret
    from inventory.values import Realm
    from probes.clock import Clock

MAILBOX = "mailbox"


def open_channels(
    settings: NotifySettings, realm: Realm, inventory: Path, state: Path, clock: Clock
) -> dict[Recipient, Channel]:
    """Every configured way out by its recipient; paths and secrets are relative to `inventory`.

    Raises InputError for a secret or CA file that is not there, or a name that is used twice.
    """
    if realm == "drill":
        return {Recipient(MAILBOX, MAILBOX): FileChannel(state / "mailbox.jsonl")}
    opened: dict[Recipient, Channel] = {}
    for recipient, channel in _configured(settings, _Surroundings(inventory, state, clock)):
        if recipient in opened:
            raise InputError("notice.no_channel", name=recipient.name)
        opened[recipient] = channel
    return opened


def open_silences(
    settings: NotifySettings,
    realm: Realm,
    inventory: Path,
    clock: Clock,
    agent_id: str,
    announced: Callable[[datetime], Iterable[Window]],
) -> Silences | None:
    """What keeps Alertmanager's silences; None without one, and in a drill.

    Raises InputError for a secret or CA file that is not there.
    """
    if realm == "drill" or settings.alertmanager is None:
        return None
    poster = _poster(settings.alertmanager, _Surroundings(inventory, inventory, clock))
    return Silences(settings.alertmanager.urls, poster, clock, agent_id, announced)


class _Surroundings:
    """Where files and secrets of the settings are found."""

    def __init__(self, inventory: Path, state: Path, clock: Clock) -> None:
        self.state = state
        self.clock = clock
        self._inventory = inventory

    def secret(self, reference: str) -> Secret:
        found = resolve(reference, self._inventory)
        refuse_exposed(reference, self._inventory)
        return found

    def path(self, name: str | None) -> Path | None:
        return self._inventory / name if name else None


def _configured(
    settings: NotifySettings, around: _Surroundings
) -> Iterator[tuple[Recipient, Channel]]:
    if settings.alertmanager is not None:
        recipient = Recipient("alertmanager", "alertmanager", is_person=False)
        yield recipient, _alertmanager(settings.alertmanager, recipient, around)
    for hook in settings.webhook:
        yield Recipient("webhook", hook.name, level=hook.level or ""), _webhook(hook, around)
    for mail in settings.smtp:
        yield Recipient("smtp", mail.name, level=mail.level or ""), _smtp(mail, around)
    if settings.file is not None:
        yield (
            Recipient("file", "file"),
            FileChannel(around.state / settings.file.path),
        )


def _alertmanager(
    settings: AlertmanagerSettings, recipient: Recipient, around: _Surroundings
) -> AlertmanagerChannel:
    return AlertmanagerChannel(settings.urls, _poster(settings, around), around.clock, recipient)


def _poster(settings: AlertmanagerSettings, around: _Surroundings) -> Poster:
    auth = None
    if settings.user is not None and settings.password is not None:
        auth = (settings.user, around.secret(settings.password).reveal())
    return Poster(around.path(settings.ca), auth)


def _webhook(settings: WebhookSettings, around: _Surroundings) -> WebhookChannel:
    poster = Poster(around.path(settings.ca))
    secret = around.secret(settings.secret)
    return WebhookChannel(settings.url, secret, poster, around.clock, settings.language)


def _smtp(settings: SmtpSettings, around: _Surroundings) -> SmtpChannel:
    password = around.secret(settings.password) if settings.password else None
    return SmtpChannel(settings, password, trust(around.path(settings.ca)))
