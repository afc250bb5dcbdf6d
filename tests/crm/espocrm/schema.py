"""What the fake EspoCRM keeps and refuses, by the entity definitions and field validators of EspoCRM 9.x."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import phonenumbers

Record = dict[str, Any]

STATUSES = {
    "Lead": ("New", "Assigned", "In Process", "Converted", "Recycled", "Dead"),
    "Call": ("Planned", "Held", "Not Held"),
    "Meeting": ("Planned", "Held", "Not Held"),
    "Task": ("Not Started", "Started", "Completed", "Canceled", "Deferred"),
}
ATTRIBUTES = {
    "Lead": {
        "id", "name", "firstName", "lastName", "title", "accountName", "status", "source", "industry", "website",
        "emailAddress", "emailAddressIsOptedOut", "emailAddressData", "phoneNumber", "phoneNumberIsOptedOut",
        "phoneNumberData", "doNotCall", "description", "addressStreet", "addressCity", "addressState",
        "addressPostalCode", "addressCountry", "assignedUserId", "assignedUserName", "campaignId", "campaignName",
        "createdAt", "createdById", "createdByName", "modifiedAt", "streamUpdatedAt",
    },
    "Call": {
        "id", "name", "status", "direction", "dateStart", "dateEnd", "duration", "description", "parentType",
        "parentId", "leadsIds", "assignedUserId", "assignedUserName", "createdAt", "createdById", "createdByName",
        "modifiedAt",
    },
    "Task": {
        "id", "name", "status", "dateStart", "dateEnd", "dateEndDate", "dateCompleted", "description", "parentType",
        "parentId", "assignedUserId", "assignedUserName", "createdAt", "createdById", "createdByName", "modifiedAt",
        "priority",
    },
    "Meeting": {
        "id", "name", "status", "dateStart", "dateEnd", "description", "parentType", "parentId", "assignedUserId",
        "assignedUserName", "createdAt", "createdById", "createdByName", "modifiedAt",
    },
    "Note": {"id", "type", "post", "parentType", "parentId", "createdAt", "createdById", "createdByName", "data",
             "number"},
    "User": {"id", "userName", "name", "emailAddress", "isActive", "type"},
    "CampaignLogRecord": {
        "id", "action", "actionDate", "parentType", "parentId", "campaignId", "campaignName", "objectType", "objectId",
        "objectName", "isTest",
    },
}  # fmt: skip
READ_ONLY = {
    "id", "createdAt", "modifiedAt", "createdById", "createdByName", "streamUpdatedAt", "versionNumber",
    "dateCompleted", "duration",
}  # fmt: skip
PATTERNED = {
    "Lead": {"firstName", "lastName", "title", "accountName", "addressCity", "addressState", "addressPostalCode",
             "addressCountry"},
    "Call": {"name"},
    "Task": {"name"},
}  # fmt: skip
REQUIRED = {"Call": ("name", "dateStart", "dateEnd", "assignedUserId"), "Task": ("name", "assignedUserId")}
SITE = r"([a-zA-Z0-9]+://)?[a-zA-Z0-9%./?:@\-_=#$!+*()',]+\.([a-zA-Z0-9%&./?:@\-_=#$!+*()',~])*"
LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
ADDRESS = rf"(?=.{{1,64}}@){ATOM}(\.{ATOM})*@({LABEL}\.)+(?!\d+$){LABEL}"
NUMBER = r"[0-9A-Za-z_@:#+()\-. ]+"
LENGTHS = {
    "name": 255, "firstName": 100, "lastName": 100, "title": 100, "accountName": 255, "website": 255,
    "addressStreet": 255, "addressCity": 100, "addressState": 100, "addressCountry": 100, "addressPostalCode": 40,
}  # fmt: skip
INDUSTRIES = ["", "Banking", "Software"]
SOURCES = [
    "", "Call", "Email", "Existing Customer", "Partner", "Public Relations", "Web Site", "Campaign", "Other"
]  # fmt: skip
OPTIONS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "Lead": {"status": STATUSES["Lead"], "source": SOURCES, "industry": INDUSTRIES},
    "Call": {"status": STATUSES["Call"], "direction": ("Outbound", "Inbound")},
    "Task": {"status": STATUSES["Task"], "priority": ("Low", "Normal", "High", "Urgent")},
    "Meeting": {"status": STATUSES["Meeting"]},
}
DAY = r"\d{4}-\d\d-\d\d"
TIMES = {"dateStart": rf"{DAY} \d\d:\d\d:\d\d", "dateEnd": rf"{DAY} \d\d:\d\d:\d\d", "dateEndDate": DAY}
LISTED = 10_000
"""Characters of a long text in a list."""

POINTS = ("phoneNumber", "emailAddress")


class Refused(Exception):
    """An answer that is no success; the reason stands in a header."""

    def __init__(self, status: int, reason: str = "", body: Any = None) -> None:
        super().__init__(reason)
        self.status, self.reason, self.body = status, reason, body


def time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def invalid(field: str, kind: str) -> Refused:
    data = {"field": field, "type": kind}
    return Refused(400, "", {"messageTranslation": {"label": "validationFailure", "scope": None, "data": data}})


def check_lines(kind: str, values: Record, statuses: Sequence[str]) -> None:
    """Refuse what is no line of text, option or time; leads have the statuses that an administrator left them."""
    for name, options in ({**OPTIONS["Lead"], "status": statuses} if kind == "Lead" else OPTIONS.get(kind, {})).items():
        if values.get(name) not in (None, *options):
            raise invalid(name, "valid")
    for name, form in TIMES.items():
        if values.get(name) and not re.fullmatch(form, values[name]):
            raise invalid(name, "valid")
    for name, limit in LENGTHS.items():
        if len(values.get(name) or "") > limit:
            raise invalid(name, "maxLength")
    for name in PATTERNED.get(kind, ()):
        if re.search("[<>=]", values.get(name) or ""):
            raise invalid(name, "pattern")
    if values.get("website") and not re.fullmatch(SITE, values["website"]):
        raise invalid("website", "valid")


def check_points(values: Record) -> None:
    for single in POINTS:
        many = values.get(f"{single}Data") or ()
        if len(many) > 10:
            raise invalid(single, "maxCount")
        for value in filter(None, [*(one.get(single) for one in many), values.get(single)]):
            if len(value) > (36 if single == "phoneNumber" else 255):
                raise invalid(single, "maxLength")
            if single == "phoneNumber" and not (re.fullmatch(NUMBER, value) and possible(value)):
                raise invalid(single, "valid")
            if single == "emailAddress" and not re.fullmatch(ADDRESS, value):
                raise invalid(single, "emailAddress")


def sanitized(values: Record) -> Record:
    """What EspoCRM makes of a body before it looks at it: lines without spaces around them, numbers as E.164."""
    kept = {name: value.strip() if name in LENGTHS and value else value for name, value in values.items()}
    if kept.get("phoneNumber"):
        kept["phoneNumber"] = international(kept["phoneNumber"])
    if kept.get("phoneNumberData"):
        many = kept["phoneNumberData"]
        kept["phoneNumberData"] = [{**one, "phoneNumber": international(one["phoneNumber"])} for one in many]
    return kept


def international(value: str) -> str:
    """A number with its country as E.164, any other as it came."""
    number = parsed(value)
    return value if number is None else phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def parsed(value: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return None


def possible(value: str) -> bool:
    """Whether EspoCRM takes a number: an international one of a length that its country has."""
    number = parsed(value)
    return number is not None and international(value) == value and phonenumbers.is_possible_number(number)


def named(row: Record) -> bool:
    """Whether a lead has what it cannot do without: a name, or a company, an address or a number in its place."""
    return any(row.get(name) for name in ("firstName", "lastName", "accountName", "emailAddress", "phoneNumber"))


def stored(single: str, before: Record, values: Record) -> list[Record]:
    """The numbers or addresses as they are kept: an opt-out is of one of them, and of none where there is none."""
    there: list[Record] = before.get(f"{single}Data") or []
    if (many := values.get(f"{single}Data")) is not None:
        there = [{"primary": False, "optOut": False, "invalid": False, **one} for one in many]
        if there and not any(one["primary"] for one in there):
            there[0]["primary"] = True
    elif single in values:
        others = [one for one in there if not one["primary"]]
        first = {single: values[single], "primary": True, "optOut": False, "invalid": False}
        there = [*([first] if values[single] else []), *others]
    if many is None and f"{single}IsOptedOut" in values:
        there = [{**one, "optOut": bool(values[f"{single}IsOptedOut"])} if one["primary"] else one for one in there]
    return [{**one, single: one[single].lower()} for one in there] if single == "emailAddress" else there


def unshared(values: Record, others: Sequence[Record]) -> Record:
    """A number is one record however many have it: it stays as it is where one of the others may not be edited."""
    for single in POINTS:
        for point in values.get(f"{single}Data") or ():
            there = [one for row in others for one in row[f"{single}Data"] if one[single] == point[single]]
            point.update({"optOut": there[0]["optOut"]} if there else {})
    return values


def duplicates(values: Record, leads: Iterable[Record]) -> list[Record]:
    """The leads of the same name, or with one of the addresses, whosever they are."""

    def name(row: Record) -> tuple[str, str]:
        return row.get("firstName") or "", row.get("lastName") or ""

    mails = {one["emailAddress"] for one in stored("emailAddress", {}, values)}
    return [
        row
        for row in leads
        if ("".join(name(row)) and name(row) == name(values))
        or mails & {one["emailAddress"] for one in row["emailAddressData"]}
    ]
