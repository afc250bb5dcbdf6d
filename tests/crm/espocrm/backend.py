"""The fake EspoCRM as a backend of the contract suite, held to our OpenAPI description in both directions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

import httpx
from openapi_core import OpenAPI

from callsheet.crm.contract.backend import Effect, LeadState, People, Trait
from callsheet.crm.contract.faults import Faults
from callsheet.crm.espocrm import EspoCrm
from callsheet.crm.registry import Connection
from callsheet.settings import Secret
from callsheet.sync.port import RemoteId
from tests.crm.espocrm.fake import KEY, NAMES, OTHER, REP, FakeEspo
from tests.crm.espocrm.schema import Record
from tests.crm.openapi import Contracted, description

URL = "https://crm.example"


@cache
def spec() -> OpenAPI:
    return description("espocrm.openapi.yaml")


def is_write(request: httpx.Request) -> bool:
    return request.method != "GET"


def at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


class EspoBackend:
    """A fake server, and the network before it."""

    name = "EspoCRM"
    traits: frozenset[Trait] = frozenset(
        {
            "tells_reassigned",
            "rejects_missing_lead",
            "keeps_durations",
            "keeps_authors",
            "wins",
            "patches_profile",
            "tells_stopped",
        }
    )

    def __init__(self, server: FakeEspo | None = None, *, page: int = 200) -> None:
        self.server = server or FakeEspo()
        self.contracted = Contracted(spec(), self.server, URL, every_query=True)
        self.faults = Faults(self.contracted, is_write)
        self.page = page

    def adapter(self, *, broken_key: bool = False, **options: str) -> EspoCrm:
        secret = Secret("wrong-key" if broken_key else KEY)
        connection = Connection(url=URL, secret=secret, options=options, transport=self.faults)
        return EspoCrm(connection, page=self.page)

    def people(self) -> People:
        for login in ("twin1", "twin2"):
            self.server.hire(f"6b03000000000{login[-4:]}", "Sam Twin", login)
        self.server.hire("6b030000000000left", "Mar Keting", "marketing", active=False)
        self.server.hire("6b03000000000portal", "marketing", "portal", kind="portal")
        return People(NAMES[REP], NAMES[OTHER], "Sam Twin")

    def settle(self) -> None:
        """EspoCRM answers from its database: there is no index to wait for."""

    def pass_time(self, by: timedelta) -> None:
        self.server.tick(by)

    def make_lead(
        self, name: str, *, email: str = "", phone: str = "", company: str = "", title: str = "", mine: bool = True
    ) -> RemoteId:
        first, _, last = name.rpartition(" ")
        for one in [one for one, row in self.server.tables["Lead"].items() if email and row["emailAddress"] == email]:
            del self.server.tables["Lead"][one]
        return self.server.make(
            "Lead", firstName=first, lastName=last, emailAddress=email, phoneNumber=phone, accountName=company,
            title=title, status="New", assignedUserId=REP if mine else OTHER,
        )  # fmt: skip

    def edit_lead(self, lead: RemoteId, *, title: str = "", company: str = "") -> None:
        values = {"title": title, "accountName": company}
        self.server.edit("Lead", lead, **{name: value for name, value in values.items() if value})

    def reassign(self, lead: RemoteId, *, mine: bool = False) -> None:
        self.server.edit("Lead", lead, assignedUserId=REP if mine else OTHER)

    def delete(self, lead: RemoteId) -> None:
        del self.server.tables["Lead"][lead]

    def merge(self, loser: RemoteId, winner: RemoteId) -> None:
        self.server.edit("Lead", winner)
        self.delete(loser)

    def lose(self, lead: RemoteId) -> None:
        self.server.edit("Lead", lead, status="Dead")

    def set_do_not_contact(self, lead: RemoteId) -> None:
        self.server.edit("Lead", lead, doNotCall=True)

    def remark(self, lead: RemoteId, text: str) -> None:
        self.server.post(lead, text)

    def state(self, lead: RemoteId) -> LeadState:
        row = self.server.tables["Lead"].get(lead)
        if row is None:
            return LeadState("", False, False, False, "", "", exists=False)
        return LeadState(
            stage=row["status"],
            closed=row["status"] == "Dead",
            won=row["status"] == "Converted",
            do_not_contact=row.get("doNotCall") is True
            and (row.get("phoneNumberIsOptedOut") is True or not row.get("phoneNumber")),
            title=row.get("title") or "",
            company=row.get("accountName") or "",
            owner=self.server.tables["User"][row["assignedUserId"]]["name"],
        )

    def effects(self, key: str) -> Sequence[Effect]:
        tables = self.server.tables
        calls = [self._call(row) for row in tables["Call"].values() if row.get("cCallsheetId") == key]
        tasks = [self._task(row) for row in tables["Task"].values() if row.get("cCallsheetId") == key]
        notes = [
            Effect("note", row["id"], row["parentId"], at(row["createdAt"]), row["post"])
            for row in tables["Note"].values()
            if key in row["post"]
        ]
        return [*calls, *tasks, *notes]

    @staticmethod
    def _call(row: Record) -> Effect:
        start = at(row["dateStart"])
        words = f"{row['name']}\n{row['description']}"
        return Effect("touch", row["id"], row["parentId"], start, words, at(row["dateEnd"]) - start)

    @staticmethod
    def _task(row: Record) -> Effect:
        words = f"{row['name']}\n{row['description']}"
        done = row["status"] == "Completed"
        return Effect("task", row["id"], row["parentId"], at(row["dateEnd"]), words, timedelta(0), done)

    def notes(self, lead: RemoteId) -> Sequence[str]:
        tables = self.server.tables
        told = [row["post"] for row in tables["Note"].values() if row["parentId"] == lead and row["post"]]
        done = [f"{row['name']} {row.get('description')}" for kind in ("Call", "Task") for row in tables[kind].values()
                if row["parentId"] == lead]  # fmt: skip
        return [*told, *done]
