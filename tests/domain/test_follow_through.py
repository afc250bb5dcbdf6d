"""What always holds, whatever a rep does and whatever comes in, over weeks (RULES §1: until a decision)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import get_args

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from callsheet.domain import events as ev
from callsheet.domain.agenda import Place, at_moment, next_action, place, step_of_attempt
from callsheet.domain.lead import Lead, State, fold
from callsheet.domain.plan import open_step
from callsheet.domain.profile import Profile
from callsheet.domain.rules import Rules
from callsheet.domain.why import when_label, why
from tests.domain.journals import LONDON, PRIYA, Journal, at, with_calendar

MONDAY = at("2026-10-12 08:00")  # two weeks before the clocks change
STATES = set(get_args(State))
ASKS = ev.Interaction("contact_form", "Pricing", "Pricing for 40 seats", asks=True)

CHANNELS: tuple[ev.Channel, ...] = ("phone", "email", "linkedin", "post", "sms", "meeting", "research")
PEOPLE = (
    PRIYA, replace(PRIYA, phones=()), replace(PRIYA, emails=()), Profile(name="Nobody"),
    replace(PRIYA, phones=("+1", "+2"), country="US"),
)  # fmt: skip
CALENDARS: tuple[Rules, ...] = (
    LONDON,
    replace(LONDON, anchor="previous", profile="as-written"),
    with_calendar(LONDON, zone="America/New_York", days=frozenset({0, 1, 2, 3})),
    with_calendar(LONDON, zone="Asia/Kathmandu", holidays=frozenset({at("2026-10-20 12:00").date()})),
    replace(LONDON, promise_mode="literal", blocks=()),
)


@dataclass
class Book:
    """One lead with its journal, what was done in it, and how it was before each thing that was done."""

    journal: Journal
    done: list[tuple[str, Lead | None]] = field(default_factory=list)
    undone: list[tuple[str, Lead | None]] = field(default_factory=list)

    @property
    def lead(self) -> Lead | None:
        return fold(self.journal.lead_id, self.journal.events, self.journal.rules)


class Rep(RuleBasedStateMachine):
    """A rep at work: leads come in, things are done with them, time passes, things are taken back."""

    def __init__(self) -> None:
        super().__init__()
        self.now = MONDAY
        self.books: list[Book] = []

    @initialize(team=st.sampled_from(CALENDARS))
    def open(self, team: Rules) -> None:
        self.team = team

    # What happens ------------------------------------------------------------------------------------------------

    @rule(minutes=st.integers(1, 12), days=st.sampled_from([0, 0, 0, 1, 2, 5, 9]), hours=st.integers(0, 9))
    def time_passes(self, minutes: int, hours: int, days: int) -> None:
        self.now += timedelta(days=days, hours=hours, minutes=minutes)

    @precondition(lambda self: len(self.books) < 5)
    @rule(who=st.sampled_from(PEOPLE), plan=st.sampled_from(["", "inbound-21", "hot", "event", "outbound"]))
    def somebody_comes_in(self, who: Profile, plan: str) -> None:
        journal = Journal(self.team, f"lead-{len(self.books)}")
        self.books.append(Book(journal))
        if plan:
            journal.start(self.now, plan, who, to="hot" if plan == "hot" else "lead")
        else:
            journal.capture(self.now, who)

    @precondition(lambda self: self.books)
    @rule(pick=st.randoms(use_true_random=False), early=st.booleans())
    def the_due_thing_is_done(self, pick: random.Random, early: bool) -> None:
        book = pick.choice(self.books)
        lead = book.lead
        entry = next_action(lead, self.team) if lead else None
        if entry is None:
            return
        if not early:
            self.now = max(self.now, entry.due_at)
        rows = [row for row in self.team.outcomes.on(entry.channel) if row.name != "do_not_contact"]
        self.logs(book, pick.choice(rows).name, entry.channel)

    @precondition(lambda self: self.books)
    @rule(pick=st.randoms(use_true_random=False), channel=st.sampled_from(CHANNELS), automatic=st.booleans())
    def something_else_is_done(self, pick: random.Random, channel: ev.Channel, automatic: bool) -> None:
        book = pick.choice(self.books)
        outcome = pick.choice(self.team.outcomes.on(channel)).name
        if outcome != "do_not_contact" or pick.random() < 0.2:
            self.logs(book, outcome, channel, automatic=automatic)

    @precondition(lambda self: self.books)
    @rule(pick=st.randoms(use_true_random=False), hours=st.integers(-30, 300))
    def something_is_decided(self, pick: random.Random, hours: int) -> None:
        when = self.now + timedelta(hours=hours)
        today = self.team.calendar.day_of(self.now)
        choices: tuple[tuple[ev.Body, ...], ...] = (
            (ev.NextStepSet("advance", when, pick.choice(CHANNELS), "agreed"),),
            (ev.NextStepSet("nurture", when, "email", "news"),),
            (ev.NextStepSet("advance", when, "meeting"), ev.InviteSent("u", when, when + timedelta(hours=1), "Demo")),
            (ev.InviteAnswered("u", pick.choice(["received", "accepted", "declined", "tentative"])),),
            (ev.NextStepDropped(),),
            (ev.Snoozed(when),),
            (ev.Nurtured(when, "not now"),),
            (ev.Returned("kick_back", "Sam", "no answer"),),
            (ev.Closed(pick.choice(["won", "lost", "exhausted", "not_a_fit"])),),
            (ev.Reopened("again"), ev.PlanStarted("inbound-21", 1, today)),
            (ev.Reopened("again"),),
            (ASKS, ev.Promoted("hot"), ev.PlanStarted("hot", 1, today)),
            (ev.Interaction("webinar", "B"), ev.Promoted("lead"), ev.PlanStarted("inbound-21", 1, today)),
            (ev.Interaction("reply", "Re:"),),
            (ev.CapRaised(2, "reason"),),
            (ev.PlanResumed(today + timedelta(days=pick.randrange(9))),),
            (ev.StepMoved(pick.randrange(12), today),),
            (ev.ProfileEdited({"phones": pick.choice(["", "+15550100"]), "emails": pick.choice(["", "a@b.c"])}),),
            (ev.Merged("lead-x"),),
            (ev.DoNotContact(("+1",)),),
        )  # fmt: skip
        # Do-not-contact and merging end everything, so that they are rare.
        rare = pick.random() < 0.05
        self.does(pick.choice(self.books), *pick.choice(choices[-2:] if rare else choices[:-2]))

    # And what is taken back ---------------------------------------------------------------------------------------

    @precondition(lambda self: self.books)
    @rule(pick=st.randoms(use_true_random=False), count=st.integers(1, 4))
    def undo_and_redo(self, pick: random.Random, count: int) -> None:
        book = pick.choice(self.books)
        for _ in range(min(count, len(book.done))):
            action, before = book.done.pop()
            after = book.lead
            undoing = book.journal.undo(self.now, action)
            assert book.lead == before
            book.undone.append((undoing, after))
        if pick.random() < 0.5:
            return
        for _ in range(len(book.undone)):
            undoing, after = book.undone.pop()
            before = book.lead
            # Redo undoes the undoing; undoing it once more takes the action back again.
            action = book.journal.undo(self.now, undoing)
            assert book.lead == after
            book.done.append((action, before))

    # -----------------------------------------------------------------------------------------------------------------

    def logs(self, book: Book, outcome: str, channel: ev.Channel, **more: object) -> None:
        lead = book.lead
        if lead is None:
            return
        step = step_of_attempt(lead, channel, self.now, self.team)
        if step is not None and lead.plan is not None:
            assert step not in lead.plan.done, "a step is never done twice"
        row = self.team.outcomes.of(outcome)
        body = ev.Attempt(channel, outcome, step=step if row.does_step else None)
        self.does(book, replace(body, **more))  # type: ignore[arg-type]

    def does(self, book: Book, *bodies: ev.Body) -> None:
        before = book.lead
        action = book.journal.add(self.now, *bodies)
        book.done.append((action, before))
        book.undone.clear()
        after = book.lead
        if before is not None and before.do_not_contact:
            assert after is not None
            assert (after.state, after.closed) == ("closed", "do_not_contact"), "do-not-contact is never left"
        anew = any(isinstance(body, ev.PlanStarted) for body in bodies)
        if before and after and before.plan and after.plan and not anew:
            endless = self.team.plan(after.plan.name, after.plan.version).then == "repeat"
            assert endless or set(before.plan.done) <= set(after.plan.done), "a step that was done stays done"

    def leads(self) -> Iterator[Lead]:
        for book in self.books:
            lead = book.lead
            if lead is not None:
                yield lead

    @invariant()
    def every_record_is_accounted_for(self) -> None:
        for lead in self.leads():
            assert lead.state in STATES
            entry = next_action(lead, self.team)
            if lead.state not in ("working", "nurture"):
                assert entry is None
                assert (lead.plan, lead.commitment, lead.promise_at, lead.hot) == (None, None, None, False)
                assert (lead.state != "closed") == (lead.closed is None)
                assert (lead.state != "returned") == (lead.returned is None)
                continue
            assert entry is not None
            assert entry.due_at.tzinfo is not None
            assert entry.due_at.utcoffset() == timedelta(0)
            assert (entry.kind == "nurture") == (lead.state == "nurture")
            assert 0 <= entry.unanswered <= entry.counted
            assert why(entry, self.now, self.team).strip()
            assert when_label(entry, self.now, self.team).text

    @invariant()
    def no_step_of_a_plan_is_lost(self) -> None:
        for lead in self.leads():
            entry = next_action(lead, self.team)
            running = lead.plan
            if entry is None or running is None:
                continue
            plan = self.team.plan(running.name, running.version)
            assert all(0 <= index < len(plan.steps) for index in running.done)
            if entry.step is not None:
                assert entry.step not in running.done
                in_turn = entry.step == open_step(plan, running)
                assert in_turn or plan.steps[entry.step].always or entry.step in running.moved
            if entry.decision == "end":
                assert open_step(plan, running) is None
            if entry.kind == "adrift":
                assert lead.plan_ended

    @invariant()
    def the_order_is_total(self) -> None:
        entries = [entry for lead in self.leads() if (entry := next_action(lead, self.team)) is not None]
        shown = [at_moment(entry, self.now, self.team) for entry in entries]
        keys = [place(entry, self.now, self.team).key for entry in shown]
        assert len(set(keys)) == len(keys)
        for entry, one, key in zip(entries, shown, keys, strict=True):
            where = place(entry, self.now, self.team)
            assert where.pane == place(one, self.now, self.team).pane
            if entry.takes_over is None:
                assert where.key == key, "what takes over keeps its place"

    @invariant()
    def the_order_in_which_events_are_read_does_not_matter(self) -> None:
        for book in self.books:
            events = list(book.journal.events)
            random.Random(len(events)).shuffle(events)
            assert fold(book.journal.lead_id, events, self.team) == book.lead


QUICK = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


def test_a_rep_and_a_stream_of_events() -> None:
    run_state_machine_as_test(Rep, settings=QUICK)


@pytest.mark.slow
def test_a_rep_and_a_stream_of_events_for_months() -> None:
    # Shrinking takes longer than all the rest; what fails is printed as a blob that brings it back.
    thorough = settings(QUICK, max_examples=400, stateful_step_count=120, phases=[Phase.generate])
    run_state_machine_as_test(Rep, settings=thorough)


def story() -> list[tuple[datetime, str, str, Place]]:
    """Play a few weeks by a fixed pseudo-random rep; return all that was on the sheet."""
    chance = random.Random(20261012)
    seen = []
    for number, plan in enumerate(["inbound-21", "hot", "event", "outbound", "hot", "inbound-21"]):
        journal = Journal(LONDON, f"lead-{number}")
        journal.start(MONDAY + timedelta(hours=7 * number), plan, to="hot" if plan == "hot" else "lead")
        for _ in range(14):
            entry = journal.entry
            now = max(entry.due_at, journal.events[-1].at) + timedelta(minutes=chance.randrange(600))
            seen.append(
                (entry.due_at, why(entry, now, LONDON), when_label(entry, now, LONDON).text, journal.place(now))
            )
            if entry.decision or entry.open_question:
                break
            rows = [row.name for row in LONDON.outcomes.on(entry.channel) if not row.ends]
            journal.log(now, chance.choice(rows))
    return seen


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/St_Johns", "Asia/Kolkata", "Europe/Berlin"])
def test_nothing_depends_on_the_zone_of_the_machine(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    here = story()
    restore: Callable[[], None] = time.tzset
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert story() == here
    finally:
        monkeypatch.undo()
        restore()
    assert len(here) > 40
