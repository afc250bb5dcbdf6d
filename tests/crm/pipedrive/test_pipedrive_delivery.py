"""What arrives in Pipedrive: one call for each call, by the right version of its interface, nothing that it refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callsheet.crm.contract.suite import CALL, SUMMER, applied, deliver, make_op, pull
from callsheet.crm.pipedrive import PipedriveCrm
from callsheet.crm.pipedrive.activities import MAX_NOTE, key_of, marked, pieces, unmarked
from callsheet.domain.profile import Profile
from callsheet.sync.port import (
    Applied,
    Conflict,
    LeadCreate,
    LeadPatch,
    Note,
    Rejected,
    TakeBack,
    Task,
    Touch,
)
from tests.crm.pipedrive.backend import PipedriveBackend


def test_a_call_is_a_done_activity_that_is_converted_into_a_call_log(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    lead = pipe.make_lead("Ann Able", phone="+442079460013")
    op = make_op(lead, CALL)
    applied(deliver(pipe, rep, op))
    [activity], [log] = pipe.server.activities.values(), pipe.server.logs.values()
    assert activity["done"] is True
    assert activity["participants"] == [{"person_id": pipe.server.leads[lead]["person_id"], "primary": True}]
    assert (activity["due_date"], activity["due_time"]) == ("2026-07-03", "10:00:00")
    assert log["activity_id"] == activity["id"]
    assert (log["start_time"], log["end_time"]) == ("2026-07-03 10:00:00", "2026-07-03 10:00:47")
    assert log["duration"] == "47"
    assert log["outcome"] == "left_voicemail"
    assert log["subject"] == "Call: Left a voicemail"
    assert not [path for path in pipe.server.asked if "search" in path or "recents" in path]


@pytest.mark.parametrize(
    ("outcome", "reached", "theirs"),
    [
        ("no_answer", False, "no_answer"),
        ("voicemail", False, "left_voicemail"),
        ("busy", False, "busy"),
        ("gatekeeper", False, "left_message"),
        ("connected", True, "connected"),
        ("meeting", True, "connected"),
        ("not_interested", True, "connected"),
        ("wrong_number", False, "wrong_number"),
        ("a_teams_own", True, "connected"),
        ("another_own", False, "no_answer"),
    ],
)
def test_every_outcome_becomes_one_of_six_and_the_words_say_which(
    pipe: PipedriveBackend, rep: PipedriveCrm, outcome: str, reached: bool, theirs: str
) -> None:
    touch = replace(CALL, outcome=outcome, reached=reached, label=f"Plainly {outcome}")
    op = make_op(pipe.make_lead("Ann Able"), touch)
    applied(deliver(pipe, rep, op))
    [log] = pipe.server.logs.values()
    assert log["outcome"] == theirs
    assert f"Plainly {outcome}" in pipe.effects(op.id)[0].text


def test_an_inbound_call_says_so_in_its_subject(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    op = make_op(pipe.make_lead("Ann Able"), replace(CALL, direction="inbound"))
    applied(deliver(pipe, rep, op))
    [log] = pipe.server.logs.values()
    assert log["subject"] == "Call (inbound): Left a voicemail"
    assert log["from_phone_number"] == CALL.number


@pytest.mark.parametrize("second_form", [False, True])
def test_a_lost_reply_to_the_conversion_makes_no_second_call_log(
    pipe: PipedriveBackend, rep: PipedriveCrm, second_form: bool
) -> None:
    pipe.server.nasty.second_form = second_form
    lead = pipe.make_lead("Ann Able")
    for hour in range(70):  # more than a page of older calls
        applied(rep.apply([make_op(lead, CALL, SUMMER - timedelta(hours=hour + 1))])[0])
    op = make_op(lead, CALL)
    pipe.faults.let_pass(1)
    pipe.faults.lose_reply()
    result = deliver(pipe, rep, op)
    assert isinstance(result, Applied)
    assert result.replayed
    assert len(pipe.server.logs) == 71


def test_a_call_is_taken_back_weeks_and_many_calls_later(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    lead = pipe.make_lead("Ann Able")
    op = make_op(lead, CALL)
    applied(rep.apply([op])[0])
    for hour in range(60):
        applied(rep.apply([make_op(lead, CALL, SUMMER + timedelta(days=7, hours=hour))])[0])
    back = make_op(lead, TakeBack(of=op.id, was=CALL), SUMMER + timedelta(days=21))
    applied(rep.apply([back])[0])
    assert not pipe.effects(op.id)
    assert len(pipe.server.logs) == 60


def test_sending_it_again_without_asking_first_does_no_harm_either(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    lead = pipe.make_lead("Ann Able")
    for body in (CALL, replace(CALL, channel="email"), Note("Has a dog"), Task("Call", SUMMER, "phone")):
        op = make_op(lead, body)
        first, second = (applied(rep.apply([op])[0]) for _ in range(2))
        assert second.replayed
        assert second.remote_id == first.remote_id
        assert len(pipe.effects(op.id)) == 1


def test_without_call_logs_in_the_plan_the_activity_says_it_all(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    pipe.server.nasty.call_logs = False
    op = make_op(pipe.make_lead("Ann Able"), CALL)
    applied(rep.apply([op])[0])
    [effect] = pipe.effects(op.id)
    assert CALL.label in effect.text


def test_without_a_type_for_calls_a_task_says_it_all(pipe: PipedriveBackend) -> None:
    next(kind for kind in pipe.server.kinds if kind["key_string"] == "call")["active_flag"] = False
    rep, op = pipe.adapter(), make_op(pipe.make_lead("Ann Able"), CALL)
    assert isinstance(rep.apply([op])[0], Applied)
    assert rep.find_effect(op) is not None
    [effect] = pipe.effects(op.id)
    assert CALL.label in effect.text
    assert not pipe.server.logs
    back = make_op(op.lead, TakeBack(op.id, CALL))
    assert isinstance(rep.apply([back])[0], Applied)
    assert pipe.effects(op.id) == []


def test_a_job_title_without_contact_sync_is_refused_alone(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    pipe.server.nasty.contact_sync = False
    lead = pipe.make_lead("Ann Able", email="old@able.example")
    patch = LeadPatch(stage="connected", profile={"title": "Head of Ops", "emails": "new@able.example"})
    [result] = rep.apply([make_op(lead, patch)])
    assert isinstance(result, Rejected)
    assert (result.code, result.field) == ("forbidden", "title")
    [person] = pipe.server.persons.values()
    assert [one["value"] for one in person["emails"]] == ["new@able.example"]
    assert pipe.state(lead).stage == "Connected"


def test_a_stage_moves_on_and_leaves_other_labels_alone(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    lead = pipe.make_lead("Ann Able")
    hot = next(label["id"] for label in pipe.server.labels if label["name"] == "Hot")
    pipe.server.leads[lead]["label_ids"] = [hot]
    for stage, shown in (("meeting", "Hot, Meeting"), ("working", "Hot, Meeting"), ("won", "Hot, Won")):
        applied(rep.apply([make_op(lead, LeadPatch(stage=stage))])[0])  # type: ignore[arg-type]
        assert pipe.state(lead).stage == shown
    applied(rep.apply([make_op(lead, LeadPatch(reopen=True, stage="working"))])[0])
    assert pipe.state(lead).stage == "Hot, Working"


def test_why_a_lead_was_closed_is_told_in_a_note(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    lead = pipe.make_lead("Ann Able")
    op = make_op(lead, LeadPatch(closed="not_a_fit", closed_note="Too small"))
    for _ in range(2):
        applied(rep.apply([op])[0])
    [note] = pipe.notes(lead)
    assert "Closed: Not a fit. Too small" in note
    assert pipe.state(lead).closed


def test_another_company_is_linked_and_the_old_one_is_not_renamed(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    lead, colleague = (pipe.make_lead(name, company="Old & Co") for name in ("Ann Able", "Ben Best"))
    pipe.server.leads[colleague]["organization_id"] = pipe.server.leads[lead]["organization_id"]
    applied(rep.apply([make_op(lead, LeadPatch(profile={"company": "New & Co"}))])[0])
    assert pipe.state(lead).company == "New & Co"
    assert pipe.state(colleague).company == "Old & Co"


def test_a_long_text_goes_on_in_notes_and_goes_when_taken_back(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    lead = pipe.make_lead("Ann Able")
    touch = replace(CALL, text="<&> " * 30_000 + "the end")
    op = make_op(lead, touch)
    pipe.faults.let_pass(2)
    pipe.faults.lose_reply()
    applied(deliver(pipe, rep, op))
    [effect] = pipe.effects(op.id)
    assert effect.text.count("&") == 30_000
    assert "the end" in effect.text
    assert all(len(note["content"]) < MAX_NOTE + 100 for note in pipe.server.notes.values())
    applied(rep.apply([make_op(lead, TakeBack(of=op.id, was=touch))])[0])
    assert not pipe.effects(op.id)
    assert not pipe.server.logs
    assert not [note for note in pipe.server.notes.values() if note["active_flag"]]


def test_a_note_that_may_not_be_deleted_is_corrected(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    lead = pipe.make_lead("Ann Able")
    op = make_op(lead, Note("Wrong lead"))
    applied(rep.apply([op])[0])
    pipe.server.nasty.own_notes_only = True
    back = make_op(lead, TakeBack(of=op.id, was=Note("Wrong lead")))
    for _ in range(2):
        applied(rep.apply([back])[0])
    assert len(pipe.effects(back.id)) == 1


def test_a_channel_without_a_type_becomes_a_task_that_says_it() -> None:
    pipe = PipedriveBackend()
    pipe.server.nasty.administrator = False
    rep = pipe.adapter()
    rep.check(create=True)
    op = make_op(pipe.make_lead("Ann Able"), Touch("linkedin", "outbound", "invited", "Invited", reached=False))
    applied(rep.apply([op])[0])
    [activity] = pipe.server.activities.values()
    assert activity["type"] == "task"
    assert activity["subject"] == "LinkedIn: Invited"
    assert "linkedin" not in rep.capabilities.channels


def test_a_task_for_a_day_is_due_on_the_reps_day(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    due = datetime(2026, 7, 5, 23, 30, tzinfo=UTC)  # the sixth in London
    applied(rep.apply([make_op(pipe.make_lead("Ann Able"), Task("Call", due, "phone", all_day=True))])[0])
    [activity] = pipe.server.activities.values()
    assert (activity["due_date"], activity["due_time"], activity["done"]) == ("2026-07-06", None, False)


def test_a_new_lead_is_made_once_whatever_reply_is_lost(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    pipe.server.nasty.search_lag = timedelta(hours=1)
    for step in range(4):  # company, person, lead, note
        profile = Profile(name=f"Nia {step}", company=f"New {step}", emails=(f"nia{step}@new.example",), title="CEO")
        op = make_op("", LeadCreate(profile, received_at=SUMMER, source="Fair"), datetime.now(UTC))
        pipe.faults.let_pass(step)
        pipe.faults.lose_reply()
        pipe.server.nasty.search_lag = timedelta(hours=1)
        result = rep.apply([op])[0]
        assert not isinstance(result, Applied)
        applied(rep.apply([op])[0])
    assert not pipe.faults.pending
    assert len(pipe.server.leads) == len(pipe.server.persons) == len(pipe.server.organizations) == 4
    assert len([note for note in pipe.server.notes.values() if "CEO" in note["content"]]) == 4
    assert len(pull(rep)[0]) == 4


def test_a_known_person_without_a_lead_gets_one(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    point = {"value": "Ann@Able.example", "primary": True, "label": "work"}
    person = pipe.server.add_person("Ann Able", emails=[point])
    op = make_op("", LeadCreate(Profile(name="A. Able", emails=("ann@able.example",)), received_at=SUMMER))
    lead = applied(rep.apply([op])[0]).remote_id
    assert pipe.server.leads[lead]["person_id"] == person
    assert pipe.server.leads[lead]["origin_id"] == op.id


def test_a_colleague_who_quotes_our_mark_is_not_taken_for_us() -> None:
    assert key_of(marked("<p>Said</p>", "0198-aa")) == ("0198-aa", 1)
    assert key_of(marked("<p>Said</p>", "0198-aa", 3)) == ("0198-aa", 3)
    assert key_of("<p>callsheet:0198-aa</p><p>What is this?</p>") == ("", 0)
    assert key_of("<p>see callsheet:0198-aa</p>") == ("", 0)
    assert key_of(None) == ("", 0)
    assert unmarked(marked("<p>Said</p>", "0198-aa")) == "Said"


def test_no_character_is_lost_between_the_parts_of_a_text() -> None:
    text = "<&>" * 20_000
    parts = pieces(text)
    assert len(parts) > 1
    assert "".join(part.replace("<p>", "").replace("</p>", "") for part in parts) == "&lt;&amp;&gt;" * 20_000


def test_a_lead_that_is_gone_is_told(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    lead = pipe.make_lead("Ann Able")
    pipe.delete(lead)
    [result] = rep.apply([make_op(lead, CALL)])
    assert isinstance(result, Rejected)
    assert result.code == "gone"


def test_a_lead_that_is_shown_no_more_once_it_was_handed_over_stays_there(
    pipe: PipedriveBackend, rep: PipedriveCrm
) -> None:
    lead = pipe.make_lead("Ann Able")
    pipe.server.nasty.visible = False
    op = make_op(lead, LeadPatch(owner="otto12@co.example"))
    given = applied(rep.apply([op])[0])
    assert given.remote_id == "12"
    back = make_op(lead, LeadPatch(owner="", owner_from="12"))
    assert [type(one) for one in (*rep.apply([op]), *rep.apply([back]))] == [Conflict, Conflict]
    assert pipe.state(lead).owner == "Otto Other"


def test_who_may_not_see_the_users_hands_nothing_over(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    lead = pipe.make_lead("Ann Able")
    pipe.server.nasty.no_users = True
    [refused] = rep.apply([make_op(lead, LeadPatch(owner="Otto Other"))])
    assert isinstance(refused, Rejected)
    assert refused.code == "forbidden"
    assert pipe.state(lead).owner == "Rita Rep"
