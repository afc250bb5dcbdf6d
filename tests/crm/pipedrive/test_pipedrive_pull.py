"""What comes in from Pipedrive: three records make a lead, the archive is a list apart, and merges leave no trace."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from callsheet.crm.contract.suite import CALL, applied, deliver, make_op, pull, pull_history
from callsheet.crm.pipedrive import PipedriveCrm
from callsheet.crm.pipedrive.times import due, moment
from callsheet.sync.port import Drift, Gone, Invalid, Moved, NotVisible, Present
from tests.crm.pipedrive.backend import PipedriveBackend
from tests.crm.pipedrive.server import MANAGER, at


def test_an_idle_round_asks_for_no_person_and_no_lead_again(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    pipe.make_lead("Ann Able", company="Able & Co")
    pipe.clock.forward(timedelta(hours=1))
    _, cursor = pull(rep)
    pipe.clock.forward(timedelta(hours=1))
    _, cursor = pull(rep, cursor)
    pipe.clock.forward(timedelta(hours=1))
    pipe.server.asked.clear()
    found, _ = pull(rep, cursor)
    assert len(pipe.server.asked) <= 7, pipe.server.asked
    assert len(found) <= 1


@pytest.mark.parametrize("what", ["title", "company"])
def test_a_change_of_the_person_or_company_alone_comes_in(pipe: PipedriveBackend, rep: PipedriveCrm, what: str) -> None:
    lead = pipe.make_lead("Ann Able", company="Able & Co", title="Clerk")
    pipe.clock.forward(timedelta(hours=1))
    _, cursor = pull(rep)
    pipe.clock.forward(timedelta(hours=1))
    pipe.edit_lead(lead, **{what: "after"})
    pipe.clock.forward(timedelta(hours=1))
    assert getattr(pull(rep, cursor)[0][lead].profile, what) == "after"


def test_a_person_changed_while_the_first_pull_runs_is_not_missed(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    lead = pipe.make_lead("Ann Able", title="before")
    pipe.clock.forward(timedelta(hours=1))
    first = rep.changes(None)
    pipe.clock.forward(timedelta(minutes=10))
    pipe.edit_lead(lead, title="after")
    pipe.clock.forward(timedelta(minutes=10))
    _, cursor = pull(rep, first.cursor)
    assert pull(rep, cursor)[0][lead].profile.title == "after"


def test_more_leads_of_one_second_than_a_page_holds_all_come_in(pipe: PipedriveBackend) -> None:
    pipe.page = 5
    moments = pipe.server.stamp()
    made = {pipe.make_lead(f"Bulk {number}") for number in range(23)}
    for lead in made:
        pipe.server.leads[lead]["update_time"] = moments
    assert pull(pipe.adapter())[0].keys() == made


def test_leads_touched_while_pages_are_read_push_no_other_out(pipe: PipedriveBackend) -> None:
    pipe.page = 10
    stamp = pipe.server.stamp()
    made = [pipe.make_lead(f"Bulk {number}") for number in range(35)]
    for lead in made:
        pipe.server.leads[lead]["update_time"] = stamp
    rep = pipe.adapter()
    seen: set[str] = set()
    cursor: str | None = None
    more = True
    while more:
        page = rep.changes(cursor)
        seen |= {lead.id for lead in page.leads}
        cursor, more = page.cursor, page.more
        pipe.clock.forward(timedelta(seconds=2))
        if page.leads:
            pipe.server.touch(pipe.server.leads[page.leads[0].id])
    assert seen == set(made)


def test_an_archived_lead_comes_in_and_its_label_says_why(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    lead, other = pipe.make_lead("Ann Able"), pipe.make_lead("Ben Best")
    _, cursor = pull(rep)
    pipe.set_do_not_contact(lead)
    pipe.lose(lead)
    pipe.lose(other)
    found, _ = pull(rep, cursor)
    assert found[lead].closed == "do_not_contact"
    assert found[lead].do_not_contact
    assert found[other].closed == "lost"


@pytest.mark.parametrize(
    ("source", "kind"), [("Web forms", "contact_form"), ("Live chat", "contact_form"), ("Web visitors", "visit")]
)
def test_a_form_sent_in_makes_a_lead_hot_by_itself(
    pipe: PipedriveBackend, rep: PipedriveCrm, source: str, kind: str
) -> None:
    lead = pipe.make_lead("Ann Able")
    pipe.server.leads[lead] |= {"source_name": source, "origin": "x"}
    [interaction] = pull(rep)[0][lead].interactions
    assert interaction.kind == kind
    assert interaction.at == at(pipe.server.leads[lead]["add_time"])


def test_of_merged_persons_the_lead_stays_with_the_one_who_stayed(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    lead, other = pipe.make_lead("Ann Able"), pipe.make_lead("Anne Able", email="anne@able.example")
    pipe.server.merge_persons(pipe.server.leads[lead]["person_id"], pipe.server.leads[other]["person_id"])
    where = rep.resolve([lead])[lead]
    assert isinstance(where, Present)
    assert where.lead.profile.emails == ("anne@able.example",)


@pytest.mark.parametrize("remembered", [True, False])
def test_a_lead_left_over_by_a_merge_goes_on_in_the_other(
    pipe: PipedriveBackend, rep: PipedriveCrm, remembered: bool
) -> None:
    loser, winner = pipe.make_lead("Ann Able"), pipe.make_lead("Anne Able")
    if remembered:
        person = pipe.server.leads[loser]["person_id"]
        pipe.server.leads[winner]["person_id"] = person
        pull(rep)
        pipe.delete(loser)
    else:
        applied(deliver(pipe, rep, make_op(loser, CALL)))
        pipe.merge(loser, winner)
        rep = pipe.adapter()
    assert rep.resolve([loser])[loser] == Moved(winner)


def test_many_leads_are_looked_for_in_the_lists(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    leads = [pipe.make_lead(f"Ann {number}") for number in range(40)]
    pipe.delete(leads[0])
    pipe.reassign(leads[1])
    pipe.lose(leads[2])
    where = rep.resolve([*leads, "987654321"])
    assert isinstance(where[leads[0]], Gone)
    assert where[leads[1]] == NotVisible("Otto Other")
    assert all(isinstance(where[lead], Present) for lead in leads[2:])
    assert isinstance(where["987654321"], Gone)
    assert len(pipe.server.asked) < 15


def test_a_lead_that_may_not_be_seen_is_not_deleted(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    lead = pipe.make_lead("Ann Able")
    pipe.reassign(lead)
    pipe.server.nasty.visible = False
    assert rep.resolve([lead])[lead] == NotVisible()


def test_history_tells_who_did_what_and_leaves_out_what_is_to_be_done(
    pipe: PipedriveBackend, rep: PipedriveCrm
) -> None:
    lead = pipe.make_lead("Ann Able")
    person = pipe.server.leads[lead]["person_id"]
    _, cursor = pull_history(rep)
    shared = {
        "lead_id": None,
        "person_id": person,
        "is_deleted": False,
        "note": "<p>Spoke 5 &lt; 6</p>",
        "org_id": None,
        "duration": None,
        "participants": [{"person_id": person, "primary": True}],
        "marked_as_done_time": None,
    }
    for done in (True, False):
        row: dict[str, Any] = {
            "id": pipe.server.next(),
            "subject": "Lunch",
            "type": "meeting",
            "owner_id": MANAGER,
            "done": done,
        }
        row |= {"due_date": "2026-07-03", "due_time": "10:00", "add_time": pipe.server.stamp(), **shared}
        pipe.server.activities[row["id"]] = row | {"update_time": pipe.server.stamp()}
    found, _ = pull_history(rep, cursor)
    [touch] = found
    assert (touch.lead, touch.channel, touch.author, touch.mine) == (lead, "meeting", "Mona Manager", False)
    assert touch.text == "Lunch\nSpoke 5 < 6"


def test_a_page_mark_that_has_expired_starts_the_list_again(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    lead = pipe.make_lead("Ann Able")
    op = make_op(lead, CALL)
    applied(deliver(pipe, rep, op))
    cursor = '{"began":"2026-07-01T00:00:00Z","activities":"expired","notes":null}'
    found, _ = pull_history(rep, cursor)
    assert [touch.key for touch in found] == [op.id]


@pytest.mark.parametrize(
    ("text", "hour"),
    [("2026-07-03 10:00:00", 10), ("2026-07-03T10:00:00Z", 10), ("2026-07-03T12:00:00+02:00", 10)],
)
def test_both_forms_of_a_time_are_read(text: str, hour: int) -> None:
    found = moment(text)
    assert found is not None
    assert (found.hour, found.utcoffset()) == (hour, timedelta(0))


def test_what_is_no_time_is_drift() -> None:
    with pytest.raises(Drift):
        moment("yesterday")
    assert moment("") is None
    assert due("2026-07-03", "")[1]
    assert not due("2026-07-03", "09:30")[1]


def test_a_mark_that_is_none_of_ours_is_told(rep: PipedriveCrm) -> None:
    with pytest.raises(Invalid):
        rep.changes("what is this")


def test_a_lead_that_becomes_mine_brings_what_was_done_long_before(pipe: PipedriveBackend, rep: PipedriveCrm) -> None:
    lead = pipe.make_lead("Taken Over", mine=False)
    kept = pipe.make_lead("Mine All Along")
    pipe.remark(lead, "Said before it was mine")
    pipe.remark(kept, "Said long ago")
    pipe.clock.forward(timedelta(days=300))
    _, cursor = pull_history(rep)
    pipe.clock.forward(timedelta(days=1))
    pipe.reassign(lead, mine=True)
    touches, cursor = pull_history(rep, cursor)
    assert [(touch.lead, touch.text) for touch in touches] == [(lead, "Said before it was mine")]
    pipe.clock.forward(timedelta(days=1))
    pipe.server.asked.clear()
    assert not pull_history(rep, cursor)[0]
    assert not [asked for asked in pipe.server.asked if lead in str(asked)], "a known lead costs nothing"
