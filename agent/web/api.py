"""The reading routes of `/api/v1`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, get_args

from agent import wire
from agent.web import devices as device_words
from agent.web import maintenance as announced
from agent.web import meetings as booked
from agent.web import present, query
from agent.web.answers import answer
from agent.web.problems import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from agent.incidents.record import Incident
    from agent.view import AgentView, DeviceView, RunBook, WardView
    from agent.web.access import Caller
    from agent.web.parts import Parts

CAPABILITIES = (
    "events", "playbooks", "reports",
    "commands.ack", "commands.note", "commands.close", "commands.probe_now",
    "commands.playbook_start", "commands.playbook_answer", "commands.playbook_back",
    "commands.playbook_abort", "maintenance", "commands.maintenance_set",
    "commands.maintenance_end", "meetings", "commands.meeting_add", "commands.meeting_remove",
    "commands.meeting_check", "commands.meeting_confirm", "machines",
)  # fmt: skip
PAGING = ("limit", "cursor")
DEFAULT_LIMIT = 200
MOST = 1000
_JUDGED = 4  # meetings of a snapshot whose rooms are judged: some eight kilobytes each
Item = TypeVar("Item", bound=wire.Wire)


async def meta(request: Request, parts: Parts, caller: Caller) -> Response:
    """Who speaks, for which wards; a client's first call."""
    query.only(request, ())
    view = parts.view()
    codes = tuple(ward.unit.code for ward in view.wards)
    found = wire.Meta(
        version=view.version,
        ward=codes[0] if len(codes) == 1 else None,
        wards=codes,
        realm=view.realm,
        vantage=view.vantage,
        role=caller.role,
        capabilities=CAPABILITIES,
        clock=wire.ClockState(now=view.now),
        seq=view.seq,
    )
    return answer(request, found)


async def snapshot(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """All that the first screen needs; `X-Seq` says from which event on to follow."""
    query.only(request, ("ward",))
    view = parts.view()
    ward = asked_ward(request, view)
    if ward is None and len(view.wards) == 1:
        ward = view.wards[0]
    found = _one_ward(ward, view, parts.runs) if ward else _all_wards(view, parts.runs)
    return answer(request, found, {"X-Seq": str(view.seq)})


def _one_ward(ward: WardView, view: AgentView, book: RunBook) -> wire.Snapshot:
    return wire.Snapshot(
        seq=view.seq,
        ts=view.now,
        realm=view.realm,
        vantage=view.vantage,
        wards=(present.summary(ward),),
        ward=present.ward_ref(ward),
        verdict=present.verdict(ward, view),
        path=present.path(ward),
        devices=tuple(device_words.device(device, view) for device in ward.devices),
        services=tuple(device_words.service(one, ward, view) for one in ward.services),
        incidents=_shown_incidents(ward.incidents, view),
        contacts=tuple(book.contacts(ward)),
        playbooks=tuple(book.suggested(ward)),
        runs=tuple(book.runs(ward=ward.unit.code, is_open=True)),
        circuits=present.circuits(ward),
        maintenance=announced.windows(view, ward.unit.code),
        meetings=booked.upcoming(view, ward.unit.code, _JUDGED),
        drill=view.drill,
        troubles=present.troubles(view),
        link=present.link(view),
    )


def _all_wards(view: AgentView, book: RunBook) -> wire.Snapshot:
    return wire.Snapshot(
        seq=view.seq,
        ts=view.now,
        realm=view.realm,
        vantage=view.vantage,
        wards=tuple(present.summary(ward) for ward in view.wards),
        incidents=_shown_incidents(
            [*view.common, *(one for ward in view.wards for one in ward.incidents)], view
        ),
        runs=tuple(book.runs(ward=None, is_open=True)),
        maintenance=announced.windows(view, None),
        meetings=booked.upcoming(view, None),
        drill=view.drill,
        troubles=present.troubles(view),
    )


def _shown_incidents(known: Sequence[Incident], view: AgentView) -> tuple[wire.Incident, ...]:
    """Open ones first, a group incident before its children, then the newest."""
    found = sorted(
        known, key=lambda one: (not one.is_open, not one.is_common, -one.t0_detected.timestamp())
    )
    return tuple(
        present.incident(one, view.now, told=view.told.get(one.uid, ()))
        for one in found[: present.SHOWN_INCIDENTS]
    )


async def wards(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """All wards, one line each."""
    query.only(request, PAGING)
    view = parts.view()
    return page(request, [present.summary(ward) for ward in view.wards], view.seq)


async def ward(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """One ward in one line."""
    query.only(request, ())
    return answer(request, present.summary(_ward(request.path_params["code"], parts.view())))


async def verdict(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """The verdict of the ward asked for, or of the only one."""
    query.only(request, ("ward",))
    view = parts.view()
    found = asked_ward(request, view)
    if found is None and len(view.wards) == 1:
        found = view.wards[0]
    if found is None:
        raise Refusal("bad_request", "api.which_ward")
    return answer(request, present.verdict(found, view))


async def devices(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """Devices and hops, of one ward, class or state if asked for."""
    query.only(request, ("ward", "class", "state", *PAGING))
    view = parts.view()
    asked = asked_ward(request, view)
    wanted_class = query.one(request, "class", query.NAME)
    state = query.choice(request, "state", get_args(wire.DeviceStateName))
    found = [
        device_words.device(device, view)
        for ward in ((asked,) if asked else view.wards)
        for device in ward.devices
        if state in {None, device.state}
    ]
    listed = [one for one in found if wanted_class in {None, one.device_class}]
    return page(request, listed, view.seq)


async def device(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """One device with its newest values; `ward` tells apart hops that every ward has."""
    query.only(request, ("ward",))
    view = parts.view()
    return answer(request, device_words.device_detail(_device(request, view), view))


async def interfaces(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """The ports of one device; empty when nothing was measured lately."""
    query.only(request, ("ward", *PAGING))
    view = parts.view()
    ports = list(device_words.interfaces(_device(request, view), view))
    return page(request, ports, view.seq)


async def incidents(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """Incidents, newest first; `open=true` for those that still hurt."""
    query.only(request, ("ward", "kind", "open", *PAGING))
    view = parts.view()
    asked = asked_ward(request, view)
    is_open = query.choice(request, "open", ("true", "false"))
    found = parts.commands.incidents(
        ward=asked.unit.code if asked else None,
        kind=query.choice(request, "kind", ("technical", "security", "drill")),
        is_open=None if is_open is None else is_open == "true",
    )
    return page(request, [present.incident(one, view.now) for one in found], view.seq)


async def incident(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """One incident."""
    query.only(request, ())
    asked = request.path_params["id"]
    found = parts.commands.incident(asked)
    if found is None:
        raise Refusal("not_found", "api.no_incident", incident=asked[:60])
    view = parts.view()
    told = view.told.get(found.uid, ())
    known = parts.commands.incidents(ward=None, kind=None, is_open=None) if found.is_common else ()
    children = [one for one in known if one.group == found.id]
    return answer(request, present.incident(found, view.now, children, told))


async def maintenance(request: Request, parts: Parts, caller: Caller) -> Response:  # noqa: ARG001
    """Windows of maintenance that are open or to come, and the weekly rules."""
    query.only(request, ("ward",))
    view = parts.view()
    asked = asked_ward(request, view)
    code = asked.unit.code if asked else None
    found = wire.Maintenance(
        windows=announced.windows(view, code), weekly=announced.weekly(view, code), seq=view.seq
    )
    return answer(request, found)


def page(request: Request, items: Sequence[Item], seq: int) -> Response:
    """A part of the list from the cursor on; a cursor is the place to go on at."""
    limit = query.whole(request, "limit", DEFAULT_LIMIT, 1, MOST)
    start = query.whole(request, "cursor", 0, 0, 10**9)
    end = start + limit
    following = str(end) if end < len(items) else None
    part = wire.Page[wire.Wire](items=tuple(items[start:end]), next=following, seq=seq)
    return answer(request, part)


def asked_ward(request: Request, view: AgentView) -> WardView | None:
    """The ward of `?ward=`, None without it; 404 for one that this agent has not."""
    code = query.one(request, "ward", query.WARD)
    return _ward(code, view) if code else None


def _ward(code: str, view: AgentView) -> WardView:
    found = view.ward(code)
    if found is None:
        raise Refusal("not_found", "api.no_ward", ward=code[:60])
    return found


def _device(request: Request, view: AgentView) -> DeviceView:
    name = request.path_params["name"]
    asked = asked_ward(request, view)
    wards = (asked,) if asked else view.wards
    found = [one for ward in wards for one in ward.targets if one.target.name == name]
    if not found:
        raise Refusal("not_found", "api.no_device", device=name[:60])
    if len(found) > 1:
        raise Refusal("bad_request", "api.which_ward")
    return found[0]
