"""Records known by our key: found by it, and written so that doing it again has no second effect.

Where the account has unique properties HubSpot itself sees to that. Where its plan has none, a record is looked up
first; the search lags, so the sync core waits before it asks again about a write whose reply was lost.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from callsheet.crm.hubspot.contacts import KEY
from callsheet.crm.hubspot.shapes import Batch, Input, ItemError, Record
from callsheet.crm.hubspot.wire import BATCH, Wire, parts, where
from callsheet.sync.port import Drift, Invalid

MAX_KNOWN: Final = 10_000
"""How many keys of this session are remembered while the search does not show them yet."""


@dataclass(frozen=True, slots=True)
class Put:
    """What became of a batch: the records that are there now, by key, and why others are not."""

    done: Mapping[str, Record]
    refused: Mapping[str, ItemError]


class Keyed:
    """The records of an account by key; `unique` are the object types whose key is a unique property there."""

    def __init__(self, wire: Wire, unique: frozenset[str]) -> None:
        self._wire = wire
        self._unique = unique
        self._known: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def find(self, kind: str, keys: Sequence[str], properties: Iterable[str]) -> dict[str, Record]:
        """The records with these keys that are there, by key."""
        wanted = [*properties, KEY]
        keys = list(dict.fromkeys(keys))
        if kind in self._unique:
            return {one.get(KEY): one for one in self._wire.read(kind, keys, wanted, key=KEY)}
        found: dict[str, Record] = {}
        for part in parts(keys, BATCH):
            page = self._wire.search(kind, [where(KEY, "IN", ";".join(part))], wanted)
            found.update((one.get(KEY), one) for one in page.results)
        with self._lock:
            ids = [self._known[kind, key] for key in keys if key not in found and (kind, key) in self._known]
        if ids:
            found.update((one.get(KEY), one) for one in self._wire.read(kind, ids, wanted))
        return found

    def remember(self, records: Mapping[tuple[str, str], str]) -> None:
        """Keep the ids of records by kind and key, so that they are found before the search shows them."""
        with self._lock:
            if len(self._known) > MAX_KNOWN:
                self._known.clear()
            self._known.update(records)

    def put(self, kind: str, inputs: Sequence[Input]) -> Put:
        """Make or change records by key, at most a batch.

        Raises:
            Invalid: some are refused and the answer does not say which; each for itself would tell.
        """
        if kind in self._unique:
            answers = [self._wire.upsert(kind, KEY, inputs)]
            key_of = {one.key: one.key for one in inputs}
        else:
            answers, key_of = self._put_by_search(kind, inputs)
        nameless = any(not error.traces for answer in answers for error in answer.errors)
        if _told(answers, key_of) or (nameless and (len(inputs) == 1 or kind not in self._unique)):
            return sorted_out(answers, inputs, key_of)
        if nameless:
            raise Invalid("HubSpot refuses some of these and does not say which.")  # sent again one by one
        there = self.find(kind, [one.key for one in inputs], ())
        return sorted_out([*answers, Batch(list(there.values()))], inputs, key_of)

    def _put_by_search(self, kind: str, inputs: Sequence[Input]) -> tuple[list[Batch], dict[str, str]]:
        there = {key: one.id for key, one in self.find(kind, [one.key for one in inputs], ()).items()}
        old = [Input(there[one.key], one.properties) for one in inputs if one.key in there]
        new = [Input(one.key, {**one.properties, KEY: one.key}) for one in inputs if one.key not in there]
        answers = [self._wire.update(kind, old)] if old else []
        if new:
            made = self._wire.create(kind, new)
            answers.append(Batch([_made(one) for one in made.results], made.errors))
            self.remember({(kind, one.get(KEY)): one.id for one in made.results})
        return answers, {one.key: one.key for one in new} | {record: key for key, record in there.items()}


def sorted_out(answers: Sequence[Batch], inputs: Sequence[Input], key_of: Mapping[str, str]) -> Put:
    """Which answer belongs to which input: by the trace it carries, or the key, or the id; never by place alone.

    Raises:
        Drift: the answer does not say what became of an input.
    """
    found: dict[str, Record] = {}
    refused: dict[str, ItemError] = {}
    errors = [error for answer in answers for error in answer.errors]
    for one in (record for answer in answers for record in answer.results):
        key = _named(one, key_of)
        if key:
            found.setdefault(key, one)
    for error in errors:
        refused.update((key_of[trace], error) for trace in error.traces if trace in key_of)
    lost = [one.key for one in inputs if one.key not in found and one.key not in refused]
    untold = [error for error in errors if not error.traces]
    if lost and not untold:
        raise Drift("HubSpot's answer does not say what became of each record.")
    for place, key in enumerate(lost):
        refused[key] = untold[min(place, len(untold) - 1)]
    return Put(found, refused)


def _told(answers: Sequence[Batch], key_of: Mapping[str, str]) -> bool:
    """Whether the answers say of every input what became of it."""
    named = {_named(one, key_of) for answer in answers for one in answer.results}
    named |= {key_of.get(trace, "") for answer in answers for error in answer.errors for trace in error.traces}
    return named.issuperset(key_of.values())


def _named(one: Record, key_of: Mapping[str, str]) -> str:
    names = (one.object_write_trace_id or "", one.get(KEY), one.id)
    return next((key_of[name] for name in names if name in key_of), "")


def _made(one: Record) -> Record:
    return Record(
        id=one.id,
        properties=one.properties,
        updated_at=one.updated_at,
        created_at=one.created_at,
        new=True,
        object_write_trace_id=one.object_write_trace_id,
    )
