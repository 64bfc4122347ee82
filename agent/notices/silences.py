"""Announced maintenance as silences of Alertmanager, so that rules of others are quiet as well.

What Alertmanager has is compared with what is announced, and made equal: nothing has to be
remembered over a restart, and a silence that somebody removed by hand comes back while its window
lasts. API: github.com/prometheus/alertmanager, api/v2/openapi.yaml.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from agent.notices.channel import NotDelivered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from agent.maintenance.model import Window
    from agent.notices.post import Poster
    from probes.clock import Clock

_log = logging.getLogger(__name__)
LOOK_EVERY_S = 30.0
AHEAD = timedelta(minutes=15)
_SILENCES, _SILENCE = "/api/v2/silences", "/api/v2/silence/"


class Silences:
    """Keeps the silences of one agent; `announced` says which windows are open or to come."""

    def __init__(
        self,
        urls: Sequence[str],
        poster: Poster,
        clock: Clock,
        agent_id: str,
        announced: Callable[[datetime], Iterable[Window]],
    ) -> None:
        self._urls = tuple(url.rstrip("/") for url in urls)
        self._poster = poster
        self._clock = clock
        self._author = f"wardops {agent_id}"
        self._announced = announced
        self._changed = asyncio.Event()

    def look(self) -> None:
        """A window was announced or ended: compare at once."""
        self._changed.set()

    async def run(self) -> None:
        """Compare until cancelled; what Alertmanager refuses is tried again."""
        failing = False
        while True:
            self._changed.clear()
            try:
                await self.compare()
            except NotDelivered as failure:
                if not failing:
                    _log.warning("silences wait for alertmanager problem=%s", failure)
                failing = True
            else:
                failing = False
            await self._wait()

    async def compare(self) -> None:
        """Make the silences equal to the windows now. Raises NotDelivered."""
        now = self._clock.now()
        wanted = {
            one.id: one for one in self._announced(now) if one.start <= now + AHEAD
        }  # fmt: skip
        url, known = await self._known()
        held = {}
        for silence in known:
            window = wanted.get(_window_of(silence))
            if window is None or window.id in held or not _says(silence, window):
                await self._poster.ask("DELETE", url + _SILENCE + silence["id"])
            else:
                held[window.id] = silence
        for name, window in wanted.items():
            if name not in held:
                await self._poster.ask("POST", url + _SILENCES, silence_of(window, self._author))

    async def close(self) -> None:
        """Close the connections."""
        await self._poster.close()

    async def _known(self) -> tuple[str, list[dict[str, Any]]]:
        """The first Alertmanager that answers, and this agent's silences there."""
        failure = NotDelivered("no url")
        for url in self._urls:
            try:
                found = await self._poster.ask("GET", url + _SILENCES)
            except NotDelivered as problem:
                failure = problem
                continue
            return url, [one for one in found if self._is_mine(one)]
        raise failure

    def _is_mine(self, silence: Mapping[str, Any]) -> bool:
        alive = silence["status"]["state"] in ("active", "pending")
        return alive and silence["createdBy"] == self._author

    async def _wait(self) -> None:
        """Until something was announced or it is time to look anyway."""
        sleep = asyncio.ensure_future(self._clock.sleep(LOOK_EVERY_S))
        asked = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait((sleep, asked), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in (sleep, asked):
                one.cancel()
            await asyncio.gather(sleep, asked, return_exceptions=True)


def silence_of(window: Window, author: str) -> dict[str, Any]:
    """A window as `POST /api/v2/silences` takes it: its ward, its device if it is for one."""
    labels = {"ward": window.ward, "device": window.device}
    return {
        "matchers": [
            {"name": name, "value": value, "isRegex": False, "isEqual": True}
            for name, value in labels.items()
            if value is not None
        ],
        "startsAt": window.start.isoformat(),
        "endsAt": window.until.isoformat(),
        "createdBy": author,
        "comment": f"{window.id}: {window.reason}",
    }


def _window_of(silence: Mapping[str, Any]) -> str:
    return str(silence["comment"]).partition(":")[0]


def _says(silence: Mapping[str, Any], window: Window) -> bool:
    """Whether a silence ends when its window does."""
    ends = datetime.fromisoformat(silence["endsAt"].replace("Z", "+00:00"))
    return abs((ends - window.until).total_seconds()) < 1.0
