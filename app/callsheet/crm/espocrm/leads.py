"""Writing leads to EspoCRM: their status, do-not-contact, profile fields, and new ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Literal

from callsheet.crm.colleagues import Colleague, Company
from callsheet.crm.espocrm.place import written as stamped
from callsheet.crm.espocrm.records import LEAD_FIELDS, lead, text
from callsheet.crm.espocrm.session import Session
from callsheet.crm.espocrm.values import new_lead, profile_values, stop_values
from callsheet.crm.espocrm.wire import VENDOR, Missing, Row, Taken, Wire, equals, one_of, record
from callsheet.crm.phones import e164, spellings
from callsheet.crm.plain_words import patched
from callsheet.domain.profile import Profile, flat, folded
from callsheet.domain.text import one_line
from callsheet.sync.port import Applied, Conflict, Forbidden, Invalid, LeadCreate, LeadPatch, Op, Rejected, Result

Say = Callable[[Op, str], Applied]
"""Leaves a note under the op's key."""

POINTS: Final[tuple[Literal["phoneNumber", "emailAddress"], ...]] = ("phoneNumber", "emailAddress")

CLOCKS: Final = timedelta(minutes=1)
"""How far a lead's time there may lie before ours of the same moment, beside what the clocks are known to differ."""

OWNER: Final = "assignedUserId"

OPTED_OUT: Final = "IsOptedOut"

OF_ITS_OWN_NAME: Final = frozenset({"lastName", OWNER, "status"})
"""What a new lead cannot do without."""


def missing(wire: Wire, one: str) -> Rejected | None:
    """Why nothing can be done with a lead: EspoCRM answers 404 for a deleted one, 403 for one that was given away."""
    try:
        wire.get(record("Lead", one))
    except Missing:
        return Rejected(f"The lead is no longer in {VENDOR}.", field="lead", code="gone")
    except Forbidden:
        return Rejected(f"The lead is somebody else's in {VENDOR} now.", field="lead", code="forbidden")
    return None


def patch(wire: Wire, session: Session, op: Op, body: LeadPatch, say: Say) -> Result:
    """Bring a lead into the state that the op says; what is so already is not written again."""
    if body.owner is not None:
        return hand_over(wire, session, op, body)
    row = wire.get(record("Lead", op.lead))
    stopped = bool(body.do_not_contact) and lead(row, session.reading).do_not_contact
    said = patched(body)
    status = _status(session, row, body, said)
    values: dict[str, Any] = {}
    if status and row.get("status") != status:
        values["status"] = status
    if body.do_not_contact is not None:
        stops = stop_values(stop=body.do_not_contact)
        values |= {name: value for name, value in stops.items() if (row.get(name) is True) != value}
    profile, homeless = profile_values(body.profile, session.industries)
    _keep_others(row, profile)
    if body.do_not_contact is not None:
        _stop_all(row, profile, values, stop=body.do_not_contact)
    values |= {name: value for name, value in profile.items() if not _same(name, row.get(name), value)}
    written = row
    if values:
        try:
            written, refused = _updated(wire, op, values, _base(op, values, body))
            said += refused
        except Taken as error:
            return _conflict(wire, session, op, error)
        if body.do_not_contact and "doNotCall" in values and written.get("doNotCall") is not True:
            return Rejected(
                f"{VENDOR} did not keep Do Not Call: your role may not edit that field.",
                field="doNotCall",
                code="forbidden",
            )
        if "status" in values and written.get("status", values["status"]) != values["status"]:
            said.append(f"Status: {values['status']}")
    words = "\n".join([*said, *homeless])
    how = ""
    if words:
        try:
            say(op, words)
        except Forbidden:  # the state is set: a role without the stream must not park do-not-contact
            how = "without a note, which the role does not allow"
    version = lead(written, session.reading).version if written.get("modifiedAt") else ""
    return Applied(op.lead, version=version, replayed=stopped or not (values or words), how=how)


def hand_over(wire: Wire, session: Session, op: Op, body: LeadPatch) -> Result:
    """Make a lead a colleague's, or ours again, unless it is somebody else's by now, or shown to us no more."""
    try:
        owner = text(wire.get(record("Lead", op.lead)).get(OWNER), 40)
    except Forbidden:
        return Conflict({})

    def give(user: str) -> str:
        written = wire.update("Lead", op.lead, {OWNER: user})
        if written.get(OWNER, user) != user:
            raise Forbidden(f"{VENDOR} did not keep whose lead it is: the role may not edit the assigned user.")
        return ""  # it may be shown to us no more

    return Company(VENDOR, session.me, lambda _said: _colleagues(wire)).hand_over(body, owner, give)


def _colleagues(wire: Wire) -> list[Colleague]:
    """The users who may own leads: portals' users do not, nor does who has left."""
    rows = wire.every("User", [], ("name", "userName", "emailAddress", "isActive", "type"))
    return [
        Colleague(
            row["id"], text(row.get("name"), 200), (text(row.get("emailAddress"), 254), text(row.get("userName")))
        )
        for row in rows
        if row.get("isActive") is not False and row.get("type") not in {"portal", "system"}
    ]


def _updated(wire: Wire, op: Op, values: dict[str, Any], version: str) -> tuple[Row, list[str]]:
    """Set fields. Do-not-contact is set though a number is one that EspoCRM no longer takes: that is told in words."""
    left, said = dict(values), list[str]()
    while True:
        try:
            return wire.update("Lead", op.lead, left, version=version), said
        except Invalid as error:
            names = [name for name in left if _belongs(name, error.field)]
            if not names or "doNotCall" not in left:
                raise
            said += _not_taken(left, names)
            left = {name: value for name, value in left.items() if name not in names}


def _status(session: Session, row: Row, body: LeadPatch, said: list[str]) -> str:
    """The status to set, empty for none: what is decided there is only reopened by `reopen`."""
    stage: str = body.stage or ""
    if body.closed:
        stage = "won" if body.closed == "won" else "closed"
    elif body.reopen and not stage:
        stage = "working"
    if not stage:
        return ""
    now = row.get("status")
    if stage not in {"won", "closed"} and now in session.endings and not body.reopen:
        return ""
    wanted = session.status(stage)
    if not wanted:
        said.append(f"Status: {stage}")
    return wanted


def _keep_others(row: Row, values: dict[str, Any]) -> None:
    """Several numbers or addresses replace all that are there: those beside the first were never seen here, and stay.

    A list of leads tells the primary one only, so nobody can have meant to remove the others.
    """
    for single in POINTS:
        many = values.get(f"{single}Data")
        if many is None:
            continue
        there = row.get(f"{single}Data")
        told = {folded(e164(str(one[single]))) for one in many}
        others = [one for one in there if isinstance(one, Mapping)] if isinstance(there, list) else []
        many += [
            {**written_point(one), "primary": False}
            for one in others
            if one.get("primary") is not True and folded(e164(text(one.get(single), 254))) not in told
        ]


def _stop_all(row: Row, profile: dict[str, Any], values: dict[str, Any], *, stop: bool) -> None:
    """Each number and each address is opted out: the flag of a lead means its primary one, and nothing without one."""
    for single in POINTS:
        there, wanted = row.get(f"{single}Data"), profile.get(f"{single}Data")
        if wanted is None and (single in profile or not isinstance(there, list)):
            continue
        values.pop(f"{single}IsOptedOut", None)
        points = [written_point(one) for one in wanted or there or () if isinstance(one, Mapping)]
        if wanted is not None or any((one.get("optOut") is True) != stop for one in points):
            profile[f"{single}Data"] = [{**one, "optOut": stop} for one in points]


def written_point(one: Mapping[str, Any]) -> dict[str, Any]:
    """A number or an address as it may be written: what EspoCRM works out itself is left out."""
    return {name: value for name, value in one.items() if name != "lower"}


def _same(name: str, now: object, wanted: object) -> bool:
    if name in {"phoneNumber", "emailAddress"}:
        return folded(e164(text(now))) == folded(e164(text(wanted)))
    return (now or None) == (wanted or None)


def _base(op: Op, values: Mapping[str, Any], body: LeadPatch) -> str:
    """The version that a change of the profile was decided upon, where leads have version numbers."""
    number = op.base.partition("@")[0]
    only_profile = body.profile and "doNotCall" not in values
    return number if "@" in op.base and number.isdecimal() and only_profile else ""


def _conflict(wire: Wire, session: Session, op: Op, error: Taken) -> Result:
    if error.kind != "modified":
        return Rejected(str(error), code="duplicate")
    now = lead(wire.get(record("Lead", op.lead)), session.reading)
    return Conflict(flat(now.profile), version=now.version)


# New leads -------------------------------------------------------------------------------------------------------


def create(wire: Wire, session: Session, op: Op, body: LeadCreate) -> Result:
    """Make a lead, unless this op did so before, or the same person is there already."""
    known = _by_key(wire, session, op.id) or _known(wire, body.profile) or _nameless(wire, session, op, body)
    if known is not None:
        return _taken(wire, session, known, body)
    values = new_lead(body, session.me, session.sources, session.industries, session.statuses)
    attribute = session.keys.get("Lead", "")
    if attribute:
        values[attribute] = op.id
    try:
        made = _post(wire, values, skip=False)
    except Taken as error:
        there = error.body if isinstance(error.body, list) else []
        same = next((row for row in there if isinstance(row, dict) and _is(row, body.profile)), None)
        if same is not None:
            return _taken(wire, session, same, body)
        made = _post(wire, values, skip=True)  # the same name alone is no duplicate: people share names
    return Applied(made["id"], version=lead(made, session.reading).version if made.get("modifiedAt") else "")


def _post(wire: Wire, values: dict[str, Any], *, skip: bool) -> Row:
    """Make a lead; a value that EspoCRM does not take is told in words, so that no lead is lost for it."""
    headers = {"X-Skip-Duplicate-Check": "true"} if skip else None
    left = dict(values)
    while True:
        try:
            return wire.create("Lead", left, headers=headers)
        except Invalid as error:
            names = [name for name in left if _belongs(name, error.field)]
            if not names or OF_ITS_OWN_NAME & set(names):
                raise
            told = "\n".join(_not_taken(left, names))
            left = {name: value for name, value in left.items() if name not in names}
            left["description"] = "\n".join(part for part in (left.get("description"), told) if part)


def _belongs(name: str, field: str) -> bool:
    """Whether a value is what a refusal is about: a number comes alone, or in a list of them."""
    return bool(field) and name in {field, f"{field}Data", f"{field}{OPTED_OUT}"} and name != "description"


def _not_taken(values: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    return [f"{VENDOR} did not take: {_told(values[name])}" for name in names if not name.endswith(OPTED_OUT)]


def _told(value: object) -> str:
    many = value if isinstance(value, list) else [value]
    words = [str(next(iter(one.values()), "")) if isinstance(one, Mapping) else str(one) for one in many]
    return one_line(", ".join(words), 500)


def _by_key(wire: Wire, session: Session, key: str) -> Row | None:
    attribute = session.keys.get("Lead", "")
    found = wire.rows("Lead", [equals(attribute, key)], LEAD_FIELDS, limit=1) if attribute else []
    return found[0] if found else None


def _known(wire: Wire, profile: Profile) -> Row | None:
    """The same person, as far as the rep may see: by address, or by number and name."""
    for mail in profile.emails:
        found = wire.rows("Lead", [equals("emailAddress", mail.lower())], LEAD_FIELDS, limit=1)
        if found:
            return found[0]
    numbers = [spelled for phone in profile.phones for spelled in spellings(phone, profile.country)]
    found = wire.every("Lead", [one_of("phoneNumber", numbers)], LEAD_FIELDS) if numbers else []
    return next((row for row in found if _is(row, profile)), None)


def _nameless(wire: Wire, session: Session, op: Op, body: LeadCreate) -> Row | None:
    """What this op may have made before its reply was lost, where there is no key, no address and no number."""
    profile = body.profile
    if "Lead" in session.keys or profile.emails or profile.phones:
        return None
    values = new_lead(body, session.me, session.sources, session.industries, session.statuses)
    earliest = op.at + min(wire.skew, timedelta(0)) - CLOCKS
    since = {"type": "after", "attribute": "createdAt", "value": stamped(earliest)}
    mine = [equals("assignedUserId", session.me), equals("lastName", values["lastName"]), since]
    found = wire.every("Lead", mine, LEAD_FIELDS)
    same = ("firstName", "accountName")
    return next((row for row in found if all((row.get(k) or "") == (values.get(k) or "") for k in same)), None)


def _is(row: Row, profile: Profile) -> bool:
    there = text(row.get("emailAddress"), 254).casefold()
    if there and there in {mail.casefold() for mail in profile.emails}:
        return True
    number = e164(text(row.get("phoneNumber"), 100), profile.country)
    names = {folded(text(row.get("name"))), folded(f"{text(row.get('firstName'))} {text(row.get('lastName'))}")}
    return (
        bool(number)
        and number in {e164(one, profile.country) for one in profile.phones}
        and folded(profile.name) in names
    )


def _taken(wire: Wire, session: Session, row: Row, body: LeadCreate) -> Result:
    number, owner = str(row.get("id") or ""), row.get("assignedUserId")
    if owner not in (None, "", session.me):
        who = one_line(text(row.get("assignedUserName")) or "somebody else", 200)
        return Rejected(f"{VENDOR} has this person already, as a lead of {who}.", field="lead", code="duplicate")
    values: dict[str, Any] = {} if owner else {"assignedUserId": session.me}
    if body.do_not_contact and row.get("doNotCall") is not True:
        values |= stop_values(stop=True)
    written = wire.update("Lead", number, values) if values else row
    version = lead(written, session.reading).version if written.get("modifiedAt") else ""
    return Applied(number, version=version, replayed=True)


def fields_of(session: Session) -> Sequence[str]:
    """What is asked of a lead in a list, our key and its version included where leads have them."""
    key = session.keys.get("Lead", "")
    return (*LEAD_FIELDS, *([key] if key else []), *(["versionNumber"] if session.locked else []))
