"""The demo CRM as a backend of the contract suite, held to our OpenAPI description in both directions."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

import httpx
from openapi_core import OpenAPI

from callsheet.crm.contract.backend import Effect, LeadState, People, Trait
from callsheet.crm.contract.faults import Faults
from callsheet.crm.demo.network import DemoTransport
from callsheet.crm.demo.schema import DO_NOT_CONTACT
from callsheet.crm.demo.server import TOKEN, DemoCrm
from callsheet.crm.hubspot import HubSpot, connect
from callsheet.crm.hubspot.wire import BASE_URL
from callsheet.crm.registry import Connection
from callsheet.settings import Secret
from callsheet.sync.port import RemoteId
from tests.crm.openapi import Contracted, description

READS = re.compile(r"/(search|batch/read)$")

BODIES = (
    "hs_call_body", "hs_note_body", "hs_task_body", "hs_email_html", "hs_communication_body", "hs_postal_mail_body",
)  # fmt: skip


@cache
def spec() -> OpenAPI:
    return description("hubspot.openapi.yaml")


class Clock:
    """A server's clock: it moves a little with every look, so that no two changes share a moment by chance."""

    def __init__(self, at: datetime | None = None) -> None:
        self.at = at or datetime.now(UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def forward(self, by: timedelta) -> None:
        self.at += by


def is_write(request: httpx.Request) -> bool:
    return request.method != "GET" and not READS.search(request.url.path)


def plain(body: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", body.replace("<br>", "\n")))


class HubSpotBackend:
    """A demo CRM with a rep, a colleague and a manager."""

    traits: frozenset[Trait] = frozenset(
        {
            "tells_merged",
            "tells_reassigned",
            "rejects_missing_lead",
            "keeps_durations",
            "keeps_authors",
            "wins",
            "patches_profile",
            "tells_stopped",
        }
    )

    def __init__(
        self,
        *,
        name: str = "HubSpot dialect",
        unique: bool = True,
        prepare: bool = True,
        sales_hub: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self.name = name
        self.clock = clock or Clock()
        self.server = DemoCrm(self.clock, connected=False, sales_hub=sales_hub)
        self.contracted = Contracted(spec(), DemoTransport(self.server), BASE_URL, every_query=True)
        self.faults = Faults(self.contracted, is_write)
        if not unique:
            self.server.nasty.no_unique = frozenset({"notes", "tasks", "calls", "emails", "communications"})
        if prepare:
            self.adapter().check(create=True)
        self.faults.requests = self.faults.writes = 0

    def adapter(self, *, broken_key: bool = False, **options: str) -> HubSpot:
        return connect(
            Connection(
                url="",
                secret=Secret("wrong-key" if broken_key else TOKEN),
                user=self.server.rep.email,
                options=options,
                transport=self.faults,
            )
        )

    def people(self) -> People:
        twins = [one for one in self.server.owners if one.last == "Twin"]
        for number in range(len(twins), 2):
            self.server.add_owner(f"twin{number}@example.com", "Sam Twin")
        rep, other = (f"{one.first} {one.last}" for one in (self.server.rep, self.server.other))
        return People(rep, other, "Sam Twin")

    def settle(self) -> None:
        self.clock.forward(self.server.nasty.lag)

    def pass_time(self, by: timedelta) -> None:
        self.clock.forward(by)

    def make_lead(
        self,
        name: str,
        *,
        email: str = "",
        phone: str = "",
        company: str = "",
        title: str = "",
        mine: bool = True,
    ) -> RemoteId:
        first, _, last = name.rpartition(" ")
        values = {"firstname": first, "lastname": last, "phone": phone, "company": company, "jobtitle": title}
        if email:
            self._free(email)
            values["email"] = email
        owner = self.server.rep if mine else self.server.other
        return self.server.make_contact({name: value for name, value in values.items() if value}, owner=owner.id)

    def _free(self, email: str) -> None:
        for contact in self.server.contacts():
            if (self.server.contact(contact) or {}).get("email") == email:
                self.server.delete(contact)

    def edit_lead(self, lead: RemoteId, *, title: str = "", company: str = "") -> None:
        values = {"jobtitle": title, "company": company}
        self.server.edit(lead, **{name: value for name, value in values.items() if value})

    def reassign(self, lead: RemoteId, *, mine: bool = False) -> None:
        self.server.reassign(lead, (self.server.rep if mine else self.server.other).id)

    def delete(self, lead: RemoteId) -> None:
        self.server.delete(lead)

    def merge(self, loser: RemoteId, winner: RemoteId) -> None:
        self.server.merge(winner, loser)

    def lose(self, lead: RemoteId) -> None:
        self.server.edit(lead, hs_lead_status="UNQUALIFIED")

    def set_do_not_contact(self, lead: RemoteId) -> None:
        self.server.set_do_not_contact(lead)

    def remark(self, lead: RemoteId, text: str) -> None:
        self.server.remark(lead, text)

    def state(self, lead: RemoteId) -> LeadState:
        values = self.server.contact(lead)
        if values is None:
            return LeadState("", False, False, False, "", "", exists=False)
        return LeadState(
            stage=f"{values.get('hs_lead_status', '')} {values.get('lifecyclestage', '')}",
            closed=values.get("hs_lead_status") == "UNQUALIFIED",
            won=values.get("lifecyclestage") == "customer",
            do_not_contact=values.get(DO_NOT_CONTACT) == "true",
            title=values.get("jobtitle", ""),
            company=values.get("company", ""),
            owner={one.id: f"{one.first} {one.last}" for one in self.server.owners}[values["hubspot_owner_id"]],
        )

    def effects(self, key: str) -> Sequence[Effect]:
        kinds = {"notes": "note", "tasks": "task"}
        return [
            Effect(
                kind=kinds.get(one.kind, "touch"),  # type: ignore[arg-type]
                remote_id=one.key,
                lead=one.lead,
                at=one.at,
                text=one.text,
                duration=timedelta(seconds=one.seconds) if one.kind == "calls" else None,
                done=one.done,
            )
            for one in self.server.delivered()
            if one.key == key
        ]

    def notes(self, lead: RemoteId) -> Sequence[str]:
        found = self.server.activities(lead)
        return [plain("\n".join(one[name] for name in BODIES if name in one)) for one in found]
