"""The words of the screens: the door to the catalogue, durations, times, names. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import TYPE_CHECKING

from inventory.language import DEFAULT_LANGUAGE, say
from inventory.text import nfc, unaccented
from tui.legend import to_ascii

if TYPE_CHECKING:
    from datetime import datetime

    from agent.wire import Text, WardRef
    from inventory.language import Language

LOCAL = timezone(timedelta(hours=7))  # screens show Viet Nam's time, from a fixed offset
_SHORT_KINDS = {"phường": "tui.unit.ward", "xã": "tui.unit.commune", "đặc khu": "tui.unit.zone"}


@dataclass(frozen=True, slots=True)
class Words:
    """In which language and letters a screen speaks.

    `unaccented` and `ascii` change the text at the last step (`finish`), cell for cell.
    """

    language: Language = DEFAULT_LANGUAGE
    ascii: bool = False
    unaccented: bool = False

    def say(self, key: str, **values: object) -> str:
        """The sentence of the catalogue."""
        return say(key, self.language, **values)

    def of(self, text: Text | None) -> str:
        """A sentence that came in both languages, as one line; nothing for none."""
        return " ".join(nfc(self._chosen(text)).split()) if text is not None else ""

    def _chosen(self, text: Text) -> str:
        return (text.en if self.language == "en" else text.vi) or text.vi or text.en

    def finish(self, text: str) -> str:
        """The text as this terminal can show it."""
        if self.unaccented:
            text = unaccented(text)
        return to_ascii(text) if self.ascii else text

    def lasted(self, seconds: float) -> str:
        """A length of time: `8s`, `12ph04s`, `2h10ph`, `3ng4h`."""
        whole = max(0, int(seconds))
        minutes, hours, days = whole // 60, whole // 3600, whole // 86400
        if not minutes:
            return self.say("tui.for.seconds", n=whole)
        if not hours:
            return self.say("tui.for.minutes", n=minutes, m=f"{whole % 60:02d}")
        if not days:
            return self.say("tui.for.hours", n=hours, m=f"{minutes % 60:02d}")
        return self.say("tui.for.days", n=days, h=hours % 24)

    def coarse(self, seconds: float) -> str:
        """A length of time in its largest unit: `8s`, `12ph`, `2h`, `3ng`."""
        whole = max(0, int(seconds))
        for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
            if whole >= size:
                return self.say(f"tui.about.{unit}", n=whole // size)
        return self.say("tui.about.seconds", n=whole)

    def age(self, seconds: float | None) -> str:
        """How long ago, or that nothing was ever measured."""
        if seconds is None:
            return self.say("tui.age.never")
        return self.say("tui.age.ago", age=self.lasted(seconds))

    def time(self, at: datetime) -> str:
        """`14:32:07`."""
        return f"{at.astimezone(LOCAL):%H:%M:%S}"

    def hour(self, at: datetime) -> str:
        """`14:32`."""
        return f"{at.astimezone(LOCAL):%H:%M}"

    def weekday(self, at: datetime) -> str:
        """`T6` or `Fri`."""
        return self.say(f"tui.weekday.{at.astimezone(LOCAL).isoweekday()}")

    def place(self, ward: WardRef) -> str:
        """A unit's short name: `P. Sài Gòn`."""
        key = _SHORT_KINDS.get(ward.kind.casefold())
        prefix = f"{ward.kind.casefold()} "
        if key is None or not ward.name.casefold().startswith(prefix):
            return nfc(ward.name)
        return self.say(key, name=nfc(ward.name)[len(prefix) :])


def realm_stripe(realm: str, words: Words) -> str:
    """`▓▓ DRILL ▓▓ ` or that all of it is simulated; nothing for a real ward."""
    if realm == "live":
        return ""
    return f"▓▓ {words.say('tui.drill' if realm == 'drill' else 'tui.bar.sim')} ▓▓ "
