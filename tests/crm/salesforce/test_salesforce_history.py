"""What was done on the rep's leads in Salesforce: tasks, meetings, and mails with who wrote them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callsheet.crm.contract.suite import CALL, applied, make_op, pull_history
from callsheet.crm.salesforce import Salesforce
from tests.crm.salesforce.backend import SalesforceBackend
from tests.crm.salesforce.fake import OTHER, REP


def mailed(backend: SalesforceBackend, lead: str, *, incoming: bool, subject: str = "Your offer") -> None:
    """What the org keeps of a mail: the message, and a task that does not say who wrote."""
    task = backend.server.make(
        "Task", REP, Subject=f"Email: {subject}", Description="To: x\nBody: ...", Status="Completed", WhoId=lead,
        OwnerId=REP, TaskSubtype="Email", ActivityDate="2026-07-06",
    )  # fmt: skip
    backend.server.make(
        "EmailMessage", REP, ActivityId=task, Incoming=incoming, Subject=subject, TextBody="Yes, call me",
        MessageDate="2026-07-06T08:30:00.000+0000",
    )  # fmt: skip


def test_an_answer_by_mail_is_an_answer(backend: SalesforceBackend, crm: Salesforce) -> None:
    lead = backend.make_lead("Ann Other")
    mailed(backend, lead, incoming=True)
    [answer] = pull_history(crm)[0]
    assert (answer.channel, answer.outcome, answer.mine) == ("email", "replied", False)
    assert answer.text == "Your offer\nYes, call me"
    assert answer.at == datetime(2026, 7, 6, 8, 30, tzinfo=UTC)


def test_a_mail_that_was_sent_from_there_is_the_reps_own(backend: SalesforceBackend, crm: Salesforce) -> None:
    mailed(backend, backend.make_lead("Ann Other"), incoming=False)
    [sent] = pull_history(crm)[0]
    assert (sent.channel, sent.outcome, sent.mine) == ("email", "", True)


def test_an_org_without_mails_is_read_all_the_same(backend: SalesforceBackend, crm: Salesforce) -> None:
    lead = backend.make_lead("Ann Other")
    mailed(backend, lead, incoming=True)
    backend.server.tables.pop("EmailMessage")
    [touch] = pull_history(crm)[0]
    assert (touch.channel, touch.outcome) == ("email", "")


def test_a_touch_of_ours_is_no_mail_of_theirs(backend: SalesforceBackend, crm: Salesforce) -> None:
    op = make_op(backend.make_lead("Ann Other"), CALL)
    applied(crm.apply([op])[0])
    asked = len(backend.server.asked)
    assert [touch.key for touch in pull_history(crm)[0]] == [op.id]
    assert len(backend.server.asked) - asked <= 2  # tasks and meetings: there are no mails to ask for


def test_a_lead_that_becomes_mine_brings_what_was_done_long_before(backend: SalesforceBackend, crm: Salesforce) -> None:
    lead = backend.make_lead("Taken Over", mine=False)
    backend.remark(lead, "Said before it was mine")
    backend.server.tick(timedelta(days=300))
    backend.remark(backend.make_lead("Mine All Along"), "Said meanwhile")
    backend.server.tick(timedelta(days=10))
    _, cursor = pull_history(crm)
    backend.reassign(lead, mine=True)
    touches, _ = pull_history(crm, cursor)
    assert [touch.text.splitlines()[-1] for touch in touches if touch.lead == lead] == ["Said before it was mine"]


def test_meetings_that_are_over_are_in_the_history(backend: SalesforceBackend, crm: Salesforce) -> None:
    lead = backend.make_lead("Ann Other")
    backend.remark(lead, "A first word")

    def meet(subject: str, day: str) -> None:
        times = {"StartDateTime": f"{day}T10:00:00.000+0000", "EndDateTime": f"{day}T11:00:00.000+0000"}
        who = {"WhoId": lead, "OwnerId": OTHER}
        backend.server.make("Event", OTHER, Subject=subject, Description="at theirs", **who, **times)

    meet("Looked at the lot", "2026-07-06")
    meet("Will be held", "2126-07-06")
    before, cursor = pull_history(crm)
    [met] = [touch for touch in before if touch.channel == "meeting"]
    assert (met.text, met.lead, met.author, met.mine) == ("Looked at the lot\nat theirs", lead, "Rep Two", False)
    backend.server.tick(timedelta(days=2))
    meet("Signed", "2026-07-08")
    after, _ = pull_history(crm, cursor)
    assert [touch.text.partition("\n")[0] for touch in after if touch.channel == "meeting"][-1] == "Signed"
