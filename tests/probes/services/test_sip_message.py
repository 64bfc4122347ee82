"""SIP messages are read as RFC 3261 writes them, whatever else comes in their place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.credentials import Secret
from probes.errors import ParseFailed, Unsupported
from probes.services.sip_digest import Account, Challenge, authorization, challenge_of
from probes.services.sip_message import (
    Answer,
    Request,
    opened,
    read_answer,
    split_stream,
    written,
)

ANSWER = b"SIP/2.0 401 Unauthorized\r\ni: abc\r\nCSeq: 7  REGISTER\r\nl: 0\r\n\r\n"


def asked(number: int = 7, call_id: str = "abc") -> Request:
    """A request that the answer above may belong to."""
    dialogue = opened("sip:a@h", "sip:a@h", "sip:a@192.0.2.1:5060")
    own = type(dialogue)(dialogue.sender, dialogue.to, dialogue.contact, call_id, "t")
    return Request("REGISTER", "sip:h", own, number)


def test_an_answer_belongs_to_the_request_of_its_call_and_number() -> None:
    answer = read_answer(ANSWER)
    assert answer is not None
    assert answer.is_final_to(asked())
    assert not answer.is_final_to(asked(number=8))
    assert not answer.is_final_to(asked(call_id="abcd"))
    assert not Answer(100, answer.headers).is_final_to(asked())


def test_every_request_is_a_transaction_of_its_own_and_says_from_where() -> None:
    first, second = (asked().octets("TCP", ("2001:db8::1", 5060)).decode() for _ in range(2))
    assert "\r\nVia: SIP/2.0/TCP [2001:db8::1]:5060;branch=z9hG4bK" in first
    assert first != second
    assert first.endswith("Content-Length: 0\r\n\r\n")
    assert written(("192.0.2.1", 5060)) == "192.0.2.1:5060"


@pytest.mark.parametrize("keep_alive", [b"", b"\r\n", b"\r\n\r\n"])
def test_a_keep_alive_is_no_answer(keep_alive: bytes) -> None:
    assert read_answer(keep_alive) is None


@pytest.mark.parametrize(
    "talk",
    [b"HTTP/1.1 200 OK\r\n\r\n", b"SIP/2.0\r\n\r\n", b"SIP/2.0 2000 OK", b"SIP/2.0 099 x", b"\xff"],
)
def test_what_is_no_sip_is_said_so(talk: bytes) -> None:
    with pytest.raises(ParseFailed):
        read_answer(talk)


def test_bodies_are_skipped_by_their_length_and_cut_messages_wait() -> None:
    body = b"SIP/2.0 200 OK\r\nContent-Length: 12\r\n\r\nab\r\n\r\ncd\r\n\r\n"
    heads, left = split_stream(body + ANSWER[:30])
    assert (heads, left) == ((b"SIP/2.0 200 OK\r\nContent-Length: 12",), ANSWER[:30])
    assert split_stream(body[:-1]) == ((), body[:-1])


@given(st.binary(max_size=300), st.integers(0, 300))
def test_a_stream_is_split_alike_wherever_it_is_cut(octets: bytes, at: int) -> None:
    stream = ANSWER + octets + ANSWER
    whole, rest = split_stream(stream)
    first, left = split_stream(stream[:at])
    second, after = split_stream(left + stream[at:])
    assert (first + second, after) == (whole, rest)


@given(st.binary(max_size=400))
def test_any_octets_are_an_answer_or_refused(octets: bytes) -> None:
    for said in (octets, b"SIP/2.0 401 x\r\n" + octets):
        try:
            answer = read_answer(said)
            if answer is not None and answer.status in (401, 407):
                challenge_of(answer)
        except (ParseFailed, Unsupported):
            pass


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_a_digest_is_that_of_the_standards_example(algorithm: str, response: str) -> None:
    """RFC 7616 section 3.9.1."""
    challenge = Challenge(
        header="Authorization",
        realm="http-auth@example.org",
        nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        algorithm=algorithm,
        quality=True,
    )
    account = Account("Mufasa", Secret("Circle of Life"), "example.org")
    name, value = authorization(
        challenge, account, "GET", "/dir/index.html",
        count=1, chance="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )  # fmt: skip
    assert name == "Authorization"
    assert f'response="{response}"' in value
    assert "nc=00000001" in value
