"""Writing `settings.toml`: the commented template, and single values put in without touching what else is there."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from callsheet.settings.file import SettingsError, parse
from callsheet.settings.places import Path as KeyPath
from callsheet.settings.places import Place, places

Value = str | int | bool | Sequence[str] | Mapping[str, str]
"""What can be written."""


def default_text() -> str:
    """The template: every setting with its default and a word on it, each behind a `#`."""
    return (files("callsheet.settings") / "template.toml").read_text(encoding="utf-8")


def create(file: Path) -> bool:
    """Write the template where there is no settings file yet; tells whether it did.

    Raises:
        SettingsError: it cannot be written.
    """
    if file.exists():
        return False
    _write(file, default_text())
    return True


def set_values(file: Path, table: str, values: Mapping[str, Value]) -> None:
    """Set keys of one table, at once and durably; comments and all other keys stay as they are.

    Raises:
        SettingsError: the file has an error already, or would have one, and is left alone; or it cannot be written.
    """
    try:
        raw = file.read_bytes() if file.exists() else default_text().encode()
    except OSError as error:
        raise SettingsError(file, None, "", f"cannot be read ({error.strerror})", "see that you may read it") from None
    parse(raw, file)
    text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    for key, value in values.items():
        text = _put(text, table, key, value)
    parse(text.encode(), file)
    _write(file, text)


def _put(text: str, table: str, key: str, value: Value) -> str:
    """Write a value; a table of its own, like `[crm.options]`, gets its keys one by one and keeps its others."""
    place = places(text).get((table, key))
    if not isinstance(value, Mapping) or place is None or text[place.start] == "{":
        return _with(text, table, key, _toml(value))
    head = text[: place.end]
    for name, said in value.items():
        inner = places(text).get((table, key, name))
        if inner is not None:
            text = text[: inner.start] + _toml(said) + text[inner.end :]
        else:
            end = text.find("\n", len(head))
            line = f"{_toml(name)} = {_toml(said)}\n"
            text = f"{text}\n{line}" if end < 0 else text[: end + 1] + line + text[end + 1 :]
    return text


def _with(text: str, table: str, key: str, value: str) -> str:
    found = places(text)
    if place := found.get((table, key)):
        return text[: place.start] + value + text[place.end :]
    line = f"{key} = {value}\n"
    head = found.get((table,))
    if head is None:
        start = _dotted_line(text, found, table)
        if start is not None:
            return f"{text[:start]}{table}.{line}{text[start:]}"
        return text.rstrip("\n") + f"\n\n[{table}]\n{line}" if text.strip() else f"[{table}]\n{line}"
    if text[head.start] == "{":  # the table is written in one line
        inner = text[head.start + 1 : head.end - 1].strip()
        return (
            text[: head.start] + "{ " + f"{key} = {value}" + (f", {inner}" if inner else "") + " }" + text[head.end :]
        )
    end = text.find("\n", head.end)
    return text + "\n" + line if end < 0 else text[: end + 1] + line + text[end + 1 :]


def _dotted_line(text: str, found: Mapping[KeyPath, Place], table: str) -> int | None:
    """Find where a line such as `crm.kind = "odoo"` starts, which makes a table that has no head."""
    for path, place in found.items():
        start = text.rfind("\n", 0, place.start) + 1
        if path[0] == table and text[start:].lstrip().startswith(table):
            return start
    return None


def _toml(value: Value) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case Mapping():
            return "{ " + ", ".join(f"{_toml(name)} = {_toml(said)}" for name, said in value.items()) + " }"
        case _:
            return f"[{', '.join(_toml(one) for one in value)}]"


def _write(file: Path, text: str) -> None:
    """Replace the file as a whole, so that a crash leaves the old one or the new one."""
    target = file.resolve()  # a link into a folder of dotfiles stays a link
    temporary = ""
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".settings-", suffix=".toml")  # 0600
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).replace(target)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise SettingsError(
            file, None, "", f"cannot be written ({error.strerror})", "see that you may write there"
        ) from None
