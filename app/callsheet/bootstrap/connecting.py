"""Connecting a CRM: everything is tried, checked and shown, and only then is anything kept or written there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol, get_args

import msgspec

from callsheet.bootstrap.crm import Connecting, key_lock, line, made
from callsheet.bootstrap.keys import KeptKey
from callsheet.bootstrap.office import Office
from callsheet.crm import registry
from callsheet.crm.guide import Guide, guide
from callsheet.domain.events import Channel
from callsheet.domain.profile import folded
from callsheet.settings import Secret, TokenError, find_token, forget_token, store_token
from callsheet.settings import schema as settings_schema
from callsheet.settings.edit import Value, set_values
from callsheet.settings.secrets import require_keyring, variable
from callsheet.settings.values import Unreadable, server_address
from callsheet.sync.port import Account, Check, Crm, Invalid, Vocabulary
from callsheet.sync.run import backfill, refused_note

if TYPE_CHECKING:
    import httpx

CRM_NOTE: Final = "crm"
"""The note of the book that says for which CRM deliveries are kept."""

MAX_SKEW: Final = timedelta(minutes=2)

FIELDS: Final = ("url", "database", "user")
"""What the settings keep by name; everything else that is answered is an option of its kind."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What is known of the CRM: what was asked for, and the rep's own words for statuses and outcomes there."""

    given: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found there: who we are, each check, and what our words are called.

    `homeless` are the channels that have no place of their own there.
    """

    kind: str
    account: Account
    checks: Sequence[Check]
    vocabulary: Vocabulary
    homeless: Sequence[Channel] = ()

    @property
    def ready(self) -> bool:
        """Whether nothing stands in the way."""
        return all(one.ok for one in self.checks)


@dataclass(frozen=True, slots=True)
class Connected:
    """How connecting ended; `waiting` is what goes over with the first sync."""

    connected: bool
    found: Found
    waiting: int = 0


class Talk(Protocol):
    """How connecting speaks with the rep."""

    def key(self, guide: Guide) -> str:
        """Ask for the key, without showing it."""
        ...

    def code(self, code: registry.Code) -> None:
        """Show what to do in the browser."""
        ...

    def wait(self, seconds: float) -> None:
        """Let some seconds pass."""
        ...

    def may_create(self, found: Found) -> bool:
        """Show what was found, and ask whether what is missing shall be made in the CRM."""
        ...

    def agreed(self, found: Found) -> bool:
        """Show what was found, how our words map to theirs, and ask whether to connect."""
        ...


def known(office: Office, kind: str) -> Mapping[str, str]:
    """Return what the settings hold of a kind of CRM already, by the names of the guide's questions."""
    crm = office.settings.crm
    if crm.kind != kind:
        return {}
    return {"url": crm.url, "database": crm.database, "user": crm.user, **crm.options}


def has_key(office: Office, kind: str) -> bool:
    """Tell whether the environment or a command gives the key, so that nobody has to be asked."""
    crm = office.settings.crm
    return bool(office.start.environ.get(variable(kind), "").strip() or (crm.kind == kind and crm.token_command))


def connect_crm(
    office: Office, kind: str, answers: Answers, talk: Talk, transport: httpx.BaseTransport | None = None
) -> Connected:
    """Connect a CRM. Nothing is written there or here before the rep has seen what was found, and agreed.

    `transport` stands in for the network.

    Raises:
        Invalid: there is no such CRM, or something that it needs is missing.
        callsheet.sync.port.CrmError: it cannot be reached, or does not let us in.
        callsheet.settings.TokenError: there is no key, or no place to keep it.
        callsheet.settings.SettingsError: the settings cannot be written.
    """
    wanted = _wanted(office, kind, answers)
    secret, typed = _key(office, wanted, talk, transport)
    held = registry.HeldKey(secret)  # the CRM may replace it whenever it is used
    key: registry.Key = held if typed else KeptKey(wanted, office.start.environ, key_lock(office))
    here = office.settings.rep.timezone
    found = look(made(wanted, secret, transport, key=key), wanted, here)
    if any(one.can_create for one in found.checks) and talk.may_create(found):
        found = look(made(wanted, secret, transport, key=key), wanted, here, create=True)
    if not talk.agreed(found) or not found.ready:
        return Connected(connected=False, found=found)
    if typed:
        store_token(wanted, held.secret)
    set_values(office.paths.settings, "crm", _written(wanted))
    waiting = begin(office, kind, lambda _: made(wanted, secret, transport, key=key))
    return Connected(connected=True, found=found, waiting=waiting)


def look(crm: Crm, settings: settings_schema.Crm, zone: str, *, create: bool = False) -> Found:
    """Ask a CRM who we are, what we may do and what its words are, and close it; `zone` is the rep's.

    `create` makes there what is missing and can be made. Raises what `sync.port` lists for a whole call.
    """
    try:
        account = crm.whoami()
        checks = list(crm.check(create=create))
        vocabulary = crm.vocabulary()
        homeless = [channel for channel in get_args(Channel) if channel not in crm.capabilities.channels]
    finally:
        crm.close()
    told = {folded(one.name) for one in checks}
    more = [_clock(account), _zone(account, zone), *_words(settings, vocabulary)]
    return Found(
        settings.kind, account, [*checks, *(one for one in more if one.name not in told)], vocabulary, homeless
    )


def begin(office: Office, kind: str, connecting: Connecting) -> int:
    """Let the book keep deliveries for a CRM, those of everything done before too; return how many wait."""
    office.book.put_note(CRM_NOTE, kind)
    office.book.put_note(refused_note(kind), None)  # another key, maybe
    with line(office, connecting) as opened:
        return backfill(opened)


def disconnect(office: Office) -> None:
    """Let go of the CRM: the book stays as it is, what was waiting is kept for a new connection.

    Raises:
        callsheet.settings.TokenError: the keyring cannot be used.
    """
    crm = office.settings.crm
    office.book.put_note(CRM_NOTE, "")
    if crm.kind:
        set_values(office.paths.settings, "crm", {"kind": ""})
        if not has_key(office, crm.kind):
            forget_token(crm)


def _wanted(office: Office, kind: str, answers: Answers) -> settings_schema.Crm:
    """The settings as they would be. Raises `Invalid` for a missing or an impossible answer."""
    before = office.settings.crm if office.settings.crm.kind == kind else settings_schema.Crm(kind=kind)
    given = {**known(office, kind), **{name: said for name, said in answers.given.items() if said}}
    for question in guide(kind).questions:
        said = given.get(question.name, "")
        if question.needed and question.asked(given) and not said:
            raise Invalid(f"{question.words} is missing: {question.where}.", field=question.name)
        if said and question.answers and said not in (*question.answers, "refresh_token"):
            raise Invalid(f"{question.words}: say one of {', '.join(question.answers)}.", field=question.name)
    try:
        copied = given.get("url", "").partition("#")[0]  # what follows is a page of the browser's, never of the server
        address = server_address(copied) if copied else ""
    except Unreadable as error:
        raise Invalid(f"Address: {error}", field="url") from error
    return msgspec.structs.replace(
        before,
        url=address,
        database=given.get("database", ""),
        user=given.get("user", ""),
        options={name: said for name, said in given.items() if name not in FIELDS},
        statuses={**before.statuses, **answers.statuses},
        outcomes={**before.outcomes, **answers.outcomes},
    )


def _written(crm: settings_schema.Crm) -> dict[str, Value]:
    """What the settings file is to hold; what a device signed in to is reached by its refresh token from now on."""
    options = {**crm.options, "grant": "refresh_token"} if crm.options.get("grant") == "device" else crm.options
    said: dict[str, Value] = {"kind": crm.kind, "url": crm.url, "database": crm.database, "user": crm.user}
    tables: dict[str, Value] = {"options": options, "statuses": crm.statuses, "outcomes": crm.outcomes}
    return {name: value for name, value in (said | tables).items() if value}


def _key(
    office: Office, crm: settings_schema.Crm, talk: Talk, transport: httpx.BaseTransport | None
) -> tuple[Secret, bool]:
    """Return the key, and whether it is new and to be kept."""
    if has_key(office, crm.kind):
        return find_token(crm, office.start.environ), False
    if (sign_in := registry.sign_in(crm.kind)) is not None:

        def show(code: registry.Code) -> None:
            _keepable(crm)
            talk.code(code)

        got = sign_in(crm.url, crm.options, show=show, wait=talk.wait, transport=transport)
        if got is not None:
            return got, True
    said = Secret(talk.key(guide(crm.kind)).strip())
    if said:
        return said, True
    try:
        return find_token(crm, office.start.environ), False  # nothing typed: the one that is kept already
    except TokenError:
        raise TokenError("no key was given", f"type it, or set {variable(crm.kind)}") from None


def _keepable(crm: settings_schema.Crm) -> None:
    """Refuse to have somebody sign in where what that gives cannot be kept: it is shown to nobody."""
    try:
        require_keyring(crm)
    except TokenError as error:
        raise TokenError(
            f"{error.message}, so signing in with a code would be for nothing",
            f"choose a way to sign in whose key {variable(crm.kind)} or crm.token_command can give",
        ) from None


def _clock(account: Account) -> Check:
    off = abs(account.skew)
    if off <= MAX_SKEW:
        return Check("clock", ok=True, detail="this machine and the CRM agree on the time")
    way = "behind" if account.skew > timedelta(0) else "ahead of"
    return Check("clock", ok=False, detail=f"this machine is {round(off.total_seconds() / 60)} minutes {way} the CRM")


def _zone(account: Account, here: str) -> Check:
    there = account.timezone or "not told"
    same = there == here or not account.timezone
    detail = there if same else f"{there} in the CRM, {here or 'none'} in your settings; times are exchanged in UTC"
    return Check("time zone", ok=True, detail=detail)


def _words(crm: settings_schema.Crm, vocabulary: Vocabulary) -> list[Check]:
    """The rep's own words for statuses and outcomes that the CRM does not have."""
    found = []
    for table, said, there in (
        ("statuses", crm.statuses, {**vocabulary.stages, "closed": next(iter(vocabulary.lost_reasons.values()), "")}),
        ("outcomes", crm.outcomes, vocabulary.outcomes),
    ):
        for name, label in said.items():
            if label and folded(there.get(name, "")) != folded(label):
                told = f"the CRM has no {label!r} for {name}: correct crm.{table} in the settings"
                found.append(Check(f"crm.{table}.{name}", ok=False, detail=told))
    return found
