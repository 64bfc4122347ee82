"""`GET /`: what this is and where to go on; no data."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse

from inventory.language import both

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from agent.web.parts import Parts

_LINKS = ("/metrics", "/sd", "/-/healthy", "/-/ready", "/api/v1/meta")
_PAGE = """<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><title>wardops</title></head>
<body><h1>wardops {version}</h1>
<p>{vi}</p><p lang="en">{en}</p>
<ul>{links}</ul></body></html>
"""


async def front(request: Request, parts: Parts) -> Response:  # noqa: ARG001 - a route's form
    """One small page."""
    links = "".join(f'<li><a href="{link}">{link}</a></li>' for link in _LINKS)
    said = both("api.front")
    page = _PAGE.format(
        version=escape(parts.view().version), vi=escape(said["vi"]), en=escape(said["en"]),
        links=links,
    )  # fmt: skip
    return HTMLResponse(page)
