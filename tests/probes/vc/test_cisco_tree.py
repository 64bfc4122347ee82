"""Status trees of several firmwares, written for these tests, read into one vocabulary."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.errors import LimitExceeded, ProbeError
from probes.model import Sensor
from probes.snmp.neighbours import Neighbour
from probes.transports.xml_tree import tree_of
from probes.vc.cisco_tree import Endpoint, read
from probes.vc.cisco_ws import status_of
from probes.vc.model import samples_of
from probes.vc.status import VcMedia

NOW = datetime(2026, 11, 21, 0, 25, tzinfo=UTC)

ROOMOS_11 = """<?xml version="1.0"?>
<Status product="Cisco Codec" version="ce11.14.2" apiVersion="4">
 <Call item="7"><AnswerState>Answered</AnswerState><Direction>Incoming</Direction>
  <Duration>300</Duration><Encryption><Type>None</Type></Encryption><Protocol>SIP</Protocol>
  <ReceiveCallRate>4000</ReceiveCallRate><Status>Connected</Status>
  <TransmitCallRate>3000</TransmitCallRate></Call>
 <MediaChannels><Call item="7" maxOccurrence="n">
  <Channel item="20"><Audio><Channels>2</Channels><Protocol>Opus</Protocol></Audio>
   <Direction>Incoming</Direction><Netstat><Jitter>4</Jitter><LastIntervalLost>1</LastIntervalLost>
   <LastIntervalReceived>249</LastIntervalReceived><MaxJitter>9</MaxJitter></Netstat>
   <Type>Audio</Type></Channel>
  <Channel item="21"><Audio><Protocol>Opus</Protocol></Audio><Direction>Outgoing</Direction>
   <Netstat><Jitter>2</Jitter><LastIntervalLost>0</LastIntervalLost>
   <LastIntervalReceived>250</LastIntervalReceived><RoundTripTime>38</RoundTripTime></Netstat>
   <Type>Audio</Type></Channel>
  <Channel item="30"><Direction>Incoming</Direction><Netstat><Jitter>7</Jitter>
   <LastIntervalLost>30</LastIntervalLost><LastIntervalReceived>970</LastIntervalReceived></Netstat>
   <Type>Video</Type><Video><ChannelRole>Main</ChannelRole><FrameRate>30</FrameRate>
   <Protocol>H264</Protocol><ResolutionX>1280</ResolutionX><ResolutionY>720</ResolutionY></Video>
  </Channel>
  <Channel item="33"><Direction>Incoming</Direction><Netstat><Jitter>12</Jitter>
   <LastIntervalLost>0</LastIntervalLost><LastIntervalReceived>1000</LastIntervalReceived></Netstat>
   <Type>Video</Type><Video><ChannelRole>Main</ChannelRole><FrameRate>15</FrameRate>
   <Protocol>H264</Protocol><ResolutionX>320</ResolutionX><ResolutionY>180</ResolutionY></Video>
  </Channel>
  <Channel item="31"><Direction>Outgoing</Direction><Netstat><Jitter>-1</Jitter>
   <LastIntervalLost>0</LastIntervalLost><LastIntervalReceived>0</LastIntervalReceived>
   <RoundTripTime>41</RoundTripTime></Netstat><Type>Video</Type><Video>
   <ChannelRole>Presentation</ChannelRole><FrameRate>5</FrameRate><Protocol>H264</Protocol>
   <ResolutionX>1920</ResolutionX><ResolutionY>1080</ResolutionY></Video></Channel>
  <Channel item="40"><Direction>Incoming</Direction><Type>Video</Type>
   <Video><Protocol>Off</Protocol></Video></Channel>
  <Channel item="41"><Direction>Incoming</Direction><Type>Data</Type></Channel>
  <Channel item="42" ghost="True"/>
 </Call></MediaChannels>
 <Network item="1"><CDP><Address>192.0.2.1</Address><DeviceId>sw-1.example</DeviceId>
  <Duplex>Full</Duplex><Platform>cisco C9200L</Platform><PortID>GigabitEthernet1/0/7</PortID></CDP>
  <Ethernet><MacAddress>00:00:5E:00:53:01</MacAddress><Speed>1000full</Speed></Ethernet></Network>
 <NetworkServices><NTP><Status>Discarded</Status></NTP></NetworkServices>
 <SIP><Registration item="1"><Status>Registered</Status></Registration></SIP>
 <SystemUnit><Hardware><Module><SerialNumber>SERIAL-1</SerialNumber></Module>
   <Monitoring><Temperature><Status>High</Status></Temperature></Monitoring></Hardware>
  <ProductPlatform>Room Kit Pro</ProductPlatform>
  <Software><Version>ce11.14.2.3.0</Version></Software>
  <State><NumberOfActiveCalls>1</NumberOfActiveCalls></State></SystemUnit>
</Status>"""

TC_7 = """<Status version="TC7.3.6">
 <Camera item="1"><Connected>True</Connected></Camera>
 <Call item="27"><Status>Connected</Status><Direction>Outgoing</Direction></Call>
 <Diagnostics><Call item="27"><Channels><IncomingVideoChannel item="174">
   <Netstat item="1"><Jitter>5</Jitter><LastIntervalLost>5</LastIntervalLost>
   <LastIntervalReceived>95</LastIntervalReceived></Netstat></IncomingVideoChannel>
   <IncomingDataChannel item="176"><Netstat item="1"><Jitter>1</Jitter></Netstat>
   </IncomingDataChannel></Channels></Call></Diagnostics>
 <MediaChannels><Call item="27">
  <IncomingVideoChannel item="174"><ChannelRole>Main</ChannelRole>
   <Video><FrameRate>30</FrameRate><ResolutionY>720</ResolutionY></Video></IncomingVideoChannel>
  <OutgoingVideoChannel item="175"><ChannelRole>Presentation</ChannelRole>
   <Netstat><Jitter>3</Jitter></Netstat></OutgoingVideoChannel>
  <OutgoingAudioChannel item="160"><Netstat><LastIntervalLost>1</LastIntervalLost>
   <LastIntervalReceived>99</LastIntervalReceived></Netstat></OutgoingAudioChannel>
 </Call></MediaChannels>
 <Network item="1"><Ethernet><Speed>100half</Speed></Ethernet></Network>
 <SIP><Profile item="1"><Registration item="1"><Status>Failed</Status></Registration></Profile>
 </SIP>
 <Standby><Active>Off</Active></Standby>
 <SystemUnit><Hardware><MainBoard><SerialNumber>SERIAL-2</SerialNumber></MainBoard>
   <Temperature>58.5</Temperature></Hardware><ProductId>Sample Codec C40</ProductId>
  <Software><Version>TC7.3.6.abcdef</Version></Software></SystemUnit>
 <Time><SystemTime>2026/11/21 07:25:00</SystemTime></Time>
 <Video><Output><HDMI item="1"><Connected>True</Connected></HDMI>
  <DVI item="2"><Connected>False</Connected></DVI></Output></Video>
</Status>"""


def told(xml: str) -> Endpoint:
    """What a tree says."""
    return read(tree_of(xml.encode()), NOW)


def test_roomos_tells_its_streams_by_direction_and_kind() -> None:
    assert told(ROOMOS_11).vc.media == (
        VcMedia("rx", "audio", loss_ratio=1 / 250, jitter_s=0.004),
        # Two pictures of people come in: their losses together, the tallest of them.
        VcMedia("rx", "main", loss_ratio=30 / 2000, jitter_s=0.012, height_px=720, fps=30),
        VcMedia("tx", "audio", loss_ratio=0, jitter_s=0.002, rtt_s=0.038),
        VcMedia("tx", "content", rtt_s=0.041, height_px=1080, fps=5),
    )


def test_roomos_tells_its_state_its_socket_and_its_switch() -> None:
    found = told(ROOMOS_11)
    assert (found.identity.os, found.identity.model, found.identity.serial) == (
        "roomos",
        "Room Kit Pro",
        "SERIAL-1",
    )
    assert (found.vc.in_call, found.vc.ringing, found.vc.sip_registered) == (True, False, True)
    assert (found.vc.clock_synced, found.vc.port_bps, found.vc.full_duplex) == (False, 1e9, True)
    assert found.vc.temperature_celsius is None
    assert found.sensors == (Sensor("temperature", "endpoint", None, "state", state="bad"),)
    assert found.neighbours == (
        Neighbour(
            local_port=None,
            chassis=None,
            port="GigabitEthernet1/0/7",
            system_name="sw-1.example",
            address="192.0.2.1",
            source="cdp",
            system_descr="cisco C9200L",
        ),
    )


def test_tc_is_read_by_its_own_names() -> None:
    found = told(TC_7)
    assert (found.identity.os, found.identity.serial) == ("tc", "SERIAL-2")
    assert found.vc.media == (
        VcMedia("rx", "main", loss_ratio=0.05, jitter_s=0.005, height_px=720, fps=30),
        VcMedia("tx", "audio", loss_ratio=0.01),
        VcMedia("tx", "content", jitter_s=0.003),
    )
    assert (found.vc.in_call, found.vc.standby, found.vc.sip_registered) == (True, False, False)
    assert (found.vc.port_bps, found.vc.full_duplex) == (1e8, False)
    assert found.vc.clock_offset_s is None  # it does not say in which zone
    assert set(found.vc.peripherals) == {
        ("camera", "1", True),
        ("display", "hdmi-1", True),
        ("display", "dvi-2", False),
    }


def test_the_order_of_nodes_means_nothing() -> None:
    tree = tree_of(ROOMOS_11.encode())
    for node in [*tree.iter()]:
        node[:] = sorted(node, key=lambda child: child.tag, reverse=True)
    assert read(tree, NOW).vc == told(ROOMOS_11).vc


@pytest.mark.parametrize(
    ("calls", "in_call", "ringing"),
    [
        ("<Call><Status>Ringing</Status><Direction>Incoming</Direction></Call>", False, True),
        ("<Call><Status>Ringing</Status></Call>", False, True),
        ("<Call><Status>Ringing</Status><Direction>Outgoing</Direction></Call>", False, False),
        ("<Call><Status>Connected</Status></Call>", True, False),
        ('<Call ghost="True"><Status>Ringing</Status></Call>', None, None),
        ("", None, None),
    ],
)
def test_a_call_that_comes_in_rings(calls: str, in_call: bool | None, ringing: bool | None) -> None:
    vc = told(f"<Status>{calls}</Status>").vc
    assert (vc.in_call, vc.ringing) == (in_call, ringing)


@pytest.mark.parametrize(
    ("display", "version", "system"),
    [
        ("ce 9.6.1 abc 2018-12-12", "ce9.6.1.abc", "ce"),
        ("RoomOS 10.9.1.1 abc", "ce10.9.1.1.abc", "roomos"),
        ("", "ce8.3.0", "ce"),
        ("", "ce11.1", "roomos"),
        ("", "TC7.3.6", "tc"),
        ("RoomOS 26.9.1", "", "roomos"),
        ("Other 1", "x", None),
    ],
)
def test_the_kind_of_software_by_what_it_calls_itself(
    display: str, version: str, system: str | None
) -> None:
    tree = (
        f"<Status><SystemUnit><Software><DisplayName>{display}</DisplayName>"
        f"<Version>{version}</Version></Software></SystemUnit></Status>"
    )
    assert told(tree).identity.os == system


@pytest.mark.parametrize(
    ("speed", "bps", "full"),
    [
        ("100full", 1e8, True),
        ("1000full", 1e9, True),
        ("10half", 1e7, False),
        ("2500full", 2.5e9, True),
        ("Unknown", None, None),
        ("", None, None),
    ],
)
def test_the_socket_by_speed_and_duplex(speed: str, bps: float | None, full: bool | None) -> None:
    node = f"<Network><Ethernet><Speed>{speed}</Speed></Ethernet></Network>"
    vc = told(f"<Status>{node}</Status>").vc
    assert (vc.port_bps, vc.full_duplex) == (bps, full)


def test_an_endpoint_that_hears_no_cdp_says_nothing_of_its_switch() -> None:
    empty = "<Network><CDP><Address/><DeviceId></DeviceId><PortID></PortID></CDP></Network>"
    assert told(f"<Status>{empty}</Status>").neighbours is None


def test_a_list_is_cut_and_each_number_counts_once() -> None:
    microphones = "".join(
        f'<Microphone item="{number % 40}"><ConnectionStatus>Connected</ConnectionStatus>'
        "</Microphone>"
        for number in range(4000)
    )
    tree = f"<Status><Audio><Input><Connectors>{microphones}</Connectors></Input></Audio></Status>"
    samples = samples_of(told(tree).vc)
    labels = [sample.labels for sample in samples if "mic_connected" in sample.metric.name]
    assert len(labels) == len(set(labels)) == 32


def test_a_camera_that_is_only_an_input_is_a_camera() -> None:
    inputs = (
        '<Connector item="1"><Connected>True</Connected><Type>Camera</Type></Connector>'
        '<Connector item="2"><Connected>False</Connected><Type>HDMI</Type></Connector>'
    )
    tree = f"<Status><Video><Input>{inputs}</Input></Video></Status>"
    assert told(tree).vc.peripherals == (("camera", "1", True),)


def test_a_microphone_is_numbered_by_its_kind_of_socket() -> None:
    sockets = "".join(
        f'<{kind} item="1"><ConnectionStatus>NotConnected</ConnectionStatus></{kind}>'
        for kind in ("Microphone", "Ethernet", "USBMicrophone")
    )
    tree = f"<Status><Audio><Input><Connectors>{sockets}</Connectors></Input></Audio></Status>"
    assert [name for _kind, name, _on in told(tree).vc.peripherals] == ["1", "ethernet-1", "usb-1"]


@pytest.mark.parametrize(
    ("state", "registered"),
    [("Registered", True), ("Registering", False), ("Disabled", None), ("", None)],
)
def test_the_maker_s_cloud_is_told_apart_from_sip(state: str, registered: bool | None) -> None:
    vc = told(f"<Status><Webex><Status>{state}</Status></Webex></Status>").vc
    assert (vc.cloud_registered, vc.sip_registered) == (registered, None)


_NAMES = (
    *("Call", "Status", "SIP", "Registration", "SystemUnit", "Hardware", "Temperature", "Uptime"),
    *("MediaChannels", "Channel", "Netstat", "Jitter", "Type", "Direction", "Time", "SystemTime"),
    *("Network", "Ethernet", "Speed", "CDP", "DeviceId", "Audio", "Volume", "State"),
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*_NAMES, "id", "ghost", "Value"]), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(_JSON)
def test_whatever_json_comes_is_a_state_or_a_reason(tree: object) -> None:
    with suppress(ProbeError):
        assert samples_of(read(status_of(tree), NOW).vc)


def test_json_that_is_too_deep_is_refused() -> None:
    tree: dict[str, object] = {}
    for _ in range(70):
        tree = {"SIP": tree}
    with pytest.raises(LimitExceeded):
        status_of(tree)
