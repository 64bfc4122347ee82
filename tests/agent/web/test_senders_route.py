"""Who sends without being a device is shown to the network centre and to nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.wire.sender import UnknownSenders

if TYPE_CHECKING:
    from agent.config import LocalRole
    from tests.agent.web.conftest import Build

ROUTE = "/api/v1/unknown-senders"


async def test_the_network_centre_sees_the_last_unknown_senders_latest_first(build: Build) -> None:
    agent = build(local_role="city_noc")
    mono, strangers = agent.clock.monotonic(), agent.parts.strangers
    for number in range(25):
        strangers.note(f"198.51.100.{number}", "trap", mono - 60 + number)
    strangers.note("198.51.100.10", "syslog", mono - 5.0)
    async with agent.client() as client:
        found = UnknownSenders.model_validate_json((await client.get(ROUTE)).content)
    assert (len(found.senders), found.messages) == (20, 26)
    first = found.senders[0]
    assert (first.address, first.messages, first.channel) == ("198.51.100.10", 2, "syslog")
    assert (agent.clock.now() - first.seen_at).total_seconds() == pytest.approx(5.0, abs=0.01)


@pytest.mark.parametrize("role", ["ward_it", "region_dxc"])
async def test_any_other_role_is_told_who_may_see_them(build: Build, role: LocalRole) -> None:
    async with build(local_role=role).client() as client:
        refused = await client.get(ROUTE)
    assert refused.status_code == 403
    assert refused.json()["code"] == "role_denied"
    assert role in refused.json()["detail"]


async def test_without_a_token_they_are_not_shown_even_in_the_simulation(build: Build) -> None:
    async with build(realm="sim").client(token=False) as client:
        assert (await client.get(ROUTE)).status_code == 403
    async with build(realm="live").client(token=False) as client:
        assert (await client.get(ROUTE)).status_code == 401
