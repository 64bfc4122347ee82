"""Where the HTTPS API of a device is, and whom to trust there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from probes.transports.model import HttpRequest

if TYPE_CHECKING:
    from inventory.access import HttpsAccess
    from probes.model import Target


def base_of(target: Target, access: HttpsAccess) -> HttpRequest:
    """A request to the root of the device's API, without credentials; the path is put behind it."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    return HttpRequest(
        f"https://{host}:{access.port}",
        ca=str(Path(target.folder) / access.ca) if access.ca else None,
        pin=access.pin,
        insecure=access.insecure,
    )
