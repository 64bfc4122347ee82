"""What a screen draws at one moment, and the lines that every screen has. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.text import cells, cut
from tui.actions import on_screen
from tui.freshness import SKEW_SHOWN_S, Sight
from tui.legend import DEGRADED, DOWN, OK, UNKNOWN
from tui.lines import Line, Span, fit, line, spread, width
from tui.text import realm_stripe
from tui.view_size import COLUMNS, ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from agent.wire import Snapshot, WardRef
    from tui.actions import Action
    from tui.freshness import Link
    from tui.text import Words

WIDE = 120
_ALWAYS = frozenset({"help", "quit"})


@dataclass(frozen=True, slots=True)
class Showing:
    """All that a screen's lines are made of: what is known, when now is, how large, which words."""

    sight: Sight
    words: Words
    mono: float
    now: datetime
    columns: int = COLUMNS
    rows: int = ROWS
    theme: str = "dark"

    @property
    def snapshot(self) -> Snapshot | None:
        """What the agent said last."""
        return self.sight.snapshot

    @property
    def ward(self) -> WardRef | None:
        """The ward that is shown."""
        return self.sight.snapshot.ward if self.sight.snapshot else None

    @property
    def link(self) -> Link:
        """How the line to the agent is now."""
        return self.sight.link(self.mono)

    @property
    def is_current(self) -> bool:
        """Whether what is shown may be taken for the present; nothing else may be green."""
        return self.sight.snapshot is not None and self.link in {"live", "slow"}

    @property
    def is_too_small(self) -> bool:
        """Whether no screen fits."""
        return self.columns < COLUMNS or self.rows < ROWS

    @property
    def is_wide(self) -> bool:
        """Whether there is room for the large form."""
        return self.columns >= WIDE

    def age_s(self, data_age_s: float | None) -> float | None:
        """An age that the snapshot gave, as of now."""
        since = self.sight.age_s(self.mono)
        return None if data_age_s is None or since is None else data_age_s + since

    def lasted(self, since: datetime | None) -> str:
        """How long something lasts by now, or by the snapshot when that is old; empty if unknown.

        Both moments are the agent's clock, so a wrong clock here does not matter.
        """
        if since is None or self.snapshot is None:
            return ""
        seconds = (self.snapshot.ts - since).total_seconds()
        if self.is_current:
            seconds += self.sight.age_s(self.mono) or 0.0
        return self.words.lasted(seconds)


def status_line(showing: Showing, crumbs: tuple[str, ...] = ()) -> Line:
    """The first line: place, agent and its age, clock skew, language, theme, time."""
    words = showing.words
    place = words.place(showing.ward) if showing.ward else words.say("tui.bar.product")
    left = line(Span(place, "strong"), *(Span(f" › {crumb}") for crumb in crumbs))
    right = line(
        Span(words.say("tui.bar.language"), "dim"), " ",
        Span(words.say(f"tui.theme.{showing.theme}"), "dim"), "  ",
        Span(f"{words.weekday(showing.now)} {words.time(showing.now)}"),
    )  # fmt: skip
    for part in (_agent(showing), *_further(showing)):
        more = (*left, Span(" │ ", "dim"), *part)
        if width(more) + 1 + width(right) <= showing.columns or left[-1].text == place:
            left = more
    return spread(left, right, showing.columns)


def _further(showing: Showing) -> Iterator[Line]:
    """What the first line says when there is room."""
    words = showing.words
    if abs(showing.sight.skew_s) > SKEW_SHOWN_S:
        off = words.lasted(abs(showing.sight.skew_s))
        yield line(Span(words.say("tui.bar.skew", skew=off), "degraded"))


def _agent(showing: Showing) -> Line:
    words, sight = showing.words, showing.sight
    silence_s = sight.silence_s(showing.mono)
    age = words.lasted(silence_s) if silence_s is not None else ""
    match showing.link:
        case "live":
            return line(words.say("tui.bar.agent"), Span(f" {OK.glyph}", OK.tone), f" {age}")
        case "slow":
            slow = words.say("tui.bar.slow", age=age)
            return line(words.say("tui.bar.agent"), Span(f" {DEGRADED.glyph} {slow}", "degraded"))
        case "connecting":
            said = words.say("tui.bar.connecting")
            return line(words.say("tui.bar.agent"), Span(f" {UNKNOWN.glyph} {said}", "unknown"))
        case _:
            said = words.say("tui.bar.lost", age=age).strip()
            retry = _retry(showing)
            return line(
                words.say("tui.bar.agent"), Span(f" {DOWN.glyph} {said}", "alarm"),
                Span(f" {retry}", "plain") if retry else "",
            )  # fmt: skip


def _retry(showing: Showing) -> str:
    if showing.sight.retry_at is None:
        return ""
    left_s = max(0, int(showing.sight.retry_at - showing.mono + 0.999))
    return showing.words.say("tui.bar.retry", n=left_s)


def stripe_line(showing: Showing) -> Line | None:
    """The line below: that this is no real ward, which nothing removes; that the data is old.

    While the data is current, what hinders the agent itself stands there.
    """
    words, snapshot = showing.words, showing.snapshot
    if snapshot is None:
        return None
    realm = realm_text(showing)
    if showing.is_current:
        said = _trouble_text(showing, snapshot) if snapshot.troubles else realm
    else:
        key = "copy" if showing.link == "connecting" else "lost_short" if realm else "lost"
        old = words.say(f"tui.stale.{key}", at=words.time(snapshot.ts))
        said = f"{realm}▒▒ {old} "
    if not said:
        return None
    rest = ("▒" if not showing.is_current else "▓") * (showing.columns - cells(said))
    return (Span(cut(said + rest, showing.columns), "banner"),)


def _trouble_text(showing: Showing, snapshot: Snapshot) -> str:
    """The worst of the agent's troubles behind the realm, and how many more there are."""
    first, *others = snapshot.troubles
    mark = realm_stripe(snapshot.realm, showing.words) or "▓▓ "
    more = f" (+{len(others)}) " if others else " "
    room = showing.columns - cells(mark) - cells(more)
    return f"{mark}{cut(showing.words.of(first.text), room)}{more}"


def realm_text(showing: Showing) -> str:
    """`▓▓ DRILL ▓▓ DR-NET-02 …` or that all of it is simulated; nothing for a real ward."""
    words, snapshot = showing.words, showing.snapshot
    if snapshot is None:
        return ""
    said = realm_stripe(snapshot.realm, words)
    if not said:
        return ""
    if snapshot.drill is None or not showing.is_current:
        return said
    room = showing.columns - cells(said) - 1
    return f"{said}{cut(f'{snapshot.drill.id} {words.of(snapshot.drill.title)}', room)} "


def keys_line(showing: Showing, screen: str) -> Line:
    """The footer: as many keys as there is room for; help and quit always, at its end."""
    shown = [a for a in on_screen(screen) if a.footer and (showing.is_wide or not a.is_wide)]
    ends = [_key(showing, action) for action in shown if action.name in _ALWAYS]
    room = showing.columns - sum(map(width, ends)) + 2
    spans: Line = ()
    for action in shown:
        more = _key(showing, action)
        if action.name not in _ALWAYS and width(spans) + width(more) <= room:
            spans = (*spans, *more)
    *most, last = (*spans, *(span for end in ends for span in end))
    return fit((*most, Span(last.text.rstrip(), last.tone)), showing.columns)


def _key(showing: Showing, action: Action) -> Line:
    return line(Span(action.shown, "accent"), f" {showing.words.say(action.label)}  ")
