"""What was done on a lead, by Odoo's records of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from callsheet.crm.odoo.history import call, channel_of, message
from callsheet.crm.odoo.session import ActivityType, Me

ME = Me(user=5, partner=6, name="Rita Rep", company="My Company", zone="Europe/London")
TYPES = {2: ActivityType(2, "Call", "phonecall"), 4: ActivityType(4, "To-Do", "default")}
DISCUSSION = 1
KEY = "01980000-0000-7000-8000-000000000001"

MESSAGE: dict[str, Any] = {
    "id": 7, "date": "2026-07-03 10:00:00", "res_id": 61, "author_id": [9, "Mona Manager"], "email_from": False,
    "subject": False, "body": "<p>They moved to <b>5 &lt; 6</b></p>", "message_type": "comment",
    "subtype_id": [2, "Note"], "mail_activity_type_id": False, "write_date": "2026-07-03 10:00:00",
}  # fmt: skip
CALL: dict[str, Any] = {
    "id": 3, "name": "Voicemail", "description": "Voicemail\nsaid hi", "date": "2026-07-03 10:00:00", "duration": 0.7,
    "state": "done", "direction": "out", "user_id": [5, "Rita Rep"], "opportunity_id": [61, "Offer"],
    "write_date": "2026-07-03 10:00:00",
}  # fmt: skip


def read(external_id: str = "", **values: Any) -> Any:
    return message(MESSAGE | values, ME, TYPES, DISCUSSION, external_id)


def test_a_remark_is_told_with_its_author() -> None:
    touch = read()
    assert (touch.lead, touch.author, touch.text, touch.mine, touch.key) == (
        "61", "Mona Manager", "They moved to 5 < 6", False, "",
    )  # fmt: skip
    assert touch.at == datetime(2026, 7, 3, 10, tzinfo=UTC)


def test_our_own_is_known_by_its_key() -> None:
    touch = read(f"callsheet.message_{KEY}", author_id=[6, "Rita Rep"])
    assert touch.mine
    assert touch.key == KEY


@pytest.mark.parametrize(
    ("values", "channel", "outcome"),
    [
        ({}, "research", ""),
        ({"subtype_id": [DISCUSSION, "Discussions"]}, "email", "sent"),
        ({"message_type": "email", "author_id": False, "email_from": "ann@lead.example"}, "email", "replied"),
        ({"message_type": "sms"}, "sms", "sent"),
        ({"message_type": "notification", "mail_activity_type_id": [2, "Call"]}, "phone", ""),
        ({"message_type": "notification", "mail_activity_type_id": [4, "To-Do"]}, "research", ""),
    ],
)
def test_a_message_is_a_touch_on_its_channel(values: dict[str, Any], channel: str, outcome: str) -> None:
    touch = read(**values)
    assert (touch.channel, touch.outcome) == (channel, outcome)


def test_a_message_without_words_or_lead_says_nothing() -> None:
    assert read(body="<p><br></p>") is None
    assert read(res_id=False) is None


@pytest.mark.parametrize(("state", "told"), [("done", True), ("open", False), ("pending", False), ("cancel", False)])
def test_only_a_call_that_took_place_is_told(state: str, told: bool) -> None:
    assert (call(CALL | {"state": state}, ME, "") is not None) == told


def test_a_call_is_told_in_its_words() -> None:
    touch = call(CALL, ME, f"callsheet.touch_{KEY}")
    assert touch is not None
    assert (touch.channel, touch.text, touch.key, touch.mine) == ("phone", "Voicemail\nsaid hi", KEY, True)
    other = call(CALL | {"user_id": [8, "Sam"], "description": False}, ME, "")
    assert other is not None
    assert (other.text, other.author, other.mine) == ("Voicemail", "Sam", False)


@pytest.mark.parametrize(
    ("name", "category", "channel"),
    [("Call", "phonecall", "phone"), ("Treffen", "meeting", "meeting"), ("LinkedIn message", "default", "linkedin"),
     ("Email", "default", "email"), ("Letter", "default", "post"), ("To-Do", "default", "research")],
)  # fmt: skip
def test_a_type_of_activity_has_a_channel(name: str, category: str, channel: str) -> None:
    assert channel_of(ActivityType(1, name, category)) == channel
