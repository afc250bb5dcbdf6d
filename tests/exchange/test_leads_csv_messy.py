"""Two thousand rows of everything at once: what can be imported is, and what cannot is told by its line."""

from pathlib import Path

import pytest

from callsheet.exchange.leads_csv import read
from callsheet.services.lead_row import BadRow, LeadRow

from .messy import messy


@pytest.mark.parametrize("seed", [1, 2])
def test_a_messy_list_is_read_to_its_end(tmp_path: Path, seed: int) -> None:
    truth = messy(2_000, seed)
    file = tmp_path / "messy.csv"
    file.write_bytes(truth.content)

    rows = list(read(file, zone="Europe/Berlin", region="US"))

    good = {row.row: row for row in rows if isinstance(row, LeadRow)}
    bad = {row.row: row.reason for row in rows if isinstance(row, BadRow)}
    assert {line: row.profile.name for line, row in good.items()} == truth.good
    assert {line: row.profile.emails[0] for line, row in good.items() if row.profile.emails} == truth.emails
    assert bad.keys() == truth.bad.keys()
    assert [(line, bad[line], reason) for line, reason in truth.bad.items() if reason not in bad[line]] == []
    assert len(rows) == 2_000
    assert len(bad) > 100


def test_the_same_seed_makes_the_same_list() -> None:
    assert messy(50, 3) == messy(50, 3)
    assert messy(50, 3) != messy(50, 4)
