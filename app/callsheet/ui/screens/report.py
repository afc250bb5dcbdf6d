"""The report: the rep's own figures as drawings, and a block with whom nobody has tried."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from callsheet.ui import keys
from callsheet.ui.desk_screen import SMALLEST, DeskScreen
from callsheet.ui.present import ink
from callsheet.ui.present.report import Group, ReportView, figure_lines, group_lines, read_report, report_bar
from callsheet.ui.widgets.lines import Lines

PERIODS: Final = (7, 30, 90)
"""Days that a report covers, in the order in which they are offered."""


class ReportScreen(DeskScreen[None]):
    """Coverage, speed, habits, and the untouched by name."""

    NAME = "report"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("report")]
    BINDING_GROUP_TITLE = "Report"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-tiny"), (SMALLEST[0], "-narrow"), (116, "-normal"), (150, "-wide"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.view: ReportView | None = None
        self.cursor = 0
        self.days = PERIODS[0]

    def body(self) -> ComposeResult:
        """Return the figures and the groups."""
        with Horizontal(id="report"):
            yield Lines(id="figures")
            yield Lines(id="groups", classes="box")

    def on_mount(self) -> None:
        """Read the figures."""
        self.query_one("#bar", Lines).show(lambda width: report_bar(self.view, width))
        self.refresh_book()

    def on_unmount(self) -> None:
        """Let go of the figures, and of the names in them."""
        self.view = None

    def refresh_book(self) -> None:
        """Read the figures again."""
        days = self.days
        self.ask("report", lambda desk: read_report(desk, days), self.show_report)

    def show_report(self, view: ReportView) -> None:
        """Show the figures, with the cursor where it was."""
        before = self.group
        self.view = view
        titles = [one.title for one in view.groups]
        if before is not None and before.title in titles:
            self.cursor = titles.index(before.title)
        self.cursor = max(0, min(self.cursor, len(titles) - 1))
        self.query_one("#bar", Lines).show(lambda width: report_bar(view, width))
        self.query_one("#figures", Lines).show(lambda width: figure_lines(view, width))
        self._paint()

    def _paint(self) -> None:
        view, cursor = self.view, self.cursor
        if view is None:
            return
        groups = self.query_one("#groups", Lines)
        groups.show(lambda width: group_lines(view, cursor, width))
        self.call_after_refresh(groups.bring, cursor)

    @property
    def group(self) -> Group | None:
        """The leads under the cursor."""
        groups = self.view.groups if self.view else ()
        return groups[self.cursor] if self.cursor < len(groups) else None

    def action_move(self, by: int) -> None:
        """Move the cursor through the campaigns; pages move the figures."""
        if self.view is None:
            return
        if abs(by) > 1:
            drawn = self.query_one("#figures", Lines)
            drawn.scroll_rows(max(drawn.rows_in_sight - 2, 1) * (1 if by > 0 else -1))
            return
        self.cursor = max(0, min(self.cursor + by, len(self.view.groups) - 1))
        self._paint()

    def action_move_first(self) -> None:
        """Go to the top of everything."""
        self.cursor = 0
        self.query_one("#figures", Lines).to_row(0)
        self._paint()

    def action_move_last(self) -> None:
        """Go to the end of everything."""
        self.cursor = max(len(self.view.groups) - 1, 0) if self.view else 0
        self.query_one("#figures", Lines).scroll_end(animate=False)
        self._paint()

    def action_period(self) -> None:
        """Show more days, or fewer again."""
        self.days = PERIODS[(PERIODS.index(self.days) + 1) % len(PERIODS)]
        self.say((f"the last {self.days} days", ink.QUIET))
        self.refresh_book()

    def action_untouched_block(self) -> None:
        """Start a block with those whom nobody has tried."""
        group = self.group
        if group is None or not group.untouched:
            self.say("nobody is untouched here")
            return
        from callsheet.ui.screens.block import BlockScreen

        self.sheet_app.open_screen(BlockScreen(leads=tuple(one.lead for one in group.untouched)))

    def action_export(self) -> None:
        """Write the report to a file."""
        write = self.sheet_app.export_report
        if write is None:
            self.say("there is no folder to write to here; `callsheet report --html` writes it")
            return
        days = self.days
        self.operate(
            lambda desk: write(desk, days),
            lambda path: self.say(("√ ", ink.FINE), "written to ", (path, ink.STRONG)),
        )
