"""The report as a file: a page that opens in any browser and prints, beside the book."""

from __future__ import annotations

from callsheet.exchange.report_html import page
from callsheet.services import figures
from callsheet.services.desk import Desk
from callsheet.settings.paths import Paths, private_file, private_folder
from callsheet.settings.schema import Settings


def write_report(paths: Paths, settings: Settings, desk: Desk, days: int) -> str:
    """Write the report over the last days, and each campaign's; return the path. The day's file is written anew.

    Raises:
        callsheet.settings.HomeError: the folder cannot be used.
        OSError: the file cannot be written.
    """
    reads, period, now = desk.book.figures(), figures.last_days(desk, days), desk.now()
    reports: list[figures.Report] = [
        figures.coverage(desk, reads, period), figures.speed(desk, reads, period), figures.habit(desk, reads, period),
        *(figures.campaign(desk, reads, name) for name in desk.book.campaigns()),
    ]  # fmt: skip
    day = desk.rules.calendar.day_of(now)
    file = private_file(private_folder(paths.data / "reports") / f"{day.isoformat()} last {days} days.html")
    file.write_text(page(reports, rep=settings.rep.name, now=now, zone=desk.rules.calendar.tz), encoding="utf-8")
    return str(file)
