"""What was installed with us, read straight from the installation's folders.

`importlib.metadata` answers the same and more, but loading it takes longer than most commands run.
Folders are those of `sys.path`; the files are those of the PyPA specifications "Recording installed
projects" and "Entry points".
"""

from __future__ import annotations

from importlib.machinery import PathFinder
from itertools import chain, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def entry_points(group: str, folders: Sequence[str]) -> dict[str, str]:
    """`module:attribute` by name, of one group and all distributions.

    Of two with one name the first counts, as it does for imports.
    """
    found: dict[str, str] = {}
    for record in _records(folders):
        for name, value in _section(_text(record / "entry_points.txt"), group):
            found.setdefault(name, value)
    return found


def are_our_own(packages: Sequence[str], root: Path, folders: Sequence[str], owner: str) -> bool:
    """Whether the packages that would be imported are surely the owner's, which lie under `root`.

    They are not when another folder comes first, nor when an `__init__.py` is of another size than
    the owner's record says: pip overwrites files of the same name silently.
    """
    sizes = _sizes(folders, owner)
    return all(_is_own(package, root, folders, sizes) for package in packages)


def _is_own(package: str, root: Path, folders: Sequence[str], sizes: dict[str, int]) -> bool:
    spec = PathFinder.find_spec(package, list(folders))
    place = f"{package}/__init__.py"
    own = root / place
    if spec is None or spec.origin is None or Path(spec.origin) != own:
        return False
    return place not in sizes or own.stat().st_size == sizes[place]


def _records(folders: Sequence[str], owner: str = "*") -> Iterator[Path]:
    """The `.dist-info` folders, of one distribution or of all."""
    wanted = f"{owner}-*.dist-info"
    return chain.from_iterable(sorted(Path(folder).glob(wanted)) for folder in folders if folder)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _section(text: str, group: str) -> Iterator[tuple[str, str]]:
    """Names and values below `[group]`."""
    lines = (line.strip() for line in text.partition(f"[{group}]\n")[2].splitlines())
    for line in takewhile(lambda line: not line.startswith("["), lines):
        name, equals, value = line.partition("=")
        if equals:
            yield name.strip().strip('"'), value.partition("[")[0].strip()


def _sizes(folders: Sequence[str], owner: str) -> dict[str, int]:
    """Octets of each file of the owner, as recorded when it was installed."""
    rows = (
        line.rsplit(",", 2) for record in _records(folders, owner)
        for line in _text(record / "RECORD").splitlines()
    )  # fmt: skip
    return {row[0]: int(row[2]) for row in rows if len(row) == 3 and row[2].isdigit()}
