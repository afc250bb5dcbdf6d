"""Where each key stands, in every way that TOML lets one write it."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.settings.places import line_of, places

TEXT = '''# a comment with = and [brackets]
title = "x = 1 # no comment"
[a]
b.c = 1   # dotted
"quoted key" = 'x'
long = """
not = "a key"
[nor.a.table] \\""" still
"""
literal = \'\'\'
nor = this
\'\'\'
list = [
  1,  # one
  [2, 3],
  { k = "v", deep = { er = true } },
]
[a.sub]
last = 2026-01-01
[[t]]
n = 1
[[t]]
n = 2
[t.inside]
m = 3
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("a",), 3),
        (("a", "b", "c"), 4),
        (("a", "quoted key"), 5),
        (("a", "long"), 6),
        (("a", "literal"), 10),
        (("a", "list"), 13),
        (("a", "list", 0), 14),
        (("a", "list", 1, 1), 15),
        (("a", "list", 2, "deep", "er"), 16),
        (("a", "sub", "last"), 19),
        (("t", 0, "n"), 21),
        (("t", 1, "n"), 23),
        (("t", 1, "inside", "m"), 25),
        (("a", "nowhere"), 3),
        (("t",), 20),
        (("nowhere",), None),
    ],
)
def test_a_key_is_found_on_its_line(path: tuple[str | int, ...], line: int | None) -> None:
    tomllib.loads(TEXT)
    assert line_of(places(TEXT), path) == line


def test_nothing_inside_a_text_is_taken_for_a_key() -> None:
    found = places(TEXT)
    assert not {("not",), ("a", "not"), ("nor", "a", "table"), ("a", "nor")} & set(found)


KEYS = st.from_regex(r"[a-z][a-z0-9_-]{0,6}", fullmatch=True)
VALUES = st.recursive(
    st.one_of(
        st.integers(-99, 99).map(str),
        st.booleans().map(lambda b: str(b).lower()),
        st.text('ab#[]{}=," \\n\t', max_size=8).map(
            lambda s: '"' + s.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'
        ),
        st.text('ab#[]{}=," \n', max_size=8).map(lambda s: "'''" + s + "'''"),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[\n" + ",\n".join(items) + "]"),
        st.dictionaries(KEYS, inner.filter(lambda v: "\n" not in v), max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{k} = {v}" for k, v in pairs.items()) + "}"
        ),
    ),
    max_leaves=6,
)


@given(st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=4), max_size=4))
def test_the_span_of_a_value_is_the_value(tables: dict[str, dict[str, str]]) -> None:
    text = "".join(
        f"[{table}] # head\n" + "".join(f"{key} = {value} # tail\n" for key, value in pairs.items())
        for table, pairs in tables.items()
    )
    data, found = tomllib.loads(text), places(text)
    for table, pairs in tables.items():
        for key, value in pairs.items():
            place = found[table, key]
            assert text[place.start : place.end] == value
            assert text.split("\n")[place.line - 1].startswith(f"{key} =")
            assert tomllib.loads(f"x = {text[place.start : place.end]}")["x"] == data[table][key]
