"""What can go wrong with playbooks and their runs, as errors that a person can be told about.

WardopsError                  inventory/errors.py
├─ InputError                                                                       exit 2
│  └─ PlaybookError           several problems of playbooks, each file:line:column
├─ ActionRefused              the run does not take this answer now                 exit 1
│  └─ RunTaken                another program conducts this run now
└─ StoreError
   └─ LogDamaged              a run's log was changed; it can be read, not continued
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inventory.errors import ActionRefused, InputError, StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inventory.errors import Problem
    from inventory.language import Language


class PlaybookError(InputError):
    """All problems of the playbooks that were read, gathered, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("playbook.problems", count=len(problems))
        self.problems = tuple(problems)

    def text(self, language: Language) -> str:
        """One line per problem."""
        return "\n".join(problem.text(language) for problem in self.problems)


class RunTaken(ActionRefused):
    """Another program has taken this run over; the one that is told must not write any more."""


class LogDamaged(StoreError):
    """A record of the log is not what was written; nothing may be done on its word."""
