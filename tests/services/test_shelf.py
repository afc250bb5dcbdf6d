from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from callsheet.domain import events as ev
from callsheet.domain.value import Asset
from callsheet.services.desk import Desk
from callsheet.services.intake import Happened
from callsheet.services.outreach import Report, log
from callsheet.services.shelf import Shelf, brought, cards_due, next_to_bring, read_shelf, topics_of
from callsheet.settings import schema
from tests.desks import Clock, add, person, worked


def test_the_shelf_is_the_list_the_folder_and_its_list_files(tmp_path: Path) -> None:
    (tmp_path / "fleet").mkdir()
    (tmp_path / "fleet" / "ROI guide.pdf").write_text("x")
    (tmp_path / "more.toml").write_text(
        '[[asset]]\ntitle = "Case study"\nlink = "https://example.com/c"\ntopics = ["food"]\n'
    )
    (tmp_path / ".hidden").write_text("x")
    settings = schema.Shelf(assets=(schema.Asset(title="White paper", topics=("pricing",)),))
    assert read_shelf(settings, tmp_path) == Shelf((
        Asset("White paper", topics=("pricing",)),
        Asset("ROI guide", topics=("fleet",), kind="pdf"),
        Asset("Case study", "https://example.com/c", ("food",)),
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[[asset]]\ntitle = ""\n', "line 2: an asset needs a title"),
        ('[[asset]]\ntitle = "x"\nlink = "javascript:alert(1)"\n', "line 3: 'javascript:alert\\(1\\)' is no link"),
        ('[[asset]]\ntitel = "x"\n', "did you mean 'title'"),
        ("[[asset]\n", "not valid TOML"),
    ],
)
def test_a_list_file_that_cannot_be_used_is_named_and_stops_nothing(tmp_path: Path, text: str, why: str) -> None:
    import re

    (tmp_path / "bad.toml").write_text(text)
    (tmp_path / "Good.pdf").write_text("x")
    found = read_shelf(schema.Shelf(), tmp_path)
    assert [asset.title for asset in found.assets] == ["Good"]
    assert re.search(why, found.problems[0])


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert read_shelf(schema.Shelf(), tmp_path / "none") == Shelf(())


def test_what_is_brought_fits_what_they_looked_at_and_never_comes_twice(desk: Desk, clock: Clock) -> None:
    shelf = Shelf((Asset("Card"), Asset("Pallet guide", topics=("pallets",)), Asset("Fleet costs", topics=("fleet",))))
    lead = worked(desk, "Lena Fischer")
    card = desk.book.card(lead)
    assert card is not None
    assert "Fleet ROI guide" in topics_of(card.lead)
    assert [(asset.title, why) for asset, why in next_to_bring(desk, lead, shelf, 2)] == [
        ("Fleet costs", "fleet"),
        ("Card", ""),
    ]
    log(desk, lead, Report("sent", channel="email", asset="Fleet costs"))
    assert [asset.title for asset, _ in next_to_bring(desk, lead, shelf)] == ["Card", "Pallet guide"]
    card = desk.book.card(lead)
    assert card is not None
    assert brought(card.lead) == ("Fleet costs",)


def test_a_card_is_due_when_the_plan_says_post(desk: Desk, clock: Clock) -> None:
    seen: list[Happened] = [(ev.Interaction("download", "a"), clock.at), (ev.Interaction("webinar", "b"), clock.at)]
    lead = add(desk, person("Lena Fischer"), *seen)
    for step in ("researched", "sent", "sent", "invited", "no_answer", "sent", "sent"):
        assert not cards_due(desk)
        channel = {"researched": "research", "invited": "linkedin", "no_answer": "phone"}.get(step, "email")
        log(desk, lead, Report(step, channel=channel, asset="Guide"))  # type: ignore[arg-type]
        clock.at += timedelta(days=1, hours=1)
    clock.advance(days=7)
    assert [one.id for one in cards_due(desk)] == [lead]
