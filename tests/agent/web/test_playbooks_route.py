"""What screens read of playbooks, runs and contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

API = "/api/v1"


async def get(agent: Any, path: str) -> Any:
    async with agent.client() as http:
        return await http.get(f"{API}{path}")


def ids(answer: Any) -> Sequence[str]:
    return [one["id"] for one in answer.json()["items"]]


async def test_the_first_screen_has_the_verdicts_playbook_its_contacts_and_the_open_runs(
    agent: Any,
) -> None:
    going = agent.book.add(2)
    agent.book.add(1, is_open=False)
    snapshot = (await get(agent, "/snapshot")).json()
    assert [one["id"] for one in snapshot["playbooks"]] == ["PB-NET-01"]
    assert [one["role"] for one in snapshot["contacts"]] == list(snapshot["verdict"]["call"])
    assert {one["phone"] for one in snapshot["contacts"]} == {None}
    assert [one["id"] for one in snapshot["runs"]] == [going]


async def test_a_hub_shows_the_open_runs_of_all_wards(build: Any) -> None:
    agent = build(codes=("26740", "25747"))
    agent.book.add(3)
    agent.book.add(2, "25747")
    agent.book.add(1, "25747", is_open=False)
    snapshot = (await get(agent, "/snapshot")).json()
    assert [one["ward"] for one in snapshot["runs"]] == ["26740", "25747"]
    assert snapshot["playbooks"] == []


async def test_playbooks_are_listed_and_found_by_id(agent: Any) -> None:
    assert ids(await get(agent, "/playbooks")) == ["PB-NET-01"]
    one = (await get(agent, "/playbooks/PB-NET-01")).json()
    assert one["title"] == {"vi": "Mất kết nối Metronet", "en": "Metronet link down"}
    assert one["minutes"] == 60


async def test_runs_are_listed_filtered_and_paged(build: Any) -> None:
    agent = build(codes=("26740", "25747"))
    going, over = agent.book.add(3), agent.book.add(2, is_open=False)
    other = agent.book.add(1, "25747")
    assert len(ids(await get(agent, "/playbook-runs"))) == 3
    assert ids(await get(agent, "/playbook-runs?open=true&ward=26740")) == [going]
    assert ids(await get(agent, "/playbook-runs?open=false")) == [over]
    first = (await get(agent, "/playbook-runs?limit=2")).json()
    assert ids(await get(agent, f"/playbook-runs?limit=2&cursor={first['next']}")) == [other]


async def test_one_run_has_its_step(agent: Any) -> None:
    run = (await get(agent, f"/playbook-runs/{agent.book.add(1)}")).json()
    assert run["step"]["title"]["vi"] == "Đèn thế nào?"
    assert run["started"].endswith("Z")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/playbooks/PB-NET-99", 404),
        ("/playbook-runs/nothing", 404),
        ("/playbook-runs?ward=99999", 404),
        ("/playbook-runs?open=maybe", 400),
        ("/playbooks?topic=x", 400),
    ],
)
async def test_a_wrong_question_is_a_problem(agent: Any, path: str, status: int) -> None:
    answer = await get(agent, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
