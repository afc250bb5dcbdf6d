"""Writing to Salesforce: touches, notes and next steps as tasks, up to two hundred a request, each once by its key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from callsheet.crm.salesforce import leads, records
from callsheet.crm.salesforce.login import VENDOR
from callsheet.crm.salesforce.session import Session
from callsheet.crm.salesforce.soql import is_id, listed, select
from callsheet.crm.salesforce.wire import BATCH, Missing, Row, Stale, Taken, Wire, parts, refusal
from callsheet.crm.unkeyed import Unkeyed
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

IN_LIST: Final = 100
"""Keys in one query: they go into its address."""

MAX_PARTS: Final = 10
"""Tasks that one long text may fill."""

Results = dict[str, Result]
Step = Callable[[Sequence[Op]], Results]


class Delivery:
    """One `apply`."""

    def __init__(self, wire: Wire, session: Session) -> None:
        self._wire = wire
        self._session = session

    def apply(self, ops: Sequence[Op]) -> list[Result]:
        """Deliver ops of all kinds; those who asked to be left alone first, an end after its beginning.

        Raises:
            CrmError: nothing was delivered, and nothing can be now.
        """
        results: Results = {}
        for op in ops:
            if op.lead and not is_id(op.lead):
                results[op.id] = Rejected(f"The lead is not in {VENDOR}.", field="lead", code="gone")
        for step, wanted in self._plan([op for op in ops if op.id not in results]):
            try:
                results |= step(wanted)
            except AuthBroken:
                raise
            except Unkeyed as error:
                results.update((op.id, error.waits) for op in wanted)
            except CrmError as error:
                whole = not isinstance(error, (Forbidden, Missing, Taken, Invalid))
                if not results and whole:
                    raise
                results.update((op.id, failure(error)) for op in wanted)
        return [results[op.id] for op in ops]

    def _plan(self, ops: Sequence[Op]) -> list[tuple[Step, list[Op]]]:
        def of(*kinds: type) -> list[Op]:
            return [op for op in ops if isinstance(op.body, kinds)]

        def alone(op: Op) -> tuple[Step, list[Op]]:
            return (lambda asked: {one.id: self._one(one) for one in asked}), [op]

        patches = of(LeadPatch)
        stops = [op for op in patches if isinstance(op.body, LeadPatch) and op.body.do_not_contact]
        plan: list[tuple[Step, list[Op]]] = [
            *(alone(op) for op in (*stops, *of(LeadCreate))),
            *((self._tasks, part) for part in parts(of(Touch, Note, Task), BATCH)),
            *(alone(op) for op in (*of(TaskDone), *of(TakeBack))),
            *(alone(op) for op in patches if op not in stops),
        ]
        return plan

    def _one(self, op: Op) -> Result:
        match op.body:
            case LeadPatch() as body:
                result, words = leads.patch(self._wire, self._session, op, body)
                return self._said(op, words, result) if words and isinstance(result, Applied) else result
            case LeadCreate() as body:
                return leads.create(self._wire, self._session, op, body)
            case TaskDone() as done:
                return self._done(op, done)
            case TakeBack() as back:
                return self._take_back(op, back)
        return self._tasks([op])[op.id]

    def _said(self, op: Op, words: str, result: Applied) -> Result:
        """What a patch has to say, under its own key: said again, it stays one note."""
        if not self._session.keyed:
            return result  # the state itself is set, and do-not-contact waits for no administrator
        noted = self._write(op, records.note_values(op, Note(words), self._session))
        return result if isinstance(noted, Applied) else noted

    # Tasks ------------------------------------------------------------------------------------------------------

    def _tasks(self, ops: Sequence[Op]) -> Results:
        """What is there already is left as it is, but for a next step that moves while it is open."""
        wanted = {op.id: self._values(op) for op in ops}
        there = self._found([str(row[self._session.key]) for rows in wanted.values() for row in rows])
        results: Results = {}
        sent: list[tuple[str, Row]] = []
        for op in ops:
            rows = wanted[op.id]
            new = [row for row in rows if (old := there.get(row[self._session.key])) is None or _moves(op, old)]
            if not new:
                results[op.id] = Applied(str(there[op.id]["Id"]), replayed=True)
            sent += [(op.id, _moved(row, there.get(row[self._session.key]))) for row in new]
        self._send(sent, results)
        onwards = self._onwards([op for op in ops if _is_converted(results.get(op.id))])
        if onwards:
            again = [(key, {**row, "WhoId": onwards[key]}) for key, row in sent if key in onwards and "WhoId" in row]
            for key in onwards:
                del results[key]
            self._send(again, results)
        return results

    def _send(self, sent: Sequence[tuple[str, Row]], results: Results) -> None:
        """Send records, each with the op that it is of, and note what became of the op: one bad part makes it bad."""
        for part in parts(sent, BATCH):
            for key, result in self._upserted(part):
                if not isinstance(results.get(key), (Rejected, Retry)):
                    results[key] = result if key not in results or not isinstance(result, Applied) else results[key]

    def _onwards(self, ops: Sequence[Op]) -> dict[str, str]:
        """The contacts that converted leads became, by op: what was done on the lead goes on with them."""
        found: dict[str, str] = {}
        for part in parts(dict.fromkeys(op.lead for op in ops), IN_LIST):
            try:
                rows = self._wire.query(select("Lead", "Id, ConvertedContactId", f"Id IN {listed(part)}"))
            except (Forbidden, Invalid):
                return {}
            found |= {str(row["Id"]): str(row["ConvertedContactId"]) for row in rows if row.get("ConvertedContactId")}
        return {op.id: found[op.lead] for op in ops if op.lead in found}

    def _values(self, op: Op) -> list[dict[str, Any]]:
        self._session.needed_key()
        match op.body:
            case Touch() as touch:
                return records.touch_values(op, touch, self._session)
            case Note() as note:
                return records.note_values(op, note, self._session)
            case Task() as step:
                return [records.task_values(op, step, self._session)]
        raise Invalid("This is nothing that becomes a task.")

    def _write(self, op: Op, rows: Sequence[Row]) -> Result:
        there = self._found([str(row[self._session.key]) for row in rows])
        new = [(op.id, row) for row in rows if row[self._session.key] not in there]
        results = [result for _, result in self._upserted(new)] if new else []
        bad = next((result for result in results if not isinstance(result, Applied)), None)
        return bad or (results[0] if results else Applied(str(there[op.id]["Id"]), replayed=True))

    def _upserted(self, items: Sequence[tuple[str, Row]]) -> list[tuple[str, Result]]:
        answers = self._wire.upsert_all("Task", self._session.needed_key(), [row for _, row in items])
        told: list[tuple[str, Result]] = []
        for (key, _), answer in zip(items, answers, strict=True):
            if answer.get("success") is True and isinstance(answer.get("id"), str):
                told.append((key, Applied(answer["id"], replayed=answer.get("created") is False)))
            else:
                told.append((key, refusal(answer.get("errors"))))
        return self._made_meanwhile(items, told)

    def _made_meanwhile(
        self, items: Sequence[tuple[str, Row]], told: Sequence[tuple[str, Result]]
    ) -> list[tuple[str, Result]]:
        """What another sender made since we looked is refused as a change of its kind, and is there all the same."""
        own = self._session.key
        new = [str(row[own]) for (_, row), (_, result) in zip(items, told, strict=True)
               if isinstance(result, Rejected) and "TaskSubtype" in row]  # fmt: skip
        there = self._found(new) if new else {}
        return [
            (key, Applied(str(there[row[own]]["Id"]), replayed=True))
            if isinstance(result, Rejected) and row[own] in there and row[own] in new
            else (key, result)
            for (_, row), (key, result) in zip(items, told, strict=True)
        ]

    def _found(self, keys: Sequence[str]) -> dict[str, Row]:
        key = self._session.needed_key()
        found: dict[str, Row] = {}
        for part in parts(dict.fromkeys(keys), IN_LIST):
            fields = f"Id, {key}, Status, IsClosed, Description"
            rows = self._wire.query(select("Task", fields, f"{key} IN {listed(part)}"))
            found |= {str(row.get(key)): row for row in rows}
        return found

    def find(self, op: Op) -> Applied | None:
        """Look for what an op has made, by its key."""
        if isinstance(op.body, LeadCreate):
            return None
        found = self._found([op.id]) if isinstance(op.body, (Touch, Note, Task)) else {}
        return Applied(str(found[op.id]["Id"]), replayed=True) if op.id in found else None

    def _done(self, op: Op, body: TaskDone) -> Result:
        row = self._found([body.task]).get(body.task)
        if row is None and is_id(op.target):
            rows = self._wire.query(select("Task", "Id, IsClosed, Description", f"Id IN {listed([op.target])}"))
            row = rows[0] if rows else None
        if row is None or row.get("IsClosed") is True:
            return Applied(str(row["Id"]) if row else "", replayed=True)
        values: dict[str, Any] = {"Status": self._session.done}
        said, before = safe_text(body.text).strip(), str(row.get("Description") or "")
        if said and said not in before:
            values["Description"] = f"{before}\n{said}".strip()[: records.DESCRIPTION]
        try:
            self._wire.update("Task", str(row["Id"]), values)
        except Missing:
            return Applied(replayed=True)
        return Applied(str(row["Id"]))

    def _take_back(self, op: Op, body: TakeBack) -> Result:
        """Delete what an op had made; where the rep may not, say in a note that it did not happen."""
        found = self._found([records.part_key(body.of, place) for place in range(MAX_PARTS)])
        if not found:
            return Applied(replayed=True, how="it was not there")
        first = str(next(iter(found.values()))["Id"])
        try:
            for row in found.values():
                self._gone(str(row["Id"]))
        except Forbidden:
            title = body.was.title if isinstance(body.was, Task) else getattr(body.was, "label", "") or body.was.text
            note = Note(f"Taken back, this did not happen: {title}")
            noted = self._write(op, records.note_values(op, note, self._session))
            return Applied(first, how="corrected by a note") if isinstance(noted, Applied) else noted
        return Applied(first, how="deleted")

    def _gone(self, one: str) -> None:
        try:
            self._wire.delete("Task", one)
        except Missing:
            return


def _moves(op: Op, there: Row) -> bool:
    return isinstance(op.body, Task) and there.get("IsClosed") is not True


def _moved(row: Row, there: Row | None) -> Row:
    """A record that is there already keeps its status and its kind, which cannot be changed."""
    if there is None:
        return row
    return {name: value for name, value in row.items() if name not in {"Status", "TaskSubtype", "OwnerId", "WhoId"}}


def _is_converted(result: Result | None) -> bool:
    return isinstance(result, Rejected) and result.field == "converted"


def failure(error: CrmError) -> Result:
    """What a failed call means for the ops that it was to deliver."""
    match error:
        case Throttled():
            return Retry(str(error), after=error.after)
        case Unavailable() | Stale():
            return Retry(str(error))
        case Forbidden():
            return Rejected(str(error), code="forbidden")
        case Missing():
            return Rejected(str(error), code="gone")
        case Taken():
            return Rejected(str(error), code="duplicate")
        case Invalid():
            return Rejected(str(error), field=error.field)
        case Uncertain() | Drift():
            return Ambiguous(str(error))
    return Ambiguous(str(error))
