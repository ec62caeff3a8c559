"""`ftc version`, `ftc help`, `ftc config`."""

from __future__ import annotations

import click

from fuego_jenkins_remote.cli.options import common, pass_session
from fuego_jenkins_remote.cli.session import Session


@click.command
@common
@pass_session
def version(session: Session) -> None:
    """Show the version.

    \b
    Example: ftc version
    """
    from fuego_jenkins_remote import __version__

    session.out.result(f"ftc (fuego-jenkins-remote) {__version__}", bare=__version__, data={"version": __version__})


@click.command(name="help")
@click.argument("words", metavar="[VERB]", nargs=-1)
@common
@click.pass_context
def help(context: click.Context, words: tuple[str, ...]) -> None:
    """Show help on a verb.

    \b
    Example: ftc help put-request
    """
    root = context.find_root()
    command: click.Command = root.command
    shown = root
    for at, word in enumerate(words):
        found = command.get_command(shown, word) if isinstance(command, click.Group) else None
        if found is None:
            raise click.UsageError(f"there is no verb {' '.join(words[: at + 1])!r}", context)
        shown = click.Context(found, info_name=found.name, parent=shown)
        command = found
    click.echo(command.get_help(shown))


@click.command
@click.argument("name", required=False)
@common
@pass_session
def config(session: Session, name: str | None) -> None:
    """Show settings, and where each comes from.

    Asked for server_type alone, where that is auto, it says which server was found and what was seen of it.

    \b
    Examples: ftc config host_name
              ftc config server_type
    """
    from fuego_jenkins_remote.cli.settings import MEANING

    settings = session.settings
    if name is not None:
        if name not in MEANING and not settings.is_set(name):
            raise click.UsageError(f"no such setting {name!r}; ftc config lists them")
        value = settings.get(name)
        if name == "server_type" and value.strip().lower() == "auto":
            found = session.server
            session.out.note(f"{found.url}: {found.why}")
            value = str(found.kind)
        session.out.result(value, bare=value, data={name: value})
        return
    known = [*MEANING, *sorted(set(settings.values) - set(MEANING))]
    shown = {key: "***" if key.endswith("_token") and settings.is_set(key) else settings.get(key) for key in known}
    rows = [(key, shown[key], settings.sources.get(key, "default" if shown[key] else "not set")) for key in known]
    session.out.table(
        ("setting", "value", "from"), rows, bare=[f"{key}={shown[key]}" for key in known], data=shown, empty=""
    )
