"""`callsheet connect` as a rep and as a script use it, against an EspoCRM behind a socket of this machine."""

from __future__ import annotations

import io
import stat
from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from callsheet.cli import connect
from callsheet.crm.demo.network import DemoTransport
from callsheet.crm.demo.schema import KEY as HUBSPOT_KEY
from callsheet.crm.demo.server import TOKEN
from callsheet.settings import find_token
from callsheet.settings.file import read
from callsheet.settings.paths import Paths
from tests.bootstrap.test_connecting import Ring, ring
from tests.cli.conftest import Ran, Shell
from tests.crm.espocrm.fake import KEY, FakeEspo
from tests.crm.hubspot.backend import HubSpotBackend
from tests.crm.loopback import served
from tests.crm.pipedrive.backend import PipedriveBackend
from tests.crm.pipedrive.server import TOKEN as PIPEDRIVE_KEY

__all__ = ["ring"]


@pytest.fixture
def espo() -> FakeEspo:
    return FakeEspo()


@pytest.fixture
def url(espo: FakeEspo) -> Iterator[str]:
    with served(espo) as address:
        yield address


@pytest.fixture
def typed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> object:
    """Somebody sits there and types."""

    def run(lines: str, *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(connect, "interactive", lambda: True)
        with CliRunner().isolation(input=lines) as (_, _, seen):
            code = shell(*arguments).code
            said = seen.getvalue()
        return code, said.decode()

    return run


def piped(shell: Shell, monkeypatch: pytest.MonkeyPatch, key: str, *arguments: str) -> Ran:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{key}\n"))
    return shell(*arguments)


def test_it_asks_in_plain_words_and_shows_the_mapping_first(shell: Shell, ring: Ring, url: str, typed: object) -> None:
    code, said = typed(f"espocrm\n{url}/#Lead/view/1\n\n{KEY}\ny\n", "connect")  # type: ignore[operator]
    assert code == 0, said
    order = ["Which CRM", "Connecting EspoCRM", "as your browser shows it", "API Users", "knows you as Rep One",
             "working → In Process", "Nothing has been written yet", "connected; 0 things wait"]  # fmt: skip
    places = [said.index(words) for words in order]
    assert places == sorted(places), said
    assert KEY not in said
    assert list(ring.kept.values()) == [KEY]


def test_a_log_file_has_every_request_and_no_key(shell: Shell, ring: Ring, url: str, typed: object) -> None:
    log = shell.home.parent / "requests.log"
    code, said = typed(f"espocrm\n{url}\n\n{KEY}\ny\n", "--log-file", str(log), "connect")  # type: ignore[operator]
    assert code == 0, said
    asked = log.read_text()
    assert "GET /api/v1/App/user 200," in asked
    log.unlink()
    assert shell("--log-file", str(log), "sync").code == 0
    synced = log.read_text()
    assert "GET /api/v1/Lead 200," in synced
    assert "?" not in asked + synced, "what was asked for may name somebody"
    assert KEY not in asked + synced
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert shell("sync").code == 0
    assert log.read_text() == synced, "only where it is asked for"


@pytest.fixture
def hub() -> HubSpotBackend:
    return HubSpotBackend(prepare=False)


@pytest.fixture
def hub_url(hub: HubSpotBackend) -> Iterator[str]:
    with served(DemoTransport(hub.server)) as address:
        yield address


@pytest.mark.parametrize(("make", "connected"), [("y", True), ("n", False)])
def test_the_mapping_is_shown_before_anything_is_made_there(
    shell: Shell, ring: Ring, hub: HubSpotBackend, hub_url: str, typed: object, make: str, *, connected: bool
) -> None:
    answers = f"{hub.server.rep.email}\n{TOKEN}\n{make}\ny\n"
    code, said = typed(answers, "connect", "hubspot", "--url", hub_url)  # type: ignore[operator]
    order = ["Profile & Preferences", "Service Keys", "HubSpot knows you as Robin Rep", "✗ Delivery key: contacts",
             "the contacts whose owner you are", "working → In progress", "touches by video, meeting, research",
             "make there what is missing: Delivery key, Do-not-contact flag", "Make it now?"]  # fmt: skip
    places = [said.index(words) for words in order]
    assert places == sorted(places), said
    assert said.count("working → In progress") == 1
    assert (code == 0) is connected
    made = HUBSPOT_KEY in hub.server._account.book.schema["calls"]
    assert made is connected
    if connected:
        assert said.index("Make it now?") < said.index("✓ Delivery key") < said.index("nothing else has been written")
        assert list(ring.kept.values()) == [TOKEN]
        assert all(one["ok"] for one in shell.json("doctor")["checks"])
    else:
        assert "mend what is marked" in said
        assert not ring.kept


@pytest.fixture
def pipe_url() -> Iterator[str]:
    with served(PipedriveBackend().server) as address:
        yield address


def test_pipedrive_is_connected_by_the_address_of_the_browser(
    shell: Shell, ring: Ring, pipe_url: str, typed: object
) -> None:
    said_to_it = f"{pipe_url}/leads/inbox\n{PIPEDRIVE_KEY}\ny\ny\n"
    code, said = typed(said_to_it, "connect", "pipedrive")  # type: ignore[operator]
    assert code == 0, said
    for words in ("Personal preferences, API", "Pipedrive knows you as Rita Rep at Co & Sons", "those that you own",
                  "nurture → Nurture", "voicemail → left_voicemail", "✓ do not contact"):  # fmt: skip
        assert words in said
    assert PIPEDRIVE_KEY not in said
    assert all(one["ok"] for one in shell.json("doctor")["checks"])


def test_no_is_no(shell: Shell, ring: Ring, url: str, typed: object) -> None:
    code, said = typed(f"{url}\n\n{KEY}\nn\n", "connect", "espocrm")  # type: ignore[operator]
    assert code == 1
    assert "nothing was written" in said
    assert not ring.kept
    assert not (shell.home / "settings.toml").exists()


def test_a_script_pipes_the_key(
    shell: Shell, ring: Ring, url: str, monkeypatch: pytest.MonkeyPatch, espo: FakeEspo
) -> None:
    ran = piped(shell, monkeypatch, KEY, "connect", "espocrm", "--url", url, "--status", "nurture=Dead", "--json")
    assert ran.code == 0, ran.err
    told = ran.json
    assert (told["connected"], told["who"]) == (True, "Rep One")
    assert told["mapping"]["statuses"]["nurture"] == "Dead"
    assert KEY not in ran.out
    crm = read(Paths.at(shell.home).settings, {}).crm
    assert find_token(crm, {}).reveal() == KEY
    doctor = shell.json("doctor")["checks"]
    assert all(one["ok"] for one in doctor), [one for one in doctor if not one["ok"]]
    espo.custom["Call"] = set()
    failed = [one for one in shell.json("doctor")["checks"] if not one["ok"]]
    assert [one["name"] for one in failed] == ["crm: delivery key of calls"]
    assert "Entity Manager" in failed[0]["detail"]


def test_a_wrong_key_is_sent_once(
    shell: Shell, ring: Ring, url: str, monkeypatch: pytest.MonkeyPatch, espo: FakeEspo
) -> None:
    ran = piped(shell, monkeypatch, "wrong-key", "connect", "espocrm", "--url", url)
    assert ran.code == 1
    assert "does not accept this API key" in ran.err
    assert "wrong-key" not in ran.err + ran.out
    assert espo.answered == ["GET App/user 401"]


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        (("connect",), "espocrm, hubspot, odoo, pipedrive, salesforce", 2),
        (("connect", "espocrm", "--option", "grant"), "--option name=value", 2),
        (("connect", "nothing"), "there is no CRM of the kind “nothing”; one of espocrm, hubspot", 2),
        (("connect", "espocrm"), "Address is missing", 1),
    ],
)
def test_what_is_missing_is_said(shell: Shell, arguments: tuple[str, ...], said: str, code: int) -> None:
    ran = shell(*arguments)
    assert ran.code == code
    assert said in ran.err
