"""The application in a process of its own, with a clock that begins at a moment and then runs as clocks do.

`python -m tests.ui.rep_in_terminal MOMENT` opens the sheet of `CALLSHEET_HOME`; with `demo` behind it the demo, which
prints in the end what its CRM was given.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import datetime, timedelta

from callsheet.bootstrap.demo import play
from callsheet.bootstrap.screens import sheet
from callsheet.bootstrap.start import Start


def main(moment: str, what: str = "sheet") -> None:
    began, first = time.monotonic(), datetime.fromisoformat(moment)
    start = Start(lambda: first + timedelta(seconds=time.monotonic() - began), os.environ)
    if what == "demo":
        for line in play(start).delivered:
            print("given:", line)  # noqa: T201
    else:
        sys.exit(sheet(start) or 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
