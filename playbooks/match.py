"""Which playbook to open: by a verdict, by an alert's name, or by words that people type. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inventory.text import fold
from playbooks.conditions import holds
from playbooks.verdict.facts import Truth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playbooks.conditions import RunFact
    from playbooks.model import Playbook
    from playbooks.verdict.model import Verdict

# They locate the break anew and hand over what they cannot mend: right where nothing else is there.
GENERAL: Final = {"NET": "PB-NET-01", "OPS": "PB-NET-01", "MTG": "PB-MTG-01"}
SILENT_MACHINE: Final = "PB-SEC-07"
_CERTIFICATE, _SERVICE_FAILS = "PB-SEC-05", "PB-NET-12"
# What hurts of a machine or a certificate, and what is opened for it; the gravest first.
KEPT: Final[tuple[tuple[Mapping[str, Any], str], ...]] = (
    ({"vm.host_key_ok": False}, SILENT_MACHINE),
    ({"vm.silent": ">=1"}, SILENT_MACHINE),
    ({"vm.power": "suspended"}, SILENT_MACHINE),
    ({"cert.days_left": "<=7"}, "PB-SEC-05"),
    ({"cert.host_ok": False}, "PB-SEC-05"),
    ({"cert.trusted": False}, "PB-SEC-05"),
    ({"vm.disk_used_pct": ">85"}, "PB-SEC-06"),
    ({"vm.inodes_used_pct": ">85"}, "PB-SEC-06"),
    ({"vm.store_free_pct": "<15"}, "PB-SEC-06"),
    ({"vm.full_in_days": "<=14"}, "PB-SEC-06"),
    ({"vm.ports_beyond": ">=1"}, "PB-SEC-08"),
    ({"share.open": ">=1"}, "PB-SEC-08"),
    ({"vm.backup_hours": ">26"}, SILENT_MACHINE),
    ({"vm.snapshot_days": ">3"}, "PB-SEC-06"),
    ({"cert.days_left": "<=30"}, "PB-SEC-05"),
)
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


def suggest_kept(
    facts: Mapping[str, RunFact], library: Mapping[str, Playbook]
) -> tuple[Playbook, ...]:
    """The playbooks for what hurts of machines and certificates, the gravest first, each once."""
    named = [name for when, name in KEPT if holds(when, facts) is Truth.TRUE and name in library]
    return tuple(library[name] for name in dict.fromkeys(named))


def proposals(
    verdict: Verdict | None, facts: Mapping[str, RunFact], library: Mapping[str, Playbook]
) -> tuple[tuple[Playbook, str | None], ...]:
    """The playbooks to open, the best first, each with the id of the one that it stands in for.

    What the verdict says comes before what hurts besides; a certificate at fault explains a service
    that fails better than a general playbook does.
    """
    kept = tuple((one, None) for one in suggest_kept(facts, library))
    first = suggest(verdict, library) if verdict else None
    if first is None or verdict is None:
        return kept
    own = (first, None if first.id == verdict.playbook else verdict.playbook)
    rest = [one for one in kept if one[0] is not first]
    ahead = [one for one in rest if own[1] == _SERVICE_FAILS and one[0].id == _CERTIFICATE]
    return (*ahead, own, *(one for one in rest if one not in ahead))


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
