"""One table from errno to the reason a person is told; every transport over sockets uses it."""

from __future__ import annotations

import errno
import socket
from types import MappingProxyType
from typing import TYPE_CHECKING

from probes.errors import (
    Busy,
    DnsFailed,
    NotConfigured,
    NotPermitted,
    ProbeError,
    ProtocolBroken,
    Refused,
    TimedOut,
    Unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _reset() -> ProbeError:
    return ProtocolBroken("reset")


_BY_ERRNO: Mapping[int, Callable[[], ProbeError]] = MappingProxyType(
    {
        errno.ECONNREFUSED: Refused,
        errno.EHOSTUNREACH: Unreachable,
        errno.ENETUNREACH: Unreachable,
        errno.EHOSTDOWN: Unreachable,
        errno.ENETDOWN: Unreachable,
        errno.EADDRNOTAVAIL: Unreachable,
        errno.ETIMEDOUT: TimedOut,
        errno.ECONNRESET: _reset,
        errno.EPIPE: _reset,
        errno.ECONNABORTED: _reset,
        errno.EPERM: NotPermitted,
        # Linux, ICMPv6 "administratively prohibited": a filter on the way, no right lacks here.
        errno.EACCES: Unreachable,
        errno.EMFILE: Busy,
        errno.ENFILE: Busy,
        errno.ENOBUFS: Busy,
        errno.EAFNOSUPPORT: NotConfigured,
        errno.EINVAL: NotConfigured,
    }
)


def as_probe_error(error: OSError) -> ProbeError:
    """The ProbeError leaf of a socket's error; unknown numbers are a broken connection."""
    if isinstance(error, socket.gaierror):
        return DnsFailed()
    return _BY_ERRNO.get(error.errno or 0, _reset)()
