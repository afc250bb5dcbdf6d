"""Several requests at once: in their order, never too many, and none of them keeps the process of a rep who leaves."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from callsheet.sync.side_by_side import AT_ONCE, side_by_side


def test_answers_come_in_their_order_and_no_more_run_at_once_than_may() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def do(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02 / (number + 1))
        with lock:
            running -= 1
        return number * 2

    assert list(side_by_side(do, range(12))) == [number * 2 for number in range(12)]
    assert 1 < most <= AT_ONCE
    assert list(side_by_side(do, [])) == []


def test_a_failure_is_raised_once_nothing_is_under_way_and_what_waits_is_left() -> None:
    begun: list[int] = []
    ended: list[int] = []

    def do(number: int) -> int:
        begun.append(number)
        if number == 0:
            raise OSError("broken")
        time.sleep(0.05)
        ended.append(number)
        return number

    with pytest.raises(OSError, match="broken"):
        list(side_by_side(do, range(50)))
    assert sorted(begun) == sorted([0, *ended])
    assert len(begun) < 50


def test_a_request_without_an_answer_keeps_no_process_alive() -> None:
    program = (
        "import threading, time\n"
        "from callsheet.sync.side_by_side import side_by_side\n"
        "asked = threading.Event()\n"
        "answers = side_by_side(lambda _: (asked.set(), time.sleep(600)), [1])\n"
        "asked.wait()\n"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=30, check=False).returncode == 0
