"""Who asked us to stop is left alone: by every number and channel, whatever became of them, and whoever brings them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from callsheet.domain import events as ev
from callsheet.services import decisions
from callsheet.services.decisions import Decision
from callsheet.services.desk import Desk, Refused
from callsheet.services.history import redo, undo
from callsheet.services.outreach import Report, log
from callsheet.store.book import SqliteBook
from tests.desks import add, person, worked


def a_name(desk: Desk) -> str:
    return add(desk, person("Una Name"))


def a_closed_one(desk: Desk) -> str:
    lead = worked(desk, "Tom Okafor")
    decisions.decide(desk, lead, Decision("close", "lost", "no budget"))
    return lead


def a_returned_one(desk: Desk) -> str:
    lead = worked(desk, "Tom Okafor")
    decisions.kick_back(desk, lead, "wrong region")
    return lead


def a_nurtured_one(desk: Desk) -> str:
    lead = worked(desk, "Tom Okafor")
    decisions.decide(desk, lead, Decision("nurture"))
    return lead


@pytest.mark.parametrize("somebody", [a_name, a_closed_one, a_returned_one, a_nurtured_one])
@pytest.mark.parametrize("channel", [None, "phone", "email"])
def test_whoever_asks_us_to_stop_is_heard(
    desk: Desk, book: SqliteBook, somebody: Callable[[Desk], str], channel: str | None
) -> None:
    lead = somebody(desk)
    log(desk, lead, Report("do_not_contact", channel=channel))  # type: ignore[arg-type]
    found = book.lead(lead)
    assert found is not None
    assert (found.state, found.closed, found.do_not_contact) == ("closed", "do_not_contact", True)
    with pytest.raises(Refused, match="do-not-contact list"):
        log(desk, lead, Report("sent", channel="email", asset="Fleet ROI guide"))


@pytest.mark.parametrize("written", ["+44 20 7946 0099", "020 7946 0099", "+442079460099"])
def test_a_number_on_the_list_is_refused_however_it_is_written(desk: Desk, written: str) -> None:
    add(desk, person("Dan No", phones=("+442079460099",)), do_not_contact=True)
    lead = worked(desk, "Tom Okafor")
    with pytest.raises(Refused, match="on the do-not-contact list") as refused:
        log(desk, lead, Report("no_answer", channel="phone", number=written, override="they will not mind"))
    assert refused.value.rule == "do not contact"


def test_an_address_on_the_list_is_refused_in_capitals_too(desk: Desk) -> None:
    add(desk, person("Dan No", emails=("dan@example.com",)), do_not_contact=True)
    with pytest.raises(Refused, match="on the do-not-contact list"):
        log(desk, worked(desk, "Tom Okafor"), Report("sent", channel="email", number="Dan@Example.com"))


@pytest.mark.parametrize(
    "named", [{"phones": ("+442079460099",), "emails": ()}, {"phones": (), "emails": ("dan@example.com",)}]
)
def test_a_referral_to_who_asked_us_to_stop_is_written_down_and_left_alone(
    desk: Desk, book: SqliteBook, named: dict[str, object]
) -> None:
    add(desk, person("Dan No", phones=("+442079460099",), emails=("dan@example.com",)), do_not_contact=True)
    lead = worked(desk, "Tom Okafor")
    logged = log(desk, lead, Report("referred", channel="phone", referred=person("Daniel No", **named)))
    new = book.lead(next(iter(logged.changes.leads - {lead})))
    assert new is not None
    assert (new.state, new.do_not_contact, new.referred_by) == ("closed", True, lead)
    assert [row.name for row in book.sheet(desk.now())] == ["Tom Okafor"]


def test_who_got_a_number_of_the_list_meanwhile_stays_left_alone_when_the_rep_takes_their_own_back(
    desk: Desk, book: SqliteBook
) -> None:
    listed, lead = "+442079460099", worked(desk, "Tom Okafor")
    add(desk, person("Dan No", phones=(listed,)), do_not_contact=True)
    log(desk, lead, Report("do_not_contact", channel="phone"))
    with book.work() as work:
        fact = (lead, desk.now(), ev.ProfileEdited({"phones": listed}))
        work.append(desk.action("in the CRM", [fact], origin="crm", kind="fact"))
    undo(desk)
    found = book.lead(lead)
    assert found is not None
    assert found.do_not_contact
    with pytest.raises(Refused, match="do-not-contact list"):
        log(desk, lead, Report("no_answer", channel="phone"))
    redo(desk)
    found = book.lead(lead)
    assert found is not None
    assert found.do_not_contact
