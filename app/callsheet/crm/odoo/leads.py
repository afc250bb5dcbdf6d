"""Writing leads to Odoo: their stage, end and reopening, do-not-contact, profile fields, and new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from callsheet.crm.colleagues import Company
from callsheet.crm.markup import to_text
from callsheet.crm.odoo import rows
from callsheet.crm.odoo.load import load
from callsheet.crm.odoo.names import external
from callsheet.crm.odoo.records import CLOSE_WORDS, DO_NOT_CONTACT_TAG, LEAD_FIELDS, addresses, lead, link, text
from callsheet.crm.odoo.session import ADDRESSES, LEAD, MESSAGE, NUMBERS, Row, Session, Stage
from callsheet.crm.odoo.wire import Missing
from callsheet.crm.phones import e164, spellings
from callsheet.crm.plain_words import REASON_WORDS
from callsheet.domain.events import CloseReason
from callsheet.domain.profile import Profile, flat, folded
from callsheet.domain.text import one_line
from callsheet.sync.port import (
    Applied,
    Conflict,
    Drift,
    Forbidden,
    Invalid,
    LeadCreate,
    LeadPatch,
    NotVisible,
    Op,
    Rejected,
    Result,
)

NOTHING: Final[Mapping[str, str]] = {}

OUR_STAGES: Final = ("working", "connected", "meeting")
"""Our stages in their order; Odoo's own, as far as they are not won, are taken in the same order."""

PLAIN_FIELDS: Final[Mapping[str, str]] = {
    "name": "contact_name", "company": "partner_name", "title": "function", "website": "website", "zip": "zip",
    "city": "city", "address": "street",
}  # fmt: skip
"""Fields of the profile that are lines of text in Odoo as well."""

HOMELESS: Final[Mapping[str, str]] = {
    "linkedin": "LinkedIn", "industry": "Industry", "company_size": "Company size", "company_kind": "Kind of company",
    "timezone": "Time zone",
}  # fmt: skip
"""Fields of the profile that have no place in Odoo: they go into a note."""

Values = dict[str, Any]


def stage_of(name: str, stages: Sequence[Stage], chosen: Mapping[str, str] = NOTHING) -> Stage | None:
    """The stage that one of ours means there; None where there is none, and the lead stays where it is.

    `chosen` are the rep's own choices, by `status_<ours>`; a stage that is won is chosen for `won` only.
    """
    own = folded(chosen.get(f"status_{name}", ""))
    named = [stage for stage in stages if own and folded(stage.name) == own and stage.won == (name == "won")]
    if named:
        return named[0]
    if name == "won":
        return next((stage for stage in stages if stage.won), None)
    open_stages = [stage for stage in stages if not stage.won]
    if name not in OUR_STAGES or not open_stages:
        return None
    return open_stages[min(OUR_STAGES.index(name), len(open_stages) - 1)]


def plain(html: object) -> str:
    """The text of a field that holds HTML; nothing when empty."""
    return to_text(html) if isinstance(html, str) else ""


def patch(session: Session, op: Op, body: LeadPatch) -> Result:
    """Bring a lead into the state that the op says; what is so already is not written again."""
    if body.owner is not None:
        return hand_over(session, op, body)
    number = int(op.lead)
    row = _lead(session, number)
    if row is None:
        if isinstance(session.missing(number), NotVisible):
            return Rejected("The lead is somebody else's in Odoo now.", field="lead", code="forbidden")
        return Rejected("The lead is no longer in Odoo.", field="lead", code="gone")
    stopped = bool(body.do_not_contact) and lead(row, session.reading()).do_not_contact
    said: list[str] = []
    if body.reopen:
        _reopen(session, row)
    values: Values = {}
    if body.do_not_contact is not None:
        values |= _stop(session, row, body, said) if body.do_not_contact else _unstop(session, row, body)
    values |= _profile_values(session, row, body.profile, said)
    values |= _stage_values(session, row, body)
    if values:
        session.odoo.do(LEAD, "write", ids=[number], vals=values)
    if body.closed:
        _close(session, row, body.closed, body.closed_note, said)
    if said and not isinstance(noted := note(session, op, "\n".join(said)), Applied):
        return noted
    after = _lead(session, number)
    version = lead(after, session.reading()).version if after else ""
    return Applied(remote_id=op.lead, version=version, replayed=stopped)


def hand_over(session: Session, op: Op, body: LeadPatch) -> Result:
    """Make a lead a colleague's, or ours again, unless it is somebody else's by now."""
    number = int(op.lead)
    row = _lead(session, number)
    if row is None:
        if isinstance(session.missing(number), NotVisible):
            return Conflict({})
        return Rejected("The lead is no longer in Odoo.", field="lead", code="gone")

    def give(user: str) -> str:
        session.odoo.do(LEAD, "write", ids=[number], vals={"user_id": int(user)})
        return ""  # it may not be ours to read any more

    owner = link(row.get("user_id"))[0]
    company = Company("Odoo", str(session.me.user), lambda _said: session.colleagues())
    return company.hand_over(body, str(owner) if owner else "", give)


def _lead(session: Session, number: int) -> Row | None:
    wanted = [name for name in LEAD_FIELDS if name in session.lead_fields]
    found = session.odoo.rows(LEAD, [["id", "=", number]], wanted)
    return found[0] if found else None


def note(session: Session, op: Op, words: str) -> Result:
    """Leave a note under the key of an op that is something else by itself."""
    hand = rows.Hand(user=session.me.user, partner=session.me.partner)
    return load(session.odoo, MESSAGE, rows.MESSAGE_COLUMNS, {op.id: rows.note(op, words, hand)})[op.id]


def _reopen(session: Session, row: Row) -> None:
    if row.get("active") is False:
        session.odoo.do(LEAD, "action_restore", ids=[row["id"]])
    elif row.get("won_status") == "won" and (first := stage_of("working", session.stages, session.chosen)):
        session.odoo.do(LEAD, "write", ids=[row["id"]], vals={"stage_id": first.id})


def _stage_values(session: Session, row: Row, body: LeadPatch) -> Values:
    """A lead moves on and never back: what a colleague achieved is not undone by our later report.

    Reopened it goes to the stage that is said, unless somebody took it further than we ever would.
    """
    if body.stage is None or body.closed or (row.get("won_status") == "won" and not body.reopen):
        return {}
    wanted = stage_of(body.stage, session.stages, session.chosen)
    here = next((stage for stage in session.stages if stage.id == link(row.get("stage_id"))[0]), None)
    if wanted is None or wanted == here:
        return {}
    furthest = stage_of(OUR_STAGES[-1], session.stages, session.chosen) if body.reopen else wanted
    if here and furthest and not here.won and here.place >= furthest.place and here != furthest:
        return {}
    return {"stage_id": wanted.id}


def _close(session: Session, row: Row, closed: CloseReason, why: str, said: list[str]) -> None:
    number = row["id"]
    if closed == "won":
        if row.get("won_status") != "won":
            session.odoo.do(LEAD, "action_set_won", ids=[number])
        if why:
            said.append(f"Won: {why}")
        return
    said.append(f"Closed: {REASON_WORDS[closed]}{f'. {why}' if why else ''}")
    if row.get("active") is not False:
        reason = _lost_reason(session, closed)
        session.odoo.do(LEAD, "action_set_lost", ids=[number], lost_reason_id=reason or False)


def lost_reasons(session: Session) -> dict[CloseReason, tuple[int, str]]:
    """The lost reason that means each of ours, as far as the company has one."""
    there = [(int(row["id"]), text(row.get("name"))) for row in session.odoo.rows("crm.lost.reason", [], ["name"])]
    found: dict[CloseReason, tuple[int, str]] = {}
    for ours, label in REASON_WORDS.items():
        words = (folded(label), *CLOSE_WORDS.get(ours, ()))
        fitting = [each for each in there if any(word in folded(each[1]) for word in words)]
        if fitting:
            found[ours] = fitting[0]
    return found


def _lost_reason(session: Session, closed: CloseReason) -> int:
    """The company's own lost reason, else a new one where the rep may make it; none rather than a wrong one."""
    if known := lost_reasons(session).get(closed):
        return known[0]
    try:
        made = session.odoo.do("crm.lost.reason", "create", vals_list=[{"name": REASON_WORDS[closed]}])
    except (Forbidden, Invalid):
        return 0
    return int(made[0]) if isinstance(made, list) and made else 0


def _stop(session: Session, row: Row, body: LeadPatch, said: list[str]) -> Values:
    """Do not contact: on the blacklists where the rep may write them, and as a tag that everybody sees."""
    numbers, mails = _points(row, body)
    if session.may_stop_numbers:
        for number in numbers:
            try:
                session.odoo.do(NUMBERS, "add", ids=[], number=number)
            except Invalid:
                said.append(f"{number} could not be put on the blacklist.")
    if session.may_stop_addresses and mails:
        session.odoo.do(ADDRESSES, "create", vals_list=[{"email": mail} for mail in mails])
    tag = _tag(session)
    said.append("Asked not to be contacted any more" + (f": {', '.join(body.points)}" if body.points else "."))
    return {"tag_ids": [[4, tag]]} if tag and tag not in (row.get("tag_ids") or []) else {}


def _unstop(session: Session, row: Row, body: LeadPatch) -> Values:
    """The rep takes their own do-not-contact back."""
    numbers, _ = _points(row, body)
    if session.may_stop_numbers:
        for number in numbers:
            session.odoo.do(NUMBERS, "remove", ids=[], number=number)
    there = session.stop_tags() & set(row.get("tag_ids") or [])
    return {"tag_ids": [[3, tag] for tag in there]} if there else {}


def _points(row: Row, body: LeadPatch) -> tuple[list[str], list[str]]:
    """The numbers, also as Odoo compares them (it knows E.164 only with an extra library), and the addresses."""
    numbers = [one_line(point, 40) for point in body.points if "@" not in point]
    if own := text(row.get("phone_sanitized"), 40):
        numbers.append(own)
    mails = [point for point in body.points if "@" in point] or list(addresses(row.get("email_from")))
    return list(dict.fromkeys(numbers)), mails


def _tag(session: Session) -> int:
    known = session.stop_tags()
    if known:
        return min(known)
    try:
        made = session.odoo.do("crm.tag", "create", vals_list=[{"name": DO_NOT_CONTACT_TAG}])
    except (Forbidden, Invalid):  # not allowed, or somebody made it at the same time
        return min(session.stop_tags(), default=0)
    return int(made[0]) if isinstance(made, list) and made else 0


def _profile_values(session: Session, row: Row, changes: Mapping[str, str], said: list[str]) -> Values:
    """The fields of Odoo that a change of the profile means; what has no place there is said in the note."""
    values: Values = {}
    for name, value in changes.items():
        wanted = one_line(value, 500)
        if (there := PLAIN_FIELDS.get(name)) and text(row.get(there)) != wanted:
            values[there] = wanted or False
        elif name in HOMELESS and wanted:
            said.append(f"{HOMELESS[name]}: {wanted}")
    country = session.countries.get(link(row.get("country_id"))[0], "")
    if "country" in changes:
        country = one_line(changes["country"], 2).upper()
        values["country_id"] = _country(session, country) or False
    if "emails" in changes:
        values |= _emails(row, changes["emails"])
    if "phones" in changes:
        values |= _phones(session, row, changes["phones"], country)
    if "state" in changes:
        values["state_id"] = _state(session, one_line(changes["state"], 100), country) or False
    return values


def _parts(value: str) -> list[str]:
    return [part for part in (one_line(part, 254) for part in value.split(";")) if part]


def _emails(row: Row, value: str) -> Values:
    wanted = _parts(value)
    return {} if wanted == list(addresses(row.get("email_from"))) else {"email_from": ", ".join(wanted) or False}


def _phones(session: Session, row: Row, value: str, country: str) -> Values:
    """The first number is the phone, the second the mobile where there is such a field; written only if it differs."""
    wanted = _parts(value)
    fields = [name for name in ("phone", "mobile") if name in session.lead_fields]
    values: Values = {}
    for place, name in enumerate(fields):
        number = wanted[place] if place < len(wanted) else ""
        if e164(text(row.get(name)), country) != e164(number, country):
            values[name] = number or False
    return values


def _country(session: Session, code: str) -> int:
    return next((number for number, known in session.countries.items() if known == code), 0)


def _state(session: Session, name: str, country: str) -> int:
    if not name:
        return 0
    named = ["|", ["name", "=ilike", name], ["code", "=ilike", name]]
    where = [["country_id", "=", _country(session, country)]] if country else []
    found = session.odoo.rows("res.country.state", [*where, *named], ["name"], limit=1)
    return int(found[0]["id"]) if found else 0


# New leads


COLUMNS: Final = (
    "id", "name", "contact_name", "partner_name", "function", "email_from", "phone", "website", "street", "zip", "city",
    "state_id/.id", "country_id/.id", "user_id/.id", "source_id/.id", "campaign_id/.id",
)  # fmt: skip


def create(session: Session, op: Op, body: LeadCreate) -> Result:
    """Make a lead, unless this op did so before, or one of mine has the same address, or the same number and name."""
    profile = body.profile
    model, number = session.effect("lead", op.id)
    if model != LEAD or not number:
        number = _known(session, profile)
        if not number:
            result = load(session.odoo, LEAD, COLUMNS, {op.id: _new(session, op, body)})[op.id]
            if not isinstance(result, Applied):
                return result
            number = int(result.remote_id)
    made = replace(op, lead=str(number))
    said = [f"{label}: {value}" for name, label in HOMELESS.items() if (value := flat(profile)[name])]
    if body.do_not_contact:
        return patch(session, made, LeadPatch(do_not_contact=True, points=profile.points))
    if said and not isinstance(noted := note(session, made, "\n".join(said)), Applied):
        return noted
    return Applied(remote_id=made.lead)


def _known(session: Session, profile: Profile) -> int:
    """A lead of mine that is the same person; a number alone may be a switchboard's, so the name must fit as well."""
    mine = ["user_id", "=", session.me.user]
    mails = [mail.casefold() for mail in profile.emails]
    if mails:
        found = session.odoo.rows(LEAD, [mine, ["email_normalized", "in", mails]], ["id"], limit=1, order="id")
        if found:
            return int(found[0]["id"])
    numbers = [spelled for phone in profile.phones for spelled in spellings(phone, profile.country)]
    if numbers:
        either = ["|", ["phone_sanitized", "in", numbers], ["phone", "in", numbers]]
        found = session.odoo.rows(LEAD, [mine, *either], ["contact_name"], order="id")
        for row in found:
            if folded(text(row.get("contact_name"))) in {"", folded(profile.name)}:
                return int(row["id"])
    return 0


def _new(session: Session, op: Op, body: LeadCreate) -> Sequence[str]:
    profile = body.profile
    who = " – ".join(part for part in (profile.name, profile.company) if part)
    country = _country(session, profile.country.upper())
    state = _state(session, profile.state, profile.country.upper()) if profile.state else 0
    source, campaign = _utm(session, "utm.source", body.source), _utm(session, "utm.campaign", body.campaign)
    numbers = (state, country, session.me.user, source, campaign)
    lines = (
        who or (profile.emails or profile.phones or ("New lead",))[0], profile.name, profile.company, profile.title,
        ", ".join(profile.emails), (*profile.phones, "")[0], profile.website, profile.address, profile.zip,
        profile.city,
    )  # fmt: skip
    return (
        external("lead", op.id),
        *(one_line(line, 500) for line in lines),
        *(str(number) if number else "" for number in numbers),
    )


def _utm(session: Session, model: str, name: str) -> int:
    """Where a lead came from, as Odoo's own record; made when it is new and the rep may."""
    wanted = one_line(name, 100)
    if not wanted:
        return 0
    try:
        found = session.odoo.rows(model, [["name", "=ilike", wanted]], ["name"], limit=1)
        if found:
            return int(found[0]["id"])
        made = session.odoo.do(model, "create", vals_list=[{"name": wanted}])
    except (Forbidden, Invalid, Missing):
        return 0
    if not isinstance(made, list) or not made:
        raise Drift("Odoo does not say what it made.")
    return int(made[0])
