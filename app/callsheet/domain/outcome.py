"""What can become of an attempt, and what follows from it: a table of behaviour flags (RULES §7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from callsheet.domain.events import Channel, CloseReason

Reach = Literal["no", "half", "yes"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of the table: a team adds its own, behaviour hangs on the flags and never on a name.

    `key` is the letter that logs it, `channels` where it can happen, `reached` whether a person was spoken to,
    `counts` whether it is one of the counted attempts, `does_step` whether the plan's step is done by it,
    `stops_clock` whether it is a human attempt that keeps the promise, `response` an answer by the lead, `ends` a
    decision against us, `ends_plan` that the plan has done its work, `retry_minutes` when to try the same again,
    `retires` takes the number or address out of use.
    `needs_note` and `needs_next` name what it cannot be logged without; `closes` the reason when it closes the lead.
    `refers` says that somebody else is the one to talk to, `skips` that nothing happened and it stays on the sheet.
    `labels` holds other words by channel, `crm` its value in each CRM by kind, where the label there differs.
    """

    name: str
    label: str
    channels: tuple[Channel, ...]
    key: str = ""
    then: str = ""
    reached: Reach = "no"
    counts: bool = True
    does_step: bool = True
    stops_clock: bool = True
    response: bool = False
    ends: bool = False
    ends_plan: bool = False
    retry_minutes: int | None = None
    retires: bool = False
    needs_note: bool = False
    needs_next: bool = False
    refers: bool = False
    skips: bool = False
    closes: CloseReason | None = None
    do_not_contact: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    crm: Mapping[str, str] = field(default_factory=dict)

    @property
    def pauses(self) -> bool:
        """Whether a plan pauses and the next step is asked for: any response, connect or meeting (RULES §5)."""
        return self.response or self.reached == "yes"

    def label_on(self, channel: Channel) -> str:
        """Return its words on a channel: a call is not answered, at a meeting they did not show."""
        return self.labels.get(channel, self.label)


class Outcomes:
    """The table, by name and by channel and key.

    Raises:
        ValueError: two outcomes have one name, or one key on the same channel.
    """

    def __init__(self, rows: Iterable[Outcome]) -> None:
        self._rows: dict[str, Outcome] = {}
        self._keys: dict[tuple[Channel, str], Outcome] = {}
        for row in rows:
            if row.name in self._rows:
                raise ValueError(f"two outcomes are called {row.name!r}")
            self._rows[row.name] = row
            for channel in row.channels:
                other = self._keys.setdefault((channel, row.key or row.name), row)
                if other is not row:
                    raise ValueError(f"{other.name!r} and {row.name!r} have the same key {row.key!r} on {channel}")

    def __iter__(self) -> Iterator[Outcome]:
        return iter(self._rows.values())

    def of(self, name: str) -> Outcome:
        """Return the row of that name; one that the table no longer has is kept as a plain attempt."""
        row = self._rows.get(name)
        return row if row is not None else Outcome(name=name, label=name.replace("_", " "), channels=("phone",))

    def on(self, channel: Channel) -> tuple[Outcome, ...]:
        """Return the outcomes that can happen on a channel, in the table's order."""
        return tuple(row for row in self if channel in row.channels)

    def read(self, text: str, channel: Channel | None = None) -> Outcome | None:
        """Return the outcome that a name or a key means; a key needs the channel, or means a phone call."""
        named = self._rows.get(text.strip().lower().replace("-", "_").replace(" ", "_"))
        return named or self._keys.get((channel or "phone", text.strip()))
