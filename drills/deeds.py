"""What a trainee can do in a drill, as typed lines: the same words in solutions and at the console.

`ack`, `note TEXT`, `close CAUSE TEXT` and the playbook's verbs go to the agent (`answer STEP=1`, of
a line of a checklist `answer STEP.LINE=done`); `call LEVEL TEXT` and `tell ROLES TEXT` to people;
`look`, `reset` and `pull` are the trainee's eyes and hands.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from inventory.errors import InputError
from inventory.language import LANGUAGES, say
from inventory.text import fold, nfc, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

Verb: TypeAlias = Literal[
    "ack", "playbook", "answer", "note", "close", "call", "tell", "look", "reset", "pull", "done",
]  # fmt: skip


class Form(NamedTuple):
    """What follows a verb: which word first (None: none), from which list, and whether a text."""

    first: str | None
    text: bool
    allowed: tuple[str, ...] = ()


LEVELS = ("L1", "L2", "L3")
THINGS = ("ce", "switch")
FORMS: Mapping[Verb, Form] = MappingProxyType(
    {
        "ack": Form(None, text=True),
        "playbook": Form("PB-NET-01", text=False),
        "answer": Form("STEP=VALUE", text=False),
        "note": Form(None, text=True),
        "close": Form("CAUSE", text=True),
        "call": Form("L2", text=True, allowed=LEVELS),
        "tell": Form("ward.leader", text=True),
        "look": Form("ce", text=False, allowed=THINGS),
        "reset": Form("ce", text=False, allowed=THINGS),
        "pull": Form("fibre", text=False, allowed=("fibre",)),
        "done": Form(None, text=False),
    }
)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do: the verb, the word after it, and the text. Both are empty where none is."""

    verb: Verb
    word: str = ""
    text: str = ""


def parse(line: str) -> Act:
    """Read one line. Raises InputError with what was expected."""
    head, _, rest = nfc(line).strip().partition(" ")
    verb = _verb(head)
    if verb is None:
        raise InputError("drill.deed.unknown", word=one_line(head), known=words())
    form, word = FORMS[verb], ""
    if form.first is not None:
        word, _, rest = rest.strip().partition(" ")
    text = _unquoted(rest.strip())
    wrong_word = form.first is not None and (
        not word or (form.allowed and word not in form.allowed)
        or ("=" in form.first and not all(word.partition("=")[::2]))
    )  # fmt: skip
    if wrong_word or bool(text) != form.text:
        raise InputError("drill.deed.form", form=usage(verb))
    return Act(verb, word, text)


def usage(verb: Verb) -> str:
    """How the line is written: `call L1|L2|L3 TEXT`."""
    form = FORMS[verb]
    first = "|".join(form.allowed) or form.first
    return " ".join(part for part in (verb, first, "TEXT" if form.text else None) if part)


def words() -> dict[str, str]:
    """All verbs in the words of each language."""
    return {
        language: ", ".join(say(f"drill.verb.{verb}", language) for verb in FORMS)
        for language in LANGUAGES
    }


def _verb(word: str) -> Verb | None:
    """The verb that this word means in either language."""
    for verb in FORMS:
        names = {verb, *(say(f"drill.verb.{verb}", language) for language in LANGUAGES)}
        if fold(word) in {fold(name) for name in names}:
            return verb
    return None


def _unquoted(text: str) -> str:
    for quote in "'\"":
        if len(text) > 1 and text[0] == text[-1] == quote:
            return text[1:-1].strip()
    return text
