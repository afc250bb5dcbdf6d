"""What one connection to Pipedrive has learned: who we are, and which labels, types of activity and users there are."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from callsheet.crm.colleagues import Colleague
from callsheet.crm.pipedrive.wire import Missing, Row, Wire, number, record, rows
from callsheet.crm.pipedrive.words import COLOURS, STAGES, STOP, STOP_COLOUR, Kind, Label, Words
from callsheet.crm.plain_words import CHANNEL_WORDS
from callsheet.domain.events import Channel
from callsheet.domain.text import one_line
from callsheet.sync.port import Account, Check, Drift, Forbidden, Invalid

CUSTOM: Sequence[Channel] = ("linkedin", "post", "sms", "video", "research")
"""Channels for which a new company has no type of activity."""

LEADS: Final = "those that you own, each with its person and organization; an archived one is closed"

ICONS: Mapping[str, str] = {"linkedin": "smartphone", "post": "document", "sms": "smartphone", "video": "camera"}


@dataclass(frozen=True, slots=True)
class Me:
    """The rep, as Pipedrive knows them."""

    id: int
    name: str
    company: str
    zone: str


class Session:
    """Facts that hold as long as the connection does, each fetched when first needed."""

    def __init__(self, wire: Wire, options: Mapping[str, str]) -> None:
        self.wire = wire
        self._options = dict(options)
        self._lock = threading.Lock()
        self._me: Me | None = None
        self._words: Words | None = None
        self._users: Mapping[int, str] | None = None

    def whoami(self) -> Account:
        """Ask who the token belongs to, and how far the clocks differ."""
        row = record(self.wire.get("v1/users/me"))
        me = Me(
            id=number(row.get("id")),
            name=text(row.get("name")) or text(row.get("email")),
            company=text(row.get("company_name")),
            zone=text(row.get("timezone_name")),
        )
        if not me.id:
            raise Drift("Pipedrive does not say whose token this is.")
        self._me = me
        return Account(str(me.id), me.name, me.company, me.zone, self.wire.skew)

    @property
    def me(self) -> Me:
        """The rep."""
        if self._me is None:
            self.whoami()
        if self._me is None:
            raise Drift("Pipedrive does not say whose token this is.")
        return self._me

    @property
    def words(self) -> Words:
        """What the company calls things."""
        if (words := self._words) is None:
            words = self._words = Words(self._labels(), self._kinds(), self._options)
        return words

    @property
    def known_words(self) -> Words | None:
        """What the company calls things, if it was asked before."""
        return self._words

    def refresh(self) -> None:
        """Ask for the labels and types again: anybody may add one."""
        self._words = None

    @property
    def users(self) -> Mapping[int, str]:
        """The names of the company's users; not everybody may read them."""
        if self._users is None:
            try:
                found = rows(self.wire.get("v1/users"))
            except (Forbidden, Missing):
                found = []
            self._users = {number(row.get("id")): text(row.get("name")) for row in found}
        return self._users

    def colleagues(self) -> list[Colleague]:
        """The users who may own leads: who has left is not active. Raises `Forbidden` where we may not read them."""
        active = [row for row in rows(self.wire.get("v1/users")) if row.get("active_flag") in (True, 1, None)]
        return [
            Colleague(str(number(row.get("id"))), text(row.get("name")), (text(row.get("email")),)) for row in active
        ]

    def stage_label(self, stage: str) -> Label | None:
        """The label for a stage, None where there is none: what an administrator did not want is not made later.

        But for that of the won: without it a lead that was won could not be told from one that was lost.
        """
        with self._lock:
            return self._found(stage) or (self._made(stage) if stage == "won" else None)

    def stop_label(self) -> Label | None:
        """The label for those to be left alone; made where there is none, for nobody may be called by mistake."""
        with self._lock:
            return self._found("") or self._made("")

    def _found(self, stage: str) -> Label | None:
        return self.words.stage_label(stage) if stage else self.words.stop_label

    def _made(self, stage: str) -> Label | None:
        self.refresh()  # somebody may have made it since
        if there := self._found(stage):
            return there
        name, colour = (STAGES[stage][0], COLOURS.get(stage, "yellow")) if stage in STAGES else (STOP[0], STOP_COLOUR)
        try:
            self.wire.send("POST", "v1/leadLabels", {"name": name, "color": colour})
        except (Forbidden, Invalid):
            return None
        self.refresh()
        return self._found(stage)

    def check(self, *, create: bool) -> list[Check]:
        """What is fine here and what is missing; labels and types of activity are made when asked."""
        self.whoami()
        self.refresh()
        if create:
            with self._lock:
                for stage in ("", *STAGES):
                    if self._found(stage) is None:
                        self._made(stage)
            self._make_kinds()
        may_read = self._may_read()
        words = self.words
        without = [stage for stage in STAGES if words.stage_label(stage) is None]
        stopped = words.stop_label is not None
        plain = [CHANNEL_WORDS[channel] for channel in CUSTOM if not words.has(channel)]
        return [
            Check("leads", may_read, LEADS if may_read else "Your user may not read leads."),
            Check(
                "do not contact",
                stopped,
                "" if stopped else f"leads need a label {STOP[0]!r}: let callsheet make it, or ask an administrator",
                can_create=not stopped,
            ),
            _stages(without),
            Check(
                "activities",
                ok=True,
                detail=f"without a type of their own these become tasks that say it: {', '.join(plain)}"
                if plain
                else "",
                can_create=bool(plain),
            ),
        ]

    def _may_read(self) -> bool:
        try:
            self.wire.page("v1/leads", owner_id=str(self.me.id), limit="1")
        except Forbidden:
            return False
        return True

    def _make_kinds(self) -> None:
        for channel in CUSTOM:
            if self.words.has(channel):
                continue
            body = {"name": CHANNEL_WORDS[channel], "icon_key": ICONS.get(channel, "task")}
            try:
                self.wire.send("POST", "v1/activityTypes", body)
            except (Forbidden, Invalid):  # only administrators may; a task will do
                return
            self.refresh()

    def _labels(self) -> list[Label]:
        found = rows(self.wire.get("v1/leadLabels"))
        return [Label(text(row.get("id")), text(row.get("name"))) for row in found if row.get("id")]

    def _kinds(self) -> list[Kind]:
        found = rows(self.wire.get("v1/activityTypes"))
        return [Kind(text(row.get("key_string")), text(row.get("name"))) for row in found if _active(row)]


def _stages(without: Sequence[str]) -> Check:
    if "won" in without:
        told = f"there are no labels for: {', '.join(without)}; without one for won it cannot be told from lost"
        return Check("stages", ok=False, detail=told, can_create=True)
    told = f"there are no labels for: {', '.join(without)}; a note says it instead" if without else ""
    return Check("stages", ok=True, detail=told, can_create=bool(without))


def text(value: object, limit: int = 500) -> str:
    """A line of text; nothing when it is none."""
    return one_line(value, limit) if isinstance(value, str) else ""


def _active(row: Row) -> bool:
    return bool(row.get("key_string")) and row.get("active_flag") in (True, 1, None)
