"""`ftc show-board`: one board of the network, with all that is known of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import click

from fuego_jenkins_remote.cli.boards.keeping import place_of, unknown_is_a_mistake
from fuego_jenkins_remote.cli.boards.listing import state_of
from fuego_jenkins_remote.cli.options import common, hub_url, pass_session
from fuego_jenkins_remote.cli.output import local_time
from fuego_jenkins_remote.cli.session import Session

_RECENT = 5
_MANY = 100
"""The hub counts no further."""
_CONFIG = "config."


@click.command
@click.argument("board", metavar="HOST:BOARD")
@hub_url
@common
@pass_session
def show_board(session: Session, board: str) -> None:
    """Show one board: its facts, its terms, how it is, what waits for it and what ran last.

    Options of its kernel are shown with -v.

    \b
    Example: ftc show-board timslab:bbb
    """
    from fuego_jenkins_remote.fuego.names import format_timeout
    from fuego_jenkins_remote.network.terms import in_words

    host, name = place_of(session, board)
    with unknown_is_a_mistake():
        shown = session.hub.board(host, name)
    recent, _ = session.hub.requests(host=host, board=name, limit=_RECENT)
    waiting = int(shown.raw.get("waiting") or 0)
    ran = [
        f"{local_time(one.ended_at or one.started_at)}  {one.status or one.state}  {one.test}  {one.id}"
        for one in recent
    ]
    team = str(shown.raw.get("team") or host)
    session.out.record(
        [
            ("board", str(shown)),
            ("description", shown.description),
            ("state", state_of(shown)),
            ("taken out by", shown.maintenance_by),
            ("last seen", local_time(shown.last_seen)),
            ("facts", "\n".join(_facts(shown.facts, whole=session.verbose))),
            ("labels", ", ".join(shown.labels)),
            ("terms", "\n".join(in_words(host, team, shown.open_to, shown.terms, format_timeout))),
            ("waiting", f"{waiting}{' or more' if waiting >= _MANY else ''}"),
            ("ran last", "\n".join(ran)),
        ],
        bare=str(shown),
        data={**shown.raw, "recent": [one.raw for one in recent]},
    )


def _facts(facts: Mapping[str, str], *, whole: bool) -> Iterator[str]:
    options = [key for key in facts if key.startswith(_CONFIG)]
    for key, value in sorted(facts.items()):
        if whole or key not in options:
            yield f"{key}={value}"
    if options and not whole:
        yield f"{len(options)} options of its kernel (-v)"
