"""The device screen: ports, values and their ages, and never more than was measured."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from agent import wire
from inventory.text import cells
from tui.legend import mark_of
from tui.lines import text as text_of
from tui.screens.device import DeviceScreen
from tui.text import Words
from tui.view_device import (
    Closer,
    age_line,
    device_mark,
    fact_lines,
    heading,
    value_text,
)
from tui.view_ports import faceplate, port_lines, port_mark, sockets, uplink_lines

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from textual.pilot import Pilot

    from tui.view import Showing


DATA = Path(__file__).parent / "__data__" / "device"
SWITCH, UPS = "sw-26740-01", "ups-26740"


def detail(name: str) -> wire.DeviceDetail:
    """What a simulated ward's agent said of one device."""
    return wire.DeviceDetail.model_validate_json((DATA / f"{name}.json").read_bytes())


def ports() -> tuple[wire.Interface, ...]:
    """The ports of the switch."""
    found = json.loads((DATA / "ports.json").read_bytes())
    return tuple(wire.Interface.model_validate(one) for one in found)


def looked_at(name: str, *keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Opens the screen on a device, gives it what the agent would answer, presses keys."""

    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("f3")
        await pilot.pause()
        screen = pilot.app.screen
        assert isinstance(screen, DeviceScreen)
        while screen.chosen != name:
            await pilot.press("down")
        screen.take(name, (detail(name), ports() if name == SWITCH else ()))
        await pilot.press(*keys)
        await pilot.pause()

    return act


HEALTH = {
    "wardops_cpu_ratio{cpu 1}": (0.12, "ratio"),
    "wardops_memory_used_ratio{Processor}": (0.41, "ratio"),
    "wardops_sensor_temperature_celsius{Board}": (41.0, "celsius"),
    "wardops_sensor_ok{Board,other}": (1.0, ""),
    "wardops_sensor_ok{Fan 1,fan}": (1.0, ""),
    "wardops_sensor_ok{PSU 1,psu}": (0.0, ""),
    "wardops_poe_budget_watts": (185.0, "watts"),
    "wardops_poe_used_watts": (18.0, "watts"),
}


def healthy(left_out: str = "nothing") -> tuple[wire.DeviceDetail, tuple[wire.Interface, ...]]:
    """The switch with its health and neighbours told, without the values so named."""
    found = detail(SWITCH)
    run = next(one for one in found.observations if one.source == "snmp-interfaces")
    facts = {
        name: run.model_copy(update={"value": value, "unit": unit})
        for name, (value, unit) in HEALTH.items()
        if left_out not in name
    }
    asked = run.model_copy(update={"source": "snmp-health"})
    told = found.model_copy(update={"facts": facts, "observations": (*found.observations, asked)})
    *most, last = ports()
    return told, (*most, last.model_copy(update={"neighbor": "ce-26740 lan"}))


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("size", ["80x24", "120x40"])
async def test_the_health_of_a_switch_fits_above_its_ports(
    size: str,
    language: str,
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await looked_at(SWITCH)(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, DeviceScreen)
        screen.take(SWITCH, healthy())
        await pilot.press("enter", *["right"] * 11, "down")
        await pilot.pause()

    drawn = await draw("ok", size, act, language=language)
    golden(f"device-health-{size}-{language}", drawn)
    assert "ce-26740 lan" in drawn
    assert "PSU 1" in drawn


def test_what_a_device_does_not_tell_of_its_health_is_said(
    snapshots: Mapping[str, wire.Snapshot], showing_of: Callable[..., Showing]
) -> None:
    device = next(one for one in snapshots["ok"].devices if one.name == SWITCH)
    closer = Closer(device, mark_of("ok"), healthy("temperature")[0])
    *_, last = fact_lines(closer, 80, showing_of(snapshots["ok"]))
    assert text_of(last).strip() == "? temperature: no figures"


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("size", ["80x24", "120x40"])
@pytest.mark.parametrize(
    ("name", "keys"), [(SWITCH, ("enter", "right", "down")), (UPS, ("enter",)), (SWITCH, ())]
)
async def test_the_device_screen_looks_as_it_should(
    name: str,
    keys: tuple[str, ...],
    size: str,
    language: str,
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    text = await draw("ok", size, looked_at(name, *keys), language=language)
    form = "close" if keys else "list"
    golden(f"device-{name.partition('-')[0]}-{form}-{size}-{language}", text)


async def test_ports_that_were_read_long_ago_are_all_unknown(
    draw: Callable[..., Awaitable[str]],
    golden: Callable[[str, str], None],
) -> None:
    text = await draw("ok", "80x24", looked_at(SWITCH, "enter"), language="vi", silent_s=40.0)
    golden("device-silent-80x24-vi", text)


async def test_esc_goes_from_the_device_to_the_list_and_home(
    draw: Callable[..., Awaitable[str]],
) -> None:
    close = await draw("ok", "80x24", looked_at(SWITCH, "enter"))
    listed = await draw("ok", "80x24", looked_at(SWITCH, "enter", "escape"))
    home = await draw("ok", "80x24", looked_at(SWITCH, "enter", "escape", "escape"))
    assert "Gi1/0/1 " in close
    assert "Gi1/0/1 " not in listed
    assert "vc-26740-a" in listed
    assert home == await draw("ok", "80x24")


async def test_the_letter_of_an_input_method_opens_devices_too(
    draw: Callable[..., Awaitable[str]],
) -> None:
    async def act(pilot: Pilot[None]) -> None:
        await pilot.press("d", "backspace", "đ", "ư")
        await pilot.pause()
        assert isinstance(pilot.app.screen, DeviceScreen)

    await draw("ok", "80x24", act)


def test_a_device_that_is_held_is_unknown_even_if_it_is_said_to_be_down(
    snapshots: Mapping[str, wire.Snapshot], showing_of: Callable[..., Showing]
) -> None:
    showing = showing_of(snapshots["metronet"])
    machine = next(one for one in snapshots["metronet"].devices if one.held_by is not None)
    for state in ("down", "ok", "unreachable"):
        said = machine.model_copy(update={"state": state})
        assert device_mark(said, frozenset({"gateway"}), showing).tone == "unknown"


def test_what_a_device_waits_for_is_called_as_people_call_it(
    snapshots: Mapping[str, wire.Snapshot], showing_of: Callable[..., Showing]
) -> None:
    snapshot = snapshots["metronet"]
    machine = next(one for one in snapshot.devices if one.held_by == "gateway")
    said = text_of(heading(Closer(machine, mark_of("unreachable")), showing_of(snapshot, "vi")))
    assert "cổng TT" in said
    assert "gateway" not in said


@pytest.mark.parametrize(
    ("fields", "glyph"),
    [
        ({"admin": "up", "oper": "up"}, "●"),
        ({"admin": "up", "oper": "up", "in_err_rate": 0.5}, "▲"),
        ({"admin": "up", "oper": "down"}, "○"),
        ({"admin": "up", "oper": "down", "uplink": True}, "×"),
        ({"admin": "down", "oper": "down", "uplink": True}, "○"),
        ({"admin": None, "oper": None}, "?"),
        ({"admin": "up", "oper": "unknown", "uplink": True}, "?"),
    ],
)
def test_a_port_is_lost_only_when_it_is_an_uplink_without_signal(
    fields: dict[str, Any], glyph: str
) -> None:
    port = wire.Interface.model_validate({"port_id": "p", "ifIndex": 1, "ifName": "1", **fields})
    assert port_mark(port, "live").glyph == glyph
    assert port_mark(port, "stale").glyph == "~"
    assert port_mark(port, "unknown").glyph == "?"


def test_sockets_stand_in_the_order_of_their_numbers(
    snapshots: Mapping[str, wire.Snapshot], showing_of: Callable[..., Showing]
) -> None:
    snapshot = snapshots["ok"]
    showing = showing_of(snapshot)
    device = snapshot.devices[0]
    mixed = (*reversed(ports()), wire.Interface(port_id="v", ifIndex=1, ifName="Vlan10"))
    closer = Closer(device, device_mark(device, frozenset(), showing), detail(SWITCH), mixed)
    assert [one.number for one in sockets(closer, showing)] == list(range(1, 25))


def test_values_read_with_their_unit_and_the_decimal_sign_of_the_language() -> None:
    def one(value: float, unit: str) -> wire.Observation:
        fact = next(iter(detail(UPS).facts.values()))
        return fact.model_copy(update={"value": value, "unit": unit})

    said = [value_text(one(*pair), Words("vi")) for pair in (
        (0.42, "ratio"), (1800.0, "seconds"), (-0.9, "seconds"), (54.0, "volts"), (1.0, ""),
        (3 * 2.0**30, "bytes"), (2.5, ""),
    )]  # fmt: skip
    assert said == ["42%", "30ph00s", "-0,9 s", "54,0 V", "có", "3,0 GB", "2,50"]


def test_a_battery_in_use_is_a_warning(
    snapshots: Mapping[str, wire.Snapshot], showing_of: Callable[..., Showing]
) -> None:
    showing = showing_of(snapshots["ok"])
    device = next(one for one in snapshots["ok"].devices if one.name == UPS)
    ups = detail(UPS)
    on = {"wardops_ups_on_battery": next(iter(ups.facts.values())).model_copy(
        update={"value": 1.0, "unit": ""})}  # fmt: skip
    closer = Closer(device, device_mark(device, frozenset(), showing),
                    ups.model_copy(update={"facts": on}))  # fmt: skip
    (row,) = fact_lines(closer, 80, showing)
    assert any(span.tone == "degraded" and span.text == "▲" for span in row)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_certificate_that_is_not_checked_is_said_beside_the_name(
    snapshots: Mapping[str, wire.Snapshot],
    showing_of: Callable[..., Showing],
    language: Literal["vi", "en"],
) -> None:
    showing = replace(showing_of(snapshots["ok"]), words=Words(language))
    device = snapshots["ok"].devices[0]
    told = [
        text_of(heading(Closer(one, mark_of("ok")), showing))
        for one in (device, device.model_copy(update={"insecure": True}))
    ]
    said = {"vi": "không kiểm tra chứng thư", "en": "certificate not checked"}[language]
    assert [said in head for head in told] == [False, True]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_machine_that_its_host_has_off_says_so_beside_the_name(
    snapshots: Mapping[str, wire.Snapshot],
    showing_of: Callable[..., Showing],
    language: Literal["vi", "en"],
) -> None:
    showing = replace(showing_of(snapshots["ok"]), words=Words(language))
    device = snapshots["ok"].devices[0]
    told = [
        text_of(heading(Closer(one, mark_of("down")), showing))
        for power in (None, "on", "off", "suspended")
        for one in [device.model_copy(update={"power": power, "power_by": "pve-1"})]
    ]
    assert ["pve-1" in head for head in told] == [False, False, True, True]
    assert {"vi": "tắt theo pve-1", "en": "off by the word of pve-1"}[language] in told[2]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("vi", "node-exporter: máy có, dịch vụ tắt,"),
        ("en", "node-exporter: host is up, service is"),
    ],
)
def test_what_failed_is_said_first_in_words_and_what_has_no_room_is_counted(
    snapshots: Mapping[str, wire.Snapshot], showing_of: Callable[..., Showing],
    language: Literal["vi", "en"], said: str,
) -> None:  # fmt: skip
    showing = replace(showing_of(snapshots["ok"]), words=Words(language))
    known, _ = healthy()
    good = known.observations[0]
    failed = [
        good.model_copy(update={"source": name, "reason": reason})
        for name, reason in (("node-exporter", "refused"), ("vm-ssh", "forbidden"))
    ]
    many = known.model_copy(update={"observations": (*known.observations, *failed)})
    shown = text_of(age_line(Closer(snapshots["ok"].devices[0], mark_of("ok"), many), 80, showing))
    assert cells(shown) <= 80
    assert said in shown
    assert f"+{len(many.observations) - shown.count('●') - shown.count('▲')}" in shown


def test_values_of_a_part_or_a_stream_are_called_by_their_names(
    snapshots: Mapping[str, wire.Snapshot], showing_of: Callable[..., Showing]
) -> None:
    snapshot = snapshots["ok"]
    device = next(one for one in snapshot.devices if one.name == UPS)
    fact = next(iter(detail(UPS).facts.values()))
    values = {
        "wardops_vc_registered{sip}": (0.0, ""),
        "wardops_vm_filesystem_avail_ratio{/var}": (0.62, "ratio"),
        "wardops_vc_media_loss_ratio{rx,main}": (0.004, "ratio"),
        "wardops_vc_media_jitter_seconds{tx,audio}": (0.012, "seconds"),
        "wardops_vc_media_loss_ratio{rx,smell}": (0.5, "ratio"),
        "wardops_no_such_thing{x}": (1.0, ""),
    }
    facts = {
        name: fact.model_copy(update={"value": value, "unit": unit, "ts": snapshot.ts})
        for name, (value, unit) in values.items()
    }
    closer = Closer(device, mark_of("ok"), detail(UPS).model_copy(update={"facts": facts}))
    said = "".join(text_of(row) for row in fact_lines(closer, 100, showing_of(snapshot)))
    streams = "Jitter sound out 12 ms Loss video in 0.4%"
    assert " ".join(said.split()) == f"{streams} Registered SIP ▲ no Disk /var free 62%"


def test_a_switch_shows_its_sockets_and_its_uplink_s_traffic_before_a_port_is_chosen(
    snapshots: Mapping[str, wire.Snapshot], showing_of: Callable[..., Showing]
) -> None:
    snapshot = snapshots["ok"]
    device = next(one for one in snapshot.devices if one.name == SWITCH)
    read = detail(SWITCH)
    busy = tuple(
        port.model_copy(update={"in_bps": 12.4e6, "out_bps": 3.1e6, "rate_trusted": port.uplink})
        for port in ports()
    )
    closer = Closer(device, mark_of("ok"), read, busy)
    showing = showing_of(snapshot)
    plate = sockets(closer, showing)
    drawn = "".join(text_of(row) for row in faceplate(plate, -1, showing))
    assert sum(drawn.count(mark) for mark in "●○▲×?") == len(plate)
    uplink = "".join(text_of(row) for row in uplink_lines(closer, showing))
    assert "12.4" in uplink
    other = next(one for one in busy if not one.uplink)
    assert "12.4" not in "".join(text_of(row) for row in port_lines(other, closer, showing))
