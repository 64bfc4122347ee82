"""The frame of every printed page: one HTML file that needs nothing else. Pure."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inventory.language import Language

_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
{style}</style></head>
<body>
{body}
</body></html>
"""


def framed(title: str, body: str, style: str, language: Language) -> str:
    """A whole page; `title` is text, `body` is HTML, `style` is CSS."""
    return _PAGE.format(language=language, title=escape(title), style=style, body=body)
