"""A broken row costs itself, and every row is told by the line where it begins."""

import io
import time
from collections.abc import Sequence

import pytest

from callsheet.exchange.leads_csv.records import MAX_CELL, MAX_RECORD, Lines, Record, records
from callsheet.services.lead_row import BadRow


def read(text: str, delimiter: str = ",", width: int | None = None) -> list[Record | BadRow]:
    return list(records(Lines(io.StringIO(text, newline="")), delimiter, width))


def shape(found: Sequence[Record | BadRow]) -> list[tuple[int, object]]:
    return [(row.row, "bad") if isinstance(row, BadRow) else row for row in found]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_line_ends_end_a_line(end: str) -> None:
    text = end.join(["a,b", "", '"c', 'd",e', "f,g"])
    assert read(text) == [(1, ["a", "b"]), (3, [f"c{end}d", "e"]), (5, ["f", "g"])]


def test_quotes_protect_separators_and_double_themselves() -> None:
    assert read('"a,b","say ""hi""",""\n') == [(1, ["a,b", 'say "hi"', ""])]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_separator_separates(delimiter: str) -> None:
    assert read(f'a{delimiter}"b{delimiter}"{delimiter}c', delimiter) == [(1, ["a", f"b{delimiter}", "c"])]


def test_a_blank_behind_a_separator_does_not_hide_a_quote() -> None:
    assert read('a, "b, c",d') == [(1, ["a", "b, c", "d"])]


def test_a_quote_inside_a_word_is_a_character() -> None:
    assert read('5" pipe,b\n') == [(1, ['5" pipe', "b"])]


def test_a_nickname_in_quotes_within_a_quoted_cell_is_understood_when_the_row_comes_out_right() -> None:
    assert read('"Acme" Ltd,b\n', width=2) == [(1, ["Acme Ltd", "b"])]
    assert shape(read('"Acme", Ltd" x,b\nc,d\n', width=2)) == [(1, "bad"), (2, ["c", "d"])]


def test_a_quote_that_is_never_closed_costs_one_row() -> None:
    text = 'name,note\nAda,"fine"\nBob,"open\nCid,x\nDan,y\n'
    found = read(text, width=2)
    assert shape(found) == [
        (1, ["name", "note"]),
        (2, ["Ada", "fine"]),
        (3, "bad"),
        (4, ["Cid", "x"]),
        (5, ["Dan", "y"]),
    ]
    assert found[2] == BadRow(3, 'a quote (") opens in this row and is never closed')


def test_a_quote_that_the_next_quoted_cell_seems_to_close_costs_one_row() -> None:
    text = 'Bob,"open\nCid,"x, y"\nDan,z\n'
    assert shape(read(text, width=2)) == [(1, "bad"), (2, ["Cid", "x, y"]), (3, ["Dan", "z"])]


def test_every_open_quote_costs_its_own_row() -> None:
    text = "".join(f'Ada{n},"open\nBob{n},x\n' for n in range(50))
    found = shape(read(text, width=2))
    assert [line for line, what in found if what == "bad"] == list(range(1, 101, 2))
    assert [line for line, what in found if what != "bad"] == list(range(2, 101, 2))


def test_an_open_quote_in_the_last_row_is_told() -> None:
    assert shape(read('a,b\nc,"d', width=2)) == [(1, ["a", "b"]), (2, "bad")]


def test_an_open_quote_in_a_long_file_is_given_up_in_time() -> None:
    text = 'Bob,"open\n' + "Cid,x\n" * 400_000
    started = time.process_time()
    found = read(text, width=2)
    assert shape(found)[:2] == [(1, "bad"), (2, ["Cid", "x"])]
    assert len(found) == 400_001
    assert time.process_time() - started < 5


def test_fewer_cells_are_fine_and_more_are_not_unless_they_are_blank() -> None:
    found = read("a\na,b\na,b,,\na,b,c\n", width=2)
    assert shape(found) == [(1, ["a"]), (2, ["a", "b"]), (3, ["a", "b"]), (4, "bad")]
    assert isinstance(found[3], BadRow)
    assert "3 cells where the header has 2" in found[3].reason


def test_the_rest_of_a_broken_row_is_no_row() -> None:
    assert shape(read('a,"He said "hello"\n to me",x\nb,c,d\n', width=3)) == [
        (1, "bad"),
        (2, "bad"),
        (3, ["b", "c", "d"]),
    ]


@pytest.mark.parametrize("size", [MAX_CELL + 1, 140_000, 400_000])
@pytest.mark.parametrize("filling", ["x", "x\n", '""', 'a, "" b\r\n'])
def test_a_cell_that_is_too_long_costs_its_row_and_not_the_lines_inside_it(size: int, filling: str) -> None:
    cell = filling * (size // len(filling.replace('""', '"')) + 1)
    lines_inside = cell.count("\n")
    found = read(f'a,"{cell}",c\nd,e,f\n', width=3)
    assert shape(found) == [(1, "bad"), (2 + lines_inside, ["d", "e", "f"])]
    assert isinstance(found[0], BadRow)
    assert "100,000 characters" in found[0].reason


def test_a_cell_without_quotes_that_is_too_long_costs_its_row() -> None:
    assert shape(read(f"a,{'x' * (MAX_CELL + 1)}\nb,c\n", width=2)) == [(1, "bad"), (2, ["b", "c"])]
    assert shape(read(f"a,{'x' * MAX_CELL}\n", width=2)) == [(1, ["a", "x" * MAX_CELL])]


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_line_without_end_costs_its_row_and_is_not_kept(quote: str) -> None:
    text = f"a,{quote}{'x' * (3 * MAX_RECORD)}\nb,c\n"
    assert shape(read(text, width=2)) == [(1, "bad"), (2, ["b", "c"])]


def test_zeros_in_the_text_are_left_out() -> None:
    assert read('Ada\x00,"b\x00"\n\x00\x00\n') == [(1, ["Ada", "b"])]


def test_a_mark_at_the_beginning_is_no_part_of_the_first_cell() -> None:
    assert read('\ufeff"a",b') == [(1, ["a", "b"])]


@pytest.mark.parametrize("text", ["", "\n\n", " \n\t\n", "\x00"])
def test_nothing_gives_no_record(text: str) -> None:
    assert read(text) == []
