"""`callsheet connect salesforce` as a rep and as a machine use it, against an org behind a socket of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from callsheet.cli import connect
from tests.bootstrap.test_connecting import Ring, ring
from tests.cli.conftest import Shell
from tests.cli.test_connect_command import typed
from tests.crm.loopback import served
from tests.crm.salesforce.fake import CLIENT, CLIENT_SECRET, REFRESH, REP, FakeSalesforce
from tests.crm.salesforce.schema import KEY

__all__ = ["ring", "typed"]


@pytest.fixture
def org() -> FakeSalesforce:
    fake = FakeSalesforce()
    fake.make(
        "Lead", FirstName="Priya", LastName="Raman", Company="Raman & Co", Phone="+442079460001", OwnerId=REP,
        Status="Open - Not Contacted", LeadSource="Web", Description="Please call me", DoNotCall=False,
    )  # fmt: skip
    return fake


@pytest.fixture
def url(org: FakeSalesforce, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(connect.Terminal, "wait", lambda *_: None)
    with served(org) as address:
        org.instance = address
        yield address


def kept_in(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_a_rep_signs_in_by_a_code_and_the_day_begins(
    shell: Shell, ring: Ring, url: str, typed: object, org: FakeSalesforce
) -> None:
    code, said = typed(f"{url}/lightning/page/home\ndevice\n{CLIENT}\ny\n", "connect", "salesforce")  # type: ignore[operator]
    assert code == 0, said
    order = ["as your browser shows it", "How to sign in", "External Client App Manager", "Enable Device Flow",
             "type ABCD-1234", "Salesforce knows you as Rep One at Example Ltd", "working → Working - Contacted",
             "connected; 0 things wait"]  # fmt: skip
    places = [said.index(words) for words in order]
    assert places == sorted(places), said
    assert list(ring.kept.values()) == [REFRESH]
    assert not {line for line in org.asked if line.startswith(("PATCH", "DELETE"))}
    assert REFRESH not in said
    assert shell("sync").code == 0
    assert [one["name"] for one in shell.json("today")["hot"]] == ["Priya Raman"]
    assert shell("log", "priya", "voicemail").code == 0
    assert shell("sync").code == 0
    [call] = [
        row for row in org.tables["Task"].values() if row["TaskSubtype"] == "Call" and row["Status"] == "Completed"
    ]
    assert call["CallDisposition"] == "Left voicemail"
    assert all(one["ok"] for one in shell.json("doctor")["checks"])
    assert REFRESH.encode() not in kept_in(shell.home)


def test_what_is_missing_is_offered_and_made(
    shell: Shell, ring: Ring, url: str, typed: object, org: FakeSalesforce
) -> None:
    org.admin, org.defined = True, set()
    org.hidden |= {f"Task.{KEY}", f"Lead.{KEY}"}
    answers = f"{url}\ndevice\n{CLIENT}\ny\ny\n"
    code, said = typed(answers, "connect", "salesforce")  # type: ignore[operator]
    assert code == 0, said
    order = ["✗ delivery key: Activities lack", "working → Working", "Make it now?", "✓ delivery key\n", "Connect?"]
    places = [said.index(words) for words in order]
    assert places == sorted(places), said
    assert org.defined == {f"Activity.{KEY}", f"Lead.{KEY}"}


def test_an_app_that_replaces_its_refresh_token_at_each_use_stays_signed_in(
    shell: Shell, ring: Ring, url: str, typed: object, org: FakeSalesforce
) -> None:
    org.rotates, org.admin, org.defined = True, True, set()
    org.hidden |= {f"Task.{KEY}", f"Lead.{KEY}"}
    code, said = typed(f"{url}\ndevice\n{CLIENT}\ny\ny\n", "connect", "salesforce")  # type: ignore[operator]
    assert code == 0, said
    for _ in range(2):
        assert shell("sync").code == 0
        assert all(one["ok"] for one in shell.json("doctor")["checks"])
    assert org.refreshed > 4
    assert list(ring.kept.values()) == [org.refresh]
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: shell("doctor").code, range(4))) == {0}
    assert list(ring.kept.values()) == [org.refresh]
    assert org.refresh.encode() not in kept_in(shell.home)


def test_a_key_that_is_replaced_and_cannot_be_kept_is_told(shell: Shell, url: str, org: FakeSalesforce) -> None:
    org.rotates = True
    shell.environ["CALLSHEET_TOKEN_SALESFORCE"] = REFRESH
    options = ("--option", "grant=refresh_token", "--option", f"client_id={CLIENT}")
    ran = shell("connect", "salesforce", "--url", url, "--yes", *options)
    assert ran.code != 0
    assert "Refresh Token Rotation" in ran.err
    assert org.refresh not in ran.out + ran.err


def test_who_may_make_nothing_is_told_what_an_administrator_makes(
    shell: Shell, ring: Ring, url: str, typed: object, org: FakeSalesforce
) -> None:
    org.hidden.add(f"Task.{KEY}")
    code, said = typed(f"{url}\ndevice\n{CLIENT}\n", "connect", "salesforce")  # type: ignore[operator]
    assert code == 1
    assert "Object Manager, Activity" in said
    assert "Make it now?" not in said
    assert not ring.kept


def test_a_machine_without_a_keyring_signs_in_by_itself(shell: Shell, url: str) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]
    try:
        arguments = ("connect", "salesforce", "--url", url, "--user", "one@example.com", "--yes")
        options = ("--option", "grant=client_credentials", "--option", f"client_id={CLIENT}")
        shell.environ["CALLSHEET_TOKEN_SALESFORCE"] = CLIENT_SECRET
        ran = shell(*arguments, *options)
        assert ran.code == 0, ran.err
        assert all(one["ok"] for one in shell.json("doctor")["checks"])
        assert shell("sync").code == 0
        assert CLIENT_SECRET.encode() not in kept_in(shell.home)
        assert CLIENT_SECRET not in ran.out + ran.err
    finally:
        keyring.set_keyring(before)


def test_nobody_types_a_code_where_nothing_can_be_kept(shell: Shell, url: str, typed: object) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]
    try:
        code, said = typed(f"{url}\ndevice\n{CLIENT}\n", "connect", "salesforce")  # type: ignore[operator]
    finally:
        keyring.set_keyring(before)
    assert code == 1
    assert "ABCD-1234" not in said
    assert "no keyring" in said
    assert "CALLSHEET_TOKEN_SALESFORCE" in said
