"""One vocabulary for video endpoints: the metrics, and how a VcStatus becomes samples."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probes.model import Metric, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probes.model import Identity
    from probes.vc.status import VcStatus

DIAGNOSTIC_LEVELS = ("ok", "warning", "error", "critical")
PERIPHERAL_TYPES = frozenset(
    {"touch_panel", "control_system", "isdn_link", "audio_microphone", "camera", "other"}
)

VC_UP = Metric("wardops_vc_up", "gauge", "1 when the endpoint answered its own status.")
VC_INFO = Metric(
    "wardops_vc_info", "info", "What the endpoint says it is.", ("vendor", "model", "firmware")
)
VC_REGISTERED = Metric(
    "wardops_vc_registered",
    "gauge",
    "1 registered, 0 configured but not registered; absent when not configured.",
    ("protocol",),
)
VC_IN_CALL = Metric("wardops_vc_in_call", "gauge", "1 while at least one call is active.")
VC_STANDBY = Metric(
    "wardops_vc_standby", "gauge", "1 in standby, which is normal outside meetings."
)
VC_MIC_MUTED = Metric("wardops_vc_mic_muted", "gauge", "1 while the microphones are muted.")
VC_VIDEO_MUTED = Metric("wardops_vc_video_muted", "gauge", "1 while the camera picture is muted.")
VC_VOLUME = Metric("wardops_vc_volume_ratio", "gauge", "Loudspeaker volume, 0 to 1.", unit="ratio")
VC_TEMPERATURE = Metric(
    "wardops_vc_temperature_celsius",
    "gauge",
    "Temperature of the endpoint; absent where the firmware no longer tells it.",
    unit="celsius",
)
VC_UPTIME = Metric(
    "wardops_vc_uptime_seconds", "gauge", "Seconds since the endpoint started.", unit="seconds"
)
VC_CLOCK_OFFSET = Metric(
    "wardops_vc_clock_offset_seconds",
    "gauge",
    "The endpoint's clock minus the agent's, to about a second.",
    unit="seconds",
)
VC_CALL_DURATION = Metric(
    "wardops_vc_call_duration_seconds", "gauge", "Age of the first call.", unit="seconds"
)
VC_CALL_RATE = Metric(
    "wardops_vc_call_rate_bits_per_second",
    "gauge",
    "Agreed rate of the first call by direction (tx, rx).",
    ("dir",),
    "bits_per_second",
)
VC_CALL_ENCRYPTED = Metric(
    "wardops_vc_call_encrypted", "gauge", "1 when the first call is encrypted."
)
VC_MEDIA_LOSS = Metric(
    "wardops_vc_media_loss_ratio",
    "gauge",
    "Packets lost in the endpoint's last interval, by direction and stream.",
    ("dir", "media"),
    "ratio",
)
VC_MEDIA_JITTER = Metric(
    "wardops_vc_media_jitter_seconds",
    "gauge",
    "Jitter that the endpoint tells, by direction and stream.",
    ("dir", "media"),
    "seconds",
)
VC_MEDIA_RTT = Metric(
    "wardops_vc_media_rtt_seconds",
    "gauge",
    "Round trip of the call's media as the endpoint tells it; the longest of its streams.",
    unit="seconds",
)
VC_VIDEO_HEIGHT = Metric(
    "wardops_vc_video_height_pixels",
    "gauge",
    "Lines of the picture, by direction and stream (main, content).",
    ("dir", "media"),
    "pixels",
)
VC_VIDEO_FPS = Metric(
    "wardops_vc_video_fps",
    "gauge",
    "Pictures a second, by direction and stream (main, content).",
    ("dir", "media"),
)
VC_CAMERA = Metric("wardops_vc_camera_connected", "gauge", "1 when camera n is connected.", ("n",))
VC_MIC = Metric("wardops_vc_mic_connected", "gauge", "1 when microphone n is connected.", ("n",))
VC_DISPLAY = Metric(
    "wardops_vc_display_connected", "gauge", "1 when a display hangs on output n.", ("n",)
)
VC_PERIPHERAL = Metric(
    "wardops_vc_peripheral_connected",
    "gauge",
    "1 when all peripherals of this type are connected.",
    ("type",),
)
VC_DIAGNOSTICS = Metric(
    "wardops_vc_diagnostics",
    "gauge",
    "Diagnostic messages of the endpoint by level; its Info counts as ok.",
    ("level",),
)

METRICS = (
    VC_UP,
    VC_INFO,
    VC_REGISTERED,
    VC_IN_CALL,
    VC_STANDBY,
    VC_MIC_MUTED,
    VC_VIDEO_MUTED,
    VC_VOLUME,
    VC_TEMPERATURE,
    VC_UPTIME,
    VC_CLOCK_OFFSET,
    VC_CALL_DURATION,
    VC_CALL_RATE,
    VC_CALL_ENCRYPTED,
    VC_MEDIA_LOSS,
    VC_MEDIA_JITTER,
    VC_MEDIA_RTT,
    VC_VIDEO_HEIGHT,
    VC_VIDEO_FPS,
    VC_CAMERA,
    VC_MIC,
    VC_DISPLAY,
    VC_PERIPHERAL,
    VC_DIAGNOSTICS,
)

_NUMBERED = {"camera": VC_CAMERA, "microphone": VC_MIC, "display": VC_DISPLAY}


def samples_of(vc: VcStatus, identity: Identity | None = None) -> tuple[Sample, ...]:
    """Samples of everything the endpoint said, `wardops_vc_up` 1 among them; unknown is absent."""
    return tuple(
        sample
        for part in (
            _state(vc),
            _info(identity),
            _call(vc),
            _media(vc),
            _peripherals(vc),
            _diagnostics(vc),
        )
        for sample in part
    )


def peripheral_type(told: str) -> str:
    """The closed label of a peripheral's type: `TouchPanel` -> `touch_panel`, strangers `other`."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", told).lower()
    return snake if snake in PERIPHERAL_TYPES else "other"


def _state(vc: VcStatus) -> Iterator[Sample]:
    yield Sample(VC_UP, 1)
    told = (
        (VC_IN_CALL, (), vc.in_call),
        (VC_STANDBY, (), vc.standby),
        (VC_MIC_MUTED, (), vc.mic_muted),
        (VC_VIDEO_MUTED, (), vc.video_muted),
        (VC_VOLUME, (), vc.volume_ratio),
        (VC_TEMPERATURE, (), vc.temperature_celsius),
        (VC_UPTIME, (), vc.uptime_s),
        (VC_CLOCK_OFFSET, (), vc.clock_offset_s),
        (VC_REGISTERED, ("sip",), vc.sip_registered),
        (VC_REGISTERED, ("h323",), vc.h323_registered),
    )
    for metric, labels, value in told:
        if value is not None:
            shown = int(value) if isinstance(value, bool) else value
            yield Sample(metric, shown, labels)


def _info(identity: Identity | None) -> Iterator[Sample]:
    if identity is not None:
        labels = (identity.vendor or "", identity.model or "", identity.version or "")
        yield Sample(VC_INFO, 1, labels)


def _call(vc: VcStatus) -> Iterator[Sample]:
    for call in vc.live_calls[:1]:
        told = (
            (VC_CALL_DURATION, (), call.duration_s),
            (VC_CALL_RATE, ("tx",), call.tx_bps),
            (VC_CALL_RATE, ("rx",), call.rx_bps),
            (VC_CALL_ENCRYPTED, (), call.encrypted),
        )
        for metric, labels, value in told:
            if value is not None:
                yield Sample(metric, float(value), labels)


def _media(vc: VcStatus) -> Iterator[Sample]:
    for stream in vc.media:
        labels = (stream.dir, stream.media)
        told = (
            (VC_MEDIA_LOSS, stream.loss_ratio),
            (VC_MEDIA_JITTER, stream.jitter_s),
            (VC_VIDEO_HEIGHT, stream.height_px),
            (VC_VIDEO_FPS, stream.fps),
        )
        for metric, value in told:
            if value is not None:
                yield Sample(metric, value, labels)
    trips = [stream.rtt_s for stream in vc.media if stream.rtt_s is not None]
    if trips:
        yield Sample(VC_MEDIA_RTT, max(trips))


def _peripherals(vc: VcStatus) -> Iterator[Sample]:
    by_type: dict[str, bool] = {}
    for kind, name, connected in vc.peripherals:
        if kind in _NUMBERED:
            yield Sample(_NUMBERED[kind], int(connected), (name,))
        else:
            label = peripheral_type(kind)
            by_type[label] = by_type.get(label, True) and connected
    for label, connected in by_type.items():
        yield Sample(VC_PERIPHERAL, int(connected), (label,))


def _diagnostics(vc: VcStatus) -> Iterator[Sample]:
    if vc.has_diagnostics:
        levels = [level for level, _type in vc.diagnostics]
        for level in DIAGNOSTIC_LEVELS:
            yield Sample(VC_DIAGNOSTICS, levels.count(level), (level,))
