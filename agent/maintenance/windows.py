"""The announced windows of one agent: kept in the journal, laid out daily, looked up at no cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.incidents.record import Event
from agent.journal.rows import Kept
from agent.maintenance.model import (
    Covered,
    WeeklyRule,
    Window,
    checked,
    covered,
    ended_early,
    laid_out,
)
from inventory.errors import ActionRefused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from agent.journal.store import Store

_PREFIX = "BT-"


class Windows:
    """All windows and weekly rules; every change is in the journal before it holds."""

    def __init__(self, store: Store, now: datetime) -> None:
        self._store = store
        self._windows: dict[str, Window] = {}
        self._rules: dict[str, WeeklyRule] = {}
        self._laid_out: date | None = None
        self._open: frozenset[str] = frozenset()
        for kept in store.kept("maintenance"):
            self._take(kept.data)
        self._lay_out(now)

    def upcoming(self, now: datetime) -> tuple[Window, ...]:
        """Windows that are open or to come, the earliest first; none that was called off."""
        found = (one for one in self._windows.values() if one.until > max(now, one.start))
        return tuple(sorted(found, key=lambda one: (one.start, one.id)))

    def rules(self) -> tuple[WeeklyRule, ...]:
        """Weekly rules in force."""
        return tuple(one for one in self._rules.values() if one.ended is None)

    def covered(self, ward: str, now: datetime) -> Covered:
        """What is covered in that ward now."""
        return covered((self._windows[name] for name in self._open), ward, now)

    def turn(self, now: datetime) -> tuple[tuple[Window, ...], tuple[Window, ...]]:
        """Let time pass: the windows that opened since the last turn, and those that closed."""
        self._lay_out(now)
        now_open = frozenset(name for name, one in self._windows.items() if one.is_open(now))
        opened, closed = now_open - self._open, self._open - now_open
        self._open = now_open
        return self._named(opened), self._named(closed)

    def announce(self, window: Window, role: str) -> Window:
        """Take a new window in under the next number. Raises ActionRefused, StoreError."""
        numbered = checked(window, role).model_copy(update={"id": self._next_id()})
        self._write(numbered, "maintenance.announced", numbered.announced_at)
        return numbered

    def announce_weekly(self, rule: WeeklyRule) -> WeeklyRule:
        """Take a weekly rule in; its windows are laid out at once. Raises StoreError."""
        if not rule.reason.strip():
            raise ActionRefused("maintenance.no_reason")
        numbered = rule.model_copy(update={"id": self._next_id()})
        self._write(numbered, "maintenance.announced", numbered.announced_at)
        self._laid_out = None
        self._lay_out(numbered.announced_at)
        return numbered

    def end(self, name: str, now: datetime, actor: str) -> Window | WeeklyRule:
        """End a window, or a weekly rule with all of its windows. Raises ActionRefused."""
        rule = self._rules.get(name)
        if rule is not None and rule.ended is None:
            ended = rule.model_copy(update={"ended": now})
            self._write(ended, "maintenance.ended", now, actor)
            for one in [one for one in self._windows.values() if one.rule == name]:
                if one.until > now:
                    self._windows[one.id] = ended_early(one, now)
            return ended
        window = self._windows.get(name)
        if window is None:
            raise ActionRefused("maintenance.unknown", id=name)
        early = ended_early(window, now)
        self._write(early, "maintenance.ended", now, actor)
        return early

    def _take(self, data: Mapping[str, object]) -> None:
        if "days" in data:
            rule = WeeklyRule.model_validate(data)
            self._rules[rule.id] = rule
        else:
            window = Window.model_validate(data)
            self._windows[window.id] = window

    def _lay_out(self, now: datetime) -> None:
        """Once a day: the windows of every weekly rule for two weeks; one ended early stays so."""
        if self._laid_out == now.date():
            return
        self._laid_out = now.date()
        for rule in self._rules.values():
            for window in laid_out(rule, now):
                self._windows.setdefault(window.id, window)

    def _write(
        self, record: Window | WeeklyRule, kind: str, at: datetime, actor: str | None = None
    ) -> None:
        data = record.model_dump(mode="json")
        kept = Kept(record.id, record.ward, record.device, at, data)
        said = {**data, "actor": actor or record.actor}
        event = Event(kind, at, record.ward, record.id, record.device, said)
        self._store.keep("maintenance", [kept], event)
        self._take(data)

    def _next_id(self) -> str:
        names = [*self._windows, *self._rules]
        taken = [int(name.removeprefix(_PREFIX).partition("/")[0]) for name in names]
        return f"{_PREFIX}{max(taken, default=0) + 1:04d}"

    def _named(self, names: frozenset[str]) -> tuple[Window, ...]:
        return tuple(self._windows[name] for name in sorted(names))
