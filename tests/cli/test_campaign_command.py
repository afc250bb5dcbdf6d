from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cli.conftest import Shell

SET_UP = (
    "campaign", "set", "Expo", "--kind", "fair", "--from", "2026-11-23", "--to", "2026-11-24",
    "--route", "Kim: state TX", "--route", "me: industry Logistics", "--owner", "Lou",
    "--require", "name,email", "--topic", "pallets",
)  # fmt: skip

SCANS = """Badge ID,Scan Date,Scan Time,First Name,Last Name,Company,E-mail,Country,State,Industry,Show Name
A1,2026-11-23,09:00,Tex,An,Lone Star,tex@example.com,US,TX,,Expo
A2,2026-11-23,09:05,Lo,Gistic,Pallets Ltd,lo@example.com,GB,,Logistics,Expo
A3,2026-11-23,09:10,Any,Body,Other Ltd,any@example.com,GB,,Retail,Expo
"""


def card(shell: Shell, lead: str) -> dict[str, Any]:
    found: dict[str, Any] = shell.json("show", lead)["card"]
    return found


def test_a_campaign_is_set_up_changed_listed_and_dropped(shell: Shell) -> None:
    made = shell.json(*SET_UP)["campaign"]
    assert (made["kind"], made["from"], made["to"], made["owners"]) == ("fair", "2026-11-23", "2026-11-24", ["Lou"])
    assert made["routes"] == ["Kim: state TX", "me: industry Logistics"]
    changed = shell.json("campaign", "set", "expo", "--place", "Leeds")["campaign"]
    assert (changed["name"], changed["place"], changed["routes"]) == ("Expo", "Leeds", made["routes"])
    assert [one["name"] for one in shell.json("campaign", "list")["campaigns"]] == ["Expo"]
    assert "Kim: state TX" in shell("campaign", "list").out
    assert shell("campaign", "drop", "EXPO").code == 0
    assert shell("campaign", "drop", "EXPO").code == 6


@pytest.mark.parametrize(
    ("wrong", "code", "why"),
    [
        (("--kind", "party"), 4, "no kind of event"),
        (("--route", "state TX"), 2, "names nobody"),
        (("--route", "Kim: shoe 42"), 2, "a rule asks for"),
        (("--require", "shoe"), 4, "no field shoe"),
    ],
)
def test_what_cannot_be_set_up_says_why(shell: Shell, wrong: tuple[str, str], code: int, why: str) -> None:
    ran = shell("campaign", "set", "Expo", *wrong)
    assert ran.code == code
    assert why in ran.err


def test_a_scanners_list_is_given_out_as_it_comes_in_and_says_why(shell: Shell) -> None:
    shell(*SET_UP)
    found = shell.bring_in(SCANS)
    assert (found["rows"], found["handed_on"]) == (3, 2)
    tex, lo, body = (card(shell, f"{who}@example.com") for who in ("tex", "lo", "any"))
    assert (tex["state"], lo["state"], body["state"]) == ("returned", "name", "returned")
    assert lo["routed_by"] == "industry: Logistics"
    assert "territory: TX" in str(shell.json("show", "tex@example.com")["timeline"])
    again = shell.bring_in(SCANS)
    assert (again["merged"], again["handed_on"]) == (3, 0)


def test_who_is_only_on_the_list_of_a_fair_was_there(shell: Shell) -> None:
    shell("campaign", "set", "Web", "--kind", "webinar")
    shell.bring_in("name,company,email\nJo Doe,Doe,jo@example.com\n", "--campaign", "Web")
    assert "webinar" in str(shell.json("show", "jo@example.com")["timeline"])


def test_the_routing_file_and_an_earlier_success_decide_too(shell: Shell) -> None:
    shell("audit")
    (shell.home / "routing.toml").write_text('[[rule]]\nto = "Kim"\ncountries = ["DE"]\n', encoding="utf-8")
    shell.bring_in("name,company,phone,contact_me\nAnn Ash,Acme Ltd,+442079460999,yes\n")
    shell.json("close", "ann", "won")
    found = shell.bring_in(
        "name,company,email,country,contact_me\n"
        "Cy Cedar,ACME ltd,cy@example.com,DE,yes\nDi Dale,Dale,di@example.com,DE,yes\n"
    )
    assert found["handed_on"] == 1, "who dealt with the company comes before the territory"
    assert card(shell, "cy@example.com")["routed_by"] == "history: you won Ann Ash of Acme Ltd"


def test_leads_that_are_here_already_are_handed_out_and_one_undo_takes_it_back(shell: Shell) -> None:
    shell.bring_in(SCANS)
    shell(*SET_UP)
    would = shell.json("campaign", "hand-out", "Expo", "--dry-run")
    assert {one["to"] for one in would["others"]} == {"Kim", "Lou"}
    assert not would["handed_out"]
    assert shell.json("audit")["returned"] == 0
    assert shell.json("campaign", "hand-out", "Expo")["handed_out"]
    assert shell.json("audit")["returned"] == 2
    shell("undo")
    assert shell.json("audit")["returned"] == 0


def test_the_booth_form_is_the_events_own_and_says_where_the_lead_goes(shell: Shell) -> None:
    shell(*SET_UP)
    blank = shell("add", "--name", "Jo Hill")
    assert (blank.code, "email is blank" in blank.err) == (4, True)
    mine = shell.json("add", "--name", "Jo Hill", "--email", "jo@example.com", "--industry", "logistics", "--need")
    assert (mine["became"], mine["routed_by"]) == ("lead", "industry: Logistics")
    kims = shell.json("add", "--name", "Al Amo", "--email", "al@example.com", "--state", "tx", "--no-budget")
    assert (kims["became"], kims["words"]) == ("handed_on", "for Kim: territory: TX")
    assert card(shell, "jo@example.com")["campaign"] == "Expo", "it is on today"
    assert card(shell, "al@example.com")["bant"]["budget"] is False


def test_the_form_asks_for_one_lead_after_the_other(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell("campaign", "set", "Expo", "--kind", "fair", "--from", "2026-11-23", "--require", "name,email")
    first = ["Jo Hill", "Hill", "", "", "jo@example.com", "", "", "", "", "35", "wants a price"]
    refused = ["Al Amo", "", "", "", "", "", "", "", "", "", ""]
    mended = ["", "", "", "", "al@example.com", "", "", "", "", "", ""]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join([*first, *refused, *mended, "", ""])))
    ran = shell("add")
    assert ran.code == 0
    assert "Jo Hill is hot" in ran.out
    assert "not taken yet: email is blank" in ran.out
    assert "2 taken" in ran.out
    assert shell.json("audit")["total"] == 2


def test_a_campaign_of_500_leads_gives_the_answers_that_were_put_into_it(shell: Shell) -> None:
    """Rows by number: 10 may not be contacted, 20 are names, 30 go to Kim; of the others 300 are tried."""
    shell("campaign", "set", "Fair", "--route", "Kim: state TX", "--route", "me:")
    at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["name", "email", "state", "do_not_contact", "contact_me", "comment", "interactions", "received_at"])
    for number in range(500):
        barred, name, texan = number < 10, 10 <= number < 30, 30 <= number < 60
        table.writerow([
            f"Fairgoer {number}", f"f{number}@example.com", "TX" if texan else "", "yes" if barred else "",
            "" if name else at.isoformat(), "" if name else "A price?", "scan:Fair" if name else "", at.isoformat(),
        ])  # fmt: skip
    found = shell.bring_in(out.getvalue(), "--campaign", "Fair")
    assert (found["rows"], found["names"], found["stopped"], found["handed_on"]) == (500, 20, 10, 30)

    waits = {60 + number: timedelta(minutes=5 + number) for number in range(200)}
    waits |= {260 + number: timedelta(days=2, minutes=number) for number in range(100)}
    _try_all(shell, at, waits)
    shell.clock.at = at + timedelta(days=3)

    report = shell.json("report", "campaign", "--campaign", "fair")

    mine = 500 - 10 - 20 - 30
    ordered = sorted(waits.values())
    assert (report["leads"], report["names"], report["handed_on"], report["barred"]) == (480, 20, 30, 10)
    assert (report["touched"]["part"], report["touched"]["of"]) == (300, mine)
    assert (report["within_24h"]["part"], report["within_24h"]["of"]) == (200, mine)
    assert report["touched"]["percent"] == 300 * 100 // mine
    assert report["response"]["median"] == int(((ordered[149] + ordered[150]) / 2).total_seconds())
    assert report["response"]["worst"] == int(ordered[-1].total_seconds())
    assert {one["name"] for one in report["untouched"]} == {f"Fairgoer {number}" for number in range(360, 500)}
    assert report["in_crm"] is None


def _try_all(shell: Shell, at: datetime, waits: dict[int, timedelta]) -> None:
    """Log a mail to each lead, that long after it came in; by the services, as 300 commands would take a minute."""
    from callsheet.bootstrap.office import office
    from callsheet.bootstrap.start import Start
    from callsheet.services.outreach import Report, log

    with office(Start(shell.clock, {"CALLSHEET_HOME": str(shell.home), "TZ": "Europe/London"})) as opened:
        for number, wait in waits.items():
            shell.clock.at = at + wait
            lead = opened.book.resolve(f"f{number}@example.com")[0].lead
            log(
                opened.desk,
                lead,
                Report("sent", channel="email", note="the price you asked for", override="they asked"),
            )
