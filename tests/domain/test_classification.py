"""Who is a lead (RULES §2)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callsheet.domain.classification import classify, distinct, is_contact_me, is_inquiry, persona_fit
from callsheet.domain.events import Bant, Direction, Interaction
from callsheet.domain.profile import Profile
from callsheet.domain.rules import Persona
from tests.domain.journals import LONDON

PERSONA = Persona(frozenset({"Manufacturer"}), ((50, 500),), ("vp", "head of"), frozenset({"Logistics"}))
FITS = Profile(name="P", company_kind="manufacturer", company_size=400, title="VP Operations", industry="logistics")
RULES = replace(LONDON, persona=PERSONA)

GUIDE = Interaction("download", "Fleet ROI guide")
WEBINAR = Interaction("webinar", "Route planning live", campaign="Route planning live")
FORM = Interaction("contact_form", "Pricing", "Pricing for 40 seats")


@pytest.mark.parametrize(
    ("did", "to", "plan"),
    [
        ([], "name", ""),
        ([GUIDE], "name", ""),
        ([GUIDE, GUIDE], "name", ""),
        ([GUIDE, replace(GUIDE, topic="  fleet roi GUIDE ")], "name", ""),  # the same asset twice is one
        ([GUIDE, replace(GUIDE, kind="email_click")], "name", ""),  # however they came to it
        ([GUIDE, replace(GUIDE, kind="visit")], "name", ""),
        ([Interaction("download"), Interaction("visit")], "lead", "inbound-21"),  # of what is not known
        ([GUIDE, replace(WEBINAR, topic=GUIDE.topic, campaign="")], "lead", "inbound-21"),
        ([GUIDE, WEBINAR], "lead", "inbound-21"),
        ([FORM], "hot", "hot"),
        ([Interaction("sales_email")], "hot", "hot"),
        ([Interaction("inbound_call")], "hot", "hot"),
        ([Interaction("score")], "name", ""),
        ([Interaction("scan", campaign="LogiMAT")], "name", ""),
        ([Interaction("attendance", campaign="LogiMAT")], "name", ""),
        ([Interaction("event_form", campaign="LogiMAT")], "name", ""),
        ([Interaction("event_form", campaign="LogiMAT", text="Do you do cold chain?")], "lead", "event"),
        ([Interaction("event_form", campaign="LogiMAT", bant=Bant(budget=True))], "lead", "event"),
        ([Interaction("event_form", campaign="LogiMAT", bant=Bant(budget=False))], "lead", "event"),
        ([Interaction("event_form", campaign="LogiMAT", bant=Bant())], "name", ""),
        ([Interaction("event_form", campaign="LogiMAT", text="Call me", asks=True)], "hot", "hot"),
    ],
)
def test_what_they_did_makes_them_a_name_a_lead_or_hot(did: list[Interaction], to: str, plan: str) -> None:
    verdict = classify(FITS, did, "inbound", RULES)
    assert (verdict.to, verdict.plan) == (to, plan)


@pytest.mark.parametrize("kind", ["scan", "attendance", "webinar", "event_form"])
def test_several_things_at_one_event_are_one_interaction(kind: str) -> None:
    scan = Interaction("scan", "booth 4", campaign="LogiMAT")
    other = Interaction(kind, "something", campaign="logimat")  # type: ignore[arg-type]
    assert distinct([scan, other]) == 1
    assert distinct([scan, replace(other, campaign="transport logistic")]) == 2


def test_persona_never_gates_who_asked_to_be_contacted() -> None:
    nobody = Profile(name="P", company_kind="school", company_size=3, title="pupil", industry="education")
    assert classify(nobody, [FORM], "inbound", RULES).to == "hot"
    assert classify(nobody, [GUIDE, WEBINAR], "inbound", RULES).to == "name"


def test_a_score_promotes_only_when_the_setting_says_so() -> None:
    score = Interaction("score")
    assert not is_contact_me(score)
    assert classify(FITS, [score], "inbound", replace(RULES, score_promotes=True)).to == "hot"


def test_a_teleprospectors_lead_is_one_by_itself() -> None:
    verdict = classify(FITS, [], "outbound", RULES)
    assert (verdict.to, verdict.plan) == ("lead", "outbound")
    direction: Direction = "inbound"
    assert classify(FITS, [], direction, RULES).to == "name"


@pytest.mark.parametrize(
    ("known", "fits"),
    [
        ({}, True),  # 4 true
        ({"industry": ""}, True),  # 3 true, 1 unknown
        ({"industry": "", "title": ""}, False),  # 2 true, 2 unknown
        ({"industry": "farming"}, False),  # 3 true, 1 false
        ({"company_size": 501}, False),
        ({"company_size": 500}, True),
        ({"company_size": 50, "industry": ""}, True),
        ({"company_size": None, "title": "head of IT"}, True),
        ({"title": "Driver"}, False),
    ],
)
def test_three_of_four_known_true_and_none_known_false(known: dict[str, object], fits: bool) -> None:
    assert persona_fit(replace(FITS, **known), PERSONA).fits is fits  # type: ignore[arg-type]


def test_a_criterion_that_the_persona_leaves_open_is_not_asked_for() -> None:
    assert persona_fit(Profile(name="P"), Persona()).fits  # nobody said whom we sell to
    titles_only = Persona(titles=("vp",))
    assert persona_fit(Profile(title="VP Sales"), titles_only).fits
    assert not persona_fit(Profile(), titles_only).fits
    assert not persona_fit(Profile(title="Driver"), titles_only).fits


def test_a_blank_field_hides_nobody_from_the_hot_list_and_is_named() -> None:
    blank = Profile(name="P")
    assert classify(blank, [FORM], "inbound", RULES).to == "hot"
    assert blank.incomplete == ("phone", "email", "company", "zip")


def test_the_verdict_explains_itself() -> None:
    one = classify(FITS, [GUIDE], "inbound", RULES)
    assert (one.why, one.distinct, one.needed) == ("1 of 2 interactions", 1, 2)
    unfit = classify(replace(FITS, industry="farming"), [GUIDE, WEBINAR], "inbound", RULES)
    assert unfit.why == ("no persona fit yet: company kind ✓ · company size ✓ · title ✓ · industry ✗ (3 of 3 needed)")
    fit = classify(FITS, [GUIDE, WEBINAR], "inbound", RULES)
    assert fit.why == "fits the persona and 2 distinct interactions"


def test_how_many_interactions_are_needed_is_a_setting() -> None:
    third = Interaction("visit", "pricing page")
    strict = replace(RULES, interactions=3)
    assert classify(FITS, [GUIDE, WEBINAR], "inbound", strict).why == "2 of 3 interactions"
    assert classify(FITS, [GUIDE, WEBINAR, third], "inbound", strict).to == "lead"


def test_only_an_event_form_can_be_an_inquiry() -> None:
    assert is_inquiry(Interaction("event_form", text="how much?"))
    assert not is_inquiry(Interaction("event_form", text="  "))
    assert not is_inquiry(Interaction("scan", text="how much?"))
