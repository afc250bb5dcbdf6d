"""`callsheet connect`: asks in plain words, shows what was found, and writes nothing before the rep agrees."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.options import Misused, json_option, open_office
from callsheet.cli.output import emit, say

if TYPE_CHECKING:
    from callsheet.bootstrap.connecting import Connected, Found
    from callsheet.crm.guide import Guide
    from callsheet.crm.registry import Code
    from callsheet.sync.port import Check


@click.command()
@click.argument("kind", required=False)
@click.option("--url", default="", help="Where it is, like https://crm.example.com.")
@click.option("--database", default="", help="The database's name, where the CRM has one.")
@click.option("--user", default="", help="Who you are there: your address or user name.")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="Anything else that it asks for.")
@click.option("--status", "statuses", multiple=True, metavar="OURS=THEIRS", help="What a status is called there.")
@click.option("--outcome", "outcomes", multiple=True, metavar="OURS=THEIRS", help="What an outcome is called there.")
@click.option("--create", is_flag=True, help="Make there what is missing and can be made, without asking.")
@click.option("--yes", is_flag=True, help="Connect without asking once more.")
@click.option("--forget", is_flag=True, help="Disconnect, and remove the key from the keyring.")
@json_option
@click.pass_obj
def connect(
    start: Start, *, kind: str | None, url: str, database: str, user: str, options: tuple[str, ...],
    statuses: tuple[str, ...], outcomes: tuple[str, ...], create: bool, yes: bool, forget: bool, as_json: bool,
) -> int:  # fmt: skip
    """Connect your CRM: without KIND it says which there are.

    It asks for what it needs and says where to find it, checks everything, shows how your words map to theirs, and
    writes nothing before you agree. The key is kept in the keyring of the system; on a machine without one it comes
    from CALLSHEET_TOKEN_<KIND> or `crm.token_command`. A pipe gives the key as its first line.
    """
    from callsheet.bootstrap.connecting import Answers, connect_crm, disconnect

    with open_office(start) as office:
        if forget:
            disconnect(office)
            emit({"connected": False}) if as_json else say("the CRM is disconnected; your book is as it was")
            return 0
        asking = interactive() and not as_json
        chosen = _kind(kind, asking=asking)
        given = {"url": url, "database": database, "user": user, **_pairs(options, "--option")}
        if asking:
            given = _asked(office, chosen, given)
        answers = Answers(given, _pairs(statuses, "--status"), _pairs(outcomes, "--outcome"))
        talk = Terminal(asking=asking, create=create, yes=yes, quiet=as_json)
        done = connect_crm(office, chosen, answers, talk)
        _report(done, create=create, as_json=as_json)
    return 0 if done.connected else 1


class Terminal:
    """`bootstrap.connecting.Talk` by the terminal, or by a script that answers nothing."""

    def __init__(self, *, asking: bool, create: bool, yes: bool, quiet: bool) -> None:
        self._asking = asking
        self._create = create
        self._yes = yes
        self._quiet = quiet
        self._seen: Found | None = None
        """What the rep has been shown."""

    def key(self, guide: Guide) -> str:
        """Ask for the key without showing it; a pipe gives it as its first line."""
        if self._asking:
            if guide.where:
                say(f"  {guide.where}")
            words = f"{guide.key} (Enter takes the one that is kept already)"
            said: str = click.prompt(words, default="", show_default=False, hide_input=True, err=True)
            return said
        line = sys.stdin.readline().strip()
        if not line:
            raise Misused("there is no key to read", "pipe it in, or set CALLSHEET_TOKEN_<KIND>")
        return line

    def code(self, code: Code) -> None:
        """Show what to do in the browser."""
        click.echo(f"open {code.url} in your browser and type {code.code}", err=True)

    def wait(self, seconds: float) -> None:
        """Let some seconds pass."""
        import time

        time.sleep(seconds)

    def may_create(self, found: Found) -> bool:
        """Show what was found, and ask whether what is missing shall be made in the CRM."""
        if not self._asking:
            return self._create
        self._look(found)
        if self._create:
            return True
        names = ", ".join(one.name for one in found.checks if one.can_create)
        say(f"callsheet can make there what is missing: {names}. Nothing has been written yet.")
        return click.confirm("Make it now? What was made stays there", default=False, err=True)

    def agreed(self, found: Found) -> bool:
        """Show what was found, and ask whether to connect."""
        before = self._seen
        self._look(found)
        if not found.ready or self._yes or not self._asking:
            return found.ready
        made = before is not None and before is not found
        written = "What was missing is there now; nothing else" if made else "Nothing"
        return click.confirm(f"{written} has been written yet. Connect?", default=True, err=True)

    def _look(self, found: Found) -> None:
        """Show what was found; of a second look only what came of making things."""
        if self._quiet or found is self._seen:
            return
        if self._seen is None:
            _show(found)
        else:
            before = set(self._seen.checks)
            _show_checks(one for one in found.checks if one not in before)
            if found.vocabulary != self._seen.vocabulary:
                _show_words(found)
        self._seen = found


def interactive() -> bool:
    """Tell whether somebody sits there who can be asked."""
    return sys.stdin.isatty()


def _kind(given: str | None, *, asking: bool) -> str:
    from callsheet.crm import registry

    kinds = registry.kinds()
    if given in kinds:
        return given
    if given is not None:
        raise Misused(f"there is no CRM of the kind “{given}”", f"one of {', '.join(kinds)}")
    if not asking:
        raise Misused("say which CRM", f"one of {', '.join(kinds)}, like `callsheet connect {kinds[0]}`")
    chosen: str = click.prompt("Which CRM", type=click.Choice(kinds), err=True)
    return chosen


def _asked(office: Any, kind: str, given: Mapping[str, str]) -> dict[str, str]:
    """Ask for what was not said on the command line; what the settings know is offered."""
    from callsheet.bootstrap.connecting import known
    from callsheet.crm.guide import guide

    before, answers = known(office, kind), dict(given)
    found = guide(kind)
    say(f"Connecting {found.name}. You can stop at any time: nothing is written before you agree.")
    for question in found.questions:
        if answers.get(question.name) or not question.asked({**before, **answers}):
            continue
        if question.where:
            say(f"  {question.where}")
        default = before.get(question.name, "") or ("" if not question.needed else None)
        choice = click.Choice(question.answers) if question.answers else None
        if choice is not None and default not in question.answers:
            default = question.answers[0]
        answers[question.name] = click.prompt(
            question.words, default=default, show_default=bool(default), type=choice, err=True
        ).strip()
    return answers


def _pairs(said: tuple[str, ...], option: str) -> dict[str, str]:
    pairs = {}
    for one in said:
        name, mark, value = one.partition("=")
        if not (mark and name.strip()):
            raise Misused(f"{option} {one} is no pair", f"write it like {option} name=value")
        pairs[name.strip()] = value.strip()
    return pairs


def _show(found: Found) -> None:
    from callsheet.crm.guide import guide

    account = found.account
    at = f" at {account.organization}" if account.organization else ""
    say(f"{guide(found.kind).name} knows you as {account.name}{at}")
    _show_checks(found.checks)
    _show_words(found)


def _show_checks(checks: Iterable[Check]) -> None:
    for one in checks:
        say(f"  {'✓' if one.ok else '✗'} {one.name}{f': {one.detail}' if one.detail else ''}")


def _show_words(found: Found) -> None:
    words = found.vocabulary
    say("Your words and theirs (yours to change in the settings: crm.statuses, crm.outcomes):")
    for title, table in (
        ("status", words.stages), ("closed as", words.lost_reasons), ("outcome", words.outcomes),
        ("next step", words.task_kinds),
    ):  # fmt: skip
        pairs = ", ".join(f"{(ours or 'other').replace('_', ' ')} → {theirs}" for ours, theirs in table.items())
        say(f"  {title}: {pairs or 'told in plain words in the text'}")
    if found.homeless:
        say(f"  touches by {', '.join(found.homeless)}: have no place of their own there, the text says which it was")


def _report(done: Connected, *, create: bool, as_json: bool) -> None:
    found, words = done.found, done.found.vocabulary
    if as_json:
        emit({
            "connected": done.connected, "crm": found.kind, "who": found.account.name,
            "organization": found.account.organization, "waiting": done.waiting,
            "checks": [
                {"name": one.name, "ok": one.ok, "detail": one.detail, "can_create": one.can_create}
                for one in found.checks
            ],
            "mapping": {
                "statuses": dict(words.stages), "closed": dict(words.lost_reasons), "outcomes": dict(words.outcomes),
                "next_steps": dict(words.task_kinds), "in_words": list(found.homeless),
            },
        })  # fmt: skip
    elif done.connected:
        say(f"connected; {done.waiting} things wait to go over: `callsheet sync`")
    elif found.ready:
        say("not connected: nothing was written")
    else:
        can = not create and any(one.can_create for one in found.checks if not one.ok)
        say("not connected: mend what is marked ✗ and run it again" + (", or with --create" if can else ""))
