"""A mail to begin with: what the lead asked or was agreed with them, something of value, and one question (RULES §8).

After a hand-off it opens with the points that were handed over (RULES §10, `S4`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from callsheet.domain.events import Interaction
from callsheet.domain.lead import Lead
from callsheet.domain.text import one_line, safe_text
from callsheet.domain.value import Asset
from callsheet.services.invitations import Invitation

LONGEST: Final = 1_900
"""Characters of a `mailto:` link that every mail program takes."""

NOTE: Final = 200
"""Characters of a note with a LinkedIn invitation."""

FORMS: Final = frozenset({
    "contact", "contact us", "form", "web form", "website form", "contact request", "website", "web", "email", "mail",
    "phone", "phone call", "call", "enquiry", "inquiry", "request", "message",
})  # fmt: skip
"""Topics that say by which way somebody came, and nothing of what they want."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail as plain text, to whom, and whether it had to be cut for the link."""

    to: str
    subject: str
    body: str

    @property
    def link(self) -> str:
        """The `mailto:` link that opens it; a body that is too long is cut at the end of a line, with `[…]`."""
        head = f"mailto:{quote(self.to, safe='@.+-_')}?subject={quote(self.subject, safe='')}&body="
        body = _quoted(self.body)
        lines = self.body.rstrip("\n").split("\n")
        while len(head) + len(body) > LONGEST and lines:
            lines.pop()
            body = _quoted("\n".join([*lines, "[…]"]))
        return head + body


def mail_draft(lead: Lead, *, signature: str, asset: Asset | None = None, ask: str = "") -> Draft:
    """Return the mail to a lead. `ask` is the one question at its end; the link to the asset comes with its title.

    `to` is empty when no address of the lead is in use.
    """
    first = one_line(lead.profile.name, 80).partition(" ")[0]
    body = [f"Hello {first}," if first else "Hello,", "", *_opening(lead)]
    if asset is not None:
        body += [f"This may help: {one_line(asset.title, 200)}", *([asset.link] if asset.link else []), ""]
    body += [one_line(ask, 300) or "When would 15 minutes on the telephone suit you?", "", safe_text(signature, 400)]
    return Draft(next(iter(lead.emails), ""), _subject(lead, asset), "\n".join(body).rstrip() + "\n")


def invitation_draft(invite: Invitation, when: str) -> Draft:
    """Return the mail that an invitation goes out with; `when` is the time in words. The file is attached by hand."""
    off = invite.method == "CANCEL"
    said = "The meeting is called off:" if off else "Here is the invitation:"
    first = one_line(invite.attendee.name, 80).partition(" ")[0]
    body = [
        f"Hello {first}," if first else "Hello,", "", f"{said} {invite.title}, {when}.", "",
        *([invite.text, ""] if invite.text and not off else []),
        *([] if off else ["Please accept it, so that we both know it holds.", ""]), invite.organizer.name,
    ]  # fmt: skip
    subject = f"{'Cancelled' if off else 'Invitation'}: {invite.title}, {when}"
    return Draft(invite.attendee.email, one_line(subject, 150), "\n".join(body).rstrip() + "\n")


def linkedin_note(lead: Lead, *, rep: str) -> str:
    """Return a note for the LinkedIn invitation: why we know them, and nothing to buy."""
    first = one_line(lead.profile.name, 40).partition(" ")[0]
    about = next((one for one in _topics(lead)), "")
    reason = f"thank you for your interest in {about}" if about else "we were in touch about your work"
    return one_line(f"Hello {first}, {reason}. I would like to stay in contact. {rep}".strip(), NOTE)


def _opening(lead: Lead) -> list[str]:
    packet, asked = lead.packet, lead.asked.interaction.text if lead.asked else ""
    if packet is not None and (packet.need.strip() or packet.topic.strip()):
        who = f"You spoke with {one_line(lead.originator, 80)}" if lead.originator else "You spoke with my colleague"
        lines = [f"{who}, and this is what I have understood:"]
        points = (("What you need", packet.need), ("What we agreed to talk about", packet.topic))
        lines += [f"- {name}: {one_line(text, 400)}" for name, text in points if text.strip()]
        return [*lines, ""]
    if asked.strip():
        return [f"You wrote: “{one_line(asked, 400)}”", ""]
    topics = _topics(lead)
    if topics:
        listed = topics[0] if len(topics) == 1 else f"{', '.join(topics[:-1])} and {topics[-1]}"
        return [f"Thank you for your interest in {listed}.", ""]
    return []


def _subject(lead: Lead, asset: Asset | None) -> str:
    packet = lead.packet
    choices = (packet.topic if packet else "", asset.title if asset else "", *_topics(lead), lead.campaign)
    return one_line(next((one for one in choices if one.strip()), "") or "Your question", 120)


def topic_of(interaction: Interaction) -> str:
    """Return what an interaction was about; nothing when its topic is only the name of the form that was filled in."""
    topic = one_line(interaction.topic, 80)
    named = topic.casefold().replace("-", " ").strip(" .:")
    return "" if named in FORMS or named == interaction.kind.replace("_", " ") else topic


def _topics(lead: Lead) -> list[str]:
    """Return what they did last first, at most three."""
    said = (topic_of(one.interaction) for one in reversed(lead.contacts))
    return [topic for topic in dict.fromkeys(said) if topic][:3]


def _quoted(body: str) -> str:
    return quote(body.replace("\n", "\r\n"), safe="")
