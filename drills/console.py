"""The terminal of a drill: calls and messages as lines, and what the trainee types as acts."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from drills import deeds
from drills.scenario import moment_text
from inventory.errors import InputError
from inventory.language import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agent.assembly import Agent
    from agent.wire import PlaybookRun
    from drills.deeds import Act
    from drills.scenario import Inject
    from inventory.language import Language


@dataclass
class Console:
    """Says what happens with the drill's clock in front, and collects what was typed."""

    language: Language
    agent: Agent | None = None
    _typed: list[Act] = field(default_factory=list)
    _step: tuple[str, str, int] | None = None
    _now: float = 0.0

    def line(self, text: str, t: float | None = None) -> None:
        """One line, stamped once the drill runs."""
        click.echo(f"{moment_text(t)}  {text}" if t is not None else text)
        sys.stdout.flush()

    def inject(self, t: float, inject: Inject) -> None:
        """A telephone call or a message; a fault and its end are for the trainee to find."""
        if inject.caller is None or inject.text is None:
            return
        caller, text = (getattr(words, self.language) for words in (inject.caller, inject.text))
        self.line(say(f"drill.title.{inject.type}", self.language, caller=caller, text=text), t)

    def reply(self, t: float, text: Mapping[str, str]) -> None:
        """What came of an act."""
        self.line(text[self.language], t)

    def started(self, t: float, minutes: int) -> None:
        """The clock runs from now on."""
        self.line(say("drill.title.started", self.language, minutes=minutes), t)

    def help(self) -> None:
        """What can be typed, in the words of the language."""
        forms = (
            deeds.usage(verb).replace(verb, say(f"drill.verb.{verb}", self.language), 1)
            for verb in deeds.FORMS
        )
        self.line(say("drill.title.hands", self.language, forms="; ".join(forms)))

    def acts(self, t: float) -> list[Act]:
        """What was typed since the last time; a new question of the playbook is shown."""
        self._now = t
        self._show_step(t)
        typed, self._typed = self._typed, []
        return typed

    def take(self, text: str) -> None:
        """One typed line; one that cannot be read is answered at once."""
        if not text.strip():
            return
        try:
            self._typed.append(deeds.parse(text))
        except InputError as error:
            self.line(error.text(self.language), self._now)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take lines from standard input meanwhile, where that can be waited for."""
        loop, source = asyncio.get_running_loop(), sys.stdin.fileno()
        rest = b""

        def read() -> None:
            # Not readline: lines that came together would wait in its buffer for the next one.
            nonlocal rest
            got = os.read(source, 4096)
            if not got:
                loop.remove_reader(source)
            *lines, rest = (rest + got).split(b"\n")
            for line in lines:
                self.take(line.decode("utf-8", errors="replace"))

        # A plain file or /dev/null cannot be waited for: then nobody types.
        with suppress(OSError, ValueError):
            loop.add_reader(source, read)
        try:
            yield
        finally:
            with suppress(OSError, ValueError):
                loop.remove_reader(source)

    def _show_step(self, t: float) -> None:
        run = self._open_run()
        if run is None or run.step is None or run.state not in ("asking", "waiting"):
            return
        step = run.step
        if self._step == (run.id, step.id, step.number):
            return
        self._step = (run.id, step.id, step.number)
        title = getattr(step.title, self.language)
        body = getattr(step.body, self.language) if step.body else ""
        text = f"{title}. {body}".rstrip(". ") if body else title
        self.line(say("drill.title.step", self.language, step=step.id, text=text), t)
        for option in step.options:
            words = getattr(option.text, self.language)
            self.line(
                say(
                    "drill.title.option", self.language, digit=option.key, text=words, step=step.id
                ),
                t,
            )

    def _open_run(self) -> PlaybookRun | None:
        runs = self.agent.runs.runs(ward=None, is_open=True) if self.agent else ()
        return next(iter(runs), None)
