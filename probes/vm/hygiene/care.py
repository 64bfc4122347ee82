"""Whether a machine is saved, and what people wrote of it. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from inventory.language import both
from probes.vm.hygiene.rule import Rule, failed, passed, sentence, to_come, told_day, unknown

if TYPE_CHECKING:
    from datetime import date, datetime

    from probes.vm.finding import Facts, Moment, Verdict

_BACKUP = timedelta(hours=26)


def last_backup(facts: Facts, day: Moment) -> datetime | None:
    """The newest of what the hypervisor has and what was written; a written day counts whole."""
    written = _written(facts, day)
    seen = facts.guest.backed_up_at if facts.guest else None
    known = (seen, min(day.end_of(written), day.now) if written else None)
    return max((at for at in known if at is not None), default=None)


def _written(facts: Facts, day: Moment) -> date | None:
    """The day of the last backup as written; one that is to come proves nothing."""
    written = facts.care.backed_up if facts.care else None
    return written if written is not None and day.days_since(written) >= 0 else None


def last_restore_test(facts: Facts, day: Moment) -> date | None:
    """When a backup was last restored to try it, as written."""
    tested = facts.care.restore_tested if facts.care else None
    return tested if tested is not None and day.days_since(tested) >= 0 else None


def _backup(facts: Facts, day: Moment) -> Verdict:
    told = _saved(facts, day)
    ahead = to_come(facts.care.backed_up, day) if facts.care is not None else None
    if ahead is None:
        return told
    return ahead if told.result == "unknown" else replace(told, also=sentence(ahead))


def _saved(facts: Facts, day: Moment) -> Verdict:
    guest, written, last = facts.guest, _written(facts, day), last_backup(facts, day)
    if last is None:
        is_left_out = guest is not None and guest.is_in_backup is False
        return failed("not_in_backup") if is_left_out else unknown("no_backup_known")
    seen = guest.backed_up_at if guest else None
    at = told_day(written if written and last != seen else last.astimezone(day.now.tzinfo).date())
    return failed("backup", at=at) if day.now - last > _BACKUP else passed("backup", at=at)


def _restore(facts: Facts, day: Moment) -> Verdict:
    tested = last_restore_test(facts, day)
    if tested is None:
        ahead = to_come(facts.care.restore_tested, day) if facts.care is not None else None
        return ahead or unknown("no_restore_known")
    days = day.days_since(tested)
    told: dict[str, object] = {"at": told_day(tested), "days": days}
    return failed("restore", **told) if days > 180 else passed("restore", **told)


def _hosting(facts: Facts, _day: Moment) -> Verdict:
    if not facts.is_listed:
        return failed("not_listed")
    hosting = facts.care.hosting if facts.care else None
    if hosting is None:
        return failed("no_hosting")
    return passed("hosting", hosting=both(f"vm_rule.hosting.{hosting}"))


RULES = (
    Rule("DC-04", "crit", _backup, "PB-SEC-07"),
    Rule("DC-05", "warn", _restore, "PB-SEC-07"),
    Rule("DC-20", "note", _hosting),
)
