"""Forms for what a person adds to an incident or a run: a note, a file by its hash, a hand-over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inventory.digest import digest_of
from inventory.errors import WardopsError
from tui.screens.form import Form, FormScreen
from tui.view_incident import addressees

if TYPE_CHECKING:
    from collections.abc import Callable

    from inventory.digest import Digest
    from tui.app import WardopsApp

_NOTE, _FILE = "screen.incident.note_text", "screen.incident.note_file"
_TO, _TEXT = "screen.incident.escalate_to", "screen.incident.escalate_text"


def note_form(app: WardopsApp, about: str, send: Callable[[dict[str, Any]], None]) -> Form:
    """A note and, if wanted, a file; `send` gets `text`, and `name`, `sha256`, `size` of the file.

    The file is read beside the screen and stays where it is; one that cannot be read is said so,
    and nothing is sent.
    """

    def take(texts: tuple[str, ...]) -> None:
        text, path = texts
        if path:
            app.run_worker(lambda: _read(app, path, text, send), thread=True, name="digest")
        else:
            send({"text": text})

    return Form("screen.incident.note_title", (_NOTE, _FILE), take, about,
                optional=frozenset({_FILE}))  # fmt: skip


def _read(app: WardopsApp, path: str, text: str, send: Callable[[dict[str, Any]], None]) -> None:
    """In a thread of its own: a file on a slow drive stops nobody."""
    try:
        found = digest_of(path)
    except WardopsError as error:
        app.call_from_thread(app.say, error.text(app.settings.words.language))
        return
    app.call_from_thread(send, {"text": text, **_written(found)})


def _written(found: Digest) -> dict[str, Any]:
    return {"name": found.name, "sha256": found.sha256, "size": found.size}


def handover_form(
    app: WardopsApp, about: str, text: str, send: Callable[[dict[str, Any]], None]
) -> Form:
    """To whom, with which words; `send` gets `to` and `text`. Nobody is told by it."""
    hints = addressees(app.showing())
    first = hints[0].partition(" ")[0] if hints else "next"
    return Form(
        "screen.incident.escalate_title", (_TO, _TEXT),
        lambda texts: send({"to": texts[0], "text": texts[1]}), about,
        start=(first, text), hints=hints,
    )  # fmt: skip


def ask_for(app: WardopsApp, form: Form) -> None:
    """Put the form in front."""
    app.push_screen(FormScreen(form))
