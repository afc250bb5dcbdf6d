"""Leads in EspoCRM: duplicates, do-not-contact, versions, and those that were given away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from callsheet.crm.contract.suite import CALL, SUMMER, applied, make_op, pull
from callsheet.crm.espocrm import EspoCrm
from callsheet.domain.profile import Profile
from callsheet.sync.port import (
    Conflict,
    LeadCreate,
    LeadPatch,
    Note,
    NotVisible,
    Present,
    Rejected,
    TakeBack,
)
from tests.crm.espocrm.backend import EspoBackend


def test_people_may_share_a_name(backend: EspoBackend, crm: EspoCrm) -> None:
    there = backend.make_lead("Ann Other", email="ann@one.example")
    body = LeadCreate(Profile(name="Ann Other", emails=("ann@two.example",)), received_at=SUMMER)
    made = applied(crm.apply([make_op("", body)])[0])
    assert made.remote_id != there
    assert len(backend.server.tables["Lead"]) == 2


def test_a_colleagues_lead_is_not_taken(backend: EspoBackend, crm: EspoCrm) -> None:
    backend.make_lead("Ann Other", email="ann@one.example", mine=False)
    body = LeadCreate(Profile(name="A. Other", emails=("Ann@One.example",)), received_at=SUMMER)
    result = crm.apply([make_op("", body)])[0]
    assert isinstance(result, Rejected)
    assert result.code == "duplicate"
    assert "Rep Two" in result.reason
    assert len(backend.server.tables["Lead"]) == 1


def test_what_does_not_fit_is_told_in_the_description(backend: EspoBackend, crm: EspoCrm) -> None:
    profile = Profile(
        name="Nia New", title="Head of " + "very " * 40 + "much", phones=("ask reception",), industry="Beekeeping",
        linkedin="https://linkedin.example/nia", company_size=40,
    )  # fmt: skip
    op = make_op("", LeadCreate(profile, received_at=SUMMER, source="Fair", campaign="Spring"))
    made = applied(crm.apply([op])[0]).remote_id
    row = backend.server.tables["Lead"][made]
    assert len(row["title"]) == 100
    for said in (
        "much", "ask reception", "Beekeeping", "linkedin.example/nia", "Company size: 40", "Source: Fair", "Spring",
    ):  # fmt: skip
        assert said in row["description"]
    assert applied(crm.apply([op])[0]).remote_id == made


def test_do_not_contact_that_is_dropped_is_told(backend: EspoBackend, crm: EspoCrm) -> None:
    backend.server.frozen = {"doNotCall"}
    lead = backend.make_lead("Ann Other", phone="+442079460013")
    result = crm.apply([make_op(lead, LeadPatch(do_not_contact=True))])[0]
    assert isinstance(result, Rejected)
    assert result.field == "doNotCall"


def test_a_stage_does_not_reopen_what_was_decided_there(backend: EspoBackend, crm: EspoCrm) -> None:
    lead = backend.make_lead("Ann Other")
    backend.lose(lead)
    applied(crm.apply([make_op(lead, LeadPatch(stage="connected"))])[0])
    assert backend.state(lead).closed


def test_where_leads_have_versions_a_late_change_is_a_conflict(backend: EspoBackend) -> None:
    backend.server.optimistic.add("Lead")
    crm = backend.adapter()
    crm.whoami()
    assert crm.capabilities.stale_guard
    lead = backend.make_lead("Ann Other", title="before")
    where = crm.resolve([lead])[lead]
    assert isinstance(where, Present)
    version = f"1@{where.lead.version}" if "@" not in where.lead.version else where.lead.version
    backend.edit_lead(lead, title="theirs")
    op = replace(make_op(lead, LeadPatch(profile={"title": "mine"})), base=version)
    result = crm.apply([op])[0]
    assert isinstance(result, Conflict)
    assert result.remote["title"] == "theirs"


def test_a_lead_given_away_takes_no_touch(backend: EspoBackend, crm: EspoCrm) -> None:
    lead = backend.make_lead("Ann Other")
    backend.reassign(lead)
    result = crm.apply([make_op(lead, CALL)])[0]
    assert isinstance(result, Rejected)
    assert result.code == "forbidden"
    assert isinstance(crm.resolve([lead])[lead], NotVisible)
    backend.delete(lead)
    gone = crm.apply([make_op(lead, CALL)])[0]
    assert isinstance(gone, Rejected)
    assert gone.code == "gone"


def test_without_the_right_to_delete_a_note_takes_back(backend: EspoBackend, crm: EspoCrm) -> None:
    backend.server.no_delete = True
    lead = backend.make_lead("Ann Other")
    op = make_op(lead, CALL)
    applied(crm.apply([op])[0])
    back = make_op(lead, TakeBack(of=op.id, was=CALL))
    assert applied(crm.apply([back])[0]).how == "corrected by a note"
    assert [one.kind for one in backend.effects(back.id)] == ["note"]


def test_a_note_of_long_ago_is_taken_back_by_another(backend: EspoBackend, crm: EspoCrm) -> None:
    """After a month EspoCRM lets nobody delete a post of their own any more."""
    lead = backend.make_lead("Ann Other")
    op = make_op(lead, Note("Has a dog"))
    applied(crm.apply([op])[0])
    backend.server.tick(timedelta(days=40))
    back = make_op(lead, TakeBack(of=op.id, was=Note("Has a dog")))
    for _ in range(2):
        assert applied(crm.apply([back])[0]).how == "corrected by a note"
    assert [said for said in backend.notes(lead) if said.startswith("Taken back")]
    assert len(backend.effects(back.id)) == 1


def test_do_not_contact_is_set_though_a_colleagues_lead_has_the_same_number(backend: EspoBackend, crm: EspoCrm) -> None:
    """The number of a switchboard is one record of EspoCRM's: it is not opted out for somebody else's lead."""
    theirs = backend.make_lead("Not Mine", phone="+442079460013", mine=False)
    lead = backend.make_lead("Ann Other", phone="+442079460013", email="ann@one.example")
    for _ in range(2):
        applied(crm.apply([make_op(lead, LeadPatch(do_not_contact=True))])[0])
    row = backend.server.tables["Lead"][lead]
    assert (row["doNotCall"], row["emailAddressIsOptedOut"], row["phoneNumberIsOptedOut"]) == (True, True, False)
    assert not backend.server.tables["Lead"][theirs]["phoneNumberIsOptedOut"]
    assert pull(crm)[0][lead].do_not_contact
