"""Writing leads to Pipedrive: labels for their stage, the archive for their end, their person's fields; new ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from callsheet.crm.phones import e164, spellings
from callsheet.crm.pipedrive.effects import SLACK
from callsheet.crm.pipedrive.pull import ORGANIZATIONS, PERSONS
from callsheet.crm.pipedrive.records import label_ids, points
from callsheet.crm.pipedrive.session import Session, text
from callsheet.crm.pipedrive.times import v2
from callsheet.crm.pipedrive.wire import Missing, Row, number, record, rows
from callsheet.crm.pipedrive.words import ORDER
from callsheet.crm.plain_words import REASON_WORDS
from callsheet.domain.profile import Profile, flat, folded
from callsheet.domain.text import one_line
from callsheet.sync.port import Forbidden, Invalid, LeadCreate, LeadPatch, Op, Rejected

HOMELESS: Final[Mapping[str, str]] = {
    "website": "Website", "linkedin": "LinkedIn", "industry": "Industry", "company_size": "Company size",
    "company_kind": "Kind of company", "address": "Address", "zip": "Zip", "city": "City", "state": "State",
    "country": "Country", "timezone": "Time zone",
}  # fmt: skip
"""Fields of the profile that a rep cannot write in Pipedrive: they go into a note."""

Send = Callable[[str, str, Row], Any]
"""Changes something; what was changed already is remembered by the one who gives it."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a patch means: values of the lead and of its person, what only a note can say, and a job title apart."""

    lead: Mapping[str, Any]
    person: Mapping[str, Any]
    said: Sequence[str]
    job_title: str | None = None
    company: str = ""


def change(session: Session, row: Row, person: Row, body: LeadPatch) -> Change:
    """What is to be written to bring a lead into the state that a patch says; what is so already is left out."""
    said: list[str] = []
    labels = _labels(session, row, body, said)
    values: dict[str, Any] = {}
    if labels != label_ids(row):
        values["label_ids"] = labels
    archived = row.get("is_archived") in (True, 1)
    wanted = True if body.closed else False if body.reopen else archived
    if wanted != archived:
        values["is_archived"] = wanted
    if body.closed:
        why = f". {body.closed_note}" if body.closed_note else ""
        said.append(f"Closed: {REASON_WORDS[body.closed]}{why}")
    if body.do_not_contact:
        said.append("Asked not to be contacted any more" + (f": {', '.join(body.points)}" if body.points else "."))
    theirs, job_title = _person_values(person, body.profile)
    said += [f"{HOMELESS[name]}: {one}" for name in HOMELESS if (one := one_line(body.profile.get(name, ""), 500))]
    if body.profile.get("name") and not person:
        values["title"] = one_line(body.profile["name"], 250)
    return Change(values, theirs, said, job_title, one_line(body.profile.get("company", ""), 250))


def _labels(session: Session, row: Row, body: LeadPatch, said: list[str]) -> list[str]:
    """A lead's labels with that of its stage and of its wish to be left alone; all others stay.

    A lead moves on and never back: what a colleague achieved is not undone by our later report, unless it is reopened.
    """
    labels = label_ids(row)
    words = session.words
    if body.do_not_contact is not None:
        stops = words.stops(labels)
        if body.do_not_contact and not stops:
            label = session.stop_label()
            if label is None:
                raise NoLabel("Leads in Pipedrive need a label 'Do not contact': ask an administrator to add it.")
            labels = [*labels, label.id]
        elif not body.do_not_contact:
            labels = [one for one in labels if one not in stops]
    wanted = "won" if body.closed == "won" else body.stage
    here = session.words.stage_of(labels)
    ahead = wanted in ORDER and (not here or body.reopen or ORDER.index(wanted) > ORDER.index(here))
    if wanted == "nurture" and here in {"working", "connected", "meeting"}:
        ahead = True
    if wanted and ahead:
        label = session.stage_label(wanted)
        if label is None:
            said.append(f"Stage: {wanted}")
            return labels
        stages = {known.id for stage in ORDER if (known := session.words.stage_label(stage)) is not None}
        labels = [*(one for one in labels if one not in stages), label.id]
    elif body.reopen and here == "won" and (won := session.words.stage_label("won")) is not None:
        labels = [one for one in labels if one != won.id]
    return labels


class NoLabel(Invalid):
    """A label is missing that we may not make."""


def _person_values(person: Row, profile: Mapping[str, str]) -> tuple[dict[str, Any], str | None]:
    values: dict[str, Any] = {}
    if (name := one_line(profile.get("name", ""), 250)) and name != text(person.get("name")):
        values["name"] = name
    for ours in ("emails", "phones"):
        if ours not in profile:
            continue
        wanted = [one for part in profile[ours].split(";") if (one := one_line(part, 254))]
        there = points(person, ours)
        same = [e164(one) for one in wanted] == [e164(one) for one in there] if ours == "phones" else wanted == there
        if not same:
            values[ours] = contact_points(wanted)
    title = one_line(profile["title"], 250) if "title" in profile else None
    return values, None if title is None or title == text(person.get("job_title")) else title


def contact_points(values: Sequence[str]) -> list[dict[str, Any]]:
    """Numbers or addresses as a person holds them, the first one the one that counts."""
    return [{"value": one, "primary": place == 0, "label": "work"} for place, one in enumerate(values)]


class NewLeads:
    """Makes leads. No step of it has a key but the last, so what was made before is looked for by its words."""

    def __init__(self, session: Session, send: Send) -> None:
        self._session = session
        self._wire = session.wire
        self._send = send

    def made(self, op: Op) -> str:
        """The lead that an op has made already: it carries the op's key as its origin."""
        query = {"owner_id": str(self._session.me.id), "updated_since": v2(op.at - SLACK), "sort": "update_time DESC"}
        for path, asked in (("v1/leads", query), ("v1/leads/archived", {"owner_id": query["owner_id"]})):
            for page in self._wire.pages(path, **asked):
                for row in page:
                    if row.get("origin_id") == op.id:
                        return str(row["id"])
        return ""

    def known(self, profile: Profile) -> tuple[str, int]:
        """A lead of mine that is the same person, and else the person; by address, or by number and name."""
        for term, field in (*((mail, "email") for mail in profile.emails), *self._numbers(profile)):
            for found in self._search("persons", term, field):
                if field == "phone" and folded(text(found.get("name"))) != folded(profile.name):
                    continue
                person = number(found.get("id"))
                for page in self._wire.pages("v1/leads", person_id=str(person)):
                    for row in page:
                        if number(row.get("owner_id")) == self._session.me.id:
                            return str(row["id"]), person
                return "", person
        return "", 0

    def create(self, op: Op, body: LeadCreate, person: int) -> str:
        """Make a lead for a person who is there, or make that one too, with their company. Returns the lead's id."""
        profile = body.profile
        company = self.organization(op, profile.company) if profile.company else 0
        if not person and (profile.name or profile.emails or profile.phones):
            person = self._person(op, profile, company)
        who = " – ".join(part for part in (profile.name, profile.company) if part)
        values: dict[str, Any] = {
            "title": one_line(who or (profile.emails or profile.phones or ("New lead",))[0], 250),
            "owner_id": self._session.me.id,
            "origin_id": op.id,
        }
        if person:
            values["person_id"] = person
        if company:
            values["organization_id"] = company
        if not (person or company):
            values["person_id"] = self._person(op, Profile(name="New lead"), 0)
        if body.do_not_contact and (label := self._session.stop_label()) is not None:
            values["label_ids"] = [label.id]
        return str(record(self._send("POST", "v1/leads", values))["id"])

    def organization(self, op: Op, name: str) -> int:
        """A company of this name: one that is there, else a new one."""
        name = one_line(name, 250)
        for found in (*self._search("organizations", name, "name"), *self._just_made(ORGANIZATIONS, op)):
            if folded(text(found.get("name"))) == folded(name):
                return number(found.get("id"))
        made = self._send("POST", ORGANIZATIONS, {"name": name, "owner_id": self._session.me.id})
        return number(record(made)["id"])

    def _person(self, op: Op, profile: Profile, company: int) -> int:
        name = one_line(profile.name or (profile.emails or profile.phones)[0], 250)
        mails = {mail.casefold() for mail in profile.emails}
        for row in self._just_made(PERSONS, op):
            theirs = {mail.casefold() for mail in points(row, "emails")}
            same = bool(mails & theirs) or (not mails and points(row, "phones") == list(profile.phones))
            if same and text(row.get("name")) == name:
                return number(row.get("id"))
        values: dict[str, Any] = {"name": name, "owner_id": self._session.me.id}
        if profile.emails:
            values["emails"] = contact_points(profile.emails)
        if profile.phones:
            values["phones"] = contact_points(profile.phones)
        if company:
            values["org_id"] = company
        return number(record(self._send("POST", PERSONS, values))["id"])

    def said(self, body: LeadCreate) -> list[str]:
        """What of a new lead has no place in Pipedrive, in plain words."""
        profile = flat(body.profile)
        lines = {"Job title": profile["title"], **{label: profile[name] for name, label in HOMELESS.items()}}
        lines |= {"Source": body.source, "Campaign": body.campaign}
        return [f"{label}: {one}" for label, value in lines.items() if (one := one_line(value, 500))]

    def _numbers(self, profile: Profile) -> list[tuple[str, str]]:
        return [(spelled, "phone") for one in profile.phones for spelled in spellings(one, profile.country)]

    def _search(self, kind: str, term: str, field: str) -> list[Row]:
        """Records by an exact word. Only here is there no list that would do: it costs as much as four lists."""
        if len(term) < 2:
            return []
        query = {"term": term, "fields": field, "exact_match": "true", "limit": "10"}
        try:
            found = self._wire.get(f"api/v2/{kind}/search", **query)
        except Missing:
            return []
        items = found.get("items") if isinstance(found, dict) else None
        return rows([item.get("item") for item in rows(items)])

    def _just_made(self, path: str, op: Op) -> list[Row]:
        """My records since the op: the search shows a new one late."""
        query = {"owner_id": str(self._session.me.id), "updated_since": v2(op.at - SLACK)}
        return list(self._wire.all(path, **query))


def job_title(send: Send, person: int, title: str) -> Rejected | None:
    """Write a job title, which is refused where the company has no Contact Sync; the other fields stay written."""
    try:
        send("PATCH", f"{PERSONS}/{person}", {"job_title": title})
    except Forbidden:
        return Rejected(
            "Pipedrive lets job titles be written only where Contact Sync is on.", field="title", code="forbidden"
        )
    return None
