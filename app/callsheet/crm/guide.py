"""What connecting a CRM asks for, in plain words, and where the rep finds it.

An adapter of another package may bring its own: the attribute `guide` of its factory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from callsheet.crm import registry


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that is asked for.

    `name` is `url`, `database`, `user`, or else the option of that name; `where` says where it is found. It is asked
    only where an answer to `only` (a name, and the answer that makes it matter) was given.
    """

    name: str
    words: str
    where: str = ""
    needed: bool = False
    answers: Sequence[str] = ()
    only: tuple[str, Sequence[str]] | None = None

    def asked(self, given: Mapping[str, str]) -> bool:
        """Whether this question matters, by the answers so far."""
        return self.only is None or given.get(self.only[0], "") in self.only[1]


@dataclass(frozen=True, slots=True)
class Guide:
    """What a kind of CRM needs: its name, the questions, and what the key is called and where it is made."""

    name: str
    key: str
    where: str
    questions: Sequence[Question] = ()


ADDRESS: Final = Question("url", "Address", "as your browser shows it when you are signed in", needed=True)

GUIDES: Final[Mapping[str, Guide]] = {
    "odoo": Guide(
        "Odoo",
        "API key",
        "in Odoo: your picture, My Profile, Account Security, New API Key; it lasts three months at most",
        (
            ADDRESS,
            Question(
                "database",
                "Name of the database",
                "empty will do when there is only one; else it stands on the page of your databases, or ask whoever "
                "runs your Odoo",
            ),
        ),
    ),
    "hubspot": Guide(
        "HubSpot",
        "Access token",
        "in HubSpot: Settings, Integrations, Service Keys (or a private app), with the scopes "
        "crm.objects.contacts.read and .write, crm.objects.companies.read, crm.objects.owners.read, "
        "crm.schemas.contacts.write, crm.objects.marketing_events.read for who came to an event, and where you work "
        "with lead records crm.objects.leads.read and .write; what is missing is named",
        (
            Question(
                "user",
                "Your email address in HubSpot",
                "in HubSpot: your picture, Profile & Preferences; leads are yours when their owner is you",
                needed=True,
            ),
        ),
    ),
    "pipedrive": Guide(
        "Pipedrive",
        "Personal API token",
        "in Pipedrive: your picture, Personal preferences, API; making a new one ends the old one at once",
        (Question("url", "Address", "like https://yourcompany.pipedrive.com; empty will do"),),
    ),
    "espocrm": Guide(
        "EspoCRM",
        "API key",
        "an administrator makes an API User (Administration, API Users, Authentication Method: API Key) with a role "
        "that may read and edit leads and their stream, and create calls and tasks; for leads that are assigned to you "
        "and not to the API user also read users and assign to them (Assignment Permission)",
        (
            ADDRESS,
            Question(
                "user",
                "Your own user name in EspoCRM",
                "the one that leads are assigned to; empty when they are assigned to the API user itself",
            ),
        ),
    ),
    "salesforce": Guide(
        "Salesforce",
        "Client secret or access token",
        "the Consumer Secret of the app (Setup, External Client App Manager, or App Manager for an older connected "
        "app: OAuth Settings, Consumer Key and Secret); for token the access token itself",
        (
            Question(
                "url",
                "Address of your org",
                "as your browser shows it when you are signed in, or in Setup, My Domain; like "
                "https://yourcompany.my.salesforce.com",
                needed=True,
            ),
            Question(
                "grant",
                "How to sign in",
                "device: you type a code in your browser, once; client_credentials: an app of your administrator signs "
                "in for you, which suits a machine without a keyring; token: an access token, which lasts some hours",
                needed=True,
                answers=("device", "client_credentials", "token"),
            ),
            Question(
                "client_id",
                "Consumer Key of the app",
                "an administrator makes an app in Setup, External Client App Manager (or has a connected app in App "
                "Manager) with the scopes api, refresh_token and openid; for device with Enable Device Flow ticked and "
                "Require Secret for Refresh Token Flow not ticked, for client_credentials with Enable Client "
                "Credentials Flow ticked and a user to run as",
                needed=True,
                only=("grant", ("device", "refresh_token", "client_credentials")),
            ),
            Question(
                "user",
                "Your user name in Salesforce",
                "as you type it to sign in; leads are yours when you own them",
                needed=True,
                only=("grant", ("client_credentials",)),
            ),
        ),
    ),
}  # fmt: skip


def guide(kind: str) -> Guide:
    """The guide to a kind of CRM. Raises `Invalid` when there is no such kind."""
    factory = registry.factory(kind)
    if kind in GUIDES:
        return GUIDES[kind]
    own: object = getattr(factory, "guide", None)
    return own if isinstance(own, Guide) else Guide(kind, "API key", "", (ADDRESS,))
