"""Our own field in an org: whoever may customize it has it made by `connect`, and shown to the rep.

A new field is seen by nobody: a permission set of our own shows it, so that no profile of the org is changed.
"""

from __future__ import annotations

import re
from typing import Any, Final

from callsheet.crm.salesforce.login import VENDOR
from callsheet.crm.salesforce.session import KEY_LENGTH, Session
from callsheet.crm.salesforce.soql import quoted, select
from callsheet.crm.salesforce.wire import Missing, Taken, Wire
from callsheet.sync.port import Forbidden, Invalid

HOMES: Final = {"Task": "Activity", "Lead": "Lead"}
"""Where the field of a kind of record is made: a task has the fields of activities, and its own rights to them."""

PERMISSION_SET: Final = "Callsheet"

_RIGHTS: Final = (
    "PermissionsCustomizeApplication",
    "PermissionsManageProfilesPermissionsets",
    "PermissionsAssignPermissionSets",
)


def lacking(session: Session) -> list[str]:
    """The kinds of record that lack our field, as far as whoever signed in can see."""
    own = (("Task", session.task), ("Lead", session.lead))
    return [kind for kind, fields in own if session.key not in fields]


def may_make(wire: Wire, session: Session) -> bool:
    """Whether whoever signed in may make fields and show them to others; nobody has to have the right to ask."""
    if not re.fullmatch(r"[A-Za-z]\w*[A-Za-z0-9]__c", session.key, re.ASCII):
        return False  # a field of a package, which is none of ours to make
    try:
        rows = wire.query(f"SELECT {', '.join(_RIGHTS)} FROM UserPermissionAccess")  # noqa: S608 - names of ours
    except (Forbidden, Invalid, Missing):
        return False
    return bool(rows) and all(rows[0].get(name) is True for name in _RIGHTS)


def make(wire: Wire, session: Session) -> str:
    """Make the field where it is missing and show it to the rep; done again, only what is missing is made.

    Return why it could not be made, empty when it was.

    Raises:
        CrmError: what `sync.port` lists for a whole call, but for refusals.
    """
    kinds = lacking(session)
    try:
        for kind in kinds:
            _define(wire, f"{HOMES[kind]}.{session.key}")
        shown = _one(wire, "PermissionSet", {"Name": PERMISSION_SET}, {
            "Label": PERMISSION_SET,
            "Description": "Shows the field by which callsheet delivers nothing twice.",
        })  # fmt: skip
        for kind in kinds:
            named = {"ParentId": shown, "SobjectType": kind, "Field": f"{kind}.{session.key}"}
            _one(wire, "FieldPermissions", named, {"PermissionsRead": True, "PermissionsEdit": True})
        for user in dict.fromkeys((session.signed_in, session.me)):
            _one(wire, "PermissionSetAssignment", {"AssigneeId": user, "PermissionSetId": shown}, {})
    except (Forbidden, Invalid, Missing, Taken) as error:
        return str(error)
    return ""


def _define(wire: Wire, name: str) -> None:
    try:
        wire.define(name, {
            "type": "Text", "label": "Callsheet Id", "length": KEY_LENGTH, "required": False, "unique": True,
            "externalId": True, "description": f"What callsheet brought to {VENDOR}, so that nothing arrives twice.",
        })  # fmt: skip
    except Taken:
        return  # it is there, and only hidden from us


def _one(wire: Wire, kind: str, named: dict[str, str], more: dict[str, Any]) -> str:
    """The id of the record that is named so, made where there is none."""
    where = " AND ".join(f"{name} = {quoted(value)}" for name, value in named.items())
    rows = wire.query(select(kind, "Id", where, " LIMIT 1"))
    return str(rows[0]["Id"]) if rows else wire.create(kind, {**named, **more})
