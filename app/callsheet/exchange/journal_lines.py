"""The journal as JSON Lines: for the file, each plan, note, conflict and action a line, and for each of its events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, Final, Literal, cast

import msgspec

from callsheet.domain.events import BODIES, Event, Origin
from callsheet.domain.text import one_line
from callsheet.services.book_copy import BookCopy, Disputed, Line, Noted, PlanVersion
from callsheet.services.desk import Action

SCHEMA: Final = 1

_encode = msgspec.json.Encoder().encode


class BadJournal(ValueError):
    """The file is no journal of callsheet, or a damaged one; the message names the line."""


class _Head(msgspec.Struct, tag_field="line", tag="journal"):
    schema: int
    exported_at: datetime


class _Plan(msgspec.Struct, tag_field="line", tag="plan"):
    name: str
    version: int
    body: msgspec.Raw


class _Note(msgspec.Struct, tag_field="line", tag="note"):
    name: str
    value: msgspec.Raw


class _Conflict(msgspec.Struct, tag_field="line", tag="conflict"):
    crm: str
    lead: str
    field: str
    mine: str
    theirs: str
    at: datetime
    decided: str = ""


class _Action(msgspec.Struct, tag_field="line", tag="action"):
    id: str
    at: datetime
    label: str
    kind: Literal["do", "undo", "fact"] = "do"
    target: str = ""
    events: int = 0


class _Event(msgspec.Struct, tag_field="line", tag="event"):
    id: str
    lead: str
    at: datetime
    zone: str
    recorded_at: datetime
    origin: Origin
    kind: str
    body: msgspec.Raw


class _End(msgspec.Struct, tag_field="line", tag="end"):
    actions: int
    events: int


_decode = msgspec.json.Decoder(_Head | _Plan | _Note | _Conflict | _Action | _Event | _End).decode


def write_journal(file: BinaryIO, copy: BookCopy, now: datetime) -> int:
    """Write all lines; return how many events there are. The last line says how much there was, so that a cut shows."""
    file.write(_encode(_Head(SCHEMA, now)) + b"\n")
    file.writelines(_encode(_Plan(plan.name, plan.version, msgspec.Raw(plan.body))) + b"\n" for plan in copy.plans())
    file.writelines(_encode(_Note(note.name, msgspec.Raw(note.value))) + b"\n" for note in copy.notes())
    file.writelines(
        _encode(_Conflict(one.crm, one.lead, one.field, one.mine, one.theirs, one.at, one.decided)) + b"\n"
        for one in copy.disputes()
    )
    did = total = 0
    for action in copy.actions():
        did += 1
        total += len(action.events)
        head = _Action(action.id, action.at, action.label, action.kind, action.target, len(action.events))
        file.write(_encode(head) + b"\n")
        for event in action.events:
            body = msgspec.Raw(_encode(event.body))
            line = _Event(event.id, event.lead, event.at, event.zone, event.recorded_at, event.origin, event.kind, body)
            file.write(_encode(line) + b"\n")
    file.write(_encode(_End(did, total)) + b"\n")
    return total


def read_journal(file: BinaryIO) -> Iterator[Line]:
    """Yield plans, notes and conflicts, then the actions with their events, as they were written.

    Raises:
        BadJournal: a line is none of a journal's, or lines are missing.
    """
    lines = _numbered(file)
    _, head = next(lines, (1, None))
    if not isinstance(head, _Head):
        raise BadJournal("line 1: this is no journal of callsheet")
    if head.schema != SCHEMA:
        raise BadJournal(f"line 1: the journal is of version {head.schema}: update callsheet to read it")
    did = total = 0
    for number, line in lines:
        match line:
            case _Plan():
                yield PlanVersion(line.name, line.version, bytes(line.body))
            case _Note():
                yield Noted(line.name, bytes(line.value))
            case _Conflict():
                yield _disputed(line, number)
            case _Action():
                events = tuple(_event(line, next(lines, (number, None))) for _ in range(line.events))
                did, total = did + 1, total + len(events)
                yield Action(line.id, line.at, line.label, events, line.kind, line.target)
            case _End():
                if (line.actions, line.events) != (did, total):
                    raise BadJournal(f"line {number}: {line.actions} actions were written, {did} are here")
                if next(lines, None) is not None:
                    raise BadJournal(f"line {number}: there is more after the end")
                return
            case _:
                raise BadJournal(f"line {number}: a line is out of its place")
    raise BadJournal("the end is missing: the file was cut off")


def _disputed(line: _Conflict, number: int) -> Disputed:
    if line.at.tzinfo is None:
        raise BadJournal(f"line {number}: a time has no zone")
    return Disputed(line.crm, line.lead, line.field, line.mine, line.theirs, line.at, line.decided)


def _event(action: _Action, line: tuple[int, object]) -> Event:
    number, found = line
    if not isinstance(found, _Event):
        raise BadJournal(f"line {number}: an event is missing here")
    kind = BODIES.get(found.kind)
    if kind is None:
        raise BadJournal(f"line {number}: no event is of the kind {one_line(found.kind, 40)}: update callsheet")
    if found.at.tzinfo is None or found.recorded_at.tzinfo is None:
        raise BadJournal(f"line {number}: a time has no zone")
    try:
        body = msgspec.json.decode(found.body, type=kind)
    except msgspec.DecodeError as error:
        raise BadJournal(f"line {number}: {one_line(str(error), 200)}") from error
    return Event(
        found.id, found.lead, action.id, found.at, found.zone, found.recorded_at, found.origin, body
    )  # fmt: skip


def _numbered(file: BinaryIO) -> Iterator[tuple[int, object]]:
    for number, line in enumerate(file, 1):
        try:
            yield number, cast("object", _decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadJournal(f"line {number}: {one_line(str(error), 200)}") from error
