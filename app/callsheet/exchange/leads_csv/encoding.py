"""How the bytes of a lead list become text: what is no text at all, which encoding, and what to do about bad bytes.

Spreadsheets save in UTF-8 with or without a mark, in UTF-16 ("Unicode text") and in the Windows code page; lists that
were pasted together hold two of these at once. No byte makes the reading fail: one that is no UTF-8 is taken for
Windows-1252, and one that is neither comes out as a control, which `safe_text` replaces.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import Final

from callsheet.exchange.leads_csv.errors import CsvError

SAMPLE_BYTES: Final = 1_000_000
"""How much of a file decides about its encoding and dialect."""

FALLBACK: Final = "callsheet.windows-1252"
"""The name of the codec error handler that reads a byte which is no UTF-8 as Windows-1252."""

_AS_CSV: Final = "open it and save it as CSV (UTF-8), then import that file"
_MAGIC: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"\xd0\xcf\x11\xe0", "this is an Excel workbook", _AS_CSV),
    (b"%PDF", "this is a PDF document", "ask for the list as CSV"),
    (b"\x1f\x8b", "this is a compressed file", "unpack it and import the CSV file inside"),
    (b"7z\xbc\xaf", "this is a compressed file", "unpack it and import the CSV file inside"),
    (b"Rar!", "this is a compressed file", "unpack it and import the CSV file inside"),
    (b"\x89PNG", "this is a picture", "ask for the list as CSV"),
    (b"\xff\xd8\xff", "this is a picture", "ask for the list as CSV"),
    (b"SQLite format 3\x00", "this is a database", "export the list from it as CSV"),
    (b"{\\rtf", "this is a text document with formatting", _AS_CSV),
    (b"BEGIN:VCARD", "this is an address book (vCard)", "export the contacts as CSV instead"),
    (b"<!DOCTYPE", "this is a web page", _AS_CSV),
    (b"<html", "this is a web page", _AS_CSV),
    (b"<?xml", "this is an XML file", _AS_CSV),
)
_MARKS: Final[tuple[tuple[bytes, str], ...]] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins like that one's
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SEQUENCE: Final = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_CONTROL: Final = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_BINARY_SHARE: Final = 0.05
"""A file with more controls than this is no text."""


def sample_of(file: Path) -> bytes:
    """The first `SAMPLE_BYTES` of the file.

    Raises:
        CsvError: the file cannot be opened or read, or is empty.
    """
    try:
        with file.open("rb") as stream:
            sample = stream.read(SAMPLE_BYTES)
    except OSError as error:
        raise unreadable(file, error) from error
    if not sample.strip(b"\x00\t\n\r \xef\xbb\xbf\xff\xfe"):
        raise CsvError(file, 0, "the file is empty", "check the export and save it again")
    return sample


def unreadable(file: Path, error: OSError) -> CsvError:
    """The error to raise when the system does not give the file out."""
    match error:
        case FileNotFoundError():
            return CsvError(file, 0, "there is no such file", "check the name and the folder")
        case PermissionError():
            return CsvError(file, 0, "the file may not be read", "check who may read it, or copy it to your own folder")
        case IsADirectoryError():
            return CsvError(file, 0, "this is a folder", "name the CSV file inside it")
    return CsvError(file, 0, f"the file cannot be read ({error.strerror or error})", "copy it to this machine's disk")


def encoding_of(sample: bytes, file: Path) -> str:
    """The name of the encoding: `utf-8`, `utf-8-sig`, `utf-16-le`, `utf-16-be`, `utf-32-le` or `cp1252`.

    Raises:
        CsvError: the file is no text: a workbook, an archive, a picture.
    """
    _refuse_what_is_no_text(sample, file)
    for mark, encoding in _MARKS:
        if sample.startswith(mark):
            return encoding
    wide = _wide_encoding(sample)
    if wide:
        return wide
    if len(_CONTROL.findall(sample)) > _BINARY_SHARE * len(sample):
        raise CsvError(file, 0, "this is not a text file", "save the list as CSV and import that file")
    if _is_utf8(sample):
        return "utf-8"
    sequences = _SEQUENCE.findall(sample)
    stray = len(_HIGH.findall(sample)) - sum(map(len, sequences))
    return "utf-8" if len(sequences) > stray else "cp1252"


def errors_for(encoding: str) -> str:
    """The codec error handler with which a file in that encoding is opened."""
    return "replace" if encoding.startswith(("utf-16", "utf-32")) else FALLBACK


def _refuse_what_is_no_text(sample: bytes, file: Path) -> None:
    if sample.startswith(b"PK\x03\x04"):
        if b"opendocument.spreadsheet" in sample:
            raise CsvError(file, 0, "this is an OpenDocument workbook", _AS_CSV)
        if b"xl/" in sample or b"[Content_Types].xml" in sample or file.suffix.lower() in {".xlsx", ".xlsm"}:
            raise CsvError(file, 0, "this is an Excel workbook", _AS_CSV)
        raise CsvError(file, 0, "this is a zip archive", "unpack it and import the CSV file inside")
    start = sample.removeprefix(codecs.BOM_UTF8).lstrip()
    for magic, reason, hint in _MAGIC:
        if start[: len(magic)].lower() == magic.lower():
            raise CsvError(file, 0, reason, hint)


def _wide_encoding(sample: bytes) -> str:
    """UTF-16 without its mark: every other byte of Latin text is zero, always on the same side."""
    even, odd = sample[:4000:2], sample[1:4000:2]
    if odd.count(0) > 0.4 * len(odd) and even.count(0) < 0.02 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.4 * len(even) and odd.count(0) < 0.02 * len(odd):
        return "utf-16-be"
    return ""


def _is_utf8(sample: bytes) -> bool:
    try:  # not the final part: the sample may end within a character
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    try:
        return wrong.decode("cp1252"), error.end
    except UnicodeDecodeError:  # five bytes have no character there
        return wrong.decode("latin-1"), error.end


codecs.register_error(FALLBACK, _as_windows_1252)
