"""The command line: what the screens do, done with the same services, to be scripted and tested (DESIGN §5).

Only click is imported before a command is known: a command's own module comes with the command.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from callsheet.bootstrap.start import Start
from callsheet.cli.lazy import LazyGroup
from callsheet.cli.output import Failure, complain, ready, run_out

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings=CONTEXT)
@click.option(
    "--log-file", metavar="FILE",
    help="Write each request to the CRM and what went wrong to this file, without keys and what was sent.",
)  # fmt: skip
@click.option("--version", "show_version", is_flag=True, help="Print the version.")
@click.pass_context
def root(context: click.Context, log_file: str | None, *, show_version: bool) -> int:
    """Who to contact now, why, and what to say: your call sheet in the terminal.

    Without a command the sheet opens.
    """
    if show_version:
        from importlib.metadata import version

        click.echo(f"callsheet {version('callsheet')}")
        return 0
    if log_file:
        from callsheet.cli.log_file import write_to

        context.call_on_close(write_to(log_file))
    if context.invoked_subcommand is None:
        from callsheet.cli.screens import open_sheet

        return open_sheet(context.obj)
    return 0


def run(arguments: Sequence[str], start: Start | None = None) -> int:
    """Carry out a command line and return its exit code; nothing that can be expected ends in a traceback."""
    as_json = "--json" in arguments
    ready()
    try:
        code = root.main(list(arguments), "callsheet", standalone_mode=False, obj=start or Start())
        run_out()
    except (BrokenPipeError, SystemExit):  # click makes the one into the other
        return _closed_early()
    except (KeyboardInterrupt, click.Abort):
        click.echo("stopped", err=True)
        return 130
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 2
    except click.ClickException as error:
        return complain(_misused(error), as_json=as_json)
    except Exception as error:  # noqa: BLE001 - the boundary: whatever happens is said in one line
        from callsheet.cli.failures import failure_of

        try:
            return complain(failure_of(error, arguments, start or Start()), as_json=as_json)
        except BrokenPipeError:
            return _closed_early()
    return code if isinstance(code, int) else 0


def main() -> None:
    """Run callsheet as a program."""
    sys.exit(run(sys.argv[1:]))


def _misused(error: click.ClickException) -> Failure:
    context = getattr(error, "ctx", None)
    path = context.command_path if isinstance(context, click.Context) else "callsheet"
    message = error.format_message().rstrip(".")
    return Failure(2, "usage", message[:1].lower() + message[1:], f"see `{path} --help`")


def _closed_early() -> int:
    """Whoever read our output has seen enough, as in `callsheet today | head -3`: what was done is done."""
    import os

    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    return 0
