from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead
from callsheet.domain.profile import Profile
from callsheet.services.calling import located
from callsheet.services.decisions import merge
from callsheet.services.desk import Desk
from callsheet.services.history import undo
from callsheet.services.imports import BATCH, Imported, import_rows
from callsheet.services.lead_row import BadRow, LeadRow
from callsheet.services.rulebook import default_rules
from callsheet.store.book import SqliteBook
from tests.desks import Clock

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
GUIDE = ev.Interaction("download", "Fleet ROI guide")
LIVE = ev.Interaction("webinar", "Route planning live")


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    book = SqliteBook(tmp_path / "callsheet.db", default_rules(), located)
    yield Desk(book, book.rules, clock, region="GB")
    book.close()


def who(name: str, *, phone: str = "", email: str = "", company: str = "", **more: object) -> LeadRow:
    profile = Profile(name, company, phones=(phone,) if phone else (), emails=(email,) if email else ())
    return replace(LeadRow(2, profile), **more)  # type: ignore[arg-type]


def counted(found: Imported) -> tuple[int, int, int, int]:
    return found.leads, found.names, found.hot, found.merged


def lead_of(desk: Desk, text: str) -> Lead:
    found = desk.book.resolve(text)
    assert len(found) == 1, found
    card = desk.book.card(found[0].lead)
    assert card is not None
    return card.lead


def journal(desk: Desk) -> int:
    assert isinstance(desk.book, SqliteBook)
    with desk.book.reading() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM event").scalar_one())


SWITCHBOARD = "+442079460100"


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (who("Ann Lee", email="ann@a.example"), who("A. Lee", email="ann@a.example"), True),
        (who("Ann Lee", phone=SWITCHBOARD), who("ann  LEE", phone=SWITCHBOARD), True),
        (who("Ann Lee", phone=SWITCHBOARD), who("Bob Ray", phone=SWITCHBOARD), False),
        (who("", phone=SWITCHBOARD, company="A"), who("", phone=SWITCHBOARD, company="B"), False),
        (who("Ann Lee", company="Acme"), who("ann lee", company="ACME"), True),
        (who("Ann Lee", company="Acme"), who("Ann Lee", company="Bolt"), False),
        (
            who("Ann Lee", company="Acme", email="x@a.example"),
            who("Ann Lee", company="Acme", phone="+442079460101"),
            False,
        ),
    ],
)
@pytest.mark.parametrize("one_file", [True, False])
def test_who_is_the_same_person(desk: Desk, first: LeadRow, second: LeadRow, *, same: bool, one_file: bool) -> None:
    lists = [[first, second]] if one_file else [[first], [second]]
    merged = sum(import_rows(desk, rows).merged for rows in lists)
    assert merged == int(same)
    assert desk.book.audit().total == 2 - int(same)


def test_a_merge_fills_blanks_and_overwrites_nothing(desk: Desk) -> None:
    import_rows(desk, [who("Ann Lee", email="ann@a.example", company="Acme")])
    later = Profile("Annie Lee", "Other", "CEO", ("+442079460101",), ("ann@a.example",))
    import_rows(desk, [LeadRow(2, later)])
    profile = lead_of(desk, "ann@a.example").profile
    assert (profile.name, profile.company, profile.title) == ("Ann Lee", "Acme", "CEO")
    assert profile.phones == ("+442079460101",)


def test_the_second_distinct_interaction_in_a_list_makes_a_name_a_lead(desk: Desk) -> None:
    ann = who("Ann Lee", email="ann@a.example")
    assert counted(import_rows(desk, [replace(ann, interactions=((GUIDE, None),))])) == (0, 1, 0, 0)
    found = import_rows(desk, [replace(ann, interactions=((LIVE, None),))])
    assert (found.merged, found.promoted) == (1, 1)
    assert lead_of(desk, "ann@a.example").state == "working"


def test_two_rows_of_one_person_in_a_file_are_one_lead_by_both_interactions(desk: Desk) -> None:
    ann = who("Ann Lee", email="ann@a.example")
    found = import_rows(desk, [replace(ann, interactions=((one, None),)) for one in (GUIDE, LIVE)])
    assert counted(found) == (1, 0, 0, 1)


def test_who_asks_is_hot_from_when_they_asked(desk: Desk) -> None:
    asked = NOON - timedelta(minutes=20)
    row = who("Ann Lee", email="ann@a.example", contact_me=asked, received_at=asked, comment="40 seats")
    assert counted(import_rows(desk, [row])) == (1, 0, 1, 0)
    lead = lead_of(desk, "ann@a.example")
    assert lead.asked is not None
    assert (lead.asked.at, lead.asked.interaction.text) == (asked, "40 seats")
    assert lead.promise_at == asked + timedelta(hours=24)


def test_an_event_form_with_an_answer_is_a_lead_and_a_scan_is_a_name(desk: Desk) -> None:
    asked = who("Ann Lee", email="ann@a.example", bant=ev.Bant(need=True))
    said = who("Bob Ray", email="bob@a.example", comment="wants a price")
    seen = who("Cy Fox", email="cy@a.example", interactions=((ev.Interaction("scan", "Expo"), None),))
    assert counted(import_rows(desk, [asked, said, seen], campaign="Expo")) == (2, 1, 0, 0)
    lead = lead_of(desk, "ann@a.example")
    assert (lead.campaign, lead.plan.name if lead.plan else "") == ("Expo", "event")


def test_who_is_to_be_left_alone_comes_in_closed_and_stops_all_with_that_number(desk: Desk) -> None:
    import_rows(desk, [who("Ann Lee", phone=SWITCHBOARD, contact_me=True)])
    assert import_rows(desk, [who("Bob Ray", phone=SWITCHBOARD, do_not_contact=True)]).stopped == 1
    assert lead_of(desk, "Ann Lee").do_not_contact
    assert import_rows(desk, [who("Cy Fox", phone=SWITCHBOARD, contact_me=True)]).stopped == 1
    assert desk.book.counts(desk.now()).hot == 0


def test_who_is_not_to_be_written_to_keeps_no_address_to_write_to(desk: Desk) -> None:
    row = who("Ann Lee", phone=SWITCHBOARD, email="ann@a.example", do_not_email=True, contact_me=True)
    import_rows(desk, [row])
    again = import_rows(desk, [row])
    assert again.merged == 1
    lead = lead_of(desk, "Ann Lee")
    assert lead.emails == ()
    assert dict(lead.profile.extra)["do not email"] == "ann@a.example"


def test_a_bad_row_is_counted_and_named_and_the_others_come_in(desk: Desk) -> None:
    bad = BadRow(7, "no name and nothing to reach them by")
    found = import_rows(desk, [who("Ann Lee", email="a@a.example"), bad, who("Bob Ray", email="b@a.example")])
    assert (found.rows, found.rejected) == (3, [bad])
    assert desk.book.audit().total == 2


def test_a_dry_run_counts_and_keeps_nothing(desk: Desk) -> None:
    rows = [who(f"Ann {n}", email=f"a{n}@a.example", contact_me=True) for n in range(BATCH + 20)]
    found = import_rows(desk, [*rows, rows[3]], dry_run=True)
    assert counted(found) == (BATCH + 20, 0, BATCH + 20, 1)
    assert journal(desk) == 0


def test_an_import_that_is_stopped_has_kept_whole_batches_and_goes_on_where_it_was(desk: Desk) -> None:
    rows = [who(f"Ann {n}", email=f"a{n}@a.example", interactions=((GUIDE, None),)) for n in range(2 * BATCH + 50)]

    def until_the_second(done: int) -> None:
        if done > BATCH:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_rows(desk, rows, progress=until_the_second)
    assert desk.book.audit().total == 2 * BATCH
    assert counted(import_rows(desk, rows)) == (0, 50, 0, 2 * BATCH)


def test_a_record_that_was_merged_takes_its_rows_to_the_one_that_goes_on(desk: Desk) -> None:
    import_rows(desk, [who("Ann Lee", email="old@a.example"), who("Ann B. Lee", email="new@a.example")])
    old, new = lead_of(desk, "old@a.example").id, lead_of(desk, "new@a.example").id
    merge(desk, old, new)
    import_rows(desk, [who("Ann Lee", email="old@a.example", interactions=((GUIDE, None), (LIVE, None)))])
    assert lead_of(desk, "new@a.example").state == "working"


def test_what_the_rep_took_down_is_undone_and_what_a_list_brought_is_not(desk: Desk) -> None:
    import_rows(desk, [who("Ann Lee", email="ann@a.example")])
    import_rows(desk, [who("Bob Ray", email="bob@a.example")], by_rep=True)
    assert undo(desk).label == "took back: captured Bob Ray"
    assert desk.book.audit().total == 1


_names = st.sampled_from(["Ann Lee", "Bob Ray", "Zoë Ü"])
_phones = st.sampled_from(["", "+442079460100", "+442079460101"])
_emails = st.sampled_from(["", "a@a.example", "b@a.example"])
_times = st.sampled_from([None, NOON - timedelta(days=3), NOON - timedelta(hours=1), NOON + timedelta(days=2)])
_said = st.lists(st.tuples(st.sampled_from([GUIDE, LIVE]), _times), max_size=3).map(tuple)
_rows = st.builds(
    lambda name, phone, email, company, said, asks, stop, comment, received: LeadRow(
        2, Profile(name, company, phones=(phone,) if phone else (), emails=(email,) if email else ()),
        interactions=said, contact_me=asks, do_not_contact=stop, comment=comment, received_at=received,
    ),
    _names, _phones, _emails, st.sampled_from(["Acme", "Bolt"]), _said,
    st.sampled_from([None, True, False, NOON - timedelta(hours=2), NOON + timedelta(days=1)]),
    st.sampled_from([False, False, False, True]), st.sampled_from(["", "a price"]), _times,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(_rows, max_size=12), wait=st.sampled_from([0, 1, 24 * 5]))
def test_the_same_list_twice_changes_nothing_and_no_record_is_lost(
    tmp_path_factory: pytest.TempPathFactory, rows: list[LeadRow], wait: int
) -> None:
    rules, clock = default_rules(), Clock(NOON)
    book = SqliteBook(tmp_path_factory.mktemp("home") / "callsheet.db", rules, located)
    desk = Desk(book, rules, clock, region="GB")
    found = import_rows(desk, rows)
    assert found.rows == found.leads + found.names + found.stopped + found.merged + len(found.rejected)
    assert book.audit().total == found.leads + found.names + found.stopped
    assert book.audit().unaccounted == ()
    before = journal(desk)
    clock.advance(hours=wait)
    assert import_rows(desk, rows).merged == len(rows)
    assert journal(desk) == before
    book.close()
