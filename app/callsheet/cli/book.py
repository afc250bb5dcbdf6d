"""The book as a whole: audited, copied, brought back, worked out anew."""

from __future__ import annotations

from itertools import chain, count
from pathlib import Path

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.options import json_option, open_office
from callsheet.cli.output import emit, say

UNACCOUNTED = 7


@click.command()
@json_option
@click.pass_obj
def audit(start: Start, *, as_json: bool) -> int:
    """Prove that no lead is forgotten: each one is counted in one state. Exit code 7 if one is unaccounted for."""
    with open_office(start) as office:
        found = office.book.audit()
        if as_json:
            emit({
                "total": found.total, "names": found.names, "working": found.working, "nurture": found.nurture,
                "returned": found.returned, "closed": found.closed, "unaccounted": list(found.unaccounted),
            })  # fmt: skip
        else:
            say(f"{found.total:,} records")
            for count, words in (
                (found.working, "worked, each with one dated next action"),
                (found.nurture, "nurtured, each with a dated value touch"),
                (found.names, "names, which wait for another interaction"),
                (found.returned, "returned"),
                (found.closed, "closed with a reason"),
            ):
                say(f"  {count:>8,} {words}")
            say(f"  {len(found.unaccounted):>8,} unaccounted for" + (":" if found.unaccounted else ""))
            for lead in found.unaccounted:
                say(f"    {lead}")
    return UNACCOUNTED if found.unaccounted else 0


@click.command()
@json_option
@click.pass_obj
def rebuild(start: Start, *, as_json: bool) -> int:
    """Work everything out anew from the journal. Nothing that you did changes."""
    with open_office(start) as office:
        count = office.book.rebuild()
        if as_json:
            emit({"leads": count})
        else:
            say(f"{count:,} leads were worked out anew")
    return 0


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@json_option
@click.pass_obj
def backup(start: Start, *, file: Path | None, as_json: bool) -> int:
    """Copy the book to FILE, or into the folder of copies; the sheet may stay open."""
    from callsheet.settings.paths import private_folder
    from callsheet.store.backup import back_up

    with open_office(start) as office:
        named = f"callsheet-{start.now().astimezone(office.rules.calendar.tz):%Y%m%d-%H%M%S}.db"
        target = file if file is not None else _unused(private_folder(office.paths.backups) / named)
        if target.is_dir():
            target /= named
        size = back_up(office.paths.database, target)
        if as_json:
            emit({"file": str(target), "bytes": size})
        else:
            say(f"the book is copied to {target} ({size / 1e6:.1f} MB)")
    return 0


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def restore(start: Start, *, file: Path, as_json: bool) -> int:
    """Bring back a copy of the book from FILE; the present one is copied away first."""
    from callsheet.settings.paths import find_paths, private_folder
    from callsheet.store.backup import back_up, check_copy, is_book, put_back

    paths = find_paths(start.environ)
    paths.ensure()
    check_copy(file)
    kept: Path | None = None
    if is_book(paths.database):
        kept = _unused(private_folder(paths.backups) / f"before-restore-{start.now():%Y%m%d-%H%M%S}.db")
        back_up(paths.database, kept)
    put_back(file, paths.database)
    with open_office(start) as office:
        found = office.book.audit()
        if as_json:
            emit({"file": str(file), "leads": found.total, "kept": str(kept) if kept else None})
        else:
            say(f"{found.total:,} records are back" + (f"; what was here before is in {kept}" if kept else ""))
    return 0


def _unused(file: Path) -> Path:
    """Return the file, numbered when there is one of that name: a copy never takes the place of another one."""
    numbered = (file.with_stem(f"{file.stem}-{number}") for number in count(2))
    return next(one for one in chain([file], numbered) if not one.exists())
