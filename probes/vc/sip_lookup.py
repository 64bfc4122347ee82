"""Asks a SIP registrar whether a device is registered with it: Kamailio's JSON-RPC over HTTP.

`ul.lookup` reads one address-of-record of the store of locations and changes nothing. Where a
device was registered from stands in the answer; only whether any registration lives is taken out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probes.errors import Forbidden, NotConfigured, ParseFailed
from probes.model import Probe, Reading, Sample
from probes.services.parts import streams_of
from probes.transports.tls import Trust
from probes.transports.visit import Ask, visit
from probes.vc.model import VC_REGISTERED
from probes.vc.status import VcStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probes.model import ProbeContext, Target

_TABLE = "location"
_MAX_BYTES = 262_144
_UNKNOWN = "aor not found"  # how Kamailio names an address that nobody is registered under
_ENDED = frozenset({"deleted", "expired"})


async def run(target: Target, context: ProbeContext) -> Reading:
    """Whether the registrar has a living registration of the device's address.

    Raises Forbidden when the page is closed to this machine, ParseFailed for another kind of page,
    NotConfigured when the inventory names none, and what sockets and handshakes raise.
    """
    entry = target.sip_entry
    if entry is None:
        raise NotConfigured
    asked = Ask("POST", question(entry.address))
    ca = str(Path(target.folder) / entry.ca) if entry.ca else None
    page = await visit(
        streams_of(context), entry.lookup, Trust(ca, entry.pin, insecure=False),
        max_bytes=_MAX_BYTES, family=target.family, ask=asked,
    )  # fmt: skip
    if page.status in (401, 403):
        raise Forbidden("lookup_refused")
    is_registered = read(page.body)
    sample = Sample(VC_REGISTERED, int(is_registered), ("sip",))
    return Reading((sample,), vc=VcStatus(sip_registered=is_registered), method="ul.lookup")


def question(address: str) -> bytes:
    """The JSON-RPC request that looks an address-of-record up. Pure."""
    asked = {"jsonrpc": "2.0", "method": "ul.lookup", "params": [_TABLE, address], "id": 1}
    return json.dumps(asked).encode()


def read(body: bytes) -> bool:
    """Whether the answer names a registration that lives. Pure; raises ParseFailed."""
    try:
        said: Any = json.loads(body)
        if "error" in said:
            return _refused(str(said["error"]["message"]))
        return any(_lives(one["Contact"]) for one in _listed(said["result"]["Contacts"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ParseFailed("lookup_talk") from error


def _refused(message: str) -> bool:
    if not message.lower().startswith(_UNKNOWN):
        raise ParseFailed("lookup_talk")
    return False


def _listed(contacts: Any) -> Iterable[Any]:
    if not isinstance(contacts, list):
        raise TypeError
    return contacts


def _lives(contact: Any) -> bool:
    """Kamailio tells the seconds left, or a word; one that is over is kept for a while."""
    left = contact["Expires"]
    return left > 0 if isinstance(left, int) else str(left) not in _ENDED


PROBE = Probe(
    name="sip-lookup", period_s=60, timeout_s=5, run=run, metrics=(VC_REGISTERED,), is_proof=False
)
