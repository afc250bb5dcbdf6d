"""Which adapters there are, and how another package brings one."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint, EntryPoints

import pytest

from callsheet.crm import registry
from callsheet.crm.registry import Connection, factory, kinds
from callsheet.settings import Secret
from callsheet.sync.port import Invalid

HERE = "tests.crm.test_registry"


def third_party(_connection: Connection) -> str:
    return "an adapter"


NOT_CALLABLE = "nothing"


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    points = EntryPoints(
        EntryPoint(name, value, registry.GROUP)
        for name, value in {
            "acme": f"{HERE}:third_party",
            "broken": "no_such_module_at_all:connect",
            "odd": f"{HERE}:NOT_CALLABLE",
            "odoo": f"{HERE}:third_party",
        }.items()
    )
    monkeypatch.setattr(registry, "entry_points", lambda *, group: points.select(group=group))


def test_the_built_in_kinds_are_known() -> None:
    assert {"odoo", "hubspot"} <= set(kinds())


@pytest.mark.usefixtures("plugins")
def test_another_package_brings_an_adapter() -> None:
    assert "acme" in kinds()
    made: object = factory("acme")
    assert made is third_party


@pytest.mark.usefixtures("plugins")
def test_another_package_cannot_replace_a_built_in_adapter() -> None:
    made: object = factory("odoo")
    assert made is not third_party


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize("kind", ["broken", "odd", "unheard-of"])
def test_what_is_no_adapter_is_told(kind: str) -> None:
    with pytest.raises(Invalid, match=kind) as caught:
        factory(kind)
    assert caught.value.field == "kind"


def test_a_connection_does_not_show_its_secret() -> None:
    assert "s3cret" not in repr(Connection("https://crm.example", Secret("s3cret")))


def test_naming_the_kinds_loads_no_http_client() -> None:
    code = "import sys; from callsheet.crm.registry import kinds; kinds(); assert 'httpx' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
