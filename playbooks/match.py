"""Which playbook to open: by a verdict, by an alert's name, or by words that people type. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.text import fold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playbooks.model import Playbook
    from playbooks.verdict.model import Verdict

# It locates the break anew and hands over what it cannot mend: right where nothing else is there.
GENERAL = "PB-NET-01"


def suggest(verdict: Verdict, library: Mapping[str, Playbook]) -> Playbook | None:
    """The playbook for what the verdict says; None where nothing is wrong.

    A verdict may name a playbook that this library does not have yet: then the general one.
    """
    if verdict.segment == "none" or not verdict.playbook:
        return None
    return library.get(verdict.playbook) or library.get(GENERAL)


def for_alert(alert: str, library: Mapping[str, Playbook]) -> tuple[Playbook, ...]:
    """The playbooks that this alert triggers."""
    return tuple(one for one in library.values() if alert in one.triggers.alerts)


def search(words: str, library: Mapping[str, Playbook]) -> tuple[Playbook, ...]:
    """Playbooks whose id, title or search words hold these words, with or without accents.

    Those with a whole search word equal to the question come first.
    """
    asked = fold(words)
    if not asked:
        return tuple(library.values())
    found = [one for one in library.values() if any(asked in text for text in _texts(one))]
    return tuple(sorted(found, key=lambda one: asked not in map(fold, one.triggers.words)))


def _texts(playbook: Playbook) -> tuple[str, ...]:
    title = playbook.title
    return tuple(map(fold, (playbook.id, title.vi, title.en, *playbook.triggers.words)))
