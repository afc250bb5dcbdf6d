"""The file of `--log-file`: each request to the CRM in a line, for whoever looks for what is wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from callsheet.settings.paths import private_file


def write_to(file: str) -> Callable[[], None]:
    """Write all that callsheet notes to a file of the rep's own; return what ends that.

    No line holds a key: a request is its path, without query, headers and body (`crm.transport`).

    Raises:
        callsheet.settings.HomeError: the file cannot be written.
    """
    log = logging.getLogger("callsheet")
    handler = logging.FileHandler(private_file(Path(file).expanduser()), encoding="utf-8", errors="replace")
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    log.propagate = False

    def end() -> None:
        log.removeHandler(handler)
        log.setLevel(logging.NOTSET)
        log.propagate = True
        handler.close()

    return end
