from __future__ import annotations

import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from callsheet.domain import events as ev
from callsheet.domain.agenda import SECTIONS, next_action, place
from callsheet.domain.profile import Profile
from callsheet.services import decisions, history, next_steps, outreach
from callsheet.services.calling import located
from callsheet.services.desk import Desk, Refused
from callsheet.services.outreach import Report, log
from callsheet.services.rulebook import default_rules
from callsheet.services.views import Filter
from callsheet.store import schema
from callsheet.store.book import SqliteBook
from callsheet.store.database import HEAD, BookFull, BookUnreadable
from tests.desks import Clock, add, hot, person, worked


def dump(book: SqliteBook) -> dict[str, list[tuple[object, ...]]]:
    """Every derived row, and the search index by what it finds."""
    with book.reading() as connection:
        rows = {
            table.name: sorted(
                (tuple(row) for row in connection.execute(select(*(c for c in table.columns if c.name != "row")))),
                key=repr,
            )
            for table in schema.DERIVED
        }
        found = connection.exec_driver_sql("SELECT lead.id, find.text FROM find JOIN lead ON lead.row = find.rowid")
        rows["find"] = sorted((tuple(row) for row in found), key=repr)
    return rows


def test_a_logged_attempt_is_read_back_from_the_file_by_another_process(desk: Desk, book: SqliteBook) -> None:
    lead = hot(desk, "Priya Raman")
    log(desk, lead, Report("no_answer"))
    with sqlite3.connect(book.path) as raw:
        kinds = [row[0] for row in raw.execute("SELECT kind FROM event ORDER BY seq")]
    raw.close()
    assert kinds == ["captured", "interaction", "promoted", "plan_started", "attempt"]


def test_the_file_is_durable_private_and_refuses_what_does_not_fit(book: SqliteBook) -> None:
    with book.reading() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert {stat.S_IMODE(path.stat().st_mode) for path in book.path.parent.glob("callsheet.db*")} == {0o600}


def test_undo_takes_back_each_action_in_turn_and_redo_brings_them_back(
    desk: Desk, book: SqliteBook, clock: Clock
) -> None:
    lead = hot(desk, "Priya Raman")
    states = [book.lead(lead)]
    dumps = [dump(book)]
    for outcome in ("no_answer", "sent", "busy"):
        clock.advance(minutes=20)
        log(desk, lead, Report(outcome))
        states.append(book.lead(lead))
        dumps.append(dump(book))
    clock.advance(minutes=1)
    for depth in (2, 1, 0):
        history.undo(desk)
        assert book.lead(lead) == states[depth]
        assert dump(book) == dumps[depth]
    with pytest.raises(Refused, match="nothing to undo"):
        history.undo(desk)
    for depth in (1, 2, 3):
        history.redo(desk)
        assert book.lead(lead) == states[depth]
        assert dump(book) == dumps[depth]
    with pytest.raises(Refused, match="nothing to redo"):
        history.redo(desk)


def test_undo_goes_on_after_a_redo_and_something_new_ends_redo(desk: Desk, book: SqliteBook, clock: Clock) -> None:
    lead = hot(desk, "Priya Raman")
    log(desk, lead, Report("no_answer"))
    one = book.lead(lead)
    clock.advance(minutes=20)
    log(desk, lead, Report("sent"))
    history.undo(desk)
    history.redo(desk)
    history.undo(desk)
    assert book.lead(lead) == one
    log(desk, lead, Report("busy"))
    with pytest.raises(Refused):
        history.redo(desk)
    history.undo(desk)
    assert book.lead(lead) == one
    history.undo(desk)
    found = book.lead(lead)
    assert found is not None
    assert found.touches == ()


def test_do_not_contact_covers_every_lead_with_that_number_and_undo_takes_all_of_it_back(
    desk: Desk, book: SqliteBook
) -> None:
    priya = hot(desk, "Priya Raman", phones=("+442079460001",))
    twin = worked(desk, "Priya Twin", phones=("+442079460001",))
    before = dump(book)
    log(desk, priya, Report("do_not_contact"))
    assert [book.lead(lead).state for lead in (priya, twin)] == ["closed", "closed"]  # type: ignore[union-attr]
    with pytest.raises(Refused, match="do-not-contact"):
        log(desk, twin, Report("no_answer"))
    late = hot(desk, "Somebody Else", phones=("+442079460001",))
    with pytest.raises(Refused, match="do-not-contact"):
        log(desk, late, Report("no_answer"))
    history.undo(desk)
    assert {row[0] for row in before["lead"]} <= {row[0] for row in dump(book)["lead"]}
    assert book.lead(twin).state == "working"  # type: ignore[union-attr]


def test_rebuilt_rows_equal_those_kept_up_step_by_step(desk: Desk, book: SqliteBook, clock: Clock) -> None:
    leads = [hot(desk, "Priya Raman"), worked(desk, "Tom Okafor"), add(desk, person("Una Name"))]
    log(desk, leads[0], Report("connected", agreed=next_steps.read_agreed(desk, "thu 14:00 pricing call")))
    clock.advance(days=1)
    log(desk, leads[1], Report("sent", channel="email"))
    decisions.decide(desk, leads[1], decisions.Decision("nurture", note="next year"))
    history.undo(desk)
    log(desk, leads[0], Report("do_not_contact"))
    kept = dump(book)
    assert book.rebuild() == 3
    assert dump(book) == kept


def test_the_command_line_beside_an_open_sheet_is_noticed(desk: Desk, book: SqliteBook, clock: Clock) -> None:
    seen = book.version()
    assert book.version() == seen
    other = SqliteBook(book.path, default_rules(), located)
    hot(Desk(other, other.rules, clock), "Priya Raman")
    other.close()
    assert book.version() != seen
    seen = book.version()
    hot(desk, "Tom Okafor")
    assert book.version() != seen
    assert book.counts(clock()).hot == 2


def test_a_failed_action_leaves_nothing_behind(desk: Desk, book: SqliteBook) -> None:
    lead = hot(desk, "Priya Raman")
    before = dump(book)
    event.listen(book._engine, "before_cursor_execute", _no_touch_rows)
    with pytest.raises(OSError, match="disk full"):
        log(desk, lead, Report("no_answer"))
    event.remove(book._engine, "before_cursor_execute", _no_touch_rows)
    assert dump(book) == before
    assert [one.kind for one in book.events(lead)] == ["captured", "interaction", "promoted", "plan_started"]


def _no_touch_rows(conn: object, cursor: object, statement: str, *rest: object) -> None:
    if statement.startswith("INSERT INTO touch"):
        raise OSError("disk full")


def test_a_key_makes_logging_twice_harmless(desk: Desk, book: SqliteBook) -> None:
    lead = hot(desk, "Priya Raman")
    first = log(desk, lead, Report("no_answer", key="call-17"))
    again = log(desk, lead, Report("no_answer", key="call-17"))
    assert (again.event, again.repeated) == (first.event, True)
    assert len(book.lead(lead).touches) == 1  # type: ignore[union-attr]


def test_damaged_foreign_and_newer_files_are_named_and_kept(tmp_path: Path) -> None:
    def opened(path: Path) -> None:
        SqliteBook(path, default_rules(), located)

    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
    with pytest.raises(BookUnreadable, match="callsheet restore"):
        opened(damaged)
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as raw:
        raw.execute("CREATE TABLE songs (title TEXT)")
    raw.close()
    with pytest.raises(BookUnreadable, match="another program"):
        opened(foreign)
    newer = tmp_path / "newer.db"
    SqliteBook(newer, default_rules(), located).close()
    with sqlite3.connect(newer) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    with pytest.raises(BookUnreadable, match="newer callsheet"):
        opened(newer)


def test_a_full_disk_keeps_all_before_it_and_says_what_to_do(desk: Desk, book: SqliteBook) -> None:
    def pages_at_most(more: int) -> None:
        with book._writing.begin() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages + more}")

    lead, note = hot(desk, "Priya Raman"), "x" * 9000
    pages_at_most(20)
    log(desk, lead, Report("no_answer", note=note))
    pages_at_most(0)
    before = dump(book)
    with pytest.raises(BookFull, match=r"disk with .*\.db is full: this was not kept, all before it is"):
        log(desk, lead, Report("voicemail", note=note))
    assert dump(book) == before
    pages_at_most(20)
    log(desk, lead, Report("voicemail", note=note))


def test_the_newest_migration_makes_the_schema(book: SqliteBook) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def ours(what: str, name: str | None, *rest: object) -> bool:
        return not (what == "table" and str(name).startswith("find"))

    def concerns_find(change: object) -> bool:
        return "find" in repr(change).split("Table('")[-1][:5]

    with book.reading() as connection:
        changes = compare_metadata(MigrationContext.configure(connection), schema.metadata)
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    assert [change for change in changes if not concerns_find(change)] == []
    assert (
        version
        == HEAD
        == max(path.name[1:5] for path in Path(schema.__file__).parent.glob("migrations/versions/v*.py"))
    )


# The order of the sheet -------------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
_ages = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40))


@st.composite
def stories(draw: st.DrawFn) -> tuple[str, timedelta, list[tuple[str, timedelta]]]:
    kind = draw(st.sampled_from(["hot", "worked", "name", "outbound"]))
    log_ages = draw(st.lists(st.tuples(st.sampled_from(_OUTCOMES), _ages), max_size=5))
    return kind, draw(_ages), log_ages


_OUTCOMES = [
    "no_answer",
    "voicemail",
    "sent",
    "busy",
    "connected",
    "meeting",
    "replied",
    "nurture",
    "researched",
    "skip",
]


def _play(desk: Desk, clock: Clock, story: tuple[str, timedelta, list[tuple[str, timedelta]]], index: int) -> str:
    kind, age, steps = story
    clock.at = NOW - age
    name = f"Lead {index:03}"
    if kind == "name":
        lead = add(desk, person(name))
    elif kind == "outbound":
        lead = add(desk, person(name), direction="outbound")
    else:
        lead = hot(desk, name) if kind == "hot" else worked(desk, name)
    for outcome, back in sorted(steps, key=lambda step: -step[1]):
        clock.at = max(NOW - back, clock.at)
        agreed = next_steps.Agreed(clock.at + timedelta(hours=7 + index % 50), "pricing")
        report = Report(outcome, note="Jane", agreed=agreed, override="they asked", asset="guide")
        try:
            if outcome == "nurture":
                decisions.decide(desk, lead, decisions.Decision("nurture"))
            else:
                log(desk, lead, report)
        except Refused:
            continue
    return lead


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(played=st.lists(stories(), min_size=1, max_size=12), ahead=st.timedeltas(timedelta(0), timedelta(days=3)))
def test_the_index_orders_the_sheet_as_the_rules_do(
    tmp_path_factory: pytest.TempPathFactory,
    played: list[tuple[str, timedelta, list[tuple[str, timedelta]]]],
    ahead: timedelta,
) -> None:
    book = SqliteBook(tmp_path_factory.mktemp("order") / "book.db", default_rules(), located)
    clock = Clock(NOW)
    desk = Desk(book, book.rules, clock)
    leads = [_play(desk, clock, story, index) for index, story in enumerate(played)]
    now = NOW + ahead
    entries = [entry for lead in leads if (made := book.lead(lead)) and (entry := next_action(made, book.rules))]
    placed = sorted((place(entry, now, book.rules) for entry in entries), key=lambda one: one.key)
    rows = book.sheet(now, limit=100)
    assert [(row.pane, row.section, row.entry.lead) for row in rows] == [
        (one.pane, one.section, one.key[-1]) for one in placed
    ]
    for pane in ("hot", "due", "later"):
        mine = [row for row in rows if row.pane == pane]
        assert list(book.sheet(now, pane=pane, limit=100)) == mine
        assert getattr(book.counts(now), pane) == len(mine)
    paged = [row for start in range(0, len(rows), 5) for row in book.sheet(now, offset=start, limit=5)]
    assert paged == list(rows)
    audit = book.audit()
    assert audit.unaccounted == ()
    assert audit.total == len(leads) == audit.names + audit.working + audit.nurture + audit.returned + audit.closed
    assert {section for _, section in SECTIONS} >= {row.section for row in rows}
    book.close()


def test_filters_combine_and_counts_follow(desk: Desk, book: SqliteBook, clock: Clock) -> None:
    hot(desk, "Priya Raman")
    worked(desk, "Tom Okafor")
    assert [row.name for row in book.sheet(clock(), only=Filter(plan="hot"))] == ["Priya Raman"]
    assert [row.name for row in book.sheet(clock(), only=Filter(channel="research"))] == ["Tom Okafor"]
    assert book.sheet(clock(), only=Filter(plan="hot", channel="research")) == []
    assert book.counts(clock(), only=Filter(plan="hot")).hot == 1


def test_the_sheet_of_a_past_moment_shows_what_was_known_then(desk: Desk, book: SqliteBook, clock: Clock) -> None:
    first = hot(desk, "Priya Raman")
    then = clock()
    clock.advance(hours=1)
    hot(desk, "Tom Okafor")
    log(desk, first, Report("connected", agreed=next_steps.read_agreed(desk, "thu 14:00 pricing call")))
    assert [(row.name, row.pane) for row in book.sheet_as_of(then)] == [("Priya Raman", "hot")]
    assert [(row.name, row.pane) for row in book.sheet(clock())] == [("Tom Okafor", "hot"), ("Priya Raman", "later")]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("pri", ["Priya Raman", "Raman Priyesh"]),
        ("priya ra", ["Priya Raman"]),
        ("ra", ["Raman Priyesh"]),
        ("raman", ["Raman Priyesh", "Priya Raman"]),
        ("northwind", ["Priya Raman"]),
        ("priya.raman@", ["Priya Raman"]),
        ("7946 0011", ["Priya Raman"]),
        ("+44 20 7946 0011", ["Priya Raman"]),
        ("山田", ["山田 太郎"]),
        ('"); DROP', []),
        ("%_", []),
        ("", []),
    ],
)
def test_find_by_name_company_number_and_address_best_first(
    desk: Desk, book: SqliteBook, typed: str, names: list[str]
) -> None:
    add(desk, person("Priya Raman", company="Northwind Traders"))
    add(desk, person("Raman Priyesh", company="Halden", emails=("rp@example.org",)))
    add(desk, Profile(name="山田 太郎", company="佐藤"))
    assert [found.name for found in book.find(typed)] == names


def test_a_lead_is_meant_by_id_prefix_email_number_or_name(desk: Desk, book: SqliteBook) -> None:
    lead = add(desk, person("Priya Raman"))
    add(desk, person("Tom Okafor"))
    for text in (lead, lead[:30], "priya.raman@example.com", "+442079460011", "priya raman", "Priya"):
        assert [found.lead for found in book.resolve(text)] == [lead], text


def test_todays_figures_count_only_what_still_holds(desk: Desk, book: SqliteBook, clock: Clock) -> None:
    lead = hot(desk, "Priya Raman")
    log(desk, lead, Report("no_answer"))
    clock.advance(minutes=30)
    log(desk, lead, Report("connected", agreed=next_steps.read_agreed(desk, "thu 14:00 pricing call")))
    day = clock() - timedelta(hours=12), clock() + timedelta(hours=12)
    today = book.today(*day)
    assert (today.touches, today.connects, today.next_steps) == (2, 1, 1)
    history.undo(desk)
    today = book.today(*day)
    assert (today.touches, today.connects, today.next_steps) == (1, 0, 0)


def test_outreach_is_refused_outside_the_hours_but_for_a_reason_that_is_kept(
    desk: Desk, book: SqliteBook, clock: Clock
) -> None:
    lead = hot(desk, "Priya Raman")
    clock.at = clock().replace(hour=22, minute=30)
    with pytest.raises(Refused, match="may not be called now") as refused:
        log(desk, lead, Report("no_answer"))
    assert refused.value.rule == "calling hours"
    outreach.log(desk, lead, Report("no_answer", override="they asked for tonight"))
    attempt = book.events(lead)[-1].body
    assert isinstance(attempt, ev.Attempt)
    assert attempt.hours_override == "they asked for tonight"
