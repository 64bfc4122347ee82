"""What can be wrong with a drill, as errors that a person can be told about.

WardopsError                  inventory/errors.py
└─ InputError                                                                       exit 2
   └─ ScenarioError           several problems of one scenario, each file:line:column
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inventory.errors import Problem
    from inventory.language import Language


class ScenarioError(InputError):
    """All problems of one scenario, gathered, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("drill.problems", count=len(problems))
        self.problems = tuple(problems)

    def text(self, language: Language) -> str:
        """One line per problem."""
        return "\n".join(problem.text(language) for problem in self.problems)
