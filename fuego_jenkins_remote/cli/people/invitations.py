"""`ftc invite`, `list-invitations`, `revoke-invitation`, `join`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

import click

from fuego_jenkins_remote.cli import service_options as service
from fuego_jenkins_remote.cli.options import FILE, HOST, MOMENT, TEAM, USER, ca_file, common, hub_url, pass_session
from fuego_jenkins_remote.cli.people.shown import moment, text
from fuego_jenkins_remote.cli.people.teams import LEVELS
from fuego_jenkins_remote.cli.session import Session


@click.command
@click.argument("team", type=TEAM, metavar="TEAM")
@click.option("--level", type=click.Choice(LEVELS), default="member", show_default=True, help="The place in the team.")
@click.option("--user", default="", type=USER, help="Who it is for, by this name; else for whoever has the link.")
@click.option("--lab", default="", type=HOST, help="A token of this lab of the team, not a place in it.")
@click.option("--description", default="", metavar="TEXT", help="What it is for, for your own list.")
@click.option("--expires", type=MOMENT, metavar="TIME", help="Until when: 2d, or a time; 7 days if nothing is said.")
@hub_url
@common
@pass_session
def invite(
    session: Session,
    /,
    *,
    team: str,
    level: str,
    user: str,
    lab: str,
    description: str,
    expires: datetime | None,
) -> None:
    """Invite somebody into a team, or a lab's machine. Prints a link that is good once, for `ftc join`.

    For the team's admins. Who has the link can use it: send it where only the right one reads it.

    \b
    Examples: ftc invite timslab
              ftc invite timslab --user ann --level maintainer --expires 2d
              ftc invite timslab --lab timslab
    """
    from fuego_jenkins_remote.cli.people.joining import link
    from fuego_jenkins_remote.client import people
    from fuego_jenkins_remote.network.tokens import new_code

    if lab and user:
        raise click.UsageError("--lab and --user do not go together")
    kind: Literal["user", "lab"] = "lab" if lab else "user"
    code = new_code(kind)
    made = people.invite(
        session.hub.api,
        code,
        team,
        level=level,
        name=lab or user,
        description=description,
        expires_at=service.as_utc(expires),
    )
    address = link(session.hub.url, code)
    session.out.result(
        f"{address}\nto be used once, by:\n    ftc join '{address}'",
        bare=address,
        data={**made, "link": address, "code": code},
    )
    session.out.note(f"good until {moment(made, 'expires_at')}; ftc revoke-invitation {text(made, 'id')} takes it back")


@click.command(name="list-invitations")
@click.argument("team", type=TEAM, metavar="TEAM")
@hub_url
@common
@pass_session
def list_invitations(session: Session, team: str) -> None:
    """List the invitations of a team, newest first, and what came of them. For its admins.

    \b
    Example: ftc list-invitations timslab
    """
    from fuego_jenkins_remote.client import people

    found = people.invitations(session.hub.api, team)
    session.out.table(
        ("id", "for", "as", "by", "until", "used", "revoked", "description"),
        [
            (
                text(one, "id"),
                text(one, "name") or "anybody",
                "lab" if text(one, "kind") == "lab" else text(one, "level"),
                text(one, "made_by"),
                moment(one, "expires_at"),
                f"{moment(one, 'used_at')} by {text(one, 'used_by')}" if text(one, "used_at") else "",
                moment(one, "revoked_at"),
                text(one, "description"),
            )
            for one in found
        ],
        bare=[text(one, "id") for one in found],
        data=found,
        empty=f"nobody was invited into {team} yet",
    )


@click.command(name="revoke-invitation")
@click.argument("invitation", metavar="ID")
@hub_url
@common
@pass_session
def revoke_invitation(session: Session, invitation: str) -> None:
    """Take an invitation back that nobody has used yet.

    \b
    Example: ftc revoke-invitation k3j7x2m4
    """
    from fuego_jenkins_remote.client import people
    from fuego_jenkins_remote.network.identities import check_invitation_id

    gone = people.revoke_invitation(session.hub.api, check_invitation_id(invitation))
    session.out.result(f"the invitation {text(gone, 'id')} is good no more", bare=text(gone, "id"), data=gone)


@click.command
@click.argument("url", metavar="URL")
@click.argument("code", metavar="[CODE]", default="")
@click.option("--user", default="", type=USER, help="How you are to be called, if the invitation does not say.")
@click.option("--email", default="", metavar="ADDRESS", help="Where you are written to.")
@click.option(
    "--token-file", type=FILE, metavar="FILE", help="Where the token goes (mode 600); else beside fuego.conf."
)
@ca_file
@common
@pass_session
def join(session: Session, /, *, url: str, code: str, user: str, email: str, token_file: Path | None) -> None:
    """Turn an invitation into a token, and set hub_url and hub_token_file in fuego.conf.

    URL is the link that you were sent, or the hub's address with the CODE behind it. Who has a token of that hub
    already keeps it, and gets a place in the team. A hub whose certificate is of a CA of its own needs --ca-file, which
    fuego.conf then names, too. The same call again does no harm: if the answer is lost on the way,
    make it again.

    \b
    Examples: ftc join 'https://hub.example.org/join#uabcdefghijklmnopqrstuvwxyz' --user ann
              ftc join https://hub.example.org uabcdefghijklmnopqrstuvwxyz
    """
    from fuego_jenkins_remote.cli.people.joining import join_with, parse_link

    address, secret = parse_link(url, code)
    joined = join_with(session, address, secret, user=user, email=email, token_file=token_file)
    session.out.result(joined.words(), bare=joined.name, data=joined.as_json())
    if joined.to_do:
        session.out.note(joined.to_do)
