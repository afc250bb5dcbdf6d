"""Reading `settings.toml`: one value, or one error that says where it is, what is wrong and what to write instead."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import msgspec

from callsheet.settings import machine
from callsheet.settings.checks import SECRET_HINT, Problem, looks_secret, problems
from callsheet.settings.places import Path as KeyPath
from callsheet.settings.places import line_of, places
from callsheet.settings.schema import Settings
from callsheet.settings.values import quoted

_AT: Final = re.compile(r"(.*?)(?: - at `\$(.*)`)?", re.DOTALL)
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(.*)`")
_LIMIT: Final = re.compile(r"Expected `int` (>=|<=) (-?\d+)")
_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+)\]|(\[\.\.\.\])")
_TABLE: Final = re.compile(r"\('[^()]*\)")
_SYNTAX: Final = re.compile(r"(.*?) \(at (?:line (\d+), column \d+|end of document)\)", re.DOTALL)

_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "str": ("a text", 'write it in quotes, like "…"'),
    "int": ("a whole number", "write it without quotes"),
    "bool": ("true or false", "write one of them, without quotes"),
    "array": ("a list", 'write it in brackets, like ["…", "…"]'),
    "object": ("a table", "give it a heading of its own, in brackets"),
}
"""What each type is called to a person, and how it is written."""

_SPOKEN: Final = {"str": "a text", "int": "a number", "float": "a number with a point", "bool": "true or false"} | {
    "array": "a list",
    "object": "a table",
    "time": "a bare time",
    "date": "a bare date",
    "datetime": "a bare date",
}


class SettingsError(Exception):
    """The settings cannot be used.

    `line` is counted from 1, and None when the trouble is with the whole file; `key` is dotted, as in `hours.open`.
    """

    def __init__(self, file: Path, line: int | None, key: str, reason: str, hint: str = "") -> None:
        self.file, self.line, self.key, self.reason, self.hint = file, line, key, reason, hint
        where = f"{file}:{line}" if line else str(file)
        super().__init__(": ".join(filter(None, (where, key, reason))) + (f"; {hint}" if hint else ""))


def read(file: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; a file that is not there means all defaults.

    Raises:
        SettingsError: the first thing that is wrong.
    """
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        return with_machine(Settings(), environ)
    except OSError as error:
        hint = "see that it is a file that you may read"
        raise SettingsError(file, None, "", f"cannot be read ({error.strerror})", hint) from None
    return parse(raw, file, environ)


def parse(raw: bytes, file: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read settings from the content of a file, whose name is only for the errors.

    Raises:
        SettingsError: the first thing that is wrong.
    """
    text = _decoded(raw, file)
    data = _toml(text, file)
    try:
        settings = msgspec.convert(data, Settings)
    except msgspec.ValidationError as error:
        raise _located(file, text, _misfit(str(error), data)) from None
    for problem in problems(settings):
        raise _located(file, text, problem)
    return with_machine(settings, environ)


def check(file: Path) -> Iterator[SettingsError]:
    """Find everything that is wrong with a settings file, as far as one error does not hide the next."""
    try:
        raw = file.read_bytes()
        text = _decoded(raw, file)
        data = _toml(text, file)
        settings = msgspec.convert(data, Settings)
    except FileNotFoundError:
        return
    except SettingsError as error:
        yield error
    except OSError as error:
        yield SettingsError(file, None, "", f"cannot be read ({error.strerror})", "see that it is a file you may read")
    except msgspec.ValidationError as error:
        yield _located(file, text, _misfit(str(error), data))
    else:
        for problem in problems(settings):
            yield _located(file, text, problem)


def placed(file: Path, reason: str) -> SettingsError:
    """Return a reason of somebody who knows the keys of a table, `table.key: what is wrong`, with the line of the key.

    Raises:
        OSError, UnicodeDecodeError: the file cannot be read any more.
    """
    key, _, what = reason.partition(": ")
    table, _, name = key.partition(".")
    return _located(file, file.read_text("utf-8-sig"), Problem((table, name), what, ""))


def with_machine(settings: Settings, environ: Mapping[str, str] = os.environ) -> Settings:
    """Put in what the file left to the machine: the time zone, and the country from it."""
    rep = settings.rep
    if rep.timezone and rep.country:
        return settings
    zone = rep.timezone or machine.machine_zone(environ)
    country = rep.country or machine.country_of(zone)
    return msgspec.structs.replace(settings, rep=msgspec.structs.replace(rep, timezone=zone, country=country))


def _decoded(raw: bytes, file: Path) -> str:
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SettingsError(file, line, "", "is not UTF-8 text", "save it as UTF-8") from None


def _toml(text: str, file: Path) -> dict[str, Any]:
    if not text.strip():
        return {}
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _SYNTAX.fullmatch(str(error))
        reason, line = (match[1], match[2]) if match else (str(error), None)
        reason = _TABLE.sub(lambda name: "[" + ".".join(re.findall(r"'(.*?)'", name[0])) + "]", reason)
        number = int(line) if line else text.rstrip().count("\n") + 1
        hint = 'a line reads  key = "value"  and a table begins with  [name]'
        raise SettingsError(file, number, "", reason[:1].lower() + reason[1:], hint) from None
    except RecursionError:
        raise SettingsError(file, None, "", "is nested too deep", "settings have tables and lists only") from None


def _located(file: Path, text: str, problem: Problem) -> SettingsError:
    found = places(text)
    # Of two keys that do not agree, the one that was written is to blame, not a default.
    key = next((k for k in (problem.key, *problem.also) if k in found), problem.key)
    return SettingsError(file, line_of(found, key), _dotted(problem.key), problem.reason, problem.hint)


def _dotted(key: KeyPath) -> str:
    shown = ""
    for part in key:
        shown += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if shown else part
    return shown


def _misfit(message: str, data: Mapping[str, Any]) -> Problem:
    """Say in plain words what msgspec found: an unknown key, a wrong type, a number or a word that is not allowed."""
    match = _AT.fullmatch(message)
    what, where = (match[1], match[2] or "") if match else (message, "")
    key = _path(where, data)
    if unknown := _UNKNOWN.fullmatch(what):
        return _unknown(key, unknown[1])
    if missing := _MISSING.fullmatch(what):
        return Problem(key, f"{missing[1]} is missing", "write it, or remove the whole entry")
    value = _value(data, key)
    if limit := _LIMIT.fullmatch(what):
        size = "least" if limit[1] == ">=" else "most"
        return Problem(key, f"{quoted(value)} is out of range", f"at {size} {limit[2]}")
    if what.startswith("Invalid enum value"):
        return Problem(key, f"{quoted(value)} is not one of the choices", f"write {_choices(key)}")
    expected, _, got = what.replace("Expected ", "").replace("`", "").partition(", got ")
    name, hint = _NAMES.get(expected.removesuffix(" | null"), (expected, ""))
    return Problem(key, f"this is {_SPOKEN.get(got, got)} and should be {name}", hint)


def _path(where: str, data: Mapping[str, Any]) -> KeyPath:
    key: list[str | int] = []
    for name, index, some in _STEP.findall(where):
        if some:
            key.append(_culprit(tuple(key), _value(data, tuple(key))))
        else:
            key.append(int(index) if index else name)
    return tuple(key)


def _culprit(table: KeyPath, entries: object) -> str:
    """Find the entry that msgspec, which does not name it, refused: the first that is refused alone."""
    for name, value in entries.items() if isinstance(entries, dict) else ():
        alone: object = {name: value}
        for part in reversed(table):
            alone = {part: alone}
        try:
            msgspec.convert(alone, Settings)
        except msgspec.ValidationError:
            return str(name)
    return ""


def _value(data: object, key: KeyPath) -> object:
    for part in key:
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int):
            data = data[part]
    return data


def _unknown(table: KeyPath, name: str) -> Problem:
    from difflib import get_close_matches

    key = (*table, name)
    if looks_secret(name):
        return Problem(key, "a key or password does not belong in this file", SECRET_HINT)
    kind = "key" if table else "table"
    here = _fields(table)
    if near := get_close_matches(name, here, 1):
        return Problem(key, f"there is no such {kind}", f'did you mean "{near[0]}"?')
    everywhere = {field: top for top in Settings.__struct_fields__ for field in _fields((top,))}
    if near := get_close_matches(name, everywhere, 1, 0.8):
        return Problem(key, f"there is no such {kind}", f'did you mean "{near[0]}" in [{everywhere[near[0]]}]?')
    return Problem(key, f"there is no such {kind}", f"known are {', '.join(here)}")


def _fields(table: KeyPath) -> tuple[str, ...]:
    return getattr(_type_at(table), "__struct_fields__", ())


def _type_at(key: KeyPath) -> Any:
    found: Any = Settings
    for part in key:
        if isinstance(part, int):
            found = get_args(found)[0]
        elif isinstance(found, type) and issubclass(found, msgspec.Struct):
            found = get_type_hints(found)[part]
        else:
            found = get_args(found)[1]
    return found


def _choices(key: KeyPath) -> str:
    *others, last = (quoted(choice) for choice in get_args(_type_at(key)))
    return f"{', '.join(others)} or {last}"
