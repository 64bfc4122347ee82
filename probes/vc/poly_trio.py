"""Reads a Poly Trio conference telephone by the REST API of UC Software (Basic credentials).

Source: Polycom UC Software REST API reference 5.x to 7.x. Every answer is `{"data", "Status"}`;
`2000` means that it went well. Labels, addresses and who is called are never read.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from probes.errors import (
    Busy,
    Forbidden,
    NotConfigured,
    ProbeError,
    ProtocolBroken,
    TimedOut,
    Unsupported,
)
from probes.model import Identity, Probe, Reading, Sample
from probes.snmp.sensor_metrics import CPU_RATIO
from probes.transports.device_api import base_of
from probes.transports.json_tree import as_dict, as_dicts, first, json_of, number_of, text_of
from probes.transports.login import login_of
from probes.transports.status import check_status
from probes.vc.model import METRICS, samples_of
from probes.vc.poly_read import version_of
from probes.vc.status import VcStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.model import ProbeContext, Target
    from probes.transports.model import HttpRequest

INFO = ("/api/v2/mgmt/device/info", "/api/v1/mgmt/device/info")
LINES = ("/api/v1/mgmt/lineinfo",)
SIP = ("/api/v1/webCallControl/sipStatus",)
NETWORK = ("/api/v1/mgmt/network/info",)
TRAFFIC = ("/api/v1/mgmt/network/stats",)
STATS = ("/api/v1/mgmt/device/stats",)

_NOT_THERE = frozenset({404, 405, 410, 501})
_REGISTERED: Mapping[str, bool] = {
    "registered": True, "unregistered": False, "notregistered": False, "registering": False,
    "failed": False,
}  # fmt: skip
_UPTIME = re.compile(r"(?:(\d+) days? )?(\d+):(\d\d):(\d\d)")
_SPEED = re.compile(r"(\d+)\s*(M|G)bps", re.IGNORECASE)


async def run(target: Target, context: ProbeContext) -> Reading:
    """GET what the telephone says of itself, its lines, calls and network, one after the other.

    All but the first are optional. Raises Unsupported where the API is not there, Busy, Forbidden
    or ProtocolBroken by its code, and what statuses and the client raise.
    """
    asked = _asked(target, context)
    info = as_dict(await asked.needed(INFO))
    lines = await asked.optional(LINES)
    sip = as_dict(await asked.optional(SIP))
    network = as_dict(await asked.optional(NETWORK))
    stats = as_dict(await asked.optional(STATS))
    uptime_s = uptime_of(info)
    if uptime_s is None:
        uptime_s = uptime_of(as_dict(await asked.optional(TRAFFIC)))
    identity = identity_of(info)
    vc = replace(status_of(lines, sip, network), uptime_s=uptime_s)
    context.note(f"poly-trio: {identity.model}, {identity.version}")
    return Reading(
        samples=(*samples_of(vc, identity), *_cpu(stats)),
        identity=identity,
        vc=vc,
        complete=not asked.missing,
        method="https /api",
    )


async def answers_of(target: Target, context: ProbeContext) -> Mapping[str, Any]:
    """The answers to all questions as they are, by path. Raises as `run` does."""
    asked = _asked(target, context)
    await asked.needed(INFO)
    for paths in (LINES, SIP, NETWORK, STATS, TRAFFIC):
        await asked.optional(paths)
    return asked.answers


def _asked(target: Target, context: ProbeContext) -> _Asked:
    access = target.https
    if access is None:
        raise NotConfigured
    user, password = login_of(context.secret(access.auth))
    return _Asked(replace(base_of(target, access), user=user, password=password), context)


class _Asked:
    """One poll's questions and answers; `missing` says that an optional one went wrong."""

    def __init__(self, base: HttpRequest, context: ProbeContext) -> None:
        self.missing = False
        self.answers: dict[str, Any] = {}
        self._base, self._context = base, context

    async def needed(self, paths: tuple[str, ...]) -> Any:
        """The data at the first path that is there. Raises Unsupported where none is."""
        for path in paths:
            request = replace(self._base, url=f"{self._base.url}{path}")
            answer = await self._context.transports.http.send(
                request, deadline=self._context.deadline
            )
            if answer.status not in _NOT_THERE:
                check_status(answer)
                told = json_of(answer.body, answer.content_type)
                self.answers[path] = told
                return data_of(told)
        raise Unsupported

    async def optional(self, paths: tuple[str, ...]) -> Any:
        """The data, or None where this release or account has none. Raises TimedOut alone."""
        try:
            return await self.needed(paths)
        except (Unsupported, Forbidden):
            return None
        except TimedOut:
            raise
        except ProbeError:
            self.missing = True
            return None


def data_of(answer: Any) -> Any:
    """What is wrapped in an answer. Raises by its code: busy, not allowed, not there, failed."""
    told = as_dict(answer)
    code = text_of(told.get("Status")) or ""
    if code == "2000":
        return told.get("data")
    if not re.fullmatch(r"\d{4}", code):
        raise ProtocolBroken("vc_words")
    if code == "4001":
        raise Busy
    if code in {"4003", "4010"}:
        raise Forbidden
    if code == "4004":
        raise Unsupported
    raise ProtocolBroken("vc_api_code", code=code)


def identity_of(info: Mapping[str, Any]) -> Identity:
    """Model and release; a telephone's serial number is its MAC address."""
    firmware = as_dict(info.get("Firmware"))
    shown = first(text_of, firmware, "Application") or first(text_of, info, "FirmwareRelease")
    return Identity(
        vendor="Poly",
        os="poly_ucs",
        device_class="video",
        model=first(text_of, info, "ModelNumber", "Model"),
        version=version_of(shown),
        serial=first(text_of, info, "SerialNumber", "MACAddress"),
    )


def uptime_of(told: Mapping[str, Any]) -> float | None:
    """Seconds since the start: told in parts, or as `1 day 1:41:50`."""
    parts = as_dict(told.get("UpTime"))
    if parts:
        units = (("Days", 86400), ("Hours", 3600), ("Minutes", 60), ("Seconds", 1))
        numbers = [(number_of(parts.get(name)), seconds) for name, seconds in units]
        known = [value * seconds for value, seconds in numbers if value is not None]
        return sum(known) if known else None
    shown = first(text_of, told, "UpTime", "UpTimeSinceLastReboot") or ""
    found = _UPTIME.search(shown)
    if found is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def status_of(lines: Any, sip: Mapping[str, Any], network: Mapping[str, Any]) -> VcStatus:
    """Registration of the lines, calls, speed of the network socket."""
    users = as_dicts(sip.get("User"))
    counts = [number_of(user.get("TotalCalls")) for user in users]
    calls = None if not counts or None in counts else int(sum(count or 0 for count in counts))
    found = _SPEED.search(first(text_of, network, "LANSpeed") or "")
    return VcStatus(
        sip_registered=_registered(lines, users),
        in_call=None if calls is None else calls > 0,
        calls=calls,
        port_bps=int(found[1]) * (1e9 if found[2] in "Gg" else 1e6) if found else None,
    )


def _registered(lines: Any, users: tuple[Mapping[str, Any], ...]) -> bool | None:
    """Any line will do; where lines are not told, what the SIP stack says of its users.

    A line without an address is not set up.
    """
    told = [
        text_of(line.get("RegistrationStatus"))
        for line in as_dicts(lines)
        if line.get("SIPAddress") != ""
    ]
    if not told:
        told = [
            text_of(event.get("RegistrationState"))
            for user in users
            for event in as_dicts(user.get("Events"))
        ]
    words = [re.sub(r"[^a-z]", "", (word or "").lower()) for word in told]
    known = [_REGISTERED[word] for word in words if word in _REGISTERED]
    return any(known) if known else None


def _cpu(stats: Mapping[str, Any]) -> tuple[Sample, ...]:
    percent = number_of(as_dict(stats.get("CPU")).get("Current"))
    if percent is None or not 0 <= percent <= 100:
        return ()
    return (Sample(CPU_RATIO, percent / 100, ("0",)),)


PROBE = Probe(name="poly-trio", period_s=60, timeout_s=15, run=run, metrics=(*METRICS, CPU_RATIO))
