"""The program behind `ftc`: finds the verb, runs it, and turns whatever goes wrong into one line and an exit status.

Verbs that we do not have are Fuego's own, where Fuego is installed: it gets the arguments as they were given.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from fuego_jenkins_remote.cli.errors import message_of, missing_extra, status_of
from fuego_jenkins_remote.cli.options import common
from fuego_jenkins_remote.cli.output import printable
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.cli.verbs import LOCAL_LISTS, VERBS, find_verb, nearest_verb


class LazyGroup(click.Group):
    """Imports a verb's module when the verb is called, and only then."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as Click has it
        """All verbs, in the order of the help."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The verb, singular or plural."""
        name = find_verb(cmd_name)
        if name is None:
            return None
        from importlib import import_module

        verb = VERBS[name]
        command = getattr(import_module(f"fuego_jenkins_remote.cli.{verb.module}"), verb.command)
        assert isinstance(command, click.Command)  # noqa: S101 - the table and the modules are one program
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As Click does, with our words for a verb that is not there."""
        if find_verb(args[0]) is None:
            near = nearest_verb(args[0])
            meant = f" (did you mean {near!r}?)" if near else " (ftc help lists them)"
            raise NoSuchVerb(f"no such verb {args[0]!r}{meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The verbs under their headings, from the table."""
        for section in dict.fromkeys(verb.section for verb in VERBS.values()):
            with formatter.section(section):
                rows = [(name, verb.summary) for name, verb in VERBS.items() if verb.section == section]
                formatter.write_dl(rows)


class NoSuchVerb(click.UsageError):
    """A verb that nobody has."""


@click.command(
    cls=LazyGroup,
    name="ftc",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="`ftc help VERB` says more. Verbs that are not here are Fuego's own, where Fuego is installed.",
)
@common
@click.pass_context
def ftc(context: click.Context) -> None:
    """Fuego's network from the shell: ask for tests on other labs' boards, fetch runs, serve a lab."""
    context.ensure_object(Session)
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def carry_out(arguments: Sequence[str]) -> int:
    """Carry out one call; gives the exit status, and has printed a line on stderr where that is not 0.

    Ctrl-C goes on to the caller.
    """
    _never_fail_to_print()
    debug = "--debug" in arguments
    try:
        _pass_on(arguments)
        status = _invoke(list(arguments))
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Whoever read us has gone. Python would complain once more at its end about what is still to be written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if debug:
            import traceback

            with contextlib.suppress(OSError):
                print(printable(traceback.format_exc()), end="", file=sys.stderr)  # noqa: T201
        return _complain(error, debug)


def _invoke(arguments: list[str]) -> int:
    try:
        with ftc.make_context("ftc", arguments) as context:
            status = ftc.invoke(context)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    return status if isinstance(status, int) else 0


def _complain(error: Exception, debug: bool) -> int:
    status = status_of(error)
    if status is not None:
        _print_error(message_of(error))
        return status
    extra = missing_extra(error) if isinstance(error, ImportError) else None
    if extra:
        _print_error(extra)
    else:
        hint = "" if debug else "; with --debug it says where"
        _print_error(f"this is a fault of ftc: {type(error).__name__}: {error}{hint}")
    return 1


def _print_error(message: str) -> None:
    with contextlib.suppress(OSError):
        print(f"ftc: {printable(message.strip())}", file=sys.stderr, flush=True)  # noqa: T201


def _never_fail_to_print() -> None:
    for stream in (sys.stdout, sys.stderr):
        change: Callable[..., Any] | None = getattr(stream, "reconfigure", None)
        if change is not None:
            change(errors="backslashreplace")


def _pass_on(arguments: Sequence[str]) -> None:
    """Become Fuego's own ftc where the call is for it; comes back where it is for us."""
    words = [argument for argument in arguments if not argument.startswith("-")]
    if not words or not _is_fuegos(words, arguments):
        return
    from fuego_jenkins_remote.standin.passthrough import run_fuego_ftc

    fuego = find_fuego()
    if fuego is not None:
        run_fuego_ftc(fuego, arguments, os.environ)


def _is_fuegos(words: Sequence[str], arguments: Sequence[str]) -> bool:
    verb = find_verb(words[0])
    if verb == "help":
        return len(words) > 1 and find_verb(words[1]) in {None, "run-test"}
    if verb in LOCAL_LISTS:
        return not {"-r", "--remote", "--json", "-h", "--help"} & set(arguments)
    return verb in {None, "run-test"}


def find_fuego() -> Path | None:
    """Fuego's own ftc, or None where no Fuego is installed."""
    from fuego_jenkins_remote.cli.settings import load_settings
    from fuego_jenkins_remote.fuego.errors import BadConf
    from fuego_jenkins_remote.standin.passthrough import find_fuego_ftc

    found = find_fuego_ftc(os.environ)
    if found is not None:
        return found
    try:
        return find_fuego_ftc(os.environ, load_settings().get("fuego_core_dir"))
    except BadConf:
        # Whoever needs a setting will be told.
        return None
