"""`ftc list-audit`: who has changed what, from where."""

from __future__ import annotations

from datetime import datetime

import click

from fuego_jenkins_remote.cli.options import AGO, TEAM, common, hub_url, pass_session
from fuego_jenkins_remote.cli.people.shown import moment, text
from fuego_jenkins_remote.cli.session import Session


@click.command(name="list-audit")
@click.option("--team", default="", type=TEAM, help="Only what was done in this team.")
@click.option("--by", "name", default="", metavar="NAME", help="Only what this user or lab has done.")
@click.option("--action", default="", metavar="ACTION", help="Only this: put-request, invite, revoke-token, ...")
@click.option("--thing", default="", metavar="THING", help="Only what was done to this: 'user ann', 'board a:b', ...")
@click.option("--since", type=AGO, metavar="TIME", help="Only what is newer: 2d (ago), or a time.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="The newest so many.")
@hub_url
@common
@pass_session
def list_audit(session: Session, /, limit: int, since: datetime | None, **filters: str) -> None:
    """List who has changed what, newest first. For admins: of teams what was done there, of the network all.

    \b
    Examples: ftc list-audit --team timslab --since 7d
              ftc list-audit --action revoke-token --json
    """
    from fuego_jenkins_remote.client import people

    found = people.audit(session.hub.api, limit, since=since, **filters)
    session.out.table(
        ("when", "who", "did", "what", "how", "from"),
        [
            (
                moment(one, "at"),
                text(one, "name") + (f" ({text(one, 'token')})" if text(one, "token") else ""),
                text(one, "action"),
                text(one, "thing"),
                text(one, "detail"),
                text(one, "address"),
            )
            for one in found
        ],
        bare=[text(one, "id") for one in found],
        data=found,
        empty="nothing of that kind was done",
    )
