"""Writing to EspoCRM, where nothing keeps a repeated POST from having a second effect.

Within this process no key is worked on twice at a time. Before anything is made its key is looked for, and looked for
again afterwards: that shows that the key was kept (EspoCRM drops fields it does not know without a word) and whether
another process made the same meanwhile. Of several the first one stays, so that all who race agree: whoever looks last
sees all of them. A request that arrives after its sender gave up is found by the next look, or by the next sync.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from callsheet.crm.espocrm import records
from callsheet.crm.espocrm.leads import create, missing, patch
from callsheet.crm.espocrm.session import Session, how_to_make
from callsheet.crm.espocrm.values import call_values, task_values, touch_values
from callsheet.crm.espocrm.wire import VENDOR, Missing, Row, Taken, Wire, equals, one_of
from callsheet.crm.plain_words import CHANNEL_WORDS
from callsheet.crm.unkeyed import Unkeyed
from callsheet.domain.text import safe_text
from callsheet.sync.port import (
    Ambiguous,
    Applied,
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

MOVES: Final = ("name", "dateEnd", "dateEndDate", "description")
"""What of a next step moves with it: its time and its day only together, as EspoCRM works out one from the other."""

CHUNK: Final = 50
"""Keys in one request: they go into its address."""

TRIES: Final = 3
"""How often a task is read anew when somebody else changes it at the same moment."""

UNDONE: Final = {"Call": "Not Held", "Task": "Canceled"}
"""The status of what did not happen after all."""

MISTAKEN: Final = "Sent twice by mistake: this did not happen"

_LOCKS: Final = tuple(threading.Lock() for _ in range(64))
"""One key is worked on by one thread of this process at a time, whichever adapter it has."""


class Delivery:
    """Delivers ops one by one."""

    def __init__(self, wire: Wire, locks: Sequence[threading.Lock] = _LOCKS) -> None:
        self._wire = wire
        self._locks = locks

    def apply(self, session: Session, op: Op) -> Result:
        """Deliver one op. Raises a `CrmError` when nothing was sent, or the credentials do not hold.

        Once something was written, a later step that cannot be taken leaves the whole uncertain.
        """
        with self._locks[hash(op.id) % len(self._locks)]:
            self._wire.hand.wrote = False
            try:
                return self._apply(session, op)
            except (Forbidden, Missing) as error:
                return self._refused(op, error)
            except Unkeyed:
                raise
            except Invalid as error:
                return Rejected(str(error), field=error.field)
            except Taken as error:
                return Retry(str(error))
            except (Throttled, Unavailable) as error:
                if not self._wire.hand.wrote:
                    raise
                return Ambiguous(str(error))

    def find(self, session: Session, op: Op) -> Applied | None:
        """Look for what an op has made, by its key; what only changes a record leaves nothing of its own."""
        match op.body:
            case Touch(channel="phone"):
                found = self._first("Call", session, op.id)
            case Touch() | Task():
                found = self._first("Task", session, op.id)
            case Note():
                found = self._left(op)
            case LeadCreate():
                found = self._first("Lead", session, op.id) if "Lead" in session.keys else None
            case _:
                found = None
        return Applied(str(found["id"]), replayed=True) if found else None

    def _refused(self, op: Op, error: CrmError) -> Result:
        """A refusal may be about the lead: gone, or given to somebody else."""
        if op.lead and (gone := missing(self._wire, op.lead)) is not None:
            return gone
        return Rejected(str(error), code="gone" if isinstance(error, Missing) else "forbidden")

    def _apply(self, session: Session, op: Op) -> Result:
        match op.body:
            case Touch(channel="phone") as touch:
                return self._made("Call", session, op.id, call_values(op, touch, session.me))
            case Touch() as touch:
                return self._made("Task", session, op.id, touch_values(op, touch, session.me))
            case Note(text=words):
                return self.note(op, words)
            case Task() as step:
                return self._task(session, op, step)
            case TaskDone() as done:
                return self._done(session, op, done)
            case TakeBack() as back:
                return self._take_back(session, op, back)
            case LeadPatch() as body:
                return patch(self._wire, session, op, body, self.note)
            case LeadCreate() as body:
                return self._lead(session, op, create(self._wire, session, op, body))

    # Things made once -------------------------------------------------------------------------------------------

    def _made(self, kind: str, session: Session, key: str, values: Mapping[str, Any]) -> Applied:
        if found := self._only(kind, session, key):
            return Applied(str(found["id"]), replayed=True)
        attribute = session.key_of(kind)
        made = self._wire.create(kind, {**values, attribute: key})
        kept = self._only(kind, session, key)
        if kept is None:  # our field went since we looked, or the rep may not write it
            self._wire.delete(kind, made["id"])
            raise Unkeyed(f"{VENDOR} did not keep callsheet's key in a {kind}. {how_to_make(kind)}", field=attribute)
        return Applied(str(kept["id"]), version=records.text(made.get("modifiedAt")))

    def _lead(self, session: Session, op: Op, made: Result) -> Result:
        """A new lead, once: another process may have made it at the same moment."""
        if not isinstance(made, Applied) or made.replayed or "Lead" not in session.keys:
            return made
        kept = self._only("Lead", session, op.id)
        return made if kept is None else replace(made, remote_id=str(kept["id"]))

    def _keyed(self, kind: str, session: Session, keys: Iterable[str]) -> dict[str, list[Row]]:
        """All that carry each key, the first one made first."""
        attribute, wanted = session.key_of(kind), list(dict.fromkeys(keys))
        found: dict[str, list[Row]] = {key: [] for key in wanted}
        for start in range(0, len(wanted), CHUNK):
            part = wanted[start : start + CHUNK]
            where = equals(attribute, part[0]) if len(part) == 1 else one_of(attribute, part)
            try:
                rows = self._wire.every(kind, [where], ["createdAt", "createdById", attribute])
            except Invalid as error:  # the field was there when we began
                raise Unkeyed(f"{error} {how_to_make(kind)}", field=attribute) from None
            for row in rows:
                found.setdefault(str(row.get(attribute)), []).append(row)
        for rows in found.values():
            rows.sort(key=lambda row: (str(row.get("createdAt")), str(row["id"])))
        return found

    def _first(self, kind: str, session: Session, key: str) -> Row | None:
        return next(iter(self._keyed(kind, session, [key])[key]), None)

    def _only(self, kind: str, session: Session, key: str) -> Row | None:
        """The first that carries a key; what else carries it is removed."""
        found = self._keyed(kind, session, [key])[key]
        for extra in _made_here(found[1:], session):
            self._drop(kind, str(extra["id"]), session)
        return found[0] if found else None

    def tidied(self, kind: str, session: Session, keys: Iterable[str]) -> tuple[set[str], set[str]]:
        """Remove what came from here though an earlier record has its key: it arrived after its sender had given up.

        Returns the ids that are gone, and those of copies that somebody made there.
        """
        gone, copies = set[str](), set[str]()
        for rows in self._keyed(kind, session, keys).values():
            extras = _made_here(rows[1:], session)
            for extra in extras:
                self._drop(kind, str(extra["id"]), session)
            gone |= {str(row["id"]) for row in extras}
            copies |= {str(row["id"]) for row in rows[1:]} - gone
        return gone, copies

    def _drop(self, kind: str, one: str, session: Session | None = None) -> None:
        """Remove what was made twice; where the rep may not delete, it loses our key and says that it is a mistake."""
        try:
            self._wire.delete(kind, one)
        except Missing:
            return
        except Forbidden:
            if session is not None:
                told = {session.key_of(kind): None, "description" if kind == "Lead" else "name": MISTAKEN}
                self._undone(kind, one, told, UNDONE.get(kind) or session.status("closed"))

    def _undone(self, kind: str, one: str, values: Mapping[str, Any], status: str) -> None:
        try:
            self._wire.update(kind, one, {**values, **({"status": status} if status else {})})
        except (Missing, Forbidden):
            return

    def note(self, op: Op, words: str) -> Applied:
        """A post in the lead's stream, once: its last line carries our key."""
        if found := self._post(op.lead, op.id):
            return Applied(str(found["id"]), replayed=True)
        self._wire.create(
            "Note", {"type": "Post", "parentType": "Lead", "parentId": op.lead, "post": records.marked(words, op.id)}
        )
        kept = self._posts(op.lead, op.id)
        if not kept:
            raise Drift(f"{VENDOR} took a note and does not show it.")
        for extra in kept[1:]:
            self._drop("Note", str(extra["id"]))
        return Applied(str(kept[0]["id"]))

    def _posts(self, lead: str, key: str) -> list[Row]:
        found = [row for row in self._wire.posts(lead) if records.unmarked(str(row.get("post") or ""))[1] == key]
        return sorted(found, key=lambda row: (str(row.get("createdAt")), str(row.get("id"))))

    def _post(self, lead: str, key: str) -> Row | None:
        return next(iter(self._posts(lead, key)), None)

    def _left(self, op: Op) -> Row | None:
        """The post of an op; where its lead is gone, its stream went with it, and nothing is left to look for."""
        try:
            return self._post(op.lead, op.id)
        except Missing:
            return None

    # Next steps -------------------------------------------------------------------------------------------------

    def _task(self, session: Session, op: Op, step: Task) -> Result:
        values = task_values(op, step, session.me)
        result = self._made("Task", session, op.id, values)
        if not result.replayed:
            return result
        wanted = {name: values[name] for name in values if name in MOVES}

        def moved(row: Row) -> dict[str, Any]:
            return {} if all((row.get(name) or None) == (value or None) for name, value in wanted.items()) else wanted

        return self._changed(result.remote_id, moved)

    def _done(self, session: Session, op: Op, body: TaskDone) -> Result:
        found = self._only("Task", session, body.task)
        one = str(found["id"]) if found else op.target
        if not one:
            return Applied(replayed=True)  # somebody deleted it: there is nothing left to do

        def finished(row: Row) -> dict[str, Any]:
            said = safe_text(body.text).strip()
            before = row.get("description") or ""
            told = {"description": f"{before}\n{said}".strip()} if said and said not in before else {}
            return {"status": "Completed", **told}

        return self._changed(one, finished)

    def _changed(self, one: str, values: Any) -> Result:
        """Change an open task from what it is now; EspoCRM refuses when somebody was faster."""
        for _ in range(TRIES):
            try:
                row = self._wire.get(f"Task/{one}")
            except Missing:
                return Applied(replayed=True)
            if row.get("status") in {"Completed", "Canceled"}:
                return Applied(one, replayed=True)
            wanted = values(row)
            if not wanted:
                return Applied(one, replayed=True)
            version = row.get("versionNumber")
            try:
                self._wire.update("Task", one, wanted, version=str(version) if isinstance(version, int) else "")
            except Taken:
                continue
            return Applied(one)
        return Retry(f"Somebody else is changing this task in {VENDOR}.")

    # Taking back ------------------------------------------------------------------------------------------------

    def _take_back(self, session: Session, op: Op, body: TakeBack) -> Result:
        """Delete what an op had made; where the rep may not, mark it as not done and say so."""
        if isinstance(body.was, Note):
            kind, found = "Note", self._posts(op.lead, body.of)
        else:
            phone = isinstance(body.was, Touch) and body.was.channel == "phone"
            kind = "Call" if phone else "Task"
            keyed = self._keyed(kind, session, [body.of])[body.of]
            found = _made_here(keyed, session) or keyed[:1]
        if not found:
            return Applied(replayed=True, how="it was not there")
        try:
            for row in found:
                self._gone(kind, str(row["id"]))
        except Forbidden:
            if kind in UNDONE:
                self._undone(kind, str(found[0]["id"]), {}, UNDONE[kind])
            title = body.was.text if isinstance(body.was, Note) else _title(body.was)
            return Applied(
                self.note(op, f"Taken back, this did not happen: {title}").remote_id, how="corrected by a note"
            )
        return Applied(str(found[0]["id"]), how="deleted")

    def _gone(self, kind: str, one: str) -> None:
        try:
            self._wire.delete(kind, one)
        except Missing:
            return


def _made_here(rows: Sequence[Row], session: Session) -> list[Row]:
    """Those that came from here: who copies a record in EspoCRM copies our key along, and wants both."""
    return [row for row in rows if row.get("createdById") == session.maker]


def _title(was: Touch | Task) -> str:
    return was.title if isinstance(was, Task) else f"{CHANNEL_WORDS[was.channel]}: {was.label or was.outcome}"


def failure(error: CrmError) -> Result:
    """What a failed call means for the op that it was to deliver."""
    match error:
        case Throttled():
            return Retry(str(error), after=error.after)
        case Unavailable():
            return Retry(str(error))
        case Uncertain() | Drift():
            return Ambiguous(str(error))
    return Rejected(str(error))
