"""Bugs put into the sync on purpose: the simulator has to find each, or it proves nothing.

Each module has those of one part of the sync.
"""

from __future__ import annotations

from tests.sync.mutations.arrivals import ARRIVALS
from tests.sync.mutations.mutation import Mutation
from tests.sync.mutations.outbox import OUTBOX
from tests.sync.mutations.reading import READING
from tests.sync.mutations.results import RESULTS
from tests.sync.mutations.runs import RUNS
from tests.sync.mutations.sending import SENDING

MUTATIONS = [*OUTBOX, *SENDING, *RESULTS, *READING, *ARRIVALS, *RUNS]

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

__all__ = ["EQUIVALENT", "MUTATIONS", "Mutation"]
