"""A day's play: the command line, a book on disk and the adapter, against an EspoCRM behind a socket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.bootstrap.test_connecting import ring
from tests.cli.conftest import Shell, shell
from tests.crm.espocrm.fake import KEY, OTHER, REP, FakeEspo
from tests.crm.espocrm.schema import Record
from tests.crm.loopback import served

__all__ = ["ring", "shell"]

pytestmark = pytest.mark.usefixtures("ring")


@pytest.fixture
def espo() -> FakeEspo:
    fake = FakeEspo()
    fake.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    for number, (first, last) in enumerate((("Priya", "Raman"), ("Bob", "Stone"), ("Ann", "Lee"), ("Cy", "Dee"))):
        fake.make(
            "Lead", firstName=first, lastName=last, accountName=f"{last} & Co", status="Assigned", assignedUserId=REP,
            emailAddress=f"{first.lower()}@example.com", phoneNumber=f"+44207946000{number}", source="Web Site",
            description="Please call me about 40 seats", doNotCall=False,
        )  # fmt: skip
    return fake


@pytest.fixture
def rep(shell: Shell, espo: FakeEspo) -> Iterator[Shell]:
    with served(espo) as url:
        shell.environ["CALLSHEET_TOKEN_ESPOCRM"] = KEY
        assert shell("connect", "espocrm", "--url", url, "--yes").code == 0
        assert shell("sync").code == 0
        yield shell


def made(espo: FakeEspo, kind: str, **values: object) -> list[Record]:
    rows = espo.tables[kind].values()
    return [row for row in rows if all(row.get(name) == value for name, value in values.items())]


def test_a_day_of_calls_mails_steps_and_decisions_arrives_once(rep: Shell, espo: FakeEspo) -> None:
    assert {one["name"] for one in rep.json("today")["hot"]} == {"Priya Raman", "Bob Stone", "Ann Lee", "Cy Dee"}
    said = "She <asked> for 40 seats = 2 vans & a dog"
    assert rep("log", "priya", "voicemail", "--seconds", "47", "--note", said).code == 0
    assert rep("log", "bob", "connected", "--seconds", "300", "--next", "thu 14:00 send <offer>").code == 0
    assert rep("log", "ann", "sent", "--channel", "email", "--note", "Prices").code == 0
    assert rep("log", "cy", "do_not_contact").code == 0
    for _ in range(2):
        assert rep("sync").code == 0, rep("status").out
    [voicemail] = made(espo, "Call", name="Call: Left a voicemail") or made(espo, "Call", name="Call: Left voicemail")
    assert said in voicemail["description"]
    assert (voicemail["dateStart"], voicemail["dateEnd"]) == ("2026-11-23 12:00:00", "2026-11-23 12:00:47")
    [talk] = made(espo, "Call", status="Held", name="Call: Connected")
    assert talk["assignedUserId"] == REP
    assert len(made(espo, "Task", status="Completed", name="Email: Sent")) == 1
    step = next(row for row in made(espo, "Task", status="Not Started") if "offer" in row["name"])
    assert (step["name"], step["dateEnd"]) == ("send ‹offer›", "2026-11-26 14:00:00")
    assert "send <offer>" in step["description"]
    [cy] = made(espo, "Lead", firstName="Cy")
    assert cy["doNotCall"]
    [bob] = made(espo, "Lead", firstName="Bob")
    assert bob["status"] == "In Process"
    keys = [row["cCallsheetId"] for kind in ("Call", "Task") for row in espo.tables[kind].values()]
    assert len(keys) == len(set(keys))
    assert "0 wait" in rep("status").out


def test_what_a_manager_did_meanwhile_comes_in(rep: Shell, espo: FakeEspo) -> None:
    [bob] = made(espo, "Lead", firstName="Bob")
    [ann] = made(espo, "Lead", firstName="Ann")
    espo.edit("Lead", bob["id"], title="Chief of everything")
    espo.post(bob["id"], "They moved to 5 < 6 Main & Co")
    espo.edit("Lead", ann["id"], assignedUserId=OTHER)
    rep.clock.at += timedelta(minutes=5)
    assert rep("sync", "--force", "--thorough").code == 0
    shown = rep("show", "bob").out
    assert "Chief of everything" in shown
    assert "5 < 6 Main & Co" in shown
    assert "Ann Lee" not in {one["name"] for pane in ("hot", "warm") for one in rep.json("today").get(pane, [])}


@pytest.mark.parametrize("trouble", ["key", "field"])
def test_nothing_is_lost_while_something_is_wrong_there(rep: Shell, espo: FakeEspo, trouble: str) -> None:
    def wrong() -> None:
        if trouble == "key":
            espo.key = "another"
        else:
            espo.custom["Call"] = set()

    def mended() -> None:
        espo.key, espo.custom["Call"] = KEY, {"cCallsheetId"}
        espo.bad_keys.clear()

    assert rep("log", "priya", "voicemail").code == 0
    wrong()
    asked = len(espo.answered)
    assert rep("sync").code != 0
    if trouble == "key":
        assert [line for line in espo.answered[asked:] if line.endswith("401")] == ["GET App/user 401"]
    assert not espo.tables["Call"]
    told = rep("status").out
    assert "0 refused" in told
    assert ("does not accept this API key" if trouble == "key" else "Entity Manager") in told
    mended()
    rep.clock.at += timedelta(hours=1)
    rep("sync")
    assert len(espo.tables["Call"]) == 1


def test_whoever_syncs_again_and_again_with_a_wrong_key_locks_nobody_out(rep: Shell, espo: FakeEspo) -> None:
    """Each `callsheet sync` is a process of its own, and a script may run it every second."""
    espo.key = "another"
    for _ in range(60):
        assert rep("sync", "--force").code != 0
        assert "does not accept this API key" in rep("status").out
        rep.clock.at += timedelta(seconds=1)
        espo.tick(timedelta(seconds=1))
    assert len(espo.bad_keys) <= 6
    espo.key = KEY
    rep.clock.at += timedelta(seconds=10)
    assert rep("sync").code == 0


@pytest.mark.slow
def test_lost_replies_leave_one_of_each(shell: Shell, espo: FakeEspo) -> None:
    losing = Losing(espo)
    with served(losing) as url:
        shell.environ["CALLSHEET_TOKEN_ESPOCRM"] = KEY
        assert shell("connect", "espocrm", "--url", url, "--yes").code == 0
        assert shell("sync").code == 0
        for name in ("priya", "bob", "ann"):
            assert shell("log", name, "voicemail").code == 0
        losing.every = 2
        for _ in range(12):
            shell("sync", "--force")
            shell.clock.at += timedelta(minutes=20)
        losing.every = 0
        for _ in range(3):
            shell("sync", "--force")
    assert losing.lost
    assert len(made(espo, "Call")) == 3
    assert len({row["cCallsheetId"] for row in espo.tables["Call"].values()}) == 3


class Losing(httpx.BaseTransport):
    """Answers every so many writes with a gateway's error after they were done."""

    def __init__(self, inner: FakeEspo) -> None:
        self.inner = inner
        self.every = 0
        self.writes = 0
        self.lost = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.inner.handle_request(request)
        if not self.every or request.method == "GET":
            return answer
        self.writes += 1
        if self.writes % self.every:
            return answer
        self.lost += 1
        return httpx.Response(502, html="<h1>Bad Gateway</h1>")
