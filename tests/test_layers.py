"""What an import brings along, looked at from outside: the help is fast, and the rules need nothing but Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import callsheet.domain

HEAVY = ("textual", "sqlalchemy", "httpx", "msgspec", "phonenumbers", "holidays", "alembic", "keyring")
DOMAIN = Path(callsheet.domain.__file__).parent
MODULES = sorted(
    ".".join(("callsheet.domain", *file.relative_to(DOMAIN).with_suffix("").parts)).removesuffix(".__init__")
    for file in DOMAIN.rglob("*.py")
)


def loaded_after(code: str) -> set[str]:
    """Run code in a fresh Python and return the top-level modules that it has then."""
    program = f"{code}\nimport sys\nprint('\\n' + ' '.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["log", "--help"], ["today", "--help"], ["import", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    loaded = loaded_after(f"from callsheet.cli import run\nassert run({arguments!r}) == 0")
    assert loaded.isdisjoint(HEAVY), loaded & set(HEAVY)


def test_the_rules_need_the_standard_library_only() -> None:
    loaded = loaded_after("\n".join(f"import {name}" for name in MODULES))
    foreign = {name for name in loaded if not name.startswith("_")} - sys.stdlib_module_names - {"callsheet"}
    assert foreign.isdisjoint({*HEAVY, "click", "icalendar", "platformdirs", "rich"}), foreign


def test_the_command_line_reads_the_sheet_without_textual_or_httpx(tmp_path: Path) -> None:
    code = (
        "from callsheet.bootstrap.start import Start\nfrom callsheet.cli import run\n"
        f"assert run(['today'], Start(environ={{'CALLSHEET_HOME': {str(tmp_path / 'home')!r}}})) == 3"
    )
    assert loaded_after(code).isdisjoint({"textual", "httpx", "keyring"})


def test_a_pipe_that_is_closed_early_is_no_error(tmp_path: Path) -> None:
    script = f"CALLSHEET_HOME={tmp_path}/home {sys.executable} -m callsheet --help | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
