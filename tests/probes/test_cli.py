"""`wardops probe`, as a person or a script calls it."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from agent.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.probes.conftest import Authority, Peers

PAGE = "node_load1 0.25\nnode_memory_MemAvailable_bytes 5\n"
STATUS = "<Status><SystemUnit><ProductId>Sample</ProductId></SystemUnit></Status>"


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """Calls the command and gives exit code, standard output, standard error."""
    for name in ("WARDOPS_LANG", "WARDOPS_INVENTORY"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["probe", *words])
        return (code, *capsys.readouterr())

    return run


@pytest.fixture
def served(peers: Peers, authority: Authority) -> Iterator[Callable[..., int]]:
    """Starts servers on loopback in a thread, for a command that runs its own loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    stops: list[Any] = []

    def start(answer: bytes | Callable[[str], bytes], *, tls: bool = False) -> int:
        async def enter() -> tuple[Any, int]:
            context = authority.server()[0] if tls else None
            manager = peers.http(answer, tls=context)
            return manager, (await manager.__aenter__()).port

        manager, port = asyncio.run_coroutine_threadsafe(enter(), loop).result(10)
        stops.append(manager)
        return port

    yield start
    for manager in stops:
        leaving = manager.__aexit__(None, None, None)
        asyncio.run_coroutine_threadsafe(leaving, loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def inventory(tmp_path: Path) -> Callable[[str], str]:
    """Writes an inventory of one ward with these devices."""

    def write(devices: str) -> str:
        ward = f'schema: wardops/inventory/1\nward: "26740"\n{devices}'
        (tmp_path / "26740.yaml").write_text(ward, encoding="utf-8")
        return str(tmp_path)

    return write


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def test_json_is_one_object_and_exit_0(
    shell: Callable[..., tuple[int, str, str]], served: Callable[..., int], peers: Peers
) -> None:
    port = served(peers.response(PAGE))
    code, out, err = shell(f"node-exporter+http://127.0.0.1:{port}", "--json")
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert out.count("\n") == 1
    assert (told["target"], told["reason"], told["error"], told["requests"]) == (
        f"node-exporter+http://127.0.0.1:{port}",
        "ok",
        None,
        1,
    )
    assert told["vm"]["load1"] == 0.25
    assert {"name": "wardops_vm_up", "labels": {}, "value": 1} in told["samples"]
    assert told["seconds"] > 0
    assert told["started"].endswith("Z")


def test_what_is_not_good_is_exit_1_with_a_sentence_in_the_language(
    shell: Callable[..., tuple[int, str, str]],
) -> None:
    url = f"tcp://127.0.0.1:{free_port()}"
    code, out, err = shell(url, "--json")
    assert (code, json.loads(out)["reason"], err) == (1, "refused", "")
    advice = "Bật lại dịch vụ, hoặc kiểm tra cổng và tường lửa"
    assert json.loads(out)["error"] == f"Máy có, dịch vụ tắt. {advice}"
    code, out, _err = shell(url, "--lang", "en")
    assert code == 1
    assert "The machine is up, the service is closed. Start the service" in out


def test_loopback_is_pinged_for_real(shell: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _err = shell("icmp://127.0.0.1", "--json")
    told = json.loads(out)
    assert (code, told["reason"], told["requests"]) == (0, "ok", 5)
    (rtt,) = (s["value"] for s in told["samples"] if s["name"] == "probe_icmp_duration_seconds")
    assert 0 < rtt < 0.5


def test_debug_tells_what_was_asked_what_came_and_how_long_without_a_secret(
    shell: Callable[..., tuple[int, str, str]],
    served: Callable[..., int],
    peers: Peers,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VC_LOGIN", "poll:canary-41")
    port = served(peers.response(STATUS, content_type="text/xml"), tls=True)
    url = f"cisco-ce+https://127.0.0.1:{port}"
    words = (url, "--auth", "env:VC_LOGIN", "--debug")
    code, out, err = shell(*words, "--insecure")
    assert (code, err) == (0, "")
    assert f"> GET https://127.0.0.1:{port}/status.xml TLS insecure, with credentials" in out
    assert "< status 200, text/xml" in out
    assert " ms)" in out
    assert "= ok, " in out
    assert "canary" not in out
    code, out, _err = shell(*words)
    assert code == 1
    assert "< tls_untrusted" in out
    assert authority.file not in out


def test_several_credentials_are_tried_until_one_is_right(
    shell: Callable[..., tuple[int, str, str]],
    served: Callable[..., int],
    peers: Peers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OLD", "poll:old")
    monkeypatch.setenv("NEW", "poll:new")
    right = base64.b64encode(b"poll:new").decode()

    def answer(head: str) -> bytes:
        if right in head:
            return peers.response(STATUS, content_type="text/xml")
        return peers.response(status="401 Unauthorized")

    url = f"cisco-ce+https://127.0.0.1:{served(answer, tls=True)}"
    code, out, _err = shell(url, "--insecure", "--auth", "env:OLD", "--auth", "env:NEW", "--json")
    told = json.loads(out)
    assert (code, told["reason"], told["requests"]) == (0, "ok", 2)
    assert told["identity"]["model"] == "Sample"
    code, out, _err = shell(url, "--insecure", "--auth", "env:OLD", "--json")
    assert (code, json.loads(out)["reason"]) == (1, "auth")


def test_debug_beside_json_leaves_standard_output_to_the_object(
    shell: Callable[..., tuple[int, str, str]],
) -> None:
    code, out, err = shell("icmp://127.0.0.1", "--json", "--debug")
    assert code == 0
    assert json.loads(out)["reason"] == "ok"
    assert "> 5 echoes to 127.0.0.1" in err


def test_a_device_of_the_inventory_is_asked_by_its_name(
    shell: Callable[..., tuple[int, str, str]],
    served: Callable[..., int],
    peers: Peers,
    inventory: Callable[[str], str],
) -> None:
    port = served(peers.response(PAGE))
    folder = inventory(
        "devices:\n"
        "  - {name: vm-1, kind: linux_vm, site: dc, address: 127.0.0.1,"
        f' node_exporter: "http://127.0.0.1:{port}/metrics"}}\n'
        "path: {gateway: {address: 127.0.0.2}}\n"
    )
    code, out, _err = shell("vm-1", "--inventory", folder, "--json")
    told = json.loads(out)
    assert (code, told["target"], told["vm"]["load1"]) == (0, "vm-1", 0.25)
    names = {sample["name"] for sample in told["samples"]}
    assert {"wardops_vm_up", "probe_icmp_duration_seconds"} <= names
    code, out, _err = shell("26740/gateway", "--inventory", folder, "--json")
    told = json.loads(out)
    if told["reason"] == "permission":
        pytest.skip("this machine opens no ICMP socket")
    names = {sample["name"] for sample in told["samples"]}
    assert (code, told["target"]) == (0, "gateway")
    assert {"probe_icmp_duration_seconds", "wardops_path_hops", "wardops_path_mtu_bytes"} <= names


def test_one_probe_may_be_named_also_one_on_demand(
    shell: Callable[..., tuple[int, str, str]],
    served: Callable[..., int],
    inventory: Callable[[str], str],
    peers: Peers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def answer(head: str) -> bytes:
        asked.append(head.partition(" ")[0])
        return peers.response('{"id": "7"}')

    url = f"http://127.0.0.1:{served(answer)}"
    flow = f'flow: {{url: "{url}/kiem-tra", ward: "env:FLOW", centre: "env:FLOW"}}'
    name = "name: {vi: Văn bản, en: Documents}"
    folder = inventory(f'services:\n  - {{id: qlvb, {name}, url: "{url}/", {flow}}}\n')
    monkeypatch.setenv("FLOW", "canary-77")
    words = ("--inventory", folder, "--lang", "en", "qlvb")
    code, out, _ = shell(*words, "--probe", "document-flow")
    assert (code, asked) == (0, ["POST", "GET", "DELETE"] * 2)
    assert out.startswith("qlvb (127.0.0.1): Good (")
    asked.clear()
    assert (shell(*words)[0], asked) == (0, ["GET"])
    code, _, err = shell(*words, "--probe", "snmp")
    assert (code, err) == (2, "qlvb is not asked by snmp; it is by: http, document-flow\n")
    code, _, err = shell(url, "--probe", "tls", "--lang", "en")
    assert (code, err) == (2, f"{url} is not asked by tls; it is by: http\n")


def test_a_device_whose_secret_is_missing_says_so(
    shell: Callable[..., tuple[int, str, str]], inventory: Callable[[str], str]
) -> None:
    folder = inventory(
        "devices:\n  - {name: vc-1, kind: cisco_ce, address: 127.0.0.1, ping: false,"
        ' https: {auth: "env:NO_SUCH_SECRET"}}\n'
    )
    code, out, _err = shell("vc-1", "--inventory", folder, "--json")
    told = json.loads(out)
    assert (code, told["reason"]) == (2, "config")
    assert "env:NO_SUCH_SECRET" in told["error"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("proxmox+https://127.0.0.1:1", "--auth", "file:nope.txt"), "no such file in /"),
        (("cisco-ce+https://127.0.0.1:1", "--auth", "file:typo.yaml"), "`password`"),
        (("libvirt:tst:///default",), "tst"),
        (("libvirt:test:///no/such.xml",), "/no/such.xml"),
        (("https://127.0.0.1:1/", "--pin", "sha256:12"), "sha256:12"),
    ],
)
def test_wrong_input_is_exit_2_and_nothing_but_its_line_is_said(
    shell: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    named: str,
) -> None:
    (tmp_path / "typo.yaml").write_text("user: look\npasword: canary-9c\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    code, out, err = shell(*words, "--lang", "en")
    said = out + err
    assert (code, said.count("\n")) == (2, 1)
    assert named in said
    assert "canary" not in said


DEVICES = """\
devices:
  - {name: pc-1, kind: generic_host, address: 127.0.0.1}
"""


@pytest.mark.parametrize(
    "words",
    [
        ("no-such-device",),
        ("99999/pc-1",),
        ("pc-1",),  # nothing to ask it with
        ("poly+https://127.0.0.1",),
        ("gopher://127.0.0.1",),
        ("snmp://127.0.0.1",),
        ("snmp://",),
        ("tcp://127.0.0.1",),
        ("snmp://127.0.0.1", "--auth", "public"),
        ("https://127.0.0.1/", "--pin", "sha256:12"),
    ],
)
def test_a_bad_command_line_is_one_clear_line_and_exit_2(
    shell: Callable[..., tuple[int, str, str]],
    inventory: Callable[[str], str],
    words: tuple[str, ...],
) -> None:
    folder = inventory(DEVICES)
    told = {}
    for language in ("vi", "en"):
        code, out, err = shell(*words, "--inventory", folder, "--lang", language)
        assert (code, out) == (2, "")
        assert err.count("\n") == 1
        assert "Traceback" not in err
        told[language] = err
    assert told["vi"] != told["en"]


def test_a_device_that_is_not_there_is_answered_with_the_nearest_one(
    shell: Callable[..., tuple[int, str, str]], inventory: Callable[[str], str]
) -> None:
    folder = inventory(DEVICES)
    code, _out, err = shell("26740/pc-11", "--inventory", folder, "--lang", "en")
    assert (code, err.count("nearest: pc-1.")) == (2, 1)
    assert "nearest" not in shell("zzz", "--inventory", folder, "--lang", "en")[2]


@pytest.mark.parametrize("words", [(), ("a", "b"), ("x", "--lang", "fr"), ("x", "--nonsense")])
def test_words_that_click_refuses_are_exit_2_too(
    shell: Callable[..., tuple[int, str, str]], words: tuple[str, ...]
) -> None:
    code, out, err = shell(*words)
    assert (code, out) == (2, "")
    assert err


def test_a_missing_inventory_is_one_clear_line(
    shell: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    code, out, err = shell("sw-1", "--inventory", str(tmp_path / "nowhere"))
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_help_is_in_the_language_asked_for(
    shell: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, vietnamese, _err = shell("--help")
    assert code == 0
    assert "Mã thoát" in vietnamese
    monkeypatch.setenv("WARDOPS_LANG", "en")
    said = shell("--help")[1]
    assert "Exit code" in said
    assert "shares" in said.partition("--probe")[2].partition("--pin")[0]
