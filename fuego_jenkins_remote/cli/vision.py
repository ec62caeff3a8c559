"""`ftc vision init|serve|add-token|set-reader|list-tokens|revoke-token`: what the results service's operator does."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from fuego_jenkins_remote.cli import service_options as service
from fuego_jenkins_remote.cli.operating.backups import add_backups
from fuego_jenkins_remote.cli.operating.importing import import_runs
from fuego_jenkins_remote.cli.options import common, pass_session
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.cli.verb_group import VerbGroup


@click.group(cls=VerbGroup)
def vision() -> None:
    """The results service: set it up, run it, make tokens."""


@vision.command
@service.data
@common
@pass_session
def init(session: Session, data_dir: Path) -> None:
    """Set the data folder up, or bring an older one up to date; what is in it stays.

    \b
    Example: ftc vision init --data /var/lib/fuego-vision
    """
    from fuego_jenkins_remote.vision.admin import init_data

    init_data(data_dir)
    session.out.result(f"ready for ftc vision serve: {data_dir}", bare=str(data_dir), data={"data": str(data_dir)})


@vision.command
@service.data
@service.listening(8701)
@service.serving
@common
@pass_session
def serve(session: Session, /, data_dir: Path, host: str, port: int, **options: Any) -> None:
    """Run the results service until TERM. The first line on stdout says where it answers.

    \b
    Example: ftc vision serve --data /var/lib/fuego-vision --public
    """
    from fuego_jenkins_remote.vision.serve import serve

    serve(data_dir, host=host, port=port, json_ready=session.as_json, **options)


@vision.command(name="add-token")
@click.argument("owner", metavar="OWNER")
@service.data
@click.option(
    "--kind",
    type=click.Choice(["submit", "read"]),
    default="submit",
    show_default=True,
    help="submit: brings runs of the lab OWNER ('*': of any); read: OWNER only reads.",
)
@click.option(
    "--team",
    "teams",
    multiple=True,
    metavar="TEAM",
    help="With read: OWNER is in this team and sees its private runs; again for more.",
)
@service.description
@service.expires
@service.token_file
@common
@pass_session
def add_token(
    session: Session,
    /,
    *,
    owner: str,
    data_dir: Path,
    kind: str,
    teams: tuple[str, ...],
    description: str,
    expires: datetime | None,
    token_file: Path | None,
) -> None:
    """Make a token, and print it this once.

    \b
    Examples: ftc vision add-token timslab --data /var/lib/fuego-vision
              ftc vision add-token tim --kind read --team kernel-team --data /var/lib/fuego-vision
    """
    from fuego_jenkins_remote.cli.errors import Failed
    from fuego_jenkins_remote.fuego.errors import FormatError
    from fuego_jenkins_remote.vision.admin import add_token, open_data, reader

    engine = open_data(data_dir)
    with service.token_goes_to(token_file) as take:
        try:
            expires_at = service.as_utc(expires)
            take(add_token(engine, owner, kind=kind, teams=teams, description=description, expires_at=expires_at))
        except FormatError:
            raise
        except ValueError as error:
            raise Failed(str(error)) from error
    there = reader(engine, owner).teams if kind == "read" else ()
    member = f", in {', '.join(there)}" if there else ""
    session.out.note(f"a token for {owner} ({kind}{member}); {service.token_is(token_file)}")


@vision.command(name="set-reader")
@click.argument("name")
@service.data
@click.option("--team", "teams", multiple=True, metavar="TEAM", help="A team to be in, too; again for more.")
@click.option("--leave", multiple=True, metavar="TEAM", help="A team to be in no more; again for more.")
@common
@pass_session
def set_reader(session: Session, /, name: str, data_dir: Path, teams: tuple[str, ...], leave: tuple[str, ...]) -> None:
    """Say in which teams a reader is, whose private runs all read tokens of that name see. It counts at once.

    Vision does not know the hub's teams: who leaves one there has to leave it here, too.

    \b
    Examples: ftc vision set-reader tim --team kernel-team --data /var/lib/fuego-vision
              ftc vision set-reader tim --leave kernel-team --data /var/lib/fuego-vision
    """
    from fuego_jenkins_remote.cli.errors import Failed
    from fuego_jenkins_remote.fuego.errors import FormatError
    from fuego_jenkins_remote.vision.admin import change_reader, open_data

    try:
        changed = change_reader(open_data(data_dir), name, teams=teams, leave=leave)
    except FormatError:
        raise
    except ValueError as error:
        raise Failed(str(error)) from error
    said = f"{name} is in {', '.join(changed.teams)}" if changed.teams else f"{name} is in no team"
    session.out.result(said, bare="\n".join(changed.teams), data={"name": name, "teams": list(changed.teams)})


@vision.command(name="list-tokens")
@click.argument("owner", default="", metavar="[OWNER]")
@service.data
@common
@pass_session
def list_tokens(session: Session, owner: str, data_dir: Path) -> None:
    """List the tokens, all or those of a lab or a reader. The ID is the part between the underscores of a token.

    \b
    Example: ftc vision list-tokens --data /var/lib/fuego-vision
    """
    from fuego_jenkins_remote.cli.token_list import show_tokens
    from fuego_jenkins_remote.vision.admin import all_teams, all_tokens, open_data

    engine = open_data(data_dir)
    show_tokens(session.out, all_tokens(engine, owner), owner=owner, teams=all_teams(engine))


@vision.command(name="revoke-token")
@click.argument("token", metavar="ID")
@service.data
@common
@pass_session
def revoke_token(session: Session, token: str, data_dir: Path) -> None:
    """Take a token out of use, at once and for good, and with it the sign-ins of browsers that were made with it.

    \b
    Example: ftc vision revoke-token sk3j7x2m --data /var/lib/fuego-vision
    """
    from fuego_jenkins_remote.cli.errors import Failed
    from fuego_jenkins_remote.cli.token_list import show_revoked, token_id
    from fuego_jenkins_remote.vision.admin import open_data, revoke_token

    try:
        show_revoked(session.out, revoke_token(open_data(data_dir), token_id(token)))
    except ValueError as error:
        raise Failed(str(error)) from error


add_backups(vision, "vision")
vision.add_command(import_runs)
