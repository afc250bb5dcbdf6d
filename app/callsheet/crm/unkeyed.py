"""A CRM without our own field, by which nothing is delivered twice: what waits for it waits until somebody makes it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from callsheet.sync.port import Invalid, Retry

PAUSE: Final = timedelta(minutes=15)
"""How long a delivery waits before it is tried again."""


class Unkeyed(Invalid):
    """The field is not there, or may not be written."""

    @property
    def waits(self) -> Retry:
        """What it means for an op: nothing happened, and it goes out by itself once the field is there."""
        return Retry(str(self), after=PAUSE)
