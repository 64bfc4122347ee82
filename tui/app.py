"""The full-screen application: keeps what is known, hands it to the screen in front."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")  # read once, when Textual is imported

from textual.app import App
from textual.message import Message

from inventory.errors import WardopsError
from inventory.language import LANGUAGES
from tui import themes
from tui.actions import CONTACTS, DEVICE, HOME, INCIDENT, MACHINES, MEETING, PLAYBOOK, SCREENS
from tui.feed import Alive, Answered, Feed, Heard, Silent
from tui.freshness import Sight
from tui.resume import Place, remember
from tui.screens.further import FURTHER
from tui.screens.help import HelpScreen
from tui.screens.home import HomeScreen
from tui.screens.ward_screen import WardScreen
from tui.text import Words
from tui.times import SystemTimes, Times
from tui.view import Showing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from textual.screen import Screen

    from agent.client import AgentClient
    from agent.wire import CommandResult, Meta, Verb
    from tui.feed import News

TICK_S = 1.0
NOTICE_S = 6.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How the screens look, who sits there, and where it is remembered (None: nowhere)."""

    words: Words = field(default_factory=Words)
    theme: str = "dark"
    has_colour: bool = True
    actor: str = "local:unnamed"
    folder: Path | None = None
    screen: str = HOME


class Arrived(Message):
    """The feed has something."""

    def __init__(self, news: News) -> None:
        super().__init__()
        self.news = news


class WardopsApp(App[None]):
    """Owns the feed and the words; draws nothing itself and talks to nobody.

    `feed` makes the feed from the function that it is to tell; None: what `sight` says is all there
    is (tests, pictures).
    """

    CSS_PATH: ClassVar[str] = "styles.tcss"
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False
    # Further screens by name; made when first shown.
    SCREENS: ClassVar[Mapping[str, Callable[[], Screen[Any]]]] = FURTHER  # type: ignore[assignment]  # read only

    def __init__(
        self,
        settings: Settings,
        feed: Callable[[Callable[[News], None]], Feed] | None = None,
        *,
        sight: Sight | None = None,
        times: Times | None = None,
    ) -> None:
        super().__init__(ansi_color=None if settings.has_colour else True)
        for theme in themes.themes():
            self.register_theme(theme)
        self.theme = settings.theme
        self.settings = settings
        self.sight = sight or Sight()
        self.meta: Meta | None = None
        self.notice = ""
        self._notice_until = 0.0
        self._before = HOME
        self.times = times or SystemTimes()
        self.feed = feed(self._tell) if feed else None

    def get_default_screen(self) -> Screen[Any]:
        """Home lies below all others."""
        return HomeScreen()

    def on_mount(self) -> None:
        """Begin to listen and to tick, where it was left."""
        if self.settings.screen in self.SCREENS:
            self.push_screen(self.settings.screen)
        self.set_interval(TICK_S, self._tick)
        if self.feed is not None:
            self.run_worker(self.feed.run, thread=True, exit_on_error=True, name="feed")
            self._end_well()

    def _end_well(self) -> None:
        """Told to end from outside, leave the terminal as it was."""
        for number in (signal.SIGTERM, getattr(signal, "SIGHUP", None)):
            if number is not None:
                with suppress(NotImplementedError):  # Windows
                    asyncio.get_running_loop().add_signal_handler(number, self.exit)

    def on_unmount(self) -> None:
        """The feed's thread ends with the screen."""
        if self.feed is not None:
            self.feed.stop()

    def showing(self) -> Showing:
        """What is to be drawn now."""
        return Showing(
            self.sight, self.settings.words, self.times.monotonic(), self.times.now(),
            self.size.width, self.size.height, self.settings.theme,
        )  # fmt: skip

    def redraw(self) -> None:
        """Let the screen in front draw what is known now."""
        if self.screen_stack and isinstance(self.screen, WardScreen):
            self.screen.show(self.showing())

    def on_arrived(self, message: Arrived) -> None:
        """Take in what the feed said."""
        news, mono = message.news, self.times.monotonic()
        if isinstance(news, Heard):
            self._heard(news)
        elif isinstance(news, Alive):
            self.sight = self.sight.alive_now(news.at, news.skew_s)
            return  # nothing new: the next tick shows the younger age
        elif isinstance(news, Silent):
            self.sight = self.sight.failed_now(news.failure, news.retry_at)
        elif isinstance(news, Answered):
            news.then(news.value)
        self._forget_notice(mono)
        self.redraw()

    def _heard(self, news: Heard) -> None:
        was = self.sight
        self.sight = was.heard_now(news.snapshot, news.at, news.skew_s)
        self.meta = news.meta
        gap_s = was.silence_s(news.at)
        if was.link(news.at) == "lost" and not was.is_copy and gap_s is not None:
            gap = self.settings.words.lasted(gap_s)
            self.say(self.settings.words.say("tui.notice.back", gap=gap))

    def _tell(self, news: News) -> None:
        """From the feed's thread."""
        self.post_message(Arrived(news))

    def _tick(self) -> None:
        self._forget_notice(self.times.monotonic())
        self.redraw()

    def say(self, notice: str) -> None:
        """Tell something in the line above the footer, for a few seconds."""
        self.notice = notice
        self._notice_until = self.times.monotonic() + NOTICE_S
        self.redraw()

    def _forget_notice(self, mono: float) -> None:
        if mono >= self._notice_until:
            self.notice = ""

    def go(self, name: str) -> None:
        """Show a screen of SCREENS, or home. Back leads home, from a playbook to where one was."""
        if name == PLAYBOOK:
            self._before = self._screen_below()
        while len(self.screen_stack) > 1:
            self.pop_screen()
        if name != HOME:
            self.push_screen(name)
        self.settings = replace(self.settings, screen=name)
        self._remember()

    def _screen_below(self) -> str:
        """The screen in front, without what covers it; home for none."""
        names = [one.NAME for one in self.screen_stack if isinstance(one, WardScreen)]
        return next((one for one in reversed(names) if one in SCREENS and one != PLAYBOOK), HOME)

    def do_back_there(self) -> None:
        """From a playbook to the screen that it was opened from."""
        self.go(self._before)

    def ask(self, ask: Callable[[AgentClient], Any], then: Callable[[Any], None]) -> None:
        """Ask the agent something; `then` gets the value or a WardopsError, in this loop."""
        if self.feed is not None:
            self.feed.ask(ask, then)

    def command(
        self,
        verb: Verb,
        args: Mapping[str, Any],
        *,
        reason: str | None = None,
        then: Callable[[CommandResult], None] | None = None,
    ) -> None:
        """Have the agent do something; a refusal becomes a notice, else `then` gets the result."""

        def done(value: CommandResult | WardopsError) -> None:
            words = self.settings.words
            if isinstance(value, WardopsError):
                self.say(value.text(words.language))
            elif not value.accepted:
                self.say(words.say("tui.notice.refused", reason=words.of(value.message)))
            elif then is not None:
                then(value)

        if self.feed is not None:
            self.feed.command(verb, args, done, actor=self.settings.actor, reason=reason)

    def look_now(self) -> None:
        """Do not wait for the next look."""
        if self.feed is not None:
            self.feed.look_now()

    def do_language(self) -> None:
        """The other language, everywhere, at once."""
        words = self.settings.words
        other = LANGUAGES[(LANGUAGES.index(words.language) + 1) % len(LANGUAGES)]
        self.use_words(replace(words, language=other))

    def use_words(self, words: Words) -> None:
        """Speak like this from now on."""
        self.settings = replace(self.settings, words=words)
        self._remember()
        self.redraw()

    def do_theme(self) -> None:
        """The next theme."""
        self.use_theme(themes.following(self.settings.theme))

    def use_theme(self, name: str) -> None:
        """This theme; without colours there is only one."""
        if self.settings.has_colour:
            self.settings = replace(self.settings, theme=name)
            self.theme = name
            self._remember()
        self.redraw()

    def _remember(self) -> None:
        settings = self.settings
        if settings.folder is not None:
            place = Place(settings.screen, settings.words.language, settings.theme)
            remember(settings.folder, place)

    def do_help(self) -> None:
        """The keys of the screen in front."""
        if isinstance(self.screen, WardScreen) and not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen.NAME))

    def do_device(self) -> None:
        """Devices."""
        self.go(DEVICE)

    def do_incident(self) -> None:
        """Incidents."""
        self.go(INCIDENT)

    def do_playbook(self) -> None:
        """The run that is open, else the playbooks."""
        self.go(PLAYBOOK)

    def do_meeting(self) -> None:
        """Meetings and their rooms."""
        self.go(MEETING)

    def do_machines(self) -> None:
        """The ward's machines: are they well, are they kept safely."""
        self.go(MACHINES)

    def do_contacts(self) -> None:
        """Whom to call."""
        self.go(CONTACTS)

    def do_palette(self) -> None:
        """All that can be done, by its name."""
        from tui.screens.palette import PaletteScreen  # noqa: PLC0415 - its weight only when it is shown

        self.push_screen(PaletteScreen())

    def do_back(self) -> None:
        """Home."""
        self.go(HOME)

    def do_quit(self) -> None:
        """Leave; the agent goes on. While it follows a playbook, only when asked twice."""
        snapshot, asked = self.sight.snapshot, self.settings.words.say("tui.notice.quit_twice")
        if snapshot is None or not snapshot.runs or self.notice == asked:
            self.exit()
        else:
            self.say(asked)

    def action_help_quit(self) -> None:
        """Ctrl+C leaves nothing half done, but asks for the key that everybody can read."""
        self.say(self.settings.words.say("tui.notice.how_to_quit"))
