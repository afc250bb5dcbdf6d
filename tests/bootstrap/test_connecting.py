"""Connecting each CRM: what is asked, what is shown before anything is written, and what is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import keyring
import pytest
from keyring.backend import KeyringBackend

from callsheet.bootstrap.checks import examine
from callsheet.bootstrap.connecting import Answers, Connected, Found, connect_crm, disconnect
from callsheet.bootstrap.office import Office, office
from callsheet.bootstrap.start import Start
from callsheet.crm.demo.server import TOKEN as HUBSPOT_KEY
from callsheet.crm.guide import Guide, guide
from callsheet.crm.registry import BUILT_IN, Code, Connection, factory, kinds
from callsheet.settings import Secret, TokenError, find_token
from callsheet.settings.file import read
from callsheet.sync.port import AuthBroken, CrmError, Invalid
from tests.crm.espocrm.fake import KEY as ESPO_KEY
from tests.crm.espocrm.fake import FakeEspo
from tests.crm.hubspot.backend import HubSpotBackend
from tests.crm.pipedrive.backend import PipedriveBackend
from tests.crm.pipedrive.server import TOKEN as PIPEDRIVE_KEY
from tests.crm.salesforce.fake import CLIENT, CLIENT_SECRET, HOST, REFRESH, FakeSalesforce

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Ring(KeyringBackend):
    """A keyring that remembers until the test is over."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def ring() -> Iterator[Ring]:
    before, ring = keyring.get_keyring(), Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


@dataclass
class Rep:
    """A rep who answers as the test says, and remembers what was shown."""

    says: str = ""
    creates: bool = False
    agrees: bool = True
    watches: Callable[[], object] = lambda: None
    shown: list[Found] = field(default_factory=list)
    codes: list[Code] = field(default_factory=list)
    waited: float = 0
    seen: list[object] = field(default_factory=list)

    def key(self, guide: Guide) -> str:
        assert guide.key
        return self.says

    def code(self, code: Code) -> None:
        self.codes.append(code)

    def wait(self, seconds: float) -> None:
        self.waited += seconds

    def may_create(self, found: Found) -> bool:
        assert any(one.can_create for one in found.checks)
        return self.creates

    def agreed(self, found: Found) -> bool:
        self.shown.append(found)
        self.seen.append(self.watches())
        return self.agrees


@pytest.fixture
def home(tmp_path: Path) -> Start:
    return Start(lambda: NOON, {"CALLSHEET_HOME": str(tmp_path / "home"), "TZ": "Europe/London"})


@pytest.fixture
def opened(home: Start) -> Iterator[Office]:
    with office(home) as made:
        yield made


@dataclass
class Case:
    """A CRM of one kind: its fake, what is answered, and the key."""

    network: httpx.BaseTransport
    given: dict[str, str]
    key: str


def case(kind: str) -> Case:
    match kind:
        case "hubspot":
            return Case(HubSpotBackend().faults, {"user": "rep@example.com"}, HUBSPOT_KEY)
        case "pipedrive":
            return Case(PipedriveBackend().faults, {}, PIPEDRIVE_KEY)
        case "espocrm":
            return Case(FakeEspo(), {"url": "https://crm.example"}, ESPO_KEY)
    given = {"url": f"https://{HOST}", "client_id": CLIENT, "grant": "client_credentials", "user": "one@example.com"}
    return Case(FakeSalesforce(), given, CLIENT_SECRET)


FAKES = ("hubspot", "pipedrive", "espocrm", "salesforce")


def connect(opened: Office, kind: str, rep: Rep, found: Case, **more: str) -> Connected:
    return connect_crm(opened, kind, Answers({**found.given, **more}), rep, found.network)


@pytest.mark.parametrize("kind", FAKES)
def test_what_was_found_is_shown_before_anything_is_kept(opened: Office, ring: Ring, kind: str) -> None:
    found = case(kind)
    rep = Rep(
        found.key, creates=True, watches=lambda: (opened.paths.settings.exists(), dict(ring.kept), opened.book.crm)
    )
    done = connect(opened, kind, rep, found)
    assert done.connected, done.found.checks
    [shown] = rep.shown
    assert shown.account.name
    assert all(shown.vocabulary.stages.values())
    assert {"clock", "time zone"} <= {one.name.casefold() for one in shown.checks}
    assert rep.seen == [(False, {}, "")]
    assert list(ring.kept.values()) == [found.key]
    assert opened.book.crm == kind
    settings = read(opened.paths.settings, {})
    assert settings.crm.kind == kind
    assert found.key not in opened.paths.settings.read_text(encoding="utf-8")
    assert find_token(settings.crm, {}).reveal() == found.key


@pytest.mark.parametrize("kind", FAKES)
def test_who_does_not_agree_leaves_no_trace(opened: Office, ring: Ring, kind: str) -> None:
    found = case(kind)
    assert not connect(opened, kind, Rep(found.key, creates=True, agrees=False), found).connected
    assert not opened.paths.settings.exists()
    assert not ring.kept
    assert not opened.book.crm


@pytest.mark.parametrize("kind", FAKES)
def test_a_wrong_key_is_told_and_not_kept(opened: Office, ring: Ring, kind: str) -> None:
    found = case(kind)
    with pytest.raises(AuthBroken) as caught:
        connect(opened, kind, Rep("wrong-key"), found)
    assert "wrong-key" not in str(caught.value)
    assert not ring.kept


def test_what_is_missing_is_made_only_when_the_rep_says_so(opened: Office, ring: Ring) -> None:
    found = case("pipedrive")
    done = connect(opened, "pipedrive", Rep(found.key), found)
    assert not done.connected
    assert [one.name for one in done.found.checks if not one.ok]
    assert not ring.kept
    assert connect(opened, "pipedrive", Rep(found.key, creates=True), found).connected


def test_a_missing_field_in_espocrm_is_told_with_the_way_to_make_it(opened: Office, ring: Ring, home: Start) -> None:
    fake = FakeEspo(keyed=())
    found = Case(fake, {"url": "https://crm.example"}, ESPO_KEY)
    done = connect(opened, "espocrm", Rep(found.key), found)
    told = [one.detail for one in done.found.checks if not one.ok]
    assert not done.connected
    assert len(told) == 2
    assert all("Entity Manager" in one and "callsheetId" in one for one in told)
    assert not ring.kept


def test_salesforce_is_signed_in_to_by_a_code(opened: Office, ring: Ring) -> None:
    network = FakeSalesforce()
    network.device_pending = 2
    given = {"url": f"https://{HOST}", "client_id": CLIENT, "grant": "device"}
    rep = Rep("nobody asks for a key")
    assert connect(opened, "salesforce", rep, Case(network, given, "")).connected
    assert [code.code for code in rep.codes] == ["ABCD-1234"]
    assert rep.waited == 15
    assert list(ring.kept.values()) == [REFRESH]
    options = read(opened.paths.settings, {}).crm.options
    assert options == {"grant": "refresh_token", "client_id": CLIENT}


def test_a_code_that_nobody_types_is_not_waited_for_for_ever(opened: Office, ring: Ring) -> None:
    network = FakeSalesforce()
    network.device_pending = 1_000
    given = {"url": f"https://{HOST}", "client_id": CLIENT, "grant": "device"}
    rep = Rep()
    with pytest.raises(AuthBroken, match="in time"):
        connect(opened, "salesforce", rep, Case(network, given, ""))
    assert rep.waited <= 600


def test_client_credentials_are_kept_as_such(opened: Office, ring: Ring) -> None:
    found = case("salesforce")
    assert connect(opened, "salesforce", Rep(found.key), found).connected
    crm = read(opened.paths.settings, {}).crm
    assert crm.options == {"grant": "client_credentials", "client_id": CLIENT}
    assert crm.user == "one@example.com"


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        ("espocrm", {}, "url"),
        ("hubspot", {}, "user"),
        ("salesforce", {"url": "https://x.example"}, "grant"),
        ("salesforce", {"url": "https://x.example", "grant": "magic"}, "grant"),
        ("salesforce", {"url": "https://x.example", "grant": "device"}, "client_id"),
        ("odoo", {"url": "https://user:pass@crm.example"}, "url"),
        ("nothing", {}, "kind"),
    ],
)
def test_what_is_not_answered_is_named(opened: Office, kind: str, given: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        connect_crm(opened, kind, Answers(given), Rep("some-key"), FakeEspo())
    assert caught.value.field == field


def test_a_headless_machine_is_asked_for_no_key(opened: Office, home: Start, ring: Ring) -> None:
    found = case("espocrm")
    environ = {**home.environ, "CALLSHEET_TOKEN_ESPOCRM": found.key}
    with office(Start(lambda: NOON, environ)) as headless:
        assert connect(headless, "espocrm", Rep(""), found).connected
        assert not ring.kept
    with pytest.raises(TokenError, match="CALLSHEET_TOKEN_ESPOCRM"):
        connect(opened, "espocrm", Rep(""), found)


def test_connecting_again_takes_the_key_that_is_kept(opened: Office, home: Start, ring: Ring) -> None:
    found = case("espocrm")
    assert connect(opened, "espocrm", Rep(found.key), found).connected
    with office(home) as again:
        answers = Answers(statuses={"nurture": "Dead"})
        assert connect_crm(again, "espocrm", answers, Rep(""), found.network).connected
    assert list(ring.kept.values()) == [found.key]


def test_the_rep_s_own_words_are_kept_and_shown(opened: Office, ring: Ring) -> None:
    found = case("espocrm")
    answers = Answers(found.given, statuses={"nurture": "Dead"})
    rep = Rep(found.key)
    assert connect_crm(opened, "espocrm", answers, rep, found.network).connected
    assert rep.shown[0].vocabulary.stages["nurture"] == "Dead"
    assert read(opened.paths.settings, {}).crm.statuses == {"nurture": "Dead"}


@pytest.mark.parametrize("kind", FAKES)
def test_a_word_that_the_crm_does_not_have_is_told(opened: Office, kind: str) -> None:
    found = case(kind)
    answers = Answers(found.given, statuses={"meeting": "No Such Status"})
    done = connect_crm(opened, kind, answers, Rep(found.key, creates=True), found.network)
    assert not done.connected
    assert [one.name for one in done.found.checks if not one.ok] == ["crm.statuses.meeting"]


def test_disconnecting_removes_the_key(home: Start, opened: Office, ring: Ring) -> None:
    found = case("espocrm")
    assert connect(opened, "espocrm", Rep(found.key), found).connected
    with office(home) as again:
        disconnect(again)
        assert not again.book.crm
    assert not ring.kept
    assert read(opened.paths.settings, {}).crm.kind == ""


def test_every_kind_has_a_guide_that_says_where_things_are() -> None:
    assert set(BUILT_IN) <= set(kinds())
    for kind in BUILT_IN:
        found = guide(kind)
        assert found.name != kind
        assert found.where
        assert all(question.where for question in found.questions)


# the key shows nowhere


@pytest.fixture
def connected(home: Start, opened: Office, ring: Ring) -> Start:
    found = case("espocrm")
    assert connect(opened, "espocrm", Rep(found.key), found).connected
    return home


def finding(start: Start, name: str) -> tuple[bool, str]:
    [one] = [one for one in examine(start) if one.name == name]
    return one.ok, one.detail


def test_the_doctor_looks_for_the_key_everywhere(connected: Start) -> None:
    ok, detail = finding(connected, "key")
    assert ok, detail
    assert "none of them" in detail


@pytest.mark.parametrize("spelled", [ESPO_KEY, ESPO_KEY.encode().hex()])
def test_the_doctor_finds_a_key_that_lies_about(connected: Start, opened: Office, spelled: str) -> None:
    for name in ("settings.toml", "notes.txt"):
        file = opened.paths.config / name
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        file.write_text(f"{before}\n# {spelled}\n", encoding="utf-8")
        ok, detail = finding(connected, "key")
        assert not ok
        assert name in detail
        assert ESPO_KEY not in detail
        file.write_text(before, encoding="utf-8")


def test_a_key_in_the_book_is_found(connected: Start, opened: Office) -> None:
    opened.book.put_note("draft", f"my key is {ESPO_KEY}")
    ok, detail = finding(connected, "key")
    assert not ok
    assert ".db" in detail or ".sqlite" in detail or "book" in detail


def test_a_key_in_the_environment_shows_in_no_variable(home: Start, opened: Office) -> None:
    start = Start(lambda: NOON, {**home.environ, "CALLSHEET_TOKEN_ESPOCRM": ESPO_KEY})
    with office(start) as headless:
        assert ESPO_KEY not in f"{start!r} {headless!r}"


def test_a_request_that_fails_shows_no_key_in_any_adapter() -> None:
    secret = Secret("seen be to not is that k3y a"[::-1].replace(" ", "-"))
    for kind in FAKES:
        found = case(kind)
        options = {name: said for name, said in found.given.items() if name not in {"url", "user"}}

        def refused(request: httpx.Request) -> httpx.Response:
            raise httpx.ReadError("it failed", request=request)

        network = httpx.MockTransport(refused)
        url = found.given.get("url", "")
        crm = factory(kind)(Connection(url, secret, options=options, transport=network))
        with pytest.raises(CrmError) as caught:
            crm.whoami()
        told = f"{caught.value} {caught.getrepr(showlocals=True, chain=True)}"
        assert secret.reveal() not in told, kind
        crm.close()
