"""The printed pages over HTTP: who may see which, in which language, and for which ward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


async def fetch(agent: Any, path: str, *, token: bool = False, peer: str = "127.0.0.1") -> Any:
    async with agent.client(token=token, peer=peer) as client:
        return await client.get(path)


@pytest.mark.parametrize(("query", "words"), [("", "KHÔNG LÀM"), ("?lang=en", "DO NOT")])
async def test_a_playbook_is_a_page_in_the_asked_language(
    agent: Any, query: str, words: str
) -> None:
    found = await fetch(agent, f"/playbooks/PB-NET-01{query}")
    assert found.status_code == 200
    assert found.headers["content-type"].startswith("text/html")
    assert words in found.text


async def test_a_playbook_needs_no_token_on_this_machine_and_one_elsewhere(
    build: Callable[..., Any],
) -> None:
    live = build(realm="live")
    assert (await fetch(live, "/playbooks/PB-NET-01")).status_code == 200
    assert (await fetch(live, "/playbooks/PB-NET-01", peer="192.0.2.7")).status_code == 401


async def test_telephone_numbers_need_a_token_except_in_the_simulation(
    build: Callable[..., Any],
) -> None:
    live = build(realm="live")
    assert (await fetch(live, "/playbooks/who")).status_code == 401
    assert (await fetch(live, "/playbooks/who", token=True)).status_code == 200
    assert (await fetch(build(realm="sim"), "/playbooks/who")).status_code == 200


async def test_the_sheet_is_of_the_ward_that_was_asked_for(build: Callable[..., Any]) -> None:
    agent = build(codes=("26740", "25747"))
    both = (await fetch(agent, "/playbooks/who")).text
    assert both.count('class="sheet"') == 2
    one = (await fetch(agent, "/playbooks/who?ward=25747")).text
    assert one.count('class="sheet"') == 1
    assert "25747" in one
    assert "26740" not in one


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/playbooks/PB-NET-99", 404),
        ("/playbooks/who?ward=25747", 404),
        ("/playbooks/who?ward=abc", 400),
        ("/playbooks/PB-NET-01?lang=fr", 400),
        ("/playbooks/PB-NET-01?ward=26740", 400),
    ],
)
async def test_what_is_not_there_or_not_meant_is_refused_in_one_line(
    agent: Any, path: str, status: int
) -> None:
    found = await fetch(agent, path)
    assert found.status_code == status
    assert found.text.count("\n") == 1
