"""What was seen of a ward's open shares, as the facts of group `share`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.text import one_line
from playbooks.conditions import RunFact
from playbooks.known import MEASURED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inventory.model import Device, Ward
    from probes.model import Observation

PROBE = "shares"
_SHOWN = 4


def sharers_in(ward: Ward) -> tuple[Device, ...]:
    """The devices that may be asked what they share with everybody."""
    return tuple(one for one in ward.devices if one.shares is not None)


def share_facts(ward: Ward, seen: Iterable[Observation]) -> dict[str, RunFact]:
    """Every fact of group `share` by field: of the device that lets strangers into most.

    `seen` are the newest runs that asked.
    """
    if not sharers_in(ward):
        return dict.fromkeys(MEASURED["share"], RunFact(reason="not_applicable"))
    told = [(one, one.reading.shares) for one in seen if one.reading.shares is not None]
    if not told:
        return {}
    newest, shares = max(told, key=lambda pair: len(pair[1]))

    def fact(value: str | int | None) -> RunFact:
        return RunFact(value, "" if value is not None else "none", PROBE, newest.started)

    more = f" +{len(shares) - _SHOWN}" if len(shares) > _SHOWN else ""
    names = ", ".join(one_line(one.name, 24) for one in shares[:_SHOWN]) + more
    return {
        "device": fact(newest.target.name),
        "open": fact(len(shares)),
        "names": fact(names or None),
    }
