from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import pytest

from callsheet.domain.events import Bant, Interaction
from callsheet.domain.lead import Lead
from callsheet.domain.profile import Profile
from callsheet.services import campaigns, decisions, history, routing
from callsheet.services.campaigns import Campaign
from callsheet.services.desk import Desk, Refused
from callsheet.services.outreach import Report, log
from callsheet.services.router import Router
from callsheet.services.routing import Route, Rule
from callsheet.services.toml_file import TomlError
from callsheet.store.book import SqliteBook
from callsheet.store.company_query import SqliteCompanies
from tests.desks import Clock, add, hot, person

FAIR = Campaign("Spring fair", date(2026, 11, 23), date(2026, 11, 25), "Leeds", ("name", "email"), ("pallets",))


def test_an_event_is_set_up_once_changed_by_its_name_and_dropped(desk: Desk, book: SqliteBook, clock: Clock) -> None:
    campaigns.set_up(book, FAIR)
    campaigns.set_up(book, Campaign("Webinar"))
    campaigns.set_up(book, Campaign("SPRING  fair", FAIR.first, FAIR.last))
    assert [one.name for one in campaigns.campaigns(book)] == ["SPRING fair", "Webinar"]
    assert campaigns.campaigns(book)[0].required == campaigns.REQUIRED
    assert campaigns.drop(book, "spring fair")
    assert not campaigns.drop(book, "spring fair")
    assert [one.name for one in campaigns.campaigns(book)] == ["Webinar"]


def test_the_form_is_for_the_event_that_is_on_today(desk: Desk, book: SqliteBook, clock: Clock) -> None:
    campaigns.set_up(book, FAIR)
    assert campaigns.running(desk, book) == FAIR
    clock.advance(days=3)
    assert campaigns.running(desk, book) is None
    assert campaigns.of_name(book, "spring FAIR") == FAIR


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (Campaign("  "), "has a name"),
        (Campaign("x", date(2026, 2, 2), date(2026, 2, 1)), "ends before"),
        (Campaign("x", None, date(2026, 2, 1)), "ends before"),
        (Campaign("x", required=("shoe_size",)), "shoe_size"),
    ],
)
def test_what_cannot_be_set_up_is_refused_with_the_reason(book: SqliteBook, bad: Campaign, why: str) -> None:
    with pytest.raises(Refused, match=why):
        campaigns.set_up(book, bad)
    assert campaigns.campaigns(book) == []


def test_a_form_refuses_blanks_where_the_event_asks_for_them() -> None:
    who = Profile(name="Jo", company=" ", emails=("jo@example.com",))
    assert campaigns.missing(("name", "company", "phone", "email", "comment"), who) == ("company", "phone", "comment")
    assert campaigns.missing(("comment",), who, comment="call me") == ()


@pytest.mark.parametrize(
    ("digits", "bant"),
    [("", None), ("13", Bant(budget=True, need=True)), ("4 2", Bant(authority=True, timeframe=True))],
)
def test_digits_tick_the_questions_and_unasked_is_not_no(digits: str, bant: Bant | None) -> None:
    assert campaigns.bant_of(digits) == bant


def test_another_digit_is_no_question() -> None:
    with pytest.raises(ValueError, match="4 timeframe"):
        campaigns.bant_of("15")


RULES = (
    Rule("Jo", industries=("Logistics",), countries=("DE", "AT")),
    Rule("Mara", countries=("DE",), zips=("8", "9")),
    Rule("Kim", states=("TX",)),
    Rule("Team", campaigns=("Spring fair",)),
)


@pytest.mark.parametrize(
    ("profile", "campaign", "found"),
    [
        (Profile(industry="logistics", country="de"), "", Route("Jo", "territory: DE · industry: Logistics")),
        (Profile(country="DE", zip="80331"), "", Route("Mara", "territory: DE 8")),
        (Profile(country="DE", zip="10115"), "", None),
        (Profile(country="DE"), "", None),
        (Profile(country="US", state="TX"), "", Route("Kim", "territory: TX")),
        (Profile(), "spring fair", Route("Team", "campaign: Spring fair")),
        (Profile(), "", None),
    ],
)
def test_the_first_rule_that_holds_decides_and_says_why(profile: Profile, campaign: str, found: Route | None) -> None:
    assert routing.route(profile, RULES, campaign=campaign) == found


def test_a_rule_that_asks_for_nothing_takes_what_is_left() -> None:
    assert routing.route(Profile(), (*RULES, Rule("me"))) == Route("me", "everything else")


def test_history_with_the_company_comes_before_any_rule(desk: Desk, book: SqliteBook, clock: Clock) -> None:
    known = hot(desk, "Ann Ash", company="Acme Ltd")
    log(desk, known, Report("connected", channel="phone", decision=decisions.Decision("close", "won", "signed")))
    history_of = routing.history_of(SqliteCompanies(book).dealt_with(["ACME  ltd"]))
    found = routing.route(Profile(company="Acme ltd", state="TX"), RULES, history=history_of)
    assert found == Route("", "history: you won Ann Ash of Acme Ltd")
    assert routing.history_of(SqliteCompanies(book).dealt_with(["Other"])) == {}


def test_a_fair_is_handed_out_in_one_action_that_one_undo_takes_back(
    desk: Desk, book: SqliteBook, clock: Clock
) -> None:
    asked = Interaction("event_form", "Fair", "A price?", campaign="Spring fair")
    texan = add(desk, person("Tex An", country="US", state="TX", phones=("+12025550101",)), (asked, clock.at))
    bavarian = add(desk, person("Bea Varia", country="DE", zip="80331", phones=("+4989123456",)), (asked, clock.at))
    dane = add(desk, person("Dan Dane", country="DK", phones=("+4532123456",)), (asked, clock.at))
    with book.work() as work:
        leads = list(work.leads([texan, bavarian, dane]).values())
    plan = routing.distribute(leads, RULES[:3], me="mara", history={})
    assert [lead.id for lead, _ in plan.mine] == [bavarian]
    assert [(lead.id, where.to) for lead, where in plan.others] == [(texan, "Kim")]
    assert [lead.id for lead in plan.open] == [dane]

    assert routing.hand_out(desk, plan) is not None
    card = book.card(texan)
    assert card is not None
    assert card.lead.returned is not None
    assert (card.lead.state, card.lead.returned.to, card.lead.returned.why) == ("returned", "Kim", "territory: TX")
    assert routing.hand_out(desk, plan) is None, "they are gone already"
    history.undo(desk)
    card = book.card(texan)
    assert card is not None
    assert card.lead.state == "working"


def test_leads_of_a_campaign_are_found_to_be_handed_out(desk: Desk, book: SqliteBook) -> None:
    from callsheet.services.imports import import_rows
    from callsheet.services.lead_row import LeadRow

    import_rows(desk, [LeadRow(2, person("Jo Doe"), campaign="Fair"), LeadRow(3, person("Al Lone"), campaign="Other")])
    assert [lead.profile.name for lead in SqliteCompanies(book).of_campaign("Fair")] == ["Jo Doe"]


def test_a_file_of_rules_is_read_and_errors_have_their_line(tmp_path: Path) -> None:
    path = tmp_path / "routing.toml"
    assert routing.read_rules(path) == ()
    path.write_text('[[rule]]\nto = "Kim"\nstates = ["TX"]\n')
    assert routing.read_rules(path) == (Rule("Kim", states=("TX",)),)
    path.write_text('[[rule]]\nto = "Kim"\n\n[[rule]]\nto = "Jo"\nstate = ["TX"]\n')
    with pytest.raises(TomlError, match="line 6: there is no key 'state' here; did you mean 'states'"):
        routing.read_rules(path)


def test_a_rule_in_words_is_read_and_said_again() -> None:
    said = "Kim: industry Logistics, state TX, state OK"
    rule = routing.rule_of(said)
    assert rule == Rule("Kim", industries=("Logistics",), states=("TX", "OK"))
    assert routing.in_words(rule) == said
    assert routing.rule_of("me:") == Rule("me")
    assert routing.in_words(Rule("me")) == "me:"


def test_what_no_rule_speaks_for_is_shared_out_evenly_and_always_the_same_way() -> None:
    people = [Profile(name=f"Lead {number}", company=f"Company {number}") for number in range(300)]
    first, again = ([routing.shared_out(who, ("Kim", "Lou", "Mo")) for who in people] for _ in range(2))
    assert first == again
    shares = [sum(one is not None and one.to == name for one in first) for name in ("Kim", "Lou", "Mo")]
    assert sum(shares) == 300
    assert min(shares) > 70
    assert routing.shared_out(people[0], ()) is None


def test_a_campaigns_own_rules_come_before_those_of_the_file_and_nobody_is_looked_up_without_any(
    book: SqliteBook,
) -> None:
    class Nobody:
        def dealt_with(self, companies: Iterable[str]) -> Sequence[Lead]:
            raise AssertionError("nothing asks for the history")

    who = Profile(name="Tex An", company="Acme", state="TX")
    assert Router(book, Nobody(), me="Mara")([(who, ""), (who, "Fair")]) == [None, None]
    campaigns.set_up(book, Campaign("Fair", routes=(Rule("Kim", states=("TX",)),)))
    router = Router(book, SqliteCompanies(book), (Rule("Mara", states=("TX",)),), "mara")
    assert router([(who, "Fair"), (who, "")]) == [Route("Kim", "territory: TX"), Route("", "territory: TX")]
