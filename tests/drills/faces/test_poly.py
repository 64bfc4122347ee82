"""The simulated Poly endpoint in a world: our own probe reads it, its media follow the line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import pytest

from drills import faults
from drills.cable import CableHttp, CableTcp
from drills.faces.poly import MOST_SESSIONS, Desk
from drills.topology import ROOMS, ward_standard
from drills.world import World
from inventory.access import HttpsAccess
from inventory.credentials import Secret
from probes.clock import ManualClock, run_virtual
from probes.model import Memory, Observation, Reason, Target
from probes.run import observe
from probes.transports.fake import FakeEcho
from probes.transports.model import Transports
from probes.vc.poly import PROBE

if TYPE_CHECKING:
    from probes.vc.status import VcStatus

CODE = "26740"
VC = f"vc-{CODE}-a"
# On the way from the centre into the ward, and out of it.
INWARD, OUTWARD = "pe-1:26740", "ce:wan"


@dataclass
class Scene:
    """A ward with a Poly endpoint, asked from its own host."""

    room: str
    clock: ManualClock = field(default_factory=ManualClock)
    memory: Memory = field(default_factory=Memory)

    def __post_init__(self) -> None:
        self.world = World(ward_standard((CODE,), self.room), 1, self.clock)
        asker = f"ward:{CODE}"
        closed: Any = None
        self.transports = Transports(
            snmp=closed, http=CableHttp(self.world, asker), echo=FakeEcho({}),
            tcp=CableTcp(self.world, asker),
        )  # fmt: skip

    def poll(self) -> Observation:
        """One poll, a minute after the last one."""
        self.clock.move(60)
        node = self.world.topology.nodes[VC]
        target = Target(
            ward=CODE, name=VC, kind=self.room, role="vc", host=node.address,
            https=HttpsAccess(auth="env:VC"),
        )  # fmt: skip
        secret = Secret(f"wardops:{self.world.api_password}")

        async def asked() -> Observation:
            deadline = self.clock.monotonic() + 15
            return await observe(
                target, PROBE, self.transports, self.clock, deadline, lambda _ref: secret,
                memory=self.memory,
            )  # fmt: skip

        seen: Observation = run_virtual(asked(), self.clock)
        return seen

    def told(self) -> VcStatus:
        """What a good poll says."""
        seen = self.poll()
        assert seen.reason is Reason.OK, seen.detail
        assert seen.reading.vc is not None
        return seen.reading.vc

    @property
    def desk(self) -> Desk:
        """The endpoint's sessions."""
        found: Desk = self.world.desks[VC]
        return found


@pytest.fixture(params=ROOMS[1:])
def scene(request: pytest.FixtureRequest) -> Scene:
    return Scene(request.param)


def test_a_well_endpoint_is_registered_awake_and_idle(scene: Scene) -> None:
    vc = scene.told()
    assert (vc.sip_registered, vc.h323_registered, vc.in_call, vc.ringing) == (
        True, None, False, False,
    )  # fmt: skip
    assert (vc.standby, vc.mic_muted, vc.clock_synced, vc.full_duplex) == (False, False, True, True)
    assert abs(vc.clock_offset_s or 0) < 1
    assert (scene.desk.opened, len(scene.desk.open)) == (1, 0)


@pytest.mark.parametrize(("where", "hit"), [(INWARD, "rx"), (OUTWARD, "tx")])
def test_media_of_a_call_follow_the_line_by_direction(
    scene: Scene, where: str, hit: Literal["tx", "rx"]
) -> None:
    faults.apply(scene.world, "vc_in_call")
    well = scene.told()
    assert (well.in_call, well.calls) == (True, 1)
    assert {stream.loss_ratio for stream in well.media} == {0}
    faults.apply(scene.world, "one_way_loss", where, {"loss": 0.05})
    losses = {(s.dir, s.media): s.loss_ratio or 0 for s in scene.told().media}
    assert {way for way, loss in losses.items() if loss} == {(hit, "audio"), (hit, "main")}
    assert losses[hit, "main"] == pytest.approx(0.05, abs=0.01)


@pytest.mark.parametrize(
    ("fact", "value", "told"),
    [
        ("mute", "on", {"mic_muted": True}),
        ("standby", True, {"standby": True}),
        ("account", "wrong_password", {"sip_registered": False}),
        ("time", "unsynchronised", {"clock_synced": False}),
        ("call", "ringing", {"ringing": True, "in_call": False}),
        ("diagnosis", "warning", {"diagnostics": (("warning", "RebootNeeded"),)}),
    ],
)
def test_a_state_of_the_room_is_told(
    scene: Scene, fact: str, value: object, told: dict[str, object]
) -> None:
    scene.world.change(fact, VC, value, who="test", source="inject")
    vc = scene.told()
    assert {name: getattr(vc, name) for name in told} == told


def test_a_camera_that_is_pulled_out_is_missed_and_one_that_never_was_is_not(scene: Scene) -> None:
    scene.world.change("camera", VC, False, who="test", source="inject")
    assert not [kind for kind, _name, _on in scene.told().peripherals if kind == "camera"]
    scene.world.change("camera", VC, True, who="test", source="inject")
    assert ("camera", "1", True) in scene.told().peripherals
    scene.world.change("camera", VC, False, who="test", source="inject")
    assert ("camera", "1", False) in scene.told().peripherals


@pytest.mark.parametrize(("api", "reason"), [("login_page", "protocol"), ("busy", "busy")])
def test_a_closed_api_has_its_reason(scene: Scene, api: str, reason: str) -> None:
    scene.world.change("api", VC, api, who="test", source="inject")
    assert str(scene.poll().reason) == reason


def test_sessions_of_others_fill_the_desk(scene: Scene) -> None:
    scene.told()
    scene.desk.open |= {f"SIM-other-{n}" for n in range(MOST_SESSIONS)}
    assert scene.poll().detail == "vc_sessions"
    assert len(scene.desk.open) == MOST_SESSIONS
