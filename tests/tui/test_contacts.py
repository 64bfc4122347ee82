"""The contacts screen: whom to call, what for, what to read out; nothing is made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agent.wire import Circuit, Contact, Snapshot, Text
from tui.lines import text
from tui.text import Words
from tui.view import Showing
from tui.view_contacts import contact_lines, hours_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from textual.pilot import Pilot

    from tui.freshness import Sight


def both(vi: str, en: str) -> Text:
    """A text in both languages."""
    return Text(vi=vi, en=en)


CONTACTS = (
    Contact(
        role="L1", name=both("Trung tâm Chuyển đổi số Khu vực", "Regional DXC"), ack_min=10,
        hours="07:00-17:30 mon-sat", after_hours="L2", is_sample=True,
    ),
    Contact(
        role="ward.leader", name=both("Lãnh đạo đơn vị", "Ward leader"), phone="+84 28 0000 0000",
        is_sample=True,
    ),
    Contact(
        role="L2", name=both("Trực NOC Thành phố", "City NOC"), hours="24/7", ack_min=15,
        is_sample=True,
    ),
    Contact(
        role="L3", name=both("Nhà mạng (đường truyền Metronet)", "Carrier (Metronet line)"),
        hours="24/7", ack_min=30, through="L2", is_sample=True,
    ),
    Contact(role="new.role", name=both("Vai trò mới", "A new role")),
)  # fmt: skip
CIRCUITS = (Circuit(id="mtn-1", carrier="example-carrier", circuit="SIM-26740-1"),)


def with_contacts(snapshot: Snapshot) -> Snapshot:
    """Somebody to call, and a circuit to name."""
    return snapshot.model_copy(update={"contacts": CONTACTS, "circuits": CIRCUITS})


async def open_contacts(pilot: Pilot[None]) -> None:
    """By the letter."""
    await pilot.press("g")


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("size", ["80x24", "120x40"])
async def test_the_contacts_screen_looks_as_it_should(
    size: str,
    language: str,
    snapshots: Mapping[str, Snapshot],
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    snapshot = with_contacts(snapshots["metronet"])
    shown = await draw(snapshot, size, open_contacts, language=language)
    golden(f"contacts-{size}-{language}", shown)
    for said in ("SC-2026-000001", "26740", "SIM-26740-1"):
        assert said in shown


def rows(sight: Sight, language: str = "vi") -> list[str]:
    """All lines of the screen."""
    assert sight.snapshot is not None
    words = Words("en" if language == "en" else "vi")
    return [text(one) for one in contact_lines(Showing(sight, words, 1000.0, sight.snapshot.ts))]


def test_a_number_that_nobody_entered_is_said_to_be_missing(
    snapshots: Mapping[str, Snapshot], sight_of: Callable[..., Sight]
) -> None:
    shown = rows(sight_of(with_contacts(snapshots["ok"])))
    assert sum("chưa có số" in row for row in shown) == len(CONTACTS) - 1
    assert sum("+84 28 0000 0000" in row for row in shown) == 1
    assert any("không có sự cố đang mở" in row for row in shown)


def test_without_circuit_and_contacts_the_screen_says_so(
    snapshots: Mapping[str, Snapshot], sight_of: Callable[..., Sight]
) -> None:
    bare = snapshots["ok"].model_copy(update={"contacts": CONTACTS})
    assert any("chưa khai báo" in row for row in rows(sight_of(bare)))
    empty = snapshots["ok"].model_copy(update={"contacts": ()})
    assert any("Chưa có danh bạ" in row for row in rows(sight_of(empty)))


def test_whom_the_verdict_names_is_marked_only_while_it_holds(
    snapshots: Mapping[str, Snapshot], sight_of: Callable[..., Sight]
) -> None:
    snapshot = with_contacts(snapshots["metronet"])
    assert any(row.startswith(" ► Trực NOC") for row in rows(sight_of(snapshot)))
    old = rows(sight_of(snapshot, silent_s=60.0))
    assert not any("►" in row for row in old)
    assert any("lần cuối biết: SC-2026-000001" in row for row in old)


def test_days_are_said_in_the_language_of_the_screen(
    snapshots: Mapping[str, Snapshot], sight_of: Callable[..., Sight]
) -> None:
    sight = sight_of(snapshots["ok"])
    showing = Showing(sight, Words("vi"), 1000.0, snapshots["ok"].ts)
    assert hours_text("07:00-17:30 mon-sat", showing) == "07:00-17:30 T2-T7"
    assert hours_text(None, showing) == "—"


async def test_more_than_fits_can_be_scrolled_to(
    snapshots: Mapping[str, Snapshot], draw: Callable[..., Awaitable[str]]
) -> None:
    many = with_contacts(snapshots["metronet"]).model_copy(update={"contacts": CONTACTS * 3})

    async def scroll(pilot: Pilot[None]) -> None:
        await pilot.press("g", *["down"] * 40, "up", "down")

    top, end = await draw(many, "80x24", open_contacts), await draw(many, "80x24", scroll)
    assert "dòng nữa" in top
    assert "Vai trò mới" in end
    assert "ĐỌC KHI GỌI" not in end
