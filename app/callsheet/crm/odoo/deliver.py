"""Writing to Odoo: a batch of ops in as few calls as possible, each with exactly one effect.

What is made is made by external id, so that sending it again changes nothing; what is changed is looked at first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from callsheet.crm.odoo import leads, rows
from callsheet.crm.odoo.history import message_id
from callsheet.crm.odoo.load import Rows, load
from callsheet.crm.odoo.records import link, text
from callsheet.crm.odoo.rows import Hand
from callsheet.crm.odoo.session import ACTIVITY, CALL, LEAD, MESSAGE, Row, Session
from callsheet.crm.odoo.wire import Missing
from callsheet.domain.text import safe_text
from callsheet.sync.port import (
    Ambiguous,
    Applied,
    AuthBroken,
    CrmError,
    Drift,
    Forbidden,
    Invalid,
    LeadCreate,
    LeadPatch,
    Note,
    Op,
    OpBody,
    Rejected,
    Result,
    Retry,
    TakeBack,
    Task,
    TaskDone,
    Throttled,
    Touch,
    Unavailable,
    Uncertain,
)

Results = dict[str, Result]
Step = Callable[[Session, Sequence[Op]], Results]
Body = TypeVar("Body", bound=OpBody)


def apply(session: Session, ops: Sequence[Op]) -> list[Result]:
    """Deliver ops of all kinds; facts of one lead do not depend on each other, so each kind goes as one batch.

    Raises:
        CrmError: nothing was delivered, and nothing can be now.
    """
    results: Results = {}
    refused = [op for op in ops if op.lead and not (op.lead.isdecimal() and len(op.lead) < 10)]
    results.update((op.id, Rejected("The lead is not in Odoo.", field="lead", code="gone")) for op in refused)
    for step, wanted in _plan([op for op in ops if op.id not in results]):
        try:
            results |= step(session, wanted)
        except AuthBroken:
            raise
        except CrmError as error:
            if not results and not isinstance(error, (Forbidden, Invalid, Missing)):
                raise
            results.update((op.id, failure(error)) for op in wanted)
    return [results[op.id] for op in ops]


def _plan(ops: Sequence[Op]) -> list[tuple[Step, list[Op]]]:
    """What is done in which order: those who asked to be left alone first, a step's end after its beginning."""
    patches = _of(ops, LeadPatch)
    touches = _of(ops, Touch)
    calls = [op for op, touch in touches if touch.channel == "phone"]
    others = [op for op, touch in touches if touch.channel != "phone"]
    plan: list[tuple[Step, list[Op]]] = [
        *((_one(leads.patch, body), [op]) for op, body in patches if body.do_not_contact),
        *((_one(leads.create, body), [op]) for op, body in _of(ops, LeadCreate)),
        (_calls, calls),
        (_activities, others),
        (_notes, [op for op, _ in _of(ops, Note)]),
        (_tasks, [op for op, _ in _of(ops, Task)]),
        *((_one(_task_done, body), [op]) for op, body in _of(ops, TaskDone)),
        *((_one(_take_back, body), [op]) for op, body in _of(ops, TakeBack)),
        *((_one(leads.patch, body), [op]) for op, body in patches if not body.do_not_contact),
    ]
    return [(step, wanted) for step, wanted in plan if wanted]


def _of(ops: Sequence[Op], kind: type[Body]) -> list[tuple[Op, Body]]:
    return [(op, op.body) for op in ops if isinstance(op.body, kind)]


def _one(deliver: Callable[[Session, Op, Body], Result], body: Body) -> Step:
    return lambda session, ops: {op.id: deliver(session, op, body) for op in ops}


def failure(error: CrmError) -> Result:
    """What a failed call means for the ops that it was to deliver."""
    match error:
        case Throttled():
            return Retry(str(error), after=error.after)
        case Unavailable():
            return Retry(str(error))
        case Forbidden():
            return Rejected(str(error), code="forbidden")
        case Missing():
            return Rejected(str(error), code="gone")
        case Invalid():
            return Rejected(str(error), field=error.field)
        case Uncertain() | Drift():
            return Ambiguous(str(error))
    return Ambiguous(str(error))


def _hand(session: Session) -> Hand:
    return Hand(user=session.me.user, partner=session.me.partner)


def _calls(session: Session, ops: Sequence[Op]) -> Results:
    if not session.has_calls:
        return _activities(session, ops)
    hand = _hand(session)
    data: Rows = {op.id: rows.call(op, op.body, hand) for op in ops if isinstance(op.body, Touch)}
    try:
        return load(session.odoo, CALL, rows.CALL_COLUMNS, data)
    except Missing:  # the addon was removed since we looked
        session.forget_calls()
        return _activities(session, ops)


def _activities(session: Session, ops: Sequence[Op]) -> Results:
    """Done activities, then the lines in the chatter for those that were taken."""
    hand = _hand(session)
    touches = [(op, op.body, session.activity_type(op.body.channel).id) for op in ops if isinstance(op.body, Touch)]
    data: Rows = {op.id: rows.done_activity(op, touch, hand, kind) for op, touch, kind in touches}
    results = load(session.odoo, ACTIVITY, rows.ACTIVITY_COLUMNS, data)
    lines: Rows = {
        op.id: rows.done_message(op, touch, hand, kind)
        for op, touch, kind in touches
        if isinstance(results[op.id], Applied)
    }
    try:
        told = load(session.odoo, MESSAGE, rows.MESSAGE_COLUMNS, lines)
    except CrmError as error:
        told = {key: _again(failure(error)) for key in lines}
    return results | {key: result for key, result in told.items() if not isinstance(result, Applied)}


def _again(result: Result) -> Result:
    """The first half was done: whatever the second half met, the whole may be sent again."""
    return Ambiguous(result.reason) if isinstance(result, Retry) else result


def _notes(session: Session, ops: Sequence[Op]) -> Results:
    hand = _hand(session)
    data: Rows = {op.id: rows.note(op, op.body.text, hand) for op in ops if isinstance(op.body, Note)}
    return load(session.odoo, MESSAGE, rows.MESSAGE_COLUMNS, data)


DONE_FIELDS: Final = ("active", "res_id", "activity_type_id")
TASK_FIELDS: Final = ("id", "active", "summary", "date_deadline", "activity_type_id", "note")


def _tasks(session: Session, ops: Sequence[Op]) -> Results:
    """Planned activities. One that is there already moves where it differs, unless it is done."""
    hand = _hand(session)
    data = {
        op.id: rows.task(op, op.body, hand, session.activity_type(op.body.channel).id)
        for op in ops
        if isinstance(op.body, Task)
    }
    results = load(session.odoo, ACTIVITY, rows.TASK_COLUMNS, data)
    ids = {int(result.remote_id): key for key, result in results.items() if isinstance(result, Applied)}
    try:
        there = session.odoo.rows(ACTIVITY, [["id", "in", list(ids)]], TASK_FIELDS) if ids else []
    except CrmError as error:
        return results | {key: _again(failure(error)) for key in ids.values()}
    steps = {op.id: op.body for op in ops if isinstance(op.body, Task)}
    for row in there:
        key = ids[row["id"]]
        changes = _moved(row, data[key], steps[key]) if row.get("active") is not False else {}
        try:
            if changes:
                session.odoo.do(ACTIVITY, "write", ids=[row["id"]], vals=changes)
        except CrmError as error:
            results[key] = _again(failure(error))
    return results


def _moved(row: Row, wanted: Sequence[str], step: Task) -> dict[str, str]:
    changes = {}
    title, day = wanted[4], wanted[5]
    if text(row.get("summary")) != title:
        changes["summary"] = title
    if row.get("date_deadline") != day:
        changes["date_deadline"] = day
    said = rows.task_text(step)
    if said and safe_text(said) not in leads.plain(row.get("note")):
        changes["note"] = wanted[7]
    return changes


def _task_done(session: Session, _op: Op, body: TaskDone) -> Result:
    """Mark a next step as done, once: doing it twice would post a second line in the chatter.

    What it made is that line, by whose id the history knows it: it is no call of its own.
    """
    model, number = session.effect("task", body.task)
    if model != ACTIVITY or not number:
        return Applied(replayed=True)  # somebody deleted it: there is nothing left to do
    found = session.odoo.rows(ACTIVITY, [["id", "=", number]], DONE_FIELDS)
    if not found:
        return Applied(replayed=True)
    if found[0].get("active") is False:
        return Applied(remote_id=_done_message(session, found[0]), replayed=True)
    said = session.odoo.do(ACTIVITY, "action_feedback", ids=[number], feedback=safe_text(body.text) or False)
    return Applied(remote_id=message_id(said) if isinstance(said, int) and said else "")


def _done_message(session: Session, activity: Row) -> str:
    """Return the newest line in the chatter that says that we did such a step; empty when somebody else did it."""
    there = session.odoo.rows(MESSAGE, [
        ["model", "=", LEAD], ["res_id", "=", activity.get("res_id")], ["author_id", "=", session.me.partner],
        ["mail_activity_type_id", "=", link(activity.get("activity_type_id"))[0]],
    ], ["id"], limit=1, order="id desc")  # fmt: skip
    return message_id(there[0]["id"]) if there else ""


def _take_back(session: Session, op: Op, body: TakeBack) -> Result:
    """Delete what an op had made; where a rep may not, cancel the call, or say in a note that it did not happen."""
    match body.was:
        case Note():
            found = [(MESSAGE, session.effect("note", body.of))]
        case Task():
            found = [(ACTIVITY, session.effect("task", body.of))]
        case Touch():
            model, number = session.effect("touch", body.of)
            if model == CALL and number:
                return _call_taken_back(session, number)
            found = [(MESSAGE, session.effect("message", body.of)), (ACTIVITY, (model, number))]
    there = [(model, number) for model, (known, number) in found if known == model and number]
    if not there:
        return Applied(replayed=True, how="It was not in Odoo any more.")
    try:
        for model, number in there:
            session.odoo.do(model, "unlink", ids=[number])
    except Forbidden:
        noted = leads.note(session, op, rows.correction(_told(body.was)))
        return (
            replace(noted, how="A note in Odoo says that it was taken back.") if isinstance(noted, Applied) else noted
        )
    except Missing:
        pass
    return Applied(remote_id=str(there[-1][1]), how="It was deleted in Odoo.")


def _call_taken_back(session: Session, number: int) -> Result:
    try:
        session.odoo.do(CALL, "unlink", ids=[number])
    except Forbidden:
        session.odoo.do(CALL, "write", ids=[number], values={"state": "cancel", "active": False})
        return Applied(remote_id=str(number), how="The call was cancelled and archived in Odoo.")
    except Missing:
        pass
    return Applied(remote_id=str(number), how="The call was deleted in Odoo.")


def _told(was: Touch | Note | Task) -> str:
    match was:
        case Touch():
            return rows.words(was)
        case Note():
            return was.text
        case Task():
            return was.title
