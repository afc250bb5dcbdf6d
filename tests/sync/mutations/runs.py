"""Bugs in what a run leaves to the next, says of differences, and does as the rep decided."""

from __future__ import annotations

from callsheet.sync import run, sanity
from tests.sync import sync_screen
from tests.sync.mutations.mutation import Mutation

RUNS = [
    Mutation(
        "the daily limit is forgotten with the run",
        run, "_stopped", "work.put_note(_pause_note(line), [until.isoformat(), kind])", "pass",
    ),
    Mutation(
        "a limit that another window was told ends with this run",
        run, "_go_on", "if work.note", "if True or work.note",
    ),
    Mutation(
        "a refused key is shown again at once",
        run, "_stopped", "work.put_note(refused_note(line.book.crm), [now.isoformat(), str(error)])", "pass",
    ),
    Mutation(
        "a pause is forgotten with the run",
        run, "_stopped", " | Throttled(scope=scope, after=timedelta() as after)", "",
    ),
    Mutation(
        "a difference is told of what is on its way",
        sanity, "_states", "link.lead not in pending and", "",
    ),
    Mutation(
        "a touch that somebody deleted there is taken for found",
        sanity, "_seen", 'if line.crm.find_effect(op) is not None else "missing"', "",
    ),
    Mutation(
        "of the leads that differ one is counted",
        sanity, "_states", "apart[here, there].append(link.lead)", "apart[here, there] = [link.lead]",
    ),
    Mutation(
        "the other side of a conflict is taken than the rep chose",
        sync_screen, "decide", "found.theirs, kept)", 'found.theirs, "mine")',
    ),
]  # fmt: skip
