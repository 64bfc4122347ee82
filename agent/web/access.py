"""Who may ask what, in its first form: the local token, and what loopback may read without it."""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal, TypeAlias

from agent.web.problems import Refusal
from inventory.credentials import Secret
from inventory.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from agent.config import LocalRole
    from inventory.values import Realm

TOKEN_FILE = "local.token"  # noqa: S105 - the name of the file, not a token
_MODE = 0o640
LOCAL_ROLE: LocalRole = "ward_it"
_NO_ROLE = "metrics"

Need: TypeAlias = Literal["open", "read", "command"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the role, and by what it was proven (`token` or `none`)."""

    role: str
    proof: Literal["token", "none"]


def fresh_token() -> Secret:
    """A token for one life of the agent: 32 random bytes."""
    return Secret(f"wop_{secrets.token_urlsafe(32)}")


def write_local_token(folder: Path, token: Secret) -> None:
    """Put the token into `<state>/local.token`, readable by the owner and the group alone.

    Who can read the file has the role that the settings give it; the old token ends with the old
    file. To be called once the server is bound: a second agent that finds the port taken must not
    replace the first one's token. Raises StoreError.
    """
    path = folder / TOKEN_FILE
    try:
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(f"{token.reveal()}\n")
        path.chmod(_MODE)  # whatever the umask took away
    except OSError as error:
        raise StoreError("api.token_not_written", path=path, problem=error.strerror) from error


class Access:
    """Decides per request. `realm` sim lets every local GET pass without a token.

    `local_role` is the role of whoever has the local token.
    """

    def __init__(self, token: Secret, realm: Realm, local_role: LocalRole = LOCAL_ROLE) -> None:
        self._token = token.reveal().encode()
        self._realm = realm
        self._local_role = local_role

    def caller(self, request: Request, need: Need) -> Caller:
        """Who asks, when that is enough for what the route needs; raises Refusal (401)."""
        given = request.headers.get("authorization")
        if given is not None:
            return self._by_token(given)
        enough = need == "open" or (need == "read" and self._realm == "sim")
        if enough and is_local(request):
            return Caller(_NO_ROLE, "none")
        raise _denied("api.token_needed")

    def _by_token(self, header: str) -> Caller:
        scheme, _, token = header.partition(" ")
        given = token.strip().encode("utf-8", "replace")
        # compare_digest also for a wrong scheme: the answer takes as long
        if not hmac.compare_digest(given, self._token) or scheme.lower() != "bearer":
            raise _denied("api.token_wrong")
        return Caller(self._local_role, "token")


def is_local(request: Request) -> bool:
    """Whether the request came by the Unix socket (no peer there) or from a loopback address."""
    if request.client is None or not request.client.host:
        return True
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _denied(key: str) -> Refusal:
    return Refusal("role_denied", key, status=401, headers={"WWW-Authenticate": "Bearer"})
