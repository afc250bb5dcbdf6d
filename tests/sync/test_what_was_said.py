"""What somebody said at a booth, and the answers to the qualifying questions, go over in words: no CRM has a place."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from callsheet.domain import events as ev
from callsheet.domain.lead import fold
from callsheet.domain.profile import Profile
from callsheet.services.rulebook import default_rules
from callsheet.sync import ops
from callsheet.sync.drafts import wanted
from callsheet.sync.owed import owed
from callsheet.sync.port import Note
from callsheet.sync.records import Delivery

NOON = datetime(2026, 7, 3, 12, tzinfo=UTC)
FAIR = ev.Interaction("event_form", "Spring fair", "How soon?", bant=ev.Bant(budget=True, need=True, timeframe=False))


def event(body: ev.Body, origin: ev.Origin = "rep") -> ev.Event:
    return ev.Event("e1", "L1", "a1", NOON, "UTC", NOON, origin, body)


@pytest.mark.parametrize(
    ("body", "origin", "kinds"),
    [
        (FAIR, "rep", ["note"]),
        (FAIR, "import", []),
        (FAIR, "crm", []),
        (ev.Interaction("scan", "Spring fair"), "rep", []),
        (ev.Interaction("event_form", "Spring fair", bant=ev.Bant()), "rep", []),
        (ev.Interaction("event_form", "Spring fair", bant=ev.Bant(authority=False)), "rep", ["note"]),
        (ev.Interaction("contact_form", text="Call me"), "rep", ["note"]),
    ],
)
def test_what_was_said_goes_over_unless_it_came_from_there(
    body: ev.Interaction, origin: ev.Origin, kinds: list[str]
) -> None:
    assert wanted(event(body, origin), default_rules().outcomes, known=True) == kinds


def test_what_a_list_says_goes_over_with_its_lead_and_of_itself_sends_none() -> None:
    rules = default_rules()
    born = ev.Event("e0", "L1", "a0", NOON, "UTC", NOON, "import", ev.Captured(Profile(name="Ann Lee"), NOON, NOON))
    called = ev.Event("e2", "L1", "a2", NOON, "UTC", NOON, "rep", ev.Attempt("phone", "no_answer"))
    begun = ev.Event("e3", "L1", "a3", NOON, "UTC", NOON, "system", ev.Promoted("lead"))
    listed = [born, event(FAIR, "import")]

    def kinds(events: list[ev.Event], *, known: bool) -> list[str]:
        return [row.kind for row in owed("L1", fold("L1", events, rules), events, (), rules, known=known).new]

    assert kinds(listed, known=False) == []
    assert kinds([*listed, begun], known=False) == ["lead", "patch", "note"]
    assert kinds([*listed, called], known=False)[:3] == ["lead", "touch", "note"]
    assert "note" not in kinds([*listed, called], known=True), "it may well have come from there"


def test_the_answers_are_in_plain_words() -> None:
    made = ops.body(Delivery("e1", "e1", "L1", "note"), event(FAIR), None, None, default_rules())
    assert made == Note("Event form: Spring fair\nHow soon?\nBudget: yes, Need: yes, Timeframe: no")
