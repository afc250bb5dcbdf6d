"""A real Odoo behind the contract suite: the rep through the adapter, all others through the administrator's key."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self

import httpx

from callsheet.crm.contract.backend import Effect, LeadState, People, Trait
from callsheet.crm.contract.faults import Faults
from callsheet.crm.markup import to_text
from callsheet.crm.odoo import OdooCrm
from callsheet.crm.registry import Connection
from callsheet.settings import Secret
from callsheet.sync.port import RemoteId

URL = os.environ.get("CALLSHEET_ODOO_URL", "http://127.0.0.1:18069")
DATABASE = os.environ.get("CALLSHEET_ODOO_DB", "crm19")
STOCK_DATABASE = os.environ.get("CALLSHEET_ODOO_STOCK_DB", "crm19_stock")
KEYS = Path(os.environ.get("CALLSHEET_ODOO_KEYS", "~/.cache/callsheet-odoo/keys.json")).expanduser()

READS = frozenset(
    {"search_read", "search", "read", "search_count", "fields_get", "has_access", "context_get", "get_external_id",
     "check_object_reference"}
)  # fmt: skip

TRAITS: frozenset[Trait] = frozenset(
    {"tells_reassigned", "rejects_missing_lead", "keeps_authors", "wins", "patches_profile", "tells_stopped", "points"}
)


def is_write(request: httpx.Request) -> bool:
    return request.url.path.rpartition("/")[2] not in READS


@cache
def keys(database: str) -> dict[str, str]:
    """The API keys by login; the file is either flat or has a section for each database."""
    found: dict[str, Any] = json.loads(KEYS.read_text())
    section: dict[str, str] = found.get(database, found)
    return section


def moment(value: str) -> datetime:
    return datetime.strptime(value[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


class OdooBackend:
    """One database of the server."""

    def __init__(self, database: str = DATABASE) -> None:
        self.name = f"Odoo ({database})"
        self.database = database
        self.stock = database == STOCK_DATABASE
        self.traits: frozenset[Trait] = TRAITS if self.stock else frozenset({*TRAITS, "keeps_durations"})
        self.faults = Faults(httpx.HTTPTransport(), is_write)
        self._admin = httpx.Client(base_url=URL, timeout=60)
        self.rep = self.user("rep1")
        self.other = self.user("rep2")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._admin.close()

    def adapter(self, *, broken_key: bool = False, login: str = "rep1", page: int = 200) -> OdooCrm:
        secret = Secret("wrong-key-0123456789" if broken_key else keys(self.database)[login])
        return OdooCrm(Connection(URL, secret, database=self.database, transport=self.faults), page=page)

    def call(self, model: str, method: str, *, login: str = "admin", **values: Any) -> Any:
        values.setdefault("context", {"active_test": False, "tz": "UTC"})
        answer = self._admin.post(
            f"/json/2/{model}/{method}",
            json=values,
            headers={
                "Authorization": f"bearer {keys(self.database)[login]}",
                "X-Odoo-Database": self.database,
            },
        )
        assert answer.status_code == 200, answer.json().get("message", answer.text)[:300]
        return answer.json()

    def rows(self, model: str, domain: Sequence[Any], fields: Sequence[str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call(model, "search_read", domain=domain, fields=fields)
        return found

    def user(self, login: str) -> int:
        return int(self.rows("res.users", [["login", "=", login]], ["id"])[0]["id"])

    def people(self) -> People:
        """The users of the seed, and two of one name, made once for each database."""
        names = {
            row["login"]: row["name"] for row in self.rows("res.users", [["share", "=", False]], ["login", "name"])
        }
        for login in ("twin1", "twin2"):
            if login not in names:
                self.call("res.users", "create", vals_list=[{"name": "Sam Twin", "login": login}])
        return People(names["rep1"], names["rep2"], "Sam Twin")

    def settle(self) -> None:
        """Odoo has no index that lags."""

    def pass_time(self, by: timedelta) -> None:
        """Odoo has a clock of its own."""

    def make_lead(
        self,
        name: str,
        *,
        email: str = "",
        phone: str = "",
        company: str = "",
        title: str = "",
        mine: bool = True,
        **more: Any,
    ) -> RemoteId:
        values = {
            "name": name,
            "contact_name": name,
            "email_from": email,
            "phone": phone,
            "partner_name": company,
            "function": title,
            "user_id": self.rep if mine else self.other,
            **more,
        }
        return str(self.call("crm.lead", "create", vals_list=[values])[0])

    def write(self, lead: RemoteId, **values: Any) -> None:
        self.call("crm.lead", "write", ids=[int(lead)], vals=values)

    def edit_lead(self, lead: RemoteId, *, title: str = "", company: str = "") -> None:
        self.write(lead, **({"function": title} if title else {}), **({"partner_name": company} if company else {}))

    def reassign(self, lead: RemoteId, *, mine: bool = False) -> None:
        self.write(lead, user_id=self.rep if mine else self.other)

    def delete(self, lead: RemoteId) -> None:
        self.call("crm.lead", "unlink", ids=[int(lead)])

    def merge(self, loser: RemoteId, winner: RemoteId) -> None:
        self.write(winner, stage_id=2)  # the more advanced one stays
        kept = self.call("crm.lead", "merge_opportunity", ids=[int(loser), int(winner)])
        assert kept in (int(winner), [int(winner)])

    def lose(self, lead: RemoteId) -> None:
        self.call("crm.lead", "action_set_lost", ids=[int(lead)])

    def set_do_not_contact(self, lead: RemoteId) -> None:
        [row] = self.rows("crm.lead", [["id", "=", int(lead)]], ["phone_sanitized"])
        self.call("phone.blacklist", "add", ids=[], number=row["phone_sanitized"])

    def remark(self, lead: RemoteId, text: str) -> None:
        self.call(
            "crm.lead", "message_post", ids=[int(lead)], body=text, message_type="comment", subtype_xmlid="mail.mt_note"
        )

    def state(self, lead: RemoteId) -> LeadState:
        fields = [
            "stage_id", "active", "won_status", "phone_blacklisted", "is_blacklisted", "tag_ids", "function",
            "partner_name", "user_id",
        ]  # fmt: skip
        found = self.rows("crm.lead", [["id", "=", int(lead)]], fields)
        if not found:
            return LeadState("", closed=False, won=False, do_not_contact=False, title="", company="", exists=False)
        row = found[0]
        stopped = {tag["id"] for tag in self.rows("crm.tag", [["name", "=", "Do not contact"]], ["id"])}
        return LeadState(
            stage=row["stage_id"][1],
            closed=not row["active"],
            won=row["won_status"] == "won",
            do_not_contact=row["phone_blacklisted"] or bool(stopped & set(row["tag_ids"])),
            title=row["function"] or "",
            company=row["partner_name"] or "",
            owner=row["user_id"][1] if row["user_id"] else "",
        )

    def found(self, *names: str) -> dict[str, tuple[str, int]]:
        rows = self.rows(
            "ir.model.data", [["module", "=", "callsheet"], ["name", "in", names]], ["name", "model", "res_id"]
        )
        return {row["name"]: (row["model"], row["res_id"]) for row in rows}

    def effects(self, key: str) -> Sequence[Effect]:
        places = self.found(f"touch_{key}", f"note_{key}", f"task_{key}", f"message_{key}")
        line = places.pop(f"message_{key}", ("", 0))[1]
        return [
            effect for name, place in places.items() for effect in self._effects(name.partition("_")[0], *place, line)
        ]

    def _effects(self, kind: str, model: str, number: int, line: int) -> list[Effect]:
        if model == "crm.phonecall":
            fields = ["opportunity_id", "date", "duration", "name", "description", "active"]
            return [
                Effect(
                    "touch",
                    str(number),
                    str(row["opportunity_id"][0]),
                    moment(row["date"]),
                    f"{row['name']}\n{row['description']}",
                    timedelta(minutes=row["duration"]),
                    done=True,
                )
                for row in self.rows(model, [["id", "=", number]], fields)
                if row["active"]
            ]
        if model == "mail.message":
            return [
                Effect("note", str(number), str(row["res_id"]), moment(row["date"]), to_text(row["body"]))
                for row in self.rows(model, [["id", "=", number]], ["res_id", "date", "body"])
            ]
        fields = ["res_id", "date_deadline", "date_done", "summary", "feedback", "note", "active"]
        [row] = self.rows(model, [["id", "=", number]], fields)
        at = moment(f"{row['date_deadline']} 00:00:00")
        text = "\n".join(filter(None, [row["summary"], row["feedback"], to_text(row["note"] or "")]))
        if kind == "touch":
            for message in self.rows("mail.message", [["id", "=", line]], ["date", "body", "author_id"]):
                at, text = moment(message["date"]), f"{text}\n{to_text(message['body'])}"
        return [
            Effect(
                "touch" if kind == "touch" else "task",
                str(number),
                str(row["res_id"]),
                at,
                text,
                done=not row["active"],
            )
        ]

    def notes(self, lead: RemoteId) -> Sequence[str]:
        where = [["model", "=", "crm.lead"], ["res_id", "=", int(lead)]]
        said = [to_text(row["body"]) for row in self.rows("mail.message", where, ["body"])]
        if not self.stock:
            calls = self.rows("crm.phonecall", [["opportunity_id", "=", int(lead)]], ["name", "state"])
            said += [f"{row['name']} {row['state']}" for row in calls]
        return said
