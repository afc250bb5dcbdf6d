"""The packet of a hand-off: what a colleague needs to start where the rep ended (RULES §10, `S4`)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Label

from callsheet.domain.events import Packet
from callsheet.domain.lead import Lead
from callsheet.domain.text import one_line
from callsheet.ui.present import ink
from callsheet.ui.present.call_plan import subject_of
from callsheet.ui.present.cells import line
from callsheet.ui.screens.modal import DeskModal, one_line_input
from callsheet.ui.widgets.lines import Lines

PARTS: Final = tuple(field.name for field in fields(Packet))


@dataclass(frozen=True, slots=True)
class HandedOff:
    """Who takes the lead, and with what."""

    to: str
    packet: Packet


class HandOff(DeskModal[HandedOff]):
    """Asks who takes the lead, and for the packet, filled in as far as it is known."""

    def __init__(self, lead: Lead) -> None:
        super().__init__()
        self.lead = lead

    def body(self) -> ComposeResult:
        """Return a line for each part."""
        lead, known = self.lead, self.lead.packet or Packet()
        asked = lead.asked.interaction.text if lead.asked else ""
        values = {
            "who": known.who or lead.profile.name, "role": known.role or lead.profile.title,
            "need": known.need or asked, "topic": known.topic or subject_of(lead).strip("‘’"),
            "objections": known.objections, "best_time": known.best_time,
        }  # fmt: skip
        yield Lines(lambda _: [line(("Hand off: who takes it, and what do they need to know?", ink.WARM_HEAD))])
        with Horizontal(classes="row"):
            yield Label("to", classes="label")
            yield one_line_input(placeholder="name or address of the colleague", id="to")
        for part in PARTS:
            with Horizontal(classes="row"):
                yield Label(part.replace("_", " "), classes="label")
                yield one_line_input(one_line(values[part], 500), id=part)
        yield Lines(lambda _: [line(("tab: next line · enter hands it off · esc leaves it", ink.QUIET))], id="echo")

    @on(Input.Submitted)
    def hand_off(self) -> None:
        """Return the packet when nothing is missing."""
        to = self.query_one("#to", Input).value.strip()
        packet = Packet(**{part: self.query_one(f"#{part}", Input).value.strip() for part in PARTS})
        missing = [*([] if to else ["who takes it"]), *(part.replace("_", " ") for part in packet.missing)]
        if missing:
            self.say((f"still missing: {', '.join(missing)}", ink.LATE))
            return
        self.close(HandedOff(to, packet))
