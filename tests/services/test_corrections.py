"""Correcting what is known of a lead: what is typed is read as everywhere, and nothing else changes."""

from __future__ import annotations

import pytest

from callsheet.domain import events as ev
from callsheet.services.capture import FormRefused
from callsheet.services.corrections import correct
from callsheet.services.desk import Desk, NotFound, Refused
from callsheet.services.history import undo
from callsheet.services.outreach import Report, log
from callsheet.store.book import SqliteBook
from tests.desks import add, person


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("name", "  Jane  Roe ", "Jane Roe"),
        ("title", "CFO", "CFO"),
        ("title", "", ""),
        ("phones", "020 7946 0999", "+442079460999"),
        ("phones", "+442079460011; +1 312 555 0143", "+442079460011; +13125550143"),
        ("phones", "", ""),
        ("emails", "Jane@Roe.example, sales@roe.example", "jane@roe.example; sales@roe.example"),
        ("company_size", "040", "40"),
        ("country", "Germany", "DE"),
        ("country", "Ruritania", "Ruritania"),
        ("timezone", "Europe/Berlin", "Europe/Berlin"),
    ],
)
def test_a_field_is_set_as_it_was_typed_and_undo_brings_back_what_was(
    desk: Desk, book: SqliteBook, field: str, typed: str, kept: str
) -> None:
    lead = add(desk, person("Jane Doe !!!", phones=("+442079460011",), title="COO", country="GB"))
    before = book.lead(lead)
    changes = correct(desk, lead, {field: typed})
    edited = [event.body for event in book.events(lead) if isinstance(event.body, ev.ProfileEdited)]
    assert [dict(one.changes) for one in edited] == [{field: kept}]
    assert changes.label.startswith(field.replace("_", " "))
    undo(desk)
    assert book.lead(lead) == before


@pytest.mark.parametrize(
    ("field", "typed", "why"),
    [
        ("name", " ", "name is blank"),
        ("phones", "+442079460011; later", "“later” is no number"),
        ("emails", "jane at roe", "no mail address"),
        ("company_size", "-3", "no number of people"),
        ("company_size", "٤", "no number of people"),
        ("timezone", "Mars/Olympus", "no time zone"),
        ("timezone", "../../etc/passwd", "no time zone"),
        ("timezone", "Europe", "no time zone"),
        ("shoe_size", "38", "no field “shoe_size”"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_field_and_nothing_changes(
    desk: Desk, book: SqliteBook, field: str, typed: str, why: str
) -> None:
    lead = add(desk, person("Jane Doe", phones=("+442079460011",)))
    before = book.events(lead)
    with pytest.raises(FormRefused, match=why) as refused:
        correct(desk, lead, {"title": "CFO", field: typed})
    assert refused.value.fields == (field,)
    assert book.events(lead) == before


def test_what_is_said_as_it_is_already_changes_nothing(desk: Desk, book: SqliteBook) -> None:
    lead = add(desk, person("Jane Doe", phones=("+442079460011",)))
    before = book.events(lead)
    assert correct(desk, lead, {"phones": "020 7946 0011", "name": "Jane Doe"}).action == ""
    assert book.events(lead) == before


def test_a_number_that_came_unreadable_may_stay_beside_a_new_one(desk: Desk, book: SqliteBook) -> None:
    lead = add(desk, person("Jane Doe", phones=("ask reception",)))
    correct(desk, lead, {"phones": "+442079460011; ask reception"})
    found = book.lead(lead)
    assert found is not None
    assert found.profile.phones == ("+442079460011", "ask reception")


def test_nobody_gets_a_number_of_somebody_who_asked_us_to_stop(desk: Desk, book: SqliteBook) -> None:
    stopped = add(desk, person("Joe Doe", phones=("+442079460022",)))
    log(desk, stopped, Report("do_not_contact", "phone"))
    lead = add(desk, person("Jane Doe", phones=("+442079460011",)))
    with pytest.raises(Refused, match="do-not-contact list"):
        correct(desk, lead, {"phones": "+442079460011; +442079460022"})
    correct(desk, stopped, {"name": "Joseph Doe"})
    found = book.lead(stopped)
    assert found is not None
    assert (found.profile.name, found.do_not_contact) == ("Joseph Doe", True)


def test_nobody_is_corrected_who_is_not_there(desk: Desk) -> None:
    with pytest.raises(NotFound):
        correct(desk, "nobody", {"name": "Jane"})
