"""Bugs put into the sync on purpose: the simulator has to find each, or it proves nothing.

Each mutation names a function, a piece of its source and what stands there instead. One whose piece is gone fails, so
that the list keeps up with the code.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from callsheet.sync import arrivals, deliver, history, lanes, merge, ops, owed, parcels, pull, results, run
from tests.sync import fake_crm, simulate, test_races
from tests.sync.test_runs import quiet
from tests.sync.world import World

DAYS = 300
"""Days in which a mutation has to be found."""


@dataclass(frozen=True)
class Mutation:
    """What goes wrong, where, and how.

    `kind` is the class of CRM in which it does most harm, `skip` spares days in which it is known to do none.
    """

    what: str
    where: Any
    name: str
    old: str
    new: str
    kind: str = ""
    skip: int = 0


MUTATIONS = [
    Mutation(
        "what another window is sending is sent again",
        lanes, "_head", 'return [] if held else [Turn(row, "expire")]', 'return [Turn(row, "send")]', "none",
    ),
    Mutation(
        "a lease is taken without looking whether somebody else was faster",
        deliver, "lease",
        "or row.state != turn.row.state or row.not_before != turn.row.not_before", "", "none",
    ),
    Mutation(
        "what a dead process was sending is taken for not sent",
        results.Results, "expire", 'state="ambiguous"', 'tries=0, state="waiting"', "lookup",
    ),
    Mutation(
        "a lost reply is taken for a request that never left",
        results.Results, "put_back", "case Uncertain() | Drift():", "case Drift():", "lookup",
    ),
    Mutation(
        "the cursor goes on before its page is kept",
        pull.Pull, "_take_in",
        "            with line.book.work() as work:\n                known",
        "            with line.book.work() as work:\n"
        "                for one in (notes or {}).items(): work.put_note(*one)\n"
        "            with line.book.work() as work:\n                known", "native", 250,
    ),
    Mutation(
        "do-not-contact waits for its turn",
        deliver, "turns", "return urgent or normal", "return [*normal, *urgent]",
    ),
    Mutation(
        "do-not-contact set in the CRM is not taken over",
        merge, "_do_not_contact", "if remote.do_not_contact and not lead.do_not_contact:", "if False:",
    ),
    Mutation(
        "do-not-contact that the CRM cleared is not set again",
        merge, "_do_not_contact",
        "elif lead.do_not_contact and base.do_not_contact and not remote.do_not_contact:", "elif False:",
    ),
    Mutation(
        "nobody looks whether a lost delivery arrived",
        lanes, "_head", 'Turn(row, "look") if crm.idempotency', 'Turn(row, "send") if crm.idempotency', "lookup",
    ),
    Mutation(
        "the look-up comes before the index knows",
        results.Results, "_settling", "return self.line.crm.capabilities.lookup_lag + PATIENCE", "return timedelta(0)",
        "lookup",
    ),
    Mutation(
        "an undecided delivery is sent again where nothing tells whether it arrived",
        lanes, "_head", 'if row.state != "ambiguous" or', "if True or", "none",
    ),
    Mutation(
        "what was delivered and undone is forgotten",
        owed._Books, "take_back", "if row.unsent:", "if True:", "native",
    ),
    Mutation(
        "what was undone and not sent goes over",
        owed._Books, "take_back", "if row.unsent:\n", "if row.unsent:\n                    continue\n",
    ),
    Mutation(
        "a redo is sent under the key that was taken back",
        owed._Books, "tell", "key = derived_key(event.id, kind, len(rows))", "continue",
    ),
    Mutation(
        "what waits lets those behind it pass",
        lanes, "_head", "row.not_before > now:\n            return []", "row.not_before > now:\n            continue",
    ),
    Mutation(
        "our own touches come back as somebody's",
        history, "absorb", "if row is not None:", "if row is None and False:",
    ),
    Mutation(
        "the same touch comes in each time it is told",
        history, "_event", "key = derived_key(line.book.crm, touch.remote_id)", "key = line.fresh()",
    ),
    Mutation(
        "touches on leads that are not known yet are dropped",
        history, "absorb", "left.append(touch)", "pass", "none", 800,
    ),
    Mutation(
        "a list that lags is believed about what we have just set",
        pull.Pull, "_whereabouts", "patched = base.patched_at is not None and", "patched = False and", "lookup",
    ),
    Mutation(
        "a merged lead goes on as before",
        arrivals.Arrivals, "_moved", "join(work, self.line, link.lead, other.lead, self.account)", "pass",
    ),
    Mutation(
        "a deleted lead stays open",
        arrivals.Arrivals, "_deleted", '(*merge.WORKED, "returned")', "()", "native",
    ),
    Mutation(
        "a lead that was given away stays on the sheet",
        arrivals.Arrivals, "_lost_sight", "merge.WORKED", "()",
    ),
    Mutation(
        "nobody asks for leads that do not show as changed",
        pull.Pull, "check", "links = list(work.links_unseen(", "links = [] and list(work.links_unseen(",
    ),
    Mutation(
        "the CRM's fields win over what the rep edited",
        merge, "_profile", "elif here == before or", "elif True or",
    ),
    Mutation(
        "the rep's fields win over what was changed in the CRM",
        merge, "_profile", "elif there == before:", "elif True:",
    ),
    Mutation(
        "fields in conflict are sent all the same",
        ops, "_fields", "and name not in disputed", "", "native",
    ),
    Mutation(
        "a status is set without looking what was set there meanwhile",
        deliver.Push, "_refresh", "if self.line.crm.capabilities.stale_guard:", "if True:",
    ),
    Mutation(
        "a lead that was closed there stays open here",
        merge, "_as_there", "if remote.closed is not None:", "if False:",
    ),
    Mutation(
        "a task that changed on its way stays as it was",
        results.Results, "_arrived", 'again = detail["sent"] != detail["want"]', "again = False", "lookup", 200,
    ),
    Mutation(
        "a task that was fulfilled stays open",
        owed._Books, "commitments", "if event.id != current:", "if False:",
    ),
    Mutation(
        "the task of a plan that pauses stays open",
        owed._Books, "plan", "                self.fulfil([row])", "                pass",
    ),
    Mutation(
        "calls go on after the credentials failed",
        deliver.Push, "_stop", "raise error", "self._halted = None",
    ),
    Mutation(
        "a lead is made again although the CRM has it",
        arrivals.Arrivals, "_match", "for lead in sorted(free):", "for lead in ():", "lookup",
    ),
    Mutation(
        "what a result says is kept although the lease went to another window",
        results.Results, "_held",
        "return row if row.lease_until == parcel.row.lease_until and row.lease_by == parcel.row.lease_by else None",
        "return row",
    ),
    Mutation(
        "the list of changes does not reach back over what the index had not shown",
        fake_crm.FakeCrm, "_changes", " - self.capabilities.cursor_overlap", "", "lookup",
    ),
    Mutation(
        "of leads that changed at the same moment those of the next page are left out",
        fake_crm.FakeCrm, "_changes", "(row[0], row[1]) > after", "row[0] > after[0]",
    ),
    Mutation(
        "what waits goes at once after a restart",
        lanes, "_head", "row.not_before is not None and row.not_before > now", "row.not_before is None and False",
    ),
    Mutation(
        "what is parked holds back all behind it",
        lanes, "_head", 'if row.state == "parked" or _held_back(row, crm, parked):\n            continue',
        'if row.state == "parked" or _held_back(row, crm, parked):\n            return []',
    ),
    Mutation(
        "one that is parked stops all leads",
        deliver, "turns", "    at_home = set(homes.values())",
        "    if parked:\n        return []\n    at_home = set(homes.values())",
    ),
    Mutation(
        "a conflict is decided for the CRM without a word",
        merge, "_profile", "merged.conflicts.append(FieldConflict(lead.id, name, here, there, now))",
        "taken[name] = there",
    ),
    Mutation(
        "a conflict is decided for the rep without a word",
        merge, "_profile", "merged.conflicts.append(FieldConflict(lead.id, name, here, there, now))", "pass",
    ),
    Mutation(
        "what we set is not known as the state there",
        results.Results, "_patched", "work.save_link(", "(lambda _link: None)(",
    ),
    Mutation(
        "what the CRM refuses is sent again and again",
        results.Results, "settle", "self._refused(work, row, reason, name)",
        "self._again(work, row, reason, timedelta(0))",
    ),
    Mutation(
        "a lease never runs out",
        lanes, "_head", "row.lease_until > now and alive", "alive",
    ),
    Mutation(
        "the wait before the next try is in the past",
        results, "back_off", "(0.5 + chance)", "-1",
    ),
    Mutation(
        "what is uncertain is sent again under another key",
        ops, "op", "Op(row.op,", 'Op(row.op + "x" * row.tries,', "native",
    ),
    Mutation(
        "what waits for a lead is lost when it is merged",
        arrivals, "join", 'row.kind in ("patch", "owner", "plan_task", "lead")', "True",
    ),
    Mutation(
        "a look at all leads leaves out those that were seen today",
        pull.Pull, "check", "now if thorough else now - CHECK_EVERY", "now - CHECK_EVERY",
    ),
    Mutation(
        "the daily look at all leads does not take place",
        pull.Pull, "check", "now if thorough else now - CHECK_EVERY", "now if thorough else now - CHECK_EVERY * 9",
    ),
    Mutation(
        "nobody is asked when many leads go at once",
        pull.Pull, "_guard", "len(self._gone) > most and not self.force", "False", "native", 600,
    ),
    Mutation(
        "the daily limit is forgotten with the run",
        run, "_stopped", "work.put_note(_pause_note(line), [until.isoformat(), kind])", "pass",
    ),
    Mutation(
        "the page of a portal is taken for a request that never left",
        results.Results, "put_back", "case Uncertain() | Drift():", "case Uncertain():",
    ),
    Mutation(
        "do-not-contact that the CRM had set itself is cleared by an undo",
        parcels, "_packed", 'detail["already"] = True', "pass",
    ),
    Mutation(
        "our own touch is not known again where times are whole seconds",
        history, "_same", "abs(event.at - touch.at) <= SAME", "event.at == touch.at", "none",
    ),
    Mutation(
        "what the lead could not take in is sent to the one that it was merged into",
        parcels, "make", "if there != row.lead and row.sets and not row.urgent:", "if False:", "lookup", 1000,
    ),
    Mutation(
        "the pages of a change are read from the first one only",
        pull.Pull, "_pages", "cursor, more = page.cursor, page.more", "cursor, more = page.cursor, False",
    ),
    Mutation(
        "a version that is out of date is not looked up",
        deliver.Push, "_settle", "if stale:", "if False:", "native",
    ),
    Mutation(
        "a delivery that failed with its neighbours is lost",
        results.Results, "settle", "case NotAttempted():", "case NotAttempted() if False:",
    ),
    Mutation(
        "two deliveries of one lead go at once",
        deliver, "lease", "if made.lead and made.lead in {parcel.op.lead for parcel in parcels}:", "if False:",
    ),
    Mutation(
        "an edit that is undone while it is on its way stays there",
        results.Results, "_arrived", "again = isinstance(op.body, LeadPatch) and", "again = False and",
    ),
    Mutation(
        "an answer is believed although another window changed the lead meanwhile",
        pull.Pull, "_take_in", "if at > asked and", "if False and", "none",
    ),
    Mutation(
        "what went over with something else is taken for not sent",
        results.Results, "_came_along", "if each.unsent and", "if False and",
    ),
    Mutation(
        "a lead that was merged twice is followed to the one in the middle",
        arrivals.Arrivals, "take_in", "_end(where, found)", "found.to",
    ),
    Mutation(
        "a lead is handed over before all else on it is there",
        lanes, "_head", 'row.kind == "owner" and row.unsent', "False",
    ),
    Mutation(
        "a lead that is being taken back is given up as a colleague's",
        arrivals.Arrivals, "_let_go", "if base.gone or not merge.coming_back(pending):", "if True:",
    ),
    Mutation(
        "a lead that was handed over and is given back is left with nobody",
        merge, "_back", "or not base.mine)", ")",
    ),
    Mutation(
        "an undone hand-off stays there",
        ops, "_take_back", 'LeadPatch(owner="", owner_from', 'LeadPatch(owner="Ann", owner_from',
    ),
]  # fmt: skip

EQUIVALENT = {
    # The answer to the create makes the two one again.
    "a lead is made again although the CRM has it",
    # What expires is not `sending` any more, so that a late result finds nothing to settle.
    "what a result says is kept although the lease went to another window",
    # The answer says whether it was there before.
    "do-not-contact that the CRM had set itself is cleared by an undo",
    # The pull of the same sync brings the version.
    "a version that is out of date is not looked up",
    # The lease runs out.
    "a delivery that failed with its neighbours is lost",
    # What no longer holds is not sent: each delivery is looked at once more before it leaves.
    "what was undone and not sent goes over",
}
"""Held by a second guard too: either alone is enough."""

SELDOM: dict[str, Callable[[World], None]] = {
    "two deliveries of one lead go at once":
        partial(test_races.test_deliveries_of_leads_that_turn_out_to_be_one_go_one_after_the_other, batch=100),
    "a lead that was merged twice is followed to the one in the middle":
        test_races.test_leads_that_were_merged_one_after_the_other_go_on_as_the_last_one,
    "an answer is believed although another window changed the lead meanwhile":
        test_races.test_an_answer_that_another_window_overtook_does_not_bring_back_what_was_there_before,
    "what went over with something else is taken for not sent":
        test_races.test_a_closing_that_went_over_with_something_taken_back_is_undone_there,
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
    for seed in range(500_000 + mutation.skip, 500_000 + mutation.skip + DAYS):
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
    world = quiet("native", tmp_path)
    with pytest.raises((AssertionError, IntegrityError)):
        SELDOM[mutation.what](world)
    world.close()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.what)
def test_the_list_of_bugs_keeps_up_with_the_code(mutation: Mutation, monkeypatch: pytest.MonkeyPatch) -> None:
    mutate(monkeypatch, mutation)
