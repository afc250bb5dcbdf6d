"""Who a lead is, both ways, and the times on the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import available_timezones

import pytest

from callsheet.crm.hubspot import contacts
from callsheet.crm.hubspot.contacts import iana, names, phone, slug
from callsheet.crm.hubspot.shapes import Definition, Option, Record
from callsheet.crm.hubspot.times import at, milliseconds
from callsheet.crm.hubspot.words import Words
from callsheet.domain.profile import Profile
from callsheet.sync.port import Drift

NOON = datetime(2026, 7, 3, 12, 0, tzinfo=UTC)


def contact(**properties: str | None) -> Record:
    return Record("7", properties, NOON, NOON)


def test_a_contact_becomes_a_profile() -> None:
    found = contacts.profile(
        contact(
            firstname=" Zoë ", lastname="O'Brien\n-李", jobtitle="Head of <b>Ops</b>", email="Zoe@Brien.example",
            phone="020 7946 0013", mobilephone="+44 7700 900123", company="Brien & Söhne", website="brien.example",
            hs_linkedin_url="https://linkedin.com/in/zoe", industry="Logistics", numemployees="1,200",
            address="1 Main St", zip="SW1A 1AA", city="London", state="", country="United Kingdom",
            hs_country_region_code="GB", hs_timezone="europe_slash_london",
        )
    )  # fmt: skip
    assert found == Profile(
        name="Zoë O'Brien -李",
        company="Brien & Söhne",
        title="Head of <b>Ops</b>",
        phones=("+442079460013", "+447700900123"),
        emails=("zoe@brien.example",),
        website="brien.example",
        linkedin="https://linkedin.com/in/zoe",
        industry="Logistics",
        company_size=1200,
        address="1 Main St",
        zip="SW1A 1AA",
        city="London",
        country="GB",
        timezone="Europe/London",
    )


def test_what_is_blank_is_unknown() -> None:
    assert contacts.profile(contact(firstname=None, lastname=None)) == Profile()


def test_control_characters_do_not_come_in() -> None:
    found = contacts.profile(contact(firstname="A\x1b[31mnn", company="\u202eGmbH"))
    assert found.name == "A\ufffd[31mnn"
    assert found.company == "\ufffdGmbH"


def test_a_range_of_sizes_is_kept_as_it_is() -> None:
    found = contacts.profile(contact(numemployees="25-50"))
    assert found.company_size is None
    assert ("company size", "25-50") in found.extra


def test_unsubscribing_from_email_is_shown_and_is_no_do_not_contact() -> None:
    lead = contacts.lead(contact(hs_email_optout="true"), "101", Words())
    assert not lead.do_not_contact
    assert ("unsubscribed from email", "yes") in lead.profile.extra


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("+49 30 901820", "", "+4930901820"), ("030 901820", "DE", "+4930901820"), ("030 901820", "", "030 901820"),
        ("ask for Ann", "DE", "ask for Ann"), ("+1 (212) 555-0123", "", "+12125550123"),
        ("+1 212 555 0123 ext. 7", "US", "+1 212 555 0123 ext. 7"), ("", "DE", ""),
    ],
)  # fmt: skip
def test_a_number_is_read_where_it_can_be(text: str, country: str, expected: str) -> None:
    assert phone(text, country) == expected


@pytest.mark.parametrize(
    ("value", "zone"),
    [
        ("america_slash_new_york", "America/New_York"), ("europe_slash_berlin", "Europe/Berlin"),
        ("america_slash_port_hyphen_au_hyphen_prince", "America/Port-au-Prince"), ("us_slash_pacific", "US/Pacific"),
        ("utc", "UTC"), ("atlantis_slash_capital", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_time_zone_is_read(value: str, zone: str) -> None:
    assert iana(value) == zone


def test_every_time_zone_can_be_written_and_read_again() -> None:
    assert all(iana(slug(zone)) == zone for zone in available_timezones())


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [("Ann Lee", "Ann", "Lee"), ("Ann Mary de Lee", "Ann Mary de", "Lee"), ("Ann", "Ann", ""), ("", "", "")],
)
def test_a_name_is_split_at_its_last_word(name: str, first: str, last: str) -> None:
    assert names(name) == {"firstname": first, "lastname": last}


def words(**options: tuple[str, ...]) -> Words:
    known = ("firstname", "lastname", "jobtitle", "phone", "mobilephone", "email", "city", "numemployees")
    plain = {name: Definition(name, "string") for name in known}
    return Words(
        contact=plain
        | {
            name: Definition(name, "enumeration", [Option(value, value) for value in values])
            for name, values in options.items()
        }
    )


def test_fields_become_properties_that_the_account_has() -> None:
    changes = {
        "name": "Ann Lee", "title": "CEO", "phones": "+4930901820; +4930901821; +4930901822",
        "emails": "ann@lee.example; ann@home.example", "city": "Bonn", "linkedin": "https://linkedin.com/in/ann",
        "company_size": "12", "timezone": "Europe/Berlin",
    }  # fmt: skip
    assert contacts.properties(changes, words(hs_timezone=("europe_slash_berlin",))) == {
        "firstname": "Ann", "lastname": "Lee", "jobtitle": "CEO", "phone": "+4930901820",
        "mobilephone": "+4930901821", "email": "ann@lee.example", "city": "Bonn", "numemployees": "12",
        "hs_timezone": "europe_slash_berlin",
    }  # fmt: skip


def test_a_value_that_an_enumeration_lacks_is_left_out() -> None:
    changes = {"timezone": "Europe/Berlin", "city": ""}
    assert contacts.properties(changes, words(hs_timezone=("utc",))) == {"city": ""}


@pytest.mark.parametrize(
    ("size", "option"), [("1", "1-5"), ("5", "1-5"), ("30", "25-50"), ("700", "500-1000"), ("9000", "1000+")]
)
def test_a_head_count_falls_into_its_range(size: str, option: str) -> None:
    ranges = ("1-5", "5-25", "25-50", "50-100", "100-500", "500-1000", "1000+")
    assert contacts.properties({"company_size": size}, words(numemployees=ranges)) == {"numemployees": option}


def test_a_lead_that_we_made_is_known_by_its_key() -> None:
    assert contacts.lead(contact(callsheet_id="key-1"), "101", Words()).key == "key-1"


def test_times_are_read_with_and_without_fraction_and_as_milliseconds() -> None:
    for text in ("2026-07-03T12:00:00Z", "2026-07-03T12:00:00.000Z", "2026-07-03T14:00:00+02:00", "1783080000000"):
        assert at(text) == NOON
    assert at("") is None
    with pytest.raises(Drift):
        at("tomorrow")


def test_a_time_is_written_in_utc_whatever_its_zone() -> None:
    local = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert milliseconds(local) == milliseconds(NOON) == "1783080000000"
