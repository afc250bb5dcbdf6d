"""What a lead did is told in one cell, `kind:topic@time; …`, by people who do not know our words for it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from callsheet.domain.events import Interaction, InteractionKind, Packet
from callsheet.exchange.leads_csv.interactions import kind_in_title, kind_of, read_interactions, read_packet
from callsheet.exchange.leads_csv.times import UnreadableTime

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_cell_holds_several_interactions() -> None:
    text = "webinar: Scaling: how @ 2026-11-20 15:00; whitepaper:ABC@2026-11-21;demo request"
    assert read_interactions(text, "iso", BERLIN) == (
        (Interaction("webinar", topic="Scaling: how"), datetime(2026, 11, 20, 14, tzinfo=UTC)),
        (Interaction("download", topic="ABC"), datetime(2026, 11, 20, 23, tzinfo=UTC)),
        (Interaction("contact_form"), None),
    )


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("form", "contact_form"),
        ("Contact Form", "contact_form"),
        ("contact_form", "contact_form"),
        ("demo request", "contact_form"),
        ("White paper", "download"),
        ("e-book", "download"),
        ("download", "download"),
        ("webinar", "webinar"),
        ("badge", "scan"),
        ("Scan", "scan"),
        ("event form", "event_form"),
        ("booth visit", "attendance"),
        ("call in", "inbound_call"),
        ("sales email", "sales_email"),
        ("page view", "visit"),
        ("email_click", "email_click"),
        ("reply", "reply"),
        ("score", "score"),
        ("astrology", None),
    ],
)
def test_a_kind_has_many_words(word: str, kind: InteractionKind | None) -> None:
    assert kind_of(word) == kind


def test_an_unknown_kind_loses_no_word() -> None:
    assert read_interactions("podcast: Episode 5", "iso", BERLIN) == (
        (Interaction("other", topic="podcast: Episode 5"), None),
    )


def test_an_address_in_a_topic_is_no_time() -> None:
    assert read_interactions("sales email: wrote to sales@example.com", "iso", BERLIN) == (
        (Interaction("sales_email", topic="wrote to sales@example.com"), None),
    )


def test_a_time_that_cannot_be_read_stays_in_the_topic() -> None:
    assert read_interactions("webinar: Scaling@32.13.2026", "iso", BERLIN) == (
        (Interaction("webinar", topic="Scaling@32.13.2026"), None),
    )


def test_a_time_with_two_readings_is_not_guessed() -> None:
    with pytest.raises(UnreadableTime, match="two ways"):
        read_interactions("webinar: Scaling@03/04/2026", "iso", BERLIN)


def test_an_empty_cell_holds_none() -> None:
    assert read_interactions(" ; ", "iso", BERLIN) == ()


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Webinar: Scaling sales", "webinar"),
        ("Whitepaper ABC: get your copy", "download"),
        ("Contact us", "contact_form"),
        ("Pricing page: Request a demo", "contact_form"),
        ("Footer newsletter", "other"),
    ],
)
def test_the_title_of_a_form_tells_what_it_was(title: str, kind: InteractionKind) -> None:
    assert kind_in_title(title) == kind


@pytest.mark.parametrize(
    ("text", "packet"),
    [
        ("", None),
        ("they drown in tickets", Packet(need="they drown in tickets")),
        (
            "who: Ada; role: CTO; need: fewer tickets; topic: the pilot; objections: price; best time: Thu 14:00",
            Packet("Ada", "CTO", "fewer tickets", "the pilot", "price", "Thu 14:00"),
        ),
        ("Need: fewer tickets\nand faster\nTopic: pilot", Packet(need="fewer tickets; and faster", topic="pilot")),
        ("met at the fair; role: CTO", Packet(role="CTO", need="met at the fair")),
        ("note: call at 14:00; nice person", Packet(need="note: call at 14:00; nice person")),
    ],
)
def test_a_hand_off_is_read_by_its_labels_or_as_the_need(text: str, packet: Packet | None) -> None:
    assert read_packet(text) == packet
