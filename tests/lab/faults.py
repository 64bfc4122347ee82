"""Faults of the lab as data: what breaks, how it is mended, and what the verdict must say.

The verdict is that of an agent in the ward, which knows nothing of what others see: where only the
centre could decide, the right answer is `unknown` with the guilty segment among the alternatives.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drills.impairment import CLEAR, CUT, Impairment
from tests.lab import centre, ward
from tests.lab.programs import Program

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lab.lab import Lab


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `name` says what was done; `code` is that of the drills' catalogue, if it has one.

    The verdict must come to `segment` and one of `parts` (any when empty); for `unknown` one of
    `suspects` must be among its alternatives. Its evidence holds the words `says`. `quick` ones are
    in the short form. One that is judged on the last ten minutes, whatever happened in them, is
    played `afresh`: to an agent without a past, which is then forgotten.
    """

    name: str
    segment: str
    parts: tuple[str, ...]
    inject: Callable[[Lab], object]
    mend: Callable[[Lab], object]
    code: str = ""
    suspects: tuple[str, ...] = ()
    says: str = ""
    quick: bool = False
    afresh: bool = False
    within_s: float = 90.0


@dataclass(frozen=True, slots=True)
class Quiet:
    """Something that must be told without a segment being blamed for it.

    `sign` is a regular expression that a line of the metrics comes to match; until then the verdict
    is of one of `segments`. `begin` and `end` put it on and take it away.
    """

    name: str
    begin: Callable[[Lab], object]
    end: Callable[[Lab], object]
    sign: str
    segments: tuple[str, ...] = ("none/",)
    quick: bool = False
    within_s: float = 90.0


def _port(host: str, port: str, state: str) -> Callable[[Lab], object]:
    return lambda lab: lab.net.ip(host, "link", "set", "dev", port, state)


def _router(line: str) -> Callable[[Lab], object]:
    return lambda lab: ward.configure_router(lab.net, lab.folder, line)


def _vlan(port: str, vlan: int) -> Callable[[Lab], object]:
    return lambda lab: ward.vsctl(lab.net, lab.folder, "set", "port", port, f"tag={vlan}")


def _line(out: Impairment, back: Impairment) -> Callable[[Lab], object]:
    return lambda lab: lab.impair(out, back)


def _stop(name: str) -> Callable[[Lab], object]:
    return lambda lab: lab.programs.stop(name)


def _services(name: str) -> Callable[[Lab], object]:
    def start(lab: Lab) -> None:
        lab.programs.run(next(p for p in centre.services(lab.folder) if p.name == name))

    return start


def _names(address: str) -> Callable[[Lab], object]:
    def answer(lab: Lab) -> None:
        lab.programs.stop("dnsmasq")
        lab.programs.run(centre.names(lab.folder, address))

    return answer


def _ward_names(lab: Lab, address: str) -> None:
    lab.programs.stop("dnsmasq-ce")
    lab.programs.run(centre.ward_names(lab.folder, address))


def _certificate(kind: str) -> Callable[[Lab], object]:
    def show(lab: Lab) -> None:
        (lab.folder / "tthc.pem").write_bytes((lab.folder / f"{kind}.pem").read_bytes())
        lab.programs.stop("tthc")
        lab.programs.run(centre.page("tthc", ward.SITE, lab.folder))

    return show


def _deaf(host: str, *rules: str) -> Callable[[Lab], object]:
    """Drop what arrives for the host itself, or what it forwards; `rules` name chain and match."""

    def drop(lab: Lab) -> None:
        lab.net.run(host, "nft", "add table ip lab")
        for rule in rules:
            chain, _, match = rule.partition(" ")
            hook = f"add chain ip lab {chain} {{ type filter hook {chain} priority 0 ; }}"
            lab.net.run(host, "nft", hook)
            lab.net.run(host, "nft", f"add rule ip lab {chain} {match} drop")

    return drop


def _hears(host: str) -> Callable[[Lab], object]:
    return lambda lab: lab.net.run(host, "nft", "delete table ip lab")


def filter_six(lab: Lab) -> None:
    """Let nobody through to the service's IPv6 address, and say so, as firewalls do."""
    for rule in (
        "add table ip6 lab",
        "add chain ip6 lab forward { type filter hook forward priority 0 ; }",
        f"add rule ip6 lab forward ip6 daddr {ward.PORTAL6} reject with icmpv6 admin-prohibited",
    ):
        lab.net.run("agg", "nft", rule)


def unfilter_six(lab: Lab) -> None:
    """Let everybody through again."""
    lab.net.run("agg", "nft", "delete table ip6 lab")


def _freeze(name: str) -> Callable[[Lab], object]:
    return lambda lab: lab.programs.signal(name, signal.SIGSTOP)


def _thaw(name: str) -> Callable[[Lab], object]:
    return lambda lab: lab.programs.signal(name, signal.SIGCONT)


def _power(host: str, state: str) -> Callable[[Lab], object]:
    """A machine without power: none of its ports has link."""
    ports = {
        "sw": [port for port in ward.PLUGGED if port != "uplink"] + ["uplink"],
        "ce": ["lan", "wan"],
        "vc": ["eth0"],
    }

    def switch(lab: Lab) -> None:
        for port in ports[host]:
            lab.net.ip(host, "link", "set", "dev", port, state)
        if state == "up":
            _routes(lab, host)

    return switch


def _routes(lab: Lab, host: str) -> None:
    """A host whose port was down has lost its way out; the router finds its own again."""
    if host == "ce":
        ward.write_edge(lab.net)
    elif host != "sw":
        ward.give_routes(lab.net, host)


def _both(*acts: Callable[[Lab], object]) -> Callable[[Lab], object]:
    def all_of_them(lab: Lab) -> None:
        for act in acts:
            act(lab)

    return all_of_them


def _ups(*, on_battery: bool) -> Callable[[Lab], object]:
    return lambda lab: ward.set_ups(lab.folder, on_battery=on_battery)


def _fill(lab: Lab) -> None:
    """A machine of the ward sends more than the line carries."""
    lab.impair(Impairment(rate_bps=1e7), Impairment(rate_bps=1e7))
    argv = ("iperf3", "-c", ward.REFLECTOR, "-u", "-b", "12M", "-t", "900")
    lab.programs.start(Program("iperf3-pc", "pc", argv))


def _asleep(lab: Lab) -> None:
    (lab.folder / "asleep").touch()


def _awake(lab: Lab) -> None:
    (lab.folder / "asleep").unlink(missing_ok=True)


def _snmp(host: str, community: str) -> Callable[[Lab], object]:
    """An snmpd that listens to another community than before."""

    def change(lab: Lab) -> None:
        config = lab.folder / f"{host}.snmpd"
        written = config.read_text().splitlines()
        lines = [
            f"rocommunity {community}" if one.startswith("rocommunity ") else one for one in written
        ]
        config.write_text("\n".join(lines) + "\n")
        lab.programs.signal(f"snmpd-{host}", signal.SIGHUP)

    return change


def _loop(lab: Lab) -> None:
    """A cord from the switch into itself; RSTP keeps one of its ends shut."""
    lab.net.cable("sw", "loop1", "sw", "loop2")
    for port in ("loop1", "loop2"):
        ward.vsctl(lab.net, lab.folder, "add-port", "br0", port, f"tag={ward.OFFICE_VLAN}")


def _unloop(lab: Lab) -> None:
    for port in ("loop1", "loop2"):
        ward.vsctl(lab.net, lab.folder, "--if-exists", "del-port", "br0", port)
    lab.net.ip("sw", "link", "del", "loop1")


def _reboot(lab: Lab) -> None:
    """The terminal device starts anew: links away and back, everything in it from the beginning."""
    lab.programs.stop("snmpd-ce")
    _power("ce", "down")(lab)
    _power("ce", "up")(lab)
    lab.programs.run(next(p for p in ward.snmp_agents(lab.folder) if p.host == "ce"))
    ward.hasten(lab.net, "ce")


def _nothing(_lab: Lab) -> None:
    """It is over by itself."""


_HEAL_LINE = _line(CLEAR, CLEAR)
_SHARED = ("dc/shared", "service/")

FAULTS = (
    Fault("uplink unplugged", "metronet", ("ce_link",), _port("ce", "lan", "down"),
          _port("ce", "lan", "up"), "cable_cut"),
    Fault("uplink port shut", "switch", ("uplink_shut",), _port("sw", "uplink", "down"),
          _port("sw", "uplink", "up"), "if_admin_down"),
    Fault("line cut", "metronet", ("line",), _line(CUT, CUT), _HEAL_LINE, "cable_cut", quick=True),
    Fault("line cut on the way back", "metronet", ("line",), _line(CLEAR, CUT), _HEAL_LINE,
          "cable_cut"),
    Fault("terminal device without power", "metronet", ("ce_link", "ce"), _power("ce", "down"),
          _power("ce", "up"), "power_off"),
    Fault("terminal device hangs", "metronet", ("ce",), _deaf("ce", "input", "forward"),
          _hears("ce"), "power_off"),
    Fault("uplink in the wrong VLAN", "switch", ("uplink_vlan",), _vlan("uplink", ward.OTHER_VLAN),
          _vlan("uplink", ward.OFFICE_VLAN), "vlan_wrong_access", says="in VLAN 20; while",
          quick=True),
    Fault("carrier's edge without power", "metronet", ("line",),
          _deaf("pe", "input", "forward"), _hears("pe"), "pe_down"),
    Fault("centre's gateway silent", "unknown", ("beyond_pe",),
          _deaf("agg", "input", "forward"), _hears("agg"), "route_withdrawn",
          ("dc/gateway", "metronet/core")),
    Fault("routing loop over the line", "unknown", ("beyond_pe",),
          lambda lab: lab.net.route("pe", "198.19.0.0/16", ward.CE_WAN),
          lambda lab: lab.net.route("pe", "198.19.0.0/16", ward.AGG_CORE),
          "route_withdrawn", ("dc/gateway", "metronet/core")),
    Fault("terminal device has lost its route", "unknown", ("beyond_pe",),
          _router(f"no ip route 0.0.0.0/0 {ward.PE_WAN}"),
          _router(f"ip route 0.0.0.0/0 {ward.PE_WAN}"), "route_withdrawn", ("metronet/core",)),
    Fault("servers unreachable behind the gateway", "unknown", ("here_only",),
          _deaf("agg", "forward"), _hears("agg"), "acl_block", _SHARED),
    Fault("switch hangs", "switch", ("device",), _freeze("ovs"), _thaw("ovs"), "power_off"),
    Fault("switch without power", "unknown", ("agent_link",), _power("sw", "down"),
          _power("sw", "up"), "power_off", ("switch/device", "power/ward")),
    Fault("agent's own cable out", "unknown", ("agent_link",), _port("sw", "ag", "down"),
          _both(_port("sw", "ag", "up"),
                lambda lab: ward.give_routes(lab.net, "agent")),
          "cable_cut", ("lan/agent_link",)),
    Fault("switch's management silent", "switch", ("management",),
          _deaf("sw", "input iifname mgmt"), _hears("sw")),
    Fault("agent's port in the wrong VLAN", "switch", ("device",), _vlan("ag", ward.OTHER_VLAN),
          _vlan("ag", ward.OFFICE_VLAN), "vlan_wrong_access", ("lan/agent_link",)),
    Fault("a port of the ward unplugged", "lan", ("devices",), _port("pc", "eth0", "down"),
          _both(_port("pc", "eth0", "up"), lambda lab: _routes(lab, "pc")), "cable_cut"),
    Fault("UPS on battery", "power", ("ups",), _ups(on_battery=True), _ups(on_battery=False),
          "power_flap"),
    Fault("video endpoint without registrar", "meeting", ("registration",),
          _deaf("vc", "output udp dport 5060"), _hears("vc"), "vc_unregistered"),
    Fault("page of one service stopped", "unknown", ("here_only",), _stop("documents"),
          _services("documents"), "service_stopped", _SHARED),
    Fault("certificate expired", "unknown", ("here_only",), _certificate("expired"),
          _certificate("valid"), "cert_expired", _SHARED),
    Fault("registrar down", "unknown", ("here_only",), _stop("kamailio"), _services("kamailio"),
          "service_stopped", _SHARED),
    Fault("time server off", "unknown", ("here_only",), _stop("chronyd"), _services("chronyd"),
          "ntp_skew", _SHARED),
    Fault("resolver gives another address", "unknown", ("here_only",), _names(ward.DOCUMENTS),
          _names(ward.SITE), "dns_wrong", _SHARED),
    Fault("resolver down", "unknown", ("here_only",), _stop("dnsmasq"), _names(ward.SITE),
          "dns_down", _SHARED),
    Fault("ward's resolver lies", "lan", ("dns",), lambda lab: _ward_names(lab, ward.DOCUMENTS),
          lambda lab: _ward_names(lab, ""), "dns_wrong", quick=True),
    Fault("ward's resolver down", "lan", ("dns",), _stop("dnsmasq-ce"),
          lambda lab: _ward_names(lab, ""), "dns_down"),
    Fault("large packets vanish", "metronet", ("mtu",),
          _line(Impairment(largest=1300), Impairment(largest=1300)), _HEAL_LINE,
          "mtu_blackhole", says="1301", quick=True),
    Fault("packets lost on the way out", "metronet", ("quality",),
          _line(Impairment(loss=0.12, seed=1), CLEAR), _HEAL_LINE, "path_loss",
          says="lost on the way out", afresh=True, within_s=150),
    Fault("packets lost on the way back", "metronet", ("quality",),
          _line(CLEAR, Impairment(loss=0.12, seed=2)), _HEAL_LINE, "path_loss",
          says="lost on the way back", afresh=True, within_s=150),
    Fault("line full", "metronet", ("congestion",), _fill, _both(_stop("iperf3-pc"), _HEAL_LINE),
          "uplink_saturated", afresh=True, within_s=420),
)  # fmt: skip

QUIET = (
    Quiet("video endpoint asleep", _asleep, _awake, r'^wardops_vc_standby\{.*device="vc".*\} 1',
          quick=True),
    Quiet("loop that RSTP keeps shut", _loop, _unloop,
          r'^ifOperStatus\{.*ifName="loop2".*\} 1'),
    Quiet("switch's community changed", _snmp("sw", "another"),
          _snmp("sw", ward.COMMUNITY),
          r'^wardops_probe_error_info\{.*device="sw".*probe="snmp-interfaces".*\} 1',
          ("none/", "unknown/ unknown")),
    Quiet("terminal device rebooted", _reboot, _nothing,
          r'^wardops_device_restarts_total\{.*device="ce".*\} [1-9]',
          ("none/", "unknown/ ", "metronet/", "meeting/")),
)  # fmt: skip
