"""The key to the CRM: where it comes from, and that it shows nowhere."""

from __future__ import annotations

import copy
import pickle
import sys
import traceback
from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked, PasswordDeleteError

from callsheet.settings import Secret, TokenError, find_token, forget_token, secrets, store_token
from callsheet.settings.schema import Crm

TOKEN = "t0k3n-t0k3n"
ODOO = Crm(kind="odoo", url="https://crm.example.com/", database="sales")

NO_KEYRING = NoKeyring()  # type: ignore[no-untyped-call]


class MemoryKeyring(KeyringBackend):
    """A keyring as good as any, that forgets everything in the end."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


class LockedKeyring(MemoryKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked(f"secret of {username}")


class ForgetfulKeyring(MemoryKeyring):
    def set_password(self, service: str, username: str, password: str) -> None:
        pass


@pytest.fixture(autouse=True)
def ring() -> Iterator[MemoryKeyring]:
    before, ring = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def printing(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", f"print({text!r})")


def test_what_was_stored_is_found_until_it_is_forgotten() -> None:
    store_token(ODOO, Secret(TOKEN))
    assert find_token(ODOO, {}).reveal() == TOKEN
    assert forget_token(ODOO)
    assert not forget_token(ODOO)
    with pytest.raises(
        TokenError, match=r"there is no key for odoo at .*; run `callsheet connect odoo`, or set CALLSHEET"
    ):
        find_token(ODOO, {})


def test_the_variable_wins_over_the_command_and_the_command_over_the_keyring() -> None:
    store_token(ODOO, Secret("from-keyring"))
    commanded = Crm(kind="odoo", url=ODOO.url, database=ODOO.database, token_command=printing("from-command"))
    assert find_token(ODOO, {}).reveal() == "from-keyring"
    assert find_token(commanded, {}).reveal() == "from-command"
    assert find_token(commanded, {"CALLSHEET_TOKEN_ODOO": " from-variable\n"}).reveal() == "from-variable"
    assert find_token(commanded, {"CALLSHEET_TOKEN_ODOO": "  "}).reveal() == "from-command"


def test_the_variable_is_named_for_the_kind() -> None:
    assert secrets.variable("odoo") == "CALLSHEET_TOKEN_ODOO"
    assert secrets.variable("my-crm") == "CALLSHEET_TOKEN_MY_CRM"


def test_a_key_never_goes_to_another_server_than_its_own() -> None:
    store_token(ODOO, Secret(TOKEN))
    for other in (Crm(kind="odoo", url="https://evil.example.com", database="sales"), Crm(kind="odoo", url=ODOO.url)):
        with pytest.raises(TokenError):
            find_token(other, {})


def test_the_first_line_of_a_command_is_the_key() -> None:
    assert find_token(Crm(kind="odoo", token_command=printing(f"{TOKEN}\nuser: me")), {}).reveal() == TOKEN


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("/nowhere/at-all",), "/nowhere/at-all cannot be run"),
        (
            (sys.executable, "-c", f"print('{TOKEN[::-1]}'[::-1]); raise SystemExit(3)"),
            "ended with code 3 and gave no key; run it",
        ),
        ((sys.executable, "-c", "pass"), "crm.token_command holds no key"),
        (printing("two words"), "holds something that is not a key"),
        ((sys.executable, "-c", r"import sys; sys.stdout.buffer.write(b'\xff')"), "gave something that is not text"),
    ],
)
def test_a_command_that_fails_is_said_without_the_key(command: tuple[str, ...], said: str) -> None:
    with pytest.raises(TokenError) as caught:
        find_token(Crm(kind="odoo", token_command=command), {})
    assert said in str(caught.value)
    assert TOKEN not in shown(caught.value)


def test_a_command_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "COMMAND_SECONDS", 0.2)
    hanging = (sys.executable, "-c", f"print('{TOKEN[::-1]}'[::-1], flush=True); import time; time.sleep(60)")
    with pytest.raises(TokenError, match=r"gave no key within 0\.2 seconds") as caught:
        find_token(Crm(kind="odoo", token_command=hanging), {})
    assert TOKEN not in shown(caught.value)


@pytest.mark.parametrize(
    ("ring", "said"),
    [
        (NO_KEYRING, "this machine has no keyring to keep the key in; set CALLSHEET_TOKEN_ODOO to the key"),
        (LockedKeyring(), "the keyring is locked; set CALLSHEET_TOKEN_ODOO"),
        (ForgetfulKeyring(), "takes keys and does not keep them"),
    ],
)
def test_a_keyring_that_does_not_work_is_said_with_the_way_round_it(ring: KeyringBackend, said: str) -> None:
    keyring.set_keyring(ring)
    with pytest.raises(TokenError) as caught:
        store_token(ODOO, Secret(TOKEN))
    assert said in str(caught.value)
    assert TOKEN not in shown(caught.value)
    if not isinstance(ring, ForgetfulKeyring):
        with pytest.raises(TokenError, match="CALLSHEET_TOKEN_ODOO"):
            find_token(ODOO, {})
        with pytest.raises(TokenError, match="CALLSHEET_TOKEN_ODOO"):
            forget_token(ODOO)


@pytest.mark.parametrize("text", ["", " ", "two words", "naïve", "line\nbreak", "\x1b[31m"])
def test_what_no_key_looks_like_is_not_stored(text: str) -> None:
    with pytest.raises(TokenError):
        store_token(ODOO, Secret(text))


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret(TOKEN)
    assert secret.reveal() == TOKEN
    for shape in (
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>20}",
        "%s" % secret,  # noqa: UP031
        repr([secret]),
        repr({1: secret}),
    ):
        assert TOKEN not in shape
    assert secret == Secret(TOKEN)
    assert secret != Secret("other")
    assert secret != TOKEN
    for escape in (pickle.dumps, copy.deepcopy, hash):
        with pytest.raises(TypeError):
            escape(secret)


def test_a_traceback_with_its_variables_does_not_show_the_key() -> None:
    environ = {"CALLSHEET_TOKEN_ODOO": f"{TOKEN} {TOKEN}"}
    with pytest.raises(TokenError) as caught:
        find_token(ODOO, environ)
    assert TOKEN not in shown(caught.value).replace(repr(environ), "environ")


def shown(error: BaseException) -> str:
    """Everything that the most talkative traceback says, of our own frames."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in told.stack if frame.filename == secrets.__file__]
    return str(error) + "".join(f"{name}={value}" for frame in frames for name, value in (frame.locals or {}).items())
