"""A recorded endpoint keeps its shape and its measures, and nothing that belongs to anybody."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from probes.cli import command
from probes.clock import SystemClock
from probes.transports.xml_tree import tree_of
from probes.vc.cisco_record import redacted
from probes.vc.cisco_tree import read

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

ROOT = Path(__file__).parents[3]
RECORDINGS = Path(os.environ.get("WARDOPS_RECORDINGS", ROOT.parent / "shared/recordings"))

TREE = """<Status product="Cisco Codec" version="ce9.15.0">
 <Bookings><Current><Title>canary-title</Title><Id>5</Id></Current></Bookings>
 <Call item="3"><Status>Connected</Status><RemoteNumber>84900000000</RemoteNumber>
  <CallbackNumber>sip:84900000001</CallbackNumber><DisplayName>Canary</DisplayName>
  <TransmitCallRate>1920</TransmitCallRate></Call>
 <Diagnostics><Message item="1"><Level>Error</Level><Type>ECReferenceDelay</Type>
  <Description>canary-text</Description><References>who=canary</References></Message></Diagnostics>
 <MediaChannels><Call item="3"><Channel item="5"><Direction>Incoming</Direction>
  <Type>Audio</Type><Netstat><Jitter>4</Jitter></Netstat><ParticipantId>777</ParticipantId>
  </Channel></Call></MediaChannels>
 <Network item="1"><CDP><DeviceId>canary-switch</DeviceId><PortID>Gi1/0/5</PortID></CDP>
  <Ethernet><MacAddress>00:00:5E:00:53:01</MacAddress><Speed>100full</Speed></Ethernet>
  <IPv4><Address>192.0.2.77</Address></IPv4></Network>
 <Peripherals><ConnectedDevice item="1001"><ID>00:00:5E:00:53:02</ID><Name>Canary panel</Name>
  <SerialNumber>4711</SerialNumber><Status>Connected</Status><Type>TouchPanel</Type>
  </ConnectedDevice></Peripherals>
 <SIP><Registration item="1"><Status>Registered</Status><URI>canary@sip.example</URI>
  </Registration></SIP>
 <SystemUnit><ContactInfo>canary-contact</ContactInfo><Hardware><Module>
  <SerialNumber>FOC0000CANARY</SerialNumber></Module><Temperature>51.5</Temperature></Hardware>
  <ProductId>Cisco Sample</ProductId><Uptime>90</Uptime></SystemUnit>
 <UserInterface><ContactInfo><Name>canary-room</Name></ContactInfo></UserInterface>
 <Webex><DeveloperId>canaryid</DeveloperId><Status>Registered</Status></Webex>
</Status>"""
PLANTED = (
    *("canary", "84900000000", "84900000001", "777", "4711", "192.0.2.77", "5E:00:53"),
    "<Title>",
)


def recorded(xml: str | bytes) -> tuple[str, Element]:
    """The lines of a recording as one text, and as the tree they are."""
    text = "\n".join(redacted(tree_of(xml if isinstance(xml, bytes) else xml.encode())).lines)
    return text, tree_of(text.encode())


def test_nothing_that_was_planted_is_in_a_recording() -> None:
    text, _tree = recorded(TREE)
    assert not [word for word in PLANTED if word.lower() in text.lower()]


def test_a_recording_tells_the_same_state() -> None:
    now = SystemClock().now()
    whole, found = read(tree_of(TREE.encode()), now).vc, read(recorded(TREE)[1], now).vc
    for name in ("in_call", "sip_registered", "media", "temperature_celsius", "diagnostics"):
        assert getattr(found, name) == getattr(whole, name), name
    assert (found.port_bps, found.uptime_s) == (1e8, 90)


def test_what_is_left_out_is_counted_and_its_place_stays() -> None:
    told = redacted(tree_of(TREE.encode()))
    assert told.left_out > 15
    assert recorded(TREE)[1].find("Bookings") is not None
    assert recorded(TREE)[1].find("Peripherals/ConnectedDevice/SerialNumber") is not None


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings under {RECORDINGS}")
@pytest.mark.parametrize("name", ["status_sx10_ce9.6.1.xml", "status_roomkit_ce10.9.xml"])
def test_a_real_tree_keeps_no_address_name_or_serial_number(name: str) -> None:
    body = (RECORDINGS / "api/cisco" / name).read_bytes()
    tree, now = tree_of(body), SystemClock().now()
    text, copy = recorded(body)
    private = {
        (leaf.text or "").strip()
        for leaf in tree.iter()
        if leaf.tag in {"SerialNumber", "MacAddress", "Address", "URI", "URL", "Name", "Gateway"}
    }
    assert not [word for word in private if len(word) > 3 and word != "Cisco" and word in text]
    assert read(copy, now).vc.uptime_s == read(tree, now).vc.uptime_s


def test_a_recording_of_a_device_without_a_way_is_refused_in_one_line(tmp_path: Path) -> None:
    line = ["tcp://127.0.0.1:9", "--record", str(tmp_path / "r"), "--lang", "en"]
    result = CliRunner().invoke(command, line, standalone_mode=False)
    assert result.return_value == 2
    assert "--record" in result.stderr
