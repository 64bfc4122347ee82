"""The home screen as people see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from agent.wire import Snapshot
    from tui.freshness import Sight


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("size", ["80x24", "120x40"])
@pytest.mark.parametrize("name", ["ok", "metronet"])
async def test_home_looks_as_it_should(
    name: str,
    size: str,
    language: str,
    snapshots: Mapping[str, Snapshot],
    sight_of: Callable[..., Sight],
    run_app: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    text = await run_app(sight_of(snapshots[name]), size, language=language)
    golden(f"home-{name}-{size}-{language}", text)
