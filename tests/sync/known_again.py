"""Who is known again: nobody is here twice, or taken for somebody else, and what is theirs goes with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from callsheet.domain import events as ev
from callsheet.domain.lead import Lead, effective
from callsheet.sync.drafts import derived_key
from callsheet.sync.records import Link

if TYPE_CHECKING:
    from tests.sync.judge import Court


def once(court: Court) -> Iterator[str]:
    """A lead that was made there by us did not come back as another one, and one that came in is known again."""
    for lead, fold in court.folds.items():
        # While it was taken back here it may have come in on the CRM's own way.
        undone = any(isinstance(event.body, ev.Undone) for event in court.journal_of[lead])
        if fold is None or undone:
            continue
        into = fold.merged_into
        if into and not court.was_merged(lead, into) and not came_as_another(court, lead, into):
            yield f"{lead} was made twice here: nobody merged anything"
        if lead in court.links:
            yield from same(court, fold, court.links[lead])
        if lead in court.links or fold.merged_into or court.dropped(lead):
            continue
        called = {(profile.name, profile.company) for profile in [fold.profile, *court.ever(lead)]}
        for record in court.world.server.mine():
            if {(one.name, one.company) for _, one in court.named(record)} == called and (
                set(record.profile.points) & set(fold.profile.points)
            ):
                yield f"{lead} is {record.id} there, which is another lead here"


def same(court: Court, lead: Lead, link: Link) -> Iterator[str]:
    """Whom the rep took in is taken for somebody there by name or address, not by a number alone."""
    born = next(event for event in court.journal_of[lead.id] if isinstance(event.body, ev.Captured))
    record = court.world.server.records[link.remote_id]
    made = {event.id for event in court.journal_of[lead.id]}
    if born.origin != "rep" or record.origin in made or court.was_merged(lead.id):
        return
    assert isinstance(born.body, ev.Captured)
    mine, theirs = born.body.profile, [one for _, one in court.named(record)]
    if not any(mine.name == one.name or set(mine.emails) & set(one.emails) for one in theirs):
        yield f"{lead.id}, {mine.name}, is taken for {record.id}, {theirs[-1].name}"


def came_as_another(court: Court, lead: str, into: str) -> bool:
    """Whether what was made there by us was called otherwise when it came in, and no key or address told more."""
    if court.world.native or any(profile.emails for profile in court.ever(lead)):
        return False
    first = next(iter(court.ever(into)))
    return (first.name, first.company) not in {(one.name, one.company) for one in court.ever(lead)}


def sharers(court: Court) -> Iterator[str]:
    """Who shares a number or address with somebody who asked the CRM to be left alone is left alone too."""
    stopped = {
        point: lead
        for lead, events in court.journal_of.items()
        for event in effective(events)
        if court.folds[lead] and isinstance(event.body, ev.DoNotContact) and event.origin == "crm"
        for point in event.body.points
    }
    for lead, fold in court.folds.items():
        if fold is None or fold.merged_into or fold.do_not_contact:
            continue
        for point in stopped.keys() & set(fold.profile.points):
            yield f"{lead} is {fold.state} and has {point} as {stopped[point]}, who asked to be left alone"


def copies(court: Court) -> Iterator[str]:
    """What was done on a lead that was merged counts with the survivor; what was undone before does not."""
    for lead, events in court.journal_of.items():
        merges = [event for event in events if isinstance(event.body, ev.Merged)]
        for event in merges if len(merges) == 1 else ():
            assert isinstance(event.body, ev.Merged)
            before = [one for one in events if one.seq < event.seq]
            held = {one.id for one in effective(before)}
            for one in before:
                if not isinstance(one.body, ev.Attempt | ev.Noted):
                    continue
                there = court.work.has_event(derived_key("merged", event.body.into, one.id))
                if there != (one.id in held):
                    yield f"{one.kind} {one.id} of {lead} is {'' if there else 'not '}with {event.body.into}"
