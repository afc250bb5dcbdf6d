"""Connecting a CRM: the key is tried, everything is checked, and only then is anything kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from callsheet.bootstrap.crm import Connecting, line, made
from callsheet.bootstrap.office import Office
from callsheet.crm import registry
from callsheet.crm.secret import Secret
from callsheet.settings import Secret as KeptSecret
from callsheet.settings import TokenError, find_token, forget_token, store_token
from callsheet.settings import schema as settings_schema
from callsheet.settings.edit import set_values
from callsheet.settings.secrets import variable
from callsheet.settings.values import Unreadable, server_address
from callsheet.sync.port import Account, Check, Crm, Invalid
from callsheet.sync.run import backfill

CRM_NOTE = "crm"
"""The note of the book that says for which CRM deliveries are kept."""


@dataclass(frozen=True, slots=True)
class Connected:
    """What connecting found: who we are there, and each check; `waiting` is what goes over with the first sync."""

    connected: bool
    account: Account
    checks: Sequence[Check]
    waiting: int = 0


def connect_crm(
    office: Office, kind: str, *, url: str, database: str, user: str, create: bool, ask: Callable[[str], str],
    making: Callable[[settings_schema.Crm, Secret], Crm] = made,
) -> Connected:  # fmt: skip
    """Connect a CRM: try the key, check what it may do, and keep the settings and the key when all is well.

    `ask` asks the rep for the key, which is done only when neither the environment nor a command gives it.

    Raises:
        Invalid: there is no such CRM, or something that it needs is missing.
        callsheet.sync.port.CrmError: it cannot be reached, or does not let us in.
        callsheet.settings.TokenError: there is no place to keep the key.
        callsheet.settings.SettingsError: the settings cannot be written.
    """
    registry.factory(kind)
    before = office.settings.crm if office.settings.crm.kind == kind else settings_schema.Crm()
    try:
        address = server_address(url) if url else before.url
    except Unreadable as error:
        raise Invalid(f"--url: {error}", field="url") from error
    wanted = msgspec.structs.replace(
        before, kind=kind, url=address, database=database or before.database, user=user or before.user
    )
    key, typed = _key(office, wanted, ask)
    crm = making(wanted, Secret(key.reveal()))
    try:
        account = crm.whoami()
        checks = crm.check(create=create)
    finally:
        crm.close()
    if not all(one.ok for one in checks):
        return Connected(connected=False, account=account, checks=checks)
    if typed:
        store_token(wanted, key)
    said = {"kind": kind, "url": wanted.url, "database": wanted.database, "user": wanted.user}
    set_values(office.paths.settings, "crm", {name: value for name, value in said.items() if value})
    waiting = begin(office, kind, lambda _: making(wanted, Secret(key.reveal())))
    return Connected(connected=True, account=account, checks=checks, waiting=waiting)


def begin(office: Office, kind: str, connecting: Connecting) -> int:
    """Let the book keep deliveries for a CRM, those of everything done before too; return how many wait."""
    office.book.put_note(CRM_NOTE, kind)
    office.book.crm = kind
    with line(office, connecting) as opened:
        return backfill(opened)


def disconnect(office: Office) -> None:
    """Let go of the CRM: the book stays as it is, what was waiting is kept for a new connection.

    Raises:
        callsheet.settings.TokenError: the keyring cannot be used.
    """
    crm = office.settings.crm
    office.book.put_note(CRM_NOTE, "")
    office.book.crm = ""
    if crm.kind:
        set_values(office.paths.settings, "crm", {"kind": ""})
        forget_token(crm)


def _key(office: Office, crm: settings_schema.Crm, ask: Callable[[str], str]) -> tuple[KeptSecret, bool]:
    """Return the key, and whether the rep has just typed it."""
    if office.start.environ.get(variable(crm.kind), "").strip() or crm.token_command:
        return find_token(crm, office.start.environ), False
    said = KeptSecret(ask(f"API key for {crm.kind}").strip())
    if not said:
        raise TokenError("no key was given", f"type it, or set {variable(crm.kind)}")
    return said, True
