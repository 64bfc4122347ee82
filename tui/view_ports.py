"""The ports of a device as lines: the faceplate, the list, one port closely. Pure.

What was read too long ago, or lies behind a break, is unknown on every socket.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.language import decimal
from inventory.text import one_line, pad
from tui.legend import DEGRADED, DOWN, FREE, OK, STALE, UNKNOWN
from tui.lines import Span, line, wrapped
from tui.view_device import age_text, freshness_of, pointer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agent.wire import Interface, Observation
    from tui.freshness import Freshness
    from tui.legend import Mark
    from tui.lines import Line
    from tui.view import Showing
    from tui.view_device import Closer

PAGE = 48  # ports on one faceplate
GROUP = 12  # ports between two bars of it
PORTS_SOURCE = "snmp-interfaces"
_FEW = 4  # so many ports are better read as a list
_NUMBERED = re.compile(r"(?P<stem>.*?)(?P<number>\d+)$")
_NO_SOCKET = re.compile(r"(vlan|null|loopback|lo|bridge|br|tunnel|port-channel|po|cpu)", re.I)


@dataclass(frozen=True, slots=True)
class Port:
    """A port on the faceplate: its socket's number, its mark, the port itself."""

    number: int
    mark: Mark
    interface: Interface


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
    """Up to 48 sockets as they sit in the device: odd ones above, even ones below.

    `cursor` is -1 while no port is chosen.
    """
    first = max(0, cursor) // PAGE * PAGE
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
            yield from traffic_lines(port, mark, showing)


def neighbour_lines(closer: Closer, columns: int, showing: Showing) -> Iterator[Line]:
    """Who stands behind which port, as the devices tell each other; nothing where none does."""
    beside = [
        f"{one_line(port.if_name, 16)} → {one_line(port.neighbor, 40)}"
        for port in closer.ports or ()
        if port.neighbor
    ]
    if beside and ports_freshness(closer, showing) == "live" and not closer.is_behind:
        said = showing.words.say("screen.device.neighbours", ports=" · ".join(beside))
        yield from (line(Span(f" {part}", "dim")) for part in wrapped(said, columns - 2, 2))


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
    age = words.say("screen.device.port_age", age=age_text(run, showing) if run else "?")
    yield line(
        Span(f" {one_line(port.if_name, 30)} ", "strong"), Span(mark.glyph, mark.tone),
        Span(f" {port_word(port, mark, showing)}", mark.tone), Span(f" · {age}", "dim"),
    )  # fmt: skip
    alias = one_line(port.if_alias, 40) if port.if_alias else "—"
    yield line(f"   {words.say('screen.device.port_alias', alias=alias)} · {speed(port, showing)}")
    if port.neighbor and mark not in (UNKNOWN, STALE):
        beside = one_line(port.neighbor, 50)
        yield line(f"   {words.say('screen.device.neighbour', beside=beside)}")
    yield from traffic_lines(port, mark, showing)


def traffic_lines(port: Interface, mark: Mark, showing: Showing) -> Iterator[Line]:
    """What goes through a port now; nothing where it is not known or not to be trusted."""
    if mark in (UNKNOWN, STALE) or port.rate_trusted is False:
        return
    if port.in_bps is not None and port.out_bps is not None:
        words = showing.words
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
            pointer(here), Span(mark.glyph, mark.tone), " ", name, " ", word,
            f" {pad(speed(port, showing), 12)} {alias}",
        )  # fmt: skip
