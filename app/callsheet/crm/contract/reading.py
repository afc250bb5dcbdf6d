"""What every adapter has to tell: who we are, what changed, what was done, and where leads are."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest

from callsheet.crm.contract.backend import Backend
from callsheet.crm.contract.steps import CALL, Contract, applied, deliver, make_op, pull, pull_history, unique
from callsheet.sync.port import AuthBroken, Crm, Gone, Moved, NotVisible, Present


class ReadingContract(Contract):
    """Nothing is missed, nothing is somebody else's, and whoever went is told."""

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
