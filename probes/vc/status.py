"""What a meeting room's endpoint says of itself, in one vocabulary for all brands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class VcCall:
    """One live call, without who is on the other side. Rates in bit/s, None where not said."""

    status: str | None = None
    direction: str | None = None
    protocol: str | None = None
    tx_bps: float | None = None
    rx_bps: float | None = None
    duration_s: float | None = None
    encrypted: bool | None = None


@dataclass(frozen=True, slots=True)
class VcMedia:
    """One stream of a live call as its endpoint counts it; None where it does not say.

    `dir` is as the endpoint sees it (tx leaves the room, rx comes in), `media` what it carries:
    sound, the picture of people, or what is shared. The loss is of the endpoint's last interval, in
    which so many `packets` were expected.
    """

    dir: Literal["tx", "rx"]
    media: Literal["audio", "main", "content"]
    loss_ratio: float | None = None
    jitter_s: float | None = None
    rtt_s: float | None = None
    height_px: int | None = None
    fps: float | None = None
    packets: int | None = None


@dataclass(frozen=True, slots=True)
class CanaryWay:
    """One direction of a test call's sound; `dir` is tx towards the test room, rx from there.

    `sent` packets were counted, `mos` is an estimate, None where the round trip is unknown.
    """

    dir: Literal["tx", "rx"]
    sent: int
    loss_ratio: float
    jitter_s: float
    mos: float | None = None


@dataclass(frozen=True, slots=True)
class CanaryCall:
    """A test call that stood: how long that took, and what came of its sound."""

    setup_s: float
    ways: tuple[CanaryWay, ...] = ()
    rtt_s: float | None = None


@dataclass(frozen=True, slots=True)
class VcStatus:
    """A video endpoint in one vocabulary for all brands; None is unknown or not applicable.

    `peripherals` holds (kind, name or number, connected), `diagnostics` (level, type) with levels
    ok, warning, error, critical; `has_diagnostics` tells an empty list from one not read.
    `clock_synced` is the endpoint's own word on its time server, `port_bps` and `full_duplex` are
    of its network socket. `cloud_registered` is of its maker's cloud, which is no SIP registration.
    """

    sip_registered: bool | None = None
    h323_registered: bool | None = None
    in_call: bool | None = None
    standby: bool | None = None
    temperature_celsius: float | None = None
    uptime_s: float | None = None
    peripherals: tuple[tuple[str, str, bool], ...] = ()
    diagnostics: tuple[tuple[str, str], ...] = ()
    calls: int | None = None
    has_diagnostics: bool = False
    live_calls: tuple[VcCall, ...] = ()
    mic_muted: bool | None = None
    video_muted: bool | None = None
    volume_ratio: float | None = None
    clock_offset_s: float | None = None
    ringing: bool | None = None
    media: tuple[VcMedia, ...] = ()
    clock_synced: bool | None = None
    port_bps: float | None = None
    full_duplex: bool | None = None
    cloud_registered: bool | None = None
