"""Runs as they lie on disk: those that are over, damaged, or conducted by another program."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from inventory.errors import InputError, StoreError
from playbooks.conduct import playbook_of
from playbooks.journal import LOG, PLAYBOOK, read_log, run_folders
from playbooks.picture import picture
from playbooks.pins import Pins
from playbooks.run import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from playbooks.model import Playbook
    from playbooks.picture import RunState

_log = logging.getLogger(__name__)
_NOTHING_CHOSEN = Pins()


@dataclass(frozen=True, slots=True)
class Shelved:
    """One run as its log says. `head` is the hash of its last sound record.

    `pins` are the machine and the service that it is about. `damaged` when a record is not what was
    written: shown up to there, never continued.
    """

    folder: Path
    state: RunState
    head: str
    damaged: bool = False
    pins: Pins = _NOTHING_CHOSEN

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.damaged or self.state.ended is not None


Stamp: TypeAlias = tuple[int, int]  # a log's time of change (ns) and size


class Shelf:
    """Reads the runs of one folder; what has not changed since is not read again.

    `known` are playbooks that runs may have a copy of, which is then not parsed again.

    `runs` are those that could be read, by id, as they were when last looked at.
    """

    def __init__(self, folder: Path, known: Iterable[Playbook] = ()) -> None:
        self.runs: Mapping[str, Shelved] = {}
        self._folder = folder
        self._stamps: dict[str, Stamp] = {}
        self._playbooks: dict[str, Playbook] = {one.sha256: one for one in known}

    def look(self) -> None:
        """Read what is new; a run that cannot be read at all is left out, and logged once."""
        stamps = {folder.name: _stamp(folder) for folder in run_folders(self._folder)}
        found: dict[str, Shelved] = {}
        for name, stamp in stamps.items():
            if stamp != self._stamps.get(name):
                shelved = self._read_or_none(self._folder / name)
            else:
                shelved = self.runs.get(name)
            if shelved is not None:
                found[name] = shelved
        self.runs, self._stamps = found, stamps

    def _read_or_none(self, folder: Path) -> Shelved | None:
        try:
            return self._read(folder)
        except (StoreError, InputError, OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("run not readable run=%s problem=%s", folder.name, error)
            return None

    def _read(self, folder: Path) -> Shelved:
        found = read_log(folder)
        run = fold(found.records)
        state = picture(run, self._playbook(folder))
        damaged = found.bad is not None
        shown = replace(state, step=None) if damaged else state
        return Shelved(folder, shown, found.head, damaged, Pins().joined(run.facts))

    def _playbook(self, folder: Path) -> Playbook:
        """The run's own copy of its playbook; runs of one version are parsed once."""
        key = hashlib.sha256((folder / PLAYBOOK).read_bytes()).hexdigest()
        if key not in self._playbooks:
            self._playbooks[key] = playbook_of(folder)
        return self._playbooks[key]


def _stamp(folder: Path) -> Stamp:
    try:
        status = (folder / LOG).stat()
    except OSError:  # gone since the folder was listed
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)
