"""A rep at work in a process of its own, made to be killed: calls, says so when it is on disk, and brings it over.

`python -m tests.e2e.rep_at_work MARK`: works the leads whose company is MARK, round and round.
"""

from __future__ import annotations

import sys
from itertools import count

from callsheet.bootstrap.crm import sync_now
from callsheet.bootstrap.office import office
from callsheet.bootstrap.start import Start
from callsheet.services import history
from callsheet.services.outreach import Report, log


def work(mark: str) -> None:
    with office(Start()) as opened:
        leads = [found.lead for found in opened.book.find(mark, limit=100)]
        done = int(opened.book.note("e2e", 0) or 0)
        for turn in count(done):
            report = Report("no_answer", channel="phone", seconds=47, note=f"try {turn}", override="a test")
            logged = log(opened.desk, leads[turn % len(leads)], report)
            print(logged.event, flush=True)  # noqa: T201
            opened.book.put_note("e2e", turn + 1)
            if turn % 7 == 6:
                history.undo(opened.desk)
            if turn % 2:
                sync_now(opened)


if __name__ == "__main__":
    work(sys.argv[1])
