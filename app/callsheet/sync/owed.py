"""What the CRM is owed of a lead: the outbox as it should be by the lead's facts, against the outbox as it is (pure).

It follows the state, not the step that led there: undo, redo, a plan that moves and a CRM that is connected late are
all the same question.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from callsheet.domain import events as ev
from callsheet.domain.agenda import next_action
from callsheet.domain.lead import Lead, effective
from callsheet.domain.rules import Rules
from callsheet.sync.drafts import ENDS, STATUS, DraftKind, derived_key, is_urgent, speaks, wanted
from callsheet.sync.records import Delivery

CancelReason = Literal["undone", "dropped", "overtaken", "gone"]
"""Why a delivery never leaves: only what was undone may come back under a new key."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What has to change in the outbox.

    `new` are deliveries in their order, `changed` those whose state changes, `moved` those that go out once more with
    other values, behind all others.
    """

    new: tuple[Delivery, ...] = ()
    changed: tuple[Delivery, ...] = ()
    moved: tuple[Delivery, ...] = ()


def owed(
    lead_id: str, lead: Lead | None, events: Sequence[ev.Event], rows: Sequence[Delivery], rules: Rules, *, known: bool
) -> Owed:
    """Compare what a lead's facts ask for with its deliveries; `known` says that the CRM has the lead."""
    if not rows and not known and all(event.origin in ("import", "crm") for event in events):
        return Owed()
    return _Books(lead_id, lead, events, rows, rules, known=known).settle()


def cancelled(row: Delivery, why: CancelReason, reason: str = "") -> Delivery:
    """Return a delivery that never leaves."""
    return replace(row, state="cancelled", reason=reason, detail={**row.detail, "why": why})


def task_values(title: str, due: Any, channel: ev.Channel, *, all_day: bool) -> dict[str, Any]:  # due: aware datetime
    """Return the values of a task in the form in which a delivery keeps them."""
    return {"title": title, "due": due.isoformat(), "channel": channel, "all_day": all_day}


class _Books:
    def __init__(
        self, lead_id: str, lead: Lead | None, events: Sequence[ev.Event], rows: Sequence[Delivery], rules: Rules,
        *, known: bool,
    ) -> None:  # fmt: skip
        self.lead_id, self.lead, self.rules, self.known = lead_id, lead, rules, known
        self.events = {event.id: event for event in events}
        self.holding = effective(events)
        self.held = {event.id for event in self.holding}
        self.rows = {row.op: row for row in rows}
        self.new: list[str] = []
        self.changed: dict[str, None] = {}
        self.moved: dict[str, None] = {}
        self.slots: dict[tuple[str, DraftKind], list[str]] = defaultdict(list)
        for row in rows:
            self.slots[row.event, row.kind].append(row.op)

    def settle(self) -> Owed:
        self.take_back()
        self.facts()
        self.commitments()
        self.plan()
        self.owner()
        self.introduce()
        new, moved = (tuple(self.rows[op] for op in ops) for ops in (self.new, self.moved))
        return Owed(new, tuple(self.rows[op] for op in self.changed if op not in self.moved), moved)

    # What each change does ---------------------------------------------------------------------------------------

    def change(self, row: Delivery) -> None:
        self.rows[row.op] = row
        if row.op not in self.new:
            self.changed[row.op] = None

    def add(self, op: str, event: str, kind: DraftKind, *, urgent: bool = False, **detail: Any) -> None:
        self.rows[op] = Delivery(op, event, self.lead_id, kind, urgent=urgent, detail=detail)
        self.new.append(op)
        self.slots[event, kind].append(op)

    def of(self, event: str, kind: DraftKind) -> list[Delivery]:
        return [self.rows[op] for op in self.slots[event, kind]]

    def taken(self, row: Delivery) -> Delivery | None:
        """Return the delivery that takes a delivery back, also one that turned out to have nothing to do."""
        backs = (back for back in self.of(row.event, "take_back") if back.detail.get("of") == row.op)
        return next((back for back in backs if back.live or back.detail.get("why") != "undone"), None)

    def followed(self, row: Delivery) -> bool:
        """Tell whether another delivery brings the same while this one was being taken back: then it has to go."""
        return any(each.op != row.op and each.live for each in self.of(row.event, row.kind))

    # What no longer holds ----------------------------------------------------------------------------------------

    def take_back(self) -> None:
        # The lead itself first: what else there is to take back may not be written while it is a colleague's.
        for row in sorted(self.rows.values(), key=lambda row: row.kind != "owner"):
            if row.kind in ("take_back", "task_done", "plan_task") or row.event not in self.events:
                continue
            back = self.taken(row)
            if row.event in self.held:
                if back is not None and back.live and back.unsent and not (row.live and self.followed(row)):
                    self.change(cancelled(back, "undone"))
            elif row.live and back is None:
                if row.unsent:
                    self.change(cancelled(row, "undone"))
                    self.cancel_done(row)
                elif not (row.urgent and self.lead is not None and self.lead.do_not_contact):  # else it holds anyway
                    key = derived_key(row.op, "take_back", len(self.of(row.event, "take_back")))
                    self.add(key, row.event, "take_back", urgent=row.urgent, of=row.op, was=row.kind)

    def cancel_done(self, task: Delivery) -> None:
        for done in self.done_of(task):
            if done.unsent:
                self.change(cancelled(done, "undone"))

    # What holds --------------------------------------------------------------------------------------------------

    def facts(self) -> None:
        ended = False
        for event in sorted(self.holding, key=lambda event: event.seq):
            self.tell(event, wanted(event, self.rules.outcomes, known=self.known))
            if ended and event.origin == "crm" and isinstance(event.body, ev.Promoted):
                self.tell(event, ["patch"])  # who asks again is open again, though nobody there has opened it
            if isinstance(event.body, ev.Closed | ev.Reopened | ev.Promoted):
                ended = isinstance(event.body, ev.Closed)
        for event in self.holding if self.ours() else ():
            if event.origin == "import" and isinstance(event.body, ev.Interaction) and speaks(event.body):
                self.tell(event, ["note"])  # what a list says of a lead goes over with it, and of itself sends none

    def tell(self, event: ev.Event, kinds: Sequence[DraftKind]) -> None:
        for kind in kinds:
            rows = self.of(event.id, kind)
            if any(self.stands(row) for row in rows) or (rows and self.overtaken(event, kind)):
                continue
            if rows:
                key = derived_key(event.id, kind, len(rows))
            else:
                key = event.id if kind == kinds[0] else derived_key(event.id, kind)
            self.add(key, event.id, kind, urgent=is_urgent(event, kind))

    def overtaken(self, event: ev.Event, kind: DraftKind) -> bool:
        """Tell whether the CRM said later whether the lead is open: where it stood before is not put back there."""
        later = (each for each in self.holding if each.seq > event.seq and each.origin == "crm")
        return kind == "patch" and isinstance(event.body, STATUS) and any(isinstance(each.body, ENDS) for each in later)

    def ours(self) -> bool:
        """Tell whether the CRM has the lead from us, or is about to get it."""
        return any(row.kind == "lead" and row.live for row in self.rows.values()) or (not self.known and bool(self.new))

    def stands(self, row: Delivery) -> bool:
        """Tell whether a delivery settles what it was made for: it is under way or done, or was given up for good."""
        if row.state == "cancelled":
            return row.detail.get("why") != "undone"
        return row.live and self.taken(row) is None

    # Tasks -------------------------------------------------------------------------------------------------------

    def commitments(self) -> None:
        agreed = [event for event in self.holding if isinstance(event.body, ev.NextStepSet) and event.origin != "crm"]
        current = ""
        if self.lead is not None and self.lead.commitment is not None and self.lead.state in ("working", "nurture"):
            latest = [event for event in self.holding if isinstance(event.body, ev.NextStepSet)][-1:]
            current = next((event.id for event in latest if event.origin != "crm"), "")
        for event in agreed:
            if event.id != current:
                self.fulfil([row for row in self.of(event.id, "task") if self.stands(row)])
        if current and self.lead is not None and self.lead.commitment is not None:
            step = self.lead.commitment
            title = step.what or f"Next step: {step.channel}"
            self.keep(current, "task", task_values(title, step.due, step.channel, all_day=False))

    def plan(self) -> None:
        key = f"plan:{self.lead_id}"
        values = self.next_step() if self.rules.crm_task else None
        going = bool(self.new) or any(row.kind == "lead" and row.live for row in self.rows.values())
        if values is not None and (self.known or going):
            self.keep(key, "plan_task", values)
            return
        for row in self.of(key, "plan_task"):
            if not row.live or any(done.live for done in self.done_of(row)):
                continue
            if row.unsent:
                self.change(cancelled(row, "undone"))
            else:
                self.fulfil([row])

    def next_step(self) -> dict[str, Any] | None:
        """Return the next due step of a running plan as a task (RULES §5), None while it pauses."""
        lead = self.lead
        if lead is None or lead.plan is None or lead.plan.paused or lead.plan_ended:
            return None
        if lead.state != "working" or lead.commitment is not None or lead.awaiting is not None:
            return None
        entry = next_action(replace(lead, invite=None, stale_at=None), self.rules)
        if entry is None or entry.step is None or entry.decision:
            return None
        return task_values(entry.label or entry.channel, entry.due_at, entry.channel, all_day=entry.all_day)

    def keep(self, event: str, kind: DraftKind, values: dict[str, Any]) -> None:
        """Keep one open task with these values: the one that is there moves, one that is done has a successor."""
        rows = self.of(event, kind)
        standing = [row for row in rows if row.live and self.taken(row) is None]
        if not standing and any(row.detail == {**row.detail, "why": "dropped", "want": values} for row in rows):
            return  # the rep gave it up; one that went with its lead, or another step, is as good as new
        # Of several only the last may be open: one before it may be done there already, without our knowing.
        self.fulfil(standing[:-1])
        for row in standing[-1:]:
            for done in self.done_of(row):
                if done.unsent:
                    self.change(cancelled(done, "undone"))
        if not standing or any(done.live for done in self.done_of(standing[-1])):
            first = event if kind == "task" else derived_key(event)
            self.add(derived_key(event, kind, len(rows)) if rows else first, event, kind, want=values)
            return
        row = standing[-1]
        if row.detail.get("want") == values:
            return
        moved = replace(row, detail={**row.detail, "want": values})
        if row.state == "delivered" or (row.state == "parked" and not row.maybe):
            moved = replace(moved, state="waiting", tries=0, reason="", field="", not_before=None)
            self.moved[row.op] = None
            self.rows[row.op] = moved
        else:
            self.change(moved)

    def fulfil(self, tasks: Sequence[Delivery]) -> None:
        """Say of tasks that they are done."""
        last = max(self.holding, key=lambda event: event.seq).body if self.holding else None
        text = f"Dropped: {last.why}" if isinstance(last, ev.NextStepDropped) and last.why else ""
        for row in tasks:
            dones = self.done_of(row)
            if self.taken(row) is None and row.state != "cancelled" and not any(done.live for done in dones):
                self.add(derived_key(row.op, "done", len(dones)), row.event, "task_done", task=row.op, text=text)

    def done_of(self, task: Delivery) -> list[Delivery]:
        return [done for done in self.of(task.event, "task_done") if done.detail.get("task") == task.op]

    # The lead itself ---------------------------------------------------------------------------------------------

    def owner(self) -> None:
        """A lead that was handed over is theirs there too, unless it was taken up again here before."""
        back = self.lead.returned if self.lead is not None and self.lead.state == "returned" else None
        given = [event for event in self.holding if isinstance(event.body, ev.Returned) and event.origin == "rep"]
        current = next((event for event in reversed(given) if event.body == back and event.body.to), None)
        for event in given:
            if event is not current:
                for row in self.of(event.id, "owner"):
                    if row.unsent and row.live:
                        self.change(cancelled(row, "undone"))
        if current is not None:
            self.tell(current, ["note", "owner"])

    def introduce(self) -> None:
        """Before the first thing of a lead that the CRM does not know goes the lead."""
        born = next((event for event in self.holding if isinstance(event.body, ev.Captured)), None)
        if born is None:
            return
        rows = self.of(born.id, "lead")
        if any(self.stands(row) for row in rows):
            return
        if self.known:
            again = self.of(born.id, "patch")
            if rows and not any(self.stands(row) for row in again):  # taken back there, and then it was right after all
                self.add(derived_key(born.id, "patch", len(again)), born.id, "patch")
        elif self.new:
            self.add(derived_key(born.id, "lead", len(rows)) if rows else born.id, born.id, "lead")
            self.new.insert(0, self.new.pop())
