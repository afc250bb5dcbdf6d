"""Each export that people have is read as it comes: one file for each, with made-up people."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from callsheet.domain.events import Bant, Interaction, Packet
from callsheet.domain.profile import Profile
from callsheet.exchange.leads_csv import DateOrder, read, sniff
from callsheet.services.lead_row import LeadRow

DATA = Path(__file__).parent / "data"


def rows(name: str, dates: DateOrder = "iso", region: str | None = None) -> list[LeadRow]:
    found = list(read(DATA / name, zone="Europe/Berlin", dates=dates, region=region))
    assert all(isinstance(row, LeadRow) for row in found), found
    return [row for row in found if isinstance(row, LeadRow)]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("name", "encoding", "delimiter", "header_line", "unknown"),
    [
        ("canonical.csv", "utf-8", ",", 1, ()),
        ("hubspot.csv", "utf-8-sig", ",", 1, ("Record ID", "Contact owner", "Lead Status")),
        ("salesforce.csv", "utf-8", ",", 1, ("Lead Owner", "Rating")),
        ("pipedrive.csv", "utf-8", ";", 1, ("Lead - ID", "Lead - Title")),
        ("odoo.csv", "utf-8", ",", 1, ("name", "user_id", "stage_id")),
        ("odoo_labels.csv", "utf-8", ",", 1, ("Opportunity", "Salesperson", "Stage")),
        ("google_new.csv", "utf-8", ",", 1, ("Middle Name", "Nickname", "E-mail 1 - Label", "Phone 1 - Label")),
        ("linkedin.csv", "utf-8", ",", 4, ("Connected On",)),
        ("scanner.csv", "utf-16-le", "\t", 1, ("Booth", "Lead Rating", "Qualifiers")),
        ("german.csv", "cp1252", ";", 2, ("Anrede",)),
        ("french.csv", "utf-8", ";", 1, ()),
        ("spanish.csv", "cp1252", "|", 1, ()),
    ],
)
def test_a_file_tells_how_it_is_written(
    name: str, encoding: str, delimiter: str, header_line: int, unknown: tuple[str, ...]
) -> None:
    dialect = sniff(DATA / name)
    assert (dialect.encoding, dialect.delimiter, dialect.header_line) == (encoding, delimiter, header_line)
    assert dialect.unknown == unknown


def test_our_own_headers() -> None:
    ada, blank, stop = rows("canonical.csv", region="DE")
    assert ada == LeadRow(
        row=2,
        profile=Profile(
            name="Ada Lovelace",
            company="Acme Ltd",
            title="CTO",
            phones=("+442079460123",),
            emails=("ada@example.com",),
            website="https://example.com",
            linkedin="https://www.linkedin.com/in/ada-example",
            industry="Software",
            company_size=250,
            company_kind="agency",
            address="1 Example Street",
            zip="W1A 1AA",
            city="London",
            country="GB",
            timezone="Europe/London",
            extra=(("timeframe", "Q3"),),
        ),
        source="website",
        campaign="Spring webinar",
        direction="inbound",
        originator="Sam Diaz",
        packet=Packet(who="Ada", role="CTO", need="fewer tickets"),
        interactions=(
            (Interaction("webinar", topic="Scaling"), utc(2026, 11, 19, 23)),
            (Interaction("download", topic="ABC"), None),
        ),
        contact_me=utc(2026, 11, 27, 13),
        bant=Bant(budget=True, authority=False, timeframe=True),
        comment="Please call,\nafter lunch",
        received_at=utc(2026, 11, 26, 8),
    )
    assert blank == LeadRow(row=4, profile=Profile(company="Blank & Co"))
    assert (stop.row, stop.do_not_contact, stop.direction) == (5, True, "outbound")
    assert stop.profile.phones == ("+493023125123",)


def test_hubspot() -> None:
    grace, alan = rows("hubspot.csv")
    assert grace.profile.name == "Grace Hopper"
    assert grace.profile.phones == ("+12125550123", "+19175550164")
    assert grace.profile.emails == ("grace.hopper@example.com",)
    assert (grace.profile.company, grace.profile.company_size) == ("Yard, Inc.", 1200)
    assert (grace.profile.state, grace.profile.zip, grace.profile.country) == ("NY", "10001", "US")
    assert grace.profile.timezone == "America/New_York"
    assert grace.profile.extra == (("Record ID", "51"), ("Contact owner", "Sam Diaz"), ("Lead Status", "New"))
    assert grace.source == "Organic Search"
    assert grace.created_at == utc(2026, 11, 25, 17, 30)
    assert grace.interactions == (
        (Interaction("download", topic="Whitepaper ABC: get your copy"), utc(2026, 11, 25, 17, 29)),
    )
    assert alan.profile.company_size is None
    assert alan.created_at == utc(2026, 11, 26, 13)
    assert (alan.do_not_email, alan.do_not_contact) == (True, False)


def test_salesforce() -> None:
    ada, bob = rows("salesforce.csv", dates="dmy")
    assert ada.profile.name == "Ada Lovelace"
    assert ada.profile.phones == ("+442079460123", "+447700900123")
    assert ada.profile.address == "1 Example Street, Floor 2"
    assert ada.profile.company_size == 50
    assert ("No. of Employees", "50-200") in ada.profile.extra
    assert ada.created_at == utc(2026, 11, 26, 13, 30)
    assert ada.comment == 'Asked for "a pilot", in writing'
    assert (ada.campaign, ada.source, ada.do_not_email) == ("Expo 2026", "Trade Show", True)
    assert (bob.row, bob.do_not_contact, bob.profile.country) == (4, True, "US")


def test_pipedrive() -> None:
    (ines,) = rows("pipedrive.csv", region="FR")
    assert ines.profile.name == "Inès Moreau"
    assert ines.profile.company == "Nouvelle Société"
    assert ines.profile.emails == ("ines@example.com", "ines@example.test")
    assert ines.profile.phones == ("+33199001234", "+33639981234", "+33199000000")
    assert (ines.source, ines.created_at) == ("Webforms", utc(2026, 11, 26, 9))


@pytest.mark.parametrize("name", ["odoo.csv", "odoo_labels.csv"])
def test_odoo(name: str) -> None:
    brandon = rows(name)[0]
    assert (brandon.profile.name, brandon.profile.company) == ("Brandon Sample", "Azure Example")
    assert (brandon.profile.title, brandon.profile.emails) == ("Purchaser", ("brandon@example.com",))
    assert (brandon.profile.phones, brandon.profile.country) == (("+12125550144",), "US")
    assert brandon.created_at == utc(2026, 11, 26, 12)


def test_odoo_by_field_names_has_a_record_title_and_notes_as_a_web_page() -> None:
    brandon, company = rows("odoo.csv")
    assert brandon.comment == "Call me"
    assert brandon.profile.address == "4 Example Bypass, Suite 5"
    assert ("name", "Azure's opportunity") in brandon.profile.extra
    assert (company.profile.name, company.profile.company) == ("", "Ready Mat Example")


def test_google_contacts() -> None:
    (anna,) = rows("google.csv")
    assert anna.profile.name == "Anna Müller"
    assert anna.profile.emails == ("anna@example.com", "anna.m@example.com", "anna@example.test")
    assert anna.profile.phones == ("+4312345678", "+4312345679")
    assert (anna.profile.company, anna.profile.title) == ("Beispiel GmbH", "Leiterin")
    assert anna.profile.address == "Beispielgasse 1, 1010 Wien"
    assert (anna.profile.city, anna.profile.country, anna.profile.website) == ("Wien", "AT", "https://example.at")
    (newer,) = rows("google_new.csv", region="AT")
    assert (newer.profile.name, newer.profile.company, newer.profile.title) == (
        "Anna Müller",
        "Beispiel GmbH",
        "Leiterin",
    )


def test_linkedin_begins_with_notes_about_itself() -> None:
    jo, li = rows("linkedin.csv")
    assert (jo.row, jo.profile.name, jo.profile.company) == (5, "Jo Example", "Example, Inc.")
    assert (jo.profile.website, jo.profile.linkedin) == ("", "https://www.linkedin.com/in/jo-example")
    assert li.profile.emails == ("li@example.com",)


def test_a_badge_scanner_tells_of_a_scan() -> None:
    ada, bob = rows("scanner.csv", dates="dmy")
    scan = Interaction("scan", topic="Expo 2026", campaign="Expo 2026")
    assert ada.interactions == ((scan, utc(2026, 11, 26, 13, 5)),)
    assert (ada.created_at, ada.received_at) == (utc(2026, 11, 26, 13, 5), None)
    assert (ada.contact_me, ada.comment, ada.originator) == (True, "Wants a pilot", "Sam Diaz")
    assert ("Badge ID", "A-0017") in ada.profile.extra
    assert ("Qualifiers", "Budget; This year") in ada.profile.extra
    assert bob.interactions == ((scan, utc(2026, 11, 26, 13, 20)),)


def test_a_german_spreadsheet() -> None:
    joerg, anna = rows("german.csv", dates="dmy", region="DE")
    assert joerg.profile == Profile(
        name="Jörg Müller",
        company="Bäckerei Öhm GmbH",
        title="Geschäftsführer",
        phones=("+493023125123",),
        emails=("joerg@example.de",),
        company_size=1200,
        address="Beispielweg 1",
        zip="01067",
        city="Dresden",
        country="DE",
        extra=(("Anrede", "Herr"),),
    )
    assert (joerg.row, joerg.contact_me, joerg.received_at) == (3, True, utc(2026, 11, 26, 13, 30))
    assert anna.profile.phones == ("+493023125124", "+491713920000")
    assert (anna.contact_me, anna.received_at) == (False, utc(2026, 12, 2, 23))


def test_a_french_and_a_spanish_list() -> None:
    (eloise,) = rows("french.csv")
    assert (eloise.profile.name, eloise.profile.company_size) == ("Éloïse Dupont", 1200)
    assert (eloise.profile.phones, eloise.created_at) == (("+33199001234",), utc(2026, 11, 26, 13, 30))
    (jose,) = rows("spanish.csv")
    assert (jose.profile.name, jose.profile.phones) == ("José García Núñez", ("+34910123456",))
    assert jose.created_at == utc(2026, 11, 25, 23)
