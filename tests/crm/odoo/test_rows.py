"""Our ops as rows for Odoo."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callsheet.crm.odoo import rows
from callsheet.crm.odoo.names import external, key_of
from callsheet.crm.odoo.rows import Hand
from callsheet.sync.port import Op, OpBody, Task, Touch

KEY = "01980000-0000-7000-8000-000000000001"
HAND = Hand(user=5, partner=6)
JULY = datetime(2026, 7, 3, 23, 30, tzinfo=UTC)
CALL = Touch(
    "phone", "outbound", "voicemail", "Left a voicemail", reached=False, duration=timedelta(seconds=47), text="<hi>"
)


def op(body: OpBody, zone: str = "Europe/London") -> Op:
    return Op(id=KEY, lead="61", at=JULY, zone=zone, body=body)


def test_a_call_counts_in_minutes_and_in_utc() -> None:
    row = dict(zip(rows.CALL_COLUMNS, rows.call(op(CALL), CALL, HAND), strict=True))
    assert row["id"] == f"callsheet.touch_{KEY}"
    assert row["date"] == "2026-07-03 23:30:00"
    assert float(row["duration"]) * 60 == pytest.approx(47)
    assert row["state"] == "done"
    assert row["direction"] == "out"
    assert row["description"] == "Left a voicemail\n<hi>"


def test_a_touch_is_done_on_the_day_it_was_for_the_rep() -> None:
    row = dict(zip(rows.ACTIVITY_COLUMNS, rows.done_activity(op(CALL), CALL, HAND, 2), strict=True))
    assert row["date_deadline"] == row["date_done"] == "2026-07-04"
    assert row["active"] == "0"
    line = dict(zip(rows.MESSAGE_COLUMNS, rows.done_message(op(CALL), CALL, HAND, 2), strict=True))
    assert line["date"] == "2026-07-03 23:30:00"
    assert line["body"] == "<p>Call: Left a voicemail (0:47 min)<br/>&lt;hi&gt;</p>"


@pytest.mark.parametrize(
    ("step", "zone", "title", "day"),
    [
        (Task("Call back", JULY, "phone"), "Europe/London", "Call back, 00:30", "2026-07-04"),
        (Task("Call back", JULY, "phone"), "America/New_York", "Call back, 19:30", "2026-07-03"),
        (Task("Call back", JULY, "phone", all_day=True), "Europe/London", "Call back", "2026-07-04"),
        (Task("", JULY, "email", all_day=True), "UTC", "Email", "2026-07-03"),
        (Task("x" * 300, JULY, "phone", all_day=True), "Mars/Base", "x" * 199 + "…", "2026-07-03"),
    ],
)
def test_a_next_step_has_its_day_and_tells_its_time(step: Task, zone: str, title: str, day: str) -> None:
    row = dict(zip(rows.TASK_COLUMNS, rows.task(op(step, zone), step, HAND, 2), strict=True))
    assert (row["summary"], row["date_deadline"]) == (title, day)


def test_the_key_is_known_again_by_the_external_id() -> None:
    assert key_of(external("touch", KEY)) == KEY
    assert key_of(external("message", KEY)) == KEY
    assert key_of(external("task", KEY)) == ""
    assert key_of("other.touch_1") == ""
    assert key_of(False) == ""
    with pytest.raises(ValueError, match="external id"):
        external("touch", "a.b; drop")
