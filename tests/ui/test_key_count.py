"""How many keys a block of thirty leads takes."""

from __future__ import annotations

from callsheet.domain import events as ev
from callsheet.services.desk import Desk
from callsheet.store.book import SqliteBook
from callsheet.ui.screens.block import BlockScreen
from tests.desks import hot
from tests.ui.conftest import Open
from tests.ui.waiting import press, settled, text_of

UNREACHED = ("n", "v", "b", "g", "n", "v", "w", "n", "v", "n", "g", "n", "v", "n", "n", "v", "n", "v", "n", "n", "v",
             "n", "v")  # fmt: skip
"""What came of a call that reached nobody: one key each."""

REACHED = (("c", "thu 2p", "enter"), ("m", "fri 10:00", "enter"), ("l", "+3d 9:30", "enter"), ("c", "lost", "enter"),
           ("i", "no budget", "enter"), ("f", "a competitor", "enter"))  # fmt: skip
"""A letter, the time or reason that is typed, and enter."""


async def test_a_block_of_thirty_takes_a_key_each_and_three_with_what_was_agreed(
    open_app: Open, desk: Desk, book: SqliteBook
) -> None:
    leads = [hot(desk, f"Lead No{nth:02}", phones=(f"+1312555{nth:04}",)) for nth in range(30)]
    app = open_app()
    keys = 0
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await press(pilot, "space")
        screen = app.screen
        assert isinstance(screen, BlockScreen)
        assert screen.block_view is not None
        assert len(screen.block_view.block.order) == 30
        for key in UNREACHED:
            before = text_of(app, "#lead")
            await press(pilot, key)
            keys += 1
            assert text_of(app, "#lead") != before, "one key: it is logged, and the next lead is open"
        for letter, said, enter in REACHED:
            await press(pilot, letter, *said, enter)
            keys += 2
            assert not [one for one in app.screen_stack if one is not screen and one is not app.screen_stack[0]]
        await press(pilot, "D", "D")
        keys += 2
    logged = [[one.body for one in book.events(lead) if isinstance(one.body, ev.Attempt)] for lead in leads]
    assert [len(one) for one in logged] == [1] * 30
    assert sum(one[0].outcome == "do_not_contact" for one in logged) == 1
    agreed = [one.body for lead in leads for one in book.events(lead) if isinstance(one.body, ev.NextStepSet)]
    assert len(agreed) == 3, "what was agreed with a date: connected, meeting, call later"
    assert keys == 23 + 6 * 2 + 2
