"""Which properties the demo CRM's objects have: a property that is not here is refused, as HubSpot refuses it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from uuid import NAMESPACE_URL, uuid5

Kind = str
"""An object type by its name in the path: `contacts`, `calls`, …"""

PropertyType = Literal["string", "number", "datetime", "bool", "enumeration"]

CONTACTS: Final = "contacts"
COMPANIES: Final = "companies"
LEADS: Final = "leads"
ACTIVITIES: Final = ("calls", "notes", "tasks", "emails", "communications", "postal_mail", "meetings")
KINDS: Final = (CONTACTS, COMPANIES, LEADS, *ACTIVITIES)

KEY: Final = "callsheet_id"
"""The unique property under which the product's own deliveries are known."""

DO_NOT_CONTACT: Final = "callsheet_do_not_contact"

KEYED: Final = (CONTACTS, "calls", "notes", "tasks", "emails", "communications", "postal_mail")
"""The object types that have `KEY` once the product is connected."""

MAX_TEXT: Final = 65_536
"""The longest value of a property, in characters."""

LIFECYCLE: Final = (
    "subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer", "evangelist",
    "other",
)  # fmt: skip
"""The stages in their order: a contact cannot go back to an earlier one."""

LEAD_STATUSES: Final = (
    "NEW", "OPEN", "IN_PROGRESS", "OPEN_DEAL", "UNQUALIFIED", "ATTEMPTED_TO_CONTACT", "CONNECTED", "BAD_TIMING",
)  # fmt: skip

LEAD_PIPELINE: Final = "lead-pipeline-id"
LEAD_STAGES: Final = (
    ("new-stage-id", "New"), ("attempting-stage-id", "Attempting"), ("connected-stage-id", "Connected"),
    ("qualified-stage-id", "Qualified"), ("unqualified-stage-id", "Disqualified"),
)  # fmt: skip
"""The stages of the only pipeline of lead objects, in their order."""

DISPOSITIONS: Final = (
    "Busy", "Connected", "Left live message", "Left voicemail", "No answer", "Wrong number", "Meeting booked",
    "Not interested", "Do not call",
)  # fmt: skip
"""The labels of the call outcomes of this account; their ids are its own."""

TIMEZONES: Final = (
    "america_slash_anchorage", "america_slash_chicago", "america_slash_denver", "america_slash_los_angeles",
    "america_slash_new_york", "america_slash_phoenix", "america_slash_sao_paulo", "america_slash_toronto",
    "america_slash_port_hyphen_au_hyphen_prince", "asia_slash_kolkata", "asia_slash_shanghai", "asia_slash_singapore",
    "asia_slash_tokyo", "australia_slash_sydney", "europe_slash_athens", "europe_slash_berlin", "europe_slash_london",
    "europe_slash_madrid", "europe_slash_paris", "europe_slash_rome", "europe_slash_warsaw", "pacific_slash_auckland",
    "pacific_slash_honolulu", "us_slash_eastern", "us_slash_pacific", "utc",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an object type; `unique` ones may name a record, `read_only` ones are set by the CRM alone."""

    name: str
    type: PropertyType = "string"
    options: tuple[tuple[str, str], ...] = ()
    unique: bool = False
    read_only: bool = False
    custom: bool = False
    label: str = ""
    group: str = "information"

    def accepts(self, value: str) -> bool:
        """Whether an enumeration has all of these options (several are joined by `;`)."""
        known = {option for option, _ in self.options}
        return not known or all(part in known for part in value.split(";"))


Properties = dict[str, Property]


def disposition_id(account: int, label: str) -> str:
    """The id of a call outcome in one account: no two accounts share it."""
    return str(uuid5(NAMESPACE_URL, f"demo-crm:{account}:{label}"))


def labelled(values: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Options whose label is the value in words."""
    return tuple((value, value.replace("_slash_", "/").replace("_", " ").capitalize()) for value in values)


_ENUMERATIONS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    CONTACTS: {"hs_lead_status": LEAD_STATUSES, "lifecyclestage": LIFECYCLE, "hs_timezone": TIMEZONES},
    LEADS: {
        "hs_pipeline": (LEAD_PIPELINE,), "hs_pipeline_stage": tuple(one for one, _ in LEAD_STAGES),
        "hs_lead_disqualification_reason": ("NOT_A_GOOD_FIT", "NOT_INTERESTED", "NO_RESPONSE", "OTHER"),
    },
    "calls": {
        "hs_call_direction": ("INBOUND", "OUTBOUND"),
        "hs_call_status": (
            "BUSY", "CALLING_CRM_USER", "CANCELED", "COMPLETED", "CONNECTING", "FAILED", "IN_PROGRESS", "MISSED",
            "NO_ANSWER", "QUEUED", "RINGING",
        ),
    },
    "tasks": {
        "hs_task_status": ("NOT_STARTED", "IN_PROGRESS", "WAITING", "DEFERRED", "COMPLETED"),
        "hs_task_priority": ("LOW", "MEDIUM", "HIGH", "NONE"),
        "hs_task_type": ("TODO", "CALL", "EMAIL"),
    },
    "emails": {
        "hs_email_direction": ("EMAIL", "INCOMING_EMAIL", "FORWARDED_EMAIL"),
        "hs_email_status": ("BOUNCED", "FAILED", "SCHEDULED", "SENDING", "SENT"),
    },
    "communications": {
        "hs_communication_channel_type": ("WHATS_APP", "LINKEDIN_MESSAGE", "SMS"),
        "hs_communication_logged_from": ("CRM",),
    },
    "meetings": {"hs_meeting_outcome": ("SCHEDULED", "COMPLETED", "RESCHEDULED", "NO_SHOW", "CANCELED")},
}  # fmt: skip

_TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    CONTACTS: (
        "firstname", "lastname", "jobtitle", "phone", "mobilephone", "website", "company", "address", "city", "state",
        "zip", "country", "hs_country_region_code", "industry", "numemployees", "hs_linkedin_url", "message",
    ),
    COMPANIES: ("name", "domain", "industry", "website", "phone", "city", "country"),
    LEADS: ("hs_lead_name", "hs_lead_type", "hs_lead_label"),
    "calls": ("hs_call_title", "hs_call_body", "hs_call_from_number", "hs_call_to_number", "hs_activity_type"),
    "notes": ("hs_note_body",),
    "tasks": ("hs_task_subject", "hs_task_body"),
    "emails": ("hs_email_subject", "hs_email_text", "hs_email_html", "hs_email_headers"),
    "communications": ("hs_communication_body",),
    "postal_mail": ("hs_postal_mail_body",),
    "meetings": ("hs_meeting_title", "hs_meeting_body", "hs_internal_meeting_notes"),
}  # fmt: skip

_NUMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    COMPANIES: ("numberofemployees", "annualrevenue"),
    "calls": ("hs_call_duration",),
}

_TIMES: Final[Mapping[str, tuple[str, ...]]] = {"meetings": ("hs_meeting_start_time", "hs_meeting_end_time")}

_READ_ONLY: Final[Mapping[str, Mapping[str, PropertyType]]] = {
    CONTACTS: {
        "createdate": "datetime", "lastmodifieddate": "datetime", "hs_merged_object_ids": "string",
        "hs_email_optout": "bool", "hs_analytics_source": "string", "hs_analytics_source_data_1": "string",
        "hs_analytics_source_data_2": "string", "notes_last_contacted": "datetime",
        "recent_conversion_event_name": "string", "recent_conversion_date": "datetime",
        "num_conversion_events": "number", "hubspot_owner_assigneddate": "datetime",
        "hs_email_last_click_date": "datetime", "hs_email_last_email_name": "string",
        "hs_sales_email_last_replied": "datetime", "hs_analytics_last_visit_timestamp": "datetime",
        "hs_analytics_last_url": "string", "associatedcompanyid": "number",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Schema:
    """All properties by object type; a custom one is added for good."""

    kinds: Mapping[Kind, Properties] = field(default_factory=dict)

    def __getitem__(self, kind: Kind) -> Properties:
        return self.kinds[kind]


def standard(account: int, *, connected: bool = False) -> Schema:
    """The properties that every object has in a fresh account, with our own where the product is `connected`."""
    schema = Schema({kind: _properties(kind, account) for kind in KINDS})
    if connected:
        for kind in KEYED:
            schema[kind][KEY] = Property(KEY, unique=True, custom=True, label="callsheet id")
        flag = Property(DO_NOT_CONTACT, "bool", labelled(("true", "false")), custom=True, label="Do not contact")
        schema[CONTACTS][DO_NOT_CONTACT] = flag
    return schema


def modified_name(kind: Kind) -> str:
    """The property that holds when a record was last changed: contacts name it differently from all others."""
    return "lastmodifieddate" if kind == CONTACTS else "hs_lastmodifieddate"


def created_name(kind: Kind) -> str:
    """The property that holds when a record was created."""
    return "createdate" if kind == CONTACTS else "hs_createdate"


def _properties(kind: Kind, account: int) -> Properties:
    found = [
        Property("hs_object_id", "number", read_only=True),
        Property(modified_name(kind), "datetime", read_only=True),
        Property(created_name(kind), "datetime", read_only=True),
        Property("hubspot_owner_id"),
        Property("hs_object_source_label", read_only=True),
    ]
    if kind in ACTIVITIES:
        found.append(Property("hs_timestamp", "datetime"))
    if kind == CONTACTS:
        found.append(Property("email", unique=True))
    if kind == "calls":
        outcomes = tuple((disposition_id(account, label), label) for label in DISPOSITIONS)
        found.append(Property("hs_call_disposition", "enumeration", outcomes))
    found += [Property(name, "enumeration", labelled(options)) for name, options in _ENUMERATIONS.get(kind, {}).items()]
    found += [Property(name) for name in _TEXTS.get(kind, ())]
    found += [Property(name, "number") for name in _NUMBERS.get(kind, ())]
    found += [Property(name, "datetime") for name in _TIMES.get(kind, ())]
    found += [Property(name, of, read_only=True) for name, of in _READ_ONLY.get(kind, {}).items()]
    return {item.name: item for item in found}
