"""A run at a plain terminal: prints each step, asks the person or the answers file."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Any

import click

from inventory.digest import digest_of
from inventory.errors import ActionRefused, InputError
from inventory.language import say
from inventory.text import one_line
from playbooks.escalation import contact, next_level
from playbooks.moves import Filing
from playbooks.seams import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from inventory.language import Language
    from playbooks.conduct import Conductor
    from playbooks.escalation import Escalation
    from playbooks.moves import Answer
    from playbooks.picture import ItemView, LineView, RunState, StepView, Text
    from playbooks.seams import Message

LOCAL = timezone(timedelta(hours=7))
_STATES = {"done": "done", "xong": "done", "dat": "done", "failed": "failed", "hong": "failed",
           "unknown": "unknown", "khong-ro": "unknown", "open": "open"}  # fmt: skip
_MARKS = {"open": "[ ]", "done": "[x]", "failed": "[!]", "unknown": "[?]"}


class PaperNotifier:
    """No channel is there: texts are shown, and kept in the outbox to be copied."""

    def __init__(self, outbox: Path, escalation: Escalation, language: Language) -> None:
        self._outbox = outbox
        self._escalation = escalation
        self._language = language

    async def deliver(self, message: Message) -> Delivery:
        """Write the text to a file of its own and print it with the names of the roles."""
        names = [self._name(who, message.ward) for who in message.to]
        text = message.text[self._language]
        to = say("playbook.cli.to", self._language, roles=", ".join(names))
        self._outbox.mkdir(parents=True, exist_ok=True)
        path = self._outbox / f"{message.key.replace(':', '-')}.txt"
        path.write_text(f"{to}\n{text}\n", encoding="utf-8", newline="\n")
        click.echo(f"  {to}\n  {text}")
        return Delivery("shown", path.name)

    def _name(self, who: str, ward: str) -> str:
        """The role's name and number as the escalation file has them; no number is made up."""
        if who == "next":
            found = next_level(self._escalation, ward)
        else:
            found = contact(self._escalation, who, ward)
        if found is None:
            return who
        return " ".join(filter(None, (getattr(found.name, self._language), found.phone)))


@dataclass(slots=True)
class Desk:
    """Answers for one run: from `given` (by step, in order) when not None, else by asking.

    `ask` reads one line after a prompt, in a thread of its own. Nothing is shown until `is_open`.
    """

    language: Language
    actor: str
    given: dict[str, list[Any]] | None = None
    ask: Callable[[str], str] = input
    is_open: bool = False
    _shown: tuple[str, int] | None = None
    _told: int = 0

    def show(self, state: RunState) -> None:
        """Print what is new: finished steps, and the present step once."""
        if not self.is_open:
            return
        for line in state.lines[self._told :]:
            self._print_line(line)
        self._told = len(state.lines)
        step = state.step
        if step is None or state.state == "running" or self._shown == (step.id, step.number):
            return
        self._shown = (step.id, step.number)
        self._print_step(step, state)

    async def serve(self, conductor: Conductor) -> RunState:
        """Conduct the run to its end. Raises ActionRefused when the answers file has no answer."""
        work = asyncio.ensure_future(conductor.conduct())
        try:
            while not work.done():
                seq, state = conductor.run.seq, conductor.state()
                if state.state == "asking" and state.step is not None:
                    await self._answer(conductor, state.step)
                else:
                    stir = asyncio.ensure_future(conductor.changed(seq))
                    await asyncio.wait((work, stir), return_when=asyncio.FIRST_COMPLETED)
                    stir.cancel()
            return await work
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.wait((work,))

    async def _answer(self, conductor: Conductor, step: StepView) -> None:
        if self.given is not None:
            for value in self._from_file(conductor, step):
                conductor.answer(step.id, value, self.actor)
            return
        line = (await _read(self.ask, self._prompt(step))).strip()
        try:
            self._typed(conductor, step, line)
        except (ActionRefused, InputError) as error:
            click.echo(error.text(self.language))

    def _typed(self, conductor: Conductor, step: StepView, line: str) -> None:
        """One line: a letter with its text, an item with its result, or an answer."""
        word, _, rest = line.partition(" ")
        match word.lower():
            case "u" if not rest:
                conductor.back(self.actor)
            case "x" if not rest:
                conductor.abort(say("playbook.cli.aborted_reason", self.language), self.actor)
            case "s":
                conductor.skip(step.id, one_line(rest, 500), self.actor)
            case "a":
                conductor.file(Filing(one_line(rest, 500)), self.actor)
            case "f":
                conductor.file(_filing(rest), self.actor)
            case _ if step.items and rest:
                conductor.answer(step.id, _item_of(step, line.lower()), self.actor)
                self._print_items(conductor.state())
            case _:
                conductor.answer(step.id, line.lower(), self.actor)

    def _from_file(self, conductor: Conductor, step: StepView) -> list[Answer]:
        waiting = (self.given or {}).get(step.id)
        if not waiting:
            raise ActionRefused("playbook.cli.no_answer", step=step.id, run=conductor.run.id)
        value = waiting.pop(0)
        if not step.items:
            return [str(value)]
        if isinstance(value, dict):
            marks: Mapping[str, str] = {str(k): str(v) for k, v in value.items()}
        else:
            marks = dict.fromkeys((item.id for item in step.items), str(value))
        found: list[Answer] = [{"item": item, "state": state} for item, state in marks.items()]
        if set(marks.values()) != {"done"} or len(marks) < len(step.items):
            found.append("next")
        return found

    def _prompt(self, step: StepView) -> str:
        if step.items:
            return say("playbook.cli.item_prompt", self.language) + ": "
        keys = ", ".join(option.key for option in step.options)
        key = "playbook.cli.prompt_skip" if step.can_skip else "playbook.cli.prompt"
        return say(key, self.language, keys=keys) + ": "

    def _print_step(self, step: StepView, state: RunState) -> None:
        say_it = self._say
        click.echo(f"\n== {step.number}. {say_it(step.title)}  [{step.id}]")
        if step.body is not None:
            click.echo(f"  {say_it(step.body)}")
        for line in step.dont:
            click.echo(f"  ! {say_it(line)}")
        self._print_items(state)
        if state.state == "asking":
            for option in step.options:
                click.echo(f"  {option.key}  {say_it(option.text)}")
        else:
            click.echo(f"  {say('playbook.cli.waiting', self.language)}")

    def _print_items(self, state: RunState) -> None:
        items: tuple[ItemView, ...] = state.step.items if state.step else ()
        for number, item in enumerate(items, start=1):
            click.echo(f"  {number}. {_MARKS[item.state]} {self._say(item.text)}")

    def _print_line(self, line: LineView) -> None:
        at = f"{line.at.astimezone(LOCAL):%H:%M:%S}"
        result = self._say(line.result) if line.result else ""
        click.echo(f"{at}  {self._say(line.title)}: {result}".rstrip(": "))

    def _say(self, text: Text) -> str:
        return text[self.language]


def _filing(path: str) -> Filing:
    """A file by its hash. Raises InputError."""
    found = digest_of(path)
    return Filing(name=found.name, sha256=found.sha256, size=found.size)


async def _read(ask: Callable[[str], str], prompt: str) -> str:
    """One line from a person, while the run goes on beside it.

    The reader is a daemon: Ctrl-C ends the program without waiting for a line that nobody types.
    Raises EOFError when there is nobody.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[str] = loop.create_future()

    def settle(line: str | None) -> None:
        if answer.done():
            return
        if line is None:
            answer.set_exception(EOFError())
        else:
            answer.set_result(line)

    def read() -> None:
        line: str | None = None
        with suppress(EOFError):
            line = ask(prompt)
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, line)

    threading.Thread(target=read, daemon=True).start()
    return await answer


def _item_of(step: StepView, line: str) -> dict[str, str]:
    """`2 xong` as the second item done; what is no number is taken as the item's id."""
    name, _, state = line.partition(" ")
    if name.isdigit() and 1 <= int(name) <= len(step.items):
        name = step.items[int(name) - 1].id
    return {"item": name, "state": _STATES.get(state.strip(), state.strip())}
