"""`wardops probe --record` of a Poly endpoint: its answers without what belongs to its owner.

What is kept is named here; all else stands as an empty text, so that the shape can be learned from:
truth values, numbers that name nobody, and words of the API's own closed sets.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from probes.record import Recorded
from probes.snmp.redact import Redacted
from probes.vc import poly, poly_trio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.model import ProbeContext, Target

_MOST_ITEMS = 200
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .:+_-]{0,59}")
_NUMBER = re.compile(r"-?\d{1,6}(?:\.\d{1,6})?%?")
_STATUS_NAME = re.compile(r"system\.status\.[a-z0-9]{1,40}")
# Numbers and texts that belong to somebody, whatever they look like.
_PRIVATE = re.compile(
    r"(?:address|call(?:er)?_?id|code|dhcp|dial|dns|domain|e164|email|extension|gateway|host|ip|label"
    r"|mac|mask|name|number|party|password|phone|pin|port|serial|server|sip|ssid|system_?id|tel|title"
    r"|uri|url|user)",
    re.IGNORECASE,
)
_WORDS = frozenset(
    (
        *("Application", "BootBlock", "DeviceType", "FirmwareRelease", "LANPortStatus", "LANSpeed"),
        *("LineType", "Model", "ModelNumber", "Protocol", "RegistrationState"),
        *("RegistrationStatus", "Status", "Type", "UpTime", "UpTimeSinceLastReboot", "Updater"),
        *("build", "buildType", "callInfo", "callType", "duplex", "hardwareVersion", "holdState"),
        *("langtag", "languageTag", "mediaDirection", "mediaFormat", "mediaType", "mode", "model"),
        *("providerMode", "qualityIndicator", "rcBatteryCondition", "sessionState"),
        *("softwareVersion", "sourceType", "state", "stateList", "status", "streamsState"),
        *("timeServerState", "type", "version"),
    )
)  # fmt: skip


async def record(target: Target, context: ProbeContext) -> Recorded:
    """The answers of one session with a Group or VideoOS endpoint. Raises as a poll does."""
    return Recorded(redacted(await poly.answers_of(target, context)), complete=True)


async def record_trio(target: Target, context: ProbeContext) -> Recorded:
    """The answers of a Trio. Raises as a poll does."""
    return Recorded(redacted(await poly_trio.answers_of(target, context)), complete=True)


def redacted(answers: Mapping[str, Any]) -> Redacted:
    """The answers by path as lines of JSON, and how many values were left out."""
    left_out: list[str] = []
    kept = {path: _copied("", answer, left_out) for path, answer in answers.items()}
    lines = json.dumps(kept, indent=1, ensure_ascii=False).splitlines()
    return Redacted(tuple(lines), len(left_out))


def _copied(key: str, value: Any, left_out: list[str]) -> Any:
    """The value less what is private; each that was left out is noted by its key."""
    if isinstance(value, dict):
        known = {name: told for name, told in value.items() if _KEY.fullmatch(name)}
        left_out += [""] * (len(value) - len(known))
        return {name: _copied(name, told, left_out) for name, told in known.items()}
    if isinstance(value, list):
        return [_copied(key, told, left_out) for told in value[:_MOST_ITEMS]]
    if value is None or isinstance(value, bool) or value == "" or _is_kept(key, value):
        return value
    left_out.append(key)
    return "" if isinstance(value, str) else 0


def _is_kept(key: str, value: Any) -> bool:
    if isinstance(value, str):
        if key in _WORDS:
            return _WORD.fullmatch(value) is not None
        if key == "name":
            return _STATUS_NAME.fullmatch(value) is not None
        return _NUMBER.fullmatch(value) is not None and not _PRIVATE.search(key)
    return not _PRIVATE.search(key)
