"""Leads that HubSpot does not have yet; one with the same address, or the same name and number, is taken instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from callsheet.crm.hubspot import activities, contacts
from callsheet.crm.hubspot.activities import Write
from callsheet.crm.hubspot.contacts import DO_NOT_CONTACT, KEY
from callsheet.crm.hubspot.keyed import Keyed
from callsheet.crm.hubspot.results import Results, refusal_of
from callsheet.crm.hubspot.session import Session
from callsheet.crm.hubspot.shapes import Input, Record
from callsheet.crm.hubspot.wire import Taken, Wire, where
from callsheet.domain.profile import Profile, flat, folded
from callsheet.sync.port import Applied, LeadCreate, Note, Op

_KNOWN_BY = ("firstname", "lastname", "email", "phone", "mobilephone", "hubspot_owner_id", KEY)


class NewLeads:
    """The leads of one batch that are to be made. `leads` are those that are there now, by HubSpot's id."""

    def __init__(self, wire: Wire, session: Session, keyed: Keyed, results: Results) -> None:
        self._wire = wire
        self._session = session
        self._keyed = keyed
        self._results = results
        self.leads: set[str] = set()
        self._made: dict[int, str] = {}

    def take(self, items: Sequence[tuple[int, Op]]) -> None:
        """Find or make the contact of each op. Raises what a request raises."""
        here = [(index, op, op.body) for index, op in items if isinstance(op.body, LeadCreate)]
        mine = self._keyed.find("contacts", [op.id for _, op, _ in here], _KNOWN_BY)
        addresses = [email.lower() for _, _, body in here for email in body.profile.emails]
        known = self._wire.read("contacts", addresses, _KNOWN_BY, key="email") if addresses else []
        by_email = {one.get("email").lower(): one for one in known}
        inputs: dict[int, Input] = {}
        for index, op, body in here:
            found = mine.get(op.id) or self._by_email(body.profile, by_email) or self._by_number(body.profile)
            if found is not None:
                self._settle(index, op, found)
            else:
                inputs[index] = Input(op.id, self._values(body))
        if inputs:
            self._put(here, inputs)

    def notes(self, index: int, op: Op) -> list[Write]:
        """Where a new lead came from, as a note: HubSpot keeps its own source for itself."""
        body = op.body
        if index not in self._made or not isinstance(body, LeadCreate):
            return []
        parts = {"Source": body.source, "Campaign": body.campaign}
        said = [f"{name}: {value}" for name, value in parts.items() if value.strip()]
        if not said:
            return []
        return activities.writes(op, Note("\n".join(said)), self._session.me.id, self._session.words)

    def placed(self, index: int, op: Op) -> Op:
        """The op with the id of the lead that it made."""
        return replace(op, lead=self._made[index]) if index in self._made else op

    def _put(self, here: Sequence[tuple[int, Op, LeadCreate]], inputs: Mapping[int, Input]) -> None:
        try:
            put = self._keyed.put("contacts", list(inputs.values()))
        except Taken as error:
            index, op = next((index, op) for index, op, _ in here if index in inputs)
            if len(inputs) > 1 or not error.existing:
                raise
            self._settle(index, op, self._wire.one("contacts", error.existing))
            return
        for index, op, _ in here:
            if index not in inputs:
                continue
            record, refused = put.done.get(op.id), put.refused.get(op.id)
            if record is not None:
                self._known(index, record)
                self._results.add(index, Applied(record.id, record.updated_at.isoformat(), replayed=not record.new))
            elif refused is not None and refused.existing:
                self._settle(index, op, self._wire.one("contacts", refused.existing))
            elif refused is not None:
                self._results.add(index, refusal_of(refused))

    def _settle(self, index: int, op: Op, found: Record) -> None:
        """Take a contact that is there: it gets our key and an owner where it has none, and loses nothing."""
        values = {}
        if not found.get(KEY):
            values[KEY] = op.id
        if not found.get("hubspot_owner_id"):
            values["hubspot_owner_id"] = self._session.me.id
        if isinstance(op.body, LeadCreate) and op.body.do_not_contact and self._session.words.writable(DO_NOT_CONTACT):
            values[DO_NOT_CONTACT] = "true"
        if values and found.get(KEY) != op.id:
            self._wire.update("contacts", [Input(found.id, values)])
        self._known(index, found)
        self._results.add(index, Applied(found.id, found.updated_at.isoformat(), replayed=True, how="taken"))

    def _known(self, index: int, record: Record) -> None:
        self.leads.add(record.id)
        self._made[index] = record.id

    def _by_email(self, profile: Profile, known: Mapping[str, Record]) -> Record | None:
        return next((known[email.lower()] for email in profile.emails if email.lower() in known), None)

    def _by_number(self, profile: Profile) -> Record | None:
        """A contact with the same number and the same name: a number alone may be a switchboard's."""
        for number in profile.phones:
            for name in ("phone", "mobilephone"):
                for one in self._wire.search("contacts", [where(name, "EQ", number)], _KNOWN_BY, limit=50).results:
                    full = f"{one.get('firstname')} {one.get('lastname')}"
                    if profile.name and folded(full) == folded(profile.name):
                        return one
        return None

    def _values(self, body: LeadCreate) -> dict[str, str]:
        words = self._session.words
        values = contacts.properties({name: value for name, value in flat(body.profile).items() if value}, words)
        values["hubspot_owner_id"] = self._session.me.id
        status = words.status("new")
        if status:
            values["hs_lead_status"] = status
        if words.allows("lifecyclestage", "lead"):
            values["lifecyclestage"] = "lead"
        if body.do_not_contact and words.writable(DO_NOT_CONTACT):
            values[DO_NOT_CONTACT] = "true"
        return {name: value for name, value in values.items() if value}
