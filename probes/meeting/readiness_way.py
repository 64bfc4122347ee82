"""The items of readiness outside the room: power, switch, line, names, meeting system. Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from inventory.model import Role
from probes.meeting.readiness_line import line_items, line_passes
from probes.meeting.readiness_model import Item
from probes.meeting.readiness_sight import (
    Read,
    answers,
    chain,
    checks,
    endpoint_of,
    fresh,
    last_age_s,
    port_before,
    read,
)
from probes.meeting.readiness_values import number, percent, reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from inventory.model import Device, Service
    from probes.meeting.readiness_model import ItemName, ItemState, Scene, Side
    from probes.model import UpsStatus

_LOW_CHARGE = 0.2
_LOW_RUNTIME_S = 15 * 60.0
_NOTHING: Mapping[str, object] = MappingProxyType({})
_SIDES: Mapping[str, Side] = MappingProxyType(
    {"power": "room", "meeting": "room", "metronet": "line", "dc": "centre", "service": "centre"}
)


def way_items(scene: Scene) -> Iterator[Item]:
    """What stands outside the room, as far as the inventory has it."""
    yield from _power(scene)
    switch = list(_switch(scene))
    yield from switch
    is_behind = scene.vantage == "ward" and any(one.state == "down" for one in switch)
    yield from line_items(scene, is_behind=is_behind)
    blocker: ItemName | None = "switch" if is_behind else None
    if blocker is None and line_passes(scene) is False:
        blocker = "line"
    yield from _resolver(scene, blocker)
    yield from _services(scene, blocker)
    if scene.beside.has_book:
        yield _incident(scene)


# ---- power ----


def _power(scene: Scene) -> Iterator[Item]:
    for device in scene.ward.devices:
        if device.role is Role.UPS or device.kind.startswith("ups_"):
            yield _ups(scene, device)
            return


def _ups(scene: Scene, device: Device) -> Item:
    told = read(scene, device.name, lambda reading: reading.ups)
    if told is None or told.reading.ups is None or told.reading.ups.on_battery is None:
        return Item(
            "power",
            "unknown",
            "not_measured",
            step="ups_look",
            age_s=last_age_s(scene, device.name),
        )
    ups = told.reading.ups
    if ups.on_battery:
        return _on_battery(scene, ups, told)
    if ups.charge_ratio is not None and ups.charge_ratio < _LOW_CHARGE:
        values = {"pct": percent(ups.charge_ratio)}
        return _measured("power", "degraded", "ups_low", told, values, step="ups_look")
    if ups.replace_battery:
        return _measured("power", "degraded", "ups_replace", told, step="ups_look")
    return _measured("power", "ok", "mains", told, {"left": _left(ups)})


def _on_battery(scene: Scene, ups: UpsStatus, told: Read) -> Item:
    """Without mains an endpoint that hangs on no UPS is dark: then this is the cause."""
    endpoint = endpoint_of(scene)
    is_dark = endpoint is not None and answers(scene, endpoint.name) is False
    runtime = ups.runtime_s if ups.runtime_s is not None else _LOW_RUNTIME_S
    is_short = runtime < max(_LOW_RUNTIME_S, 60 * (scene.minutes_left() or 0.0))
    state: ItemState = "down" if is_dark else "degraded"
    said = "battery_dark" if is_dark else "battery_short" if is_short else "battery"
    return Item(
        "power", state, said, {"left": _left(ups)},
        step="mains", at=told.seen.started, age_s=told.age_s, is_required=True,
    )  # fmt: skip


def _left(ups: UpsStatus) -> dict[str, str]:
    """Minutes that the battery lasts; a question mark where it does not say."""
    return {"vi": "?", "en": "?"} if ups.runtime_s is None else number(ups.runtime_s / 60)


# ---- switch ----


def _switch(scene: Scene) -> Iterator[Item]:
    """The switches between endpoint and line, and the port that the endpoint hangs on."""
    endpoint = endpoint_of(scene)
    above = [one for one in chain(scene, endpoint) if one.role is not Role.CE] if endpoint else []
    if endpoint is None or not above:
        return
    # Traffic that passes it proves a switch better than its own management does.
    is_used = answers(scene, endpoint.name) is True or line_passes(scene) is True
    silent = [one for one in above if answers(scene, one.name) is False]
    if silent and not is_used:
        farthest = silent[-1]
        yield Item("switch", "down", "switch_silent", {"device": farthest.name}, side="lan",
                   step="switch_look", age_s=last_age_s(scene, farthest.name),
                   is_required=True)  # fmt: skip
        return
    yield _port(scene, endpoint, above)


def _port(scene: Scene, endpoint: Device, above: list[Device]) -> Item:
    port = port_before(scene, endpoint)
    told = read(scene, above[0].name, lambda reading: reading.interfaces)
    if port is not None and port.admin == "down":
        values = {"port": port.name, "device": above[0].name}
        return Item("switch", "down", "port_shut", values, side="lan", step="port_open",
                    age_s=told.age_s if told else None, is_required=True)  # fmt: skip
    known = [answers(scene, one.name) for one in above]
    if all(one is True for one in known):
        age_s = min(last_age_s(scene, one.name) or 0.0 for one in above)
        return Item("switch", "ok", "answers", side="lan", age_s=age_s, is_required=True)
    if answers(scene, endpoint.name) is True:
        return Item("switch", "unknown", "switch_passes", side="lan")
    return Item("switch", "unknown", "not_measured", side="lan", step="measure", is_required=True)


# ---- names, meeting system, incident ----


def _resolver(scene: Scene, blocker: ItemName | None) -> Iterator[Item]:
    if "resolver" not in scene.targets:
        return
    runs = fresh(scene, "resolver")
    age_s = last_age_s(scene, "resolver")
    if runs and runs[0].ok:
        yield Item("resolver", "ok", "answers", side="centre", age_s=age_s, is_required=True)
    elif blocker is not None:
        yield _behind("resolver", blocker)
    elif not runs:
        yield Item("resolver", "unknown", "not_measured", side="centre", step="measure",
                   is_required=True)  # fmt: skip
    else:
        has_own = scene.ward.dns is not None and scene.ward.dns.ward is not None
        is_ours = scene.vantage == "ward" and has_own and _city_answers(scene)
        yield Item(
            "resolver", "down", "resolver_bad", {"why": reason(runs[0].reason)},
            side="lan" if is_ours else "centre", step="resolver_report", age_s=age_s,
            is_required=True,
        )  # fmt: skip


def _city_answers(scene: Scene) -> bool:
    return any(one.ok for one in fresh(scene, "resolver-city"))


def _services(scene: Scene, blocker: ItemName | None) -> Iterator[Item]:
    """The worst of the services that a meeting needs; none where the inventory names none."""
    names = [name for one in scene.ward.services if _is_needed(one, scene) for name in one.names]
    if not names:
        return
    runs = {name: checks(scene, name) for name in names}
    age_s = min((a for n in names if (a := last_age_s(scene, n)) is not None), default=None)
    bad = [(name, found[0].reason) for name, found in runs.items() if found and not found[0].ok]
    if bad and blocker is not None:
        yield _behind("services", blocker)
    elif bad:
        name, why = bad[0]
        values = {"service": _named(scene, name), "why": reason(why)}
        yield Item("services", "down", "service_bad", values, side="centre",
                   step="service_report", age_s=age_s, is_required=True)  # fmt: skip
    elif all(runs.values()):
        yield Item("services", "ok", "answers", side="centre", age_s=age_s, is_required=True)
    elif blocker is not None:
        yield _behind("services", blocker)
    else:
        yield Item("services", "unknown", "not_measured", side="centre", step="measure",
                   is_required=True)  # fmt: skip


def _is_needed(service: Service, scene: Scene) -> bool:
    """A call server, what the inventory marks as for meetings, and the host of the test room."""
    if service.meeting or service.module == "sip":
        return True
    uri = scene.meeting.test_uri if scene.meeting is not None else None
    return bool(uri) and _host(service.url) == _host(str(uri))


def _host(url: str) -> str:
    """The host of a URL, or of an address like sip:room@host."""
    try:
        return urlsplit(url).hostname or url.rpartition("@")[2].partition(";")[0]
    except ValueError:
        return ""


def _named(scene: Scene, name: str) -> dict[str, str]:
    found = scene.ward.service(name)
    return {"vi": found.name.vi, "en": found.name.en} if found else {"vi": name, "en": name}


def _behind(name: ItemName, blocker: ItemName) -> Item:
    return Item(name, "unknown", "behind", side="centre", because=blocker, is_required=True)


def _incident(scene: Scene) -> Item:
    """An open incident on the way that the other items may not show."""
    if scene.beside.incident is None:
        return Item("incident", "ok", "no_incident", side="line")
    side = _SIDES.get(scene.beside.segment or "", "lan")
    values = {"incident": scene.beside.incident}
    return Item("incident", "degraded", "open_incident", values, side, "incident_follow")


def _measured(
    name: ItemName,
    state: ItemState,
    said: str,
    told: Read,
    values: Mapping[str, object] = _NOTHING,
    *,
    step: str | None = None,
) -> Item:
    return Item(name, state, said, values, step=step, at=told.seen.started, age_s=told.age_s,
                is_required=True)  # fmt: skip
