"""A home on disk, a clock that the test sets, and the command line as a rep or a script would use it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from callsheet.bootstrap.start import Start
from callsheet.cli import run
from tests.desks import Clock

MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Shell:
    home: Path
    clock: Clock
    read: Callable[[], Any]
    environ: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str) -> Ran:
        environ = {"CALLSHEET_HOME": str(self.home), "TZ": "Europe/London", **self.environ}
        code = run(arguments, Start(self.clock, environ))
        said = self.read()
        return Ran(code, said.out, said.err)

    def json(self, *arguments: str) -> Any:
        ran = self(*arguments, "--json")
        assert ran.err == "", ran.err
        return ran.json

    def bring_in(self, text: str, *arguments: str) -> Any:
        file = self.home.parent / "leads.csv"
        file.write_text(text, encoding="utf-8")
        return self.json("import", str(file), *arguments)


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path / "home", Clock(MONDAY_NOON), capsys.readouterr)


LEADS = """name,company,title,phone,email,interactions,contact_me,comment,do_not_contact,received_at
Priya Raman,Raman & Söhne,COO,+44 20 7946 0001,priya@example.com,,2026-11-23T11:56:00Z,40 seats,,2026-11-23T11:56:00Z
Bob Stone,Stone,CEO,+44 20 7946 0002,bob@example.com,download:Guide@2026-11-18; webinar:Live@2026-11-19,,,,2026-11-19
Ann Lee,Lee Inc,,,ann@example.com,download:Guide@2026-11-01,,,,
Dan No,No GmbH,,+44 20 7946 0003,,,,,yes,
"""


@pytest.fixture
def book(shell: Shell) -> Shell:
    """A home with four records: hot, on a plan, a name, and one who is to be left alone."""
    shell.bring_in(LEADS)
    return shell
