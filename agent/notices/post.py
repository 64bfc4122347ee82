"""One POST over HTTP or verified HTTPS: the only door of the notices to httpx."""

from __future__ import annotations

import ssl
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import httpx

from agent.notices.channel import NotDelivered
from inventory.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TIMEOUT_S = 10.0
_BAD_REQUEST, _SERVER_ERROR = 400, 500
_TRY_AGAIN = frozenset({401, 403, 404, 408, 425, 429})  # a person or time may mend these


class Poster:
    """Posts to one server. Redirects are not followed, no proxy of the environment is used."""

    def __init__(self, ca: Path | None = None, auth: tuple[str, str] | None = None) -> None:
        self._client = httpx.AsyncClient(
            verify=trust(ca), auth=auth, timeout=_TIMEOUT_S, trust_env=False,
            headers={"User-Agent": f"wardops/{version('wardops')}"},
        )  # fmt: skip

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Return when the server has taken it (2xx); raises NotDelivered."""
        sent = {"Content-Type": "application/json", **headers}
        try:
            answer = await self._client.post(url, content=body, headers=sent)
        except httpx.HTTPError as error:
            raise NotDelivered(f"{type(error).__name__}: {error}") from error
        if answer.is_success:
            return
        status = answer.status_code
        for_good = _BAD_REQUEST <= status < _SERVER_ERROR and status not in _TRY_AGAIN
        raise NotDelivered(f"HTTP {status}", for_good=for_good)

    async def ask(self, method: str, url: str, body: object = None) -> Any:
        """The JSON that a server answers with, None for an empty answer; raises NotDelivered."""
        try:
            answer = await self._client.request(method, url, json=body)
            if answer.is_success:
                return answer.json() if answer.content else None
        except (httpx.HTTPError, ValueError) as error:
            raise NotDelivered(f"{type(error).__name__}: {error}") from error
        raise NotDelivered(f"HTTP {answer.status_code}")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def trust(ca: Path | None) -> ssl.SSLContext:
    """Whom a connection believes: the machine's authorities, or those of one file.

    Raises InputError when the file is none.
    """
    try:
        return ssl.create_default_context(cafile=str(ca) if ca else None)
    except (OSError, ssl.SSLError) as error:
        raise InputError("notice.no_ca", path=ca, problem=error) from error
