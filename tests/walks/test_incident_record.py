"""What people write onto an incident through the agent, and what the agent itself puts aside."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.walks.conftest import Story

HEALTHY_AFTER_S = 100


async def _open(story: Story) -> list[dict[str, Any]]:
    return await story.incidents(is_open=True)


def test_a_cut_is_taken_handed_over_and_stated_as_not_to_be_fixed_now(
    tell: Callable[[Any], None],
) -> None:
    async def plot(story: Story) -> None:
        await story.wait(HEALTHY_AFTER_S)
        cut = story.fault("cable_cut", "ce:wan")
        (incident,) = await story.within(20, lambda: _open(story))
        number = incident["id"]
        record = story.agent.actions.incident(number)
        assert record is not None
        assert record.public_service_impact is True
        assert set(record.services) == {
            one["id"] for one in (await story.get("/snapshot"))["services"]
        }
        assert [one.clock for one in record.deadlines] == ["ack"]

        folder = story.agent.plan.state / "evidence"
        names = {piece.name for piece in record.evidence}
        assert names == {"facts.json", "if_table.json", "path.json", "journal.jsonl"}
        for piece in record.evidence:
            content = (folder / piece.sha256).read_bytes()
            assert hashlib.sha256(content).hexdigest() == piece.sha256
            assert len(content) == piece.bytes
        facts = next(piece for piece in record.evidence if piece.name == "facts.json")
        told = json.loads((folder / facts.sha256).read_text(encoding="utf-8"))
        assert told["facts"]["gw"]["truth"] == "false"

        early = await story.do("take", incident=number)
        assert early["accepted"] is False
        await story.do("ack", incident=number, reason="đang xử lý")
        assert (await story.do("take", incident=number))["result"]["state"] == "in_progress"
        given = await story.do("hand_over", incident=number, to="L3")
        assert given["accepted"] is True, given
        stated = await story.do(
            "cannot_fix_now", incident=number, reason="Chờ nhà mạng nối cáp",
            expected_restore="2026-11-23T16:00:00+07:00", workaround="Tiếp nhận hồ sơ giấy",
        )  # fmt: skip
        assert stated["accepted"] is True, stated
        shown = await story.get(f"/incidents/{number}")
        assert shown["state"] == "cannot_fix_now"
        assert shown["cannot_fix_now"]["decided_by"] == "local:cb-01"
        assert shown["handovers"][0]["to_role"] == "L3"
        assert "Kênh truyền: " in shown["handovers"][0]["text"]
        clocks = {one["clock"]: one for one in shown["deadlines"]}
        assert clocks["ack"]["met"] is not None
        assert "mặc định" in clocks["carrier_reply"]["source"]["vi"]
        assert "default" in clocks["carrier_reply"]["source"]["en"]
        assert clocks["restore"]["group"] == "restore"

        story.mend(cut)
        await story.wait(200)
        (ended,) = await story.incidents()
        assert ended["state"] == "resolved"
        assert {one["clock"] for one in ended["deadlines"] if one["met"]} == {"ack", "restore"}
        done = await story.do("close", incident=number, cause="đứt cáp đường truyền", note="xong")
        assert done["accepted"] is True
        closed = await story.get(f"/incidents/{number}")
        assert (closed["cause"], closed["cause_text"]["en"]) == ("cable_cut", "Line cable cut")
        assert story.agent.store.verify_audit() is None

    tell(plot)


def test_a_security_incident_is_a_new_linked_one_that_only_people_end(
    tell: Callable[[Any], None],
) -> None:
    async def plot(story: Story) -> None:
        await story.wait(30)
        told = await story.do("incident_report", kind="security", text="Màn hình lạ đòi tiền")
        assert told["accepted"] is True, told
        (incident,) = await story.incidents()
        assert (incident["kind"], incident["severity"]) == ("security", "S2")
        assert [one["clock"] for one in incident["deadlines"] if one["group"] == "law"] == [
            "immediate", "h24", "h72",
        ]  # fmt: skip
        assert all(one["verified"] is None for one in incident["deadlines"])
        await story.wait(150)
        assert (await story.incidents())[0]["state"] == "open"
        assert 'wardops_incident_overdue{ward="26740",clock="law"} 1' in await story.metrics()
        number = incident["id"]
        assert incident["advice"]["vi"].startswith("Giữ nguyên hiện trạng")
        left = {one["clock"]: one["left_s"] for one in (await story.incidents())[0]["deadlines"]}
        assert left["immediate"] < 0 < left["h24"] < left["h72"]
        told = await story.do("hand_over", incident=number, to="L3", text="x")
        assert told["accepted"] is False
        assert "nhà mạng" in told["message"]["vi"]
        await story.do("clock_met", incident=number, clock="immediate")
        assert 'wardops_incident_overdue{ward="26740",clock="law"} 0' in await story.metrics()
        await story.do("resolve", incident=number, reason="đã cách ly máy")
        assert (await story.incidents())[0]["state"] == "resolved"

    tell(plot)
