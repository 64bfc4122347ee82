"""How speech would sound over a line: the E-model's estimate from delay, jitter and loss. Pure.

ITU-T G.107 for narrow-band speech with the delay term of Cole and Rosenbluth ("Voice over IP
performance monitoring", ACM CCR 31(2), 2001). For video there is no such formula without the
codec's coefficients. An estimate for audio, no measurement.
"""

from __future__ import annotations

from dataclasses import dataclass

# A receiver's buffer holds packets back for twice the jitter, within what phones are set to.
_BUFFER_JITTERS, _LEAST_BUFFER_MS, _MOST_BUFFER_MS = 2.0, 40.0, 200.0
_DELAY_KNEE_MS = 177.3
_BEST_R = 93.2
_WORST_MOS, _BEST_MOS = 1.0, 4.5


@dataclass(frozen=True, slots=True)
class Codec:
    """What a codec bears (ITU-T G.113 appendix I): its own impairment, its robustness to loss."""

    impairment: float
    robustness: float


G711 = Codec(0.0, 25.1)  # with packet loss concealment
G711_PLAIN = Codec(0.0, 4.3)
G729A = Codec(11.0, 19.0)


def rating(delay_ms: float, loss_percent: float, codec: Codec = G711, burst: float = 1.0) -> float:
    """The rating R from the delay mouth to ear (ms) and the loss (percent).

    `burst` is how bursty the loss is, 1 for random.
    """
    slow = 0.024 * delay_ms + 0.11 * max(0.0, delay_ms - _DELAY_KNEE_MS)
    share = loss_percent / (loss_percent / burst + codec.robustness)
    return _BEST_R - slow - (codec.impairment + (95.0 - codec.impairment) * share)


def mos(rated: float) -> float:
    """The mean opinion score of a rating, 1 (bad) to 4.5."""
    if rated <= 0:
        return _WORST_MOS
    score = 1.0 + 0.035 * rated + rated * (rated - 60.0) * (100.0 - rated) * 7e-6
    return min(_BEST_MOS, max(_WORST_MOS, score))


def with_buffer_ms(delay_ms: float, jitter_ms: float) -> float:
    """The delay mouth to ear of a line's one-way delay: what the receiver's buffer adds."""
    buffer_ms = _BUFFER_JITTERS * jitter_ms
    return delay_ms + min(_MOST_BUFFER_MS, max(_LEAST_BUFFER_MS, buffer_ms))
