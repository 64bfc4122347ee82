"""A video endpoint in lines for people: what its calls look like and where it is plugged in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.language import decimal, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inventory.language import Language
    from probes.model import Reading
    from probes.vc.status import VcMedia, VcStatus


def vc_lines(reading: Reading, language: Language) -> Iterator[str]:
    """The state, each stream of a call, the network socket and the switch; nothing unknown."""
    vc = reading.vc
    if vc is None:
        return
    yield _state(vc, language)
    for stream in vc.media:
        yield _stream(stream, language)
    if vc.port_bps is not None and vc.full_duplex is not None:
        duplex = say(f"probe.duplex_{'full' if vc.full_duplex else 'half'}", language)
        yield say("probe.line_vc_port", language, mbps=f"{vc.port_bps / 1e6:g}", duplex=duplex)
    for one in reading.neighbours or ():
        name = one.system_name or one.address or "?"
        yield say("probe.line_vc_switch", language, name=name, port=one.port or "?")


def _state(vc: VcStatus, language: Language) -> str:
    def word(value: bool | None) -> str:
        return say(f"probe.word_{value}".lower(), language)

    return say(
        "probe.line_vc",
        language,
        sip=word(vc.sip_registered),
        h323=word(vc.h323_registered),
        in_call=word(vc.in_call),
        standby=word(vc.standby),
        critical=sum(level == "critical" for level, _kind in vc.diagnostics),
    )


def _stream(stream: VcMedia, language: Language) -> str:
    loss, jitter_s = stream.loss_ratio, stream.jitter_s
    picture = "" if stream.height_px is None else f"; {stream.height_px}p"
    rate = "" if stream.fps is None else f" {decimal(stream.fps, 0, language)}"
    return say(
        "probe.line_vc_media",
        language,
        what=say(f"probe.media_{stream.media}", language),
        way=say(f"probe.media_{stream.dir}", language),
        loss="?" if loss is None else f"{decimal(loss * 100, 2, language)} %",
        jitter="?" if jitter_s is None else f"{decimal(jitter_s * 1000, 0, language)} ms",
        picture=f"{picture}{rate}" if picture else "",
    )
