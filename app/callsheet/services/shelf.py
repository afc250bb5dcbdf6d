"""The shelf: what there is to bring, and what to bring to a lead next (RULES §8).

What the settings list, and what lies in the shelf's folder: a `.toml` file lists assets as `[[asset]]`, any other file
is an asset itself, its name the title and the folders that it lies in the topics.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from callsheet.domain.lead import Lead
from callsheet.domain.profile import folded
from callsheet.domain.text import one_line, safe_url
from callsheet.domain.value import Asset, suggest
from callsheet.services.desk import Desk
from callsheet.services.leads import any_lead
from callsheet.services.toml_file import TomlError, TomlFile
from callsheet.services.views import Filter
from callsheet.settings.schema import Shelf as Settings

MOST: Final = 1000
"""Files of the folder that are looked at."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """All assets, those of the settings first, and a sentence for each file that could not be used."""

    assets: tuple[Asset, ...]
    problems: tuple[str, ...] = ()


def read_shelf(settings: Settings, folder: Path) -> Shelf:
    """Read the shelf. `folder` is where it lies when the settings name none; it need not be there."""
    listed = [Asset(one.title, one.link, one.topics, one.kind) for one in settings.assets]
    problems: list[str] = []
    root = Path(settings.folder).expanduser() if settings.folder else folder
    for path in _files(root):
        if path.suffix.lower() == ".toml":
            try:
                listed += _listed(TomlFile.read(path))
            except TomlError as error:
                problems.append(f"{error}; nothing of this file is on the shelf")
        else:
            topics = tuple(one_line(part, 100) for part in path.relative_to(root).parent.parts)
            listed.append(Asset(one_line(path.stem, 200), "", topics, path.suffix.lstrip(".").lower() or "file"))
    unique: dict[str, Asset] = {}
    for asset in listed:
        unique.setdefault(folded(asset.title), asset)
    return Shelf(tuple(unique.values()), tuple(problems))


def topics_of(lead: Lead) -> tuple[str, ...]:
    """Return what speaks for an asset: what they asked for and looked at, what they need, and their industry."""
    said = [text for one in lead.contacts for text in (one.interaction.topic, one.interaction.text)]
    if lead.packet is not None:
        said += [lead.packet.need, lead.packet.topic]
    return tuple(dict.fromkeys(text for text in (*said, lead.profile.industry) if text.strip()))


def next_to_bring(desk: Desk, lead: str, shelf: Shelf, limit: int = 3) -> Sequence[tuple[Asset, str]]:
    """Return what to bring to a lead next, best first, each with the topic that speaks for it; nothing twice.

    Raises:
        NotFound: there is no such lead.
    """
    with desk.book.work() as work:
        found = any_lead(work, lead)
    return suggest(shelf.assets, found.given_assets, topics_of(found), limit)


def brought(lead: Lead) -> tuple[str, ...]:
    """Return what the lead has had, in the order in which it was brought."""
    return tuple(dict.fromkeys(touch.asset for touch in lead.touches if touch.asset))


def cards_due(desk: Desk, *, limit: int = 500) -> list[Lead]:
    """Return the leads that a post card is due for now, in the order of the sheet."""
    rows = [
        row for pane in ("hot", "due")
        for row in desk.book.sheet(desk.now(), pane=pane, only=Filter(channel="post"), limit=limit)
    ]  # fmt: skip
    with desk.book.work() as work:
        found = work.leads([row.entry.lead for row in rows])
    return [found[row.entry.lead] for row in rows if row.entry.lead in found]


def _files(root: Path) -> Iterator[Path]:
    if not root.is_dir():
        return
    seen = 0
    for path in sorted(root.rglob("*")):
        if seen < MOST and path.is_file() and not path.name.startswith("."):
            seen += 1
            yield path


def _listed(file: TomlFile) -> list[Asset]:
    file.known_keys(file.data, ("asset",))
    rows = file.data.get("asset", [])
    if not isinstance(rows, list):
        raise file.error("'asset' is a list: write [[asset]] above each", "", "asset")
    made = []
    for nth, row in enumerate(rows):
        if isinstance(row, dict):
            file.known_keys(row, ("title", "link", "topics", "kind"), "asset", nth)
        asset = file.convert(row, Asset, "an asset", "asset", nth)
        if not asset.title.strip():
            raise file.error("an asset needs a title", "asset", "title", nth)
        if asset.link and safe_url(asset.link) is None:
            raise file.error(f"{one_line(asset.link, 80)!r} is no link", "asset", "link", nth)
        made.append(asset)
    return made
