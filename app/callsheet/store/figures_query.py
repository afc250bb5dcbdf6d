"""The rows behind the figures: index scans over derived tables, and the tail of the journal for what they lack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    or_,
    select,
)

from callsheet.domain import events as ev
from callsheet.domain.attempts import Counting, Tried
from callsheet.domain.lead import effective
from callsheet.services.figure_rows import InviteRow, Meaning, Named, Quarter, Receipt
from callsheet.services.views import OPEN_STATES
from callsheet.store import schema
from callsheet.store.journal import Transaction
from callsheet.store.schema import Instant

if TYPE_CHECKING:
    from callsheet.store.book import SqliteBook

_l = schema.lead.c
_e = schema.event.c
_t = schema.touch.c
_d = schema.delivery.c
_g = schema.agreed.c
_c = schema.link.c

QUARTER_US: Final = 15 * 60 * 1_000_000
"""Microseconds in a quarter of an hour: every zone's wall clock is a whole number of them away from UTC."""

SLACK: Final = timedelta(days=1)
"""How far a clock that was put back may disturb the order of the journal."""

CHUNK: Final = 500

_since, _until = bindparam("since", type_=Instant()), bindparam("until", type_=Instant())
_window: ColumnElement[int] = bindparam("window", type_=Integer())
_of_lead = _t.lead == _l.id
_stops = or_(
    and_(_t.counts == 1, _t.outcome.in_(bindparam("stops_counted", expanding=True))),
    _t.outcome.in_(bindparam("stops_plain", expanding=True)),
)
"""A human attempt: an outcome that counts and was not counted is a mail that no person wrote."""


def _slots(shift: int) -> ColumnElement[int]:
    """Count the slots of two windows in which the counted attempts on each channel fall."""
    place = (cast(_t.at, Integer) + _window * shift) // (_window * 2)
    return func.count(case((_t.counts == 1, _t.channel.op("||")(cast(place, String)))).distinct())


_done = (
    func.min(case((and_(_stops, _t.at >= _l.received_at), _t.at)), type_=Instant()).label("touched"),
    func.sum(_t.counts).label("counted"),
    func.max(_t.reached).label("reached"),
    func.max(case((_t.outcome.in_(bindparam("meetings", expanding=True)), 1), else_=0)).label("met"),
    # Two attempts within a window share a slot of twice its length, in one of two rows of such slots.
    (func.sum(_t.counts) > func.min(_slots(0), _slots(1))).label("tight"),
)
_its = and_(_d.lead == _l.id, func.coalesce(_d.crm, "") == bindparam("crm"))  # few: not by the index of what is open
_state = func.coalesce(_d.state, "")
_open = exists().where(_its, _state.in_(sorted(OPEN_STATES)))
_there = or_(exists().where(_c.lead == _l.id, _c.crm == bindparam("crm")), exists().where(_its, _state == "delivered"))
_profile = (_l.id, _l.name, _l.company, _l.state, _l.campaign, _l.received_at)
_noticed = (
    func.min(_e.recorded_at, type_=Instant()).label("seen"),
    func.min(case((_e.kind == "captured", func.json_extract(cast(_e.body, String), "$.created_at")))).label("created"),
)
_receipts = (
    select(*_profile, *_noticed)
    .join(schema.event, and_(_e.lead == _l.id, _e.at == _l.received_at))
    .where(_l.received_at >= _since, _l.received_at < _until, _l.state != "name")
    .where(_e.kind.in_(("captured", "promoted")))
    .group_by(_l.id)
    .order_by(_l.received_at, _l.id)
)
_recent = _receipts.where(_e.seq >= bindparam("first"))
_of_campaign = _receipts.where(_l.campaign == bindparam("campaign"))


def _with_deeds(found: Any) -> Any:  # a statement like `_receipts`
    """Return the statement that adds to each lead what was done about it."""
    rows = found.cte("received").prefix_with("MATERIALIZED")
    return (
        select(*rows.c, schema.agenda.c.due_at, _open.label("open"), _there.label("there"), *_done)
        .select_from(rows)
        .join(schema.lead, _l.id == rows.c.id)
        .outerjoin(schema.agenda, schema.agenda.c.lead == rows.c.id)
        .outerjoin(schema.touch, _of_lead)
        .group_by(rows.c.id)
        .order_by(rows.c.received_at, rows.c.id)
    )


_recent_with_deeds = _with_deeds(_recent)
_campaign_with_deeds = _with_deeds(_of_campaign)
_tries = (
    select(_t.lead, _t.at, _t.channel)
    .where(_t.lead.in_(bindparam("leads", expanding=True)), _t.counts == 1)
    .order_by(_t.lead, _t.at)
)
_inside = and_(_t.at >= _since, _t.at < _until, _t.mine == 1, _t.outcome.not_in(bindparam("skips", expanding=True)))
_quarter = (cast(_t.at, Integer) // QUARTER_US).label("quarter")
_quarters = (
    select(
        _quarter,
        func.sum(_t.counts).label("attempts"),
        func.sum(case((_t.channel == "phone", 1), else_=0)).label("calls"),
        func.sum(_t.reached).label("connects"),
    )
    .where(_inside)
    .group_by(_quarter)
    .order_by(_quarter)
)
_calls = select(func.count()).where(_inside, _t.channel == "phone")
_agreed = select(func.count()).where(_g.at >= _since, _g.at < _until)
_followed = select(func.count()).where(
    _t.at >= _since, _t.at < _until, _t.mine == 1, _t.reached == 1,
    exists().where(
        _g.lead == _t.lead, _g.at >= _t.at, cast(_g.at, Integer) <= cast(_t.at, Integer) + _window
    ),
)  # fmt: skip
_names = select(func.count()).where(_l.campaign == bindparam("campaign"), _l.state == "name")
_invited = select(_e.lead).where(
    _e.seq >= bindparam("first"), _e.kind == "invite_sent", _e.at >= _since, _e.at < _until
)
_recorded = select(_e.seq, _e.recorded_at).where(_e.seq >= bindparam("from_seq")).order_by(_e.seq).limit(1)
_first = select(_e.recorded_at).order_by(_e.seq).limit(1)
_last = select(_e.seq).order_by(_e.seq.desc()).limit(1)


class SqliteFigures:
    """`services.figure_rows.FigureReads` over the book's file."""

    def __init__(self, book: SqliteBook) -> None:
        self._book = book

    def receipts(self, since: datetime, until: datetime, meaning: Meaning, campaign: str = "") -> Sequence[Receipt]:
        """Return the leads received in a period, oldest first; of one campaign if named. Names are no leads."""
        crm = self._book.crm
        values: dict[str, Any] = {
            "since": since, "until": until, "crm": crm, "window": _microseconds(meaning.window),
            "stops_counted": sorted(meaning.stops & meaning.counted),
            "stops_plain": sorted(meaning.stops - meaning.counted), "meetings": sorted(meaning.meetings),
        }  # fmt: skip
        with self._book.reading() as connection:
            if campaign:
                rows = connection.execute(_campaign_with_deeds, {**values, "campaign": campaign}).all()
            else:
                first = _first_event(connection, since)
                rows = connection.execute(_recent_with_deeds, {**values, "first": first}).all()
            counted = _counted(connection, [row.id for row in rows if row.tight], meaning.window)
        return [
            Receipt(
                Named(row.id, row.name, row.company), row.state, row.campaign, row.received_at, row.seen,
                datetime.fromisoformat(row.created) if row.created else None, row.touched,
                counted.get(row.id, row.counted or 0), bool(row.reached), row.due_at,
                bool(row.there and not row.open) if crm else None, bool(row.met),
            )
            for row in rows
        ]  # fmt: skip

    def quarters(self, since: datetime, until: datetime, meaning: Meaning) -> Sequence[Quarter]:
        """Return the rep's own attempts in a period, by the quarter of an hour; quarters without any are left out."""
        values = {"since": since, "until": until, "skips": sorted(meaning.skips)}
        with self._book.reading() as connection:
            rows = connection.execute(_quarters, values).all()
        step = timedelta(minutes=15)
        return [Quarter(schema.EPOCH + row.quarter * step, row.attempts, row.calls, row.connects) for row in rows]

    def calls(self, since: datetime, until: datetime, meaning: Meaning) -> int:
        """Count the rep's own calls in a period."""
        with self._book.reading() as connection:
            return connection.execute(
                _calls, {"since": since, "until": until, "skips": sorted(meaning.skips)}
            ).scalar_one()

    def agreed(self, since: datetime, until: datetime) -> int:
        """Count the next steps that were agreed in a period."""
        with self._book.reading() as connection:
            return connection.execute(_agreed, {"since": since, "until": until}).scalar_one()

    def followed(self, since: datetime, until: datetime, within: timedelta) -> int:
        """Count the connects of a period after which a next step was agreed within that time."""
        with self._book.reading() as connection:
            values = {"since": since, "until": until, "window": _microseconds(within)}
            return connection.execute(_followed, values).scalar_one()

    def invites(self, since: datetime, until: datetime) -> Sequence[InviteRow]:
        """Return the invitations that went out in a period."""
        with self._book.reading() as connection:
            values = {"since": since, "until": until, "first": _first_event(connection, since)}
            leads = dict.fromkeys(connection.execute(_invited, values).scalars())
            journal = Transaction(connection, self._book.rules, _nowhere, "").events(leads)
        found = [row for lead, events in journal.items() for row in _invites_of(lead, events)]
        return sorted((row for row in found if since <= row.sent < until), key=lambda row: (row.sent, row.uid))

    def began(self) -> datetime | None:
        """Return when the first fact was written down on this machine; None when there is none."""
        with self._book.reading() as connection:
            return connection.execute(_first).scalar()

    def names(self, campaign: str) -> int:
        """Count the records of a campaign that are names."""
        with self._book.reading() as connection:
            return connection.execute(_names, {"campaign": campaign}).scalar_one()


def _first_event(connection: Connection, since: datetime) -> int:
    """Return a place in the journal before which nothing was written down since then: it is in that order, nearly."""
    low, high = 0, connection.execute(_last).scalar() or 0
    wanted = since - SLACK
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(_recorded, {"from_seq": middle}).first()
        if row is None or row.recorded_at >= wanted:
            high = middle
        else:
            low = row.seq + 1
    return low


def _counted(connection: Connection, leads: Sequence[str], window: timedelta) -> dict[str, int]:
    """Count the attempts of leads with several on one channel close together (RULES §6)."""
    counting: dict[str, Counting] = {}
    for some in _chunks(leads):
        for lead, at, channel in connection.execute(_tries, {"leads": some}):
            counting.setdefault(lead, Counting(window)).take(Tried(at, channel, counts=True))
    return {lead: one.tally.counted for lead, one in counting.items()}


def _invites_of(lead: str, events: Iterable[ev.Event]) -> list[InviteRow]:
    sent: dict[str, InviteRow] = {}
    for event in effective(events):
        match event.body:
            case ev.InviteSent(uid=uid, start=start):
                before = sent.get(uid)  # moved: it went out once, and asks for an answer again
                sent[uid] = InviteRow(lead, uid, before.sent if before else event.at, start, "needs-action")
            case ev.InviteAnswered(uid=uid, status=status) if uid in sent:
                sent[uid] = InviteRow(lead, uid, sent[uid].sent, sent[uid].start, status)
            case _:
                pass
    return list(sent.values())


def _nowhere(lead: object) -> tuple[tuple[str, ...], tuple[str, ...]]:  # noqa: ARG001 - nothing is derived here
    return (), ()


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def _microseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
