"""What has to be true of a world at rest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead, effective
from callsheet.domain.profile import Profile, changed, flat
from callsheet.store.sync_rows import SyncTransaction
from callsheet.sync.drafts import derived_key
from callsheet.sync.home import home, with_merged
from callsheet.sync.merge import is_status
from callsheet.sync.ops import MISTAKEN
from callsheet.sync.parcels import fields_of
from callsheet.sync.records import Delivery, Link
from tests.sync import contents, known_again, overwritten, said
from tests.sync.disk_book import CRM
from tests.sync.server import ME, Effect, Record
from tests.sync.steps import agreed, planned
from tests.sync.world import World


def judge(world: World) -> list[str]:
    """Return what is not as it has to be."""
    found = list(dict.fromkeys([*world.problems, *world.network.disobeyed, *world.network.answers.steady()]))
    with world.book.sync_rows().work() as work:
        court = Court(world, work)
        found += [*court.outbox(), *court.effects(), *court.tasks(), *court.leads(), *court.journal()]
        found += [*overwritten.edits(court), *overwritten.stale(court)]
        found += [*known_again.once(court), *known_again.sharers(court), *known_again.copies(court)]
        found += [
            *said.arrived(court),
            *said.came(court),
            *said.stands(court),
            *said.labelled(court),
            *said.mistakes(court),
            *said.left_open(court),
            *said.introduced(court),
            *said.stopped(court),
            *said.finished(court),
        ]
        found += [*contents.insisted(court), *contents.meant(court), *contents.timely(court), *contents.dated(court)]
    before = count(world)
    report = world.sync(force=True, thorough=True)
    if report is None or report.delivered or report.pulled or count(world) != before:
        found.append(f"a sync after the last one changes something: {report}")
    for finding in report.findings if report is not None else ():
        found.append(f"a finding though all agrees: {finding}")
    return found or list(contents.compared(world))


def speaks(body: ev.Body) -> bool:
    """Whether a fact is told in the history there."""
    match body:
        case ev.Nurtured(why=why) | ev.DoNotContact(why=why):
            return bool(why)
    return isinstance(body, ev.Attempt | ev.Noted | ev.Returned)


def count(world: World) -> int:
    return int(world.book.size())


class Court:
    """All checks over one look at the book."""

    def __init__(self, world: World, work: SyncTransaction) -> None:
        self.world, self.work = world, work
        self.ids = world.ids()
        self.journal_of = work.events(self.ids)
        self.folds = {one: work.lead(one) for one in self.ids}
        self.by_id = {event.id: event for events in self.journal_of.values() for event in events}
        self.links = work.links(self.ids)
        self.rows = work.deliveries_of(self.ids)
        self.by_origin: dict[str, list[Effect]] = {}
        for effect in world.server.effects.values():
            if effect.origin:
                self.by_origin.setdefault(effect.origin, []).append(effect)
        self.corrected = {one.corrects for one in world.server.effects.values() if one.corrects and not one.deleted}

    def live(self, effect: Effect) -> bool:
        record = self.world.server.records[effect.lead]
        return not effect.deleted and not record.deleted and effect.id not in self.corrected

    def parked(self, lead: str, of: Callable[[Delivery, ev.Event | None], bool]) -> bool:
        """Whether something of that kind of a lead, or of those merged into it, is visibly undecided."""
        return any(
            row.state == "parked" and (row.kind == "lead" or of(row, self.by_id.get(row.event)))
            for one in with_merged(self.work, CRM, lead)
            for row in self.rows.get(one, ())
        )

    def outbox(self) -> Iterator[str]:
        keyless = self.world.server.capabilities.idempotency == "none"
        for lead, rows in self.rows.items():
            parked = {row.op for row in rows if row.state == "parked"}
            for row in rows:
                homeless = any(each.state == "parked" and each.kind == "lead" for each in rows)
                unknown = keyless and not row.sets and row.detail.get("of") in parked
                held = row.detail.get("task") in parked or unknown or homeless
                if row.state in ("waiting", "retry", "sending", "ambiguous") and not held:
                    yield f"{row.kind} {row.op} of {lead} is {row.state} for ever: {row.reason}"
                taken = next((each for each in rows if each.op == row.detail.get("of")), None)
                if row.kind == "take_back" and row.state == "delivered" and taken and taken.state != "compensated":
                    yield f"{taken.kind} {taken.op} of {lead} was taken back and is {taken.state}"

    def effects(self) -> Iterator[str]:
        """Each fact has one effect, or is visibly parked; an undone one has none."""
        for lead, events in self.journal_of.items():
            held = {event.id for event in effective(events)}
            for event in events:
                if event.origin != "rep" or not speaks(event.body):
                    continue
                rows = [
                    row
                    for row in self.rows.get(lead, ())
                    if row.event == event.id and row.kind in ("touch", "note") and "text" not in row.detail
                ]
                there = [one for row in rows for one in self.by_origin.get(row.op, ()) if self.live(one)]
                backs = (
                    [row for row in self.rows[lead] if row.event == event.id and row.kind == "take_back"]
                    if rows
                    else []
                )
                undecided = any(row.state == "parked" for row in (*rows, *backs))
                never = self.folds[lead] is None and lead not in self.links  # with the lead, which was never there
                if event.id not in held:
                    # Deleted there while it was taken back, and restored for somebody else: nobody looks there again.
                    away = any(row.detail.get("how") == "it was gone already" for row in backs) and all(
                        self.world.server.records[one.lead].owner != ME for one in there
                    )
                    dropped = any(row.detail.get("why") == "dropped" for row in (*rows, *backs))
                    if there and not undecided and not dropped and not away:
                        yield f"undone {event.kind} {event.id} of {lead} is still there: {there}"
                elif len(there) > 1:
                    yield f"{event.kind} {event.id} of {lead} is there {len(there)} times"
                elif not there and not self.went(rows) and not undecided and not self.homeless(lead) and not never:
                    yield f"{event.kind} {event.id} of {lead} is not there: {rows}"

    def homeless(self, lead: str) -> bool:
        """Whether it is visibly undecided whether the CRM has the lead itself."""
        return any(row.state == "parked" and row.kind == "lead" for row in self.rows.get(lead, ()))

    def dropped(self, lead: str) -> bool:
        """Whether the rep looked for the lead that we may have made, and left it at that."""
        return any(row.detail.get("why") == "dropped" and row.kind == "lead" for row in self.rows.get(lead, ()))

    def went(self, rows: Sequence[Delivery]) -> bool:
        """Whether the manager's deletion took the effect away with its lead."""
        return any(
            self.world.server.records[effect.lead].deleted
            for row in rows
            for effect in self.by_origin.get(row.op, ())
            if not effect.deleted and effect.id not in self.corrected
        )

    def tasks(self) -> Iterator[str]:
        """What is agreed and the next plan step are open there, once each and with the right time; nothing else is."""
        for lead, fold in self.folds.items():
            link, record = self.links.get(lead), self.record(lead)
            if fold is None or link is None or record is None or record.owner != ME or fold.merged_into:
                continue
            if self.parked(lead, lambda row, _: "task" in (row.kind + str(row.detail.get("was")))):
                continue
            wanted = [one for one in (agreed(fold), planned(fold)) if one is not None]
            if any(row.detail.get("how") == "it was gone already" for row in self.rows.get(lead, ())):
                continue  # it came back with its lead, when nobody could tell that it would
            rows = [row for row in self.rows.get(lead, ()) if row.kind in ("task", "plan_task")]
            if any(row.detail.get("why") == "dropped" for row in self.rows.get(lead, ()) if "task" in row.kind):
                continue  # one that may be there is the rep's to look after since
            there = [
                (row.kind, replace(one.task, due=one.task.due.astimezone(UTC)))
                for row in rows
                for one in self.by_origin.get(row.op, ())
                if self.live(one) and not one.done and one.task is not None
            ]
            if wanted != sorted(there, key=lambda one: one[0] != "task"):
                yield f"tasks of {lead} ({record.id}): wanted {wanted}, there {there}"

    def record(self, lead: str) -> Record | None:
        link = self.links.get(lead)
        return self.world.server.alive(link.remote_id) if link else None

    def leads(self) -> Iterator[str]:
        known = {link.remote_id for link in self.links.values()}
        for record in self.world.server.mine():
            ended = record.closed is not None and not record.do_not_contact
            if record.id not in known and not ended:
                yield f"{record.id} never came in"
        for lead, fold in self.folds.items():
            link = self.links.get(lead)
            if fold is None:
                continue
            if fold.merged_into:
                if link is not None and self.world.server.alive(link.remote_id) is not None:
                    yield f"{lead} is merged here, and {link.remote_id} is not"
            elif link is not None:
                yield from self.compare(fold, link)
            elif fold.state in ("working", "nurture") and not self.homeless(lead) and not self.dropped(lead):
                yield f"{lead} is {fold.state}, and the CRM has none"

    def compare(self, lead: Lead, link: Link) -> Iterator[str]:
        record = self.world.server.records[link.remote_id]
        if record.deleted or record.merged_into or record.owner != ME:
            if lead.state in ("name", "working", "nurture") and not self.parked(
                lead.id, lambda row, _: row.moves_owner
            ):
                yield f"{lead.id} is {lead.state}, and {record.id} is gone or {record.owner}'s"
            if record.owner != ME and not record.deleted and (record.id, "owner") not in self.world.server.by_hand:
                yield from self.given(lead.id, record)
            return
        unsettled = self.parked(lead.id, lambda row, event: event is not None and is_status(row, event))
        returned = lead.returned if lead.state == "returned" and not unsettled else None
        if returned is not None and returned.kind == "reassigned" and not record.closed:
            yield f"{lead.id} was given away, and {record.id} is the rep's again"
        given = [row for row in self.rows.get(lead.id, ()) if row.kind == "owner"]
        handed = returned is not None and returned.kind == "hand_off" and self.world.server.capabilities.hands_over
        if handed and not any(row.detail.get("why") == "dropped" or row.state == "parked" for row in given):
            yield f"{lead.id} was handed over and {record.id} is still the rep's: {given}"
        ended_by_us = lead.closed == record.closed and (record.id, "closed") not in self.world.server.by_hand
        mistaken = record.closed_note == MISTAKEN.closed_note  # one that was merged into this was taken back just then
        if ended_by_us and not unsettled and not mistaken and lead.closed and lead.closed_note != record.closed_note:
            yield f"{lead.id} was closed with {lead.closed_note!r}, {record.id} with {record.closed_note!r}"
        if (
            ended_by_us is False
            and not unsettled
            and "won" in (lead.closed, record.closed)
            and ((record.id, "closed") not in self.world.server.by_hand and not lead.do_not_contact)
        ):
            yield f"{lead.id} is {lead.closed}, and {record.id} {record.closed}"
        marked = self.parked(lead.id, lambda row, _: row.urgent)
        if lead.do_not_contact != record.do_not_contact and not marked:
            yield f"{lead.id} do-not-contact is {lead.do_not_contact}, {record.id} {record.do_not_contact}"
        stands = lead.do_not_contact or lead.state == "returned" or (lead.state == "closed") == bool(record.closed)
        if not stands and not unsettled:
            yield f"{lead.id} is {lead.state} {lead.closed}, {record.id} {record.closed}"
        if home(self.work, CRM, lead.id)[0] != lead.id:
            return  # on the do-not-contact list, so that it goes on as another one without a word of it
        here, there = flat(lead.profile), flat(record.profile)
        apart = {name for name in here if here[name] != there[name] and there[name]}
        apart |= {name for name in here if here[name] and not there[name] and self.edited(lead.id, name)}
        apart -= self.undecided(lead.id)
        if apart:
            yield f"{lead.id}/{record.id} differ in " + ", ".join(
                f"{name}: here {here[name]!r}, there {there[name]!r}" for name in sorted(apart)
            )

    def undecided(self, lead: str) -> set[str]:
        """Return the fields whose delivery is visibly undecided."""
        events = (self.by_id.get(row.event) for row in self.rows.get(lead, ()) if row.state == "parked")
        return {name for event in events if event is not None for name in fields_of(event)}

    def given(self, lead: str, record: Record) -> Iterator[str]:
        """Only what stands has made a lead a colleague's."""
        held = {event.id for one in with_merged(self.work, CRM, lead) for event in effective(self.journal_of[one])}
        rows = [row for one in with_merged(self.work, CRM, lead) for row in self.rows.get(one, ())]
        giver = self.world.server.given.get(record.id)
        stands = any(
            row.kind == "owner" and row.event in held and (row.state != "cancelled" or row.op == giver) for row in rows
        )
        # Where it is not shown any more, nobody can tell whether it may be taken back.
        stays = self.world.server.private and any(
            (row.kind == "take_back" and row.moves_owner and row.state == "cancelled")
            or row.op in self.world.network.answers.twice
            for row in rows
        )
        # Deleted while it was to be taken back, and restored: it comes as it is there.
        stays |= record.id in self.world.server.restored and any(
            row.kind == "take_back" and row.moves_owner and row.detail.get("why") == "gone" for row in rows
        )
        if not stands and not stays:
            yield f"{record.id} is {record.owner}'s, and {lead} was never handed over, or not for good"

    def edited(self, lead: str, name: str) -> bool:
        return any(
            isinstance(event.body, ev.ProfileEdited) and name in event.body.changes and event.origin == "rep"
            for event in effective(self.journal_of[lead])
        )

    def ever(self, lead: str) -> Iterator[Profile]:
        """What a lead was called here, also by what was undone since."""
        profile = Profile()
        for event in self.journal_of[lead]:
            match event.body:
                case ev.Captured(profile=profile):
                    yield profile
                case ev.ProfileEdited(changes=changes):
                    profile = changed(profile, changes)
                    yield profile

    def records_of(self, lead: str) -> list[Record]:
        """The records that a lead is there, or was made as."""
        link, made = self.links.get(lead), {event.id for event in self.journal_of[lead]}
        records = self.world.server.records.values()
        return [one for one in records if one.origin in made or (link is not None and one.id == link.remote_id)]

    def was_merged(self, *leads: str) -> bool:
        """Whether the manager merged what any of these leads is there into something, or something into it."""
        records = [record for lead in leads for record in self.records_of(lead)]
        into = {one.merged_into for one in self.world.server.records.values()}
        return any(one.merged_into or one.id in into for one in records)

    def named(self, record: Record) -> list[tuple[datetime, Profile]]:
        """What a record was called, since when."""
        return [(at, one.profile) for at, one in self.world.server.snapshots[record.id]]

    def had(self, records: Collection[str], name: str, value: str, before: datetime) -> bool:
        """Whether a record had a value at some time: with the lead itself, or by an earlier edit's way."""
        merged = {one.id for one in self.world.server.records.values() if one.merged_into and self.end(one) in records}
        every = (one for record in {*records, *merged} for one in self.world.server.snapshots.get(record, ()))
        return any(flat(record.profile)[name] == value for at, record in every if at <= before)

    def pasts(self, lead: str) -> list[list[tuple[datetime, Record]]]:
        """How a lead was there since when, and how each was that is the same by now."""
        link, server = self.links.get(lead), self.world.server
        end = self.end(server.records[link.remote_id]) if link is not None else ""
        return [list(server.snapshots[one.id]) for one in server.records.values() if self.end(one) == end]

    def restored(self, record: str) -> bool:
        """Whether one, or what it was merged into, was deleted and is there again."""
        server = self.world.server
        while record and record not in server.restored:
            record = server.records[record].merged_into
        return bool(record)

    def end(self, record: Record) -> str:
        """As which record one goes on."""
        while record.merged_into:
            record = self.world.server.records[record.merged_into]
        return record.id

    def journal(self) -> Iterator[str]:
        """What others did is known here, once; what we did did not come back as theirs."""
        linked = {link.remote_id: lead for lead, link in self.links.items()}
        for effect in self.world.server.effects.values():
            lead = linked.get(effect.lead)
            if effect.kind not in ("touch", "note") or effect.deleted or lead is None:
                continue
            was_away = {effect.lead, effect.first_lead} & self.world.server.restored
            if effect.made_at < self.world.at - timedelta(days=25) or was_away:
                continue
            first = linked.get(effect.first_lead)
            known = self.work.has_event(derived_key(CRM, effect.id))
            # On a lead that was taken back here, or was never ours before it was merged into one, nobody looks.
            looked = self.folds[lead] is not None and first is not None and self.folds[first] is not None
            if effect.author != ME and not known and looked and self.world.server.alive(effect.lead) is not None:
                yield f"{effect.id} by {effect.author} on {effect.lead} never came in"
            if effect.author == ME and effect.origin and known:
                yield f"{effect.id} is ours and came in as somebody's"
        for told in self.world.rep.told:
            if not self.work.has_event(told.event):
                yield f"{told.event} was acknowledged and is lost"
