"""The demo CRM itself: what a manager does there, what was delivered, and how it is kept between two sessions."""

from __future__ import annotations

import html
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from callsheet.crm.demo import api
from callsheet.crm.demo.account import Account, Event, Owner
from callsheet.crm.demo.nasty import Nasty
from callsheet.crm.demo.records import Book, Record, parsed, text
from callsheet.crm.demo.schema import ACTIVITIES, CONTACTS, DO_NOT_CONTACT, KEY, LEAD_STAGES, LEADS, Property, standard

Json = Any

TOKEN: Final = "demo-token"  # noqa: S105 - opens nothing but the demo
"""The token of the demo's only service key."""

_BODIES: Final = ("hs_call_body", "hs_note_body", "hs_task_body", "hs_communication_body")
_TITLES: Final = ("hs_call_title", "hs_task_subject", "hs_email_subject")
_DETAILS: Final = ("hs_postal_mail_body", "hs_meeting_body")
_TEXTS: Final = ("hs_email_text",)
"""Bodies that are plain text: what looks like a tag in them is what somebody wrote."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """One thing that was delivered: `kind` is the object type, `outcome` the CRM's own word, `text` plain."""

    lead: str
    at: datetime
    kind: str
    outcome: str
    key: str
    text: str
    done: bool = False
    seconds: int = 0


class DemoCrm:
    """A small CRM with contacts and everything that is done with them; safe to use from several threads.

    `now` is its clock, `nasty` what goes wrong there; `connected` accounts have the properties that connecting the
    product creates, those with a `sales_hub` also leads as HubSpot means them. The methods are what its manager does;
    requests come in through `answer`.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        timezone: str = "Europe/London",
        connected: bool = True,
        sales_hub: bool = False,
    ) -> None:
        self._lock = threading.RLock()
        self._account = Account(
            id=7_654_321,
            name="Demo CRM",
            timezone=timezone,
            book=Book(standard(7_654_321, connected=connected)),
            now=now,
            owners=[Owner("101", "rep@example.com", "Robin", "Rep"), Owner("102", "sam@example.com", "Sam", "Second")],
            tokens={TOKEN},
            sales_hub=sales_hub,
        )
        self._book.owners = {owner.id for owner in self._account.owners}

    @property
    def nasty(self) -> Nasty:
        """What goes wrong on this server; change it in place."""
        return self._account.nasty

    @property
    def rep(self) -> Owner:
        """The rep whose leads are called."""
        return self._account.owners[0]

    @property
    def owners(self) -> Sequence[Owner]:
        """All who may own leads."""
        return tuple(self._account.owners)

    @property
    def other(self) -> Owner:
        """A colleague, who owns leads too."""
        return self._account.owners[1]

    def answer(self, method: str, target: str, headers: Mapping[str, str], content: bytes) -> api.Answer:
        """Carry out one request whole, or not at all as far as each single record goes."""
        with self._lock:
            self._account.book.keep_shown = bool(self.nasty.lag)
            return api.answer(self._account, method, target, headers, content)

    # What a manager does ------------------------------------------------------------------------------------------

    def set_rep(self, email: str, name: str) -> None:
        """Let the rep be called like the person at the keyboard."""
        first, _, last = name.partition(" ")
        with self._lock:
            self._account.owners[0] = Owner(self.rep.id, email, first, last)

    def add_owner(self, email: str, name: str) -> Owner:
        """Let one more user own leads."""
        first, _, last = name.partition(" ")
        with self._lock:
            added = Owner(str(101 + len(self._account.owners)), email, first, last)
            self._account.owners.append(added)
            self._book.owners.add(added.id)
            return added

    def make_contact(
        self,
        properties: Mapping[str, str],
        *,
        owner: str | None = None,
        created_at: datetime | None = None,
        source: str = "",
        campaign: str = "",
    ) -> str:
        """Make a contact, the rep's unless `owner` says otherwise, and return its id. Raises `Refusal`."""
        with self._lock:
            at = created_at or self._now()
            values = {"lifecyclestage": "lead", **properties, "hubspot_owner_id": owner or self.rep.id}
            record = self._book.create(CONTACTS, values, at)
            known = {"hubspot_owner_assigneddate": text(at)}
            if source:
                known |= {"hs_analytics_source": source, "hs_analytics_source_data_1": campaign}
            self._book.put(record, known, self._now())
            return record.id

    def hold_event(self, name: str, at: datetime, states: Mapping[str, str], *, kind: str = "") -> None:
        """A marketing event took place; `states` says of contacts whether they registered, came, or did not."""
        with self._lock:
            self._account.events.append(Event(str(7001 + len(self._account.events)), name, kind, at, dict(states)))

    def make_lead_object(self, contact: str, *, owner: str | None = None, stage: str = "New") -> str:
        """Make a lead in HubSpot's sense for a contact, the rep's unless `owner` says otherwise; its id."""
        with self._lock:
            person = self._book.get(CONTACTS, contact)
            values = {
                "hs_lead_name": f"{person.properties.get('firstname', '')} {person.properties.get('lastname', '')}",
                "hs_pipeline_stage": {label: one for one, label in LEAD_STAGES}[stage],
                "hubspot_owner_id": owner or self.rep.id,
            }
            record = self._book.create(LEADS, values, self._now())
            self._book.link((LEADS, record.id), (CONTACTS, contact))
            return record.id

    def lead_object(self, lead: str) -> Mapping[str, str]:
        """The properties of a lead in HubSpot's sense, its stage in words as `stage`."""
        with self._lock:
            values = self._book.get(LEADS, lead).properties
            return {**values, "stage": dict(LEAD_STAGES)[values["hs_pipeline_stage"]]}

    def done_on(self, lead: str) -> list[str]:
        """The keys of what was done that shows on a lead in HubSpot's sense."""
        with self._lock:
            found = [(kind, one) for kind in ACTIVITIES for one in self._book.linked(LEADS, lead, kind)]
            return [self._book.records[kind][one].properties.get(KEY, "") for kind, one in found]

    def edit(self, contact: str, **properties: str) -> None:
        """Set properties of a contact. Raises `Refusal`."""
        with self._lock:
            self._book.update(self._book.get(CONTACTS, contact), properties, self._now())

    def reassign(self, contact: str, owner: str) -> None:
        """Give a contact to somebody else."""
        with self._lock:
            self._book.update(self._book.get(CONTACTS, contact), {"hubspot_owner_id": owner}, self._now())

    def merge(self, kept: str, gone: str) -> str:
        """Make one of two contacts and return the id that is left."""
        with self._lock:
            one, other = self._book.get(CONTACTS, kept), self._book.get(CONTACTS, gone)
            return self._book.merge(one, other, self._now(), new_id=self.nasty.merge_new_id).id

    def delete(self, contact: str) -> None:
        """Delete a contact; for some months it can be found among the archived."""
        with self._lock:
            self._book.archive(self._book.get(CONTACTS, contact), self._now())

    def erase(self, contact: str) -> None:
        """Delete a contact for good, as the law on data protection may ask: nothing of it can be found any more."""
        with self._lock:
            record = self._book.get(CONTACTS, contact)
            self._book.archive(record, self._now())
            del self._book.records[CONTACTS][contact]

    def set_do_not_contact(self, contact: str, *, value: bool = True) -> None:
        """Note that somebody asked to be left alone."""
        with self._lock:
            self._book.schema[CONTACTS].setdefault(DO_NOT_CONTACT, Property(DO_NOT_CONTACT, "bool", custom=True))
        self.edit(contact, **{DO_NOT_CONTACT: "true" if value else "false"})

    def submit_form(self, contact: str, form: str, message: str = "", *, at: datetime | None = None) -> None:
        """The contact fills in a form of the web site: who asks is hot."""
        with self._lock:
            record = self._book.get(CONTACTS, contact)
            count = int(record.properties.get("num_conversion_events", "0")) + 1
            now = self._now()
            values = {
                "recent_conversion_event_name": form,
                "recent_conversion_date": text(at or now),
                "num_conversion_events": str(count),
            }
            self._book.put(record, values | ({"message": message} if message else {}), now)

    def click_email(self, contact: str, email: str) -> None:
        """The contact clicks a link in a campaign's email."""
        with self._lock:
            at = text(self._now())
            values = {"hs_email_last_click_date": at, "hs_email_last_email_name": email}
            self._book.put(self._book.get(CONTACTS, contact), values, self._now())

    def log(self, kind: str, contact: str, properties: Mapping[str, str], *, owner: str | None = None) -> str:
        """Somebody else does something with a contact: an activity of the given type; its id."""
        with self._lock:
            now = self._now()
            values = {"hs_timestamp": text(now), "hubspot_owner_id": owner or self.other.id, **properties}
            record = self._book.create(kind, values, now)
            self._book.link((kind, record.id), (CONTACTS, contact))
            return record.id

    def remark(self, contact: str, remark: str) -> str:
        """A colleague writes a note."""
        return self.log("notes", contact, {"hs_note_body": html.escape(remark, quote=False)})

    # What can be seen there ---------------------------------------------------------------------------------------

    def contact(self, contact: str) -> Mapping[str, str] | None:
        """The properties of a contact, None when it is not there any more."""
        with self._lock:
            record = self._book.records[CONTACTS].get(contact)
            return None if record is None or record.archived_at is not None else dict(record.properties)

    def contacts(self) -> list[str]:
        """The ids of all contacts, oldest first."""
        with self._lock:
            return [record.id for record in self._book.records[CONTACTS].values() if record.archived_at is None]

    def activities(self, contact: str) -> list[Mapping[str, str]]:
        """The properties of everything that was done with a contact."""
        with self._lock:
            return [
                dict(self._book.records[kind][one].properties)
                for kind in ACTIVITIES
                for one in self._book.linked(CONTACTS, contact, kind)
            ]

    def delivered(self) -> list[Delivered]:
        """What this product has delivered and nobody has taken back, in the order in which it arrived."""
        with self._lock:
            found = [record for record in self._book if record.kind in ACTIVITIES and record.properties.get(KEY)]
            found = [record for record in found if record.archived_at is None]
            return [self._delivered(record) for record in sorted(found, key=lambda record: int(record.id))]

    def _delivered(self, record: Record) -> Delivered:
        values = record.properties
        linked = self._book.linked(record.kind, record.id, CONTACTS)
        said = [values[name] for name in _TITLES if values.get(name)]
        said += [values[name] for name in _TEXTS if values.get(name)]
        said += [_plain(values[name]) for name in (*_BODIES, *_DETAILS) if values.get(name)]
        return Delivered(
            lead=linked[0] if linked else "",
            at=parsed(values["hs_timestamp"]),
            kind=record.kind,
            outcome=self._outcome(record),
            key=values[KEY],
            text="\n".join(said),
            done=values.get("hs_task_status") == "COMPLETED",
            seconds=round(float(values.get("hs_call_duration", "0")) / 1000),
        )

    def _outcome(self, record: Record) -> str:
        labels = dict(self._book.schema["calls"]["hs_call_disposition"].options)
        values = record.properties
        label = labels.get(values.get("hs_call_disposition", ""), "")
        return label or values.get("hs_email_status", "") or values.get("hs_task_status", "")

    # Between two sessions -----------------------------------------------------------------------------------------

    def dump(self) -> bytes:
        """Everything that is kept there, as JSON."""
        with self._lock:
            state = {
                "owners": [asdict(owner) for owner in self._account.owners],
                "next_id": self._book.next_id,
                "merged": self._book.merged,
                "custom": {
                    kind: [asdict(item) for item in items.values() if item.custom]
                    for kind, items in self._book.schema.kinds.items()
                },
                "records": [_frozen(record) for record in self._book],
                "links": sorted([*one, *other] for one, others in self._book.links.items() for other in others),
            }
        return json.dumps(state, ensure_ascii=False, separators=(",", ":")).encode()

    def load(self, content: bytes) -> None:
        """Take back what `dump` gave. Raises ValueError or KeyError when it is nothing of the kind."""
        state = json.loads(content)
        book = Book(standard(self._account.id))
        for kind, items in state["custom"].items():
            for item in items:
                options = tuple((value, label) for value, label in item["options"])
                book.schema[kind][item["name"]] = Property(**{**item, "options": options})
        for record in state["records"]:
            book.add(_thawed(record))
        for kind, one, to, other in state["links"]:
            book.links[kind, one].add((to, other))
        book.next_id, book.merged = state["next_id"], state["merged"]
        with self._lock:
            self._account.book = book
            self._account.owners = [Owner(**owner) for owner in state["owners"]]
            book.owners = {owner.id for owner in self._account.owners}

    @property
    def _book(self) -> Book:
        return self._account.book

    def _now(self) -> datetime:
        return self._account.now()


def _frozen(record: Record) -> Json:
    past = {name: [[text(at), value] for at, value in values] for name, values in record.past.items()}
    return {
        "id": record.id,
        "kind": record.kind,
        "properties": record.properties,
        "created_at": text(record.created_at),
        "updated_at": text(record.updated_at),
        "archived_at": None if record.archived_at is None else text(record.archived_at),
        "past": past,
    }


def _thawed(state: Json) -> Record:
    archived = state["archived_at"]
    return Record(
        id=state["id"],
        kind=state["kind"],
        properties=state["properties"],
        created_at=parsed(state["created_at"]),
        updated_at=parsed(state["updated_at"]),
        archived_at=None if archived is None else parsed(archived),
        past={name: [(parsed(at), value) for at, value in values] for name, values in state["past"].items()},
    )


def _plain(body: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"<br\s*/?>", "\n", body)))
