"""What one connection to Odoo has learned: who we are, which fields, stages, types and rights there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, Final

from callsheet.crm.colleagues import Colleague
from callsheet.crm.odoo.names import MODULE, Kind, local
from callsheet.crm.odoo.records import DO_NOT_CONTACT_TAG, LEAD_FIELDS, Reading, link, text
from callsheet.crm.odoo.wire import Missing, Odoo, checked_rows
from callsheet.domain.events import Channel
from callsheet.domain.profile import folded
from callsheet.sync.port import Account, Drift, Forbidden, Gone, Invalid, NotVisible

Row = Mapping[str, Any]

LEAD: Final = "crm.lead"
CALL: Final = "crm.phonecall"
ACTIVITY: Final = "mail.activity"
MESSAGE: Final = "mail.message"
NUMBERS: Final = "phone.blacklist"
ADDRESSES: Final = "mail.blacklist"


@dataclass(frozen=True, slots=True)
class Me:
    """The rep, as Odoo knows them."""

    user: int
    partner: int
    name: str
    company: str
    zone: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the pipeline; `place` is its order."""

    id: int
    name: str
    won: bool
    place: int


@dataclass(frozen=True, slots=True)
class ActivityType:
    """A type of activity; `category` is what Odoo does with it (phonecall, meeting, …)."""

    id: int
    name: str
    category: str


class Session:
    """Facts that hold as long as the connection does, each fetched when first needed.

    Two threads may fetch the same fact at once: both get the same answer.
    """

    def __init__(self, odoo: Odoo, chosen: Mapping[str, str]) -> None:
        self.odoo = odoo
        self.chosen = chosen
        self._without_calls = False

    def whoami(self) -> Account:
        """Ask who the key belongs to, and how far the clocks differ."""
        reply = self.odoo.reply("res.users", "context_get")
        context = reply.body if isinstance(reply.body, dict) else {}
        user = context.get("uid")
        if not isinstance(user, int) or isinstance(user, bool):
            raise Drift(f"{self.odoo.host} does not say whose key this is; is it an Odoo?")
        fields = ["name", "tz", "company_id", "partner_id"]
        rows = self.odoo.ask("res.users", "read", ids=[user], fields=fields)
        if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
            raise Drift("Odoo does not say who we are.")
        row = rows[0]
        self.__dict__["me"] = Me(
            user=user,
            partner=link(row.get("partner_id"))[0],
            name=text(row.get("name")),
            company=link(row.get("company_id"))[1],
            zone=text(row.get("tz")) or text(context.get("tz")),
        )
        return Account(
            user_id=str(user),
            name=self.me.name,
            organization=self.me.company,
            timezone=self.me.zone,
            skew=reply.skew or timedelta(0),
        )

    @cached_property
    def me(self) -> Me:
        """The rep."""
        self.whoami()
        found: Me = self.__dict__["me"]
        return found

    @cached_property
    def lead_fields(self) -> tuple[str, ...]:
        """The fields of a lead that this server has, of those we know."""
        known = self.odoo.ask(LEAD, "fields_get", attributes=["type"])
        if not isinstance(known, dict):
            raise Drift("Odoo does not say which fields a lead has.")
        return tuple(name for name in LEAD_FIELDS if name in known)

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of the pipeline, in their order."""
        rows = self.odoo.rows("crm.stage", [], ["name", "is_won", "sequence"], order="sequence, id")
        return tuple(
            Stage(int(row["id"]), text(row.get("name")), row.get("is_won") is True, place)
            for place, row in enumerate(rows)
        )

    @cached_property
    def countries(self) -> Mapping[int, str]:
        """The two-letter code of each country, by its id."""
        rows = self.odoo.rows("res.country", [], ["code"])
        return {int(row["id"]): code for row in rows if (code := text(row.get("code"), 2).upper())}

    @cached_property
    def activity_types(self) -> tuple[ActivityType, ...]:
        """The types of activity that a lead may have."""
        rows = checked_rows(
            self.odoo.ask(
                "mail.activity.type",
                "search_read",
                domain=[["res_model", "in", [False, LEAD]]],
                fields=["name", "category"],
                context={"lang": "en_US"},
            )
        )
        found = tuple(ActivityType(int(row["id"]), text(row.get("name")), text(row.get("category"))) for row in rows)
        if not found:
            raise Invalid("This Odoo has no type of activity for leads: ask its administrator for one.")
        return found

    @cached_property
    def discussion(self) -> int:
        """The subtype of messages that are sent to the lead; others are notes among colleagues."""
        return self.at("mail", "mt_comment")[1]

    def activity_type(self, channel: Channel) -> ActivityType:
        """The type of activity that fits a channel, by what it does and else by its name."""
        types = self.activity_types

        def named(word: str) -> list[ActivityType]:
            return [each for each in types if word in folded(each.name)]

        match channel:
            case "phone":
                fitting = [each for each in types if each.category == "phonecall"] or named("call")
            case "meeting":
                fitting = [each for each in types if each.category == "meeting"] or named("meeting")
            case "email":
                fitting = named("email") or named("mail")
            case _:
                fitting = named(channel)
        plain = named("to-do") or named("todo") or [each for each in types if each.category == "default"]
        return [*fitting, *plain, *types][0]

    @property
    def has_calls(self) -> bool:
        """Whether calls have a record of their own here, which the rep may write."""
        return not self._without_calls and self._may_call

    def forget_calls(self) -> None:
        """The record of calls is not there any more: calls become activities from now on."""
        self._without_calls = True

    @cached_property
    def _may_call(self) -> bool:
        return self.odoo.may(CALL, "create")

    @cached_property
    def may_stop_numbers(self) -> bool:
        """Whether the rep may write the blacklist of numbers; most may not."""
        return self.odoo.may(NUMBERS, "create")

    @cached_property
    def may_stop_addresses(self) -> bool:
        """Whether the rep may write the blacklist of addresses; most may not."""
        return self.odoo.may(ADDRESSES, "create")

    def stop_tags(self) -> frozenset[int]:
        """The tags that mean do-not-contact; asked each time, as anybody may make one."""
        try:
            rows = self.odoo.rows("crm.tag", [["name", "=ilike", DO_NOT_CONTACT_TAG]], ["name"])
        except Forbidden:
            return frozenset()
        return frozenset(int(row["id"]) for row in rows)

    def reading(self) -> Reading:
        """What is needed to read leads."""
        return Reading(
            me=self.me.user,
            countries=self.countries,
            won_stages=frozenset(stage.id for stage in self.stages if stage.won),
            stop_tags=self.stop_tags(),
        )

    def colleagues(self) -> list[Colleague]:
        """The users who may own leads; those of a portal do not, and who has left is not shown."""
        rows = self.odoo.rows("res.users", [["share", "=", False]], ["name", "login", "email"])
        return [
            Colleague(str(row["id"]), text(row.get("name")), (text(row.get("email")), text(row.get("login"))))
            for row in rows
        ]

    def missing(self, number: int) -> NotVisible | Gone:
        """Why a lead does not show: Odoo refuses to read one that was given away, and finds no deleted one."""
        try:
            rows = self.odoo.ask(LEAD, "read", ids=[number], fields=["name"])  # the id alone is never looked up
        except Forbidden:
            return NotVisible()
        except Missing:
            return Gone()
        return NotVisible() if rows else Gone()

    def effect(self, kind: Kind, key: str) -> tuple[str, int]:
        """Where the effect of an op is: its model and id; 0 when it is not there, or not ours to see."""
        return self.at(MODULE, local(kind, key))

    def at(self, module: str, name: str) -> tuple[str, int]:
        """The model and id behind an external id; 0 when there is none."""
        try:
            found = self.odoo.ask("ir.model.data", "check_object_reference", module=module, xml_id=name)
        except (Invalid, Missing):  # Odoo answers "not found" as a server error of the kind ValueError
            return "", 0
        match found:
            case [str(model), int(number)] if not isinstance(number, bool):
                return model, number
            case [str(model), False]:
                return model, 0
        raise Drift("Odoo does not say where a record is.")

    def names_of(self, model: str, ids: Sequence[int]) -> Mapping[int, str]:
        """The external id of each record that has one."""
        if not ids:
            return {}
        found = self.odoo.ask(model, "get_external_id", ids=list(ids))
        if not isinstance(found, dict):
            raise Drift("Odoo does not say how its records are called.")
        return {int(number): name for number, name in found.items() if isinstance(name, str) and name}
