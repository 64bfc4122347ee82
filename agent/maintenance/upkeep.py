"""Carries announced windows out: what is covered calls nobody, what comes out is asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from agent.arguments import end_of, moment_of
from agent.incidents.record import Event
from agent.maintenance.model import Covered, WeeklyRule, Window
from inventory.errors import ActionRefused, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from agent.engine import Engine
    from agent.maintenance.windows import Windows
    from agent.ward_case import WardCase
    from agent.wire import Command
    from probes.clock import Clock

# The local token is the only identity so far and carries the ward's own role.
MAY_ANNOUNCE = frozenset({"ward_it", "region_dxc", "city_noc"})


class Upkeep:
    """Turns the windows with time and takes the two verbs; see the module's first line."""

    def __init__(
        self, windows: Windows, engine: Engine, clock: Clock, changed: Callable[[], None]
    ) -> None:
        """`changed` is told when a window was announced or ended by a person."""
        self.windows = windows
        self._changed = changed
        self._engine = engine
        self._clock = clock

    def turn(self) -> None:
        """Open and close what is due; called every second."""
        now = self._clock.now()
        opened, closed = self.windows.turn(now)
        for kind, several in (("maintenance.opened", opened), ("maintenance.closed", closed)):
            for one in several:
                data = {"id": one.id, "until": one.until.isoformat()}
                self._engine.note(Event(kind, now, one.ward, one.id, one.device, data))
        for ward in {one.ward for one in (*opened, *closed)}:
            if ward in self._engine.cases:
                self._cover(self._engine.cases[ward], now)

    def announce(self, command: Command, actor: str, role: str) -> dict[str, object]:
        """`maintenance_set`: a window by `start` and `end` or `minutes`, or a `weekly` rule.

        Raises ActionRefused, InputError.
        """
        self._refuse_role(role)
        case, device = self._object(command)
        now, ward = self._clock.now(), case.watch.ward.ward
        common = {
            "id": "", "ward": ward, "device": device, "reason": (command.reason or "").strip(),
            "actor": actor, "announced_at": now,
        }  # fmt: skip
        if "weekly" in command.args:
            rule = self.windows.announce_weekly(_rule(command.args["weekly"], common))
            return {"window": rule.id, "weekly": True}
        start = moment_of(command.args, "start") or now
        window = Window.model_validate({**common, "start": start, "end": end_of(command, start)})
        numbered = self.windows.announce(window, role)
        self.turn()
        self._changed()
        return {"window": numbered.id, "end": numbered.end.isoformat()}

    def end(self, command: Command, actor: str, role: str) -> dict[str, object]:
        """`maintenance_end`: a window, or a weekly rule, by its number. Raises ActionRefused."""
        self._refuse_role(role)
        name = command.args.get("window")
        if not isinstance(name, str) or not name.strip():
            raise InputError("api.missing_argument", verb=command.verb, name="window")
        ended = self.windows.end(name.strip(), self._clock.now(), actor)
        self.turn()
        self._changed()
        return {"window": ended.id}

    def _cover(self, case: WardCase, now: datetime) -> None:
        """Tell the ward what is covered; what no longer is counts anew and is asked at once."""
        watch = case.watch
        after = self.windows.covered(watch.ward.ward, now)
        behind = (child for name in after.names for child in watch.topology.descendants(name))
        released = watch.cover(
            Covered(whole=after.whole, names=after.names.union(behind)),
            now, self._clock.monotonic(),
        )  # fmt: skip
        for name in released:
            self._engine.asking.everything(watch.ward.ward, name)
        self._engine.judge_ward(case, now)

    def _refuse_role(self, role: str) -> None:
        if role not in MAY_ANNOUNCE:
            raise ActionRefused("maintenance.role", role=role)

    def _object(self, command: Command) -> tuple[WardCase, str | None]:
        """The ward of a command, and the object in it when one is named."""
        code, name = command.args.get("ward"), command.args.get("device")
        cases = self._engine.cases
        if code is None and len(cases) == 1:
            code = next(iter(cases))
        if code not in cases:
            raise InputError("api.missing_argument", verb=command.verb, name="ward")
        case = cases[str(code)]
        if name is not None and name not in case.watch.targets:
            raise ActionRefused("api.no_such_device", device=str(name))
        return case, None if name is None else str(name)


def _rule(asked: object, common: Mapping[str, object]) -> WeeklyRule:
    try:
        return WeeklyRule.model_validate({**common, **(asked if isinstance(asked, dict) else {})})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError("maintenance.rule", problem=f"{where}: {first['msg']}") from error
