"""An adapter of any idempotency class to a `Server`, with a network between them that may do what it likes."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar
from zlib import crc32

from callsheet.sync.port import (
    Account,
    Applied,
    Capabilities,
    ChangePage,
    Check,
    Forbidden,
    Gone,
    HistoryPage,
    Invalid,
    LeadCreate,
    Moved,
    NotVisible,
    Op,
    Present,
    RemoteLead,
    RemoteTouch,
    Result,
    Vocabulary,
    Whereabouts,
)
from tests.sync.server import ME, Record, Server

T = TypeVar("T")


class Network(Protocol):
    """What is between an adapter and its server: calls `serve` unless it has something else in mind."""

    def read(self, serve: Callable[[], T]) -> T: ...

    def look(self, op: Op, serve: Callable[[], Applied | None]) -> Applied | None: ...

    def write(self, ops: Sequence[Op], serve: Callable[[Op], Result]) -> Sequence[Result]: ...


class Cable:
    """A network that never fails."""

    def read(self, serve: Callable[[], T]) -> T:
        return serve()

    def look(self, op: Op, serve: Callable[[], Applied | None]) -> Applied | None:
        return self.read(serve)

    def write(self, ops: Sequence[Op], serve: Callable[[Op], Result]) -> Sequence[Result]:
        return [serve(op) for op in ops]


class FakeCrm:
    """`sync.port.Crm` over a `Server` and a `Network`."""

    def __init__(self, server: Server, network: Network, page: int = 3) -> None:
        self.server, self.network, self.page = server, network, page
        self.about_to: Callable[[Sequence[Op]], None] = lambda _ops: None

    @property
    def capabilities(self) -> Capabilities:
        return self.server.capabilities

    def whoami(self) -> Account:
        return self.network.read(lambda: Account("me", "Rep", skew=self.server.skew))

    def check(self, *, create: bool = False) -> Sequence[Check]:
        return ()

    def vocabulary(self) -> Vocabulary:
        return Vocabulary({}, {}, {}, {})

    def close(self) -> None:
        pass

    # Reading ------------------------------------------------------------------------------------------------------

    def changes(self, cursor: str | None) -> ChangePage:
        return self.network.read(lambda: self._changes(cursor))

    def _changes(self, cursor: str | None) -> ChangePage:
        """The cursor is `high` of all runs, and within a run the (time, id) after which to go on, and when it began.

        What shows late, and before that place, is for the next run: so that `high` is never after the beginning.
        """
        high, place, begun = (cursor or "||").split("|")
        begun = begun or self.server.clock().isoformat()
        since = datetime.fromisoformat(high) - self.capabilities.cursor_overlap if high else None
        after = tuple(place.split("~")) if place else None
        seen = [found for lead in self.server.records if (found := self.server.indexed(lead)) is not None]
        rows = sorted((one.modified_at.isoformat(), one.id, one) for one in seen if self._shows(one))
        if since is not None:
            rows = [row for row in rows if row[2].modified_at >= since]
        if after is not None:
            rows = [row for row in rows if (row[0], row[1]) > after]
        taken, more = rows[: self.page], len(rows) > self.page
        top = min(max([high, *(row[0] for row in taken)]), begun)
        end = f"{top}|{taken[-1][0]}~{taken[-1][1]}|{begun}" if more else f"{top}||"
        removed: tuple[str, ...] = ()
        if self.capabilities.removals == "feed":
            # Told again and again, as a CRM does that keeps its tombstones: nothing may come of the second time.
            removed = tuple(one.id for one in seen if one.deleted or one.merged_into)
        return ChangePage(tuple(self._lead(row[2]) for row in taken), end, more, removed)

    def _shows(self, record: Record) -> bool:
        return record.owner == ME and not record.deleted and not record.merged_into

    def _lead(self, record: Record) -> RemoteLead:
        return RemoteLead(
            record.id, str(record.version), record.modified_at, record.profile, record.created_at, record.owner,
            record.owner == ME, record.status, record.closed, record.closed_note, record.do_not_contact,
            interactions=record.interactions, key=record.key if self.capabilities.idempotency == "native" else "",
        )  # fmt: skip

    def history(self, cursor: str | None) -> HistoryPage:
        return self.network.read(lambda: self._history(cursor))

    def _history(self, cursor: str | None) -> HistoryPage:
        """The cursor is the number of the last one read; a new run reaches back, so that some are told twice."""
        number, _, running = (cursor or "0|").partition("|")
        place = int(number) if running else max(int(number) - 5, 0)
        until = self.server.now() - self.server.lag
        numbered = sorted((int(one.id[1:]), one) for one in self.server.effects.values() if one.made_at <= until)
        rows = [row for row in numbered if row[0] > place]
        taken, more = rows[: self.page], len(rows) > self.page
        touches = tuple(
            RemoteTouch(
                one.id, one.lead, one.at, one.channel, one.outcome, one.text, one.author, one.author == ME, one.key
            )
            for _, one in taken
            if one.kind in ("touch", "note") and not one.deleted
            and self.server.alive(one.lead) is not None
        )  # fmt: skip
        last = taken[-1][0] if taken else int(number)
        return HistoryPage(touches, f"{last}|{'more' if more else ''}", more)

    def resolve(self, ids: Sequence[str]) -> Mapping[str, Whereabouts]:
        return self.network.read(lambda: {one: self._where(one) for one in ids})

    def _where(self, lead: str) -> Whereabouts:
        record = self.server.records.get(lead)
        if record is None or record.deleted:
            return Gone()
        if record.merged_into:
            return Moved(record.merged_into)
        shown = record.owner == ME or self.server.open
        return Present(self._lead(record)) if shown else NotVisible(record.owner)

    # Writing ------------------------------------------------------------------------------------------------------

    def apply(self, ops: Sequence[Op]) -> Sequence[Result]:
        assert len(ops) <= self.capabilities.max_batch
        assert len({op.lead for op in ops if op.lead}) == len([op for op in ops if op.lead]), "two of one lead at once"
        self.about_to(ops)
        assert ops, "nothing is asked with nothing to say"
        refused = self.server.whole and any("poison" in getattr(op.body, "text", "") for op in ops)
        return self.network.write(ops, self._refuse if refused else self.server.execute)

    def _refuse(self, op: Op) -> Result:
        if crc32(op.id.encode()) % 3 == 0:
            raise Forbidden("you are not allowed to write that")
        raise Invalid("one of them is not allowed", field="text")

    def find_effect(self, op: Op) -> Applied | None:
        return self.network.look(op, lambda: self._find(op))

    def _find(self, op: Op) -> Applied | None:
        if self.capabilities.idempotency == "none":
            return None
        if isinstance(op.body, LeadCreate):
            for record in self.server.records.values():
                if self.server.indexed(record.id) is not None and record.key == op.id and not record.deleted:
                    return Applied(record.merged_into or record.id, replayed=True)
            return None
        found = self.server.by_key(op.id, lagging=True)
        return Applied(found.id, replayed=True) if found else None


def capabilities(kind: Any, chance: random.Random) -> Capabilities:
    """The capabilities of a CRM of an idempotency class, what is free to vary varied."""
    return Capabilities(
        name=f"Fake ({kind})",
        idempotency=kind,
        lookup_lag=timedelta(seconds=chance.choice([0, 5, 30, 60])),
        cursor_overlap=timedelta(seconds=90),
        stale_guard=chance.random() < 0.3,
        removals=chance.choice(["feed", "poll"]),
        max_batch=chance.choice([1, 1, 2, 100]),
        take_back=chance.choice(["delete", "note"]),
        creates_leads=chance.random() > 0.1,
        hands_over=chance.random() > 0.1,
    )
