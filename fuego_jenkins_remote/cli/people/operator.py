"""`ftc hub`: users, labs, tokens and the audit log, on the hub's machine."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from fuego_jenkins_remote.cli import service_options as service
from fuego_jenkins_remote.cli.options import AGO, common, pass_session
from fuego_jenkins_remote.cli.output import local_time
from fuego_jenkins_remote.cli.people import new_teams
from fuego_jenkins_remote.cli.people.tokens import SCOPES
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.cli.token_list import show_revoked, show_tokens, token_id

notify = click.option(
    "--notify",
    multiple=True,
    metavar="ADDRESS",
    help="Where notices go: a mail address or an apprise URL; again for more.",
)
other_notify = click.option(
    "--notify",
    multiple=True,
    metavar="ADDRESS",
    help="Where notices go from now on: mail or an apprise URL; again for more. none: no own addresses.",
)
in_teams = click.option(
    "--team",
    "teams",
    multiple=True,
    metavar="TEAM[:LEVEL]",
    help="A team, and the level in it: guest, member (the default), maintainer, admin; again for more.",
)


@click.command(name="add-user")
@click.argument("name")
@service.data
@in_teams
@click.option("--network-admin", is_flag=True, help="An admin of the whole network.")
@click.option("--email", default="", metavar="ADDRESS", help="Where the user is written to.")
@notify
@service.token_file
@common
@pass_session
def add_user(
    session: Session,
    /,
    *,
    name: str,
    data_dir: Path,
    teams: tuple[str, ...],
    network_admin: bool,
    email: str,
    notify: tuple[str, ...],
    token_file: Path | None,
) -> None:
    """Let a user in, and print the token, which is shown this once.

    The first is best an admin of the network: the others are then invited over HTTP (ftc invite). The maintainers and
    admins of a lab's team answer for that lab.

    \b
    Examples: ftc hub add-user root --data /var/lib/fuego-hub --network-admin --token-file root.token
              ftc hub add-user tim --data /var/lib/fuego-hub --team timslab:admin --email tim@example.org
    """
    from fuego_jenkins_remote.hub.admin import add_user, all_teams, open_data

    engine = open_data(data_dir)
    with service.token_goes_to(token_file) as take, new_teams.told(session, lambda: all_teams(engine)):
        take(add_user(engine, name, teams=teams, email=email, notify=notify, network_admin=network_admin))
    session.out.note(f"user {name} is known now; {service.token_is(token_file)}")


@click.command(name="set-user")
@click.argument("name")
@service.data
@in_teams
@click.option("--leave", multiple=True, metavar="TEAM", help="A team to be in no more; again for more.")
@click.option("--email", metavar="ADDRESS", help="Where the user is written to.")
@other_notify
@click.option("--network-admin/--no-network-admin", default=None, help="An admin of the network, or not any more.")
@click.option("--disable/--enable", "disabled", default=None, help="Shut out: no token is good; or let in again.")
@common
@pass_session
def set_user(
    session: Session,
    /,
    *,
    name: str,
    data_dir: Path,
    teams: tuple[str, ...],
    leave: tuple[str, ...],
    email: str | None,
    notify: tuple[str, ...],
    network_admin: bool | None,
    disabled: bool | None,
) -> None:
    """Change a user; what is not named stays as it is. Who is shut out is so at once.

    \b
    Examples: ftc hub set-user tim --data /var/lib/fuego-hub --team otherlab:maintainer
              ftc hub set-user tim --data /var/lib/fuego-hub --disable
    """
    from fuego_jenkins_remote.hub.admin import all_teams, change_user, open_data

    engine = open_data(data_dir)
    with new_teams.told(session, lambda: all_teams(engine)):
        changed = change_user(
            engine,
            name,
            teams=teams,
            leave=leave,
            email=email,
            notify=notify or None,
            network_admin=network_admin,
            disabled=disabled,
        )
    said = f"user {name} is changed" + (f", and shut out since {local_time(changed.disabled_at)}" if disabled else "")
    session.out.result(said, bare=name, data=_plain(asdict(changed)))


@click.command(name="list-users")
@service.data
@common
@pass_session
def list_users(session: Session, data_dir: Path) -> None:
    """List the users with their teams; with -v also where notices go.

    \b
    Example: ftc hub list-users --data /var/lib/fuego-hub
    """
    from fuego_jenkins_remote.hub.admin import all_users, open_data

    found = all_users(open_data(data_dir))
    session.out.table(
        ("user", "teams", "mail", "network admin", "since", "shut out", *(("notify",) if session.verbose else ())),
        [
            (
                user.name,
                ", ".join(teams),
                user.email,
                "yes" if user.network_admin else "",
                local_time(user.created_at),
                local_time(user.disabled_at),
                *((", ".join(user.notify),) if session.verbose else ()),
            )
            for user, teams in found
        ],
        bare=[user.name for user, _ in found],
        data=[{**_plain(asdict(user)), "teams": teams} for user, teams in found],
        empty="there is no user yet",
    )


@click.command(name="add-lab")
@click.argument("host", metavar="HOST")
@service.data
@click.option("--team", default="", metavar="TEAM", help="Whose it is; else a team called as the lab.")
@notify
@service.token_file
@common
@pass_session
def add_lab(
    session: Session, /, *, host: str, data_dir: Path, team: str, notify: tuple[str, ...], token_file: Path | None
) -> None:
    """Let a lab in, and print its token, which is shown this once. Its team is made if it is not there.

    \b
    Examples: ftc hub add-lab timslab --data /var/lib/fuego-hub --notify labs@example.org
              ftc hub add-lab rack7 --team timslab --data /var/lib/fuego-hub
    """
    from fuego_jenkins_remote.hub.admin import add_lab, all_teams, open_data

    engine = open_data(data_dir)
    with service.token_goes_to(token_file) as take, new_teams.told(session, lambda: all_teams(engine)):
        take(add_lab(engine, host, team=team, notify=notify))
    session.out.note(f"lab {host} is known now; {service.token_is(token_file)}")


@click.command(name="set-lab")
@click.argument("host", metavar="HOST")
@service.data
@other_notify
@common
@pass_session
def set_lab(session: Session, /, *, host: str, data_dir: Path, notify: tuple[str, ...]) -> None:
    """Say where a lab's notices go, instead of where they went. Whose a lab is, `ftc set-lab` changes.

    \b
    Examples: ftc hub set-lab timslab --data /var/lib/fuego-hub --notify boards@timslab.example
              ftc hub set-lab timslab --data /var/lib/fuego-hub --notify none
    """
    from fuego_jenkins_remote.hub.admin import open_data, set_lab

    if not notify:
        raise click.UsageError("say what is to be different: --notify")
    now = set_lab(open_data(data_dir), host, notify=notify)
    number = f"{len(now)} address{'es' if len(now) > 1 else ''}" if now else "its maintainers"
    session.out.result(f"notices for the lab {host} go to {number}", bare=host, data={"host": host, "notify": len(now)})


@click.command(name="add-token")
@click.argument("owner")
@service.data
@click.option("--kind", type=click.Choice(["user", "lab"]), default="user", show_default=True, help="Whose it is.")
@click.option("--scope", type=click.Choice(SCOPES), help="What a user's is good for; all, if nothing is said.")
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
    scope: str | None,
    description: str,
    expires: datetime | None,
    token_file: Path | None,
) -> None:
    """Make another token for a user or a lab, and print it this once.

    \b
    Example: ftc hub add-token timslab --kind lab --data /var/lib/fuego-hub --expires 365d
    """
    from fuego_jenkins_remote.hub.admin import add_token, open_data

    with service.token_goes_to(token_file) as take:
        take(
            add_token(
                open_data(data_dir),
                owner,
                kind=kind,
                scope=scope or "",
                description=description,
                expires_at=service.as_utc(expires),
            )
        )
    session.out.note(f"another token for {kind} {owner}; {service.token_is(token_file)}")


@click.command(name="list-tokens")
@click.argument("owner", default="", metavar="[OWNER]")
@service.data
@common
@pass_session
def list_tokens(session: Session, owner: str, data_dir: Path) -> None:
    """List the tokens, all or those of a user or lab. The ID is the part between the underscores of a token.

    \b
    Example: ftc hub list-tokens tim --data /var/lib/fuego-hub
    """
    from fuego_jenkins_remote.hub.admin import open_data, tokens

    show_tokens(session.out, tokens(open_data(data_dir), owner), owner=owner)


@click.command(name="revoke-token")
@click.argument("token", metavar="ID")
@service.data
@common
@pass_session
def revoke_token(session: Session, token: str, data_dir: Path) -> None:
    """Take a token out of use, at once and for good. Who has another one goes on.

    \b
    Example: ftc hub revoke-token uk3j7x2m --data /var/lib/fuego-hub
    """
    from fuego_jenkins_remote.hub.admin import open_data, revoke_token

    show_revoked(session.out, revoke_token(open_data(data_dir), token_id(token)))


@click.command(name="list-audit")
@service.data
@click.option("--by", "name", default="", metavar="NAME", help="Only what this user or lab has done, or operator.")
@click.option("--action", default="", metavar="ACTION", help="Only this: put-request, invite, revoke-token, ...")
@click.option("--thing", default="", metavar="THING", help="Only what was done to this: 'user ann', 'board a:b', ...")
@click.option("--since", type=AGO, metavar="TIME", help="Only what is newer: 2d (ago), or a time.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="The newest so many.")
@common
@pass_session
def list_audit(session: Session, /, *, data_dir: Path, since: datetime | None, limit: int, **filters: Any) -> None:
    """List who has changed what, newest first: everything, also what concerns private requests.

    \b
    Example: ftc hub list-audit --data /var/lib/fuego-hub --since 7d
    """
    from fuego_jenkins_remote.hub.admin import audit_log, open_data
    from fuego_jenkins_remote.hub.audit import Filter

    found = audit_log(open_data(data_dir), Filter(since=service.as_utc(since), limit=limit, **filters))
    session.out.table(
        ("when", "who", "did", "what", "how", "from"),
        [
            (
                local_time(one.at),
                one.name + (f" ({one.token})" if one.token else ""),
                one.action,
                one.thing,
                one.detail,
                one.address,
            )
            for one in found
        ],
        bare=[str(one.id) for one in found],
        data=[_plain(asdict(one)) for one in found],
        empty="nothing of that kind was done",
    )


VERBS = (add_user, set_user, list_users, add_lab, set_lab, add_token, list_tokens, revoke_token, list_audit)


def _plain(values: dict[str, object]) -> dict[str, object]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
