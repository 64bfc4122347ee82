"""Where an agent may be asked, and with which token; the standard library alone."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inventory.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEFAULT_URL = "http://127.0.0.1:9642"
UNIT_FOLDER = Path("/run/wardops")  # where the systemd unit keeps socket and token
SOCKET = "wardops.sock"
TOKEN = "local.token"  # noqa: S105 - the name of the file, not a token


@dataclass(frozen=True, slots=True)
class Address:
    """Where an agent may be: a URL, or the path of a Unix socket; and where its token may lie."""

    url: str | None = None
    socket: Path | None = None
    token_files: tuple[Path, ...] = ()

    @property
    def shown(self) -> str:
        """For messages."""
        return str(self.socket) if self.socket else (self.url or "")


def state_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The default state folder, `$XDG_STATE_HOME/wardops`."""
    home = environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "wardops"


def addresses(agent: str | None = None, state: Path | None = None) -> Iterator[Address]:
    """Where to look for an agent, in order.

    `agent` (a URL, `HOST:PORT` or a socket's path) is the only place when given; so is the socket
    of `state`, since another agent's data would be shown under its name. Else the two sockets, then
    the default port. Raises InputError for an `agent` of another form.
    """
    folder = state or state_folder()
    own, unit = folder / TOKEN, UNIT_FOLDER / TOKEN
    if agent is not None:
        yield _named(agent, (own, unit))
        return
    yield Address(socket=folder / SOCKET, token_files=(own,))
    if state is None:
        yield Address(socket=UNIT_FOLDER / SOCKET, token_files=(unit,))
        yield Address(url=DEFAULT_URL, token_files=(own, unit))


def _named(agent: str, tokens: tuple[Path, ...]) -> Address:
    if agent.startswith(("http://", "https://")):
        return Address(url=agent.rstrip("/"), token_files=tokens)
    if "/" in agent or agent.endswith(".sock"):
        path = Path(agent)
        return Address(socket=path, token_files=(path.parent / TOKEN, *tokens))
    if agent.rpartition(":")[2].isdigit() and agent.rpartition(":")[0]:
        return Address(url=f"http://{agent}", token_files=tokens)
    raise InputError("api.agent_form", agent=agent)


def credential(files: tuple[Path, ...]) -> dict[str, str]:
    """The header that the first readable token makes; none without one."""
    for path in files:
        with suppress(OSError, UnicodeDecodeError):
            token = path.read_text(encoding="ascii").strip()
            if token:
                return {"Authorization": f"Bearer {token}"}
    return {}
