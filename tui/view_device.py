"""The device screen's lines: wire types to spans. Pure.

A value is shown by its freshness: older than its ttl it is `~` with its age, older than three times
that it is `?`. What lies behind a break is `?`, never red and never the last green.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from inventory.language import decimal, has
from inventory.text import one_line, pad
from tui.freshness import freshness
from tui.legend import DEGRADED, DOWN, FREE, NOW, OFF_DUTY, OK, STALE, UNKNOWN, mark_of
from tui.lines import BLANK, Span, fit, label, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from agent.wire import Device, DeviceDetail, Interface, Observation
    from tui.freshness import Freshness
    from tui.legend import Mark
    from tui.lines import Line
    from tui.text import Words
    from tui.view import Showing

PAGE = 48  # ports on one faceplate
GROUP = 12  # ports between two bars of it
PORTS_SOURCE = "snmp-interfaces"
_FEW = 4  # so many ports are better read as a list
_NAME = 17
_STATE = 13
_ROOMY = 60  # cells from which on a device's line says more than its state
_NUMBERED = re.compile(r"(?P<stem>.*?)(?P<number>\d+)$")
_NO_SOCKET = re.compile(r"(vlan|null|loopback|lo|bridge|br|tunnel|port-channel|po|cpu)", re.I)

# Facts of which one value is worth a warning; all others are numbers without a judgement.
_WARNING = {"wardops_ups_on_battery": 1.0, "wardops_ups_replace_battery": 1.0}


@dataclass(frozen=True, slots=True)
class Port:
    """A port on the faceplate: its socket's number, its mark, the port itself."""

    number: int
    mark: Mark
    interface: Interface


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
    if device.held_by is not None or broken & set(device.parents):
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
        name = Span(pad(device.name, _NAME), "cursor" if here else "plain")
        word = Span(f" {pad(showing.words.say(mark.word), _STATE)}", mark.tone)
        said = line(_pointer(here), Span(mark.glyph, mark.tone), " ", name, word)
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


def _pointer(here: bool) -> Span:
    return Span(NOW, "accent") if here else Span(" ")


def heading(closer: Closer, showing: Showing) -> Line:
    """Mark, name, what it is, state."""
    device, mark = closer.device, closer.mark
    known = (device.vendor, device.model, device.os, device.version)
    what = " ".join(one_line(part, 24) for part in known if part) or device.kind
    head = line(
        " ", Span(mark.glyph, mark.tone), Span(f" {device.name}", "strong"), f"  {what}  ",
        Span(showing.words.say(mark.word), mark.tone),
    )  # fmt: skip
    if device.held_by is not None:
        return (*head, Span(showing.words.say("screen.device.held", by=device.held_by), "dim"))
    return (*head, *_since(closer, showing))


def _since(closer: Closer, showing: Showing) -> Line:
    """Since when the state is what it is; nothing for one that is not known."""
    since = closer.device.since
    if since is None or closer.mark.tone in ("unknown", "stale"):
        return BLANK
    said = showing.words.say("screen.device.since", lasted=showing.lasted(since))
    return line(Span(said, "dim"))


def age_line(closer: Closer, showing: Showing) -> Line:
    """What each probe's last run came to, and how old that is."""
    words, detail = showing.words, closer.detail
    if detail is None:
        return line(Span(f" {words.say('screen.device.loading')}", "dim"))
    if not detail.observations:
        return line(Span(f" {words.say('screen.device.never')}", "unknown"))
    runs = [span for one in detail.observations for span in _run(one, showing)]
    return (Span(f" {words.say('screen.device.probes')} ", "dim"), *runs)


def _run(one: Observation, showing: Showing) -> Line:
    mark = {"live": OK if one.reason == "ok" else DEGRADED, "stale": STALE, "unknown": UNKNOWN}[
        freshness_of(one, showing)
    ]
    why = "" if one.reason == "ok" else f" {one.reason}"
    return line(
        Span(mark.glyph, mark.tone), Span(f" {one.source}{why} {_age(one, showing)}  ", "dim")
    )


def _age(one: Observation, showing: Showing) -> str:
    age_s = age_of(one.ts, showing)
    return showing.words.lasted(age_s) if age_s is not None else "?"


def fact_lines(closer: Closer, columns: int, showing: Showing) -> Iterator[Line]:
    """The values that the device has and the catalogue names, two on a line."""
    facts = sorted(closer.detail.facts.items()) if closer.detail else []
    said = [_fact(n, one, closer, showing) for n, one in facts if has(f"screen.fact.{n}")]
    half = columns // 2
    for number in range(0, len(said), 2):
        yield tuple(span for one in said[number : number + 2] for span in fit(one, half))


def _fact(name: str, one: Observation, closer: Closer, showing: Showing) -> Line:
    words = showing.words
    named = label(f" {words.say(f'screen.fact.{name}')}", 19)
    fresh = "unknown" if closer.is_behind else freshness_of(one, showing)
    value = value_text(one, words)
    if one.value is None or fresh == "unknown":
        last = words.say("screen.device.last", value=value, at=words.time(one.ts))
        return line(named, Span(UNKNOWN.glyph, UNKNOWN.tone), Span(f" {last}", "dim"))
    if fresh == "stale":
        return line(named, Span(f"{STALE.glyph}{value} ({_age(one, showing)})", STALE.tone))
    warns = _WARNING.get(name) == one.value
    sign = Span(DEGRADED.glyph if warns else " ", DEGRADED.tone)
    return line(named, sign, Span(f" {value}", DEGRADED.tone if warns else "plain"))


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


# ---- ports ----


def ports_freshness(closer: Closer, showing: Showing) -> Freshness:
    """How current the list of ports is: that of the run that read them."""
    if closer.is_behind:
        return "unknown"
    run = _ports_run(closer)
    return freshness_of(run, showing) if run is not None else "unknown"


def _ports_run(closer: Closer) -> Observation | None:
    runs = closer.detail.observations if closer.detail else ()
    return next((one for one in runs if one.source == PORTS_SOURCE), None)


def port_mark(port: Interface, fresh: Freshness) -> Mark:
    """How a port may be shown. Without a signal a desk's port is free, an uplink is down."""
    if fresh != "live":
        return STALE if fresh == "stale" else UNKNOWN
    if port.oper == "up":
        return DEGRADED if port.in_err_rate else OK
    if port.admin == "down" or port.oper == "notPresent":
        return FREE
    if port.oper in ("down", "lowerLayerDown"):
        return DOWN if port.uplink else FREE
    return UNKNOWN


def port_word(port: Interface, mark: Mark, showing: Showing) -> str:
    """A port's state in words; no more than its mark says."""
    if mark in (UNKNOWN, STALE):
        return showing.words.say(mark.word)
    if port.admin == "down":
        return showing.words.say("screen.port.shut")
    key = {OK: "up", DEGRADED: "errors", DOWN: "down"}.get(mark, "free")
    return showing.words.say(f"screen.port.{key}")


def sockets(closer: Closer, showing: Showing) -> tuple[Port, ...]:
    """The ports in the order of their numbers, for a faceplate; none when there are few."""
    fresh = ports_freshness(closer, showing)
    found = [
        (match["stem"], int(match["number"]), port)
        for port in closer.ports or ()
        if not _NO_SOCKET.match(port.if_name) and (match := _NUMBERED.match(port.if_name))
    ]
    if len(found) <= _FEW:
        return ()
    found.sort(key=lambda one: (one[0], one[1]))
    return tuple(Port(number, port_mark(port, fresh), port) for _, number, port in found)


def faceplate(ports: Sequence[Port], cursor: int, showing: Showing) -> Iterator[Line]:
    """Up to 48 sockets as they sit in the device: odd ones above, even ones below."""
    first = cursor // PAGE * PAGE
    page = ports[first : first + PAGE]
    groups = [page[at : at + GROUP] for at in range(0, len(page), GROUP)]
    yield _numbers(groups, showing.words.say("screen.device.odd"), 0)
    yield _edge(groups, "┌┬┐")
    yield _sockets(groups, 0, cursor - first)
    yield _sockets(groups, 1, cursor - first)
    yield _edge(groups, "└┴┘")
    yield _numbers(groups, showing.words.say("screen.device.even"), 1)


def _numbers(groups: Sequence[Sequence[Port]], said: str, half: int) -> Line:
    spans = [[port.number for port in group][half::2] for group in groups]
    shown = [f" {one[0]} … {one[-1]}" if len(one) > 1 else f" {one[0]}" for one in spans if one]
    text = "".join(pad(one, GROUP + 2) for one in shown)
    return line(Span(f" {pad(said, 5)}{text}".rstrip(), "dim"))


def _edge(groups: Sequence[Sequence[Port]], corners: str) -> Line:
    bars = corners[1].join("─" * (GROUP + 1) for _ in groups)
    return line(Span(f"     {corners[0]}{bars}{corners[2]}", "dim"))


def _sockets(groups: Sequence[Sequence[Port]], half: int, cursor: int) -> Line:
    spans: list[Span] = [Span("     ")]
    for number, group in enumerate(groups):
        spans.append(Span("│", "dim"))
        for place in range(half, GROUP, 2):
            here = number * GROUP + place == cursor
            spans += [Span(" "), _socket(group, place, here=here)]
        spans.append(Span(" "))
    return (*spans, Span("│", "dim"))


def _socket(group: Sequence[Port], place: int, *, here: bool) -> Span:
    if place >= len(group):
        return Span(" ")
    mark = group[place].mark
    return Span(mark.glyph, "cursor" if here else mark.tone)


def uplink_lines(closer: Closer, showing: Showing) -> Iterator[Line]:
    """The uplink ports by name."""
    fresh = ports_freshness(closer, showing)
    for port in closer.ports or ():
        if port.uplink:
            mark = port_mark(port, fresh)
            said = showing.words.say("screen.device.uplink", port=one_line(port.if_name, 24))
            word = Span(f" {port_word(port, mark, showing)}", mark.tone)
            yield line(f" {said} ", Span(mark.glyph, mark.tone), word, f"  {speed(port, showing)}")


def legend_line(showing: Showing) -> Line:
    """What the marks on the faceplate mean."""
    said = [(OK, "up"), (FREE, "free"), (DEGRADED, "errors"), (DOWN, "down")]
    spans = [
        span
        for mark, key in said
        for span in (
            Span(f" {mark.glyph}", mark.tone),
            Span(f" {showing.words.say(f'screen.port.{key}')} ", "dim"),
        )
    ]
    return (Span("      "), *spans)


def port_lines(port: Interface, closer: Closer, showing: Showing) -> Iterator[Line]:
    """The port under the cursor: its state, age, name, speed, traffic."""
    words = showing.words
    mark = port_mark(port, ports_freshness(closer, showing))
    run = _ports_run(closer)
    age = words.say("screen.device.port_age", age=_age(run, showing) if run else "?")
    yield line(
        Span(f" {one_line(port.if_name, 30)} ", "strong"), Span(mark.glyph, mark.tone),
        Span(f" {port_word(port, mark, showing)}", mark.tone), Span(f" · {age}", "dim"),
    )  # fmt: skip
    alias = one_line(port.if_alias, 40) if port.if_alias else "—"
    yield line(f"   {words.say('screen.device.port_alias', alias=alias)} · {speed(port, showing)}")
    if mark not in (UNKNOWN, STALE) and port.in_bps is not None and port.out_bps is not None:
        rates = [decimal(rate / 1e6, 1, words.language) for rate in (port.in_bps, port.out_bps)]
        yield line(f"   {words.say('screen.device.traffic', into=rates[0], out=rates[1])}")


def speed(port: Interface, showing: Showing) -> str:
    """`1 Gb/s`, `100 Mb/s`, or that it is not known."""
    words = showing.words
    if not port.speed_bps:
        return words.say("screen.device.speed_unknown")
    unit, scale = ("Gb/s", 1e9) if port.speed_bps >= 1_000_000_000 else ("Mb/s", 1e6)
    scaled = port.speed_bps / scale
    return f"{decimal(scaled, 0 if scaled == int(scaled) else 1, words.language)} {unit}"


def table_lines(closer: Closer, cursor: int, showing: Showing) -> Iterator[Line]:
    """Ports as a list, for devices with few of them or without numbers."""
    fresh = ports_freshness(closer, showing)
    for number, port in enumerate(closer.ports or ()):
        mark = port_mark(port, fresh)
        here = number == cursor
        name = Span(pad(one_line(port.if_name, 24), 18), "cursor" if here else "plain")
        word = Span(pad(port_word(port, mark, showing), 16), mark.tone)
        alias = one_line(port.if_alias or "", 30)
        yield line(
            _pointer(here), Span(mark.glyph, mark.tone), " ", name, " ", word,
            f" {pad(speed(port, showing), 12)} {alias}",
        )  # fmt: skip
