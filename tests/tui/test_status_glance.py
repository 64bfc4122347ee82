"""The quick status says what the checked one says, or leaves it to that."""

from __future__ import annotations

import json
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agent.cli import main
from agent.glance import glance
from agent.wire import Snapshot
from inventory.language import LANGUAGES
from tui.status_code import exit_code
from tui.status_glance import told
from tui.status_look import from_snapshot
from tui.status_text import lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inventory.language import Language

HERE = Path(__file__).parent / "__data__"
NAMES = ("ok", "metronet")
GONE = object()
Keys = tuple[int | str, ...]


@cache
def raw(name: str) -> bytes:
    """A snapshot as an agent sent it."""
    return (HERE / f"{name}.json").read_bytes()


def checked(answer: bytes, language: Language) -> tuple[list[str], int]:
    """What the typed way makes of it. Raises ValidationError."""
    status = from_snapshot(Snapshot.model_validate_json(answer))
    return lines(status, language, ""), exit_code(status)


def places(value: Any, keys: Keys = ()) -> Iterator[Keys]:
    """Every key of a document, two items of each list."""
    inner: Any = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        inner = enumerate(value[:2])
    for key, each in inner:
        yield (*keys, key)
        yield from places(each, (*keys, key))


def changed(name: str, keys: Keys, new: object) -> bytes:
    """The snapshot with one thing in it that is otherwise or missing."""
    document = json.loads(raw(name))
    around = document
    for key in keys[:-1]:
        around = around[key]
    if new is GONE:
        del around[keys[-1]]
    else:
        around[keys[-1]] = new
    return json.dumps(document).encode()


PLACES = [(name, keys) for name in NAMES for keys in places(json.loads(raw(name)))]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_good_answer_reads_the_same_both_ways(name: str, language: Language) -> None:
    assert told(raw(name), language) == checked(raw(name), language)


def test_several_wards_read_the_same_both_ways() -> None:
    document = json.loads(raw("metronet"))
    worse = json.loads(raw("ok"))["wards"]
    answer = json.dumps({**document, "wards": [*worse, *document["wards"]], "ward": None}).encode()
    assert told(answer, "en") == checked(answer, "en")


@given(
    place=st.sampled_from(PLACES),
    new=st.sampled_from([GONE, None, "x", 7, True, [], {}, "2026-11-22", "ok"]),
    language=st.sampled_from(LANGUAGES),
)
def test_an_answer_of_another_form_is_left_to_the_checked_way(
    place: tuple[str, Keys], new: object, language: Language
) -> None:
    answer = changed(*place, new)
    quick = told(answer, language)
    if quick is None:
        return
    try:
        assert quick == checked(answer, language)
    except (
        ValidationError,
        TypeError,
    ):  # wrong where the status does not look: it says what it said before
        assert quick == told(raw(place[0]), language)


@pytest.mark.parametrize("answer", [b"", b"[]", b"null", b"{}", b"[" * 100_000, b"\xff", b'"x"'])
def test_garbage_is_left_to_the_checked_way(answer: bytes) -> None:
    assert told(answer, "vi") is None


@pytest.fixture
def served() -> Iterator[Callable[[int, bytes], str]]:
    """Serves one answer to every GET; gives the address."""
    servers: list[ThreadingHTTPServer] = []

    def serve(status: int, body: bytes) -> str:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status if self.path.startswith("/api/v1/snapshot") else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_status_is_told_from_one_answer(
    served: Callable[[int, bytes], str], capsys: pytest.CaptureFixture[str]
) -> None:
    address = served(200, raw("metronet"))
    shown, code = checked(raw("metronet"), "en")
    assert main(["status", "--agent", address, "--lang", "en"]) == code
    assert capsys.readouterr().out.splitlines() == shown


def test_only_a_plain_answer_counts(
    served: Callable[[int, bytes], str], tmp_path: Path, free_port: Callable[[], int]
) -> None:
    address = served(403, b"{}")
    assert glance("/snapshot", address, timeout_s=3.0) is None
    assert glance("/snapshot", f"https://{address}", timeout_s=3.0) is None
    assert glance("/snapshot", f"http://{address}/elsewhere", timeout_s=3.0) is None
    assert glance("/snapshot", f"127.0.0.1:{free_port()}", timeout_s=3.0) is None
    assert glance("/snapshot", state=tmp_path, timeout_s=3.0) is None
    (tmp_path / "wardops.sock").touch()
    assert glance("/snapshot", state=tmp_path, timeout_s=3.0) is None
