"""Why a probe gave no answer. Each leaf has one `Reason`; none of them leaves `probes.run.observe`.

ProbeError
├─ DnsFailed Unreachable Refused TimedOut
├─ TlsExpired TlsUntrusted TlsWrongName AuthFailed Forbidden
└─ ProtocolBroken ParseFailed LimitExceeded Unsupported NotConfigured NotPermitted Busy
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from inventory.errors import WardopsError
from probes.model import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from probes.model import Sample


class ProbeError(WardopsError):
    """A probe could not measure. `detail_code` tells apart what one reason lumps together.

    The sentence is `reason.<detail_code>` when the locale has it, else `reason.<reason>`. `samples`
    are what was measured all the same, such as the end of a certificate that is not trusted.
    """

    reason: ClassVar[Reason] = Reason.BUG
    exit_code = 1

    def __init__(self, detail_code: str = "", **values: object) -> None:
        self.detail_code = detail_code or self.reason.value
        self.samples: tuple[Sample, ...] = ()
        super().__init__(f"reason.{self.detail_code}", **values)

    def with_samples(self, samples: Iterable[Sample]) -> Self:
        """The same error, with what was measured before it or in spite of it."""
        self.samples = tuple(samples)
        return self


class DnsFailed(ProbeError):
    """The name does not resolve."""

    reason = Reason.DNS


class Unreachable(ProbeError):
    """No route to the host."""

    reason = Reason.UNREACHABLE


class Refused(ProbeError):
    """The host is there, the port is closed."""

    reason = Reason.REFUSED


class TimedOut(ProbeError):
    """No answer before the deadline."""

    reason = Reason.TIMEOUT


class TlsExpired(ProbeError):
    """The certificate's time is over (or has not come)."""

    reason = Reason.TLS_EXPIRED


class TlsUntrusted(ProbeError):
    """The certificate's issuer is not trusted, or the pin does not match."""

    reason = Reason.TLS_UNTRUSTED


class TlsWrongName(ProbeError):
    """The certificate is for another name."""

    reason = Reason.TLS_NAME


class AuthFailed(ProbeError):
    """The credentials are wrong."""

    reason = Reason.AUTH


class Forbidden(ProbeError):
    """The credentials are right but may not read this."""

    reason = Reason.FORBIDDEN


class ProtocolBroken(ProbeError):
    """The answer breaks its protocol's rules."""

    reason = Reason.PROTOCOL


class ParseFailed(ProbeError):
    """The answer cannot be read."""

    reason = Reason.PARSE


class LimitExceeded(ProbeError):
    """A size or time limit cut the answer."""

    reason = Reason.LIMIT


class Unsupported(ProbeError):
    """The device cannot do this."""

    reason = Reason.UNSUPPORTED


# A detail of NotConfigured that others than people read: it may be an intruder.
HOST_KEY_CHANGED = "host_key_changed"


class NotConfigured(ProbeError):
    """The inventory or a credential is missing or wrong for this probe."""

    reason = Reason.CONFIG


class NotPermitted(ProbeError):
    """The machine that runs wardops lacks a right."""

    reason = Reason.PERMISSION


class Busy(ProbeError):
    """The device is busy or out of sessions."""

    reason = Reason.BUSY
