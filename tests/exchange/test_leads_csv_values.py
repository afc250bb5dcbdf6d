"""A cell is read as what people mean by it, and kept as it is where that is not clear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.domain.events import Direction
from callsheet.exchange.leads_csv import values
from callsheet.exchange.leads_csv.countries import country_code
from callsheet.exchange.leads_csv.numbers import Numbers, numbers
from callsheet.exchange.leads_csv.rows import full_name
from callsheet.services.phones import read_numbers


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        ("1200", (1200, True)),
        ("1,200", (1200, True)),
        ("1.200", (1200, True)),
        ("1 200", (1200, True)),
        ("1\u00a0200", (1200, True)),
        ("1\u202f200", (1200, True)),
        ("1'200", (1200, True)),
        ("1,234,567", (1_234_567, True)),
        ("1.200,00", (1200, True)),
        ("250.0", (250, True)),
        ("250 employees", (250, True)),
        ("250 Mitarbeiter", (250, True)),
        ("10k", (10_000, True)),
        ("1.2k", (1200, True)),
        ("1,5 Tsd.", (1500, True)),
        ("2 million", (2_000_000, True)),
        ("50-200", (50, False)),
        ("50 – 200 people", (50, False)),
        ("1,001-5,000", (1001, False)),
        ("5.001 bis 10.000", (5001, False)),
        ("11 to 50", (11, False)),
        ("1000+", (1000, False)),
        ("10,000+ employees", (10_000, False)),
        (">500", (500, False)),
        ("about 300", (300, False)),
        ("<50", (1, False)),
        ("bis zu 10", (1, False)),
        ("10-Nov", (None, False)),
        ("Nov-50", (None, False)),
        ("2026-11-26", (None, False)),
        ("many", (None, False)),
        ("0", (None, False)),
        ("-5", (None, False)),
        ("99999999999", (None, False)),
        ("1e5", (None, False)),
    ],
)
def test_a_size_is_a_head_count_and_a_range_its_lower_bound(text: str, heads: tuple[int | None, bool]) -> None:
    assert values.head_count(text) == heads


@given(st.text(max_size=30))
def test_any_text_is_a_size_or_none(text: str) -> None:
    heads, exact = values.head_count(text)
    assert heads is None or heads > 0
    assert heads is not None or not exact


@pytest.mark.parametrize(
    "text", ["yes", "YES", "y", "true", "1", "x", "✓", "ja", "Ja.", "oui", "sí", "sim", "vero", "TRUE"]
)
def test_yes_in_several_languages(text: str) -> None:
    assert values.yes_or_no(text) is True


@pytest.mark.parametrize("text", ["no", "N", "false", "0", "nein", "non", "não", "falso", "FALSE"])
def test_no_in_several_languages(text: str) -> None:
    assert values.yes_or_no(text) is False


@pytest.mark.parametrize(
    ("text", "answer"),
    [("yes", True), ("no", False), ("50k approved", True), ("Q3", True), ("", None), ("n/a", None), ("unknown", None)],
)
def test_a_qualifying_question_is_answered_in_words_too(text: str, answer: bool | None) -> None:
    assert values.answered(text) is answer


@pytest.mark.parametrize(
    ("text", "stop"),
    [("yes", True), ("x", True), ("asked on 2026-01-02", True), ("phone only", True),
     ("no", False), ("", False), ("-", False)],
)  # fmt: skip
def test_any_reason_not_to_contact_is_one(text: str, stop: bool) -> None:
    assert values.asked_to_stop(text) is stop


@pytest.mark.parametrize(
    ("text", "direction"),
    [("inbound", "inbound"), ("Outbound", "outbound"), ("IN", "inbound"), ("eingehend", "inbound"), ("", None)],
)
def test_a_direction_is_one_of_two(text: str, direction: Direction | None) -> None:
    assert values.direction_of(text) == direction


def test_another_direction_is_refused() -> None:
    with pytest.raises(ValueError, match='"sideways" is neither inbound nor outbound'):
        values.direction_of("sideways")


@pytest.mark.parametrize(
    ("texts", "good", "bad"),
    [
        (["Ada@Example.COM"], ("ada@example.com",), ()),
        (["ada@example.com; ada@example.test", "ADA@example.com"], ("ada@example.com", "ada@example.test"), ()),
        (["a@example.com, b@example.test c@example.test"], ("a@example.com", "b@example.test", "c@example.test"), ()),
        (["a@example.com ::: b@example.com"], ("a@example.com", "b@example.com"), ()),
        (["Ada Lovelace <Ada@example.com>"], ("ada@example.com",), ()),
        (['"Lovelace, Ada" <ada@example.com>; b@example.com'], ("ada@example.com", "b@example.com"), ()),
        (["mailto:ada@example.com"], ("ada@example.com",), ()),
        (["ada@bücher.example"], ("ada@bücher.example",), ()),
        (["ada@example.xn--p1ai"], ("ada@example.xn--p1ai",), ()),
        (["\u200bada@example.com"], ("ada@example.com",), ()),
        (["o'brien+crm@example.com"], ("o'brien+crm@example.com",), ()),
        (["ada(at)example.com"], (), ("ada(at)example.com",)),
        (["ada@example"], (), ("ada@example",)),
        (["ada@example..com"], (), ("ada@example..com",)),
        (["@example.com"], (), ("@example.com",)),
        (["ada@b@example.com"], (), ("ada@b@example.com",)),
        (["ada@example.com; nonsense"], ("ada@example.com",), ("ada@example.com; nonsense",)),
        (["ask at the desk"], (), ("ask at the desk",)),
        (["none", "n/a"], (), ()),
    ],
)  # fmt: skip
def test_addresses_are_found_in_what_is_in_the_cell(
    texts: list[str], good: tuple[str, ...], bad: tuple[str, ...]
) -> None:
    assert values.addresses(texts) == (good, bad)


@pytest.mark.parametrize(
    ("texts", "region", "good", "bad"),
    [
        (["(212) 555-0123"], "US", ("+12125550123",), ()),
        (["+44 20 7946 0123"], None, ("+442079460123",), ()),
        (["020 7946 0123"], "GB", ("+442079460123",), ()),
        (["'+44 20 7946 0123"], "US", ("+442079460123",), ()),
        (["\ufffd+44 20 7946 0123\ufffd"], "US", ("+442079460123",), ()),
        (["12125550123.0"], "US", ("+12125550123",), ()),
        (["+12125550123 ::: +442079460123"], None, ("+12125550123", "+442079460123"), ()),
        (["+12125550123; +442079460123", "+1 212 555 0123"], None, ("+12125550123", "+442079460123"), ()),
        (["020 7946 0123"], None, ("020 7946 0123",), ()),
        (["12"], None, ("12",), ()),
        (["4.47E+12"], "US", (), ("4.47E+12",)),
        (["4,47E+12"], "US", (), ("4,47E+12",)),
        (["ask the desk"], "US", (), ("ask the desk",)),
    ],
)
def test_numbers_are_e164_where_they_can_be_read(
    texts: list[str], region: str | None, good: tuple[str, ...], bad: tuple[str, ...]
) -> None:
    assert numbers(texts, region) == Numbers(good, bad)


@given(st.text("0123456789+ ().-", max_size=20), st.sampled_from(["US", "DE", "GB", "IT", None]))
def test_a_plain_number_is_read_as_any_other_reader_of_numbers_reads_it(text: str, region: str | None) -> None:
    found = numbers([text], region).good
    read = tuple(number.e164 for number in read_numbers(text, region))
    assert found == (read or ((text.strip(),) if any(map(str.isdigit, text)) else ()))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Germany", "DE"),
        ("deutschland", "DE"),
        ("ALLEMAGNE", "DE"),
        ("de", "DE"),
        ("DEU", "DE"),
        ("UK", "GB"),
        ("U.K.", "GB"),
        ("United States of America", "US"),
        ("États-Unis", "US"),
        ("Etats Unis", "US"),
        ("México", "MX"),
        ("日本", "JP"),
        ("Germany (DE)", "DE"),
        ("Atlantis", ""),
        ("xx", ""),
    ],
)
def test_a_country_is_known_by_its_names(text: str, code: str) -> None:
    assert country_code(text) == code


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("america/new_york", "America/New_York"),
        ("america_slash_new_york", "America/New_York"),
        ("America/New York", "America/New_York"),
        ("somewhere", ""),
        ("../../etc/passwd", ""),
    ],
)
def test_a_time_zone_is_one_by_its_iana_name(text: str, zone: str) -> None:
    assert values.time_zone(text) == zone


@pytest.mark.parametrize(
    ("name", "first", "last", "whole"),
    [
        ("Ada Lovelace", "", "", "Ada Lovelace"),
        ("", "Ada", "Lovelace", "Ada Lovelace"),
        ("", "", "Lovelace", "Lovelace"),
        ("Dr. Ada King Lovelace", "Ada", "Lovelace", "Dr. Ada King Lovelace"),  # a full name beside its halves
        ("Lovelace", "Ada", "", "Ada Lovelace"),  # Name, Vorname
        ("Ada", "", "Lovelace", "Ada Lovelace"),  # Nombre, Apellidos
        ("Spring deal", "Ada", "Lovelace", "Ada Lovelace"),  # the record's title
        ("", "", "", ""),
    ],
)
def test_a_name_is_put_together_from_what_there_is(name: str, first: str, last: str, whole: str) -> None:
    assert full_name(name, first, last) == whole
