"""Writing leads to Salesforce: their status, do-not-contact, profile fields, and new ones."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from callsheet.crm.colleagues import Colleague, Company
from callsheet.crm.phones import e164, spellings
from callsheet.crm.plain_words import patched
from callsheet.crm.salesforce.login import VENDOR
from callsheet.crm.salesforce.records import (
    LEAD_FIELDS,
    STOPS,
    lead,
    new_lead,
    profile_values,
    select,
    stop_values,
    text,
)
from callsheet.crm.salesforce.session import Session
from callsheet.crm.salesforce.soql import instant, is_id, listed, quoted
from callsheet.crm.salesforce.soql import select as soql_select
from callsheet.crm.salesforce.wire import Row, Stale, Taken, Wire
from callsheet.domain.profile import Profile, flat, folded
from callsheet.domain.text import one_line
from callsheet.sync.port import Applied, Conflict, LeadCreate, LeadPatch, Op, Rejected, Result, Retry

TRIES: Final = 3
"""How often a lead is read anew when somebody else changes it at the same moment."""


def fetch(wire: Wire, session: Session, where: str, *, deleted: bool = False, tail: str = "") -> list[Row]:
    """Leads with all that is read of them."""
    extra = [session.key] if session.key in session.lead else []
    more = ", IsDeleted, MasterRecordId" if deleted else ""
    fields = f"{select((*LEAD_FIELDS, 'Owner.Name', *extra), session.lead)}{more}"
    return wire.query(soql_select("Lead", fields, where, tail), deleted=deleted)


def patch(wire: Wire, session: Session, op: Op, body: LeadPatch) -> tuple[Result, str]:
    """Bring a lead into the state that the op says; also what is left to be said in a note.

    A change of the profile is refused when the lead changed since `op.base`; the rest is decided on what is there now,
    and once more when it changes under our hands. Do-not-contact is set whatever else changed.
    """
    if body.owner is not None:
        return hand_over(wire, session, op, body), ""
    for _ in range(TRIES):
        row = _lead(wire, session, op.lead)
        if isinstance(row, Rejected):
            return row, ""
        if row.get("IsConverted") is True:
            return _converted(wire, op, row, body), ""
        said = patched(body)
        stopped = bool(body.do_not_contact) and lead(row, session).do_not_contact
        values = _state_values(session, row, body, said)
        if body.do_not_contact and not values.keys() & {"DoNotCall"} and row.get("DoNotCall") is not True:
            told = f"Your profile in {VENDOR} may not set Do Not Call: an administrator has to allow it."
            return Rejected(told, field="DoNotCall", code="forbidden"), ""
        profile, homeless = profile_values(body.profile, session.lead)
        profile = {name: value for name, value in profile.items() if (row.get(name) or None) != (value or None)}
        note = "\n".join([*said, *homeless])
        if not values and not profile:
            return Applied(op.lead, version=str(row["SystemModstamp"]), replayed=stopped or not note), note
        urgent = body.do_not_contact is not None and not profile
        since = "" if urgent else (op.base if profile and op.base else str(row["SystemModstamp"]))
        try:
            wire.update("Lead", op.lead, values | profile, since=since)
        except Stale:
            if profile and op.base:
                now = _lead(wire, session, op.lead)
                if isinstance(now, Rejected):
                    return now, ""
                return Conflict(flat(lead(now, session).profile), version=str(now["SystemModstamp"])), ""
            continue
        after = _lead(wire, session, op.lead)
        version = "" if isinstance(after, Rejected) else str(after["SystemModstamp"])
        return Applied(op.lead, version=version, replayed=stopped), note
    return Retry(f"Somebody else is changing this lead in {VENDOR}."), ""


def hand_over(wire: Wire, session: Session, op: Op, body: LeadPatch) -> Result:
    """Make a lead a colleague's, or ours again, unless it is somebody else's by now, or shown to us no more."""
    company = Company(VENDOR, session.me, partial(_colleagues, wire))
    for _ in range(TRIES):
        found = fetch(wire, session, f"Id = {quoted(op.lead)}", deleted=True)
        if not found:
            return Conflict({})
        row = found[0]
        if row.get("IsDeleted") is True:
            return Rejected(f"The lead is no longer in {VENDOR}.", field="lead", code="gone")
        if row.get("IsConverted") is True:
            return Rejected(f"The lead is converted in {VENDOR}, and can no longer be changed.", code="forbidden")
        try:
            return company.hand_over(body, str(row.get("OwnerId") or ""), partial(_give, wire, row))
        except Stale:
            continue
    return Retry(f"Somebody else is changing this lead in {VENDOR}.")


def _give(wire: Wire, row: Row, user: str) -> str:
    wire.update("Lead", str(row["Id"]), {"OwnerId": user}, since=str(row["SystemModstamp"]))
    return ""  # it may be shown to us no more


def _colleagues(wire: Wire, said: str) -> list[Colleague]:
    """The users who go by a name, an address, a login or an id; portals' users own no leads, nor does who has left."""
    names = ["Name", "Email", "Username", *(["Id"] if is_id(said) else [])]
    either = " OR ".join(f"{name} = {quoted(said)}" for name in names)
    rows = wire.query(
        soql_select("User", "Id, Name, Email, Username", f"({either}) AND IsActive = true AND UserType = 'Standard'")
    )
    return [
        Colleague(str(row["Id"]), text(row.get("Name")), (text(row.get("Email"), 254), text(row.get("Username"), 254)))
        for row in rows
    ]


def _lead(wire: Wire, session: Session, one: str) -> Row | Rejected:
    found = fetch(wire, session, f"Id = {quoted(one)}") if is_id(one) else []
    if not found:
        return Rejected(f"The lead is no longer in {VENDOR}.", field="lead", code="gone")
    if found[0].get("OwnerId") != session.me:
        return Rejected(f"The lead is somebody else's in {VENDOR} now.", field="lead", code="forbidden")
    return found[0]


def _converted(wire: Wire, op: Op, row: Row, body: LeadPatch) -> Result:
    """A converted lead is won and cannot be changed; who asked to be left alone is left alone as the contact it became.

    A stage that it is past is dropped: keeping what is decided there is no refusal.
    """
    if body.do_not_contact is not None:
        rows = wire.query(soql_select("Lead", "Id, ConvertedContactId", f"Id = {quoted(op.lead)}"))
        contact = str(rows[0].get("ConvertedContactId") or "") if rows else ""
        if is_id(contact):
            wire.update("Contact", contact, dict.fromkeys(STOPS, body.do_not_contact))
            return Applied(op.lead, version=str(row["SystemModstamp"]), how="on the contact that it became")
    if body.do_not_contact or body.profile or body.closed not in (None, "won"):
        told = f"The lead is converted in {VENDOR}, and can no longer be changed."
        return Rejected(told, field="lead", code="forbidden")
    return Applied(op.lead, version=str(row["SystemModstamp"]), replayed=True)


def _state_values(session: Session, row: Row, body: LeadPatch, said: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    stage: str = body.stage or ""
    if body.closed:
        stage = "won" if body.closed == "won" else "closed"
    elif body.reopen and not stage:
        stage = "working"
    now = text(row.get("Status"))
    ended = session.is_closed(now)
    if stage and (stage in {"won", "closed"} or not ended or body.reopen):
        wanted = session.status(stage)
        if not wanted:
            said.append(f"Status: {stage}")
        elif wanted != now:
            values["Status"] = wanted
    if body.do_not_contact is not None:
        stops = stop_values(session, stop=body.do_not_contact)
        values |= {name: value for name, value in stops.items() if (row.get(name) is True) != value}
    return values


# New leads -------------------------------------------------------------------------------------------------------


def create(wire: Wire, session: Session, op: Op, body: LeadCreate) -> Result:
    """Make a lead, unless this op did so before, or the same person is there already."""
    native = session.key in session.lead and session.lead[session.key].external
    if native and (found := fetch(wire, session, f"{session.key} = {quoted(op.id)}")):
        return Applied(str(found[0]["Id"]), version=str(found[0]["SystemModstamp"]), replayed=True)
    known = _known(wire, session, body.profile)
    if known is None and not native:
        known = _nameless(wire, session, op, body)
    if known is not None:
        return _taken(wire, session, known, body)
    values = new_lead(body, session)
    for allow in (False, True):
        try:
            if native:
                made = wire.upsert("Lead", session.key, op.id, values, allow=allow)
            else:
                made = wire.create("Lead", values, allow=allow)
        except Taken as error:
            if allow or error.several:
                return Rejected(str(error), code="duplicate")
            ids = [one for one in error.ids if is_id(one)]
            there = fetch(wire, session, f"Id IN {listed(ids)}") if ids else []
            same = next((row for row in there if _is(row, body.profile)), None)
            if same is not None:
                return _taken(wire, session, same, body)
            continue  # the same name alone is no duplicate: people share names
        return Applied(made)
    return Rejected(f"{VENDOR} takes this lead for a duplicate.", code="duplicate")


def _known(wire: Wire, session: Session, profile: Profile) -> Row | None:
    """The same person, as far as the rep may see: by address, or by number and name."""
    if profile.emails:
        mails = listed(dict.fromkeys(mail.lower() for mail in profile.emails))
        found = fetch(wire, session, f"Email IN {mails} AND IsConverted = false", tail=" ORDER BY Id LIMIT 1")
        if found:
            return found[0]
    spelled = listed(dict.fromkeys(one for phone in profile.phones for one in spellings(phone, profile.country)))
    if not profile.phones:
        return None
    where = f"(Phone IN {spelled} OR MobilePhone IN {spelled}) AND IsConverted = false"
    return next((row for row in fetch(wire, session, where, tail=" ORDER BY Id LIMIT 50") if _is(row, profile)), None)


def _nameless(wire: Wire, session: Session, op: Op, body: LeadCreate) -> Row | None:
    """What this op may have made before its reply was lost, where there is no key, no address and no number."""
    if body.profile.emails or body.profile.phones:
        return None
    values = new_lead(body, session)
    same = " AND ".join(f"{name} = {quoted(str(values[name]))}" for name in ("LastName", "Company"))
    where = f"OwnerId = {quoted(session.me)} AND {same} AND CreatedDate >= {instant(op.at)}"
    found = fetch(wire, session, where, tail=" ORDER BY Id LIMIT 50")
    return next((row for row in found if (row.get("FirstName") or "") == (values.get("FirstName") or "")), None)


def _is(row: Row, profile: Profile) -> bool:
    mail = text(row.get("Email"), 254).casefold()
    if mail and mail in {one.casefold() for one in profile.emails}:
        return True
    numbers = {e164(text(row.get(name), 100), profile.country) for name in ("Phone", "MobilePhone")} - {""}
    name = folded(f"{text(row.get('FirstName'))} {text(row.get('LastName'))}")
    return bool(numbers & {e164(one, profile.country) for one in profile.phones}) and name == folded(profile.name)


def _taken(wire: Wire, session: Session, row: Row, body: LeadCreate) -> Result:
    one = str(row["Id"])
    if row.get("OwnerId") != session.me:
        owner = row.get("Owner")
        who = one_line(str(owner.get("Name") or "") if isinstance(owner, dict) else "", 200) or "somebody else"
        return Rejected(f"{VENDOR} has this person already, as a lead of {who}.", field="lead", code="duplicate")
    if body.do_not_contact and row.get("DoNotCall") is not True:
        wire.update("Lead", one, stop_values(session, stop=True))
    return Applied(one, version=str(row["SystemModstamp"]), replayed=True)
