"""The status from the agent's plain answer, without the libraries that check and explain it.

Good answers of an agent of this version are all that is read here. With anything else the caller
asks again through `status_look`, which says what is wrong.
"""

from __future__ import annotations

import json
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from agent.glance import glance
from tui.status_code import TIMEOUT_S, WORST_FIRST, exit_code, fitting_playbook, worst
from tui.status_text import lines

if TYPE_CHECKING:
    from pathlib import Path

    from agent.wire import Status
    from inventory.language import Language

_SCHEMA = "wardops/snapshot/1"
_REALMS = ("live", "drill", "sim")
_STAMPS = ("ts", "since", "t_started")
_TEXTS = ("vi", "en", "code", "id", "severity", "state", "segment")
_TROUBLES = (AttributeError, KeyError, TypeError, ValueError, RecursionError)


def glanced(
    agent: str | None, state: Path | None, ward: str | None, language: Language
) -> tuple[list[str], int] | None:
    """The status in a few lines and its exit code; None when only `status_look` can tell.

    Raises InputError for an `agent` of another form.
    """
    path = f"/snapshot?ward={ward}" if ward else "/snapshot"
    answer = glance(path, agent, state, timeout_s=TIMEOUT_S)
    return told(answer, language) if answer is not None else None


def told(answer: bytes, language: Language) -> tuple[list[str], int] | None:
    """The same of an answer's octets. Pure."""
    try:
        status = _status(json.loads(answer, object_hook=_plain))
        return lines(status, language, ""), exit_code(status)
    except _TROUBLES:
        return None


def _status(snapshot: Any) -> Status:
    """What the snapshot says, with the names that a Status has."""
    if snapshot.schema != _SCHEMA or snapshot.realm not in _REALMS:
        raise ValueError(snapshot.realm)
    if not isinstance(snapshot.ts, datetime):
        raise TypeError("no time")
    if snapshot.verdict is not None:
        snapshot.verdict.playbook = fitting_playbook(snapshot)
    states = [ward.state for ward in snapshot.wards]
    said = SimpleNamespace(
        as_of=snapshot.ts, age_s=0.0, fresh=True, realm=snapshot.realm, state=worst(states),
        ward=snapshot.ward, verdict=snapshot.verdict, path=snapshot.path,
        incidents=[one for one in snapshot.incidents if one.state != "closed"],
        wards=snapshot.wards, left_out=0,
    )  # fmt: skip
    return cast("Status", said)


def _plain(values: dict[str, Any]) -> SimpleNamespace:
    """An object of the answer: its stamps as times, a state that nobody knows as unknown.

    Raises TypeError for a text that is none.
    """
    texts = (*_TEXTS, "name") if "slug" in values else _TEXTS  # a service's name is an object
    if not all(isinstance(values[name], str) for name in texts if name in values):
        raise TypeError("not a text")
    for name in _STAMPS:
        if values.get(name) is not None:
            values[name] = datetime.fromisoformat(values[name])
    is_judged = "segment" in values or "verdict" in values
    if is_judged and "state" in values and values["state"] not in WORST_FIRST:
        values["state"] = "unknown"
    return SimpleNamespace(**values)
