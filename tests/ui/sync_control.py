"""A sync for the screens: it keeps what it is told, and refuses what is settled already."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Literal

from callsheet.services.views import SyncStatus, Undelivered
from callsheet.ui.sync_control import Badge, Conflict, NoSync, Run, SyncView
from tests.ui.sample import NOW


class ToldSync(NoSync):
    """Stands in for the sync beside the screens."""

    def __init__(self, view: SyncView) -> None:
        self.shown = view
        self.told: list[tuple[str, ...]] = []

    def badge(self) -> Badge:
        needs = sum(one.state == "parked" for one in self.shown.undelivered) + len(self.shown.conflicts)
        kind: Literal["needs_you", "waiting"] = "needs_you" if needs else "waiting"
        return Badge(kind, self.shown.status.waiting, needs, self.shown.status.last_ok)

    def request(self) -> None:
        self.told.append(("request",))

    def believe(self) -> None:
        self.told.append(("believe",))

    def view(self) -> SyncView:
        return self.shown

    def retry(self, op: str) -> None:
        self._settle(op, "retry")

    def edit(self, op: str, value: str) -> None:
        self._settle(op, "edit", value)

    def drop(self, op: str) -> None:
        self._settle(op, "drop")

    def decide(self, conflict: str, kept: Literal["mine", "theirs"]) -> None:
        self.told.append(("decide", conflict, kept))
        left = tuple(one for one in self.shown.conflicts if one.key != conflict)
        self.shown = replace(self.shown, conflicts=left)

    def _settle(self, op: str, *what: str) -> None:
        if all(one.op != op for one in self.shown.undelivered):
            raise KeyError(op)
        self.told.append((what[0], op, *what[1:]))
        left = tuple(one for one in self.shown.undelivered if one.op != op)
        self.shown = replace(self.shown, undelivered=left)


def busy_view(leads: dict[str, str], text: str = "") -> SyncView:
    """Return a sync with something of everything; `text` stands in for what comes from outside."""
    undelivered = (
        Undelivered("op-1", "e1", leads["jonas"], text or "Jonas Weber", "profile", text or "corrected", "parked",
                    NOW - timedelta(minutes=50), None, text or "Invalid value for the field zip: 5 digits are expected",
                    "zip"),
        Undelivered("op-2", "e2", leads["tom"], text or "Tom Okafor", "touch", text or "call: left voicemail", "parked",
                    NOW - timedelta(hours=3), None, text or "The user may not write activities of this type", ""),
        Undelivered("op-3", "e3", leads["priya"], text or "Priya Raman", "touch", text or "call: connected", "waiting",
                    NOW - timedelta(minutes=2)),
        Undelivered("op-4", "e4", leads["marcus"], text or "Marcus Hill", "task", text or "next step: pricing call",
                    "retry", NOW - timedelta(hours=1), NOW + timedelta(minutes=4), text or "503: back in a minute"),
        Undelivered("op-5", "e5", leads["ken"], text or "Ken Adachi", "touch", text or "mail: sent", "ambiguous",
                    NOW - timedelta(minutes=7), None, "the connection broke"),
    )  # fmt: skip
    conflicts = (
        Conflict("7", leads["ana"], text or "Ana Lindqvist", "title", text or "CFO", text or "Chief Financial Officer"),
        Conflict("8", leads["sam"], text or "Sam Doyle", "company", text or "Pinnacle", text or "Pinnacle Freight Ltd"),
    )
    status = SyncStatus(
        "odoo", 3, 2, 2, NOW - timedelta(minutes=1), NOW - timedelta(minutes=1), "", False,
        (text or "2 leads of yours in Odoo are not here: Ruth Amadi, Ben Carver",),
    )  # fmt: skip
    runs = (
        Run(NOW - timedelta(minutes=1), 2, 4), Run(NOW - timedelta(minutes=31), 0, 0, text or "no network"),
        Run(NOW - timedelta(hours=3), 12, 1),
    )  # fmt: skip
    return SyncView(status, undelivered, conflicts, runs)
