"""Several requests at once, in threads that keep no process alive: one without an answer holds up nobody who leaves."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import Final, TypeVar

AT_ONCE: Final = 4
"""Requests at once to a CRM that takes one lead at a time."""

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(do: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Do the same for several, some at once; return what came of each in their order, as `map` does.

    `ThreadPoolExecutor` does this too, but the interpreter waits at its end for what its threads are still doing.

    Raises:
        what `do` raised for the first one that failed, once nothing is under way any more.
    """
    waiting = deque((Future[R](), item) for item in items)
    answers = [answer for answer, _ in waiting]

    def work() -> None:
        with suppress(IndexError):  # nothing waits any more
            while True:
                answer, item = waiting.popleft()
                try:
                    answer.set_result(do(item))
                except Exception as error:  # noqa: BLE001 - it is raised where the answer is asked for
                    answer.set_exception(error)

    threads = [Thread(target=work, name="crm", daemon=True) for _ in range(min(AT_ONCE, len(answers)))]
    for thread in threads:
        thread.start()

    def told() -> Iterator[R]:
        try:
            for answer in answers:
                yield answer.result()
        except Exception:
            waiting.clear()
            for thread in threads:
                thread.join()
            raise

    return told()
