"""Who we are in an EspoCRM and what it has: asked once, kept, and asked anew by `whoami`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from callsheet.crm.espocrm.records import STATUSES, Reading, text
from callsheet.crm.espocrm.wire import VENDOR, Missing, Row, Wire, equals
from callsheet.crm.transport import Json
from callsheet.crm.unkeyed import Unkeyed
from callsheet.domain.events import CloseReason
from callsheet.domain.profile import folded
from callsheet.sync.port import Check, Drift, Forbidden, Invalid

KEY_NAMES: Final = ("cCallsheetId", "callsheetId")
"""What our field is called: EspoCRM puts a `c` before the name that an administrator types."""

NEEDED: Final = ("Call", "Task")
"""Without our field in these, what was delivered could not be known again, and nothing is delivered to them."""

KEYED: Final = (*NEEDED, "Lead")

WANTED: Final = (
    ("Lead", "read"), ("Lead", "edit"), ("Lead", "stream"), ("Call", "create"), ("Call", "read"), ("Task", "create"),
    ("Task", "read"),
)  # fmt: skip
"""The rights that a day's work needs: what was made is looked up again."""

AS_ALL: Final = "Give it the level All there, or use the key of an API user to whom the leads are assigned."

MAX_SKEW: Final = timedelta(minutes=2)

_STATUSES: Final = ("New", "Assigned", "In Process", "Converted", "Recycled", "Dead")


@dataclass(frozen=True, slots=True)
class Session:
    """One rep in one EspoCRM. `keys` names the attribute that holds our key, by entity, as far as there is one."""

    me: str
    name: str
    organization: str
    timezone: str
    kind: str
    keys: Mapping[str, str]
    rights: Mapping[str, Any]
    fields: Mapping[str, Any] = field(default_factory=dict)
    """The rights to single fields, by entity; one that is not named may be read and written."""
    maker: str = ""
    """The key's own user, by whom all is made that comes from here."""
    mine: bool = True
    """Whether the key belongs to the rep, and not to an API user who works for them."""
    hands_over: bool = True
    """Whether a lead may be given to a colleague: they have to be shown to us, and be assigned to."""
    several: bool = False
    """Whether a lead may have several owners there, of whom none is the one that is asked for."""
    assigns: bool = True
    """Whether what is made may be given to the rep: needed where the key is not the rep's own."""
    statuses: Sequence[str] = _STATUSES
    sources: Sequence[str] = ()
    industries: Sequence[str] = ()
    over: Sequence[str] = ()
    """The statuses of leads that are no longer worked, by how the server is set up."""
    locked: bool = False
    """Whether leads have version numbers (optimistic concurrency control, off at first)."""
    chosen: Mapping[str, str] = field(default_factory=dict)

    @property
    def keyed(self) -> bool:
        """Whether what has to be known again can be."""
        return all(kind in self.keys for kind in NEEDED)

    @property
    def reading(self) -> Reading:
        """What is needed to read records."""
        return Reading(self.me, self.keys, self.endings)

    @property
    def endings(self) -> Mapping[str, CloseReason]:
        """What a status of the end means, by status: those of EspoCRM, of the rep, and what is marked as over there."""
        won, later = self.status("won"), {"Recycled", self.status("nurture")} - {self.status("closed")}
        found: dict[str, CloseReason] = {one: "lost" for one in (*self.over, "Dead", self.status("closed")) if one}
        found |= {one: "won" for one in ("Converted", won) if one}
        return {one: reason for one, reason in found.items() if one not in later}

    def status(self, stage: str) -> str:
        """The status that a stage of ours means here; empty when there is none like it."""
        wanted = (self.chosen.get(f"status_{stage}", ""), STATUSES.get(stage, ""))
        return next((one for one in wanted if one and one in self.statuses), "")

    def key_of(self, kind: str) -> str:
        """The attribute with our key.

        Raises:
            Unkeyed: the administrator has not made it yet, or what we make of this kind would be hidden from us.
        """
        name = self.keys.get(kind, "")
        if not name:
            raise Unkeyed(f"{kind}s in {VENDOR} lack the field callsheetId. {how_to_make(kind)}", field=KEY_NAMES[0])
        if not self.sees(kind):
            raise Unkeyed(f"{_hidden(self, kind)} {AS_ALL}", field=name)
        return name

    @property
    def streams(self) -> bool:
        """Whether the streams of many leads may be read at once."""
        return self.rights.get("GlobalStream") is True

    def sees(self, kind: str) -> bool:
        """Whether records of the rep are shown to us: an "own" record is one that is assigned to the key's own user."""
        level = _level(self.rights, kind, "read")
        return level == "all" or (level != "no" and self.mine)


def how_to_make(kind: str) -> str:
    """What an administrator has to do for our field."""
    return (
        f"An administrator makes it under Administration, Entity Manager, {kind}, Fields, Add Field, Varchar, with the "
        f"name callsheetId (EspoCRM itself then calls it {KEY_NAMES[0]}), and lets the rep's role edit it. A field "
        "of another name is told by the option key_field."
    )


def begin(wire: Wire, who: str, options: Mapping[str, str]) -> Session:
    """Ask who the rep is and what there is; `who` names them where the key belongs to another (an API) user.

    Raises:
        Invalid: there is no EspoCRM at this address, or no such user.
        CrmError: what `sync.port` lists for a whole call.
    """
    try:
        said = wire.get("App/user")
    except Missing:
        raise Invalid(f"{wire.host} has no {VENDOR} at this address.", field="url") from None
    user = said.get("user")
    if not isinstance(user, dict) or not isinstance(user.get("id"), str):
        raise Drift(f"{VENDOR} does not say who we are.")
    me = _named(wire, who.strip(), user)
    preferences, settings = _part(said, "preferences"), _part(said, "settings")
    leads = _definition(wire, "Lead")
    fields = _part(leads, "fields")
    acl = _part(said, "acl")
    return Session(
        me=str(me["id"]),
        name=text(me.get("name"), 200) or text(me.get("userName"), 200) or str(me["id"]),
        organization=text(settings.get("applicationName"), 200) or wire.host,
        timezone=text(preferences.get("timeZone"), 100) or text(settings.get("timeZone"), 100),
        kind=text(user.get("type"), 50),
        keys={kind: name for kind in KEYED if (name := _key(wire, kind, options.get("key_field", "")))},
        rights=_part(acl, "table"),
        fields=_part(acl, "fieldTable"),
        maker=str(user["id"]),
        mine=me["id"] == user["id"],
        hands_over=_hands_over(acl),
        several="assignedUsers" in fields and _part(fields, "assignedUsers").get("disabled") is not True,
        assigns=_assigns(acl, user, mine=me["id"] == user["id"]),
        statuses=_options(fields, "status") or _STATUSES,
        over=_options(fields, "status", "notActualOptions"),
        sources=_options(fields, "source"),
        industries=_options(fields, "industry") or _borrowed(wire, fields, "industry"),
        locked=leads.get("optimisticConcurrencyControl") is True,
        chosen=options,
    )


def _named(wire: Wire, who: str, user: Row) -> Row:
    """The user whose leads these are: the key's own, or the one who is named by user name or address."""
    own = {folded(text(user.get(name))) for name in ("userName", "emailAddress", "name", "id")}
    if not who or folded(who) in own:
        return user
    for attribute in ("userName", "emailAddress"):
        try:
            found = wire.rows("User", [equals(attribute, who)], ["name", "userName"], limit=2)
        except (Forbidden, Invalid, Missing):
            continue
        if len(found) == 1:
            return found[0]
    raise Invalid(
        f"{VENDOR} shows no user of the name or address {text(who, 100)}: is it written as there, and may the role of "
        "your API user read Users?",
        field="user",
    )


def _part(row: Row, name: str) -> Row:
    value = row.get(name)
    return value if isinstance(value, dict) else {}


def _options(fields: Row, name: str, which: str = "options") -> tuple[str, ...]:
    found = _part(fields, name).get(which)
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def _borrowed(wire: Wire, fields: Row, name: str) -> tuple[str, ...]:
    """The options of a field that has those of another entity's field: a lead's industry has an account's."""
    reference = _part(fields, name).get("optionsReference")
    if not isinstance(reference, str) or not re.fullmatch(r"\w+\.\w+", reference):
        return ()
    entity, _, other = reference.partition(".")
    options = _defined(wire, f"{entity}.fields.{other}.options")
    return _options({name: {"options": options}}, name)


def _definition(wire: Wire, kind: str) -> Row:
    """How records of a kind are made up here; nothing where the rep may not see it."""
    found = _defined(wire, kind)
    return found if isinstance(found, dict) else {}


def _defined(wire: Wire, place: str) -> Json:
    try:
        return wire.value("Metadata", {"key": f"entityDefs.{place}"})
    except (Forbidden, Missing, Invalid):
        return None


def _hands_over(acl: Row) -> bool:
    shown = _level(_part(acl, "table"), "User", "read")
    return shown in {"all", "team"} and acl.get("assignmentPermission") != "no"


def _assigns(acl: Row, user: Row, *, mine: bool) -> bool:
    """Whether what is made may be given to the rep; by teams, nobody is in one of a user who has none."""
    match acl.get("assignmentPermission"):
        case "no":
            return mine
        case "team":
            return user.get("teamsIds") != []
    return True


def _key(wire: Wire, kind: str, chosen: str) -> str:
    """The attribute with our key, found by asking for it: an unknown one is dropped in writing, but not in a filter."""
    prefixed = f"c{chosen[:1].upper()}{chosen[1:]}" if chosen else ""
    for name in dict.fromkeys(name for name in (chosen, prefixed, *KEY_NAMES) if name):
        try:
            wire.rows(kind, [equals(name, "callsheet")], ["createdAt"], limit=1)
        except Invalid:
            continue
        except (Forbidden, Missing):
            return ""
        return name
    return ""


def findings(session: Session, skew: timedelta) -> list[Check]:
    """What `connect` tells the rep, one line each."""
    found = [Check("access", ok=True, detail=f"{session.name} at {session.organization}")]
    found += [_right(session, kind, action) for kind, action in WANTED]
    if session.several:
        told = (
            "Leads have several owners here (Multiple Assigned Users), and none would come in as yours: an "
            "administrator turns that off for leads (Administration, Entity Manager, Lead)."
        )
        found.append(Check("owners of leads", ok=False, detail=told))
    if not session.assigns:
        told = (
            f"The role of your API user must not assign to {session.name}: give it the Assignment Permission All, "
            "or put both users into one team."
        )
        found.append(Check("assigning", ok=False, detail=told))
    if not _right(session, "Task", "edit").ok:
        told = "The role may not edit your tasks: a next step that moves or is done stays there as it was."
        found.append(Check("tasks: edit", ok=True, detail=told))
    for kind in NEEDED:
        found.append(_key_check(session, kind))
        if _level(session.rights, kind, "delete") == "no":
            told = f"The role may not delete {kind.lower()}s: what you take back is marked as not done instead."
            found.append(Check(f"{kind.lower()}s: delete", ok=True, detail=told))
        if session.sees(kind) and _level(session.rights, kind, "read") != "all":
            told = (
                f"The role shows you your own {kind.lower()}s only: what colleagues did on your leads does not come in."
            )
            found.append(Check(f"{kind.lower()}s of colleagues", ok=True, detail=told))
    if not _may_write(session.fields, "Lead", "doNotCall"):
        told = "The role of your API user may not write Do Not Call in leads."
        found.append(Check("do not call", ok=False, detail=told))
    if "Lead" not in session.keys:
        found.append(
            Check("delivery key of leads", ok=True, detail="Leads lack it: new ones are known by address and name.")
        )
    if not session.hands_over:
        told = (
            "The role does not show you your colleagues (Users: read), or may not assign to them (Assignment "
            "Permission): a lead that you hand over stays yours there, and a note says who has it."
        )
        found.append(Check("handing over", ok=True, detail=told))
    if not session.streams:
        told = "The role lacks Global Stream: what was said on your leads is asked for lead by lead, which takes long."
        found.append(Check("streams", ok=True, detail=told))
    missing = [stage for stage in STATUSES if not session.status(stage)]
    said = f"No status for: {', '.join(missing)}; it is said in a note." if missing else ""
    found.append(Check("statuses", ok=True, detail=said))
    found.append(Check("time zone", ok=True, detail=session.timezone or "not told; times are exchanged in UTC"))
    if abs(skew) > MAX_SKEW:
        way = "behind" if skew > timedelta(0) else "ahead of"
        minutes = round(abs(skew).total_seconds() / 60)
        found.append(
            Check("clock", ok=False, detail=f"This machine is {minutes} minutes {way} {VENDOR}; set its clock.")
        )
    return found


def _key_check(session: Session, kind: str) -> Check:
    title, name = f"delivery key of {kind.lower()}s", session.keys.get(kind, "")
    if not name:
        return Check(title, ok=False, detail=f"{kind}s lack the field callsheetId. {how_to_make(kind)}")
    if not _may_write(session.fields, kind, name):
        return Check(title, ok=False, detail=f"The role of your API user may not write the field {name} of {kind}s.")
    return Check(title, ok=True, detail=f"{kind}s have the field {name}.")


def _may_write(fields: Row, kind: str, name: str) -> bool:
    rights = _part(_part(fields, kind), name)
    return rights.get("edit") != "no"


def _right(session: Session, kind: str, action: str) -> Check:
    """Whether the role has a right, and to the rep's records where those are not the API user's own."""
    name, level = f"{kind.lower()}s: {action}", _level(session.rights, kind, action)
    if level == "no":
        return Check(name, ok=False, detail=f"The role of your API user has no right to {action} {kind.lower()}s.")
    if action != "create" and not session.mine and level != "all":
        return Check(name, ok=False, detail=f"{_hidden(session, kind)} {AS_ALL}")
    return Check(name, ok=True)


def _hidden(session: Session, kind: str) -> str:
    return f"The role of your API user does not reach the {kind.lower()}s of {session.name}."


def _level(rights: Row, kind: str, action: str) -> str:
    """How far a right of the role goes: `all`, `team`, `own`, `no`, and `yes` where there are no levels."""
    if not rights:
        return "all"  # an administrator's table is not always told
    row = rights.get(kind)
    if row is True:
        return "all"
    return str(row.get(action) or "no") if isinstance(row, dict) else "no"
