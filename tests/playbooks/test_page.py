"""The printed pages: self-contained, nothing left out, nothing made up, and they fit the paper."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import date
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from inventory.language import LANGUAGES
from inventory.model import Inventory, Ward
from inventory.units import units
from playbooks import model as m
from playbooks.escalation import load_escalation, read_escalation
from playbooks.load import load_library
from playbooks.page import conditions, playbook_page
from playbooks.verdict.rows import ROWS as VERDICT_ROWS
from playbooks.who import ROWS, row_of, who_page

if TYPE_CHECKING:
    from pathlib import Path

    from inventory.language import Language

LIBRARY = load_library()
ESCALATION = load_escalation()
DAY = date(2026, 11, 21)
# One of each area and kind of unit, and the one with the longest name.
LONGEST = max(units().values(), key=lambda unit: len(unit.name)).code
CODES = tuple({(unit.area, unit.kind): unit.code for unit in units().values()}.values())
EACH_PAGE = pytest.mark.parametrize("language", LANGUAGES)
EACH_PLAYBOOK = pytest.mark.parametrize("playbook", LIBRARY.values(), ids=list(LIBRARY))
# A browser takes its time for a page: in the short form the longest ones, in the longer language.
IS_SOAK = os.environ.get("WARDOPS_SOAK") == "1"
LONGEST_FIRST = sorted(LIBRARY.values(), key=lambda one: -len(playbook_page(one, "vi")))
ON_PAPER = LONGEST_FIRST if IS_SOAK else LONGEST_FIRST[:3]
VOID = {"meta", "br", "col"}


def ward(code: str, circuit: str = "CHANGE-ME") -> Ward:
    """A ward with a line and the four shared services."""
    names = {
        "qlvb": "Quản lý văn bản và điều hành",
        "tthc": "Giải quyết thủ tục hành chính",
        "c1022": "Cổng thông tin 1022",
        "hnth": "Hội nghị truyền hình trực tuyến",
    }
    services = [
        {"id": one, "name": {"vi": name, "en": one}, "url": "https://service.example/"}
        for one, name in names.items()
    ]
    return Ward.model_validate(
        {
            "schema": "wardops/inventory/1",
            "ward": code,
            "links": [
                {
                    "id": f"mtn-{code}-1",
                    "carrier": "example-carrier",
                    "circuit": circuit,
                    "commit_mbps": 100,
                    "near": f"sw-{code}-01:GigabitEthernet1/0/48",
                    "via": f"ce-{code}",
                }
            ],
            "devices": [
                {
                    "name": f"sw-{code}-01",
                    "kind": "cisco_ios",
                    "address": "192.0.2.10",
                }
            ],
            "path": {"gateway": {"address": "198.51.100.1"}},
            "services": services,
        }
    )


def inventory(*codes: str, circuit: str = "CHANGE-ME") -> Inventory:
    return Inventory(wards={code: ward(code, circuit) for code in codes}, folder=".")


class Tags(HTMLParser):
    """Checks that tags close in order and collects the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.addresses: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [v or "" for name, v in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@EACH_PLAYBOOK
@EACH_PAGE
def test_a_playbooks_page_has_every_step_and_every_text_that_is_followed(
    playbook: m.Playbook, language: Language
) -> None:
    page = playbook_page(playbook, language)
    tags = Tags(page)
    assert tags.open == []
    for step in playbook.steps:
        assert f"<code>{step.id}</code>" in page
        words = getattr(step, "question", None) or getattr(step, "say", None)
        texts = [words, *(o.text for o in getattr(step, "options", ()))]
        texts += [item.text for item in getattr(step, "items", ())]
        for text in texts:
            if text is not None:
                expected = re.sub(r"\{[^}]*\}", "[…]", getattr(text, language))
                assert " ".join(expected.split()) in tags.text, step.id


@EACH_PLAYBOOK
def test_every_way_out_is_printed(playbook: m.Playbook) -> None:
    page = playbook_page(playbook, "vi")
    for step in playbook.steps:
        start = page.index(f"<h3><code>{step.id}</code>")
        body = page[start : page.index("</section>", start)]
        for _, goal in m.targets(step):
            assert f"→ <code>{goal}</code>" in body, (step.id, goal)


@EACH_PLAYBOOK
@EACH_PAGE
def test_red_lines_stand_first_and_an_unreviewed_text_says_so(
    playbook: m.Playbook, language: Language
) -> None:
    text = Tags(playbook_page(playbook, language)).text
    assert {"vi": "chưa được rà soát", "en": "not reviewed"}[language] in text
    first = getattr(playbook.dont[0], language)
    assert text.index(first) < text.index(playbook.steps[0].id)


@EACH_PLAYBOOK
@EACH_PAGE
def test_what_a_playbook_decides_by_is_said_in_words(
    playbook: m.Playbook, language: Language
) -> None:
    for step in playbook.steps:
        whens = [branch.when for branch in getattr(step, "branches", ())]
        whens += [step.until.expect] if isinstance(step, m.Wait) else []
        for when in whens:
            assert not re.search(r"[a-z]+[._][a-z]+", conditions(when, language)), (step.id, when)


def test_pages_need_nothing_from_elsewhere() -> None:
    sheet = who_page(inventory("26740"), ESCALATION, "vi", DAY)
    for page in (sheet, *(playbook_page(one, "vi") for one in LIBRARY.values())):
        assert Tags(page).addresses == []
        assert not re.search(r"https?://|@import|url\(", page)


def test_a_page_has_no_address_of_a_device() -> None:
    sheet = who_page(inventory("26740"), ESCALATION, "vi", DAY)
    for page in (sheet, *(playbook_page(one, "vi") for one in LIBRARY.values())):
        assert not re.search(r"\d{1,3}(\.\d{1,3}){3}", Tags(page).text)


@pytest.mark.parametrize("row", VERDICT_ROWS, ids=lambda row: f"{row.id}-{row.vantages}")
def test_every_verdict_belongs_to_one_line_of_the_sheet(row: object) -> None:
    segment, part = getattr(row, "segment", ""), getattr(row, "part", "")
    found = row_of(segment, part)
    assert (found is None) == (segment == "none")
    assert found is None or [one.id for one in ROWS].count(found) == 1


@EACH_PAGE
def test_a_number_that_nobody_entered_is_a_blank_line(language: Language) -> None:
    tags = Tags(who_page(inventory("25747"), ESCALATION, language, DAY))
    assert tags.open == []
    missing = {"vi": "(chưa có số)", "en": "(no number yet)"}[language]
    assert tags.text.count(missing) == 9
    assert not re.search(r"\d{7,}", tags.text)
    assert {"vi": "SỐ LIỆU MẪU", "en": "SAMPLES"}[language] in tags.text


def test_an_entered_number_and_the_units_own_line_are_on_the_sheet(tmp_path: Path) -> None:
    own = tmp_path / "escalation.yaml"
    text = 'schema: wardops/escalation/1\nlevels:\n  - {id: L0, name: {vi: "A", en: "A"}}\n'
    text += '  - {id: L2, name: {vi: "NOC", en: "NOC"}, ack_min: 7}\nroutes:\n'
    areas = sorted({unit.area for unit in units().values()})
    text += "".join(f'  - {{area: "{area}", chain: [L0, L2]}}\n' for area in areas)
    own.write_text(f'{text}contacts: {{L2: "028 000 000"}}\n', encoding="utf-8")
    page = Tags(who_page(inventory("26740"), read_escalation(own), "vi", DAY)).text
    assert "028 000 000" in page
    assert "7 phút" in page
    assert "SỐ LIỆU MẪU" not in page
    assert "Phường Sài Gòn, mã 2-6-7-4-0, mã kênh CHANGE-ME" in page
    assert "21/11/2026" in page


def test_what_an_inventory_says_cannot_become_markup() -> None:
    page = who_page(inventory("26740", circuit="<script>x</script>"), ESCALATION, "vi", DAY)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_same_inventory_gives_the_same_sheet_and_another_one_says_so() -> None:
    one, again = (who_page(inventory("26740"), ESCALATION, "vi", DAY) for _ in range(2))
    other = who_page(inventory("26740", circuit="OTHER"), ESCALATION, "vi", DAY)
    assert one == again
    digest = re.compile(r"bản dữ liệu (\w+)")
    assert digest.findall(one) != digest.findall(other)


def pages_on_paper(page: str, folder: Path) -> tuple[int, str]:
    """How many sheets a browser prints, and of which size."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None or shutil.which("pdfinfo") is None:
        pytest.skip("needs chromium and pdfinfo (poppler-utils)")
    source, printed = folder / "page.html", folder / "page.pdf"
    source.write_text(page, encoding="utf-8")
    subprocess.run(
        [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", f"--user-data-dir={folder / 'profile'}",
            "--no-pdf-header-footer", f"--print-to-pdf={printed}", source.as_uri(),
        ],
        check=True, capture_output=True, timeout=50,
    )  # fmt: skip
    told = subprocess.run(["pdfinfo", printed], check=True, capture_output=True, text=True).stdout
    lines = dict(line.partition(":")[::2] for line in told.splitlines())
    return int(lines["Pages"]), lines["Page size"].strip()


@pytest.mark.realtime
@EACH_PAGE
def test_the_sheet_is_one_a4_page_for_every_area_and_kind(
    language: Language, tmp_path: Path
) -> None:
    codes = tuple(dict.fromkeys((*CODES, LONGEST)))
    page = who_page(inventory(*codes), ESCALATION, language, DAY)
    count, size = pages_on_paper(page, tmp_path)
    assert count == len(codes)
    assert "A4" in size


@pytest.mark.realtime
@pytest.mark.parametrize("playbook", ON_PAPER, ids=lambda playbook: playbook.id)
@pytest.mark.parametrize("language", LANGUAGES if IS_SOAK else ("vi",))
def test_a_playbook_is_two_a4_pages_at_most(
    playbook: m.Playbook, language: Language, tmp_path: Path
) -> None:
    count, size = pages_on_paper(playbook_page(playbook, language), tmp_path)
    assert count <= 2
    assert "A4" in size
