"""What every adapter must do, whatever the CRM: run as `class TestX(CrmContract)` with a `backend` fixture.

The suite knows an adapter's capabilities and never its vendor. Each test makes its own leads under new names, so that
it can run against a server that keeps what earlier tests left.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, get_args

import pytest

from callsheet.crm.contract.backend import Backend, Trait
from callsheet.domain.events import Channel, new_id
from callsheet.domain.profile import Profile
from callsheet.sync.port import (
    Ambiguous,
    Applied,
    AuthBroken,
    Crm,
    CrmError,
    Drift,
    Gone,
    LeadCreate,
    LeadPatch,
    Moved,
    Note,
    NotVisible,
    Op,
    OpBody,
    Present,
    Rejected,
    RemoteId,
    RemoteLead,
    RemoteTouch,
    Result,
    Retry,
    TakeBack,
    Task,
    TaskDone,
    Throttled,
    Touch,
    Unavailable,
    Uncertain,
)

SUMMER = datetime(2026, 7, 3, 10, 0, tzinfo=UTC)
"""In July: a CRM that reads a time in the rep's zone is an hour off."""

CALL = Touch(
    channel="phone",
    direction="outbound",
    outcome="voicemail",
    label="Left a voicemail",
    reached=False,
    duration=timedelta(seconds=47),
    text="Asked for Ann, who is back on Monday",
    number="+442079460013",
)


def _everywhere(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A change of every value in an answer, from the inside out."""

    def altered(value: Any) -> Any:
        match value:
            case dict():
                return change({name: altered(inner) for name, inner in value.items()})
            case list():
                return change([altered(inner) for inner in value])
            case _:
                return change(value)

    return altered


def _without(*names: str) -> Callable[[Any], Any]:
    def change(value: Any) -> Any:
        return {k: v for k, v in value.items() if k not in names} if isinstance(value, dict) else value

    return _everywhere(change)


MANGLED: Mapping[str, Callable[[Any], Any]] = {
    "no ids": _without("id", "Id"),
    "no times": _everywhere(
        lambda value: (
            {k: v for k, v in value.items() if not any(word in k.lower() for word in ("at", "time", "stamp"))}
            if isinstance(value, dict)
            else value
        )
    ),
    "unknown words": _everywhere(lambda value: "⁇ no word of ours" if isinstance(value, str) else value),
    "no words": _everywhere(lambda value: None if isinstance(value, str) else value),
    "numbers for words": _everywhere(lambda value: 7 if isinstance(value, str) else value),
    "words for numbers": _everywhere(
        lambda value: f"{value}!" if isinstance(value, (int, float)) and not isinstance(value, bool) else value
    ),
    "no lists": _everywhere(lambda value: None if isinstance(value, list) else value),
    "words for records": _everywhere(
        lambda value: ["odd" for _ in value] if isinstance(value, list) and value else value
    ),
    "nothing": lambda _: {},
    "a list": lambda _: [],
    "null": lambda _: None,
}
"""What a CRM's answers may turn into when it changes its interface without a word."""


def make_op(lead: RemoteId, body: OpBody, at: datetime = SUMMER, key: str = "") -> Op:
    """An op on a lead, with a new key unless one is given."""
    return Op(id=key or new_id(), lead=lead, at=at, zone="Europe/London", body=body)


def unique(word: str) -> str:
    """A name that no test before has used."""
    return f"{word} {secrets.token_hex(4)}"


def send(crm: Crm, ops: Sequence[Op]) -> list[Result]:
    """One `apply`, a failure of the whole call told as what it means for each op."""
    try:
        results = list(crm.apply(ops))
    except (Unavailable, Throttled) as error:
        return [Retry(str(error)) for _ in ops]
    except (Uncertain, Drift) as error:
        return [Ambiguous(str(error)) for _ in ops]
    assert len(results) == len(ops)
    return results


def deliver(backend: Backend, crm: Crm, op: Op) -> Result:
    """Bring an op about as the sync core does: repeat what is safe to repeat, look up what is not."""
    result: Result = Retry("not yet sent")
    for _ in range(12):
        if isinstance(result, Ambiguous) and crm.capabilities.idempotency != "native":
            backend.settle()
            if found := crm.find_effect(op):
                return found
        result = send(crm, [op])[0]
        if not isinstance(result, (Retry, Ambiguous)):
            return result
    return result


def applied(result: Result) -> Applied:
    """The result, which has to be a success."""
    assert isinstance(result, Applied), result
    return result


def pull(crm: Crm, cursor: str | None = None) -> tuple[dict[RemoteId, RemoteLead], str]:
    """All pages of changes; the newest version of each lead, and the cursor to go on with."""
    leads: dict[RemoteId, RemoteLead] = {}
    for _ in range(500):
        page = crm.changes(cursor)
        leads.update((lead.id, lead) for lead in page.leads)
        assert page.cursor != cursor or not page.more, "the cursor stands still"
        cursor = page.cursor
        if not page.more:
            return leads, cursor
    pytest.fail("the pull never ends")


def pull_history(crm: Crm, cursor: str | None = None) -> tuple[list[RemoteTouch], str]:
    """All pages of history and the cursor to go on with."""
    touches: dict[RemoteId, RemoteTouch] = {}
    for _ in range(500):
        page = crm.history(cursor)
        touches.update((touch.remote_id, touch) for touch in page.touches)
        cursor = page.cursor
        if not page.more:
            return list(touches.values()), cursor
    pytest.fail("the history never ends")


class CrmContract:
    """The tests; a subclass gives the `backend`."""

    shapes: ClassVar[Mapping[str, Callable[[Any], Any]]] = MANGLED
    """What answers are turned into; empty where another class of the same adapter has tried it."""

    @pytest.fixture
    def crm(self, backend: Backend) -> Iterator[Crm]:
        crm = backend.adapter()
        crm.whoami()
        yield crm
        assert not backend.faults.pending, "a fault was prepared that met no request"
        crm.close()

    @staticmethod
    def needs(backend: Backend, trait: Trait) -> None:
        if trait not in backend.traits:
            pytest.skip(f"{backend.name} has it not: {trait}")

    # who we are

    def test_the_rep_is_known_by_the_key(self, crm: Crm) -> None:
        me = crm.whoami()
        assert me.user_id
        assert me.name
        assert abs(me.skew) < timedelta(minutes=5)

    def test_a_wrong_key_is_told_in_a_sentence_without_the_key(self, backend: Backend) -> None:
        with pytest.raises(AuthBroken) as caught:
            backend.adapter(broken_key=True).whoami()
        message = str(caught.value)
        assert len(message.split()) > 3
        assert "wrong-key" not in message

    def test_all_is_well_with_the_account(self, crm: Crm) -> None:
        findings = crm.check(create=True)
        assert findings
        assert not [finding for finding in findings if not finding.ok]

    def test_the_vocabulary_names_the_stages(self, crm: Crm) -> None:
        assert all(crm.vocabulary().stages.values())

    # what comes in

    def test_a_lead_of_mine_comes_in_with_its_profile(self, backend: Backend, crm: Crm) -> None:
        name = unique("Zoë O'Brien-李")
        lead = backend.make_lead(
            name,
            email="zoe@brien.example",
            phone="+44 20 7946 0013",
            company="Brien & Söhne",
            title="Head of <b>Ops</b>",
        )
        backend.settle()
        came = pull(crm)[0][lead]
        assert came.mine
        assert came.closed is None
        assert came.profile.name == name
        assert came.profile.company == "Brien & Söhne"
        assert came.profile.title == "Head of <b>Ops</b>"
        assert came.profile.emails == ("zoe@brien.example",)
        assert [number.replace(" ", "") for number in came.profile.phones] == ["+442079460013"]
        assert came.modified_at.tzinfo is not None

    def test_only_my_leads_come_in(self, backend: Backend, crm: Crm) -> None:
        theirs = backend.make_lead(unique("Theirs"), mine=False)
        backend.settle()
        assert theirs not in pull(crm)[0]

    def test_an_edit_comes_in_after_the_cursor(self, backend: Backend, crm: Crm) -> None:
        edited = backend.make_lead(unique("Edited"), title="before")
        backend.settle()
        before, cursor = pull(crm)
        backend.edit_lead(edited, title="after")
        backend.settle()
        after, _ = pull(crm, cursor)
        assert after[edited].profile.title == "after"
        assert after[edited].version != before[edited].version or after[edited] != before[edited]

    def test_the_cursor_survives_a_restart(self, backend: Backend, crm: Crm) -> None:
        _, cursor = pull(crm)
        new = backend.make_lead(unique("New"))
        backend.settle()
        fresh = backend.adapter()
        fresh.whoami()
        assert new in pull(fresh, cursor)[0]

    def test_many_leads_made_at_once_all_come_in_and_the_pull_ends(self, backend: Backend, crm: Crm) -> None:
        _, cursor = pull(crm)
        made = {backend.make_lead(unique("Bulk")) for _ in range(12)}
        backend.settle()
        assert made <= pull(crm, cursor)[0].keys()

    def test_a_change_in_the_same_second_as_the_last_pull_is_not_skipped(self, backend: Backend, crm: Crm) -> None:
        cursor: str | None = None
        for _ in range(4):
            new = backend.make_lead(unique("Quick"))
            backend.settle()
            leads, cursor = pull(crm, cursor)
            assert new in leads

    def test_a_lost_lead_comes_in_as_closed(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Lost"))
        backend.settle()
        _, cursor = pull(crm)
        backend.lose(lead)
        backend.settle()
        assert pull(crm, cursor)[0][lead].closed is not None

    def test_do_not_contact_comes_in(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Leave me"), phone=f"+4420794{secrets.randbelow(90000) + 10000}")
        backend.settle()
        assert not pull(crm)[0][lead].do_not_contact
        backend.set_do_not_contact(lead)
        backend.settle()
        whereabouts = crm.resolve([lead])[lead]
        assert isinstance(whereabouts, Present)
        assert whereabouts.lead.do_not_contact

    def test_a_remark_of_the_manager_is_in_the_history(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Talked about"))
        _, cursor = pull_history(crm)
        backend.remark(lead, "They moved to 5 < 6 Main & Co")
        backend.settle()
        touches, _ = pull_history(crm, cursor)
        found = [touch for touch in touches if touch.lead == lead and "5 < 6 Main & Co" in touch.text]
        assert len(found) == 1
        assert not found[0].mine
        assert not found[0].key
        if "keeps_authors" in backend.traits:
            assert found[0].author

    def test_a_lead_that_becomes_mine_brings_its_history(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Taken over"), mine=False)
        backend.remark(lead, "Said before it was mine")
        backend.settle()
        before, cursor = pull_history(crm)
        backend.reassign(lead, mine=True)
        backend.settle()
        after, _ = pull_history(crm, cursor)
        came = {touch.remote_id: touch.text for touch in (*before, *after) if touch.lead == lead}
        assert len(came) == 1
        assert "Said before it was mine" in came.popitem()[1]

    def test_our_own_touch_is_known_again_in_the_history(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Known again"))
        _, cursor = pull_history(crm)
        op = make_op(lead, CALL)
        applied(deliver(backend, crm, op))
        backend.settle()
        touches, _ = pull_history(crm, cursor)
        mine = [touch for touch in touches if touch.key == op.id]
        assert len(mine) == 1
        assert mine[0].mine
        assert mine[0].lead == lead
        assert not [touch for touch in touches if touch.lead == lead and not touch.mine and CALL.text in touch.text]

    # where leads are

    def test_a_lead_of_mine_is_present(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Here"))
        where = crm.resolve([lead])[lead]
        assert isinstance(where, Present)
        assert where.lead.mine

    def test_a_deleted_lead_is_gone(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Deleted"))
        backend.delete(lead)
        backend.settle()
        assert isinstance(crm.resolve([lead])[lead], Gone)

    def test_a_reassigned_lead_is_no_longer_mine(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Reassigned"))
        backend.reassign(lead)
        backend.settle()
        where = crm.resolve([lead])[lead]
        if isinstance(where, Present):
            assert not where.lead.mine
        elif "tells_reassigned" in backend.traits:
            assert isinstance(where, NotVisible)
        else:
            assert isinstance(where, (NotVisible, Gone))

    def test_a_merged_lead_leads_to_the_one_that_stayed(self, backend: Backend, crm: Crm) -> None:
        loser, winner = backend.make_lead(unique("Loser")), backend.make_lead(unique("Winner"))
        backend.merge(loser, winner)
        backend.settle()
        where = crm.resolve([loser, winner])
        assert isinstance(where[winner], Present)
        if "tells_merged" in backend.traits:
            assert where[loser] == Moved(winner)
        else:
            assert isinstance(where[loser], (Gone, Moved))

    def test_an_id_that_never_was_is_gone(self, crm: Crm) -> None:
        assert isinstance(crm.resolve(["987654321"])["987654321"], Gone)

    # what goes out

    def test_a_call_arrives_once_at_its_time_with_all_it_says(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Called"))
        op = make_op(lead, CALL)
        result = applied(deliver(backend, crm, op))
        assert result.remote_id
        backend.settle()
        [effect] = backend.effects(op.id)
        assert effect.lead == lead
        assert effect.at == SUMMER
        assert CALL.label in effect.text
        assert CALL.text in effect.text
        if "keeps_durations" in backend.traits:
            assert effect.duration is not None
            assert abs(effect.duration - CALL.duration) < timedelta(seconds=1)

    @pytest.mark.parametrize("channel", get_args(Channel))
    def test_every_channel_arrives_with_its_plain_words(self, backend: Backend, crm: Crm, channel: Channel) -> None:
        lead = backend.make_lead(unique("Touched"))
        op = make_op(lead, replace(CALL, channel=channel, outcome="sent", label="Sent it out", duration=timedelta(0)))
        applied(deliver(backend, crm, op))
        backend.settle()
        [effect] = backend.effects(op.id)
        assert "Sent it out" in effect.text
        assert CALL.text in effect.text

    def test_the_same_op_sent_again_changes_nothing(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Twice"))
        for body in (CALL, Note("Has a dog"), Task("Call back", SUMMER + timedelta(days=3), "phone")):
            op = make_op(lead, body)
            first = applied(deliver(backend, crm, op))
            backend.settle()
            if crm.capabilities.idempotency == "native":
                assert applied(send(crm, [op])[0]).remote_id == first.remote_id
            else:
                assert crm.find_effect(op) is not None
            backend.settle()
            assert len(backend.effects(op.id)) == 1

    @pytest.mark.parametrize("loss", ["lose_reply", "lose_request", "lose_on_the_way", "duplicate", "server_error"])
    @pytest.mark.parametrize("kind", ["touch", "email", "note", "task"])
    def test_a_loss_on_the_way_leaves_one_effect(self, backend: Backend, crm: Crm, loss: str, kind: str) -> None:
        if loss == "duplicate" and crm.capabilities.idempotency != "native":
            pytest.skip("only a native key keeps a duplicated request harmless")
        bodies: dict[str, OpBody] = {
            "touch": CALL,
            "email": replace(CALL, channel="email", outcome="sent", label="Sent"),
            "note": Note("Wants the price list"),
            "task": Task("Call back", SUMMER + timedelta(days=3), "phone"),
        }
        lead = backend.make_lead(unique("Unlucky"))
        op = make_op(lead, bodies[kind])
        getattr(backend.faults, loss)()
        applied(deliver(backend, crm, op))
        backend.settle()
        assert len(backend.effects(op.id)) == 1

    def test_every_request_of_a_delivery_may_lose_its_reply(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Unluckiest"))
        for body in (CALL, replace(CALL, channel="linkedin"), Note("Knows Ann")):
            before = backend.faults.writes
            applied(deliver(backend, crm, make_op(lead, body)))
            for step in range(backend.faults.writes - before):
                op = make_op(lead, body)
                backend.faults.let_pass(step)
                backend.faults.lose_reply()
                applied(deliver(backend, crm, op))
                backend.settle()
                assert len(backend.effects(op.id)) == 1

    def test_six_at_once_with_one_key_leave_one_effect(self, backend: Backend, crm: Crm) -> None:
        if crm.capabilities.idempotency != "native":
            pytest.skip("one sender per lead keeps this from happening")
        op = make_op(backend.make_lead(unique("Contended")), CALL)
        with ThreadPoolExecutor(6) as pool:
            results = list(pool.map(lambda _: deliver(backend, crm, op), range(6)))
        assert all(isinstance(result, (Applied, Retry)) for result in results), results
        assert any(isinstance(result, Applied) for result in results)
        backend.settle()
        assert len(backend.effects(op.id)) == 1

    def test_a_bad_op_does_not_keep_its_neighbours_out(self, backend: Backend, crm: Crm) -> None:
        self.needs(backend, "rejects_missing_lead")
        size = min(crm.capabilities.max_batch, 9)
        good = [make_op(backend.make_lead(unique("Good")), CALL) for _ in range(3)]
        bad = make_op("987654321", CALL)
        ops = [good[0], bad, good[1], good[2]]
        results = [result for start in range(0, 4, size) for result in send(crm, ops[start : start + size])]
        rejected = results.pop(1)
        assert isinstance(rejected, Rejected), rejected
        assert rejected.reason
        for op, result in zip(good, results, strict=True):
            applied(result)
            backend.settle()
            assert len(backend.effects(op.id)) == 1
        assert not backend.effects(bad.id)

    def test_a_batch_of_all_kinds_keeps_its_order(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Busy day"))
        task = make_op(lead, Task("Send the offer", SUMMER + timedelta(days=1), "email"))
        ops = [
            make_op(lead, CALL),
            make_op(lead, LeadPatch(stage="connected")),
            task,
            make_op(lead, Note("Likes tea")),
            make_op(lead, TaskDone(task=task.id, text="Sent")),
        ]
        for op in ops:
            applied(deliver(backend, crm, op))
        backend.settle()
        [effect] = backend.effects(task.id)
        assert effect.done

    def test_hostile_text_arrives_as_text(self, backend: Backend, crm: Crm) -> None:
        nasty = "<script>alert(1)</script> [/] &amp; 'quoted' \"twice\" 50% {x} =1+1 \u202eevil \x1b[31m"
        lead = backend.make_lead(unique("Nasty"))
        for body in (replace(CALL, text=nasty), Note(nasty)):
            op = make_op(lead, body)
            applied(deliver(backend, crm, op))
            backend.settle()
            [effect] = backend.effects(op.id)
            assert "<script>alert(1)</script> [/] &amp; 'quoted' \"twice\" 50% {x} =1+1" in effect.text

    def test_a_long_text_is_kept_whole(self, backend: Backend, crm: Crm) -> None:
        long = "all that was said " * 2000 + "the end"
        op = make_op(backend.make_lead(unique("Talkative")), replace(CALL, text=long))
        applied(deliver(backend, crm, op))
        backend.settle()
        kept = backend.effects(op.id)
        assert any("the end" in effect.text for effect in kept)

    def test_a_long_title_is_cut_and_kept_whole(self, backend: Backend, crm: Crm) -> None:
        long = "all there is to do " * 60 + "the end"
        lead = backend.make_lead(unique("Busy"))
        op = make_op(lead, Task(long, SUMMER + timedelta(days=1), "phone"))
        applied(deliver(backend, crm, op))
        backend.settle()
        [effect] = backend.effects(op.id)
        assert "the end" in effect.text

    # tasks

    def test_a_task_moves_when_sent_with_another_time(self, backend: Backend, crm: Crm) -> None:
        op = make_op(backend.make_lead(unique("Moving")), Task("Call back", SUMMER + timedelta(days=3), "phone"))
        applied(deliver(backend, crm, op))
        moved = replace(op, body=Task("Call back", SUMMER + timedelta(days=5), "phone"))
        applied(deliver(backend, crm, moved))
        backend.settle()
        [effect] = backend.effects(op.id)
        assert effect.at.date() == (SUMMER + timedelta(days=5)).date()
        assert not effect.done

    def test_a_task_is_done_once(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Doing"))
        task = make_op(lead, Task("Call back", SUMMER + timedelta(days=3), "phone"))
        applied(deliver(backend, crm, task))
        backend.settle()
        done = make_op(lead, TaskDone(task=task.id, text="Talked it through"))
        applied(deliver(backend, crm, done))
        backend.settle()
        before = len(backend.notes(lead))
        again = applied(deliver(backend, crm, done))
        assert again.replayed
        backend.settle()
        assert len(backend.notes(lead)) == before
        [effect] = backend.effects(task.id)
        assert effect.done

    def test_a_done_task_is_not_reopened_by_sending_it_again(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Done"))
        task = make_op(lead, Task("Call back", SUMMER + timedelta(days=3), "phone"))
        applied(deliver(backend, crm, task))
        backend.settle()
        applied(deliver(backend, crm, make_op(lead, TaskDone(task=task.id))))
        backend.settle()
        applied(deliver(backend, crm, task))
        backend.settle()
        [effect] = backend.effects(task.id)
        assert effect.done

    # taking back

    @pytest.mark.parametrize("channel", ["phone", "email"])
    def test_a_touch_is_taken_back_or_corrected_once(self, backend: Backend, crm: Crm, channel: Channel) -> None:
        lead = backend.make_lead(unique("Undone"))
        touch = replace(CALL, channel=channel)
        op = make_op(lead, touch)
        applied(deliver(backend, crm, op))
        backend.settle()
        back = make_op(lead, TakeBack(of=op.id, was=touch))
        assert applied(deliver(backend, crm, back)).how
        backend.settle()
        if backend.effects(op.id):
            assert len(backend.effects(back.id)) == 1, "neither deleted nor corrected"
        before = len(backend.notes(lead))
        applied(deliver(backend, crm, back))
        backend.settle()
        assert len(backend.notes(lead)) == before

    def test_a_task_and_a_note_are_taken_back(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Undone"))
        bodies: tuple[Task | Note, ...] = (Task("Call back", SUMMER + timedelta(days=3), "phone"), Note("Wrong lead"))
        for body in bodies:
            op = make_op(lead, body)
            applied(deliver(backend, crm, op))
            backend.settle()
            back = make_op(lead, TakeBack(of=op.id, was=body))
            assert applied(deliver(backend, crm, back)).how
            backend.settle()
            assert not backend.effects(op.id) or backend.effects(back.id)

    def test_taking_back_what_never_arrived_is_fine(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Never"))
        back = make_op(lead, TakeBack(of=new_id(), was=CALL))
        applied(deliver(backend, crm, back))

    # the lead itself

    def test_a_stage_is_set(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Staged"))
        before = backend.state(lead).stage
        applied(deliver(backend, crm, make_op(lead, LeadPatch(stage="meeting"))))
        backend.settle()
        assert backend.state(lead).stage != before

    def test_a_lead_is_closed_and_reopened(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Closing"))
        applied(deliver(backend, crm, make_op(lead, LeadPatch(closed="not_a_fit", closed_note="Too small"))))
        backend.settle()
        assert backend.state(lead).closed
        applied(deliver(backend, crm, make_op(lead, LeadPatch(reopen=True))))
        backend.settle()
        assert not backend.state(lead).closed

    def test_a_lead_is_won(self, backend: Backend, crm: Crm) -> None:
        self.needs(backend, "wins")
        lead = backend.make_lead(unique("Won"))
        applied(deliver(backend, crm, make_op(lead, LeadPatch(stage="won", closed="won"))))
        backend.settle()
        assert backend.state(lead).won

    def test_do_not_contact_goes_out_and_comes_back(self, backend: Backend, crm: Crm) -> None:
        number = f"+4420794{secrets.randbelow(90000) + 10000}"
        lead = backend.make_lead(unique("Leave me"), phone=number)
        op = make_op(lead, LeadPatch(do_not_contact=True, points=(number,)))
        applied(deliver(backend, crm, op))
        applied(deliver(backend, crm, op))
        backend.settle()
        assert backend.state(lead).do_not_contact
        where = crm.resolve([lead])[lead]
        assert isinstance(where, Present)
        assert where.lead.do_not_contact

    def test_profile_fields_are_written(self, backend: Backend, crm: Crm) -> None:
        self.needs(backend, "patches_profile")
        lead = backend.make_lead(unique("Edited"), title="before", company="Same & Co")
        applied(deliver(backend, crm, make_op(lead, LeadPatch(profile={"title": "Head & 'Chief' of Ops"}))))
        backend.settle()
        assert backend.state(lead).title == "Head & 'Chief' of Ops"
        assert backend.state(lead).company == "Same & Co"

    def test_a_hostile_title_is_written_or_told_in_words(self, backend: Backend, crm: Crm) -> None:
        self.needs(backend, "patches_profile")
        lead = backend.make_lead(unique("Edited"), title="before")
        applied(deliver(backend, crm, make_op(lead, LeadPatch(profile={"title": 'Head <of> Ops = "all"'}))))
        backend.settle()
        told = [backend.state(lead).title, *backend.notes(lead)]
        assert any('Head <of> Ops = "all"' in words for words in told), told

    def test_a_task_may_be_called_anything(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Named"))
        op = make_op(lead, Task('Send <b>2 & 3</b> = "6"', SUMMER + timedelta(days=3), "email"))
        applied(deliver(backend, crm, op))
        backend.settle()
        [effect] = backend.effects(op.id)
        assert 'Send <b>2 & 3</b> = "6"' in effect.text

    def test_a_new_lead_is_made_once(self, backend: Backend, crm: Crm) -> None:
        if not crm.capabilities.creates_leads:
            pytest.skip("it makes no leads")
        address = f"{secrets.token_hex(6)}@new.example"
        body = LeadCreate(
            Profile(name="Nia New", company="New & Co", emails=(address,)), received_at=SUMMER, source="Fair"
        )
        op = make_op("", body)
        first = applied(deliver(backend, crm, op))
        backend.settle()
        again = applied(deliver(backend, crm, op))
        assert again.remote_id == first.remote_id
        came = pull(crm)[0][first.remote_id]
        assert came.profile.name == "Nia New"
        assert came.profile.emails == (address,)

    def test_a_lost_reply_makes_no_second_lead(self, backend: Backend, crm: Crm) -> None:
        address = f"{secrets.token_hex(6)}@new.example"
        op = make_op("", LeadCreate(Profile(name="Nia New", emails=(address,)), received_at=SUMMER))
        backend.faults.lose_reply()
        applied(deliver(backend, crm, op))
        backend.settle()
        assert len([lead for lead in pull(crm)[0].values() if address in lead.profile.emails]) == 1

    def test_a_lead_that_is_there_already_is_taken(self, backend: Backend, crm: Crm) -> None:
        address = f"{secrets.token_hex(6)}@old.example"
        known = backend.make_lead(unique("Known"), email=address)
        backend.settle()
        op = make_op("", LeadCreate(Profile(name="Known too", emails=(address.upper(),)), received_at=SUMMER))
        assert applied(deliver(backend, crm, op)).remote_id == known

    # what can go wrong

    def test_no_network_is_no_loss(self, backend: Backend, crm: Crm) -> None:
        lead = backend.make_lead(unique("Offline"))
        backend.faults.offline = True
        try:
            with pytest.raises(Unavailable):
                crm.changes(None)
            assert isinstance(send(crm, [make_op(lead, CALL)])[0], Retry)
        finally:
            backend.faults.offline = False

    def test_throttling_says_how_long(self, backend: Backend, crm: Crm) -> None:
        backend.faults.throttle(after=7, writes_only=False)
        with pytest.raises(Throttled) as caught:
            crm.changes(None)
        assert caught.value.after == timedelta(seconds=7)

    def test_a_throttled_delivery_arrives_later(self, backend: Backend, crm: Crm) -> None:
        op = make_op(backend.make_lead(unique("Throttled")), CALL)
        backend.faults.throttle()
        assert isinstance(send(crm, [op])[0], Retry)
        applied(deliver(backend, crm, op))
        backend.settle()
        assert len(backend.effects(op.id)) == 1

    def test_a_key_that_no_longer_holds_stops_everything_and_loses_nothing(self, backend: Backend, crm: Crm) -> None:
        op = make_op(backend.make_lead(unique("Locked out")), CALL)
        backend.faults.expired = True
        try:
            for call in (lambda: crm.changes(None), lambda: crm.history(None), lambda: crm.apply([op])):
                with pytest.raises(AuthBroken):
                    call()
        finally:
            backend.faults.expired = False
        backend.settle()
        assert not backend.effects(op.id)
        applied(deliver(backend, backend.adapter(), op))
        backend.settle()
        assert len(backend.effects(op.id)) == 1

    def test_an_answer_of_another_shape_is_told_and_not_believed(self, backend: Backend, crm: Crm) -> None:
        """Fields that are missing, words that nobody knows, lists that are none: a sentence, never a crash."""
        lead = backend.make_lead(unique("Odd"), email=f"{secrets.token_hex(6)}@odd.example", phone="+442079460013")
        for how, mangle in self.shapes.items():
            op = make_op(lead, Note("Has a dog"))
            applied(deliver(backend, crm, op))
            backend.settle()
            backend.faults.mangle = mangle
            try:
                for call in (
                    lambda: crm.changes(None), lambda: crm.history(None), lambda: crm.resolve([lead]), crm.vocabulary,
                    lambda op=op: crm.find_effect(op), lambda op=op: send(crm, [op]),
                    lambda: send(crm, [make_op(lead, LeadPatch(stage="meeting"))]),
                ):  # fmt: skip
                    with suppress(CrmError):
                        call()
            finally:
                backend.faults.mangle = None
            crm.whoami()
            backend.settle()
            there = len(backend.effects(op.id))
            # a look-up believes what it is told: a list that is empty says that it is not there
            assert there == 1 or (there and crm.capabilities.idempotency != "native"), how

    @pytest.mark.parametrize("portal", ["html", "redirect"])
    def test_a_captive_portal_is_not_believed(self, backend: Backend, crm: Crm, portal: str) -> None:
        lead = backend.make_lead(unique("Hotel"))
        getattr(backend.faults, portal)(writes_only=False)
        with pytest.raises(Drift):
            crm.changes(None)
        op = make_op(lead, CALL)
        getattr(backend.faults, portal)()
        assert isinstance(send(crm, [op])[0], Ambiguous)
        applied(deliver(backend, crm, op))
        backend.settle()
        assert len(backend.effects(op.id)) == 1
