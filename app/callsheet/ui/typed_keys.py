"""Keys in the order in which they were typed, one at a time, however fast.

A key may log an outcome, and what it means hangs on the lead that is shown. So each key is handled to its end before
the next one is looked at: its action has run, what it wrote is on disk, the next lead is painted, a line to type in has
the focus. Nothing is lost, and nothing meets another lead than the one the key was meant for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from textual import events
from textual.message_pump import MessagePump

ALWAYS: Final = frozenset({"ctrl+q", "ctrl+c", "ctrl+z"})
"""Keys that never wait: leaving has to work even when something hangs."""

Deliver = Callable[[events.Key], Awaitable[MessagePump]]
"""Hands a key on, and returns the first one that gets it."""


class TypedKeys:
    """The keys that were typed and not handled yet. `hold` and `release` say what they have to wait for.

    `deliver` hands a key on; `later` runs something in the application once it has handled what it has.
    """

    def __init__(self, deliver: Deliver, later: Callable[[Callable[[], object]], object]) -> None:
        self._deliver, self._later = deliver, later
        self._typed: deque[events.Key] = deque()
        self._holds: set[str] = set()
        self._handling = False

    @property
    def waiting(self) -> int:
        """How many keys wait."""
        return len(self._typed)

    @property
    def held(self) -> bool:
        """Whether something has to end before the next key."""
        return bool(self._holds)

    def hold(self, reason: str) -> None:
        """Let keys wait until the reason is released."""
        self._holds.add(reason)

    async def release(self, reason: str) -> None:
        """End what the keys waited for."""
        self._holds.discard(reason)
        await self._feed()

    def forget(self) -> int:
        """Drop what waits, because what it was typed for did not happen; return how many keys that were."""
        dropped = len(self._typed)
        self._typed.clear()
        return dropped

    async def take(self, event: events.Key) -> None:
        """Take a key as it is typed."""
        self._typed.append(event)
        await self._feed()

    async def _feed(self) -> None:
        while self._typed and not self._holds and not self._handling:
            self._handling = True
            first = await self._deliver(self._typed.popleft())
            # One marker is ahead of what the key itself sends, as the end of a line; the second one is behind it.
            self._follow(first, partial(self._follow, first, self._handled))

    def _follow(self, node: MessagePump | None, then: Callable[[], object]) -> None:
        """Send a marker after the key, along the way that it takes up to the application."""
        while node is not None:
            above = node._parent  # noqa: SLF001 - Textual has no public way to ask
            if node.call_later(partial(self._follow, above, then) if above is not None else then):
                return
            node = above  # it was closed by the key: what is above it goes on
        self._later(then)  # and so was all of it, as when a screen was left

    async def _handled(self) -> None:
        self._handling = False
        await self._feed()
