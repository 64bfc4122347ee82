"""`wardops tui`: the full screen, when there is a terminal for it; else a few lines of text."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inventory.errors import InputError
from inventory.language import DEFAULT_LANGUAGE, LANGUAGES
from tui import prepaint, resume
from tui.text import Words
from tui.view_size import COLUMNS, ROWS

if TYPE_CHECKING:
    from inventory.language import Language


@click.command()
@click.option("--agent", metavar="URL|SOCKET")
@click.option("--state", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--ward", metavar="CODE")
@click.option("--lang", type=click.Choice(LANGUAGES))
@click.option("--ascii", "ascii_only", is_flag=True)
@click.option("--khong-dau", "unaccented", is_flag=True)
@click.option("--no-mouse", is_flag=True)
def command(
    *,
    agent: str | None,
    state: Path | None,
    ward: str | None,
    lang: Language | None,
    ascii_only: bool,
    unaccented: bool,
    no_mouse: bool,
) -> int:
    """Open the full screen on an agent; the agent goes on when the screen is closed."""
    if ward is not None and not re.fullmatch(r"\d{5}", ward):
        raise InputError("status.ward_form", ward=ward[:20])
    folder = state or prepaint.state_folder()
    place = resume.remembered(folder)
    is_utf8 = "utf" in (sys.stdout.encoding or "").lower()
    words = Words(
        language=lang or _language(place.language),
        ascii=ascii_only or not is_utf8,
        unaccented=unaccented or not is_utf8,
    )
    if not _is_screen():
        return _as_text(agent, state, ward, words)
    copy = b"" if agent else prepaint.read_copy(folder)  # another agent's copy would mislead
    _paint(prepaint.ENTER, prepaint.first_text(copy, words))
    try:
        from tui.opening import Where, open_screen  # noqa: PLC0415 - Textual takes its time

        where = Where(agent, state, ward)
        open_screen(where, words, f"local:{_user()}", folder, place, copy, mouse=not no_mouse)
    finally:
        _paint(prepaint.LEAVE, ())
    return 0


def _paint(sequence: str, lines: tuple[str, ...] | list[str]) -> None:
    """To standard error, where Textual draws too."""
    sys.stderr.write(sequence + "\r\n".join(lines))
    sys.stderr.flush()


def _is_screen() -> bool:
    """Whether there is a terminal large enough."""
    if os.environ.get("TERM", "") in {"", "dumb"} and os.name != "nt":
        return False
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        return False
    size = shutil.get_terminal_size()
    return size.columns >= COLUMNS and size.lines >= ROWS


def _as_text(agent: str | None, state: Path | None, ward: str | None, words: Words) -> int:
    """The few lines of `wardops status`, and why no more."""
    from tui.status import tell  # noqa: PLC0415 - the client's libraries; not for the full screen

    click.echo(words.finish(words.say("tui.pre.no_screen", columns=COLUMNS, rows=ROWS)), err=True)
    return tell(agent, state, ward, words.language, words.finish)


def _language(remembered: str) -> Language:
    asked = os.environ.get("WARDOPS_LANG") or remembered
    return next((language for language in LANGUAGES if language == asked), DEFAULT_LANGUAGE)


def _user() -> str:
    """Who sits here, as the system says."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unnamed"
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)[:40] or "unnamed"
