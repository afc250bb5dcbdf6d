"""Who a lead is: the profile fields that people and CRMs edit, and nothing that happened."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a person and their company; an empty string means unknown, never false (RULES §2).

    `phones` are E.164 where they could be read as such, else the text as it came; the first one is dialled.
    `company_size` is a head count. `country` is an ISO 3166 code of two letters where it could be read as one,
    `timezone` an IANA name. `extra` keeps what came along and has no field of its own.
    """

    name: str = ""
    company: str = ""
    title: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    website: str = ""
    linkedin: str = ""
    industry: str = ""
    company_size: int | None = None
    company_kind: str = ""
    address: str = ""
    zip: str = ""
    city: str = ""
    state: str = ""
    country: str = ""
    timezone: str = ""
    extra: tuple[tuple[str, str], ...] = ()

    @property
    def points(self) -> tuple[str, ...]:
        """Every number and address: by what somebody is known again, and what do-not-contact holds for (RULES §13)."""
        return self.phones + self.emails

    @property
    def incomplete(self) -> tuple[str, ...]:
        """What a rep has to research before this lead can be worked well (`S2`): blank fields hide no lead."""
        blank = {"phone": not self.phones, "email": not self.emails, "company": not self.company, "zip": not self.zip}
        return tuple(name for name, missing in blank.items() if missing)


LIST_FIELDS = frozenset({"phones", "emails"})
PROFILE_FIELDS = tuple(field.name for field in fields(Profile) if field.name != "extra")


def flat(profile: Profile) -> dict[str, str]:
    """The profile as text by field, lists joined by `; `: the form in which it is compared, merged and sent."""

    def text(name: str) -> str:
        value = getattr(profile, name)
        if isinstance(value, tuple):
            return "; ".join(value)
        return "" if value is None else str(value)

    return {name: text(name) for name in PROFILE_FIELDS}


def changed(profile: Profile, changes: Mapping[str, str]) -> Profile:
    """The profile with the given fields set, each in the form of `flat`.

    Raises:
        ValueError: a field has no such name, or a company size is no whole number.
    """
    values: dict[str, object] = {}
    for name, text in changes.items():
        if name not in PROFILE_FIELDS:
            raise ValueError(f"a lead has no field {name!r}")
        if name in LIST_FIELDS:
            values[name] = tuple(part.strip() for part in text.split(";") if part.strip())
        elif name == "company_size":
            values[name] = int(text) if text.strip() else None
        else:
            values[name] = text
    return replace(profile, **values)  # type: ignore[arg-type]


def filled(profile: Profile, other: Profile) -> Profile:
    """The profile with its blanks filled from another one, numbers and addresses joined; nothing is overwritten."""
    values: dict[str, object] = {}
    for name in PROFILE_FIELDS:
        mine, theirs = getattr(profile, name), getattr(other, name)
        if name in LIST_FIELDS:
            values[name] = mine + tuple(value for value in theirs if value not in mine)
        else:
            values[name] = mine if mine not in ("", None) else theirs
    known = dict(profile.extra)
    extra = profile.extra + tuple((key, value) for key, value in other.extra if key not in known)
    return replace(profile, extra=extra, **values)  # type: ignore[arg-type]


def folded(text: str) -> str:
    """Text for comparing names and addresses: compatibility form, case and surrounding blanks do not matter."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
