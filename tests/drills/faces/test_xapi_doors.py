"""The codec's shell and JSON-RPC as words: modes, frames, feedback, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st

from drills import faults
from drills.faces.xapi.rpc import Conversation
from drills.faces.xapi.shell import Shell
from drills.faces.xapi.tree import path_of
from drills.topology import ward_standard
from drills.world import World
from probes.clock import ManualClock

if TYPE_CHECKING:
    from drills.model import Node

VC = "vc-26740-a"


@pytest.fixture
def shell(world: World) -> Shell:
    """A shell that is logged in, without echo."""
    found = Shell(world, world.topology.nodes[VC])
    assert found.greeting().endswith("\nOK\n\n")
    assert found.feed(b"echo off\n") == "echo off\n\nOK\n\n"
    return found


def test_a_terminal_lists_one_line_a_value(shell: Shell) -> None:
    told = shell.feed(b'xStatus Audio Volume | resultId="7"\n')
    assert told == '*s Audio Volume: 50\n*r resultId: "7"\n** end\n\nOK\n\n'
    assert "*s Cameras Camera 1 Connected: True\n" in shell.feed(b"xstatus cameras\n")
    assert f'*c SystemUnit Name: "{VC}"' in shell.feed(b"xConfiguration SystemUnit Name\n")


def test_xml_and_json_carry_the_result_id(shell: Shell) -> None:
    assert "OK" in shell.feed(b"xPreferences outputmode xml\n")
    document = fromstring(shell.feed(b'xStatus /Audio | resultId="a b"\n'))
    assert document.get("resultId") == "a b"
    assert document.findtext("Status/Audio/Volume") == "50"
    assert shell.feed(b"xpreferences outputmode json\n") == ""
    told = json.loads(shell.feed(b'xStatus Cameras Camera 1 | resultId="2"\n'))
    camera = {"id": "1", "Connected": {"Value": "True"}}
    assert told == {"ResultId": "2", "Status": {"Cameras": {"Camera": [camera]}}}


def test_a_framed_command_is_read_to_its_last_octet(shell: Shell) -> None:
    shell.feed(b"xpreferences outputmode json\n")
    command = b'xCommand Text Set | resultId="3"\n<Body>\nxStatus\n</Body>\n'
    frame = b"{%d} \n%s" % (len(command), command)
    assert [shell.feed(frame[n : n + 1]) for n in range(len(frame) - 1)] == [""] * (len(frame) - 1)
    told = json.loads(shell.feed(frame[-1:]))
    assert told["ResultId"] == "3"
    assert told["CommandResponse"]["Command"]["status"] == "Error"
    assert "Volume" in shell.feed(b"xStatus Audio\n")


@pytest.mark.parametrize(
    "line",
    [
        b"xCommand Dial Number: 1", b"xConfiguration SystemUnit Name: mine", b"xStatus Nothing",
        b"xStatus [", b"reboot", b"xpreferences outputmode morse", b"xFeedback register [",
    ],
)  # fmt: skip
def test_what_it_does_not_do_is_an_error_in_each_mode(shell: Shell, line: bytes) -> None:
    assert shell.feed(line + b"\n").endswith("\nERROR\n\n")
    shell.feed(b"xpreferences outputmode xml\n")
    (refused,) = fromstring(shell.feed(line + b"\n"))
    assert refused.get("status") == "Error"
    assert refused.findtext("Reason")
    shell.feed(b"xpreferences outputmode json\n")
    (body,) = json.loads(shell.feed(line + b"\n"))["CommandResponse"].values()
    assert body["status"] == "Error"


def test_feedback_tells_changes_once_and_only_what_was_asked_for(
    world: World, clock: ManualClock, shell: Shell
) -> None:
    shell.feed(b"xpreferences outputmode json\n")
    shell.feed(b"xFeedback register /Status/Audio\n")
    clock.move(60)
    assert shell.news() == ""  # its uptime grew, and nobody is told
    faults.apply(world, "vc_camera_unplugged")
    assert shell.news() == ""
    faults.apply(world, "vc_muted")
    muted = {"Status": {"Audio": {"Microphones": {"Mute": {"Value": "On"}}}}}
    assert json.loads(shell.news()) == muted
    assert shell.news() == ""
    shell.feed(b"xFeedback deregister /status/audio\n")
    faults.clear(world, "F2")
    assert shell.news() == ""


def test_a_shell_ends_when_told_and_when_it_is_flooded(world: World) -> None:
    node = world.topology.nodes[VC]
    for octets in (b"bye\n", b"x" * 100_000):
        shell = Shell(world, node)
        shell.feed(octets)
        assert shell.is_over


def said(world: World, node: Node, message: object) -> Any:
    """The answer to one message."""
    text = message if isinstance(message, str) else json.dumps(message)
    return json.loads(Conversation(world, node).answer(text))


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", -32700), ("[" * 100_000, -32700), ([], -32600), ({"id": 1}, -32600),
        ({"method": "xGet", "params": []}, -32600), ({"method": "xNothing"}, -32601),
        ({"method": "xGet"}, -32602), ({"method": "xGet", "params": {"Path": [1]}}, -32602),
        ({"method": "xGet", "params": {"Path": ["Status", True]}}, -32602),
        ({"method": "xGet", "params": {"Path": ["Status", "Call", 9]}}, -32602),
        ({"method": "xFeedback/Unsubscribe", "params": {"Id": 4}}, -32602),
        ({"method": "xFeedback/Unsubscribe", "params": {"Id": []}}, -32602),
        ({"method": "xSet", "params": {"Path": ["Configuration"], "Value": 1}}, -31999),
        ({"method": "xCommand/Dial", "params": {"Number": "1"}}, -31999),
    ],
)  # fmt: skip
def test_a_wrong_question_has_the_number_that_clients_know(
    world: World, message: object, code: int
) -> None:
    told = said(world, world.topology.nodes[VC], message)
    assert told["error"]["code"] == code
    assert "result" not in told


TEXT = st.text(alphabet='xStatusConfigurationfeedback /[]*{}|:"0129\n é', max_size=60)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["Status", "**", "Id", "xGet"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXT, max_size=4), VALUES, VALUES)
def test_nothing_that_is_typed_or_sent_breaks_a_conversation(
    lines: list[str], path: Any, value: Any
) -> None:
    world = World(ward_standard(("26740",)), 1, ManualClock())
    node = world.topology.nodes[VC]
    shell, talk = Shell(world, node), Conversation(world, node)
    for line in lines:
        shell.feed(line.encode())
        path_of(line)
    shell.feed(b"\nxpreferences outputmode json\n")
    for method in ("xGet", "xQuery", "xFeedback/Subscribe", "xFeedback/Unsubscribe"):
        params = {"Path": path, "Query": path, "Id": value}
        for message in ({"id": value, "method": method, "params": params}, value):
            assert set(json.loads(talk.answer(json.dumps(message)))) >= {"jsonrpc", "id"}
    faults.apply(world, "vc_in_call")
    assert all(json.loads(line)["method"] == "xFeedback/Event" for line in talk.news())
