"""The fake Pipedrive as a backend of the contract suite, held to our OpenAPI description in both directions."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from openapi_core import OpenAPI

from callsheet.crm.contract.backend import Effect, LeadState, People, Trait
from callsheet.crm.contract.faults import Faults
from callsheet.crm.pipedrive import PipedriveCrm
from callsheet.crm.pipedrive.wire import BASE_URL
from callsheet.crm.registry import Connection
from callsheet.settings import Secret
from callsheet.sync.port import RemoteId
from tests.crm.openapi import Contracted, description
from tests.crm.pipedrive.server import MANAGER, OTHER, REP, TOKEN, USERS, Nasty, Pipedrive, at

KEYED = re.compile(r"callsheet:([0-9A-Za-z-]+)(#\d+)?\s*$")


@cache
def spec() -> OpenAPI:
    return description("pipedrive.openapi.yaml")


class Clock:
    """A server's clock that is only moved by hand."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)
        self.seconds = 1000.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.seconds

    def forward(self, by: timedelta) -> None:
        self.at += by
        self.seconds += by.total_seconds()


def plain(note: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"<br\s*/?>|</p>", "\n", note))).strip()


class PipedriveBackend:
    """A company with a rep, a colleague and a manager."""

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

    def __init__(self, nasty: Nasty | None = None, *, name: str = "Pipedrive", page: int = 500) -> None:
        self.name = name
        self.clock = Clock()
        self.page = page
        self.server = Pipedrive(self.clock.now, nasty or Nasty())
        self.contracted = Contracted(spec(), self.server, BASE_URL, every_query=True)
        self.faults = Faults(self.contracted, lambda request: request.method != "GET")

    def adapter(self, *, broken_key: bool = False, **options: str) -> PipedriveCrm:
        secret = Secret("wrong-key" if broken_key else TOKEN)
        connection = Connection(url="", secret=secret, options=options, transport=self.faults)
        return PipedriveCrm(connection, clock=self.clock.monotonic, page=self.page)

    def people(self) -> People:
        self.server.users |= {14: "Sam Twin", 15: "Sam Twin", 16: "marketing"}
        self.server.left.add(16)
        return People(USERS[REP], USERS[OTHER], "Sam Twin")

    def settle(self) -> None:
        if self.server.nasty.search_lag:
            self.clock.forward(self.server.nasty.search_lag)

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
        organization = self.server.add_organization(company) if company else None
        person = self.server.add_person(
            name,
            org_id=organization,
            job_title=title or None,
            emails=[{"value": email, "primary": True, "label": "work"}] if email else [],
            phones=[{"value": phone, "primary": True, "label": "work"}] if phone else [],
        )
        owner = REP if mine else OTHER
        return self.server.add_lead(f"{name} lead", person_id=person, organization_id=organization, owner_id=owner)

    def edit_lead(self, lead: RemoteId, *, title: str = "", company: str = "") -> None:
        row = self.server.leads[lead]
        if title:
            self.server.persons[row["person_id"]]["job_title"] = title
            self.server.touch(self.server.persons[row["person_id"]])
        if company:
            self.server.organizations[row["organization_id"]]["name"] = company
            self.server.touch(self.server.organizations[row["organization_id"]])

    def reassign(self, lead: RemoteId, *, mine: bool = False) -> None:
        self.server.leads[lead]["owner_id"] = REP if mine else OTHER
        self.server.touch(self.server.leads[lead])

    def delete(self, lead: RemoteId) -> None:
        del self.server.leads[lead]

    def merge(self, loser: RemoteId, winner: RemoteId) -> None:
        """Persons are merged, and the lead that is left over is deleted by hand: leads themselves do not merge."""
        persons = [self.server.leads[one]["person_id"] for one in (loser, winner)]
        self.server.merge_persons(*persons)
        self.delete(loser)

    def lose(self, lead: RemoteId) -> None:
        self.server.leads[lead]["is_archived"] = True
        self.server.touch(self.server.leads[lead])

    def set_do_not_contact(self, lead: RemoteId) -> None:
        label = next((one for one in self.server.labels if one["name"] == "Do not contact"), None)
        assert label is not None, "the company has no label for it"
        self.server.leads[lead]["label_ids"].append(label["id"])
        self.server.touch(self.server.leads[lead])

    def remark(self, lead: RemoteId, text: str) -> None:
        self.server.add_note(lead, f"<p>{html.escape(text)}</p>", MANAGER)

    def state(self, lead: RemoteId) -> LeadState:
        row = self.server.leads.get(lead)
        if row is None:
            return LeadState("", False, False, False, "", "", exists=False)
        labels = [one["name"] for one in self.server.labels if one["id"] in row["label_ids"]]
        person = self.server.persons.get(row["person_id"], {})
        company = self.server.organizations.get(row["organization_id"], {})
        return LeadState(
            stage=", ".join(labels),
            closed=row["is_archived"],
            won=row["is_archived"] and "Won" in labels,
            do_not_contact="Do not contact" in labels,
            title=person.get("job_title") or "",
            company=company.get("name", ""),
            owner=self.server.users[row["owner_id"]],
        )

    def effects(self, key: str) -> Sequence[Effect]:
        """Each activity, and each further log of the same call, is an effect; a text that goes on belongs to it."""
        server = self.server
        notes = [
            (row, found[2] or "")
            for row in server.notes.values()
            if row["active_flag"] and (found := KEYED.search(plain(row["content"]))) and found[1] == key
        ]
        rest = "\n".join(plain(row["content"]) for row, part in notes if part)
        made: list[Effect] = []
        for row in server.activities.values():
            mark = KEYED.search(plain(row["note"]))
            if row["is_deleted"] or mark is None or mark[1] != key:
                continue
            due = at(f"{row['due_date']} {row['due_time'] or ''}".strip())
            text = "\n".join((row["subject"], plain(row["note"]), rest))
            logs = [one for one in server.logs.values() if one["activity_id"] == row["id"]]
            length = timedelta(seconds=int(logs[0]["duration"])) if logs else None
            kind = "touch" if logs or row["marked_as_done_time"] or row["done"] else "task"
            one = Effect(kind, str(row["id"]), row["lead_id"], due, text, length, row["done"])  # type: ignore[arg-type]
            made += [one] * max(1, len(logs))
        for row, part in notes:
            if not part:
                text = "\n".join((plain(row["content"]), rest))
                made.append(Effect("note", str(row["id"]), row["lead_id"], at(row["add_time"]), text))
        return made

    def notes(self, lead: RemoteId) -> Sequence[str]:
        server = self.server
        said = [plain(row["content"]) for row in server.notes.values() if row["lead_id"] == lead and row["active_flag"]]
        done = [row for row in server.activities.values() if row["lead_id"] == lead and not row["is_deleted"]]
        return [*said, *(plain(row["note"]) for row in done)]
