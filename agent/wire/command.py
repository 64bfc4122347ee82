"""What a person wants done, what became of it, and why not."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from agent.wire.base import Text, Wire

Code: TypeAlias = Literal[
    "bad_request", "not_found", "role_denied", "changes_off", "not_in_inventory", "conflict",
    "gone", "confirm_needed", "too_many", "busy", "unavailable", "internal",
]  # fmt: skip
Verb: TypeAlias = Literal[
    "probe_now", "ack", "unack", "take", "escalate", "hand_over", "close", "note", "evidence_add",
    "maintenance_set", "maintenance_end", "meeting_add", "meeting_remove", "meeting_import",
    "meeting_check", "meeting_confirm", "playbook_start", "playbook_answer", "playbook_back",
    "playbook_skip", "playbook_abort", "run_capability",
    "approve", "deny", "cannot_fix_now", "acknowledge_vanished", "accept_host_key", "drill_start",
    "drill_stop", "drill_submit", "handover_taken", "severity_set", "incident_fill", "clock_met",
    "resolve", "incident_report",
]  # fmt: skip


class Problem(Wire):
    """Why a request was not carried out (RFC 9457), with a title for people.

    `message` is the detail in both languages, null where there is none but the English one.
    """

    type: str = "about:blank"
    title: Text
    status: int
    code: Code
    detail: str = ""
    message: Text | None = None


ActorName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@-]{0,63}$")]


class Command(Wire):
    """What a person wants done. `id` is the client's: sent again it is done once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: UUID
    verb: Verb
    args: dict[str, Any] = Field(default_factory=dict)
    actor: ActorName = "local:unnamed"
    reason: Annotated[str, StringConstraints(max_length=2000)] | None = None
    confirm: str | None = None


class CommandResult(Wire):
    """What became of a command. `code` and `message` are set when it was not accepted."""

    id: UUID
    accepted: bool
    state: Literal["running", "done", "refused", "failed"] = "done"
    code: Code | None = None
    message: Text | None = None
    result: dict[str, Any] = Field(default_factory=dict)
