"""Every key there is, as data: the screens' bindings, the hint line, `?`, the palette and the README's table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from textual.binding import Binding

ScreenName = Literal["sheet", "lead", "block", "sync", "report", "add"]

GROUPS: Final = ("Move", "Leads", "Outcome", "Reach", "Next", "Block", "CRM", "Undo", "callsheet")
"""The groups in the order of the table."""


@dataclass(frozen=True, slots=True)
class Key:
    """One thing that a key does.

    `id` names it in the settings, `keys` are its own keys (commas between them), `action` is what Textual runs,
    `label` the few words of the hint line, `tooltip` the sentence of `?`; `hint` puts it into the hint line.
    """

    id: str
    keys: str
    action: str
    label: str
    tooltip: str
    group: str
    screens: tuple[ScreenName, ...]
    hint: bool = False
    display: str = ""

    @property
    def shown(self) -> str:
        """How the key is written for people."""
        return self.display or " ".join(spoken(key) for key in self.keys.split(","))


_LIST: Final[tuple[ScreenName, ...]] = ("sheet",)
_LISTS: Final[tuple[ScreenName, ...]] = ("sheet", "sync", "report")
_OPEN: Final[tuple[ScreenName, ...]] = ("lead", "block")
_ALL: Final[tuple[ScreenName, ...]] = ("sheet", "lead", "block", "sync", "report", "add")


def _outcome(key: str, name: str, label: str, tooltip: str, screens: tuple[ScreenName, ...] = _OPEN) -> Key:
    return Key(f"outcome.{name}", key, f"outcome('{key}')", label, tooltip, "Outcome", screens)


KEYS: Final[tuple[Key, ...]] = (
    Key("move.down", "j,down", "move(1)", "down", "The next row, on into the next pane", "Move", _LISTS),
    Key("move.up", "k,up", "move(-1)", "up", "The row before", "Move", _LISTS),
    Key("move.first", "g,home", "move_first", "first", "The first row", "Move", _LISTS),
    Key("move.last", "G,end", "move_last", "last", "The last row", "Move", _LISTS),
    Key("move.page_down", "pagedown", "move(10)", "further down", "Ten rows on", "Move", _LISTS),
    Key("move.page_up", "pageup", "move(-10)", "further up", "Ten rows back", "Move", _LISTS),
    Key("pane.hot", "1", "pane('hot')", "hot", "Pane 1: who asked to hear from you", "Move", _LIST),
    Key("pane.due", "2", "pane('due')", "due", "Pane 2: promised, then cadence", "Move", _LIST),
    Key("pane.later", "3", "pane('later')", "later", "Pane 3: what comes next", "Move", _LIST),
    Key("lead.next", "J", "walk(1)", "next lead", "The next lead, with the place kept", "Move", ("lead",), hint=True),
    Key("lead.previous", "K", "walk(-1)", "previous", "The lead before", "Move", ("lead",)),
    Key("lead.scroll_down", "j,down,pagedown", "scroll(5)", "scroll", "See what does not fit", "Move", ("lead",)),
    Key("lead.scroll_up", "k,up,pageup", "scroll(-5)", "scroll back", "See what was above", "Move", ("lead",)),
    Key("sheet.open", "enter", "open", "open", "Open the lead", "Leads", _LIST, hint=True),
    Key("sheet.block", "space", "start_block", "start block", "Start a call block, or go on with it", "Block", _LIST,
        hint=True),
    Key("sheet.find", "slash", "find", "find", "Find by name, company, phone or email", "Leads", _LIST, hint=True),
    Key("sheet.add", "a", "add", "add", "Capture a new lead, offline too", "Leads", _LIST, hint=True),
    Key("sheet.filter", "f", "filter", "filter", "Show one channel, plan or campaign only", "Leads", _LIST),
    Key("sheet.late", "L", "late", "late work", "Back from leave: one answer for all that is late", "Leads", _LIST),
    Key("sheet.sync", "S", "sync", "sync", "Sync now, and what the CRM does not have yet", "CRM", ("sheet", "sync"),
        hint=True),
    Key("sheet.report", "R", "report", "report", "Your own figures", "Leads", _LIST, hint=True),
    Key("lead.tick", "1,2,3,4,5,6,7,8,9", "tick", "research", "Tick an item of the research, and type what you found",
        "Leads", ("lead",), display="1 – 9"),
    Key("lead.edit", "E", "edit", "edit", "Correct the name, a number, an address, or what else is known", "Leads",
        ("lead",)),
    Key("block.call", "enter", "call", "call", "Call the number", "Block", ("block",), hint=True),
    Key("block.hot", "exclamation_mark", "take_hot", "take the hot one", "Call who just asked, and come back here",
        "Block", ("block",), display="!"),
    Key("block.pause", "p", "pause", "pause", "Stop the clock, or let it run on", "Block", ("block",), hint=True),
    Key("block.end", "q", "end", "end block", "End the block and see what it brought", "Block", ("block",), hint=True),
    Key("reach.links", "o", "links", "open links", "Open website and LinkedIn", "Reach", _OPEN, hint=True),
    Key("reach.call", "t", "call", "call", "Call the number", "Reach", ("lead",), hint=True),
    Key("reach.copy", "y", "copy", "copy number", "Copy the number", "Reach", _OPEN),
    Key("reach.mail", "e", "mail", "mail", "Write the mail that is due, then log it as sent", "Reach", ("lead",),
        hint=True),
    Key("lead.next_step", "s", "next_step", "next step", "Agree the next step: when, and what for", "Next", ("lead",),
        hint=True),
    Key("lead.hand_off", "greater_than_sign", "hand_off", "hand off", "Hand the lead to a colleague, with its packet",
        "Next", ("lead",), display=">"),
    Key("lead.kick_back", "less_than_sign", "kick_back", "kick back", "Give it back to whoever generated it", "Next",
        ("lead",), display="<"),
    Key("lead.snooze", "z", "snooze", "snooze", "Put it off until a time; its promise keeps running", "Next",
        ("lead",)),
    Key("lead.nurture", "N", "nurture", "nurture", "Not now: something of value every three weeks", "Next", ("lead",)),
    Key("lead.move_on", "X", "move_on", "move on", "Record that nobody answered, and move on: closed as exhausted",
        "Next", ("lead",)),
    Key("lead.mail_today", "M", "mail_today", "mail today", "Pull the plan's next mail to today, as after a voicemail",
        "Next", _OPEN),
    Key("lead.two_more", "plus", "two_more", "two more tries", "Two more attempts than the plan has", "Next",
        ("lead",)),
    _outcome("n", "no_answer", "no answer", "No answer"),
    _outcome("v", "voicemail", "voicemail", "Left voicemail"),
    _outcome("b", "busy", "busy", "Busy, again in 15 minutes; or bounced, where a mail is due"),
    _outcome("g", "gatekeeper", "gatekeeper", "Gatekeeper"),
    _outcome("c", "connected", "connected", "Connected: asks for the next step or a decision"),
    _outcome("m", "meeting", "meeting", "Meeting booked: asks when"),
    _outcome("l", "call_later", "call later", "They named a time"),
    _outcome("i", "not_interested", "not interested", "Not interested; or invited, where a LinkedIn invitation is due"),
    _outcome("f", "not_a_fit", "not a fit", "Not a fit"),
    _outcome("r", "referred", "referred", "Referred to someone else; or replied, or researched, by what is due"),
    _outcome("w", "wrong_number", "wrong number", "Wrong number: it is retired"),
    _outcome("p", "posted", "posted", "Posted, where a post card is due", ("lead",)),
    _outcome("a", "accepted", "accepted", "They accepted, where an invitation is due", ("lead",)),
    Key("outcome.do_not_contact", "D", "do_not_contact", "do not contact",
        "Twice: every number and channel, for good", "Outcome", _OPEN, display="D D"),
    _outcome("x", "skip", "skip", "Skip, with a reason: it stays on today's sheet"),
    Key("sync.fix", "enter", "fix", "fix", "Give the refused field another value", "CRM", ("sync",), hint=True),
    Key("sync.retry", "r", "retry", "retry", "Try it again as it is", "CRM", ("sync",), hint=True),
    Key("sync.drop", "D", "drop", "drop", "Twice: never send it to the CRM", "CRM", ("sync",), display="D D"),
    Key("sync.mine", "m", "decide('mine')", "keep mine", "Keep what you have, on both sides", "CRM", ("sync",),
        hint=True),
    Key("sync.theirs", "t", "decide('theirs')", "take theirs", "Take what the CRM has", "CRM", ("sync",), hint=True),
    Key("report.block", "enter", "untouched_block", "call the untouched",
        "Start a block with those nobody touched yet", "Block", ("report",), hint=True),
    Key("report.period", "p", "period", "more days", "The last 7, 30 or 90 days", "Leads", ("report",), hint=True),
    Key("report.export", "x", "export", "export", "Write the report to a file", "Leads", ("report",), hint=True),
    Key("add.save", "ctrl+s", "save", "save", "Save the lead", "Leads", ("add",), hint=True),
    Key("undo", "u", "undo", "undo", "Take back what you did last, as deep as you like", "Undo",
        ("sheet", "lead", "block"), hint=True),
    Key("redo", "U,ctrl+r", "redo", "redo", "Bring back what was taken back", "Undo", ("sheet", "lead", "block")),
    Key("back", "q,escape", "back", "back", "Back to the sheet", "callsheet", ("lead", "sync", "report"), hint=True),
    Key("add.back", "escape", "back", "back", "Back without saving", "callsheet", ("add",), hint=True),
    Key("palette", "colon,ctrl+p", "app.command_palette", "more", "Everything, by name", "callsheet",
        ("sheet", "lead", "block", "sync", "report"), hint=True),
    Key("help", "question_mark", "app.keys_help", "keys", "These keys", "callsheet",
        ("sheet", "lead", "block", "sync", "report"), hint=True, display="?"),
    Key("network", "f9", "app.network", "network", "In the demo: take the network down, or up", "callsheet", _ALL),
    Key("quit", "q", "app.quit", "quit", "Leave; nothing waits, nothing is lost", "callsheet", _LIST, hint=True),
)  # fmt: skip

_SPOKEN: Final = {
    "slash": "/", "colon": ":", "question_mark": "?", "exclamation_mark": "!", "greater_than_sign": ">",
    "less_than_sign": "<", "escape": "esc", "pagedown": "pgdn", "pageup": "pgup", "down": "↓", "up": "↑", "left": "←",
    "right": "→", "f9": "F9", "comma": ",", "full_stop": ".", "plus": "+", "minus": "-", "semicolon": ";",
}  # fmt: skip


def spoken(key: str) -> str:
    """Return a key as people write it: `/` for `slash`, `ctrl+p` as it is."""
    *modifiers, last = key.split("+") if key != "+" else ["plus"]
    return "+".join([*modifiers, _SPOKEN.get(last, last)])


def of_screen(screen: ScreenName) -> tuple[Key, ...]:
    """Return what the keys do on a screen."""
    return tuple(key for key in KEYS if screen in key.screens)


def by_press(screens: Sequence[ScreenName], own: Mapping[str, str]) -> dict[str, Key]:
    """Return what each key does on any of some screens, with the keys that the rep chose."""
    return {one: key for screen in screens for key in of_screen(screen) for one in own.get(key.id, key.keys).split(",")}


def bindings(screen: ScreenName) -> list[Binding]:
    """Return a screen's bindings for Textual."""
    groups = {name: Binding.Group(name) for name in GROUPS}
    made: list[Binding] = []
    for key in of_screen(screen):
        for one in key.keys.split(","):
            action = f"tick({one})" if key.action == "tick" else key.action
            made.append(
                Binding(
                    one,
                    action,
                    id=key.id,
                    tooltip=key.tooltip,
                    group=groups[key.group],
                    # One row of the help says all nine digits.
                    key_display=key.display if key.action == "tick" else None,
                    system=key.action == "tick" and one != "1",
                )
            )
    return made


def table(screens: Sequence[ScreenName] = _ALL) -> str:
    """Return the keys as a table in Markdown, for the README; a test says when the README's is stale."""
    rows = ["| key | does | where |", "|---|---|---|"]
    for group in GROUPS:
        for key in KEYS:
            where = [screen for screen in screens if screen in key.screens]
            if key.group == group and where:
                shown = key.shown.replace("|", "\\|")
                rows.append(f"| `{shown}` | {key.tooltip} | {', '.join(where)} |")
    return "\n".join(rows) + "\n"
