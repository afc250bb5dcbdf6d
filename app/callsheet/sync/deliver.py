"""Bringing deliveries into the CRM: leased, in order, each with exactly one effect or visibly undecided.

A lease is on disk before anything is sent, and the result after it: whatever dies in between leaves a delivery that is
`sending` without a sender, which is known to be uncertain and treated so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Literal

from callsheet.domain import events as ev
from callsheet.domain.lead import effective
from callsheet.domain.profile import flat
from callsheet.sync import ops
from callsheet.sync.history import home
from callsheet.sync.lanes import HOMELESS, UNSURE, Turn, turns
from callsheet.sync.line import LEASE, Line
from callsheet.sync.owed import cancelled
from callsheet.sync.port import (
    Ambiguous,
    Applied,
    AuthBroken,
    Conflict,
    CrmError,
    Drift,
    Forbidden,
    Invalid,
    LeadCreate,
    LeadPatch,
    NotAttempted,
    Op,
    Rejected,
    Result,
    Retry,
    Throttled,
    Unavailable,
    Uncertain,
)
from callsheet.sync.pull import Pull, join, make_events
from callsheet.sync.records import Base, Delivery, Link, SyncWork

SIDE_BY_SIDE: Final = 10
"""Leads that are served at once where the CRM takes one op at a time."""

PATIENCE: Final = timedelta(seconds=10)
"""How long a request without an answer may still be on its way."""

FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=15)
MOST_TRIES: Final = 10
MOST_SILENCE: Final = 3
"""So many calls without an answer in a row end a run."""

SHORT_WAIT: Final = timedelta(seconds=30)
"""A pause that the CRM asks for is waited out when it is no longer than this."""

MOST_PAUSES: Final = 5


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery that is leased, with its op."""

    row: Delivery
    op: Op


class Stop(Exception):
    """Nothing more can be sent in this run; the cause is the error of the CRM."""

    def __init__(self, error: CrmError) -> None:
        super().__init__(str(error))
        self.error = error


class Push:
    """One run of sending.

    `delivered` counts the effects that the CRM took, `leads` are those whose marks changed, `taken_back` says in a line
    each what was undone here and is made good there, and how.
    """

    def __init__(self, line: Line, pull: Pull) -> None:
        self.line = line
        self.pull = pull
        self.delivered = 0
        self.leads: set[str] = set()
        self.taken_back: list[str] = []
        self._silent = 0
        self._pauses = 0
        self._fresh: set[str] = set()
        self._halted: CrmError | None = None

    def run(self) -> None:
        """Send until nothing more can go now.

        Raises:
            Stop: the CRM cannot be reached, wants a pause, or answers nonsense. What was not sent is kept.
        """
        while True:
            due = self._due()
            if not due:
                return
            self._expire([turn.row for turn in due if turn.act == "expire"])
            self._park([(turn.row, turn.reason) for turn in due if turn.act == "park"])
            for turn in due:
                if turn.act == "look":
                    self._look(turn)
            sends = [turn for turn in due if turn.act == "send"]
            self._refresh(sends)
            size = self.line.crm.capabilities.max_batch
            for start in range(0, len(sends), max(size, SIDE_BY_SIDE) if size == 1 else size):
                self._send(sends[start : start + (SIDE_BY_SIDE if size == 1 else size)])

    # What is due --------------------------------------------------------------------------------------------------

    def _due(self) -> list[Turn]:
        line = self.line
        capabilities = line.crm.capabilities
        with line.book.work() as work:
            rows = work.open_deliveries()
            leads = {row.lead for row in rows}
            links = work.links(leads)
            homes = {lead: lead for lead, link in links.items() if not link.base.gone}
            for lead in leads - homes.keys():
                there, _ = home(work, line.book.crm, lead)
                if work.link(there) is not None:
                    homes[lead] = there

        def repeats(row: Delivery) -> bool:
            if row.kind == "take_back":
                return row.detail.get("was") in ("patch", "lead") or capabilities.take_back == "delete"
            return row.kind in ("task_done", "patch") or (row.kind in ("task", "plan_task") and bool(row.remote_id))

        return turns(rows, line.now(), capabilities, homes, line.alive, repeats)

    def _expire(self, rows: Sequence[Delivery]) -> None:
        """Take what a dead sender left for what it is: it may be there."""
        now = self.line.now()
        with self.line.book.work() as work:
            current = work.deliveries(row.op for row in rows)
            dead = [
                replace(
                    current[row.op], state="ambiguous", maybe=True, lease_until=None, lease_by="",
                    not_before=now + self._settling(), reason="The sender stopped before the answer came.",
                )
                for row in rows
                if row.op in current and current[row.op].state == "sending"
                and current[row.op].lease_until == row.lease_until
            ]  # fmt: skip
            work.save(dead, now)

    def _park(self, rows: Sequence[tuple[Delivery, str]]) -> None:
        now = self.line.now()
        with self.line.book.work() as work:
            current = work.deliveries(row.op for row, _ in rows)
            parked = [
                replace(current[row.op], state="parked", reason=reason, not_before=None)
                for row, reason in rows
                if current[row.op].state == row.state
            ]
            work.save(parked, now)
        self.leads |= {row.lead for row in parked}

    def _refresh(self, sends: Sequence[Turn]) -> None:
        """Look at leads before something is set on them: what changed there meanwhile is not overwritten in silence."""
        if self.line.crm.capabilities.stale_guard:
            return
        sets = {turn.row.lead for turn in sends if _sets(turn.row) and not turn.row.urgent}
        self._call(lambda: self.pull.check(sorted(sets - self._fresh)))
        self._fresh |= sets

    # Sending ------------------------------------------------------------------------------------------------------

    def _send(self, sends: Sequence[Turn]) -> None:
        parcels = self._lease(sends)
        if not parcels:
            return
        single = self.line.crm.capabilities.max_batch == 1
        calls = [[parcel] for parcel in parcels] if single else [parcels]
        answers = self.line.side_by_side(self._apply, [[parcel.op for parcel in call] for call in calls])
        stop: CrmError | None = None
        for call, answer in zip(calls, answers, strict=True):
            if isinstance(answer, CrmError):
                failed = self._failed(call, answer)
                stop = stop or failed
            else:
                self._silent = 0
                self._settle(list(zip(call, answer, strict=True)))
        if stop is not None:
            self._stop(self._halted or stop)

    def _apply(self, sent: Sequence[Op]) -> Sequence[Result] | CrmError:
        if self._halted is not None:
            return Unavailable("Nothing more is sent in this run.")
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

    def _lease(self, sends: Sequence[Turn]) -> list[Parcel]:
        """Take deliveries for this process, on disk, and make their ops of the facts as they are now."""
        line, now = self.line, self.line.now()
        parcels: list[Parcel] = []
        with line.book.work() as work:
            current = work.deliveries(turn.row.op for turn in sends)
            for turn in sends:
                row = current.get(turn.row.op)
                if row is None or row.state != turn.row.state or row.not_before != turn.row.not_before:
                    continue  # somebody else was faster, or the rep took it back
                made = self._make(work, row)
                if isinstance(made, Op) and made.lead and made.lead in {parcel.op.lead for parcel in parcels}:
                    continue  # merged meanwhile: one at a time for each lead there
                if isinstance(made, Op):
                    if isinstance(made.body, LeadPatch) and made.body.do_not_contact:
                        row = self._remember(work, row)
                    if "want" in row.detail:
                        row = replace(row, detail={**row.detail, "sending": row.detail["want"]})
                    if isinstance(made.body, LeadCreate):
                        sent = {"sending": flat(made.body.profile)}
                        row = replace(row, detail={**sent, **row.detail})  # the first one is what was made, if any was
                    leased = replace(
                        row, state="sending", tries=row.tries + 1, lease_until=now + LEASE, lease_by=line.owner,
                        not_before=None,
                    )  # fmt: skip
                    work.save([leased], now)
                    parcels.append(Parcel(leased, made))
                elif made is not None:
                    work.save([made], now)
                    self.leads.add(made.lead)
        return parcels

    def _make(self, work: SyncWork, row: Delivery) -> Op | Delivery | None:
        """Return the op of a delivery; or the delivery as it is when there is nothing to send."""
        line = self.line
        events = work.events([row.lead])[row.lead]
        event = next((one for one in events if one.id == row.event), None)
        there, going_on = home(work, line.book.crm, row.lead)
        link = work.link(there)
        if link is None and row.kind != "lead":
            return replace(row, state="parked", reason=HOMELESS)
        if row.kind == "lead":
            if link is not None:
                return replace(row, state="delivered", remote_id=link.remote_id)
            if not line.crm.capabilities.creates_leads:
                name = line.crm.capabilities.name
                return replace(row, state="parked", reason=f"{name} takes no new leads from here: make it there.")
        if there != row.lead and _sets(row) and not row.urgent:
            return cancelled(row, "overtaken", "The lead was merged in the CRM.")
        holds = any(one.id == row.event for one in effective(events))
        if row.unsent and not holds and row.kind not in ("take_back", "task_done", "plan_task"):
            return cancelled(row, "undone")
        rows = ops.by_key(work.deliveries_of([row.lead]).get(row.lead, ()))
        refers = rows.get(str(row.detail.get("of", "")))
        if refers is not None and refers.kind in ("touch", "note", "task") and not self._reachable(refers):
            if refers.maybe:
                return replace(row, state="parked", reason="It may be in the CRM: take it back there.")
            return cancelled(row, "overtaken", "It never reached the CRM.")
        disputed = frozenset(one.field for one in work.conflicts(row.lead))
        try:
            lead = work.lead(row.lead) if row.kind == "lead" else going_on
            return ops.op(row, event, lead, rows, line.rules, link, disputed)
        except ops.Nothing as nothing:
            return cancelled(row, "overtaken", str(nothing))

    def _reachable(self, row: Delivery) -> bool:
        """Tell whether the CRM can find what a delivery made, by our key or by its own."""
        return bool(row.remote_id) or self.line.crm.capabilities.idempotency != "none"

    def _remember(self, work: SyncWork, row: Delivery) -> Delivery:
        """Keep whether the CRM said do-not-contact before us: then it is not ours to clear."""
        link = work.link(row.lead)
        already = link is not None and link.base.do_not_contact and not row.maybe
        return replace(row, detail={**row.detail, "already": True}) if already else row

    # What became of it --------------------------------------------------------------------------------------------

    def _settle(self, answers: Sequence[tuple[Parcel, Result]]) -> None:
        gone: list[Parcel] = []
        stale: list[str] = []
        with self.line.book.work() as work:
            for parcel, result in answers:
                row = self._held(work, parcel)
                if row is None:
                    continue
                self.leads.add(row.lead)
                match result:
                    case Applied():
                        self._arrived(work, row, parcel.op, result)
                    case Rejected(code="gone", reason=reason):
                        gone.append(parcel)
                        self._again(work, row, reason, timedelta(0))
                    case Conflict():
                        stale.append(row.lead)
                        self._again(work, row, "It changed in the CRM meanwhile.", timedelta(0))
                    case Rejected(reason=reason, field=name):
                        self._keep(work, replace(_freed(row), state="parked", reason=reason, field=name))
                    case Retry(reason=reason, after=after):
                        self._again(work, row, reason, after)
                    case Ambiguous(reason=reason):
                        self._unsure(work, row, reason)
                    case NotAttempted():
                        self._keep(work, replace(_freed(row), state=_before(row), tries=row.tries - 1))
        if stale:
            self._call(lambda: self.pull.check(stale))
        if gone:
            self._missing(gone)

    def _held(self, work: SyncWork, parcel: Parcel) -> Delivery | None:
        """Return the delivery as it is now, if it is still ours to settle."""
        row = work.deliveries([parcel.row.op]).get(parcel.row.op)
        if row is None or row.state != "sending":
            return None
        return row if row.lease_until == parcel.row.lease_until and row.lease_by == parcel.row.lease_by else None

    def _keep(self, work: SyncWork, row: Delivery) -> None:
        work.save([row], self.line.now())

    def _arrived(self, work: SyncWork, row: Delivery, op: Op, result: Applied) -> None:
        self.delivered += 1
        detail = {**row.detail}
        if result.how:
            detail["how"] = result.how
        again = isinstance(op.body, LeadPatch) and self._differs(work, row, op.body.profile)
        if row.kind in ("task", "plan_task"):
            # What it was to say may have changed while it was on its way.
            detail["sent"] = detail.pop("sending", detail["want"])
            again = detail["sent"] != detail["want"]
        else:
            detail["sent"] = True
        if isinstance(op.body, LeadPatch) and op.body.do_not_contact and result.replayed and not row.maybe:
            detail["already"] = True  # somebody there said so before us: it is not ours to clear
        done = replace(
            _freed(row), state="waiting" if again else "delivered", maybe=False, tries=0, reason="", field="",
            remote_id=result.remote_id or row.remote_id, detail=detail,
        )  # fmt: skip
        self._keep(work, done)
        if row.kind == "lead":
            self._introduced(work, row, op, result)
        elif isinstance(op.body, LeadPatch):
            self._patched(work, row, op.body, result)
            self._carried(work, row, op.body.profile)
            if row.maybe:  # while it was uncertain nobody could tell what showed there from what it had set
                self._fresh.discard(row.lead)
        if row.kind == "take_back" and not again:
            taken = work.deliveries([str(row.detail["of"])]).values()
            work.save([replace(each, state="compensated") for each in taken], self.line.now())
            self.taken_back += [self._says(work, each, result.how) for each in taken]

    def _says(self, work: SyncWork, row: Delivery, how: str) -> str:
        """Say what was taken back in the CRM, and how: it may be deleted there, or corrected by a note."""
        event = next((one for one in work.events([row.lead])[row.lead] if one.id == row.event), None)
        lead = work.lead(row.lead)
        whose = f"{lead.profile.name or lead.profile.company}: " if lead is not None else ""
        what = ops.words(row, event, self.line.rules.outcomes)
        name = self.line.crm.capabilities.name
        return f"{whose}{what} was taken back in {name}" + (f" ({how.rstrip('.')})" if how else "")

    def _introduced(self, work: SyncWork, row: Delivery, op: Op, result: Applied) -> None:
        """Keep which record the lead is there: it may be one that was there before, even of another lead here."""
        now = self.line.now()
        other = work.linked([result.remote_id]).get(result.remote_id)
        if other is not None and other.lead != row.lead:
            join(work, self.line, row.lead, other.lead, self.pull.account)
            self.leads.add(other.lead)
            return
        if work.link(row.lead) is not None or not isinstance(op.body, LeadCreate):
            return
        sent = row.detail.get("sending", {})
        base = Base(
            profile=sent if not result.replayed or row.maybe else None, status=None,
            do_not_contact=op.body.do_not_contact, patched_at=now,
        )  # fmt: skip
        # Seen never: a record that was there before may be another rep's.
        work.save_link(Link(row.lead, result.remote_id, now - timedelta(days=365), result.version, base))
        self._carried(work, row, sent)
        lead = work.lead(row.lead)
        here = flat(lead.profile if lead is not None else op.body.profile)
        since = {name: value for name, value in here.items() if value != sent.get(name, value)}
        if since:
            facts = make_events(self.line, [(row.lead, now, ev.ProfileEdited(since))], (ev.ProfileEdited,))
            work.record("changed while it was on its way", facts, now)

    def _differs(self, work: SyncWork, row: Delivery, sent: Mapping[str, str]) -> bool:
        """Tell whether fields are not here as they were sent: an edit was undone while they were on the way."""
        lead = home(work, self.line.book.crm, row.lead)[1]
        here = flat(lead.profile) if lead is not None else {}
        disputed = {one.field for one in work.conflicts(row.lead)}
        return any(here.get(name, value) != value for name, value in sent.items() if name not in disputed)

    def _carried(self, work: SyncWork, row: Delivery, sent: Mapping[str, str]) -> None:
        """Note which later edits were in what was sent already; taken back, they are taken back there."""
        events = {event.id: event for event in work.events([row.lead])[row.lead]}
        carried = []
        for each in work.deliveries_of([row.lead]).get(row.lead, ()):
            event = events.get(each.event)
            if each.kind != "patch" or not each.unsent or each.state == "parked" or event is None:
                continue
            if isinstance(event.body, ev.ProfileEdited) and event.body.changes.items() <= sent.items():
                carried.append(replace(_freed(each), state="delivered", detail={**each.detail, "sent": True}))
        work.save(carried, self.line.now())

    def _patched(self, work: SyncWork, row: Delivery, patch: LeadPatch, result: Applied) -> None:
        link = work.link(home(work, self.line.book.crm, row.lead)[0])
        if link is None:
            return
        base = link.base
        profile = {**base.profile, **patch.profile} if base.profile is not None else None
        closed = "" if patch.reopen else patch.closed or base.closed
        told = base.do_not_contact if patch.do_not_contact is None else patch.do_not_contact
        status = base.status if patch.stage is None and not patch.reopen and patch.closed is None else None
        now = self.line.now()
        base = replace(base, profile=profile, closed=closed, do_not_contact=told, status=status, patched_at=now)
        work.save_link(replace(link, version=result.version or link.version, base=base))

    def _again(self, work: SyncWork, row: Delivery, reason: str, after: timedelta | None) -> None:
        if row.tries >= MOST_TRIES:
            said = f"The CRM did not take it in {row.tries} tries: {reason}"
            self._keep(work, replace(_freed(row), state="parked", reason=said))
            return
        wait = after if after is not None else self._back_off(row.tries)
        self._keep(work, replace(_freed(row), state="retry", reason=reason, not_before=self.line.now() + wait))

    def _unsure(self, work: SyncWork, row: Delivery, reason: str) -> None:
        if row.tries >= MOST_TRIES:
            self._keep(work, replace(_freed(row), state="parked", maybe=True, reason=f"{UNSURE} ({reason})"))
            return
        wait = max(self._settling(), self._back_off(row.tries))
        freed = replace(_freed(row), state="ambiguous", maybe=True, reason=reason)
        self._keep(work, replace(freed, not_before=self.line.now() + wait))

    def _settling(self) -> timedelta:
        """Return how long it takes until a request without an answer has arrived, if ever, and can be found."""
        return self.line.crm.capabilities.lookup_lag + PATIENCE

    def _back_off(self, tries: int) -> timedelta:
        wait = min(FIRST_WAIT * 2 ** min(tries - 1, 10), LONGEST_WAIT)
        return timedelta(seconds=wait.total_seconds() * (0.5 + self.line.chance()))

    def _missing(self, parcels: Sequence[Parcel]) -> None:
        """Find out where a lead went of which the CRM says that it is gone: merged ones go on elsewhere."""
        self._call(lambda: self.pull.check([parcel.row.lead for parcel in parcels]))
        with self.line.book.work() as work:
            for parcel in parcels:
                row = work.deliveries([parcel.row.op])[parcel.row.op]
                if row.state != "retry":
                    continue
                link = work.link(home(work, self.line.book.crm, row.lead)[0])
                if link is not None and link.remote_id != parcel.op.lead and not link.base.gone:
                    continue  # it was merged, and goes on with the survivor
                if row.kind in ("task_done", "take_back"):
                    self._arrived(work, row, parcel.op, Applied(how="it was gone already"))
                else:
                    self._keep(work, replace(_freed(row), state="parked", reason="It was deleted in the CRM."))

    # When a whole call fails --------------------------------------------------------------------------------------

    def _failed(self, call: Sequence[Parcel], error: CrmError) -> CrmError | None:
        """Put back what a failed call was to send; return the error if the run has to stop."""
        if isinstance(error, (Invalid, Forbidden)) and len(call) > 1:
            for parcel in call:  # one of them is bad: each for itself then
                answer = self._apply([parcel.op])
                if isinstance(answer, CrmError):
                    stop = self._failed([parcel], answer)
                    if stop is not None:
                        rest = call[call.index(parcel) + 1 :]
                        self._put_back(rest, None)
                        return stop
                else:
                    self._settle([(parcel, answer[0])])
            return None
        self._put_back(call, error)
        match error:
            case Uncertain():
                self._silent += 1
                return error if self._silent >= MOST_SILENCE else None
            case Invalid() | Forbidden():
                return None
        return error

    def _put_back(self, call: Sequence[Parcel], error: CrmError | None) -> None:
        with self.line.book.work() as work:
            for parcel in call:
                row = self._held(work, parcel)
                if row is None:
                    continue
                match error:
                    case Uncertain() | Drift():
                        self._unsure(work, row, str(error))
                    case Invalid(field=name):
                        self._keep(work, replace(_freed(row), state="parked", reason=str(error), field=name))
                    case Forbidden():
                        self._keep(work, replace(_freed(row), state="parked", reason=str(error)))
                    case _:
                        self._keep(work, replace(_freed(row), state=_before(row), tries=row.tries - 1))

    def _stop(self, error: CrmError) -> None:
        """Wait out a short pause that the CRM asks for, else end the run."""
        if isinstance(error, Throttled) and error.scope != "daily" and self._pauses < MOST_PAUSES:
            wait = error.after if error.after is not None else FIRST_WAIT * (0.5 + self.line.chance())
            if wait <= SHORT_WAIT:
                self._pauses += 1
                self.line.sleep(wait.total_seconds())
                return
        raise Stop(error) from error

    def _call(self, ask: Callable[[], object]) -> None:
        try:
            ask()
        except (AuthBroken, Drift, Throttled, Unavailable, Uncertain) as error:
            raise Stop(error) from error

    # Looking ------------------------------------------------------------------------------------------------------

    def _look(self, turn: Turn) -> None:
        """Look whether a delivery without an answer arrived: if not, it is sent again."""
        line = self.line
        with line.book.work() as work:
            row = work.deliveries([turn.row.op]).get(turn.row.op)
            made = self._make(work, row) if row is not None and row.state == "ambiguous" else None
        if row is None or not isinstance(made, Op):
            if isinstance(made, Delivery):
                with line.book.work() as work:
                    self._keep(work, made)
            return
        found: Applied | None = None
        try:
            found = line.crm.find_effect(made)
        except (Invalid, Forbidden) as error:
            self._park([(row, f"{UNSURE} ({error})")])
            return
        except Uncertain:
            found = None
            with line.book.work() as work:
                self._keep(work, replace(row, not_before=line.now() + self._settling()))
            return
        except CrmError as error:
            raise Stop(error) from error
        with line.book.work() as work:
            current = work.deliveries([row.op])[row.op]
            if current.state != "ambiguous" or current.not_before != row.not_before:
                return
            self.leads.add(row.lead)
            if found is None:
                self._keep(work, replace(current, state="waiting", maybe=False, not_before=None, reason=""))
            else:
                self._arrived(work, current, made, found)


def _sets(row: Delivery) -> bool:
    """Tell whether a delivery sets something on the lead that somebody there may have set too."""
    return row.kind == "patch" or (row.kind == "take_back" and row.detail.get("was") in ("patch", "lead"))


def _freed(row: Delivery) -> Delivery:
    return replace(row, lease_until=None, lease_by="", not_before=None)


def _before(row: Delivery) -> Literal["waiting", "ambiguous"]:
    """Return the state of a delivery that was not sent after all: what was uncertain before still is."""
    return "ambiguous" if row.maybe else "waiting"
