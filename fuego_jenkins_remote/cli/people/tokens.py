"""`ftc add-token`, `list-tokens`, `revoke-token`: one's own tokens, and those of labs one is an admin for."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from fuego_jenkins_remote.cli import service_options as service
from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.options import HOST, USER, common, hub_url, pass_session
from fuego_jenkins_remote.cli.people.shown import moment, text
from fuego_jenkins_remote.cli.session import Session

SCOPES = ("results", "read", "request", "admin")
scope = click.option(
    "--scope",
    type=click.Choice(SCOPES),
    help="What it is good for: results (requests and what came of them), read (all one sees), request (and asking for"
    " tests), admin (all one may do; the default).",
)


@click.command(name="add-token")
@click.option("--lab", default="", type=HOST, help="A token of this lab, not of yours: it is the lab.")
@scope
@service.description
@service.expires
@service.token_file
@hub_url
@common
@pass_session
def add_token(
    session: Session,
    /,
    *,
    lab: str,
    scope: str | None,
    description: str,
    expires: datetime | None,
    token_file: Path | None,
) -> None:
    """Make another token, for yourself or for a lab of a team that you are an admin of. It is shown this once.

    \b
    Examples: ftc add-token --description laptop --expires 90d --token-file ~/.fuego-token
              ftc add-token --scope results --description "dashboard in the corridor"
              ftc add-token --lab timslab --token-file lab.token
    """
    from fuego_jenkins_remote.client import people
    from fuego_jenkins_remote.network.tokens import new_secret

    if lab and scope:
        raise click.UsageError("a lab's token is the lab: it has no --scope")
    secret = new_secret("lab" if lab else "user")
    with service.token_goes_to(token_file) as take:
        made = people.add_token(
            session.hub.api, secret, lab=lab, scope=scope, description=description, expires_at=service.as_utc(expires)
        )
        take(secret)
    session.out.note(
        f"the token {text(made, 'id')} of {text(made, 'owner')} ({text(made, 'scope')}); {service.token_is(token_file)}"
    )


@click.command(name="list-tokens")
@click.option("--lab", default="", type=HOST, help="Those of this lab.")
@click.option("--user", default="", type=USER, help="Those of this user; for the network's admins.")
@hub_url
@common
@pass_session
def list_tokens(session: Session, lab: str, user: str) -> None:
    """List your tokens, or those of a lab: what each is good for, until when, when it was last used (to a minute).

    \b
    Example: ftc list-tokens
    """
    from fuego_jenkins_remote.client import people

    if lab and user:
        raise click.UsageError("--lab and --user do not go together")
    found = people.tokens(session.hub.api, kind="lab" if lab else "user", owner=lab or user)
    session.out.table(
        ("id", "owner", "scope", "description", "made", "last used", "expires", "revoked"),
        [
            (
                *(text(one, key) for key in ("id", "owner", "scope", "description")),
                *(moment(one, f"{key}_at") for key in ("created", "last_used", "expires", "revoked")),
            )
            for one in found
        ],
        bare=[text(one, "id") for one in found],
        data=found,
        empty="there is no token",
    )


@click.command(name="revoke-token")
@click.argument("token_id", metavar="ID")
@click.option("-y", "--yes", is_flag=True, help="Ask nothing, also where it is the token that this call is made with.")
@hub_url
@common
@pass_session
def revoke_token(session: Session, token_id: str, *, yes: bool) -> None:
    """Take a token out of use, at once and for good: yours, or one of a lab that you are an admin for.

    The token that is in use here is revoked only when you say so: without it ftc can do nothing at the hub any more.

    \b
    Examples: ftc revoke-token uk3j7x2m
              ftc revoke-token --yes uk3j7x2m
    """
    from fuego_jenkins_remote.client import people
    from fuego_jenkins_remote.network.identities import check_token_id
    from fuego_jenkins_remote.network.tokens import split_prefix

    # Also of somebody who gives the whole token: it goes no further than here.
    token_id = split_prefix(token_id) or check_token_id(token_id)
    if not yes and split_prefix(session.settings.token("hub")) == token_id:
        _ask_about_the_one_in_use(token_id)
    gone = people.revoke_token(session.hub.api, token_id)
    said = f"the token {text(gone, 'id')} of {text(gone, 'kind')} {text(gone, 'owner')} is good no more"
    session.out.result(said, bare=text(gone, "id"), data=gone)


def _ask_about_the_one_in_use(token_id: str) -> None:
    """Raise Failed unless the person says yes; where nobody can be asked, with what to do."""
    what = f"{token_id} is the token that is in use here: without it ftc can do nothing at the hub any more"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Failed(f"{what}; to revoke it all the same: ftc revoke-token --yes {token_id}")
    if not click.confirm(f"{what}. Revoke it?", err=True):
        raise Failed("nothing was revoked")
