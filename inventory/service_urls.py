"""Which addresses a service may have, by the way it is checked."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from inventory.values import HTTP_URL

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHAPES: Mapping[str, str] = MappingProxyType(
    {
        "tcp_connect": r"tcp://[^\s/?#@]+:\d+",
        "tls": r"tls://[^\s/?#@]+:\d+",
        "dns": r"dns://[^\s/?#@]+/[^\s/?#]+(\?type=\w+)?",
        "ntp": r"ntp://[^\s/?#@]+",
        "sip": r"sip://[^\s/?#@]+(\?transport=(udp|tcp|tls))?|sips://[^\s/?#@]+",
    }
)
# Modules whose answer is text to be compared.
WITH_TEXT = ("http_2xx", "tcp_connect", "dns")
_OVER_TLS = re.compile(r"(https|tls|sips):|sip:.*[?]transport=tls$")


def fits(module: str, url: str) -> bool:
    """Whether the URL can be checked by that module of the inventory."""
    if module == "http_2xx":
        return re.match(HTTP_URL, url) is not None and port_fits(url)
    return re.fullmatch(_SHAPES[module], url) is not None and port_fits(url)


def is_over_tls(url: str) -> bool:
    """Whether a certificate is seen there."""
    return _OVER_TLS.match(url) is not None


def port_fits(url: str) -> bool:
    """Whether the URL has a host and, if any, a port that exists."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
