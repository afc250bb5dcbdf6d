"""Bugs in what becomes of a lead that comes, changes, is merged, goes or comes back."""

from __future__ import annotations

from callsheet.sync import arrivals, merge
from tests.sync.mutations.mutation import Mutation

ARRIVALS = [
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
        merge, "_given_away", "if lead.state in WORKED:", "if False:",
    ),
    Mutation(
        "a lead is made again although the CRM has it",
        arrivals.Arrivals, "_match", "for lead in sorted(free):", "for lead in ():", "lookup",
    ),
    Mutation(
        "what waits for a lead is lost when it is merged",
        arrivals, "join", 'row.kind in ("patch", "owner", "plan_task", "lead")', "True",
    ),
    Mutation(
        "a lead that was merged twice is followed to the one in the middle",
        arrivals.Arrivals, "take_in", "_end(where, found)", "found.to",
    ),
    Mutation(
        "a lead that is being taken back is given up as a colleague's",
        merge, "_given_away", "if coming_back(pending):", "if False:",
    ),
    Mutation(
        "a lead that was taken back is forgotten when another one takes its place",
        arrivals, "take_over", ", mistaken: lead}", "}", "none",
    ),
    Mutation(
        "what was undone in a lead whose making was not answered comes back",
        arrivals, "_as_sent", "flat(there.profile).items() & sent.items()", "()",
    ),
    Mutation(
        "who shares a number with somebody who asked to be left alone is called",
        arrivals.Arrivals, "take_in", "self.leads |= stop_sharers(work, self.line, self._points)", "pass",
    ),
    Mutation(
        "the CRM is not told of whom we leave alone as well",
        arrivals, "stop_sharers", ", ours=(ev.DoNotContact,)", "",
    ),
    Mutation(
        "what was undone before a merge counts with the survivor",
        arrivals, "join", "for event in effective(events):", "for event in events:",
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
        "do-not-contact set in the CRM is not taken over",
        merge, "_do_not_contact", "if remote.do_not_contact and not lead.do_not_contact:", "if False:",
    ),
    Mutation(
        "do-not-contact that the CRM cleared is not set again",
        merge, "_do_not_contact",
        "elif lead.do_not_contact and base.do_not_contact and not remote.do_not_contact:", "elif False:",
    ),
    Mutation(
        "the CRM's fields win over what the rep edited",
        merge, "_profile", "elif here == before or", "elif True or",
    ),
    Mutation(
        "the rep's fields win over what was changed in the CRM",
        merge, "_profile", "elif there == before and name not in again:", "elif True:",
    ),
    Mutation(
        "a lead that was closed there stays open here",
        merge, "_as_there", "if remote.closed is not None:", "if False:",
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
        "a lead that was handed over and is given back is left with nobody",
        merge, "_back", "or not base.mine)", ")",
    ),
    Mutation(
        "an edit of ours without an answer is taken for somebody else's",
        merge, "_with_ours", "& tried", "& set()",
    ),
    Mutation(
        "a closing without an answer is set on a lead that went and came back",
        merge, "let_go", "doubtful = row.sets and", "doubtful = False and",
    ),
    Mutation(
        "a lead that is given back stays with whom it was given to",
        merge, "_back", "(reassigned or again)", "again",
    ),
    Mutation(
        "a lead that is there again stays closed",
        merge, "_back", "(reassigned or again)", "reassigned",
    ),
    Mutation(
        "do-not-contact is given up with a lead that is a colleague's",
        merge, "let_go", "and not row.urgent", "and True",
    ),
    Mutation(
        "what the rep meant to set is not said where it was overtaken",
        merge, "_status", "merged.notes += _intent(row, event, remote)", "pass",
    ),
    Mutation(
        "the rep is asked about fields that nobody there has changed",
        merge, "_profile", "elif there == before and name not in again:\n            continue\n        ", "",
    ),
    Mutation(
        "a status there that is newer than ours is overwritten",
        merge, "_status", "remote.modified_at - skew > event.at", "False",
    ),
    Mutation(
        "a status of ours that is newer than theirs is given up",
        merge, "_status", "(bool(remote.closed) or remote.modified_at - skew > event.at)", "True",
    ),
    Mutation(
        "whom the rep took in is not known by their address",
        arrivals.Arrivals, "_match", "for email in profile.emails for lead", "for email in () for lead",
    ),
    Mutation(
        "whom the rep took in is not known by their number and name",
        arrivals.Arrivals, "_match", "for phone in profile.phones for lead", "for phone in () for lead",
    ),
    Mutation(
        "whom the rep took in is known by a number alone",
        arrivals.Arrivals, "_match", "if lead in named}", "}",
    ),
    Mutation(
        "a lead that was made here is not known by our key",
        arrivals.Arrivals, "_match", "if there.key:", "if False:", "native",
    ),
    Mutation(
        "a lead that may have been made here is not known by its name",
        arrivals.Arrivals, "_match", "if not found:", "if False:", "lookup",
    ),
    Mutation(
        "what waits is set on a lead that was given away",
        merge, "let_go", "if sets and (row.unsent or row.doubted or doubtful):", "if False:",
    ),
    Mutation(
        "a lead that was taken back here is closed for a colleague",
        arrivals.Arrivals, "_look_at_undone", "if not there.mine:", "if False:",
    ),
    Mutation(
        "a lead that was taken back here and went stays open when it is given to the rep again",
        arrivals.Arrivals, "_look_at_undone", "work.save([*ended, *again], now)", "work.save(ended, now)",
    ),
    Mutation(
        "a lead that was deleted and is a colleague's is taken for deleted",
        merge, "base_of", "patched_at=before.patched_at,",
        "patched_at=before.patched_at, gone=before.gone and not remote.mine,",
    ),
    Mutation(
        "a lead that takes another one's place is not compared",
        arrivals.Arrivals, "take_in", "if met.get(remote) == link.lead:", "if remote in met:",
    ),
    Mutation(
        "a lead that is there again and closed there stays deleted here",
        merge, "_back", "elif remote.closed is not None and again and not stands:", "elif False:",
    ),
    Mutation(
        "a closing that was overtaken comes back when what followed it is undone",
        merge, "_status", "anyway=ended or (moved", "anyway=(moved",
    ),
    Mutation(
        "who asked to be left alone is called once they are merged into somebody else",
        arrivals, "join", "if lead.do_not_contact and not other.do_not_contact:", "if False:",
    ),
    Mutation(
        "the rep is asked about a lead that goes on as another one",
        arrivals, "join", "for conflict in work.conflicts(loser):", "for conflict in ():",
    ),
    Mutation(
        "more that a known lead does is dropped",
        arrivals.Arrivals, "_compare", "if current is not None and there.mine and happened:", "if False:",
    ),
    Mutation(
        "how a lead is called there is not shown",
        merge, "_labels", "merged.facts.append(ev.StatusChanged(*there))", "pass",
    ),
    Mutation(
        "what a colleague's lead became while it was taken back is taken for seen",
        merge, "merge", "profile=was.profile, status=was.status, closed=was.closed", "profile=was.profile",
    ),
    Mutation(
        "a lead that is there again while ours is uncertain stays closed here",
        merge, "_back", "elif stands and away_there:",
        "elif stands and base.gone:\n        pass\n    elif stands and away_there:",
    ),
    Mutation(
        "a closing that was overtaken comes back when a later reopening is undone",
        merge, "_status", "if standing and (moved or ended)", "if standing and moved",
    ),
    Mutation(
        "an edit of which nobody knows whether it is there is put back when the lead goes",
        merge, "let_go", "only_ours - unknown", "only_ours | unknown",
    ),
    Mutation(
        "what was taken back with a lead that was gone is not there when it comes again",
        arrivals.Arrivals, "_came_back", "[*there, *again]", "again",
    ),
    Mutation(
        "of two that were taken back and merged the one that is left stays open",
        arrivals.Arrivals, "_taken_back_both", "if open_there else []", "if False else []", "native",
    ),
    Mutation(
        "what was undone before it went is taken for known there",
        arrivals.Arrivals, "_compare", "if name in going or (name, value) in here", "",
    ),
]  # fmt: skip
