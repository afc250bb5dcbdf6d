"""What bites in a real Odoo, each with the test that it does not bite us."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from callsheet.crm.contract.suite import CALL, SUMMER, applied, make_op, pull, pull_history, send, unique
from callsheet.crm.odoo import OdooCrm
from callsheet.crm.registry import Connection, factory
from callsheet.domain.events import new_id
from callsheet.domain.profile import Profile
from callsheet.settings import Secret
from callsheet.sync.port import (
    Ambiguous,
    Applied,
    AuthBroken,
    Gone,
    Invalid,
    LeadCreate,
    LeadPatch,
    Note,
    NotVisible,
    Op,
    OpBody,
    Present,
    Rejected,
    TakeBack,
    Task,
    TaskDone,
    Touch,
    Unavailable,
    Uncertain,
)
from tests.crm.odoo.backend import DATABASE, STOCK_DATABASE, URL, OdooBackend, keys, moment

pytestmark = pytest.mark.odoo

EMAIL = replace(CALL, channel="email", outcome="sent", label="Sent")


@pytest.fixture(scope="module")
def with_calls() -> Iterator[OdooBackend]:
    with OdooBackend(DATABASE) as backend:
        yield backend


@pytest.fixture(scope="module")
def plain() -> Iterator[OdooBackend]:
    with OdooBackend(STOCK_DATABASE) as backend:
        yield backend


@pytest.fixture
def odoo(with_calls: OdooBackend) -> OdooBackend:
    return with_calls


@pytest.fixture
def crm(odoo: OdooBackend) -> Iterator[OdooCrm]:
    crm = odoo.adapter()
    yield crm
    crm.close()


# connecting


def test_the_registry_connects_to_a_real_server() -> None:
    crm = factory("odoo")(Connection(URL, Secret(keys(DATABASE)["rep1"]), database=DATABASE))
    me = crm.whoami()
    assert me.name == "Rita Rep"
    assert me.timezone == "Europe/London"
    assert me.organization
    crm.close()


def test_each_thing_that_can_be_wrong_has_its_own_sentence(odoo: OdooBackend) -> None:
    key = Secret(keys(DATABASE)["rep1"])

    def problem(url: str, secret: Secret, database: str) -> tuple[type[Exception], str]:
        crm = OdooCrm(Connection(url, secret, database=database))
        with pytest.raises((AuthBroken, Invalid, Uncertain, Unavailable)) as caught:
            crm.whoami()
        crm.close()
        return type(caught.value), str(caught.value)

    found = [
        problem(URL, Secret("wrong-key"), DATABASE),
        problem(URL, key, "crm19_none_such"),
        problem(f"{URL}/elsewhere", key, DATABASE),
        problem("http://127.0.0.1:9", key, DATABASE),
    ]
    assert [kind for kind, _ in found] == [AuthBroken, Invalid, Uncertain, Unavailable]
    assert len({sentence for _, sentence in found}) == 4
    assert not any(key.reveal() in sentence or "wrong-key" in sentence for _, sentence in found)
    assert not any("Traceback" in sentence for _, sentence in found)


@pytest.mark.parametrize("tail", ["/odoo", "/odoo/crm/61?debug=1", "/web#id=3", "/"])
def test_an_address_may_be_copied_from_the_browser(tail: str) -> None:
    crm = factory("odoo")(Connection(URL + tail, Secret(keys(DATABASE)["rep1"]), database=DATABASE))
    assert crm.whoami().name == "Rita Rep"
    crm.close()


def test_plain_http_to_another_machine_is_refused() -> None:
    with pytest.raises(Invalid, match="https"):
        factory("odoo")(Connection("http://odoo.example", Secret("x")))


# reading


def test_a_page_that_ends_within_a_second_skips_nothing(odoo: OdooBackend) -> None:
    """Odoo orders by microseconds and compares by seconds: a cursor of (time, id) would lose the lower ids."""
    crm = odoo.adapter(page=3)
    _, cursor = pull(crm)
    made = [odoo.make_lead(unique("Bulk")) for _ in range(10)]
    for lead in reversed(made):
        odoo.edit_lead(lead, title="touched in reverse")
    came, cursor = pull(crm, cursor)
    assert set(made) <= came.keys()
    assert {came[lead].profile.title for lead in made} == {"touched in reverse"}
    odoo.call("crm.lead", "write", ids=[int(lead) for lead in made], vals={"function": "all at once"})
    came, _ = pull(crm, cursor)
    assert {came[lead].profile.title for lead in made} == {"all at once"}
    crm.close()


def test_a_blacklisted_number_comes_in_though_the_lead_has_not_changed(odoo: OdooBackend, crm: OdooCrm) -> None:
    lead = odoo.make_lead(unique("Stop"), phone=f"+44 20 7946 {secrets.randbelow(9000) + 1000}")
    before, cursor = pull(crm)
    odoo.set_do_not_contact(lead)
    after, cursor = pull(crm, cursor)
    assert after[lead].do_not_contact
    assert after[lead].version != before[lead].version
    assert lead in pull(odoo.adapter(), cursor)[0], "a restart must not forget it"


def test_a_blacklisted_address_and_a_tag_count_as_well(odoo: OdooBackend, crm: OdooCrm) -> None:
    address = f"{secrets.token_hex(5)}@stop.example"
    mailed, tagged = odoo.make_lead(unique("Mail"), email=address), odoo.make_lead(unique("Tag"))
    odoo.call("mail.blacklist", "create", vals_list=[{"email": address}])
    tags = odoo.rows("crm.tag", [["name", "=", "Do not contact"]], ["id"])
    tag = tags[0]["id"] if tags else odoo.call("crm.tag", "create", vals_list=[{"name": "Do not contact"}])[0]
    odoo.write(tagged, tag_ids=[[4, tag]])
    leads, _ = pull(crm)
    assert leads[mailed].do_not_contact
    assert leads[tagged].do_not_contact


def test_where_a_lead_went_is_told_as_well_as_a_rep_may_know(odoo: OdooBackend, crm: OdooCrm) -> None:
    here, given, gone = (odoo.make_lead(unique("Where")) for _ in range(3))
    lost = odoo.make_lead(unique("Lost"))
    odoo.reassign(given)
    odoo.delete(gone)
    odoo.lose(lost)
    found = crm.resolve([here, given, gone, lost, "not a number"])
    assert isinstance(found[here], Present)
    assert isinstance(found[given], NotVisible)
    assert isinstance(found[gone], Gone)
    assert isinstance(found["not a number"], Gone)
    where = found[lost]
    assert isinstance(where, Present)
    assert where.lead.closed == "lost"
    assert list(found) == [here, given, gone, lost, "not a number"]


def test_a_web_form_is_a_reason_to_call(odoo: OdooBackend, crm: OdooCrm) -> None:
    [medium] = odoo.rows("utm.medium", [["name", "=ilike", "website"]], ["id"]) or [
        {"id": odoo.call("utm.medium", "create", vals_list=[{"name": "Website"}])[0]}
    ]
    lead = odoo.make_lead(unique("Form"), medium_id=medium["id"], description="<p>Call me &amp; bring prices</p>")
    [interaction] = pull(crm)[0][lead].interactions
    assert interaction.kind == "contact_form"
    assert interaction.text == "Call me & bring prices"


def test_history_has_its_own_cursor_as_a_message_does_not_change_the_lead(odoo: OdooBackend, crm: OdooCrm) -> None:
    lead = odoo.make_lead(unique("Quiet"))
    [before] = odoo.rows("crm.lead", [["id", "=", int(lead)]], ["write_date"])
    _, cursor = pull_history(crm)
    odoo.remark(lead, "Their budget is fixed")
    [after] = odoo.rows("crm.lead", [["id", "=", int(lead)]], ["write_date"])
    assert before == after
    touches, _ = pull_history(crm, cursor)
    assert [touch.text for touch in touches if touch.lead == lead] == ["Their budget is fixed"]


def test_a_lead_that_becomes_mine_brings_what_was_done_long_before(odoo: OdooBackend, crm: OdooCrm) -> None:
    """A cursor of some later time stands for the years between what was done and the day the lead was given to me."""
    lead = odoo.make_lead(unique("Taken over"), mine=False)
    odoo.remark(lead, "Said before it was mine")
    values = {"name": "Talked", "opportunity_id": int(lead), "state": "done", "user_id": odoo.other, "duration": 2}
    [call] = odoo.call("crm.phonecall", "create", vals_list=[values])
    _, cursor = pull_history(crm)
    odoo.reassign(lead, mine=True)
    [given] = odoo.rows("crm.lead", [["id", "=", int(lead)]], ["date_open"])
    later = (datetime.fromisoformat(given["date_open"]) + timedelta(seconds=30)).isoformat(sep=" ")
    place = json.loads(cursor)
    for table in ("messages", "calls"):
        place[table] = ["", None, later, False]
    touches, _ = pull_history(crm, json.dumps(place))
    came = sorted(touch.text for touch in touches if touch.lead == lead)
    assert came == ["Said before it was mine", "Talked"], call


def test_a_call_by_a_colleague_is_in_the_history(odoo: OdooBackend, crm: OdooCrm) -> None:
    lead = odoo.make_lead(unique("Called"))
    _, cursor = pull_history(crm)
    values = {"name": "Talked", "opportunity_id": int(lead), "state": "done", "user_id": odoo.other, "duration": 2}
    odoo.call("crm.phonecall", "create", vals_list=[values, {**values, "name": "Planned", "state": "open"}])
    touches, _ = pull_history(crm, cursor)
    [touch] = [touch for touch in touches if touch.lead == lead]
    assert (touch.channel, touch.text, touch.author, touch.mine) == ("phone", "Talked", "Sam Seller", False)


# writing


@pytest.mark.parametrize("at", [SUMMER, datetime(2026, 12, 3, 10, 0, tzinfo=UTC)])
def test_times_are_right_in_summer_and_winter(odoo: OdooBackend, crm: OdooCrm, at: datetime) -> None:
    """`load` reads times in the rep's zone unless told otherwise; in winter the mistake is invisible in London."""
    lead = odoo.make_lead(unique("Time"))
    ops = [make_op(lead, CALL, at), make_op(lead, EMAIL, at), make_op(lead, Note("x"), at)]
    for result in send(crm, ops):
        applied(result)
    assert [odoo.effects(op.id)[0].at for op in ops] == [at] * 3


def test_sending_again_does_not_undo_what_a_manager_wrote(odoo: OdooBackend, crm: OdooCrm) -> None:
    lead = odoo.make_lead(unique("Corrected"))
    call, note = make_op(lead, CALL), make_op(lead, Note("as the rep said"))
    first, second = (applied(result).remote_id for result in send(crm, [call, note]))
    odoo.call("crm.phonecall", "write", ids=[int(first)], values={"description": "by the manager"})
    odoo.call("mail.message", "write", ids=[int(second)], vals={"body": "<p>by the manager</p>"})
    assert [applied(result).remote_id for result in send(crm, [call, note])] == [first, second]
    assert "by the manager" in odoo.effects(call.id)[0].text
    assert odoo.effects(note.id)[0].text == "by the manager"


def test_many_bad_rows_do_not_keep_the_good_ones_out(odoo: OdooBackend, crm: OdooCrm) -> None:
    """Odoo stops telling after ten errors, and blames the first row for another one's fault."""
    lead = odoo.make_lead(unique("Mixed"))
    for touch in (CALL, EMAIL):
        ops = [make_op(lead if place % 2 else "987654321", touch) for place in range(30)]
        results = send(crm, ops)
        for op, result in zip(ops, results, strict=True):
            assert isinstance(result, Applied if op.lead == lead else Rejected), result
            assert len(odoo.effects(op.id)) == (op.lead == lead)


def test_a_call_on_a_lead_that_was_given_away_is_still_kept(odoo: OdooBackend, crm: OdooCrm) -> None:
    lead = odoo.make_lead(unique("Given away"))
    odoo.reassign(lead)
    op = make_op(lead, CALL)
    applied(send(crm, [op])[0])
    assert odoo.effects(op.id)[0].lead == lead
    [refused] = send(crm, [make_op(lead, EMAIL)])
    assert isinstance(refused, Rejected)
    assert refused.code == "forbidden"
    [patched] = send(crm, [make_op(lead, LeadPatch(stage="meeting"))])
    assert isinstance(patched, Rejected)
    assert patched.code == "forbidden"


def test_a_deleted_lead_is_gone_for_a_patch(odoo: OdooBackend, crm: OdooCrm) -> None:
    lead = odoo.make_lead(unique("Deleted"))
    odoo.delete(lead)
    for body in (LeadPatch(stage="meeting"), CALL):
        [result] = send(crm, [make_op(lead, body)])
        assert isinstance(result, Rejected)
        assert result.code == "gone"


def test_a_call_keeps_its_length_when_it_is_taken_back(odoo: OdooBackend, crm: OdooCrm) -> None:
    """`write {"state": "done"}` alone would set the length to nothing; a rep may not delete a call at all."""
    lead = odoo.make_lead(unique("Undone"))
    op = make_op(lead, CALL)
    number = int(applied(send(crm, [op])[0]).remote_id)
    back = applied(send(crm, [make_op(lead, TakeBack(of=op.id, was=CALL))])[0])
    assert "cancelled" in back.how
    [row] = odoo.rows("crm.phonecall", [["id", "=", number]], ["state", "active", "duration"])
    assert (row["state"], row["active"]) == ("cancel", False)
    assert row["duration"] == pytest.approx(47 / 60)


def test_who_may_delete_a_call_deletes_it(odoo: OdooBackend) -> None:
    crm = odoo.adapter(login="admin")
    lead = odoo.make_lead(unique("Undone"))
    op = make_op(lead, CALL)
    applied(send(crm, [op])[0])
    back = applied(send(crm, [make_op(lead, TakeBack(of=op.id, was=CALL))])[0])
    assert "deleted" in back.how
    assert not odoo.found(f"touch_{op.id}")
    crm.close()


def test_taking_back_a_mail_leaves_no_trace_in_the_chatter(odoo: OdooBackend, crm: OdooCrm) -> None:
    lead = odoo.make_lead(unique("Undone"))
    before = odoo.notes(lead)
    op = make_op(lead, EMAIL)
    applied(send(crm, [op])[0])
    assert len(odoo.notes(lead)) == len(before) + 1
    applied(send(crm, [make_op(lead, TakeBack(of=op.id, was=EMAIL))])[0])
    assert odoo.notes(lead) == before


def test_a_step_is_done_with_one_line_in_the_chatter(odoo: OdooBackend, crm: OdooCrm) -> None:
    """Odoo posts a second line when a done activity is marked as done again."""
    lead = odoo.make_lead(unique("Step"))
    task = make_op(lead, Task("Send prices", SUMMER + timedelta(days=2), "email", text="with the <b>new</b> list"))
    applied(send(crm, [task])[0])
    before = len(odoo.notes(lead))
    done = make_op(lead, TaskDone(task=task.id, text="sent"))
    odoo.faults.lose_reply()
    send(crm, [done])
    assert applied(send(crm, [done])[0]).replayed
    assert len(odoo.notes(lead)) == before + 1
    [row] = odoo.rows("mail.activity", [["id", "=", odoo.found(f"task_{task.id}")[f"task_{task.id}"][1]]], ["feedback"])
    assert row["feedback"] == "sent"


def test_the_line_of_a_step_that_we_did_is_known_as_ours_and_counts_as_no_call(odoo: OdooBackend, crm: OdooCrm) -> None:
    _, cursor = pull_history(crm)
    lead = odoo.make_lead(unique("Step"))
    steps = [make_op(lead, Task(f"Call {nth}", SUMMER + timedelta(days=nth), "phone")) for nth in range(2)]
    send(crm, steps)
    first, second = (make_op(lead, TaskDone(task=step.id)) for step in steps)
    made = [applied(send(crm, [first])[0]).remote_id]
    odoo.faults.lose_reply()
    send(crm, [second])
    made.append(applied(send(crm, [second])[0]).remote_id)
    touches, _ = pull_history(crm, cursor)
    assert sorted(touch.remote_id for touch in touches if touch.lead == lead) == sorted(made)


def test_a_step_that_somebody_deleted_counts_as_done(odoo: OdooBackend, crm: OdooCrm) -> None:
    lead = odoo.make_lead(unique("Step"))
    task = make_op(lead, Task("Send prices", SUMMER, "email"))
    number = applied(send(crm, [task])[0]).remote_id
    odoo.call("mail.activity", "unlink", ids=[int(number)])
    assert applied(send(crm, [make_op(lead, TaskDone(task=task.id))])[0]).replayed


def test_only_what_differs_of_a_step_is_written(odoo: OdooBackend, crm: OdooCrm) -> None:
    lead = odoo.make_lead(unique("Step"))
    task = make_op(lead, Task("Send prices", SUMMER, "email", all_day=True))
    number = int(applied(send(crm, [task])[0]).remote_id)
    odoo.call("mail.activity", "write", ids=[number], vals={"note": "<p>manager's hint</p>"})
    applied(send(crm, [replace(task, body=Task("Send prices", SUMMER + timedelta(days=1), "email", all_day=True))])[0])
    [row] = odoo.rows("mail.activity", [["id", "=", number]], ["note", "date_deadline", "summary"])
    assert row["note"] == "<p>manager's hint</p>"
    assert row["date_deadline"] == "2026-07-04"


def test_the_addon_may_go_while_we_work(odoo: OdooBackend, crm: OdooCrm) -> None:
    assert crm.check()
    lead = odoo.make_lead(unique("Without"))
    gone = {"name": "werkzeug.exceptions.NotFound", "message": "the model 'crm.phonecall' does not exist"}
    odoo.faults.answer(lambda: httpx.Response(404, json=gone))
    ops = [make_op(lead, CALL), make_op(lead, CALL)]
    for op, result in zip(ops, send(crm, ops), strict=True):
        applied(result)
        assert odoo.found(f"touch_{op.id}")[f"touch_{op.id}"][0] == "mail.activity"


def test_without_the_addon_a_call_is_a_done_activity_with_its_line(plain: OdooBackend) -> None:
    crm = plain.adapter()
    lead = plain.make_lead(unique("Stock"))
    op = make_op(lead, CALL)
    number = int(applied(send(crm, [op])[0]).remote_id)
    fields = ["active", "activity_type_id", "date_done", "feedback", "user_id"]
    [row] = plain.rows("mail.activity", [["id", "=", number]], fields)
    assert (row["active"], row["activity_type_id"][1], row["date_done"]) == (False, "Call", "2026-07-03")
    assert row["user_id"][0] == plain.rep
    [line] = [line for line in plain.notes(lead) if CALL.text in line]
    assert "Call: Left a voicemail (0:47 min)" in line
    assert any("no call record" in finding.detail for finding in crm.check())
    crm.close()


def test_do_not_contact_of_a_rep_is_a_tag_and_of_an_administrator_the_blacklist_too(odoo: OdooBackend) -> None:
    stem = f"+44 20 7946 {secrets.randbelow(900) + 100}"
    number, another = f"{stem}1", f"{stem}2"
    tagged, listed = odoo.make_lead(unique("Stop"), phone=number), odoo.make_lead(unique("Stop"), phone=another)
    rep, boss = odoo.adapter(), odoo.adapter(login="admin")
    stop = LeadPatch(do_not_contact=True, points=(number.replace(" ", ""),))
    applied(send(rep, [make_op(tagged, stop)])[0])
    row = odoo.rows("crm.lead", [["id", "in", [int(tagged), int(listed)]]], ["tag_ids", "phone_blacklisted"])
    assert [bool(each["tag_ids"]) for each in row] == [False, True] or row[0]["id"] == int(tagged)
    applied(send(boss, [make_op(listed, LeadPatch(do_not_contact=True))])[0])
    [stopped] = odoo.rows("crm.lead", [["id", "=", int(listed)]], ["phone_blacklisted"])
    assert stopped["phone_blacklisted"], "the number has to be listed as Odoo compares it"
    where = rep.resolve([tagged])[tagged]
    assert isinstance(where, Present)
    assert where.lead.do_not_contact
    applied(send(rep, [make_op(tagged, LeadPatch(do_not_contact=False))])[0])
    where = rep.resolve([tagged])[tagged]
    assert isinstance(where, Present)
    assert not where.lead.do_not_contact
    rep.close()
    boss.close()


def test_a_lost_lead_gets_the_company_s_own_reason_or_none(odoo: OdooBackend, crm: OdooCrm) -> None:
    fit, other = odoo.make_lead(unique("Lost")), odoo.make_lead(unique("Lost"))
    applied(send(crm, [make_op(fit, LeadPatch(closed="not_a_fit", closed_note="Too small"))])[0])
    applied(send(crm, [make_op(other, LeadPatch(closed="duplicate"))])[0])
    rows = odoo.rows("crm.lead", [["id", "in", [int(fit), int(other)]]], ["lost_reason_id", "active", "won_status"])
    reasons = {str(row["id"]): row["lost_reason_id"] for row in rows}
    assert all(row["won_status"] == "lost" for row in rows)
    names = {row["name"] for row in odoo.rows("crm.lost.reason", [], ["name"])}
    if "Not a fit" in names:
        assert reasons[fit][1] == "Not a fit"
    assert reasons[other] is False
    assert any("Not a fit. Too small" in line for line in odoo.notes(fit))
    assert any("Duplicate" in line for line in odoo.notes(other))


def test_a_stage_never_goes_back_and_the_version_of_our_own_change_is_known(odoo: OdooBackend, crm: OdooCrm) -> None:
    lead = odoo.make_lead(unique("Stage"))
    version = applied(send(crm, [make_op(lead, LeadPatch(stage="meeting"))])[0]).version
    reached = odoo.state(lead).stage
    applied(send(crm, [make_op(lead, LeadPatch(stage="connected"))])[0])
    assert odoo.state(lead).stage == reached
    assert pull(crm)[0][lead].version == version


def test_undoing_a_report_brings_the_stage_back(odoo: OdooBackend, crm: OdooCrm) -> None:
    lead, further = odoo.make_lead(unique("Stage")), odoo.make_lead(unique("Stage"))
    first = odoo.state(lead).stage
    applied(send(crm, [make_op(lead, LeadPatch(stage="meeting"))])[0])
    applied(send(crm, [make_op(lead, LeadPatch(stage="working", reopen=True))])[0])
    assert odoo.state(lead).stage == first
    applied(send(crm, [make_op(further, LeadPatch(stage="won", closed="won"))])[0])
    assert odoo.state(further).won
    applied(send(crm, [make_op(further, LeadPatch(stage="connected", reopen=True))])[0])
    assert odoo.state(further).stage == crm.vocabulary().stages["connected"]
    assert not odoo.state(further).won


def test_what_has_no_field_is_said_in_words_once(odoo: OdooBackend, crm: OdooCrm) -> None:
    lead = odoo.make_lead(unique("Fields"), phone="+44 20 7946 0013")
    changes = {
        "phones": "+442079460013", "emails": "a@b.example; c@d.example", "country": "US", "state": "California",
        "linkedin": "https://linkedin.example/in/zoe", "city": "", "name": "Zoë <b>",
    }  # fmt: skip
    op = make_op(lead, LeadPatch(profile=changes))
    for _ in range(2):
        applied(send(crm, [op])[0])
    fields = ["phone", "email_from", "country_id", "state_id", "contact_name"]
    [row] = odoo.rows("crm.lead", [["id", "=", int(lead)]], fields)
    assert row["phone"] == "+44 20 7946 0013", "the same number is not rewritten"
    assert row["email_from"] == "a@b.example, c@d.example"
    assert row["country_id"][1] == "United States"
    assert "California" in row["state_id"][1]
    assert row["contact_name"] == "Zoë <b>"
    assert len([line for line in odoo.notes(lead) if "LinkedIn: https://linkedin.example/in/zoe" in line]) == 1
    profile = pull(crm)[0][lead].profile
    assert (profile.country, profile.state, profile.emails) == ("US", "California", ("a@b.example", "c@d.example"))


def test_a_new_lead_carries_all_that_is_known(odoo: OdooBackend, crm: OdooCrm) -> None:
    word = secrets.token_hex(4)
    profile = Profile(
        name=f"Nia {word}", company="New & Co", title="CEO", phones=(f"+1212555{secrets.randbelow(9000) + 1000}",),
        emails=(f"{word}@new.example",), website="https://new.example", linkedin="https://linkedin.example/in/nia",
        address="1 Main St", zip="10001", city="New York", state="New York", country="US",
    )  # fmt: skip
    op = make_op("", LeadCreate(profile, SUMMER, source=f"Fair {word}", campaign=f"Autumn {word}", do_not_contact=True))
    number = applied(send(crm, [op])[0]).remote_id
    assert applied(send(crm, [op])[0]).remote_id == number
    came = pull(crm)[0][number]
    assert replace(came.profile, extra=()) == replace(profile, linkedin="")
    assert (came.source, came.campaign, came.do_not_contact) == (f"Fair {word}", f"Autumn {word}", True)


def test_a_switchboard_number_alone_does_not_make_two_people_one(odoo: OdooBackend, crm: OdooCrm) -> None:
    number = f"+4420794{secrets.randbelow(90000) + 10000}"
    known = odoo.make_lead(name := unique("Ann"), phone=f"{number[:3]} {number[3:5]} {number[5:9]} {number[9:]}")
    same = make_op("", LeadCreate(Profile(name=name.upper(), phones=(number,)), SUMMER))
    other = make_op("", LeadCreate(Profile(name=unique("Bob"), phones=(number,)), SUMMER))
    first, second = (applied(result).remote_id for result in send(crm, [same, other]))
    assert first == known
    assert second != known


def test_a_rep_s_whole_day_arrives_in_one_batch(odoo: OdooBackend, crm: OdooCrm) -> None:
    leads = [odoo.make_lead(unique("Day"), phone="+442079460013") for _ in range(20)]
    ops: list[Op] = []
    for place, lead in enumerate(leads):
        at = SUMMER + timedelta(minutes=7 * place)
        task = make_op(lead, Task("Call back", at + timedelta(days=2), "phone"), at)
        ops += [
            make_op(lead, CALL, at),
            make_op(lead, EMAIL, at),
            make_op(lead, LeadPatch(stage="connected"), at),
            task,
        ]
        ops += [make_op(lead, TaskDone(task=task.id), at)] if place % 3 == 0 else []
    odoo.faults.let_pass(5)
    odoo.faults.lose_reply()
    results = send(crm, ops)
    left = [op for op, result in zip(ops, results, strict=True) if not isinstance(result, Applied)]
    assert left
    for result in send(crm, left):
        applied(result)
    for op in ops:
        if isinstance(op.body, Touch):
            [effect] = odoo.effects(op.id)
            assert (effect.lead, effect.at) == (op.lead, op.at)
    assert len({odoo.state(lead).stage for lead in leads}) == 1


def test_five_hundred_calls_go_in_a_few_requests(odoo: OdooBackend, crm: OdooCrm) -> None:
    leads = [odoo.make_lead(unique("Many")) for _ in range(10)]
    crm.whoami()
    ops = [make_op(leads[place % 10], CALL, SUMMER + timedelta(minutes=place)) for place in range(500)]
    before = odoo.faults.requests
    began = time.perf_counter()
    results = [
        result
        for start in range(0, 500, crm.capabilities.max_batch)
        for result in send(crm, ops[start : start + crm.capabilities.max_batch])
    ]
    took = time.perf_counter() - began
    assert all(isinstance(result, Applied) for result in results)
    assert odoo.faults.requests - before <= 5
    where = [["opportunity_id", "in", [int(lead) for lead in leads]]]
    kept = odoo.rows("crm.phonecall", where, ["date"])
    assert sorted(moment(row["date"]) for row in kept) == sorted(op.at for op in ops)
    print(f"500 calls in {took:.2f} s")  # noqa: T201 - shown with -s


def test_an_effect_is_found_by_its_key(odoo: OdooBackend, plain: OdooBackend) -> None:
    for backend in (odoo, plain):
        crm = backend.adapter()
        lead = backend.make_lead(unique("Found"))
        bodies: list[OpBody] = [CALL, EMAIL, Note("x"), Task("Call back", SUMMER, "phone"), LeadPatch(closed="lost")]
        for body in bodies:
            op = make_op(lead, body)
            assert crm.find_effect(op) is None
            applied(send(crm, [op])[0])
            found = crm.find_effect(op)
            assert found is not None
            assert found.replayed
        op = make_op("", LeadCreate(Profile(name=unique("Nia")), SUMMER))
        assert crm.find_effect(op) is None
        number = applied(send(crm, [op])[0]).remote_id
        assert crm.find_effect(op) == Applied(remote_id=number, replayed=True)
        crm.close()


def test_half_a_touch_is_not_found(plain: OdooBackend) -> None:
    crm = plain.adapter()
    op = make_op(plain.make_lead(unique("Half")), CALL)
    plain.faults.let_pass(1)
    plain.faults.lose_request()
    [result] = send(crm, [op])
    assert isinstance(result, Ambiguous)
    assert crm.find_effect(op) is None
    applied(send(crm, [op])[0])
    assert len(plain.effects(op.id)) == 1
    crm.close()


def test_what_may_not_be_deleted_is_corrected_once(odoo: OdooBackend, crm: OdooCrm) -> None:
    lead = odoo.make_lead(unique("Kept"))
    op = make_op(lead, Note("They are broke"))
    applied(send(crm, [op])[0])
    back = make_op(lead, TakeBack(of=op.id, was=Note("They are broke")))
    refused = {"name": "odoo.exceptions.AccessError", "message": "not allowed"}
    for _ in range(2):
        odoo.faults.answer(lambda: httpx.Response(403, json=refused))
        assert "note" in applied(send(crm, [back])[0]).how
    assert [line for line in odoo.notes(lead) if "did not happen" in line] == [
        "Taken back, this did not happen: They are broke"
    ]


def test_a_key_of_another_shape_cannot_reach_other_records(odoo: OdooBackend, crm: OdooCrm) -> None:
    lead = odoo.make_lead(unique("Odd"))
    with pytest.raises(ValueError, match="external id"):
        crm.apply([make_op(lead, CALL, key="x.y")])
    [result] = send(crm, [Op(new_id(), "1; drop", SUMMER, "UTC", CALL)])
    assert isinstance(result, Rejected)


def test_nobody_else_s_leads_are_shown(odoo: OdooBackend) -> None:
    theirs: list[Any] = [
        odoo.make_lead(unique("Theirs"), mine=False),
        odoo.make_lead(unique("Nobody's"), user_id=False),
    ]
    crm = odoo.adapter()
    assert not set(theirs) & pull(crm)[0].keys()
    where = crm.resolve([theirs[1]])[theirs[1]]
    assert isinstance(where, Present)
    assert not where.lead.mine
    crm.close()
