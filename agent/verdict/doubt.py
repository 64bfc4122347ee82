"""May the ward's end of the line believe that the far end is gone? Pure.

The first lost echoes say only that something on the way is broken. Before the line is blamed, what
stands before it must have answered after the loss began, nothing behind it may still answer, and
the losses must be more than what the ward's own stretch loses anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.checks import State
from agent.verdict.sight import BURSTS_KEPT_S
from playbooks.verdict.facts import Truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from agent.verdict.echoes import Burst, EchoWindow
    from agent.verdict.sight import Seen, Sight

# How long the far end's silence waits for the answers of what stands before it: an echo takes up
# to 2 s to be lost, and the parents are asked at the first loss.
CONFIRM_S = 4.0
# A stretch that loses less than this by itself explains no silence.
NOTABLE_LOSS = 0.05
# Silence is believed when the ward's own loss would bring it about less than once in ten thousand.
CHANCE = 1e-4
LOSS_WINDOW_S = 180.0
# Echoes over which a stretch's worst loss is taken: fewer are luck, more would hide a fresh fault
# behind the good time before it.
WORST_ECHOES = 10
# What the switch says of its port to the line: it is read again at the first loss.
_PORT_TABLES = ("snmp-interfaces", "snmp-vlans")


@dataclass(frozen=True, slots=True)
class Loss:
    """Since when the far end is silent and when it last answered (monotonic seconds)."""

    since: float
    last_ok: float | None = None


def loss_of(sight: Sight) -> Loss | None:
    """The present run of lost results of the far end, None while it answers."""
    gateway = sight.of("gateway")
    if gateway is None or gateway.bad_since_mono is None:
        return None
    return Loss(gateway.bad_since_mono, gateway.last_ok_mono)


def silence(sight: Sight) -> Truth:
    """What a far end without echoes comes to: false when it is gone, unknown while in doubt."""
    loss = loss_of(sight)
    gateway = sight.of("gateway")
    if gateway is not None and gateway.state is State.OK:
        return Truth.UNKNOWN  # an echo came back after the silence
    if loss is None or sight.line_is_down:  # the line's own port says why it is silent
        return Truth.FALSE
    if _crossed(sight, loss) or _is_awaited(sight, loss) or _is_explained(sight, loss):
        return Truth.UNKNOWN
    return Truth.FALSE


def since_loss(seen: Seen, loss: Loss | None) -> Truth:
    """Whether something before the far end is there, on evidence from after the loss alone.

    Silence that is older than the far end's last answer proves nothing: it forwarded all the same.
    """
    found = seen.answers
    if loss is None:
        return found
    if found is Truth.TRUE and seen.last_ok_mono is not None and seen.last_ok_mono < loss.since:
        return Truth.UNKNOWN
    forwarded = (
        found is Truth.FALSE
        and seen.bad_since_mono is not None
        and loss.last_ok is not None
        and seen.bad_since_mono < loss.last_ok
    )
    return Truth.UNKNOWN if forwarded else found


def silent_run(window: EchoWindow) -> int:
    """Echoes lost in a row at the window's end."""
    run = 0
    for burst in reversed(window.bursts):
        if burst.lost < burst.sent:
            break
        run += burst.lost
    return run


def _crossed(sight: Sight, loss: Loss) -> bool:
    """Whether something beyond the far end answers still: then echoes alone are stopped."""
    return any(
        seen.answers is Truth.TRUE
        and seen.last_ok_mono is not None
        and seen.last_ok_mono >= loss.since
        for seen in _beyond(sight)
    )


def _beyond(sight: Sight) -> Iterable[Seen]:
    centre = [device.name for device in sight.ward.devices if device.site == "dc"]
    names = [*(service.id for service in sight.ward.services), *centre]
    return [seen for name in names if (seen := sight.of(name)) is not None]


def _is_awaited(sight: Sight, loss: Loss) -> bool:
    """Whether answers are still on their way that would tell who is to blame."""
    if sight.mono - loss.since >= CONFIRM_S:
        return False
    before = [sight.of(d.name) for d in (sight.ward.core, sight.ward.ce) if d is not None]
    if any(
        seen is not None
        and seen.answers is Truth.TRUE
        and seen.last_ok_mono is not None
        and seen.last_ok_mono < loss.since
        for seen in before
    ):
        return True
    services = [sight.of(service.id) for service in sight.ward.services]
    asked = [seen.last for seen in services if seen is not None and seen.last is not None]
    if asked and not any(seen.mono >= loss.since for seen in asked):
        return True
    core = before[0] if sight.ward.core is not None else None
    tables = [core.live.get(probe) for probe in _PORT_TABLES] if core is not None else []
    return any(table is not None and table.mono < loss.since for table in tables)


def _is_explained(sight: Sight, loss: Loss) -> bool:
    """Whether the ward's own stretch loses so much that such a silence is no surprise."""
    share = max((_usual_loss(sight, loss, name) for name in sight.near), default=0.0)
    return share >= NOTABLE_LOSS and share ** silent_run(sight.far_end) >= CHANCE


def from_afar(sight: Sight, seen: Seen) -> Truth:
    """Hub: whether a switch is there, looked at over a line that may lose its answers.

    Its silence is its own only when the line loses too little to bring it about: the echoes of the
    terminal device tell, above all those since the silence began.
    """
    found = seen.answers
    if found is not Truth.FALSE or seen.bad_since_mono is None:
        return found
    since = seen.bad_since_mono
    others = [name for name in sight.near if name != seen.target.name]
    if not others:
        return found
    share = max(max(_own_loss(sight, name), _loss_since(sight, name, since)) for name in others)
    run = sum(b.lost for b in sight.near.get(seen.target.name, ()) if b.mono >= since)
    return Truth.UNKNOWN if share ** max(run, 1) >= CHANCE else found


def _loss_since(sight: Sight, name: str, since: float) -> float:
    """The share of echoes that a near device lost since a moment, taken as two worse than it was:
    a few lucky answers prove little."""
    recent = [burst for burst in sight.near[name] if burst.mono >= since]
    return (sum(b.lost for b in recent) + 2) / (sum(b.sent for b in recent) + 2)


def _own_loss(sight: Sight, name: str) -> float:
    """The share of echoes that a near device loses while it answers; 0 for a silent one."""
    recent = [b for b in sight.near[name] if sight.mono - b.mono <= LOSS_WINDOW_S]
    began = _silent_since(recent)
    return _worst_share([b for b in recent if began is None or b.mono < began])


def _worst_share(bursts: Sequence[Burst]) -> float:
    """The worst loss of all stretches of time that end with the newest burst; 0 without any."""
    worst, sent, lost = 0.0, 0, 0
    for burst in reversed(bursts):
        sent, lost = sent + burst.sent, lost + burst.lost
        if sent >= WORST_ECHOES or burst is bursts[0]:
            worst = max(worst, lost / sent)
    return worst


def _silent_since(bursts: Sequence[Burst]) -> float | None:
    """The first burst of the present run of wholly lost ones; None while echoes come back."""
    began = None
    for burst in reversed(bursts):
        if burst.lost < burst.sent:
            break
        began = burst.mono
    return began


def _usual_loss(sight: Sight, loss: Loss, name: str) -> float:
    """The share of echoes that a near device loses although it is there; 0 for a silent one.

    The worst of all stretches of time: a loss that has just begun is no smaller for the good
    minutes before it. For the time since the far end fell silent the share is taken as one echo
    worse than it was (Laplace's rule of succession), since a single lucky answer proves little.
    """
    recent = _counting(sight, loss, name)
    worst = _worst_share(recent)
    since = [burst for burst in recent if burst.mono >= loss.since]
    asked = sum(burst.sent for burst in since)
    return max(worst, (sum(b.lost for b in since) + 1) / (asked + 2)) if asked else worst


def _counting(sight: Sight, loss: Loss, name: str) -> list[Burst]:
    """The bursts of a near device that tell of loss on the way to it.

    A run of lost ones at the end tells of its own silence instead: when nothing else of it has
    answered since, or when the far end still answered in that run.
    """
    recent = [b for b in sight.near[name] if sight.mono - b.mono <= LOSS_WINDOW_S]
    began, seen = _silent_since(recent), sight.of(name)
    if began is None or seen is None:
        return recent
    heard = seen.answers is Truth.TRUE and (seen.last_ok_mono or 0.0) >= loss.since
    if heard and loss.last_ok is not None and began > loss.last_ok:
        return recent
    return [burst for burst in recent if burst.mono < began]


def kept(bursts: tuple[Burst, ...], burst: Burst) -> tuple[Burst, ...]:
    """The bursts of one near device with one more, old ones dropped."""
    return (*(b for b in bursts if burst.mono - b.mono <= BURSTS_KEPT_S), burst)
