"""What is next with a lead, where that stands on the sheet, and in which order (RULES §4).

`next_action` depends on the lead alone and is kept with it; `place` says where it stands at a given moment. The store
asks the same questions of its index; a test holds the two together.
"""

from callsheet.domain.agenda.entry import Entry, Kind
from callsheet.domain.agenda.order import SECTIONS, Pane, Place, at_moment, end_of_day, place
from callsheet.domain.agenda.step_due import channels_of, schedule_of, step_of_attempt
from callsheet.domain.agenda.upcoming import next_action

__all__ = [
    "SECTIONS", "Entry", "Kind", "Pane", "Place", "at_moment", "channels_of", "end_of_day", "next_action", "place",
    "schedule_of", "step_of_attempt",
]  # fmt: skip
