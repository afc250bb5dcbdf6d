"""Another package brings an adapter: the example of `WRITING_AN_ADAPTER.md`, installed, found, held to the contract.

The example is taken from the page itself, so that the page cannot say what does not work.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

import callsheet.crm
from callsheet.crm.contract.backend import Backend, Effect, LeadState, People, Trait
from callsheet.crm.contract.faults import Faults
from callsheet.crm.contract.suite import CrmContract
from callsheet.crm.registry import BUILT_IN, GROUP, Connection, factory, kinds
from callsheet.settings import Secret
from callsheet.sync.port import Crm, RemoteId

PAGE = Path(callsheet.crm.__file__).with_name("WRITING_AN_ADAPTER.md")
URL = "https://acme.example/api"
KEY = "right-key"

Row = dict[str, Any]


def blocks(language: str) -> list[str]:
    """The pieces of code in the page."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The example as a package that was installed by its own words."""
    site = tmp_path_factory.mktemp("site")
    (site / "callsheet_acme.py").write_text(blocks("python")[0], encoding="utf-8")
    info = site / "callsheet_acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: callsheet-acme\nVersion: 1.0\n", encoding="utf-8")
    [entry] = re.findall(r'entry-points\."([\w.]+)"\]\n(.+)\n', blocks("toml")[0])
    (info / "entry_points.txt").write_text(f"[{entry[0]}]\n{entry[1].replace(chr(34), '')}\n", encoding="utf-8")
    sys.path.insert(0, str(site))
    yield site
    sys.path.remove(str(site))
    sys.modules.pop("callsheet_acme", None)


class Company(httpx.BaseTransport):
    """Acme's server: everything has a key, and a number that grows with each change."""

    def __init__(self) -> None:
        self.count = itertools.count(1)
        self.leads: dict[str, Row] = {}
        self.entries: dict[str, Row] = {}

    def add_lead(self, **values: Any) -> Row:
        number = str(next(self.count))
        row = {"id": number, "name": "", "company": "", "title": "", "phones": "", "emails": "", "mine": True}
        row |= {"stage": "New", "closed": "", "do_not_contact": False, "key": ""} | values
        self.leads[number] = row
        self.changed(row)
        return row

    def changed(self, row: Row) -> None:
        row |= {"change": next(self.count), "at": row.get("at") or datetime.now(UTC).isoformat()}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return httpx.Response(401, json={})
        body = json.loads(request.content) if request.content else {}
        path = request.url.path.removeprefix("/api/").split("/")
        answer = self.answer(request.method, path, body, int(request.url.params.get("after", "0")))
        return httpx.Response(404 if answer is None else 200, json=answer or {}, headers={"Date": now()})

    def answer(self, method: str, path: list[str], body: Row, after: int) -> Row | None:
        match method, path:
            case "GET", ["me"]:
                return {"id": 7, "name": "Rita Rep"}
            case "GET", [("leads" | "entries") as kind]:
                table = self.leads if kind == "leads" else self.entries
                new = [row for row in table.values() if row["change"] > after and (kind != "leads" or row["mine"])]
                new.sort(key=lambda row: row["change"])
                return {kind: new[:5], "next": new[:5][-1]["change"] if new else after, "more": len(new) > 5}
            case "GET", ["leads", number]:
                return self.leads.get(number)
            case "PATCH", ["leads", number] if number in self.leads:
                self.leads[number].update(body)
                self.changed(self.leads[number])
                return {"id": number}
            case "PUT", ["leads", "by-key", key]:
                return {"id": self.made(key, body)}
            case _, ["entries", key]:
                return self.entry(method, key, body)
        return None

    def made(self, key: str, body: Row) -> str:
        for row in self.leads.values():
            same = body["emails"] and row["emails"].casefold() == body["emails"].casefold()
            if row["key"] == key or same:
                return str(row["id"])
        known = {name: body[name] for name in ("name", "company", "title", "phones", "emails")}
        return str(self.add_lead(key=key, **known)["id"])

    def entry(self, method: str, key: str, body: Row) -> Row | None:
        there = self.entries.get(key)
        match method:
            case "PUT" if body["lead"] in self.leads:
                row = {"id": key, "key": key, "author": "Rita Rep", "mine": True, "done": False, "seconds": 0} | (
                    there or {}
                )
                self.entries[key] = row if there and there["done"] else row | body
                self.entries[key]["change"] = next(self.count)
                return {"id": key, "replayed": there is not None}
            case "PATCH" if there is not None:
                replayed = there["done"]
                there |= {"done": True, "text": there["text"] if replayed else f"{there['text']}\n{body['said']}"}
                return {"id": key, "replayed": replayed}
            case "DELETE" if there is not None:
                return {"id": self.entries.pop(key)["id"]}
            case "GET":
                return there
        return None


def now() -> str:
    return f"{datetime.now(UTC):%a, %d %b %Y %H:%M:%S} GMT"


class AcmeBackend:
    """What the page asks for: a manager's hand, and a look at what is kept."""

    name = "Acme"
    traits: frozenset[Trait] = frozenset(
        {"tells_reassigned", "rejects_missing_lead", "keeps_durations", "keeps_authors", "patches_profile"}
    )

    def __init__(self) -> None:
        self.company = Company()
        self.faults = Faults(self.company, lambda request: request.method != "GET")

    def adapter(self, *, broken_key: bool = False) -> Crm:
        secret = Secret("wrong-key" if broken_key else KEY)
        return factory("acme")(Connection(url=URL, secret=secret, transport=self.faults))

    def people(self) -> People:
        raise AssertionError("Acme hands no leads over")

    def settle(self) -> None:
        """There is no index."""

    def pass_time(self, by: timedelta) -> None:
        """Nothing there waits for a time."""

    def make_lead(
        self, name: str, *, email: str = "", phone: str = "", company: str = "", title: str = "", mine: bool = True
    ) -> RemoteId:
        row = self.company.add_lead(name=name, emails=email, phones=phone, company=company, title=title, mine=mine)
        return str(row["id"])

    def _change(self, lead: RemoteId, **values: Any) -> None:
        self.company.leads[lead].update(values)
        self.company.changed(self.company.leads[lead])

    def edit_lead(self, lead: RemoteId, *, title: str = "", company: str = "") -> None:
        values = {"title": title, "company": company}
        self._change(lead, **{name: value for name, value in values.items() if value})

    def reassign(self, lead: RemoteId, *, mine: bool = False) -> None:
        self._change(lead, mine=mine)

    def delete(self, lead: RemoteId) -> None:
        del self.company.leads[lead]

    def merge(self, loser: RemoteId, winner: RemoteId) -> None:
        self.delete(loser)

    def lose(self, lead: RemoteId) -> None:
        self._change(lead, closed="lost")

    def set_do_not_contact(self, lead: RemoteId) -> None:
        self._change(lead, do_not_contact=True)

    def remark(self, lead: RemoteId, text: str) -> None:
        number = f"remark {next(self.company.count)}"
        row = {"id": number, "key": "", "lead": lead, "text": text, "channel": "research", "at": "2026-07-03T10:00:00Z"}
        more = {
            "author": "Mona Manager",
            "mine": False,
            "change": next(self.company.count),
            "kind": "note",
            "done": False,
        }
        self.company.entries[number] = row | more

    def state(self, lead: RemoteId) -> LeadState:
        row = self.company.leads.get(lead)
        if row is None:
            return LeadState("", False, False, False, "", "", exists=False)
        told = (row["stage"], bool(row["closed"]), False, row["do_not_contact"], row["title"], row["company"])
        return LeadState(*told)

    def effects(self, key: str) -> Sequence[Effect]:
        return [
            Effect(
                kind=row["kind"],
                remote_id=row["id"],
                lead=row["lead"],
                at=datetime.fromisoformat(row["at"]),
                text=row["text"],
                duration=timedelta(seconds=row["seconds"]),
                done=row["done"],
            )
            for row in self.company.entries.values()
            if row["key"] == key
        ]

    def notes(self, lead: RemoteId) -> Sequence[str]:
        return [row["text"] for row in self.company.entries.values() if row["lead"] == lead]


@pytest.mark.usefixtures("installed")
def test_an_installed_adapter_is_offered_and_can_be_connected() -> None:
    assert "acme" in kinds()
    assert "acme" not in BUILT_IN
    crm = AcmeBackend().adapter()
    assert crm.whoami().name == "Rita Rep"


def test_the_page_is_one_page_and_names_what_is_there() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert f'entry-points."{GROUP}"' in text
    for place in re.findall(r"`(?:callsheet|tests)/[\w/.]+`", text):
        root = PAGE.parents[2] if place.startswith("`callsheet") else PAGE.parents[3]
        assert (root / place.strip("`")).exists(), place
    assert len(text.splitlines()) < 250


@pytest.fixture(scope="module")
def company() -> AcmeBackend:
    return AcmeBackend()


@pytest.mark.usefixtures("installed")
class TestThirdPartyAdapter(CrmContract):
    @pytest.fixture
    def backend(self, company: AcmeBackend) -> Backend:
        return company
