"""Who sees which run: a private one is there for tokens in the names of its lab, its team and its requester.

A token's name is its owner's, and beside it the teams that the operator has put that reader into.
"""

from __future__ import annotations

import sqlalchemy as sa

from fuego_jenkins_remote.service.signins import Principal
from fuego_jenkins_remote.vision.records import teams_of
from fuego_jenkins_remote.vision.schema import runs


def names_of(who: Principal) -> list[str]:
    """All names in which somebody looks, without one twice."""
    return list(dict.fromkeys((who.name, *teams_of(who))))


def sees_all(who: Principal) -> bool:
    """Whether it is a token that brings runs of any lab: it sees them all, too."""
    return who.kind == "submit" and who.name == "*"


def seen_by(who: Principal | None) -> sa.ColumnElement[bool]:
    """The condition on ``runs``. None is somebody without a token, where vision is public."""
    everybodys = runs.c.private == sa.false()
    if who is None:
        return everybodys
    if sees_all(who):
        return sa.true()
    names = names_of(who)
    return sa.or_(everybodys, *(column.in_(names) for column in (runs.c.host, runs.c.team, runs.c.requester)))
