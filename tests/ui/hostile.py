"""Texts that try to break a screen, and a book, a sync and rules that hold them in every field there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import timedelta
from typing import Final

from callsheet.domain import events as ev
from callsheet.domain.profile import Profile
from callsheet.domain.rules import Rules
from callsheet.domain.value import Asset
from callsheet.services.desk import Desk
from callsheet.services.intake import first_facts
from callsheet.services.views import SyncStatus, Undelivered
from callsheet.ui.sync_control import Conflict, Run, SyncView
from tests.ui.sample import NOW

TEXTS: Final = (
    "Acme [/] Ltd", "[red]Bold[/red] [@click=app.quit]x[/]", "esc\x1b[2J\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07",
    "c1\x9b31m\x90q\x9c\x9d0;owned\x9c", "rtl\u202egnp.exe\u2066", "nul\x00byte\x7f\x08",
    "z" + "\u0301\u0327\u0336" * 60 + "algo", "x" * 10_240,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 family \U0001f1e9\U0001f1ea \u2764\ufe0f", "שלום עולם", "العربية مرحبا",
    "[$error]$x[/] \\[b]", "{0} %s ${HOME} `id`", "a\nb\r\nc\td\u2028e", "株式会社サンプル運輸 部長", "N" * 200,
)  # fmt: skip
"""Markup, escapes, C1, overrides, NUL, zalgo, endless ones, joined emoji, right-to-left, format strings, wide ones."""

NEVER: Final = frozenset(
    {*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), *map(chr, range(0x202A, 0x202F)),
     *map(chr, range(0x2066, 0x206A)), "\ufeff"} - {"\n"}
)  # fmt: skip
"""Characters of which none may ever reach a terminal in a text."""

PACKET: Final = tuple(field.name for field in fields(ev.Packet))


def fill(desk: Desk) -> list[str]:
    """Put a lead into the book for each text, which it has in every field."""
    return [_bring(desk, nth, text) for nth, text in enumerate(TEXTS)]


def _bring(desk: Desk, nth: int, text: str) -> str:
    lead, at = f"01930000-0000-7000-9000-{nth:012x}", NOW - timedelta(minutes=nth + 20)
    profile = Profile(
        name=text, company=text, title=text, phones=(f"+4420794602{nth:02}", text[:60]),
        emails=(f"{text[:60]}@x.example", f"n{nth}@x.example"), website=text, linkedin=text, industry=text, city=text,
        zip=text[:20], address=text, state=text, country=text[:30],
    )  # fmt: skip
    captured = ev.Captured(profile, at, source=text, campaign=text[:100], originator=text)
    facts = first_facts(lead, captured, [(ev.Interaction("contact_form", text, text), at)], desk.rules)
    facts.append((lead, at + timedelta(minutes=1), ev.Noted(text, text)))
    facts += [(lead, at + timedelta(minutes=2), ev.Researched(name, text)) for name in ("website", "value", "ask")]
    facts.append((lead, at + timedelta(minutes=3), ev.Attempt("phone", "no_answer", note=text, asset=text)))
    with desk.book.work() as work:
        work.append(desk.action("import", facts, origin="import", kind="fact"))
    return lead


def rules(ordinary: Rules) -> Rules:
    """Return rules whose plans have such labels."""
    label = " ".join(text[:40] for text in TEXTS[:6])
    plans = {
        key: replace(plan, label=label, steps=tuple(replace(step, label=label) for step in plan.steps))
        for key, plan in ordinary.plans.items()
    }
    return replace(ordinary, plans=plans)


def shelf() -> tuple[Asset, ...]:
    """Return assets with such titles."""
    return tuple(Asset(text, text, (text[:40],), text[:20]) for text in TEXTS)


def sync_view(leads: Sequence[str]) -> SyncView:
    """Return a sync in which the CRM answers such texts."""
    refused = [
        Undelivered(f"op-{nth}", f"e{nth}", leads[nth], text, "profile", text, "parked", NOW, None, text, text[:30])
        for nth, text in enumerate(TEXTS)
    ]
    waiting = Undelivered("w", "e", leads[0], TEXTS[2], "touch", TEXTS[3], "retry", NOW, NOW, TEXTS[2])
    conflicts = [Conflict(str(nth), leads[nth], text, text[:40], text, text[::-1]) for nth, text in enumerate(TEXTS)]
    status = SyncStatus(
        "odoo", 1, len(refused), len(conflicts), NOW, NOW, TEXTS[2] + TEXTS[3], False, TEXTS[:6]
    )  # fmt: skip
    return SyncView(status, (*refused, waiting), conflicts, [Run(NOW, 1, 1, text) for text in TEXTS[:8]])
