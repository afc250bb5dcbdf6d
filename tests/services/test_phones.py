"""Phone numbers as people, address books and spreadsheets write them."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.services.phones import read_number, read_numbers, regions, us_state_regions, zones, zones_of
from callsheet.services.places import country_of, country_of_zone, state_of, us_states


@pytest.mark.parametrize(
    ("text", "region", "e164"),
    [
        ("(312) 555-0142 ext. 4", "US", "+13125550142"),
        ("(312) 555-0142", "us", "+13125550142"),
        ("312.555.0142", "US", "+13125550142"),
        ("3125550142,,4", "US", "+13125550142"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("0044 20 7946 0013", None, "+442079460013"),
        ("0044 20 7946 0013", "US", "+442079460013"),
        ("020 7946 0013", "GB", "+442079460013"),
        ("+49 (0) 30 123456", None, "+4930123456"),
        ("030/123456", "DE", "+4930123456"),
        ("tel:+1-312-555-0142", None, "+13125550142"),
        ("'+13125550142", None, "+13125550142"),
        ("\u202a+1 312 555 0142\u202c", None, "+13125550142"),
        ("+1 312 555 0142", None, "+13125550142"),
        ("13125550142.0", "US", "+13125550142"),
        ("13125550142.0", None, "+13125550142"),
        ("442079460013", "US", "+442079460013"),
        ("+33 6 12 34 56 78", "US", "+33612345678"),
        ("0039 02 1234567", None, "+39021234567"),
    ],
)
def test_a_number_is_read_as_people_write_it(text: str, region: str | None, e164: str) -> None:
    number = read_number(text, region)
    assert number is not None
    assert number.e164 == e164


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("", "US"),
        ("n/a", "US"),
        ("call me", "US"),
        ("1.31256E+10", "US"),
        ("4,42E+11", "GB"),
        ("555-0142", "US"),
        ("112", "GB"),
        ("020 7946 0013", None),
        ("020 7946 0013", "XX"),
        ("02079460013", "not a region"),
        ("3" * 500, "US"),
        ("+999 123", None),
        ("\x00\x1b[2J", "US"),
    ],
)
def test_what_is_no_number_that_can_be_dialled_is_none(text: str, region: str | None) -> None:
    assert read_number(text, region) is None


def test_a_number_is_shown_with_its_country_and_keeps_its_extension_apart() -> None:
    number = read_number("(312) 555-0142 ext. 4", "US")
    assert number is not None
    assert (number.display, number.region, number.extension) == ("+1 312-555-0142", "US", "4")


@pytest.mark.parametrize(
    ("text", "kind", "valid"),
    [
        ("+33 6 12 34 56 78", "mobile", True),
        ("+44 20 7946 0013", "fixed", True),
        ("+1 800 356 9377", "toll_free", True),
        ("+1 312 555 0142", "unknown", True),
        ("+44 7700 900123", "unknown", False),
        ("+1 312 155 0142", "unknown", False),
    ],
)
def test_a_possible_number_is_taken_and_told_from_a_valid_one(text: str, kind: str, valid: bool) -> None:
    number = read_number(text, None)
    assert number is not None
    assert (number.kind, number.valid) == (kind, valid)


@pytest.mark.parametrize(
    ("cell", "region", "e164s"),
    [
        ("312-555-0142 / 312-555-0143", "US", ["+13125550142", "+13125550143"]),
        ("312-555-0142/312-555-0143", "US", ["+13125550142", "+13125550143"]),
        ("312-555-0142; 312-555-0143;", "US", ["+13125550142", "+13125550143"]),
        ("312-555-0142 or +44 20 7946 0013", "US", ["+13125550142", "+442079460013"]),
        ("m: 0171 1234567, w: 030 123456", "DE", ["+491711234567", "+4930123456"]),
        ("+1 312 555 0142 ::: +1 312 555 0143", None, ["+13125550142", "+13125550143"]),
        ("312-555-0142; (312) 555 0142", "US", ["+13125550142"]),
        ("312-555-0142; none", "US", ["+13125550142"]),
        ("030 123456; 57", "DE", ["+4930123456"]),
        ("030/123456", "DE", ["+4930123456"]),
        ("312-555-0142, ext 4", "US", ["+13125550142"]),
        ("", "US", []),
        ("a / b", "US", []),
    ],
)
def test_several_numbers_in_one_cell_are_several(cell: str, region: str | None, e164s: list[str]) -> None:
    assert [number.e164 for number in read_numbers(cell, region)] == e164s


@pytest.mark.parametrize(
    ("e164", "expected"),
    [
        ("+13125550142", ("America/Chicago",)),
        ("+442079460013", ("Europe/London",)),
        ("+16845550100", ("Pacific/Pago_Pago",)),
        ("+12125550100", ("America/New_York",)),
        ("+80012345678", ()),
        ("rubbish", ()),
    ],
)
def test_a_number_tells_its_time_zone(e164: str, expected: tuple[str, ...]) -> None:
    assert zones(e164) == expected


def test_a_toll_free_number_may_be_anywhere_in_its_country() -> None:
    candidates = zones("+18003569377")
    assert {"America/New_York", "America/Los_Angeles", "Pacific/Honolulu"} <= set(candidates)
    assert "America/Toronto" not in candidates


@pytest.mark.parametrize(
    ("e164", "expected"),
    [
        ("+12055550100", ("US-AL",)),
        ("+13055550100", ("US-FL",)),
        ("+12025550100", ("US-DC",)),
        ("+14165550100", ("CA",)),
        ("+18003569377", ("US",)),
        ("+33612345678", ("FR",)),
        ("+447700900123", ("GB",)),
        ("", ()),
    ],
)
def test_a_number_tells_whose_calling_hours_hold(e164: str, expected: tuple[str, ...]) -> None:
    assert regions(e164) == expected
    assert us_state_regions(e164) == tuple(region for region in expected if region.startswith("US-"))


@pytest.mark.parametrize(
    ("text", "country"),
    [("Germany", "DE"), ("de", "DE"), ("UK", "GB"), ("United  States", "US"), ("USA", "US"), ("Narnia", None)],
)
def test_a_country_is_known_by_its_names(text: str, country: str | None) -> None:
    assert country_of(text) == country


@pytest.mark.parametrize(
    ("text", "state"), [("Alabama", "US-AL"), ("al", "US-AL"), ("US-AL", "US-AL"), ("Bavaria", None), ("", None)]
)
def test_a_state_is_known_by_its_name_and_code(text: str, state: str | None) -> None:
    assert state_of(text) == state


def test_a_region_has_its_zones_and_a_zone_its_country() -> None:
    assert zones_of("US-TN") == ("America/New_York", "America/Chicago")
    assert zones_of("GB") == ("Europe/London",)
    assert "America/Denver" in zones_of("US")
    assert zones_of("XX") == ()
    assert country_of_zone("Europe/Berlin") == "DE"
    assert country_of_zone("UTC") is None


def test_the_states_are_complete_and_no_area_code_is_in_two() -> None:
    states = us_states()
    assert len(states) == 51
    assert all(str(ZoneInfo(zone)) == zone for state in states for zone in state.zones)
    codes = [code for state in states for code in state.area_codes]
    assert len(codes) == len(set(codes)) > 300


@given(st.text(max_size=60), st.sampled_from([None, "US", "GB", "DE", "FR"]))
def test_any_text_is_numbers_or_nothing(text: str, region: str | None) -> None:
    for number in read_numbers(text, region):
        assert number.e164.startswith("+")
        assert number.e164[1:].isascii()
        assert number.e164[1:].isdecimal()


@given(st.integers(200, 999), st.integers(0, 9_999_999), st.sampled_from(["", "+1 ", "1-", "001 "]))
def test_what_was_read_reads_as_itself(area: int, rest: int, prefix: str) -> None:
    number = read_number(f"{prefix}{area} {rest:07}", "US")
    if number is not None:
        again = read_number(number.e164, None)
        assert again == number
        assert read_number(number.display, None) == number
