"""What every adapter has to do when a lead is handed to a colleague: to the one who is meant, or to nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callsheet.crm.contract.backend import Backend, People
from callsheet.crm.contract.steps import CALL, Contract, applied, deliver, make_op, send, unique
from callsheet.sync.port import Conflict, Crm, LeadPatch, NotVisible, Present, Rejected


class OwnerContract(Contract):
    """A lead is the colleague's there after a hand-off, and comes back when that is undone."""

    @pytest.fixture
    def people(self, backend: Backend, crm: Crm) -> People:
        if not crm.capabilities.hands_over:
            pytest.skip("it hands no leads over")
        return backend.people()

    def test_a_lead_is_handed_over_by_name_once(self, backend: Backend, crm: Crm, people: People) -> None:
        lead = backend.make_lead(unique("Handed over"))
        op = make_op(lead, LeadPatch(owner=f" {people.other.upper()} "))
        result = applied(deliver(backend, crm, op))
        assert result.remote_id
        backend.settle()
        assert backend.state(lead).owner == people.other
        where = crm.resolve([lead])[lead]
        assert isinstance(where, NotVisible) or (isinstance(where, Present) and not where.lead.mine)
        again = send(crm, [op])[0]
        assert isinstance(again, Conflict) or applied(again).replayed
        assert backend.state(lead).owner == people.other

    def test_what_was_done_before_is_there_too(self, backend: Backend, crm: Crm, people: People) -> None:
        lead = backend.make_lead(unique("Called and handed over"))
        call = make_op(lead, CALL)
        applied(deliver(backend, crm, call))
        applied(deliver(backend, crm, make_op(lead, LeadPatch(owner=people.other))))
        backend.settle()
        assert len(backend.effects(call.id)) == 1
        assert backend.state(lead).owner == people.other

    def test_a_lost_reply_hands_over_all_the_same(self, backend: Backend, crm: Crm, people: People) -> None:
        lead = backend.make_lead(unique("Handed over"))
        op = make_op(lead, LeadPatch(owner=people.other))
        backend.faults.lose_reply()
        for _ in range(3):  # as the sync core does: what is repeated sets the same
            result = send(crm, [op])[0]
        assert isinstance(result, Conflict) or applied(result).replayed
        assert backend.state(lead).owner == people.other

    def test_somebody_who_is_no_user_there_gets_nothing(self, backend: Backend, crm: Crm, people: People) -> None:
        lead = backend.make_lead(unique("Kept"))
        for name in ("marketing", 'O\'Neill \\ "Nobody" & Sons <x>', people.other.split()[0] + "x"):
            result = deliver(backend, crm, make_op(lead, LeadPatch(owner=name)))
            assert isinstance(result, Rejected), result
            assert (result.field, result.code) == ("owner", "nobody")
            assert name.split()[0] in result.reason
        assert backend.state(lead).owner == people.rep

    def test_a_name_that_two_users_have_is_not_guessed(self, backend: Backend, crm: Crm, people: People) -> None:
        lead = backend.make_lead(unique("Kept"))
        result = deliver(backend, crm, make_op(lead, LeadPatch(owner=people.namesakes)))
        assert isinstance(result, Rejected), result
        assert (result.field, result.code) == ("owner", "invalid")
        assert people.namesakes in result.reason
        assert backend.state(lead).owner == people.rep

    def test_the_rep_is_no_colleague(self, backend: Backend, crm: Crm, people: People) -> None:
        lead = backend.make_lead(unique("Kept"))
        result = deliver(backend, crm, make_op(lead, LeadPatch(owner=people.rep)))
        assert isinstance(result, Rejected), result
        assert result.field == "owner"
        assert backend.state(lead).owner == people.rep

    def test_undone_it_comes_back_unless_it_went_on(self, backend: Backend, crm: Crm, people: People) -> None:
        lead = backend.make_lead(unique("Back again"))
        given = applied(deliver(backend, crm, make_op(lead, LeadPatch(owner=people.other))))
        back = make_op(lead, LeadPatch(owner="", owner_from=given.remote_id))
        result = deliver(backend, crm, back)
        if isinstance(result, Conflict):  # it is not shown to the rep any more: whoever has it keeps it
            assert isinstance(crm.resolve([lead])[lead], NotVisible)
            return
        applied(result)
        backend.settle()
        assert backend.state(lead).owner == people.rep
        assert applied(deliver(backend, crm, back)).replayed
        backend.reassign(lead)
        late = deliver(backend, crm, replace(back, body=LeadPatch(owner="", owner_from="nobody-of-that-id")))
        assert isinstance(late, Conflict), late
        assert backend.state(lead).owner == people.other

    def test_a_lead_that_is_gone_is_told(self, backend: Backend, crm: Crm, people: People) -> None:
        lead = backend.make_lead(unique("Deleted"))
        backend.delete(lead)
        backend.settle()
        result = deliver(backend, crm, make_op(lead, LeadPatch(owner=people.other)))
        assert isinstance(result, Rejected), result
        assert result.code == "gone"
