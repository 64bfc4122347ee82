"""What a verdict says: exact Vietnamese, both languages alike, nothing that is not known."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import playbooks
from inventory.language import LANGUAGES, catalogue
from playbooks.verdict import phrases, render
from playbooks.verdict.facts import FACT_NAMES, Fact, Facts, Truth
from playbooks.verdict.model import Sentence
from playbooks.verdict.rootcause import judge
from playbooks.verdict.rows import ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playbooks.verdict.reading import Vantage

    Build = Callable[..., Facts]

LOCALE = Path(playbooks.__path__[0]) / "locale"


def _table(language: str) -> dict[str, str]:
    def flat(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
        for name, value in table.items():
            if isinstance(value, dict):
                yield from flat(value, f"{prefix}{name}.")
            else:
                yield prefix + name, value

    text = (LOCALE / f"{language}.toml").read_text(encoding="utf-8")
    return dict(flat(tomllib.loads(text)))


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def _with(facts: Facts, name: str, values: dict[str, object], at: datetime | None = None) -> Facts:
    fact = replace(facts.fact(name), values=values, at=at)
    return replace(facts, named={**facts.named, name: fact})


def _all_said(facts: Facts, vantage: Vantage) -> list[str]:
    verdict = judge(facts, vantage)
    return [render.text(each, "vi", "xã") for each in (*verdict.evidence, *verdict.ruled_out)]


def test_both_languages_have_the_same_keys_and_placeholders() -> None:
    vi, en = _table("vi"), _table("en")
    assert vi.keys() == en.keys()
    assert all(_placeholders(vi[key]) == _placeholders(en[key]) for key in vi)


def test_the_vietnamese_is_nfc_without_a_pronoun() -> None:
    for key, text in _table("vi").items():
        assert text == unicodedata.normalize("NFC", text), key
        assert not re.search(r"\b(bạn|anh|chị|chúng tôi)\b", text, re.IGNORECASE), key


def test_every_key_that_the_code_names_is_there_with_the_values_that_it_gets() -> None:
    words = catalogue("vi")
    lists = (*phrases.EVIDENCE.values(), *phrases.GOOD.values())
    for key, needs in (variant for variants in lists for variant in variants):
        allowed = {*needs, "s", "r"} if key.endswith("_bare") else set(needs)
        assert _placeholders(words[key]) <= allowed, key
    for name in (*FACT_NAMES, "svc", "svc_hub", "vc"):
        assert f"fact.{name}" in words
    for row in ROWS:
        assert all(f"dont.{name}" in words for name in row.dont)
        assert not row.check or f"check.{row.check}" in words
    assert all(f"place.{place.replace('/', '.')}" in words for place in phrases.PLACES)


@pytest.mark.parametrize(
    ("base", "edits", "vantage", "headline"),
    [
        ("good", "", "ward", "ỔN"),
        ("good", "path_ok=U lan_ok=U", "ward", "ỔN — TRỪ 2 MỤC CHƯA ĐO"),
        ("cut", "", "ward", "CÓ SỰ CỐ: MẤT KẾT NỐI METRONET, NGOÀI PHẠM VI ĐẶC KHU"),
        ("cut", "sw=F sw_traffic=F", "ward", "CÓ SỰ CỐ: SWITCH HOẶC NGUỒN SWITCH"),
        ("cut", "host_link=F", "ward",
         "CHƯA KẾT LUẬN: DÂY MẠNG MÁY NÀY HOẶC SWITCH. Xem đèn switch"),
        ("cut", "ce=N", "ward", "CÓ SỰ CỐ: MẤT KẾT NỐI METRONET (đường truyền hoặc CPE)"),
        ("dark", "ups_ok_before=N", "hub",
         "MẤT LIÊN LẠC TỪ TRUNG TÂM: CHƯA RÕ ĐƯỜNG TRUYỀN HAY MẤT ĐIỆN"),
        ("good", "svc[tthc]=F svc_hub[tthc]=F", "ward", "CÓ SỰ CỐ: DỊCH VỤ TTHC"),
        ("good", "svc[tthc]=F svc_hub[tthc]=U", "ward", "TTHC LỖI TỪ ĐÂY, CHƯA BIẾT NƠI KHÁC"),
        ("good", "dns=F dns_city=F dns_hub=U", "ward",
         "PHÂN GIẢI TÊN MIỀN LỖI TỪ ĐÂY, CHƯA BIẾT NƠI KHÁC"),
        ("good", "vc[a]=F", "ward", "CÓ SỰ CỐ: PHÒNG HỌP a"),
        ("good", "sw=U", "ward", "CHƯA KẾT LUẬN — thiếu dữ liệu: switch"),
        ("good", "maint=T mtu=F", "ward", "ĐANG BẢO TRÌ THEO THÔNG BÁO"),
    ],
)  # fmt: skip
def test_the_headline_is_the_catalogue_s(
    base: str, edits: str, vantage: Vantage, headline: str, ward: Build
) -> None:
    assert render.headline(judge(ward(base, edits), vantage), "vi", "đặc khu") == headline


def test_outside_is_said_only_of_what_lies_beyond_the_terminal_device() -> None:
    outside = {f"{row.segment}/{row.part}" for row in ROWS if row.outside}
    assert outside == {
        "metronet/line", "metronet/core", "metronet/area", "dc/gateway", "dc/shared",
        "service/{id}", "unknown/beyond_pe",
    }  # fmt: skip


def test_a_service_is_called_by_its_name_in_each_language(ward: Build) -> None:
    facts = ward("good", "svc[tthc]=F svc_hub[tthc]=F")
    name = {"vi": "Thủ tục hành chính", "en": "Administrative procedures"}
    named = replace(facts.fact("svc[tthc]"), values={"s": name})
    verdict = judge(replace(facts, services={**facts.services, "tthc": named}), "ward")
    assert render.headline(verdict, "vi", "xã") == "CÓ SỰ CỐ: DỊCH VỤ THỦ TỤC HÀNH CHÍNH"
    assert render.headline(verdict, "en", "xã") == "FAULT: SERVICE ADMINISTRATIVE PROCEDURES"
    said = [render.text(sentence, "en", "xã") for sentence in verdict.evidence]
    assert said == [
        "Administrative procedures fails from here.",
        "Administrative procedures also fails elsewhere.",
    ]


def test_a_line_fault_says_what_was_seen_on_both_sides_of_it(ward: Build) -> None:
    facts = _with(ward("cut"), "gw", {"pct": 100, "n": 3, "m": 3})
    facts = _with(_with(facts, "ce", {"ms": 1.2}), "up_oper", {"p": "Te1/1"})
    facts = _with(
        _with(facts, "lan_ok", {"n": 31, "m": 48, "k": 46}), "local_dark", {"n": 1, "m": 9}
    )
    assert _all_said(facts, "ward") == [
        "Cổng uplink Te1/1 đang UP.",
        "Thiết bị đầu cuối mạng trả lời (1,2 ms).",
        "Mất gói tới cổng trung tâm 100% (3/3 phép đo).",
        "Không phải mất điện: 8 thiết bị vẫn chạy.",
        "Không phải mạng nội bộ: 31/48 cổng có tín hiệu, 46 máy đang hoạt động.",
        "Không phải switch: trả lời, uplink UP.",
    ]


def test_missing_values_choose_a_sentence_without_them(ward: Build) -> None:
    facts = _with(ward("cut"), "gw", {"pct": None, "n": float("nan"), "m": ""})
    assert "Không liên lạc được giữa đơn vị và trung tâm." in _all_said(facts, "ward")


def test_a_time_is_shown_as_the_wards_clock(ward: Build) -> None:
    since = datetime(2026, 11, 21, 0, 18, tzinfo=UTC)
    facts = _with(ward("good", "ups_batt=T"), "ups_batt", {"t": since, "n": 22})
    assert _all_said(facts, "ward") == ["UPS chạy ắc quy từ 07:18, còn 22 phút."]


def test_an_undecided_fault_says_what_to_look_at_and_what_is_missing(ward: Build) -> None:
    said = _all_said(ward("cut", "sw=F sw_traffic=U local_dark=T"), "ward")
    check = "đèn nguồn của switch và tủ mạng"
    assert (
        f"Chưa phân biệt được: mất điện tại chỗ hoặc switch hoặc nguồn switch. Kiểm tra: {check}."
        in said
    )
    assert any(text.startswith("Còn thiếu: ") for text in said)


def test_where_a_sentence_comes_from_goes_with_it(ward: Build) -> None:
    at = datetime(2026, 11, 21, 7, 32, tzinfo=UTC)
    facts = ward("cut", source="icmp")
    facts = replace(facts, named={**facts.named, "gw": Fact(Truth.FALSE, "icmp", {}, at)})
    sentence = judge(facts, "ward").evidence[-1]
    assert (sentence.key, sentence.source, sentence.at) == ("ev.gw_silent", "icmp", at)


def test_a_kind_that_is_not_known_is_shown_as_it_is() -> None:
    assert render.kind_name("phường", "en") == "ward"
    assert render.kind_name("county", "vi") == "county"


def test_a_sentence_is_sent_in_every_language() -> None:
    sentence = Sentence("ro.metronet", {"ms": 3.14})
    said = render.both(sentence, "xã")
    assert set(said) == set(LANGUAGES)
    assert said["vi"] == "Không phải đường truyền: cổng trung tâm trả lời (3,1 ms)."
    assert said["en"] == "Not the line: centre gateway answers (3.1 ms)."


@pytest.mark.parametrize("key", [name for name in _table("en") if name.startswith("verdict.")])
def test_a_headline_within_a_text_shouts_nothing_but_names_and_ends_with_a_stop(key: str) -> None:
    values = {"s": {"vi": "Một cửa", "en": "Counter"}, "n": 2, "what": "đèn", "r": "B2"}
    for said in render.prose(Sentence(key, values), "phường").values():
        capitals = set(re.findall(r"[^\W\d_]{2,}", said)) - {"CPE", "UPS", "OK"}
        assert not [word for word in capitals if word.isupper()]
        assert said[-1] in ".?"
        assert not re.search(r"\w'[A-Z]|[\x02\x03]", said)


def test_a_headline_within_a_text_keeps_the_names_that_it_holds() -> None:
    lost = render.prose(Sentence("verdict.metronet.line", {}), "ward")
    assert lost["en"] == "Fault: Metronet lost, beyond the ward."
    named = Sentence("verdict.service", {"s": {"vi": "Cổng 1022", "en": "1022 portal"}})
    assert render.prose(named, "ward")["vi"] == "Có sự cố: dịch vụ Cổng 1022."
