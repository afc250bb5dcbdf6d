"""Names of countries, in the languages that lead lists come in, and their two letters (ISO 3166)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final

import phonenumbers

from callsheet.exchange.leads_csv.headers import folded_header

_NAMES: Final[Mapping[str, str]] = {
    "AE": "United Arab Emirates | UAE | Vereinigte Arabische Emirate | Emirats arabes unis"
    " | Emiratos Árabes Unidos | ARE",
    "AR": "Argentina | Argentinien | Argentine | ARG",
    "AT": "Austria | Österreich | Oesterreich | Autriche | AUT",
    "AU": "Australia | Australien | Australie | AUS",
    "BE": "Belgium | Belgien | België | Belgique | Bélgica | Belgio | BEL",
    "BG": "Bulgaria | Bulgarien | Bulgarie | България | BGR",
    "BR": "Brazil | Brasil | Brasilien | Brésil | BRA",
    "CA": "Canada | Kanada | Canadá | CAN",
    "CH": "Switzerland | Schweiz | Suisse | Svizzera | Suiza | CHE",
    "CL": "Chile | Chili | CHL",
    "CN": "China | People's Republic of China | PR China | Chine | 中国 | CHN",
    "CO": "Colombia | Kolumbien | Colombie | COL",
    "CZ": "Czechia | Czech Republic | Tschechien | Tschechische Republik | Česko | Česká republika | Tchéquie"
    " | République tchèque | CZE",
    "DE": "Germany | Deutschland | Federal Republic of Germany | Bundesrepublik Deutschland | BRD | Allemagne"
    " | Alemania"
    " | Germania | Alemanha | Duitsland | DEU | GER",
    "DK": "Denmark | Dänemark | Danmark | Danemark | Dinamarca | DNK",
    "EE": "Estonia | Estland | Eesti | EST",
    "EG": "Egypt | Ägypten | Égypte | EGY",
    "ES": "Spain | España | Spanien | Espagne | Spagna | Spanje | ESP",
    "FI": "Finland | Suomi | Finnland | Finlande | Finlandia | FIN",
    "FR": "France | Frankreich | Francia | França | Frankrijk | FRA",
    "GB": "United Kingdom | UK | U.K. | Great Britain | Britain | England | Scotland | Wales"
    " | Northern Ireland | Vereinigtes"
    " Königreich | Großbritannien | Royaume-Uni | Grande-Bretagne | Reino Unido | Gran Bretaña | Regno Unito"
    " | United Kingdom of Great Britain and Northern Ireland | GBR",
    "GR": "Greece | Griechenland | Grèce | Grecia | Ελλάδα | Hellas | GRC | EL",
    "HK": "Hong Kong | Hongkong | Hong Kong SAR | HKG",
    "HR": "Croatia | Kroatien | Hrvatska | Croatie | HRV",
    "HU": "Hungary | Ungarn | Magyarország | Hongrie | HUN",
    "ID": "Indonesia | Indonesien | Indonésie | IDN",
    "IE": "Ireland | Irland | Éire | Republic of Ireland | Irlande | Irlanda | IRL",
    "IL": "Israel | Israël | ISR",
    "IN": "India | Indien | Inde | Bharat | IND",
    "IT": "Italy | Italia | Italien | Italie | ITA",
    "JP": "Japan | Japon | Japón | Giappone | 日本 | JPN",
    "KE": "Kenya | Kenia | KEN",
    "KR": "South Korea | Korea | Republic of Korea | Korea, Republic of | Südkorea | Corée du Sud"
    " | Corea del Sur | KOR",
    "LI": "Liechtenstein | LIE",
    "LT": "Lithuania | Litauen | Lietuva | LTU",
    "LU": "Luxembourg | Luxemburg | Luxemburgo | LUX",
    "LV": "Latvia | Lettland | Latvija | LVA",
    "MX": "Mexico | México | Mexiko | Mexique | MEX",
    "MY": "Malaysia | Malaisie | MYS",
    "NG": "Nigeria | NGA",
    "NL": "Netherlands | The Netherlands | Holland | Nederland | Niederlande | Pays-Bas | Países Bajos"
    " | Paesi Bassi | NLD",
    "NO": "Norway | Norge | Norwegen | Norvège | Noruega | NOR",
    "NZ": "New Zealand | Neuseeland | Nouvelle-Zélande | Nueva Zelanda | NZL",
    "PE": "Peru | Perú | Pérou | PER",
    "PH": "Philippines | Philippinen | Filipinas | PHL",
    "PL": "Poland | Polska | Polen | Pologne | Polonia | POL",
    "PT": "Portugal | Portogallo | PRT",
    "RO": "Romania | Rumänien | România | Roumanie | ROU",
    "RS": "Serbia | Serbien | Srbija | SRB",
    "SA": "Saudi Arabia | Saudi-Arabien | Arabie saoudite | Kingdom of Saudi Arabia | KSA | SAU",
    "SE": "Sweden | Sverige | Schweden | Suède | Suecia | SWE",
    "SG": "Singapore | Singapur | Singapour | SGP",
    "SI": "Slovenia | Slowenien | Slovenija | SVN",
    "SK": "Slovakia | Slowakei | Slovensko | Slovaquie | SVK",
    "TH": "Thailand | Thaïlande | Tailandia | THA",
    "TR": "Turkey | Türkiye | Türkei | Turquie | Turquía | TUR",
    "TW": "Taiwan | Taiwan, Province of China | 台灣 | TWN",
    "UA": "Ukraine | Україна | Ucrania | UKR",
    "US": "United States | United States of America | USA | U.S.A. | U.S. | America | Vereinigte Staaten"
    " | Vereinigte Staaten von Amerika | États-Unis | Estados Unidos | EE. UU. | EEUU | Stati Uniti",
    "VN": "Vietnam | Viet Nam | VNM",
    "ZA": "South Africa | Südafrika | Afrique du Sud | Sudáfrica | ZAF",
}
_TWO_LETTERS: Final = re.compile(r"[A-Za-z]{2}$")
_CODE_BEHIND: Final = re.compile(r"\(([A-Za-z]{2})\)$")


@lru_cache(maxsize=256)
def country_code(text: str) -> str:
    """The two letters of the country that the text names, or an empty string when it is not known."""
    if _TWO_LETTERS.match(text):
        code = text.upper()
        return code if code in _codes() else _by_name().get(text.casefold(), "")
    behind = _CODE_BEHIND.search(text)
    if behind and behind[1].upper() in _codes():
        return behind[1].upper()
    return _by_name().get(folded_header(text), "")


@cache
def _by_name() -> Mapping[str, str]:
    return {folded_header(name): code for code, names in _NAMES.items() for name in names.split(" | ")}


@cache
def _codes() -> frozenset[str]:
    return frozenset(phonenumbers.SUPPORTED_REGIONS) | frozenset(_NAMES)
