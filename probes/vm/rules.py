"""Rules of hygiene for machines: facts of one machine become findings. Pure.

A rule without data is unknown, never passed. What is looked at comes from inside alone: whether a
port is reachable from elsewhere is not seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from inventory.text import one_line
from probes.vm.finding import NOTHING_SAID, Facts, Finding, Moment, Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime

    from inventory.machine import Acceptance, RuleId
    from probes.vm.end_of_life import EndTable

_ORDER = ("crit", "warn", "note")
_SHOWN = 4  # things that one evidence names
_DAY_S = 86_400.0
_BACKUP = timedelta(hours=26)
_WEAK = frozenset({("permitrootlogin", "yes"), ("passwordauthentication", "yes")})
_LOOPBACK = ("127.", "::1")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its id, how bad a plain failure is, and what judges it."""

    id: RuleId
    severity: Severity
    judge: Callable[[Facts, Moment], Verdict]


def judge_machine(
    facts: Facts, accepted: tuple[Acceptance, ...], now: datetime, ends: EndTable
) -> tuple[Finding, ...]:
    """Every rule on one machine, worst first; `now` is in the zone whose days the dates mean."""
    return _judged(MACHINE_RULES, facts, accepted, Moment(now, ends))


def judge_stores(
    facts: Facts, accepted: tuple[Acceptance, ...], now: datetime, ends: EndTable
) -> tuple[Finding, ...]:
    """The rules on a hypervisor's stores, likewise."""
    return _judged(STORE_RULES, facts, accepted, Moment(now, ends))


def _judged(
    rules: tuple[Rule, ...], facts: Facts, accepted: tuple[Acceptance, ...], day: Moment
) -> tuple[Finding, ...]:
    found = (_finding(rule, rule.judge(facts, day), accepted, day.today) for rule in rules)
    return tuple(sorted(found, key=_rank))


def _finding(
    rule: Rule, verdict: Verdict, accepted: tuple[Acceptance, ...], today: date
) -> Finding:
    found = Finding(
        rule.id, verdict.severity or rule.severity, verdict.result, f"vm_rule.said.{verdict.said}",
        verdict.values, also=verdict.also,
    )  # fmt: skip
    written = [one for one in accepted if one.rule == rule.id]
    if found.result != "fail" or not written:
        return found
    last = max(written, key=lambda one: one.until)
    return replace(found, accepted=last) if last.until >= today else replace(found, lapsed=last)


def _rank(finding: Finding) -> tuple[int, int, str]:
    place = {"fail": 0, "unknown": 2, "pass": 3}[finding.result]
    severity = _ORDER.index(finding.severity) if finding.result == "fail" else 0
    return (1 if finding.accepted else place, severity, finding.rule)


def _pass(said: str, **values: object) -> Verdict:
    return Verdict("pass", said, tuple(values.items()))


def _unknown(said: str, **values: object) -> Verdict:
    return Verdict("unknown", said, tuple(values.items()))


def _fail(said: str, **values: object) -> Verdict:
    return Verdict("fail", said, tuple(values.items()))


def _fail_or_crit(is_crit: bool, said: str, /, **values: object) -> Verdict:
    """A failure that is critical from a second limit on."""
    return Verdict("fail", said, tuple(values.items()), "crit" if is_crit else None)


def _some(words: Iterable[str]) -> str:
    """The first few, and how many more there are."""
    every = [one_line(word, 30) for word in words]
    more = f" +{len(every) - _SHOWN}" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more


def _dm(day: date) -> str:
    return f"{day:%d/%m/%Y}"


# ---- what the hypervisor says ----


def _off(facts: Facts, day: Moment) -> Verdict:
    power = facts.guest.power if facts.guest else None
    if power == "on" or (power is None and facts.vm != NOTHING_SAID):
        return _pass("on")
    since = facts.care.off_since if facts.care else None
    if power is None:
        return _unknown("no_power")
    if since is None or day.days_since(since) < 0:
        return _unknown("off_unknown")
    days = day.days_since(since)
    return _fail("off", days=days) if days > 30 else _pass("off", days=days)


def _snapshots(facts: Facts, day: Moment) -> Verdict:
    count = facts.guest.snapshots if facts.guest else None
    if facts.guest is None or count is None:
        return _unknown("no_snapshots_known")
    if count == 0:
        return _pass("no_snapshot")
    oldest = facts.guest.oldest_snapshot_at
    if oldest is None:
        return _fail("many_snapshots", count=count) if count > 2 else _unknown("undated_snapshots")
    days = (day.now - oldest) / timedelta(days=1)
    told: dict[str, object] = {"count": count, "days": max(0, int(days))}
    if days > 14:
        return _fail_or_crit(True, "snapshots", **told)
    return _fail("snapshots", **told) if days > 3 or count > 2 else _pass("snapshots", **told)


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
        return _fail("not_in_backup") if is_left_out else _unknown("no_backup_known")
    at = _dm(written if written and last != seen else last.astimezone(day.now.tzinfo).date())
    return _fail("backup", at=at) if day.now - last > _BACKUP else _pass("backup", at=at)


def _restore(facts: Facts, day: Moment) -> Verdict:
    tested = facts.care.restore_tested if facts.care else None
    if tested is None or day.days_since(tested) < 0:
        return _unknown("no_restore_known")
    days = day.days_since(tested)
    told: dict[str, object] = {"at": _dm(tested), "days": days}
    return _fail("restore", **told) if days > 180 else _pass("restore", **told)


def _tools(facts: Facts, _day: Moment) -> Verdict:
    tools = facts.guest.tools if facts.guest else None
    if tools is None:
        return _unknown("no_tools_known")
    return _pass("tools_running") if tools == "running" else _fail(f"tools_{tools}")


# ---- what the machine says of itself ----


def _system(facts: Facts, day: Moment) -> Verdict:
    release = facts.vm.release
    if release is None:
        return _unknown("no_release")
    named = one_line(release, 30)
    end = day.ends.end_of(release)
    if end is None:
        return _unknown("release_not_listed", release=named)
    told: dict[str, object] = {"release": named, "end": _dm(end)}
    verdict = _fail("ended", **told) if day.today > end else _pass("supported", **told)
    if not day.ends.is_old(day.today):
        return verdict
    return replace(verdict, also=("vm_rule.old_table", (("as_of", _dm(day.ends.as_of)),)))


def _updates(facts: Facts, _day: Moment) -> Verdict:
    """How long updates have waited is not seen; a restart has waited no longer than the uptime."""
    count, restart = facts.vm.pending_security_updates, facts.vm.reboot_required
    if count:
        return _fail("updates", count=count)
    if restart:
        days = int((facts.vm.uptime_s or 0) / _DAY_S)
        if facts.vm.uptime_s is None:
            return _fail("restart_unknown")
        if days > 14:
            return _fail("restart", days=days)
    if count is None or restart is None:
        return _unknown("no_updates_known" if count is None else "no_restart_known")
    return _pass("restart_soon" if restart else "up_to_date")


def _ports(facts: Facts, _day: Moment) -> Verdict:
    if facts.vm.listening is None:
        return _unknown("no_ports_known")
    if facts.care is None or facts.care.allow_ports is None:
        return _unknown("no_allowed_ports")
    waits = (one for one in facts.vm.listening if not one.address.startswith(_LOOPBACK))
    seen = dict.fromkeys(f"{one.protocol}/{one.port}" for one in waits)
    beyond = [port for port in seen if port not in facts.care.allow_ports]
    return _fail("ports", ports=_some(beyond)) if beyond else _pass("ports_allowed")


def _sshd(facts: Facts, _day: Moment) -> Verdict:
    if facts.vm.sshd is None:
        return _unknown("no_sshd_known")
    weak = list(_weak_settings(facts.vm.sshd))
    return _fail("sshd", settings=_some(weak)) if weak else _pass("sshd_good")


def _weak_settings(settings: tuple[tuple[str, str], ...]) -> Iterable[str]:
    """Settings as sshd -T tells them that are weak.

    Key exchange after RFC 9142, arcfour after RFC 8758; CBC since it lets text be recovered
    (US-CERT VU#958563), HMAC-MD5 after RFC 6151.
    """
    for name, told in settings:
        tries = int(told) if name == "maxauthtries" and told.isdecimal() else 0
        if (name, told) in _WEAK or tries > 6:
            yield f"{name} {told}"
        elif name in {"kexalgorithms", "ciphers", "macs"}:
            yield from (one for one in told.split(",") if _is_weak(one))


def _is_weak(algorithm: str) -> bool:
    plain = algorithm.partition("@")[0]
    return (
        plain in {"diffie-hellman-group1-sha1", "diffie-hellman-group-exchange-sha1"}
        or plain.endswith("-cbc")
        or plain.startswith(("arcfour", "hmac-md5"))
    )


def _disks(facts: Facts, _day: Moment) -> Verdict:
    if not facts.vm.filesystems:
        return _unknown("no_disks_known")
    shares = {
        f"{disk.mount}{mark}": 1 - left
        for disk in facts.vm.filesystems
        for mark, left in (("", disk.avail_ratio), (" (inode)", disk.avail_inodes_ratio))
        if left is not None
    }
    full = sorted((one for one in shares if shares[one] > 0.85), key=lambda one: -shares[one])
    if not full:
        fullest = max(shares, key=lambda one: shares[one])
        return _pass("disks", disks=f"{one_line(fullest, 30)} {_percent(shares[fullest])}")
    told = _some(f"{one_line(one, 24)} {_percent(shares[one])}" for one in full)
    return _fail_or_crit(shares[full[0]] > 0.95, "disks", disks=told)


def _percent(share: float) -> str:
    return f"{int(share * 100)} %"


def _clock(facts: Facts, _day: Moment) -> Verdict:
    offset, synced = facts.vm.time_offset_s, facts.vm.clock_synced
    if offset is not None and abs(offset) > 1:
        told = max(-999_999, min(999_999, round(offset)))
        return _fail_or_crit(abs(offset) > 60, "clock", seconds=f"{told:+d}")
    if synced is False:
        return _fail("clock_free")
    return _unknown("no_clock_known") if offset is None else _pass("clock_good")


def _units(facts: Facts, _day: Moment) -> Verdict:
    count = facts.vm.failed_units
    if count is None:
        return _unknown("no_units_known")
    return _fail("units", count=count) if count else _pass("units_good")


# ---- what people wrote, and stores ----


def _hosting(facts: Facts, _day: Moment) -> Verdict:
    if not facts.is_listed:
        return _fail("not_listed")
    hosting = facts.care.hosting if facts.care else None
    return _pass("hosting", hosting=hosting) if hosting else _fail("no_hosting")


def _stores(facts: Facts, _day: Moment) -> Verdict:
    if not facts.stores:
        return _unknown("no_stores_known")
    by_room = sorted(facts.stores, key=lambda store: store.free_ratio)
    low = [store for store in by_room if store.free_ratio < 0.15]
    told = _some(f"{store.name} {_percent(store.free_ratio)}" for store in low or by_room[:1])
    if not low:
        return _pass("stores", stores=told)
    return _fail_or_crit(low[0].free_ratio < 0.05, "stores", stores=told)


MACHINE_RULES = (
    Rule("DC-01", "note", _off),
    Rule("DC-03", "warn", _snapshots),
    Rule("DC-04", "crit", _backup),
    Rule("DC-05", "warn", _restore),
    Rule("DC-06", "note", _tools),
    Rule("DC-07", "warn", _system),
    Rule("DC-08", "warn", _updates),
    Rule("DC-09", "warn", _ports),
    Rule("DC-10", "warn", _sshd),
    Rule("DC-12", "warn", _disks),
    Rule("DC-14", "warn", _clock),
    Rule("DC-15", "warn", _units),
    Rule("DC-20", "note", _hosting),
)
STORE_RULES = (Rule("DC-18", "warn", _stores),)
