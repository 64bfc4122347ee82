"""Charts as inline SVG that print in black and white; what is missing is a gap. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDTH, HEIGHT = 680, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 8, 10, 38
_LEAST_BAR = 3.0  # a short outage must still be seen
# Hatched and dotted, so that they differ on any printer.
_PATTERNS = (
    '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="5" height="5" fill="#fff"/>'
    '<line x1="0" y1="0" x2="0" y2="5" stroke="#444" stroke-width="2"/></pattern>'
    '<pattern id="dots" width="5" height="5" patternUnits="userSpaceOnUse">'
    '<rect width="5" height="5" fill="#fff"/><circle cx="1.5" cy="1.5" r=".8" fill="#888"/>'
    "</pattern></defs>"
)
FILLS = {
    "up": 'fill="#c9d6e2"',
    "down": 'fill="#111"',
    "maintenance": 'fill="url(#hatch)"',
    "unknown": 'fill="url(#dots)"',
}
_DASHES = ("", "6 3", "2 2")


@dataclass(frozen=True, slots=True)
class Bar:
    """One column: shares (0..1) by the names of FILLS, and what stands below it, if anything."""

    shares: tuple[tuple[str, float], ...]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: its name and its values in order, None where there is none."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """The scale of a chart of curves: top of the values, marks (value, text), a limit if any.

    `labels` are (place 0..1, text) below it.
    """

    top: float
    marks: tuple[tuple[float, str], ...]
    labels: tuple[tuple[float, str], ...]
    limit: tuple[float, str] | None = None


def bars(columns: Sequence[Bar], legend: Sequence[tuple[str, str]], title: str) -> str:
    """Stacked columns; `legend` are (name of FILLS, text)."""
    step = _inner_width() / max(1, len(columns))
    parts = [_PATTERNS]
    for place, column in enumerate(columns):
        parts.extend(_column(column, _LEFT + place * step, step))
    parts.append(_frame((0.0, "0%"), (0.5, "50%"), (1.0, "100%")))
    swatches = (
        (f'<rect width="11" height="9" {FILLS[name]} stroke="#333" stroke-width=".5" ', text)
        for name, text in legend
    )
    parts.extend(_legend(swatches))
    return _svg(parts, title)


def curves(lines: Sequence[Line], axis: Axis, title: str) -> str:
    """Curves over one scale, each with its own dash."""
    parts = [_frame(*((value / axis.top, text) for value, text in axis.marks))]
    for line, dash in zip(lines, _DASHES, strict=False):
        parts.extend(_curve(line.values, axis.top, dash))
    if axis.limit is not None:
        y = _y(axis.limit[0] / axis.top)
        parts.append(
            f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{WIDTH - _RIGHT}" y2="{y:.1f}" stroke="#b00020" '
            f'stroke-width="1.2" stroke-dasharray="8 4"/><text x="{WIDTH - _RIGHT - 2}" '
            f'y="{y - 3:.1f}" text-anchor="end" fill="#b00020">{escape(axis.limit[1])}</text>'
        )
    for place, text in axis.labels:
        parts.append(_below(_LEFT + place * _inner_width(), text))
    strokes = (
        (f'<path d="M0 5h20" fill="none" stroke="#111" stroke-width="1.4" '
         f'stroke-dasharray="{dash}" ', line.name)
        for line, dash in zip(lines, _DASHES, strict=False)
    )  # fmt: skip
    parts.extend(_legend(strokes))
    return _svg(parts, title)


def _column(column: Bar, x: float, step: float) -> Iterator[str]:
    width = max(0.8, step - (1.5 if step > 4 else 0))
    height = HEIGHT - _TOP - _BOTTOM
    sizes = [
        (name, max(_LEAST_BAR if name == "down" else 0.0, share * height))
        for name, share in column.shares
        if share > 0
    ]
    total = sum(size for _name, size in sizes)
    y = HEIGHT - _BOTTOM - min(height, total)
    for name, size in sizes:
        scaled = size * min(1.0, height / total)
        yield (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{scaled:.1f}" '
            f"{FILLS[name]}/>"
        )
        y += scaled
    if column.label:
        yield _below(x + width / 2, column.label)


def _curve(values: Sequence[float | None], top: float, dash: str) -> Iterator[str]:
    """Pieces between gaps; a value that stands alone is a point."""
    step = _inner_width() / max(1, len(values))
    placed = ((index, value) for index, value in enumerate(values))
    for known, group in groupby(placed, key=lambda one: one[1] is not None):
        if not known:
            continue
        points = [
            (_LEFT + (index + 0.5) * step, _y(min(1.0, (value or 0.0) / top)))
            for index, value in group
        ]
        if len(points) == 1:
            x, y = points[0]
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.8" fill="#111"/>'
            continue
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        yield (
            f'<polyline points="{way}" fill="none" stroke="#111" stroke-width="1.2" '
            f'stroke-dasharray="{dash}"/>'
        )


def _frame(*marks: tuple[float, str]) -> str:
    parts = [
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_inner_width()}" '
        f'height="{HEIGHT - _TOP - _BOTTOM}" fill="none" stroke="#333" stroke-width=".8"/>'
    ]
    for share, text in marks:
        y = _y(share)
        parts.append(
            f'<line x1="{_LEFT - 3}" y1="{y:.1f}" x2="{WIDTH - _RIGHT}" y2="{y:.1f}" '
            f'stroke="#999" stroke-width=".4"/><text x="{_LEFT - 5}" y="{y + 3.5:.1f}" '
            f'text-anchor="end">{escape(text)}</text>'
        )
    return "".join(parts)


def _legend(entries: Iterator[tuple[str, str]]) -> Iterator[str]:
    x = float(_LEFT)
    for mark, text in entries:
        y = HEIGHT - 11
        yield f'{mark} transform="translate({x:.0f} {y})"/>'
        yield f'<text x="{x + 25:.0f}" y="{y + 8.5}">{escape(text)}</text>'
        x += 42 + 5.6 * len(text)


def _below(x: float, text: str) -> str:
    y = HEIGHT - _BOTTOM + 13
    return f'<text x="{x:.1f}" y="{y}" text-anchor="middle">{escape(text)}</text>'


def _svg(parts: Sequence[str], title: str) -> str:
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title>{"".join(parts)}</svg>'
    )


def _inner_width() -> int:
    return WIDTH - _LEFT - _RIGHT


def _y(share: float) -> float:
    return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)
