#!/usr/bin/env bash
# Build the wheel, install it into an empty environment far from the sources, and work with it: whatever is missing in the
# wheel (a stylesheet, a plan, a migration) is missed here and not by a rep.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
sources=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "wheel: $*" >&2; exit 1; }

uv build --quiet --wheel --out-dir "$work/dist"
wheel=$(echo "$work"/dist/callsheet-*.whl)
diff <(cd app && find callsheet -type f -not -path '*/__pycache__/*' | sort) \
  <(python3 -m zipfile -l "$wheel" | awk 'NR > 1 && $1 ~ /^callsheet\// { print $1 }' | sort) ||
  fail "the wheel does not hold what app/ holds (see the lines above)"

uv venv --quiet "$work/venv"
uv pip install --quiet --python "$work/venv/bin/python" "$wheel"
cd "$work" # not the clone, whose modules must not be found by chance
unset PYTHONPATH
export CALLSHEET_HOME=$work/home PATH=$work/venv/bin:$PATH
[ "$(command -v callsheet)" = "$work/venv/bin/callsheet" ] || fail "the command callsheet was not installed"

callsheet --version
callsheet --help >/dev/null
callsheet demo --help >/dev/null
python - <<'PYTHON'
import pkgutil
from importlib import import_module

import callsheet

for module in pkgutil.walk_packages(callsheet.__path__, "callsheet."):
    extra = module.name.startswith("callsheet.crm.contract")  # which needs the extra "contract"
    if not extra and not module.name.endswith(("__main__", "migrations.env")):  # which run what they are for
        import_module(module.name)
PYTHON

cat >leads.csv <<'CSV'
name,company,phone,email,contact_me,received_at
Ada Lovelace,Analytical Engines,+44 20 7946 0018,ada@example.test,yes,2026-11-20T09:00:00+00:00
Grace Hopper,Compilers Inc,+1 202 555 0143,grace@example.test,,2026-11-19T09:00:00+00:00
CSV
callsheet import leads.csv --json >import.json
callsheet today --json >today.json || [ $? = 3 ]
callsheet log ada@example.test sent --channel email --note "Sent the white paper" --json >log.json
callsheet undo >/dev/null
callsheet redo >/dev/null
callsheet audit --json >audit.json
callsheet status --json >status.json || [ $? = 5 ]
python - <<'PYTHON'
import json
from pathlib import Path

read = lambda name: json.loads(Path(f"{name}.json").read_text())
assert read("import")["rows"] == 2, read("import")
assert "Ada Lovelace" in {entry["name"] for entry in read("today")["hot"]}, read("today")
assert read("log")["outcome"] == "sent", read("log")
assert read("audit")["total"] == 2 and read("audit")["unaccounted"] == [], read("audit")
PYTHON
[ "$(stat -c %a "$CALLSHEET_HOME")" = 700 ] || fail "the home is open to others"

# An adapter of another package, by the words of our own page: installed by its entry point, held to the exported suite.
uv pip install --quiet --python "$work/venv/bin/python" "$wheel[contract]"
cp "$sources/tests/crm/test_third_party.py" .
python -m pytest -q test_third_party.py
echo "wheel: $(basename "$wheel") works in an empty environment of $(python --version)"
