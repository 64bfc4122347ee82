"""The decision table: which facts give which verdict. Order decides: nothing measured, power and
own side, loss of the whole line, confirmed faults of the centre, degraded rows, all fine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from playbooks.verdict.conditions import Condition, parse

if TYPE_CHECKING:
    from playbooks.verdict.model import Segment, VerdictState
    from playbooks.verdict.reading import Vantage

# What a row explains: faults of these groups are behind it and are not listed beside it.
ALL: Final = frozenset({"power", "lan", "switch", "metronet", "dc", "service", "meeting"})
ALL_BUT_POWER: Final = ALL - {"power"}
BEYOND: Final = frozenset({"metronet", "dc", "service", "meeting"})
SHARED: Final = frozenset({"dc", "service", "meeting"})
LINE_USE: Final = frozenset({"metronet", "service", "meeting"})

# Levels and roles of the escalation matrix: the ward's own IT, the city's NOC, who must know.
ON_SITE: Final = ("L0", "ward.leader")
SITE_THEN_NOC: Final = ("L0", "L2", "ward.leader")
NOC: Final = ("L2", "ward.leader")
SERVICE_DESK: Final = ("L2", "ward.leader", "ward.onestop")

HANDS_OFF: Final = ("reboot_switch", "touch_fibre")


@dataclass(frozen=True, slots=True)
class Weaker:
    """Another confidence, and further alternatives, when `when` holds too."""

    when: tuple[Condition, ...]
    confidence: float
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table; a row that differs by vantage is two values with one id.

    `part`, `root` and `alternatives` may hold `{id}` (service), `{focus}` (the fact it is about)
    and `{part}` (of the meeting equipment), filled from the facts. `root`: the first of these facts
    that is bad is the one an incident hangs on, and whose recovery proves it over. Rows of a lost
    line all hang on `gw`, so that a better founded row goes on with the same incident. `evidence`:
    facts whose sentences are shown, the conditions' own when None. `explains`: groups of faults
    that lie behind this one. `rules_out`: nearer segments that may be named as proven good.
    `down_when`: a flag of Facts that turns the state into "down". `outside`: "outside the ward" may
    be said; up to the terminal device the ward acts first, so its power, cable and terminal device
    never have it. `check`: what a person looks at when the segment stays open.
    """

    id: str
    vantages: Literal["W", "H", "WH"]
    when: tuple[Condition, ...]
    segment: Segment
    part: str
    state: VerdictState
    confidence: float
    root: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    weaker: tuple[Weaker, ...] = ()
    evidence: tuple[str, ...] | None = None
    explains: frozenset[str] = frozenset()
    rules_out: tuple[Segment, ...] = ()
    down_when: Literal["", "critical_lan", "meeting_soon"] = ""
    check: str = ""
    outside: bool = False
    playbook: str = "PB-NET-01"
    call: tuple[str, ...] = ON_SITE
    dont: tuple[str, ...] = ()


_TO_LAN: Final[tuple[Segment, ...]] = ("power", "lan")
_TO_SWITCH: Final[tuple[Segment, ...]] = ("power", "lan", "switch")
_TO_LINE: Final[tuple[Segment, ...]] = ("power", "lan", "switch", "metronet")
_TO_CENTRE: Final[tuple[Segment, ...]] = ("power", "lan", "switch", "metronet", "dc")
_TO_ROOM: Final[tuple[Segment, ...]] = (*_TO_CENTRE, "service")

_NOTHING_MEASURED: Final = (
    Row("A1", "WH", parse("covered"), "none", "", "maintenance", 0.95,
        evidence=("maint",), explains=ALL, playbook="", call=()),
    Row("H0", "H", parse("not hub_ok"), "unknown", "hub_blind", "unknown", 0.50,
        root=("hub_ok",), explains=ALL, playbook="PB-OPS-01", call=("L2",)),
    Row("P0", "W", parse("not host_link, power_hint"), "power", "ward", "down", 0.85,
        root=("host_link",), explains=ALL, playbook="PB-NET-09"),
    Row("A2", "W", parse("not host_link, sw_seen"), "lan", "agent_link", "down", 0.85,
        root=("host_link",), explains=ALL, dont=("reboot_switch", "move_cables")),
    Row("S5", "W", parse("not host_link, sw_dark"), "switch", "device", "down", 0.85,
        root=("host_link",), explains=ALL, dont=("press_reset", "move_cables")),
    Row("A3", "W", parse("not host_link"), "unknown", "agent_link", "down", 0.50,
        root=("host_link",), alternatives=("lan/agent_link", "switch/device", "power/ward"),
        explains=ALL, check="switch_leds", dont=("reboot_switch", "move_cables")),
)  # fmt: skip

_POWER_AND_OWN_SIDE: Final = (
    Row("P1", "W", parse("local_dark, power_hint"), "power", "ward", "down", 0.95,
        root=("sw", "gw", "local_dark"), explains=ALL, playbook="PB-NET-09",
        evidence=("ups_batt", "power_hint", "local_dark", "sw")),
    Row("P1", "H", parse("local_dark, power_hint"), "power", "ward", "down", 0.95,
        root=("gw", "sw", "local_dark"), explains=ALL, playbook="PB-NET-09",
        evidence=("ups_low_before", "power_hint", "local_dark", "sw"), call=SITE_THEN_NOC,
        weaker=(Weaker(parse("unless ups_low_before"), 0.80, ("metronet/line_or_ce",)),)),
    Row("P2", "W", parse("not sw, ups_batt | host_batt"), "power", "ward", "down", 0.90,
        root=("sw",), explains=ALL, playbook="PB-NET-09",
        evidence=("ups_batt", "ups_low", "host_batt", "sw", "local_dark")),
    # An agent that runs speaks against a power cut of the site, not against one of the switch.
    Row("S1", "W", parse("not sw, not sw_traffic, host_link"), "switch", "device", "down", 0.80,
        root=("sw",), alternatives=("power/ward", "lan/agent_link"), explains=ALL_BUT_POWER,
        evidence=("sw", "sw_traffic", "local_dark"), rules_out=_TO_LAN, check="switch_leds",
        dont=("press_reset", "move_cables")),
    Row("S4", "H", parse("ce, not sw, [not sw_traffic], unless power_hint"),
        "switch", "device", "down", 0.70, root=("sw",), explains=ALL_BUT_POWER,
        evidence=("ce", "sw", "sw_traffic"), rules_out=_TO_LAN, call=SITE_THEN_NOC,
        dont=("press_reset", "move_cables")),
    Row("P4", "W", parse("local_dark, not sw, unless sw_traffic"), "unknown", "ward", "down", 0.50,
        root=("sw",), alternatives=("power/ward", "switch/device"), explains=ALL,
        check="power_leds", dont=("press_reset", "move_cables")),
    Row("S3", "W", parse("sw, not up_admin, not gw"), "switch", "uplink_shut", "down", 0.97,
        root=("gw",), explains=BEYOND, rules_out=_TO_LAN, call=SITE_THEN_NOC, dont=HANDS_OFF),
    # With link and in another VLAN than while the line worked: what hangs on it only looks dead.
    Row("S6", "W", parse("sw, up_oper, not up_vlan, not gw"), "switch", "uplink_vlan", "down", 0.90,
        root=("gw",), explains=BEYOND, rules_out=_TO_LAN, evidence=("up_vlan", "up_oper", "gw"),
        call=SITE_THEN_NOC, dont=HANDS_OFF),
)  # fmt: skip

# `unless switch_dead`: beyond a switch that is silent with all behind it nothing is known, whatever
# the rest says; a line blamed for the ward's own dead switch is the worst error.
_WHOLE_LINE: Final = (
    Row("X1", "WH", parse("nb_all, not gw, unless switch_dead"), "dc", "gateway", "down", 0.90,
        root=("gw",), outside=True, explains=BEYOND, rules_out=_TO_SWITCH, call=NOC,
        dont=HANDS_OFF),
    Row("X2", "W", parse("nb_pe, not gw, unless switch_dead"), "metronet", "area", "down", 0.95,
        root=("gw",), outside=True, explains=BEYOND, rules_out=_TO_SWITCH, call=NOC,
        dont=HANDS_OFF),
    Row("X2", "H", parse("nb_pe, not gw"), "metronet", "area", "down", 0.80, root=("gw",),
        alternatives=("power/ward",), outside=True, explains=ALL_BUT_POWER,
        rules_out=_TO_SWITCH, call=NOC, dont=HANDS_OFF),
    Row("M1", "W", parse("sw, up_admin, not up_oper, not gw"), "metronet", "ce_link", "down", 0.85,
        root=("gw",), explains=BEYOND, rules_out=_TO_LAN, call=SITE_THEN_NOC, dont=HANDS_OFF),
    Row("M2", "W", parse("sw, up_oper, not ce, not gw"), "metronet", "ce", "down", 0.85,
        root=("gw",), explains=BEYOND, rules_out=_TO_SWITCH, call=SITE_THEN_NOC, dont=HANDS_OFF),
    Row("M2n", "W", parse("sw, up_oper, no ce, not gw, unless pe"),
        "metronet", "line_or_ce", "down", 0.70, root=("gw",), explains=BEYOND,
        rules_out=_TO_SWITCH, call=SITE_THEN_NOC, dont=HANDS_OFF,
        weaker=(Weaker(parse("no pe"), 0.70, ("dc/gateway",)),)),
    Row("M3", "W", parse("ce, not gw, unless pe, unless switch_dead"),
        "metronet", "line", "down", 0.91, root=("gw",), outside=True, explains=BEYOND,
        rules_out=_TO_SWITCH, evidence=("up_oper", "ce", "pe", "gw", "nb_pe"), call=NOC,
        dont=HANDS_OFF, weaker=(Weaker(parse("no pe"), 0.75, ("dc/gateway", "metronet/core")),)),
    Row("M4", "W", parse("pe, not gw, not nb_all, unless switch_dead"),
        "metronet", "core", "down", 0.80, root=("gw",), outside=True, explains=BEYOND,
        rules_out=_TO_SWITCH, evidence=("ce", "pe", "gw", "nb_all"), call=NOC, dont=HANDS_OFF),
    Row("M4u", "W", parse("pe, not gw, unless switch_dead"), "unknown", "beyond_pe", "down", 0.50,
        root=("gw",), alternatives=("metronet/core", "dc/gateway"), outside=True, explains=BEYOND,
        evidence=("ce", "pe", "gw"), rules_out=_TO_SWITCH, check="ask_noc", call=NOC,
        dont=HANDS_OFF),
    Row("M5", "H", parse("not gw, not sw, [not ce], ups_ok_before, not nb_pe, not nb_all, "
                         "unless power_hint"), "metronet", "line_or_ce", "down", 0.75,
        root=("gw",), alternatives=("power/ward",), explains=ALL_BUT_POWER,
        evidence=("gw", "sw", "ce", "ups_ok_before", "nb_pe"), check="site_power",
        call=SITE_THEN_NOC, dont=HANDS_OFF),
    Row("U2", "H", parse("not gw"), "unknown", "dark", "down", 0.50, root=("gw",),
        alternatives=("metronet/line_or_ce", "power/ward"), explains=ALL_BUT_POWER,
        evidence=("gw", "ce", "sw", "local_dark"), check="site_power", call=SITE_THEN_NOC,
        dont=HANDS_OFF),
    Row("U0", "W", parse("not gw"), "unknown", "", "down", 0.50, root=("gw",), explains=BEYOND,
        evidence=("sw", "sw_traffic", "up_oper", "ce", "gw"), rules_out=_TO_SWITCH,
        check="switch_leds", call=SITE_THEN_NOC, dont=HANDS_OFF),
)  # fmt: skip

_CENTRE_AND_DEGRADED: Final = (
    Row("M6", "WH", parse("gw, not mtu"), "metronet", "mtu", "degraded", 0.90, root=("mtu",),
        explains=LINE_USE, rules_out=_TO_SWITCH, playbook="PB-NET-03", call=NOC,
        dont=("reboot_switch", "change_ip")),
    Row("D1", "WH", parse("gw, not dns, not dns_hub"), "dc", "shared", "down", 0.90, root=("dns",),
        outside=True, explains=SHARED, rules_out=_TO_LINE, playbook="PB-NET-12", call=SERVICE_DESK,
        dont=("reboot_switch", "change_ip")),
    Row("D2", "WH", parse("gw, shared_svc"), "dc", "shared", "down", 0.88, root=("{focus}",),
        outside=True, explains=SHARED, rules_out=_TO_LINE, playbook="PB-NET-12", call=SERVICE_DESK,
        dont=("reboot_switch", "change_ip")),
    Row("L1", "W", parse("gw, not dns, dns_city"), "lan", "dns", "down", 0.85, root=("dns",),
        explains=frozenset({"service"}), rules_out=("power",), playbook="PB-NET-05",
        dont=("reboot_switch", "change_ip")),
    Row("V1", "WH", parse("gw, one_svc"), "service", "{id}", "down", 0.92, root=("{focus}",),
        outside=True, rules_out=_TO_CENTRE, playbook="PB-NET-12", call=SERVICE_DESK,
        dont=("reboot_switch",)),
    Row("P3", "WH", parse("ups_batt, sw"), "power", "ups", "degraded", 0.95, root=("ups_batt",),
        evidence=("ups_batt", "ups_low"), playbook="PB-NET-09"),
    Row("B2", "WH", parse("gw, sw, not up_admin"), "switch", "uplink_shut", "degraded", 0.90,
        root=("up_admin",), evidence=("up_admin", "backup"), explains=LINE_USE, rules_out=_TO_LAN,
        call=SITE_THEN_NOC, dont=HANDS_OFF),
    Row("B1", "WH", parse("gw, up_admin, not up_oper"), "metronet", "backup", "degraded", 0.85,
        root=("up_oper",), evidence=("up_oper", "backup"), explains=LINE_USE, rules_out=_TO_LAN,
        call=SITE_THEN_NOC, dont=HANDS_OFF),
    Row("Q1", "WH", parse("gw, not path_ok, up_err"), "switch", "uplink_errors", "degraded", 0.88,
        root=("path_ok",), explains=LINE_USE, rules_out=_TO_LAN, playbook="PB-NET-08",
        dont=HANDS_OFF),
    Row("Q2", "WH", parse("gw, not path_ok, up_full"), "metronet", "congestion", "degraded", 0.90,
        root=("path_ok",), explains=LINE_USE, rules_out=_TO_SWITCH, playbook="PB-NET-03",
        dont=("reboot_switch",)),
    Row("Q3", "WH", parse("gw, not path_ok, [ce_rtt], not up_full, not up_err"),
        "metronet", "quality", "degraded", 0.85, root=("path_ok",), explains=LINE_USE,
        evidence=("path_ok", "ce"), rules_out=_TO_SWITCH, playbook="PB-NET-03", call=NOC,
        dont=HANDS_OFF, weaker=(Weaker(parse("no ce"), 0.70, ("metronet/ce_link",)),)),
    Row("V3", "W", parse("gw, not dns, dns_hub"), "service", "access", "degraded", 0.70,
        root=("dns",), explains=frozenset({"service"}), rules_out=_TO_CENTRE,
        playbook="PB-NET-05", call=SERVICE_DESK, dont=("reboot_switch", "change_ip")),
    Row("V2", "WH", parse("gw, access_svc"), "service", "access", "degraded", 0.70,
        root=("{focus}",), rules_out=_TO_CENTRE, playbook="PB-NET-12", call=SERVICE_DESK,
        dont=("reboot_switch", "change_ip")),
    Row("V0", "WH", parse("gw, here_only"), "unknown", "here_only", "degraded", 0.50,
        root=("{focus}",), alternatives=("service/{id}", "dc/shared"),
        rules_out=_TO_LINE, check="ask_others", playbook="PB-NET-12",
        call=SERVICE_DESK, dont=("reboot_switch", "change_ip")),
    Row("S2", "WH", parse("not sw, sw_traffic, gw"), "switch", "management", "degraded", 0.90,
        root=("sw",), rules_out=_TO_LAN, playbook="PB-NET-08", dont=("reboot_switch",)),
    Row("L2", "WH", parse("sw, not lan_ok"), "lan", "devices", "degraded", 0.88, root=("lan_ok",),
        down_when="critical_lan", explains=frozenset({"meeting"}), rules_out=("power",),
        playbook="PB-NET-04", dont=("reboot_switch",)),
    Row("R1", "WH", parse("gw, path_ok, not room"), "meeting", "{part}", "degraded", 0.90,
        root=("{focus}",), down_when="meeting_soon", rules_out=_TO_ROOM, playbook="PB-MTG-03",
        call=("L0", "meeting_control"), dont=("reboot_switch",)),
)  # fmt: skip

_REST: Final = (
    Row("N1", "WH", parse("sw, [up_oper], gw, [dns], svc_good, all_good"),
        "none", "", "ok", 0.95, weaker=(Weaker(parse("unmeasured"), 0.80),),
        evidence=("sw", "up_oper", "gw", "dns", "lan_ok"), playbook="", call=()),
    Row("U1", "WH", (), "unknown", "", "unknown", 0.0, evidence=(), rules_out=_TO_LINE,
        playbook="PB-OPS-01", call=("L0",)),
)  # fmt: skip

ROWS: Final = (
    *_NOTHING_MEASURED, *_POWER_AND_OWN_SIDE, *_WHOLE_LINE, *_CENTRE_AND_DEGRADED, *_REST,
)  # fmt: skip

# Playbooks by the part of the meeting equipment; other parts follow the row.
ROOM_PLAYBOOKS: Final = {"endpoint": "PB-MTG-02", "peripheral": "PB-MTG-02"}


def rows_for(vantage: Vantage) -> tuple[Row, ...]:
    """The rows that a vantage judges by, in their order."""
    return _BY_VANTAGE[vantage]


def _those_of(letter: str) -> tuple[Row, ...]:
    return tuple(row for row in ROWS if letter in row.vantages)


_BY_VANTAGE: Final[dict[Vantage, tuple[Row, ...]]] = {"ward": _those_of("W"), "hub": _those_of("H")}
