"""Bugs in whose turn it is, in leases and calls, and in when calls end."""

from __future__ import annotations

from callsheet.sync import deliver, lanes
from tests.sync.mutations.mutation import Mutation

SENDING = [
    Mutation(
        "what another window is sending is sent again",
        lanes, "_head", 'return [] if held else [Turn(row, "expire")]', 'return [Turn(row, "send")]', "none",
    ),
    Mutation(
        "nobody looks whether a lost delivery arrived",
        lanes, "_head", 'Turn(row, "look") if crm.idempotency', 'Turn(row, "send") if crm.idempotency', "lookup",
    ),
    Mutation(
        "an undecided delivery is sent again where nothing tells whether it arrived",
        lanes, "_head", 'if row.state != "ambiguous" or', "if True or", "none",
    ),
    Mutation(
        "what waits lets those behind it pass",
        lanes, "_head", "row.not_before > now:\n            return []", "row.not_before > now:\n            continue",
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
        "a lease never runs out",
        lanes, "_head", "row.lease_until > now and alive", "alive",
    ),
    Mutation(
        "a lead is handed over before all else on it is there",
        lanes, "_head", 'row.kind == "owner" and row.unsent', "False",
    ),
    Mutation(
        "a lease is taken without looking whether somebody else was faster",
        deliver, "lease", "or not same_turn(row, turn.row)", "", "none",
    ),
    Mutation(
        "do-not-contact waits for its turn",
        deliver, "turns", "return urgent or normal", "return [*normal, *urgent]",
    ),
    Mutation(
        "a status is set without looking what was set there meanwhile",
        deliver.Push, "_refresh", "if not self.line.crm.capabilities.stale_guard:", "if False:",
    ),
    Mutation(
        "what is set on a lead that was given away goes without a look",
        deliver.Push, "_refresh", "if not link.base.mine", "if False",
    ),
    Mutation(
        "what was seen before something is set is not heeded",
        deliver.Push, "run", "if self._refresh(sends):", "if self._refresh(sends) and False:",
    ),
    Mutation(
        "what is to be set on a lead that is being taken back goes first",
        lanes, "_head", "if back and row.sets and", "if False and row.sets and",
    ),
    Mutation(
        "calls go on after the credentials failed",
        deliver.Push, "_stop", "raise error", "self._halted = None",
    ),
    Mutation(
        "one that is parked stops all leads",
        deliver, "turns", "    at_home = set(homes.values())",
        "    if parked:\n        return []\n    at_home = set(homes.values())",
    ),
    Mutation(
        "a version that is out of date is not looked up",
        deliver.Push, "_settle", "self._stale += stale", "pass",
    ),
    Mutation(
        "two deliveries of one lead go at once",
        deliver, "lease", "if made.lead and made.lead in {parcel.op.lead for parcel in parcels}:", "if False:",
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
        "do-not-contact waits until all else is gone through",
        deliver.Push, "run", "if looked or", "if False and",
    ),
    Mutation(
        "a daily limit that ends soon is waited out within the run",
        deliver.Push, "_stop", 'error.scope != "daily" and ', "",
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
        "everything is left to the rep, as if the lead were not there",
        deliver, "turns", "if lead not in at_home:", "if True:",
    ),
    Mutation(
        "what waits behind the making of a lead that is left to the rep is left to the rep too",
        deliver, "turns", "if not create:", "if True:",
    ),
    Mutation(
        "newer ones go first",
        deliver, "turns", "for row in rows:\n        lanes", "for row in reversed(rows):\n        lanes",
    ),
    Mutation(
        "short pauses end the run",
        deliver.Push, "_stop", "if wait <= SHORT_WAIT:", "if False:",
    ),
    Mutation(
        "long pauses are waited out",
        deliver.Push, "_stop", "if wait <= SHORT_WAIT:", "if True:",
    ),
    Mutation(
        "what a dead sender left waits until its lease runs out",
        lanes, "_head", "and alive(row.lease_by)", "",
    ),
]  # fmt: skip
