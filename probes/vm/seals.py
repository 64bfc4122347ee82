"""Looks at TLS of a machine: until when its certificate lasts, and whether old TLS is taken.

Whom the certificate names is nobody's question here, so everybody is trusted and nothing is sent.
"""

from __future__ import annotations

import asyncio
import ssl
import warnings
from functools import cache
from typing import TYPE_CHECKING

from probes.errors import ProbeError, ProtocolBroken
from probes.transports.tls import Trust, as_leaves, seal_of, shared_context
from probes.vm.outside import PortSeal

if TYPE_CHECKING:
    from probes.transports.tls import Seal
    from probes.wire import Wire

_WAIT_S = 5.0
_ANYBODY = Trust(insecure=True)
_OLD_SERVER = 0x4  # SSL_OP_LEGACY_SERVER_CONNECT, which Python names from 3.12 on
# How a server says no; other words are of the own side, which then has tried nothing.
_NO = ("TLSV1_ALERT", "SSLV3_ALERT", "TLSV13_ALERT", "UNSUPPORTED_PROTOCOL", "UNEXPECTED_EOF")


async def seal_at(host: str, port: int, wire: Wire) -> PortSeal | None:
    """TLS at that port, by two handshakes; None where nothing answers, or speaks no TLS."""
    try:
        with as_leaves(f"tls://{host}:{port}"):
            seal = await _shaken(host, port, wire, shared_context(_ANYBODY))
    except ProtocolBroken:  # it speaks, be it old TLS alone
        seal = None
    except ProbeError:
        return None
    takes_old, old = await _old(host, port, wire)
    shown = seal or old
    return None if shown is None else PortSeal(port, shown.version, shown.earliest, takes_old)


async def _old(host: str, port: int, wire: Wire) -> tuple[bool | None, Seal | None]:
    """Whether TLS 1.0 or 1.1 alone is taken, and what was shown then; None: not to be told."""
    context = old_context()
    if context is None:
        return None, None
    try:
        return True, await _shaken(host, port, wire, context)
    except ssl.SSLError as error:
        return (False if (error.reason or "").startswith(_NO) else None), None
    except ConnectionResetError:
        return False, None
    except OSError:
        return None, None


async def _shaken(host: str, port: int, wire: Wire, tls: ssl.SSLContext) -> Seal:
    async with asyncio.timeout(_WAIT_S), wire.stream(host, port, tls=tls) as stream:
        return seal_of(stream.writer.get_extra_info("ssl_object"), _ANYBODY)


@cache
def old_context() -> ssl.SSLContext | None:
    """A client's context that offers TLS 1.0 and 1.1 alone; None where OpenSSL has neither.

    At security level 0, where OpenSSL still signs the handshake with SHA-1, as those versions do.
    """
    if not (ssl.HAS_TLSv1 and ssl.HAS_TLSv1_1):
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.options |= _OLD_SERVER
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # to offer them is the very question
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context
