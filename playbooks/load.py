"""Reads playbooks: YAML to checked values, or every problem with file, line and column."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from inventory import validate
from inventory.document import Document, parse, read_text, where
from inventory.errors import Problem
from inventory.text import one_line
from playbooks import model as m
from playbooks.errors import PlaybookError
from playbooks.lint import problems_of
from playbooks.walk import parting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from inventory.document import Keys

LIBRARY = Path(__file__).parent / "library"
MAX_BYTES = 256 * 1024
MAX_STEPS = 120
_MODELS: Mapping[str, type[m.Step]] = MappingProxyType(
    dict(zip(m.KIND_NAMES, m.KINDS, strict=True))
)
# Kinds and keys of the schema that this version does not carry out, so it does not take them.
LATER_KINDS = frozenset({"command", "watch", "call"})
LATER_KEYS = frozenset(
    {
        "vars", "evidence", "phase", "csf", "at", "deadline", "on_deadline", "skip_if_late",
        "not_after", "asks", "prefill", "inputs", "ask_photo", "photo", "stable_for_s", "attach",
        "channels", "mode", "while", "root_cause", "survey", "background", "template",
        "anchor", "freeze_changes_from", "freeze_until", "say_something_every_min",
        "hard_escalate_min",
    }
)  # fmt: skip


def load_library(
    folder: Path | None = None, *, walks_paths: bool = False
) -> Mapping[str, m.Playbook]:
    """All playbooks of a folder by id, the shipped library when None.

    Files are `PB-*.yaml`. Path tests are walked only with `walks_paths`: they are for who writes a
    playbook and cost most of a load. Raises PlaybookError with every problem of every file.
    """
    found: dict[str, m.Playbook] = {}
    problems: list[Problem] = []
    for path in sorted((folder or LIBRARY).glob("PB-*.yaml")):
        try:
            playbook = load_playbook(path, walks_paths=walks_paths)
        except PlaybookError as error:
            problems += error.problems
            continue
        if playbook.id in found:
            problems.append(Problem(where(path.name), "playbook.doubled_id", id=playbook.id))
        found[playbook.id] = playbook
    if problems:
        raise PlaybookError(problems)
    return MappingProxyType(found)


def load_playbook(path: Path, name: str | None = None, *, walks_paths: bool = False) -> m.Playbook:
    """One playbook from its file; `name` is used in messages. Raises PlaybookError."""
    name = name or path.name
    try:
        source = read_text(path, name)
    except Problem as problem:
        raise PlaybookError((problem,)) from None
    return _from_text(source, name, walks_paths)


def parse_playbook(raw: bytes, name: str, *, walks_paths: bool = False) -> m.Playbook:
    """One playbook from its file's bytes. Raises PlaybookError."""
    try:
        source = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PlaybookError((Problem(where(name), "inventory.not_utf8"),)) from None
    return _from_text(source, name, walks_paths)


def _from_text(source: str, name: str, walks_paths: bool) -> m.Playbook:
    written = source.encode()
    if len(written) > MAX_BYTES:
        raise PlaybookError((Problem(where(name), "playbook.too_large", limit=MAX_BYTES // 1024),))
    try:
        document = parse(source, name)
    except Problem as problem:
        raise PlaybookError((_own_words(problem, name),)) from None
    head, problems = _head(document)
    steps, more = _steps(document)
    problems = [*document.problems, *problems, *more]
    if head is None or problems:
        raise PlaybookError(_in_order(problems))
    playbook = m.Playbook.model_construct(
        **{key: getattr(head, key) for key in m.Head.model_fields},
        steps=steps,
        sha256=hashlib.sha256(written).hexdigest(),
        source=source,
    )
    found = tuple(problems_of(playbook, document))
    if walks_paths and not found:
        found = tuple(_parted(playbook, document))
    if found:
        raise PlaybookError(_in_order(found))
    return playbook


def _parted(playbook: m.Playbook, document: Document) -> Iterator[Problem]:
    """Each path test whose walk parts from its path."""
    for number, case in enumerate(playbook.tests.cases):
        found = parting(playbook, case)
        if found is not None:
            at, wanted, got = found
            keys = ("tests", "cases", number, "path")
            values = {"number": at + 1, "wanted": wanted, "got": got or "-"}
            yield document.problem(keys, "playbook.path_parts", **values)


def _head(document: Document) -> tuple[m.Head | None, list[Problem]]:
    values = {key: value for key, value in document.values.items() if key != "steps"}
    head, mistakes = validate.examine(m.Head, values)
    return head, [_said(document, (), mistake) for mistake in mistakes]


def _steps(document: Document) -> tuple[tuple[m.Step, ...], list[Problem]]:
    """Every step read against its kind; those that could not be are missing."""
    written = document.values.get("steps")
    if not isinstance(written, list) or not written:
        return (), [document.problem(("steps",), "playbook.no_steps")]
    if len(written) > MAX_STEPS:
        return (), [document.problem(("steps",), "playbook.too_many_steps", limit=MAX_STEPS)]
    steps: list[m.Step] = []
    problems: list[Problem] = []
    for number, values in enumerate(written):
        step, found = _step(document, ("steps", number), values)
        problems += found
        if step is not None:
            steps.append(step)
    return tuple(steps), problems


def _step(document: Document, keys: Keys, values: Any) -> tuple[m.Step | None, list[Problem]]:
    if not isinstance(values, dict):
        return None, [document.problem(keys, "inventory.not_mapping")]
    refused = tuple(_refused(document, keys, values))
    if refused:
        return None, list(refused)
    model = cast("type[m.Auto]", _MODELS[values["kind"]])
    step, mistakes = validate.examine(model, values)
    return step, [_said(document, keys, mistake) for mistake in mistakes]


def _refused(document: Document, keys: Keys, values: Mapping[str, Any]) -> Iterator[Problem]:
    """What keeps a step from being read against its kind at all."""
    known = ", ".join(m.KIND_NAMES)
    if "kind" not in values:
        yield document.problem(keys, "playbook.no_kind", known=known)
        return
    kind = values["kind"]
    if not isinstance(kind, str) or kind not in _MODELS:
        later = isinstance(kind, str) and kind in LATER_KINDS
        key = "playbook.later_kind" if later else "playbook.unknown_kind"
        yield document.problem((*keys, "kind"), key, kind=one_line(kind), known=known)
        return
    entries = values.get("run")
    if kind == "auto" and isinstance(entries, list):
        for number, entry in enumerate(entries):
            if isinstance(entry, dict):
                yield document.problem((*keys, "run", number), "playbook.run_entry")


def _own_words(problem: Problem, name: str) -> Problem:
    """The sentence about a file that holds no playbook at all, without naming an inventory."""
    if problem.key in {"inventory.empty_file", "inventory.no_mapping"}:
        return Problem(where(name), "playbook.not_a_playbook")
    return problem


def _said(document: Document, keys: Keys, mistake: validate.Mistake) -> Problem:
    name = mistake.keys[-1] if mistake.keys else ""
    if mistake.key in validate.UNKNOWN_KEY and name in LATER_KEYS:
        return document.problem((*keys, *mistake.keys), "playbook.later_key", name=name)
    if mistake.key == "inventory.bad_value" and str(mistake.values["value"]).startswith("["):
        return document.problem((*keys, *mistake.keys), "playbook.bad_count", name=name)
    return document.problem((*keys, *mistake.keys), mistake.key, **mistake.values)


def _in_order(problems: tuple[Problem, ...] | list[Problem]) -> list[Problem]:
    """In the order of the file, each once."""

    def place(problem: Problem) -> tuple[int, int]:
        _, line, column = problem.where.split(" ")[0].rsplit(":", 2)
        return int(line), int(column)

    unique = {(problem.where, problem.key, str(problem.values)): problem for problem in problems}
    return sorted(unique.values(), key=place)
