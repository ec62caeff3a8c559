"""A team is made by naming it; so it is said, for a name may be mistyped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fuego_jenkins_remote.cli.session import Session


@contextmanager
def told(session: Session, all_teams: Callable[[], set[str]]) -> Iterator[None]:
    """Say which teams there are at a hub afterwards that were not there before."""
    before = all_teams()
    yield
    for name in sorted(all_teams() - before):
        session.out.note(f"the team {name} is new")
