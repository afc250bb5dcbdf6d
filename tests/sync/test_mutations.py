"""Each bug of `mutations` is found by the simulator, or by a test of its own; one that nothing reads like fails."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from tests.sync import (
    simulate,
    test_do_not_contact_first,
    test_hand_over,
    test_leads_that_go,
    test_merged_leads,
    test_races,
    test_runs,
    test_undone_edits,
    test_undone_marks,
)
from tests.sync.mutations import EQUIVALENT, MUTATIONS, Mutation
from tests.sync.quiet import quiet
from tests.sync.world import World

DAYS = 1000
"""Days in which a mutation has to be found."""


SELDOM: dict[str, Callable[[World], None]] = {
    "two deliveries of one lead go at once":
        partial(test_races.test_deliveries_of_leads_that_turn_out_to_be_one_go_one_after_the_other, batch=2),
    "an answer is kept although another window took the delivery up since":
        test_races.an_answer_to_a_call_that_another_window_took_up,
    "an answer is believed although another window changed the lead meanwhile":
        test_races.test_an_answer_that_another_window_overtook_does_not_bring_back_what_was_there_before,
    "what was set for a lead that is another one by now is taken for known":
        test_merged_leads.test_a_lead_that_takes_the_place_of_one_that_is_being_taken_back_stands_as_it_stands_there,
    "a pull that goes on where another was broken off is taken for a whole one":
        test_races.test_a_pull_that_goes_on_where_another_was_broken_off_passes_nothing_by,
    "what the lead could not take in is sent to the one that it was merged into":
        test_merged_leads.test_a_closing_without_an_answer_is_not_set_on_what_its_lead_was_merged_into,
    "what was decided while ours was on its way is not so there":
        test_merged_leads.test_a_conflict_that_is_decided_while_ours_is_on_its_way_ends_as_decided,
    "the survivor of many merges is not looked at":
        test_merged_leads.test_what_was_set_on_the_last_of_many_that_were_merged_is_seen_before_ours_is_set,
    "a look is believed although another window has sent it since":
        test_races.test_a_look_that_another_window_overtook_does_not_send_once_more,
    "what came along with something is undone as if it had stayed here":
        test_undone_edits.test_an_edit_that_was_undone_while_it_was_sent_and_is_put_back_later_is_there,
    "an edit of ours without an answer is taken for somebody else's":
        test_undone_edits.test_our_own_edit_whose_answer_was_lost_is_no_conflict_with_the_next_one,
    "a limit that another window was told ends with this run":
        test_runs.test_a_limit_that_another_window_was_told_holds_though_this_one_got_through,
    "a lead that was taken back is forgotten when another one takes its place":
        test_merged_leads.test_what_we_did_on_a_lead_that_was_taken_back_is_ours_when_another_one_took_its_place,
    "leads that were merged stay two when one of them is put back":
        partial(
            test_merged_leads.test_a_lead_that_is_put_back_after_the_crm_merged_it_is_one_with_the_other,
            way="its record stays",
        ),
    "do-not-contact waits until all else is gone through":
        test_do_not_contact_first.test_do_not_contact_that_is_set_while_much_is_sent_goes_before_the_rest,
    "a closing without an answer is set on a lead that went and came back":
        test_merged_leads.test_a_closing_without_an_answer_is_given_up_with_the_lead,
    "what was undone in a lead whose making was not answered comes back":
        test_merged_leads.test_an_edit_that_is_undone_before_the_lead_comes_in_does_not_come_back,
    "a lead that was taken back here is closed for a colleague":
        test_leads_that_go.test_what_was_captured_by_mistake_is_closed_there_once_it_is_the_reps_again,
    "a lead that was taken back here and went stays open when it is given to the rep again":
        test_leads_that_go.test_what_was_captured_by_mistake_is_closed_there_once_it_is_the_reps_again,
    "what is to be set on a lead that is being taken back goes first":
        test_leads_that_go.test_an_edit_waits_until_the_lead_is_taken_back_from_a_colleague,
    "who asked to be left alone is called once they are merged into somebody else":
        test_leads_that_go.test_who_asked_to_be_left_alone_is_left_alone_as_whom_they_were_merged_into,
    "what the CRM decided later is set back by a redo":
        test_leads_that_go.test_a_redo_sets_nothing_back_that_the_crm_decided_since,
    "what others did on a lead before it was the rep's is forgotten":
        test_leads_that_go.test_what_others_did_on_a_lead_before_it_was_the_reps_comes_with_it,
    "do-not-contact that nobody knows whose it is is cleared by an undo":
        test_undone_marks.theirs_stays_when_ours_went_along_with_a_lead_that_was_there_before,
    "a lead that takes another one's place is not compared":
        test_leads_that_go.taking_the_place_of_another,
    "a lead that was made here is not known by our key":
        test_leads_that_go.made_here_is_known_by_our_key,
    "a lead that may have been made here is not known by its name":
        test_leads_that_go.made_here_is_known_by_its_name,
    "a lead that was deleted and is a colleague's is taken for deleted":
        test_leads_that_go.test_a_lead_that_was_deleted_and_is_a_colleagues_is_theirs,
    "a lead that is there again and closed there stays deleted here":
        test_leads_that_go.test_a_lead_that_is_there_again_and_won_is_won,
    "a closing that was overtaken comes back when what followed it is undone":
        test_leads_that_go.test_a_closing_that_was_overtaken_does_not_come_back_when_what_followed_is_undone,
    "the rep is asked about a lead that goes on as another one":
        test_leads_that_go.test_nobody_is_asked_about_a_lead_that_goes_on_as_another_one,
    "a lease is taken without looking whether somebody else was faster":
        test_races.test_what_another_window_sent_meanwhile_is_not_sent_again,
    "a do-not-contact on what a lead was merged into is cleared by an undo":
        test_undone_marks.test_theirs_stays_on_the_one_that_a_lead_with_ours_was_merged_into,
    "what was seen before something is set is not heeded":
        test_do_not_contact_first.test_do_not_contact_that_a_look_brings_goes_before_what_was_about_to_go,
    "touches on leads that are not known yet are dropped":
        test_leads_that_go.test_what_others_did_on_a_lead_before_it_was_the_reps_comes_with_it,
    "whom the rep took in is not known by their number and name":
        test_leads_that_go.test_whom_the_rep_took_in_is_known_by_number_and_name,
    "whom the rep took in is not known by their address":
        test_leads_that_go.test_whom_the_rep_took_in_is_known_by_address,
    "a lead that is being taken back is given up as a colleague's":
        test_hand_over.test_undone_the_lead_comes_back,
    "nobody is asked when many leads go at once":
        test_runs.test_many_leads_that_go_at_once_are_asked_about_and_go_when_the_rep_says_so,
    "a lead that was handed over and is given back is left with nobody":
        test_hand_over.test_given_back_by_the_colleague_it_is_worked_again,
    "what a do-not-contact closed there stays closed when it is undone":
        test_undone_marks.test_one_that_closed_the_lead_there_as_well_opens_it_when_it_is_undone,
    "a closing that was undone while the lead is left alone stays there":
        test_undone_marks.test_a_closing_that_was_taken_back_while_it_was_left_alone_is_open_when_that_is_undone,
    "a lead that was perhaps made there and was taken back is left to the rep":
        test_leads_that_go.perhaps_made_by_mistake,
    "what was undone with a lead that never arrived is left to the rep":
        test_undone_marks.undone_with_a_lead_that_never_arrived,
    "a do-not-contact that may have been cleared before is cleared by an undo":
        test_undone_marks.test_theirs_stays_when_ours_may_have_been_cleared_before,
    "a do-not-contact that was undone between two tries of its lead is taken for sent with it":
        test_undone_marks.theirs_stays_when_ours_was_undone_before_the_lead_was_made,
    "what a colleague's lead became while it was taken back is taken for seen":
        partial(
            test_leads_that_go.test_a_lead_that_is_won_while_it_is_taken_back_from_a_colleague_is_won, shows_others=True
        ),
    "a lead that is there again while ours is uncertain stays closed here":
        test_leads_that_go.test_a_lead_that_is_there_again_while_a_status_of_ours_is_uncertain_is_as_it_is_there,
    "a closing that was overtaken comes back when a later reopening is undone":
        test_leads_that_go.test_a_closing_that_was_overtaken_does_not_come_back_when_a_later_reopening_is_undone,
    "an edit of which nobody knows whether it is there is put back when the lead goes":
        test_leads_that_go.test_an_edit_whose_taking_back_was_not_answered_is_not_put_back_when_the_lead_goes,
    "what was taken back with a lead that was gone is not there when it comes again":
        test_leads_that_go.test_a_note_that_was_taken_back_with_a_lead_that_was_gone_and_put_back_since_is_there_once,
    "of two that were taken back and merged the one that is left stays open":
        test_leads_that_go.two_taken_back_and_merged,
    "what was undone before it went is taken for known there":
        test_leads_that_go.test_what_somebody_typed_there_is_taken_in_though_the_rep_had_typed_the_same_and_took_it_back,
}  # fmt: skip
"""What takes more at once than most days bring: a test of its own finds it."""


def mutate(monkeypatch: pytest.MonkeyPatch, mutation: Mutation) -> None:
    """Put the bug in, for the length of a test."""
    original: Callable[..., object] = getattr(mutation.where, mutation.name)
    source = inspect.getsource(original)
    assert mutation.old in source, f"{mutation.name} does not read so any more"
    source = source.replace(mutation.old, mutation.new)
    if source[0] == " ":
        source = f"if True:\n{source}"
    scope: dict[str, object] = {}
    exec(compile(source, inspect.getfile(original), "exec"), original.__globals__, scope)  # noqa: S102
    monkeypatch.setattr(mutation.where, mutation.name, scope[mutation.name])


@pytest.mark.slow
@pytest.mark.parametrize(
    "mutation", [one for one in MUTATIONS if one.what not in (*EQUIVALENT, *SELDOM)], ids=lambda one: one.what
)
def test_the_simulator_finds_the_bug(mutation: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    mutate(monkeypatch, mutation)
    for seed in range(500_000, 500_000 + DAYS):
        try:
            wrong, _ = simulate.play(seed, kind=mutation.kind)
        except Exception as error:  # noqa: BLE001 - a bug may show as any error
            wrong = [repr(error)]
        if wrong:
            print(f"found by seed {seed}: {wrong[0]}")  # noqa: T201
            return
    pytest.fail(f"{DAYS} days passed and nobody noticed: {mutation.what}")


@pytest.mark.parametrize("mutation", [one for one in MUTATIONS if one.what in SELDOM], ids=lambda one: one.what)
def test_a_test_of_its_own_finds_the_bug(mutation: Mutation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mutate(monkeypatch, mutation)
    world = quiet(mutation.kind or "native", tmp_path)
    with pytest.raises((AssertionError, IntegrityError)):
        SELDOM[mutation.what](world)
    world.close()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.what)
def test_the_list_of_bugs_keeps_up_with_the_code(mutation: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    mutate(monkeypatch, mutation)
