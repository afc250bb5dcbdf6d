"""What has to be true of the settings beyond the type of each value: texts that mean something, pairs that agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import time
from itertools import pairwise

from callsheet.domain.calling_hours import Window, read_window
from callsheet.settings import machine, values
from callsheet.settings.places import Path
from callsheet.settings.schema import Settings
from callsheet.settings.values import Unreadable, quoted

OUTBOUND_CAPS = range(3, 6)
"""Tries before an outbound lead goes back to whoever generated it (`S4`, RULES §6)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A setting that cannot be right. `also` are the keys it does not agree with: the fault may be with one of them."""

    key: Path
    reason: str
    hint: str
    also: tuple[Path, ...] = ()


def problems(settings: Settings) -> Iterator[Problem]:
    """Find everything that is wrong, table by table in the order of the file."""
    for check in (_rep, _hours, _promise, _persona, _attempts, _blocks, _calling, _shelf, _crm, _keys):
        yield from check(settings)


def _unreadable(key: Path, read: Callable[[], object]) -> Iterator[Problem]:
    try:
        read()
    except Unreadable as error:
        yield Problem(key, error.reason, error.hint)


def _rep(settings: Settings) -> Iterator[Problem]:
    rep = settings.rep
    if rep.timezone and not machine.is_zone(rep.timezone):
        yield Problem(("rep", "timezone"), f"there is no time zone {quoted(rep.timezone)}", _zone_hint(rep.timezone))
    if rep.country and rep.country not in (machine.countries() or {rep.country}):
        better = {"UK": "GB", "EL": "GR"}.get(rep.country.upper(), rep.country.upper())
        hint = f'write "{better}"' if better in machine.countries() else 'write its two letters, like "DE" or "US"'
        yield Problem(("rep", "country"), f"there is no country {quoted(rep.country)}", hint)
    if rep.email and rep.email.count("@") != 1:
        yield Problem(("rep", "email"), f"{quoted(rep.email)} is not an email address", "write one, or leave it empty")


def _zone_hint(zone: str) -> str:
    from difflib import get_close_matches
    from zoneinfo import available_timezones

    near = get_close_matches(zone.replace(" ", "_"), sorted(available_timezones()), 1, 0.7)
    return f'did you mean "{near[0]}"?' if near else 'write it like "Europe/Berlin" or "America/New_York"'


def _hours(settings: Settings) -> Iterator[Problem]:
    hours = settings.hours
    unread = [
        *_unreadable(("hours", "open"), lambda: hours.open_time),
        *_unreadable(("hours", "close"), lambda: hours.close_time),
        *_unreadable(("hours", "lunch"), lambda: hours.lunch_span),
    ]
    yield from unread
    if not hours.days:
        yield Problem(("hours", "days"), "no day is worked", 'name at least one, like ["mon", "tue"]')
    for index, text in enumerate(hours.days_off):
        yield from _unreadable(("hours", "days_off", index), lambda text=text: values.days(text))  # type: ignore[misc]
    if unread:
        return
    if hours.open_time >= hours.close_time:
        reason = f"{quoted(hours.close)} is not later than {quoted(hours.open)}, when the day opens"
        yield Problem(("hours", "close"), reason, "the day closes after it opens", (("hours", "open"),))
    elif hours.lunch_span and not _inside(hours.lunch_span, hours.open_time, hours.close_time):
        reason = f"{quoted(hours.lunch)} is not within the working day"
        hint = f"it opens at {hours.open} and closes at {hours.close}"
        yield Problem(("hours", "lunch"), reason, hint, (("hours", "open"), ("hours", "close")))


def _inside(span: tuple[time, time], start: time, end: time) -> bool:
    return start < span[0] and span[1] < end


def _promise(settings: Settings) -> Iterator[Problem]:
    promise = settings.promise
    if promise.stale_red_hours < promise.stale_hours:
        reason = f"{promise.stale_red_hours} is less than stale_hours, which is {promise.stale_hours}"
        hint = "a conversation is flagged before it turns red"
        yield Problem(("promise", "stale_red_hours"), reason, hint, (("promise", "stale_hours"),))


def _persona(settings: Settings) -> Iterator[Problem]:
    yield from _unreadable(("persona", "sizes"), lambda: settings.persona.head_counts)


def _attempts(settings: Settings) -> Iterator[Problem]:
    attempts = settings.attempts
    for plan, cap in attempts.caps.items():
        key: Path = ("attempts", "cap", plan)
        if plan == "outbound":
            if cap not in OUTBOUND_CAPS:
                yield Problem(key, f"{cap} is not between 3 and 5", "outbound leads go back after a few tries")
        elif cap < attempts.floor:
            reason = f"{cap} is less than the floor of {attempts.floor}"
            hint = "nobody could be closed as exhausted without a reason; raise the cap or lower the floor"
            yield Problem(key, reason, hint, (("attempts", "floor"),))
    if attempts.review < attempts.floor:
        reason = f"{attempts.review} is less than the floor of {attempts.floor}"
        hint = "a review asks whether to stop, which the floor does not allow yet"
        yield Problem(("attempts", "review"), reason, hint, (("attempts", "floor"),))


def _blocks(settings: Settings) -> Iterator[Problem]:
    times = settings.blocks.times
    spans: list[tuple[tuple[time, time], int]] = []
    for index, text in enumerate(times):
        try:
            spans.append((values.span_of_day(text), index))
        except Unreadable as error:
            yield Problem(("blocks", "times", index), error.reason, error.hint)
    for (earlier, first), (later, second) in pairwise(sorted(spans)):
        if later[0] < earlier[1]:
            reason = f"{quoted(times[second])} begins before {quoted(times[first])} has ended"
            yield Problem(("blocks", "times", second), reason, "one block at a time")


def _calling(settings: Settings) -> Iterator[Problem]:
    calling = settings.calling
    read: dict[str, Window] = {}
    for name, text in (("soft", calling.soft), ("hard", calling.hard)):
        try:
            read[name] = read_window(text)
        except ValueError as error:
            yield Problem(("calling", name), str(error), 'write it like "08:00-21:00"')
    if len(read) == 2 and not (read["hard"].open <= read["soft"].open and read["soft"].close <= read["hard"].close):
        reason = f"{quoted(calling.soft)} is not within the hard window {quoted(calling.hard)}"
        hint = "the soft window is when people like to be called, the hard one when they may be"
        yield Problem(("calling", "soft"), reason, hint, (("calling", "hard"),))
    command = calling.dial_command
    if command and (not command[0] or not any("{number}" in part for part in command[1:])):
        reason = "the command does not say where the number goes"
        yield Problem(("calling", "dial_command"), reason, 'write it like ["linphone", "{number}"]')


def _shelf(settings: Settings) -> Iterator[Problem]:
    for index, asset in enumerate(settings.shelf.assets):
        key: Path = ("shelf", "assets", index)
        if not asset.title.strip():
            yield Problem((*key, "title"), "an asset needs a title", "write what it is called")
        if asset.link and not asset.link.startswith(("https://", "http://")):
            yield Problem((*key, "link"), f"{quoted(asset.link)} is not a link", 'it begins with "https://"')


def _crm(settings: Settings) -> Iterator[Problem]:
    crm = settings.crm
    if crm.url:
        yield from _unreadable(("crm", "url"), lambda: values.server_address(crm.url))
    if crm.kind and not crm.kind.replace("-", "").replace("_", "").isalnum():
        yield Problem(("crm", "kind"), f"{quoted(crm.kind)} is not a kind of CRM", 'write it like "odoo" or "hubspot"')
    if crm.token_command and not crm.token_command[0]:
        yield Problem(("crm", "token_command"), "the command is empty", 'write it like ["pass", "show", "crm"]')
    for key in crm.options:
        if looks_secret(key):
            yield Problem(("crm", "options", key), "a key or password does not belong in this file", SECRET_HINT)


SECRET_HINT = "remove it and run `callsheet connect`, which keeps it in the keyring"  # noqa: S105 - advice, no secret


def looks_secret(key: str) -> bool:
    """Tell whether a key of the file is named like one that would hold a secret."""
    words = key.lower().replace("-", "_").split("_")
    return bool({"token", "password", "secret", "passwd", "apikey"} & set(words)) or words[-2:] == ["api", "key"]


def _keys(settings: Settings) -> Iterator[Problem]:
    for binding, chosen in settings.keys.items():
        if not all(key.strip() for key in chosen.split(",")):
            yield Problem(("keys", binding), f"{quoted(chosen)} names no key", 'write it like "ctrl+n" or "j,down"')
