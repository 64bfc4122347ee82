"""What is wrong with a simulated room, the real probe reads from it; in every software's shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from drills import cable, faults
from drills.faces.xapi.web import USER
from inventory.access import HttpsAccess
from inventory.credentials import Secret
from probes.clock import run_virtual
from probes.model import Reason, Target
from probes.run import observe
from probes.snmp import ber
from probes.vc import cisco_ce

if TYPE_CHECKING:
    from collections.abc import Callable

    from drills.world import World
    from probes.clock import ManualClock
    from probes.model import Observation
    from probes.vc.status import VcStatus
    from tests.drills.conftest import Snmp

ADDRESS = "127.16.0.30"
FAMILIES = ("ce", "tc", "roomos")


@pytest.fixture
def look(world: World, clock: ManualClock) -> Callable[..., Observation]:
    """What the probe of Cisco endpoints makes of the room now."""
    access = HttpsAccess.model_validate({"auth": "file:vc.yaml", "ca": "ca.pem"})
    target = Target(
        ward="26740", name="vc-26740-a", kind="cisco_ce", role="vc", host=ADDRESS, https=access
    )

    def looked() -> Observation:
        async def asked() -> Observation:
            ways = cable.transports(world, "ward:26740")
            login = Secret(f"user: {USER}\npassword: {world.api_password}\n")
            deadline = clock.monotonic() + 10
            try:
                return await observe(
                    target, cisco_ce.PROBE, ways, clock, deadline, lambda _ref: login
                )
            finally:
                ways.snmp.close()

        found: Observation = run_virtual(asked(), clock)
        return found

    return looked


def told(observation: Observation) -> VcStatus:
    """The status that an endpoint told."""
    assert observation.reason is Reason.OK
    assert observation.reading.vc is not None
    return observation.reading.vc


def parts(vc: VcStatus) -> dict[str, bool]:
    """What is plugged in, by its kind."""
    return {kind: connected for kind, _name, connected in vc.peripherals}


WELL: dict[str, Any] = {
    "sip_registered": True, "in_call": False, "ringing": False, "standby": False,
    "mic_muted": False, "video_muted": False, "volume_ratio": 0.5, "clock_synced": True,
    "full_duplex": True, "port_bps": 1e9, "calls": 0, "media": (), "diagnostics": (),
}  # fmt: skip


def seen(vc: VcStatus) -> dict[str, Any]:
    """The part of the status that the states of a room differ in; messages that say so are left."""
    found = {name: getattr(vc, name) for name in WELL}
    bad = tuple(one for one in vc.diagnostics if one[0] != "ok")
    return {**found, "diagnostics": bad} | {
        f"{kind}_in": is_in for kind, is_in in parts(vc).items()
    }


ALL_IN = {"microphone_in": True, "camera_in": True, "display_in": True}

SYMPTOMS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("vc_muted", {}, {"mic_muted": True}),
    ("vc_mic_unplugged", {}, {"microphone_in": False}),
    ("vc_camera_unplugged", {}, {"camera_in": False}),
    ("vc_display_off", {}, {"display_in": False}),
    ("vc_standby", {}, {"standby": True}),
    ("vc_unregistered", {}, {"sip_registered": False}),
    ("vc_unregistered", {"registrar": True}, {"sip_registered": False}),
    ("vc_ntp_unsynced", {}, {"clock_synced": False}),
    ("vc_ringing", {}, {"ringing": True}),
    ("vc_half_duplex", {}, {"full_duplex": False, "port_bps": 1e7}),
    ("vc_half_duplex", {"mode": "10full"}, {"port_bps": 1e7}),
    ("vc_critical", {}, {"diagnostics": (("critical", "FanStopped"),)}),
    ("vc_critical", {"level": "warning"}, {"diagnostics": (("warning", "NTPStatus"),)}),
    # A microphone's own switch is told by no status: only the far end hears that nothing comes.
    ("vc_muted", {"hardware": True}, {}),
]


def test_a_room_that_is_well_reads_so(look: Callable[..., Observation]) -> None:
    found = told(look())
    assert seen(found) == WELL | ALL_IN
    assert found.has_diagnostics
    assert abs(found.clock_offset_s or 0) < 1.1


@pytest.mark.parametrize(("name", "params", "symptom"), SYMPTOMS)
def test_the_probe_reads_just_what_a_state_changes(
    world: World,
    look: Callable[..., Observation],
    name: str,
    params: dict[str, Any],
    symptom: dict[str, Any],
) -> None:
    state = faults.apply(world, name, "vc", params)
    assert seen(told(look())) == WELL | ALL_IN | symptom
    faults.clear(world, state)
    assert seen(told(look())) == WELL | ALL_IN


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("vc_busy", Reason.BUSY),
        ("vc_login_page", Reason.PROTOCOL),
        ("vc_cert_expired", Reason.TLS_EXPIRED),
        ("power_off", Reason.TIMEOUT),
    ],
)
def test_a_room_that_does_not_answer_has_a_reason_and_tells_nothing(
    world: World, look: Callable[..., Observation], name: str, reason: Reason
) -> None:
    state = faults.apply(world, name, "vc")
    silent = look()
    assert silent.reason is reason
    assert silent.reading.vc is None
    faults.clear(world, state)
    assert told(look()).sip_registered is True


@pytest.mark.parametrize("seconds", [-90.0, 1800.0, -1.5e9])
def test_a_wrong_clock_is_read_as_its_offset_and_a_wrong_zone_is_not_one(
    world: World, look: Callable[..., Observation], seconds: float
) -> None:
    wrong = faults.apply(world, "vc_wrong_clock", "", {"seconds": seconds})
    assert told(look()).clock_offset_s == pytest.approx(seconds, abs=1.1)
    faults.clear(world, wrong)
    faults.apply(world, "vc_wrong_clock", "", {"zone_min": 0})
    assert told(look()).clock_offset_s == pytest.approx(0, abs=1.1)


@pytest.mark.parametrize("family", FAMILIES)
def test_each_software_is_read_and_what_its_tree_lacks_is_unknown(
    world: World, look: Callable[..., Observation], family: str
) -> None:
    faults.apply(world, "vc_firmware", "", {"family": family})
    observation = look()
    vc = told(observation)
    has_sip = family != "roomos"  # registered to the cloud: neither SIP nor H.323 in its tree
    assert vc.sip_registered is (True if has_sip else None)
    assert vc.h323_registered is None
    assert (vc.temperature_celsius is not None) == has_sip
    assert observation.reading.identity is not None
    assert observation.reading.identity.os == family
    assert parts(vc) == {"microphone": True, "camera": True, "display": True}
    faults.apply(world, "vc_standby")
    assert told(look()).standby is True
    faults.apply(world, "vc_camera_unplugged")
    assert parts(told(look()))["camera"] is False


@pytest.mark.parametrize("family", FAMILIES)
def test_a_call_and_its_media_are_read_in_each_software(
    world: World, clock: ManualClock, look: Callable[..., Observation], family: str
) -> None:
    faults.apply(world, "vc_firmware", "", {"family": family})
    faults.apply(world, "vc_standby")
    faults.apply(world, "vc_in_call")
    clock.move(60)
    vc = told(look())
    assert (vc.in_call, vc.calls, vc.ringing, vc.standby) == (True, 1, False, False)
    (call,) = vc.live_calls
    assert (call.status, call.protocol, call.encrypted) == ("Connected", "sip", True)
    assert call.duration_s == pytest.approx(60, abs=1)
    streams = {(one.dir, one.media): one for one in vc.media}
    assert set(streams) == {("tx", "audio"), ("tx", "main"), ("rx", "audio"), ("rx", "main")}
    assert all(one.loss_ratio == 0 for one in streams.values())
    assert all(0 < (one.jitter_s or 0) < 0.005 for one in streams.values())
    if family != "tc":
        assert (streams["rx", "main"].height_px, streams["rx", "main"].fps) == (1080, 30)
    faults.apply(world, "one_way_loss", "pe-1:26740", {"loss": 0.08})
    clock.move(30)
    streams = {(one.dir, one.media): one for one in told(look()).media}
    assert streams["rx", "audio"].loss_ratio == pytest.approx(0.08, abs=0.005)
    assert streams["rx", "main"].loss_ratio == pytest.approx(0.08, abs=0.005)
    assert streams["tx", "audio"].loss_ratio == 0


def test_the_switch_too_sees_a_slow_socket_and_counts_what_comes_broken(
    world: World, clock: ManualClock, ask: Snmp
) -> None:
    near = world.topology.at_port["vc-26740-a:eth0"].far_end("vc-26740-a:eth0")
    port, core = world.topology.port(near), world.topology.device("26740", "core")
    assert port is not None

    def figures() -> list[object]:
        oids = (f"1.3.6.1.2.1.31.1.1.1.15.{port.index}", f"1.3.6.1.2.1.2.2.1.14.{port.index}")
        answer = ask(core, ber.GET, *oids)
        assert answer is not None
        return [varbind.value for varbind in answer.varbinds]

    assert figures() == [1000, 0]
    slow = faults.apply(world, "vc_half_duplex")
    clock.move(600)
    speed, broken = figures()
    assert speed == 10
    assert isinstance(broken, int)
    assert broken > 0
    faults.clear(world, slow)
    assert figures() == [1000, broken]
