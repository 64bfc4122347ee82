"""What an HTTP status other than 200 means for an API that a device offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.errors import AuthFailed, Busy, Forbidden, ProtocolBroken

if TYPE_CHECKING:
    from probes.transports.model import HttpAnswer


def check_status(answer: HttpAnswer) -> None:
    """Raise the leaf that a status other than 200 stands for; return for 200.

    A redirect is a log-in page: an API that answers does not send one elsewhere.
    """
    status = answer.status
    if status == 200:
        return
    if status == 401:
        raise AuthFailed
    if status == 403:
        raise Forbidden
    if status in {429, 503}:
        raise Busy
    if 300 <= status < 400:
        raise ProtocolBroken("login_page")
    raise ProtocolBroken("http_status", status=status)
