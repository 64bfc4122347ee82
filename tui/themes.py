"""Colours of the themes: one value per tone, and what Textual is told of them."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from textual.theme import BUILTIN_THEMES, Theme

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one theme, as Textual's style sheets name them."""

    background: str
    text: str
    dim: str
    accent: str
    ok: str
    degraded: str
    down: str
    maintenance: str
    is_dark: bool = True
    is_ansi: bool = False


# Okabe and Ito's colours, told apart with the common kinds of colour blindness; the light theme's
# are darker so that the contrast on its background is at least 4.5:1, as it is everywhere.
PALETTES: Mapping[str, Palette] = MappingProxyType(
    {
        "dark": Palette(
            "#0E1216", "#E4E7EA", "#98A2AB", "#6FB7EA", "#00A97B", "#E69F00", "#F0702A", "#56B4E9"
        ),
        "light": Palette(
            "#FBFBF8", "#1B1F23", "#5A636B", "#005A94", "#00694D", "#8A5A00", "#A83C00", "#0072B2",
            is_dark=False,
        ),
        "contrast": Palette(
            "#000000", "#FFFFFF", "#C8C8C8", "#7FDBFF", "#00FF66", "#FFFF00", "#FF5555", "#00FFFF"
        ),
        "ansi": Palette(
            "ansi_default", "ansi_default", "ansi_default", "ansi_cyan", "ansi_green",
            "ansi_yellow", "ansi_red", "ansi_blue", is_ansi=True,
        ),
    }
)  # fmt: skip
NAMES = tuple(PALETTES)


def following(name: str) -> str:
    """The theme after this one, round and round."""
    return NAMES[(NAMES.index(name) + 1) % len(NAMES)] if name in NAMES else NAMES[0]


def themes() -> tuple[Theme, ...]:
    """All of them as Textual registers them."""
    return tuple(
        Theme(
            name=name,
            primary=one.accent,
            accent=one.accent,
            foreground=one.text,
            background=one.background,
            surface=one.background,
            panel=one.background,
            success=one.ok,
            warning=one.degraded,
            error=one.down,
            dark=one.is_dark,
            ansi=one.is_ansi,
            variables={
                **(BUILTIN_THEMES["ansi-dark"].variables if one.is_ansi else {}),
                "wd-text": one.text,
                "wd-dim": one.dim,
                "wd-accent": one.accent,
                "wd-ok": one.ok,
                "wd-degraded": one.degraded,
                "wd-down": one.down,
                "wd-maintenance": one.maintenance,
                "wd-back": one.background,
            },
        )
        for name, one in PALETTES.items()
    )
