"""The line is cut beyond the terminal device, noticed, said once, mended, closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.walks.conftest import Story

HEALTHY_AFTER_S = 120


def test_a_cut_line_is_one_incident_one_sentence_and_the_right_side(
    tell: Callable[[Any], None],
) -> None:
    async def plot(story: Story) -> None:
        await story.wait(HEALTHY_AFTER_S)
        assert (await story.verdict())["segment"] == "none"

        cut = story.fault("cable_cut", "ce:wan")

        async def opened() -> list[dict[str, Any]]:
            return await story.incidents(is_open=True)

        (incident,) = await story.within(15, opened)
        assert incident["root"]["segment"] == "metronet"
        assert incident["root"]["part"] == "line"
        verdict = await story.verdict()
        assert verdict["row"] == "M3"
        assert verdict["headline"]["vi"] == ("CÓ SỰ CỐ: MẤT KẾT NỐI METRONET, NGOÀI PHẠM VI PHƯỜNG")
        assert verdict["outside"] is True
        assert "switch" in {one["segment"] for one in verdict["ruled_out"]}
        path = {node["segment"]: node for node in verdict["path"]}
        assert path["metronet"]["state"] == "down"
        assert path["dc"] == {"segment": "dc", "state": "unknown", "reason": "not_measured"}
        assert path["service"]["state"] == "unknown"

        await story.wait(180)
        states = await story.states()
        assert states["gateway"] == "down"
        behind = {states[name] for name in ("vm-26740-1", "hop", "qlvb", "1022", "tthc")}
        assert behind == {"unreachable"}
        own = {states[name] for name in ("sw-26740-01", "sw-26740-02", "ce-26740", "ups-26740")}
        assert own == {"ok"}
        assert len(await story.incidents()) == 1
        scrape = await story.metrics()
        assert 'wardops_incident_open{ward="26740",kind="technical",root_kind="metronet"' in scrape
        assert 'wardops_ward_verdict{ward="26740",segment="metronet"} 1' in scrape
        assert "\nwardops_vm_memory_available_bytes{" not in scrape

        early = await story.do(
            "close", incident=incident["id"], cause="cable_cut", note="too early"
        )
        assert early["accepted"] is False
        await story.do("ack", incident=incident["id"], reason="called the next level")

        story.mend(cut)
        await story.within(60, lambda: _is(story, "none"))
        await story.wait(200)
        (resolved,) = await story.incidents()
        assert resolved["state"] == "resolved"
        assert set((await story.states()).values()) == {"ok"}

        done = await story.do("close", incident=incident["id"], cause="cable_cut", note="line back")
        assert done["accepted"] is True
        (closed,) = await story.incidents()
        assert closed["state"] == "closed"
        assert [entry["verb"] for entry in closed["timeline"]].count("ack") == 1
        kinds = [line.event.kind for line in story.agent.store.events()]
        assert kinds.count("incident.opened") == kinds.count("incident.closed") == 1
        assert story.agent.store.verify_audit() is None
        blamed = {verdict["segment"] for verdict in story.verdicts if verdict}
        assert blamed <= {"none", "metronet", "unknown"}

    tell(plot)


async def _is(story: Story, segment: str) -> bool:
    return bool((await story.verdict())["segment"] == segment)
