"""Delivering ops: records written by key, then associated with their lead; repeatable as a whole.

An activity that belongs to no contact is invisible in HubSpot, so an op is done only when both steps are. A request
that fails as a whole because of one input is halved until that one stands alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, TypeVar

from callsheet.crm.hubspot import activities
from callsheet.crm.hubspot.activities import Write
from callsheet.crm.hubspot.contacts import DO_NOT_CONTACT, KEY
from callsheet.crm.hubspot.keyed import Keyed, sorted_out
from callsheet.crm.hubspot.lead_objects import KIND as LEAD_OBJECTS
from callsheet.crm.hubspot.lead_objects import OWNER, LeadObjects
from callsheet.crm.hubspot.new_leads import NewLeads
from callsheet.crm.hubspot.owners import hand_over
from callsheet.crm.hubspot.patches import lead_values, patch_note
from callsheet.crm.hubspot.results import Results, refusal_of, result_of
from callsheet.crm.hubspot.session import Session
from callsheet.crm.hubspot.shapes import Input, ItemError, Record
from callsheet.crm.hubspot.wire import BATCH, Missing, Taken, Wire, parts
from callsheet.domain.events import CloseReason
from callsheet.sync.port import (
    Applied,
    AuthBroken,
    CrmError,
    Forbidden,
    Invalid,
    LeadCreate,
    LeadPatch,
    NotAttempted,
    Note,
    Op,
    Rejected,
    Result,
    Retry,
    TakeBack,
    Task,
    TaskDone,
    Touch,
)

T = TypeVar("T")

_WAVES: Final[Mapping[type, int]] = {LeadCreate: 0, Touch: 1, Note: 1, Task: 1, TaskDone: 2, LeadPatch: 3, TakeBack: 4}
"""What is sent together, in this order; a lead's own ops never overtake each other."""

_LEAD_PROPERTIES: Final = ("hs_lead_status", "lifecyclestage", OWNER, DO_NOT_CONTACT)

Item = tuple[int, T]
"""The place of an op in the batch, and something to be done for it."""


class Delivery:
    """One `apply`: the ops, what is known of their leads, and what has become of them so far."""

    def __init__(self, wire: Wire, session: Session, keyed: Keyed, ops: Sequence[Op]) -> None:
        self._wire = wire
        self._session = session
        self._keyed = keyed
        self._ops = ops
        self._leads: dict[str, dict[str, str]] = {}
        """The properties of each lead, with what this batch sets on them."""
        self._objects = LeadObjects(wire, session.stages, session.me.id)
        self._results = Results(len(ops))

    def run(self) -> list[Result]:
        """Deliver all ops: one result each, in their order.

        Raises:
            AuthBroken: the credentials do not hold; what has arrived is known again by its key.
            Throttled, Unavailable: nothing at all could be sent.
            CrmError: the leads could not be looked at, nothing was sent.
        """
        if self._session.bare:
            raise Invalid(
                f"HubSpot lacks the property {KEY} on {', '.join(self._session.bare)}. "
                "Run `callsheet connect hubspot` and let it create what is missing.",
                field=KEY,
            )
        self._keyed.remember(targets(self._ops, self._session))
        self._look_at_leads()
        for run in runs(self._ops):
            for wave in range(5):
                here = [index for index in run if _WAVES[type(self._ops[index].body)] == wave]
                here = [index for index in self._results.open(here) if not self._left_behind(index)]
                if here:
                    self._send(wave, here)
        return self._results.told()

    def _look_at_leads(self) -> None:
        ids = [op.lead for op in self._ops if op.lead.isdecimal()]
        found = self._wire.read("contacts", ids, _LEAD_PROPERTIES) if ids else []
        self._leads = {one.id: {name: one.get(name) for name in _LEAD_PROPERTIES} for one in found}
        self._objects.look_at(self._leads)
        for index, op in enumerate(self._ops):
            if not isinstance(op.body, LeadCreate) and op.lead not in self._leads:
                gone = "This lead is no longer in HubSpot: it was deleted, or merged into another."
                self._results.add(index, Rejected(gone, code="gone"))

    def _left_behind(self, index: int) -> bool:
        """Whether what an op builds upon did not work out in this very call."""
        body = self._ops[index].body
        on = body.task if isinstance(body, TaskDone) else body.of if isinstance(body, TakeBack) else ""
        if on and any(op.id == on and self._results.failed(place) for place, op in enumerate(self._ops[:index])):
            self._results.add(index, NotAttempted("What this belongs to is not in HubSpot yet."))
            return True
        return False

    def _send(self, wave: int, here: Sequence[int]) -> None:
        match wave:
            case 0:
                self._create(here)
            case 1:
                self._write([(index, write) for index in here for write in self._writes(index)])
            case 2:
                self._finish(here)
            case 3:
                self._patch(here)
            case _:
                self._take_back(here)

    # What is written by key -------------------------------------------------------------------------------------

    def _writes(self, index: int) -> list[Write]:
        op = self._ops[index]
        if not isinstance(op.body, Touch | Note | Task):
            return []
        return activities.writes(op, op.body, self._session.me.id, self._session.words)

    def _write(self, items: Sequence[Item[Write]]) -> None:
        for kind in dict.fromkeys(write.kind for _, write in items):
            same = [item for item in items if item[1].kind == kind]
            for part in distinct(same, lambda write: write.key):
                self._halving(part, partial(self._put, kind))

    def _put(self, kind: str, items: Sequence[Item[Write]]) -> None:
        inputs = [Input(write.key, write.properties) for _, write in items]
        if kind == "tasks":
            inputs = self._opened(inputs)
        try:
            put = self._keyed.put(kind, inputs)
        except Taken as error:
            if len(items) > 1:
                raise
            self._results.add(items[0][0], Retry(str(error)))
            return
        self._results.begin(index for index, write in items if write.key in put.done)
        pairs = [(put.done[write.key].id, self._ops[index].lead) for index, write in items if write.key in put.done]
        loose: set[str] = set()
        if pairs:
            for failure in self._wire.associate(kind, "contacts", pairs):
                loose.update(failure.context.get("fromObjectId", []) or [one for one, _ in pairs])
            self._objects.add(kind, pairs)
        for index, write in items:
            record = put.done.get(write.key)
            if record is None:
                self._results.add(index, _refused(put.refused[write.key]))
            elif record.id in loose:
                self._results.add(index, Rejected("HubSpot could not add this to the lead.", code="gone"))
            else:
                version = record.updated_at.isoformat()
                made = activities.remote_id(kind, record.id)
                self._results.add(index, Applied(made, version, replayed=not record.new))

    def _opened(self, inputs: Sequence[Input]) -> list[Input]:
        """Tasks with their state: only a new one is open, one that is done stays done."""
        there = self._keyed.find("tasks", [one.key for one in inputs], ())
        state = {"hs_task_status": "NOT_STARTED"}
        return [one if one.key in there else Input(one.key, {**one.properties, **state}) for one in inputs]

    def _update(self, kind: str, items: Sequence[Item[Input]]) -> None:
        for part in distinct(items, lambda one: one.key):
            self._halving(part, partial(self._update_part, kind))

    def _update_part(self, kind: str, items: Sequence[Item[Input]]) -> None:
        inputs = [one for _, one in items]
        put = sorted_out([self._wire.update(kind, inputs)], inputs, {one.key: one.key for one in inputs})
        self._results.begin(index for index, one in items if one.key in put.done)
        for index, one in items:
            record = put.done.get(one.key)
            if record is None:
                self._results.add(index, refusal_of(put.refused[one.key]))
            else:
                made = one.key if kind == "contacts" else activities.remote_id(kind, one.key)
                self._results.add(index, Applied(made, record.updated_at.isoformat()))

    def _move(self, items: Sequence[Item[Input]]) -> None:
        """Move lead objects on; a token that may not change them leaves them, the contact has the status."""
        inputs = [one for _, one in items]
        ids = {one.key: one.key for one in inputs}
        refused: Mapping[str, ItemError] = {}
        with suppress(Forbidden):
            refused = sorted_out([self._wire.update(LEAD_OBJECTS, inputs)], inputs, ids).refused
        for index, one in items:
            error = refused.get(one.key)
            self._results.add(index, Applied(self._ops[index].lead) if error is None else refusal_of(error))

    # The other kinds of op --------------------------------------------------------------------------------------

    def _create(self, here: Sequence[int]) -> None:
        new = NewLeads(self._wire, self._session, self._keyed, self._results)
        ops = [(index, self._ops[index]) for index in here]
        self._halving(ops, new.take)
        notes = [(index, note) for index, op in ops for note in new.notes(index, op)]
        self._leads.update((one, {}) for one in new.leads)
        self._objects.look_at(new.leads)
        self._ops = [new.placed(index, op) for index, op in enumerate(self._ops)]
        self._write(notes)

    def _finish(self, here: Sequence[int]) -> None:
        asked = [(index, body.task) for index in here if isinstance(body := self._ops[index].body, TaskDone)]

        def act(items: Sequence[Item[str]]) -> None:
            tasks = self._keyed.find("tasks", [key for _, key in items], ("hs_task_status", "hs_task_body"))
            updates = []
            for index, key in items:
                task = tasks.get(key)
                if task is None or task.get("hs_task_status") == "COMPLETED":
                    known = activities.remote_id("tasks", task.id) if task else ""
                    self._results.add(index, Applied(known, replayed=True))
                else:
                    updates.append((index, Input(task.id, self._finished(index, task))))
            self._update("tasks", updates)

        self._halving(asked, act)

    def _finished(self, index: int, task: Record) -> dict[str, str]:
        body = self._ops[index].body
        values = {"hs_task_status": "COMPLETED"}
        if isinstance(body, TaskDone) and body.text.strip():
            said = activities.as_html(body.text)
            whole = "<br>".join(part for part in (task.get("hs_task_body"), said) if part)
            if said not in task.get("hs_task_body") and len(whole) <= activities.MAX_BODY:
                values["hs_task_body"] = whole
        return values

    def _patch(self, here: Sequence[int]) -> None:
        updates: list[Item[Input]] = []
        moves: list[Item[Input]] = []
        notes: list[Item[Write]] = []
        handed: list[Item[LeadPatch]] = []
        for index in here:
            op = self._ops[index]
            if not isinstance(op.body, LeadPatch):
                continue
            if op.body.owner is not None:
                handed.append((index, op.body))
                continue
            values = lead_values(op.body, self._session, self._leads[op.lead])
            if op.body.do_not_contact and self._leads[op.lead].get(DO_NOT_CONTACT) == "true":
                self._results.there_before(index)
            was = self._ended(op.lead)
            self._leads[op.lead] |= values
            if op.body.do_not_contact and was is None and (ended := self._ended(op.lead)) is not None:
                self._results.closes(index, ended)
            said = patch_note(op.body)
            moved = self._objects.moves(op.lead, op.body)
            moves += [(index, one) for one in moved]
            if values:
                updates.append((index, Input(op.lead, values)))
            if said:
                made = activities.writes(op, Note(said), self._session.me.id, self._session.words)
                notes += [(index, write) for write in made]
            if not (values or said or moved):
                self._results.add(index, Applied(op.lead, replayed=True, how="kept as it is in HubSpot"))
        self._update("contacts", updates)
        for part in distinct(moves, lambda one: one.key):
            self._halving(part, self._move)
        self._write(notes)
        for item in handed:
            self._halving([item], self._hand_over)

    def _ended(self, lead: str) -> CloseReason | None:
        now = self._leads[lead]
        return self._session.words.closed(now.get("hs_lead_status", ""), now.get("lifecyclestage", ""))

    def _hand_over(self, items: Sequence[Item[LeadPatch]]) -> None:
        for index, body in items:
            lead = self._ops[index].lead
            owner = self._leads[lead].get(OWNER, "")
            self._results.add(index, hand_over(self._wire, self._session, lead, body, owner))

    def _take_back(self, here: Sequence[int]) -> None:
        taken: list[Item[Write]] = []
        for index in here:
            body = self._ops[index].body
            if isinstance(body, TakeBack):
                was = was_written(self._ops[index], body, self._session)
                taken += [(index, write) for write in was]
        for kind in dict.fromkeys(write.kind for _, write in taken):
            same = [item for item in taken if item[1].kind == kind]
            for part in parts(same, BATCH):
                self._halving(part, partial(self._archive, kind))

    def _archive(self, kind: str, items: Sequence[Item[Write]]) -> None:
        found = self._keyed.find(kind, [write.key for _, write in items], ())
        ids = [one.id for one in found.values()]
        if ids:
            self._wire.archive(kind, ids)
        for index, write in items:
            record = found.get(write.key)
            known = activities.remote_id(kind, record.id) if record else ""
            self._results.add(index, Applied(known, replayed=record is None, how="deleted"))

    # What can go wrong ------------------------------------------------------------------------------------------

    def _halving(self, items: Sequence[Item[T]], act: Callable[[Sequence[Item[T]]], None]) -> None:
        """Carry out `act`; when it is refused as a whole, each half of the items for itself."""
        if self._results.stopped is not None or not items:
            self._tell(items, self._results.stopped)
            return
        try:
            act(items)
        except AuthBroken:
            raise
        except (Invalid, Taken, Missing) as error:
            if len(items) == 1:
                self._tell(items, result_of(error))
                return
            middle = len(items) // 2
            self._halving(items[:middle], act)
            self._halving(items[middle:], act)
        except Forbidden as error:
            self._tell(items, result_of(error))
        except CrmError as error:
            self._tell(items, result_of(error))
            self._results.stop(error)

    def _tell(self, items: Sequence[Item[T]], result: Result | None) -> None:
        if result is not None:
            for index in dict.fromkeys(index for index, _ in items):
                self._results.add(index, result)


def _refused(error: ItemError) -> Result:
    """A key that is taken was written by another sender at this moment: asked again, it is found."""
    return Retry(error.message) if error.category == "CONFLICT" else refusal_of(error)


def runs(ops: Sequence[Op]) -> Iterator[list[int]]:
    """The places of the ops in as few rounds as keep each lead's own order when a round is sent wave by wave."""
    run: list[int] = []
    reached: dict[str, int] = {}
    for index, op in enumerate(ops):
        wave = _WAVES[type(op.body)]
        if wave < reached.get(op.lead, 0):
            yield run
            run, reached = [], {}
        run.append(index)
        reached[op.lead] = max(wave, reached.get(op.lead, 0)) if op.lead else 0
    if run:
        yield run


def distinct(items: Sequence[Item[T]], key: Callable[[T], str]) -> Iterator[list[Item[T]]]:
    """The items in batches in which no key comes twice, each key's own in their order."""
    batches: list[tuple[set[str], list[Item[T]]]] = []
    last: dict[str, int] = {}
    for item in items:
        name = key(item[1])
        place = last.get(name, -1) + 1
        while place < len(batches) and len(batches[place][1]) >= BATCH:
            place += 1
        if place == len(batches):
            batches.append((set(), []))
        batches[place][0].add(name)
        batches[place][1].append(item)
        last[name] = place
    return iter([batch for _, batch in batches])


def targets(ops: Sequence[Op], session: Session) -> dict[tuple[str, str], str]:
    """The records that the ops say they are about, by kind and key: no search has to find them."""
    found: dict[tuple[str, str], str] = {}
    for op in ops:
        kind, _, record = op.target.partition(":")
        match op.body:
            case TaskDone():
                key = op.body.task
            case TakeBack():
                key = op.body.of
            case Touch() | Note() | Task():
                key = op.id
            case _:
                continue
        if record.isdecimal() and kind in session.keyed:
            found[kind, key] = record
    return found


def was_written(op: Op, body: TakeBack, session: Session) -> list[Write]:
    """The records that an op had made, from what it had delivered."""
    was = Op(id=body.of, lead=op.lead, at=op.at, zone=op.zone, body=body.was)
    return activities.writes(was, body.was, session.me.id, session.words)
