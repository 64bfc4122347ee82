"""The two languages: sentences by key from the packages' locale files.

Each package keeps `locale/vi.toml` and `locale/en.toml`; the tables of all packages form one
catalogue, so `say("probe.silent", "vi", device=…)` works wherever the sentence stands.
"""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Language: TypeAlias = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT_LANGUAGE: Language = "vi"

# Names, not imports: the words lie below every layer, the packages that hold them do not.
_PACKAGES = ("inventory", "probes", "playbooks", "agent", "tui", "drills")
# Sections that each command needs and whose name does not begin their package's.
_HOMES = {"cli": "agent", "api": "agent", "status": "tui", "screen": "tui"}


def say(key: str, language: Language, **values: object) -> str:
    """The sentence `key` in `language` with its `{placeholders}` filled.

    Values that are themselves bilingual mappings (`{"vi": …, "en": …}`) are put in in the same
    language. Raises KeyError for a key or placeholder that does not exist: that is a bug, and the
    locale test finds it.
    """
    chosen = {
        name: value[language] if isinstance(value, dict) and language in value else value
        for name, value in values.items()
    }
    return _sentence(key, language).format(**chosen)


def both(key: str, **values: object) -> dict[str, str]:
    """The sentence in every language, as the API sends it: `{"vi": …, "en": …}`."""
    return {language: say(key, language, **values) for language in LANGUAGES}


@lru_cache(maxsize=4096)
def has(key: str) -> bool:
    """Whether the catalogue has this key (in Vietnamese, the first language)."""
    return any(key in _sentences(package, "vi") for package in _likely(key))


def decimal(value: float, digits: int, language: Language) -> str:
    """A number for people: decimal comma in Vietnamese, point in English."""
    text = f"{value:.{digits}f}"
    return text.replace(".", ",") if language == "vi" else text


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Every key of every package in one language."""
    return MappingProxyType(
        {
            key: sentence
            for package in _PACKAGES
            for key, sentence in _sentences(package, language).items()
        }
    )


@cache
def _sentence(key: str, language: Language) -> str:
    for package in _likely(key):
        sentence = _sentences(package, language).get(key)
        if sentence is not None:
            return sentence
    raise KeyError(key)


def _likely(key: str) -> list[str]:
    """The packages, first the one where this key probably is, so that most starts read one file."""
    section = key.partition(".")[0]
    likely = _HOMES.get(section, section)
    return sorted(_PACKAGES, key=lambda package: not package.startswith(likely))


@cache
def _sentences(package: str, language: Language) -> Mapping[str, str]:
    """One package's sentences, read once from disk."""
    sentences: dict[str, str] = {}
    for folder in _folders(package):
        path = folder / "locale" / f"{language}.toml"
        if path.is_file():
            table = tomllib.loads(path.read_text(encoding="utf-8"))
            sentences.update(_flatten(table))
    return MappingProxyType(sentences)


def _folders(package: str) -> tuple[Path, ...]:
    spec = find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        return ()
    return tuple(Path(location) for location in spec.submodule_search_locations)


def _flatten(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)
