"""What every adapter has to bring over: touches, notes and tasks, each once, and taken back when undone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final, get_args

import pytest

from callsheet.crm.contract.backend import Backend
from callsheet.crm.contract.steps import CALL, SUMMER, Contract, applied, deliver, make_op, send, unique
from callsheet.domain.events import Channel, new_id
from callsheet.sync.port import (
    Applied,
    Crm,
    Forbidden,
    Invalid,
    LeadPatch,
    Note,
    OpBody,
    Rejected,
    Retry,
    TakeBack,
    Task,
    TaskDone,
)

LOSSES: Final = (
    "lose_reply", "lose_request", "lose_on_the_way", "duplicate", "server_error", "late_error", "cut_short", "empty",
    "break_off",
)  # fmt: skip
"""What may become of a request, and of the answer to it."""


class DeliveryContract(Contract):
    """Whatever is lost, repeated or odd on the way: one effect, with all that it says."""

    # touches and notes

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

    @pytest.mark.parametrize("loss", LOSSES)
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

    @pytest.mark.parametrize("went", ["deleted", "reassigned"])
    def test_what_was_for_a_lead_that_went_stops_nothing(self, backend: Backend, crm: Crm, went: str) -> None:
        """Its reply was lost, and then its lead went: the look for it says what there is, or that it may not look."""
        bodies: tuple[OpBody, ...] = (
            CALL, replace(CALL, channel="email", outcome="sent", label="Sent"), replace(CALL, channel="linkedin"),
            Note("Wants the price list"), Task("Call back", SUMMER + timedelta(days=3), "phone"),
            LeadPatch(stage="meeting"), LeadPatch(do_not_contact=True),
        )  # fmt: skip
        for body in bodies:
            lead = backend.make_lead(unique("Went"), email=f"{new_id()}@went.example", phone="+442079460013")
            op = make_op(lead, body)
            backend.faults.lose_reply()
            assert not isinstance(send(crm, [op])[0], Applied)
            backend.delete(lead) if went == "deleted" else backend.reassign(lead)
            backend.settle()
            with suppress(Forbidden, Invalid):
                crm.find_effect(op)
            send(crm, [op])

    @pytest.mark.parametrize("fault", ["lose_request", "throttle"])
    def test_what_was_begun_is_not_told_as_if_nothing_had_happened(
        self, backend: Backend, crm: Crm, fault: str
    ) -> None:
        """Undone before it is sent again, it would be taken for something that never left."""
        lead = backend.make_lead(unique("Begun"))
        for body in (CALL, replace(CALL, channel="email"), Note("Knows Ann"), Task("Call", SUMMER, "phone")):
            before = backend.faults.requests
            applied(deliver(backend, crm, make_op(lead, body)))
            for step in range(backend.faults.requests - before):
                op = make_op(lead, body)
                backend.faults.let_pass(step, writes_only=False)
                getattr(backend.faults, fault)(writes_only=False)
                result = send(crm, [op])[0]
                backend.settle()
                assert not (isinstance(result, Retry) and backend.effects(op.id)), (body, step, result)
                backend.faults.forget()
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
        for body in (replace(CALL, text=nasty), replace(CALL, channel="email", text=nasty), Note(nasty)):
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
