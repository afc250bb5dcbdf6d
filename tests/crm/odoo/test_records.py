"""A record of `crm.lead` in our words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from callsheet.crm.odoo.records import Reading, addresses, lead, moment, reason_of, written
from callsheet.sync.port import Drift

READING = Reading(me=5, countries={231: "GB"}, won_stages=frozenset({4}), stop_tags=frozenset({9}))

EMPTY: dict[str, Any] = {
    "id": 1, "name": "Offer for pumps", "contact_name": False, "partner_id": False, "partner_name": False,
    "function": False, "email_from": False, "phone": False, "website": False, "street": False, "street2": False,
    "zip": False, "city": False, "state_id": False, "country_id": False, "lang_code": False, "stage_id": [1, "New"],
    "active": True, "won_status": "pending", "lost_reason_id": False, "user_id": [5, "Rita Rep"],
    "create_uid": [2, "Administrator"], "source_id": False, "medium_id": False, "campaign_id": False, "tag_ids": [],
    "description": False, "phone_blacklisted": False, "is_blacklisted": False, "create_date": "2026-07-03 09:58:00",
    "write_date": "2026-07-03 10:00:00",
}  # fmt: skip


def row(**values: Any) -> dict[str, Any]:
    return EMPTY | values


def test_an_empty_lead_is_unknown_and_never_false() -> None:
    came = lead(EMPTY, READING)
    assert came.profile.name == "Offer for pumps"
    assert (came.profile.phones, came.profile.emails, came.profile.company, came.profile.country) == ((), (), "", "")
    assert came.id == "1"
    assert came.mine
    assert came.owner == "Rita Rep"
    assert came.status == "New"
    assert came.closed is None
    assert came.modified_at == datetime(2026, 7, 3, 10, tzinfo=UTC)
    assert came.created_at == datetime(2026, 7, 3, 9, 58, tzinfo=UTC)
    assert came.interactions == ()


def test_a_full_lead_comes_with_all_it_has() -> None:
    came = lead(
        row(
            contact_name="Zoë\x1b O'Brien", partner_name="Brien & Söhne", function="Head <b>of</b> Ops",
            email_from='"Zoë" <zoe@brien.example>; z2@brien.example', phone="020 7946 0013", mobile="+44 7700 900123",
            website="https://brien.example", street="1 High St", street2="Floor 2", zip="N1", city="London",
            state_id=[3, "London (GB)"], country_id=[231, "United Kingdom"], campaign_id=[1, "Trade fair"],
            source_id=[2, "Search engine"], lang_code="en_GB",
        ),
        READING,
    )  # fmt: skip
    who = came.profile
    assert who.name == "Zoë\ufffd O'Brien"
    assert who.title == "Head <b>of</b> Ops"
    assert who.emails == ("zoe@brien.example", "z2@brien.example")
    assert who.phones == ("+442079460013", "+447700900123")
    assert (who.address, who.city, who.state, who.country) == ("1 High St, Floor 2", "London", "London", "GB")
    assert dict(who.extra) == {"subject": "Offer for pumps", "language": "en_GB"}
    assert (came.source, came.campaign) == ("Search engine", "Trade fair")


def test_a_company_and_name_are_taken_from_the_partner() -> None:
    who = lead(row(partner_id=[7, "Brien & Söhne, Zoë O'Brien"]), READING).profile
    assert (who.name, who.company) == ("Zoë O'Brien", "Brien & Söhne")


@pytest.mark.parametrize(
    ("values", "closed"),
    [
        ({"won_status": "won"}, "won"),
        ({"active": False, "won_status": "lost", "lost_reason_id": [2, "Not a fit"]}, "not_a_fit"),
        ({"active": False, "won_status": "lost", "lost_reason_id": [2, "Too expensive"]}, "lost"),
        ({"active": False}, "lost"),
        ({}, None),
    ],
)
def test_won_and_lost_are_closed(values: dict[str, Any], closed: str | None) -> None:
    assert lead(row(**values), READING).closed == closed


def test_won_is_known_by_the_stage_where_the_status_is_unknown() -> None:
    old = {key: value for key, value in row(stage_id=[4, "Won"]).items() if key != "won_status"}
    assert lead(old, READING).closed == "won"


@pytest.mark.parametrize(
    "values",
    [{"phone_blacklisted": True}, {"is_blacklisted": True}, {"tag_ids": [3, 9]}, {"phone_sanitized_blacklisted": True}],
)
def test_a_lead_that_is_to_be_left_alone_is_another_version(values: dict[str, Any]) -> None:
    came = lead(row(**values), READING)
    assert came.do_not_contact
    assert came.version != lead(EMPTY, READING).version


@pytest.mark.parametrize(
    ("values", "kind", "text"),
    [
        ({"medium_id": [1, "Website"], "description": "<p>Please call</p>"}, "contact_form", "Please call"),
        ({"medium_id": [1, "Website"]}, "contact_form", ""),
        ({"medium_id": [2, "Email"], "description": "<p>Hi</p>"}, "sales_email", "Hi"),
        ({"medium_id": [3, "Banner"], "description": "<p>Hi</p>"}, "other", "Hi"),
        ({"medium_id": [1, "Website"], "description": "<p>Hi</p>", "create_uid": [5, "Rita"]}, "other", "Hi"),
    ],
)
def test_how_a_lead_came_in_is_an_interaction(values: dict[str, Any], kind: str, text: str) -> None:
    [interaction] = lead(row(**values), READING).interactions
    assert (interaction.kind, interaction.text) == (kind, text)
    assert interaction.topic == "Offer for pumps"
    assert interaction.at == datetime(2026, 7, 3, 9, 58, tzinfo=UTC)


@pytest.mark.parametrize("values", [{"id": False}, {"write_date": False}, {"write_date": "yesterday"}])
def test_a_record_that_does_not_fit_is_not_believed(values: dict[str, Any]) -> None:
    with pytest.raises(Drift):
        lead(row(**values), READING)


def test_a_time_goes_and_comes_in_utc() -> None:
    at = datetime(2026, 7, 3, 10, 0, 0, tzinfo=UTC)
    assert written(at) == "2026-07-03 10:00:00"
    assert moment(written(at)) == at
    assert moment(False) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a@b.example", ("a@b.example",)),
        ("Ann <a@b.example>, b@b.example", ("a@b.example", "b@b.example")),
        ("a@b.example; a@b.example", ("a@b.example",)),
        ("no address", ()),
        (False, ()),
    ],
)
def test_addresses_are_found(text: object, found: tuple[str, ...]) -> None:
    assert addresses(text) == found


def test_a_reason_that_nobody_knows_is_lost() -> None:
    assert reason_of("Too expensive") == "lost"
    assert reason_of("Duplicate lead") == "duplicate"
