"""What an administrator makes in the setup of the fake org: fields, and who may see them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tests.crm.salesforce.schema import SETUP

Record = dict[str, Any]


class Refused(Exception):
    """An answer that is no success."""

    def __init__(
        self, status: int, code: str, message: str = "refused", fields: tuple[str, ...] = (), **more: Any
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.message, self.fields, self.more = status, code, message, fields, more

    @property
    def error(self) -> Record:
        return {"errorCode": self.code, "message": self.message, "fields": list(self.fields), **self.more}


def defined(body: Record, there: set[str]) -> str:
    """The name of a new custom field, which is kept among those that are there."""
    name, made_up = str(body.get("FullName")), body.get("Metadata") or {}
    home, _, field = name.partition(".")
    if home not in {"Activity", "Lead"} or re.fullmatch(r"[A-Za-z]\w*__c", field) is None:
        raise Refused(400, "FIELD_INTEGRITY_EXCEPTION", f"Invalid fullName: {name}", ("FullName",))
    if made_up.get("type") != "Text" or not made_up.get("label") or not 0 < int(made_up.get("length") or 0) < 256:
        raise Refused(400, "FIELD_INTEGRITY_EXCEPTION", "Must specify 'length' for a CustomField of type Text")
    if name in there:
        raise Refused(400, "DUPLICATE_DEVELOPER_NAME", f"There is already a field named {field} on {home}.")
    there.add(name)
    return name


def checked(kind: str, body: Record, fields: set[str], rows: Iterable[Record]) -> None:
    """Refuse what cannot be a record of the setup: the rights to a field of activities are those of tasks."""
    lacking = tuple(name for name in SETUP[kind] if name not in body)
    if lacking:
        raise Refused(400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: {lacking}", lacking)
    if kind == "FieldPermissions":
        home, _, field = str(body["Field"]).partition(".")
        known = f"{'Activity' if home == 'Task' else home}.{field}" in fields
        if home != body["SobjectType"] or home == "Activity" or not known:
            raise Refused(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", f"bad value: {body['Field']}", ("Field",))
    key = {"PermissionSet": ("Name",), "FieldPermissions": ("ParentId", "Field")}.get(kind, SETUP[kind])
    if any(all(row[one] == body[one] for one in key) for row in rows):
        raise Refused(400, "DUPLICATE_VALUE", "duplicate value found")
