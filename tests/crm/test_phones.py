"""Phone numbers as CRMs hold them."""

from __future__ import annotations

import pytest

from callsheet.crm.phones import e164, spellings


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("+44 20 7946 0013", "", "+442079460013"),
        ("020 7946 0013", "GB", "+442079460013"),
        ("020 7946 0013", "", "020 7946 0013"),
        ("+1 (212) 555-0100 ext. 7", "US", "+12125550100;ext=7"),
        ("call reception", "GB", "call reception"),
        ("+49 30 \x1b[31m", "", "+49 30 \ufffd[31m"),
        ("", "", ""),
    ],
)
def test_a_number_is_e164_where_it_can_be_read(text: str, country: str, number: str) -> None:
    assert e164(text, country) == number


def test_a_number_is_looked_up_in_the_ways_people_write_it() -> None:
    assert spellings("+442079460013") == ("+442079460013", "+44 20 7946 0013", "020 7946 0013")
    assert spellings("reception") == ("reception",)
