"""Puts the application together and runs it; loads Textual, so it comes after the first text."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.app import Settings, WardopsApp
from tui.copy import sight_of
from tui.feed import Feed
from tui.themes import NAMES
from tui.times import SystemTimes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from agent.client import AgentClient
    from tui.resume import Place
    from tui.text import Words

_TIMEOUT_S = 3.0
_MANY_COLOURS = ("256color", "truecolor", "24bit", "kitty", "alacritty", "direct")


@dataclass(frozen=True, slots=True)
class Where:
    """Whom to ask: address and state folder as given on the command line, the ward if one was."""

    agent: str | None = None
    state: Path | None = None
    ward: str | None = None

    def find(self) -> AgentClient:
        """A client of the agent that answers there. Raises AgentUnreachable."""
        from agent.client import find_agent  # noqa: PLC0415 - httpx comes after the first frame

        return find_agent(self.agent, self.state, timeout_s=_TIMEOUT_S)


def open_screen(
    where: Where, words: Words, actor: str, folder: Path, place: Place, copy: bytes, *, mouse: bool
) -> None:
    """Run until the person quits. `copy` is the state file, `place` where it was left."""
    has_colour, theme = colours(os.environ)
    settings = Settings(
        words=words,
        theme=theme or (place.theme if place.theme in NAMES else "dark"),
        has_colour=has_colour,
        actor=actor,
        folder=folder,
        screen=place.screen,
    )
    times = SystemTimes()
    app = WardopsApp(
        settings,
        lambda tell: Feed(where.find, tell, times, where.ward),
        sight=sight_of(copy, where.ward, times),
        times=times,
    )
    app.run(mouse=mouse)


def colours(environ: Mapping[str, str]) -> tuple[bool, str]:
    """Whether colours may be used, and the theme that the terminal demands (empty: any)."""
    if environ.get("NO_COLOR"):
        return False, "ansi"
    said = f"{environ.get('TERM', '')} {environ.get('COLORTERM', '')}".lower()
    return True, "" if any(name in said for name in _MANY_COLOURS) else "ansi"
