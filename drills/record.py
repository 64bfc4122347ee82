"""The log of one drill run: a folder with a header, a hash chain of records, and the mutations.

`run.json` says which drill, version and seed; `log.jsonl` what happened to and by the trainee;
`mutations.jsonl` what changed in the world, by whom. Scores are made from these three alone.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from agent.journal.audit import canonical
from drills.model import Mutation
from inventory.errors import InputError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from drills.world import World

RUN, LOG, MUTATIONS = "run.json", "log.jsonl", "mutations.jsonl"
SCHEMA = "wardops/drill-run/1"


@dataclass(frozen=True, slots=True)
class Header:
    """Which drill was played: id, version, seed of the world, and its wards."""

    drill: str
    version: str
    seed: int
    wards: tuple[str, ...]
    mode: str = "practice"


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that happened, `t` seconds from the start (before it: negative); `n` from 1."""

    n: int
    t: float
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Played:
    """A whole run, as it was read back. `digest` is the same for two runs that went the same."""

    header: Header
    records: tuple[Record, ...]
    mutations: tuple[Mutation, ...]
    digest: str


class RunLog:
    """Writes a run's folder, record by record; what was added can be read at `records`."""

    def __init__(self, folder: Path, header: Header) -> None:
        self.folder = folder
        self.header = header
        self.records: list[Record] = []
        self._sha = _anchor(header)
        self._mutations = 0
        text = json.dumps({"schema": SCHEMA, **asdict(header)}, ensure_ascii=False, indent=1)
        self._write(RUN, f"{text}\n", mode="x")
        for name in (LOG, MUTATIONS):
            self._write(name, "", mode="x")

    def add(self, t: float, kind: str, **data: Any) -> Record:
        """Append one record. Raises StoreError when it cannot be written."""
        record = Record(len(self.records) + 1, round(t, 3), kind, data)
        self._sha = _chained(self._sha, record)
        self.records.append(record)
        line = canonical({**asdict(record), "sha": self._sha})
        self._write(LOG, f"{line}\n")
        return record

    def follow(self, world: World) -> None:
        """Append the world's mutations that are not in the log yet."""
        new = world.mutations[self._mutations :]
        self._mutations += len(new)
        if new:
            self._write(MUTATIONS, "".join(f"{canonical(one.as_json())}\n" for one in new))

    def _write(self, name: str, text: str, mode: str = "a") -> None:
        path = self.folder / name
        try:
            with path.open(mode, encoding="utf-8") as stream:
                stream.write(text)
        except OSError as error:
            problem = error.strerror or type(error).__name__
            raise StoreError("drill.log_failed", path=path, problem=problem) from error


def read_run(folder: Path) -> Played:
    """Read a run back. Raises InputError for a folder without one, or whose chain is broken."""
    try:
        told = json.loads((folder / RUN).read_text(encoding="utf-8"))
        header = Header(
            told["drill"], told["version"], told["seed"], tuple(told["wards"]), told["mode"]
        )
        lines = [json.loads(line) for line in _lines(folder / LOG)]
        mutations = tuple(Mutation(**json.loads(line)) for line in _lines(folder / MUTATIONS))
        records = tuple(Record(one["n"], one["t"], one["kind"], one["data"]) for one in lines)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("drill.no_run", path=folder) from error
    sha = _anchor(header)
    for record, line in zip(records, lines, strict=True):
        sha = _chained(sha, record)
        if line.get("sha") != sha:
            raise InputError("drill.changed_run", path=folder, number=record.n)
    return Played(header, records, mutations, digest_of(sha, mutations))


def digest_of(sha: str, mutations: Sequence[Mutation]) -> str:
    """One hash over the chain's end and all changes of the world."""
    text = sha + "".join(canonical(one.as_json()) for one in mutations)
    return hashlib.sha256(text.encode()).hexdigest()


def of_kind(records: Iterable[Record], kind: str) -> list[Record]:
    """The records of one kind, in their order."""
    return [record for record in records if record.kind == kind]


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _anchor(header: Header) -> str:
    return hashlib.sha256(canonical({"schema": SCHEMA, **asdict(header)}).encode()).hexdigest()


def _chained(sha: str, record: Record) -> str:
    return hashlib.sha256((sha + canonical(asdict(record))).encode()).hexdigest()
