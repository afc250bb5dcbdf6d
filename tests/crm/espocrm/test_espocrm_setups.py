"""Servers that are set up in another way: smaller pages, chosen networks, teams, version numbers, rights."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from callsheet.crm.contract.suite import CALL, SUMMER, applied, deliver, make_op, pull, pull_history
from callsheet.crm.espocrm import EspoCrm
from callsheet.crm.espocrm.wire import PAGE
from callsheet.domain.profile import Profile
from callsheet.sync.port import AuthBroken, Conflict, LeadCreate, LeadPatch, Note, Rejected
from tests.crm.espocrm.backend import EspoBackend
from tests.crm.espocrm.fake import REP, FakeEspo


def asked(backend: EspoBackend, start: str, since: int = 0) -> int:
    return sum(line.startswith(start) for line in backend.server.answered[since:])


# pages


def test_a_server_that_gives_less_at_a_time_is_asked_for_less(backend: EspoBackend, crm: EspoCrm) -> None:
    """`recordListMaxSizeLimit` of its configuration; a wish for more is refused with the number."""
    made = {backend.make_lead(f"Bulk Number{number}") for number in range(17)}
    posts = [backend.server.post(next(iter(made)), f"Post {number}") for number in range(9)]
    backend.server.limit = 4
    assert pull(crm)[0].keys() == made
    assert {touch.remote_id for touch in pull_history(crm)[0]} == {f"Note,{one}" for one in posts}
    assert asked(backend, "GET Lead 403") == 1


def test_twins_are_found_though_a_page_does_not_hold_them_all(backend: EspoBackend, crm: EspoCrm) -> None:
    lead = backend.make_lead("Ann Other")
    ops = [make_op(lead, CALL) for _ in range(4)]
    for op in ops:
        row = backend.server.tables["Call"][applied(crm.apply([op])[0]).remote_id]
        left = {name: row[name] for name in row if name not in {"id", "createdAt", "modifiedAt", "createdById"}}
        for _ in range(2):
            backend.server.tick(timedelta(minutes=10))
            backend.server.make("Call", REP, **left)
    backend.server.limit = 3
    pull_history(crm)
    assert [len(backend.effects(op.id)) for op in ops] == [1, 1, 1, 1]


# what was said on leads


def talked(backend: EspoBackend, leads: int, posts: int = 1) -> set[str]:
    made = [backend.make_lead(f"Lead Number{number}") for number in range(leads)]
    return {backend.server.post(lead, f"Post {number} on {lead}") for number in range(posts) for lead in made}


def test_the_first_history_reads_each_stream_once(backend: EspoBackend, crm: EspoCrm) -> None:
    said = talked(backend, 60)
    assert {touch.remote_id for touch in pull_history(crm)[0]} == {f"Note,{one}" for one in said}
    assert sum("/stream" in line for line in backend.server.answered) == 60


def test_leads_of_an_import_are_not_read_again_while_nothing_changes(backend: EspoBackend, crm: EspoCrm) -> None:
    """They all have one time of change, which remains the newest one for long."""
    backend.server.dated = True
    talked(backend, 60)
    backend.server.tick(timedelta(hours=2))
    leads, cursor = pull(crm)
    _, history = pull_history(crm)
    for _ in range(2):
        backend.server.tick(timedelta(hours=2))
        before = len(backend.server.answered)
        again, cursor = pull(crm, cursor)
        assert not again
        assert pull_history(crm, history)[0] == []
        assert len(backend.server.answered) - before <= 8
    backend.server.edit("Lead", next(iter(leads)), title="Chief")
    assert len(pull(crm, cursor)[0]) == 1


def test_no_change_is_missed_where_a_proxy_tells_another_time(backend: EspoBackend, crm: EspoCrm) -> None:
    """The time of an answer may be that of whoever stands before the server, whose own clock is behind."""
    backend.server.dated = True
    lead = backend.make_lead("Ann Other")
    real = backend.server.now
    backend.server.now = real + timedelta(minutes=50)
    _, cursor = pull(crm)
    backend.server.now = real + timedelta(minutes=1)
    backend.edit_lead(lead, title="Chief")
    backend.server.now = real + timedelta(minutes=51)
    assert pull(crm, cursor)[0][lead].profile.title == "Chief"


@pytest.mark.parametrize("together", [True, False])
def test_what_was_said_between_two_syncs_comes_in_however_many_leads_spoke(
    backend: EspoBackend, *, together: bool
) -> None:
    """A lead may stand on a late page for its last words, and have said something long before."""
    backend.server.global_stream, backend.server.dated = together, True
    crm = backend.adapter()
    talked(backend, 60)
    lead = backend.make_lead("Ann Other")
    backend.server.tick(timedelta(hours=2))
    _, cursor = pull_history(crm)
    backend.server.tick(timedelta(hours=1))
    first = backend.server.post(lead, "First words")
    backend.server.tick(timedelta(hours=1))
    for other in [one for one in backend.server.tables["Lead"] if one != lead]:
        backend.server.tick(timedelta(seconds=2))
        backend.server.post(other, "Meanwhile")
    last = backend.server.post(lead, "Last words")
    found = {touch.remote_id for touch in pull_history(crm, cursor)[0] if touch.lead == lead}
    assert found == {f"Note,{first}", f"Note,{last}"}


def test_a_role_with_the_global_stream_reads_many_streams_at_once(backend: EspoBackend) -> None:
    backend.server.global_stream = True
    crm = backend.adapter()
    said = talked(backend, 60, posts=5)
    other = backend.make_lead("Not Mine", mine=False)
    backend.server.post(other, "Nothing for us")
    lead = backend.make_lead("Ann Other")
    mail = backend.server.post(lead, "", kind="EmailReceived", emailName="Re: your offer")
    backend.server.post(lead, "", kind="Update")
    touches = pull_history(crm)[0]
    assert {touch.remote_id for touch in touches} == {f"Note,{one}" for one in (*said, mail)}
    assert all(
        touch.lead == backend.server.tables["Note"][touch.remote_id.partition(",")[2]]["parentId"] for touch in touches
    )
    assert asked(backend, "GET GlobalStream") <= 4
    assert not any("/stream" in line for line in backend.server.answered)


def test_a_global_stream_that_is_not_given_after_all_is_done_without(backend: EspoBackend) -> None:
    backend.server.global_stream = True
    crm = backend.adapter()
    crm.whoami()
    backend.server.global_stream = False
    said = talked(backend, 30)
    assert {touch.remote_id for touch in pull_history(crm)[0]} == {f"Note,{one}" for one in said}
    assert asked(backend, "GET GlobalStream") == 1


def test_connecting_tells_that_streams_are_read_one_by_one(backend: EspoBackend) -> None:
    assert any("Global Stream" in one.detail and one.ok for one in backend.adapter().check())
    backend.server.global_stream = True
    assert not any("Global Stream" in one.detail for one in backend.adapter().check())


def test_a_note_is_looked_for_among_posts_alone(backend: EspoBackend, crm: EspoCrm) -> None:
    """What EspoCRM logs by itself may be hundreds of entries, of which a look for our own needs none."""
    lead = backend.make_lead("Ann Other")
    for _ in range(2 * PAGE):
        backend.server.post(lead, "", kind="Update")
    op = make_op(lead, Note("Has a dog"))
    crm.whoami()
    before = len(backend.server.answered)
    applied(crm.apply([op])[0])
    assert backend.server.answered[before:] == [
        f"GET Lead/{lead}/posts 200",
        "POST Note 200",
        f"GET Lead/{lead}/posts 200",
    ]


# rights


def test_a_network_that_is_not_let_in_stops_everything_and_parks_nothing(backend: EspoBackend, crm: EspoCrm) -> None:
    """The key is right, and every request is refused with 403 all the same: no lead was given away."""
    crm.whoami()
    lead = backend.make_lead("Ann Other")
    backend.server.elsewhere = True
    before = len(backend.server.answered)
    for _ in range(3):
        with pytest.raises(AuthBroken, match="certain networks"):
            crm.apply([make_op(lead, CALL)])
    assert len(backend.server.answered) == before + 1
    backend.server.elsewhere = False
    applied(backend.adapter().apply([make_op(lead, CALL)])[0])


def test_who_may_assign_within_teams_and_has_none_may_assign_to_nobody(backend: EspoBackend) -> None:
    backend.server.assigns = "team"
    failed = {one.name: one.detail for one in backend.adapter().check() if not one.ok}
    assert failed.keys() == {"assigning"}
    assert "one team" in failed["assigning"]
    refused = backend.adapter().apply([make_op(backend.make_lead("Ann Other"), CALL)])[0]
    assert isinstance(refused, Rejected)
    backend.server.teams = ["6b0300000000team1"]
    assert all(one.ok for one in backend.adapter().check())


def test_a_role_that_shows_no_colleagues_hands_nothing_over_and_connecting_tells(backend: EspoBackend) -> None:
    """A new role shows no other user and assigns to none."""
    crm = backend.adapter()
    assert any("hand over" in one.detail and one.ok for one in crm.check())
    assert not crm.capabilities.hands_over
    backend.server.knows_colleagues()
    assert not any("hand over" in one.detail for one in crm.check())
    assert crm.capabilities.hands_over


def test_what_is_shown_of_users_is_people_who_are_still_there(backend: EspoBackend, crm: EspoCrm) -> None:
    """EspoCRM shows API users, portals' users and who has left to administrators only."""
    backend.server.knows_colleagues()
    backend.server.hire("6b0300000000robot", "Robot", "robot", kind="api")
    lead = backend.make_lead("Ann Other")
    refused = crm.apply([make_op(lead, LeadPatch(owner="Robot"))])[0]
    assert isinstance(refused, Rejected)
    assert (refused.field, refused.code) == ("owner", "nobody")


def test_leads_of_several_owners_are_told_at_connect(backend: EspoBackend) -> None:
    backend.server.several = True
    [told] = [one.detail for one in backend.adapter().check() if not one.ok]
    assert "Multiple Assigned Users" in told


# leads


def test_the_industries_of_leads_are_those_of_accounts(backend: EspoBackend, crm: EspoCrm) -> None:
    profile = Profile(name="Nia New", emails=("nia@new.example",), industry="software")
    made = applied(crm.apply([make_op("", LeadCreate(profile, received_at=SUMMER))])[0]).remote_id
    row = backend.server.tables["Lead"][made]
    assert row["industry"] == "Software"
    assert not row.get("description")


@pytest.mark.parametrize("deletes", [True, False])
def test_a_company_with_statuses_of_its_own_gets_leads_all_the_same(backend: EspoBackend, *, deletes: bool) -> None:
    """An administrator may remove each status that EspoCRM comes with."""
    backend.server.statuses, backend.server.no_delete = ["Fresh", "Talking", "Lost"], not deletes
    crm = backend.adapter(status_working="Talking", status_closed="Lost")
    op = make_op("", LeadCreate(Profile(name="Nia New", emails=("nia@new.example",)), received_at=SUMMER))
    made = applied(crm.apply([op])[0]).remote_id
    assert backend.server.tables["Lead"][made]["status"] == "Fresh"
    applied(crm.apply([make_op(made, LeadPatch(closed="lost"))])[0])
    assert backend.server.tables["Lead"][made]["status"] == "Lost"
    twin = backend.server.make("Lead", REP, lastName="New", status="Fresh", assignedUserId=REP, cCallsheetId=op.id)
    crm._delivery.tidied("Lead", crm._session(), [op.id])
    left = backend.server.tables["Lead"].get(twin)
    assert left is None if deletes else left and (left["status"], left["cCallsheetId"]) == ("Lost", None)


def test_a_change_on_a_lead_as_it_was_pulled_is_a_conflict_where_leads_have_versions(backend: EspoBackend) -> None:
    backend.server.optimistic.add("Lead")
    crm = backend.adapter()
    lead = backend.make_lead("Ann Other", title="before")
    version = pull(crm)[0][lead].version
    backend.edit_lead(lead, title="theirs")
    result = crm.apply([replace(make_op(lead, LeadPatch(profile={"title": "mine"})), base=version)])[0]
    assert isinstance(result, Conflict)
    assert result.remote["title"] == "theirs"


def test_a_number_is_sent_as_it_was_typed_and_kept_as_espocrm_writes_it(backend: EspoBackend, crm: EspoCrm) -> None:
    lead = backend.make_lead("Ann Other")
    applied(crm.apply([make_op(lead, LeadPatch(profile={"phones": "+44 20 7946 0013"}))])[0])
    assert backend.server.tables["Lead"][lead]["phoneNumber"] == "+442079460013"


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        (Profile(name="Nia New", phones=("+1234567",)), "+1234567"),
        (Profile(name="Nia New", emails=("ann@büro.example",)), "ann@büro.example"),
        (Profile(name="Nia New", website="http://intranet"), "http://intranet"),
    ],
)
def test_a_point_that_espocrm_refuses_is_told_in_words_with_a_new_lead(
    backend: EspoBackend, crm: EspoCrm, profile: Profile, said: str
) -> None:
    """A number of a length that its country does not have, an address that is not ASCII, a site without a dot."""
    made = applied(crm.apply([make_op("", LeadCreate(profile, received_at=SUMMER))])[0]).remote_id
    row = backend.server.tables["Lead"][made]
    assert said in row["description"]
    assert not any(row.get(name) for name in ("phoneNumber", "emailAddress", "website"))


def test_a_lead_without_key_address_and_number_is_made_once_though_the_servers_clock_is_behind() -> None:
    backend = EspoBackend(FakeEspo(keyed=("Call", "Task")))
    crm = backend.adapter()
    crm.whoami()
    op = make_op("", LeadCreate(Profile(name="Nia New", company="New & Co"), received_at=SUMMER))
    op = replace(op, at=backend.server.now + timedelta(seconds=40))
    backend.faults.lose_reply()
    applied(deliver(backend, crm, op))
    assert len(backend.server.tables["Lead"]) == 1


def test_an_id_that_was_brought_along_from_elsewhere_is_one(backend: EspoBackend, crm: EspoCrm) -> None:
    lead = backend.make_lead("Ann Other")
    row = backend.server.tables["Lead"].pop(lead)
    backend.server.tables["Lead"]["old_crm.17="] = {**row, "id": "old_crm.17="}
    assert "old_crm.17=" in pull(crm)[0]
    applied(crm.apply([make_op("old_crm.17=", CALL)])[0])
