"""As much of Salesforce's query language as the fake needs, refusing what does not parse."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
Test = Callable[[Row], bool]

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<time>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))|(?P<number>-?\d+)"
    r"|(?P<word>[A-Za-z_][\w.]*)|(?P<sign>!=|>=|<=|[=<>(),]))"
)
SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le,
}  # fmt: skip
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


class Malformed(Exception):
    """The query does not parse."""


@dataclass(frozen=True)
class Query:
    """A parsed query; `tested` are the fields of its conditions."""

    fields: tuple[str, ...]
    table: str
    test: Test
    tested: frozenset[str]
    order: tuple[str, ...]
    limit: int | None


class Parser:
    """Parses one query; `inner` answers a query within it with ids."""

    def __init__(self, text: str, inner: Callable[[Query], set[Any]]) -> None:
        self._tokens = self._split(text)
        self._at = 0
        self._inner = inner
        self._tested: set[str] = set()

    @staticmethod
    def _split(text: str) -> list[tuple[str, str]]:
        tokens, at = [], 0
        while at < len(text.rstrip()):
            found = TOKEN.match(text, at)
            if found is None:
                raise Malformed(f"unexpected token: {text[at : at + 20]!r}")
            tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
            at = found.end()
        return tokens

    def _peek(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else ""

    def _next(self, kind: str = "") -> str:
        if self._at >= len(self._tokens) or (kind and self._tokens[self._at][0] != kind):
            raise Malformed(f"unexpected token: {self._peek()!r}")
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _word(self, *words: str) -> bool:
        if self._peek().upper() in words:
            self._at += 1
            return True
        return False

    def query(self, *, within: bool = False) -> Query:
        if not self._word("SELECT"):
            raise Malformed("a query begins with SELECT")
        fields = [self._next("word")]
        while self._word(","):
            fields.append(self._next("word"))
        if not self._word("FROM"):
            raise Malformed("FROM is missing")
        table = self._next("word")
        outer, self._tested = self._tested, set()
        test: Test = self._either() if self._word("WHERE") else lambda _row: True
        order: list[str] = []
        if self._word("ORDER"):
            if not self._word("BY"):
                raise Malformed("BY is missing")
            order = [self._next("word")]
            while self._word(","):
                order.append(self._next("word"))
        limit = int(self._next("number")) if self._word("LIMIT") else None
        if not within and self._at < len(self._tokens):
            raise Malformed(f"unexpected token: {self._peek()!r}")
        tested, self._tested = frozenset(self._tested), outer
        return Query(tuple(fields), table, test, tested, tuple(order), limit)

    def _either(self) -> Test:
        tests = [self._both()]
        while self._word("OR"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._word("AND"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._word("("):
            test = self._either()
            if not self._word(")"):
                raise Malformed("a bracket is not closed")
            return test
        name = self._next("word")
        self._tested.add(name)
        if self._word("IN"):
            wanted = self._set()
            return lambda row: value(row, name) in wanted
        compare, wanted_value = SIGNS[self._next("sign")], self._literal()

        def compared(row: Row) -> bool:
            there = value(row, name)
            if isinstance(there, str) and isinstance(wanted_value, str) and not name.endswith("Id"):
                return compare(there.casefold(), wanted_value.casefold())
            if there is None or wanted_value is None:
                return compare is operator.eq and there is wanted_value
            return compare(there, wanted_value)

        return compared

    def _set(self) -> set[Any]:
        if not self._word("("):
            raise Malformed("a list is missing")
        if self._peek().upper() == "SELECT":
            found = self._inner(self.query(within=True))
        else:
            found = {self._literal()}
            while self._word(","):
                found.add(self._literal())
        if not self._word(")"):
            raise Malformed("a list is not closed")
        return found

    def _literal(self) -> Any:
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        self._at += 1
        match kind:
            case "text":
                return re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[1]), text[1:-1])
            case "time":
                return re.sub(r"(\.\d+)?(Z|\+00:?00)$", ".000+0000", text)
            case "number":
                return int(text)
            case "word" if text.lower() in {"true", "false", "null"}:
                return {"true": True, "false": False, "null": None}[text.lower()]
        raise Malformed(f"unexpected token: {text!r}")


def value(row: Row, name: str) -> Any:
    """A field of a row, also through a dot."""
    found: Any = row
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
