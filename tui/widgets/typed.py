"""A line of text as it is typed, key by key, without a widget of its own."""

from __future__ import annotations

from dataclasses import dataclass

from inventory.text import nfc

LONGEST = 60


@dataclass(slots=True)
class Typed:
    """What is written so far; `is_open` while the keys go into it.

    An input method sends a letter, Backspace and the letter with its mark: both are taken as keys.
    """

    text: str = ""
    is_open: bool = False

    def open(self) -> None:
        """Begin to write; what was there stays."""
        self.is_open = True

    def leave(self) -> None:
        """Nothing written, and the keys are the screen's again."""
        self.text, self.is_open = "", False

    def press(self, key: str, character: str | None) -> bool:
        """Take a key; False for one that is not the text's."""
        if key in {"backspace", "ctrl+h"}:
            self.text = self.text[:-1]
        elif key == "ctrl+u":
            self.text = ""
        elif character is not None and character.isprintable():
            self.add(character)
        else:
            return False
        return True

    def add(self, said: str) -> None:
        """Write at the end; one line, composed."""
        self.text = nfc(self.text + " ".join(said.splitlines()))[:LONGEST]
