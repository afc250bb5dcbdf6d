"""Delivering ops to Pipedrive, which takes no key: each step looks first whether it was done, so all may be repeated.

Once something was written, a later step that fails leaves the whole uncertain: it is looked up before it is sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from callsheet.crm.colleagues import Company
from callsheet.crm.pipedrive import activities, leads
from callsheet.crm.pipedrive.activities import About, body_of, call_log, marked, pieces, said
from callsheet.crm.pipedrive.effects import Effects
from callsheet.crm.pipedrive.pull import ORGANIZATIONS, PERSONS, Pull
from callsheet.crm.pipedrive.records import UUID, label_ids, points, version
from callsheet.crm.pipedrive.session import Session
from callsheet.crm.pipedrive.times import due, v1
from callsheet.crm.pipedrive.wire import Missing, Row, number, record
from callsheet.sync.port import (
    Ambiguous,
    Applied,
    AuthBroken,
    Conflict,
    CrmError,
    Forbidden,
    Invalid,
    LeadCreate,
    LeadPatch,
    Note,
    Op,
    Rejected,
    Result,
    Retry,
    TakeBack,
    Task,
    TaskDone,
    Throttled,
    Touch,
    Unavailable,
)

CALL: Final = "call"
"""The type of activity that can be converted into a call log; a company may have put it away."""

GONE = Rejected("The lead is no longer in Pipedrive.", field="lead", code="gone")


def apply(session: Session, pull: Pull, ops: Sequence[Op]) -> list[Result]:
    """Deliver ops one after the other.

    Raises:
        CrmError: the first one could not even be begun, and no other can be now.
    """
    results: list[Result] = []
    for op in ops:
        delivery = Delivery(session, pull)
        try:
            results.append(delivery.deliver(op))
        except AuthBroken:
            raise
        except CrmError as error:
            if not results and not delivery.wrote and not isinstance(error, (Forbidden, Invalid, Missing)):
                raise
            results.append(failure(error, wrote=delivery.wrote))
    return results


def failure(error: CrmError, *, wrote: bool) -> Result:
    """What a failed step means for its op; `wrote` when an earlier step was done, or this one may have been."""
    match error:
        case Forbidden():
            return Rejected(str(error), code="forbidden")
        case Missing():
            return Rejected(str(error), code="gone")
        case Invalid():
            return Rejected(str(error), field=error.field)
        case Throttled() if not wrote:
            return Retry(str(error), after=error.after)
        case Unavailable() if not wrote:
            return Retry(str(error))
    return Ambiguous(str(error))


class Delivery:
    """One op on its way. `wrote` is set as soon as something may have been changed."""

    def __init__(self, session: Session, pull: Pull) -> None:
        self._session = session
        self._wire = session.wire
        self._pull = pull
        self._effects = Effects(session.wire)
        self._new = leads.NewLeads(session, self._send)
        self.wrote = False

    def deliver(self, op: Op) -> Result:
        """Bring an op about. Raises what `sync.port` lists, and `Missing`."""
        if isinstance(op.body, LeadCreate):
            return self._create(op, op.body)
        if not UUID.fullmatch(op.lead):
            return GONE
        if isinstance(op.body, LeadPatch) and op.body.owner is not None:
            return self._hand_over(op, op.body)
        try:
            row = self._pull.row(op.lead)
        except Missing:
            return GONE
        match op.body:
            case Touch():
                return self._touch(op, op.body, row)
            case Note():
                return self._note(op, op.body.text)
            case Task():
                return self._task(op, op.body, row)
            case TaskDone():
                return self._task_done(op, op.body)
            case TakeBack():
                return self._take_back(op, op.body)
            case LeadPatch():
                return self._patch(op, op.body, row)

    def find(self, op: Op) -> Applied | None:
        """Look whether an op has happened, with all that belongs to it. Raises what `sync.port` lists."""
        match op.body:
            case LeadCreate():
                lead = self._new.made(op)
                whole = lead and (not self._new.said(op.body) or self._effects.notes(op.id, lead, op.at))
                return Applied(lead, replayed=True) if whole else None
            case Touch() | Task():
                return self._found(op, op.body)
            case Note():
                found = self._effects.notes(op.id, op.lead, op.at)
                if 1 not in found or len(found) < len(pieces(op.body.text)):
                    return None
                return Applied(f"note:{number(found[1].get('id'))}", replayed=True)
            case TaskDone():
                row = self._effects.activity(op.body.task, op.lead, op.at, op.target)
                return Applied(_name(row), replayed=True) if row is not None and row.get("done") is True else None
            case TakeBack() | LeadPatch():
                return None

    def _found(self, op: Op, body: Touch | Task) -> Applied | None:
        row = self._effects.activity(op.id, op.lead, op.at, op.target)
        if row is None:
            return None
        if isinstance(body, Task) and row.get("done") is not True and self._moved(row, op, body):
            return None
        called = isinstance(body, Touch) and body.channel == "phone" and row.get("type") == CALL
        if called and self._effects.call_log(number(row.get("id")), op.at) is None:
            return None
        more = len(pieces(said(body)))
        if more > 1 and len(self._effects.notes(op.id, op.lead, op.at)) < more - 1:
            return None
        return Applied(_name(row), replayed=True)

    def _touch(self, op: Op, body: Touch, row: Row) -> Result:
        about = self._about(row)
        there = self._effects.activity(op.id, op.lead, op.at, op.target)
        values = body_of(op, body, about, self._session.me.id, self._session.words)
        made = record(self._send("POST", "api/v2/activities", values)) if there is None else there
        activity = number(made.get("id"))
        called = body.channel == "phone" and made.get("type") == CALL
        if called and (there is None or self._effects.call_log(activity, op.at) is None):
            with suppress(Forbidden):  # a plan without call logs: the activity alone says it all in words
                self._send("POST", "v1/callLogs", call_log(op, body, activity, about, self._session.words))
        self._go_on(op, said(body), first=2, known=there is not None)
        return Applied(_name(made), replayed=there is not None and not self.wrote)

    def _task(self, op: Op, body: Task, row: Row) -> Result:
        there = self._effects.activity(op.id, op.lead, op.at, op.target)
        if there is None:
            values = body_of(op, body, self._about(row), self._session.me.id, self._session.words)
            made = record(self._send("POST", "api/v2/activities", values))
            self._go_on(op, said(body), first=2, known=False)
            return Applied(_name(made))
        changes = {} if there.get("done") is True else self._moved(there, op, body)
        if changes:
            self._send("PATCH", f"api/v2/activities/{number(there.get('id'))}", changes)
        return Applied(_name(there), replayed=not changes)

    def _moved(self, row: Row, op: Op, body: Task) -> dict[str, Any]:
        """What of a next step differs from what is wanted."""
        wanted = body_of(op, body, About(op.lead), self._session.me.id, self._session.words)
        changes: dict[str, Any] = {name: wanted[name] for name in ("subject", "type") if row.get(name) != wanted[name]}
        if due(row.get("due_date"), row.get("due_time")) != due(wanted["due_date"], wanted.get("due_time")):
            changes |= {"due_date": wanted["due_date"], "due_time": wanted.get("due_time")}
        if body.text and activities.unmarked(wanted["note"]) != activities.unmarked(row.get("note")):
            changes["note"] = wanted["note"]
        return changes

    def _task_done(self, op: Op, body: TaskDone) -> Result:
        row = self._effects.activity(body.task, op.lead, op.at, op.target) or self._older(op, body.task)
        if row is None or row.get("done") is True:
            return Applied(_name(row) if row else "", replayed=True)  # somebody deleted it: nothing is left to do
        values: dict[str, Any] = {"done": True}
        if body.text:
            values["note"] = activities.with_text(row.get("note"), body.text)
        self._send("PATCH", f"api/v2/activities/{number(row.get('id'))}", values)
        return Applied(_name(row))

    def _older(self, op: Op, key: str) -> Row | None:
        """A step that was agreed long before it was done."""
        for row in self._wire.all("api/v2/activities", lead_id=op.lead):
            if activities.key_of(row.get("note"))[0] == key and row.get("is_deleted") is not True:
                return row
        return None

    def _take_back(self, op: Op, body: TakeBack) -> Result:
        """Delete what an op had made; where a rep may not, say in a note that it did not happen."""
        paths: list[str] = []
        row = None if isinstance(body.was, Note) else self._effects.activity(body.of, op.lead, op.at, op.target)
        if row is None and not isinstance(body.was, Note):
            row = self._older(op, body.of)
        if row is not None:
            activity = number(row.get("id"))
            if isinstance(body.was, Touch) and body.was.channel == "phone":
                called, _ = due(row.get("due_date"), row.get("due_time"))
                log = self._effects.call_log(activity, min(called or op.at, op.at))
                paths += [f"v1/callLogs/{log['id']}"] if log is not None else []
            paths.append(f"api/v2/activities/{activity}")
        kept = self._effects.notes(body.of, op.lead, op.at) or self._notes_of(op.lead, body.of)
        paths += [f"v1/notes/{number(note.get('id'))}" for note in kept.values()]
        if not paths:
            return Applied(replayed=True, how="It was not in Pipedrive any more.")
        try:
            for path in paths:
                self._delete(path)
        except Forbidden:
            noted = self._note(op, f"Taken back, this did not happen: {said(body.was)}")
            how = "A note in Pipedrive says that it was taken back."
            return Applied(noted.remote_id, how=how) if isinstance(noted, Applied) else noted
        return Applied(_name(row) if row else "", how="It was deleted in Pipedrive.")

    def _notes_of(self, lead: str, key: str) -> dict[int, Row]:
        found: dict[int, Row] = {}
        for page in self._wire.pages("v1/notes", lead_id=lead):
            for row in page:
                mark, part = activities.key_of(row.get("content"))
                if mark == key and row.get("active_flag") not in (False, 0):
                    found[part] = row
        return found

    def _delete(self, path: str) -> None:
        try:
            self._send("DELETE", path, None)
        except Missing:
            return

    def _note(self, op: Op, text: str) -> Result:
        made = self._go_on(op, text, first=1, known=True)
        return Applied(f"note:{made}" if made else "", replayed=not self.wrote)

    def _go_on(self, op: Op, text: str, *, first: int, known: bool) -> int:
        """Write those parts of a text that have no note yet; returns the id of the first one's."""
        parts = list(enumerate(pieces(text), 1))[first - 1 :]
        if not parts:
            return 0
        there = self._effects.notes(op.id, op.lead, op.at) if known else {}
        ids = []
        for part, html in parts:
            if part in there:
                ids.append(number(there[part].get("id")))
                continue
            body = {"content": marked(html, op.id, part), "lead_id": op.lead, "add_time": v1(op.at)}
            ids.append(number(record(self._send("POST", "v1/notes", body)).get("id")))
        return ids[0]

    def _patch(self, op: Op, body: LeadPatch, row: Row) -> Result:
        person = self._linked(PERSONS, number(row.get("person_id")))
        change = leads.change(self._session, row, person, body)
        values = dict(change.lead)
        if change.company and change.company != self._company(row, person):
            values["organization_id"] = self._new.organization(op, change.company)
        if values:
            self._send("PATCH", f"v1/leads/{op.lead}", values)
        if change.person and person:
            self._send("PATCH", f"{PERSONS}/{number(person.get('id'))}", change.person)
        lines = list(change.said)
        if not person and change.job_title:
            lines.append(f"Job title: {change.job_title}")
        if lines:
            self._note(op, "\n".join(lines))
        if person and change.job_title is not None:
            refused = leads.job_title(self._send, number(person.get("id")), change.job_title)
            if refused is not None:
                return refused
        stopped = bool(body.do_not_contact) and bool(self._session.words.stops(label_ids(row)))
        return Applied(op.lead, self._version(op.lead) if self.wrote else self._version_of(row), replayed=stopped)

    def _hand_over(self, op: Op, body: LeadPatch) -> Result:
        """Make a lead a colleague's, or ours again; its person stays whose it is, and other leads of them too."""
        try:
            owner = number(self._pull.row(op.lead).get("owner_id"))
        except Missing:
            return GONE
        except Forbidden:
            return Conflict({})  # somebody else's, and not shown to us

        def give(user: str) -> str:
            self._send("PATCH", f"v1/leads/{op.lead}", {"owner_id": int(user)})
            return ""  # it may be shown to us no more

        company = Company("Pipedrive", str(self._session.me.id), lambda _said: self._session.colleagues())
        return company.hand_over(body, str(owner), give)

    def _version(self, lead: str) -> str:
        try:
            return self._version_of(self._pull.row(lead))
        except CrmError:  # it was written; the next pull will say how it is called
            return ""

    def _version_of(self, row: Row) -> str:
        person = self._linked(PERSONS, number(row.get("person_id")))
        company = self._linked(ORGANIZATIONS, number(row.get("organization_id")) or number(person.get("org_id")))
        return version(row, person, company)

    def _company(self, row: Row, person: Row) -> str:
        company = self._linked(ORGANIZATIONS, number(row.get("organization_id")) or number(person.get("org_id")))
        return str(company.get("name") or "")

    def _create(self, op: Op, body: LeadCreate) -> Result:
        lead, replayed = self._new.made(op), True
        if not lead:
            lead, person = self._new.known(body.profile)
            if not lead:
                lead, replayed = self._new.create(op, body, person), False
        if body.do_not_contact:
            row = self._pull.row(lead)
            values = leads.change(self._session, row, {}, LeadPatch(do_not_contact=True)).lead
            if values:
                self._send("PATCH", f"v1/leads/{lead}", values)
        lines = self._new.said(body)
        if lines:
            self._note(Op(op.id, lead, op.at, op.zone, Note("")), "\n".join(lines))
        return Applied(lead, replayed=replayed)

    def _about(self, row: Row) -> About:
        person = number(row.get("person_id"))
        numbers = points(self._linked(PERSONS, person), "phones")
        return About(str(row["id"]), person, number(row.get("organization_id")), (*numbers, "")[0])

    def _linked(self, path: str, name: int) -> Row:
        if not name:
            return {}
        found = self._wire.by_id(path, [name])
        return found.get(name, {})

    def _send(self, method: str, path: str, body: Row | None) -> Any:
        before = self.wrote
        self.wrote = True
        try:
            return self._wire.send(method, path, body)
        except (Unavailable, Throttled, Forbidden, Invalid, Missing, AuthBroken):
            self.wrote = before  # it was refused, or never left
            raise


def _name(row: Row) -> str:
    return f"activity:{number(row.get('id'))}"
