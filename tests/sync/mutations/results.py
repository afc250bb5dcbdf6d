"""Bugs in what comes of an answer, and of none."""

from __future__ import annotations

from callsheet.sync import results
from tests.sync.mutations.mutation import Mutation

RESULTS = [
    Mutation(
        "an answer is kept although another window took the delivery up since",
        results.Results, "_held",
        "return row if row.lease_until == parcel.row.lease_until and row.lease_by == parcel.row.lease_by else None",
        "return row", "lookup",
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
        "the look-up comes before the index knows",
        results.Results, "_settling", "return self.line.crm.capabilities.lookup_lag + PATIENCE", "return timedelta(0)",
        "lookup",
    ),
    Mutation(
        "a task that changed on its way stays as it was",
        results.Results, "_arrived", 'again = detail["sent"] != detail["want"]', "again = False", "lookup",
    ),
    Mutation(
        "what a result says is kept although the lease went to another window",
        results.Results, "_held",
        "return row if row.lease_until == parcel.row.lease_until and row.lease_by == parcel.row.lease_by else None",
        "return row",
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
        "the wait before the next try is in the past",
        results, "back_off", "(0.5 + chance)", "-1",
    ),
    Mutation(
        "the page of a portal is taken for a request that never left",
        results.Results, "put_back", "case Uncertain() | Drift():", "case Uncertain():",
    ),
    Mutation(
        "a delivery that failed with its neighbours is lost",
        results.Results, "settle", "case NotAttempted():", "case NotAttempted() if False:",
    ),
    Mutation(
        "what was decided while ours was on its way is not so there",
        results.Results, "_arrived", "again = isinstance(op.body, LeadPatch) and", "again = False and",
    ),
    Mutation(
        "what went over with something else is taken for not sent",
        results.Results, "_came_along", "if each.untried and", "if False and",
    ),
    Mutation(
        "what was set for a lead that is another one by now is taken for known",
        results.Results, "_patched", "if there != row.lead:", "if False:",
    ),
    Mutation(
        "what was taken back is shown as delivered",
        results.Results, "_taken_back", 'replace(each, state="compensated")', "each",
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
        "all wait equally long, and come again at once",
        results, "back_off", "wait * (0.5 + chance)", "wait",
    ),
    Mutation(
        "which field was refused is not told",
        results.Results, "settle", "self._refused(work, row, reason, name)", "self._refused(work, row, reason)",
    ),
    Mutation(
        "what is not answered for one of several is taken for there",
        results.Results, "settle", "self._unsure(work, row, reason)", "self._arrived(work, row, parcel.op, Applied())",
        "lookup",
    ),
    Mutation(
        "what was not even tried is taken for there",
        results.Results, "settle", "self._not_sent(work, row)", "self._arrived(work, row, parcel.op, Applied())",
    ),
    Mutation(
        "what never gets an answer is sent for ever",
        results.Results, "_unsure", "if row.tries >= MOST_TRIES:", "if False:", "native",
    ),
    Mutation(
        "what is there already, from before, is taken for made by us",
        results.Results, "_introduced", "if not result.replayed:", "if True:",
    ),
    Mutation(
        "what a do-not-contact closed there is taken for closed by somebody there",
        results.Results, "_patched", "or result.closed ", "",
    ),
    Mutation(
        "a do-not-contact that was undone between two tries of its lead is taken for sent with it",
        results.Results, "_introduced", "if op.body.do_not_contact or not each.urgent", "", "native",
    ),
]  # fmt: skip
