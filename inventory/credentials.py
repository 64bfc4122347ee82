"""Secrets by reference: the inventory says where a secret is, never what it is.

References: `env:NAME`, `file:PATH` (relative to the inventory folder), `systemd:NAME` (a credential
of the unit, under $CREDENTIALS_DIRECTORY).
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import StringConstraints

from inventory.errors import InputError
from inventory.text import one_line

REFERENCE = r"^(env|file|systemd):\S+$"
SecretRef: TypeAlias = Annotated[str, StringConstraints(pattern=REFERENCE)]

_MAX_BYTES = 64_000


class Secret:
    """A secret in memory. It never prints, never compares equal by accident, never serialises."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself, for the one line that hands it to a device."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __reduce__(self) -> str:
        msg = "a secret is never pickled"
        raise TypeError(msg)


def resolve(ref: str, folder: Path | str) -> Secret:
    """The secret that a reference stands for; line breaks at its end are not part of it.

    `folder` is the inventory folder, where relative `file:` paths start. Raises InputError that
    names the reference, never a content, when nothing (or nothing but blanks) is there.
    """
    kind, _, name = ref.partition(":")
    text = os.environ.get(name) if kind == "env" else _content(ref, _path(ref, folder))
    if text is None:
        raise InputError("inventory.secret_no_env", ref=ref, name=name)
    if not text.strip():
        raise InputError("inventory.secret_empty", ref=ref)
    return Secret(text.rstrip("\r\n"))


def refuse_exposed(ref: str, folder: Path | str) -> None:
    """Raise InputError when the secret's file may be read by every account of this machine.

    Only POSIX file modes can tell; elsewhere nothing is said.
    """
    if not ref.startswith("file:") or os.name != "posix":
        return
    if _path(ref, folder).stat().st_mode & stat.S_IROTH:
        raise InputError("inventory.secret_exposed", ref=ref, path=ref.partition(":")[2])


def _path(ref: str, folder: Path | str) -> Path:
    """Where the file of a `file:` or `systemd:` reference lies."""
    kind, _, name = ref.partition(":")
    if kind == "file":
        return Path(folder) / name
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if kind != "systemd" or not directory or Path(name).name != name:
        raise InputError("inventory.secret_no_credential", ref=ref, name=name)
    return Path(directory) / name


def _content(ref: str, path: Path) -> str:
    # Regular files only: reading a pipe or a terminal would wait for ever.
    if not path.is_file():
        key = "no_credential" if ref.startswith("systemd:") else "no_file"
        folder = one_line(path.parent, 120)
        raise InputError(f"inventory.secret_{key}", ref=ref, name=path.name, folder=folder)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError("inventory.secret_unreadable", ref=ref)
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InputError("inventory.secret_unreadable", ref=ref) from None
