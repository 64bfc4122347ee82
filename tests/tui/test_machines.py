"""The machines screen: what each has and lacks, worst first; old and unmeasured are never good."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from agent.client import AgentRefused
from agent.wire import (
    Accepted,
    Forecast,
    Gauge,
    GuestRef,
    Hypervisor,
    HypervisorHost,
    Machine,
    MachineDisk,
    MachineFinding,
    Machines,
    MachineStore,
    NotRead,
    PlaybookBrief,
    QuotaShare,
    Snapshot,
    Storage,
    Text,
    WardQuota,
)
from inventory.language import both
from inventory.text import cells
from tui.actions import HOME, MACHINES, PLAYBOOK
from tui.lines import text
from tui.machine_values import OLD_AFTER_S, Roster, full_by, key_of_entry
from tui.view_findings import Place, listed, playbook_of
from tui.view_machine import brief_lines, close_lines, title_line
from tui.view_machines import empty_lines, list_lines, store_lines, summary_lines

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from textual.pilot import Pilot

    from tests.tui.conftest import Outbox
    from tui.view import Showing

GB = 2**30
LONG = "máy-chủ-quản-lý-văn-bản-và-điều-hành-của-đơn-vị-số-1"


# Names, evidence and advice as an agent may send them; the rules' own words live with the rules.
SAYS: dict[str, tuple[str, str, str, str]] = {
    "DC-03": ("bản chụp", "snapshots", "2 bản chụp, cũ nhất 20 ngày.", "2, the oldest of 20 days."),
    "DC-04": ("sao lưu", "backup", "Gần nhất: 08:00 20/11/2026.", "The last: 08:00 20/11/2026."),
    "DC-05": ("thử phục hồi", "restore test", "Chưa ghi lần nào.", "None is written down."),
    "DC-06": ("công cụ máy khách", "guest tools", "Có cài, không chạy.", "Set up, does not run."),
    "DC-07": ("hết hỗ trợ", "end of support", "Còn đến 04/2027.", "Until 04/2027."),
    "DC-10": ("thiết lập SSH", "SSH settings", "Cần SSH có sudo.", "Needs SSH with sudo."),
    "DC-12": ("dung lượng đĩa", "disk space", "/var/lib/postgresql 96%.",
              "/var/lib/postgresql 96%."),
    "DC-14": ("đồng hồ", "clock", "Đúng trong vòng 1 s.", "Right within 1 s."),
    "DC-15": ("dịch vụ lỗi", "failed services", "2 dịch vụ bị lỗi.", "2 services failed."),
    "DC-18": ("kho lưu", "stores", "local-lvm đã dùng 88%.", "local-lvm used 88%."),
    "DC-19": ("đà tăng", "growth", "Hết hạn mức đĩa từ 01/01.", "Disk quota gone from 01/01."),
    "DC-20": ("nơi đặt máy", "hosting", "Chưa ghi.", "Not written."),
}  # fmt: skip
DOES: dict[str, tuple[str, str]] = {
    "DC-03": ("Xóa bản chụp; bản chụp không thay được sao lưu.",
              "Delete the snapshots; a snapshot is no backup."),
    "DC-04": ("Đưa vào kế hoạch sao lưu; đề nghị trung tâm sao lưu ngay hôm nay.",
              "Put it in the backup plan; ask the data centre for a backup today."),
    "DC-06": ("Cài và bật công cụ máy khách.", "Install and start the guest agent."),
    "DC-12": ("Dọn dữ liệu không cần, hoặc đề nghị trung tâm dữ liệu cấp thêm.",
              "Remove what is not needed, or ask the data centre for more."),
    "DC-15": ("Xem systemctl --failed; sửa hoặc tắt hẳn.",
              "See systemctl --failed; mend or disable it."),
    "DC-18": ("Xóa bản chụp và bản sao lưu cũ.", "Delete old snapshots and backups."),
    "DC-19": ("Trả lại máy không dùng, hoặc xin thêm hạn mức.",
              "Give back what is not used, or ask for more quota."),
    "DC-20": ("Ghi machine.hosting vào danh mục.", "Write machine.hosting in the inventory."),
}  # fmt: skip


def finding(rule: str, result: Any = "fail", severity: Any = "warn", **more: Any) -> MachineFinding:
    """What a rule says."""
    name_vi, name_en, seen_vi, seen_en = SAYS[rule]
    fails = result == "fail"
    for key in ("accepted", "lapsed"):
        if key in more:
            until, reason = f"{more[key].until:%d/%m/%Y}", more[key].reason
            also = both(f"vm_audit.{key}", until=until, reason=reason)
            seen_vi, seen_en = f"{seen_vi} {also['vi']}", f"{seen_en} {also['en']}"
    return MachineFinding(
        rule=rule, name=Text(vi=name_vi, en=name_en), severity=severity, result=result,
        counts=fails and "accepted" not in more, evidence=Text(vi=seen_vi, en=seen_en),
        advice=Text(vi=DOES[rule][0], en=DOES[rule][1]) if fails else None, **more,
    )  # fmt: skip


def told(snapshot: Snapshot) -> Machines:
    """One machine that is badly kept, one that is off, one that never spoke; a hypervisor."""
    now = snapshot.ts

    def gauge(
        value: float, age_s: float = 12.0, source: str = "vm-ssh", *, fresh: bool = True
    ) -> Gauge:
        return Gauge(value=value, source=source, as_of=now, age_s=age_s, fresh=fresh)

    guest = GuestRef(hypervisor="pve-1", id="qemu/104", host="node-2", as_of=now, age_s=31.0,
                     fresh=True)  # fmt: skip
    bad = Machine(
        ward="26740", name="app-1", device="app-1", state="ok", hosting="dc", guest=guest,
        power="on", tools="stopped", cpu=gauge(0.12), memory=gauge(0.81, 400.0, fresh=False),
        uptime=gauge(41 * 86400.0), cpu_cores=4, memory_bytes=8 * GB, disk_bytes=100 * GB,
        disks=(
            MachineDisk(mount="/", used=gauge(0.42), avail_bytes=23 * GB, used_inodes_ratio=0.08),
            MachineDisk(
                mount="/var/lib/postgresql", used=gauge(0.96), avail_bytes=3.2 * GB,
                used_inodes_ratio=0.12,
                forecast=Forecast(
                    mount="/var/lib/postgresql", full_at=now + timedelta(days=18),
                    not_before=now + timedelta(days=11), not_after=now + timedelta(days=28),
                    days=14,
                ),
            ),
        ),
        snapshots=2, oldest_snapshot=now - timedelta(days=20), backup=now - timedelta(hours=50),
        is_in_backup=True, system="Ubuntu 22.04.5 LTS", end_of_life=date(2027, 4, 1),
        findings=(
            finding("DC-04", severity="crit", playbook="PB-SEC-06"),
            finding("DC-12", severity="crit"),
            finding("DC-15", lapsed=Accepted(until=date(2026, 11, 1), reason="chờ bản vá")),
            finding("DC-06", severity="note"),
            finding("DC-03", accepted=Accepted(until=date(2027, 1, 31), reason="đang nâng cấp")),
            finding("DC-05", "unknown"),
            finding("DC-10", "unknown"),
            finding("DC-07", "pass"),
            finding("DC-14", "pass"),
        ),
        worst="crit", measured=True,
        not_read=(NotRead(probe="node-exporter", reason="timeout",
                          text=Text(vi="không trả lời trong thời hạn", en="no answer in time")),),
    )  # fmt: skip
    off = Machine(
        ward="26740", name=LONG, state="unknown", guest=guest.model_copy(update={"fresh": False}),
        power="off", findings=(finding("DC-20", severity="note"),), worst="note",
        measured=True, system="Debian GNU/Linux 12 (bookworm)",
    )  # fmt: skip
    silent = Machine(ward="26740", name="vm-26740-1", device="vm-26740-1", state="unknown",
                     findings=(finding("DC-12", "unknown"),))  # fmt: skip
    host = HypervisorHost(name="node-2", is_online=True, cpu_ratio=0.34, memory_used_ratio=0.7)
    store = MachineStore(name="local-lvm", host="node-2", total_bytes=400 * GB, free_ratio=0.12)
    hypervisor = Hypervisor(
        ward="26740", name="pve-1", state="ok", as_of=now, age_s=31.0, fresh=True, hosts=(host,),
        stores=(store, MachineStore(name="nfs-backup", total_bytes=4096 * GB, free_ratio=0.55),
                MachineStore(name="iso", total_bytes=50 * GB, free_ratio=0.9)),
        guests=12, quorate=False, measured=True, worst="warn",
        findings=(finding("DC-18"),),
    )  # fmt: skip
    nas = Storage(
        ward="26740", name="nas-1", state="ok", measured=True, findings=(finding("DC-18", "pass"),),
        stores=(MachineStore(name="/volume1", total_bytes=8192 * GB, free_ratio=0.4),),
    )  # fmt: skip
    quota = WardQuota(ward="26740", findings=(finding("DC-19", severity="note"),), shares=(
        QuotaShare(resource="cpu", limit=16, used=12, ratio=0.75),
        QuotaShare(resource="memory", limit=32 * GB),
        QuotaShare(
            resource="disk", limit=500 * GB, used=400 * GB, ratio=0.8,
            forecast=Forecast(
                mount="disk", full_at=now + timedelta(days=60), days=33,
                not_before=now + timedelta(days=40), not_after=None,
            ),
        ),
    ))  # fmt: skip
    return Machines(
        machines=(bad, off, silent), hypervisors=(hypervisor,), storages=(nas,), quotas=(quota,),
        judged=now - timedelta(seconds=40), seq=7,
    )  # fmt: skip


def roster(snapshot: Snapshot) -> Roster:
    return Roster(told(snapshot), 998.0)


def opened(answer: Any, *keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Go there, let the agent answer, press more keys."""

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("o")
        screen: Any = pilot.app.get_screen(MACHINES)
        screen.take(answer)
        await pilot.press(*keys)

    return act


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("size", ["80x24", "120x40"])
async def test_the_list_says_what_fails_and_what_to_do(
    draw: Callable[..., Awaitable[str]], golden: Callable[[str, str], None],
    snapshots: Mapping[str, Snapshot], size: str, language: str,
) -> None:  # fmt: skip
    answer = told(snapshots["ok"])
    drawn = await draw("ok", size, opened(answer), language=language)
    golden(f"machines-{size}-{language}", drawn)


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_one_machine_closely_says_all_that_is_known(
    draw: Callable[..., Awaitable[str]], golden: Callable[[str, str], None],
    snapshots: Mapping[str, Snapshot], language: str,
) -> None:  # fmt: skip
    act = opened(told(snapshots["ok"]), "enter", "down")
    golden(f"machines-close-80x24-{language}", await draw("ok", "80x24", act, language=language))


async def test_with_the_agent_silent_nothing_is_good_and_every_figure_is_marked_old(
    draw: Callable[..., Awaitable[str]], golden: Callable[[str, str], None],
    snapshots: Mapping[str, Snapshot],
) -> None:  # fmt: skip
    act = opened(told(snapshots["ok"]))
    drawn = await draw("ok", "80x24", act, silent_s=60.0)
    golden("machines-silent-80x24-vi", drawn)
    body = drawn.splitlines()[2:-1]
    assert not any(glyph in row for row in body for glyph in "●▲×")
    figures = [word for row in body[3:7] for word in row.split() if word.endswith("%")]
    assert figures
    assert all(word.startswith("~") for word in figures)


def test_behind_a_break_nothing_of_a_machine_is_good_unless_its_hypervisor_is_before_it(
    showing_of: Callable[..., Showing], snapshots: Mapping[str, Snapshot]
) -> None:
    snapshot = snapshots["metronet"]  # the line to the centre is cut
    known = roster(snapshot)
    bad = known.entries[0]
    assert isinstance(bad, Machine)
    behind = bad.model_copy(update={"device": "vm-26740-1", "guest": None, "state": "ok"})
    here = bad.model_copy(update={"device": "vm-26740-1", "state": "ok"})
    for one, is_known in ((behind, False), (here, True)):
        shown = list_lines([one], "", known, (80, 2), showing_of(snapshot))[1]
        assert text(shown).startswith("►? app-1")
        assert ("×2" in text(shown), " 12%" in text(shown)) == (is_known, is_known)
        close = close_lines(one, known, Place(80, 40), showing_of(snapshot))
        assert any("● Kept" in text(row) for row in close) == is_known


@pytest.mark.parametrize("columns", [80, 118])
def test_every_count_has_room_the_worst_first_and_the_unknown_last(
    showing_of: Callable[..., Showing], snapshots: Mapping[str, Snapshot], columns: int
) -> None:
    known = roster(snapshots["ok"])
    waived = finding("DC-03", accepted=Accepted(until=date(2027, 1, 31), reason="x"))
    found = (
        *[finding("DC-04", severity="crit")] * 3, *[finding("DC-15")] * 2, waived,
        finding("DC-06", severity="note"), *[finding("DC-05", "unknown")] * 11,
    )  # fmt: skip
    for one in known.entries:
        full = one.model_copy(update={"findings": found, "state": "ok"})
        shown = text(list_lines([full], "", known, (columns, 2), showing_of(snapshots["ok"]))[1])
        assert "×3 ▲2 ·1 ■1 ?11" in shown


def test_reachable_is_not_said_to_be_good_and_what_tells_nothing_or_is_off_not_at_all(
    showing_of: Callable[..., Showing], snapshots: Mapping[str, Snapshot]
) -> None:
    known, showing = roster(snapshots["ok"]), showing_of(snapshots["ok"])
    machine, (host,) = known.entries[0], [o for o in known.entries if isinstance(o, Hypervisor)]
    assert isinstance(machine, Machine)
    assert machine.guest is not None
    old = machine.guest.model_copy(update={"fresh": False})
    for one, glyph, word in (
        (machine, "●", "REACHABLE"),
        (machine.model_copy(update={"power": "off"}), "○", "OFF"),
        (machine.model_copy(update={"power": "suspended"}), "○", "PAUSED"),
        (machine.model_copy(update={"power": "off", "guest": old}), "●", "REACHABLE"),
        (machine.model_copy(update={"power": "off", "state": "down"}), "×", "DOWN"),
        (host, "●", "REACHABLE"),
        (host.model_copy(update={"fresh": False}), "?", "UNKNOWN"),
        (host.model_copy(update={"measured": False}), "?", "UNKNOWN"),
        (host.model_copy(update={"fresh": False, "state": "down"}), "×", "DOWN"),
    ):
        assert isinstance(one, Machine | Hypervisor)
        title = text(title_line(one, known, 80, showing))
        assert title.startswith(f" {glyph} ")
        assert title.split()[-1] == word


def test_an_answer_that_grew_old_says_nothing_of_now_though_the_agent_lives(
    showing_of: Callable[..., Showing], snapshots: Mapping[str, Snapshot]
) -> None:
    showing = showing_of(snapshots["ok"])
    refused = AgentRefused("unavailable", {"vi": "bận", "en": "busy"})
    old = Roster(told(snapshots["ok"]), 1000.0 - OLD_AFTER_S - 1, refused)
    said = [text(one) for one in summary_lines(old, showing)]
    said += [text(one) for one in list_lines(old.entries, "", old, (80, 9), showing)]
    assert not any(glyph in row for row in said for glyph in "●×")
    assert any("does not tell" in row for row in said)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_without_machines_it_says_why_and_what_to_do(
    showing_of: Callable[..., Showing], snapshots: Mapping[str, Snapshot], language: str
) -> None:
    showing = showing_of(snapshots["ok"], language)
    too_old = AgentRefused("not_found", {"vi": "không có", "en": "no such path"})
    busy = AgentRefused("busy", {"vi": "agent đang bận", "en": "agent is busy"})
    said = [
        " ".join("".join(text(row) for row in empty_lines(one, showing)).split())
        for one in (
            Roster(), Roster(Machines(seq=1)), Roster(failure=too_old, is_unheard_of=True),
            Roster(failure=busy),
        )
    ]  # fmt: skip
    assert len(set(said)) == 4
    assert all("wardops vm audit" in one for one in said[1:3])
    assert ("agent đang bận" if language == "vi" else "agent is busy") in said[3]


async def test_an_older_agent_is_told_from_one_that_refuses(
    draw: Callable[..., Awaitable[str]],
) -> None:
    no_route = AgentRefused("not_found", {"vi": "không có", "en": "no such path"})
    drawn = await draw("ok", "80x24", opened(no_route), language="en")
    assert "update wardops" in drawn


async def test_keys_walk_from_machines_to_findings_to_their_playbook_and_back(
    draw: Callable[..., Awaitable[str]], outbox: Outbox, snapshots: Mapping[str, Snapshot]
) -> None:
    async def act(pilot: Pilot[None]) -> None:
        app: Any = pilot.app
        app.feed = outbox
        await pilot.press("ô")
        screen = app.screen
        assert screen.NAME == MACHINES
        screen.take(told(snapshots["ok"]))
        await pilot.press("down", "enter", "p")
        assert app.screen is screen
        assert "→" in app.notice
        await pilot.press("escape", "up", "enter", "down", "up", "p")
        assert (app.screen.NAME, app.screen._wanted) == (PLAYBOOK, "PB-SEC-06")
        await pilot.pause()
        app.screen.take_briefs(
            (PlaybookBrief(id="PB-SEC-06", version="1", title=Text(vi="Đầy", en="Full")),)
        )
        await pilot.press("enter")
        _verb, args, _reason = outbox.sent[-1]
        assert args == {"playbook": "PB-SEC-06", "ward": "26740", "device": "app-1"}
        await pilot.press("question_mark", "escape", "escape")
        assert (app.screen, screen._cursor) == (screen, 0)
        found = screen._found()
        await pilot.press("end")
        assert screen._cursor == len(listed(found[0])) - 1
        await pilot.press("home", "escape", "end")
        assert (screen._cursor, screen._entry()) == (0, found[-1])
        await pilot.press("home")
        assert screen._entry() == found[0]
        await pilot.press("escape")
        assert app.screen.NAME == HOME
        await pilot.press("f2", "escape")
        assert app.screen.NAME == HOME

    await draw("ok", "80x24", act)


async def test_from_a_device_that_is_a_machine_its_upkeep_is_a_key_away(
    draw: Callable[..., Awaitable[str]], snapshots: Mapping[str, Snapshot]
) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("d", *["down"] * 7, "o")
        screen: Any = pilot.app.screen
        screen.take(told(snapshots["ok"]))

    drawn = await draw("ok", "80x24", act, language="en")
    assert "Sài Gòn ward › vm-26740-1" in drawn
    assert "No source tells of it now" in drawn


@pytest.mark.parametrize(
    ("begins", "ends", "said"),
    [
        (11, 28, "03/12–20/12"),
        (11, None, "from 03/12"),
        (-1, 28, "now–20/12"),
        (310, 430, "09/27–01/28"),
        (11, 11, "03/12"),
    ],
)
def test_a_forecast_is_a_span_of_days_never_one_day(
    showing_of: Callable[..., Showing], snapshots: Mapping[str, Snapshot], begins: int,
    ends: int | None, said: str,
) -> None:  # fmt: skip
    snapshot = snapshots["ok"]

    def at(days: int) -> datetime:
        return snapshot.ts + timedelta(days=days)

    forecast = Forecast(
        mount="/", full_at=at(20), not_before=at(begins), days=14,
        not_after=at(ends) if ends is not None else None,
    )  # fmt: skip
    assert full_by(forecast, showing_of(snapshot)) == said


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("columns", [80, 118])
def test_every_line_fits_and_everything_chosen_can_be_read(
    showing_of: Callable[..., Showing], snapshots: Mapping[str, Snapshot], language: str,
    columns: int,
) -> None:  # fmt: skip
    snapshot = snapshots["ok"]
    showing, known = showing_of(snapshot, language), roster(snapshot)
    for entry in known.entries:
        for cursor in range(-1, len(listed(entry))):
            place = Place(columns, 21, cursor)
            close = close_lines(entry, known, place, showing)
            brief = brief_lines(entry, known, place, showing)
            assert max(len(close), len(brief)) <= 21
            assert all(cells(text(one)) <= columns for one in (*close, *brief))
            if cursor >= 0:
                assert any(listed(entry)[cursor].rule in text(one) for one in close)
    made = list_lines(known.entries, "", known, (columns, 5), showing)
    made += store_lines(known, columns, 2, showing)
    assert len(made) == 7
    assert all(cells(text(one)) <= columns for one in made)


def test_of_many_disks_the_fullest_are_told_and_what_has_no_room_is_counted(
    showing_of: Callable[..., Showing], snapshots: Mapping[str, Snapshot]
) -> None:
    known, showing = roster(snapshots["ok"]), showing_of(snapshots["ok"])
    bad = known.entries[0]
    assert isinstance(bad, Machine)
    more = tuple(bad.disks[0].model_copy(update={"mount": f"/data/{n}"}) for n in range(9))
    lines = [text(one) for one in close_lines(
        bad.model_copy(update={"disks": (*more, *bad.disks), "not_read": bad.not_read * 7}),
        known, Place(80, 21, 0), showing,
    )]  # fmt: skip
    assert len(lines) <= 21
    disks = [one for one in lines if one.startswith(" Disk")]
    assert "/var/lib/postgresql" in disks[0]
    assert "and 9 more" in disks[-1]
    assert any("need a larger window" in one for one in lines)
    assert any("DC-04" in one for one in lines)


@pytest.mark.parametrize("columns", [80, 118])
def test_a_name_and_a_system_too_long_for_the_title_stand_below_it(
    showing_of: Callable[..., Showing], snapshots: Mapping[str, Snapshot], columns: int
) -> None:
    known = roster(snapshots["ok"])
    name = f"{LONG}-dự-phòng"  # 62 letters: a label of DNS has 63 at most (RFC 1035)
    one = known.entries[1].model_copy(update={"name": name})
    close = close_lines(one, known, Place(columns, 21), showing_of(snapshots["ok"]))
    said = "".join(text(row).strip() for row in close[1:]).replace(" ", "")
    assert name in said
    assert "DebianGNU/Linux12(bookworm)" in said


def test_two_guests_of_one_name_are_two_to_choose(snapshots: Mapping[str, Snapshot]) -> None:
    one = roster(snapshots["ok"]).entries[1]
    assert isinstance(one, Machine)
    assert one.guest is not None
    guest = one.guest.model_copy(update={"id": "qemu/105"})
    assert key_of_entry(one) != key_of_entry(one.model_copy(update={"guest": guest}))


def test_the_worst_finding_with_a_playbook_is_the_one_that_p_starts(
    snapshots: Mapping[str, Snapshot],
) -> None:
    bad, off, *_ = roster(snapshots["ok"]).entries
    assert playbook_of(bad, -1) == "PB-SEC-06"
    assert playbook_of(bad, 1) is None
    assert playbook_of(off, -1) is None
