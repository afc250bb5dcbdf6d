"""What became of deliveries: their next state, and all that follows here from an effect that the CRM has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from callsheet.domain import events as ev
from callsheet.domain.profile import flat
from callsheet.sync import ops
from callsheet.sync.home import came_home, home, join, take_over
from callsheet.sync.lanes import UNSURE
from callsheet.sync.line import Line
from callsheet.sync.owed import cancelled
from callsheet.sync.parcels import Parcel, fields_of
from callsheet.sync.port import (
    Account,
    Ambiguous,
    Applied,
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
    Uncertain,
)
from callsheet.sync.records import GONE_ALREADY, Base, Delivery, Link, SyncWork, unsettled

PATIENCE: Final = timedelta(seconds=10)
"""How long a request without an answer may still be on its way."""

FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=15)
MOST_TRIES: Final = 10

STAYS: Final = "in the CRM it went on meanwhile, or is not shown to you any more"
"""Why a lead that was handed over does not come back: only who has it can give it back."""


def back_off(tries: int, chance: float) -> timedelta:
    """Return the wait before the next try: it grows, and is never the same for all (`chance` is from 0 to 1)."""
    wait: timedelta = min(FIRST_WAIT * 2 ** min(tries - 1, 10), LONGEST_WAIT)
    return wait * (0.5 + chance)


class Results:
    """Keeps what became of the deliveries of one run.

    `delivered` counts the effects that the CRM took, `leads` are those whose marks changed, `taken_back` says in a line
    each what was undone here and is made good there, and how. `seen` are leads that were looked at in this run.
    """

    def __init__(self, line: Line, account: Account) -> None:
        self.line = line
        self.account = account
        self.delivered = 0
        self.leads: set[str] = set()
        self.taken_back: list[str] = []
        self.seen: set[str] = set()

    def settle(self, answers: Sequence[tuple[Parcel, Result]]) -> tuple[list[Parcel], list[Parcel]]:
        """Keep what the CRM answered; return those whose lead is gone there, and those whose lead changed there."""
        gone: list[Parcel] = []
        stale: list[Parcel] = []
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
                    case Conflict() if row.moves_owner:
                        stale.append(parcel)
                        self._not_ours_to_give(work, row, parcel.op)
                    case Rejected(code="nobody", reason=reason) if self._kicked_back(work, row):
                        self._keep(work, cancelled(_freed(row), "overtaken", reason))
                    case Conflict():
                        stale.append(parcel)
                        # Its fields may be its own change: a request that came twice.
                        perhaps = isinstance(parcel.op.body, LeadPatch) and bool(parcel.op.body.profile)
                        row = replace(row, maybe=row.maybe or perhaps)
                        self._again(work, row, "It changed in the CRM meanwhile.", timedelta(0))
                    case Rejected(reason=reason, field=name):
                        self._refused(work, row, reason, name)
                    case Retry(reason=reason, after=after):
                        self._again(work, row, reason, after)
                    case Ambiguous(reason=reason):
                        self._unsure(work, row, reason)
                    case NotAttempted():
                        self._not_sent(work, row)
        return gone, stale

    def put_back(self, call: Sequence[Parcel], error: CrmError | None) -> None:
        """Keep what the failure of a whole call says of what it was to send."""
        with self.line.book.work() as work:
            for parcel in call:
                row = self._held(work, parcel)
                if row is None:
                    continue
                self.leads.add(row.lead)
                match error:
                    case Uncertain() | Drift():
                        self._unsure(work, row, str(error))
                    case Invalid(field=name):
                        self._refused(work, row, str(error), name)
                    case Forbidden():
                        self._refused(work, row, str(error))
                    case _:
                        self._not_sent(work, row)

    def expire(self, rows: Sequence[Delivery]) -> None:
        """Take what a dead sender left for what it is: it may be there."""
        now = self.line.now()
        with self.line.book.work() as work:
            current = work.deliveries(row.op for row in rows)
            dead = [
                replace(
                    _freed(current[row.op]), state="ambiguous", maybe=True, not_before=now + self._settling(),
                    reason="The sender stopped before the answer came.",
                )
                for row in rows
                if row.op in current and current[row.op].state == "sending"
                and current[row.op].lease_until == row.lease_until
            ]  # fmt: skip
            work.save(dead, now)

    def park(self, rows: Sequence[tuple[Delivery, str]]) -> None:
        """Leave deliveries to the rep, each for its reason."""
        with self.line.book.work() as work:
            current = work.deliveries(row.op for row, _ in rows)
            parked = [
                replace(current[row.op], state="parked", reason=reason, not_before=None)
                for row, reason in rows
                if current[row.op].state == row.state
            ]
            work.save(parked, self.line.now())
        self.leads |= {row.lead for row in parked}

    def looked(self, row: Delivery, op: Op, found: Applied | None) -> None:
        """Keep what a look for a delivery without an answer brought: it is there, or is sent again."""
        with self.line.book.work() as work:
            current = self._asked(work, row)
            if current is None:
                return
            self.leads.add(row.lead)
            if found is None:
                detail = {**current.detail, "doubted": True}
                again = replace(current, state="waiting", maybe=False, not_before=None, reason="", detail=detail)
                self._keep(work, again)
                self._nothing_came_along(work, again)
            else:
                self._arrived(work, current, op, found)

    def look_later(self, row: Delivery) -> None:
        """Put off the look for a delivery: it was not answered."""
        with self.line.book.work() as work:
            current = self._asked(work, row)
            if current is not None:
                self._keep(work, replace(current, not_before=self.line.now() + self._settling()))

    def there_already(self, parcels: Sequence[Parcel]) -> None:
        """Settle fields that a look shows as they were sent: a request that came twice was refused the second time."""
        with self.line.book.work() as work:
            for parcel in parcels:
                row = work.deliveries([parcel.row.op])[parcel.row.op]
                link = work.link(home(work, self.line.book.crm, row.lead)[0])
                sent = parcel.op.body.profile if isinstance(parcel.op.body, LeadPatch) else {}
                shown = link.base.profile if link is not None else None
                if row.state != "retry" or row.tries != parcel.row.tries or not sent or shown is None:
                    continue
                if sent.items() <= shown.items():
                    self._arrived(work, row, parcel.op, Applied(replayed=True))
                else:
                    self._keep(work, replace(row, maybe=parcel.row.maybe or bool(sent.items() & shown.items())))

    def missing(self, parcels: Sequence[Parcel]) -> None:
        """Settle what was for a lead that is gone; one that was merged goes on with the survivor."""
        with self.line.book.work() as work:
            for parcel in parcels:
                row = work.deliveries([parcel.row.op])[parcel.row.op]
                if row.state != "retry":
                    continue
                link = work.link(home(work, self.line.book.crm, row.lead)[0])
                if link is not None and link.remote_id != parcel.op.lead and not link.base.gone:
                    continue
                if row.kind in ("task_done", "take_back"):
                    self._arrived(work, row, parcel.op, Applied(how=GONE_ALREADY))
                else:
                    self._refused(work, row, "It was deleted in the CRM.")

    # The states -----------------------------------------------------------------------------------------------------

    def _held(self, work: SyncWork, parcel: Parcel) -> Delivery | None:
        """Return the delivery as it is now, if it is still ours to settle."""
        row = work.deliveries([parcel.row.op]).get(parcel.row.op)
        if row is None or row.state != "sending":
            return None
        return row if row.lease_until == parcel.row.lease_until and row.lease_by == parcel.row.lease_by else None

    def _asked(self, work: SyncWork, row: Delivery) -> Delivery | None:
        """Return the delivery as it is now, if nobody settled it while it was looked for."""
        current = work.deliveries([row.op])[row.op]
        return current if current.state == "ambiguous" and current.not_before == row.not_before else None

    def _keep(self, work: SyncWork, row: Delivery) -> None:
        work.save([row], self.line.now())

    def _refused(self, work: SyncWork, row: Delivery, reason: str, field: str = "") -> None:
        field = field or ("owner" if row.kind == "owner" else "")
        self._keep(work, replace(_freed(row), state="parked", reason=reason, field=field))

    def _not_ours_to_give(self, work: SyncWork, row: Delivery, op: Op) -> None:
        """Leave a lead with whom it was given to there: somebody else, or, where we cannot see it, ours perhaps."""
        if row.maybe and row.kind == "owner":
            self._arrived(work, row, op, Applied(replayed=True))
        elif row.kind == "owner":
            self._keep(work, cancelled(_freed(row), "overtaken", "It was given to somebody else in the CRM meanwhile."))
            link = work.link(home(work, self.line.book.crm, row.lead)[0])
            if link is not None:  # then it comes back as given to us, should it be ours when it is looked at next
                work.save_link(replace(link, base=replace(link.base, mine=False)))
        else:
            self._keep(work, cancelled(_freed(row), "overtaken", STAYS))
            given = work.deliveries([str(row.detail["of"])]).values()
            self.taken_back += [f"{self._what(work, each)} was not taken back: {STAYS}" for each in given]

    def _kicked_back(self, work: SyncWork, row: Delivery) -> bool:
        """Tell whether a lead went back to its source, which often is no user there: then the note has said it all."""
        event = next((one for one in work.events([row.lead])[row.lead] if one.id == row.event), None)
        return event is not None and isinstance(event.body, ev.Returned) and event.body.kind == "kick_back"

    def _not_sent(self, work: SyncWork, row: Delivery) -> None:
        """Put it back as it was: what was uncertain before still is."""
        self._keep(work, replace(_freed(row), state="ambiguous" if row.maybe else "waiting", tries=row.tries - 1))
        self._nothing_came_along(work, row)

    def _again(self, work: SyncWork, row: Delivery, reason: str, after: timedelta | None) -> None:
        if row.tries >= MOST_TRIES:
            self._refused(work, row, f"The CRM did not take it in {row.tries} tries: {reason}")
            return
        wait = after if after is not None else back_off(row.tries, self.line.chance())
        self._keep(work, replace(_freed(row), state="retry", reason=reason, not_before=self.line.now() + wait))
        self._nothing_came_along(work, row)

    def _nothing_came_along(self, work: SyncWork, row: Delivery) -> None:
        """Note of what a delivery was to bring as well that it did not, when it is certain that it brought nothing."""
        every = work.deliveries_of([row.lead])[row.lead] if row.detail.get("carries") and not row.maybe else ()
        under_way = [each for each in every if each.op != row.op and (each.maybe or each.state == "sending")]
        elsewhere = {op for each in under_way for op in each.detail.get("carries", ())}
        left = [
            each for each in every if each.op in row.detail["carries"] and each.op not in elsewhere and each.untried
        ]
        work.save([replace(each, detail={**each.detail, "along": False}) for each in left], self.line.now())

    def _unsure(self, work: SyncWork, row: Delivery, reason: str) -> None:
        row = replace(row, maybe=True)
        if row.tries >= MOST_TRIES:
            self._refused(work, row, f"{UNSURE} ({reason})")
            return
        wait = max(self._settling(), back_off(row.tries, self.line.chance()))
        self._keep(work, replace(_freed(row), state="ambiguous", reason=reason, not_before=self.line.now() + wait))

    def _settling(self) -> timedelta:
        """Return how long it takes until a request without an answer has arrived, if ever, and can be found."""
        return self.line.crm.capabilities.lookup_lag + PATIENCE

    # What follows from an effect --------------------------------------------------------------------------------------

    def _arrived(self, work: SyncWork, row: Delivery, op: Op, result: Applied) -> None:
        self.delivered += 1
        detail = {**row.detail}
        if result.how:
            detail["how"] = result.how
        for spent in ("tried", "doubted"):
            detail.pop(spent, None)
        carried = list(work.deliveries(row.detail.get("carries", ())).values())
        again = isinstance(op.body, LeadPatch) and self._overtaken(work, row, op.body.profile)
        if row.kind in ("task", "plan_task"):
            # What it was to say may have changed while it was on its way.
            detail["sent"] = detail.pop("sending", detail["want"])
            again = detail["sent"] != detail["want"]
        else:
            detail["sent"] = True
        if isinstance(op.body, LeadPatch) and op.body.do_not_contact and result.replayed and not row.detail.get("sent"):
            detail["already"] = True  # somebody there may have said so before us: it is not ours to clear
        if result.closed:
            detail["closed"] = op.lead
        done = replace(
            _freed(row), state="waiting" if again else "delivered", maybe=False, tries=0, reason="", field="",
            remote_id=result.remote_id or row.remote_id, detail=detail,
        )  # fmt: skip
        self._keep(work, done)
        if row.kind == "lead":
            self._introduced(work, row, op, result)
        elif isinstance(op.body, LeadPatch):
            if result.how != GONE_ALREADY:
                self._patched(work, row, op.body, result)
            self._came_along(work, carried)
            if row.maybe or row.moves_owner:  # what showed there may have been its own; or it was a colleague's
                self.seen.discard(row.lead)
        if row.kind == "take_back" and not again:
            self._taken_back(work, row, result.how)

    def _taken_back(self, work: SyncWork, row: Delivery, how: str) -> None:
        taken = work.deliveries([str(row.detail["of"])]).values()
        work.save([replace(each, state="compensated") for each in taken], self.line.now())
        self.taken_back += [self._says(work, each, how) for each in taken]

    def _says(self, work: SyncWork, row: Delivery, how: str) -> str:
        """Say what was taken back in the CRM, and how: it may be deleted there, or corrected by a note."""
        name = self.line.crm.capabilities.name
        return f"{self._what(work, row)} was taken back in {name}" + (f" ({how.rstrip('.')})" if how else "")

    def _what(self, work: SyncWork, row: Delivery) -> str:
        event = next((one for one in work.events([row.lead])[row.lead] if one.id == row.event), None)
        lead = work.lead(row.lead)
        whose = f"{lead.profile.name or lead.profile.company}: " if lead is not None else ""
        return whose + ops.words(row, event, self.line.rules.outcomes)

    def _introduced(self, work: SyncWork, row: Delivery, op: Op, result: Applied) -> None:
        """Keep which record the lead is there: it may be one that was there before, even of another lead here."""
        now = self.line.now()
        self.leads |= came_home(work, self.line, row.lead)
        other = work.linked([result.remote_id]).get(result.remote_id)
        if other is not None and other.lead != row.lead and work.lead(other.lead) is None:
            take_over(work, self.line.book.crm, row.lead, other.lead)
        elif other is not None and other.lead != row.lead:
            join(work, self.line, row.lead, other.lead, self.account)
            self.leads.add(other.lead)
            return
        if work.link(row.lead) is not None or not isinstance(op.body, LeadCreate):
            return
        # One that was there before may be ours, or anybody's: what of it is as we sent it is seen when it is looked at.
        sent, stopped = (None, False) if result.replayed else (flat(op.body.profile), op.body.do_not_contact)
        base = Base(profile=sent, status=None, do_not_contact=stopped, patched_at=now)
        # Seen never: a record that was there before may be another rep's.
        work.save_link(Link(row.lead, result.remote_id, now - timedelta(days=365), result.version, base))
        if not result.replayed:  # else it was there before, perhaps without what came along
            carried = work.deliveries(row.detail.get("carries", ())).values()
            # A mark that was undone between two tries went with the first one, which was not what made it.
            self._came_along(work, [each for each in carried if op.body.do_not_contact or not each.urgent])

    def _overtaken(self, work: SyncWork, row: Delivery, sent: Mapping[str, str]) -> bool:
        """Tell whether something else holds here than what was sent, and nothing that waits says so."""
        lead = home(work, self.line.book.crm, row.lead)[1]
        here = flat(lead.profile) if lead is not None else {}
        apart = {name for name, value in sent.items() if here.get(name, value) != value}
        for each, fact in unsettled(work, row.lead, work.events([row.lead])[row.lead]) if apart else ():
            if fact is not None and each.op not in (row.op, *row.detail.get("carries", ())):
                apart -= fields_of(fact)
        return bool(apart - {one.field for one in work.conflicts(row.lead)})

    def _came_along(self, work: SyncWork, carried: Sequence[Delivery]) -> None:
        """Settle what was in something else already: undone from now on, it is taken back there."""
        for each in sorted(carried, key=lambda each: each.kind == "take_back"):  # after what it takes back
            if each.kind == "patch" and each.urgent:
                # It goes by itself as well, as more may be said with it; undone meanwhile, it is ours to clear.
                self._keep(work, replace(each, detail={**each.detail, "sent": True}))
            elif each.untried and each.state != "parked":
                self._keep(work, replace(_freed(each), state="delivered", detail={**each.detail, "sent": True}))
                if each.kind == "take_back":
                    self._taken_back(work, each, "")

    def _patched(self, work: SyncWork, row: Delivery, patch: LeadPatch, result: Applied) -> None:
        there, now = home(work, self.line.book.crm, row.lead)[0], self.line.now()
        link = work.link(there)
        if link is None:
            return
        base = link.base
        if there != row.lead:  # it is another one by now: what was set shows there when that is looked at
            work.save_link(replace(link, base=replace(base, patched_at=now)))
            self.seen.discard(there)
            return
        profile = {**base.profile, **patch.profile} if base.profile is not None else None
        closed = "" if patch.reopen else patch.closed or base.closed or result.closed or ""
        told = base.do_not_contact if patch.do_not_contact is None else patch.do_not_contact
        stays = patch.stage is None and not patch.reopen and patch.closed is None and result.closed is None
        status = base.status if stays else None
        mine = base.mine if patch.owner is None else not patch.owner
        base = replace(
            base, mine=mine, profile=profile, closed=closed, do_not_contact=told, status=status, patched_at=now
        )
        work.save_link(replace(link, version=result.version or link.version, base=base))


def _freed(row: Delivery) -> Delivery:
    return replace(row, lease_until=None, lease_by="", not_before=None)
