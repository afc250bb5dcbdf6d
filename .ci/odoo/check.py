"""Check that both test databases answer JSON-2 with their keys: ``check.py URL KEYS``. Says what does not.

Also the first request to each database, which takes a second longer than those that follow.
"""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path


def call(url, database, key, path, **arguments):
    request = urllib.request.Request(
        f"{url}/json/2/{path}",
        json.dumps(arguments).encode(),
        {"Authorization": f"bearer {key}", "Content-Type": "application/json", "X-Odoo-Database": database},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def complaints(url, database, keys, has_calls):
    for login in ("rep1", "rep2", "manager", "admin"):
        status, answer = call(url, database, keys[login], "crm.lead/search_count", domain=[])
        if status != 200 or not isinstance(answer, int):
            yield f"{login} asks for the number of leads and is answered with {status}"
    status, _ = call(url, database, "0" * 40, "res.users/context_get")
    if status != 401:
        yield f"a wrong key is answered with {status} instead of 401"
    status, _ = call(url, database, keys["admin"], "phone.blacklist/search_count", domain=[])
    if status != 200:
        yield f"phone.blacklist answers {status}"
    status, _ = call(url, database, keys["rep1"], "crm.phonecall/search_count", domain=[])
    if (status == 200) is not has_calls:
        yield f"crm.phonecall answers {status}"


def main():
    url, keys_path = sys.argv[1:]
    keys = json.loads(Path(keys_path).read_text())
    wrong = [
        f"{database}: {complaint}"
        for database, has_calls in (("crm19", True), ("crm19_stock", False))
        for complaint in complaints(url, database, keys[database], has_calls)
    ]
    print(*wrong, sep="\n", end="\n" if wrong else "", file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
