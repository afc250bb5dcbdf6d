"""A contact of HubSpot's as a lead of ours, and a profile of ours as its properties."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final
from zoneinfo import available_timezones

import phonenumbers

from callsheet.crm.hubspot.interactions import interactions
from callsheet.crm.hubspot.shapes import Record
from callsheet.crm.hubspot.times import at
from callsheet.crm.hubspot.words import Words
from callsheet.domain.profile import LIST_FIELDS, Profile
from callsheet.domain.text import one_line, safe_text
from callsheet.sync.port import RemoteLead

KEY: Final = "callsheet_id"
"""The unique property that holds our op id: it makes every write repeatable."""

DO_NOT_CONTACT: Final = "callsheet_do_not_contact"
"""HubSpot has no standard flag for it: opting out of email is another thing, and cannot be set from outside."""

MODIFIED: Final = "lastmodifieddate"

PROPERTIES: Final = (
    "firstname", "lastname", "email", "jobtitle", "phone", "mobilephone", "website", "company", "address", "city",
    "state", "zip", "country", "hs_country_region_code", "industry", "numemployees", "hs_linkedin_url", "hs_timezone",
    "hs_lead_status", "lifecyclestage", "hubspot_owner_id", "createdate", MODIFIED, "hs_merged_object_ids",
    "hs_email_optout", "hs_analytics_source", "hs_analytics_source_data_1", "hs_analytics_source_data_2",
    "recent_conversion_event_name", "recent_conversion_date", "num_conversion_events", "message",
    "hs_email_last_click_date", "hs_email_last_email_name", "hs_sales_email_last_replied",
    "hs_analytics_last_visit_timestamp", "hs_analytics_last_url", "associatedcompanyid", DO_NOT_CONTACT, KEY,
)  # fmt: skip
"""What is asked for of every contact; those that an account does not have are left out by HubSpot."""

COMPANY_PROPERTIES: Final = ("name", "domain", "industry", "numberofemployees")

MAX_FIELD: Final = 500
"""The longest value of a profile field that is taken over or sent, in characters."""

MAX_MESSAGE: Final = 20_000

_FIELDS: Final[Mapping[str, str]] = {
    "company": "company", "title": "jobtitle", "website": "website", "linkedin": "hs_linkedin_url",
    "industry": "industry", "address": "address", "zip": "zip", "city": "city", "state": "state",
    "country": "country",
}  # fmt: skip
"""Our fields that are one property each."""

_CAMPAIGN_SOURCES: Final = frozenset({"EMAIL_MARKETING", "PAID_SEARCH", "PAID_SOCIAL", "OTHER_CAMPAIGNS"})


def lead(contact: Record, me: str, words: Words, company: Record | None = None) -> RemoteLead:
    """The contact as a lead. `me` is the rep's owner id.

    Raises:
        Drift: a time that is none.
    """
    status, lifecycle = contact.get("hs_lead_status"), contact.get("lifecyclestage")
    owner = contact.get("hubspot_owner_id")
    source, campaign = _origin(contact)
    modified = contact.get(MODIFIED)
    return RemoteLead(
        id=contact.id,
        version=one_line(modified or contact.updated_at.isoformat(), 50),
        modified_at=at(modified) or contact.updated_at,
        profile=profile(contact, company),
        created_at=at(contact.get("createdate")) or contact.created_at,
        owner=one_line(words.owners.get(owner, owner), 200),
        mine=owner == me,
        status=one_line(words.status_label(status), 200),
        closed=words.closed(status, lifecycle),
        do_not_contact=contact.get(DO_NOT_CONTACT) == "true",
        source=source,
        campaign=campaign,
        interactions=interactions(contact),
        key=one_line(contact.get(KEY), 100),
    )


def profile(contact: Record, company: Record | None = None) -> Profile:
    """Who a contact is; what it does not say is filled from its company."""

    def said(name: str) -> str:
        return one_line(contact.get(name), MAX_FIELD)

    def firm(name: str) -> str:
        return "" if company is None else one_line(company.get(name), MAX_FIELD)

    country = said("hs_country_region_code") or said("country")
    size = said("numemployees")
    return Profile(
        name=" ".join(part for part in (said("firstname"), said("lastname")) if part),
        company=said("company") or firm("name"),
        title=said("jobtitle"),
        phones=_distinct(phone(said(name), country) for name in ("phone", "mobilephone")),
        emails=_distinct([said("email").lower()]),
        website=said("website") or firm("domain"),
        linkedin=said("hs_linkedin_url"),
        industry=said("industry") or firm("industry"),
        company_size=_count(size) if size else _count(firm("numberofemployees")),
        address=said("address"),
        zip=said("zip"),
        city=said("city"),
        state=said("state"),
        country=country.upper() if re.fullmatch(r"[A-Za-z]{2}", country) else country,
        timezone=iana(said("hs_timezone")),
        extra=tuple(_extra(contact, size)),
    )


def properties(changes: Mapping[str, str], words: Words) -> dict[str, str]:
    """The properties that set these fields (in the form of `profile.flat`), as far as the account has them."""
    values: dict[str, str] = {}
    for name, text in changes.items():
        value = safe_text(text).strip()
        if name == "name":
            values |= names(value)
        elif name in LIST_FIELDS:
            values |= _points(name, [part.strip() for part in value.split(";") if part.strip()])
        elif name == "timezone":
            values["hs_timezone"] = slug(value)
        elif name == "company_size":
            values["numemployees"] = words.range_of("numemployees", value)
        elif name in _FIELDS:
            values[_FIELDS[name]] = value
    return {
        name: value[:MAX_FIELD]
        for name, value in values.items()
        if words.writable(name) and (not value or words.allows(name, value))
    }


def names(name: str) -> dict[str, str]:
    """A full name as first and last: the last word is the last name, one word alone the first."""
    first, _, last = name.rpartition(" ")
    return {"firstname": first.strip(), "lastname": last} if first else {"firstname": last, "lastname": ""}


def phone(text: str, country: str = "") -> str:
    """A number as E.164 where it can be read as one, else the text as it came."""
    region = country.upper() if len(country) == 2 else None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return text
    if number.extension or not phonenumbers.is_possible_number(number):
        return text
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def iana(value: str) -> str:
    """HubSpot's name of a time zone (`america_slash_new_york`) as IANA's, empty when there is none."""
    plain = value.replace("_slash_", "/").replace("_hyphen_", "-").replace("_plus_", "+")
    return _zones().get(plain.casefold(), "")


def slug(zone: str) -> str:
    """IANA's name of a time zone as HubSpot writes it."""
    return zone.replace("/", "_slash_").replace("-", "_hyphen_").replace("+", "_plus_").lower()


def _points(name: str, points: list[str]) -> dict[str, str]:
    if name == "emails":
        return {"email": points[0] if points else ""}
    first, second = [*points, "", ""][:2]
    return {"phone": first, "mobilephone": second}


def _origin(contact: Record) -> tuple[str, str]:
    source = contact.get("hs_analytics_source")
    first = one_line(contact.get("hs_analytics_source_data_1"), MAX_FIELD)
    second = one_line(contact.get("hs_analytics_source_data_2"), MAX_FIELD)
    if source in _CAMPAIGN_SOURCES:
        return one_line(source.replace("_", " ").lower(), MAX_FIELD), first
    if source == "OFFLINE":
        return first.replace("_", " ").lower(), second
    return one_line(source.replace("_", " ").lower(), MAX_FIELD), ""


def _extra(contact: Record, size: str) -> list[tuple[str, str]]:
    found = []
    if size and _count(size) is None:
        found.append(("company size", size))
    if contact.get("hs_email_optout") == "true":
        found.append(("unsubscribed from email", "yes"))
    if contact.get("message"):
        found.append(("message", safe_text(contact.get("message"), MAX_MESSAGE)))
    return found


def _count(text: str) -> int | None:
    plain = re.sub(r"[\s,.']", "", text)
    return int(plain) if re.fullmatch(r"\d{1,9}", plain) else None


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


@cache
def _zones() -> Mapping[str, str]:
    return {name.casefold(): name for name in available_timezones()}
