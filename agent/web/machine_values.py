"""Values of machines with their source and age, as the API sends them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent import wire
from agent.machines.judging import SOURCES
from inventory.language import LANGUAGES
from inventory.text import one_line
from probes.describe import reason_text
from probes.vm.trend import Forecast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from agent.machines.guests import Lodged
    from agent.machines.look import Look
    from agent.view import AgentView
    from probes.model import Observation
    from probes.vm.status import Filesystem
    from probes.vm.trend import Trends


def gauge(one: Look, name: str, view: AgentView) -> wire.Gauge:
    """A value by its field's name: the first fresh source that knows it, else the first at all.

    The machine itself goes before its hypervisor.
    """
    known = list(_told(one, name))
    live = (found for found in known if _is_live(found[1], view))
    found = next(live, known[0] if known else None)
    return _gauge(*found, view) if found is not None else wire.Gauge()


def _told(one: Look, name: str) -> Iterator[tuple[float, Observation]]:
    for seen in _own(one):
        value = getattr(seen.reading.vm, name)
        if value is not None:
            yield float(value), seen
    value = getattr(one.lodged.guest, name) if one.lodged is not None else None
    if one.lodged is not None and value is not None:
        yield float(value), one.lodged.seen


def _own(one: Look) -> list[Observation]:
    """The machine's own words, in the order in which they count."""
    runs = one.asked.runs if one.asked is not None else ()
    told = {seen.probe: seen for seen in runs if seen.reading.vm is not None}
    return [told[source] for source in SOURCES if source in told]


def _gauge(value: float, seen: Observation, view: AgentView) -> wire.Gauge:
    is_host = seen.reading.estate is not None
    return wire.Gauge(
        value=value,
        source=seen.target.name if is_host else seen.probe,
        as_of=seen.started,
        age_s=round(view.mono - seen.mono, 3),
        fresh=_is_live(seen, view),
    )


def _is_live(seen: Observation, view: AgentView) -> bool:
    return seen.tells and view.mono - seen.mono <= seen.ttl_s


@dataclass(frozen=True, slots=True)
class Status:
    """The file systems that a machine told of, and the run in which it did."""

    filesystems: tuple[Filesystem, ...]
    seen: Observation | None
    view: AgentView

    def gauge(self, value: float) -> wire.Gauge:
        """A value of that run."""
        return _gauge(value, self.seen, self.view) if self.seen is not None else wire.Gauge()


def newest_status(one: Look, view: AgentView) -> Status:
    """The disks by the first fresh source that knows them, else the first at all."""
    known = [(seen.reading.vm.filesystems, seen) for seen in _own(one)
             if seen.reading.vm is not None and seen.reading.vm.filesystems]  # fmt: skip
    live = (found for found in known if _is_live(found[1], view))
    found = next(live, known[0] if known else None)
    return Status((), None, view) if found is None else Status(*found, view)


def forecast_of(trends: Trends | None, mount: str) -> wire.Forecast | None:
    """When a disk will be full, by its last week, else by its last month."""
    room = next((one for one in trends.rooms if one.name == mount), None) if trends else None
    told = [one for one in (room.week, room.month) if isinstance(one, Forecast)] if room else []
    if not told:
        return None
    first = told[0]
    return wire.Forecast(
        mount=mount, full_at=first.full_at, not_before=first.not_before,
        not_after=first.not_after, days=first.days,
    )  # fmt: skip


def guest_ref(lodged: Lodged | None, view: AgentView) -> wire.GuestRef | None:
    """The machine as its hypervisor knows it."""
    if lodged is None:
        return None
    guest, seen = lodged.guest, lodged.seen
    return wire.GuestRef(
        hypervisor=seen.target.name, id=guest.id, name=guest.name, kind=guest.kind,
        host=guest.host, as_of=seen.started, age_s=round(view.mono - seen.mono, 3),
        fresh=_is_live(seen, view),
    )  # fmt: skip


def not_read(failed: Iterable[Observation]) -> tuple[wire.NotRead, ...]:
    """Each question without a good answer, in words."""
    return tuple(
        wire.NotRead(
            probe=seen.probe,
            reason=seen.reason.value,
            partly=seen.is_partial,
            text=wire.Text.model_validate({
                language: one_line(
                    reason_text(seen.reason, seen.detail, seen.detail_values, language), 200
                )
                for language in LANGUAGES
            }),
        )
        for seen in failed
    )  # fmt: skip
