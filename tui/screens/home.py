"""Is the ward all right, where is the fault, what to do now, whom to call."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tui.actions import HOME
from tui.screens.ward_screen import WardScreen
from tui.view_home import home_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.lines import Line
    from tui.view import Showing


class HomeScreen(WardScreen):
    """The first screen."""

    NAME: ClassVar[str] = HOME

    def lines(self, showing: Showing, rows: int) -> Sequence[Line]:
        """Verdict, path, what to do, whom to call, what else there is."""
        return home_lines(showing, rows)

    def do_again(self) -> None:
        """Ask the agent now."""
        self.ward_app.look_now()
