"""The points of the way are called by words in every sentence, never by the program's names."""

from __future__ import annotations

from datetime import UTC, datetime

from agent.hop_words import called
from agent.notices.wording import flapping_body
from inventory.crosscheck import RESERVED
from inventory.language import LANGUAGES
from inventory.values import Words


def test_every_name_that_no_device_may_have_is_said_in_words_and_a_device_s_name_as_it_is() -> None:
    for name in RESERVED:
        assert called(name, "vi") != name
    assert {called("sw-1", language) for language in LANGUAGES} == {"sw-1"}


def test_a_notice_of_flapping_names_the_point_in_each_language() -> None:
    since = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
    unit = Words(vi="Phường Sài Gòn", en="Sài Gòn ward")
    body = flapping_body(unit, ("gateway", "reachable"), "OK", 7, since, begins=True)
    assert "cổng trung tâm (reachable)" in body.text.vi
    assert "gateway" not in body.title.vi
    assert "gateway (reachable)" in body.text.en
