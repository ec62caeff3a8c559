"""`ftc whoami`, and the verbs on teams, users, and labs."""

from __future__ import annotations

from collections.abc import Mapping

import click

from fuego_jenkins_remote.cli.options import HOST, TEAM, USER, common, hub_url, pass_session
from fuego_jenkins_remote.cli.people.shown import items, moment, names, text
from fuego_jenkins_remote.cli.session import Session

LEVELS = ("guest", "member", "maintainer", "admin")


@click.command
@hub_url
@common
@pass_session
def whoami(session: Session) -> None:
    """Show whose token this is, and what it is good for.

    \b
    Example: ftc whoami
    """
    from fuego_jenkins_remote.client import people

    me = people.whoami(session.hub.api)
    is_lab = text(me, "kind") == "lab"
    places = [text(one, "team") + ("" if is_lab else f" ({text(one, 'level')})") for one in items(me, "teams")]
    session.out.record(
        [
            (text(me, "kind"), text(me, "name")),
            ("at", session.hub.url),
            ("team" if len(places) == 1 else "teams", ", ".join(places)),
            ("answers for", names(me, "labs")),
            ("admin of the network", "yes" if me.get("network_admin") else ""),
            ("scope", text(me, "scope")),
            ("token", text(me, "token")),
            ("mail", text(me, "email")),
        ],
        bare=text(me, "name"),
        data=me,
    )


@click.command(name="list-teams")
@hub_url
@common
@pass_session
def list_teams(session: Session) -> None:
    """List the teams of the network.

    \b
    Example: ftc list-teams
    """
    from fuego_jenkins_remote.client import people

    found = people.teams(session.hub.api)
    session.out.table(
        ("team", "people", "labs", "about"),
        [(text(one, "name"), text(one, "people"), text(one, "labs"), text(one, "description")) for one in found],
        bare=[text(one, "name") for one in found],
        data=found,
        empty="there is no team yet",
    )


@click.command(name="show-team")
@click.argument("team", type=TEAM, metavar="TEAM")
@hub_url
@common
@pass_session
def show_team(session: Session, team: str) -> None:
    """Show who is in a team, with which level, and its labs. For its people, and for the network's admins.

    \b
    Example: ftc show-team timslab
    """
    from fuego_jenkins_remote.client import people

    _show(session, people.team(session.hub.api, team))


@click.command(name="put-team")
@click.argument("team", type=TEAM, metavar="TEAM")
@click.option("--description", default="", metavar="TEXT", help="What the team is about.")
@hub_url
@common
@pass_session
def put_team(session: Session, team: str, description: str) -> None:
    """Make a team, or say what it is about. New ones are made by the network's admins.

    \b
    Example: ftc put-team timslab --description "Boards with GPUs"
    """
    from fuego_jenkins_remote.client import people

    _show(session, people.put_team(session.hub.api, team, description))


@click.command(name="set-member")
@click.argument("team", type=TEAM, metavar="TEAM")
@click.argument("user", type=USER, metavar="USER")
@click.argument("level", type=click.Choice(LEVELS))
@hub_url
@common
@pass_session
def set_member(session: Session, team: str, user: str, level: str) -> None:
    """Put a user into a team, or give one there another level. Who is new to the network is invited (ftc invite).

    guest looks on; member asks for tests; maintainer also answers for the team's labs and calls off what the team has
    asked for; admin also manages the team.

    \b
    Example: ftc set-member timslab ann maintainer
    """
    from fuego_jenkins_remote.client import people

    changed = people.set_level(session.hub.api, team, user, level)
    session.out.result(f"{user} is {level} of {team}", bare=user, data=changed)


@click.command(name="rm-member")
@click.argument("team", type=TEAM, metavar="TEAM")
@click.argument("user", type=USER, metavar="USER")
@hub_url
@common
@pass_session
def rm_member(session: Session, team: str, user: str) -> None:
    """Take a user out of a team, or leave it. What the user has asked for in its name stays the team's.

    \b
    Example: ftc rm-member timslab ann
    """
    from fuego_jenkins_remote.client import people

    people.remove(session.hub.api, team, user)
    session.out.result(f"{user} is not in {team} any more", bare=user, data={"team": team, "user": user})


@click.command(name="set-user")
@click.argument("user", type=USER, metavar="USER")
@click.option("--email", metavar="ADDRESS", help="Where the user is written to.")
@click.option("--network-admin/--no-network-admin", default=None, help="An admin of the network, or not any more.")
@click.option("--disable/--enable", "disabled", default=None, help="Shut out: no token is good; or let in again.")
@hub_url
@common
@pass_session
def set_user(session: Session, /, user: str, **values: object) -> None:
    """Change a user. For the network's admins; who is shut out (--disable) is so at once.

    \b
    Example: ftc set-user ann --disable
    """
    from fuego_jenkins_remote.client import people

    wanted = {name: value for name, value in values.items() if value is not None}
    if not wanted:
        raise click.UsageError("say what is to be different: --email, --network-admin, --disable, ...")
    changed = people.change_user(session.hub.api, user, wanted)
    session.out.record(
        [
            ("user", text(changed, "name")),
            ("mail", text(changed, "email")),
            ("admin of the network", "yes" if changed.get("network_admin") else ""),
            ("shut out since", moment(changed, "disabled_at")),
        ],
        bare=user,
        data=changed,
    )


@click.command(name="list-labs")
@hub_url
@common
@pass_session
def list_labs(session: Session) -> None:
    """List the labs of the network, whose they are, and when and with which version their bridges were last heard of.

    \b
    Example: ftc list-labs
    """
    from fuego_jenkins_remote.client import people

    found = people.labs(session.hub.api)
    session.out.table(
        ("lab", "team", "bridge seen", "version"),
        [(text(one, "host"), text(one, "team"), moment(one, "bridge_seen"), _version(one)) for one in found],
        bare=[text(one, "host") for one in found],
        data=found,
        empty="there is no lab yet",
    )


@click.command(name="set-lab")
@click.argument("host", type=HOST, metavar="HOST")
@click.option("--team", required=True, type=TEAM, help="Whose the lab is to be.")
@hub_url
@common
@pass_session
def set_lab(session: Session, host: str, team: str) -> None:
    """Give a lab to another team, whose maintainers answer for it then. For the network's admins.

    \b
    Example: ftc set-lab timslab --team kernel-ci
    """
    from fuego_jenkins_remote.client import people

    changed = people.change_lab(session.hub.api, host, team)
    session.out.result(f"the lab {host} is {team}'s", bare=host, data=changed)


def _version(lab: Mapping[str, object]) -> str:
    return text(lab, "version") + (" (older than the hub)" if lab.get("behind") else "")


def _lab(lab: Mapping[str, object]) -> str:
    version = text(lab, "version")
    behind = ", older than the hub" if lab.get("behind") else ""
    return text(lab, "host") + (f" (bridge {version}{behind})" if version else "")


def _show(session: Session, team: dict[str, object]) -> None:
    members, labs = items(team, "members"), items(team, "labs")
    session.out.record(
        [
            ("team", text(team, "name")),
            ("about", text(team, "description")),
            *(("who", f"{text(one, 'user')} ({text(one, 'level')})") for one in members),
            *(("lab", _lab(one)) for one in labs),
        ],
        bare="\n".join(text(one, "user") for one in members),
        data=team,
    )
