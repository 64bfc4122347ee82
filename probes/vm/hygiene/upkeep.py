"""Whether a machine's system is kept up: its age, updates, clock and services. Pure."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from inventory.text import one_line
from probes.vm.hygiene.rule import Rule, failed, failed_or_crit, passed, told_day, unknown

if TYPE_CHECKING:
    from datetime import date

    from probes.vm.finding import Facts, Moment, Verdict

_DAY_S = 86_400.0
# ID of os-release(5), where a capital letter alone is not the name.
_MAKERS = MappingProxyType({
    "almalinux": "AlmaLinux", "centos": "CentOS", "freebsd": "FreeBSD", "ol": "Oracle Linux",
    "opensuse-leap": "openSUSE Leap", "rhel": "RHEL", "rocky": "Rocky Linux", "sles": "SLES",
})  # fmt: skip


def end_of_support(facts: Facts, day: Moment) -> date | None:
    """Until when its system gets security updates: by the table, else by its own word."""
    listed = day.ends.end_of(facts.vm.release) if facts.vm.release is not None else None
    return facts.vm.release_ends if listed is None else listed


def _system(facts: Facts, day: Moment) -> Verdict:
    release = facts.vm.release
    if release is None:
        return unknown("no_release")
    named = system_name(one_line(release, 30))
    is_told = day.ends.end_of(release) is None
    end = end_of_support(facts, day)
    if end is None:
        return unknown("release_not_listed", release=named)
    told: dict[str, object] = {"release": named, "end": told_day(end)}
    verdict = failed("ended", **told) if day.today > end else passed("supported", **told)
    if is_told or not day.ends.is_old(day.today):
        return verdict
    return replace(verdict, also=("vm_rule.old_table", (("as_of", told_day(day.ends.as_of)),)))


def system_name(release: str) -> str:
    """A release (`debian 12`) as people write it (`Debian 12`)."""
    maker, _, rest = release.partition(" ")
    named = _MAKERS.get(maker, maker[:1].upper() + maker[1:])
    return f"{named} {rest[:1].upper()}{rest[1:]}".rstrip()


def _updates(facts: Facts, _day: Moment) -> Verdict:
    """How long updates have waited is not seen; a restart has waited no longer than the uptime."""
    count, restart = facts.vm.pending_security_updates, facts.vm.reboot_required
    if count:
        return failed("updates", count=count)
    if restart:
        days = int((facts.vm.uptime_s or 0) / _DAY_S)
        if facts.vm.uptime_s is None:
            return failed("restart_unknown")
        if days > 14:
            return failed("restart", days=days)
    if count is None or restart is None:
        return unknown("no_updates_known" if count is None else "no_restart_known")
    return passed("restart_soon" if restart else "up_to_date")


def _clock(facts: Facts, _day: Moment) -> Verdict:
    offset, synced = facts.vm.time_offset_s, facts.vm.clock_synced
    if offset is not None and abs(offset) > 1:
        told = max(-999_999, min(999_999, round(offset)))
        return failed_or_crit(abs(offset) > 60, "clock", seconds=f"{told:+d}")
    if synced is False:
        return failed("clock_free")
    return unknown("no_clock_known") if offset is None else passed("clock_good")


def _units(facts: Facts, _day: Moment) -> Verdict:
    count = facts.vm.failed_units
    if count is None:
        return unknown("no_units_known")
    return failed("units", count=count) if count else passed("units_good")


RULES = (
    Rule("DC-07", "warn", _system),
    Rule("DC-08", "warn", _updates),
    Rule("DC-14", "warn", _clock),
    Rule("DC-15", "warn", _units),
)
