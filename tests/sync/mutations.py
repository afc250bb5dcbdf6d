"""Bugs put into the sync on purpose: the simulator has to find each, or it proves nothing.

Each mutation names a function, a piece of its source and what stands there instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from callsheet.sync import (
    arrivals,
    deliver,
    history,
    lanes,
    merge,
    ops,
    owed,
    parcels,
    pull,
    results,
    run,
    sanity,
)
from tests.sync import fake_crm, rest


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
        deliver, "lease", "or not same_turn(row, turn.row)", "", "none",
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
        history, "absorb", "left.append(touch)", "pass", "lookup",
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
        pull.Pull, "_guard", "len(self._gone) > most and not self.force", "False", "native", 300,
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
        parcels, "make", "if there != row.lead and row.sets and not row.urgent:", "if False:", "lookup",
    ),
    Mutation(
        "the pages of a change are read from the first one only",
        pull.Pull, "_pages", "cursor, more = page.cursor, page.more", "cursor, more = page.cursor, False",
    ),
    Mutation(
        "a version that is out of date is not looked up",
        deliver.Push, "_settle", "self._stale += stale", "pass",
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
        "what was decided while ours was on its way is not so there",
        results.Results, "_arrived", "again = isinstance(op.body, LeadPatch) and", "again = False and",
    ),
    Mutation(
        "an answer is believed although another window changed the lead meanwhile",
        pull.Pull, "_take_in", "if at > asked and", "if False and", "none",
    ),
    Mutation(
        "what went over with something else is taken for not sent",
        results.Results, "_came_along", "if each.untried and", "if False and",
    ),
    Mutation(
        "a lead that was merged twice is followed to the one in the middle",
        arrivals.Arrivals, "take_in", "_end(where, found)", "found.to",
    ),
    Mutation(
        "what was set for a lead that is another one by now is taken for known",
        results.Results, "_patched", "if there != row.lead:", "if False:",
    ),
    Mutation(
        "a pull that goes on where another was broken off is taken for a whole one",
        pull.Pull, "changes", "runs = 2 if", "runs = 1 if",
    ),
    Mutation(
        "the survivor of many merges is not looked at",
        pull.Pull, "_resolve", "range(MOST_MERGES)", "range(3)",
    ),
    Mutation(
        "a lead is handed over before all else on it is there",
        lanes, "_head", 'row.kind == "owner" and row.unsent', "False",
    ),
    Mutation(
        "a lead that is being taken back is given up as a colleague's",
        arrivals.Arrivals, "_let_go", "if base.gone or not merge.coming_back(pending):", "if True:",
        skip=450,
    ),
    Mutation(
        "a lead that was handed over and is given back is left with nobody",
        merge, "_back", "or not base.mine)", ")", skip=100_100,
    ),
    Mutation(
        "an undone hand-off stays there",
        ops, "_take_back", 'LeadPatch(owner="", owner_from', 'LeadPatch(owner="Ann", owner_from',
    ),
    Mutation(
        "a look is believed although another window has sent it since",
        deliver.Push, "_look", "not same_turn(current, row)", 'current.state != "ambiguous"', "lookup",
    ),
    Mutation(
        "what came along with something is undone as if it had stayed here",
        deliver, "lease", '"along": True', '"along": False',
    ),
    Mutation(
        "an edit of ours without an answer is taken for somebody else's",
        merge, "_with_ours", "& tried", "& set()",
    ),
    Mutation(
        "a limit that another window was told ends with this run",
        run, "_go_on", "if work.note", "if True or work.note",
    ),
    Mutation(
        "a lead that was taken back is forgotten when another one takes its place",
        arrivals, "take_over", ", mistaken: lead}", "}", "none",
    ),
    Mutation(
        "leads that were merged stay two when one of them is put back",
        pull, "rejoin", "if lead is None or", "if True or",
    ),
    Mutation(
        "do-not-contact waits until all else is gone through",
        deliver.Push, "run", "if looked or", "if False and",
    ),
    Mutation(
        "a closing without an answer is set on a lead that went and came back",
        merge, "let_go", "doubtful = row.sets and", "doubtful = False and",
    ),
    Mutation(
        "what was undone in a lead whose making was not answered comes back",
        arrivals.Arrivals, "_settle_create", "shown & sent[0].items()", "shown & set()",
    ),
    Mutation(
        "a lead that is given back stays with whom it was given to",
        merge, "_back", "remote.closed is None and (reassigned or ", "remote.closed is None and (False or ",
    ),
    Mutation(
        "a lead that is there again stays closed",
        merge, "_back", '(reassigned or (base.gone and lead.closed == "gone"))', "reassigned",
    ),
    Mutation(
        "the other side of a conflict is taken than the rep chose",
        rest, "decide", "found.theirs, kept)", 'found.theirs, "mine")',
    ),
    Mutation(
        "do-not-contact is not marked to go first",
        owed, "is_urgent", 'kind == "patch" and', "False and",
    ),
    Mutation(
        "who shares a number with somebody who asked to be left alone is called",
        arrivals.Arrivals, "take_in", "self._stop_sharers(work)", "pass",
    ),
    Mutation(
        "the CRM is not told of whom we leave alone as well",
        arrivals.Arrivals, "_stop_sharers", ", ours=(ev.DoNotContact,)", "",
    ),
    Mutation(
        "what was undone before a merge counts with the survivor",
        arrivals, "join", "for event in effective(events):", "for event in events:",
    ),
    Mutation(
        "a note that says why is not sent",
        owed, "wanted", 'case ev.Nurtured(why=why) if event.origin != "import":\n'
        '            return ["patch", "note"] if why else ["patch"]',
        'case ev.Nurtured(why=why) if event.origin != "import":\n            return ["patch"]',
    ),
    Mutation(
        "a lead is closed there without our words",
        ops, "patch", "LeadPatch(closed=reason, closed_note=note)", "LeadPatch(closed=reason)",
    ),
    Mutation(
        "what was taken back is shown as delivered",
        results.Results, "_taken_back", 'replace(each, state="compensated")', "each",
    ),
    Mutation(
        "a daily limit that ends soon is waited out within the run",
        deliver.Push, "_stop", 'error.scope != "daily" and ', "", skip=600,
    ),
    Mutation(
        "one that is refused has all be parked that went with it",
        deliver.Push, "_failed", "(Invalid, Forbidden)) and len(call) > 1", "(Invalid, Forbidden)) and False",
    ),
    Mutation(
        "calls go on when the network is not there",
        deliver.Push, "_apply", "(AuthBroken, Drift, Unavailable)", "(AuthBroken, Drift)",
    ),
    Mutation(
        "an answer that is too short is taken for the whole",
        deliver.Push, "_apply", "if len(results) != len(sent):", "if False:",
    ),
    Mutation(
        "the history is read from its beginning each time",
        pull.Pull, "history", "work.put_note(note, page.cursor)", "pass",
    ),
    Mutation(
        "a refused key is shown again at once",
        run, "_stopped", "work.put_note(refused_note(line.book.crm), [now.isoformat(), str(error)])", "pass",
    ),
    Mutation(
        "a difference is told of what is on its way",
        sanity, "_states", "link.lead not in pending and", "",
    ),
    Mutation(
        "a touch that somebody deleted there is taken for found",
        sanity, "_look_for_delivered", '"seen" if found else "missing"', '"seen"',
    ),
    Mutation(
        "of the leads that differ one is counted",
        sanity, "_states", "apart[here, there].append(link.lead)", "apart[here, there] = [link.lead]",
    ),
    Mutation(
        "a lead is dated by the clock of the CRM",
        arrivals.Arrivals, "_captured", "(there.created_at or there.modified_at) - self.account.skew",
        "(there.created_at or there.modified_at) + self.account.skew",
    ),
    Mutation(
        "what a lead did is dated by the clock of the CRM",
        arrivals.Arrivals, "_happened", "one.at - self.account.skew", "one.at + self.account.skew",
    ),
    Mutation(
        "do-not-contact is given up with a lead that is a colleague's",
        merge, "let_go", "and not row.urgent", "and True", skip=100_000,
    ),
    Mutation(
        "what the rep meant to set is not said where it was overtaken",
        merge, "_status", "merged.notes += _intent(row, event, remote)", "pass", skip=100_000,
    ),
    Mutation(
        "a run goes on though the CRM wants one pause after the other",
        deliver.Push, "_stop", "self._pauses += 1", "self._pauses += 0",
    ),
    Mutation(
        "a pause that the CRM asks for is not kept",
        deliver.Push, "_stop", "self.line.sleep(wait.total_seconds())", "pass",
    ),
    Mutation(
        "of several pauses the shortest is kept",
        deliver.Push, "_send", "max(stops, key=_pause)", "min(stops, key=_pause)",
    ),
    Mutation(
        "a pause is forgotten with the run",
        run, "_stopped", " | Throttled(scope=scope, after=timedelta() as after)", "",
    ),
    Mutation(
        "a run goes on though nothing is answered",
        deliver.Push, "_failed", "return error if self._silent >= MOST_SILENCE else None", "return None", "none",
    ),
    Mutation(
        "what went with one that is refused stays with a run that stopped",
        deliver.Push, "_one_by_one", "self.results.put_back(call[place:], None)", "pass",
    ),
    Mutation(
        "a look that is not answered is taken for not there",
        deliver.Push, "_look", "self.results.look_later(current)", "self.results.looked(current, made, None)", "lookup",
    ),
    Mutation(
        "nobody knows who is sending",
        deliver, "lease", "lease_by=line.owner, ", "",
    ),
    Mutation(
        "a lease ends before the answer can come",
        deliver, "lease", "lease_until=now + LEASE", "lease_until=now + LEASE / 1800",
    ),
    Mutation(
        "what a dead process was sending is still its",
        results.Results, "expire", "_freed(current[row.op])", "current[row.op]",
    ),
    Mutation(
        "after which time it may come again is not heeded",
        results.Results, "_again", "after if after is not None else ", "",
    ),
    Mutation(
        "what is not taken is given up at the third try",
        results.Results, "_again", "row.tries >= MOST_TRIES", "row.tries >= 3",
    ),
    Mutation(
        "what is not taken is sent for ever",
        results.Results, "_again", "row.tries >= MOST_TRIES", "row.tries >= 99",
    ),
    Mutation(
        "the wait between tries does not grow",
        results, "back_off", "FIRST_WAIT * 2 ** min(tries - 1, 10)", "FIRST_WAIT",
    ),
    Mutation(
        "the wait between tries grows without end",
        results, "back_off", "LONGEST_WAIT)", "LONGEST_WAIT * 1000)",
    ),
    Mutation(
        "what went over is not told",
        results.Results, "settle", "self.leads.add(row.lead)", "pass",
    ),
    Mutation(
        "what was refused with its whole call is not told",
        results.Results, "put_back", "self.leads.add(row.lead)", "pass",
    ),
    Mutation(
        "what a look found is not told",
        results.Results, "looked", "self.leads.add(row.lead)", "pass", "lookup",
    ),
    Mutation(
        "what is left to the rep is not told",
        results.Results, "park", "self.leads |= {row.lead for row in parked}", "pass", "none",
    ),
    Mutation(
        "what the history shows to have arrived is not told",
        history, "absorb", "leads |= _seen(work, ours", "_seen(work, ours", "none",
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
    # The next look follows it on from there.
    "a lead that was merged twice is followed to the one in the middle",
    # It is sent once more, which changes nothing there.
    "what went over with something else is taken for not sent",
    # What no longer holds is not sent: each delivery is looked at once more before it leaves.
    "what was undone and not sent goes over",
}
"""Held by a second guard too: either alone is enough."""
