"""The fake org as a backend of the contract suite, held to our OpenAPI description in both directions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

import httpx
from openapi_core import OpenAPI

from callsheet.crm.contract.backend import Effect, LeadState, People, Trait
from callsheet.crm.contract.faults import Faults
from callsheet.crm.registry import Connection
from callsheet.crm.salesforce import Salesforce
from callsheet.settings import Secret
from callsheet.sync.port import RemoteId
from tests.crm.openapi import Contracted, description
from tests.crm.salesforce.fake import BASE, CLIENT, HOST, OTHER, REFRESH, REP, USERS, FakeSalesforce, Record
from tests.crm.salesforce.schema import KEY


@cache
def spec(name: str) -> OpenAPI:
    return description(name)


class Described(httpx.BaseTransport):
    """Holds every request and answer to its description: one of the data interface, one of the sign-in."""

    def __init__(self, server: FakeSalesforce) -> None:
        home = BASE.partition("/services")[0]
        self.data = Contracted(spec("salesforce.openapi.yaml"), server, home, every_query=True)
        self.login = Contracted(spec("salesforce-login.openapi.yaml"), server, home, every_query=True)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        inner = self.data if request.url.path.startswith("/services/data/") else self.login
        return inner.handle_request(request)


def is_write(request: httpx.Request) -> bool:
    return request.method != "GET" and "oauth2" not in request.url.path


class SalesforceBackend:
    """A fake org, and the network before it."""

    traits: frozenset[Trait] = frozenset(
        {
            "tells_merged",
            "tells_reassigned",
            "rejects_missing_lead",
            "keeps_durations",
            "keeps_authors",
            "patches_profile",
            "tells_stopped",
        }
    )

    def __init__(self, server: FakeSalesforce | None = None, *, name: str = "Salesforce", page: int = 500) -> None:
        self.name = name
        self.server = server or FakeSalesforce()
        self.described = Described(self.server)
        self.faults = Faults(self.described, is_write)
        self.page = page

    def adapter(self, *, broken_key: bool = False, user: str = "", **options: str) -> Salesforce:
        secret = Secret("wrong-key" if broken_key else options.pop("secret", REFRESH))
        options.setdefault("client_id", CLIENT)
        connection = Connection(url=f"https://{HOST}", secret=secret, user=user, options=options, transport=self.faults)
        return Salesforce(connection, page=self.page)

    def people(self) -> People:
        for number in (4, 5):
            self.server.hire(f"00500000000000000{number}", "Sam Twin", f"twin{number}@example.com")
        self.server.hire("005000000000000006", "Mar Keting", "marketing@example.com", active=False)
        self.server.hire("005000000000000007", "marketing", "portal@example.com", kind="PowerPartner")
        return People(USERS[REP], USERS[OTHER], "Sam Twin")

    def settle(self) -> None:
        """Queries read the database: there is no index to wait for."""

    def pass_time(self, by: timedelta) -> None:
        self.server.tick(by)

    def make_lead(
        self, name: str, *, email: str = "", phone: str = "", company: str = "", title: str = "", mine: bool = True
    ) -> RemoteId:
        first, _, last = name.rpartition(" ")
        for one in [one for one, row in self.server.tables["Lead"].items() if email and row.get("Email") == email]:
            self.delete(one)
        return self.server.make(
            "Lead", FirstName=first, LastName=last, Email=email or None, Phone=phone or None, Title=title or None,
            Company=company or "[not provided]", Status="Open - Not Contacted", OwnerId=REP if mine else OTHER,
        )  # fmt: skip

    def edit_lead(self, lead: RemoteId, *, title: str = "", company: str = "") -> None:
        values = {"Title": title, "Company": company}
        self.server.edit("Lead", lead, **{name: value for name, value in values.items() if value})

    def reassign(self, lead: RemoteId, *, mine: bool = False) -> None:
        self.server.edit("Lead", lead, OwnerId=REP if mine else OTHER)

    def delete(self, lead: RemoteId) -> None:
        self.server.edit("Lead", lead, IsDeleted=True)

    def merge(self, loser: RemoteId, winner: RemoteId) -> None:
        self.server.edit("Lead", winner)
        self.server.edit("Lead", loser, IsDeleted=True, MasterRecordId=winner)

    def lose(self, lead: RemoteId) -> None:
        self.server.edit("Lead", lead, Status="Closed - Not Converted")

    def set_do_not_contact(self, lead: RemoteId) -> None:
        self.server.edit("Lead", lead, DoNotCall=True)

    def remark(self, lead: RemoteId, text: str) -> None:
        self.server.make("Task", OTHER, Subject="Remark", Description=text, Status="Completed", WhoId=lead,
                         OwnerId=OTHER, ActivityDate="2026-07-06")  # fmt: skip

    def state(self, lead: RemoteId) -> LeadState:
        row = self.server.tables["Lead"][lead]
        return LeadState(
            stage=row["Status"],
            closed=row["Status"] == "Closed - Not Converted",
            won=row["IsConverted"],
            do_not_contact=row.get("DoNotCall") is True and row.get("HasOptedOutOfEmail") is True,
            title=row.get("Title") or "",
            company=row.get("Company") or "",
            exists=not row["IsDeleted"],
            owner=self.server.tables["User"][row["OwnerId"]]["Name"],
        )

    def effects(self, key: str) -> Sequence[Effect]:
        rows = self.server.tables["Task"].values()
        return [effect(row) for row in rows if (row.get(KEY) or "").startswith(key) and not row["IsDeleted"]]

    def notes(self, lead: RemoteId) -> Sequence[str]:
        rows = self.server.tables["Task"].values()
        told = [row for row in rows if row.get("WhoId") == lead and not row["IsDeleted"]]
        return [f"{row['Subject']}\n{row.get('Description')}" for row in told]


def effect(row: Record) -> Effect:
    words = row.get("Description") or ""
    marked = re.match(r"At (\S+Z)\n", words)
    when = marked[1] if marked else row.get("ReminderDateTime") or f"{row['ActivityDate']}T12:00:00Z"
    note, done = str(row["Subject"]).startswith("Note:"), row["Status"] == "Completed"
    seconds = row.get("CallDurationInSeconds")
    return Effect(
        kind="note" if note else "touch" if marked else "task",
        remote_id=row["Id"],
        lead=row["WhoId"],
        at=datetime.fromisoformat(when),
        text=f"{row['Subject']}\n{words}",
        duration=None if seconds is None else timedelta(seconds=seconds),
        done=done,
    )
