"""`wardops reflector`: what it listens on, whom it answers, and what it says of bad words."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from click.testing import CliRunner

from inventory.errors import InputError
from probes.path.stamp_cli import allowed, command, place


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("192.0.2.10", ("192.0.2.10", 862)),
        ("192.0.2.10:8620", ("192.0.2.10", 8620)),
        ("2001:db8::1", ("2001:db8::1", 862)),
        ("[2001:db8::1]", ("2001:db8::1", 862)),
        ("[2001:db8::1]:8620", ("2001:db8::1", 8620)),
    ],
)
def test_an_address_with_or_without_port(text: str, where: tuple[str, int]) -> None:
    assert place(text) == where


@pytest.mark.parametrize(
    "text", ["", "1.2.3", "host:862", "192.0.2.1:", "192.0.2.1:70000", "[::1]862x", "192.0.2.1:²"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        place(text)


def test_whom_it_answers_must_be_said_beyond_loopback() -> None:
    assert ip_network("127.0.0.0/8") in allowed((), [("127.0.0.1", 862)])
    assert allowed(("192.0.2.0/24",), [("192.0.2.1", 862)]) == (ip_network("192.0.2.0/24"),)
    with pytest.raises(InputError):
        allowed((), [("127.0.0.1", 862), ("192.0.2.1", 862)])


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    "words",
    [
        ("--listen", "nowhere:1"),
        ("--listen", "192.0.2.1", "--allow", "192.0.2.1/24"),
        ("--listen", "::"),
        ("--listen", "192.0.2.77:0", "--allow", "192.0.2.0/24"),
    ],
)
def test_bad_words_are_one_line_and_exit_2(words: tuple[str, ...], language: str) -> None:
    """Errors on standard error, which names what was wrong."""
    done = CliRunner().invoke(command, [*words, "--lang", language], standalone_mode=False)
    assert done.return_value == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert words[1].split("/")[0] in done.stderr


def test_it_says_where_it_listens_and_at_the_end_what_it_answered() -> None:
    words = ["--listen", "127.0.0.1:0", "--listen", "[::1]:0", "--for", "0", "--lang", "en"]
    done = CliRunner().invoke(command, words, standalone_mode=False)
    first, second, last = done.stdout.splitlines()
    assert done.return_value == 0
    assert first.startswith("STAMP reflector listens on udp 127.0.0.1:")
    assert "[::1]:" in second
    assert last.startswith("0 packets answered")
