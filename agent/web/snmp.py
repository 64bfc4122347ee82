"""`/snmp`: a device of the inventory as snmp_exporter shows it, for scrape jobs that were there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.responses import Response

from agent.exposition.family import TEXT
from agent.exposition.snmp_page import snmp_page
from agent.web import query
from agent.web.problems import Refusal
from inventory.errors import InputError
from probes.errors import Busy, ProbeError
from probes.snmp.modules import MODULES

if TYPE_CHECKING:
    from starlette.requests import Request

    from agent.snmp_reads import Read
    from agent.web.parts import Parts
    from inventory.errors import WardopsError
    from probes.model import Target

_DEFAULT_MODULE = "if_mib"
_DEFAULT_TIMEOUT_S = 10.0
_SPARE_S = 0.5  # of the scraper's own patience, for the way back
_LEAST_TIMEOUT_S = 0.1
_TIMEOUT_HEADER = "x-prometheus-scrape-timeout-seconds"
_SECONDS = re.compile(r"\d{1,4}(\.\d{1,6})?")
_HELD = (
    ("duration_seconds", "Seconds that the scrape took"),
    ("packets_retried", "Packets that were sent again"),
    ("packets_sent", "Packets that were sent"),
    ("pdus_returned", "Values that came back"),
    ("walk_duration_seconds", "Seconds that the device was asked for"),
)


async def snmp(request: Request, parts: Parts) -> Response:
    """What the device answered to each module; 403 for what is not in the inventory."""
    query.only(request, ("target", "module", "auth", "max_age"))
    target, modules = _target(request, parts), _modules(request)
    asked_s = query.whole(request, "max_age", -1, 0, 86_400)
    max_age_s = parts.snmp.fresh_s if asked_s < 0 else asked_s
    ends = parts.clock.monotonic() + _timeout_s(request)
    reads: list[Read] = []
    failed: WardopsError | None = None
    for module in modules:
        left_s = max(_LEAST_TIMEOUT_S, ends - parts.clock.monotonic())
        try:
            reads.append(
                await parts.snmp.read(target, module, max_age_s=max_age_s, timeout_s=left_s)
            )
        except Busy as error:
            raise Refusal("busy", "snmp_page.busy", headers={"Retry-After": "5"}) from error
        except (ProbeError, InputError) as error:
            failed = error
    if failed is not None and not reads:
        raise Refusal("internal", "snmp_page.failed", device=target.name, reason=str(failed))
    body = snmp_page(read.answer for read in reads) + _own(reads, ok=failed is None)
    headers = {"Cache-Control": "no-store", "Content-Type": TEXT.content_type}
    return Response(body, headers=headers)


def _target(request: Request, parts: Parts) -> Target:
    given = request.query_params.getlist("target")
    if len(given) != 1 or not given[0]:
        raise Refusal("bad_request", "snmp_page.which_target")
    found = parts.snmp.find(given[0])
    if found == "unknown":
        raise Refusal("not_in_inventory", "snmp_page.unknown_target", target=given[0][:60])
    if found == "no_snmp":
        raise Refusal("not_found", "snmp_page.no_snmp", target=given[0][:60])
    _same_auth(request, found)
    return found


def _same_auth(request: Request, target: Target) -> None:
    """A caller may name the credential that the inventory gives the device, and no other."""
    given = request.query_params.getlist("auth")
    if not given:
        return
    known = target.snmp.auth if target.snmp else ""
    if len(given) > 1 or given[0] not in (known, known.partition(":")[2]):
        raise Refusal("bad_request", "snmp_page.other_auth", device=target.name)


def _modules(request: Request) -> tuple[str, ...]:
    given = request.query_params.getlist("module") or [_DEFAULT_MODULE]
    names = tuple(dict.fromkeys(name for text in given for name in text.split(",")))
    for name in names:
        if name not in MODULES:
            known = ", ".join(MODULES)
            raise Refusal("bad_request", "snmp_page.unknown_module", module=name[:60], known=known)
    return names


def _timeout_s(request: Request) -> float:
    given = request.headers.get(_TIMEOUT_HEADER)
    if given is None:
        return _DEFAULT_TIMEOUT_S
    if not _SECONDS.fullmatch(given):
        raise Refusal("bad_request", "api.malformed", name=_TIMEOUT_HEADER, value=given[:60])
    return max(_LEAST_TIMEOUT_S, float(given) - _SPARE_S)


def _own(reads: list[Read], *, ok: bool) -> bytes:
    """What the scrape itself cost, by module, and whether every module came."""
    lines = []
    for name, told in _HELD:
        lines.append(f"# HELP snmp_scrape_{name} {told}\n# TYPE snmp_scrape_{name} gauge\n")
        lines += [
            f'snmp_scrape_{name}{{module="{read.answer.module.name}"}} {_cost(read, name)}\n'
            for read in reads
        ]
    lines.append(
        "# HELP wardops_probe_success 1 when every module answered\n"
        "# TYPE wardops_probe_success gauge\n"
        f'wardops_probe_success{{probe="snmp"}} {int(ok)}\n'
    )
    return "".join(lines).encode()


def _cost(read: Read, name: str) -> float | int:
    stats = read.answer.stats
    return {
        "packets_retried": stats.retries,
        "packets_sent": stats.pdus,
        "pdus_returned": read.answer.varbinds,
    }.get(name, round(read.took_s, 6))
