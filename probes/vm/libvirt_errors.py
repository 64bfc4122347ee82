"""Why libvirt gives no answer, in the closed set of reasons. Pure.

Numbers are those of `virErrorNumber` (libvirt, include/libvirt/virterror.h), which never change.
What its ssh or its socket met comes as a system error with a sentence; the sentences are those of
OpenSSH, which speaks English whatever the language.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from probes.errors import (
    AuthFailed,
    Busy,
    DnsFailed,
    Forbidden,
    NotConfigured,
    NotPermitted,
    ProtocolBroken,
    Refused,
    TimedOut,
    TlsUntrusted,
    Unreachable,
    Unsupported,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.errors import ProbeError

NO_SUPPORT, INVALID_ARG, NO_DOMAIN = 3, 8, 42
_SYSTEM_ERROR = 38
_BY_NUMBER: Mapping[int, tuple[type[ProbeError], str]] = {
    NO_SUPPORT: (Unsupported, ""),
    4: (DnsFailed, ""),  # UNKNOWN_HOST
    5: (NotConfigured, "libvirt_uri"),  # NO_CONNECT: no driver takes this URI
    INVALID_ARG: (NotConfigured, "libvirt_uri"),
    27: (NotConfigured, "libvirt_uri"),  # XML_ERROR: the test driver's own file
    29: (Forbidden, ""),  # OPERATION_DENIED
    45: (AuthFailed, ""),  # AUTH_FAILED
    68: (TimedOut, ""),  # OPERATION_TIMEOUT
    79: (AuthFailed, ""),  # AUTH_CANCELLED
    80: (NotPermitted, "libvirt_polkit"),  # AUTH_UNAVAILABLE
    87: (Busy, ""),  # RESOURCE_BUSY
    88: (Forbidden, ""),  # ACCESS_DENIED
}
_BY_WORDS: tuple[tuple[str, type[ProbeError], str], ...] = (
    ("could not resolve", DnsFailed, ""),
    ("host key verification failed", NotConfigured, "libvirt_host_key"),
    ("identification has changed", NotConfigured, "libvirt_host_key"),
    ("permission denied (", AuthFailed, "libvirt_ssh_key"),
    ("connection refused", Refused, ""),
    ("no route to host", Unreachable, ""),
    ("network is unreachable", Unreachable, ""),
    ("timed out", TimedOut, ""),
    ("certificate", TlsUntrusted, ""),
    ("nc: not found", Unsupported, "libvirt_netcat"),
    ("nc: command not found", Unsupported, "libvirt_netcat"),
    ("no such file or directory", Refused, "libvirt_no_socket"),
)
_BY_ERRNO: Mapping[int, tuple[type[ProbeError], str]] = {
    errno.ECONNREFUSED: (Refused, ""),
    errno.ENOENT: (Refused, "libvirt_no_socket"),
    errno.EACCES: (NotPermitted, "libvirt_socket"),
    errno.EPERM: (NotPermitted, "libvirt_socket"),
    errno.EHOSTUNREACH: (Unreachable, ""),
    errno.ENETUNREACH: (Unreachable, ""),
    errno.ETIMEDOUT: (TimedOut, ""),
}


def problem_of(number: int, system_errno: int, message: str) -> ProbeError:
    """The error that a `virErrorNumber`, its first integer and its message stand for.

    What has no place of its own is ProtocolBroken, with the number.
    """
    kind, detail = _kind_of(number, system_errno, message.lower())
    return kind(detail) if detail or kind is not ProtocolBroken else kind("libvirt", number=number)


def _kind_of(number: int, system_errno: int, message: str) -> tuple[type[ProbeError], str]:
    for words, kind, detail in _BY_WORDS:
        if words in message:
            return kind, detail
    if number == _SYSTEM_ERROR:
        return _BY_ERRNO.get(system_errno, (ProtocolBroken, ""))
    return _BY_NUMBER.get(number, (ProtocolBroken, ""))
