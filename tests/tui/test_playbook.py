"""The playbook runner: one step at a time, answered by digits or Enter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from agent import wire
from tui.app import WardopsApp
from tui.lines import text as text_of
from tui.screens.form import FormScreen
from tui.screens.incident import IncidentScreen
from tui.screens.playbook import PlaybookScreen
from tui.view_playbook import choices, step_lines
from tui.view_playbooks import meant, ordered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from textual.pilot import Pilot

    from tui.freshness import Sight
    from tui.view import Showing

INCIDENT = "SC-2026-000001"


def both(vi: str, en: str) -> wire.Text:
    """A text in both languages."""
    return wire.Text(vi=vi, en=en)


TITLE = both("Mất kết nối Metronet", "Metronet line lost")
DONT = (
    both("KHÔNG nhấn RESET, KHÔNG chạm dây quang.", "Do NOT press RESET; do NOT touch the fibre."),
    both("KHÔNG đổi địa chỉ IP, KHÔNG đảo dây.", "Do NOT change IPs; do NOT move cables."),
)
TOLD = wire.RunLine(
    at=datetime(2026, 11, 22, tzinfo=UTC),
    step="tell_leader",
    title=both("Báo lãnh đạo, bộ phận một cửa", "Tell the leader and the counter"),
    result=both("đã hiện nội dung để đọc hoặc sao chép", "text shown to read out or copy"),
    actor="machine",
    message=both(
        "Phường Sài Gòn gián đoạn kết nối từ 08:08, đã chuyển cấp trên.",
        "Sài Gòn ward has no connection since 08:08, handed over.",
    ),
    to=("ward.leader",),
)
BRIEFS = (
    wire.PlaybookBrief(
        id="PB-MTG-01", version="1.0.0", title=both("Chuẩn bị họp", "Before a meeting")
    ),
    wire.PlaybookBrief(id="PB-NET-09", version="1.0.0", title=both("Mất nguồn", "Power lost")),
    wire.PlaybookBrief(id="PB-NET-01", version="1.0.0", title=TITLE, minutes=60),
)


def steps(now: datetime) -> dict[str, wire.RunStep]:
    """One step of each form that a person meets."""
    return {
        "ask": wire.RunStep(
            id="line_leds",
            kind="ask",
            title=both("Đèn trên CPE", "LEDs of the CPE"),
            body=both(
                "CPE vẫn trả lời. Đèn LOS trên CPE thế nào, chỉ nhìn?",
                "The CPE answers. How is its LOS light? Only look.",
            ),
            options=(
                wire.RunOption(
                    key="1", value="1", text=both("LOS đỏ hoặc FX tắt", "LOS red or FX off")
                ),
                wire.RunOption(key="2", value="2", text=both("Bình thường", "Normal")),
                wire.RunOption(key="0", value="0", text=both("Không chắc", "Not sure")),
            ),
            can_back=True,
            number=4,
            of=7,
            dont=DONT,
        ),
        "checklist": wire.RunStep(
            id="room",
            kind="checklist",
            can_skip=True,
            title=both("Kiểm tra phòng họp", "Check the room"),
            items=(
                wire.ChecklistItem(
                    id="ups", text=both("Bộ lưu điện", "UPS"), state="done", by="auto"
                ),
                wire.ChecklistItem(
                    id="cam", text=both("Camera thấy chủ tọa", "Camera sees the chair")
                ),
                wire.ChecklistItem(
                    id="mic", text=both("Micro không hú", "No howl"), state="failed"
                ),
            ),
            options=(wire.RunOption(key="9", value="done", text=both("Xong", "Done")),),
            number=2,
            dont=DONT,
        ),
        "escalate": wire.RunStep(
            id="to_noc",
            kind="escalate",
            title=both("Chuyển cấp trên", "Escalate"),
            message=both(
                "Mã SC-00001, Phường Sài Gòn.\nMất kết nối từ 08:08.\nĐèn LOS trên CPE đỏ.",
                "Number SC-00001, Sài Gòn ward.\nMetronet lost since 08:08.\nLOS light red.",
            ),
            to=("L2", "L9"),
            options=(
                wire.RunOption(
                    key="1", value="acked", text=both("Đã có người nhận", "Somebody took it")
                ),
            ),
            number=6,
            of=7,
            dont=DONT,
            can_back=True,
            deadline=now + timedelta(minutes=15),
        ),
        "wait": wire.RunStep(
            id="wait_restore",
            kind="wait",
            title=both("Chờ đường truyền", "Wait for the line"),
            number=7,
            of=8,
            dont=DONT,
            deadline=now + timedelta(seconds=754),
        ),
    }


def run_at(step: str, now: datetime) -> wire.PlaybookRun:
    """A run at that step; `end` for one that is over."""
    found = steps(now).get(step)
    states = {"ask": "asking", "checklist": "asking", "escalate": "asking", "wait": "waiting"}
    over = {"outcome": "restored", "ended": now} if found is None else {}
    lines = (
        wire.RunLine(
            at=now - timedelta(seconds=60),
            step="size_up",
            title=both("Tự kiểm tra", "Checks"),
            result=both("8/9 phép đo", "8 of 9 probes"),
            actor="machine",
        ),
        wire.RunLine(
            at=now - timedelta(seconds=59),
            step="locate",
            title=both("Khoanh vùng", "Locate"),
            result=both("sang: Đèn trên CPE", "on to: LEDs of the CPE"),
            actor="machine",
        ),
        wire.RunLine(
            at=now - timedelta(seconds=20),
            step="ask",
            title=both("Đèn nguồn", "Power LED"),
            result=both("Sáng", "On"),
            actor="local:cb-01",
        ),
        *((TOLD.model_copy(update={"at": now - timedelta(seconds=9)}),) if step == "wait" else ()),
    )
    return wire.PlaybookRun.model_validate(
        {
            "id": "20261122T010830Z-26740-7f3a",
            "playbook": "PB-NET-01",
            "title": TITLE,
            "version": "1.0.0",
            "ward": "26740",
            "incident": INCIDENT,
            "realm": "sim",
            "actor": "local:cb-01",
            "state": states.get(step, "done"),
            "started": now - timedelta(seconds=187),
            "step": found,
            "lines": lines,
            **over,
        }
    )


def with_run(snapshot: wire.Snapshot, step: str) -> wire.Snapshot:
    """The snapshot with that run open in it, and one contact without a number."""
    run = run_at(step, snapshot.ts)
    contacts = (wire.Contact(role="L2", name=both("Trực NOC Thành phố", "City NOC"), hours="24x7"),)
    shown = (run.model_copy(update={"lines": ()}),) if run.ended is None else ()
    return snapshot.model_copy(
        update={"runs": shown, "contacts": contacts, "playbooks": (BRIEFS[2],)}
    )


def opened(step: str, now: datetime, *keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Opens the runner, gives it what the agent would answer, presses keys."""

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("f2")
        await pilot.pause()
        screen = pilot.app.screen
        assert isinstance(screen, PlaybookScreen)
        if step:
            screen.take_run(run_at(step, now))
        else:
            screen.take_briefs(BRIEFS)
        await pilot.press(*keys)
        await pilot.pause()

    return act


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("size", ["80x24", "120x40"])
@pytest.mark.parametrize("step", ["ask", "checklist", "escalate", "wait"])
async def test_the_runner_looks_as_it_should(
    step: str,
    size: str,
    language: str,
    snapshots: Mapping[str, wire.Snapshot],
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    snapshot = with_run(snapshots["metronet"], step)
    text = await draw(snapshot, size, opened(step, snapshot.ts), language=language)
    golden(f"playbook-{step}-{size}-{language}", text)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("size", ["80x24", "120x40"])
async def test_playbooks_that_fit_stand_first(
    size: str,
    language: str,
    snapshots: Mapping[str, wire.Snapshot],
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    snapshot = snapshots["metronet"].model_copy(update={"playbooks": (BRIEFS[2],)})
    text = await draw(snapshot, size, opened("", snapshot.ts), language=language)
    golden(f"playbook-list-{size}-{language}", text)


ANSWER = "playbook_answer"


@pytest.mark.parametrize(
    ("step", "keys", "asked"),
    [
        ("ask", ("1",), [(ANSWER, "1")]),
        ("ask", ("0",), [(ANSWER, "0")]),
        ("ask", ("down", "enter"), [(ANSWER, "2")]),
        ("ask", ("up", "enter"), [(ANSWER, "0")]),
        ("ask", ("7",), []),
        ("ask", ("u",), [("playbook_back", None)]),
        ("checklist", ("1",), [(ANSWER, {"item": "cam", "state": "done"})]),
        ("checklist", ("down", "enter"), [(ANSWER, {"item": "mic", "state": "open"})]),
        ("checklist", ("9",), [(ANSWER, "done")]),
        ("checklist", ("u",), []),
        ("wait", ("1", "enter"), []),
        ("ask", ("ctrl+x", *"nham", "enter", "enter"), [("playbook_abort", None)]),
        ("ask", ("ctrl+x", "enter", "enter"), []),
        ("checklist", ("s", *"khoa", "enter", "enter"), [("playbook_skip", None)]),
        ("checklist", ("s", "enter", "enter"), []),
        ("ask", ("s", *"khoa", "enter", "enter"), []),
        ("ask", ("a", *"den", "enter", "enter", "enter"), [("evidence_add", None)]),
        ("wait", ("e", "enter", "enter", "enter"), [("escalate", None)]),
        ("ask", ("ctrl+x", *"nham", "enter", "escape"), []),
    ],
)
async def test_keys_send_what_the_screen_shows_and_nothing_else(
    step: str,
    keys: tuple[str, ...],
    asked: list[tuple[str, Any]],
    snapshots: Mapping[str, wire.Snapshot],
    draw: Callable[..., Awaitable[str]],
    outbox: Any,
) -> None:
    snapshot = with_run(snapshots["metronet"], step)

    async def act(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, WardopsApp)
        pilot.app.feed = outbox
        await opened(step, snapshot.ts, *keys)(pilot)

    await draw(snapshot, "80x24", act)
    assert [(verb, args.get("value")) for verb, args, _ in outbox.sent] == asked
    assert all(args["run"] == run_at(step, snapshot.ts).id for _, args, _ in outbox.sent)


async def test_nothing_is_sent_while_the_agent_is_silent(
    snapshots: Mapping[str, wire.Snapshot],
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    snapshot = with_run(snapshots["metronet"], "checklist")
    act = opened("checklist", snapshot.ts, "1")
    text = await draw(snapshot, "80x24", act, language="vi", silent_s=30.0)
    golden("playbook-silent-80x24-vi", text)


async def test_a_run_that_is_over_leads_back_to_its_incident(
    snapshots: Mapping[str, wire.Snapshot],
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    snapshot = with_run(snapshots["metronet"], "ask")

    async def act(pilot: Pilot[None]) -> None:
        await opened("end", snapshot.ts)(pilot)

    golden("playbook-end-80x24-vi", await draw(snapshot, "80x24", act, language="vi"))

    async def back(pilot: Pilot[None]) -> None:
        await act(pilot)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, IncidentScreen)

    await draw(snapshot, "80x24", back)


async def test_stopping_asks_for_a_reason(
    snapshots: Mapping[str, wire.Snapshot],
    draw: Callable[..., Awaitable[str]],
) -> None:
    snapshot = with_run(snapshots["metronet"], "ask")

    async def act(pilot: Pilot[None]) -> None:
        await opened("ask", snapshot.ts, "ctrl+x")(pilot)
        assert isinstance(pilot.app.screen, FormScreen)

    await draw(snapshot, "80x24", act)


def test_every_answer_has_its_own_digit(
    snapshots: Mapping[str, wire.Snapshot], showing_of: Callable[..., Showing]
) -> None:
    showing = showing_of(snapshots["metronet"], "vi")
    for step in steps(snapshots["metronet"].ts):
        keys = [one.key for one in choices(run_at(step, snapshots["metronet"].ts), showing)]
        assert len(keys) == len(set(keys))


def test_the_prepared_text_is_there_word_for_word(
    snapshots: Mapping[str, wire.Snapshot], showing_of: Callable[..., Showing]
) -> None:
    now = snapshots["metronet"].ts
    showing = showing_of(with_run(snapshots["metronet"], "escalate"), "vi")
    shown = [
        "".join(span.text for span in row)
        for row in step_lines(run_at("escalate", now), 0, 80, showing)
    ]
    message = steps(now)["escalate"].message
    assert message is not None
    for said in message.vi.splitlines():
        assert any(said in row for row in shown)
    assert any("chưa có số" in row for row in shown)


def test_those_that_fit_the_verdict_come_first_and_once() -> None:
    ids = [one.id for one in ordered(BRIEFS, (BRIEFS[2],))]
    assert ids == ["PB-NET-01", "PB-MTG-01", "PB-NET-09"]


async def test_a_run_that_is_over_makes_room_for_the_next(
    snapshots: Mapping[str, wire.Snapshot],
    sight_of: Callable[..., Sight],
    draw: Callable[..., Awaitable[str]],
) -> None:
    now = snapshots["metronet"].ts
    snapshot = with_run(snapshots["metronet"], "ask").model_copy(update={"runs": ()})

    async def over(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, WardopsApp)
        running = pilot.app.sight
        pilot.app.sight = sight_of(with_run(snapshots["metronet"], "ask"))
        await opened("end", now)(pilot)
        pilot.app.sight = running
        await pilot.press("escape", "f2")
        await pilot.pause()
        screen = pilot.app.screen
        assert isinstance(screen, PlaybookScreen)
        screen.take_briefs(BRIEFS)

    text = await draw(snapshot, "80x24", over, language="en")
    assert "Choose a playbook" in text


def test_a_text_that_no_channel_took_stays_until_the_person_goes_on(
    snapshots: Mapping[str, wire.Snapshot], showing_of: Callable[..., Showing]
) -> None:
    now = snapshots["metronet"].ts
    showing = showing_of(with_run(snapshots["metronet"], "wait"))

    def shown(run: wire.PlaybookRun) -> str:
        return "\n".join(text_of(row) for row in step_lines(run, 0, 80, showing))

    run = run_at("wait", now)
    assert TOLD.message is not None
    assert TOLD.message.en in shown(run)
    on = run.lines[0].model_copy(update={"at": now})
    assert TOLD.message.en in shown(run.model_copy(update={"lines": (*run.lines, on)}))
    assert TOLD.message.en not in shown(run.model_copy(update={"lines": (*run.lines, on, on)}))
    after = run.lines[-2].model_copy(update={"at": now})
    assert TOLD.message.en not in shown(run.model_copy(update={"lines": (*run.lines, after)}))


async def test_the_open_run_comes_first_whichever_incident_one_comes_from(
    snapshots: Mapping[str, wire.Snapshot], draw: Callable[..., Awaitable[str]]
) -> None:
    snapshot = with_run(snapshots["metronet"], "ask")
    (run,) = snapshot.runs
    alone = snapshot.model_copy(update={"runs": (run.model_copy(update={"incident": None}),)})

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("f4", "f2")
        await pilot.pause()
        screen = pilot.app.screen
        assert isinstance(screen, PlaybookScreen)
        screen.take_run(run_at("ask", snapshot.ts))

    assert "LEDs of the CPE" in await draw(alone, "80x24", act, language="en")


async def test_from_a_machine_nobody_lands_in_the_run_of_another(
    snapshots: Mapping[str, wire.Snapshot], draw: Callable[..., Awaitable[str]], outbox: Any
) -> None:
    """Its own open run, else the list with each run's machine and the cursor on what begins it."""
    snapshot = with_run(snapshots["ok"], "ask")
    (other,) = snapshot.runs
    other = other.model_copy(update={"about": "app-1", "incident": None})
    mine = other.model_copy(update={"id": "20261122T010900Z-26740-0001", "about": "vm-26740-1"})

    def act(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
        async def go(pilot: Pilot[None]) -> None:
            assert isinstance(pilot.app, WardopsApp)
            pilot.app.feed = outbox
            await opened("ask", snapshot.ts, "escape")(pilot)
            screen: Any = pilot.app.get_screen("playbook")
            screen.choose("PB-NET-01", "vm-26740-1")
            pilot.app.go("playbook")
            await pilot.pause()
            screen.take_briefs(BRIEFS)
            screen.take_run(mine)
            await pilot.press(*keys)

        return go

    alone = snapshot.model_copy(update={"runs": (other,)})
    drawn = await draw(alone, "80x24", act(), language="en")
    assert "     PB-NET-01   app-1: Metronet line lost" in drawn
    assert "PB-NET-01   vm-26740-1: Metronet line lost" in drawn
    screen = PlaybookScreen()
    screen.choose("PB-NET-01", "vm-26740-1")
    for keys in (["a", "PB-NET-01"], ["PB-NET-01", "a"], ["run", "a", "PB-NET-01"]):
        screen._keep_place(keys)
        assert keys[screen._cursor] == "PB-NET-01"
    await draw(alone, "80x24", act("question_mark", "escape", "enter"))
    assert outbox.sent[-1][:2] == (
        "playbook_start", {"playbook": "PB-NET-01", "ward": "26740", "device": "vm-26740-1"},
    )  # fmt: skip
    assert meant([other, mine], None, ("PB-NET-01", None)) == []
    both_open = snapshot.model_copy(update={"runs": (other, mine)})
    drawn = await draw(both_open, "80x24", act(), language="en")
    assert "For vm-26740-1 · step 4/7" in drawn
    assert "app-1:" not in drawn
    drawn = await draw(both_open, "80x24", act("p"), language="en")
    assert "app-1: Metronet line lost" in drawn
    assert "Choose a playbook" in drawn
