"""The words of all packages: both languages complete, well-formed, and all there when used."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from string import Formatter
from typing import NamedTuple
from unicodedata import is_normalized

import pytest

from inventory.language import LANGUAGES, catalogue
from inventory.text import has_accents

ROOT = Path(__file__).parents[1]
PACKAGES = ("inventory", "probes", "playbooks", "agent", "tui", "drills")
FOLDERS = [ROOT / name / "locale" for name in PACKAGES if (ROOT / name / "locale").is_dir()]
EACH_PACKAGE = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)

# New-style tone marks stand on the second vowel of an open syllable: "hoà", "khoẻ", "huỷ". After q
# the u belongs to the consonant ("quý"), and before a final consonant ("toàn") both styles agree.
NEW_STYLE = re.compile(r"(o[àáảãạèéẻẽẹ]|(?<!q)u[ỳýỷỹỵ])(?!\w)", re.IGNORECASE)

# Functions whose first argument is a key, and the root of the errors that say one.
_FUNCTIONS = ("say", "both", "has")
_ROOT = "WardopsError"


class Takes(NamedTuple):
    """Where a call has its key, and what is put in front of it."""

    position: int = 0
    prefix: str = ""


def sentences(folder: Path, language: str) -> dict[str, str]:
    """The flat table of one locale file."""

    def flat(table: dict[str, object], prefix: str = "") -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in table.items():
            if isinstance(value, dict):
                found |= flat(value, f"{prefix}{name}.")
            else:
                found[f"{prefix}{name}"] = str(value)
        return found

    return flat(tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8")))


def placeholders(sentence: str) -> set[str]:
    """Names between the braces of a sentence."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


@EACH_PACKAGE
def test_both_languages_have_the_same_keys_and_placeholders(folder: Path) -> None:
    vi, en = sentences(folder, "vi"), sentences(folder, "en")
    assert set(vi) == set(en)
    assert {key for key in vi if placeholders(vi[key]) != placeholders(en[key])} == set()


@EACH_PACKAGE
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_sentence_says_something_in_composed_text(folder: Path, language: str) -> None:
    for key, sentence in sentences(folder, language).items():
        assert sentence.strip(), key
        assert is_normalized("NFC", sentence), key


@EACH_PACKAGE
def test_tone_marks_are_in_the_old_style(folder: Path) -> None:
    found = {
        key: hit[0]
        for key, sentence in sentences(folder, "vi").items()
        if (hit := NEW_STYLE.search(sentence))
    }
    assert found == {}


def test_the_tone_mark_rule_tells_both_styles_apart() -> None:
    for word in ("hoà", "khoẻ", "huỷ", "Thuỷ", "luỹ thừa"):
        assert NEW_STYLE.search(word), word
    for word in ("hòa", "khỏe", "hủy", "quý", "toàn bộ", "khoảng", "ngoài", "thuyết", "loại"):
        assert not NEW_STYLE.search(word), word


@EACH_PACKAGE
def test_the_vietnamese_file_is_vietnamese_and_the_english_one_is_not(folder: Path) -> None:
    vi = sentences(folder, "vi").values()
    assert sum(has_accents(sentence) for sentence in vi) > len(vi) / 2
    english_only = [text for text in sentences(folder, "en").values() if re.search(r"[ăđơư]", text)]
    assert english_only == []


def test_no_key_is_said_by_two_packages() -> None:
    keys = [key for folder in FOLDERS for key in sentences(folder, "vi")]
    assert len(keys) == len(set(keys)) == len(catalogue("vi"))


def _trees() -> dict[Path, ast.Module]:
    paths = (path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _errors(trees: dict[Path, ast.Module]) -> dict[str, Takes]:
    """Every error class of ours, with what its calls take."""
    classes = {
        node.name: node
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found = {_ROOT: Takes()}
    grown = True
    while grown:
        new = {
            name: _takes(node, found[base])
            for name, node in classes.items()
            for base in map(_name, node.bases)
            if base in found and name not in found
        }
        found |= new
        grown = bool(new)
    return found


def _takes(node: ast.ClassDef, inherited: Takes) -> Takes:
    """As inherited, unless the class has a constructor with another idea of its key."""
    own = [f for f in node.body if isinstance(f, ast.FunctionDef) and f.name == "__init__"]
    for function in own:
        names = [argument.arg for argument in function.args.args[1:]]
        if "key" in names:
            return Takes(names.index("key"))
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.JoinedStr):
                first = call.args[0].values[0]
                return Takes(0, str(first.value) if isinstance(first, ast.Constant) else "")
        return Takes(position=len(names))
    return inherited


def keys_in_code(*, errors_only: bool = False) -> dict[str, str]:
    """Literal catalogue keys in the code, and where each is used."""
    trees = _trees()
    callers = _errors(trees)
    if not errors_only:
        callers |= dict.fromkeys(_FUNCTIONS, Takes())
    used: dict[str, str] = {}
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or _name(node.func) not in callers:
                continue
            position, prefix = callers[_name(node.func)]
            key = node.args[position] if len(node.args) > position else None
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                used[prefix + key.value] = f"{path.relative_to(ROOT)}:{node.lineno}"
    return used


def test_every_key_that_code_says_is_in_the_catalogue() -> None:
    used = keys_in_code()
    assert len(used) > 20
    missing = {key: where for key, where in used.items() if key not in catalogue("en")}
    # A probe's detail without a sentence of its own falls back to its reason's.
    missing = {key: where for key, where in missing.items() if not key.startswith("reason.")}
    assert missing == {}


def test_what_an_error_says_is_one_line() -> None:
    said = [
        catalogue(language)[key]
        for language in LANGUAGES
        for key in keys_in_code(errors_only=True)
        if key in catalogue(language)
    ]
    assert [sentence for sentence in said if "\n" in sentence] == []
