"""Forms for what a person adds to an incident or a run: a note, a file by its hash, a hand-over."""

from __future__ import annotations

from datetime import timedelta
from math import isfinite
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
_CANNOT = (
    "screen.incident.cannot_reason",
    "screen.incident.cannot_hours",
    "screen.incident.cannot_workaround",
)
_MAINTENANCE = ("screen.maintenance.minutes", "screen.maintenance.reason")
_MOST_HOURS = 24 * 365
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
    app: WardopsApp,
    about: str,
    text: str,
    send: Callable[[dict[str, Any]], None],
    title: str = "screen.incident.escalate_title",
) -> Form:
    """To whom, with which words; `send` gets `to` and `text`. Nobody is told by it."""
    hints = addressees(app.showing())
    first = hints[0].partition(" ")[0] if hints else "next"
    return Form(
        title, (_TO, _TEXT),
        lambda texts: send({"to": texts[0], "text": texts[1]}), about,
        start=(first, text), hints=hints,
    )  # fmt: skip


def cannot_fix_form(
    app: WardopsApp, about: str, send: Callable[[dict[str, Any], str], None]
) -> Form:
    """Why not now, for how many hours, what is done instead; `send` gets arguments and reason.

    Hours that are no number above zero are said so, and nothing is sent.
    """

    def take(texts: tuple[str, ...]) -> None:
        reason, hours, workaround = texts
        found = _above_zero(hours)
        if found is None or found > _MOST_HOURS:
            app.say(app.settings.words.say("screen.incident.cannot_hours_wrong", hours=hours))
            return
        until = app.showing().now + timedelta(hours=found)
        send({"expected_restore": until.isoformat(), "workaround": workaround}, reason)

    return Form("screen.incident.cannot_fix_now_title", _CANNOT, take, about)


def maintenance_form(
    app: WardopsApp, device: str, send: Callable[[dict[str, Any], str], None]
) -> Form:
    """For how many minutes from now, and why; `send` gets arguments and reason."""

    def take(texts: tuple[str, ...]) -> None:
        minutes, reason = texts
        found = _above_zero(minutes)
        if found is None or found != int(found):
            app.say(app.settings.words.say("screen.maintenance.minutes_wrong", minutes=minutes))
            return
        send({"minutes": int(found)}, reason)

    return Form("screen.maintenance.title", _MAINTENANCE, take, device)


def _above_zero(text: str) -> float | None:
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        return None
    return found if isfinite(found) and found > 0 else None


def ask_for(app: WardopsApp, form: Form) -> None:
    """Put the form in front."""
    app.push_screen(FormScreen(form))
