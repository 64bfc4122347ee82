"""Playbooks and the runs of them, as a client reads them."""

from __future__ import annotations

from typing import Literal

from agent.wire.base import ItemState, RealmName, RunState, Stamp, Text, Wire


class PlaybookBrief(Wire):
    """A playbook in a list; `minutes` is the time to a restored service that it aims at.

    `instead_of` is the id of the one that fits and is not there: this one, a general one, finds the
    fault anew and hands over what it cannot mend.
    """

    id: str
    version: str
    title: Text
    summary: Text | None = None
    minutes: int | None = None
    topic: str = ""
    instead_of: str | None = None


class RunOption(Wire):
    """One answer to a step: the digit to type, the value to send, the words to show."""

    key: str
    value: str
    text: Text


class ChecklistItem(Wire):
    """One line of a checklist, ticked by the machine (`auto`) or by a person."""

    id: str
    text: Text
    state: ItemState = "open"
    by: Literal["auto", "person"] = "person"


class RunStep(Wire):
    """The one step of a run that is to be shown.

    `message` is the text prepared for `to` (roles) when the step tells somebody. `dont` are the red
    lines of the playbook. `number` counts the steps entered so far from 1; `of` is null when the
    way is not known. `deadline` is when the step is over by itself.
    """

    id: str
    kind: str
    title: Text
    body: Text | None = None
    options: tuple[RunOption, ...] = ()
    items: tuple[ChecklistItem, ...] = ()
    message: Text | None = None
    to: tuple[str, ...] = ()
    dont: tuple[Text, ...] = ()
    can_back: bool = False
    can_skip: bool = False
    deadline: Stamp | None = None
    number: int = 1
    of: int | None = None


class RunLine(Wire):
    """One thing that happened in a run; `step` is empty for what concerns all of it.

    `message` is a text for `to` that no channel took: it is to be read out or copied.
    """

    at: Stamp
    step: str
    title: Text
    result: Text | None = None
    actor: str
    message: Text | None = None
    to: tuple[str, ...] = ()


class PlaybookRun(Wire):
    """A playbook being followed, as it is shown; `step` is null when it is over.

    `state`: `running` the machine works, `asking` a person is to answer, `waiting` for a condition.
    `lines` is empty in lists: ask for the one run. `about` is the machine or service that the run
    keeps to, null when it has none.
    """

    id: str
    playbook: str
    title: Text
    version: str
    ward: str
    incident: str | None = None
    about: str | None = None
    realm: RealmName
    actor: str
    state: RunState
    outcome: str | None = None
    started: Stamp
    ended: Stamp | None = None
    step: RunStep | None = None
    lines: tuple[RunLine, ...] = ()
