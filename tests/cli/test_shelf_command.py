from __future__ import annotations

from tests.cli.conftest import Shell

PEOPLE = """name,company,phone,email,industry,interactions
Bob Stone,Stone,+44 20 7946 0002,bob@example.com,Logistics,download:Pallets guide@2026-11-20; webinar:Live@2026-11-23
"""
SHELF = (
    '[shelf]\nassets = [{ title = "Pallets in 2027", topics = ["pallets"], link = "https://x.example/p" }, '
    '{ title = "Thank-you card", kind = "card" }]\n'
)


def test_the_shelf_says_what_a_lead_has_had_and_what_to_bring_next_and_nothing_twice(shell: Shell) -> None:
    shell.home.mkdir()
    (shell.home / "settings.toml").write_text(SHELF, encoding="utf-8")
    shell.bring_in(PEOPLE)
    assert [one["title"] for one in shell.json("shelf")["assets"]] == ["Pallets in 2027", "Thank-you card"]
    first = shell.json("shelf", "bob")
    assert (first["brought"], first["next"][0]["title"], first["next"][0]["why"] != "") == ([], "Pallets in 2027", True)
    shell("log", "bob", "sent", "--channel", "email", "--asset", "Pallets in 2027")
    shell("nurture", "bob")
    after = shell.json("shelf", "bob")
    assert after["brought"] == ["Pallets in 2027"]
    assert [one["title"] for one in after["next"]] == ["Thank-you card"]
    assert after["next_value_touch"][:10] == "2026-12-14"
    assert "has had: Pallets in 2027" in shell("shelf", "bob").out


def test_an_empty_shelf_says_how_to_fill_it(shell: Shell) -> None:
    assert "the shelf is empty" in shell("shelf").out
