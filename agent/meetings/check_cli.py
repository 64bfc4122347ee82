"""`wardops meeting check | confirm`: is the room ready, and what a person confirms of it."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.cli import language_of
from agent.client import AgentUnreachable, find_agent
from agent.commands import default_inventory
from agent.duty import ICT
from agent.incidents.cli import actor_here, reaches_agent, sent
from agent.meetings.check import shown
from agent.wire import Command
from inventory.errors import InputError
from inventory.language import say
from inventory.load import load
from inventory.meetings import rooms_of
from inventory.text import cut
from probes.clock import SystemClock
from probes.meeting.readiness_model import BY_PERSON
from probes.meeting.readiness_words import COLUMNS, age_of, laid_out
from probes.registry import kinds
from probes.transports.open import open_transports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from agent.client import AgentClient
    from agent.wire import Meeting, Readiness, ReadinessItem
    from inventory.language import Language
    from inventory.model import Inventory

_AGENT_S = 15.0  # as long as fresh measurements are waited for
_AGAIN_S = 0.5
_EXIT = {"ok": 0, "degraded": 1, "down": 1}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command line names: a meeting by code or number, or a room of a ward."""

    code: str | None
    room: str | None
    ward: str | None


@click.command()
@click.argument("code", required=False)
@click.option("--room", metavar="ROOM")
@click.option("--ward", metavar="CODE")
@click.option("--json", "as_json", is_flag=True)
@click.option("--inventory", type=click.Path(path_type=Path), metavar="DIR")
@reaches_agent
@click.pass_context
def meeting_check(
    ctx: click.Context,
    /,
    code: str | None,
    room: str | None,
    ward: str | None,
    as_json: bool,
    inventory: Path | None,
    **where: Any,
) -> int:
    """Say whether a meeting's room is ready; 0 ready, 1 not, 2 bad input, 3 not known."""
    asked = _Asked(code, room, ward)
    try:
        with find_agent(where["agent"], where["state"], timeout_s=3.0) as client:
            found, meeting = _by_agent(client, asked)
    except AgentUnreachable:
        if where["agent"] is not None:
            raise
        found, meeting = _alone(asked, inventory), None
    if as_json:
        click.echo(found.model_dump_json())
    else:
        for line in _lines(found, meeting, language_of(ctx)):
            click.echo(line)
    return _EXIT.get(found.state, 3)


@click.command()
@click.argument("code")
@click.argument("item", type=click.Choice(BY_PERSON))
@click.option("--yes/--no", "good", default=None, required=True)
@reaches_agent
@click.pass_context
def meeting_confirm(ctx: click.Context, /, code: str, item: str, good: bool, **where: Any) -> int:
    """Confirm what only a person can tell: the two-way test, sharing, the speaker."""
    args = {"meeting": code, "item": item, "good": good}
    command = Command(id=uuid.uuid4(), verb="meeting_confirm", args=args, actor=actor_here())
    result = sent(ctx, command, where)
    if result is None:
        return 1
    language = language_of(ctx)
    key = "meeting_check.confirmed" if good else "meeting_check.denied"
    name = say(f"readiness.item.{item}", language)
    click.echo(say(key, language, code=result["code"], item=name))
    return 0


# ---- through the agent ----


def _by_agent(client: AgentClient, asked: _Asked) -> tuple[Readiness, Meeting | None]:
    """Have the agent measure now, then wait for what came; raises InputError, ActionRefused."""
    begun = SystemClock().now()
    command = Command(
        id=uuid.uuid4(), verb="meeting_check", args=_args(client, asked), actor=actor_here()
    )
    result = client.command(command)
    if not result.accepted:
        said = result.message.model_dump() if result.message else {}
        raise InputError("api.said", text=said)
    told = result.result
    find = (told["room"], told["ward"], told["meeting"])
    found = asyncio.run(_settled(client, find, told["probes"], begun))
    meetings = client.snapshot(told["ward"]).meetings
    return found, next((one for one in meetings if one.id == told["meeting"]), None)


def _args(client: AgentClient, asked: _Asked) -> dict[str, str]:
    """By code, else by room, else the next meeting there is. Raises InputError."""
    ward = {"ward": asked.ward} if asked.ward else {}
    if asked.code is not None:
        return {"meeting": asked.code, **ward}
    if asked.room is not None:
        return {"room": asked.room, **ward}
    booked = client.snapshot(asked.ward).meetings
    if not booked:
        raise InputError("meeting_check.none_booked")
    return {"meeting": booked[0].id}


async def _settled(
    client: AgentClient, find: tuple[str, str, str | None], probes: int, begun: datetime
) -> Readiness:
    """The readiness once everything was measured anew, or after a quarter of a minute."""
    clock, (room, ward, meeting) = SystemClock(), find
    end = clock.monotonic() + (_AGENT_S if probes else 0.0)
    found = client.readiness(room, ward, meeting, begun)
    while found.pending and clock.monotonic() < end:
        await clock.sleep(_AGAIN_S)
        found = client.readiness(room, ward, meeting, begun)
    return found


# ---- without one ----


def _alone(asked: _Asked, folder: Path | None) -> Readiness:
    """Measure from here with the inventory; a meeting is known to an agent alone."""
    if asked.room is None:
        raise InputError("meeting_check.room_needed")
    inventory = load(folder or default_inventory(), kinds(), with_secrets=False)
    ward = _ward(inventory, asked.ward)
    rooms = rooms_of(inventory.wards[ward])
    if asked.room not in rooms:
        known = ", ".join(rooms) or "-"
        raise InputError("meeting.no_such_room", room=asked.room[:60], rooms=known)
    return asyncio.run(_look(inventory, ward, asked.room))


def _ward(inventory: Inventory, ward: str | None) -> str:
    if ward is None and len(inventory.wards) == 1:
        return next(iter(inventory.wards))
    if ward not in inventory.wards:
        raise InputError("meeting_check.which_ward", wards=", ".join(list(inventory.wards)[:6]))
    return str(ward)


async def _look(inventory: Inventory, ward: str, room: str) -> Readiness:
    from agent.meetings.alone import Wish, look  # noqa: PLC0415 - its weight only without an agent

    clock = SystemClock()
    async with open_transports(inventory, clock) as transports:
        return shown(await look(inventory, Wish(ward, room), transports, clock), ward)


# ---- words ----


def _lines(found: Readiness, meeting: Meeting | None, language: Language) -> Iterator[str]:
    """Room and meeting, the answer, the next step, then every item: at most 80 cells each."""
    if meeting is not None:
        start = meeting.start.astimezone(ICT)
        yield say(
            "meeting_check.for_meeting", language, room=found.room, code=meeting.code,
            at=start.strftime("%H:%M"), day=start.strftime("%d/%m/%Y"),
        )  # fmt: skip
    else:
        yield say("meeting_check.for_room", language, room=found.room)
    why = f"  {getattr(found.text, language)}" if found.text else ""
    yield cut(f"{say(f'readiness.state.{found.state}', language)}{why}", COLUMNS)
    if found.step is not None:
        yield cut(f"→ {getattr(found.step.text, language)}", COLUMNS)
    for item in found.items:
        yield _line(item, language)


def _line(item: ReadinessItem, language: Language) -> str:
    name, said = getattr(item.name, language), getattr(item.text, language)
    if item.state == "ok" or item.because is not None or item.do is None:
        age = age_of(item.age_s, language)
        return laid_out(item.state, name, said, f" ({age})" if age else "")
    side = "" if item.by == "person" else f" [{say(f'readiness.at.{item.side}', language)}]"
    return laid_out(item.state, name, said, f"{side} → {getattr(item.do, language)}")
