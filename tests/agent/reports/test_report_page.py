"""The printed report: says what is missing, takes nothing from the network, prints on A4."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from agent.duty import ICT
from agent.incidents.law import read_law
from agent.reports.circuit import LoadRule
from agent.reports.page import report_page
from agent.reports.source import read_raw
from agent.reports.summary import Summary, summarise
from agent.reports.window import Kind, window_of
from agent.reports.words import duration, percent
from inventory.language import LANGUAGES, Language

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 12, 1, 9, tzinfo=ICT)
MADE = (NOW, "0.1.0", "ab" * 32)
KINDS: tuple[tuple[Kind, str], ...] = (
    ("monthly", "2026-11"), ("annual", "2026"), ("uplink", "2026-11-27"),
)  # fmt: skip


Made = Callable[[Kind, str], Summary]


class Tags(HTMLParser):
    """Every element is closed in order; all attributes are kept."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += attrs
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("div", "table", "td"), tag
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "period"), KINDS)
def test_the_page_is_whole_and_needs_nothing_else(
    summary: Made, kind: Kind, period: str, language: Language
) -> None:
    text = report_page(summary(kind, period), read_law(), {}, MADE, language)
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert not [a for a in tags.attributes if a[0] in ("src", "href", "xlink:href", "srcset")]
    assert not re.search(r"https?://|url\((?!#)|@import", text)
    assert "<svg" in text
    assert "size: A4" in text
    assert MADE[2] in text


def test_what_was_never_measured_is_said_so_and_never_as_all_good(summary: Made) -> None:
    text = report_page(summary("monthly", "2026-11"), read_law(), {}, MADE, "vi")
    row = re.search(r"<tr><td>ap-26740-01</td>.*?</tr>", text)
    assert row is not None
    assert "100" not in row[0]
    assert row[0].count("chưa có số liệu") == 4
    assert "0,00%" in row[0]


def test_with_too_little_data_no_availability_is_printed(summary: Made) -> None:
    text = report_page(summary("annual", "2026"), read_law(), {}, MADE, "vi")
    first = re.search(r"<tr><td>Đơn vị.*?</tr>", text)
    assert first is not None
    assert "chưa đủ số liệu" in first[0]


def test_the_source_of_the_rule_says_that_nobody_has_compared_it_yet(summary: Made) -> None:
    text = report_page(summary("uplink", "2026-11-27"), read_law(), {}, MADE, "vi")
    assert "Thông tư 06/2026/TT-BKHCN" in text
    assert "ngày đối chiếu với văn bản: chưa có" in text
    assert "vượt giới hạn" in text


def test_a_simulated_world_says_so_first(state: Path) -> None:
    found = read_raw(state, "26740", window_of("monthly", "2026-11", NOW))
    simulated = summarise(replace(found, realm="sim"), LoadRule())
    text = report_page(simulated, read_law(), {}, MADE, "vi")
    assert "SỐ LIỆU MÔ PHỎNG" in text.partition("<h1>")[0]


def test_a_name_cannot_break_out_of_the_page(summary: Made) -> None:
    names = {"qlvb": "<script>alert(1)</script>"}
    text = report_page(summary("monthly", "2026-11"), read_law(), names, MADE, "vi")
    assert "<script" not in text


def test_a_share_is_cut_and_not_rounded() -> None:
    assert percent(0.99999, "vi") == "99,99%"
    assert percent(1.0, "en") == "100.00%"
    assert percent(None, "vi") == "chưa có số liệu"
    assert percent(0.29, "vi", 0) == "29%"


def test_durations_say_the_two_units_that_matter() -> None:
    assert duration(8100, "vi") == "2 giờ 15 phút"
    assert duration(724, "vi") == "12 phút 4 giây"
    assert duration(93_600, "en") == "1 d 2 h"
    assert duration(0, "en") == "0 s"


@pytest.mark.realtime
def test_it_prints_on_a4_pages(summary: Made, tmp_path: Path) -> None:
    browser, info = shutil.which("chromium"), shutil.which("pdfinfo")
    if browser is None or info is None:
        pytest.skip("needs Debian's chromium and poppler-utils")
    page, pdf = tmp_path / "page.html", tmp_path / "page.pdf"
    page.write_text(
        report_page(summary("monthly", "2026-11"), read_law(), {}, MADE, "vi"),
        encoding="utf-8",
    )
    subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
            f"--user-data-dir={tmp_path}/profile", f"--print-to-pdf={pdf}", page.as_uri(),
        ],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    said = subprocess.run([info, str(pdf)], check=True, capture_output=True, text=True).stdout
    assert "(A4)" in said
    pages = re.search(r"Pages:\s+(\d+)", said)
    assert pages is not None
    assert int(pages[1]) <= 5
