"""The key to the CRM: from the environment, a command, or the keyring of the system; never from a file of ours.

The order is that of who is most deliberate: a variable set for this run, then the command in the settings, then what
`callsheet connect` stored.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final, NoReturn

from callsheet.settings.schema import Crm

SERVICE: Final = "callsheet"
"""Under this name the keyring lists our keys."""

COMMAND_SECONDS: Final = 20
"""A password manager that asks for a fingerprint takes a while; one that hangs must not hold up the sync."""


class Secret:
    """A text that shows itself only when asked: no message, log line, representation or traceback has it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The text itself, to put it into the header of a request."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __str__(self) -> str:
        return "…"

    def __format__(self, spec: str) -> str:
        return "…"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")


class TokenError(Exception):
    """There is no key, or it cannot be had. The message says what is wrong, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(f"{message}; {hint}")
        self.message = message
        self.hint = hint


def variable(kind: str) -> str:
    """The name of the environment variable that holds the key to a kind of CRM."""
    return "CALLSHEET_TOKEN_" + re.sub(r"[^A-Z0-9]", "_", kind.upper())


def account(crm: Crm) -> str:
    """The name of a key in the keyring. It names the server, so that a key never goes to another one than its own."""
    return " ".join(filter(None, (crm.kind, crm.user, crm.url.rstrip("/"), crm.database)))


def find_token(crm: Crm, environ: Mapping[str, str] = os.environ) -> Secret:
    """Find the key to the CRM of the settings.

    Raises:
        TokenError: there is none, it cannot be had, or it is not one.
    """
    found, source = Secret(environ.get(variable(crm.kind), "").strip()), f"the variable {variable(crm.kind)}"
    if not found and crm.token_command:
        found, source = _from_command(crm.token_command), "crm.token_command"
    elif not found:
        found, source = _from_keyring(crm), "the keyring"
    return _usable(found, source)


def require_keyring(crm: Crm) -> None:
    """Refuse a machine on which no key can be kept, before anybody takes the trouble to get one.

    Raises:
        TokenError: there is no keyring, or it does not work.
    """
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.get_password(SERVICE, account(crm))
    except (KeyringError, OSError, RuntimeError) as error:
        raise _no_keyring(crm, error) from None


def store_token(crm: Crm, token: Secret) -> None:
    """Keep the key in the keyring of the system.

    Raises:
        TokenError: it is not one, or there is no keyring to keep it.
    """
    import keyring
    from keyring.errors import KeyringError

    _usable(token, "what was typed")
    try:
        keyring.set_password(SERVICE, account(crm), token.reveal())
        kept = Secret(keyring.get_password(SERVICE, account(crm)) or "")
    except (KeyringError, OSError, RuntimeError) as error:
        raise _no_keyring(crm, error) from None
    if kept != token:
        raise _no_keyring(crm, "it takes keys and does not keep them")


def forget_token(crm: Crm) -> bool:
    """Remove the key from the keyring; tells whether there was one.

    Raises:
        TokenError: the keyring cannot be used.
    """
    import keyring
    from keyring.errors import KeyringError

    try:
        if keyring.get_password(SERVICE, account(crm)) is None:
            return False
        keyring.delete_password(SERVICE, account(crm))
    except (KeyringError, OSError, RuntimeError) as error:
        raise _no_keyring(crm, error) from None
    return True


def _usable(token: Secret, source: str) -> Secret:
    """Refuse what no header can carry; the text itself is never part of the message."""
    bare = Secret(token.reveal().strip())
    if not bare:
        raise TokenError(f"{source} holds no key", "copy the key from your CRM again")
    if not (bare.reveal().isascii() and bare.reveal().isprintable() and " " not in bare.reveal()):
        raise TokenError(f"{source} holds something that is not a key", "copy the key again, alone and whole")
    return bare


def _from_command(command: tuple[str, ...]) -> Secret:
    import subprocess

    program = command[0]
    hint = "run it by hand to see why, or change crm.token_command"
    try:
        done = Secret(
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=COMMAND_SECONDS,
                check=True,
            ).stdout.decode("utf-8")
        )
    except subprocess.TimeoutExpired:
        raise TokenError(f"{program} gave no key within {COMMAND_SECONDS} seconds", hint) from None
    except subprocess.CalledProcessError as error:
        raise TokenError(f"{program} ended with code {error.returncode} and gave no key", hint) from None
    except UnicodeDecodeError:
        raise TokenError(f"{program} gave something that is not text", hint) from None
    except OSError as error:
        raise TokenError(f"{program} cannot be run ({error.strerror})", "correct crm.token_command") from None
    # A password manager may print notes below the key.
    return Secret((done.reveal().strip().splitlines() or [""])[0])


def _from_keyring(crm: Crm) -> Secret:
    import keyring
    from keyring.errors import KeyringError

    try:
        found = Secret(keyring.get_password(SERVICE, account(crm)) or "")
    except (KeyringError, OSError, RuntimeError) as error:
        raise _no_keyring(crm, error) from None
    if not found:
        message = f"there is no key for {crm.kind} at {crm.url or 'its server'}"
        raise TokenError(message, f"run `callsheet connect {crm.kind}`, or set {variable(crm.kind)}")
    return found


def _no_keyring(crm: Crm, error: Exception | str) -> TokenError:
    from keyring.errors import KeyringLocked, NoKeyringError

    match error:
        case NoKeyringError():
            message = "this machine has no keyring to keep the key in"
        case KeyringLocked():
            message = "the keyring is locked"
        case str():
            message = f"the keyring does not work ({error})"
        case _:
            message = f"the keyring does not work ({type(error).__name__})"
    return TokenError(message, f"set {variable(crm.kind)} to the key, or crm.token_command to a program that prints it")
