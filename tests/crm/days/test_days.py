"""Days at random over every adapter and its CRM: whatever the network does, both sides agree in the end.

A day that fails names its seed, and `play.replay` how it is played again.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from callsheet.domain import events as ev
from tests.crm.days.day import Day
from tests.crm.days.judge import judge
from tests.crm.days.play import play, replay
from tests.crm.days.rest import settle
from tests.crm.days.setups import FAKES, REAL


def failing(name: str, seeds: range, *, steps: int = 25, described: bool = False) -> Iterator[str]:
    for seed in seeds:
        wrong, _ = play(name, seed, steps, described=described)
        if wrong:
            yield "\n    ".join([replay(name, seed), *wrong])


@pytest.mark.parametrize("name", FAKES)
def test_a_day_over_a_real_adapter_ends_in_agreement(name: str) -> None:
    assert not list(failing(name, range(1, 2)))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1001, 1041, 20))
@pytest.mark.parametrize("name", FAKES)
def test_many_days_over_a_real_adapter_end_in_agreement(name: str, first: int) -> None:
    """The first day of each is held to the description of the interface, request by request."""
    assert not list(failing(name, range(first, first + 1), steps=10, described=first == 1001))
    assert not list(failing(name, range(first + 1, first + 20)))


@pytest.mark.odoo
@pytest.mark.parametrize("name", REAL)
def test_days_over_a_real_server_end_in_agreement(name: str) -> None:
    assert not list(failing(name, range(1, 5), steps=15))


@pytest.mark.parametrize("name", ["espocrm", "pipedrive"])
def test_a_seed_is_the_same_day_each_time(name: str) -> None:
    assert play(name, 5)[1].log == play(name, 5)[1].log


def test_a_call_that_is_there_by_half_and_undone_goes() -> None:
    day = Day("pipedrive", 1)
    with day.playing():
        day.manager.new_lead(mine=True)
        day.sync()
        [lead] = day.book.lead_ids()
        day.rep.do("call", lead, ev.Attempt("phone", "voicemail", number="+442079460013", note=day.rep.said("Hello")))
        day.backend.faults.let_pass(1)
        day.backend.faults.lose_on_the_way()
        day.sync()
        day.rep.undo()
        settle(day)
        assert not judge(day)
