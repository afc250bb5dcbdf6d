"""A file that is no lead list is refused with what it is and what to do; anything else that is text is read."""

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from callsheet.exchange.leads_csv import CsvError, read, sniff
from callsheet.services.lead_row import LeadRow


def zipped(name: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(name, "<xml/>")
    return data.getvalue()


@pytest.mark.parametrize(
    ("content", "reason", "hint"),
    [
        (b"", "the file is empty", "save it again"),
        (b"\xef\xbb\xbf\r\n", "the file is empty", "save it again"),
        (zipped("xl/workbook.xml"), "this is an Excel workbook", "save it as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "this is an Excel workbook", "save it as CSV"),
        (zipped("leads.csv"), "this is a zip archive", "unpack it"),
        (b"%PDF-1.7\n%\xe2\xe3", "this is a PDF document", "as CSV"),
        (b"\x1f\x8b\x08\x00abc", "this is a compressed file", "unpack it"),
        (b"\x89PNG\r\n\x1a\n", "this is a picture", "as CSV"),
        (b"  <html><table>", "this is a web page", "save it as CSV"),
        (b"BEGIN:VCARD\nFN:Ada\n", "this is an address book", "CSV"),
        (bytes(range(1, 32)) * 40, "this is not a text file", "CSV"),
        (b"Ada,Acme,ada@example.com\nBob,Acme,bob@example.com\n", "no header line", "the first line must name them"),
        (b"Shoe size,Colour\n38,red\n", 'begins "Shoe size,Colour"', "name, company, phone, email"),
        (b'{"leads": [{"name": "Ada"}]}', "no header line", "name, company, phone, email"),
    ],
)
def test_what_is_no_lead_list_is_refused_with_what_to_do(
    tmp_path: Path, content: bytes, reason: str, hint: str
) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(content)
    for refuse in (sniff, lambda path: read(path, zone="UTC")):
        with pytest.raises(CsvError) as caught:
            refuse(file)
        assert reason in caught.value.reason
        assert hint in caught.value.hint
        assert str(caught.value).startswith("list.csv")
        assert caught.value.file == file


def test_a_file_that_is_not_there_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(CsvError, match="there is no such file"):
        sniff(tmp_path / "none.csv")
    with pytest.raises(CsvError, match="folder"):
        sniff(tmp_path)


@pytest.mark.parametrize(
    ("encoding", "mark", "found"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8-sig"),
        ("utf-16-le", b"\xff\xfe", "utf-16-le"),
        ("utf-16-be", b"\xfe\xff", "utf-16-be"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
        ("cp1252", b"", "cp1252"),
        ("latin-1", b"", "cp1252"),
    ],
)
def test_the_usual_encodings_are_recognised(tmp_path: Path, encoding: str, mark: bytes, found: str) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(mark + "name;company\r\nJörg Müller;Bäckerei Öhm\r\n".encode(encoding))
    assert sniff(file).encoding == found
    (row,) = read(file, zone="UTC")
    assert isinstance(row, LeadRow)
    assert (row.profile.name, row.profile.company) == ("Jörg Müller", "Bäckerei Öhm")


def test_a_list_that_was_pasted_together_in_two_encodings_keeps_all_its_letters(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes("name\nJörg\nÉloïse\nÅsa\n".encode() + b"\x80 \xd6hm\n")
    assert [row.profile.name for row in read(file, zone="UTC") if isinstance(row, LeadRow)] == [
        "Jörg",
        "Éloïse",
        "Åsa",
        "€ Öhm",
    ]


def test_a_bad_byte_far_behind_does_not_stop_the_reading(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(b"name,note\n" + (b"Ada," + b"x" * 2_000 + b"\n") * 600 + b"J\xf6rg,\n")
    *_, last = read(file, zone="UTC")
    assert isinstance(last, LeadRow)
    assert last.profile.name == "Jörg"


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("name,company\nAda;x,Acme\n", ","),
        ("name;company\nAda;Acme, Inc.\n", ";"),
        ("name\tcompany\nAda, x\tAcme\n", "\t"),
        ("name|company\nAda|Acme\n", "|"),
        ("sep=;\nname;company\nAda;Acme\n", ";"),
        ("sep=\t\nname\tcompany\nAda\tAcme\n", "\t"),
        ('"sep=|"\nname|company\nAda|Acme\n', "|"),
        ("email\nada@example.com\n", ","),
        ("Report of 2026\n\nprinted by Sam, in a hurry\nname;company\nAda;Acme\n", ";"),
    ],
)
def test_the_separator_is_the_one_that_makes_sense_of_the_header(tmp_path: Path, text: str, delimiter: str) -> None:
    file = tmp_path / "list.csv"
    file.write_text(text, encoding="utf-8")
    assert sniff(file).delimiter == delimiter
    assert len(list(read(file, zone="UTC"))) == 1


LETTERS = st.characters(
    codec="utf-8",
    exclude_categories=["Cs", "Cc", "Mn", "Me", "Zs", "Zl", "Zp", "Cf"],
    exclude_characters="\ufffd",
)
NARROW = st.characters(codec="cp1252", exclude_categories=["Cc", "Zs", "Cf"])
BETWEEN = st.sampled_from([" ", ",", ";", "\t", "|", '"', "\n", "\r\n", "'", "=", "\\"])


def cells(letters: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A cell that begins and ends with something, and has anything in between."""
    return st.builds(
        lambda first, middle, last: f"x{first}{''.join(middle)}{last}x",
        letters,
        st.lists(letters | BETWEEN, max_size=8),
        letters,
    )


def encoded(rows: Sequence[Sequence[str]], delimiter: str, end: str, quoting: int, encoding: str) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


@settings(deadline=None, max_examples=150)
@given(
    data=st.data(),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
)
def test_what_a_writer_wrote_comes_back_with_the_right_lines(
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
    delimiter: str,
    end: str,
    quoting: int,
    encoding: str,
) -> None:
    letters = NARROW if encoding == "cp1252" else LETTERS
    rows = data.draw(st.lists(st.tuples(cells(letters), cells(letters)), min_size=1, max_size=8))
    if end == "\r":  # the writer leaves a line feed bare then, which no reader could tell from a line's end
        quoting = csv.QUOTE_ALL
    content = encoded([("Full name", "Comments"), *rows], delimiter, end, quoting, encoding)
    if encoding == "cp1252" and not content.isascii():
        assume(not _reads_as_utf8(content))
    file = tmp_path_factory.mktemp("written") / "list.csv"
    file.write_bytes(content)

    found = list(read(file, zone="UTC"))

    line = 2
    expected = []
    for name, comment in rows:
        expected.append((line, " ".join(name.split()), comment.replace("\r\n", "\n")))
        line += 1 + _line_ends(name) + _line_ends(comment)
    assert [(row.row, row.profile.name, row.comment) for row in found if isinstance(row, LeadRow)] == expected
    assert len(found) == len(rows)


def _line_ends(text: str) -> int:
    return text.replace("\r\n", "\n").count("\n")


def _reads_as_utf8(content: bytes) -> bool:
    return any(_is_utf8(content[at : at + size]) for at in range(len(content)) for size in (2, 3, 4))


def _is_utf8(piece: bytes) -> bool:
    try:
        return len(piece) > 1 and len(piece.decode()) == 1
    except UnicodeDecodeError:
        return False


@settings(deadline=None, max_examples=300)
@given(
    st.binary(max_size=400), st.sampled_from([b"", b"name,phone,received_at\n", b"\xff\xfe", b"name\x00", b'email;"'])
)
@example(b"n\x00a\x00m\x00e\x00\n\x00\xd8\x00", b"\xff\xfe")
def test_no_bytes_raise_anything_but_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, start: bytes
) -> None:
    file = tmp_path_factory.mktemp("random") / "list.csv"
    file.write_bytes(start + content)
    try:
        rows = list(read(file, zone="Europe/Berlin", region="US"))
    except CsvError:
        return
    numbers = [row.row for row in rows]
    assert numbers == sorted(set(numbers))
