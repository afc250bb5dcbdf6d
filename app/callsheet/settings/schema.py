"""Every setting, its table, its default and what it means (DESIGN §6); a sign ⚙ in RULES.md is a key here.

A value of these types has been checked, so that the properties, which turn texts into times and days, cannot fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from callsheet.domain.calling_hours import EVERY_DAY, Window, read_window
from callsheet.settings import values

Minutes = Annotated[int, msgspec.Meta(ge=0, le=1440)]
Hours = Annotated[int, msgspec.Meta(ge=1, le=720)]
Tries = Annotated[int, msgspec.Meta(ge=1, le=30)]
Percent = Annotated[int, msgspec.Meta(ge=1, le=100)]

CAPS: Final[Mapping[str, int]] = {"inbound-21": 8, "event": 8, "hot": 10, "outbound": 4}
"""The most attempts of each built-in plan (RULES §6); what the file says is put over them."""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One table of the file: frozen, and strict about its keys."""


class Rep(Table, frozen=True):
    """Who you are and where you work."""

    name: str = ""
    email: str = ""
    timezone: str = ""
    """IANA zone; the machine's when the file does not say."""
    country: str = ""
    """Two letters (ISO 3166); the zone's country when the file does not say. Empty when the zone has none."""
    region: str = ""
    """State or province whose holidays you keep, as `holidays` names it: `TX`, `BY`."""
    mantra: str = "I return every call within 24 hours."
    signature: str = ""
    """What mails end with; empty: your name."""

    @property
    def zone(self) -> ZoneInfo:
        """The zone you work in."""
        return ZoneInfo(self.timezone)


class WorkingHours(Table, frozen=True):
    """When you work."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ("mon", "tue", "wed", "thu", "fri")
    open: str = "09:00"
    close: str = "17:00"
    lunch: str = ""
    """A span such as `12:00-13:00` in which you are not expected to answer; empty: none."""
    holidays: bool = True
    """Whether the public holidays of your country and region are days off."""
    days_off: tuple[str, ...] = ()

    @property
    def open_time(self) -> time:
        """When your day starts."""
        return values.time_of_day(self.open)

    @property
    def close_time(self) -> time:
        """When your day ends."""
        return values.time_of_day(self.close)

    @property
    def lunch_span(self) -> tuple[time, time] | None:
        """Your lunch break, if you keep one."""
        return values.span_of_day(self.lunch) if self.lunch else None

    @property
    def weekdays(self) -> frozenset[int]:
        """The days you work, Monday = 0."""
        return frozenset(values.WEEKDAYS.index(day) for day in self.days)

    @property
    def dates_off(self) -> frozenset[date]:
        """Your days off, each by itself."""
        return frozenset(day for text in self.days_off for day in values.days(text))


class Promise(Table, frozen=True):
    """The clocks of RULES §3."""

    mode: Literal["business", "literal"] = "business"
    grace_minutes: Minutes = 60
    """After the next opening, for what would be due outside working hours."""
    hot_target_minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] = 5
    target_minutes: Annotated[int, msgspec.Meta(ge=1, le=10080)] = 60
    golden_minutes: Minutes = 15
    """How long a new hot lead stays on top, newest first."""
    soon_hours: Annotated[int, msgspec.Meta(ge=0, le=24)] = 2
    """A promise with less than this left is due."""
    stale_hours: Hours = 48
    stale_red_hours: Hours = 72
    automatic_mail_stops: bool = False


class Due(Table, frozen=True):
    """When something with a time comes up."""

    lead_minutes: Minutes = 5
    """How long before its time a commitment is due (RULES §4)."""


class Leads(Table, frozen=True):
    """Who is a lead (RULES §2)."""

    interactions: Annotated[int, msgspec.Meta(ge=1, le=10)] = 2
    persona_min_true: Annotated[int, msgspec.Meta(ge=0, le=4)] = 3
    score_promotes: bool = False


class Persona(Table, frozen=True):
    """Whom you sell to. An empty criterion is unknown, which is not false."""

    company_kinds: tuple[str, ...] = ()
    sizes: str = ""
    titles: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()

    @property
    def head_counts(self) -> tuple[tuple[int, int], ...]:
        """The sizes that fit, as inclusive ranges of head counts."""
        return values.head_counts(self.sizes)


CaptureField = Literal[
    "name", "company", "title", "phone", "email", "address", "zip", "city", "state", "country", "comment"
]


class Capture(Table, frozen=True):
    """The form at the booth (RULES §2, §11)."""

    required: tuple[CaptureField, ...] = ("name", "company", "address", "zip", "phone", "email")
    events: dict[str, tuple[CaptureField, ...]] = {}
    """Other required fields for single events, by the event's name."""

    def required_at(self, event: str) -> tuple[CaptureField, ...]:
        """What may not be blank at an event."""
        return self.events.get(event, self.required)


class Plans(Table, frozen=True):
    """How cadences run (RULES §5)."""

    profile: Literal["promise-first", "as-written"] = "promise-first"
    anchor: Literal["day0", "previous"] = "day0"
    late_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 7
    crm_task: bool = True
    """Keep the next due step in the CRM as one open task that moves and closes with it."""


class Nurture(Table, frozen=True):
    """Value touches for those who are not ready."""

    every_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 21


class Attempts(Table, frozen=True):
    """How often to try (RULES §6)."""

    floor: Tries = 5
    review: Tries = 6
    cap: dict[str, Tries] = {}
    window_minutes: Annotated[int, msgspec.Meta(ge=1, le=240)] = 10

    @property
    def caps(self) -> Mapping[str, int]:
        """The most attempts of each plan, by its name."""
        return {**CAPS, **self.cap}


class Blocks(Table, frozen=True):
    """Your call blocks (RULES §12)."""

    times: tuple[str, ...] = ("08:30-09:45", "16:00-17:00")

    @property
    def spans(self) -> tuple[tuple[time, time], ...]:
        """The blocks in the order of the day."""
        return tuple(sorted(values.span_of_day(text) for text in self.times))


class Calling(Table, frozen=True):
    """When a person may be called, on their clock (RULES §13), and how."""

    soft: str = "08:30-17:30"
    hard: str = "08:00-21:00"
    dial_command: tuple[str, ...] = ()
    """The program that dials and its arguments, one of which holds `{number}`; empty: the system's own `tel:` link."""

    @property
    def hard_window(self) -> Window:
        """Outside of it, nobody is called."""
        return read_window(self.hard, EVERY_DAY)


class Value(Table, frozen=True):
    """What each touch brings (RULES §8)."""

    lint: bool = True
    """Warn of a touch that only asks whether there is news."""


class Asset(Table, frozen=True):
    """Something of value to give away."""

    title: str
    link: str = ""
    topics: tuple[str, ...] = ()
    kind: str = "article"


class Shelf(Table, frozen=True):
    """What you can give away: listed here, or a file each in a folder."""

    folder: str = ""
    """Read besides the list; empty: the folder `shelf` beside the settings."""
    assets: tuple[Asset, ...] = ()


class Calendar(Table, frozen=True):
    """What goes between you and your calendar program."""

    folder: str = ""
    """Kept up to date with next steps, meetings and call blocks, a file each; empty: none is."""
    replies: str = ""
    """Where answers to invitations are saved (.ics, or mails as .eml): read while the sheet is open; empty: none."""

    @property
    def folder_path(self) -> Path | None:
        """The folder that is kept up to date."""
        return Path(self.folder).expanduser() if self.folder else None

    @property
    def replies_path(self) -> Path | None:
        """The folder that is watched."""
        return Path(self.replies).expanduser() if self.replies else None


class Sync(Table, frozen=True):
    """How the CRM is kept up with."""

    every_minutes: Annotated[int, msgspec.Meta(ge=0, le=1440)] = 5
    """While the sheet is open; 0: only when asked."""
    max_removed_percent: Percent = 20
    """When more of your leads than this are gone at once, nothing is removed before you have said so."""


class Crm(Table, frozen=True):
    """The CRM; its key is never in this file."""

    kind: str = ""
    url: str = ""
    database: str = ""
    user: str = ""
    token_command: tuple[str, ...] = ()
    """A program that prints the key, for instance of a password manager."""
    options: dict[str, str] = {}
    """What only this kind of CRM knows."""
    outcomes: dict[str, str] = {}
    """What an outcome is called in the CRM, where it differs from what was found there."""
    statuses: dict[str, str] = {}
    """What a status is called in the CRM, likewise."""


class Look(Table, frozen=True):
    """How it looks."""

    theme: str = "callsheet-dark"
    mouse: bool = True


class Settings(Table, frozen=True):
    """All settings of a rep."""

    rep: Rep = Rep()
    hours: WorkingHours = WorkingHours()
    promise: Promise = Promise()
    due: Due = Due()
    leads: Leads = Leads()
    persona: Persona = Persona()
    capture: Capture = Capture()
    plans: Plans = Plans()
    nurture: Nurture = Nurture()
    attempts: Attempts = Attempts()
    blocks: Blocks = Blocks()
    calling: Calling = Calling()
    value: Value = Value()
    shelf: Shelf = Shelf()
    calendar: Calendar = Calendar()
    sync: Sync = Sync()
    crm: Crm = Crm()
    look: Look = Look()
    keys: dict[str, str] = {}
    """Keys of your own: the name of a binding, and its keys with commas between."""

    @property
    def soft_window(self) -> Window:
        """The hours in which people like to be called: on the days you work, unless the setting names others."""
        return read_window(self.calling.soft, self.hours.weekdays)

    def bound_keys(self, binding: str) -> tuple[str, ...]:
        """The keys that you chose for a binding; none when it keeps its own."""
        return tuple(key.strip() for key in self.keys.get(binding, "").split(",") if key.strip())
