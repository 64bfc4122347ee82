"""Whether a machine is saved, and what people wrote of it. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from probes.vm.hygiene.rule import Rule, failed, passed, told_day, unknown

if TYPE_CHECKING:
    from probes.vm.finding import Facts, Moment, Verdict

_BACKUP = timedelta(hours=26)


def _backup(facts: Facts, day: Moment) -> Verdict:
    """The newest of what the hypervisor has and what was written; a written day counts whole."""
    guest, written = facts.guest, facts.care.backed_up if facts.care else None
    if written is not None and day.days_since(written) < 0:
        written = None
    seen = guest.backed_up_at if guest else None
    last = max(
        (at for at in (seen, min(day.end_of(written), day.now) if written else None) if at),
        default=None,
    )
    if last is None:
        is_left_out = guest is not None and guest.is_in_backup is False
        return failed("not_in_backup") if is_left_out else unknown("no_backup_known")
    at = told_day(written if written and last != seen else last.astimezone(day.now.tzinfo).date())
    return failed("backup", at=at) if day.now - last > _BACKUP else passed("backup", at=at)


def _restore(facts: Facts, day: Moment) -> Verdict:
    tested = facts.care.restore_tested if facts.care else None
    if tested is None or day.days_since(tested) < 0:
        return unknown("no_restore_known")
    days = day.days_since(tested)
    told: dict[str, object] = {"at": told_day(tested), "days": days}
    return failed("restore", **told) if days > 180 else passed("restore", **told)


def _hosting(facts: Facts, _day: Moment) -> Verdict:
    if not facts.is_listed:
        return failed("not_listed")
    hosting = facts.care.hosting if facts.care else None
    return passed("hosting", hosting=hosting) if hosting else failed("no_hosting")


RULES = (
    Rule("DC-04", "crit", _backup),
    Rule("DC-05", "warn", _restore),
    Rule("DC-20", "note", _hosting),
)
