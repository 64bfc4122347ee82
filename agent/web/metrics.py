"""What Prometheus asks: `/metrics`, `/sd`, and whether the agent lives and is ready."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, PlainTextResponse, Response

from agent.exposition.engine import engine_blocks
from agent.exposition.negotiate import COMPRESS_FROM, accepts_gzip, compressed, format_for
from agent.exposition.writer import Selection
from agent.regions import REGIONS, region_of
from agent.service_looks import usual
from agent.web import query
from agent.web.answers import tagged
from agent.web.problems import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request

    from agent.exposition.family import Format
    from agent.exposition.writer import Scrape
    from agent.view import AgentView, WardView
    from agent.web.parts import Parts

# Above this the joining and packing of a scrape would hold up the loop noticeably (about 2,000
# series); zlib frees the interpreter lock.
_THREAD_FROM_OCTETS = 256 * 1024


async def metrics(request: Request, parts: Parts) -> Response:
    """All series, or those of the wards and devices asked for; 404 for one that does not exist."""
    query.only(request, ("ward", "device", "name[]"))
    view = parts.view()
    if not view.restored:
        raise Refusal("unavailable", "api.not_restored", headers={"Retry-After": "5"})
    selection = _selection(request, view)
    form = format_for(request.headers.get("accept"))
    drill = view.realm == "drill"
    blocks = engine_blocks(view, parts.renderer, selection, drill=drill)
    scrape = parts.exposition.picture(selection, view.mono, blocks)
    own = parts.selfmetrics.render(form, selection.names) if selection.is_whole else b""
    zipped = accepts_gzip(request.headers.get("accept-encoding"))
    if scrape.size() > _THREAD_FROM_OCTETS:
        body, encoding = await asyncio.to_thread(_body, scrape, form, own, zipped=zipped)
    else:
        body, encoding = _body(scrape, form, own, zipped=zipped)
    headers = {
        "Vary": "Accept, Accept-Encoding",
        "Cache-Control": "no-store",
        "Content-Type": form.content_type,
        **encoding,
    }
    return Response(body, headers=headers)


def _body(
    scrape: Scrape, form: Format, own: bytes, *, zipped: bool
) -> tuple[bytes, dict[str, str]]:
    parts = [*scrape.join(form), own, form.trailer]
    if zipped and sum(map(len, parts)) > COMPRESS_FROM:
        return compressed(parts), {"Content-Encoding": "gzip"}
    return b"".join(parts), {}


def _selection(request: Request, view: AgentView) -> Selection:
    wards = query.many(request, "ward", query.WARD)
    devices = query.many(request, "device", query.NAME)
    known = {target.target.name for ward in view.wards for target in ward.targets}
    for code in wards - {ward.unit.code for ward in view.wards}:
        raise Refusal("not_found", "api.no_ward", ward=code)
    for name in devices - known:
        raise Refusal("not_found", "api.no_device", device=name)
    return Selection(wards, devices, query.many(request, "name[]", query.METRIC))


async def service_discovery(request: Request, parts: Parts) -> Response:
    """Targets for Prometheus' `http_sd_config`: wards, the agent alone, or services for /probe."""
    query.only(request, ("role", "ward", "region", "realm"))
    view = parts.view()
    role = query.choice(request, "role", ("ward", "agent", "probe")) or "ward"
    asked_realm = query.choice(request, "realm", ("live", "drill", "sim"))
    if view.realm == "drill" and asked_realm != "drill":
        groups: list[dict[str, object]] = []
    elif role == "agent":
        groups = [_agent_group(parts, view)]
    elif role == "probe":
        wards = _asked_wards(request, view)
        groups = [
            _probe_group(one.target.name, module, ward, parts, view)
            for ward in wards
            for one in ward.services
            if (module := usual(one.target)) is not None
        ]
    else:
        groups = [_ward_group(ward, parts, view) for ward in _asked_wards(request, view)]
    return tagged(request, json.dumps(groups, ensure_ascii=False).encode(), "application/json")


def _asked_wards(request: Request, view: AgentView) -> list[WardView]:
    codes = query.many(request, "ward", query.WARD)
    bracket = query.choice(request, "region", REGIONS)
    return [
        ward
        for ward in view.wards
        if (not codes or ward.unit.code in codes)
        and (bracket is None or region_of(ward.unit) == bracket)
    ]


def _agent_group(parts: Parts, view: AgentView) -> dict[str, object]:
    labels = {"__metrics_path__": "/metrics", "__meta_wardops_realm": view.realm}
    return {"targets": [parts.advertise], "labels": labels}


def _ward_group(ward: WardView, parts: Parts, view: AgentView) -> dict[str, object]:
    unit = ward.unit
    labels = {
        "__metrics_path__": "/metrics",
        "__param_ward": unit.code,
        "ward": unit.code,
        "__meta_wardops_ward_slug": unit.slug,
        "__meta_wardops_area": unit.area,
        "__meta_wardops_region": region_of(unit),
        "__meta_wardops_kind": unit.kind,
        "__meta_wardops_realm": view.realm,
    }
    return {"targets": [parts.advertise], "labels": labels}


def _probe_group(
    name: str, module: str, ward: WardView, parts: Parts, view: AgentView
) -> dict[str, object]:
    """One service as `/probe` is asked for it; its address is not told."""
    code = ward.unit.code
    labels = {
        "__metrics_path__": "/probe",
        "__param_target": f"{code}/{name}",
        "__param_module": module,
        "ward": code,
        "service": name,
        "instance": f"{code}/{name}",
        "__meta_wardops_realm": view.realm,
    }
    return {"targets": [parts.advertise], "labels": labels}


async def healthy(request: Request, parts: Parts) -> Response:  # noqa: ARG001 - a route's form
    """`ok` while the event loop answers."""
    return PlainTextResponse("ok\n")


async def ready(request: Request, parts: Parts) -> Response:  # noqa: ARG001 - a route's form
    """200 when the agent's answers can be relied on, else 503 with the reasons."""
    view = parts.view()
    reasons = list(view.not_ready)
    if not view.restored and "starting" not in reasons:
        reasons.insert(0, "starting")
    content = {"ready": not reasons, "reasons": reasons}
    return JSONResponse(content, status_code=503 if reasons else 200)
