"""The incident screen: the list, the timeline, and what is recorded only after it was shown."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from textual.events import Key, Paste
from textual.widgets import Input

from agent import wire
from tui.app import WardopsApp
from tui.lines import text as text_of
from tui.screens.form import Form, FormScreen
from tui.screens.incident import IncidentScreen
from tui.view_incident import (
    detail_lines,
    holder,
    incident_mark,
    listed,
    refusal,
    short_id,
    timeline_lines,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from textual.pilot import Pilot

    from inventory.language import Language
    from tui.view import Showing

RUN = "20261122T010830Z-26740-7f3a"
LONG = "Đã gọi NOC Thành phố, đọc mã sự cố; NOC báo đang kiểm tra tuyến cáp cùng nhà mạng. " * 3


def at(snapshot: wire.Snapshot, state: str) -> wire.Snapshot:
    """The cut line's snapshot with its incident in another state, and an older one closed."""
    (first, *_) = snapshot.incidents
    begun = first.t_started
    run = f"PB-NET-01 {RUN}"
    timeline = (
        *first.timeline[:2],
        wire.TimelineEntry(
            at=begun + timedelta(seconds=40), actor="local:cb-01", verb="ack", text="Xem đèn CPE"
        ),
        wire.TimelineEntry(
            at=begun + timedelta(seconds=90), actor="local:cb-01", verb="note", text=LONG
        ),
        wire.TimelineEntry(
            at=begun + timedelta(seconds=95), actor="local:cb-01", verb="playbook_start", text=run
        ),
    )
    later = begun + timedelta(minutes=5)
    now = first.model_copy(update={
        "state": state, "timeline": timeline[:2] if state == "open" else timeline,
        "t_resolved": None if state in ("open", "acked") else later,
    })  # fmt: skip
    old = first.model_copy(update={
        "id": "SC-2026-000000", "uid": "old", "state": "closed", "severity": "S3",
        "t_resolved": begun, "t_closed": begun, "cause": "Rút nhầm dây",
        "t_started": begun - timedelta(hours=3), "t0_detected": begun - timedelta(hours=3),
    })  # fmt: skip
    runs = (followed(first, begun),) if state == "acked" else ()
    return snapshot.model_copy(update={"incidents": (now, old), "ts": later, "runs": runs})


def followed(incident: wire.Incident, begun: datetime) -> wire.PlaybookRun:
    """The run that is open for it, at its fourth step."""
    title = wire.Text(vi="Mất kết nối Metronet", en="Metronet line lost")
    look = wire.Text(vi="Nhìn đèn đường truyền", en="Look at the line's light")
    return wire.PlaybookRun(
        id=RUN, playbook="PB-NET-01", title=title, version="1.0.0", ward="26740",
        incident=incident.id, realm="sim", actor="local:cb-01", state="asking",
        started=begun + timedelta(seconds=95),
        step=wire.RunStep(id="line_leds", kind="ask", title=look, number=4),
    )  # fmt: skip


def opened(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Opens the screen and presses keys."""

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("f4", *keys)
        await pilot.pause()

    return act


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("size", ["80x24", "120x40"])
@pytest.mark.parametrize("state", ["acked", "resolved"])
async def test_the_incident_screen_looks_as_it_should(
    state: str,
    size: str,
    language: str,
    snapshots: Mapping[str, wire.Snapshot],
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    snapshot = at(snapshots["metronet"], state)
    keys = ("f", "f") if state == "resolved" else ()
    text = await draw(snapshot, size, opened(*keys), language=language)
    golden(f"incident-{state}-{size}-{language}", text)


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_the_form_shows_all_that_will_be_recorded(
    language: str,
    snapshots: Mapping[str, wire.Snapshot],
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    keys = ("f12", *"CPE q", "enter", *"dd v", "enter")
    snapshot = at(snapshots["metronet"], "resolved")
    golden(
        f"form-80x24-{language}",
        await draw(snapshot, "80x24", opened(*keys[:3]), language=language),
    )
    text = await draw(snapshot, "80x24", opened(*keys), language=language)
    golden(f"form-review-80x24-{language}", text)


@pytest.mark.parametrize(
    ("state", "keys", "asked"),
    [
        ("open", ("t", *"xem", "enter", "enter"), [("ack", {}, "xem")]),
        ("acked", ("a", *"ghi", "enter", "enter", "enter"), [("note", {"text": "ghi"}, None)]),
        ("acked", ("a", "enter", "enter", "enter"), []),
        ("resolved", ("e", "enter", "enter", "enter"), []),
        (
            "resolved",
            ("f12", *"CPE", "enter", *"thay", "enter", "enter"),
            [("close", {"cause": "CPE", "note": "thay"}, None)],
        ),
        ("open", ("t", *"xem", "enter", "escape"), []),
        ("open", ("t", "enter", "enter", "space", "enter", "enter"), []),
        ("open", ("f12", *"CPE", "enter", *"thay", "enter", "enter"), []),
        ("resolved", ("t", "enter", "enter"), []),
    ],
)
async def test_nothing_is_sent_before_it_was_filled_in_and_confirmed(
    state: str,
    keys: tuple[str, ...],
    asked: list[tuple[str, dict[str, Any], str | None]],
    snapshots: Mapping[str, wire.Snapshot],
    draw: Callable[..., Awaitable[str]],
    outbox: Any,
) -> None:
    async def act(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, WardopsApp)
        pilot.app.feed = outbox
        await opened(*keys)(pilot)

    await draw(at(snapshots["metronet"], state), "80x24", act)
    incident = {"incident": "SC-2026-000001"}
    assert outbox.sent == [(verb, incident | args, reason) for verb, args, reason in asked]


async def test_keys_that_come_too_early_or_too_often_record_nothing_twice(
    snapshots: Mapping[str, wire.Snapshot], draw: Callable[..., Awaitable[str]], outbox: Any
) -> None:
    async def act(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, WardopsApp)
        pilot.app.feed = outbox
        await opened("t")(pilot)
        form = pilot.app.screen
        assert isinstance(form, FormScreen)
        early = FormScreen(
            Form("screen.incident.ack_title", ("screen.incident.ack_reason",), print)
        )
        pilot.app.push_screen(early)
        early.on_key(Key("enter", None))  # its fields do not stand yet
        await pilot.press("escape", *"xem", "enter")
        for _ in range(3):
            form.on_key(Key("enter", None))
        await pilot.pause()

    await draw(at(snapshots["metronet"], "open"), "80x24", act)
    assert outbox.sent == [("ack", {"incident": "SC-2026-000001"}, "xem")]


async def test_a_note_goes_with_the_hash_of_a_file_that_can_be_read(
    snapshots: Mapping[str, wire.Snapshot],
    draw: Callable[..., Awaitable[str]],
    outbox: Any,
    tmp_path: Path,
) -> None:
    (tmp_path / "los.jpg").write_bytes(b"led")
    said = []

    async def act(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, WardopsApp)
        pilot.app.feed = outbox
        for name in ("none.jpg", "los.jpg"):
            await opened("a", *"den", "enter")(pilot)
            pilot.app.screen.query_one("#field1", Input).value = str(tmp_path / name)
            await pilot.press("enter", "enter")
            await pilot.app.workers.wait_for_complete()
            await pilot.pause()
            said.append(pilot.app.notice)

    await draw(at(snapshots["metronet"], "acked"), "80x24", act)
    assert "không có tệp này" in said[0]
    file = {"name": "los.jpg", "size": 3, "sha256": hashlib.sha256(b"led").hexdigest()}
    whole = {"incident": "SC-2026-000001", "text": "den", **file}
    assert outbox.sent == [("evidence_add", whole, None)]


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_an_incident_is_handed_over_with_a_text_that_is_ready(
    language: str,
    snapshots: Mapping[str, wire.Snapshot],
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
    outbox: Any,
) -> None:
    contacts = tuple(
        wire.Contact(role=role, name=wire.Text(vi=vi, en=en))
        for role, vi, en in (
            ("L0", "CNTT tại chỗ", "Ward IT"), ("L2", "Trực NOC Thành phố", "City NOC"),
            ("L3", "Nhà mạng", "Carrier"), ("ward.leader", "Lãnh đạo đơn vị", "Ward leader"),
        )
    )  # fmt: skip
    told = at(snapshots["metronet"], "acked").model_copy(update={"contacts": contacts})

    async def act(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, WardopsApp)
        pilot.app.feed = outbox
        await opened("e")(pilot)

    async def confirmed(pilot: Pilot[None]) -> None:
        await act(pilot)
        await pilot.press("enter", "enter", "enter")

    golden(f"form-handover-80x24-{language}",
           await draw(told, "80x24", act, language=language))  # fmt: skip
    assert outbox.sent == []
    await draw(told, "80x24", confirmed, language=language)
    ((verb, args, reason),) = outbox.sent
    assert (verb, args["to"], reason) == ("escalate", "L2", None)
    assert told.ward is not None
    assert f"{told.ward.name} ({told.ward.code}): " in args["text"]
    assert "SC-2026-000001" in args["text"]


async def test_fields_take_every_letter_composed(
    snapshots: Mapping[str, wire.Snapshot],
    draw: Callable[..., Awaitable[str]],
) -> None:
    """Letters of global keys too, and what an input method sends as letter and mark apart."""

    async def act(pilot: Pilot[None]) -> None:
        await opened("t", *"qdpiv?", "d", "backspace", "đ")(pilot)
        pilot.app.screen.query_one("#field0").post_message(Paste("a\u0301"))
        await pilot.pause()
        screen = pilot.app.screen
        assert isinstance(screen, FormScreen)
        assert screen.texts() == ("qdpiv?đá",)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(pilot.app.screen, IncidentScreen)

    await draw(at(snapshots["metronet"], "open"), "80x24", act)


async def test_a_silent_agent_is_not_asked_to_record_anything(
    snapshots: Mapping[str, wire.Snapshot],
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    snapshot = at(snapshots["metronet"], "open")
    text = await draw(snapshot, "80x24", opened("t"), language="vi", silent_s=30.0)
    golden("incident-silent-80x24-vi", text)


def test_open_ones_stand_first_and_closed_ones_are_never_red(
    snapshots: Mapping[str, wire.Snapshot], showing_of: Callable[..., Showing]
) -> None:
    snapshot = at(snapshots["metronet"], "open")
    showing = showing_of(snapshot, "vi")
    now, old = listed(reversed(snapshot.incidents), "all")
    assert (now.state, old.state) == ("open", "closed")
    assert listed(snapshot.incidents, "current") == (now,)
    assert incident_mark(now, showing).tone == "down"
    assert incident_mark(old, showing).tone == "off_duty"


def test_who_holds_it_is_who_took_it_on_last(
    snapshots: Mapping[str, wire.Snapshot], showing_of: Callable[..., Showing]
) -> None:
    showing = showing_of(snapshots["metronet"], "vi")
    held = at(snapshots["metronet"], "acked").incidents[0]
    assert holder(held) == "cb-01"
    assert holder(at(snapshots["metronet"], "open").incidents[0]) is None
    assert refusal(held, "ack", showing) is not None
    assert refusal(held, "note", showing) is None
    assert refusal(None, "note", showing) is not None


def test_a_security_incident_says_what_must_not_be_done_and_its_first_three_clocks(
    snapshots: Mapping[str, wire.Snapshot], showing_of: Callable[..., Showing]
) -> None:
    showing = showing_of(snapshots["metronet"], "vi")
    base = at(snapshots["metronet"], "acked").incidents[0]
    clocks = tuple(
        wire.Deadline(
            rule=f"r{hours}", clock="report", group="law", mark="unit",
            due=showing.now + timedelta(hours=hours),
            text=wire.Text(vi=f"Báo lần {hours}", en=f"Report {hours}"),
            source=wire.Text(vi="Nghị định", en="Decree"),
        )
        for hours in (5, 1, 3, 2)
    )  # fmt: skip
    advice = wire.Text(vi="GIỮ NGUYÊN HIỆN TRẠNG: không tắt nguồn.", en="KEEP AS IT IS.")
    one = base.model_copy(update={"advice": advice, "deadlines": clocks})
    rows = list(detail_lines(one, 80, showing))
    told = "\n".join(text_of(row) for row in rows)
    assert any(span.tone == "down" and "GIỮ NGUYÊN" in span.text for row in rows for span in row)
    assert [hours for hours in (1, 2, 3, 5) if f"Báo lần {hours}" in told] == [1, 2, 3]
    assert "còn" in told
    plain = one.model_copy(update={"advice": None})
    said = "\n".join(text_of(row) for row in detail_lines(plain, 80, showing))
    assert [hours for hours in (1, 2, 3, 5) if f"Báo lần {hours}" in said] == [1]


def test_numbers_are_said_short() -> None:
    assert short_id("SC-2026-000412") == "SC-00412"
    assert short_id("whatever") == "whatever"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_clock_handover_and_what_cannot_be_fixed_now_are_shown(
    language: Language, snapshots: Mapping[str, wire.Snapshot], showing_of: Callable[..., Showing]
) -> None:
    showing = showing_of(snapshots["metronet"], language)
    base = at(snapshots["metronet"], "acked").incidents[0]
    due = base.t0_detected + timedelta(days=2)
    text = wire.Text(vi="Nhà mạng khôi phục", en="The carrier mends it")
    clock = wire.Deadline(
        rule="target", clock="restore", group="restore", due=due, text=text,
        source=wire.Text(vi="QĐ 12", en="QĐ 12"),
        mark="unit",
    )  # fmt: skip
    stated = wire.CannotFixNow(value=True, reason="chờ nối cáp", expected_restore=due)
    given = wire.Handover(
        at=base.t0_detected, from_role="ward_it", to_role="L3", text="x", text_sha256="00"
    )
    one = base.model_copy(update={
        "state": "cannot_fix_now", "deadlines": (clock,), "cannot_fix_now": stated,
        "handovers": (given,), "group": "GỘP-2026-0001",
    })  # fmt: skip
    told = "\n".join(text_of(row) for row in detail_lines(one, 100, showing))
    for said in (getattr(text, language), "chờ nối cáp", "→ L3", "GỘP-2026-0001", "QĐ 12"):
        assert said in told
    assert incident_mark(one, showing).tone == "down"
    assert listed((one,), "current") == (one,)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("vi", ("Metronet: đường truyền Metronet", "đơn vị chưa đặt", "mở quy trình: PB-NET-01")),
        ("en", ("Metronet: Metronet line", "not set by the unit", "playbook opened: PB-NET-01")),
    ],
)
def test_an_incident_speaks_peoples_words_and_no_codes(
    language: Language,
    said: tuple[str, ...],
    snapshots: Mapping[str, wire.Snapshot],
    showing_of: Callable[..., Showing],
) -> None:
    showing = showing_of(snapshots["metronet"], language)
    base = at(snapshots["metronet"], "acked").incidents[0]
    clock = wire.Deadline(
        rule="escalation", clock="ack", group="ack", due=base.t0_detected, mark="default",
        text=wire.Text(vi="Tiếp nhận", en="Acknowledge"), source=wire.Text(vi="mẫu", en="sample"),
    )  # fmt: skip
    run = "PB-NET-01 20261122T010830Z-26740-7f3a"
    begun, ended = (
        wire.TimelineEntry(at=base.t0_detected, actor="local:it", verb=verb, text=text)
        for verb, text in (("playbook_start", run), ("playbook_end", f"{run}: handed_over"))
    )
    one = base.model_copy(update={"deadlines": (clock,), "timeline": (begun, ended)})
    rows = (*detail_lines(one, 100, showing), *timeline_lines(one, 100, showing))
    told = "\n".join(text_of(row) for row in rows)
    for part in said:
        assert part in told
    for code in ("metronet/line", "20261122T010830Z", "handed_over", "mẫu"):
        assert code not in told


@pytest.mark.parametrize(
    ("state", "vi", "en"),
    [("sent", "noc: đã gửi 08:08", "noc: sent 08:08"),
     ("failed", "noc: chưa gửi được", "noc: not sent yet")],
)  # fmt: skip
def test_an_incident_says_whether_its_messages_went_out(
    state: str,
    vi: str,
    en: str,
    snapshots: Mapping[str, wire.Snapshot],
    showing_of: Callable[..., Showing],
) -> None:
    base = at(snapshots["metronet"], "acked").incidents[0]
    when = datetime(2026, 11, 22, 1, 8, tzinfo=UTC)
    told = wire.Told.model_validate(
        {"channel": "webhook", "recipient": "noc", "type": "problem", "state": state, "at": when}
    )
    one = base.model_copy(update={"told": (told,)})
    for language, said in (("vi", vi), ("en", en)):
        showing = showing_of(snapshots["metronet"], language)
        rows = "\n".join(text_of(row) for row in detail_lines(one, 80, showing))
        assert said in rows
