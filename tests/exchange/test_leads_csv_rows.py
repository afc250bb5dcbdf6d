"""A row is imported when there is somebody to contact; what makes it bad is told with its line."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callsheet.exchange.leads_csv import DateOrder, read, sniff
from callsheet.services.lead_row import BadRow, LeadRow


def rows(folder: Path, text: str, dates: DateOrder = "iso", region: str | None = "US") -> list[LeadRow | BadRow]:
    file = folder / "list.csv"
    file.write_bytes(text.encode())
    return list(read(file, zone="UTC", dates=dates, region=region))


def only(folder: Path, text: str, dates: DateOrder = "iso") -> LeadRow:
    (row,) = rows(folder, text, dates)
    assert isinstance(row, LeadRow), row
    return row


@pytest.mark.parametrize(
    ("header", "cells", "reason"),
    [
        ("name,email,title", ",,CTO", "nobody to contact in this row: no name, company, email or phone"),
        ("name,email,title", ",nonsense,CTO", "nobody to contact in this row: no name, company, email or phone"),
        ("phone,title", "4.47E+12,CTO", "nobody to contact in this row: no name, company, email or phone"),
        ("name,received_at", "Ada,soon", 'date "soon" cannot be read: write it as 2026-11-26 14:00'),
        (
            "name,received_at",
            "Ada,03/04/2026",
            'date "03/04/2026" can be read two ways: say --dates dmy or --dates mdy',
        ),
        (
            "name,created_at",
            "Ada,03/04/2026",
            'date "03/04/2026" can be read two ways: say --dates dmy or --dates mdy',
        ),
        ("name,contact_me", "Ada,perhaps", 'contact-me "perhaps" is neither yes nor no nor a time'),
        ("name,direction", "Ada,sideways", 'direction "sideways" is neither inbound nor outbound'),
        ("name,title", "Ada,CTO,more", "3 cells where the header has 2"),
        ("name,title", 'Ada,"CTO', "never closed"),
        ("name,title", f"Ada,{'x' * 100_001}", "100,000 characters"),
        ("name,title", "name,title", "this row is the header once more"),
    ],
)
def test_a_bad_row_says_where_and_why_and_the_rest_is_read(
    tmp_path: Path, header: str, cells: str, reason: str
) -> None:
    before, bad, after = rows(
        tmp_path, f"{header}\nBob,x@example.com\n{cells}\n+12125550123,x@example.com\n"[:200_000]
    )[:3]
    assert isinstance(bad, BadRow)
    assert (before.row, bad.row, after.row) == (2, 3, 4)
    assert reason in bad.reason


@pytest.mark.parametrize(
    "header_and_cells", ["name\nAda", "company\nAcme", "email\nada@example.com", "phone\n+12125550123", "last name\nX"]
)
def test_one_thing_to_go_by_is_enough(tmp_path: Path, header_and_cells: str) -> None:
    row = only(tmp_path, header_and_cells)
    assert row.profile.incomplete


def test_a_wrong_address_is_kept_beside_the_lead_and_told(tmp_path: Path) -> None:
    row = only(tmp_path, "name,email\nAda,ada(at)example\n")
    assert row.profile.emails == ()
    assert row.profile.extra == (("email", "ada(at)example"),)
    assert row.remarks == ('email "ada(at)example" is not a mail address',)


def test_a_number_that_a_spreadsheet_destroyed_is_no_number(tmp_path: Path) -> None:
    row = only(tmp_path, "name,Phone,Mobile\nAda,4.47E+12,(212) 555-0123\n")
    assert row.profile.phones == ("+12125550123",)
    assert row.profile.extra == (("Phone", "4.47E+12"),)
    assert row.remarks == ('Phone "4.47E+12" is not a phone number, or was damaged by a spreadsheet',)


def test_an_extension_is_kept_beside_the_number(tmp_path: Path) -> None:
    row = only(tmp_path, "name,Phone\nAda,(212) 555-0123 ext. 45\n")
    assert row.profile.phones == ("+12125550123",)
    assert row.profile.extra == (("Phone", "(212) 555-0123 ext. 45"),)
    assert row.remarks == ()


def test_national_numbers_are_those_of_the_rows_country(tmp_path: Path) -> None:
    found = rows(
        tmp_path, "name,phone,country\nAda,020 7946 0123,UK\nBob,(212) 555-0123,\nCid,020 7946 0123,Atlantis\n"
    )
    assert [row.profile.phones for row in found if isinstance(row, LeadRow)] == [
        ("+442079460123",),
        ("+12125550123",),
        ("020 7946 0123",),
    ]


def test_unknown_columns_are_kept_under_their_headers(tmp_path: Path) -> None:
    row = only(tmp_path, "name,Shoe size,Shoe size,,Empty\nAda,38,39,x,\n")
    assert row.profile.extra == (("Shoe size", "38"), ("Shoe size (2)", "39"), ("column 4", "x"))
    assert sniff(tmp_path / "list.csv").unknown == ("Shoe size", "Shoe size (2)", "Empty")


def test_of_two_columns_for_one_field_the_first_that_is_filled_counts_and_the_other_is_kept(tmp_path: Path) -> None:
    found = rows(tmp_path, "name,Company,Account Name\nAda,Acme,Acme Holding\nBob,,Blank & Co\nCid,Same,Same\n")
    assert [(row.profile.company, row.profile.extra) for row in found if isinstance(row, LeadRow)] == [
        ("Acme", (("Account Name", "Acme Holding"),)),
        ("Blank & Co", ()),
        ("Same", ()),
    ]


def test_rows_that_say_nothing_are_passed_over(tmp_path: Path) -> None:
    found = rows(tmp_path, 'name,email\n\n,\n " ",\nAda,-\n,,\n')
    assert [row.row for row in found] == [5]


def test_lines_are_counted_with_those_inside_cells(tmp_path: Path) -> None:
    found = rows(tmp_path, 'name,comment\nAda,"one\ntwo\r\nthree"\nBob,x\n"Cid\n",y\n,z\nDan,\n')
    assert [(row.row, type(row)) for row in found] == [
        (2, LeadRow), (5, LeadRow), (6, LeadRow), (8, BadRow), (9, LeadRow),
    ]  # fmt: skip
    assert isinstance(found[0], LeadRow)
    assert found[0].comment == "one\ntwo\nthree"


def test_what_would_drive_a_terminal_is_made_harmless(tmp_path: Path) -> None:
    row = only(tmp_path, "name,company,comment,Other\n\x1b[2JAda,Acme [/] Ltd,a\x07b,\u202ex\n")
    assert row.profile.name == "\ufffd[2JAda"
    assert row.profile.company == "Acme [/] Ltd"
    assert row.comment == "a\ufffdb"
    assert row.profile.extra == (("Other", "\ufffdx"),)


def test_a_time_that_only_tells_when_it_was_created_can_be_done_without(tmp_path: Path) -> None:
    row = only(tmp_path, "name,created_at\nAda,some day\n")
    assert row.created_at is None
    assert row.profile.extra == (("created_at", "some day"),)
    assert row.remarks == ('created_at "some day" is no date that can be read',)


def test_the_order_of_dates_holds_for_every_column(tmp_path: Path) -> None:
    text = "name,received_at,contact_me,interactions\nAda,03/04/2026,04/04/2026 9:00,webinar:x@02/04/2026\n"
    row = only(tmp_path, text, dates="dmy")
    assert row.received_at == datetime(2026, 4, 3, tzinfo=UTC)
    assert row.contact_me == datetime(2026, 4, 4, 9, tzinfo=UTC)
    assert row.interactions[0][1] == datetime(2026, 4, 2, tzinfo=UTC)


@pytest.mark.parametrize(("text", "asked"), [("yes", True), ("no", False), ("", None), ("?", None), ("asap", True)])
def test_contact_me_is_yes_or_no(tmp_path: Path, text: str, asked: bool | None) -> None:
    assert only(tmp_path, f"name,contact_me\nAda,{text}\n").contact_me is asked


def test_an_opt_out_is_seen_in_its_own_words(tmp_path: Path) -> None:
    row = only(tmp_path, "name,do_not_contact,Email Opt Out\nAda,asked on the phone,1\n")
    assert (row.do_not_contact, row.do_not_email) == (True, True)
    assert row.profile.extra == (("do_not_contact", "asked on the phone"), ("Email Opt Out", "1"))


def test_a_scan_is_told_once(tmp_path: Path) -> None:
    row = only(tmp_path, "name,Scanned At,interactions\nAda,2026-11-26 14:00,scan:Booth B12@2026-11-26 14:00\n")
    assert [what.topic for what, _ in row.interactions] == ["Booth B12"]


def test_hubspots_first_and_latest_form_may_be_one(tmp_path: Path) -> None:
    header = "email,First Conversion,First Conversion Date,Recent Conversion,Recent Conversion Date"
    one, two = rows(
        tmp_path,
        f"{header}\na@example.com,Contact us,2026-11-01,Contact us,2026-11-01\n"
        "b@example.com,Webinar: x,2026-10-01,Contact us,2026-11-01\n",
    )
    assert isinstance(one, LeadRow)
    assert isinstance(two, LeadRow)
    assert [what.kind for what, _ in one.interactions] == ["contact_form"]
    assert [what.kind for what, _ in two.interactions] == ["webinar", "contact_form"]


@pytest.mark.parametrize("filling", [" ", "<", "\u00a0", "a@", ",", "- ", "1", "1 ", "(", "\u0301"])
def test_no_cell_takes_long_whatever_it_is_filled_with(tmp_path: Path, filling: str) -> None:
    cell = f"<p>1{filling * (90_000 // len(filling))}x"
    header = (
        "name,address,phone,email,comment,handoff,interactions,company_size,created_at,country,timezone,budget,Other"
    )
    started = time.process_time()
    rows(tmp_path, f"{header}\n{','.join([f'{chr(34)}{cell}{chr(34)}'] * 13)}\n")
    assert time.process_time() - started < 3


def test_progress_goes_from_nothing_to_all_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("name,email\n" + "Ada,ada@example.com\n" * 20_000, encoding="utf-8")
    told: list[tuple[int, int]] = []
    count = sum(1 for _ in read(file, zone="UTC", progress=lambda done, total: told.append((done, total))))
    size = file.stat().st_size
    assert count == 20_000
    assert told[0] == (0, size)
    assert told[-1] == (size, size)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len({done for done, _ in told}) > 5
