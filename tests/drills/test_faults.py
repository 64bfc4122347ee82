"""Faults: what each changes, which faces show it, and that clearing undoes just that."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drills import faults, views
from drills.estate import hypervisor
from drills.faces import reach, room, stamp
from drills.faces.proxmox import ALL, token
from drills.faces.shell.session import Session
from drills.model import Ask
from drills.topology import CANARY, REFLECTOR, ward_standard
from drills.world import World
from inventory.errors import InputError
from inventory.language import LANGUAGES
from probes.clock import ManualClock
from probes.snmp import ber
from probes.snmp.types import Varbind
from probes.transports.question import Question
from probes.vm.script import script, sections

if TYPE_CHECKING:
    from drills.fault import Face
    from drills.model import Node, Page

ASKER = "ward:26740"
PVE_PATHS = (
    "/cluster/resources", "/nodes/pve-1/qemu/101/snapshot", "/nodes/pve-1/storage/backup-1/content",
    "/nodes/pve-1/qemu/101/agent/get-fsinfo",
)  # fmt: skip
QUESTIONS = (Question(CANARY, "a").octets, bytes([0b00_100_011]) + bytes(47))

# fault, on, params: at least one row a fault; which faces must show it stands beside the fault.
ROWS: list[tuple[str, str, dict[str, Any]]] = [
    ("power_off", "core", {}),
    ("power_off", "sw-26740-01", {}),
    ("mains_off", "26740", {}),
    ("cable_cut", "sw-26740-02:24", {}),
    ("if_admin_down", "switch:Gi1/0/23", {}),
    ("service_stopped", "tthc", {}),
    ("service_stopped", "tthc", {"degraded": True}),
    ("path_loss", "ce:wan", {"loss": 1}),
    ("path_loss", "", {"loss": 0.9}),
    ("path_latency", "", {"ms": 120}),
    ("ce_mute", "", {}),
    ("snmp_silent", "sw-26740-02", {}),
    ("snmp_slow", "ups", {"seconds": 30}),
    ("vlan_wrong_access", "access:24", {}),
    ("vlan_wrong_access", "switch:uplink", {"vlan": 20}),
    ("converter_dead", "", {}),
    ("converter_dead", "ce:lan", {}),
    ("one_way_loss", "ce:wan", {"loss": 0.9}),
    ("one_way_loss", "pe-1:26740", {"loss": 1}),
    ("sfp_dirty", "core:uplink", {"ratio": 0.5}),
    ("line_full", "ward", {"load": 2}),
    ("loop_storm", "core", {}),
    ("service_failing", "hop", {}),
    ("service_slow", "hop", {"seconds": 12}),
    ("cert_expired", "1022", {}),
    ("one_way_delay", "", {}),
    ("one_way_delay", "gateway:pe-1", {"ms": 40.0}),
    ("one_way_jitter", "ce:lan", {}),
    ("mtu_hole", "", {}),
    ("mtu_hole", "gateway:pe-1", {"octets": 1400.0}),
    ("dns_wrong", "", {}),
    ("dns_wrong", "ce", {"answer": "failing"}),
    ("ntp_off", "", {}),
    ("ntp_off", "time-server", {"seconds": -3.0}),
    ("vc_muted", "", {}),
    ("vc_muted", "vc", {"hardware": True}),
    ("vc_mic_unplugged", "vc-26740-a", {}),
    ("vc_camera_unplugged", "", {}),
    ("vc_display_off", "", {}),
    ("vc_standby", "", {}),
    ("vc_unregistered", "", {}),
    ("vc_unregistered", "", {"registrar": True}),
    ("vc_wrong_clock", "", {}),
    ("vc_wrong_clock", "", {"zone_min": 0}),
    ("vc_ntp_unsynced", "", {}),
    ("vc_cert_expired", "", {}),
    ("vc_in_call", "", {}),
    ("vc_ringing", "", {}),
    ("vc_half_duplex", "", {}),
    ("vc_half_duplex", "", {"mode": "10full", "ratio": 0.5}),
    ("vc_critical", "", {}),
    ("vc_critical", "", {"level": "warning"}),
    ("vc_busy", "", {}),
    ("vc_login_page", "", {}),
    ("vc_firmware", "", {}),
    ("vc_firmware", "", {"family": "roomos"}),
    ("disk_full", "", {}),
    ("disk_full", "vm-26740-1:/", {"ratio": 1}),
    ("cpu_high", "vm", {}),
    ("ntp_skew", "", {}),
    ("port_exposed", "", {"port": "tcp/3389"}),
    ("unit_failed", "", {}),
    ("updates_due", "", {"restart": False}),
    ("sshd_weak", "vm", {}),
    ("vm_off", "", {}),
    ("vm_snapshot_full", "", {}),
    ("backup_silent_fail", "", {}),
    ("guest_agent_off", "", {"state": "absent"}),
]


def _views(world: World) -> dict[Face, object]:
    """What each face shows of the whole world now, uptimes and counters left out."""
    named = [node for node in world.topology.nodes.values() if node.address]
    login = base64.b64encode(f"wardops:{world.api_password}".encode()).decode()
    status = Ask("GET", "/status.xml", {"authorization": f"Basic {login}"})
    rooms = [node for node in named if node.role == "vc"]
    host = hypervisor(world)
    rights = {"authorization": f"PVEAPIToken={token(world, ALL)}"}
    asked = [Ask("GET", f"/api2/json{path}", rights) for path in PVE_PATHS]
    metrics = Ask("GET", "/metrics")
    return {
        "reach": [
            *(reach.rtts_ms(world, ASKER, node.address, 5, 1.0) for node in named),
            *(
                stamp.trip(world, ASKER, world.topology.nodes[REFLECTOR].address, 1.0, n)
                for n in range(5)
            ),
            world.largest("host-26740", "gateway", 1.0),
        ],
        "snmp": [_states(world, node.address) for node in named],
        "xapi": [
            (
                _without_uptime(views.https_answer(world, ASKER, node.address, status)),
                views.is_expired(world, node.address),
            )
            for node in rooms
        ],
        "room": [room.look(world, node, world.time()) for node in rooms],
        "services": [
            (
                views.https_answer(world, ASKER, node.address, Ask("GET", "/")),
                views.is_expired(world, node.address),
            )
            for node in named
            if node.service
        ]
        + [_told(world, node.address, question) for node in named for question in QUESTIONS],
        "node_exporter": [
            _page(views.http_answer(world, ASKER, n.address, metrics)) for n in named
        ],
        "shell": [_shell(world, node) for node in named if node.machine],
        "proxmox": [_page(views.https_answer(world, ASKER, host.address, ask)) for ask in asked],
    }


def _page(page: Page | None) -> str | None:
    """What a page says, without the figures that move by themselves."""
    if page is None:
        return None
    return re.sub(r'(seconds(_total)?[{ ]|"uptime": |"net(?:in|out)": ).*', "", page.body.decode())


def _shell(world: World, node: Node) -> str | None:
    """What a machine says to the probe's own script; None where it takes no connection."""
    if not views.listens(world, ASKER, node.address):
        return None
    said = Session(world, node, "look").run(script(sudo=True, updates=True)).of(1)
    told = {name: part for name, part in sections(said).items() if name not in ("cpu", "uptime")}
    return str(told)


def _without_uptime(page: Page | None) -> Page | None:
    if page is None:
        return None
    return replace(page, body=re.sub(rb"<Uptime>\d+</Uptime>", b"", page.body))


def _told(world: World, address: str, question: bytes) -> bytes | None:
    found = views.datagram_answer(world, ASKER, address, question)
    return found[0] if found else None


def _states(world: World, address: str) -> object:
    node = world.topology.by_address[address]
    columns: tuple[str, ...] = (
        "1.3.6.1.2.1.2.2.1.7",
        "1.3.6.1.2.1.2.2.1.8",
        "1.3.6.1.2.1.33.1.4.1",
    )
    if node.machine:
        columns += ("1.3.6.1.2.1.25.2.3.1.6", "1.3.6.1.2.1.25.3.3.1.2")
    states = []
    for column in columns:
        asked = (Varbind(ber.oid(column), ber.NULL, None),)
        bulk = ber.Message(1, world.community.encode(), ber.GETBULK, 1, 0, 60, asked)
        found = views.snmp_answer(world, ASKER, address, ber.encode_message(bulk))
        if found is None:
            return None
        states.append((found[1], ber.decode_message(found[0]).varbinds[:50]))
    return [(late, [v for v in seen if v.tag == ber.INTEGER]) for late, seen in states]


def _fresh() -> World:
    return World(ward_standard(("26740",)), 1, ManualClock())


@pytest.mark.parametrize(("name", "on", "params"), ROWS)
def test_a_fault_shows_on_its_faces_and_clearing_brings_back_the_start(
    name: str, on: str, params: dict[str, Any]
) -> None:
    world = _fresh()
    well = _views(world)
    id_ = faults.apply(world, name, on, params)
    broken = _views(world)
    changed = {face for face, seen in broken.items() if seen != well[face]}
    assert changed
    assert changed <= set(faults.FAULTS[name].shown_by)
    if name in ("service_stopped", "path_latency", "ce_mute", "snmp_silent", "cert_expired"):
        assert changed == set(faults.FAULTS[name].shown_by)
    faults.clear(world, id_)
    assert world.facts() == {}
    assert _views(world) == well


def test_every_fault_has_a_row_above() -> None:
    assert {name for name, _, _ in ROWS} == set(faults.FAULTS)


@pytest.mark.parametrize("name", ["power_off", "cable_cut", "if_admin_down"])
def test_what_breaks_the_way_out_shows_on_every_face(name: str) -> None:
    """With the line gone nothing beyond it answers; with the core gone the room is silent too."""
    world = _fresh()
    well = _views(world)
    targets = {"power_off": "core", "cable_cut": "access:24", "if_admin_down": "access:24"}
    faults.apply(world, name, targets[name])
    broken = _views(world)
    # What one sees in the room itself needs no way.
    assert {face for face, seen in broken.items() if seen != well[face]} == set(
        faults.FAULTS[name].shown_by
    ) - {"room"}


def test_mains_off_is_on_battery_first_and_dark_when_it_is_empty() -> None:
    clock = ManualClock()
    world = World(ward_standard(("26740",)), 1, clock)
    well = _views(world)
    id_ = faults.apply(world, "mains_off", "", {"runtime_s": 300})
    on_battery = _views(world)
    assert {face for face in well if on_battery[face] != well[face]} == {
        "reach", "snmp", "xapi", "room",
    }  # fmt: skip
    assert world.reaches("host-26740", "gateway", 299)
    clock.move(300)
    assert not world.reaches("host-26740", "sw-26740-01", 300)
    faults.clear(world, id_)
    assert world.facts() == {}
    assert world.reaches("host-26740", "gateway", 300)


def test_a_cut_line_is_seen_at_the_ce_and_not_at_the_switch() -> None:
    world = _fresh()
    ce, core = "127.16.0.1", "127.16.0.10"
    before = _states(world, ce), _states(world, core)
    faults.apply(world, "cable_cut", "ce:wan")
    assert _states(world, ce) != before[0]
    assert _states(world, core) == before[1]


@pytest.mark.parametrize(
    ("name", "on", "params", "key"),
    [
        ("fire", "core", {}, "fault.unknown"),
        ("power_off", "nobody", {}, "fault.no_device"),
        ("power_off", "", {}, "fault.no_device"),
        ("power_off", "core", {"hard": True}, "fault.param"),
        ("mains_off", "99999", {}, "fault.no_ward"),
        ("mains_off", "26740", {"runtime_s": -1}, "fault.param_value"),
        ("mains_off", "26740", {"runtime_s": "long"}, "fault.param_value"),
        ("cable_cut", "ce", {}, "fault.no_port"),
        ("cable_cut", "ce:lan9", {}, "fault.no_port"),
        ("cable_cut", "core:Gi1/0/1", {}, "fault.no_cable"),
        ("service_stopped", "mail", {}, "fault.no_service"),
        ("path_loss", "ce:wan", {"loss": 2}, "fault.param_value"),
        ("vlan_wrong_access", "access:24", {"vlan": 4095}, "fault.param_value"),
        ("one_way_loss", "core:Gi1/0/1", {}, "fault.no_cable"),
        ("line_full", "ward", {"load": -1}, "fault.param_value"),
        ("snmp_slow", "core", {"seconds": True}, "fault.param_value"),
        ("vc_muted", "core", {}, "fault.no_endpoint"),
        ("vc_critical", "", {"level": "fatal"}, "fault.param_value"),
        ("vc_wrong_clock", "", {"zone_min": 900}, "fault.param_value"),
        ("disk_full", "core", {}, "fault.no_machine"),
        ("disk_full", "vm:/home", {}, "fault.no_disk"),
        ("cpu_high", "", {"ratio": 2}, "fault.param_value"),
        ("port_exposed", "", {"port": "tcp/99999"}, "fault.param_value"),
        ("vm_snapshot_full", "", {"count": 0}, "fault.param_value"),
        ("backup_silent_fail", "", {"days": "long"}, "fault.param_value"),
    ],
)
def test_what_cannot_be_broken_is_one_clear_line_and_changes_nothing(
    name: str, on: str, params: dict[str, Any], key: str
) -> None:
    world = _fresh()
    with pytest.raises(InputError) as caught:
        faults.apply(world, name, on, params)
    assert caught.value.key == key
    assert world.version == 0
    for language in LANGUAGES:
        text = caught.value.text(language)
        assert text
        assert "\n" not in text


def test_only_a_fault_in_force_can_be_cleared() -> None:
    world = _fresh()
    id_ = faults.apply(world, "ce_mute")
    faults.clear(world, id_)
    for wrong in (id_, "F9"):
        with pytest.raises(InputError, match="not in force"):
            faults.clear(world, wrong)


def test_role_names_are_for_a_world_of_one_ward() -> None:
    world = World(ward_standard(("26740", "25747")), 1, ManualClock())
    with pytest.raises(InputError, match="no such device"):
        faults.apply(world, "power_off", "core")
    assert faults.apply(world, "power_off", "sw-25747-01") == "F1"


def test_clearing_keeps_what_people_changed_meanwhile() -> None:
    world = _fresh()
    id_ = faults.apply(world, "if_admin_down", "core:uplink")
    (change,) = faults.active(world)[0].changes
    world.change("admin", change.on, True, who="trainee", source="trainee")
    world.change("admin", "sw-26740-02:24", False, who="trainee", source="trainee")
    other = faults.apply(world, "if_admin_down", "sw-26740-02:24")
    faults.clear(world, id_)
    faults.clear(world, other)
    assert world.facts() == {"admin sw-26740-02:24": False}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_faults_that_overlap_may_be_cleared_in_any_order(data: st.DataObject) -> None:
    world = _fresh()
    chosen = data.draw(st.lists(st.sampled_from(ROWS), max_size=5))
    ids = [faults.apply(world, *row) for row in chosen]
    for id_ in data.draw(st.permutations(ids)):
        for fault in faults.active(world):
            for kind, on in {(c.kind, c.on) for c in fault.changes}:
                assert world.fact(kind, on) is not None
        faults.clear(world, id_)
    assert world.facts() == {}
