"""What the columns of a lead list are called, in the exports that people have and in the languages they have them in.

Headers are compared without case, accents, blanks and punctuation. A column that is not recognised is no error: its
cells are kept with the lead under the header's own text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

LISTS: Final = frozenset({"phone", "email"})
"""Columns whose values all count; of the others the first one that is not blank does."""

JOINED: Final = frozenset({"address", "comment", "scanned_at"})
"""Columns whose values belong together: a street in two lines, a date and a time, several notes."""

WHO: Final = frozenset({"name", "first_name", "last_name", "company", "email", "phone"})
"""A line without any of these is no header of a lead list."""

_NAMES: Final[Mapping[str, str]] = {
    "name": "Name | Full Name | Contact | Contact Name | Person | Lead Name | Attendee | Display Name"
    " | Ansprechpartner | Ansprechpartnerin | Kontakt | Kontaktperson | Vollständiger Name | Nom | Nom complet"
    " | Nombre | Nombre completo | Contacto | Nome | Nome completo | Contatto | Contato | Naam | Contactpersoon"
    " | Navn | Namn | Nimi | Imię i nazwisko",
    "first_name": "First Name | Given Name | Forename | fname | Vorname | Prénom | Nombre de pila"
    " | Primer nombre | Voornaam | Fornavn | Förnamn | Primeiro nome | Imię",
    "last_name": "Last Name | Surname | Family Name | lname | Nachname | Familienname | Zuname"
    " | Nom de famille | Apellido | Apellidos | Cognome | Sobrenome | Apelido | Achternaam | Efternavn | Etternavn"
    " | Efternamn | Nazwisko",
    "company": "Company | Company Name | Company / Account | Account | Account Name | Organization"
    " | Organisation | Organization Name | Org | Employer | Business Name | Associated Company"
    " | Primary Associated Company | partner_name | partner_id | Customer | Client | Firma | Firmenname | Unternehmen"
    " | Unternehmensname | Kunde | Arbeitgeber | Société | Entreprise | Raison sociale | Organisme | Empresa"
    " | Nombre de la empresa | Compañía | Azienda | Società | Ragione sociale | Bedrijf | Bedrijfsnaam | Firmanavn"
    " | Företag | Nazwa firmy",
    "title": "Title | Job Title | Job Position | Job Role | Position | Role | Function | jobtitle"
    " | Organization Title | Funktion | Berufsbezeichnung | Jobtitel | Stelle | Rolle | Fonction | Poste | Titre"
    " | Intitulé du poste | Cargo | Puesto | Ruolo | Qualifica | Posizione | Função | Functie | Stilling | Stanowisko",
    "phone": "Phone | Phones | Telephone | Phone Number | Telephone Number | Phone No | Tel | Tel No | Telno | Mobile"
    " | Mobile Phone | Mobile Phone Number | Mobile Number | Mobile No | Cell | Cell Phone | Cellphone | Cell Number"
    " | Cellular | Direct | Direct Dial | Direct Phone | Direct Line | Direct Number | Contact Number | Work Phone"
    " | Office Phone | Business Phone | Day Phone | Daytime Phone | Home Phone | Other Phone | Primary Phone"
    " | Secondary Phone | Alternate Phone | WhatsApp | WhatsApp Phone Number | phone_mobile | mobile_phone"
    " | phone_sanitized | Telefon | Telefonnummer | Telefonnr | Rufnummer | Handy | Handynummer | Mobil"
    " | Mobilnummer | Mobiltelefon | Mobilfunk | Festnetz | Durchwahl | Téléphone | Numéro de téléphone | Tél"
    " | Portable | Téléphone portable | Téléphone mobile | Téléphone fixe | Ligne directe | Teléfono"
    " | Número de teléfono | Teléfono móvil | Móvil | Celular | Telefono | Cellulare | Numero di telefono | Telefone"
    " | Telemóvel | Telefoon | Telefoonnummer | Mobiel | Telefonnr. | Puhelin | Komórka",
    "phone_company": "Company Phone | Company Phone Number | Corporate Phone | HQ Phone | Headquarters Phone"
    " | Main Phone | Main Number | Switchboard | Account Phone | Organization Phone | Zentrale"
    " | Telefonzentrale | Standard téléphonique | Centralita",
    "email": "Email | Emails | E-mail | Email Address | Mail | Mail Address | email_from | email_normalized"
    " | Work Email | Business Email | Personal Email | Primary Email | Secondary Email | Additional Email Addresses"
    " | Alternate Email | Other Email | E-Mail-Adresse | Mailadresse | Courriel | Adresse e-mail | Adresse mail"
    " | Adresse électronique | Adresse de messagerie | Mél | Correo | Correo electrónico | Dirección de correo"
    " | Dirección de correo electrónico | Posta elettronica | Indirizzo e-mail | Correio eletrónico | E-mailadres"
    " | Sähköposti | E-postadresse | E-post | E-postadress | Adres e-mail",
    "website": "Website | Website Value | Website URL | Web Site | Web | Web Page | Homepage | URL"
    " | Domain | Company Domain Name"
    " | Company Website | Company URL | Webseite | Webadresseseite | Internet | Site web | Site internet"
    " | Sitio web | Página web | Sito | Sito web | Hjemmeside | Webbplats | Strona www",
    "linkedin": "LinkedIn | LinkedIn URL | LinkedIn Profile | LinkedIn Profile URL | LinkedIn Profile Link"
    " | Person LinkedIn URL | Person LinkedIn | Contact LinkedIn Profile URL | LinkedIn Contact Profile URL"
    " | Profile URL | Public Profile URL | hs_linkedin_url | Profil LinkedIn | LinkedIn-Profil | Perfil de LinkedIn",
    "industry": "Industry | Sector | Vertical | Company Industry | Branche | Industrie | Secteur | Secteur d'activité"
    " | Sector de actividad | Settore | Setor | Bransch | Branża",
    "company_size": "Company Size | Number of Employees | No. of Employees | Num Employees | # Employees | Employees"
    " | Employee Count | Headcount | Head Count | NumberOfEmployees | Size | Employee Range | Company Headcount"
    " | Numero de empleados | Número de empleados | Empleados | Mitarbeiter | Mitarbeiterzahl | Anzahl Mitarbeiter"
    " | Unternehmensgröße | Firmengröße | Nombre d'employés | Effectif | Effectifs | Taille de l'entreprise"
    " | Tamaño de la empresa | Dipendenti | Numero di dipendenti | Aantal medewerkers",
    "company_kind": "Company Kind | Company Type | Kind of Company | Type of Company | Organization Type"
    " | Business Type | Account Type | Unternehmensart | Unternehmenstyp | Firmentyp | Art des Unternehmens"
    " | Type d'entreprise | Tipo de empresa | Tipo di azienda",
    "address": "Address | Street | Street Address | Street 1 | Street2 | Address Line | Postal Address"
    " | Address Formatted"
    " | Mailing Address | Mailing Street | Billing Street | Address Street | Address Extended Address"
    " | Adresse | Anschrift | Straße | Strasse | Straße und Hausnummer | Straße Hausnummer | Rue | Adresse postale"
    " | Dirección | Calle | Domicilio | Indirizzo | Morada | Endereço | Straat | Adres | Vej | Gata | Ulica",
    "zip": "Zip | Zip Code | Zipcode | Postal Code | Post Code | Postcode | Zip/Postal Code | PLZ | Postleitzahl"
    " | Code postal | CP | Código postal | CAP | CEP | Postnummer | Postnr | Kod pocztowy",
    "city": "City | Town | Locality | City/Town | Ort | Stadt | Wohnort | Ville | Commune | Ciudad"
    " | Localidad | Población"
    " | Città | Cidade | Plaats | Woonplaats | Stad | Miasto",
    "state": "State | Province | State/Province | State/Region | Region | County | State Code | state_id | Bundesland"
    " | Kanton | Région | Département | Provincia | Estado | Regione | Provincie",
    "country": "Country | Country/Region | Country Code | Country Name | country_id | Nation | Land | Staat | Pays"
    " | País | Paese | Nazione | Kraj",
    "timezone": "Timezone | Time Zone | tz | hs_timezone | Zeitzone | Fuseau horaire | Zona horaria | Fuso orario",
    "source": "Source | Lead Source | Original Source | Latest Source | Source Name | Lead Source Name | source_id"
    " | Source Origin | Quelle | Lead-Quelle | Leadquelle | Herkunft | Origine | Source du lead | Origen"
    " | Fuente | Fonte | Origem | Bron | Bronn",
    "campaign": "Campaign | Campaign Name | UTM Campaign | utm_campaign | campaign_id | Event | Event Name | Show"
    " | Show Name | Trade Show | Tradeshow | Exhibition | Conference | Kampagne | Messe | Veranstaltung | Campagne"
    " | Salon | Événement | Campaña | Evento | Feria | Campagna | Fiera",
    "direction": "Direction | Lead Direction | Inbound/Outbound | Inbound or Outbound | Richtung | Sens"
    " | Dirección del lead",
    "originator": "Originator | SDR | BDR | Generated By | Lead Generated By | Sourced By | Handed Over By"
    " | Handed Off By"
    " | Passed By | Scanned By | Captured By | Referred By | Collected By | Übergeben von | Erfasst von"
    " | Transmis par | Generado por",
    "handoff": "Handoff | Hand-off | Handoff Notes | Hand-off Notes | Handover | Handover Notes | SDR Notes | BDR Notes"
    " | Übergabe | Übergabenotiz | Passation | Traspaso",
    "budget": "Budget | BANT Budget | Has Budget | Budget confirmed | Presupuesto",
    "authority": "Authority | BANT Authority | Decision Maker | Decision-maker | Is decision maker | Entscheider"
    " | Décideur | Decisor | Autoridad",
    "need": "Need | BANT Need | Has Need | Need identified | Bedarf | Besoin | Necesidad",
    "timeframe": "Timeframe | Time Frame | Timeline | BANT Timeframe | BANT Timeline | Timing | Purchase Timeframe"
    " | Zeitrahmen | Échéance | Délai | Plazo",
    "comment": "Comment | Comments | Message | Your Message | Notes | Note | Remark | Remarks | Question | Questions"
    " | Description | Lead Description | Scan Notes | Lead Notes | Additional Notes | Additional Information"
    " | Bemerkung"
    " | Bemerkungen | Kommentar | Kommentare | Notiz | Notizen | Anmerkung | Anmerkungen | Nachricht | Beschreibung"
    " | Anfrage | Commentaire | Commentaires | Remarque | Remarques | Comentario | Comentarios | Mensaje | Nota | Notas"
    " | Observaciones | Commento | Commenti | Messaggio | Mensagem | Opmerking | Opmerkingen",
    "contact_me": "Contact Me | Contactme | Please Contact | Please Contact Me | Call Me | Call Me Back | Callback"
    " | Call Back | Callback Requested | Request Callback | Requested Contact | Contact Requested | Contact Request"
    " | Wants Contact | Wants To Be Contacted | Follow Up Requested | Wants Follow Up | Sales Contact Requested"
    " | Rückruf | Rückruf gewünscht | Kontakt gewünscht | Bitte um Kontakt | Bitte kontaktieren | Me contacter"
    " | Rückrufwunsch | Rückruf erwünscht | Kontaktwunsch | Kontakt erwünscht | Demande de rappel | Demande de contact"
    " | Rappel | Rappel souhaité | Contactarme | Llámame",
    "interactions": "Interactions | Interaction | Touchpoints | Touch points | Engagements | Lead Activity"
    " | Interaktionen | Interaktion | Interacciones",
    "received_at": "Received At | Received | Received On | Date Received | Received Date | Assigned At | Assigned On"
    " | Assigned | Assigned Date | Date Assigned | Lead Assigned Date | Owner Assigned Date | Eingang | Eingang am"
    " | Eingangsdatum | Eingegangen am | Erhalten am | Zugewiesen am | Reçu le | Date de réception | Attribué le"
    " | Recibido | Recibido el | Fecha de recepción | Ricevuto il",
    "created_at": "Created At | Created | Created On | Create Date | Created Date | Creation Date | Date Created"
    " | Date Added | Added On | Lead Created | Lead Created Date | Lead Creation Time | Submitted At"
    " | Submitted | Submitted On | Submission Date | Date Submitted | Submission Time | Timestamp | Zeitstempel"
    " | Erstellt am | Erstellt | Erstelldatum | Erstellungsdatum | Angelegt am | Créé le | Date de création"
    " | Horodateur | Creado el | Fecha de creación | Marca temporal | Creato il | Data di creazione"
    " | Criado em | Aangemaakt op",
    "do_not_contact": "Do Not Contact | DNC | Do Not Call | Do-not-call | No Contact | Don't Contact | Don't Call"
    " | Opt Out | Opted Out | Nicht kontaktieren | Nicht anrufen | Kontaktsperre | Werbesperre | Ne pas contacter"
    " | Ne pas appeler | No contactar | No llamar | Non contattare",
    "do_not_email": "Do Not Email | Email Opt Out | Email Opt-out | HasOptedOutOfEmail | Opted Out Of Email"
    " | Unsubscribed | Unsubscribed from all email | hs_email_optout",
    "scanned_at": "Scan Time | Scan Date | Scanned At | Scanned On | Scanned | Scan Date/Time | Scan Datetime"
    " | Date Scanned | Time Scanned | Scan Timestamp | Date/Time Scanned | Capture Date | Capture Time | Captured At"
    " | Captured On | Lead Capture Date | Lead Captured | Gescannt am | Scanné le | Escaneado",
    "badge": "Badge ID | Badge | Badge Number | Badge No | Badge Code | Barcode | Badge Barcode | Scan ID | QR Code",
    "conversion": "Recent Conversion | Recent Conversion Event Name",
    "conversion_at": "Recent Conversion Date",
    "first_conversion": "First Conversion | First Conversion Event Name",
    "first_conversion_at": "First Conversion Date",
}
CANONICAL: Final = frozenset(_NAMES)

_PERSON: Final = ("person", "contact", "attendee", "registrant", "visitor", "prospect", "delegate", "lead")
_ORGANISATION: Final = ("organization", "organisation", "org", "company", "account", "business")
_ADDRESS: Final = ("mailing", "billing", "shipping", "business", "work", "primary", "address", "office")
_OF_PERSON: Final = frozenset(
    {"first_name", "last_name", "phone", "email", "linkedin", "source", "country", "city", "created_at"}
)
_OF_ORGANISATION: Final = frozenset(
    {"phone", "website", "industry", "company_size", "company_kind", "address", "zip", "city", "state", "country"}
)
_OF_ADDRESS: Final = frozenset({"address", "zip", "city", "state", "country"})
_NUMBERED: Final = LISTS | _OF_ADDRESS | {"website", "company", "title"}
_NUMBER: Final = re.compile(r"^(\D+?)\d{1,2}(\D*)$")
_SORT_OF_POINT: Final = re.compile(
    r"^(phone|telephone|mobile|email)(number|address|work|home|mobile|cell|other|main|business|private|office|direct"
    r"|value|primary|personal|company)+$"
)


def folded_header(text: str) -> str:
    """The header without case, accents, blanks and punctuation: the form in which two are the same."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in plain if char.isalnum())


def canonical(header: str) -> str | None:
    """The name of the column that this header stands for, None when it is not known."""
    key = folded_header(header)
    if not key or len(key) > 60:
        return None
    return _known(key) or _with_number(key) or _with_prefix(key)


def columns_of(header: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Where each column that is known stands in this header; a switchboard's numbers come after the person's own."""
    found: dict[str, list[int]] = {}
    for index, text in enumerate(header):
        name = canonical(text)
        if name is not None:
            found.setdefault(name, []).append(index)
    switchboard = found.pop("phone_company", [])
    if switchboard:
        found.setdefault("phone", []).extend(switchboard)
    _leave_record_names_out(header, found)
    return {name: tuple(indexes) for name, indexes in found.items()}


def _leave_record_names_out(header: Sequence[str], found: dict[str, list[int]]) -> None:
    """Where a file has a contact's name, a plain `Name` is the title of the record (Odoo's opportunity)."""
    keys = {index: folded_header(header[index]) for index in found.get("name", ())}
    if len(keys) > 1 and any(key in {"contactname", "personname"} for key in keys.values()):
        found["name"] = [index for index, key in keys.items() if key in {"contactname", "personname", "fullname"}]


def _known(key: str) -> str | None:
    if key in _TABLE:
        return _TABLE[key]
    sort = _SORT_OF_POINT.match(key)
    if sort:
        return "email" if sort[1] == "email" else "phone"
    return None


def _with_number(key: str) -> str | None:
    """`Email 2`, `Phone 1 - Value`, `Organization 1 - Name`."""
    match = _NUMBER.match(key)
    if match is None:
        return None
    name = _known(match[1] + match[2]) or _with_prefix(match[1] + match[2])
    return name if name in _NUMBERED else None


def _with_prefix(key: str) -> str | None:
    """`Person - Email - Work`, `Organization - Name`, `Mailing Zip/Postal Code`."""
    for prefixes, allowed, of_name in (
        (_PERSON, _OF_PERSON, "name"),
        (_ORGANISATION, _OF_ORGANISATION, "company"),
        (_ADDRESS, _OF_ADDRESS, None),
    ):
        for prefix in prefixes:
            rest = key.removeprefix(prefix)
            if rest == key or not rest:
                continue
            name = of_name if rest == "name" else _known(rest)
            if name in allowed or (name is not None and name == of_name):
                return "phone_company" if name == "phone" and prefixes is _ORGANISATION else name
    return None


_TABLE: Final[Mapping[str, str]] = {
    **{folded_header(text): name for name, texts in _NAMES.items() for text in texts.split(" | ")},
    **{folded_header(name): name for name in _NAMES},
}
