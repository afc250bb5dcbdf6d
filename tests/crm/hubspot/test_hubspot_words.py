"""Our words and an account's, whatever it renamed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from callsheet.crm.hubspot.shapes import Definition, Disposition, Option
from callsheet.crm.hubspot.words import OUTCOME_LABELS, Words, patch_values
from callsheet.domain.events import CloseReason
from callsheet.sync.port import LeadPatch

DEFAULTS = ("Busy", "Connected", "Left live message", "Left voicemail", "No answer", "Wrong number")
STATUSES = {
    "NEW": "New", "OPEN": "Open", "IN_PROGRESS": "In progress", "OPEN_DEAL": "Open deal",
    "UNQUALIFIED": "Unqualified", "ATTEMPTED_TO_CONTACT": "Attempted to contact", "CONNECTED": "Connected",
    "BAD_TIMING": "Bad timing",
}  # fmt: skip
STAGES = ("subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer")


def definition(name: str, options: Mapping[str, str]) -> Definition:
    return Definition(name, "enumeration", [Option(value, label) for value, label in options.items()])


def account(labels: tuple[str, ...] = DEFAULTS, statuses: Mapping[str, str] = STATUSES, **chosen: str) -> Words:
    return Words(
        dispositions=[Disposition(f"guid-{number}", label) for number, label in enumerate(labels)],
        contact={
            "hs_lead_status": definition("hs_lead_status", statuses),
            "lifecyclestage": definition("lifecyclestage", {stage: stage.title() for stage in STAGES}),
        },
        chosen=chosen,
    )


@pytest.mark.parametrize(
    ("outcome", "label"),
    [
        ("no_answer", "No answer"), ("voicemail", "Left voicemail"), ("busy", "Busy"),
        ("gatekeeper", "Left live message"), ("connected", "Connected"), ("meeting", "Connected"),
        ("call_later", "Connected"), ("not_interested", "Connected"), ("not_a_fit", "Connected"),
        ("referred", "Connected"), ("wrong_number", "Wrong number"), ("do_not_contact", "Connected"),
    ],
)  # fmt: skip
def test_every_outcome_has_its_place_in_a_fresh_account(outcome: str, label: str) -> None:
    found = account().disposition(outcome)
    assert found is not None
    assert found.label == label


def test_no_outcome_is_forgotten() -> None:
    assert set(account().vocabulary().outcomes) == set(OUTCOME_LABELS)


def test_an_accounts_own_outcome_is_preferred() -> None:
    words = account((*DEFAULTS, "Meeting Booked", "DO NOT CALL"))
    assert words.vocabulary().outcomes["meeting"] == "Meeting Booked"
    assert words.vocabulary().outcomes["do_not_contact"] == "DO NOT CALL"


def test_the_rep_may_choose_another_label() -> None:
    words = account((*DEFAULTS, "Talked to Cerberus"), outcome_gatekeeper="talked to cerberus")
    assert words.vocabulary().outcomes["gatekeeper"] == "Talked to Cerberus"
    assert words.outcome("guid-6") == "gatekeeper"


def test_a_teams_own_outcome_is_matched_by_its_plain_words() -> None:
    found = account((*DEFAULTS, "Asked for the demo")).disposition("asked_demo", "asked for the  demo")
    assert found is not None
    assert found.id == "guid-6"
    assert account().disposition("asked_demo", "Asked for the demo") is None


def test_an_account_without_outcomes_gets_plain_words_only() -> None:
    assert account(()).disposition("voicemail") is None
    assert not account(()).vocabulary().outcomes


@pytest.mark.parametrize(
    ("label", "outcome"),
    [
        ("No answer", "no_answer"), ("Left voicemail", "voicemail"), ("Busy", "busy"), ("Connected", "connected"),
        ("Left live message", "gatekeeper"), ("Wrong number", "wrong_number"), ("Meeting booked", "meeting"),
        ("Do not call", "do_not_contact"), ("Something else", ""),
    ],
)  # fmt: skip
def test_an_outcome_of_theirs_is_read_as_ours(label: str, outcome: str) -> None:
    assert account((label,)).outcome("guid-0") == outcome


def test_an_unknown_outcome_is_none() -> None:
    assert account().outcome("guid-99") == ""


@pytest.mark.parametrize(
    ("patch", "status", "lifecycle"),
    [
        (LeadPatch(stage="working"), "IN_PROGRESS", None),
        (LeadPatch(stage="connected"), "CONNECTED", None),
        (LeadPatch(stage="meeting"), "CONNECTED", "salesqualifiedlead"),
        (LeadPatch(stage="nurture"), "BAD_TIMING", None),
        (LeadPatch(stage="won", closed="won"), "OPEN_DEAL", "customer"),
        (LeadPatch(reopen=True), "IN_PROGRESS", None),
        (LeadPatch(do_not_contact=True), "UNQUALIFIED", None),
        (LeadPatch(do_not_contact=False), None, None),
        (LeadPatch(profile={"city": "Bonn"}), None, None),
    ],
)
def test_a_stage_sets_status_and_lifecycle(patch: LeadPatch, status: str | None, lifecycle: str | None) -> None:
    found = patch_values(patch, account(), "NEW", "lead")
    assert found.get("hs_lead_status") == status
    assert found.get("lifecyclestage") == lifecycle


@pytest.mark.parametrize("reason", ["lost", "not_a_fit", "exhausted", "do_not_contact", "duplicate", "gone"])
def test_every_other_closing_ends_the_work(reason: CloseReason) -> None:
    assert patch_values(LeadPatch(closed=reason), account(), "NEW", "lead") == {"hs_lead_status": "UNQUALIFIED"}


@pytest.mark.parametrize(
    ("current", "sets"),
    [("", True), ("lead", True), ("salesqualifiedlead", False), ("customer", False), ("our_own_stage", False)],
)
def test_a_lifecycle_only_goes_forward(current: str, *, sets: bool) -> None:
    found = patch_values(LeadPatch(stage="meeting"), account(), "NEW", current)
    assert ("lifecyclestage" in found) is sets


def test_a_renamed_status_is_found_by_its_label() -> None:
    words = account(statuses={"s1": "Fresh", "s2": "In Progress", "s3": "Lost"})
    assert patch_values(LeadPatch(stage="working"), words, "s1", "") == {"hs_lead_status": "s2"}
    assert patch_values(LeadPatch(closed="lost"), words, "s1", "") == {"hs_lead_status": "s3"}
    assert words.closed("s3", "") == "not_a_fit"
    assert words.status_label("s2") == "In Progress"


def test_a_status_chosen_by_hand_wins() -> None:
    words = account(statuses={**STATUSES, "PARKED": "Parked"}, status_nurture="Parked")
    assert patch_values(LeadPatch(stage="nurture"), words, "NEW", "") == {"hs_lead_status": "PARKED"}


def test_an_account_without_such_a_status_is_left_alone() -> None:
    assert patch_values(LeadPatch(stage="nurture"), account(statuses={"A": "Alpha"}), "A", "lead") == {}


@pytest.mark.parametrize(
    ("status", "lifecycle", "closed"),
    [
        ("UNQUALIFIED", "lead", "not_a_fit"), ("OPEN_DEAL", "customer", "won"), ("", "customer", "won"),
        ("NEW", "customer", None), ("IN_PROGRESS", "lead", None), ("BAD_TIMING", "lead", None), ("", "", None),
    ],
)  # fmt: skip
def test_what_is_decided_there_is_closed_here(status: str, lifecycle: str, closed: CloseReason | None) -> None:
    assert account().closed(status, lifecycle) == closed
