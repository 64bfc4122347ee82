"""Screens as text: the application without a terminal, at a fixed second, over a fixed snapshot.

A golden lies in `__text__/<name>-<size>-<language>.txt`. `WARDOPS_GOLDENS=write` writes them anew;
look at the difference before it is committed. With `WARDOPS_SHOTS=<folder>` every golden leaves its
picture there too (`make shots`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agent.wire import ClockState, Meta, PlaybookBrief, Snapshot, Text
from tui.app import Settings, WardopsApp
from tui.feed import Feed
from tui.freshness import Sight
from tui.text import Words
from tui.view import Showing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from textual.pilot import Pilot

    from agent.client import AgentClient
    from agent.wire import Verb
    from inventory.language import Language

HERE = Path(__file__).parent
SHOTS = os.environ.get("WARDOPS_SHOTS", "")
SIZES = {"80x24": (80, 24), "120x40": (120, 40)}


@dataclass(frozen=True, slots=True)
class FixedTimes:
    """The clock of a picture."""

    wall: datetime
    mono: float = 1000.0

    def now(self) -> datetime:
        """The picture's second."""
        return self.wall

    def monotonic(self) -> float:
        """The picture's moment."""
        return self.mono


@pytest.fixture(scope="session")
def snapshots() -> Mapping[str, Snapshot]:
    """What a simulated ward's agent said: `ok` and `metronet` (its line is cut)."""
    return {
        path.stem: Snapshot.model_validate_json(path.read_bytes())
        for path in sorted((HERE / "__data__").glob("*.json"))
    }


@pytest.fixture
def sight_of() -> Callable[..., Sight]:
    """A snapshot as heard so many seconds ago (2)."""

    def sight(snapshot: Snapshot, silent_s: float = 2.0, **more: Any) -> Sight:
        return Sight(snapshot=snapshot, heard=1000.0 - silent_s, **more)

    return sight


@dataclass
class Outbox(Feed):
    """The way to the agent with nobody at its end: what would have been sent."""

    sent: list[tuple[str, dict[str, Any], str | None]] = field(default_factory=list)

    def command(
        self,
        verb: Verb,
        args: Mapping[str, Any],
        then: Callable[[Any], None],
        *,
        actor: str,
        reason: str | None = None,
    ) -> None:
        """Keep it."""
        assert callable(then)
        assert actor
        self.sent.append((verb, dict(args), reason))


@pytest.fixture
def outbox() -> Outbox:
    """Put it into `app.feed` of a running application."""

    def nobody() -> AgentClient:
        raise AssertionError("a picture asks nobody")

    return Outbox(nobody, lambda _: None, FixedTimes(datetime(2026, 11, 22, tzinfo=UTC)))


def text_of(app: WardopsApp) -> str:
    """What the terminal would show, without colours and blanks at the ends of lines."""
    strips = app.screen._compositor.render_strips()  # the one place that looks inside
    return "\n".join(strip.text.rstrip() for strip in strips) + "\n"


@pytest.fixture
def pictures() -> dict[str, str]:
    """Texts of screens of this test, each with its picture."""
    return {}


@pytest.fixture
def run_app(pictures: dict[str, str]) -> Callable[..., Awaitable[str]]:
    """Runs the application on a sight, does what `act` does with the pilot, gives its text."""

    async def run(
        sight: Sight,
        size: str = "80x24",
        act: Callable[[Pilot[None]], Awaitable[None]] | None = None,
        settings: Settings | None = None,
        **words: Any,
    ) -> str:
        assert sight.snapshot is not None
        app = WardopsApp(
            settings or Settings(words=Words(**words)),
            sight=sight,
            times=FixedTimes(sight.snapshot.ts),
        )
        async with app.run_test(size=SIZES[size]) as pilot:
            await pilot.pause()
            if act is not None:
                await act(pilot)
                await pilot.pause()
            text = text_of(app)
            if SHOTS:
                pictures[text] = app.export_screenshot(title="wardops")
            return text

    return run


@pytest.fixture
def draw(
    snapshots: Mapping[str, Snapshot],
    sight_of: Callable[..., Sight],
    run_app: Callable[..., Awaitable[str]],
) -> Callable[..., Awaitable[str]]:
    """`draw("ok", "80x24", act, language="en")`: a snapshot, by its name or itself, as a text.

    `silent_s` is how long ago the agent was heard.
    """

    async def run(
        what: str | Snapshot,
        size: str = "80x24",
        act: Callable[[Pilot[None]], Awaitable[None]] | None = None,
        *,
        silent_s: float = 2.0,
        settings: Settings | None = None,
        **words: Any,
    ) -> str:
        snapshot = snapshots[what] if isinstance(what, str) else what
        return await run_app(sight_of(snapshot, silent_s), size, act, settings, **words)

    return run


@pytest.fixture
def showing_of(sight_of: Callable[..., Sight]) -> Callable[..., Showing]:
    """A snapshot at the moment of the goldens, in English or another language."""

    def showing(snapshot: Snapshot, language: Language = "en", silent_s: float = 2.0) -> Showing:
        return Showing(sight_of(snapshot, silent_s), Words(language), 1000.0, snapshot.ts)

    return showing


@pytest.fixture
def meta() -> Meta:
    """Who the agent says it is."""
    return Meta(
        version="1", ward="26740", wards=("26740",), realm="sim", vantage="ward", role="ward_it",
        clock=ClockState(now=datetime(2026, 11, 22, tzinfo=UTC)), seq=1,
    )  # fmt: skip


@pytest.fixture
def briefs() -> tuple[PlaybookBrief, ...]:
    """What playbooks the agent can conduct."""
    titles = {
        "PB-MTG-01": ("Chuẩn bị họp", "Before a meeting"),
        "PB-NET-09": ("Mất nguồn", "Power lost"),
        "PB-NET-01": ("Mất kết nối Metronet", "Metronet line lost"),
    }
    return tuple(
        PlaybookBrief(id=id_, version="1.0.0", title=Text(vi=vi, en=en))
        for id_, (vi, en) in titles.items()
    )


@pytest.fixture
def golden(pictures: dict[str, str]) -> Callable[[str, str], None]:
    """Compares a text with the golden of that name (`home-ok-80x24-vi`)."""

    def compare(name: str, text: str) -> None:
        path = HERE / "__text__" / f"{name}.txt"
        if os.environ.get("WARDOPS_GOLDENS") == "write":
            path.write_text(text, encoding="utf-8")
        if SHOTS and text in pictures:
            (Path(SHOTS) / f"{name}.svg").write_text(pictures[text], encoding="utf-8")
        assert path.is_file(), f"{path.name} is missing: WARDOPS_GOLDENS=write makes it"
        assert text == path.read_text(encoding="utf-8")

    return compare
