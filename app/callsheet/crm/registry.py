"""Which CRMs callsheet can speak to: the built-in adapters, and those that other packages bring.

A package brings one by an entry point in the group `callsheet.crm`: its name is the kind in the settings, its object a
`Factory`. Nothing is imported before an adapter is asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Final, Protocol

from callsheet.settings import Secret
from callsheet.sync.port import AuthBroken, Crm, Invalid

if TYPE_CHECKING:
    import httpx

GROUP: Final = "callsheet.crm"

BUILT_IN: Final[Mapping[str, str]] = {
    "odoo": "callsheet.crm.odoo:connect",
    "hubspot": "callsheet.crm.hubspot:connect",
    "pipedrive": "callsheet.crm.pipedrive:connect",
    "espocrm": "callsheet.crm.espocrm:connect",
    "salesforce": "callsheet.crm.salesforce:connect",
}
"""The factory of each built-in adapter, by the kind in the settings."""


class Key(Protocol):
    """A key that its CRM may replace by another whenever it is used."""

    def taken(self) -> AbstractContextManager[Secret]:
        """Give the newest one, to nobody else meanwhile."""
        ...

    def replace(self, key: Secret) -> None:
        """Keep the one that came in its place; called while it is taken."""
        ...


class HeldKey:
    """A key that is kept nowhere, but as long as this lives."""

    def __init__(self, secret: Secret) -> None:
        self.secret = secret
        self._lock = threading.Lock()

    @contextmanager
    def taken(self) -> Iterator[Secret]:
        """Give the newest one, to one thread at a time."""
        with self._lock:
            yield self.secret

    def replace(self, key: Secret) -> None:
        """Hold the one that came in its place."""
        self.secret = key


@dataclass(frozen=True, slots=True)
class Connection:
    """What an adapter needs to reach its CRM: the `[crm]` section of the settings, and the secret from the keyring.

    `options` holds the keys of the section that only this kind of CRM knows; `transport` stands in for the network.
    `key` is the same secret for a CRM that replaces it; without one a new key is held, and lost in the end.
    """

    url: str
    secret: Secret
    database: str = ""
    user: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    transport: httpx.BaseTransport | None = None
    key: Key | None = None

    def __post_init__(self) -> None:
        """Refuse a key that no header can carry. Raises `AuthBroken`."""
        key = self.secret.reveal()
        if not key.strip():
            raise AuthBroken("There is no API key. Run `callsheet connect` again.")
        if not (key.isascii() and key.isprintable()) or key != key.strip():
            raise AuthBroken("The API key holds characters that no key has. Copy it again and run `callsheet connect`.")


@dataclass(frozen=True, slots=True)
class Code:
    """What the rep is asked to do in a browser: open `url` and type `code`."""

    url: str
    code: str


class SignIn(Protocol):
    """Signs in without a key to copy."""

    def __call__(
        self,
        url: str,
        options: Mapping[str, str],
        *,
        show: Callable[[Code], None],
        wait: Callable[[float], None],
        transport: httpx.BaseTransport | None,
    ) -> Secret | None:
        """Show a code, wait some seconds before each time of asking, and return the key.

        None where the options want a key that the rep has. Raises what `sync.port` lists.
        """
        ...


SIGN_IN: Final[Mapping[str, str]] = {"salesforce": "callsheet.crm.salesforce.login:sign_in"}

Factory = Callable[[Connection], Crm]
"""Makes an adapter without asking the network; raises `Invalid` for a connection that cannot be right."""


def kinds() -> tuple[str, ...]:
    """The kinds of CRM that can be connected, in alphabetical order."""
    return tuple(sorted({*BUILT_IN, *_plugins()}))


def factory(kind: str) -> Factory:
    """The factory of a kind's adapter. A built-in kind is never replaced by another package's.

    Raises:
        Invalid: there is no such kind, or the package that brings it is broken.
    """
    if (place := BUILT_IN.get(kind)) is not None:
        module, _, name = place.partition(":")
        made: Factory = getattr(import_module(module), name)
        return made
    plugin = _plugins().get(kind)
    if plugin is None:
        raise Invalid(f"There is no CRM of the kind {kind!r}; known are {', '.join(kinds())}.", field="kind")
    try:
        loaded: object = plugin.load()
    except (ImportError, AttributeError) as error:
        raise Invalid(f"The adapter for {kind!r} is installed but cannot be loaded: {error}", field="kind") from error
    if not callable(loaded):
        raise Invalid(f"The adapter for {kind!r} is installed but is no adapter.", field="kind")
    return loaded


def sign_in(kind: str) -> SignIn | None:
    """How a kind of CRM is signed in to, where there is more to it than a key."""
    if (place := SIGN_IN.get(kind)) is None:
        return None
    module, _, name = place.partition(":")
    found: SignIn = getattr(import_module(module), name)
    return found


def _plugins() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}
