"""A booked meeting as the ward lives through it: duty, phases, what everybody can read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.meetings.scribe import Scribe
from drills.listen import Ports

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.walks.conftest import Story

CODEC = "vc-26740-a"
ROOM = "phong-hop-a"
WARD = "26740"
SWITCH = "sw-26740-01"
WELL_EQUIPPED = Ports(snmp=1161, https=8443, http=9100, reach=9643, stamp=862, dns=53, ntp=123)


def on_meeting_duty(folder: Path) -> None:
    """The codec is expected to answer around meetings alone."""
    ward = folder / "wards" / "26740.yaml"
    ward.write_text(ward.read_text(encoding="utf-8").replace("duty: always", "duty: meeting"))


async def booked(story: Story, in_min: float, minutes: int = 60, **more: Any) -> dict[str, Any]:
    """Book the room; the answer of the command."""
    start = story.clock.now() + timedelta(minutes=in_min)
    said: dict[str, Any] = await story.do(
        "meeting_add", code="123/TB-UBND", room=ROOM, start=start.isoformat(), minutes=minutes,
        **more,
    )  # fmt: skip
    return said


def test_a_codec_off_is_a_finding_before_its_meeting_and_none_without(
    tell: Callable[..., None],
) -> None:
    """Switched off: nothing, until 45 minutes before a meeting; called off, nothing again."""

    async def plot(story: Story) -> None:
        story.fault("power_off", CODEC)
        await story.clock.sleep(120)
        assert (await story.states())[CODEC] == "off_duty"
        said = await booked(story, 49)
        assert said["accepted"], said
        await story.clock.sleep(180)
        assert (await story.states())[CODEC] == "off_duty"
        assert await story.incidents() == []
        await story.clock.sleep(330)
        assert (await story.states())[CODEC] == "down"
        assert (await story.verdict())["state"] == "degraded"
        assert (await story.do("meeting_remove", meeting=said["result"]["meeting"]))["accepted"]
        await story.clock.sleep(90)
        assert (await story.states())[CODEC] == "off_duty"

    tell(plot, amend=on_meeting_duty)


def test_everybody_reads_the_next_meeting_and_each_phase_is_said_once(
    tell: Callable[..., None],
) -> None:
    async def plot(story: Story) -> None:
        await story.clock.sleep(60)
        said = await booked(story, 10.5, 2, join="dial_out")
        number = said["result"]["meeting"]
        (shown,) = (await story.get("/snapshot"))["meetings"]
        assert (shown["id"], shown["room"], shown["phase"]) == (number, ROOM, "t30")
        await story.clock.sleep(13 * 60 + 5)
        lines = [
            one.event.data["phase"] for one in story.agent.store.events(key=number)
            if one.event.kind == "meeting.phase"
        ]  # fmt: skip
        assert lines == ["t30", "t10", "running", "ended"]

    tell(plot)


def test_a_meeting_that_is_called_off_is_gone_for_everybody(tell: Callable[..., None]) -> None:
    async def plot(story: Story) -> None:
        await story.clock.sleep(60)
        await booked(story, 50)
        again = await booked(story, 50)
        assert (again["accepted"], again["code"]) == (False, "conflict")
        gone = await story.do("meeting_remove", meeting="123/TB-UBND")
        assert gone["accepted"], gone
        assert (await story.get("/snapshot"))["meetings"] == []
        refused = await story.do("meeting_add", code="Họp kín", room=ROOM, minutes=5)
        assert refused["code"] == "bad_request"
        assert "123/TB-UBND" in refused["message"]["vi"]

    tell(plot)


def _runs(story: Story, name: str, probe: str) -> int:
    return sum(story.agent.engine.runs((WARD, name), probe).runs.values())


def test_around_a_meeting_the_room_and_the_line_are_read_lightly_and_the_line_oftener(
    tell: Callable[..., None],
) -> None:
    """No table is walked from half an hour before to the end; then everything is as before."""
    watched = (
        ("gateway", "icmp"), (CODEC, "cisco-ce"), (SWITCH, "snmp-interfaces"),
        (SWITCH, "snmp-topology"), (SWITCH, "snmp-health"), ("ups-26740", "snmp-ups"),
    )  # fmt: skip

    async def counted(story: Story, seconds: float) -> dict[tuple[str, str], int]:
        before = {one: _runs(story, *one) for one in watched}
        await story.clock.sleep(seconds)
        return {one: _runs(story, *one) - before[one] for one in watched}

    async def plot(story: Story) -> None:
        await story.clock.sleep(60)
        usual = await counted(story, 300)
        assert [usual[one] for one in watched[:3]] == [10, 10, 10]
        assert usual[SWITCH, "snmp-health"] > 0
        await booked(story, 28, 2)
        await story.clock.sleep(15)
        during = await counted(story, 300)
        assert [during[one] for one in watched] == [30, 30, 10, 0, 0, usual[watched[5]]]
        asked = await story.do("probe_now", device=SWITCH)
        assert asked["accepted"], asked
        assert {"snmp-topology", "snmp-health"} <= set(asked["result"]["held"])
        await story.do("meeting_remove", meeting="123/TB-UBND")
        await story.clock.sleep(15)
        after = await counted(story, 300)
        assert [after[one] for one in watched[:3]] == [10, 10, 10]
        assert after[SWITCH, "snmp-health"] > 0

    tell(plot)


def test_a_lossy_line_is_an_incident_one_level_up_when_a_meeting_is_near(
    tell: Callable[..., None],
) -> None:
    """Degraded, work goes on: S3 on any day; a meeting in twenty minutes makes it S2."""

    async def plot(story: Story) -> None:
        await story.clock.sleep(60)
        await booked(story, 20, 30)
        story.fault("path_loss", "ce:wan", loss=0.2)
        (found,) = await story.within(400, lambda: story.incidents(is_open=True))
        assert (found["root"]["segment"], found["severity"]) == ("metronet", "S2")

    tell(plot, ports=WELL_EQUIPPED)


def test_a_meeting_leaves_a_record_of_each_minute_and_counts_the_good_ones(
    tell: Callable[..., None],
) -> None:
    """Two good minutes, then a line that loses a fifth: the record says when and how much."""

    async def plot(story: Story) -> None:
        await story.clock.sleep(60)
        number = (await booked(story, 1, 6))["result"]["meeting"]
        await story.clock.sleep(180)
        fault = story.fault("path_loss", "ce:wan", loss=0.2)
        await story.clock.sleep(120)
        live = (await story.get(f"/meetings/{number}"))["live"]
        assert live["grade"] == "poor"
        assert "mất gói" in live["text"]["vi"]
        story.mend(fault)
        await story.clock.sleep(150)
        found = await story.get(f"/meetings/{number}")
        assert (found["phase"], found["live"]) == ("ended", None)
        grades = [one["grade"] for one in found["minutes"]]
        assert len(grades) == 6
        assert grades[:2] == ["good", "good"]
        assert grades[3] == "poor"
        assert found["minutes"][3]["loss_round"] > 0.1
        assert found["minutes"][0]["loss_round"] < 0.02
        scrape = await story.metrics()
        good = 60 * grades.count("good")
        of = f'{{ward="26740",room="{ROOM}"}}'
        assert f"wardops_meeting_seconds_total{of} 360" in scrape
        assert f"wardops_meeting_good_seconds_total{of} {good}" in scrape
        assert "wardops_meeting_starts_in_seconds{" not in scrape
        again = Scribe(story.agent.usher.shelf, story.agent.engine, story.clock)
        assert again.seconds == story.agent.scribe.seconds  # as after a restart
        old = await story.get("/meetings?from=2026-11-23T00:00:00Z&to=2026-11-24T00:00:00Z")
        assert [one["id"] for one in old["items"]] == [number]

    tell(plot, ports=WELL_EQUIPPED)


CANARY = "KÍN-Canary-ông-Văn-A"
SECRET_CALENDAR = f"""\
BEGIN:VCALENDAR
BEGIN:VEVENT
UID:{CANARY}@uid
DTSTART:20261123T080000
DTEND:20261123T090000
SUMMARY:{CANARY} 45/TB-UBND
DESCRIPTION:https://mcu.example/{CANARY}
ORGANIZER;CN={CANARY}:mailto:{CANARY}@x.vn
ATTENDEE;CN={CANARY}:mailto:{CANARY}@x.vn
URL:https://{CANARY}.example/
LOCATION:Phòng họp A\\, {CANARY}
END:VEVENT
BEGIN:VEVENT
UID:{CANARY}-2@uid
DTSTART;TZID={CANARY}:20261123T080000
SUMMARY:{CANARY}
LOCATION:{CANARY}
END:VEVENT
END:VCALENDAR
"""


def with_calendar(folder: Path) -> None:
    """A drop folder of calendar files, one of them named after its meeting."""
    (folder / "lich").mkdir()
    (folder / "lich" / f"{CANARY}.ics").write_text(SECRET_CALENDAR, encoding="utf-8")
    (folder / "meetings.yaml").write_text(
        "schema: wardops/meetings/1\ncalendars: [{id: ubnd, file: lich, every_min: 1}]\n",
        encoding="utf-8",
    )


def test_nothing_of_a_calendars_texts_is_stored_logged_or_told(
    tell: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    """Nor of a hostile one's, nor the names of files; and a lost calendar keeps what it said."""

    async def everything(story: Story) -> str:
        paths = ("/snapshot", "/meetings", "/meetings?from=2026-01-01T00:00:00Z", "/incidents")
        said = [str(await story.get(path)) for path in paths]
        kept = [
            file.read_bytes().decode("utf-8", "replace")
            for file in story.agent.plan.state.rglob("*") if file.is_file()
        ]  # fmt: skip
        return "\n".join([*said, *kept, await story.metrics(), caplog.text])

    async def plot(story: Story) -> None:
        lich = Path(story.agent.plan.inventory.folder) / "lich"

        async def read() -> Any:
            found = await story.get("/meetings")
            return found if found["items"] and found["calendars"][0]["read_at"] else None

        # files are read in a thread, for which virtual time does not wait
        (shown,) = (await story.within(600, read))["items"]
        assert (shown["room"], shown["start"]) == (ROOM, "2026-11-23T01:00:00.000Z")
        assert shown["code"].startswith("L-")
        assert "Canary" not in await everything(story)
        (lich / f"{CANARY}.ics").write_text(f"BEGIN:VCALENDAR\n{CANARY}\n", encoding="utf-8")

        async def lost() -> Any:
            found = await story.get("/meetings")
            return found if found["calendars"][0]["problem"] else None

        found = await story.within(1200, lost)
        (calendar,) = found["calendars"]
        assert [one["id"] for one in found["items"]] == [shown["id"]]
        assert calendar["problem"]["en"].startswith("lich/1.ics:2:1")
        assert calendar["age_s"] > 0
        assert "calendar lost name=ubnd" in caplog.text
        assert "Canary" not in await everything(story)

    tell(plot, amend=with_calendar)


def test_joins_drops_and_calls_that_rang_in_vain_are_counted(tell: Callable[..., None]) -> None:
    """In, out, in again while a meeting runs; a call that nobody took has failed."""

    async def plot(story: Story) -> None:
        await story.clock.sleep(60)
        number = (await booked(story, 1, 3))["result"]["meeting"]
        await story.clock.sleep(62)
        seen = story.agent.engine.cases[WARD].watch.board.last_good((WARD, CODEC), "cisco-ce")
        assert seen is not None
        assert seen.reading.vc is not None
        for changes in (
            {"in_call": True}, {"in_call": None}, {"in_call": False},
            {"in_call": False, "ringing": True}, {"in_call": False, "ringing": False},
            {"ringing": True}, {"in_call": True, "ringing": False}, {"in_call": False},
        ):  # fmt: skip
            said = replace(seen.reading.vc, **changes)
            story.agent.scribe.take(replace(seen, reading=replace(seen.reading, vc=said)))
        await story.clock.sleep(65)
        (minute, *_) = (await story.get(f"/meetings/{number}"))["minutes"]
        assert (minute["joins"], minute["drops"]) == (2, 2)
        scrape = await story.metrics()
        of = f'ward="26740",device="{CODEC}"'
        assert f'wardops_vc_calls_total{{{of},result="ok"}} 2' in scrape
        assert f'wardops_vc_calls_total{{{of},result="failed"}} 1' in scrape
        assert f'wardops_meeting_starts_in_seconds{{ward="26740",room="{ROOM}"}} -' in scrape

    tell(plot)


def test_an_import_replaces_what_was_imported_by_that_name_and_is_whole_or_refused(
    tell: Callable[..., None],
) -> None:
    async def plot(story: Story) -> None:
        await story.clock.sleep(5)
        start = story.clock.now() + timedelta(hours=3)

        def said(code: str, minutes: int = 60) -> dict[str, Any]:
            return {"code": code, "room": ROOM, "start": start.isoformat(), "minutes": minutes}

        async def codes() -> list[str]:
            return [one["code"] for one in (await story.get("/snapshot"))["meetings"]]

        first = await story.do("meeting_import", calendar="a", meetings=[said("1"), said("2")])
        assert first["result"] == {"calendar": "a", "added": 2, "moved": 0, "removed": 0}
        for wrong in ([said("3"), said("4", 3000)], [said("3"), {"code": "5"}], "x"):
            refused = await story.do("meeting_import", calendar="a", meetings=wrong)
            assert not refused["accepted"], refused
            assert sorted(await codes()) == ["1", "2"]
        again = await story.do("meeting_import", calendar="a", meetings=[said("2", 90)])
        assert again["result"] == {"calendar": "a", "added": 0, "moved": 1, "removed": 1}
        assert await codes() == ["2"]

    tell(plot)
