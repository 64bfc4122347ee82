"""The root of the error tree.

An error carries a message key and values, so it reads in either language.

WardopsError
├─ InputError                 the file, argument or request is wrong            exit 2, HTTP 400
│  └─ InventoryError          several problems of one inventory, each file:line:column
├─ ActionRefused              wrong realm, wrong role, not possible now         exit 1, HTTP 409
├─ StoreError                 disk full, damaged, locked; polling goes on without it
└─ AgentUnreachable           client side: nobody answers at the agent's address  exit 3
   (ProbeError                lives in probes/errors.py and never leaves probes/run.observe)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from inventory.language import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inventory.language import Language


class WardopsError(Exception):
    """Something went wrong that a person can be told about in one line.

    `key` names the sentence in the locale files, `values` fill its placeholders. `str()` is the
    English sentence, for logs.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values

    def text(self, language: Language) -> str:
        """The sentence in one language, without a line break at its end."""
        return say(self.key, language, **self.values)

    def __str__(self) -> str:
        return self.text("en")


class InputError(WardopsError):
    """The file, argument or request is wrong; nothing was started or changed."""

    exit_code = 2


class Problem(InputError):
    """One thing that is wrong in a file.

    `where` is `file:line:column key` as printed in front of the sentence; line and column count
    from 1, and a file that cannot be parsed at all has line 1, column 1.
    """

    def __init__(self, where: str, key: str, **values: object) -> None:
        super().__init__(key, **values)
        self.where = where

    def text(self, language: Language) -> str:
        """`file:line:column key: what is wrong; what to do`."""
        return f"{self.where}: {super().text(language)}"


class InventoryError(InputError):
    """All problems of one inventory, gathered, so that a person mends them in one go."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("inventory.problems", count=len(problems))
        self.problems = tuple(problems)

    def text(self, language: Language) -> str:
        """One line per problem, in file order."""
        return "\n".join(problem.text(language) for problem in self.problems)


class ActionRefused(WardopsError):
    """The request is well-formed but must not be carried out now."""

    exit_code = 1


class StoreError(WardopsError):
    """The state folder cannot be read or written; whoever polls goes on without it."""

    exit_code = 1


class AgentUnreachable(WardopsError):
    """Nobody answers at the agent's address."""

    exit_code = 3
