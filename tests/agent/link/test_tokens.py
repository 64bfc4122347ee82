"""Whose token it is; wrong, expired and displaced ones are refused, and trying many is stopped."""

from __future__ import annotations

from datetime import UTC, date, datetime
from ipaddress import IPv4Network

import pytest

from agent.link.settings import WardToken
from agent.link.tokens import Tokens, digest, fresh_ward_token
from agent.web.problems import Refusal

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SHOWN = "wop_of-this-ward"


def tokens(**parts: object) -> Tokens:
    known = {"id": "t-1", "sha256": digest(SHOWN), "role": "link", "wards": ["26740"], **parts}
    return Tokens([WardToken.model_validate(known)])


def asked(held: Tokens, token: str = SHOWN, peer: str = "10.1.2.3", mono: float = 0.0) -> str:
    return held.ward_of(f"Bearer {token}", peer, NOW, mono)


def test_a_token_says_which_ward_it_is() -> None:
    assert asked(tokens()) == "26740"


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        ({"expires": date(2026, 11, 22)}, "link.token_expired"),
        ({"from": [IPv4Network("10.9.0.0/16")]}, "link.token_from"),
        ({"sha256": "0" * 64}, "link.token_wrong"),
    ],
)
def test_what_does_not_hold_any_longer_is_refused(parts: dict[str, object], key: str) -> None:
    with pytest.raises(Refusal) as refused:
        asked(tokens(**parts))
    assert (refused.value.key, refused.value.status) == (key, 401)
    assert SHOWN not in str(refused.value)


def test_its_last_day_and_its_own_network_are_good() -> None:
    held = tokens(expires=date(2026, 11, 23), **{"from": [IPv4Network("10.1.0.0/16")]})
    assert asked(held) == "26740"


def test_ten_wrong_tokens_a_minute_silence_their_address_alone() -> None:
    held = tokens()
    for _ in range(10):
        with pytest.raises(Refusal, match="wrong"):
            asked(held, "wop_guessed", mono=1.0)
    with pytest.raises(Refusal) as refused:
        asked(held, mono=60.0)
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (429, "60")
    assert asked(held, peer="10.1.2.4", mono=60.0) == "26740"
    assert asked(held, mono=61.5) == "26740"


def test_no_two_tokens_are_alike() -> None:
    made = {fresh_ward_token() for _ in range(100)}
    assert len(made) == 100
    assert all(one.startswith("wop_") and len(one) == 47 for one in made)
