"""Bringing a list of leads in: matched with what is known, classified, and the same list twice changes nothing.

A row is somebody known by the same email; by the same number and the same name (a switchboard's number alone says
nothing); or, where it has neither, by the same name at the same company.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from callsheet.domain import events as ev
from callsheet.domain.do_not_contact import stop
from callsheet.domain.lead import Contact, Lead
from callsheet.domain.profile import Profile, changed, filled, flat
from callsheet.services.campaigns import Campaign, of_name
from callsheet.services.desk import Action, Desk, Fact, Work
from callsheet.services.imported_row import ImportedRow, Key, keys, name_key, same_person
from callsheet.services.intake import MARKED, Happened, first_facts, more_facts, reclassified
from callsheet.services.lead_row import BadRow, LeadRow
from callsheet.services.routing import Route

BATCH: Final = 1000
"""Rows in one transaction: an import that is stopped has kept all before it, and nothing of it."""


@dataclass(slots=True)
class Imported:
    """What became of the rows of a list: each is counted once, as new, merged or rejected.

    `leads` are new leads, `hot` those among them who asked to be contacted; `names` are new records with too few
    interactions yet, `stopped` new ones that may not be contacted; `promoted` are names known before that this list
    made leads. `incomplete` of the new ones lack something that a rep needs, `handed_on` went to a colleague by the
    routing.
    """

    rows: int = 0
    leads: int = 0
    names: int = 0
    hot: int = 0
    stopped: int = 0
    merged: int = 0
    promoted: int = 0
    incomplete: int = 0
    handed_on: int = 0
    rejected: list[BadRow] = field(default_factory=list)
    remarks: list[BadRow] = field(default_factory=list)
    """Rows that came in although a cell of them could not be read, and which."""


def import_rows(
    desk: Desk,
    rows: Iterable[LeadRow | BadRow],
    *,
    campaign: str = "",
    dry_run: bool = False,
    by_rep: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Imported:
    """Bring rows in, a batch in a transaction; `campaign` is for those that name none.

    A dry run reads and counts, and keeps nothing. `by_rep` says that the rep took the leads down, so that undo takes
    them back. `progress` is told the rows done after each batch.
    """
    tally = Imported()
    seen: dict[Key, None] | None = {} if dry_run else None
    for batch in _batches(rows):
        good = [row for row in batch if isinstance(row, LeadRow)]
        tally.rejected += [row for row in batch if isinstance(row, BadRow)]
        tally.remarks += [BadRow(row.row, remark) for row in good for remark in row.remarks]
        tally.rows += len(batch)
        with desk.book.work() as work:
            facts = _Batch(desk, work, campaign, tally, seen).facts(good)
            if facts and not dry_run:
                work.append(_action(desk, facts, by_rep=by_rep))
        if progress is not None:
            progress(tally.rows)
    return tally


def _batches(rows: Iterable[LeadRow | BadRow]) -> Iterator[list[LeadRow | BadRow]]:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield batch


@dataclass(slots=True)
class _Newcomer:
    """Somebody who is new here, from one row or several."""

    id: str
    captured: ev.Captured
    happened: list[tuple[str, Happened]]
    stopped: bool = False

    @property
    def points(self) -> tuple[str, ...]:
        return self.captured.profile.points

    def take(self, profile: Profile, happened: Iterable[tuple[str, Happened]], *, stopped: bool) -> None:
        known = {event for event, _ in self.happened}
        self.happened += [one for one in happened if one[0] not in known]
        self.captured = replace(self.captured, profile=filled(self.captured.profile, profile))
        self.stopped = self.stopped or stopped


KeyedFact = tuple[str, Fact]
"""A fact with the id that its event is to have; an empty one is made up."""


class _Batch:
    """One batch of rows in the making."""

    def __init__(self, desk: Desk, work: Work, campaign: str, tally: Imported, seen: dict[Key, None] | None) -> None:
        self._desk, self._work, self._campaign, self._tally, self._seen = desk, work, campaign, tally, seen
        self._now = desk.now()
        self._new: dict[Key, _Newcomer] = {}
        self._named: dict[Key, _Newcomer] = {}
        self._arriving: list[_Newcomer] = []
        self._first_id = ev.new_id()
        self._facts: list[KeyedFact] = []
        self._stopping: dict[str, None] = {}
        self._known: dict[str, Lead] = {}
        self._planned: dict[str, Campaign | None] = {}

    def facts(self, rows: Sequence[LeadRow]) -> list[KeyedFact]:
        """Return the facts of all rows."""
        wanted = [ImportedRow(row, self._now, self._campaign, self._attended(row.campaign)) for row in rows]
        points = dict.fromkeys(point for one in wanted for point in one.points)
        by_point = {point: set(leads) for point, leads in self._work.with_points(points).items()}
        suppressed = self._work.suppressed(points)
        ids = dict.fromkeys(lead for leads in by_point.values() for lead in sorted(leads))
        self._known.update(self._work.leads(ids))
        known_events = self._work.known_events([event for one in wanted for event, _ in one.happened])
        for one in wanted:
            self._row(one, by_point, suppressed, known_events)
        self._spread()
        routes = self._desk.route([(one.captured.profile, one.captured.campaign) for one in self._arriving])
        for newcomer, route in zip(self._arriving, routes, strict=True):
            self._arrive(newcomer, known_events, None if newcomer.stopped else route)
        self._stop_others()
        return self._facts

    def _attended(self, campaign: str) -> ev.InteractionKind | None:
        """Return what being on the list of a campaign says that somebody did (RULES §2)."""
        name = campaign or self._campaign
        if name not in self._planned:
            self._planned[name] = of_name(self._desk.book, name) if name else None
        planned = self._planned[name]
        return planned.attended if planned is not None else None

    def _row(
        self, one: ImportedRow, by_point: dict[str, set[str]], suppressed: frozenset[str], done: frozenset[str]
    ) -> None:
        stopped = one.row.do_not_contact or any(point in suppressed or point in self._stopping for point in one.points)
        if one.row.do_not_contact:
            self._stopping.update(dict.fromkeys(one.points))
        lead = self._match(one, by_point)
        if lead is not None:
            self._tally.merged += 1
            for point in one.points:
                by_point.setdefault(point, set()).add(lead.id)
            self._more(lead, one, done, stopped=stopped)
            return
        newcomer = self._pending(one)
        if newcomer is not None:
            self._tally.merged += 1
            newcomer.take(one.profile, one.happened, stopped=stopped)
        elif self._seen is not None and any(key in self._seen for key in one.keys):
            self._tally.merged += 1
            return
        else:
            newcomer = _Newcomer(self._id(), one.captured(), list(one.happened), stopped)
            self._arriving.append(newcomer)
        self._remember(newcomer)

    def _pending(self, one: ImportedRow) -> _Newcomer | None:
        """Return who came in with this batch and is meant by a row: found by what a lead in the book is found by."""
        if one.points:
            return next((self._new[key] for key in one.keys if key in self._new), None)
        return self._new.get(one.keys[0]) or self._named.get(one.keys[0])

    def _remember(self, newcomer: _Newcomer) -> None:
        profile = newcomer.captured.profile
        for key in keys(profile):
            self._new.setdefault(key, newcomer)
        self._named.setdefault(name_key(profile), newcomer)

    def _id(self) -> str:
        """Make the id of a new lead: in the order of the rows, so that the first of the list is the oldest."""
        time, clock, counter, *_ = self._first_id.split("-")
        return "-".join((time, clock, f"{counter[0]}{len(self._arriving):03x}", *ev.new_id().split("-")[3:]))

    def _match(self, one: ImportedRow, by_point: Mapping[str, set[str]]) -> Lead | None:
        """Return the lead that a row is about; of several the one whose first address it is, then the oldest."""
        for email in one.profile.emails:
            found = [self._known[lead] for lead in by_point.get(email, ()) if lead in self._known]
            if found:
                return self._alive(min(found, key=lambda lead: (lead.profile.emails[:1] != (email,), lead.id)))
        same = [
            self._known[lead]
            for phone in one.profile.phones
            for lead in by_point.get(phone, ())
            if lead in self._known and same_person(self._known[lead].profile, one.profile)
        ]
        if same:
            return self._alive(min(same, key=lambda lead: lead.id))
        if one.points:
            return None
        named = sorted(self._work.with_name(one.profile.name, one.profile.company))
        if not named:
            return None
        self._known.update(self._work.leads(lead for lead in named if lead not in self._known))
        found = [self._known[lead] for lead in named if lead in self._known]
        return self._alive(min(found, key=lambda lead: (bool(lead.profile.phones or lead.profile.emails), lead.id)))

    def _alive(self, lead: Lead) -> Lead:
        """Follow a record that was merged into another one."""
        if not lead.merged_into:
            return lead
        if lead.merged_into not in self._known:
            self._known.update(self._work.leads([lead.merged_into]))
        return self._known.get(lead.merged_into, lead)

    def _more(self, lead: Lead, one: ImportedRow, done: frozenset[str], *, stopped: bool) -> None:
        """Fill the blanks of a known lead, and add what it did that is not known."""
        rules, now = self._desk.rules, self._now
        profile = filled(lead.profile, one.profile)
        before, after = flat(lead.profile), flat(profile)
        changes = {name: value for name, value in after.items() if value != before[name]}
        current = lead
        if changes and changed(lead.profile, changes) != lead.profile:
            self._facts.append(("", (lead.id, now, ev.ProfileEdited(changes))))
            current = replace(lead, profile=changed(lead.profile, changes))
        fresh = {(interaction, at): event for event, (interaction, at) in one.happened if event not in done}
        facts: Sequence[Fact] = more_facts(current, list(fresh), now, rules) if fresh else []
        if stopped:
            points = current.profile.points
            self._stopping.update(dict.fromkeys(points))
            facts = [fact for fact in facts if isinstance(fact[2], ev.Interaction)]
            if not lead.do_not_contact:
                facts = [*facts, (lead.id, now, stop(points, MARKED))]
                current = replace(current, do_not_contact=True, state="closed")
        elif not facts and changes:
            facts = reclassified(current, now, rules)
        if lead.state == "name" and any(isinstance(body, ev.Promoted) for _, _, body in facts):
            self._tally.promoted += 1
        taken: list[Happened] = []
        for who, at, body in facts:
            event = ""
            if isinstance(body, ev.Interaction):
                event = fresh.get((body, at)) or next((one for (said, _), one in fresh.items() if said == body), "")
                taken.append((body, at))
            self._facts.append((event, (who, at, body)))
        self._known[lead.id] = _grown(current, facts)

    def _spread(self) -> None:
        """Let who has to be left alone take along whoever shares a number or address, and these others in turn."""
        waiting = list(self._arriving)
        while reached := [
            one for one in waiting if one.stopped or any(point in self._stopping for point in one.points)
        ]:
            for one in reached:
                one.stopped = True
                self._stopping.update(dict.fromkeys(one.points))
            waiting = [one for one in waiting if not one.stopped]

    def _arrive(self, newcomer: _Newcomer, done: frozenset[str], route: Route | None) -> None:
        """Bring in somebody new, as what they are (RULES §2), for the rep or for who gets them."""
        tally = self._tally
        if route is not None and not route.to:
            newcomer.captured = replace(newcomer.captured, routed_by=route.why)
        stopped = newcomer.stopped
        happened = [one for _, one in newcomer.happened]
        facts = first_facts(newcomer.id, newcomer.captured, happened, self._desk.rules, do_not_contact=stopped)
        ids = iter(["" if event in done else event for event, _ in newcomer.happened])
        for fact in facts:
            self._facts.append((next(ids) if isinstance(fact[2], ev.Interaction) else "", fact))
        if route is not None and route.to:
            self._facts.append(("", (newcomer.id, self._now, ev.Returned("reassigned", route.to, route.why))))
            tally.handed_on += 1
        promoted = next((body for _, _, body in facts if isinstance(body, ev.Promoted)), None)
        if stopped:
            tally.stopped += 1
        elif promoted is None:
            tally.names += 1
        else:
            tally.leads += 1
            tally.hot += promoted.to == "hot"
        tally.incomplete += bool(newcomer.captured.profile.incomplete)
        if self._seen is not None:
            profile = newcomer.captured.profile
            self._seen.update(dict.fromkeys((*keys(profile), name_key(profile))))

    def _stop_others(self) -> None:
        """Let nobody be reached by a number or address that a row asked us to leave alone (RULES §7)."""
        if not self._stopping:
            return
        stopped = {fact[0] for _, fact in self._facts if isinstance(fact[2], ev.DoNotContact)}
        others = {lead for leads in self._work.with_points(self._stopping).values() for lead in leads}
        others |= {
            lead.id for lead in self._known.values()
            if any(point in self._stopping for point in lead.profile.points)
        }  # fmt: skip
        others -= stopped
        body = stop(tuple(self._stopping), MARKED)
        for lead in self._work.leads(sorted(others)).values():
            if not lead.do_not_contact:
                self._facts.append(("", (lead.id, self._now, body)))


def _grown(lead: Lead, facts: Sequence[Fact]) -> Lead:
    """Return the lead as the next row of the batch has to see it: with what this one added."""
    added = tuple(Contact("", at, body) for _, at, body in facts if isinstance(body, ev.Interaction))
    working = any(isinstance(body, ev.Promoted | ev.Reopened) for _, _, body in facts)
    return replace(lead, contacts=lead.contacts + added, state="working" if working else lead.state)


def _action(desk: Desk, facts: Sequence[KeyedFact], *, by_rep: bool) -> Action:
    now, zone, action = desk.now(), desk.rules.calendar.zone, ev.new_id()
    origin: ev.Origin = "rep" if by_rep else "import"
    events = tuple(
        ev.Event(event or ev.new_id(), lead, action, at, zone, now, origin, body, seq=place)
        for place, (event, (lead, at, body)) in enumerate(facts, 1)
    )
    if not by_rep:
        return Action(action, now, "import", events, "fact")
    name = next((event.body.profile.name for event in events if isinstance(event.body, ev.Captured)), "more of a lead")
    return Action(action, now, f"captured {name}", events)
