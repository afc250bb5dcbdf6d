"""What became of each op while a batch is being delivered: gathered piece by piece, told as one result per op."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from callsheet.crm.hubspot.shapes import ItemError
from callsheet.crm.hubspot.wire import Missing, Taken
from callsheet.domain.events import CloseReason
from callsheet.domain.text import one_line
from callsheet.sync.port import (
    Ambiguous,
    Applied,
    Conflict,
    CrmError,
    Forbidden,
    Invalid,
    NotAttempted,
    Rejected,
    Result,
    Retry,
    Throttled,
    Unavailable,
)

_WORST = (Rejected, Conflict, Ambiguous, Retry, NotAttempted, Applied)


class Results:
    """The results of a batch of so many ops. An op may take several records: it is done when all of them are."""

    def __init__(self, count: int) -> None:
        self._parts: list[list[Result]] = [[] for _ in range(count)]
        self.stopped: Retry | None = None
        """Set when nothing more can be sent: what the ops that were not reached are told."""
        self._error: CrmError | None = None
        self._begun: set[int] = set()
        self._before: set[int] = set()
        self._closed: dict[int, CloseReason] = {}

    def begin(self, indices: Iterable[int]) -> None:
        """Something of these ops is written: whatever fails from now on, it is not as if nothing had happened."""
        self._begun.update(indices)

    def there_before(self, index: int) -> None:
        """Do-not-contact, which this op sets, was set there before: that is somebody else's, whatever else it sets."""
        self._before.add(index)

    def closes(self, index: int, reason: CloseReason) -> None:
        """A contact that was open is closed by the do-not-contact that this op sets."""
        self._closed[index] = reason

    def add(self, index: int, result: Result) -> None:
        """One more record of an op has come to its end."""
        self._parts[index].append(result)

    def of(self, index: int) -> Result | None:
        """The result of an op as it stands: the worst of its records', None when there is none yet."""
        found = self._parts[index]
        for kind in _WORST:
            same = [one for one in found if isinstance(one, kind)]
            if same:
                return same[0]
        return None

    def open(self, indices: Sequence[int]) -> list[int]:
        """Those of the ops that have no result yet."""
        return [index for index in indices if not self._parts[index]]

    def failed(self, index: int) -> bool:
        """Whether something of an op did not work out."""
        result = self.of(index)
        return result is not None and not isinstance(result, Applied)

    def stop(self, error: CrmError) -> None:
        """Nothing more can be sent in this call: what is left may be tried again."""
        self._error = error
        after = error.after if isinstance(error, Throttled) else None
        self.stopped = Retry(str(error), after)

    def told(self) -> list[Result]:
        """One result per op, in their order.

        Raises:
            Throttled, Unavailable: it is the same for all of them, and nothing was sent.
        """
        rest = self.stopped or Retry("It was not sent.")
        found = [self._told(index, self.of(index) or rest) for index in range(len(self._parts))]
        if isinstance(self._error, (Throttled, Unavailable)) and all(isinstance(one, Retry) for one in found):
            raise self._error
        return found

    def _told(self, index: int, result: Result) -> Result:
        if isinstance(result, Retry) and index in self._begun:
            return Ambiguous(result.reason)
        if not isinstance(result, Applied):
            return result
        return replace(result, replayed=result.replayed or index in self._before, closed=self._closed.get(index))


def result_of(error: CrmError) -> Result:
    """What a request that failed means for the ops in it."""
    match error:
        case Throttled():
            return Retry(str(error), error.after)
        case Unavailable():
            return Retry(str(error))
        case Forbidden():
            return Rejected(str(error), code="forbidden")
        case Invalid():
            return Rejected(str(error), field=error.field)
        case Taken():
            return Rejected(str(error), code="duplicate")
        case Missing():
            return Rejected("This is no longer in HubSpot.", code="gone")
        case _:
            return Ambiguous(str(error))


def refusal_of(error: ItemError) -> Result:
    """What it means that one input of a batch was refused."""
    reason = one_line(error.message, 300) or "HubSpot refused it and does not say why."
    match error.category:
        case "CONFLICT":
            return Rejected(reason, field=error.field, code="duplicate")
        case "OBJECT_NOT_FOUND":
            return Rejected(reason, code="gone")
        case "MISSING_SCOPES" | "PERMISSION_DENIED":
            return Rejected(reason, code="forbidden")
        case _:
            return Rejected(f"HubSpot refuses this: {reason}", field=error.field)
