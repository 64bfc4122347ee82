"""Opens the real ways out to the network; in realms sim and drill, pings go to the world."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from inventory.errors import InputError
from probes.icmp import IcmpEcho
from probes.path.line import KernelLine
from probes.path.stamp_sender import StampSender
from probes.simreach import UdpAsker, WorldEcho
from probes.snmp.choose import ChosenEngine
from probes.snmp.datagrams import UdpDatagrams
from probes.snmp.engine_fast import FastEngine
from probes.transports.model import Transports
from probes.transports.no_console import leave_out_console
from probes.transports.sessions import Sessions
from probes.transports.shell import ThreadedShell
from probes.transports.tcp import TcpConnector
from probes.wire import Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from inventory.model import Inventory
    from probes.clock import Clock
    from probes.snmp.types import Note, SnmpClient
    from probes.transports.https import HttpsClient

_log = logging.getLogger(__name__)
_MAX_PORT = 65535


@asynccontextmanager
async def open_transports(inventory: Inventory | None, clock: Clock) -> AsyncIterator[Transports]:
    """The ways out for an inventory (None: for a URL), closed when the block ends.

    In realms sim and drill, pings ask the simulated world: as the inventory's first ward where the
    vantage is `ward`, else as the hub. Raises InputError when the world has no address.
    """
    async with AsyncExitStack() as closing:
        echo = _echo(inventory, clock)
        closing.callback(echo.close)
        snmp = ChosenEngine(FastEngine(UdpDatagrams(), _log_note), _pysnmp, _log_note)
        closing.callback(snmp.close)
        http = _https()
        closing.push_async_callback(http.close)
        sessions = Sessions()
        closing.push_async_callback(sessions.close)
        shell = ThreadedShell()
        closing.callback(shell.close)
        stamp = StampSender()
        closing.callback(stamp.close)
        yield Transports(
            snmp=snmp,
            http=http,
            echo=echo,
            tcp=TcpConnector(),
            wire=Wire(),
            lessons=snmp,
            stamp=stamp,
            line=KernelLine(echo, clock) if isinstance(echo, IcmpEcho) else None,
            shell=shell,
            rpc=_LateRpc(),
            sessions=sessions,
        )


def _log_note(note: Note) -> None:
    _log.warning("snmp note=%s host=%s port=%d", note.word, note.host, note.port)


def _pysnmp() -> SnmpClient:
    from probes.snmp.engine_pysnmp import PysnmpEngine  # noqa: PLC0415 - costs 0.3 s, seldom needed

    return PysnmpEngine()


def _https() -> HttpsClient:
    leave_out_console()
    from probes.transports.https import HttpsClient  # noqa: PLC0415 - costs 0.15 s; only to probe

    return HttpsClient()


class _LateRpc:
    """An RpcClient whose library is imported with the first question: people ask seldom."""

    async def ask(
        self, url: str, method: str, params: Mapping[str, object], **options: Any
    ) -> object:
        from probes.transports.websocket import WebSocketRpc  # noqa: PLC0415 - costs 0.1 s

        return await WebSocketRpc().ask(url, method, params, **options)


def _echo(inventory: Inventory | None, clock: Clock) -> IcmpEcho | WorldEcho:
    if inventory is None or inventory.site.realm == "live":
        return IcmpEcho(clock)
    host, _, port = (inventory.site.world or "").removeprefix("udp://").rpartition(":")
    if not host or int(port) > _MAX_PORT:
        raise InputError("probe.no_world", realm=inventory.site.realm)
    stands_in_ward = inventory.vantage == "ward" and inventory.wards
    origin = f"ward:{min(inventory.wards)}" if stands_in_ward else "hub"
    return WorldEcho(UdpAsker(host, int(port)), origin)
