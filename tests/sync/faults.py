"""What goes wrong on purpose: a network that loses, repeats, delays and lies, and a process that dies at any step."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NoReturn, Protocol, TypeVar

from callsheet.store.sync_rows import SyncRows, SyncTransaction
from callsheet.sync.port import (
    Ambiguous,
    Applied,
    AuthBroken,
    CrmError,
    Drift,
    Forbidden,
    Invalid,
    NotAttempted,
    Op,
    Result,
    Retry,
    Throttled,
    Unavailable,
    Uncertain,
)
from tests.sync.timing import Answers, Run

T = TypeVar("T")


MOST_STEPS: Final = 4000
"""So many questions and transactions are far more than any run of a simulated day takes: it goes round for ever."""


class Died(BaseException):
    """The process was killed: nothing of it goes on, nothing catches this."""


class DiskFull(Exception):
    """A transaction could not be kept: the process goes on, its run does not."""


class Lookout(Protocol):
    """Who looks whether a call is still ours to make."""

    def still_held(self, ops: Sequence[Op]) -> None: ...


class Wire(Protocol):
    """What the network needs of the world around it."""

    chance: random.Random
    native: bool
    odds: random.Random
    times: random.Random
    deadly: bool

    def now(self) -> datetime: ...

    def pass_time(self, seconds: float) -> None: ...

    def later(self, at: datetime, do: Callable[[], object]) -> None: ...

    def meanwhile(self) -> None: ...

    @property
    def sentry(self) -> Lookout: ...


@dataclass
class Faults:
    """A network between an adapter and its server; `rate` is how often something is wrong with it."""

    wire: Wire
    rate: float = 0.0
    down: bool = False
    refused: CrmError | None = None
    """What should have ended this run: no call may follow it."""
    closed_until: datetime | None = None
    """Until when a limit is used up, as the book knows: no run that begins before may call."""
    closed_at: datetime | None = None
    denied_at: datetime | None = None
    """When a key was refused, as the book knows: no run that begins just then may show it again."""
    denied_last: datetime = datetime.min.replace(tzinfo=UTC)
    """When any window's key was refused last."""
    crowded_until: datetime = datetime.min.replace(tzinfo=UTC)
    """Until when any window was ever told not to call."""
    begun: datetime | None = None
    """When the sync under way began."""
    told: dict[str, datetime] = field(default_factory=dict)
    """Before which moment a delivery was told not to come again."""
    slept: bool = False
    """Whether the machine slept, so that a lease may have run out while others waited for their turn."""
    late: bool = False
    """Whether a request is being carried out that its sender gave up on."""
    disobeyed: list[str] = field(default_factory=list)
    mood: str = ""
    """`mute` answers no call that writes, `crowded` wants a pause before each, `strict` takes them one by one; `blind`
    shows nothing but who is asking.
    """
    run: Run = field(default_factory=Run)
    answers: Answers = field(default_factory=Answers)
    busy: bool = field(init=False)
    """Whether the server may be too busy for some deliveries, which is so until the rep looks after them."""

    def __post_init__(self) -> None:
        self.busy = self.rate > 0

    @contextmanager
    def running(self) -> Iterator[Run]:
        """What is told from now on is told to another window, until that is done."""
        outer, self.run = self.run, Run()
        try:
            yield self.run
        finally:
            self.run = outer

    def goes_on(self) -> None:
        """Some more calls are about to be made."""
        self.disobeyed += self.run.goes_on(self.wire.now())

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Keep what a run is told when a whole call fails."""
        try:
            yield
        except CrmError as error:
            now = self.wire.now()
            self.run.failed(error, now)
            if isinstance(error, Throttled):
                self.crowded_until = max(self.crowded_until, now + (error.after or timedelta()))
            raise

    def look(self, op: Op, serve: Callable[[], Applied | None]) -> Applied | None:
        self.answers.unknown.add(op.id)
        if self.wire.odds.random() < self.rate / 10:
            self.answers.hidden.add(op.id)
            self.answers.unknown.discard(op.id)
            raise Forbidden("that may not be looked for")
        if self.mood == "mute":
            with self._telling():
                self._takes()
                self.run.unread = True
                raise Uncertain("no answer")
        found = self.read(serve)
        self.answers.unknown.discard(op.id)
        return found

    def read(self, serve: Callable[[], T]) -> T:
        with self._telling():
            try:
                return self._read(serve)
            except CrmError:
                self.run.unread = True
                raise

    def _read(self, serve: Callable[[], T]) -> T:
        self._takes()
        self.run.reads += 1
        if self.mood == "blind" and self.run.reads > 1:
            self.refused = Unavailable("nothing is shown")
            raise self.refused
        fault = self._pick("refused", "lost_reply", "throttled", "html", "die", "daily", "auth")
        if fault == "lost_reply":
            serve()
            raise Uncertain("no answer")
        if fault == "die":
            self._die()
        self._fail(fault)
        answer = serve()
        self.wire.meanwhile()  # what is read may be old by the time it is taken in
        return answer

    def write(self, ops: Sequence[Op], serve: Callable[[Op], Result]) -> Sequence[Result]:
        self.disobeyed += self.answers.sent(ops)
        odd = self._odd if self.busy else lambda _op: None
        with self._telling():
            try:
                results = self._write(ops, lambda op: odd(op) or serve(op))
            except (CrmError, Died) as error:
                for op in ops:
                    self.told.pop(op.id, None)  # whatever was said of one of them is not heard
                if isinstance(error, (Uncertain, Drift, Died)):
                    self.answers.unsure |= {op.id for op in ops}
                self.run.silent += isinstance(error, Uncertain)
                self.run.most_silent = max(self.run.most_silent, self.run.silent)
                raise
        self.run.silent = 0
        self.run.short = self.run.short or len(results) < len(ops)
        self.run.applied += sum(isinstance(result, Applied) for result in results) if len(results) == len(ops) else 0
        self.disobeyed += self.run.took(ops, results)
        self.disobeyed += self.answers.took(ops, results, self.wire.now())
        return results

    def _odd(self, op: Op) -> Result | None:
        return self.answers.too_busy(op) or self.answers.too_deaf(op)

    def _write(self, ops: Sequence[Op], serve: Callable[[Op], Result]) -> Sequence[Result]:
        self._takes()
        # Of one whose sender slept nobody heard when it was to come again.
        early = [op.id for op in ops if op.id in self.told and self.wire.now() < self.told[op.id]]
        early = [op for op in early if op not in self.answers.unsure and not self.slept]
        self.disobeyed += [f"{op} came again before it was to" for op in early]
        self.wire.meanwhile()
        self.wire.sentry.still_held(ops)
        self._moody(ops, serve)
        fault = self._pick(
            "refused", "lost_request", "lost_reply", "partial", "delayed", "duplicate", "html", "throttled", "items",
            "html_after", "items", "slow",
            "die_before", "die_after", "die_delayed", "daily", "auth", "lost_reply", "delayed", "die_after",
        )  # fmt: skip
        if not fault and self.wire.odds.random() < self.rate / 20:
            return self._all(ops, serve)[:-1]  # an answer for each but the last
        match fault:
            case "lost_request":
                raise Uncertain("no answer")
            case "lost_reply":
                self._all(ops, serve)
                raise Uncertain("no answer")
            case "partial":
                self._all(ops[: self.wire.chance.randint(0, len(ops))], serve)
                raise Uncertain("500")
            case "delayed" | "die_delayed":
                self._delay(ops, serve, dies=fault == "die_delayed")
            case "duplicate" if self.wire.native:
                self.answers.twice |= {op.id for op in ops}
                self._all(ops, serve)
            case "html_after":
                self._all(ops, serve)
                fault = "html"
            case "slow":  # so long that a lease runs out: the machine slept
                self.answers.unsure |= {op.id for op in ops}
                self.slept = True
                self.wire.pass_time(self.wire.odds.uniform(100, 400))
                self.wire.meanwhile()
            case "items":
                return [self._item(op, serve) for op in ops]
            case "die_before":
                self._die()
            case "die_after":
                served = self._all(ops, serve)
                self._die()
                return served
        self._fail(fault)
        return self._all(ops, serve)

    def _moody(self, ops: Sequence[Op], serve: Callable[[Op], Result]) -> None:
        """Be as bad as before, for a while."""
        if self.mood == "mute":
            if self.wire.times.random() < 0.5:
                self._all(ops, serve)
            raise Uncertain("no answer")
        if self.mood == "strict" and len(ops) > 1:
            raise Invalid("one of these is not allowed")
        crowded = self.mood == "crowded" or (self.mood == "strict" and self.wire.times.random() < 0.5)
        if crowded and self.run.pauses < 9:  # else who goes on all the same would do so for ever
            error = Throttled("slower", scope="burst", after=timedelta(seconds=self.wire.times.randint(1, 12)))
            raise error

    def _item(self, op: Op, serve: Callable[[Op], Result]) -> Result:
        match self.wire.chance.randrange(6):
            case 0:
                after = timedelta(seconds=self.wire.chance.randint(0, 20))
                self.told[op.id] = self.wire.now() + after
                return Retry("busy", after)
            case 3:
                self.told[op.id] = self.wire.now() + timedelta(seconds=2)
                return Retry("busy")
            case 4:
                return NotAttempted("another one failed first")
            case 1:
                return Ambiguous("no answer for this one")
            case 2:
                serve(op)
                return Ambiguous("no answer for this one")
        return serve(op)

    @staticmethod
    def _all(ops: Sequence[Op], serve: Callable[[Op], Result]) -> list[Result]:
        return [serve(op) for op in ops]

    def _delay(self, ops: Sequence[Op], serve: Callable[[Op], Result], *, dies: bool) -> NoReturn:
        """Carry it out only when its sender has given up, or died."""
        at = self.wire.now() + timedelta(seconds=self.wire.chance.uniform(1, 8))
        self.wire.later(at, lambda: self._late(ops, serve))
        if dies:
            self._die()
        raise Uncertain("no answer")

    def _late(self, ops: Sequence[Op], serve: Callable[[Op], Result]) -> None:
        self.late = True
        with suppress(CrmError):  # nobody hears it
            self._all(ops, serve)
        self.late = False

    def steps(self) -> None:
        """Count what a run does."""
        self.run.steps += 1
        assert self.run.steps < MOST_STEPS, "a run goes round for ever"

    def _takes(self) -> None:
        self.steps()
        if self.refused is not None:
            self.disobeyed.append(f"called again after {self.refused!r}")
        if self.closed_until and self.closed_at and self.begun and self.closed_at < self.begun < self.closed_until:
            self.disobeyed.append(f"called again although its limit is used up until {self.closed_until}")
        if self.denied_at and self.begun and self.denied_at < self.begun < self.denied_at + timedelta(seconds=9):
            self.disobeyed.append(f"called again with the key that was refused at {self.denied_at}")
        self.wire.pass_time(self.wire.chance.uniform(0.02, 0.4))
        if self.down:
            raise Unavailable("no network")

    def _pick(self, *faults: str) -> str:
        return self.wire.chance.choice(faults) if self.wire.chance.random() < self.rate else ""

    def _fail(self, fault: str) -> None:
        # Daily limits and bad keys end a whole run, so that they come more seldom.
        seldom = self.wire.chance.random() < 0.5
        errors: dict[str, CrmError] = {
            "refused": Unavailable("no network"),
            "html": Drift("this is not the CRM"),
            "throttled": Throttled("slower", scope="burst", after=timedelta(seconds=self.wire.chance.randint(1, 40))),
        }
        if seldom:
            minutes = self.wire.chance.randint(1, 90)  # a day may also end in a few seconds
            after = timedelta(minutes=minutes) if minutes % 3 else timedelta(seconds=minutes // 4)
            errors["daily"] = Throttled("enough", scope="daily", after=after)
            errors["auth"] = AuthBroken("the key does not hold")
        if fault in errors:
            if fault == "daily":
                self.closed_at = self.wire.now()
                self.closed_until = self.closed_at + (errors["daily"].after or timedelta())  # type: ignore[attr-defined]
            if fault == "auth":
                self.denied_at = self.denied_last = self.wire.now()
            self.refused = errors[fault] if fault in ("html", "auth", "daily", "refused") else None
            raise errors[fault]

    def _die(self) -> None:
        if self.wire.deadly:
            raise Died


class MortalBook:
    """`sync.records.SyncBook` that dies before or after a commit, or has no room for it."""

    def __init__(self, rows: SyncRows, wire: Wire, rate: float, steps: Callable[[], None] = lambda: None) -> None:
        self.rows, self.wire, self.rate, self.steps = rows, wire, rate, steps

    @property
    def crm(self) -> str:
        return self.rows.crm

    @contextmanager
    def work(self) -> Iterator[SyncTransaction]:
        self.steps()
        dies = self.wire.chance.random() if self.wire.deadly else 1.0
        full = self.wire.deadly and self.wire.odds.random() < self.rate / 20
        with self.rows.work() as work:
            yield work
            if dies < self.rate / 2:
                raise Died
            if full:
                raise DiskFull
        if dies < self.rate:
            raise Died
