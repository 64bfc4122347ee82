"""Connects to a TCP port, says how long it took, and lets go."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from probes.errors import NotConfigured, TimedOut
from probes.transports.os_errors import as_probe_error


class TcpConnector:
    """The real TcpClient: asyncio sockets over the machine's network."""

    async def connect(self, host: str, port: int, *, deadline: float) -> float:
        """Seconds until the port accepted. `deadline` is loop time.

        Raises Refused, Unreachable, TimedOut, DnsFailed, NotPermitted or ProtocolBroken.
        """
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            async with asyncio.timeout_at(deadline):
                _reader, writer = await asyncio.open_connection(host, port)
        except TimeoutError as error:
            raise TimedOut from error
        except OSError as error:
            raise as_probe_error(error) from error
        except (UnicodeError, OverflowError) as error:  # a host or port that no socket takes
            raise NotConfigured("url", url=f"tcp://{host}:{port}") from error
        took_s = loop.time() - begun
        writer.close()
        with suppress(OSError):  # the other side may have reset it meanwhile
            await writer.wait_closed()
        return took_s
