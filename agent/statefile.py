"""`state.json`: what the agent last knew, written whole so that a reader never sees half of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from agent.wire import StateFile
from inventory.errors import StoreError

if TYPE_CHECKING:
    from agent.wire import StateWard

NAME = "state.json"
LARGEST = 64 * 1024
TTL_S = 15.0
EVERY_S = 5.0
EVERY_S_OF_MANY = 10.0  # a file of 168 wards costs a tenth of a second to make
_MANY_WARDS = 20
WHOLE_WARDS = 64  # more than these never fit with their evidence, so it need not be made
INCIDENTS = 5
_MODE = 0o640


def every_s(wards: int) -> float:
    """How often the file of so many wards is written, well within its time to live, seconds."""
    return EVERY_S if wards <= _MANY_WARDS else EVERY_S_OF_MANY


def write_state(folder: Path, state: StateFile) -> None:
    """Write the file into the state folder: temporary file, then rename. Raises StoreError.

    What makes it larger than 64 kB is left out and counted, the last wards first.
    """
    try:
        replace_whole(folder / NAME, fitted(state))
    except OSError as error:
        raise StoreError("api.state_not_written", path=folder / NAME, problem=error) from error


def read_state(folder: Path) -> StateFile | None:
    """What the file says, None when it is missing, unreadable or not such a file."""
    try:
        return StateFile.model_validate_json((folder / NAME).read_bytes()[: 2 * LARGEST])
    except (OSError, ValidationError):
        return None


def fitted(state: StateFile) -> bytes:
    """The file's octets, at most 64 kB: first the evidence goes, then whole wards."""
    text = _text(state)
    if len(text) <= LARGEST:
        return text
    state = state.model_copy(update={"wards": tuple(_short(ward) for ward in state.wards)})
    text = _text(state)
    while len(text) > LARGEST and state.wards:
        kept = state.wards[: len(state.wards) * LARGEST // len(text)]
        gone = state.left_out + len(state.wards) - len(kept)
        state = state.model_copy(update={"wards": kept, "left_out": gone})
        text = _text(state)
    return text


def _short(ward: StateWard) -> StateWard:
    verdict = ward.verdict
    grounds = verdict is not None and (verdict.evidence or verdict.ruled_out)
    if not grounds and not ward.incidents:
        return ward
    if verdict is not None:
        verdict = verdict.model_copy(update={"evidence": (), "ruled_out": ()})
    incidents = tuple(one.model_copy(update={"timeline": (), "held": ()}) for one in ward.incidents)
    return ward.model_copy(update={"verdict": verdict, "incidents": incidents})


def _text(state: StateFile) -> bytes:
    return state.model_dump_json(by_alias=True).encode() + b"\n"


def replace_whole(path: Path, text: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one; raises OSError."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text)
            stream.flush()
        Path(temporary).chmod(_MODE)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
