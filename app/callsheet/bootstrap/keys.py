"""The key in the keyring, where a CRM gives another one in its place at each use (refresh token rotation)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from callsheet.settings import Secret, TokenError, find_token, store_token
from callsheet.settings import schema as settings_schema
from callsheet.settings.secrets import variable
from callsheet.sync.port import AuthBroken

_ONE: Final = threading.Lock()
"""One thread of this process at a time has the key; `lock` keeps other processes out."""


class KeptKey:
    """`crm.registry.Key` as the keyring holds it: read anew for each use, and kept before anything else is done."""

    def __init__(self, crm: settings_schema.Crm, environ: Mapping[str, str], lock: Path) -> None:
        self._crm = crm
        self._environ = environ
        self._lock = lock

    @contextmanager
    def taken(self) -> Iterator[Secret]:
        """Give the newest key; whoever else wants it waits: one that is used twice is taken for stolen.

        Raises:
            AuthBroken: there is none any more.
        """
        with _ONE, _alone(self._lock):
            try:
                key = find_token(self._crm, self._environ)
            except TokenError as error:
                raise AuthBroken(str(error)) from None
            yield key

    def replace(self, key: Secret) -> None:
        """Keep the one that came in its place.

        Raises:
            AuthBroken: it cannot be kept; the old one does not hold any more.
        """
        if self._environ.get(variable(self._crm.kind), "").strip() or self._crm.token_command:
            raise AuthBroken(
                "The CRM gives another key at each use, and this one is not kept in the keyring: let an administrator "
                "turn Refresh Token Rotation off for the app, or run `callsheet connect` without it being set."
            )
        try:
            store_token(self._crm, key)
        except TokenError as error:
            raise AuthBroken(str(error)) from None


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait until no other process has the key; one that dies lets go of it."""
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        try:
            import fcntl
        except ImportError:  # Windows has another kind of lock, and seldom two of us at once
            pass
        else:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
