"""The palette: what can be done, by its name in either language; what fits what was typed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from inventory.language import LANGUAGES, has, say
from inventory.text import cells, cut, fold, pad
from tui.legend import NOW
from tui.lines import BLANK, Line, Span, line
from tui.matching import found
from tui.stretch import called
from tui.themes import NAMES
from tui.view_incident import listed, short_id, title

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from agent.wire import PlaybookBrief
    from tui.view import Showing

Takes: TypeAlias = Literal["", "device", "incident", "playbook", "theme"]
_NAME_CELLS = 34
# Who may have what recorded; the agent decides in the end and says why not.
_ROLES = {
    "note": frozenset({"ward_leader", "ward_it", "region_dxc", "city_noc"}),
    "": frozenset({"ward_it", "region_dxc", "city_noc"}),
}


@dataclass(frozen=True, slots=True)
class Verb:
    """Something to do: its name in the catalogue, what it is done to, whether it is recorded."""

    name: str
    takes: Takes = ""
    writes: bool = False


VERBS: tuple[Verb, ...] = (
    Verb("why"),
    Verb("playbook", "playbook"),
    Verb("device", "device"),
    Verb("incident", "incident"),
    Verb("meeting"),
    Verb("machines"),
    Verb("call"),
    Verb("probe", "device", writes=True),
    Verb("ack", "incident", writes=True),
    Verb("note", "incident", writes=True),
    Verb("escalate", "incident", writes=True),
    Verb("hand_over", "incident", writes=True),
    Verb("cannot_fix", "incident", writes=True),
    Verb("close", "incident", writes=True),
    Verb("maintenance", "device", writes=True),
    Verb("lang"),
    Verb("theme", "theme"),
    Verb("unaccented"),
    Verb("ascii"),
    Verb("help"),
    Verb("quit"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line to choose: the verb, what it is done to (empty: not chosen yet), and as it is shown.

    `why_not` says why it cannot be done; empty when it can.
    """

    verb: Verb
    target: str
    shown: str
    about: str = ""
    why_not: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing to do it."""
        return not self.verb.takes or bool(self.target)


@dataclass(frozen=True, slots=True)
class Target:
    """What a verb can be done to: its id, how people call it, what more is known of it."""

    id: str
    name: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """Who sits there (None: not known yet), and the playbooks that the agent can conduct."""

    role: str | None = None
    playbooks: tuple[PlaybookBrief, ...] = ()


def names(verb: Verb) -> tuple[str, ...]:
    """All names of a verb, in both languages, its aliases too."""
    alias = f"screen.palette.alias.{verb.name}"
    said = [say(f"screen.palette.verb.{verb.name}", language) for language in LANGUAGES]
    more = [say(alias, language) for language in LANGUAGES] if has(alias) else []
    return (*said, *(one for text in more for one in text.split(", ")))


def entries(typed: str, desk: Desk, showing: Showing) -> list[Entry]:
    """What fits, the best first.

    `thiet bi sw` is the verb with what it is done to; a word that is no verb is looked for among
    the verbs, then among devices, incidents and playbooks by their own names.
    """
    split = _split(typed)
    if split is not None:
        verb, rest = split
        targets = found(rest, _targets(verb.takes, desk, showing), _called)
        return [_entry(verb, one, desk, showing) for one in targets]
    verbs = [_entry(one, None, desk, showing) for one in found(typed, VERBS, names)]
    return [*verbs, *(_direct(typed, desk, showing) if len(fold(typed)) > 1 else ())]


def _split(typed: str) -> tuple[Verb, str] | None:
    """The verb that is written out, and what follows it; None before it takes anything."""
    said = f"{fold(typed)}{' ' if typed.endswith(' ') else ''}"
    fitting = [
        (len(fold(name)), verb)
        for verb in VERBS
        if verb.takes
        for name in names(verb)
        if said.startswith(f"{fold(name)} ")
    ]
    if not fitting:
        return None
    size, verb = max(fitting, key=lambda one: one[0])
    return verb, said[size:].strip()


def _direct(typed: str, desk: Desk, showing: Showing) -> Iterator[Entry]:
    for name in ("device", "incident", "playbook"):
        verb = next(one for one in VERBS if one.name == name)
        for target in found(typed, _targets(verb.takes, desk, showing), _called):
            yield _entry(verb, target, desk, showing)


def _called(target: Target) -> Iterable[str]:
    return (target.id, target.name, target.about)


def _targets(takes: Takes, desk: Desk, showing: Showing) -> list[Target]:
    words, snapshot = showing.words, showing.snapshot
    if takes == "theme":
        return [Target(name, words.say(f"tui.theme.{name}"), name) for name in NAMES]
    if takes == "playbook":
        briefs = desk.playbooks or (snapshot.playbooks if snapshot else ())
        return [Target(one.id, one.id, words.of(one.title)) for one in briefs]
    if snapshot is None:
        return []
    if takes == "device":
        return [
            Target(one.name, called(one, showing), one.model or one.kind)
            for one in snapshot.devices
        ]
    incidents = listed(snapshot.incidents, "all")
    return [Target(one.id, short_id(one.id), title(one, showing)) for one in incidents]


def _entry(verb: Verb, target: Target | None, desk: Desk, showing: Showing) -> Entry:
    words = showing.words
    name = words.say(f"screen.palette.verb.{verb.name}")
    why_not = _why_not(verb, desk, showing)
    if target is not None:
        return Entry(verb, target.id, f"{name} {target.name}", target.about, why_not)
    takes = f" <{words.say(f'screen.palette.takes.{verb.takes}')}>" if verb.takes else ""
    about = words.say(f"screen.palette.verb.{verb.name}_long")
    return Entry(verb, "", f"{name}{takes}", about, why_not)


def _why_not(verb: Verb, desk: Desk, showing: Showing) -> str:
    """Why the agent would not do it for who sits there; empty when it may."""
    words = showing.words
    if not verb.writes:
        return ""
    if not showing.is_current:
        return words.say("screen.palette.silent")
    if desk.role is None or desk.role in _ROLES.get(verb.name, _ROLES[""]):
        return ""
    return words.say("screen.palette.role", role=desk.role)


def palette_lines(
    typed: str, shown: Sequence[Entry], cursor: int, rows: int, showing: Showing
) -> list[Line]:
    """The line that is written, and what fits it, around the cursor."""
    words = showing.words
    head = line(Span(" : ", "accent"), Span(typed, "strong"), Span(" ", "cursor"))
    if not shown:
        return [head, BLANK, line(Span(f"   {words.say('screen.palette.nothing')}", "dim"))]
    room = max(1, rows - 2)
    first = max(0, min(cursor - room // 2, len(shown) - room))
    fitting = [
        _line(one, place == cursor, showing)
        for place, one in enumerate(shown[first : first + room], start=first)
    ]
    return [head, BLANK, *fitting]


def _line(entry: Entry, here: bool, showing: Showing) -> Line:
    pointer = Span(f" {NOW} ", "accent") if here else Span("   ")
    name = pad(entry.shown, _NAME_CELLS)
    room = showing.columns - 4 - cells(name)
    if entry.why_not:
        return line(pointer, Span(name, "dim"), Span(f" {cut(entry.why_not, room)}", "dim"))
    tone: Literal["strong", "plain"] = "strong" if here else "plain"
    return line(pointer, Span(name, tone), Span(f" {cut(entry.about, room)}", "dim"))
