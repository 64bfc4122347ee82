"""Reads a Polycom HDX by the status page of its web interface, `systemstatus.xml`.

Each child of the root is one thing: what it is stands in `LABEL`, its state in `STATE` (up, down,
off), and explanations for people, with addresses, in `HELPLINE`, which is never read. No page of a
real device was seen: names are told by the words in them, never by their place.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from probes.errors import NotConfigured, ProtocolBroken, Unsupported
from probes.model import Identity, Probe, Reading
from probes.transports.device_api import base_of
from probes.transports.login import login_of
from probes.transports.status import check_status
from probes.transports.xml_tree import tree_of
from probes.vc.model import METRICS, samples_of
from probes.vc.status import VcStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

    from probes.model import ProbeContext, Target

PAGE = "/systemstatus.xml"
_UP_DOWN: Mapping[str, bool] = {"up": True, "down": False}
_TRUE: Mapping[str, bool] = {"up": True, "on": True, "down": False, "off": False}
_MOST = 64


async def run(target: Target, context: ProbeContext) -> Reading:
    """GET the page with Basic credentials.

    Raises Unsupported where it is not there, ProtocolBroken for a log-in page or foreign XML,
    ParseFailed for a cut one, by status as others, and what the client raises.
    """
    access = target.https
    if access is None:
        raise NotConfigured
    user, password = login_of(context.secret(access.auth))
    base = base_of(target, access)
    request = replace(base, url=f"{base.url}{PAGE}", user=user, password=password)
    answer = await context.transports.http.send(request, deadline=context.deadline)
    if answer.status in {404, 410}:
        raise Unsupported
    check_status(answer)
    vc = status_of(tree_of(answer.body, answer.content_type))
    identity = Identity(vendor="Poly", os="poly_hdx", device_class="video")
    context.note("poly-hdx: status page read")
    return Reading(
        samples=samples_of(vc, identity), identity=identity, vc=vc, method=f"https {PAGE}"
    )


def status_of(root: Element) -> VcStatus:
    """What the page says. Raises ProtocolBroken where nothing in it has a state."""
    states = dict(_states(root))
    if not states:
        raise ProtocolBroken("vc_root", root=re.sub(r"\W", "?", str(root.tag))[:32])
    return VcStatus(
        sip_registered=_known(states, "sip", _UP_DOWN),
        h323_registered=_known(states, "gatekeeper", _UP_DOWN),
        in_call=_known(states, "inacall", _TRUE),
        mic_muted=_known(states, "mute", _TRUE),
        standby=_known(states, "sleep", _TRUE),
        peripherals=tuple(_parts(states)),
    )


def _states(root: Element) -> Iterator[tuple[str, str]]:
    """Name (letters alone) and state of each thing; of several states the first."""
    for child in list(root)[:_MOST]:
        label = child.find("LABEL")
        named = "".join(label.itertext()) if label is not None else child.get("name") or child.tag
        state = (child.findtext("STATE") or "").strip().lower()
        if state:
            yield re.sub(r"[^a-z0-9]", "", str(named).lower()), state


def _known(states: Mapping[str, str], word: str, meaning: Mapping[str, bool]) -> bool | None:
    told = [meaning[state] for name, state in states.items() if word in name and state in meaning]
    return any(told) if told else None


def _parts(states: Mapping[str, str]) -> Iterator[tuple[str, str, bool]]:
    for word, kind in (("microphone", "audio_microphone"),):
        plugged = _known(states, word, _UP_DOWN)
        if plugged is not None:
            yield kind, "", plugged


PROBE = Probe(name="poly-hdx", period_s=60, timeout_s=10, run=run, metrics=METRICS)
