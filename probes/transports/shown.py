"""The certificate that a server shows, whoever signed it: for a person to compare and to pin."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress

from probes.transports.tls import Trust, fingerprint, shared_context


async def shown_certificate(host: str, port: int, deadline: float) -> str | None:
    """The certificate's SHA-256 as a pin names it, before `deadline` (loop time).

    Python gives no certificate of a handshake that was refused, so this is another one, which
    trusts everybody and after which nothing is sent. None where it does not succeed.
    """
    tls = shared_context(Trust(insecure=True))
    try:
        async with asyncio.timeout_at(deadline):
            _reader, writer = await asyncio.open_connection(
                host, port, ssl=tls, server_hostname=host
            )
    except (OSError, ssl.SSLError, UnicodeError, TimeoutError):
        return None
    try:
        shown: ssl.SSLObject = writer.get_extra_info("ssl_object")
        return fingerprint(shown.getpeercert(binary_form=True))
    finally:
        with suppress(OSError):
            writer.transport.abort()
