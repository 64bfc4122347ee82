"""A run's folder on disk: its log, the playbook as it was when the run began, and who writes.

`log.jsonl` is only ever appended to, and a record is on disk before anything is done on its word.
One program writes at a time: `writer` holds the token of the last that took the run, and everybody
else finds that out before the next record.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.errors import StoreError
from playbooks.chain import ANCHOR, Checked, check, line_of
from playbooks.errors import LogDamaged, RunTaken
from playbooks.run import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from playbooks.run import Record, Run

LOG, PLAYBOOK, WRITER, EVIDENCE = "log.jsonl", "playbook.yaml", "writer", "evidence"


def run_id(at: datetime, ward: str, hint: str | None = None) -> str:
    """A name for a run: `<UTC>-<ward>-<4 hex>`; `hint` instead of chance for the last part."""
    return f"{at:%Y%m%dT%H%M%SZ}-{ward}-{hint or secrets.token_hex(2)}"


def run_folders(runs: Path) -> tuple[Path, ...]:
    """The folders of all runs, in order of their names, which is that of their starts."""
    if not runs.is_dir():
        return ()
    return tuple(sorted(path for path in runs.iterdir() if (path / LOG).is_file()))


def read_log(folder: Path) -> Checked:
    """What a run's log holds; StoreError when it cannot be read at all."""
    try:
        return check((folder / LOG).read_bytes())
    except OSError as error:
        raise _unreadable(folder / LOG, error) from None


def verify(folder: Path) -> int | None:
    """Number of the first line of the log that is not what was written; None when all are."""
    return read_log(folder).bad


def resume(folder: Path) -> Run:
    """The run as its log says; a torn last line never counted.

    Raises LogDamaged for a changed log, StoreError when it cannot be read.
    """
    found = read_log(folder)
    if found.bad is not None or not found.records:
        raise LogDamaged("playbook.log_damaged", run=folder.name, line=found.bad or 1)
    try:
        return fold(found.records)
    except (KeyError, TypeError, ValueError):
        # Sound hashes over records that make no run: written by something else.
        raise LogDamaged("playbook.log_damaged", run=folder.name, line=1) from None


@dataclass(slots=True)
class Journal:
    """The log of one run, open for writing; made by `create` or `take_over`."""

    folder: Path
    run: str
    head: str
    size: int
    token: str

    @classmethod
    def create(cls, runs: Path, run: str, playbook: str) -> Journal:
        """A new run's folder with the playbook's text in it; StoreError when it cannot be made."""
        folder = runs / run
        try:
            folder.mkdir(parents=True)
            (folder / PLAYBOOK).write_text(playbook, encoding="utf-8", newline="\n")
            (folder / LOG).touch(exist_ok=False)
        except OSError as error:
            raise _unreadable(folder, error) from None
        for path in (folder, runs):
            _sync_folder(path)
        return cls(folder, run, ANCHOR, 0, _claim(folder))

    @classmethod
    def take_over(cls, folder: Path) -> tuple[Journal, int]:
        """The log of an existing run, and how many bytes of a torn last line were dropped.

        Whoever wrote it before is refused from now on. Raises LogDamaged, StoreError.
        """
        token = _claim(folder)
        found = read_log(folder)
        if found.bad is not None or not found.records:
            raise LogDamaged("playbook.log_damaged", run=folder.name, line=found.bad or 1)
        dropped = (folder / LOG).stat().st_size - found.sound_bytes
        if dropped:
            os.truncate(folder / LOG, found.sound_bytes)
        return cls(folder, folder.name, found.head, found.sound_bytes, token), dropped

    def append(self, records: Iterable[Record]) -> None:
        """Put the records on disk, all before this returns.

        Raises RunTaken when another program has taken the run, StoreError when the disk refuses;
        then nothing may be done on their word.
        """
        lines, head = [], self.head
        for record in records:
            text, head = line_of(record, self.run, head)
            lines.append(text)
        if not lines:
            return
        self._check_owner()
        raw = "".join(lines).encode("utf-8")
        try:
            with (self.folder / LOG).open("ab") as log:
                log.write(raw)
                log.flush()
                os.fsync(log.fileno())
        except OSError as error:
            self._undo()
            raise _unreadable(self.folder / LOG, error) from None
        self.head, self.size = head, self.size + len(raw)

    def save(self, name: str, text: str) -> None:
        """Write a file of evidence beside the log, whole or not at all; StoreError."""
        folder = self.folder / EVIDENCE
        try:
            folder.mkdir(exist_ok=True)
            part = folder / f"{name}.part"
            with part.open("w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.replace(folder / name)
        except OSError as error:
            raise _unreadable(folder / name, error) from None

    def is_ours(self) -> bool:
        """Whether this program is still the one that took the run last."""
        return _owner(self.folder) == self.token

    def _check_owner(self) -> None:
        try:
            size = (self.folder / LOG).stat().st_size
        except OSError as error:
            raise _unreadable(self.folder / LOG, error) from None
        if not self.is_ours() or size != self.size:
            raise RunTaken("playbook.run_taken", run=self.run)

    def _undo(self) -> None:
        """Cut off what a full disk took of a line; if that fails too, the line is torn."""
        with suppress(OSError):
            os.truncate(self.folder / LOG, self.size)


def open_runs(runs: Path) -> Iterator[tuple[Path, Run]]:
    """Every run that has not ended and whose log is sound, in order of their starts."""
    for folder in run_folders(runs):
        with suppress(StoreError):
            run = resume(folder)
            if run.outcome is None:
                yield folder, run


def _claim(folder: Path) -> str:
    token = secrets.token_hex(8)
    part = folder / f"{WRITER}.{token}"
    try:
        part.write_text(token, encoding="ascii")
        part.replace(folder / WRITER)
    except OSError as error:
        raise _unreadable(folder / WRITER, error) from None
    return token


def _owner(folder: Path) -> str:
    try:
        return (folder / WRITER).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""


def _sync_folder(folder: Path) -> None:
    """Keep a new entry through a power cut, where the system can sync a folder at all."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _unreadable(path: Path, error: OSError) -> StoreError:
    return StoreError("playbook.store", path=str(path), cause=error.strerror or str(error))
