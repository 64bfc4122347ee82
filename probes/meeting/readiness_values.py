"""What stands in the sentences about readiness: numbers and reasons in both languages. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.language import LANGUAGES, both, decimal

if TYPE_CHECKING:
    from probes.model import Reason


def number(value: float, digits: int = 0) -> dict[str, str]:
    """A number for people, in each language."""
    return {language: decimal(value, digits, language) for language in LANGUAGES}


def percent(ratio: float, digits: int = 0) -> dict[str, str]:
    """A ratio as percent."""
    return number(100 * ratio, digits)


def reason(of: Reason) -> dict[str, str]:
    """Why a probe brought nothing; as it stands within a sentence."""
    return {tongue: f"{text[:1].lower()}{text[1:]}" if not text[:2].isupper() else text
            for tongue, text in both(f"reason.{of.value}").items()}  # fmt: skip
