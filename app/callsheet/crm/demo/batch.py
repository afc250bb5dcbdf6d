"""Batches in the demo CRM: a hundred inputs, each of which may fail by itself, and records as they are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from callsheet.crm.demo.nasty import Nasty
from callsheet.crm.demo.records import Book, Record, text
from callsheet.crm.demo.refusal import Refusal, not_found
from callsheet.crm.demo.schema import ACTIVITIES, COMPANIES, CONTACTS, LEADS, Kind, created_name, modified_name

Json = Any

MAX_INPUTS: Final = 100

TYPES: Final[Mapping[tuple[Kind, Kind], int]] = {
    ("calls", CONTACTS): 194, ("calls", COMPANIES): 182, ("notes", CONTACTS): 202, ("notes", COMPANIES): 190,
    ("tasks", CONTACTS): 204, ("tasks", COMPANIES): 192, ("emails", CONTACTS): 198, ("emails", COMPANIES): 186,
    ("meetings", CONTACTS): 200, ("meetings", COMPANIES): 188, ("communications", CONTACTS): 81,
    ("communications", COMPANIES): 87, ("postal_mail", CONTACTS): 453, ("postal_mail", COMPANIES): 459,
    (LEADS, CONTACTS): 608, (LEADS, COMPANIES): 610, (CONTACTS, COMPANIES): 279,
    (CONTACTS, "calls"): 193, (CONTACTS, "notes"): 201, (CONTACTS, "tasks"): 203, (CONTACTS, "emails"): 197,
    (CONTACTS, "meetings"): 199, (CONTACTS, "communications"): 82, (CONTACTS, "postal_mail"): 454,
    **{(kind, LEADS): 9_000 + place for place, kind in enumerate((CONTACTS, *ACTIVITIES))},
}  # fmt: skip
"""The number of the default association from one object type to another; those to leads are this account's own."""

PRIMARY: Final = 578
"""The number of the association of a lead with the contact that it is about, which every new one needs."""

TARGETS: Final[Mapping[tuple[Kind, int], Kind]] = {
    (LEADS, PRIMARY): CONTACTS, **{(of, number): to for (of, to), number in TYPES.items()},
}  # fmt: skip


def written(body: Json) -> dict[str, str | None]:
    """The properties of a body, all of them text. Raises `Refusal` for any other type."""
    values = body.get("properties")
    if not isinstance(values, dict):
        raise Refusal("properties are missing.")
    for name, value in values.items():
        if value is not None and not isinstance(value, str):
            raise Refusal(f"{name[:50]} must be a string on the wire.")
    return values


def targets(book: Book, kind: Kind, body: Json) -> list[tuple[Kind, str]]:
    """What a new record belongs to. Raises `Refusal` for what does not exist, and for a lead without its contact."""
    found = []
    for association in body.get("associations") or []:
        to = TARGETS.get((kind, association["types"][0]["associationTypeId"]))
        if to is None:
            raise Refusal("No such association type.")
        found.append((to, book.get(to, str(association["to"]["id"])).id))
    if kind == LEADS and all(to != CONTACTS for to, _ in found):
        raise Refusal("A lead must be associated with an existing contact.")
    return found


def shown(nasty: Nasty, record: Record, names: Iterable[str], values: Mapping[str, str] | None = None) -> Json:
    """A record as an answer holds it: the properties asked for (null where blank) and those that always come."""
    held = record.properties if values is None else values
    always = ("hs_object_id", created_name(record.kind), modified_name(record.kind))
    answer: dict[str, Any] = {
        "id": record.id,
        "properties": {name: held.get(name) for name in dict.fromkeys([*names, *always])},
        "createdAt": text(record.created_at),
        "updatedAt": text(record.updated_at),
        "archived": record.archived_at is not None,
    }
    if record.archived_at is not None:
        answer["archivedAt"] = text(record.archived_at)
    if nasty.drift == "missing":
        del answer["properties"]
    if nasty.drift == "unknown":
        answer["properties"] = {**answer["properties"], "hs_lead_status": "MOONWALKING", always[2]: "the day before"}
    return answer


def one(book: Book, nasty: Nasty, kind: Kind, value: str, by: str, *, archived: bool = False) -> Record:
    """The record with this id, or with this value of a unique property. Raises `Refusal` (404)."""
    if by and by != "hs_object_id":
        found = book.by(kind, by, value)
        if found is None:
            raise not_found(kind, value)
        return found
    if nasty.merged == "answers":
        while value in book.merged:
            value = book.merged[value]
    return book.get(kind, value, archived=archived)


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch request, carried out input by input."""

    book: Book
    nasty: Nasty
    now: datetime

    def read(self, kind: Kind, inputs: Sequence[Json], body: Json, *, archived: bool) -> tuple[int, Json]:
        """Find records by id or by a unique property; those that are not there are told among the errors."""
        names = [str(name) for name in body.get("properties") or []]
        past = [str(name) for name in body.get("propertiesWithHistory") or []]
        if past and len(inputs) > MAX_INPUTS // 2:
            raise Refusal(f"With history a batch holds at most {MAX_INPUTS // 2} inputs.")
        results, missing = [], []
        for item in inputs:
            value = str(item.get("id"))
            try:
                record = one(self.book, self.nasty, kind, value, str(body.get("idProperty") or ""), archived=archived)
            except Refusal as refusal:
                if refusal.status != 404:
                    raise
                missing.append(value)
                continue
            found = shown(self.nasty, record, names)
            if past:
                found["propertiesWithHistory"] = {name: _history(record, name) for name in past}
            results.append(found)
        errors = [_missing(kind, missing)] if missing else []
        return self._answer(results, errors)

    def write(
        self, kind: Kind, inputs: Sequence[Json], act: Callable[[Kind, Json], tuple[Record, Json]]
    ) -> tuple[int, Json]:
        """Carry out `act` for each input. Raises `Refusal` for inputs that mean the same record."""
        ids = [(item.get("idProperty"), item.get("id")) for item in inputs if item.get("id")]
        if len(set(ids)) != len(ids):
            raise Refusal("Duplicate IDs found in batch input.")
        if self.nasty.whole_batch:
            for item in inputs:
                self._allowed(kind, item)
        results, errors = [], []
        for item in inputs:
            trace = str(item.get("objectWriteTraceId") or "")
            try:
                self._allowed(kind, item)
                record, extra = act(kind, item)
            except Refusal as refusal:
                if self.nasty.whole_batch:
                    raise
                errors.append(refusal.item("" if self.nasty.anonymous else trace))
                continue
            named = {"objectWriteTraceId": trace} if trace and not self.nasty.anonymous else {}
            found = shown(self.nasty, record, [] if self.nasty.anonymous else list(item["properties"]))
            results.append({**found, **extra, **named})
        return self._answer(results, errors)

    def create(self, kind: Kind, item: Json) -> tuple[Record, Json]:
        """Make a record, with what it belongs to."""
        links = targets(self.book, kind, item)
        record = self.book.create(kind, written(item), self.now)
        for link in links:
            self.book.link((kind, record.id), link)
        return record, {}

    def update(self, kind: Kind, item: Json) -> tuple[Record, Json]:
        """Change a record that is there."""
        record = one(self.book, self.nasty, kind, str(item.get("id")), str(item.get("idProperty") or ""))
        self.book.update(record, written(item), self.now)
        return record, {}

    def upsert(self, kind: Kind, item: Json) -> tuple[Record, Json]:
        """Change the record with this unique value, or make it."""
        name, value = str(item.get("idProperty") or ""), str(item.get("id") or "")
        record = self.book.by(kind, name, value)
        if record is None:
            targets(self.book, kind, item)
            return self.book.create(kind, {**written(item), name: value}, self.now), {"new": True}
        self.book.update(record, written(item), self.now)
        return record, {"new": False}

    def associate(self, kind: Kind, to: Kind, inputs: Sequence[Json]) -> tuple[int, Json]:
        """Say of pairs of records that they belong together; saying it again changes nothing."""
        number = TYPES.get((kind, to))
        if number is None:
            raise Refusal(f"{kind} and {to} cannot be associated.")
        spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": number}
        results, errors = [], []
        for item in inputs:
            one_id, other = str(item["from"]["id"]), str(item["to"]["id"])
            try:
                self.book.link((kind, one_id), (to, other))
            except Refusal as refusal:
                errors.append({**refusal.item(""), "context": {"fromObjectId": [one_id], "toObjectId": [other]}})
                continue
            results.append({"from": {"id": one_id}, "to": {"id": other}, "associationSpec": spec})
        return self._answer(results, errors)

    def associations(self, kind: Kind, to: Kind, ids: Sequence[str]) -> tuple[int, Json]:
        """Which records of a type belong to each of these; those with none are told among the errors."""
        results, errors = [], []
        for record in ids:
            linked = self.book.linked(kind, record, to)
            if not linked:
                refusal = Refusal(f"No {to} is associated with {record}.", category="OBJECT_NOT_FOUND")
                errors.append({**refusal.item(""), "context": {"fromObjectId": [record]}})
                continue
            label = {"category": "HUBSPOT_DEFINED", "typeId": TYPES.get((kind, to), 0), "label": None}
            results.append(
                {
                    "from": {"id": record},
                    "to": [{"toObjectId": int(other), "associationTypes": [label]} for other in linked],
                }
            )
        return self._answer(results, errors)

    def _allowed(self, kind: Kind, item: Json) -> None:
        key = str(item.get("id") or "")
        by = str(item.get("idProperty") or "")
        new = not key or (bool(by) and self.book.by(kind, by, key) is None)
        self.nasty.check(kind, key, written(item), new=new)

    def _answer(self, results: list[Json], errors: list[Json]) -> tuple[int, Json]:
        at = text(self.now)
        body = {"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at}
        if self.nasty.shuffled:
            body["results"] = results[::-1]
        if not errors:
            return 200, body
        return 207, {**body, "numErrors": len(errors), "errors": errors}


def _history(record: Record, name: str) -> list[Json]:
    return [{"value": value, "timestamp": text(at), "sourceType": "CRM_UI"} for at, value in record.past.get(name, [])]


def _missing(kind: Kind, ids: Sequence[str]) -> Json:
    refusal = Refusal(
        f"Could not get some {kind} objects, they may be deleted or not exist.", category="OBJECT_NOT_FOUND"
    )
    return {**refusal.item(""), "context": {"ids": list(ids)}}
