"""Reads a Cisco video endpoint (TC, CE, RoomOS): one request for its status tree.

HTTPS is the first way (`/status.xml`, or `/getxml?location=/Status` where that page is missing:
Cisco's API references, "URL cheat sheet"), SSH with `xStatus` the second. Basic credentials over a
kept connection; a session of the xAPI is not opened, since one that is left open never ends.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from probes.errors import ProtocolBroken, Refused
from probes.model import Probe, Reading, Sample
from probes.snmp.sensor_metrics import SENSOR_OK
from probes.transports.login import login_of
from probes.transports.status import check_status
from probes.transports.xml_tree import tree_of
from probes.vc.cisco_shell import status_by_ssh
from probes.vc.cisco_tree import READ, read
from probes.vc.model import METRICS, samples_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator
    from xml.etree.ElementTree import Element

    from inventory.access import HttpsAccess
    from probes.model import ProbeContext, Sensor, Target
    from probes.transports.model import HttpAnswer

PAGES = ("/status.xml", "/getxml?location=/Status")
_ABSENT = frozenset({404, 405, 410})


async def run(target: Target, context: ProbeContext) -> Reading:
    """Get the status tree by the way that the inventory gives and read the endpoint's state.

    Raises ProtocolBroken for a log-in page or foreign XML; ParseFailed for a cut one; AuthFailed,
    Forbidden or Busy by status; NotConfigured without access; and what the clients raise.
    """
    if target.https is None:
        return reading_of(await status_by_ssh(target, context), context, "ssh xStatus")
    try:
        page, body = await page_of(target, context, target.https)
    except Refused:
        if target.ssh is None:
            raise
        return reading_of(await status_by_ssh(target, context), context, "ssh xStatus")
    return reading_of(parse(body), context, f"https {page}")


async def page_of(
    target: Target, context: ProbeContext, access: HttpsAccess
) -> tuple[str, HttpAnswer]:
    """The page that has the status tree, and its answer; the page is remembered for the next run.

    Raises what a status other than 200 stands for.
    """
    known = context.memory.kept
    pages = sorted(PAGES, key=lambda page: page != known)
    for page in pages:
        answer = await _get(target, context, access, page)
        if answer.status not in _ABSENT or page == pages[-1]:
            break
    check_status(answer)
    context.memory.kept = page
    return page, answer


async def _get(target: Target, context: ProbeContext, access: HttpsAccess, page: str) -> HttpAnswer:
    user, password = login_of(context.secret(access.auth))
    host = f"[{target.host}]" if ":" in target.host else target.host
    return await context.transports.http.get(
        f"https://{host}:{access.port}{page}",
        deadline=context.deadline,
        user=user,
        password=password,
        ca=str(Path(target.folder) / access.ca) if access.ca else None,
        pin=access.pin,
        insecure=access.insecure,
    )


def parse(answer: HttpAnswer, kept: Container[str] | None = READ) -> Element:
    """The `Status` tree of an answer, of which `kept` is built (None: all of it).

    Raises ProtocolBroken, ParseFailed or LimitExceeded.
    """
    return checked(tree_of(answer.body, answer.content_type, kept=kept))


def checked(root: Element) -> Element:
    """The root itself when it is that of a status tree; else ProtocolBroken."""
    if root.tag != "Status":
        raise ProtocolBroken("not_status", root=str(root.tag)[:32])
    return root


def reading_of(status: Element, context: ProbeContext, method: str) -> Reading:
    """What a status tree comes to."""
    found = read(status, context.clock.now())
    told = len(found.vc.diagnostics)
    context.note(f"cisco-ce: {found.identity.model}, {found.identity.version}; {told} messages")
    return Reading(
        samples=(*samples_of(found.vc, found.identity), *_heat(found.sensors)),
        identity=found.identity,
        vc=found.vc,
        sensors=found.sensors,
        neighbours=found.neighbours,
        method=method,
    )


def _heat(sensors: Iterable[Sensor]) -> Iterator[Sample]:
    for sensor in sensors:
        yield Sample(SENSOR_OK, int(sensor.state == "ok"), (sensor.name, sensor.kind))


PROBE = Probe(name="cisco-ce", period_s=30, timeout_s=10, run=run, metrics=(*METRICS, SENSOR_OK))
