"""Bringing the CRM's changes into the journal: page by page, each kept together with the cursor that follows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from callsheet.sync import history
from callsheet.sync.arrivals import Arrivals, pulled_note
from callsheet.sync.home import rejoin
from callsheet.sync.line import Line
from callsheet.sync.merge import WORKED
from callsheet.sync.port import (
    Account,
    ChangePage,
    Drift,
    HistoryPage,
    Moved,
    Present,
    RemoteId,
    RemoteLead,
    Whereabouts,
)
from callsheet.sync.records import SyncWork

CHUNK: Final = 100
"""Ids in one question to the CRM."""

CHECK_EVERY: Final = timedelta(hours=24)
"""How often every known lead is asked for, as leads that were given away or deleted do not show as changed."""

AHEAD: Final = timedelta(minutes=5)
"""A lead that was seen so much later than now was seen by a clock that has been set back since."""

CHECK_MOST: Final = 5000
"""Leads that one sync asks for."""

FEW: Final = 2
"""So many leads may go at once without asking, however small the book."""

MOST_MERGES: Final = 50
"""So many times over a lead is followed that was merged again and again."""

SETTLES: Final = timedelta(seconds=30)
"""For how long after our own write a list of changes may still show what was before it."""


class TooManyRemoved(Exception):
    """The CRM would take away more of the leads than is believable. The message is for the rep."""


Page = TypeVar("Page", ChangePage, HistoryPage)


class Pull:
    """One pull. `leads` are those that changed here; `kept` is called when a page is in the book."""

    def __init__(
        self, line: Line, account: Account, *, force: bool = False, kept: Callable[[], None] = lambda: None
    ) -> None:
        self.line = line
        self.account = account
        self.force = force
        self._kept = kept
        self._arrivals = Arrivals(line, account)
        self.leads = self._arrivals.leads
        self._gone: set[str] = set()
        self._known = 0

    def rejoin(self) -> None:
        """Make leads one again that an undo or a redo since made two."""
        with self.line.book.work() as work:
            self.leads |= rejoin(work, self.line, self.account)

    def changes(self) -> None:
        """Read what changed since the cursor, to the end.

        Raises:
            CrmError: the CRM cannot be read; what was read until then is kept.
            TooManyRemoved: it would take away too much at once.
        """
        line, started = self.line, self.line.now()
        note, asked = f"sync.{line.book.crm}.changes", started
        broken_off = f"{note}.broken_off"
        with line.book.work() as work:
            # One that goes on where another was broken off passes by what showed since before that place.
            runs = 2 if work.note(broken_off) else 1
        for _ in range(runs):
            for page in self._pages(note, "changes", line.crm.changes):
                notes: dict[str, str | bool] = {note: page.cursor, broken_off: page.more}
                self._take_in(self._whereabouts(page.leads, page.removed), asked, notes)
                asked = line.now()
        with line.book.work() as work:
            work.put_note(pulled_note(line.book.crm), started.isoformat())

    def history(self) -> None:
        """Read what was done on the leads since the cursor, to the end.

        Raises:
            CrmError: the CRM cannot be read; what was read until then is kept.
        """
        line = self.line
        note = f"sync.{line.book.crm}.history"
        for page in self._pages(note, "its history", line.crm.history):
            with line.book.work() as work:
                self.leads |= history.absorb(work, line, page.touches, self.account)
                work.put_note(note, page.cursor)

    def _pages(self, note: str, what: str, read: Callable[[str | None], Page]) -> Iterator[Page]:
        """Read pages from the noted cursor on; each is kept, with its cursor, before the next is read."""
        with self.line.book.work() as work:
            cursor: str | None = work.note(note)
        more = True
        while more:
            page = read(cursor)
            if page.more and page.cursor == cursor:
                raise Drift(f"{self.name} gives the same page of {what} again and again: nothing more was read.")
            yield page
            self._kept()
            cursor, more = page.cursor, page.more

    def check(self, leads: Sequence[str] | None = None, *, thorough: bool = False) -> None:
        """Ask for leads whether they are still there: the given ones, else all that were not seen for a day.

        Raises:
            CrmError: the CRM cannot be asked.
            TooManyRemoved: it would take away too much at once.
        """
        now = self.line.now()
        with self.line.book.work() as work:
            if leads is not None:
                links = list(work.links(leads).values())
            else:
                since = now if thorough else now - CHECK_EVERY
                links = list(work.links_unseen(since, now + AHEAD, CHECK_MOST))
        # Also those that went: one that is open here all the same was undone, and closes again.
        where = self._resolve([link.remote_id for link in links])
        if not where:
            return
        with self.line.book.work() as work:
            self._guard(work, where)
        every = list(where.items())
        for start in range(0, len(every), CHUNK):
            self._take_in(dict(every[start : start + CHUNK]), now)

    def _take_in(
        self, where: Mapping[RemoteId, Whereabouts], asked: datetime, notes: Mapping[str, str | bool] | None = None
    ) -> None:
        """Bring the book to what was shown of leads, and keep notes with it.

        Another window may have seen or changed one of them since it was `asked` for: that one is asked for again, or
        what was there before would come back. Once is enough while nobody does so again: the time at which it was seen
        may lie ahead, where the clock of this machine was set back since.
        """
        line = self.line
        believed: dict[RemoteId, datetime] = {}
        while True:
            with line.book.work() as work:
                known = {remote: link.known_at for remote, link in work.linked(where).items()}
                late = [remote for remote, at in known.items() if at > asked and believed.get(remote) != at]
                if not late:
                    self._guard(work, where)
                    self._arrivals.take_in(work, where)
                    for note, value in (notes or {}).items():
                        work.put_note(note, value)
                    return
            asked, believed = line.now(), known
            where = {**where, **self._resolve(late)}

    @property
    def name(self) -> str:
        """The CRM's name."""
        return self.line.crm.capabilities.name

    def _whereabouts(self, leads: Sequence[RemoteLead], removed: Sequence[RemoteId]) -> dict[RemoteId, Whereabouts]:
        """Say where the leads of a page are; those of which a list may show an older state are asked for by id."""
        where: dict[RemoteId, Whereabouts] = {lead.id: Present(lead) for lead in leads}
        capabilities, now = self.line.crm.capabilities, self.line.now()
        settles = max(capabilities.cursor_overlap, capabilities.lookup_lag) + SETTLES
        with self.line.book.work() as work:
            links = work.linked([*where, *removed])
            rows = work.deliveries_of(link.lead for link in links.values())
        ask = [remote for remote in removed if remote in links and not links[remote].base.gone]
        for remote, link in links.items():
            base = link.base
            patched = base.patched_at is not None and now - base.patched_at < settles
            unsure = any(
                row.kind in ("patch", "owner", "take_back") and (row.state == "sending" or (row.maybe and row.live))
                for row in rows.get(link.lead, ())
            )
            listed = where.get(remote)
            known_at = base.modified_at
            older = isinstance(listed, Present) and known_at is not None and listed.lead.modified_at < known_at
            if listed is not None and (base.gone or not base.mine or patched or unsure or older):
                ask.append(remote)
        return where | self._resolve(ask)

    def _resolve(self, ids: Iterable[RemoteId]) -> dict[RemoteId, Whereabouts]:
        """Ask where leads are; of merged ones also where the survivor is, however often that was merged since."""
        where: dict[RemoteId, Whereabouts] = {}
        wanted = list(dict.fromkeys(ids))
        for _ in range(MOST_MERGES):
            for start in range(0, len(wanted), CHUNK):
                where |= self.line.crm.resolve(wanted[start : start + CHUNK])
            moved = {found.to for found in where.values() if isinstance(found, Moved)}
            wanted = sorted(moved - where.keys())
        return where

    def _guard(self, work: SyncWork, where: Mapping[RemoteId, Whereabouts]) -> None:
        """Refuse to believe that a good part of the leads went at once."""
        self._known = max(self._known, work.count_links())  # as many as there were at most: some go while we look
        going = [one for one, found in where.items() if not isinstance(found, Present) or not found.lead.mine]
        links = [link for link in work.linked(going).values() if not link.base.gone and link.base.mine]
        working = {link.lead for link in links if (lead := work.lead(link.lead)) is not None and lead.state in WORKED}
        rows = work.deliveries_of(working)
        handed = {lead for lead, some in rows.items() if any(row.kind == "owner" and row.maybe for row in some)}
        self._gone |= working - handed  # whom we may have handed over ourselves is no surprise
        self._known = max(self._known, len(self._gone))  # one may have been taken up again since they were counted
        most = max(FEW, int(self.line.most_removed * self._known))
        if len(self._gone) > most and not self.force:
            raise TooManyRemoved(
                f"{self.name} no longer shows {len(self._gone)} of your {self._known} leads. Nothing was taken away: "
                "look there first."
            )
