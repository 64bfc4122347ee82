"""`GET /api/v1/machines`: machines and hypervisors as they were judged and are seen now."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from agent import wire
from agent.machines.audit_words import advice_of, evidence_of
from agent.machines.quota import RESOURCES, size_of, takes_quota
from agent.web import query
from agent.web.answers import answer
from agent.web.api import DEFAULT_LIMIT, MOST, PAGING, asked_ward
from agent.web.machine_values import forecast_of, gauge, guest_ref, newest_status, not_read
from inventory.language import LANGUAGES, both
from probes.vm.hygiene.care import last_backup, last_restore_test
from probes.vm.hygiene.upkeep import end_of_support, system_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.responses import Response

    from agent.machines.judging import Audited
    from agent.machines.look import Look, WardLook
    from agent.view import AgentView, WardView
    from agent.web.access import Caller
    from agent.web.parts import Parts
    from inventory.machine import Acceptance
    from probes.vm.finding import Finding, Severity

_ORDER = ("crit", "warn", "note", None)


async def machines(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """Machines of one ward with all findings, or of all wards in parts with those that fail."""
    query.only(request, ("ward", *PAGING))
    view = parts.view()
    asked = asked_ward(request, view)
    wards = (asked,) if asked is not None else view.wards
    known = [(ward, look) for ward in wards if (look := _look(ward, view)) is not None]
    limit = query.whole(request, "limit", DEFAULT_LIMIT, 1, MOST)
    start = query.whole(request, "cursor", 0, 0, 10**9)
    is_brief = len(wards) > 1
    rows = sorted(
        ((ward, look, one) for ward, look in known for one in look.looks
         if one.audited.kind in ("machine", "stray")),
        key=lambda row: (_ORDER.index(worst_of(row[2].audited)), row[2].audited.name),
    )  # fmt: skip
    end = start + limit
    found = wire.Machines(
        machines=tuple(
            _machine(ward, look, one, view, is_brief=is_brief)
            for ward, look, one in rows[start:end]
        ),
        hypervisors=tuple(_hypervisors(known, view, is_brief=is_brief)) if start == 0 else (),
        storages=tuple(_storages(known, is_brief=is_brief)) if start == 0 else (),
        quotas=tuple(
            quota
            for ward, look in known
            if start == 0 and (quota := _quota(ward, look, is_brief=is_brief)) is not None
        ),
        judged=min((look.judgement.day.now for _, look in known), default=None),
        next=str(end) if end < len(rows) else None,
        seq=view.seq,
    )
    return answer(request, found)


def _look(ward: WardView, view: AgentView) -> WardLook | None:
    return view.machines.look(ward.unit.code) if view.machines is not None else None


def worst_of(one: Audited) -> Severity | None:
    """How bad the worst of its failures is that nobody accepted."""
    counted = (found.severity for found in one.findings if found.counts)
    return min(counted, key=_ORDER.index, default=None)


def _quota(ward: WardView, look: WardLook, *, is_brief: bool) -> wire.WardQuota | None:
    """The ward's own row; None where it has no quota and no history."""
    shares = look.judgement.shares
    whole = next((one.audited for one in look.looks if one.audited.kind == "ward"), None)
    if whole is None and not shares:
        return None
    trends = whole.facts.trends if whole is not None else None
    return wire.WardQuota(
        ward=ward.unit.code,
        shares=tuple(
            wire.QuotaShare(
                resource=one.resource,
                limit=one.limit,
                used=one.used,
                ratio=one.ratio,
                forecast=forecast_of(trends, one.resource),
            )
            for one in shares
        ),
        findings=_findings(whole.findings if whole is not None else (), is_brief=is_brief),
    )


def _machine(
    ward: WardView, look: WardLook, one: Look, view: AgentView, *, is_brief: bool
) -> wire.Machine:
    audited, day = one.audited, look.judgement.day
    ref = guest_ref(one.lodged, view)
    guest = one.lodged.guest if one.lodged is not None and ref is not None and ref.fresh else None
    device = ward.ward.device(audited.name) if audited.kind == "machine" else None
    care = device.machine if device is not None else None
    states = {to.target.name: to.state for to in ward.devices}
    status = newest_status(one, view)
    return wire.Machine(
        ward=ward.unit.code, name=audited.name, device=device.name if device else None,
        state=states.get(device.name, "unknown") if device else "unknown",
        hosting=care.hosting if care else None, guest=ref,
        power=(guest.power if guest else None) or "unknown",
        tools=(guest.tools if guest else None) or "unknown",
        cpu=gauge(one, "cpu_ratio", view), memory=gauge(one, "memory_used_ratio", view),
        uptime=gauge(one, "uptime_s", view),
        disks=tuple(
            wire.MachineDisk(
                mount=disk.mount, avail_bytes=disk.avail_bytes,
                used=status.gauge(1 - disk.avail_ratio),
                used_inodes_ratio=_rest(disk.avail_inodes_ratio),
                forecast=forecast_of(audited.facts.trends, disk.mount),
            )
            for disk in status.filesystems
        ),
        cpu_cores=guest.cpu_cores if guest else None,
        memory_bytes=guest.memory_bytes if guest else None,
        disk_bytes=guest.disk_bytes if guest else None,
        quota=_own_share(ward, look, one),
        snapshots=guest.snapshots if guest else None,
        oldest_snapshot=guest.oldest_snapshot_at if guest else None,
        backup=last_backup(audited.facts, day),
        is_in_backup=guest.is_in_backup if guest else None,
        restore_tested=last_restore_test(audited.facts, day),
        system=system_name(audited.facts.vm.release or "") or None,
        end_of_life=end_of_support(audited.facts, day),
        findings=_findings(audited.findings, is_brief=is_brief), worst=worst_of(audited),
        measured=audited.is_measured, not_read=not_read(one.failed),
    )  # fmt: skip


def _rest(ratio: float | None) -> float | None:
    return None if ratio is None else 1 - ratio


def _own_share(ward: WardView, look: WardLook, one: Look) -> dict[wire.Resource, float]:
    """What one machine takes of its ward's quota, by resource."""
    if not takes_quota(one.audited, ward.ward):
        return {}
    limits = {share.resource: share.limit for share in look.judgement.shares}
    size = size_of(one.audited.facts.guest)
    told = ((name, size[name]) for name in RESOURCES if name in limits)
    return {name: taken / limits[name] for name, taken in told if taken is not None}


def _hypervisors(
    known: Iterable[tuple[WardView, WardLook]], view: AgentView, *, is_brief: bool
) -> Iterable[wire.Hypervisor]:
    for ward, look in known:
        states = {one.target.name: one.state for one in ward.devices}
        for one in look.looks:
            if one.audited.kind == "hypervisor":
                yield _hypervisor(one, states.get(one.audited.name, "unknown"), view, is_brief)


def _hypervisor(one: Look, state: str, view: AgentView, is_brief: bool) -> wire.Hypervisor:
    audited = one.audited
    told = one.asked.told if one.asked is not None else None
    estate = told.reading.estate if told is not None else None
    return wire.Hypervisor.model_validate({
        "ward": audited.ward, "name": audited.name, "state": state,
        "as_of": told.started if told else None,
        "age_s": round(view.mono - told.mono, 3) if told else None,
        "fresh": told is not None and view.mono - told.mono <= told.ttl_s,
        "hosts": tuple(asdict(host) for host in estate.hosts) if estate else (),
        "stores": tuple(asdict(store) for store in estate.stores) if estate else (),
        "guests": len(estate.guests) if estate else None,
        "quorate": estate.quorate if estate else None,
        "findings": _findings(audited.findings, is_brief=is_brief), "worst": worst_of(audited),
        "measured": audited.is_measured, "not_read": not_read(one.failed),
    })  # fmt: skip


def _storages(
    known: Iterable[tuple[WardView, WardLook]], *, is_brief: bool
) -> Iterable[wire.Storage]:
    for ward, look in known:
        states = {one.target.name: one.state for one in ward.devices}
        for one in look.looks:
            if one.audited.kind == "storage":
                yield _storage(one, states.get(one.audited.name, "unknown"), is_brief=is_brief)


def _storage(one: Look, state: str, *, is_brief: bool) -> wire.Storage:
    audited = one.audited
    return wire.Storage.model_validate({
        "ward": audited.ward, "name": audited.name, "state": state,
        "stores": tuple(asdict(store) for store in audited.facts.stores or ()),
        "findings": _findings(audited.findings, is_brief=is_brief), "worst": worst_of(audited),
        "measured": audited.is_measured, "not_read": not_read(one.failed),
    })  # fmt: skip


def _findings(found: Iterable[Finding], *, is_brief: bool) -> tuple[wire.MachineFinding, ...]:
    return tuple(_finding(one) for one in found if not is_brief or one.result == "fail")


def _finding(one: Finding) -> wire.MachineFinding:
    is_failed = one.result == "fail"
    evidence = {language: evidence_of(one, language) for language in LANGUAGES}
    advice = {language: advice_of(one, language) for language in LANGUAGES} if is_failed else None
    return wire.MachineFinding(
        rule=one.rule, name=wire.Text.model_validate(both(f"vm_rule.name.{one.rule}")),
        severity=one.severity, result=one.result, counts=one.counts,
        evidence=wire.Text.model_validate(evidence),
        advice=wire.Text.model_validate(advice) if advice else None,
        playbook=one.playbook if is_failed else None,
        accepted=_accepted(one.accepted), lapsed=_accepted(one.lapsed),
    )  # fmt: skip


def _accepted(one: Acceptance | None) -> wire.Accepted | None:
    return wire.Accepted(until=one.until, reason=one.reason) if one is not None else None
