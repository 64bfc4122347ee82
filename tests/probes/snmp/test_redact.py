"""A recorded walk shows nothing of its owner, and still is the same device."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.credentials import Secret
from probes.errors import TimedOut
from probes.record import blanked, record
from probes.snmp import ber, interfaces
from probes.snmp.redact import redact
from probes.snmp.types import Varbind

if TYPE_CHECKING:
    from probes.model import Reading
    from probes.record import Recorded
    from tests.probes.snmp.conftest import Lab

M = "1.3.6.1.2.1."
KEY = b"k" * 32
WORD = st.from_regex(r"[g-z]{2}[g-z0-9]{5,14}", fullmatch=True)
# Not the addresses that anybody has: 0/8, 127/8, 255/8.
IP = st.integers(0x01000000, 0x7EFFFFFF).map(lambda n: str(IPv4Address(n)))
MAC = st.binary(min_size=6, max_size=6).filter(lambda octets: len(set(octets)) > 3)


def text(oid: str, value: str | bytes) -> Varbind:
    octets = value.encode() if isinstance(value, str) else value
    return Varbind(ber.oid(oid), ber.OCTET_STRING, octets)


def dotted(octets: bytes) -> str:
    return ".".join(map(str, octets))


@settings(suppress_health_check=[HealthCheck.too_slow])  # a loaded machine is no fault
@given(name=WORD, place=WORD, person=WORD, alias=WORD, serial=WORD, community=WORD, ip=IP, mac=MAC)
def test_no_secret_of_the_owner_is_found_in_a_recorded_walk(
    name: str, place: str, person: str, alias: str, serial: str, community: str, ip: str, mac: bytes
) -> None:
    """Wherever it stood: in a column of its own, in a maker's text, in an index, as octets."""
    walk = [
        text(M + "1.1.0", f"Linux {name} 5.10 S/N: {serial} at {ip} ({mac.hex(':')}) {community}"),
        text(M + "1.4.0", f"{person}@{place}.example.org"),
        text(M + "1.5.0", name),
        text(M + "1.6.0", place),
        text(M + "2.2.1.2.1", f"port of {name}, {mac.hex('-')}"),
        text(M + "2.2.1.6.1", mac),
        Varbind(ber.oid(M + f"4.20.1.1.{ip}"), ber.IPADDRESS, IPv4Address(ip).packed),
        text(M + f"4.22.1.2.7.{ip}", mac),
        Varbind(ber.oid(M + f"17.7.1.2.2.1.2.1.{dotted(mac)}"), ber.INTEGER, 5),
        text(M + f"17.4.3.1.1.{dotted(mac)}", mac),
        text(M + "25.4.2.1.5.3", f"daemon --community {community}"),
        text(M + "31.1.1.1.18.1", alias),
        text(M + "47.1.1.1.1.11.1", serial),
        text("1.0.8802.1.1.2.1.4.1.1.5.0.3.1", mac),
        text("1.0.8802.1.1.2.1.4.1.1.9.0.3.1", name),
        Varbind(ber.oid(f"1.0.8802.1.1.2.1.4.2.1.3.0.3.1.1.4.{ip}"), ber.INTEGER, 2),
        text("1.3.6.1.4.1.2011.5.1.0", f"{person} {ip}"),
        text("1.3.6.1.4.1.2011.5.2.0", mac),
        text("1.3.6.1.4.1.2011.5.3.0", b"\x01\xff" + community.encode()),
        Varbind(ber.oid(f"1.3.6.1.4.1.2011.6.1.{dotted(community.encode())}"), ber.INTEGER, 1),
        text("1.3.6.1.6.3.18.1.1.1.2.1", community),
    ]
    lines = redact(walk, (community,), KEY).lines
    shown = "\n".join(lines)
    plain = "\n".join(readable(line) for line in lines)
    for secret in (name, place, person, alias, serial, community, ip):
        assert secret.lower() not in plain.lower()
        assert secret.encode().hex() not in shown
        assert dotted(secret.encode()) not in shown
    host_part = mac[3:]
    if len(set(host_part)) > 1:
        assert mac.hex() not in shown
        assert dotted(mac) not in shown
        assert mac.hex(":") not in plain
        assert mac.hex("-") not in plain


def readable(line: str) -> str:
    """A line with its hex values as text."""
    oid, tag, value = line.split("|", 2)
    shown = bytes.fromhex(value).decode("latin-1") if tag.endswith("x") else value
    return f"{oid} {shown}"


def test_the_same_word_gets_the_same_token_and_another_recording_another() -> None:
    walk = [text(M + "1.5.0", "core-switch"), text(M + "1.1.0", "Acme on core-switch")]
    first, again, other = (redact(walk, (), key).lines for key in (KEY, KEY, b"o" * 32))
    assert first == again != other


def test_what_no_rule_knows_is_left_out_and_counted() -> None:
    walk = [text("1.3.6.1.2.1.99999.1", "x"), text(M + "2.2.1.2.1", "Gi1/0/1")]
    redacted = redact(walk, (), KEY)
    assert (len(redacted.lines), redacted.left_out) == (1, 1)


def test_a_makers_reading_as_text_stays() -> None:
    reading = "5 Secs ( 31.1134%) 60 Secs ( 16.7571%)"
    (line,) = redact([text("1.3.6.1.4.1.4413.1.1.0", reading)], (), KEY).lines
    assert readable(line).endswith(reading)


def ports_of(lab: Lab, rows: dict[str, tuple[int, Any]]) -> Reading:
    """The ports that the probe reads from these rows."""
    engine, _ = lab.engine(lab.honest(lab.Agent(rows)))

    async def story() -> Reading:
        return await interfaces.PROBE.run(lab.device(), lab.context(engine))

    read: Reading = lab.on_virtual_time(story)
    return read


def recorded(lab: Lab, rows: dict[str, tuple[int, Any]]) -> Recorded:
    """The recording of an agent with these rows."""
    engine, _ = lab.engine(lab.honest(lab.Agent(rows)))

    async def story() -> Recorded:
        return await record(lab.device(), lab.context(engine))

    found: Recorded = lab.on_virtual_time(story)
    return found


SWITCH: dict[str, tuple[int, Any]] = {
    M + "1.1.0": (ber.OCTET_STRING, b"Acme switch"),
    M + "1.2.0": (ber.OID, ber.oid("1.3.6.1.4.1.99999.1")),
    M + "1.5.0": (ber.OCTET_STRING, b"sw-phuong"),
    **{M + f"2.2.1.2.{n}": (ber.OCTET_STRING, b"port %d" % n) for n in (1, 2)},
    **{M + f"2.2.1.5.{n}": (ber.GAUGE32, 100_000_000) for n in (1, 2)},
    **{M + f"2.2.1.6.{n}": (ber.OCTET_STRING, bytes([2, 0, 0, 1, 1, n])) for n in (1, 2)},
    **{M + f"2.2.1.7.{n}": (ber.INTEGER, 1) for n in (1, 2)},
    **{M + f"2.2.1.8.{n}": (ber.INTEGER, n) for n in (1, 2)},
    **{M + f"31.1.1.1.1.{n}": (ber.OCTET_STRING, b"Gi1/0/%d" % n) for n in (1, 2)},
    **{M + f"31.1.1.1.15.{n}": (ber.GAUGE32, 1000) for n in (1, 2)},
    M + "31.1.1.1.18.1": (ber.OCTET_STRING, b"to the meeting room"),
}


def test_a_recorded_file_served_again_gives_the_same_ports(lab: Lab) -> None:
    found = recorded(lab, SWITCH)
    assert found.complete
    served = lab.snmprec(line.encode() for line in found.redacted.lines)
    before, after = (ports_of(lab, rows).interfaces or () for rows in (SWITCH, served))
    seen = [[(p.index, p.name, p.admin, p.oper, p.speed_bps) for p in ps] for ps in (before, after)]
    assert seen[0] == seen[1]
    assert len(before) == 2
    assert after[0].alias
    assert "meeting" not in after[0].alias
    assert [(p.mac or "")[:8] for p in after] == ["02:00:00", "02:00:00"]


def test_a_silent_device_is_no_recording(lab: Lab) -> None:
    engine, _ = lab.engine(lambda _request, _data: ())

    async def story() -> Recorded:
        return await record(lab.device(), lab.context(engine))

    with pytest.raises(TimedOut):
        lab.on_virtual_time(story)


def test_a_secret_that_was_asked_for_is_blanked_in_what_is_told() -> None:
    lines: list[str] = []
    tell, secret = blanked(lines.append, lambda _ref: Secret("user: noc\nauth_key: 'hush hush'"))
    secret("file:snmp")
    tell("the device says hush hush")
    assert lines == ["the device says ***"]
