"""Every way an inventory can be wrong gives one clear line with file and line, in both languages.

A file (or a folder) under `bad/` is one mistake; its first comment holds the expected place, key
and sentence: `# LINE:COLUMN DOTTED.KEY inventory.SENTENCE` (`-` where no key is meant).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from inventory.language import LANGUAGES, Language, catalogue
from probes.inventory_cli import check

BAD = Path(__file__).parent / "bad"
EXPECTED = re.compile(rb"^# (\d+:\d+) (\S+) (inventory\.\w+)\n")
LANGUAGE_CASES = pytest.mark.parametrize("language", LANGUAGES)
# What the libraries say themselves never reaches a person.
FOREIGN = re.compile(
    r"pydantic|ruamel|Traceback|Input should|https://errors|while parsing|<unicode"
)


def run_check(path: Path, language: Language) -> Result:
    """`wardops inventory check PATH --lang LANGUAGE`."""
    return CliRunner().invoke(check, [str(path), "--lang", language])


def expectation(case: Path) -> tuple[str, str]:
    """The `file:line:column key` that must stand in front, and the sentence's key."""
    files = sorted(case.rglob("*.yaml")) if case.is_dir() else [case]
    for file in files:
        found = EXPECTED.match(file.read_bytes())
        if found:
            place, keys, sentence = (part.decode() for part in found.groups())
            name = file.relative_to(case if case.is_dir() else case.parent).as_posix()
            return f"{name}:{place}" + ("" if keys == "-" else f" {keys}"), sentence
    pytest.fail(f"{case.name} does not say what it expects")


def sentence_pattern(key: str, language: Language) -> str:
    """The sentence of the catalogue with anything in its placeholders."""
    parts = re.split(r"\{\w+\}", catalogue(language)[key])
    return "[^\n]+".join(re.escape(part) for part in parts)


@LANGUAGE_CASES
@pytest.mark.parametrize("case", sorted(BAD.iterdir()), ids=lambda case: case.stem)
def test_a_bad_inventory_gives_one_line_and_exit_2(case: Path, language: Language) -> None:
    place, sentence = expectation(case)
    result = run_check(case, language)
    line = f"{re.escape(place)}: {sentence_pattern(sentence, language)}\n"
    assert re.fullmatch(line, result.stderr), result.stderr
    assert result.exit_code == 2
    assert result.stdout == ""
    assert not FOREIGN.search(result.stderr)
    assert "canary-7f3a" not in result.output
    assert "73737373" not in result.output


@LANGUAGE_CASES
def test_the_example_line_of_the_style_page(language: Language) -> None:
    result = run_check(BAD / "unknown_kind.yaml", language)
    said = {
        "vi": 'không có loại thiết bị "cisco-iox"; gần nhất: cisco_ios. Xem: ',
        "en": 'no device type "cisco-iox"; nearest: cisco_ios. See: ',
    }[language].replace("cisco-iox", "cisco_ioz")
    line = f"unknown_kind.yaml:5:18 devices[0].kind: {said}wardops inventory show --kinds\n"
    assert result.stderr == line


def test_lines_stay_short_enough_to_read() -> None:
    for case in sorted(BAD.iterdir()):
        for language in LANGUAGES:
            longest = max(run_check(case, language).stderr.splitlines(), key=len)
            assert len(longest) <= 220, longest


@LANGUAGE_CASES
def test_all_mistakes_of_all_files_come_at_once_in_file_order(
    tmp_path: Path, language: Language
) -> None:
    (tmp_path / "b.yaml").write_text(
        "schema: wardops/inventory/1\nward: '26743'\ndevices:\n"
        "  - {name: sw-1, kind: cisco_iox, address: 192.0.2.1, colour: red}\n"
        "  - {name: sw-2, kind: cisco_iox, address: 192.0.2.2, behind: sw-1}\n"
        "  - {name: sw-3, kind: cisco_ios, address: 192.0.2.2, behind: sw-9}\n",
        encoding="utf-8",
    )
    (tmp_path / "a.yaml").write_text("schema: wardops/inventory/1\nward: 26740\n", encoding="utf-8")
    (tmp_path / "c.yaml").write_text("{", encoding="utf-8")
    places = [line.partition(": ")[0] for line in run_check(tmp_path, language).stderr.splitlines()]
    assert places == [
        "a.yaml:2:1 ward",
        "b.yaml:4:18 devices[0].kind",
        "b.yaml:4:55 devices[0].colour",
        "b.yaml:5:18 devices[1].kind",
        "b.yaml:6:35 devices[2].address",
        "b.yaml:6:55 devices[2].behind",
        "c.yaml:1:1",
    ]


def test_a_misspelt_section_hides_nothing_that_is_wrong_inside(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "schema: wardops/inventory/1\nward: '26740'\ndevicse:\n"
        "  - {name: sw-1, kind: cisco_ios, role: kore, adress: 192.0.2.999}\n",
        encoding="utf-8",
    )
    lines = run_check(tmp_path, "en").stderr.splitlines()
    places = [line.partition(": ")[0] for line in lines]
    assert "a.yaml:3:1 devicse" in places
    assert "a.yaml:4:35 devicse[0].role" in places
    assert places.count("a.yaml:4:47 devicse[0].adress") == 2


def test_every_sentence_about_a_mistake_is_provoked_by_a_test() -> None:
    provoked = {expectation(case)[1] for case in BAD.iterdir()}
    tests = "".join(
        path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")
    )
    keys = {key for key in catalogue("en") if re.match(r"inventory\.(?!show_)", key)}
    assert {key for key in keys - provoked if f'"{key}"' not in tests} == set()
