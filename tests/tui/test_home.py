"""The home screen as people see it: good, broken, old, in every kind of terminal."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from agent.wire import (
    Contact,
    MaintenanceWindow,
    Meeting,
    PlaybookBrief,
    PlaybookRun,
    RunStep,
    Service,
    Text,
)
from inventory.errors import AgentUnreachable
from inventory.text import has_accents
from tui.app import Settings
from tui.text import Words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Any

    from textual.pilot import Pilot

    from agent.wire import Snapshot
    from tui.freshness import Sight

BOTH = pytest.mark.parametrize("language", ["vi", "en"])
SIZES = pytest.mark.parametrize("size", ["80x24", "120x40"])


@pytest.fixture
def silent() -> AgentUnreachable:
    """What the feed hears when nobody answers."""
    return AgentUnreachable("api.unreachable", where="127.0.0.1:9642", problem="refused")


def busy(snapshot: Snapshot) -> Snapshot:
    """The cut line with a playbook at work, and somebody to call."""
    step = RunStep(id="a", kind="ask", title=Text(vi="Đèn", en="LEDs"), number=5, of=7)
    title = Text(vi="Mất kết nối Metronet", en="Metronet lost")
    run = PlaybookRun(
        id="r1", playbook="PB-NET-01", title=title, version="1", ward="26740", realm="sim",
        actor="local:cb-01", state="asking", started=snapshot.ts, step=step,
    )  # fmt: skip
    contacts = (
        Contact(role="it", name=Text(vi="CNTT tại chỗ", en="Ward IT")),
        Contact(role="L2", name=Text(vi="Trực NOC Thành phố", en="City NOC"), hours="24/7"),
        Contact(
            role="carrier", hours="24/7",
            name=Text(vi="Nhà mạng (đường truyền Metronet)", en="Carrier (Metronet line)"),
        ),
        Contact(role="ward.leader", name=Text(vi="Lãnh đạo đơn vị", en="Head of the ward")),
    )  # fmt: skip
    brief = PlaybookBrief(id="PB-NET-01", version="1", title=title)
    return snapshot.model_copy(update={"runs": (run,), "contacts": contacts, "playbooks": (brief,)})


@BOTH
@SIZES
@pytest.mark.parametrize("name", ["ok", "metronet", "one-way"])
async def test_home_looks_as_it_should(
    name: str,
    size: str,
    language: str,
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    text = await draw(name, size, language=language)
    golden(f"home-{name}-{size}-{language}", text)


@SIZES
@pytest.mark.parametrize(
    ("language", "said"),
    [("vi", "Cổng DVC (IPv6) lỗi, IPv4 vẫn tốt"), ("en", "Portal (IPv6) fails, IPv4 good")],
)
async def test_home_says_that_a_service_fails_at_ipv6_alone(
    language: str,
    said: str,
    size: str,
    snapshots: Mapping[str, Snapshot],
    draw: Callable[..., Awaitable[str]],
) -> None:
    snapshot = snapshots["ok"]
    fields = snapshot.services[0].model_dump() | {
        "id": "portal-v6", "state": "down", "reason": "timeout", "finding": "ipv6_broken",
        "name": {"vi": "Cổng DVC (IPv6)", "en": "Portal (IPv6)"},
    }  # fmt: skip
    broken = Service.model_validate(fields)
    told = snapshot.model_copy(update={"services": (broken, *snapshot.services)})
    assert said in await draw(told, size, language=language)


@BOTH
@SIZES
async def test_home_says_what_to_do_and_whom_to_call(
    size: str,
    language: str,
    snapshots: Mapping[str, Snapshot],
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    text = await draw(busy(snapshots["metronet"]), size, language=language)
    golden(f"home-busy-{size}-{language}", text)
    assert "5/7" in text
    assert "PB-NET-01" not in text


@BOTH
@SIZES
async def test_with_the_agent_silent_nothing_is_good_any_more(
    size: str,
    language: str,
    silent: AgentUnreachable,
    snapshots: Mapping[str, Snapshot],
    sight_of: Callable[..., Sight],
    run_app: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    sight = sight_of(snapshots["ok"], silent_s=136.0, failure=silent, retry_at=1008.0)
    text = await run_app(sight, size, language=language)
    golden(f"home-lost-{size}-{language}", text)
    assert "▒▒" in text
    assert " ●" not in text.replace("~●", "").replace(": ●", "")


async def test_a_copy_is_never_the_present(
    snapshots: Mapping[str, Snapshot],
    sight_of: Callable[..., Sight],
    run_app: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    sight = sight_of(snapshots["metronet"], silent_s=0.0, is_copy=True, copy_age_s=40.0)
    text = await run_app(sight)
    golden("home-copy-80x24-vi", text)
    assert "╔" not in text


async def test_ascii_and_unaccented_leave_nothing_else(
    snapshots: Mapping[str, Snapshot],
    sight_of: Callable[..., Sight],
    run_app: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    sight = sight_of(busy(snapshots["metronet"]))
    text = await run_app(sight, ascii=True, unaccented=True)
    golden("home-ascii-80x24-vi", text)
    assert text.isascii()
    assert not has_accents(await run_app(sight, unaccented=True))


async def test_without_colours_the_text_is_the_same(
    draw: Callable[..., Awaitable[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    styles: list[Any] = []

    async def act(pilot: Pilot[None]) -> None:
        for strip in pilot.app.screen._compositor.render_strips():
            styles.extend(segment.style for segment in strip if segment.style)

    plain = await draw("metronet", act=act, settings=Settings(theme="ansi", has_colour=False))
    coloured = await draw("metronet", settings=Settings(theme="ansi"))
    assert plain == coloured
    assert {style.color.name for style in styles if style.color} <= {"default"}
    assert any(style.reverse and style.bold for style in styles)


@pytest.mark.parametrize("theme", ["dark", "light", "contrast", "ansi"])
async def test_a_theme_changes_no_letter(
    theme: str,
    snapshots: Mapping[str, Snapshot],
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    settings = Settings(words=Words(), theme=theme)
    text = await draw(busy(snapshots["metronet"]), "120x40", settings=settings)
    golden(f"home-theme-{theme}-120x40-vi", text)


async def test_several_wards_are_listed_not_merged(
    snapshots: Mapping[str, Snapshot],
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    (first, *_), (second, *_) = snapshots["ok"].wards, snapshots["metronet"].wards
    other = second.model_copy(update={"code": "26737", "name": "Phường Tân Định"})
    hub = snapshots["ok"].model_copy(
        update={"ward": None, "verdict": None, "wards": (other, first), "vantage": "hub"}
    )
    text = await draw(hub)
    golden("home-several-80x24-vi", text)
    assert "--ward" in text


def just_started(snapshot: Snapshot) -> Snapshot:
    """The first second of an agent: nothing measured, nothing concluded."""
    assert snapshot.verdict is not None
    nothing = {"state": "unknown", "segment": "unknown", "part": "", "confidence": 0.0}
    said = {"headline": Text(vi="CHƯA KẾT LUẬN", en="NOT CONCLUDED"), "missing": ("sw", "gw")}
    verdict = snapshot.verdict.model_copy(
        update={**nothing, **said, "evidence": (), "ruled_out": (), "since": snapshot.ts}
    )
    wards = tuple(one.model_copy(update={"data_age_s": None}) for one in snapshot.wards)
    return snapshot.model_copy(update={"verdict": verdict, "wards": wards, "incidents": ()})


@pytest.mark.parametrize("size", ["80x24", "120x40"])
async def test_an_agent_that_has_just_begun_says_so_and_claims_no_confidence(
    size: str, snapshots: Mapping[str, Snapshot], draw: Callable[..., Awaitable[str]]
) -> None:
    begun = just_started(snapshots["ok"])
    title = Text(vi="Mất kết nối", en="Line lost")
    brief = PlaybookBrief(id="PB-NET-01", version="1.0.0", title=title)
    begun = begun.model_copy(update={"playbooks": (brief,)})
    text = await draw(begun, size, language="en")
    assert "Measuring has begun" in text
    for too_much in ("% sure", "Nothing to do now", "Line lost"):
        assert too_much not in text
    later = begun.model_copy(update={"ts": begun.ts + timedelta(minutes=1)})
    assert "Open playbook «Line lost»" in await draw(later, size, language="en")
    general = brief.model_copy(update={"instead_of": "PB-NET-03"})
    told = await draw(later.model_copy(update={"playbooks": (general,)}), size, language="en")
    assert "Open «Line lost» to find" in told
    assert "PB-NET-03" not in told
    assert "Open playbook «Line lost»" not in told


@pytest.mark.parametrize("size", ["80x24", "120x40"])
async def test_faults_beside_the_verdict_s_are_listed_by_people_s_names(
    size: str, snapshots: Mapping[str, Snapshot], draw: Callable[..., Awaitable[str]]
) -> None:
    snapshot = snapshots["metronet"]
    assert snapshot.verdict is not None
    also = ("power/ups", "device/cam-26740-01")
    verdict = snapshot.verdict.model_copy(update={"also": also})
    text = await draw(snapshot.model_copy(update={"verdict": verdict}), size, language="en")
    assert "Other faults besides: Power: UPS, cam-26740-01" in text
    (first, *rest) = snapshot.incidents
    own = first.model_copy(update={"headline": Text(vi="UPS", en="CAM-26740-01 SILENT")})
    told = snapshot.model_copy(update={"verdict": verdict, "incidents": (own, *rest)})
    assert "besides: Power: UPS" in await draw(told, size, language="en")
    assert "UPS, cam" not in await draw(told, size, language="en")


@BOTH
@SIZES
async def test_announced_maintenance_stands_on_the_first_screen_with_its_end(
    size: str,
    language: str,
    snapshots: Mapping[str, Snapshot],
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    snapshot = snapshots["ok"]
    start = snapshot.ts - timedelta(minutes=10)
    window = MaintenanceWindow(
        id="BT-0001", ward="26740", device="ups-26740", start=start, reason="x", actor="local:it",
        end=start + timedelta(hours=2), is_open=True,
    )  # fmt: skip
    later = window.model_copy(update={"id": "BT-0002", "is_open": False})
    whole = window.model_copy(update={"id": "BT-0003", "device": None})
    windows = {"maintenance": (window, later, whole)}
    text = await draw(snapshot.model_copy(update=windows), size, language=language)
    assert "BT-0001" in text
    assert "BT-0003" in text
    assert "BT-0002" not in text
    golden(f"home-maintenance-{size}-{language}", text)


async def test_a_group_incident_stands_above_the_wards(
    snapshots: Mapping[str, Snapshot], draw: Callable[..., Awaitable[str]]
) -> None:
    snapshot = snapshots["metronet"]
    (first, *_) = snapshot.incidents
    said = Text(vi="9/9 đơn vị cùng mất đường truyền", en="9 of 9 units lost their lines together")
    common = first.model_copy(
        update={"id": "GỘP-2026-0001", "ward": "", "headline": said, "state": "open"}
    )
    several = snapshot.model_copy(update={"verdict": None, "incidents": (common, first)})
    text = await draw(several, "80x24", language="vi")
    assert "GỘP-0001 " in text
    assert "9/9 đơn vị cùng mất" in text
    over = common.model_copy(update={"state": "resolved"})
    ended = several.model_copy(update={"incidents": (over, first)})
    assert "GỘP" not in await draw(ended, "80x24", language="vi")


@BOTH
@SIZES
async def test_while_all_is_well_the_next_meeting_is_what_to_do(
    size: str,
    language: str,
    snapshots: Mapping[str, Snapshot],
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    snapshot = snapshots["ok"]
    start = snapshot.ts + timedelta(minutes=45)
    one = Meeting(
        id="H-1", code="45/TB-UBND", ward="26740", room="phong-hop-a", start=start, phase="t60",
        end=start + timedelta(hours=1), profile="hd-meeting",
    )  # fmt: skip
    over = one.model_copy(
        update={"id": "H-0", "code": "9/TB", "start": start - timedelta(hours=3),
                "end": start - timedelta(hours=1)}
    )  # fmt: skip
    later = one.model_copy(update={"id": "H-2", "code": "46/TB", "start": one.end})
    meetings = {"meetings": (over, one, later)}
    text = await draw(snapshot.model_copy(update=meetings), size, language=language)
    assert "45/TB-UBND" in text
    assert "9/TB" not in text
    assert "46/TB" not in text
    golden(f"home-meeting-{size}-{language}", text)
    running = one.model_copy(update={"start": snapshot.ts - timedelta(minutes=5)})
    text = await draw(snapshot.model_copy(update={"meetings": (running,)}), size, language=language)
    assert {"vi": "giữ yên", "en": "leave its gear"}[language] in " ".join(text.split())
    broken = snapshots["metronet"].model_copy(update=meetings)
    assert "45/TB-UBND" not in await draw(broken, size, language=language)
