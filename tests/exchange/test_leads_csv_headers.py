"""Columns are known by what the usual exports call them, however that is spelt."""

import pytest

from callsheet.exchange.leads_csv.headers import CANONICAL, canonical, columns_of

DESIGN = (
    "name first_name last_name company title phone email website linkedin industry company_size company_kind address"
    " zip city state country timezone source campaign direction originator handoff budget authority need timeframe"
    " comment contact_me interactions received_at do_not_contact"
)


@pytest.mark.parametrize("name", DESIGN.split())
def test_the_canonical_names_are_their_own_headers(name: str) -> None:
    assert name in CANONICAL
    assert canonical(name) == name
    assert canonical(name.replace("_", " ").title()) == name


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("FirstName", "first_name"),
        ("  FIRST-NAME ", "first_name"),
        ("Company / Account", "company"),
        ("Account Name", "company"),
        ("No. of Employees", "company_size"),
        ("Number of Employees", "company_size"),
        ("Mobile Phone Number", "phone"),
        ("E-mail 1 - Value", "email"),
        ("Email 2", "email"),
        ("Phone 3", "phone"),
        ("Phone 1 - Value", "phone"),
        ("Work Phone", "phone"),
        ("Company Phone", "phone_company"),
        ("Organization 1 - Name", "company"),
        ("Organization Title", "title"),
        ("Person - Name", "name"),
        ("Person - Email - Work", "email"),
        ("Person - Phone - Mobile", "phone"),
        ("Organization - Name", "company"),
        ("Organization - Address", "address"),
        ("Mailing State/Province", "state"),
        ("Mailing Zip/Postal Code", "zip"),
        ("Billing Street", "address"),
        ("Zip/Postal Code", "zip"),
        ("Address 1 - Street", "address"),
        ("email_from", "email"),
        ("partner_name", "company"),
        ("PLZ", "zip"),
        ("Straße", "address"),
        ("Prénom", "first_name"),
        ("Société", "company"),
        ("TELEFONO", "phone"),
        ("Teléfono", "phone"),
        ("Scan Date/Time", "scanned_at"),
        ("Do Not Call", "do_not_contact"),
        ("Lead Status", None),
        ("Contact owner", None),
        ("Lead - Title", None),
        ("Fax", None),
        ("Phone 1 - Label", None),
        ("Middle Name", None),
        ("Account Owner", None),
        ("", None),
        ("x" * 1000, None),
    ],
)
def test_a_header_is_known_by_what_exports_call_it(header: str, name: str | None) -> None:
    assert canonical(header) == name


def test_several_phones_are_several_places_and_the_switchboard_comes_last() -> None:
    header = ["Company Phone", "Phone", "Mobile Phone", "Email", "Email 2"]
    assert columns_of(header) == {"phone": (1, 2, 0), "email": (3, 4)}


def test_a_contact_name_is_the_person_and_the_name_beside_it_the_records_title() -> None:
    assert columns_of(["name", "contact_name", "partner_name"]) == {"name": (1,), "company": (2,)}
