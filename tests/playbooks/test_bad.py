"""Every way a playbook can be wrong gives one clear line with file and line, in both languages.

A file under `bad/` is one mistake; its first comment holds the expected place, key and sentence:
`# LINE:COLUMN DOTTED.KEY SENTENCE` (`-` where no key is meant).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from inventory.language import LANGUAGES, Language, catalogue
from playbooks.cli import check
from playbooks.errors import PlaybookError
from playbooks.load import LATER_KEYS, LATER_KINDS, load_library, parse_playbook
from playbooks.model import KIND_NAMES

BAD = Path(__file__).parent / "bad"
GOOD = Path(__file__).parent / "good" / "PB-OPS-90.yaml"
EXPECTED = re.compile(r"# (\d+:\d+) (\S+) ((?:playbook|inventory)\.\w+)\n")
# What the libraries say themselves never reaches a person.
FOREIGN = re.compile(
    r"pydantic|ruamel|Traceback|Input should|https://errors|while parsing|<unicode"
)
TEXT = GOOD.read_text(encoding="utf-8")


def run_check(path: Path, language: Language) -> Result:
    """`wardops playbook check PATH --lang LANGUAGE`."""
    return CliRunner().invoke(check, [str(path), "--lang", language])


def sentence_pattern(key: str, language: Language) -> str:
    """The sentence of the catalogue with anything in its placeholders."""
    parts = re.split(r"\{\w+\}", catalogue(language)[key])
    return "[^\n]+".join(re.escape(part) for part in parts)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", sorted(BAD.glob("*.yaml")), ids=lambda case: case.stem)
def test_a_bad_playbook_gives_one_line_and_exit_2(case: Path, language: Language) -> None:
    expected = EXPECTED.match(case.read_text(encoding="utf-8"))
    assert expected, f"{case.name} does not say what it expects"
    place, keys, sentence = expected.groups()
    where = f"{case.name}:{place}" + ("" if keys == "-" else f" {keys}")
    result = run_check(case, language)
    line = f"{re.escape(where)}: {sentence_pattern(sentence, language)}\n"
    assert re.fullmatch(line, result.stderr), result.stderr
    assert result.exit_code == 2
    assert result.stdout == ""
    assert not FOREIGN.search(result.stderr)


def test_every_sentence_about_a_playbook_has_its_bad_file() -> None:
    """The rules that a file can break are those that the bad files break."""
    broken = {m[3] for f in BAD.glob("*.yaml") if (m := EXPECTED.match(f.read_text("utf-8")))}
    source = "".join(
        (GOOD.parents[3] / "playbooks" / name).read_text("utf-8")
        for name in ("load.py", "lint.py", "lint_text.py")
    )
    said = set(re.findall(r'"(playbook\.[a-z_]+)"', source))
    # One needs a folder, two a file of their size, one a checklist.
    elsewhere = {"doubled_id", "too_large", "too_many_steps", "doubled_item"}
    assert said - broken == {f"playbook.{name}" for name in elsewhere}


def test_path_tests_are_walked_by_who_checks_a_playbook_not_by_who_follows_it() -> None:
    parting = (BAD / "path_parts.yaml").read_bytes()
    assert parse_playbook(parting, "x.yaml").tests.cases
    with pytest.raises(PlaybookError) as found:
        parse_playbook(parting, "x.yaml", walks_paths=True)
    assert [problem.key for problem in found.value.problems] == ["playbook.path_parts"]


def test_a_folder_gives_the_problems_of_all_its_files(tmp_path: Path) -> None:
    for name in ("PB-OPS-91", "PB-OPS-92", "PB-OPS-93"):
        bad = name == "PB-OPS-92"
        text = TEXT.replace("start: size_up", "start: nowhere") if bad else TEXT
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(PlaybookError) as found:
        load_library(tmp_path)
    keys = [problem.key for problem in found.value.problems]
    assert keys == ["playbook.no_step", "playbook.doubled_id"]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda text: text + "#" * 300_000, "playbook.too_large"),
        (lambda text: text.replace("id: people", "id: line"), "playbook.doubled_item"),
        (
            lambda text: text.replace("steps:\n", "steps:\n" + "  - {id: fine}\n" * 121),
            "playbook.too_many_steps",
        ),
    ],
)
def test_a_playbook_has_a_size(change: object, key: str) -> None:
    assert callable(change)
    with pytest.raises(PlaybookError) as found:
        parse_playbook(change(TEXT).encode(), "x.yaml")
    assert [problem.key for problem in found.value.problems] == [key]


def test_what_a_later_version_does_is_not_a_kind_of_this_one() -> None:
    assert not LATER_KINDS & set(KIND_NAMES)
    assert not LATER_KEYS & {"next", "goto", "title", "kind", "id"}


@given(
    start=st.integers(0, len(TEXT) - 1),
    length=st.integers(0, 40),
    put=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
    | st.sampled_from(["null", "[]", "{}", "- ", ": ", "unknown", "1", "true", '"', "&a ", "*a"]),
)
def test_a_mangled_playbook_is_refused_in_words_or_is_a_playbook(
    start: int, length: int, put: str
) -> None:
    mangled = TEXT[:start] + put + TEXT[start + length :]
    said: list[str] = []
    try:
        parse_playbook(mangled.encode(), "x.yaml", walks_paths=True)
    except PlaybookError as error:
        said = [error.text(language) for language in LANGUAGES]
    assert not any(FOREIGN.search(text) for text in said)
