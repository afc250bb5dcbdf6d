"""Bringing deliveries into the CRM: leased, in order, each with exactly one effect or visibly undecided.

A lease is on disk before anything is sent, and the result after it: whatever dies in between leaves a delivery that is
`sending` without a sender, which is known to be uncertain and treated so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from callsheet.sync.home import home
from callsheet.sync.lanes import UNSURE, Turn, same_turn, turns
from callsheet.sync.line import Line
from callsheet.sync.parcels import Parcel, lease, make
from callsheet.sync.port import (
    Applied,
    AuthBroken,
    CrmError,
    Drift,
    Forbidden,
    Invalid,
    NotAttempted,
    Op,
    Result,
    Throttled,
    Unavailable,
    Uncertain,
)
from callsheet.sync.pull import Pull
from callsheet.sync.records import Delivery
from callsheet.sync.results import FIRST_WAIT, Results

SIDE_BY_SIDE: Final = 10
"""Leads that are served at once where the CRM takes one op at a time."""

MOST_SILENCE: Final = 3
"""So many calls without an answer in a row end a run."""

SHORT_WAIT: Final = timedelta(seconds=30)
"""A pause that the CRM asks for is waited out when it is no longer than this."""

MOST_PAUSES: Final = 5

TURNS: Final = timedelta(seconds=2)
"""How long turns hold: then a do-not-contact that was set meanwhile goes before the rest, as after a look at leads."""


class Push:
    """One run of sending; `results` keeps what becomes of it, and `kept` is called when it has kept some."""

    def __init__(self, line: Line, pull: Pull, *, kept: Callable[[], None] = lambda: None) -> None:
        self.line = line
        self.pull = pull
        self.results = Results(line, pull.account)
        self._kept = kept
        self._silent = 0
        self._pauses = 0
        self._until = line.now()
        self._gone: list[Parcel] = []
        self._stale: list[Parcel] = []
        self._halted: CrmError | None = None

    def run(self) -> None:
        """Send until nothing more can go now.

        Raises:
            CrmError: the CRM cannot be reached, wants a pause, or answers nonsense. What was not sent is kept.
        """
        size = self.line.crm.capabilities.max_batch
        at_once = SIDE_BY_SIDE if size == 1 else size
        while due := self._due():
            self.results.expire([turn.row for turn in due if turn.act == "expire"])
            self.results.park([(turn.row, turn.reason) for turn in due if turn.act == "park"])
            for turn in due:
                if turn.act == "look":
                    self._look(turn.row)
                    self._kept()
            sends = [turn for turn in due if turn.act == "send"]
            if self._refresh(sends):  # some may not go any more, by what was seen or done meanwhile
                self._kept()
                mine = {turn.row.op for turn in sends}
                sends = [turn for turn in self._due() if turn.act == "send" and turn.row.op in mine]
            begun = self.line.now()
            for start in range(0, len(sends), at_once):
                looked = self._send(sends[start : start + at_once])
                self._kept()
                if looked or self.line.now() - begun > TURNS:
                    break

    def _due(self) -> list[Turn]:
        line = self.line
        with line.book.work() as work:
            rows = work.open_deliveries()
            leads = {row.lead for row in rows}
            homes = {lead: lead for lead, link in work.links(leads).items() if not link.base.gone}
            for lead in leads - homes.keys():
                there, _ = home(work, line.book.crm, lead)
                if work.link(there) is not None:
                    homes[lead] = there
        return turns(rows, line.now(), line.crm.capabilities, homes, line.alive)

    def _refresh(self, sends: Sequence[Turn]) -> bool:
        """Look at leads before something is set on them: what changed there meanwhile is not overwritten in silence.

        A CRM that refuses what is stale sees to that itself; not to whose lead it is that nobody changed since. Tell
        whether any were looked at.
        """
        rows = [turn.row for turn in sends]
        sets = {row.lead for row in rows if row.sets and not (row.urgent and row.kind == "patch")}
        if not sets:
            return False
        with self.line.book.work() as work:
            look = {lead for lead, link in work.links(sets).items() if not link.base.mine}
        if not self.line.crm.capabilities.stale_guard:
            look |= sets - self.results.seen
        self.pull.check(sorted(look))
        self.results.seen |= sets
        return bool(look)

    def _look(self, row: Delivery) -> None:
        """Look whether a delivery without an answer arrived: if not, it is sent again."""
        line = self.line
        with line.book.work() as work:
            current = work.deliveries([row.op]).get(row.op)
            if current is None or not same_turn(current, row):
                return  # somebody else looked already, and may have sent it again
            made = make(work, line, current)
            if isinstance(made, Delivery):
                work.save([made], line.now())
                self.results.leads.add(made.lead)
                return
        found: Applied | None
        try:
            found = line.crm.find_effect(made)
        except (Invalid, Forbidden) as error:
            self.results.park([(current, f"{UNSURE} ({error})")])
        except Uncertain:
            self.results.look_later(current)
        else:
            self.results.looked(current, made, found)

    # Sending ----------------------------------------------------------------------------------------------------------

    def _send(self, sends: Sequence[Turn]) -> bool:
        """Send some; tell whether leads were looked at since, so that others may have their turn."""
        parcels, settled = lease(self.line, sends)
        self.results.leads |= {row.lead for row in settled}
        if not parcels:
            return False
        single = self.line.crm.capabilities.max_batch == 1
        calls = [[parcel] for parcel in parcels] if single else [parcels]
        self._until = min(parcel.row.lease_until or self.line.now() for parcel in parcels)
        answers = self.line.side_by_side(self._apply, [[parcel.op for parcel in call] for call in calls])
        stops: list[CrmError] = []
        for call, answer in zip(calls, answers, strict=True):
            if isinstance(answer, CrmError):
                failed = self._failed(call, answer)
                stops += [failed] if failed is not None else []
            else:
                self._settle(list(zip(call, answer, strict=True)))
        if stops:
            self._stop(self._halted or max(stops, key=_pause))
        return self._look_where_refused()

    def _apply(self, sent: Sequence[Op]) -> Sequence[Result] | CrmError:
        if self._halted is not None:
            return Unavailable("Nothing more is sent in this run.")
        if self.line.now() >= self._until:  # the machine slept: another window may have taken them up since
            return [NotAttempted("It waited too long for its turn.") for _ in sent]
        try:
            results = self.line.crm.apply(sent)
        except CrmError as error:
            over = isinstance(error, Throttled) and error.scope == "daily"
            if over or isinstance(error, (AuthBroken, Drift, Unavailable)):
                self._halted = error
            return error
        if len(results) != len(sent):
            return Drift(f"{self.line.crm.capabilities.name} answered {len(results)} of {len(sent)} deliveries.")
        return results

    def _settle(self, answers: Sequence[tuple[Parcel, Result]]) -> None:
        if not all(isinstance(result, NotAttempted) for _, result in answers):
            self._silent = 0
        gone, stale = self.results.settle(answers)
        self._gone += gone
        self._stale += stale

    def _look_where_refused(self) -> bool:
        """Look at leads that the CRM says are gone or have changed; tell whether it said so of any."""
        gone, stale, self._gone, self._stale = self._gone, self._stale, [], []
        if not gone and not stale:
            return False
        with self.line.book.work() as work:  # where one was merged before, that is another one than here
            links = work.linked(parcel.op.lead for parcel in (*gone, *stale))
        self.pull.check([link.lead for link in links.values()])
        self.results.there_already(stale)
        self.results.missing(gone)
        return True

    # When a whole call fails ------------------------------------------------------------------------------------------

    def _failed(self, call: Sequence[Parcel], error: CrmError) -> CrmError | None:
        """Put back what a failed call was to send; return the error if the run has to stop."""
        if isinstance(error, (Invalid, Forbidden)) and len(call) > 1:
            return self._one_by_one(call)
        self.results.put_back(call, error)
        match error:
            case Uncertain():
                self._silent += 1
                return error if self._silent >= MOST_SILENCE else None
            case Invalid() | Forbidden():
                return None
        return error

    def _one_by_one(self, call: Sequence[Parcel]) -> CrmError | None:
        """Send each for itself, as one of them is bad; return the error if the run has to stop."""
        for place, parcel in enumerate(call, 1):
            answer = self._apply([parcel.op])
            if not isinstance(answer, CrmError):
                self._settle([(parcel, answer[0])])
            elif (stop := self._failed([parcel], answer)) is not None:
                self.results.put_back(call[place:], None)
                return stop
        return None

    def _stop(self, error: CrmError) -> None:
        """Wait out a short pause that the CRM asks for, else end the run."""
        if isinstance(error, Throttled) and error.scope != "daily" and self._pauses < MOST_PAUSES:
            wait = error.after if error.after is not None else FIRST_WAIT * (0.5 + self.line.chance())
            if wait <= SHORT_WAIT:
                self._pauses += 1
                self.line.sleep(wait.total_seconds())
                return
        raise error


def _pause(error: CrmError) -> timedelta:
    """Return for how long nothing is to be sent: of calls made at once each may have been told another pause."""
    if not isinstance(error, Throttled):
        return timedelta.max
    return error.after if error.after is not None else FIRST_WAIT
