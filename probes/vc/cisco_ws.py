"""Reads a Cisco video endpoint (CE 9.7 and later, RoomOS) over its WebSocket, when a person asks.

One JSON-RPC question `xGet` for the status, as Cisco's own jsxapi asks it; the answer is the tree
of `/status.xml` in JSON and is read by the same reader. Nothing is subscribed to.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from probes.errors import LimitExceeded, NotConfigured, ProtocolBroken
from probes.model import Probe
from probes.snmp.sensor_metrics import SENSOR_OK
from probes.transports.login import login_of
from probes.transports.xml_tree import MAX_DEPTH
from probes.vc.cisco_ce import reading_of
from probes.vc.model import METRICS

if TYPE_CHECKING:
    from probes.model import ProbeContext, Reading, Target


async def run(target: Target, context: ProbeContext) -> Reading:
    """Ask for `Status` over `wss://HOST/ws` and read the endpoint's state.

    Raises NotConfigured without credentials, ProtocolBroken for what is no status, Forbidden and
    Busy by the error's number, and what the client raises.
    """
    access, rpc = target.https, context.transports.rpc
    if access is None:
        raise NotConfigured
    if rpc is None:
        raise NotConfigured("no_websocket")
    user, password = login_of(context.secret(access.auth))
    host = f"[{target.host}]" if ":" in target.host else target.host
    told = await rpc.ask(
        f"wss://{host}:{access.port}/ws",
        "xGet",
        {"Path": ["Status"]},
        deadline=context.deadline,
        user=user,
        password=password,
        ca=str(Path(target.folder) / access.ca) if access.ca else None,
        pin=access.pin,
        insecure=access.insecure,
    )
    return reading_of(status_of(told), context, "websocket xGet")


def status_of(told: object) -> Element:
    """The status tree that JSON tells; raises ProtocolBroken when it is no mapping.

    A list becomes its items with their `id`; a leaf is a plain value, or one under `Value`.
    """
    if isinstance(told, dict) and set(told) == {"Status"}:
        told = told["Status"]
    if not isinstance(told, dict):
        raise ProtocolBroken("not_status", root=type(told).__name__)
    root = Element("Status")
    _fill(root, told, MAX_DEPTH)
    return root


def _fill(node: Element, told: object, depth: int) -> None:
    if depth <= 0:
        raise LimitExceeded("xml_depth", limit=MAX_DEPTH)
    if not isinstance(told, dict):
        node.text = _leaf(told)
        return
    for name, value in told.items():
        if name == "id":
            node.set("item", _leaf(value))
        elif name == "ghost":
            node.set("ghost", _leaf(value))
        elif name == "Value" and not isinstance(value, dict | list):
            node.text = _leaf(value)
        else:
            for each in value if isinstance(value, list) else (value,):
                _fill(SubElement(node, name), each, depth - 1)


def _leaf(value: object) -> str:
    """As the XML has it: JSON's own true and false are `True` and `False` there."""
    return "" if value is None or isinstance(value, list) else str(value)


PROBE = Probe(
    name="cisco-ce-ws",
    period_s=30,
    timeout_s=10,
    run=run,
    metrics=(*METRICS, SENSOR_OK),
    on_demand=True,
)
