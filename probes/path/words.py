"""What measuring the line brought, in lines for people and as parts of a JSON object."""

from __future__ import annotations

from dataclasses import asdict
from statistics import median
from typing import TYPE_CHECKING, Any

from inventory.language import decimal, say
from probes.path.mos import mos, rating, with_buffer_ms
from probes.path.quality import Grade

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from inventory.language import Language
    from probes.model import Observation, Reading
    from probes.path.model import LineBandwidth, LineMtu, LineTrace, LineWay
    from probes.path.quality import Judged


def line_facts(seen: Observation, language: Language) -> Iterator[str]:
    """Lines on classes, stops, packet lengths and bandwidth; none where none was measured."""
    reading = seen.reading
    for judged in reading.grades:
        yield _class(judged, language)
    yield from _speech(reading.ways, language)
    if reading.clock_stepped:
        yield say("probe.line_stepped", language)
    if reading.trace is not None:
        names = {address: name for name, address in seen.target.peers}
        yield from _stops(reading.trace, names, language)
    if reading.mtu is not None:
        yield _mtu(reading.mtu, language)
    for way in reading.bandwidth:
        yield _bandwidth(way, language)


def line_parts(reading: Reading) -> Iterator[tuple[str, Any]]:
    """The same as parts of the JSON object; those that were not measured are absent."""
    if reading.grades:
        yield "grades", [{**asdict(one), "grade": one.grade.name.lower()} for one in reading.grades]
    if reading.ways:
        yield "ways", [asdict(way) for way in reading.ways]
    if reading.trace is not None:
        yield "trace", {**asdict(reading.trace), "break_hop": reading.trace.break_hop}
    if reading.mtu is not None:
        yield "mtu", asdict(reading.mtu)
    if reading.bandwidth:
        yield "bandwidth", [asdict(way) for way in reading.bandwidth]


def _speech(ways: Sequence[LineWay], language: Language) -> Iterator[str]:
    """How speech would sound in the class that is meant for it."""
    for way in ways:
        is_spoken_in = (way.method, way.kind, way.direction) == ("stamp", "ef", "round")
        if is_spoken_in and way.delay_s is not None:
            yield say("probe.line_mos", language, mos=decimal(_mos(way), 2, language))


def _class(judged: Judged, language: Language) -> str:
    if judged.grade is Grade.GOOD:
        return say("probe.line_class_good", language, kind=judged.kind)
    scale, digits = (100, 1) if judged.term == "loss" else (1000, 0)
    term = say(
        "probe.term_delay_halved" if judged.is_halved else f"probe.term_{judged.term}",
        language,
        value=decimal(judged.value * scale, digits, language),
        direction=say(f"probe.way_{judged.direction}", language),
    )
    grade = say(f"probe.grade_{judged.grade.name}".lower(), language)
    return say("probe.line_class", language, kind=judged.kind, grade=grade, term=term)


def _mos(whole: LineWay) -> float:
    """Speech over a line known by its round trip alone: half of it is the way of one direction."""
    delay_ms, jitter_ms = (whole.delay_s or 0.0) * 500, (whole.jitter_s or 0.0) * 1000
    return mos(rating(with_buffer_ms(delay_ms, jitter_ms), (whole.loss_ratio or 0.0) * 100))


def _stops(trace: LineTrace, names: Mapping[str, str], language: Language) -> Iterator[str]:
    for hop in trace.hops:
        if hop.address is None:
            yield say("probe.line_hop_silent", language, number=hop.number)
            continue
        known = names.get(hop.address)
        name = f"{hop.address} ({known})" if known else hop.address
        rtt = decimal(median(hop.rtts_s) * 1000, 2, language) if hop.rtts_s else "?"
        said = say("probe.line_hop", language, number=hop.number, name=name, rtt=rtt, sign=hop.sign)
        yield said.rstrip()


def _mtu(mtu: LineMtu, language: Language) -> str:
    if mtu.blocked_bytes is None:
        return say("probe.line_mtu", language, bytes=mtu.passed_bytes)
    key = "probe.line_mtu_silent" if mtu.is_silent else "probe.line_mtu_told"
    return say(key, language, bytes=mtu.passed_bytes)


def _bandwidth(way: LineBandwidth, language: Language) -> str:
    loss = "?" if way.loss_ratio is None else decimal(way.loss_ratio * 100, 1, language)
    return say(
        "probe.line_bandwidth",
        language,
        direction=say(f"probe.way_{way.direction}", language),
        sent=decimal(way.sent_bps / 1e6, 2, language),
        received=decimal(way.received_bps / 1e6, 2, language),
        loss=loss,
    )
