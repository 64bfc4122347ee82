"""What a person types about an incident is the command that the API has for it."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any

from agent.cli import main
from inventory.errors import ActionRefused
from tests.agent.web.test_server import serving, state

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("state",)
ID = "SC-2026-000001"
TYPED: dict[tuple[str, ...], tuple[str, str | None, dict[str, Any]]] = {
    ("report", "Màn hình lạ", "--ward", "26740", "--spreading"): (
        "incident_report", None,
        {"kind": "security", "text": "Màn hình lạ", "spreading": True, "ward": "26740"},
    ),
    ("fill", ID, "serious", "no"): (
        "incident_fill", None, {"incident": ID, "name": "serious", "value": "no"},
    ),
    ("clock-met", ID, "h24"): ("clock_met", None, {"incident": ID, "clock": "h24"}),
    ("resolve", ID, "--reason", "đã cách ly"): ("resolve", "đã cách ly", {"incident": ID}),
    ("unack", ID, "--reason", "hết ca"): ("unack", "hết ca", {"incident": ID}),
    ("take", ID): ("take", None, {"incident": ID}),
}  # fmt: skip


async def test_every_command_line_is_one_command_and_a_refusal_ends_with_one(
    build: Any, state: Path, tmp_path: Path, capsys: Any
) -> None:
    agent = build(realm="live")
    agent.engine.refuse = ActionRefused("incident.over", id=ID)
    photo = tmp_path / "los.jpg"
    photo.write_bytes(b"photo")
    typed = {
        **TYPED,
        ("evidence", ID, "--file", str(photo)): (
            "evidence_add", None,
            {
                "incident": ID, "text": "", "name": "los.jpg", "size": 5,
                "sha256": hashlib.sha256(b"photo").hexdigest(),
            },
        ),
    }  # fmt: skip
    async with serving(agent, state) as server:
        for line in typed:
            words = ["incident", *line, "--agent", server.url, "--state", str(state)]
            assert await asyncio.to_thread(main, words) == 1, line
    asked = [(one.verb, one.reason, one.args) for one, *_rest in agent.engine.executed]
    assert asked == list(typed.values())
    assert ID in capsys.readouterr().err
