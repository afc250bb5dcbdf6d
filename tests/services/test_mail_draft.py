from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from callsheet.domain import events as ev
from callsheet.domain.lead import Contact, Lead
from callsheet.domain.profile import Profile
from callsheet.domain.value import Asset, empty_follow_up
from callsheet.services.invitations import Invitation, Person
from callsheet.services.mail_draft import LONGEST, Draft, invitation_draft, linkedin_note, mail_draft

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def lead(**changes: object) -> Lead:
    who = Profile(name="Priya Raman", company="Raman", emails=("priya@example.com",))
    seen = Contact("e", NOW, ev.Interaction("download", "Fleet ROI guide"))
    return Lead("1", **{"profile": who, "contacts": (seen,), **changes})  # type: ignore[arg-type]


def test_after_a_hand_off_its_points_come_first() -> None:
    packet = ev.Packet("Priya", "buyer", "fewer empty miles", "a pilot in Leeds", "price", "mornings")
    mail = mail_draft(lead(packet=packet, originator="Jo Marsh"), signature="Mara")
    lines = mail.body.splitlines()
    assert lines[2:5] == [
        "You spoke with Jo Marsh, and this is what I have understood:",
        "- What you need: fewer empty miles",
        "- What we agreed to talk about: a pilot in Leeds",
    ]
    assert mail.subject == "a pilot in Leeds"
    assert "price" not in mail.body, "their objections are ours to know"


def test_what_they_asked_is_answered_and_what_is_brought_has_its_link() -> None:
    asked = Contact("e", NOW, ev.Interaction("contact_form", "Pricing", "What do 40 seats cost?"))
    mail = mail_draft(lead(asked=asked), signature="Mara", asset=Asset("Price list", "https://example.com/p"))
    assert "You wrote: “What do 40 seats cost?”" in mail.body
    assert "Price list\nhttps://example.com/p" in mail.body
    assert mail.to == "priya@example.com"


def test_no_draft_is_an_empty_follow_up() -> None:
    for one in (lead(), lead(contacts=()), lead(profile=Profile())):
        mail = mail_draft(one, signature="Mara")
        assert empty_follow_up(mail.body) is None
        assert mail.subject


@given(st.text(max_size=300), st.text(max_size=5000))
def test_a_link_is_short_enough_and_nothing_in_it_becomes_a_header(subject: str, body: str) -> None:
    clean = "".join(char for char in body if not 0xD800 <= ord(char) < 0xE000)
    title = "".join(char for char in subject if not 0xD800 <= ord(char) < 0xE000)[:100]
    link = Draft("priya@example.com", title, clean).link
    assert set(parse_qs(urlsplit(link).query, keep_blank_values=True)) == {"subject", "body"}
    assert "\n" not in link
    assert len(link) <= max(LONGEST, len(Draft("priya@example.com", title, "[…]").link))


def test_an_address_brings_no_copy_to_anybody() -> None:
    link = Draft("a@example.com?bcc=evil@example.com", "s", "b").link
    assert unquote(urlsplit(link).path) == "a@example.com?bcc=evil@example.com"
    assert set(parse_qs(urlsplit(link).query)) == {"subject", "body"}


def test_an_invitation_goes_out_with_its_time_in_words() -> None:
    invite = Invitation(
        "REQUEST", "u", 0, NOW, NOW, NOW, "Demo", "Need: x", Person("Mara", "m@x.com"), Person("Priya R", "p@x.com")
    )  # fmt: skip
    mail = invitation_draft(invite, "Thu 26 Nov 14:00")
    assert mail.subject == "Invitation: Demo, Thu 26 Nov 14:00"
    assert mail.to == "p@x.com"
    assert "Need: x" in mail.body


def test_a_linkedin_note_is_short_and_says_why() -> None:
    note = linkedin_note(lead(), rep="Mara Quinn")
    assert note == (
        "Hello Priya, thank you for your interest in Fleet ROI guide. I would like to stay in contact. Mara Quinn"
    )
    assert len(linkedin_note(lead(profile=Profile(name="x" * 500)), rep="y" * 500)) <= 200
