"""Reads a Cisco Meeting Server: how many calls and participants, and which alarms stand.

Source: Cisco Meeting Server API reference 2.9 and 3.x. Lists say their whole length in `total` and
come 20 at a time; where a release leaves it out, the pages are counted. Names and ids are dropped.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from probes.errors import Forbidden, NotConfigured, ProtocolBroken, Unsupported
from probes.model import Identity, Metric, Probe, Reading, Sample
from probes.transports.device_api import base_of
from probes.transports.login import login_of
from probes.transports.status import check_status
from probes.transports.xml_tree import tree_of
from probes.vc.poly_read import version_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

    from probes.model import ProbeContext, Target
    from probes.transports.model import HttpRequest

STATUS, ALARMS = "/api/v1/system/status", "/api/v1/system/alarms"
CALLS, PARTICIPANTS = "/api/v1/calls", "/api/v1/participants"
_PAGE = 20
_MOST_PAGES = 10
_MOST_ALARMS = 16  # types of alarms that become series
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9]{0,47}")

ALARM = Metric(
    "wardops_cms_alarm",
    "gauge",
    "For how many seconds an alarm of this type stands; absent without one.",
    ("type",),
)
CALLS_NOW = Metric("wardops_cms_calls", "gauge", "Conferences that are going on.")
PARTICIPANTS_NOW = Metric("wardops_cms_participants", "gauge", "Participants of all conferences.")


async def run(target: Target, context: ProbeContext) -> Reading:
    """GET status, alarms, calls and participants with Basic credentials.

    An account that may not read one of them leaves that one out. Raises Forbidden or Unsupported
    where none may be read or is there, ProtocolBroken and ParseFailed for other answers, and what
    statuses and the client raise.
    """
    access = target.https
    if access is None:
        raise NotConfigured
    user, password = login_of(context.secret(access.auth))
    server = _Server(replace(base_of(target, access), user=user, password=password), context)
    status = await server.page(STATUS, "status")
    alarms = await server.items(ALARMS, "alarms")
    calls = await server.count(CALLS, "calls")
    participants = await server.count(PARTICIPANTS, "participants")
    if server.refused and status is None and alarms is None and calls is participants is None:
        raise server.refused
    identity = identity_of(status)
    context.note(f"cms: {identity.version}, {len(alarms or ())} alarms")
    counted = ((CALLS_NOW, calls), (PARTICIPANTS_NOW, participants))
    return Reading(
        samples=(
            *_alarm_samples(alarms or ()),
            *(Sample(metric, value) for metric, value in counted if value is not None),
        ),
        identity=identity,
        complete=not server.cut,
        method="https /api/v1",
    )


class _Server:
    """One poll's questions; `cut` says that a list was longer than is read."""

    def __init__(self, base: HttpRequest, context: ProbeContext) -> None:
        self.cut = False
        self.refused: Forbidden | Unsupported | None = None
        self._base, self._context = base, context

    async def page(self, path: str, root: str, offset: int | None = None) -> Element | None:
        """The tree at a path; None where it is not there or not shown to this account.

        Raises ProtocolBroken where its root is another.
        """
        query = "" if offset is None else f"?offset={offset}&limit={_PAGE}"
        request = replace(self._base, url=f"{self._base.url}{path}{query}")
        answer = await self._context.transports.http.send(request, deadline=self._context.deadline)
        if answer.status in {403, 404, 405}:
            self.refused = Forbidden() if answer.status == 403 else Unsupported()
            return None
        check_status(answer)
        tree = tree_of(answer.body, answer.content_type)
        if tree.tag != root:
            raise ProtocolBroken("vc_root", root=re.sub(r"\W", "?", str(tree.tag))[:32])
        return tree

    async def count(self, path: str, root: str) -> int | None:
        """How long a list is: as it says, else counted."""
        first = await self.page(path, root)
        told = None if first is None else total_of(first)
        if first is None or told is not None:
            return told
        found = await self.items(path, root)
        return None if found is None else len(found)

    async def items(self, path: str, root: str) -> tuple[Element, ...] | None:
        """All items of a list, page by page; None where it cannot be read."""
        found: list[Element] = []
        for number in range(_MOST_PAGES):
            page = await self.page(path, root, number * _PAGE)
            if page is None:
                return None
            found += list(page)
            total = total_of(page)
            if not len(page) or len(found) >= (total if total is not None else len(found) + 1):
                return tuple(found)
            if total is None and len(page) < _PAGE:
                return tuple(found)
        self.cut = True
        return tuple(found)


def total_of(tree: Element) -> int | None:
    """What a list says of its whole length."""
    told = tree.get("total") or ""
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 10 else None


def identity_of(status: Element | None) -> Identity:
    """The release; what the server is called is not read."""
    shown = None if status is None else status.findtext("softwareVersion")
    return Identity(
        vendor="Cisco",
        os="cms",
        device_class="mcu",
        model="Meeting Server",
        version=version_of(shown),
    )


def alarms_of(items: tuple[Element, ...]) -> Mapping[str, float]:
    """Seconds by type; of several of one type the oldest."""
    found: dict[str, float] = {}
    for item in items:
        kind = (item.findtext("type") or "").strip()
        told = (item.findtext("activeTimeSeconds") or "").strip()
        is_number = told.isascii() and told.isdecimal() and len(told) < 12
        if _TYPE.fullmatch(kind) and is_number:
            found[kind] = max(found.get(kind, 0.0), float(told))
    return found


def _alarm_samples(items: tuple[Element, ...]) -> Iterator[Sample]:
    for kind, active_s in sorted(alarms_of(items).items())[:_MOST_ALARMS]:
        yield Sample(ALARM, active_s, (kind,))


PROBE = Probe(
    name="cms", period_s=60, timeout_s=10, run=run, metrics=(ALARM, CALLS_NOW, PARTICIPANTS_NOW)
)
