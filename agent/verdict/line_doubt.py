"""A linkDown about the line's own port puts it in doubt; one reading may then be proof. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.ward_checks import LINE_DOUBT_S

if TYPE_CHECKING:
    from agent.hints.model import Hint
    from probes.model import Observation


@dataclass(frozen=True, slots=True)
class LineDoubt:
    """Since when (monotonic seconds) a linkDown waits for an answer; None while none does.

    `is_proven` says that the port's own reading has confirmed one, and no reading was good since.
    """

    since: float | None = None
    is_proven: bool = False

    def weigh(self, mono: float, took_s: float, *, up: bool) -> tuple[LineDoubt, bool]:
        """The doubt after a reading of the port, and whether that one reading is enough.

        One that was asked before the linkDown and says up is older than it and answers nothing.
        """
        if self.since is None or mono < self.since:
            return LineDoubt(self.since, self.is_proven and not up), False
        in_time = mono - self.since <= LINE_DOUBT_S
        waits_on = up and mono - took_s < self.since and in_time
        is_proof = not up and in_time
        return (self if waits_on else LineDoubt(is_proven=is_proof)), is_proof


def is_about(hint: Hint, port_name: str, known: Observation | None) -> bool:
    """Whether a hint may be about that port of the core switch: yes when nobody can tell.

    `known` is the newest good reading of the switch's ports.
    """
    ports = (known.reading.interfaces or ()) if known else ()
    port = next((one for one in ports if port_name in (one.name, one.descr)), None)
    names = {hint.values.get("ifName"), hint.values.get("ifDescr")} - {None}
    if port is not None and "ifIndex" in hint.values:
        return hint.values["ifIndex"] == port.index
    if names:
        return bool(names & {port_name, port.name if port else None, port and port.descr})
    return True
