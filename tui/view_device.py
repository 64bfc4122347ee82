"""The device screen's lines: wire types to spans. Pure.

A value is shown by its freshness: older than its ttl it is `~` with its age, older than three times
that it is `?`. What lies behind a break is `?`, never red and never the last green.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

from inventory.language import decimal, has
from inventory.text import one_line, pad
from tui.actions import DEVICE, key_of
from tui.freshness import freshness
from tui.legend import DEGRADED, NOW, OFF_DUTY, OK, STALE, UNKNOWN, mark_of
from tui.lines import BLANK, Span, fit, label, line, width
from tui.stretch import called, is_behind, name_said, segment_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from agent.wire import Device, DeviceDetail, Interface, Observation
    from tui.freshness import Freshness
    from tui.legend import Mark
    from tui.lines import Line
    from tui.text import Words
    from tui.view import Showing

_NAME = 17
_STATE = 13
_LEFT_OUT = 3  # cells of `+12`
_MACHINE_ROLES = frozenset({"vm", "server"})
_ROOMY = 60  # cells from which on a device's line says more than its state

# Facts of which one value is worth a warning; all others are numbers without a judgement.
_WARNING = {
    "wardops_ups_on_battery": 1.0,
    "wardops_ups_replace_battery": 1.0,
    "wardops_vc_registered": 0.0,
    "wardops_sensor_ok": 0.0,
}
_PARTS = ("fan", "psu")  # of what a device judges itself: those without a number of their own
_PART_OK = "wardops_sensor_ok"
_MOST_FACTS = 14  # more of a device with many sensors would leave no room for its ports
_MOST_FACTS_ALONE = 28  # what has no ports has that room
_HEALTH_PROBE = "snmp-health"
_HEALTH = {
    "cpu": "wardops_cpu_ratio",
    "memory": "wardops_memory_used_ratio",
    "temperature": "wardops_sensor_temperature_celsius",
}
# Devices name a processor "cpu 1" or by a row of a table, a memory "Processor": no news here.
_SAYS_ITSELF = {
    "wardops_cpu_ratio": re.compile(r"^(cpu|processor)\b\s*|^\d{4,}$", re.IGNORECASE),
    "wardops_memory_used_ratio": re.compile(r"^(ram|memory|processor)\b\s*", re.IGNORECASE),
}
# Of each stream of a call: direction as the endpoint sees it, then what it carries.
_OF_STREAMS = {"wardops_vc_media_loss_ratio", "wardops_vc_media_jitter_seconds"}
_STREAM = re.compile(r"^(tx|rx),(audio|main|content)$")
_PROTOCOLS = {"sip": "SIP", "h323": "H.323"}


@dataclass(frozen=True, slots=True)
class Closer:
    """One device looked at closely; `detail` and `ports` are None until the agent sent them."""

    device: Device
    mark: Mark
    detail: DeviceDetail | None = None
    ports: tuple[Interface, ...] | None = None

    @property
    def is_behind(self) -> bool:
        """Whether it is not measured because something nearer is broken."""
        return self.mark is not OFF_DUTY and self.mark.tone == "unknown"


def agent_now(showing: Showing) -> datetime | None:
    """What time it is by the agent's clock; None before it said anything."""
    age_s = showing.sight.age_s(showing.mono)
    if showing.snapshot is None or age_s is None:
        return None
    return showing.snapshot.ts + timedelta(seconds=age_s)


def age_of(at: datetime, showing: Showing) -> float | None:
    """Seconds since a moment of the agent's clock; None when unknown or in the future."""
    now = agent_now(showing)
    if now is None:
        return None
    age_s = (now - at).total_seconds()
    return age_s if age_s > -5 else None


def freshness_of(one: Observation, showing: Showing) -> Freshness:
    """How one value may be shown; nothing is live when the agent is silent."""
    if not showing.is_current or one.replayed:
        return "unknown"
    return freshness(age_of(one.ts, showing), one.ttl_s)


# ---- devices ----


def device_mark(device: Device, broken: frozenset[str], showing: Showing) -> Mark:
    """How a device may be shown; `broken` names the devices that are down.

    Behind a broken one, or when the agent is silent, it is unknown whatever was said of it.
    """
    if not showing.is_current:
        return UNKNOWN
    held = device.held_by is not None or broken & set(device.parents)
    if held or (device.state == "down" and is_behind(showing, segment_of(device))):
        return OFF_DUTY if device.state == "off_duty" else mark_of("unreachable")
    return mark_of(device.state)


def broken_devices(devices: Iterable[Device]) -> frozenset[str]:
    """Names of the devices that are down."""
    return frozenset(device.name for device in devices if device.state == "down")


def device_lines(
    devices: Sequence[Device], selected: str, columns: int, showing: Showing
) -> Iterator[Line]:
    """One line a device: cursor, mark, name, state in words. Any device may be what broke."""
    broken = broken_devices(showing.snapshot.devices if showing.snapshot else devices)
    for device in devices:
        mark = device_mark(device, broken, showing)
        here = device.name == selected
        name = Span(pad(called(device, showing), _NAME), "cursor" if here else "plain")
        word = Span(f" {pad(showing.words.say(mark.word), _STATE)}", mark.tone)
        said = line(pointer(here), Span(mark.glyph, mark.tone), " ", name, word)
        yield fit((*said, *_about(device, columns, showing)), columns)


def _about(device: Device, columns: int, showing: Showing) -> Line:
    """What it is and how old its newest good result is, where there is room."""
    if columns < _ROOMY:
        return BLANK
    words = showing.words
    what = one_line(device.model or device.kind, 24)
    age = words.age(showing.age_s(device.data_age_s))
    data = words.say("screen.device.data", age=age)
    return line(f" {pad(what, 20)} ", Span(data, "dim"))


def pointer(here: bool) -> Span:
    """The sign in front of what is chosen."""
    return Span(NOW, "accent") if here else Span(" ")


def heading(closer: Closer, showing: Showing) -> Line:
    """Mark, name, what it is, state."""
    device, mark = closer.device, closer.mark
    known = (device.vendor, device.model, device.os, device.version)
    what = " ".join(one_line(part, 24) for part in known if part) or device.kind
    name = called(device, showing)
    head = line(
        " ", Span(mark.glyph, mark.tone), Span(f" {name}", "strong"), f"  {what}  ",
        Span(showing.words.say(mark.word), mark.tone),
    )  # fmt: skip
    if device.insecure:
        said = showing.words.say("screen.device.insecure")
        head = (*head, Span(f"  {DEGRADED.glyph} {said}", DEGRADED.tone))
    if device.power in ("off", "suspended"):
        said = showing.words.say(f"screen.device.power_{device.power}", by=device.power_by or "?")
        head = (*head, Span(said, "strong"))
    if device.held_by is not None:
        by = name_said(device.held_by, showing)
        return (*head, Span(showing.words.say("screen.device.held", by=by), "dim"))
    return (*head, *_since(closer, showing))


def _since(closer: Closer, showing: Showing) -> Line:
    """Since when the state is what it is; nothing for one that is not known."""
    since = closer.device.since
    if since is None or closer.mark.tone in ("unknown", "stale"):
        return BLANK
    said = showing.words.say("screen.device.since", lasted=showing.lasted(since))
    return line(Span(said, "dim"))


def is_machine(device: Device) -> bool:
    """Whether the machines screen has more of it."""
    return device.role in _MACHINE_ROLES or device.device_class == "hypervisor"


def kept_line(closer: Closer, showing: Showing) -> Line:
    """Of a machine, where it stands how well it is kept."""
    if not is_machine(closer.device):
        return BLANK
    press = key_of("machines", DEVICE)
    return line(Span(f" {showing.words.say('screen.device.kept', press=press)}", "accent"))


def age_line(closer: Closer, columns: int, showing: Showing) -> Line:
    """What each probe's last run came to and how old that is, failures first; `+2` are left out."""
    words, detail = showing.words, closer.detail
    if detail is None:
        return line(Span(f" {words.say('screen.device.loading')}", "dim"))
    if not detail.observations:
        return line(Span(f" {words.say('screen.device.never')}", "unknown"))
    first = sorted(detail.observations, key=lambda one: one.reason == "ok")
    runs = [_run(one, showing) for one in first]
    head = Span(f" {words.say('screen.device.probes')} ", "dim")
    room = columns - width((head,)) - _LEFT_OUT
    ends = list(accumulate(width(one) for one in runs))
    most = max(1, sum(end <= room for end in ends))
    if ends[-1] <= room + _LEFT_OUT:
        most = len(runs)
    left = line(Span(f"+{len(runs) - most}", "dim")) if most < len(runs) else ()
    told = tuple(span for one in runs[:most] for span in one)
    return (head, *fit(told, min(ends[most - 1], room + (0 if left else _LEFT_OUT))), *left)


def _run(one: Observation, showing: Showing) -> Line:
    mark = {"live": OK if one.reason == "ok" else DEGRADED, "stale": STALE, "unknown": UNKNOWN}[
        freshness_of(one, showing)
    ]
    why = "" if one.reason == "ok" else f": {_why(one.reason, showing.words)},"
    return line(
        Span(mark.glyph, mark.tone), Span(f" {one.source}{why} {age_text(one, showing)}  ", "dim")
    )


def _why(reason: str, words: Words) -> str:
    """A reason inside a line; the code itself where nobody named it."""
    said = words.say(f"reason.{reason}") if has(f"reason.{reason}") else reason
    return said[:1].lower() + said[1:]


def age_text(one: Observation, showing: Showing) -> str:
    """How old a value is; `?` when that is not known."""
    age_s = age_of(one.ts, showing)
    return showing.words.lasted(age_s) if age_s is not None else "?"


def fact_lines(closer: Closer, columns: int, showing: Showing) -> Iterator[Line]:
    """The values that the device has and the catalogue names, two on a line."""
    facts = sorted(closer.detail.facts.items()) if closer.detail else []
    said = [
        _fact(named, one, closer, showing)
        for name, one in facts
        if (named := _named(name, showing.words)) is not None
    ]
    half = columns // 2
    most = _MOST_FACTS if closer.ports else _MOST_FACTS_ALONE
    for number in range(0, min(len(said), most), 2):
        yield tuple(span for one in said[number : number + 2] for span in fit(one, half))
    if len(said) > most:
        more = showing.words.say("screen.device.more_facts", n=len(said) - most)
        yield line(Span(f" {more}", "dim"))
    yield from _missing(closer, columns, showing)


def _missing(closer: Closer, columns: int, showing: Showing) -> Iterator[Line]:
    """What the device does not tell of its health, where it was asked for it."""
    detail = closer.detail
    if detail is None or all(one.source != _HEALTH_PROBE for one in detail.observations):
        return
    told = {name.partition("{")[0] for name in detail.facts}
    unknown = [key for key, metric in _HEALTH.items() if metric not in told]
    if unknown:
        names = ", ".join(showing.words.say(f"screen.device.health.{key}") for key in unknown)
        said = showing.words.say("screen.device.untold", what=names)
        yield fit(line(" ", Span(UNKNOWN.glyph, UNKNOWN.tone), Span(f" {said}", "dim")), columns)


@dataclass(frozen=True, slots=True)
class _Name:
    """A value's name: the metric's, and what people call it."""

    metric: str
    said: str


def _named(name: str, words: Words) -> _Name | None:
    """`wardops_vm_filesystem_avail_ratio{/var}` as `Disk /var free`; None when nobody named it."""
    metric, labelled, which = name.partition("{")
    which = which.removesuffix("}")
    if metric in _OF_STREAMS:
        return _named_stream(metric, which, words)
    if metric == _PART_OK:
        which, _, part = which.rpartition(",")
        if part not in _PARTS:
            return None
    if metric in _SAYS_ITSELF:
        which = _SAYS_ITSELF[metric].sub("", which)
    which = one_line(which, 16 if metric == _PART_OK else 8)
    key = f"screen.fact_of.{metric}" if labelled else f"screen.fact.{metric}"
    if not has(key):
        return None
    said = {"which": _PROTOCOLS.get(which, which)} if labelled else {}
    return _Name(metric, words.say(key, **said).rstrip())


def _named_stream(metric: str, which: str, words: Words) -> _Name | None:
    """`Loss video in`; None for a stream that nobody named."""
    found = _STREAM.match(which)
    if found is None:
        return None
    way, media = found.groups()
    stream = words.say(f"screen.device.stream.{media}_{way}")
    return _Name(metric, words.say(f"screen.fact_of.{metric}", which=stream))


def _fact(name: _Name, one: Observation, closer: Closer, showing: Showing) -> Line:
    words = showing.words
    named = label(f" {name.said}", 19)
    fresh = "unknown" if closer.is_behind else freshness_of(one, showing)
    value = _stream_value(one, words) if name.metric in _OF_STREAMS else value_text(one, words)
    if name.metric == _PART_OK and one.value is not None:
        value = words.say("screen.device.good" if one.value else "screen.device.bad")
    if one.value is None or fresh == "unknown":
        last = words.say("screen.device.last", value=value, at=words.time(one.ts))
        return line(named, Span(UNKNOWN.glyph, UNKNOWN.tone), Span(f" {last}", "dim"))
    if fresh == "stale":
        return line(named, Span(f"{STALE.glyph}{value} ({age_text(one, showing)})", STALE.tone))
    warns = _WARNING.get(name.metric) == one.value
    sign = Span(DEGRADED.glyph if warns else " ", DEGRADED.tone)
    return line(named, sign, Span(f" {value}", DEGRADED.tone if warns else "plain"))


def _stream_value(one: Observation, words: Words) -> str:
    """A loss in tenths of a percent, a jitter in milliseconds: what a call is judged by."""
    if one.value is None:
        return "?"
    if one.unit == "ratio":
        return f"{decimal(100 * one.value, 1, words.language)}%"
    return f"{decimal(1000 * one.value, 0, words.language)} ms"


def value_text(one: Observation, words: Words) -> str:
    """A value with its unit as people read it; `?` for none."""
    if one.value is None:
        return "?"
    match one.unit:
        case "ratio":
            return f"{decimal(100 * one.value, 0, words.language)}%"
        case "seconds" if abs(one.value) < 60:
            return f"{decimal(one.value, 1, words.language)} s"
        case "seconds":
            return words.lasted(one.value)
        case "celsius":
            return f"{decimal(one.value, 0, words.language)} °C"
        case "bytes":
            return f"{decimal(one.value / 2**30, 1, words.language)} GB"
        case "watts":
            return f"{decimal(one.value, 0, words.language)} W"
        case "volts":
            return f"{decimal(one.value, 1, words.language)} V"
        case "" if one.value in (0.0, 1.0):
            return words.say("screen.device.yes" if one.value else "screen.device.no")
        case _:
            whole = one.value == int(one.value)
            return f"{decimal(one.value, 0 if whole else 2, words.language)} {one.unit}".strip()


def up_time_line(closer: Closer, showing: Showing) -> Line:
    """How long the device has been running, when it says so and that is live."""
    one = closer.detail.facts.get("sysUpTime") if closer.detail else None
    if one is None or one.value is None or freshness_of(one, showing) != "live":
        return BLANK
    running = showing.words.lasted(one.value / 100)
    return line(f" {showing.words.say('screen.device.up_time', running=running)}")
