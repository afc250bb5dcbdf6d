"""A rep's day in a real terminal, by keyboard alone: the process, the keys and the bytes are real."""

from __future__ import annotations

import os
import re
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callsheet.bootstrap.office import Office, office
from callsheet.bootstrap.start import Start
from callsheet.domain import events as ev
from callsheet.domain.profile import Profile
from callsheet.services import sample as book_of_demo
from callsheet.services.calling import located
from callsheet.services.desk import Desk
from callsheet.services.rulebook import default_rules
from callsheet.store.book import SqliteBook
from tests.desks import Clock
from tests.ui import hostile, sample
from tests.ui.terminal import Terminal

pytestmark = pytest.mark.slow

MOMENT = datetime(2026, 11, 24, 8, 38, tzinfo=UTC)
"""A Tuesday morning in London."""


def start(home: Path, moment: datetime = MOMENT) -> Start:
    return Start(Clock(moment), {**os.environ, "CALLSHEET_HOME": str(home), "TZ": "Europe/London"})


def place(shown: str) -> int:
    """Read from the line on top at which lead the block is."""
    found = re.search(r"(\d+) of \d+  ", shown.splitlines()[0].partition("block")[2].partition(" of ")[2])
    return int(found[1]) if found else 0


def test_two_blocks_offline_and_back_a_hot_lead_and_an_undo(tmp_path: Path) -> None:
    with Terminal(MOMENT, tmp_path, "demo") as terminal:
        terminal.wait("Priya Raman")
        terminal.wait("synced")
        terminal.press("space")
        terminal.wait("How did it go?")
        a_block_with_the_network_down(terminal, tmp_path)
        terminal.press("q")
        terminal.wait("Block done")
        terminal.wait("4  attempts")
        terminal.press("q")
        terminal.wait("1 Hot")
        terminal.press("space")
        terminal.wait("How did it go?")
        terminal.press("n")
        terminal.wait("√ No answer · Tom Ashworth")
        terminal.press("q", "q")
        terminal.wait("1 Hot")
        terminal.press("S")
        terminal.wait("The CRM has everything")
        terminal.press("q", "q")
        assert terminal.ended() == 0
    said = terminal.written.decode(errors="replace")
    given = [line for line in said.splitlines() if line.startswith("given:")]
    for name in ("Priya Raman", "Daniel Okafor", "Marta Lindqvist", "Tom Ashworth"):
        calls = [line for line in given if name in line and "· calls ·" in line]
        assert len(calls) == 1, f"{name} was called once, and the CRM has that once: {given}"


def a_block_with_the_network_down(terminal: Terminal, folder: Path) -> None:
    terminal.press("n")
    terminal.wait("√ No answer · Priya Raman")
    terminal.press("f9")
    terminal.wait("offline")
    before = terminal.pressed
    terminal.press("v")
    terminal.wait("√ Left voicemail · Daniel Okafor")
    assert terminal.pressed == before + 1, "unreached: one key to logged and next"
    before = terminal.pressed
    terminal.press("c")
    terminal.wait("what is next, and when?")
    terminal.type("thu 2p pricing call")
    terminal.wait("Thu 26 Nov 14:00")
    terminal.press("enter")
    terminal.wait("√ Connected · Marta Lindqvist")
    assert terminal.pressed == before + 2, "reached: a letter, the time, enter"
    terminal.press("w")
    terminal.wait("√ Wrong number · Tom Ashworth")
    terminal.press("u")
    terminal.wait("took back: Wrong number · Tom Ashworth")
    terminal.wait("offline")
    arrives(folder, MOMENT + timedelta(seconds=30))
    terminal.wait("Zoë Quick")
    terminal.press("!")
    terminal.wait("Zoë Quick first")
    terminal.press("n")
    terminal.wait("√ No answer · Zoë Quick")
    terminal.wait("Tom Ashworth")
    terminal.press("f9")
    terminal.wait("synced")


def arrives(folder: Path, at: datetime) -> None:
    """Let another process bring in somebody who has just asked."""
    [path] = folder.rglob("callsheet.db")
    book = SqliteBook(path, default_rules("Europe/London"), located)
    who = Profile(name="Zoë Quick", company="Now Ltd", phones=("+442079460177",), country="GB")
    sample.bring(
        Desk(book, book.rules, Clock(at), region="GB"), "zoe", who,
        sample.did("contact_form", "Demo", at, "Can you call me now?"), received=at,
    )  # fmt: skip
    book.close()


def attempts(opened: Office) -> list[str]:
    """Return whom was called since the morning began, in order."""
    found: list[tuple[datetime, str]] = []
    for row in opened.book.sheet(MOMENT, limit=500):
        found += [
            (event.recorded_at, row.name) for event in opened.book.events(row.entry.lead)
            if isinstance(event.body, ev.Attempt) and event.recorded_at >= MOMENT
        ]  # fmt: skip
    return [name for _, name in sorted(found)]


def test_killed_in_the_middle_of_a_block_it_goes_on_where_it_was(tmp_path: Path) -> None:
    with office(start(tmp_path)) as opened:
        book_of_demo.fill(opened.desk)
    with Terminal(MOMENT, tmp_path, columns=80, rows=24) as terminal:
        terminal.wait("Priya Raman")
        terminal.press("space")
        terminal.wait("How did it go?")
        terminal.press("n", "v")
        terminal.wait("√ Left voicemail · Daniel Okafor")
        terminal.wait("Marta Lindqvist")
        terminal.kill()
    with Terminal(MOMENT + timedelta(minutes=1), tmp_path, columns=80, rows=24) as terminal:
        terminal.wait("1 Hot")
        terminal.press("space")
        terminal.wait("going on where you were: 3 of")
        terminal.wait("Marta Lindqvist")
        terminal.press("n")
        terminal.wait("√ No answer · Marta Lindqvist")
        terminal.press("q", "q", "q")
        assert terminal.ended() == 0
    with office(start(tmp_path)) as opened:
        assert attempts(opened) == ["Priya Raman", "Daniel Okafor", "Marta Lindqvist"]


def test_told_to_leave_it_leaves_the_terminal_as_it_found_it_and_nothing_else(tmp_path: Path) -> None:
    with Terminal(MOMENT, tmp_path, "demo") as terminal:
        terminal.wait("Priya Raman")
        assert list(tmp_path.glob("callsheet-demo-*"))
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.ended() == 0
        for switched_on, off in ((b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?1000h", b"\x1b[?1000l")):
            assert 0 <= terminal.written.rfind(switched_on) < terminal.written.rfind(off)
    assert not list(tmp_path.glob("callsheet-demo-*"))


def test_a_terminal_that_is_closed_leaves_nothing_of_the_demo(tmp_path: Path) -> None:
    terminal = Terminal(MOMENT, tmp_path, "demo")
    terminal.wait("Priya Raman")
    terminal.close()
    terminal.process.wait(30)
    assert not list(tmp_path.glob("callsheet-demo-*"))


def test_no_byte_of_anybodys_name_is_a_command_to_the_terminal(tmp_path: Path) -> None:
    with office(start(tmp_path, sample.NOW)) as opened:
        leads = hostile.fill(opened.desk)
    with Terminal(sample.NOW, tmp_path, columns=160, rows=48) as terminal:
        terminal.wait("16 ─╯")
        terminal.press(*"jjjj", "g", "enter")
        terminal.wait("Call plan")
        terminal.press(*["J"] * len(leads))
        terminal.wait("that was the last one")
        terminal.press("1", "enter")
        terminal.wait("u takes it back")
        terminal.press("y", "q")
        terminal.wait("1 Hot")
        terminal.press("space")
        terminal.wait(lambda shown: "How did it go?" in shown or "Nobody may be called" in shown)
        terminal.press(*"nvn", "q", "q")
        terminal.wait("1 Hot")
        terminal.press("R")
        terminal.wait("Coverage")
        terminal.press(*"jjjjjjjj", "q")
        terminal.wait("1 Hot")
        terminal.press("S")
        terminal.wait("Sync")
        terminal.press("q")
        terminal.wait("1 Hot")
        terminal.press("/")
        terminal.type("ac")
        terminal.wait("found")
        terminal.press("esc")
        terminal.wait(lambda shown: "found" not in shown)
        terminal.press("f")
        terminal.wait("Show which leads?")
        terminal.press("esc")
        terminal.wait(lambda shown: "Show which leads?" not in shown)
        terminal.press("q")
        assert terminal.ended() == 0
    written = terminal.written.decode(errors="replace")
    for command in ("\x1b]0;owned", "\x1b]52;c;b3duZWQ=", "\x1b[2J\x1b", "\x1b[31m\x1b[", "\x00", "\x7f"):
        assert command not in written, repr(command)
    for char in hostile.NEVER:
        assert ord(char) < 0x80 or char not in written, repr(char)
