"""Whatever protection is switched off is a series of its own; with none there is no such series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.exposition.family import TEXT
from agent.serve import Options, plan_of, running

if TYPE_CHECKING:
    from pathlib import Path

SERIES = "wardops_agent_insecure{"


def options(folder: Path, access: str) -> Options:
    """A ward with one video endpoint that nothing listens for."""
    (folder / "inventory").mkdir()
    (folder / "inventory/26740.yaml").write_text(
        'schema: wardops/inventory/1\nward: "26740"\ndevices:\n'
        f"  - {{name: vc-1, kind: cisco_ce, address: 127.77.0.1, ping: false, https: {access}}}\n",
        encoding="utf-8",
    )
    return Options(folder / "inventory", folder / "state", "127.0.0.1:0")


@pytest.mark.parametrize(
    ("access", "shown"),
    [
        (
            "{auth: 'env:PATH', port: 9, insecure: true}",
            ['wardops_agent_insecure{what="device_tls"} 1.0'],
        ),
        ("{auth: 'env:PATH', port: 9}", []),
    ],
)
async def test_a_certificate_that_nobody_checks_is_exported(
    tmp_path: Path, access: str, shown: list[str]
) -> None:
    given = options(tmp_path, access)
    async with running(plan_of(given), given) as at_work:
        page = at_work.agent.metrics.render(TEXT).decode()
    assert [line for line in page.splitlines() if line.startswith(SERIES)] == shown
