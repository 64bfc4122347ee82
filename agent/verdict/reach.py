"""Is a device there? One answer from several probes that each may be blocked on their own.

Any answer proves presence. A failing probe speaks against the device unless another probe has got
an answer since the failing one began to fail: a switch that answers SNMP but not ICMP is there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from agent.checks import State, state_of
from probes.model import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.model import Observation


# Nothing came back from the network; a broken handshake or a status 500 is an answer of its own.
NO_ANSWER = frozenset({Reason.TIMEOUT, Reason.UNREACHABLE, Reason.REFUSED, Reason.DNS})


@dataclass(frozen=True, slots=True)
class Proofs:
    """Per probe of one device: when it last answered, since when it fails (monotonic seconds)."""

    answered: Mapping[str, float] = field(default_factory=dict)
    failing: Mapping[str, float] = field(default_factory=dict)

    @property
    def ever(self) -> bool:
        """Whether the device answered anything since the agent started."""
        return bool(self.answered)


def weigh(proofs: Proofs, seen: Observation) -> tuple[Proofs, State | None]:
    """Take one observation in; the state it stands for, or None when it decides nothing.

    A result cut by a limit is an answer too. Reasons that are about the asking (wrong credentials,
    configuration) are UNKNOWN, never a sign of absence. What is no proof decides nothing.
    """
    if not seen.is_proof:
        return proofs, None
    state = State.OK if answered(seen) else state_of(seen.reason)
    if state is State.OK:
        failing = {probe: since for probe, since in proofs.failing.items() if probe != seen.probe}
        return Proofs({**proofs.answered, seen.probe: seen.mono}, failing), State.OK
    since = proofs.failing.get(seen.probe, seen.mono - seen.took_s)
    after = replace(proofs, failing={**proofs.failing, seen.probe: since})
    if any(at >= since for probe, at in proofs.answered.items() if probe != seen.probe):
        return after, None
    return after, state


def answered(seen: Observation) -> bool:
    """Whether an answer came back: a whole one, or one that a limit or a missing right cut.

    What a failed run measured all the same, such as the end of a bad certificate, is no answer.
    """
    return seen.tells or (seen.reason is Reason.LIMIT and bool(seen.reading.samples))
