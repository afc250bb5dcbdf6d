"""A booth's leads from a list to the CRM, by the command line: what they said there is in their history."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from callsheet.crm.demo.network import DemoTransport
from callsheet.crm.demo.server import TOKEN
from tests.bootstrap.test_connecting import Ring, ring
from tests.cli.conftest import Shell
from tests.crm.hubspot.backend import HubSpotBackend
from tests.crm.loopback import served

__all__ = ["ring"]

LIST = """name,company,email,budget,authority,need,comment,campaign
Ann Lee,Nord AG,ann@nord.example,yes,no,,How soon can you deliver?,Spring fair
"""


@pytest.fixture
def hub() -> Iterator[tuple[HubSpotBackend, str]]:
    backend = HubSpotBackend(sales_hub=True)
    with served(DemoTransport(backend.server)) as address:
        yield backend, address


def test_a_booths_answers_are_in_the_history_there(
    shell: Shell, ring: Ring, hub: tuple[HubSpotBackend, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    backend, address = hub
    (tmp_path / "fair.csv").write_text(LIST, encoding="utf-8")
    assert shell("import", str(tmp_path / "fair.csv")).code == 0
    assert shell("log", "ann@nord.example", "sent", "--channel", "email", "--note", "Price list").code == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TOKEN}\n"))
    user = backend.server.rep.email
    assert shell("connect", "hubspot", "--url", address, "--user", user, "--yes").code == 0
    assert shell("sync").code == 0
    [contact] = backend.server.contacts()
    said = backend.notes(contact)
    [form] = [one for one in said if "How soon" in one]
    assert "Budget: yes, Authority: no" in form
    assert "Need" not in form, "nobody asked"
    assert any("Price list" in one for one in said)
    assert shell("sync").code == 0
    assert backend.notes(contact) == said
