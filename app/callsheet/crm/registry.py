"""Which CRMs callsheet can speak to: the built-in adapters, and those that other packages bring.

A package brings one by an entry point in the group `callsheet.crm`: its name is the kind in the settings, its object a
`Factory`. Nothing is imported before an adapter is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Final

from callsheet.crm.secret import Secret
from callsheet.sync.port import Crm, Invalid

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


@dataclass(frozen=True, slots=True)
class Connection:
    """What an adapter needs to reach its CRM: the `[crm]` section of the settings, and the secret from the keyring.

    `options` holds the keys of the section that only this kind of CRM knows; `transport` stands in for the network.
    """

    url: str
    secret: Secret
    database: str = ""
    user: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    transport: httpx.BaseTransport | None = None


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


def _plugins() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}
