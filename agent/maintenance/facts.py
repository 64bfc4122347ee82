"""Which facts announced work covers: `maint` for a ward, `maint[<fact>]` for an object. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.model import Role
from playbooks.verdict.facts import NOT_APPLICABLE, Fact, Truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.verdict.sight import Sight

_CORE = ("sw", "sw_traffic", "up_admin", "up_oper", "up_err", "up_full", "lan_ok", "local_dark")
_FAR_END = ("gw", "path_ok", "mtu", "dns")
_COVERED = Fact(Truth.TRUE, source="maintenance", promised=False)


def maintenance_facts(sight: Sight) -> dict[str, Fact]:
    """The facts about windows that are open over this ward now; none is open: not applicable."""
    windows = sight.maintained
    if windows.whole:
        return {"maint": _COVERED}
    covered = {f"maint[{fact}]": _COVERED for fact in _facts_under(sight)}
    return {"maint": NOT_APPLICABLE, **covered}


def _facts_under(sight: Sight) -> Iterator[str]:
    """Names of the facts that rest on an object under a window."""
    ward, under = sight.ward, sight.maintained.has
    if ward.core is not None and under(ward.core.name):
        yield from _CORE
    if ward.ce is not None and under(ward.ce.name):
        yield "ce"
    nearest = ward.ce or ward.core
    far_end = "gateway" if sight.vantage == "ward" else (nearest.name if nearest else "")
    if under(far_end):
        yield from _FAR_END
    if under("pe"):
        yield "pe"
    yield from (f"svc[{service.id}]" for service in ward.services if under(service.id))
    for device in ward.devices:
        if under(device.name) and (device.role is Role.VC or device.room):
            yield f"vc[{device.room or device.name}]"
        if under(device.name) and device.role is Role.UPS:
            yield from ("ups_batt", "ups_low")
