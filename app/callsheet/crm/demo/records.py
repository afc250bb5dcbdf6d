"""What the demo CRM keeps: records, what their properties were before, and which records belong together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from callsheet.crm.demo.refusal import Refusal, invalid, not_found
from callsheet.crm.demo.schema import (
    ACTIVITIES,
    CONTACTS,
    LEAD_PIPELINE,
    LEAD_STAGES,
    LEADS,
    LIFECYCLE,
    MAX_TEXT,
    Kind,
    Property,
    Schema,
    created_name,
    modified_name,
)

EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Record:
    """One object; `past` holds earlier values by property (newest first), `shown` what the search index knew when."""

    id: str
    kind: Kind
    properties: dict[str, str]
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None
    past: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)
    shown: list[tuple[datetime, dict[str, str]]] = field(default_factory=list)


class Book:
    """All records of the account. Every check of a value happens here; nothing here knows of requests."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.records: dict[Kind, dict[str, Record]] = {kind: {} for kind in schema.kinds}
        self.links: dict[tuple[Kind, str], set[tuple[Kind, str]]] = defaultdict(set)
        self.next_id = 1001
        self.merged: dict[str, str] = {}
        self.keep_shown = False
        self.owners: set[str] = set()
        """The ids of those who may own records."""
        self._keys: dict[tuple[Kind, str, str], str] = {}

    def __iter__(self) -> Iterator[Record]:
        for table in self.records.values():
            yield from table.values()

    def add(self, record: Record) -> None:
        """Take in a record as it is, checked before."""
        self.records[record.kind][record.id] = record
        self._index(record)

    def get(self, kind: Kind, record: str, *, archived: bool = False) -> Record:
        """The record with this id. Raises `Refusal` (404) when it is not there, or only among the archived."""
        found = self.records[kind].get(record)
        if found is None or (found.archived_at is not None) != archived:
            raise not_found(kind, record)
        return found

    def by(self, kind: Kind, name: str, value: str) -> Record | None:
        """The record whose unique property has this value. Raises `Refusal` when the property is not unique."""
        known = self.schema[kind].get(name)
        if known is None or not known.unique:
            raise Refusal(f"Unable to perform update/upsert by non-unique {kind} property {name}")
        found = self._keys.get((kind, name, folded(name, value)))
        return None if found is None else self.records[kind][found]

    def create(self, kind: Kind, values: Mapping[str, str | None], now: datetime) -> Record:
        """Make a record. Raises `Refusal` for values that are not allowed, or that another record has."""
        wanted = self._checked(kind, values)
        if kind in ACTIVITIES and not wanted.get("hs_timestamp"):
            raise invalid("hs_timestamp", f"Error creating {kind}. hs_timestamp is required.", "REQUIRED_FIELD")
        if kind == LEADS:
            if not wanted.get("hs_lead_name"):
                raise invalid("hs_lead_name", "Error creating lead. hs_lead_name is required.", "REQUIRED_FIELD")
            wanted = {"hs_pipeline": LEAD_PIPELINE, "hs_pipeline_stage": LEAD_STAGES[0][0], **wanted}
        self._free(kind, wanted, None)
        record = Record(str(self.next_id), kind, {}, now, now)
        self.next_id += 1
        record.properties[created_name(kind)] = text(now)
        record.properties["hs_object_id"] = record.id
        self._write(record, wanted, now)
        self.add(record)
        return record

    def update(self, record: Record, values: Mapping[str, str | None], now: datetime) -> None:
        """Set properties; an empty value clears one. Raises `Refusal` like `create`."""
        wanted = self._checked(record.kind, values)
        self._free(record.kind, wanted, record.id)
        self._unindex(record)
        self._write(record, wanted, now)
        self._index(record)

    def put(self, record: Record, values: Mapping[str, str], now: datetime) -> None:
        """Set properties that only the CRM itself may set."""
        self._write(record, values, now)

    def archive(self, record: Record, now: datetime) -> None:
        """Delete a record: it is listed among the archived ones, and its unique values are free again."""
        self._unindex(record)
        record.archived_at = now
        record.updated_at = now

    def link(self, one: tuple[Kind, str], other: tuple[Kind, str]) -> None:
        """Say that two records belong together, which may be said again. Raises `Refusal` (404)."""
        for kind, record in (one, other):
            self.get(kind, record)
        self.links[one].add(other)
        self.links[other].add(one)

    def linked(self, kind: Kind, record: str, to: Kind) -> list[str]:
        """The ids of the records of one type that belong to a record, oldest first; archived ones are left out."""
        table = self.records[to]
        found = [other for of, other in self.links.get((kind, record), ()) if of == to]
        return sorted((other for other in found if table[other].archived_at is None), key=int)

    def merge(self, kept: Record, gone: Record, now: datetime, *, new_id: bool) -> Record:
        """Make one of two contacts: values of `gone` fill blanks, its activities move, and its id is no more."""
        parts = [kept, gone] if new_id else [gone]
        ids = [part.id for part in (kept, gone)] if new_id else [gone.id]
        fill = {name: value for name, value in gone.properties.items() if not kept.properties.get(name)}
        for part in (kept, gone):
            self._unindex(part)
        survivor = kept
        if new_id:
            survivor = Record(str(self.next_id), kept.kind, dict(kept.properties), kept.created_at, now)
            survivor.properties["hs_object_id"] = survivor.id
            self.next_id += 1
        known = [one for one in kept.properties.get("hs_merged_object_ids", "").split(";") if one]
        known += [one for one in gone.properties.get("hs_merged_object_ids", "").split(";") if one]
        self._write(survivor, {**fill, "hs_merged_object_ids": ";".join([*known, *ids])}, now)
        self.add(survivor)
        for part in parts:
            self._move_links(part, survivor)
            del self.records[part.kind][part.id]
            self.merged[part.id] = survivor.id
        return survivor

    def _move_links(self, part: Record, survivor: Record) -> None:
        old, new = (part.kind, part.id), (survivor.kind, survivor.id)
        for other in self.links.pop(old, set()):
            self.links[other].discard(old)
            self.links[other].add(new)
            self.links[new].add(other)

    def _checked(self, kind: Kind, values: Mapping[str, str | None]) -> dict[str, str]:
        known = self.schema[kind]
        owner = values.get("hubspot_owner_id") or ""
        if owner and owner not in self.owners:
            raise invalid("hubspot_owner_id", f"Owner {owner[:50]} does not exist", "INVALID_OWNER_ID")
        return {name: _checked(known, name, value) for name, value in values.items()}

    def _free(self, kind: Kind, values: Mapping[str, str], mine: str | None) -> None:
        for name, value in values.items():
            if not (value and self.schema[kind][name].unique):
                continue
            holder = self._keys.get((kind, name, folded(name, value)))
            if holder is not None and holder != mine:
                what = "Contact already exists" if kind == CONTACTS and name == "email" else "Value already exists"
                raise Refusal(f"{what}. Existing ID: {holder}", status=409, category="CONFLICT")

    def _write(self, record: Record, values: Mapping[str, str], now: datetime) -> None:
        if self.keep_shown and record.properties.get("hs_object_id"):
            record.shown.append((record.updated_at, dict(record.properties)))
        if values.get("hubspot_owner_id", held := record.properties.get("hubspot_owner_id", "")) != held:
            values = {**values, "hubspot_owner_assigneddate": text(now)}
        for name, value in values.items():
            if name == "lifecyclestage" and _backward(record.properties.get(name, ""), value):
                continue
            if record.properties.get(name, "") != value:
                record.past.setdefault(name, []).insert(0, (now, value))
            if value:
                record.properties[name] = value
            else:
                record.properties.pop(name, None)
        record.updated_at = now
        record.properties[modified_name(record.kind)] = text(now)

    def _index(self, record: Record) -> None:
        if record.archived_at is None:
            self._keys.update((key, record.id) for key in self._unique_values(record))

    def _unindex(self, record: Record) -> None:
        for key in self._unique_values(record):
            self._keys.pop(key, None)

    def _unique_values(self, record: Record) -> Iterable[tuple[Kind, str, str]]:
        for name, known in self.schema[record.kind].items():
            value = record.properties.get(name, "")
            if known.unique and value:
                yield record.kind, name, folded(name, value)


def text(at: datetime) -> str:
    """A time as HubSpot writes it: ISO 8601 in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parsed(value: str) -> datetime:
    """A time as HubSpot reads it: epoch milliseconds or ISO 8601. Raises ValueError."""
    if re.fullmatch(r"-?\d{1,15}", value):
        return _EPOCH + timedelta(milliseconds=int(value))
    at = datetime.fromisoformat(value)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def folded(name: str, value: str) -> str:
    """A unique value in the form in which it is compared: addresses without regard to case."""
    return value.casefold() if name == "email" else value


def _backward(current: str, wanted: str) -> bool:
    return current in LIFECYCLE and wanted in LIFECYCLE and LIFECYCLE.index(wanted) < LIFECYCLE.index(current)


def _checked(known: Mapping[str, Property], name: str, value: str | None) -> str:
    found = known.get(name)
    if found is None:
        raise invalid(name, f'Property "{name}" does not exist', "PROPERTY_DOESNT_EXIST")
    if found.read_only:
        raise invalid(name, f'"{name}" is a read only property; its value cannot be set.', "READ_ONLY_VALUE")
    if not value:
        return ""
    if len(value) > MAX_TEXT:
        raise invalid(name, f'"{name}" is longer than {MAX_TEXT} characters.', "INVALID_LENGTH")
    if not found.accepts(value):
        raise invalid(name, f"{value[:50]} was not one of the allowed options of {name}.", "INVALID_OPTION")
    return _typed(found, value)


def _typed(known: Property, value: str) -> str:
    try:
        match known.type:
            case "datetime":
                return text(parsed(value))
            case "number":
                float(value)
            case "bool":
                if value not in {"true", "false"}:
                    raise ValueError(value)
            case _:
                if known.name == "email" and not EMAIL.fullmatch(value):
                    raise ValueError(value)
    except (ValueError, OverflowError):
        raise invalid(known.name, f"{value[:50]} is no {known.type} for {known.name}.", "INVALID_VALUE") from None
    return value
