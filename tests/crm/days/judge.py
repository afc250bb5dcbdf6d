"""What has to be true of a day at rest, as the CRM's own people see it and as the book has it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from callsheet.crm.contract.backend import Effect, LeadState
from callsheet.domain import events as ev
from callsheet.domain.lead import Lead, effective
from callsheet.domain.profile import flat
from callsheet.sync.drafts import derived_key
from callsheet.sync.owed import owed
from callsheet.sync.parcels import fields_of
from callsheet.sync.port import Present
from callsheet.sync.records import Delivery, Link
from tests.crm.days.day import Day
from tests.crm.days.rep import ZONE
from tests.crm.days.rest import mine
from tests.sync.memory_book import MemoryWork

OPEN: Final = ("name", "working", "nurture")
Place = Literal["mine", "theirs", "gone", "unknown"]


def judge(day: Day) -> list[str]:
    """Return what is not as it has to be."""
    found = list(dict.fromkeys(day.problems))
    with day.book.work() as work:
        court = Court(day, work)
        checks = [court.outbox, court.facts, court.tasks, court.leads, court.made, court.others, court.lost]
        found += [wrong for check in checks for wrong in check()]
    size = day.book.size()
    report = day.sync(force=True, thorough=True)
    if report.delivered or report.pulled or report.stopped or day.book.size() != size:
        found.append(f"a sync after the last one changes something: {report}")
    found += [f"a finding though all agrees: {one}" for one in report.findings]
    return found


class Court:
    """All checks over one look at the book."""

    def __init__(self, day: Day, work: MemoryWork) -> None:
        self.day, self.work, self.backend = day, work, day.backend
        ids = day.book.lead_ids()
        self.journal = work.events(ids)
        self.folds = {one: work.lead(one) for one in ids}
        self.rows = work.deliveries_of(ids)
        self.links = work.links(ids)
        self.events = {event.id: event for some in self.journal.values() for event in some}

    def place(self, lead: str) -> Place:
        """Whose the lead is in the CRM, followed to the one it was merged into."""
        fold = self.folds.get(lead)
        while fold is not None and fold.merged_into:
            lead = fold.merged_into
            fold = self.folds.get(lead)
        link = self.links.get(lead)
        if link is None:
            return "unknown"
        if link.remote_id in self.day.manager.gone:
            return "gone"
        return "theirs" if link.remote_id in self.day.manager.theirs else "mine"

    def parked(self, lead: str) -> list[Delivery]:
        return [row for row in self.rows.get(lead, ()) if row.state == "parked"]

    # The outbox ---------------------------------------------------------------------------------------------------

    def outbox(self) -> Iterator[str]:
        """Nothing waits for ever, and nothing is left to the rep that could have gone."""
        for lead, rows in self.rows.items():
            parked = {row.op for row in rows if row.state == "parked"}
            for row in rows:
                held = {row.detail.get("task"), row.detail.get("of")} & parked or any(
                    one.kind == "lead" for one in self.parked(lead)
                )
                if row.state in ("waiting", "retry", "sending", "ambiguous") and not held:
                    yield f"{row.kind} {row.op} of {lead} is {row.state} for ever: {row.reason}"
                if row.state == "parked" and self.place(lead) == "mine":
                    yield f"{row.kind} {row.op} of {lead} is left to the rep, whose lead is there: {row.reason}"

    # Facts --------------------------------------------------------------------------------------------------------

    def facts(self) -> Iterator[str]:
        """Each attempt and note has one effect, or is visibly parked; an undone one has none."""
        for lead, events in self.journal.items():
            held = {event.id for event in effective(events)}
            for event in events:
                if event.origin == "rep" and isinstance(event.body, ev.Attempt | ev.Noted):
                    yield from self.fact(lead, event, holds=event.id in held)

    def fact(self, lead: str, event: ev.Event, *, holds: bool) -> Iterator[str]:
        rows = [row for row in self.rows.get(lead, ()) if row.event == event.id]
        spoken = [row for row in rows if row.kind in ("touch", "note") and "text" not in row.detail]
        backs = {str(row.detail["of"]): row for row in rows if row.kind == "take_back"}
        there = [one for row in spoken for one in self.uncorrected(row, backs.get(row.op))]
        undecided = any(row.state == "parked" for row in (*spoken, *backs.values()))
        given_up = any(row.detail.get("why") in ("dropped", "gone") for row in (*spoken, *backs.values()))
        what = f"{event.kind} {event.id} of {lead} ({self.place(lead)})"
        if len(there) > 1:
            yield f"{what} is there {len(there)} times: {there}"
        if undecided or self.place(lead) != "mine":
            return
        if not holds and there and not given_up:
            yield f"{what} was undone and is still there: {there} {rows}"
        elif holds and not there and not given_up and not self.lead_went(spoken):
            yield f"{what} is not there: {rows}"
        elif holds and there:
            yield from self.says(what, lead, event, there[0])

    def uncorrected(self, row: Delivery, back: Delivery | None) -> list[Effect]:
        """What a delivery has left there, and no note took back."""
        there = [one for one in self.backend.effects(row.op) if one.kind != "task" or row.kind == "touch"]
        return there if back is None or not self.backend.effects(back.op) else []

    def lead_went(self, rows: Sequence[Delivery]) -> bool:
        """Whether the manager's deletion of a lead took the effect along."""
        return bool(self.day.manager.merged) and any(row.state == "delivered" for row in rows)

    def says(self, what: str, lead: str, event: ev.Event, there: Effect) -> Iterator[str]:
        """An effect says what the rep said, when it was, of the lead it was about."""
        body = event.body
        text = body.note if isinstance(body, ev.Attempt) else body.text if isinstance(body, ev.Noted) else ""
        said = " ".join(there.text.split())
        if " ".join(text.split()) not in said:
            yield f"{what} says {there.text!r} and not {text!r}"
        if isinstance(body, ev.Attempt):
            label = self.day.rules.outcomes.of(body.outcome).label_on(body.channel)
            if label not in said:
                yield f"{what} does not say {label!r}: {there.text!r}"
            if body.channel == "phone" and abs(there.at - event.at) > timedelta(seconds=1):
                yield f"{what} was at {event.at} and is there at {there.at}"
        link = self.links.get(lead)
        if link is not None and there.lead != link.remote_id and not self.day.manager.merged:
            yield f"{what} is on {there.lead} and not on {link.remote_id}"

    # Tasks --------------------------------------------------------------------------------------------------------

    def tasks(self) -> Iterator[str]:
        """What is agreed and the next step of the plan are open there, once each; nothing else is."""
        for lead, events in self.journal.items():
            fold = self.folds[lead]
            rows = [row for row in self.rows.get(lead, ()) if row.kind in ("task", "plan_task")]
            if fold is None or self.place(lead) != "mine" or fold.merged_into or self.parked(lead):
                continue
            if any(row.detail.get("why") == "dropped" or row.detail.get("how") for row in self.rows.get(lead, ())):
                continue
            wanted = owed(lead, fold, events, (), self.day.rules, known=True)
            due = sorted(
                (day_of(row.detail["want"]["due"]), row.kind) for row in wanted.new if row.kind in ("task", "plan_task")
            )
            open_there = sorted(
                (day_of(row.detail["want"]["due"]), row.kind, abs(apart(one, row)) > timedelta(days=1))
                for row in rows
                for one in self.backend.effects(row.op)
                if not one.done
            )
            if [(*one, False) for one in due] != open_there:
                yield f"tasks of {lead}: wanted {due}, there {open_there}"

    # Leads --------------------------------------------------------------------------------------------------------

    def leads(self) -> Iterator[str]:
        for lead, link in self.links.items():
            fold = self.folds[lead]
            if fold is None or fold.merged_into:
                continue
            place = self.place(lead)
            if place != "mine":
                if fold.state in OPEN:
                    yield f"{lead} is {fold.state}, and {link.remote_id} is {place}"
                continue
            yield from self.compare(fold, link, self.backend.state(link.remote_id))

    def compare(self, lead: Lead, link: Link, there: LeadState) -> Iterator[str]:
        seen = self.day.crm.resolve([link.remote_id])[link.remote_id]
        if not isinstance(seen, Present) or not seen.lead.mine:
            yield f"{link.remote_id} is the rep's, and the adapter says {seen}"
            return
        if lead.do_not_contact != seen.lead.do_not_contact:
            yield f"{lead.id} do-not-contact is {lead.do_not_contact}, {link.remote_id} {seen.lead.do_not_contact}"
        ours = any(
            isinstance(event.body, ev.DoNotContact) and event.origin != "crm"
            for event in effective(self.journal[lead.id])
        )
        if ours and not there.do_not_contact:
            yield f"{lead.id} asked the rep to be left alone, and {link.remote_id} is not"
        if link.remote_id in self.day.manager.stopped and not lead.do_not_contact:
            yield f"{link.remote_id} asked to be left alone, and {lead.id} is {lead.state}"
        ended = there.closed or (there.won and bool(seen.lead.closed))  # a customer may be worked again
        if not lead.do_not_contact and lead.state != "returned" and (lead.state == "closed") != ended:
            yield f"{lead.id} is {lead.state} {lead.closed}, {link.remote_id} {there}"
        if "patches_profile" not in self.backend.traits:
            return
        here, shown = flat(lead.profile), flat(seen.lead.profile)
        named = {"title": there.title, "company": there.company}
        for name in ("name", "title", "company", "emails", "phones"):
            value = named.get(name, shown[name])
            if here[name] != value and name not in self.undecided(lead.id):
                yield f"{name} of {lead.id} is {here[name]!r} and of {link.remote_id} {value!r}"

    def undecided(self, lead: str) -> set[str]:
        """The fields that wait for the rep."""
        events = [self.events.get(row.event) for row in self.parked(lead)]
        return {name for event in events if event is not None for name in fields_of(event)}

    def made(self) -> Iterator[str]:
        """A lead of the rep's own is there once."""
        names = Counter(mine(self.day))
        for lead, fold in self.folds.items():
            if fold is None or fold.merged_into or self.parked(lead):
                continue
            known = lead in self.links
            dropped = any(row.detail.get("why") == "dropped" for row in self.rows.get(lead, ()))
            if not known and fold.state in OPEN and not dropped:
                yield f"{lead} ({fold.profile.name}) is {fold.state}, and the CRM has none"
            if names[fold.profile.name] > 1:
                yield f"{fold.profile.name} is there {names[fold.profile.name]} times"

    # What others did ----------------------------------------------------------------------------------------------

    def others(self) -> Iterator[str]:
        """What others did came in once; what we did came back as nobody's."""
        came: Counter[str] = Counter()
        tag = self.day.tag  # a real server still has what was said on other days
        for lead, events in self.journal.items():
            for event in events:
                if event.origin != "crm" or not isinstance(event.body, ev.Attempt | ev.Noted):
                    continue
                text = event.body.note if isinstance(event.body, ev.Attempt) else event.body.text
                came.update(set(re.findall(rf"\bm{tag}\d{{3}}m\b", text)))
                copied = any(event.id == derived_key("merged", lead, one) for one in self.events)
                if re.search(rf"\br{tag}\d{{3}}r\b", text) and not copied:
                    yield f"what the rep did came back as {event.body} of {lead}"
        linked = {link.remote_id for lead, link in self.links.items() if self.folds[lead] is not None}
        manager = self.day.manager
        for remark in manager.remarks:
            there = remark.lead not in manager.gone and remark.lead not in manager.theirs
            expected = there and remark.lead in linked and not (manager.merged or self.day.setup.quiet)
            if came[remark.mark] > 1 and not manager.merged:
                yield f"{remark.mark} on {remark.lead} came in {came[remark.mark]} times"
            if expected and not came[remark.mark]:
                yield f"{remark.mark} on {remark.lead} never came in"

    def lost(self) -> Iterator[str]:
        for event in self.day.rep.told:
            if not self.work.has_event(event):
                yield f"{event} was acknowledged and is lost"


def day_of(due: str) -> str:
    return f"{datetime.fromisoformat(due).astimezone(ZoneInfo(ZONE)):%Y-%m-%d}"


def apart(there: Effect, row: Delivery) -> timedelta:
    """How far the time of a task there is from what it is to be."""
    return there.at - datetime.fromisoformat(row.detail["want"]["due"])
