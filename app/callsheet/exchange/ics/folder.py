"""A folder of events, one file each, that calendar programs watch; and the one file that they subscribe to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component

from callsheet.exchange.ics.calendar import block_event, calendar, item_event, single
from callsheet.services.calendar_items import BlockSeries, Item

PREFIX: Final = "callsheet-"
"""Files of ours begin with it; all others in the folder are left alone."""

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_COMPARED: Final = ("DTSTART", "DTEND", "RRULE", "EXDATE", "SUMMARY", "DESCRIPTION")


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the files."""

    new: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0


def write_file(path: Path, items: Iterable[Item], blocks: Iterable[BlockSeries], zone: ZoneInfo, now: datetime) -> bool:
    """Write the whole calendar to a file, if it says anything new; return whether it does.

    Raises:
        OSError: the file cannot be written.
    """
    series = list(blocks)
    text = calendar(items, series, zone, now=now, sequences=_sequences(_read(path), series, zone, now))
    return _write(path, text)


def update_folder(
    folder: Path, items: Iterable[Item], blocks: Iterable[BlockSeries], zone: ZoneInfo, now: datetime
) -> Written:
    """Bring the folder up to date: a file for each event, those that are gone removed, foreign files left alone.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, bytes] = {}
    for block in blocks:
        name = _file_name(block.uid)
        sequence = _sequences(_read(folder / name), [block], zone, now).get(block.uid, 0)
        files[name] = single(block_event(block, zone, now, sequence), zone, now)
    for item in items:
        files[_file_name(item.uid)] = single(item_event(item, zone), zone, now)
    before = {path.name for path in folder.glob(f"{PREFIX}*.ics")}
    changed = sum(_write(folder / name, text) for name, text in files.items() if name in before)
    new = sum(_write(folder / name, text) for name, text in files.items() if name not in before)
    gone = before - files.keys()
    for name in gone:
        (folder / name).unlink(missing_ok=True)
    return Written(new, changed, len(gone), len(files) - new - changed)


def _file_name(uid: str) -> str:
    return f"{PREFIX}{_UNSAFE.sub('-', uid)[:120]}.ics"


def _sequences(
    before: Calendar | None, blocks: Iterable[BlockSeries], zone: ZoneInfo, now: datetime
) -> Mapping[str, int]:
    """Return the sequence of each block: one more than in the file before when it has changed since."""
    if before is None:
        return {}
    known = {str(event.get("UID")): event for event in before.walk("VEVENT")}
    found = {}
    for block in blocks:
        old = known.get(block.uid)
        if old is None:
            continue
        sequence = int(old.get("SEQUENCE", 0))
        made = Calendar.from_ical(single(block_event(block, zone, now), zone, now)).walk("VEVENT")[0]
        same = all(_said(old, name) == _said(made, name) for name in _COMPARED)
        found[block.uid] = sequence if same else sequence + 1
    return found


def _said(event: Component, name: str) -> bytes | None:
    value = event.get(name)
    return None if value is None else bytes(value.to_ical())


def _read(path: Path) -> Calendar | None:
    try:
        return Calendar.from_ical(path.read_bytes())
    except (OSError, ValueError):  # not there yet, or somebody else's: it is written anew
        return None


def _write(path: Path, text: bytes) -> bool:
    """Write a file whole or not at all, and only when it differs."""
    if path.is_file() and path.read_bytes() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=".callsheet-", suffix=".tmp", delete=False) as file:
        file.write(text)
    os.replace(file.name, path)  # noqa: PTH105 - both are paths in one folder
    return True
