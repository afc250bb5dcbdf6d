"""Bugs in how the CRM is read: its pages, its cursors, its history, what does not show."""

from __future__ import annotations

from callsheet.sync import history, pull
from tests.sync import fake_crm
from tests.sync.mutations.mutation import Mutation

READING = [
    Mutation(
        "what others did on a lead before it was the rep's is forgotten",
        history, "absorb", "strays = [_decode(one) for one in work.note(name) or ()]", "strays = []",
    ),
    Mutation(
        "the cursor goes on before its page is kept",
        pull.Pull, "_take_in",
        "            with line.book.work() as work:\n                known",
        "            with line.book.work() as work:\n"
        "                for one in (notes or {}).items(): work.put_note(*one)\n"
        "            with line.book.work() as work:\n                known", "native",
    ),
    Mutation(
        "a list that lags is believed about what we have just set",
        pull.Pull, "_whereabouts", "patched = base.patched_at is not None and", "patched = False and", "lookup",
    ),
    Mutation(
        "nobody asks for leads that do not show as changed",
        pull.Pull, "check", "links = list(work.links_unseen(", "links = [] and list(work.links_unseen(",
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
        pull.Pull, "_guard", "len(self._gone) > most and not self.force", "False", "native",
    ),
    Mutation(
        "the pages of a change are read from the first one only",
        pull.Pull, "_pages", "cursor, more = page.cursor, page.more", "cursor, more = page.cursor, False",
    ),
    Mutation(
        "an answer is believed although another window changed the lead meanwhile",
        pull.Pull, "_take_in", "if at > asked and", "if False and", "none",
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
        "leads that were merged stay two when one of them is put back",
        pull, "rejoin", "if lead is None or", "if True or",
    ),
    Mutation(
        "the history is read from its beginning each time",
        pull.Pull, "history", "work.put_note(note, page.cursor)", "pass",
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
        "our own touch is not known again where times are whole seconds",
        history, "_same", "abs(event.at - touch.at) <= SAME", "event.at == touch.at", "none",
    ),
    Mutation(
        "what the history shows to have arrived is not told",
        history, "absorb", "leads |= _seen(work, ours", "_seen(work, ours", "none",
    ),
    Mutation(
        "the list of changes does not reach back over what the index had not shown",
        fake_crm.FakeCrm, "_changes", " - self.capabilities.cursor_overlap", "", "lookup",
    ),
    Mutation(
        "of leads that changed at the same moment those of the next page are left out",
        fake_crm.FakeCrm, "_changes", "(row[0], row[1]) > after", "row[0] > after[0]",
    ),
]  # fmt: skip
