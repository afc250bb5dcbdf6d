"""Every channel, outcome and text as an object of HubSpot's, and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.crm.hubspot import activities
from callsheet.crm.hubspot.activities import MAX_BODY, pieces, plain
from callsheet.crm.hubspot.contacts import KEY
from callsheet.crm.hubspot.interactions import form_kind
from callsheet.crm.hubspot.shapes import Disposition, Record
from callsheet.crm.hubspot.words import Words
from callsheet.domain.events import Channel, InteractionKind
from callsheet.domain.text import safe_text
from callsheet.sync.port import Note, Op, Task, Touch

NOON = datetime(2026, 7, 3, 12, 0, tzinfo=UTC)
WORDS = Words(
    dispositions=[Disposition("g-voicemail", "Left voicemail"), Disposition("g-connected", "Connected")],
    owners={"101": "Robin Rep", "102": "Sam Second"},
)
CALL = Touch(
    channel="phone",
    direction="outbound",
    outcome="voicemail",
    label="Left a voicemail",
    reached=False,
    duration=timedelta(seconds=47, milliseconds=250),
    text="Back on Monday",
    number="+442079460013",
)


def written(body: Touch | Note | Task) -> tuple[str, dict[str, str]]:
    op = Op(id="key-1", lead="7", at=NOON, zone="Europe/London", body=body)
    [write] = activities.writes(op, body, "101", WORDS)
    assert write.key == "key-1"
    assert all(isinstance(value, str) for value in write.properties.values())
    return write.kind, dict(write.properties)


def test_a_call_says_everything() -> None:
    assert written(CALL) == (
        "calls",
        {
            "hs_timestamp": "1783080000000",
            "hubspot_owner_id": "101",
            "hs_call_title": "Call: Left a voicemail",
            "hs_call_body": "Left a voicemail<br>Back on Monday",
            "hs_call_direction": "OUTBOUND",
            "hs_call_duration": "47250",
            "hs_call_status": "COMPLETED",
            "hs_call_to_number": "+442079460013",
            "hs_call_disposition": "g-voicemail",
        },
    )


def test_a_call_from_them_has_their_number_as_its_origin() -> None:
    _, values = written(replace(CALL, direction="inbound"))
    assert values["hs_call_direction"] == "INBOUND"
    assert values["hs_call_from_number"] == "+442079460013"
    assert "hs_call_to_number" not in values


@pytest.mark.parametrize(
    ("outcome", "status"), [("no_answer", "NO_ANSWER"), ("busy", "BUSY"), ("connected", "COMPLETED")]
)
def test_the_status_of_a_call_follows_its_outcome(outcome: str, status: str) -> None:
    assert written(replace(CALL, outcome=outcome))[1]["hs_call_status"] == status


def test_an_outcome_that_the_account_lacks_is_only_in_the_text() -> None:
    _, values = written(replace(CALL, outcome="wrong_number", label="Wrong number"))
    assert "hs_call_disposition" not in values
    assert values["hs_call_body"].startswith("Wrong number")


@pytest.mark.parametrize(
    ("channel", "kind", "expected"),
    [
        ("email", "emails", {"hs_email_direction": "EMAIL", "hs_email_status": "SENT"}),
        ("linkedin", "communications", {"hs_communication_channel_type": "LINKEDIN_MESSAGE"}),
        ("sms", "communications", {"hs_communication_channel_type": "SMS", "hs_communication_logged_from": "CRM"}),
        ("post", "postal_mail", {"hs_postal_mail_body": "Posted<br>A card"}),
        ("video", "notes", {"hs_note_body": "Video: Posted<br>A card"}),
        ("meeting", "notes", {"hs_note_body": "Meeting: Posted<br>A card"}),
        ("research", "notes", {"hs_note_body": "Research: Posted<br>A card"}),
    ],
)
def test_every_channel_has_its_place(channel: Channel, kind: str, expected: dict[str, str]) -> None:
    found, values = written(replace(CALL, channel=channel, label="Posted", text="A card", outcome="sent"))
    assert found == kind
    assert expected.items() <= values.items()


def test_no_channel_is_forgotten() -> None:
    assert set(get_args(Channel)) == set(activities.PLACES) | set(activities.OTHER_CHANNELS)


def test_an_email_is_there_as_text_and_as_html() -> None:
    _, values = written(replace(CALL, channel="email", label="Bounced", outcome="bounced", text="a < b & c"))
    assert values["hs_email_status"] == "BOUNCED"
    assert values["hs_email_html"] == "Bounced<br>a &lt; b &amp; c"
    assert values["hs_email_text"] == "Bounced\na < b & c"
    assert written(replace(CALL, channel="email", direction="inbound"))[1]["hs_email_direction"] == "INCOMING_EMAIL"


@pytest.mark.parametrize(("channel", "sort"), [("phone", "CALL"), ("email", "EMAIL"), ("linkedin", "TODO")])
def test_a_task_is_due_at_its_time(channel: Channel, sort: str) -> None:
    due = NOON + timedelta(days=3)
    kind, values = written(Task("Send the <offer>", due, channel, text="40 seats"))
    assert kind == "tasks"
    assert values["hs_timestamp"] == "1783339200000"
    assert values["hs_task_subject"] == "Send the <offer>"
    assert values["hs_task_type"] == sort
    assert "40 seats" in values["hs_task_body"]
    assert "hs_task_status" not in values


def test_nothing_in_a_text_is_markup() -> None:
    _, values = written(Note("<script>alert(1)</script> & <b>bold</b>\nnext\x1b line"))
    expected = "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;bold&lt;/b&gt;<br>next\ufffd line"
    assert values["hs_note_body"] == expected


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_any_text_comes_back_as_it_went(text: str) -> None:
    assert plain("".join(pieces(text))) == safe_text(text).strip()


@settings(deadline=None)
@given(st.sampled_from(["<", "&", "x", "\n", "é"]), st.integers(0, 200_000))
def test_no_piece_is_longer_than_the_limit(character: str, count: int) -> None:
    found = pieces(character * count)
    assert all(len(piece) <= MAX_BODY for piece in found)
    assert len(found) <= 1 + (count * 5) // (MAX_BODY - 50_000)


def record(**properties: str) -> Record:
    return Record("55", dict(properties), NOON, NOON)


@pytest.mark.parametrize(
    ("kind", "properties", "channel", "outcome"),
    [
        ("calls", {"hs_call_disposition": "g-voicemail"}, "phone", "voicemail"),
        ("calls", {"hs_call_status": "BUSY"}, "phone", "busy"),
        ("calls", {}, "phone", ""),
        ("emails", {"hs_email_direction": "INCOMING_EMAIL"}, "email", "replied"),
        ("emails", {"hs_email_status": "BOUNCED"}, "email", "bounced"),
        ("emails", {"hs_email_direction": "EMAIL", "hs_email_status": "SENT"}, "email", "sent"),
        ("communications", {"hs_communication_channel_type": "LINKEDIN_MESSAGE"}, "linkedin", "sent"),
        ("communications", {"hs_communication_channel_type": "WHATS_APP"}, "sms", "sent"),
        ("postal_mail", {}, "post", "posted"),
        ("meetings", {"hs_meeting_outcome": "COMPLETED"}, "meeting", "connected"),
        ("notes", {"hs_note_body": "x"}, "research", ""),
    ],
)
def test_what_others_did_is_read_as_a_touch(
    kind: str, properties: dict[str, str], channel: Channel, outcome: str
) -> None:
    found = activities.touch(record(hubspot_owner_id="102", **properties), kind, "7", "101", WORDS)
    assert (found.channel, found.outcome) == (channel, outcome)
    assert (found.author, found.mine, found.key, found.lead) == ("Sam Second", False, "", "7")
    assert found.remote_id == f"{kind}:55"


def test_what_we_did_is_known_by_its_key() -> None:
    found = activities.touch(record(**{KEY: "key-1#2", "hubspot_owner_id": "101"}), "notes", "7", "101", WORDS)
    assert found.mine
    assert found.key == "key-1"


def test_a_touch_shows_title_outcome_and_plain_text() -> None:
    body = "<p>Hi&nbsp;Ann,</p><div>a &lt; b</div><script>x</script>"
    found = activities.touch(
        record(hs_call_title="Intro", hs_call_body=body, hs_call_disposition="g-connected"), "calls", "7", "1", WORDS
    )
    assert found.text == "Intro\nConnected\nHi\xa0Ann,\na < b\nx"


@pytest.mark.parametrize(
    ("name", "message", "kind"),
    [
        ("Contact us", "", "contact_form"), ("Download: white paper", "", "download"), ("Webinar May", "", "webinar"),
        ("Trade show booth 12", "", "event_form"), ("Download the guide", "Please call me", "contact_form"),
        ("", "", "contact_form"),
    ],
)  # fmt: skip
def test_a_form_is_what_its_name_says_and_a_question_is_a_request(
    name: str, message: str, kind: InteractionKind
) -> None:
    assert form_kind(name, message) == kind
