"""What Odoo's records of leads say, in our words. Pure: a record in, a value out.

On the wire an empty field is `false`, a link to a record `[id, label]`, a time a UTC text without zone and in whole
seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import getaddresses
from typing import Any, Final

from callsheet.crm.markup import to_text
from callsheet.crm.phones import e164
from callsheet.domain.events import CloseReason, InteractionKind
from callsheet.domain.profile import Profile, folded
from callsheet.domain.text import one_line
from callsheet.sync.port import Drift, RemoteInteraction, RemoteLead

Row = Mapping[str, Any]

LEAD_FIELDS: Final = (
    "id", "name", "contact_name", "partner_id", "partner_name", "function", "email_from", "phone", "mobile", "website",
    "street", "street2", "zip", "city", "state_id", "country_id", "lang_code", "stage_id", "active", "won_status",
    "lost_reason_id", "user_id", "create_uid", "source_id", "medium_id", "campaign_id", "tag_ids", "description",
    "phone_blacklisted", "phone_sanitized_blacklisted", "is_blacklisted", "phone_sanitized", "create_date",
    "write_date", "date_open",
)  # fmt: skip
"""What is asked of a lead, as far as the server has it: `mobile` is gone since 19, others come with addons."""

DO_NOT_CONTACT_TAG: Final = "Do not contact"
"""The tag that marks a lead to be left alone: reps may not touch Odoo's blacklists, but everybody sees a tag."""

STANDARD_KINDS: Final[Mapping[str, InteractionKind]] = {"website": "contact_form", "email": "sales_email"}
"""How a lead came in, by the name of its medium: Odoo's web form and mail gateway set these two."""

TEXT_LIMIT: Final = 20_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What is needed to read a lead: who we are, and names that Odoo gives by id only."""

    me: int = 0
    countries: Mapping[int, str] = field(default_factory=dict)
    won_stages: frozenset[int] = frozenset()
    stop_tags: frozenset[int] = frozenset()


def moment(value: object) -> datetime | None:
    """A time of Odoo's, aware; None when empty.

    Raises:
        Drift: it is no time.
    """
    if not value:
        return None
    try:
        return datetime.strptime(str(value)[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise Drift("Odoo gives a time in a form that it never had before.") from None


def written(at: datetime) -> str:
    """A time in Odoo's form: UTC, whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def link(value: object) -> tuple[int, str]:
    """The id and label of a linked record; 0 and nothing when empty."""
    if isinstance(value, (list, tuple)) and len(value) == 2 and isinstance(value[0], int):
        return value[0], one_line(str(value[1] or ""), 300)
    return (value, "") if isinstance(value, int) and not isinstance(value, bool) else (0, "")


def text(value: object, limit: int = 500) -> str:
    """A line of text; nothing when empty."""
    return one_line(value, limit) if isinstance(value, str) else ""


def addresses(value: object) -> tuple[str, ...]:
    """The mail addresses of a field that may hold several, with names."""
    if not isinstance(value, str):
        return ()
    found = [text(address, 254) for _, address in getaddresses([one_line(value, 2000).replace(";", ",")])]
    return tuple(dict.fromkeys(address for address in found if "@" in address))


def lead(row: Row, reading: Reading) -> RemoteLead:
    """A record of `crm.lead` as a lead.

    Raises:
        Drift: it lacks an id or a time of change.
    """
    modified = moment(row.get("write_date"))
    number = row.get("id")
    if modified is None or not number or not isinstance(number, int):
        raise Drift("Odoo's record of a lead has no id or no time of change.")
    stopped = is_stopped(row, reading)
    closed, why = _closed(row, reading)
    owner, owner_name = link(row.get("user_id"))
    return RemoteLead(
        id=str(number),
        version=f"{row['write_date']}{' stopped' if stopped else ''}",
        modified_at=modified,
        profile=_profile(row, reading),
        created_at=moment(row.get("create_date")),
        owner=owner_name,
        mine=owner == reading.me,
        status=link(row.get("stage_id"))[1],
        closed=closed,
        closed_note=why,
        do_not_contact=stopped,
        source=link(row.get("source_id"))[1] or link(row.get("medium_id"))[1],
        campaign=link(row.get("campaign_id"))[1],
        interactions=_interactions(row, reading),
    )


def is_stopped(row: Row, reading: Reading) -> bool:
    """Whether the lead asked to be left alone: blacklisted by number or address, or tagged so."""
    if any(row.get(name) is True for name in ("phone_blacklisted", "phone_sanitized_blacklisted", "is_blacklisted")):
        return True
    tags = row.get("tag_ids")
    return isinstance(tags, list) and not reading.stop_tags.isdisjoint(tags)


def _profile(row: Row, reading: Reading) -> Profile:
    country = reading.countries.get(link(row.get("country_id"))[0], "")
    contact = text(row.get("contact_name"))
    partner = link(row.get("partner_id"))[1]
    numbers = [e164(value, country) for name in ("phone", "mobile") if (value := text(row.get(name), 100))]
    name = contact or partner.rpartition(", ")[2] or text(row.get("name"))
    title = text(row.get("name"))
    extra = {"subject": title if title != name else "", "language": text(row.get("lang_code"))}
    return Profile(
        name=name,
        company=text(row.get("partner_name")) or (partner.partition(", ")[0] if ", " in partner else ""),
        title=text(row.get("function")),
        phones=tuple(dict.fromkeys(numbers)),
        emails=addresses(row.get("email_from")),
        website=text(row.get("website")),
        address=", ".join(part for key in ("street", "street2") if (part := text(row.get(key)))),
        zip=text(row.get("zip")),
        city=text(row.get("city")),
        state=link(row.get("state_id"))[1].rpartition(" (")[0] or link(row.get("state_id"))[1],
        country=country,
        extra=tuple((key, value) for key, value in extra.items() if value),
    )


def _closed(row: Row, reading: Reading) -> tuple[CloseReason | None, str]:
    stage, _ = link(row.get("stage_id"))
    if row.get("active") is not False:
        won = row.get("won_status") == "won" if "won_status" in row else stage in reading.won_stages
        return ("won" if won else None), ""
    reason = link(row.get("lost_reason_id"))[1]
    return reason_of(reason), reason


CLOSE_WORDS: Final[Mapping[CloseReason, tuple[str, ...]]] = {
    "not_a_fit": ("not a fit", "no fit", "unqualified", "disqualified", "not qualified"),
    "exhausted": ("exhausted", "no answer", "no response", "not reached", "unreachable", "cannot be reached"),
    "do_not_contact": ("do not contact", "do not call"),
    "duplicate": ("duplicate",),
    "gone": ("left the company", "out of business", "invalid contact"),
    "lost": ("not interested", "lost", "no interest"),
}
"""Words by which a lost reason of a CRM is known as one of ours."""


def reason_of(label: str) -> CloseReason:
    """Which of our reasons a lost reason's label means."""
    words = folded(label)
    return next((ours for ours, theirs in CLOSE_WORDS.items() if any(word in words for word in theirs)), "lost")


def _interactions(row: Row, reading: Reading) -> tuple[RemoteInteraction, ...]:
    """What the lead did, by its record: it came by web form or mail; else what it says is at least a reason to call."""
    created = moment(row.get("create_date"))
    if created is None:
        return ()
    said = to_text(row["description"])[:TEXT_LIMIT] if isinstance(row.get("description"), str) else ""
    by_hand = link(row.get("create_uid"))[0] == reading.me
    kind: InteractionKind = "other"
    if not by_hand:
        kind = STANDARD_KINDS.get(folded(link(row.get("medium_id"))[1]), "other")
    if kind == "other" and not said:
        return ()
    return (
        RemoteInteraction(
            remote_id=f"crm.lead,{row['id']}", at=created, kind=kind, topic=text(row.get("name"), 200), text=said
        ),
    )
