"""The figures, summed up from rows that are kept up with the journal: no report reads the journal itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    text,
    type_coerce,
    union_all,
)

from callsheet.domain.business_time import DAY
from callsheet.services.figure_rows import Named, Quarter, Span, Tally, Untouched, Waits
from callsheet.services.views import OPEN_STATES
from callsheet.store import schema
from callsheet.store.schema import QUARTER_US, Instant

if TYPE_CHECKING:
    from callsheet.store.book import SqliteBook

_l = schema.lead.c
_e = schema.event.c
_t = schema.touch.c
_q = schema.quarter.c
_r = schema.receipt.c
_i = schema.invited.c
_d = schema.delivery.c
_g = schema.agreed.c
_c = schema.link.c

PARTS: Final = ("system", "offline", "rep", "system_worked", "offline_worked", "rep_worked")

CHUNK: Final = 500
QUARTER: Final = timedelta(microseconds=QUARTER_US)
TICK: Final = timedelta(microseconds=1)

_since, _until = bindparam("since", type_=Instant()), bindparam("until", type_=Instant())
_inside = and_(_r.received_at >= _since, _r.received_at < _until)
_of_campaign = and_(_inside, _r.campaign == bindparam("campaign"))


def _both(statement: Any) -> tuple[Any, Any]:  # a select of `receipt`, as it is typed by its columns
    """Return the statement over all leads of a span, and over those of one campaign."""
    return statement.where(_inside), statement.where(_of_campaign)


def _sum(*holds: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((and_(*holds), 1), else_=0)), 0)


_touched = _r.touched_at.is_not(None)
_untried = and_(_r.touched_at.is_(None), _r.barred == 0)
_open = and_(_untried, _r.state.in_(("working", "nurture")))
_number = type_coerce(_r.touched_at, Integer) - type_coerce(_r.received_at, Integer)
_tally = _both(
    select(
        func.count().label("received"), _sum(_touched).label("touched"), _sum(_number <= DAY // TICK).label("quick"),
        _sum(_r.touched_at <= _r.promise_at).label("kept"), _sum(_open).label("open"),
        _sum(_open, _r.promise_at <= bindparam("now", type_=Instant())).label("late"),
        _sum(_untried, _r.state == "returned").label("returned"),
        _sum(~_touched, _r.barred == 1).label("barred"), _sum(_r.met == 1).label("met"),
    )
)  # fmt: skip
_who = (_l.id, _l.name, _l.company)
_untouched = _both(
    select(*_who, _r.received_at, _r.promise_at)
    .join(schema.lead, _l.id == _r.lead)
    .where(_open)
    .order_by(_r.received_at, _r.lead)
)
_waits = _both(
    select(_r.lead, *(_r[part] for part in PARTS)).where(_touched).order_by(_r.received_at, _r.lead)
)  # fmt: skip
_tries = _both(select(_r.counted, func.count()).group_by(_r.counted).order_by(_r.counted))
_stopped = _both(
    select(*_who)
    .join(schema.lead, _l.id == _r.lead)
    .outerjoin(schema.agenda, schema.agenda.c.lead == _r.lead)
    .where(_r.counted == 1, _r.reached == 0, _r.barred == 0)
    .where(
        or_(
            _r.state.in_(("closed", "returned")),
            schema.agenda.c.due_at < bindparam("before", type_=Instant()),
        )
    )
    .order_by(_r.received_at, _r.lead)
)
_named = select(*_who).where(_l.id.in_(bindparam("leads", expanding=True)))
_its = and_(_d.lead == _r.lead, func.coalesce(_d.crm, "") == bindparam("crm"))  # few: not by the index of what is open
_state = func.coalesce(_d.state, "")
_in_crm = _both(
    select(func.count())
    .where(
        or_(
            exists().where(_c.lead == _r.lead, _c.crm == bindparam("crm")),
            exists().where(_its, _state == "delivered"),
        )
    )
    .where(~exists().where(_its, _state.in_(sorted(OPEN_STATES))))
)
_acted = (
    (cast(_t.at, Integer) // QUARTER_US).label("at"), _t.counts.label("attempts"),
    case((_t.channel == "phone", 1), else_=0).label("calls"), _t.reached.label("connects"),
    _t.followed.label("followed"),
)  # fmt: skip
# Whole quarters from what is kept up; the ends of the period, where they cut one, from the touches themselves.
_pieces = union_all(
    select(_q.at, _q.attempts, _q.calls, _q.connects, _q.followed).where(
        _q.at >= bindparam("first"), _q.at < bindparam("last")
    ),
    *(
        select(*_acted).where(_t.acted == 1, _t.at >= bindparam(f"{end}_since", type_=Instant()),
                              _t.at < bindparam(f"{end}_until", type_=Instant()))
        for end in ("head", "tail")
    ),
).subquery()  # fmt: skip
_sums = tuple(func.sum(_pieces.c[name]) for name in ("attempts", "calls", "connects", "followed"))
_quarters = (
    select(_pieces.c.at, *_sums).group_by(_pieces.c.at).having(or_(*(one > 0 for one in _sums))).order_by(_pieces.c.at)
)
_calls = text("""
    SELECT (SELECT coalesce(sum(calls), 0) FROM quarter
            WHERE at >= json_extract(one.value, '$[0]') AND at < json_extract(one.value, '$[1]'))
         + (SELECT count(*) FROM touch WHERE acted = 1 AND channel = 'phone'
            AND at >= json_extract(one.value, '$[2]') AND at < json_extract(one.value, '$[3]'))
         + (SELECT count(*) FROM touch WHERE acted = 1 AND channel = 'phone'
            AND at >= json_extract(one.value, '$[4]') AND at < json_extract(one.value, '$[5]'))
    FROM json_each(:spans) AS one ORDER BY one.key
""")
_agreed = select(func.count()).where(_g.at >= _since, _g.at < _until)
_names = select(func.count()).where(_l.campaign == bindparam("campaign"), _l.state == "name")
_invites = select(_i.status, func.count()).where(_i.sent_at >= _since, _i.sent_at < _until).group_by(_i.status)
_first = select(_e.recorded_at).order_by(_e.seq).limit(1)


class SqliteFigures:
    """`services.figure_rows.FigureReads` over the book's file."""

    def __init__(self, book: SqliteBook) -> None:
        self._book = book

    def tally(self, span: Span, now: datetime) -> Tally:
        """Count the leads received, as of now."""
        row = self._rows(_tally, span, now=now)[0]
        return Tally(
            row.received, row.touched, row.quick, row.kept, row.open, row.late, row.returned, row.barred, row.met
        )  # fmt: skip

    def untouched(self, span: Span) -> Sequence[Untouched]:
        """Return the open leads that nobody tried, the longest waiting first."""
        rows = self._rows(_untouched, span)
        return [Untouched(Named(lead, name, company), at, promise) for lead, name, company, at, promise in rows]

    def waits(self, span: Span) -> Waits:
        """Return the waits of the leads that were tried, in the order of receipt."""
        columns = list(zip(*self._rows(_waits, span), strict=True)) or [()] * (1 + len(PARTS))
        return Waits(columns[0], dict(zip(PARTS, columns[1:], strict=True)))

    def named(self, leads: Iterable[str]) -> Mapping[str, Named]:
        """Return leads by name."""
        with self._book.reading() as connection:
            rows = [row for some in _chunks(list(leads)) for row in connection.execute(_named, {"leads": some})]
        return {row.id: Named(*row) for row in rows}

    def tries(self, span: Span) -> Sequence[tuple[int, int]]:
        """Return how many leads had how many counted attempts (RULES §6), as pairs, fewest attempts first."""
        return [(counted, leads) for counted, leads in self._rows(_tries, span)]

    def stopped(self, span: Span, before: datetime) -> Sequence[Named]:
        """Return the leads with one attempt that reached nobody, over or with the next action due before then."""
        return [Named(*row) for row in self._rows(_stopped, span, before=before)]

    def in_crm(self, span: Span) -> int | None:
        """Count the leads that the CRM has with nothing of theirs waiting; None without a CRM."""
        crm = self._book.crm
        return int(self._rows(_in_crm, span, crm=crm)[0][0]) if crm else None

    def quarters(self, since: datetime, until: datetime) -> Sequence[Quarter]:
        """Return what the rep did in a period, by the quarter of an hour; quarters without anything are left out."""
        with self._book.reading() as connection:
            rows = connection.execute(_quarters, _ends(since, until)).all()
        return [Quarter(schema.EPOCH + at * QUARTER, *sums) for at, *sums in rows]

    def calls(self, spans: Sequence[tuple[datetime, datetime]]) -> Sequence[int]:
        """Count the rep's own calls in each of some periods."""
        ends = [_ends(since, until) for since, until in spans]
        numbers = [
            [value if isinstance(value, int) else (value - schema.EPOCH) // TICK for value in one.values()]
            for one in ends
        ]
        with self._book.reading() as connection:
            return connection.execute(_calls, {"spans": json.dumps(numbers)}).scalars().all()

    def agreed(self, since: datetime, until: datetime) -> int:
        """Count the next steps that were agreed in a period."""
        with self._book.reading() as connection:
            return connection.execute(_agreed, {"since": since, "until": until}).scalar_one()

    def invites(self, since: datetime, until: datetime) -> Mapping[str, int]:
        """Count the invitations that went out in a period, by their last answer (`needs-action` without one)."""
        with self._book.reading() as connection:
            found: Mapping[str, int] = dict(connection.execute(_invites, {"since": since, "until": until}).all())
        return found

    def began(self) -> datetime | None:
        """Return when the first fact was written down on this machine; None when there is none."""
        with self._book.reading() as connection:
            return connection.execute(_first).scalar()

    def names(self, campaign: str) -> int:
        """Count the records of a campaign that are names."""
        with self._book.reading() as connection:
            return connection.execute(_names, {"campaign": campaign}).scalar_one()

    def _rows(self, statements: tuple[Any, Any], span: Span, **more: object) -> Sequence[Any]:
        statement = statements[bool(span.campaign)]
        values = {"since": span.since, "until": span.until, "campaign": span.campaign, **more}
        if not span.campaign:
            del values["campaign"]
        with self._book.reading() as connection:
            return connection.execute(statement, values).all()


def _ends(since: datetime, until: datetime) -> dict[str, Any]:
    """Return the whole quarters of a period as their numbers, and its ends before and behind them."""
    first = -((schema.EPOCH - since) // QUARTER)
    last = (until - schema.EPOCH) // QUARTER
    if first >= last:
        return {
            "first": 0, "last": 0, "head_since": since, "head_until": until, "tail_since": until, "tail_until": until,
        }  # fmt: skip
    return {
        "first": first, "last": last, "head_since": since, "head_until": schema.EPOCH + first * QUARTER,
        "tail_since": schema.EPOCH + last * QUARTER, "tail_until": until,
    }  # fmt: skip


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
