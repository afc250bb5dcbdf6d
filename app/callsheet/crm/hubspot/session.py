"""Who we are in an account and what it has: asked once, kept, and asked anew by `whoami`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar

from callsheet.crm.hubspot import lead_objects
from callsheet.crm.hubspot.activities import PLACES
from callsheet.crm.hubspot.contacts import DO_NOT_CONTACT, KEY
from callsheet.crm.hubspot.events import UNTOLD
from callsheet.crm.hubspot.lead_objects import STAGES, Stages
from callsheet.crm.hubspot.shapes import Definition, Details, Owner
from callsheet.crm.hubspot.wire import Missing, Wire, where
from callsheet.crm.hubspot.words import OUTCOME_LABELS, Words
from callsheet.sync.port import Check, Forbidden, Invalid

T = TypeVar("T")

KEYED: Final = ("contacts", "notes", "tasks", *dict.fromkeys(PLACES.values()))
"""The object types whose records carry our key."""

MAX_SKEW: Final = timedelta(minutes=2)
"""How far our clock may be off before the rep is told."""

_WELCOME: Final[Mapping[str, str]] = {
    "companies": "what only the company of a contact says stays blank",
    "meetings": "meetings stay out of the history",
}
"""The object types that are only read, and what it means when the token may not."""

_SIBLINGS: Final[Mapping[str, str]] = {"contacts": "email"}
"""A property whose group takes in ours, by object type; `hs_timestamp` elsewhere."""


@dataclass(frozen=True, slots=True)
class Session:
    """One rep in one account.

    `unique` are the object types whose key is unique, `keyed` those that have it at all, `barred` those which the
    token may not see: they are left out, and what needs them is rejected. `stages` are those of the leads object, None
    where there is none.
    """

    me: Owner
    account: Details
    words: Words
    keyed: frozenset[str]
    unique: frozenset[str]
    barred: frozenset[str] = frozenset()
    stages: Stages | None = None

    @property
    def bare(self) -> list[str]:
        """The object types that lack our key: nothing can be delivered safely before they have it."""
        return [kind for kind in KEYED if kind not in self.keyed and kind not in self.barred]

    @property
    def native(self) -> bool:
        """Whether HubSpot itself keeps a repeated write from having a second effect."""
        return self.unique.issuperset(self.keyed)


def begin(wire: Wire, email: str, chosen: Mapping[str, str]) -> Session:
    """Ask who the rep is and what the account has.

    Raises:
        Invalid: nobody there has this address; or none was given, and there is more than one user.
        CrmError: what `sync.port` lists for a whole call.
    """
    me, owners = _me(wire, email.strip())
    account = _allowed(wire.details) or Details(0)
    wire.timezone = account.time_zone
    keys: dict[str, Definition] = {}
    barred = set()
    for kind in KEYED:
        try:
            key = wire.definition(kind, KEY)
        except Forbidden:
            barred.add(kind)
            continue
        if key is not None:
            keys[kind] = key
    words = Words(
        dispositions=tuple(_allowed(wire.dispositions) or ()),
        contact=wire.definitions("contacts"),
        owners={owner.id: owner.name for owner in owners},
        chosen=chosen,
    )
    return Session(
        me=me,
        account=account,
        words=words,
        keyed=frozenset(keys),
        unique=frozenset(kind for kind, key in keys.items() if key.has_unique_value),
        barred=frozenset(barred),
        stages=lead_objects.stages(wire, chosen),
    )


def create_missing(wire: Wire, session: Session) -> None:
    """Make the properties that are missing: the unique key wherever the account allows it, and the do-not-contact flag.

    Raises:
        CrmError: what `sync.port` lists for a whole call; `Forbidden` where the token may not.
    """
    for kind in session.bare:
        group = _group(wire, kind)
        try:
            wire.define(kind, _key(group, unique=True))
        except Invalid:
            wire.define(kind, _key(group, unique=False))  # this plan has no unique ones for this object
    if not session.words.has(DO_NOT_CONTACT):
        wire.define("contacts", _flag(_group(wire, "contacts")))


def findings(wire: Wire, session: Session) -> Sequence[Check]:
    """What `connect` tells the rep about the account, one line each."""
    account = session.account.portal_id  # 0 where the token may not see it
    found = [
        Check("Access", ok=True, detail=session.me.name + (f" in the account {account}" if account else "")),
        *(_permission(wire, kind) for kind in (*KEYED, *_WELCOME)),
        _keys(session),
        Check(
            "Do-not-contact flag",
            ok=session.words.has(DO_NOT_CONTACT),
            detail="" if session.words.has(DO_NOT_CONTACT) else f"contacts lack the property {DO_NOT_CONTACT}",
            can_create=not session.words.has(DO_NOT_CONTACT),
        ),
        _outcomes(session),
        _leads(wire, session),
        _events(wire),
        Check("Time zone", ok=True, detail=session.account.time_zone or "unknown"),
    ]
    skew = wire.skew
    if abs(skew) > MAX_SKEW:
        minutes = round(abs(skew).total_seconds() / 60)
        way = "behind" if skew > timedelta(0) else "ahead"
        found.append(
            Check("Clock", ok=False, detail=f"this machine is {minutes} minutes {way} of HubSpot; set its clock")
        )
    return found


def _me(wire: Wire, email: str) -> tuple[Owner, list[Owner]]:
    owners = wire.owners()
    if not email:
        if len(owners) == 1:
            return owners[0], owners
        raise Invalid("Say which HubSpot user you are: your email address there.", field="user")
    mine = [owner for owner in owners if (owner.email or "").casefold() == email.casefold()]
    if not mine:
        raise Invalid(f"No user of this HubSpot account has the address {email}.", field="user")
    return mine[0], owners


def _allowed(ask: Callable[[], T]) -> T | None:
    """The answer, None where the token has no permission for it: some things can be done without."""
    try:
        return ask()
    except (Forbidden, Missing):
        return None


def _permission(wire: Wire, kind: str) -> Check:
    name, without = f"Permission for {kind.replace('_', ' ')}", _WELCOME.get(kind, "")
    try:
        wire.may_read(kind)
    except Forbidden as error:
        return Check(name, ok=bool(without), detail=f"{error}; {without}" if without else str(error))
    return Check(name, ok=True)


def _keys(session: Session) -> Check:
    if session.bare:
        kinds = ", ".join(session.bare).replace("_", " ")
        detail = f"{kinds} lack the property {KEY}, by which nothing is delivered twice"
        return Check("Delivery key", ok=False, detail=detail, can_create=True)
    plain = [kind for kind in KEYED if kind in session.keyed - session.unique]
    if plain:
        detail = f"not unique on {', '.join(plain)}: what was delivered is looked up before it is sent again"
        return Check("Delivery key", ok=True, detail=detail)
    return Check("Delivery key", ok=True)


def _outcomes(session: Session) -> Check:
    known = session.words.vocabulary().outcomes
    bare = [name.replace("_", " ") for name in OUTCOME_LABELS if name not in known]
    if bare:
        return Check("Call outcomes", ok=True, detail=f"only in the text of the call: {', '.join(bare)}")
    return Check("Call outcomes", ok=True)


def _leads(wire: Wire, session: Session) -> Check:
    """What the rep's leads are here, and whether there are leads as HubSpot means them (Sales Hub Professional)."""
    try:
        count = wire.search("contacts", [where("hubspot_owner_id", "EQ", session.me.id)], (), limit=1).total
    except Forbidden:
        return Check("Leads", ok=True, detail="the contacts whose owner you are")  # said above
    detail = f"the contacts whose owner you are, {count:,} at the moment"
    if session.stages is None:
        return Check("Leads", ok=True, detail=f"{detail}; no lead records (or no scope crm.objects.leads.read)")
    detail += "; what you do shows on your open lead records of them too, and their stage moves along"
    without = [stage for stage in STAGES if not session.stages.knows(stage)]
    detail += f", but for: {', '.join(without)}" if without else ""
    if strangers := lead_objects.on_contacts_of_others(wire, session.stages, session.me.id):
        detail += (
            f"; {strangers} of your open lead records stand on contacts of others and stay out: let HubSpot keep the "
            "owners alike (Settings, Objects, Leads: Sync lead owner)"
        )
    return Check("Leads", ok=True, detail=detail)


def _events(wire: Wire) -> Check:
    """Whether it will be known who came to a webinar or a fair."""
    try:
        wire.marketing_events()
    except UNTOLD:
        told = "not shown to this token (scope crm.objects.marketing_events.read): who came to one does not come in"
        return Check("Marketing events", ok=True, detail=told)
    return Check("Marketing events", ok=True, detail="who of your leads came to one comes in")


def _group(wire: Wire, kind: str) -> str:
    sibling = wire.definition(kind, _SIBLINGS.get(kind, "hs_timestamp"))
    return "" if sibling is None else sibling.group_name


def _key(group: str, *, unique: bool) -> Mapping[str, Any]:
    return {
        "name": KEY,
        "label": "callsheet id",
        "description": "Written by callsheet, so that nothing is logged twice. Do not edit.",
        "groupName": group,
        "type": "string",
        "fieldType": "text",
        "hasUniqueValue": unique,
        "formField": False,
    }


def _flag(group: str) -> Mapping[str, Any]:
    return {
        "name": DO_NOT_CONTACT,
        "label": "Do not contact",
        "description": "This person asked not to be called or written to.",
        "groupName": group,
        "type": "bool",
        "fieldType": "booleancheckbox",
        "options": [
            {"label": "Yes", "value": "true", "displayOrder": 0, "hidden": False},
            {"label": "No", "value": "false", "displayOrder": 1, "hidden": False},
        ],
        "formField": False,
    }
