"""Looks at a service as one of blackbox_exporter's modules does."""

from __future__ import annotations

import asyncio
from types import MappingProxyType
from typing import TYPE_CHECKING

from probes.errors import ProbeError
from probes.services.blackbox.echo import EchoLook
from probes.services.blackbox.line import Line
from probes.services.blackbox.names import NamesLook
from probes.services.blackbox.port import PortLook
from probes.services.blackbox.web import WebLook

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from probes.model import ProbeContext, Target
    from probes.services.blackbox.line import Look

MODULES: Mapping[str, Callable[[Target], Look]] = MappingProxyType(
    {
        "http_2xx": WebLook,
        "tcp_connect": PortLook,
        "tls": lambda target: PortLook(target, with_tls=True),
        "dns": NamesLook,
        "icmp": EchoLook,
    }
)


async def look(module: str, target: Target, context: ProbeContext) -> tuple[Line, ...]:
    """What that module says of the target, at most until the context's deadline; sorted.

    Whatever goes wrong is told as a failed look: `probe_success` 0 and as much as was seen.
    """
    looking, begun = MODULES[module](target), context.clock.monotonic()
    try:
        async with asyncio.timeout_at(context.deadline):
            good = await looking.ask(context)
    except (ProbeError, TimeoutError) as error:
        context.note(str(error) or "timeout")
        good = False
    took_s = context.clock.monotonic() - begun
    own = (Line("probe_success", int(good)), Line("probe_duration_seconds", took_s))
    return tuple(sorted((*looking.lines(), *own), key=lambda line: (line.name, line.labels)))
