"""Who we are in an org and what it has: asked once, kept, and asked anew by `whoami`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from callsheet.crm.salesforce.login import VENDOR
from callsheet.crm.salesforce.soql import is_id, quoted, select
from callsheet.crm.salesforce.wire import Missing, Row, Wire
from callsheet.crm.unkeyed import Unkeyed
from callsheet.domain.profile import folded
from callsheet.domain.text import one_line
from callsheet.sync.port import Check, Drift, Forbidden, Invalid

KEY: Final = "Callsheet_Id__c"
KEY_LENGTH: Final = 40
MAX_SKEW: Final = timedelta(minutes=2)

STATUS_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "working": ("working - contacted", "working", "contacted", "in progress", "attempted"),
    "connected": ("connected", "working - contacted", "working", "contacted", "in progress"),
    "meeting": ("meeting set", "meeting", "qualified", "working - contacted", "working", "contacted", "in progress"),
    "nurture": ("nurturing", "nurture", "recycled"),
    "won": ("qualified",),
    "closed": ("closed - not converted", "unqualified", "disqualified", "closed", "dead"),
}
"""Labels of a lead's status that mean our stage, the best first; a converted status cannot be set from outside."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object, as far as the rep may see it."""

    name: str
    creates: bool
    updates: bool
    external: bool
    unique: bool
    length: int
    options: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Session:
    """One rep in one org."""

    me: str
    signed_in: str
    """The user whose key it is, who may be another than the rep."""
    name: str
    organization: str
    timezone: str
    lead: Mapping[str, Field]
    task: Mapping[str, Field]
    key: str
    converted: frozenset[str] = frozenset()
    done: str = "Completed"
    todo: str = "Not Started"
    chosen: Mapping[str, str] = field(default_factory=dict)

    def status(self, stage: str) -> str:
        """The status that a stage of ours means here; empty when there is none like it."""
        options = self.lead["Status"].options if "Status" in self.lead else ()
        known = {folded(one): one for one in options if one not in self.converted}
        wanted = (self.chosen.get(f"status_{stage}", ""), *STATUS_WORDS.get(stage, ()))
        return next((known[folded(one)] for one in wanted if one and folded(one) in known), "")

    def is_closed(self, status: str) -> bool:
        """Whether a lead with this status is no longer worked."""
        words = STATUS_WORDS["closed"]
        return folded(status) in words or (bool(status) and status == self.status("closed"))

    @property
    def keyed(self) -> bool:
        """Whether tasks have our field, and it is an external id."""
        return self.key in self.task and self.task[self.key].external

    def needed_key(self) -> str:
        """Our field on tasks. Raises `Unkeyed` when it is not there."""
        if not self.keyed:
            raise Unkeyed(f"Activities in {VENDOR} lack callsheet's field. {how_to_make(self.key)}", field=self.key)
        return self.key


def how_to_make(key: str) -> str:
    """What an administrator has to do for our field."""
    return (
        f"An administrator makes it in Setup, Object Manager, Activity, Fields, New: Text, length {KEY_LENGTH}, "
        f"External ID and Unique ticked, with the API name {key}, and gives the rep's profile access to it. A field "
        "of another name is told by the option key_field."
    )


def begin(wire: Wire, user: str, options: Mapping[str, str]) -> Session:
    """Ask who the rep is and what there is. Raises what `sync.port` lists for a whole call."""
    info = wire.userinfo()
    key = options.get("key_field", "") or KEY
    if not re.fullmatch(r"[A-Za-z]\w{0,79}", key, re.ASCII):
        raise Invalid(f"{one_line(key, 100)} is no name of a field.", field="key_field")
    me, who = str(info.get("user_id") or ""), user.strip()
    if not is_id(me):
        raise Drift(f"{VENDOR} does not say who we are.")
    where = f"(Username = {quoted(who)} OR Email = {quoted(who)}) AND IsActive = true" if who else f"Id = {quoted(me)}"
    found = wire.query(select("User", "Id, Name, TimeZoneSidKey", where, " ORDER BY Id LIMIT 2"))
    if who and len(found) != 1:
        many = "Several users of this org have" if found else "No user of this org has"
        raise Invalid(f"{many} the name or address {one_line(who, 100)} in {VENDOR}.", field="user")
    row = found[0] if found else {}
    return Session(
        me=str(row.get("Id") or me),
        signed_in=me,
        name=one_line(str(row.get("Name") or info.get("name") or me), 200),
        organization=_organization(wire) or one_line(str(info.get("organization_id") or ""), 200),
        timezone=one_line(str(row.get("TimeZoneSidKey") or info.get("zoneinfo") or ""), 100),
        lead=_fields(wire.describe("Lead")),
        task=_fields(wire.describe("Task")),
        key=key,
        converted=frozenset(_labels(wire, "SELECT MasterLabel FROM LeadStatus WHERE IsConverted = true")),
        done=next(
            iter(_labels(wire, "SELECT MasterLabel FROM TaskStatus WHERE IsClosed = true ORDER BY SortOrder")),
            "Completed",
        ),
        todo=next(
            iter(_labels(wire, "SELECT MasterLabel FROM TaskStatus WHERE IsClosed = false ORDER BY SortOrder")),
            "Not Started",
        ),
        chosen=options,
    )


def _organization(wire: Wire) -> str:
    try:
        rows = wire.query("SELECT Name FROM Organization LIMIT 1")
    except (Forbidden, Invalid, Missing):
        return ""
    return one_line(str(rows[0].get("Name") or ""), 200) if rows else ""


def _fields(described: Row) -> dict[str, Field]:
    rows = described.get("fields")
    if not isinstance(rows, list):
        raise Drift(f"{VENDOR} does not say which fields it has.")
    found = {row["name"]: _field(row) for row in rows if isinstance(row, dict) and isinstance(row.get("name"), str)}
    if not {"Id", "Status"} <= found.keys():  # which nobody can hide
        raise Drift(f"{VENDOR} does not say which fields it has.")
    return found


def _field(row: Mapping[str, Any]) -> Field:
    values = row.get("picklistValues") or []
    options = [str(one.get("value")) for one in values if isinstance(one, dict) and one.get("active") is not False]
    return Field(
        name=row["name"],
        creates=row.get("createable") is True,
        updates=row.get("updateable") is True,
        external=row.get("externalId") is True,
        unique=row.get("unique") is True,
        length=row["length"] if isinstance(row.get("length"), int) else 0,
        options=tuple(options),
    )


def _labels(wire: Wire, soql: str) -> list[str]:
    try:
        return [str(row.get("MasterLabel") or "") for row in wire.query(soql)]
    except (Forbidden, Invalid, Missing):
        return []


def findings(session: Session, skew: timedelta, usage: str, *, makes: bool, refused: str = "") -> list[Check]:
    """What `connect` tells the rep, one line each: `makes` is whether our field can be made, `refused` why not."""
    task, lead = session.task, session.lead
    found = [
        Check("access", ok=True, detail=f"{session.name} in the org {session.organization}"),
        _key_check(session, makes=makes and not refused, refused=refused),
    ]
    if not (session.key in lead and lead[session.key].external):
        told = f"Leads lack the field {session.key}: new ones are known by address, or by number and name."
        can = makes and not refused and session.key not in lead
        found.append(Check("delivery key of leads", ok=True, detail=told, can_create=can))
    for name, where, kind in (("Status", lead, "leads"), ("DoNotCall", lead, "leads"), ("Subject", task, "activities")):
        ok = name in where and where[name].updates
        told = "" if ok else f"The rep's profile may not write the field {name} of {kind}."
        found.append(Check(f"{kind}: {name}", ok=ok, detail=told))
    hidden = [name for name in ("CallDurationInSeconds", "CallDisposition", "CallType") if name not in task]
    told = f"Not shown to the rep, so only told in the text: {', '.join(hidden)}." if hidden else ""
    found.append(Check("calls", ok=True, detail=told))
    missing = [stage for stage in STATUS_WORDS if not session.status(stage)]
    found.append(Check("statuses", ok=True, detail=f"Told in a note: {', '.join(missing)}." if missing else ""))
    found.append(Check("requests", ok=True, detail=usage))
    if abs(skew) > MAX_SKEW:
        way = "behind" if skew > timedelta(0) else "ahead of"
        minutes = round(abs(skew).total_seconds() / 60)
        found.append(
            Check("clock", ok=False, detail=f"This machine is {minutes} minutes {way} {VENDOR}; set its clock.")
        )
    return found


def _key_check(session: Session, *, makes: bool, refused: str) -> Check:
    key, told = session.task.get(session.key), ""
    if key is None:
        told = f"Activities lack the field {session.key}, by which nothing is delivered twice. "
        told += "" if makes else how_to_make(session.key)
        told += f" Callsheet could not make it: {refused}" if refused else ""
    elif not key.external:
        told = f"The field {session.key} of activities is no External ID. {how_to_make(session.key)}"
    elif 0 < key.length < KEY_LENGTH:
        told = f"The field {session.key} holds {key.length} characters; make it {KEY_LENGTH}."
    elif not key.creates:
        told = f"The rep's profile may not write the field {session.key} of activities."
    return Check("delivery key", ok=not told, detail=told.strip(), can_create=key is None and makes)
