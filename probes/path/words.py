"""What measuring the line brought, in lines for people."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from inventory.language import decimal, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from inventory.language import Language
    from probes.model import Observation
    from probes.path.model import LineMtu, LineTrace


def line_facts(seen: Observation, language: Language) -> Iterator[str]:
    """Lines on stops and packet lengths; none where the probe measured none of them."""
    reading = seen.reading
    if reading.trace is not None:
        names = {address: name for name, address in seen.target.peers}
        yield from _stops(reading.trace, names, language)
    if reading.mtu is not None:
        yield _mtu(reading.mtu, language)


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
