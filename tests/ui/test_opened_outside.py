"""What a key opens outside the terminal: the mail with an invitation, and LinkedIn with its note."""

from __future__ import annotations

import pytest

from callsheet.services.desk import Desk
from callsheet.services.outreach import Report, log
from callsheet.ui.outside import CannotOpen
from callsheet.ui.screens.lead import LeadScreen, open_lead
from tests.desks import Clock, worked
from tests.ui.conftest import Aside, Open
from tests.ui.waiting import settled, text_of


async def test_a_booked_meeting_opens_the_mail_that_its_invitation_goes_with(
    open_app: Open, desk: Desk, outside: Aside, leads: dict[str, str]
) -> None:
    app = open_app()
    asked: list[str] = []

    def write(_: Desk, lead: str) -> tuple[str, str]:
        asked.append(lead)
        return "/home/rep/invitations/Priya.ics", "mailto:priya@example.com?subject=Invitation"

    app.write_invitation = write
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, LeadScreen)
        assert screen.view is not None
        lead = screen.view.card.lead.id
        await pilot.press("m")
        await settled(pilot)
        await pilot.press(*"thu 2p demo", "enter")
        await settled(pilot)
        assert asked == [lead]
        assert outside.opened == ["mailto:priya@example.com?subject=Invitation"]
        assert "attach the invitation to the mail" in text_of(app, "#said")


async def test_without_a_mail_program_the_mail_is_copied_and_asked_for_all_the_same(
    open_app: Open, outside: Aside, leads: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(url: str) -> None:
        raise CannotOpen("nothing here opens links: there is no desktop")

    monkeypatch.setattr(outside, "open", nothing)
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        open_lead(app, leads["ben"])
        await settled(pilot)
        await pilot.press("e")
        await settled(pilot)
        assert "Hello Ben," in app.clipboard
        assert "subject and text are copied, for ben@lumen.example" in text_of(app, "#question")


async def test_a_linkedin_step_opens_the_profile_and_copies_the_note(
    open_app: Open, desk: Desk, clock: Clock, outside: Aside
) -> None:
    lead = worked(desk, "Lena Fischer", linkedin="linkedin.com/in/lena")
    for outcome, channel in (("researched", "research"), ("sent", "email"), ("sent", "email")):
        clock.advance(days=2)
        log(desk, lead, Report(outcome, channel, note="the guide", asset=f"Guide {clock.at:%d}"))  # type: ignore[arg-type]
    clock.advance(days=1)
    app = open_app()
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        open_lead(app, lead)
        await settled(pilot)
        await pilot.press("o")
        await settled(pilot)
        assert outside.opened == ["https://linkedin.com/in/lena"]
        assert "the note for the invitation is copied" in text_of(app, "#said")
        assert app.clipboard.startswith("Hello Lena, thank you for your interest in")
