"""What the CRM does not have, and why: the rows of the sync screen, and what is said of the one under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from textual.content import Content

from callsheet.services.views import DeliveryState, Undelivered
from callsheet.ui.present import ink
from callsheet.ui.present.cells import fit, line, plain, short, spread, under, wrapped
from callsheet.ui.present.times import Moment, spoken_span
from callsheet.ui.sync_control import Badge, Conflict, Run, SyncView


@dataclass(frozen=True, slots=True)
class Gone:
    """More leads are gone in the CRM than is believable: what was said of it."""

    said: str


Item = Undelivered | Conflict | Gone

STATES: Final[dict[DeliveryState, tuple[str, str, str]]] = {
    "waiting": ("◌", "waits", ink.QUIET), "sending": ("◌", "on its way", ink.QUIET),
    "retry": ("◌", "tries again", ink.LATE), "ambiguous": ("◌", "asks again", ink.LATE),
    "parked": ("!", "refused", ink.WARM_HEAD),
}  # fmt: skip
"""The sign, the word and the style of what has not arrived."""

MEANING: Final[dict[DeliveryState, str]] = {
    "waiting": "It goes over with the next sync. Nothing is lost meanwhile.",
    "sending": "It is on its way at this moment.",
    "retry": "The CRM could not take it just now. It is tried again by itself.",
    "ambiguous": "The connection broke while it went over. callsheet asks the CRM whether it is there before it sends "
    "it again, so that it is never there twice.",
}  # fmt: skip


HEADS: Final = {
    "gone": "The CRM shows much less", "refused": "The CRM refused {}", "conflict": "Both sides changed {}",
    "waiting": "Waits to go over {}",
}  # fmt: skip
"""The heads over the rows, by what they are; `{}` is how many."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The rows, and which item stands in each: None for heads and what cannot be chosen."""

    lines: Sequence[Content]
    rows: Sequence[int]
    """The line in which each item stands."""


def items(view: SyncView) -> list[Item]:
    """Return what the cursor moves through: what is asked first, then refused, then conflicts, then what waits."""
    asked = [Gone(view.status.problem)] if view.status.asks else []
    refused = [one for one in view.undelivered if one.state == "parked"]
    waiting = [one for one in view.undelivered if one.state != "parked"]
    return [*asked, *refused, *view.conflicts, *waiting]


def identity(item: Item) -> str:
    """Return what names an item from one look to the next."""
    match item:
        case Conflict():
            return f"conflict {item.key}"
        case Gone():
            return "gone"
    return item.op


def sync_lines(view: SyncView, moment: Moment, cursor: int, width: int) -> Shown:
    """Return all rows with the one under the cursor marked."""
    lines = _trouble(view, moment, width)
    rows: list[int] = []
    found = items(view)
    kinds = [_kind(one) for one in found]
    heads = {kind: head.format(kinds.count(kind)) for kind, head in HEADS.items()}
    heads["waiting"] = HEADS["waiting"].format(max(view.status.waiting, kinds.count("waiting")))
    for place, one in enumerate(found):
        if place == 0 or kinds[place] != kinds[place - 1]:
            lines += [*([line("")] if lines else []), line((f" {heads[kinds[place]]}", ink.HEAD))]
        rows.append(len(lines))
        lines.append(_row(one, moment, width, chosen=place == cursor))
    if not found and not view.status.problem:
        lines += [line((f" {text}", "")) for text in wrapped(_nothing(view), width - 2)]
    if view.status.findings:
        lines += [line(""), line((" The last comparison found", ink.HEAD))]
        for finding in view.status.findings:
            lines += [line((f"   {text}", ink.LATE)) for text in wrapped(finding, width - 4, 3)]
    lines += [line(""), line((" Last runs", ink.HEAD)), *_runs(view, moment, width)]
    return Shown(lines, rows)


def _kind(item: Item) -> str:
    match item:
        case Conflict():
            return "conflict"
        case Gone():
            return "gone"
    return "refused" if item.state == "parked" else "waiting"


def _trouble(view: SyncView, moment: Moment, width: int) -> list[Content]:
    """Say in full what stands against the sync; what is asked of the rep has a row of its own."""
    status = view.status
    if not status.problem or status.asks:
        return []
    lines = [line((text, ink.LATE)) for text in wrapped(status.problem, width - 4)]
    lines = under(" ✗", lines, ink.LATE, 3)
    then = [f"last in step {moment.when(status.last_ok)}"] if status.last_ok is not None else []
    if view.again is None:
        then.append("S tries again once that is mended")
    elif view.again > moment.now:
        then.append(f"tries again in {spoken_span(moment.left(view.again))}")
    return [*lines, line((f"   {' · '.join(then)}", ink.QUIET))]


def _nothing(view: SyncView) -> str:
    if not view.status.crm:
        return (
            "No CRM is connected. What you log is kept here, safe; `callsheet connect odoo` (or hubspot, pipedrive, "
            "espocrm, salesforce) brings all of it over."
        )
    return "√ The CRM has everything. What you log goes over within seconds; without a network it waits here."


def _row(item: Item, moment: Moment, width: int, *, chosen: bool) -> Content:
    mark = ("▸", ink.WARM) if chosen else " "
    if isinstance(item, Gone):
        return line(mark, ("! ", ink.WARM_HEAD), (fit(item.said, width - 3), ink.STRONG if chosen else ""))
    name = max(12, width * 26 // 100)
    if isinstance(item, Conflict):
        rest = max(width - name - 5, 4)
        what = fit(f"{item.field.replace('_', ' ')}: “{item.mine}” or “{item.theirs}”", rest)
        return line(
            mark, ("! ", ink.WARM_HEAD), (fit(item.name or "no name", name), ink.STRONG if chosen else ""), " ", what
        )
    sign, word, style = STATES.get(item.state, ("◌", item.state, ink.QUIET))
    when = moment.when(item.at)
    tail = line((f" {word} ", style), (fit(when, 12) if width >= 70 else "", ink.QUIET))
    rest = max(width - name - 5 - tail.cell_length, 4)
    said = f"{item.what} — {item.reason}" if item.state == "parked" and item.reason else item.what
    return line(
        mark, (f"{sign} ", style), (fit(item.name or "no name", name), ink.STRONG if chosen else ""), " ",
        fit(said, rest), tail,
    )  # fmt: skip


def _runs(view: SyncView, moment: Moment, width: int) -> list[Content]:
    lines = [row for place, one in enumerate(view.runs[:8]) for row in _run(one, moment, width, 1 if place else 4)]
    last = view.status.last_ok
    if not lines and last is not None:
        lines.append(line((f"   {moment.when(last)}  all in step", ink.QUIET)))
    return lines or [line(("   none yet", ink.QUIET))]


def _run(one: Run, moment: Moment, width: int, most: int) -> list[Content]:
    when = fit(moment.when(one.at), 16)
    sign = ("✗ ", ink.LATE) if one.problem else ("√ ", ink.FINE)
    counts = [f"{one.pulled:,} changed here"] * bool(one.pulled) + [f"{one.delivered:,} delivered"] * bool(
        one.delivered
    )
    times = f"{one.times} times: " * (one.times > 1)
    did = times + "; ".join(part for part in (", ".join(counts), one.said, one.problem) if part)
    first, *others = wrapped(did, max(width - 22, 8), most)
    return [line((f"   {when}", ink.QUIET), sign, first), *(line(" " * 21, row) for row in others)]


def bar(view: SyncView | None, shown: Badge, moment: Moment | None, width: int) -> list[Content]:
    """Return the line on top: where the CRM stands."""
    from callsheet.ui.present.header import badge

    name = f" {view.status.crm}" if view and view.status.crm else ""
    left = line((" Sync", ink.STRONG), (name, ink.QUIET))
    return [spread(left, line(badge(shown, moment), " "), width)]


def detail_lines(item: Item, view: SyncView, moment: Moment, width: int) -> list[Content]:
    """Return what is known of the item under the cursor, and what can be done."""
    match item:
        case Conflict():
            return _conflict(item, width)
        case Gone():
            return _gone(item, width)
    return _undelivered(item, view, moment, width)


def _gone(item: Gone, width: int) -> list[Content]:
    return [
        *(line(text) for text in wrapped(item.said, width)), line(""),
        *_keys([("t", "that is right: take them away"), ("S", "ask the CRM again")], width),
    ]  # fmt: skip


def _undelivered(item: Undelivered, view: SyncView, moment: Moment, width: int) -> list[Content]:
    sign, word, style = STATES.get(item.state, ("◌", item.state, ink.QUIET))
    lines = [line((short(item.name or "no name", width), ink.STRONG))]
    lines += [line(text) for text in wrapped(item.what, width, 3)]
    lines.append(line((f"{sign} {word}", style), (f" · from {moment.when(item.at)}", ink.QUIET)))
    if item.state == "parked":
        lines.append(line(("The CRM said", ink.HEAD)))
        lines += [line(text) for text in wrapped(item.reason or "no reason", width, 8)]
        if item.field:
            lines.append(
                line(("about the field ", ink.QUIET), (short(item.field.replace("_", " "), width - 16), ink.STRONG))
            )
        ours = "give it another value" if item.field == item.editable else "say it otherwise"
        lines += [line(""), *_keys([
            *([("enter", ours)] if item.editable else []), ("r", "try again as it is"),
            ("D D", "give it up: it stays in your journal"),
        ], width)]  # fmt: skip
        return lines
    lines.append(line(""))
    stands = item.state == "waiting" and view.status.problem and not view.status.asks
    meaning = "It goes over once the sync gets through again. Nothing is lost meanwhile." if stands else ""
    lines += [line((text, "")) for text in wrapped(meaning or MEANING.get(item.state, ""), width)]
    if item.reason:
        lines += [line((text, ink.LATE)) for text in wrapped(f"last answer: {item.reason}", width, 6)]
    if item.not_before is not None and item.not_before > moment.now:
        left = spoken_span(moment.left(item.not_before))
        lines.append(
            line(("next try ", ink.QUIET), (moment.when(item.not_before), ink.STRONG), (f", in {left}", ink.QUIET))
        )
    return [*lines, line(""), *_keys([("S", "sync now")], width)]


def _conflict(item: Conflict, width: int) -> list[Content]:
    field = plain(item.field.replace("_", " "), 60)
    lines = [line((short(item.name or "no name", width), ink.STRONG))]
    lines += [line((text, "")) for text in wrapped(f"You and the CRM both changed the {field}:", width)]
    lines.append(line(""))
    half = (width - 3) // 2
    mine, theirs = wrapped(item.mine or "(nothing)", half, 6), wrapped(item.theirs or "(nothing)", half, 6)
    lines.append(line((fit("mine", half), ink.HEAD), (" │ ", ink.RULE), ("theirs", ink.HEAD)))
    for place in range(max(len(mine), len(theirs))):
        left = mine[place] if place < len(mine) else ""
        right = theirs[place] if place < len(theirs) else ""
        lines.append(line((fit(left, half), ink.STRONG), (" │ ", ink.RULE), (fit(right, half), ink.STRONG)))
    return [*lines, line(""), *_keys([("m", "keep mine, on both sides"), ("t", "take theirs")], width)]


def _keys(pairs: Sequence[tuple[str, str]], width: int) -> list[Content]:
    return [line((f"{key:<6}", ink.KEY), short(does, max(width - 6, 4))) for key, does in pairs]
