"""`make shots`: pictures of every golden screen, to be looked at; nothing is compared.

The texts' tests write SVG (`WARDOPS_SHOTS`); Chromium, headless, makes PNG of them, since other
converters shift columns. Usage: python bench/shots.py FOLDER [NAME*]
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

FONT = "Noto Sans Mono, Noto Mono, DejaVu Sans Mono"  # the last lacks some Vietnamese letters
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FACE = re.compile(r"@font-face \{.*?\}", re.DOTALL)
_CLIP = re.compile(r' clip-path="url\(#[^"]*-line-\d+\)"')
_SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


def offline(svg: str) -> str:
    """The picture with a font of this machine: rich's own would be fetched from a server.

    Its lines clip what stands above them, which takes the tone marks off capital letters.
    """
    return _CLIP.sub("", _FACE.sub("", svg)).replace("Fira Code", FONT)


def paint(browser: str, svg: Path) -> None:
    """One PNG beside its SVG."""
    text = offline(svg.read_text(encoding="utf-8"))
    size = _SIZE.search(text)
    if size is None:
        return
    width, height = (int(float(one)) + 1 for one in size.groups())
    with TemporaryDirectory() as profile:
        page = Path(profile) / "page.html"
        page.write_text(f"<body style='margin:0'>{text}</body>", encoding="utf-8")
        root = ["--no-sandbox"] if os.name == "posix" and os.getuid() == 0 else []
        subprocess.run(  # noqa: S603 - a browser of this machine on a file of ours
            [
                browser, "--headless", "--disable-gpu", "--hide-scrollbars", *root,
                f"--user-data-dir={profile}/profile", f"--window-size={width},{height}",
                f"--screenshot={svg.with_suffix('.png')}", page.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )  # fmt: skip


def main(folder: str, pattern: str = "*") -> int:
    """Paint all; 2 when there is no browser."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("make shots needs Chromium (Debian package chromium)", file=sys.stderr)  # noqa: T201
        return 2
    found = sorted(Path(folder).glob(f"{pattern}.svg"))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda svg: paint(browser, svg), found))
    print(f"{len(found)} pictures in {folder}")  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
