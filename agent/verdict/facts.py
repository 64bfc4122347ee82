"""From what the agent saw of one ward to the facts that a verdict rests on. Pure.

Anything stale is unknown. Services behind a far end that does not answer were not measured,
whatever their own probes say. What only the other vantage can know is unknown until it tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.maintenance.facts import maintenance_facts
from agent.verdict.doubt import from_afar, loss_of, since_loss
from agent.verdict.far_end import gateway_fact, mtu_fact, path_fact
from agent.verdict.names import name_facts
from agent.verdict.power import power_facts
from agent.verdict.services import dns_elsewhere, line_told, service_facts, services_elsewhere
from agent.verdict.sight import fact_of, port_of, reading_of
from agent.verdict.stretch import stretch_is_good
from agent.verdict.topology import REFLECTOR
from inventory.model import Role
from playbooks.verdict.facts import NOT_APPLICABLE, UNKNOWN, Fact, Facts, Truth

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.verdict.sight import Seen, Sight
    from inventory.model import Device, Link
    from probes.model import Interface, Observation

PORTS_LOST_SHARE = 0.20


def facts_of(sight: Sight) -> Facts:
    """All facts about the ward that this agent can tell."""
    if not sight.has_heard:
        unmeasured = service_facts(sight, measured=False)
        return Facts(named={"host_link": _host_link(sight)}, services=unmeasured)
    gw = _gateway(sight)
    pe = _carrier_edge(sight, gw)
    names = name_facts(sight, gw)
    named = {
        "host_link": _host_link(sight),
        "hub_ok": _hub_sees(sight),
        "host_batt": NOT_APPLICABLE,
        **maintenance_facts(sight),
        "gw": gw,
        "sw": _switch(sight, gw),
        "sw_traffic": _switch_traffic(sight, gw),
        "ce": _terminal_device(sight, gw, pe),
        "pe": pe,
        "path_ok": line_told(sight, "path_ok") or path_fact(sight, gw),
        "mtu": line_told(sight, "mtu") or mtu_fact(sight, gw),
        **names,
        "dns_hub": dns_elsewhere(sight, names["dns"]),
        "lan_ok": _lan(sight),
        **_uplink(sight, gw),
        **power_facts(sight),
    }
    services = service_facts(sight, measured=gw.truth is Truth.TRUE)
    return Facts(
        named=named,
        services=services,
        services_elsewhere=services_elsewhere(sight, services),
        rooms=_rooms(sight),
        meeting_soon=bool(sight.rooms_in_meeting),
        critical_lan=_core_port_lost(sight),
    )


def _host_link(sight: Sight) -> Fact:
    if sight.vantage == "hub":
        return NOT_APPLICABLE
    if sight.host_link is None:
        return UNKNOWN
    return Fact(Truth.TRUE if sight.host_link else Truth.FALSE, source="host", promised=False)


def _hub_sees(sight: Sight) -> Fact:
    """Hub: the centre gateway or a service answers; silent when none does.

    An answer from before the ward fell silent does not say that the hub still sees anything. The
    value `gw` says whether the centre gateway itself answers (None: not told).
    """
    if sight.vantage == "ward":
        return NOT_APPLICABLE
    names = ("gateway", *(service.id for service in sight.ward.services))
    members = {name: seen for name in names if (seen := sight.of(name)) is not None}
    if not members:
        return UNKNOWN
    since = _ward_lost_at(sight)
    truths = {name: _answers_since(seen, since) for name, seen in members.items()}
    truth = _any_of(truths.values())
    gateway = {Truth.TRUE: True, Truth.FALSE: False}.get(truths.get("gateway", Truth.UNKNOWN))
    first = next((seen for name, seen in members.items() if truths[name] is truth), None)
    return fact_of(first or next(iter(members.values())), truth, gw=gateway)


def _ward_lost_at(sight: Sight) -> float | None:
    """Hub: since when both the ward's terminal device and its switch are silent, if they are."""
    ends = [sight.of(_name(device)) for device in (sight.ward.ce, sight.ward.core)]
    since = [seen.bad_since_mono for seen in ends if seen is not None]
    known = [mono for mono in since if mono is not None]
    return max(known) if known and len(known) == len(since) else None


def _answers_since(seen: Seen, since: float | None) -> Truth:
    old = since is not None and seen.last_ok_mono is not None and seen.last_ok_mono < since
    return Truth.UNKNOWN if old and seen.answers is Truth.TRUE else seen.answers


def _any_of(truths: Iterable[Truth]) -> Truth:
    """True when one is, false when all are."""
    found = set(truths)
    if Truth.TRUE in found:
        return Truth.TRUE
    return Truth.FALSE if found == {Truth.FALSE} else Truth.UNKNOWN


def _gateway(sight: Sight) -> Fact:
    """Ward: the centre gateway's echoes or a reflector. Hub: something in the ward answers."""
    if sight.vantage == "ward":
        return gateway_fact(sight)
    ends = [sight.of(_name(device)) for device in (sight.ward.ce, sight.ward.core)]
    found = _any_answers([seen for seen in ends if seen is not None])
    reflector = sight.of(REFLECTOR)
    if reflector is None or found.truth is Truth.TRUE:
        return found
    truth = _answers_since(reflector, _ward_lost_at(sight))
    both = (truth,) if found.truth is Truth.NA else (truth, found.truth)
    return fact_of(reflector, _any_of(both))


def _any_answers(members: list[Seen]) -> Fact:
    if not members:
        return NOT_APPLICABLE
    for seen in members:
        if seen.answers is Truth.TRUE:
            return fact_of(seen, Truth.TRUE, **_rtt(seen))
    silent = all(seen.answers is Truth.FALSE for seen in members)
    return fact_of(members[0], Truth.FALSE if silent else Truth.UNKNOWN)


def _name(device: Device | None) -> str | None:
    return device.name if device else None


def _rtt(seen: Seen) -> dict[str, object]:
    for observation in seen.live.values():
        echo = observation.reading.echo
        if echo is not None and echo.rtts_s:
            return {"ms": 1000 * min(echo.rtts_s)}
    return {}


def _on_the_way(sight: Sight, seen: Seen, gw: Fact) -> Truth:
    """Ward: what stands before a far end that does not answer must have spoken since."""
    if sight.vantage == "hub" or gw.truth is Truth.TRUE:
        return seen.answers
    return since_loss(seen, loss_of(sight))


def _switch(sight: Sight, gw: Fact) -> Fact:
    core = sight.of(_name(sight.ward.core))
    if core is None:
        return NOT_APPLICABLE
    methods = ", ".join(sorted({_method(p) for p in core.live})) or "ICMP, SNMP"
    # Where no terminal device is known, the ward's stretch of the way ends here.
    ends_here = sight.ward.ce is None and sight.path is Truth.FALSE
    good = {"good": stretch_is_good(sight)} if ends_here else {}
    truth = from_afar(sight, core) if sight.vantage == "hub" else _on_the_way(sight, core, gw)
    return fact_of(core, truth, d=core.target.name, methods=methods, **good)


def _method(probe: str) -> str:
    return {"icmp": "ICMP", "watch": "ICMP"}.get(probe, probe.partition("-")[0].upper())


def _switch_traffic(sight: Sight, gw: Fact) -> Fact:
    """True when something that is reached only through the switch answers.

    From within, what lies beyond the line says no more than the gateway does.
    """
    is_ward = sight.vantage == "ward"
    here = {device.name for device in sight.ward.devices if device.site == "ward"}
    names = sight.behind_core & here if is_ward else sight.behind_core
    beyond = [sight.seen[name] for name in sorted(names) if name in sight.seen]
    members = [seen for seen in beyond if seen.on_duty]
    if not members and gw.truth is Truth.NA:
        return NOT_APPLICABLE
    core = sight.of(_name(sight.ward.core))
    truths = [_since_silence(seen, core) if is_ward else seen.answers for seen in members]
    if is_ward:
        truths.append(gw.truth)
    if Truth.TRUE in truths:
        count = truths.count(Truth.TRUE)
        return Fact(Truth.TRUE, source="icmp", values={"n": count}, promised=False)
    known = [truth for truth in truths if truth is not Truth.NA]
    if known and all(truth is Truth.FALSE for truth in known):
        return Fact(Truth.FALSE, source="icmp", promised=False)
    return UNKNOWN


def _since_silence(seen: Seen, core: Seen | None) -> Truth:
    """An answer from before the switch fell silent does not say that it forwards."""
    began = core.bad_since_mono if core is not None else None
    return _answers_since(seen, began)


def _terminal_device(sight: Sight, gw: Fact, pe: Fact) -> Fact:
    """The CE answers, or forwards. One that never answered proves nothing by its silence."""
    ce = sight.ward.ce
    seen = sight.of(_name(ce))
    if ce is None or seen is None:
        return NOT_APPLICABLE
    good = {"good": stretch_is_good(sight)} if sight.path is Truth.FALSE else {}
    truth = _on_the_way(sight, seen, gw)
    if truth is Truth.TRUE:
        return fact_of(seen, Truth.TRUE, **_rtt(seen), **good)
    if gw.truth is Truth.TRUE:
        return Fact(Truth.TRUE, source="forwards", at=gw.at, values=good)
    if pe.truth is Truth.TRUE and sight.vantage == "ward":
        return Fact(Truth.TRUE, source="forwards", at=pe.at)
    if ce.ping is False:
        return NOT_APPLICABLE
    if truth is Truth.FALSE and "snmp-interfaces" in seen.live:
        return fact_of(seen, Truth.UNKNOWN)  # silent to ping alone, as far as anybody asked
    return fact_of(seen, truth) if seen.ever else UNKNOWN


def _carrier_edge(sight: Sight, gw: Fact) -> Fact:
    edge = sight.of("pe")
    if edge is None:
        return NOT_APPLICABLE
    return fact_of(edge, _on_the_way(sight, edge, gw), **_rtt(edge))


def _uplink(sight: Sight, gw: Fact) -> dict[str, Fact]:
    """Admin and oper state of the primary uplink port, as the switch itself says."""
    link, core = sight.ward.primary_link, sight.ward.core
    names = ("up_admin", "up_oper", "up_err", "up_full", "up_vlan")
    absent = dict.fromkeys(names, NOT_APPLICABLE)
    if link is None or core is None or core.snmp is None or link.near_port is None:
        return absent
    seen = sight.of(core.name)
    port = port_of(seen, link.near_port)
    vlan = _uplink_vlan(sight, gw, link.near_port)
    if seen is None or port is None:
        return {**dict.fromkeys(absent, UNKNOWN), "up_vlan": vlan}
    observation = seen.live["snmp-interfaces"]
    loss = loss_of(sight) if sight.vantage == "ward" and gw.truth is not Truth.TRUE else None
    is_old = loss is not None and observation.mono < loss.since

    def asfact_of(status: str | None) -> Fact:
        truth = Truth.UNKNOWN if status in (None, "unknown") else Truth.FALSE
        if status == "up":  # a port that was up before the loss may be what broke
            truth = Truth.UNKNOWN if is_old else Truth.TRUE
        values = {"p": port.name, "d": core.name}
        return Fact(truth, source="snmp-interfaces", values=values, at=observation.started)

    return {
        "up_admin": asfact_of(port.admin),
        "up_oper": asfact_of(port.oper),
        "up_vlan": vlan,
        **_use(sight, link, port, observation),
    }


def _uplink_vlan(sight: Sight, gw: Fact, port: str) -> Fact:
    """Ward: whether the uplink port is in the VLANs in which the line worked."""
    if sight.vantage == "hub":
        return NOT_APPLICABLE
    loss = None if gw.truth is Truth.TRUE else loss_of(sight)
    truth, told = sight.line_vlans.judged(loss)
    return Fact(truth, "snmp-vlans", {**told, "p": port}, promised=False)


def _use(sight: Sight, link: Link, port: Interface, polled: Observation) -> dict[str, Fact]:
    """Whether the uplink port is full, or breaks packets: what else may cost packets."""
    lost_at = (burst.mono for burst in sight.far_end.bursts if burst.lost)
    known = (next(lost_at, None), sight.line.since())
    since = min((mono for mono in known if mono is not None), default=None)
    full, share = sight.line_use.full(1e6 * link.commit_mbps, since)
    faulty, broke = sight.line_use.faulty(since)
    used: dict[str, object] = {} if share is None else {"pct": 100 * share}

    def fact(truth: Truth, values: dict[str, object]) -> Fact:
        return Fact(truth, "snmp-interfaces", values, polled.started, promised=False)

    return {"up_full": fact(full, used), "up_err": fact(faulty, {**broke, "p": port.name})}


def _watched_ports(sight: Sight) -> list[tuple[Interface | None, bool]]:
    """Every port that leads to a device on duty: the port as last seen, and whether it is core."""
    found = []
    link = sight.ward.primary_link
    for device in sight.ward.devices:
        seen = sight.of(device.name)
        ways = [way for way in device.ways if ":" in way]
        if not ways or seen is None or not seen.on_duty:
            continue
        if link and link.near in ways:
            continue  # the uplink has facts of its own
        ports = [_port_at(sight, way) for way in ways]
        found.append((_telling(ports, device), device.role is Role.CORE))
    return found


def _port_at(sight: Sight, way: str) -> Interface | None:
    name, _, port = way.partition(":")
    return port_of(sight.of(name), port)


def _telling(ports: list[Interface | None], device: Device) -> Interface | None:
    """The port whose link tells for a device: of redundant ones any that has link, of those that
    are all needed any that has none."""
    known = [port for port in ports if port is not None and port.oper is not None]
    tells = (port for port in known if (port.oper == "up") is not device.needs_all)
    return next(tells, known[0] if len(known) == len(ports) else None)


def _lan(sight: Sight) -> Fact:
    """Link of the watched ports; without watched ports the inventory promises nothing."""
    ports = _watched_ports(sight)
    if not ports:
        return NOT_APPLICABLE
    known = [(port, core) for port, core in ports if port and port.oper]
    if not known:
        return Fact(Truth.UNKNOWN, source="snmp-interfaces")
    lost = [(port, core) for port, core in known if port.oper != "up"]
    values = {"n": len(known) - len(lost), "m": len(known)}
    bad = any(core for _port, core in lost) or len(lost) >= max(1, PORTS_LOST_SHARE * len(known))
    return Fact(Truth.FALSE if bad else Truth.TRUE, source="snmp-interfaces", values=values)


def _core_port_lost(sight: Sight) -> bool:
    return any(core and port and port.oper == "down" for port, core in _watched_ports(sight))


def _rooms(sight: Sight) -> dict[str, Fact]:
    rooms: dict[str, Fact] = {}
    for device in sight.ward.devices:
        seen = sight.of(device.name)
        if (device.role is not Role.VC and device.room is None) or seen is None:
            continue
        rooms[device.room or device.name] = _room(seen)
    return rooms


def _room(seen: Seen) -> Fact:
    if not seen.on_duty and seen.answers is not Truth.TRUE:
        return NOT_APPLICABLE
    reading = reading_of(seen, lambda reading: reading.vc)
    status = reading.vc if reading else None
    if status is None:
        truth = Truth.FALSE if seen.answers is Truth.FALSE else Truth.UNKNOWN
        return fact_of(seen, truth, r=seen.target.name, part="endpoint")
    critical = any(level == "critical" for level, _type in status.diagnostics)
    unregistered = status.sip_registered is False
    unplugged = any(not connected for _kind, _name, connected in status.peripherals)
    for bad, part in (
        (critical, "endpoint"),
        (unregistered, "registration"),
        (unplugged, "peripheral"),
    ):
        if bad:
            return fact_of(seen, Truth.FALSE, r=seen.target.name, part=part)
    return fact_of(seen, Truth.TRUE, r=seen.target.name)
