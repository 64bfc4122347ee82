"""Which playbook to open: by a verdict, by an alert's name, or by words that people type. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inventory.text import fold

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playbooks.model import Playbook
    from playbooks.verdict.model import Verdict

# They locate the break anew and hand over what they cannot mend: right where nothing else is there.
GENERAL: Final = {"NET": "PB-NET-01", "OPS": "PB-NET-01", "MTG": "PB-MTG-01"}
_BLIND = "hub_blind"  # the measuring side is at fault: nothing of a ward is to be worked on


def suggest(verdict: Verdict, library: Mapping[str, Playbook]) -> Playbook | None:
    """The playbook for what the verdict says; None where nothing is wrong, or nothing fits.

    A verdict may name a playbook that this library does not have yet: then the general one of its
    kind. There is none for an intrusion (a wrong step destroys traces), and none for a ward while
    the centre's own probe is blind.
    """
    if verdict.segment == "none" or not verdict.playbook:
        return None
    own = library.get(verdict.playbook)
    if own is not None or verdict.part == _BLIND:
        return own
    kind = verdict.playbook.removeprefix("PB-").partition("-")[0]
    return library.get(GENERAL.get(kind, ""))


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
