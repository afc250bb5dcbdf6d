"""Something of value with every touch (RULES §8)."""

from __future__ import annotations

import pytest

from callsheet.domain.value import Asset, empty_follow_up, suggest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("just following up", "just following up"),
        ("Just checking in!", "just checking in"),
        ("Touching base", "touching base"),
        ("Hi Jane, just following up to see whether you had time", "just following up"),
        ("Hi Jane - I’m checking in", "checking in"),
        ("Only touching base about the proposal", "only touching base"),
        ("called, just following-up", "just following-up"),
        ("Just wanted to follow up", "just wanted to follow up"),
        ("I wanted to touch base", "wanted to touch base"),
        ("Hi Jane, just to check in", "just to check in"),
        ("We agreed to follow up with the CFO", None),
        ("They want us to check in at the gate", None),
        ("Sent the ROI guide for cold chains", None),
        ("will follow up on Thursday", None),
        ("He is checking in with the CFO about the budget", None),
        ("checked in at the hotel", None),
        ("", None),
    ],
)
def test_an_empty_follow_up_is_known_by_its_words(text: str, said: str | None) -> None:
    assert empty_follow_up(text) == said


SHELF = (
    Asset("Fleet ROI guide", topics=("fleet", "ROI")),
    Asset("Cold chain checklist", link="https://example.com/cold", topics=("cold chain",)),
    Asset("Newsletter November", kind="newsletter"),
    Asset("Route planning for fleets", topics=("routes", "fleet")),
)


def test_what_speaks_to_their_topics_is_suggested_first() -> None:
    found = suggest(SHELF, given=(), topics=("Cold chain in pharma", "Logistics"))
    assert next((asset.title, why) for asset, why in found) == ("Cold chain checklist", "cold chain")
    both = suggest(SHELF, given=(), topics=("fleet", "ROI of our fleet"))
    assert [asset.title for asset, _ in both] == [
        "Fleet ROI guide",
        "Route planning for fleets",
        "Cold chain checklist",
    ]


def test_what_was_given_is_never_suggested_again() -> None:
    given = ("fleet roi GUIDE", "https://example.com/cold")
    assert [asset.title for asset, _ in suggest(SHELF, given, ("fleet",))] == [
        "Route planning for fleets", "Newsletter November",
    ]  # fmt: skip
    assert suggest(SHELF, [asset.title for asset in SHELF], ()) == []


def test_a_topic_is_a_whole_word() -> None:
    assert suggest([Asset("A", topics=("art",))], (), ("start-up",))[0][1] == ""
