"""From a record of cells to a `LeadRow`, or to a `BadRow` that says why not."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from callsheet.domain.events import Bant, Direction, Interaction
from callsheet.domain.profile import Profile, folded
from callsheet.domain.text import one_line
from callsheet.exchange.leads_csv import values
from callsheet.exchange.leads_csv.cells import LINE_LIMIT, Cells, Places
from callsheet.exchange.leads_csv.countries import country_code
from callsheet.exchange.leads_csv.dialect import HEADER_LIMIT, Dialect
from callsheet.exchange.leads_csv.interactions import TOPIC_LIMIT, kind_in_title, read_interactions, read_packet
from callsheet.exchange.leads_csv.numbers import numbers
from callsheet.exchange.leads_csv.times import DateOrder, UnreadableTime, read_time
from callsheet.services.lead_row import BadRow, LeadRow

Happened = tuple[Interaction, datetime | None]
"""What a lead did, and when; None where the file does not say."""


class _RefusedError(Exception):
    """The row cannot be imported; the message says why."""


class RowReader:
    """Reads the records of one file into rows."""

    def __init__(self, dialect: Dialect, order: DateOrder, zone: ZoneInfo, region: str | None) -> None:
        """Times without a zone are wall clock in `zone`; `region` is the country of rows that name none."""
        self._places = Places(dialect)
        self._header = dialect.header
        self._order: DateOrder = order
        self._zone = zone
        self._region = region

    def read(self, line: int, cells: list[str]) -> LeadRow | BadRow | None:
        """The row that begins in that line, or why it cannot be imported; None when it says nothing."""
        if cells[0].strip() == self._header[0] and self._is_header(cells):
            return BadRow(line, "this row is the header once more")
        row = Cells(self._places, cells)
        if row.blank:
            return None
        try:
            return self._lead_row(line, row)
        except _RefusedError as refusal:
            return BadRow(line, one_line(str(refusal), LINE_LIMIT))

    def _is_header(self, cells: list[str]) -> bool:
        """Whether the header comes once more: exports that were put one below the other have it in their middle."""
        return len(cells) > 1 and tuple(one_line(cell, HEADER_LIMIT) for cell in cells) == self._header

    def _lead_row(self, line: int, row: Cells) -> LeadRow:
        scanned = self._scanned_at(row)
        return LeadRow(
            row=line,
            source=row.text("source"),
            campaign=row.text("campaign"),
            direction=_direction(row),
            originator=row.text("originator"),
            packet=read_packet(row.text("handoff")),
            interactions=self._interactions(row, scanned),
            contact_me=self._contact_me(row),
            bant=_bant(row),
            comment=row.text("comment"),
            received_at=self._received_at(row),
            created_at=self._happened_at(row, "created_at") or scanned,
            do_not_contact=_stop(row, "do_not_contact"),
            do_not_email=_stop(row, "do_not_email"),
            # after the lines above, which add to what is left over
            profile=self._profile(row),
            remarks=tuple(row.remarks),
        )

    def _profile(self, row: Cells) -> Profile:
        name = full_name(row.text("name"), row.text("first_name"), row.text("last_name"))
        company, country = row.text("company"), row.text("country")
        code = country_code(country) if country else ""
        # a country that is not known leaves national numbers unread: another country's reading would be wrong
        phones = _phones(row, code or (None if country else self._region))
        emails = _emails(row)
        if not (name or company or phones or emails):
            raise _RefusedError("nobody to contact in this row: no name, company, email or phone")
        website, linkedin = _links(row.text("website"), row.text("linkedin"))
        return Profile(
            name=name,
            company=company,
            title=row.text("title"),
            phones=phones,
            emails=emails,
            website=website,
            linkedin=linkedin,
            industry=row.text("industry"),
            company_size=_company_size(row),
            company_kind=row.text("company_kind"),
            address=row.text("address"),
            zip=row.text("zip"),
            city=row.text("city"),
            state=row.text("state"),
            country=code or country,
            timezone=_timezone(row),
            extra=tuple(row.extra.items()),  # at last: the lines above add to what is left over
        )

    def _interactions(self, row: Cells, scanned: datetime | None) -> tuple[Happened, ...]:
        try:
            told = read_interactions(row.text("interactions"), self._order, self._zone)
        except UnreadableTime as error:
            raise _RefusedError(str(error)) from error
        found = [*told, *self._conversions(row)]
        row.keep("badge")
        if (scanned or row.texts("badge")) and not any(what.kind == "scan" for what, _ in found):
            campaign = row.text("campaign")
            found.append((Interaction("scan", topic=campaign, campaign=campaign), scanned))
        return tuple(found)

    def _conversions(self, row: Cells) -> list[Happened]:
        """HubSpot's forms: the first and the latest that the contact filled in, which may be the same."""
        found: list[Happened] = []
        for column in ("first_conversion", "conversion"):
            title = row.text(column)[:TOPIC_LIMIT]
            if title:
                happened = Interaction(kind_in_title(title), topic=title), self._happened_at(row, f"{column}_at")
                if happened not in found:
                    found.append(happened)
        return found

    def _contact_me(self, row: Cells) -> bool | datetime | None:
        text = row.text("contact_me")
        if values.is_unknown(text):
            return None
        answer = values.asked_for_contact(text)
        if answer is not None:
            return answer
        try:
            return read_time(text, self._order, self._zone)
        except UnreadableTime as error:
            if error.order_matters:
                raise _RefusedError(str(error)) from error
            raise _RefusedError(f'contact-me "{text[:40]}" is neither yes nor no nor a time') from error

    def _received_at(self, row: Cells) -> datetime | None:
        text = row.text("received_at")
        if values.is_unknown(text):
            return None
        try:
            return read_time(text, self._order, self._zone)
        except UnreadableTime as error:
            raise _RefusedError(str(error)) from error

    def _happened_at(self, row: Cells, column: str) -> datetime | None:
        """A time that the row can do without: one that cannot be read is kept as text."""
        return self._first_time(row, column, [row.text(column)])

    def _scanned_at(self, row: Cells) -> datetime | None:
        """A scanner writes date and time in one cell, or in two."""
        return self._first_time(row, "scanned_at", [row.text("scanned_at"), *row.texts("scanned_at")])

    def _first_time(self, row: Cells, column: str, texts: list[str]) -> datetime | None:
        if values.is_unknown(texts[0]):
            return None
        for text in texts:
            try:
                return read_time(text, self._order, self._zone)
            except UnreadableTime as error:
                if error.order_matters:
                    raise _RefusedError(str(error)) from error
        row.could_not_read(column, texts[0], "is no date that can be read")
        return None


def full_name(name: str, first: str, last: str) -> str:
    """One name from up to three columns; which of them a `Name` column holds depends on the file's language.

    `Name`, `Vorname` and `Nombre`, `Apellidos` have one half of the name each, most exports the whole beside them.
    """
    halves = " ".join(half for half in (first, last) if half)
    if not name or not halves:
        return name or halves
    words = folded(name).split()
    if all(word in words for word in folded(halves).split()):
        return name
    if first and last:
        return halves
    return f"{first} {name}" if first else f"{name} {last}"


def _direction(row: Cells) -> Direction | None:
    try:
        return values.direction_of(row.text("direction"))
    except ValueError as error:
        raise _RefusedError(str(error)) from error


def _phones(row: Cells, region: str | None) -> tuple[str, ...]:
    texts = row.texts("phone")
    if not texts:
        return ()
    found = numbers(texts, region)
    for text in found.bad:
        row.could_not_read("phone", text, "is not a phone number, or was damaged by a spreadsheet")
    for text in found.extensions:
        row.leave("phone", text)
    return found.good


def _emails(row: Cells) -> tuple[str, ...]:
    emails, others = values.addresses(row.texts("email"))
    for text in others:
        row.could_not_read("email", text, "is not a mail address")
    return emails


def _links(website: str, linkedin: str) -> tuple[str, str]:
    """LinkedIn's own export calls the profile's address `URL`, as others do a website's."""
    if website and not linkedin and "linkedin.com/" in website.lower():
        return "", website
    return website, linkedin


def _company_size(row: Cells) -> int | None:
    text = row.text("company_size")
    if values.is_unknown(text):
        return None
    heads, exact = values.head_count(text)
    if heads is None:
        row.could_not_read("company_size", text, "is not a number of people")
    elif not exact:
        row.keep("company_size")
    return heads


def _timezone(row: Cells) -> str:
    text = row.text("timezone")
    if values.is_unknown(text):
        return ""
    zone = values.time_zone(text)
    if not zone:
        row.could_not_read("timezone", text, "is not the name of a time zone")
    return zone


def _bant(row: Cells) -> Bant | None:
    """The answers; what was said beyond yes and no is kept beside them."""
    answers: dict[str, bool | None] = {}
    for question in ("budget", "authority", "need", "timeframe"):
        if text := row.text(question):
            answers[question] = values.answered(text)
            if values.yes_or_no(text) is None:
                row.keep(question)
    return Bant(**answers) if any(answer is not None for answer in answers.values()) else None


def _stop(row: Cells, column: str) -> bool:
    text = row.text(column)
    stop = values.asked_to_stop(text)
    if stop:  # in the words of the file as well: a rep will want to see why
        row.keep(column)
    return stop
