"""The page that a target's URL names, fetched with the target's own ways to be sure of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from probes.errors import NotConfigured

if TYPE_CHECKING:
    from probes.model import ProbeContext, Target
    from probes.transports.model import HttpAnswer


async def page_of(target: Target, context: ProbeContext, max_bytes: int) -> HttpAnswer:
    """GET the target's URL. Raises NotConfigured without one, and what the HTTP client raises."""
    if target.url is None:
        raise NotConfigured("url", url="-")
    return await context.transports.http.get(
        target.url,
        deadline=context.deadline,
        ca=str(Path(target.folder) / target.ca) if target.ca else None,
        pin=target.pin,
        insecure=target.insecure,
        max_bytes=max_bytes,
    )
