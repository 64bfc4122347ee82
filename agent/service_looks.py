"""Looks at services because a scraper asks, as blackbox_exporter's modules do.

What is looked at is in the inventory, found by name, address or URL; nothing that a caller says is
looked up or connected to.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import urlsplit

from probes.errors import Busy, NotConfigured
from probes.model import ProbeContext
from probes.services.blackbox.look import MODULES, look
from probes.services.parts import endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from inventory.credentials import Secret
    from probes.clock import Clock
    from probes.model import Target
    from probes.services.blackbox.line import Line
    from probes.transports.model import Transports

MOST_LOOKS = 64
_Key: TypeAlias = tuple[str, str, str]  # ward, name, module

Missing: TypeAlias = Literal["unknown", "several", "other_module"]

_KINDS = {
    "http_2xx": ("service:http_2xx",),
    "tcp_connect": ("service:tcp_connect", "service:http_2xx", "service:tls"),
    "tls": ("service:tls", "service:http_2xx"),
    "dns": ("service:dns", "resolver"),
}


class ServiceLooks:
    """Looks at targets of the inventory on demand; callers who ask the same share one look."""

    def __init__(
        self,
        targets: Iterable[Target],
        transports: Transports,
        clock: Clock,
        secret: Callable[[str], Secret],
    ) -> None:
        self._targets = tuple(targets)
        self._transports = transports
        self._clock = clock
        self._secret = secret
        self._running: dict[_Key, asyncio.Task[tuple[Line, ...]]] = {}

    def find(self, text: str, module: str | None) -> tuple[Target, str] | Missing:
        """What is meant and the module that looks at it: its own kind's when none is named.

        `text` is a name (`tthc`, or `26740/tthc` where wards differ), a service's URL as it is
        written, `HOST:PORT` of one, or for `icmp` an address.
        """
        named = [one for one in self._targets if text in (one.name, f"{one.ward}/{one.name}")]
        found = named or [one for one in self._targets if text in _places(one, module)]
        if not found:
            return "unknown"
        fitting = [
            (one, asked) for one in found if (asked := module or usual(one)) and fits(asked, one)
        ]
        if not fitting:
            return "other_module"
        return fitting[0] if len({_way(one) for one, _ in fitting}) == 1 else "several"

    async def look(self, target: Target, module: str, timeout_s: float) -> tuple[Line, ...]:
        """What that module says of the target within that time; Busy when too many are running."""
        key = (target.ward, target.name, module)
        running = self._running.get(key)
        if running is None:
            if len(self._running) >= MOST_LOOKS:
                raise Busy("service_looks")
            deadline = self._clock.monotonic() + timeout_s
            context = ProbeContext(self._clock, deadline, self._transports, self._secret)
            running = asyncio.create_task(look(module, target, context))
            self._running[key] = running
            running.add_done_callback(lambda _done: self._running.pop(key, None))
        return await asyncio.shield(running)

    async def close(self) -> None:
        """Give up what is running."""
        running = tuple(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def usual(target: Target) -> str | None:
    """The module that looks at a target when the caller names none.

    None for time and SIP servers: the exporter has no module for them, and an echo is no check.
    """
    if target.role != "service":
        return "dns" if target.kind == "resolver" else "icmp"
    kind = target.kind.removeprefix("service:")
    return kind if kind in MODULES else None


def fits(module: str, target: Target) -> bool:
    """Whether that module can look at the target."""
    if module == "icmp":
        return bool(target.host)
    is_plain = (target.url or "").startswith("http:")
    return target.kind in _KINDS[module] and not (module == "tls" and is_plain)


def _way(target: Target) -> tuple[object, ...]:
    """What makes a difference to a look; the same service stands in many wards."""
    trust = (target.ca, target.pin, target.insecure)
    return (target.host, target.url, target.expect, target.family, target.allow_hosts, *trust)


def _places(target: Target, module: str | None) -> Iterator[str]:
    """Every way in which a target can be written beside its name."""
    if module in (None, "icmp"):
        yield target.host
    if target.url is None or not target.kind.startswith(("service:", "resolver")):
        return
    yield target.url
    parts = urlsplit(target.url)
    if parts.path in ("", "/") and not parts.query:
        yield from (f"{parts.scheme}://{parts.netloc}", f"{parts.scheme}://{parts.netloc}/")
    try:
        host, port = endpoint(target.url)
    except NotConfigured:
        return
    if module != "http_2xx":
        yield f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    elif parts.scheme == "http":  # as the exporter takes a host without a scheme
        yield parts.netloc
