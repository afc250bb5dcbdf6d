"""What every adapter has to set on a lead, and how it makes a new one."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest

from callsheet.crm.contract.backend import Backend
from callsheet.crm.contract.steps import SUMMER, Contract, applied, deliver, make_op, pull, unique
from callsheet.domain.profile import Profile
from callsheet.sync.port import Crm, LeadCreate, LeadPatch, Present, Task


class LeadContract(Contract):
    """The lead there is as it is here, and is there once."""

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

    def test_who_was_to_be_left_alone_before_is_told_to_have_been(self, backend: Backend, crm: Crm) -> None:
        """Whatever else the same op sets: what somebody there had set is not ours to clear when it is undone."""
        self.needs(backend, "tells_stopped")
        number = f"+4420794{secrets.randbelow(90000) + 10000}"
        lead = backend.make_lead(unique("Left alone"), phone=number)
        backend.set_do_not_contact(lead)
        backend.settle()
        assert applied(deliver(backend, crm, make_op(lead, LeadPatch(do_not_contact=True, points=(number,))))).replayed
        other = backend.make_lead(unique("Asks us"), phone=f"+4420795{secrets.randbelow(90000) + 10000}")
        assert not applied(deliver(backend, crm, make_op(other, LeadPatch(do_not_contact=True)))).replayed

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
