"""People of annslab, who are let in or shut out of the network, and the team that they are in."""

from __future__ import annotations

from typing import Any

from fuego_jenkins_remote.hub import admin
from fuego_jenkins_remote.network.permissions import Action
from fuego_jenkins_remote.network.tokens import new_code

from .place import Place
from .tables import Table

ROWS = """
            ann  mate boss ada  gus  annslab tim  tom  demolab eve  otherlab root
see      *  yes  yes  yes  yes  yes  yes     no   no   no      no   no       yes
audit    *  no   no   no   yes  no   no      no   no   no      no   no       yes
invite   *  no   no   no   yes  no   no      no   no   no      no   no       yes
raise    *  no   no   no   yes  no   no      no   no   no      no   no       yes
take-out *  no   no   no   yes  no   no      no   no   no      no   no       yes
shut-out *  no   no   no   no   no   no      no   no   no      no   no       yes
let-in   *  no   no   no   no   no   no      no   no   no      no   no       yes
"""


def _see(place: Place, who: str, _: str) -> Any:
    """With their levels."""
    return place.call(who, "GET", "/teams/annslab")


def _audit(place: Place, who: str, _: str) -> Any:
    """What was done in the team."""
    return place.call(who, "GET", "/audit?team=annslab")


def _invite(place: Place, who: str, _: str) -> Any:
    """Somebody else."""
    return place.call(who, "POST", "/invitations", {"code": new_code(), "team": "annslab"})


def _raise(place: Place, who: str, user: str) -> Any:
    return place.call(who, "PUT", f"/teams/annslab/members/{user}", {"level": "member"})


def _take_out(place: Place, who: str, user: str) -> Any:
    """Out of the team."""
    return place.call(who, "DELETE", f"/teams/annslab/members/{user}")


def _shut_out(place: Place, who: str, user: str) -> Any:
    """Out of the network."""
    return place.call(who, "PATCH", f"/users/{user}", {"disabled": True})


def _let_in(place: Place, who: str, user: str) -> Any:
    return place.call(who, "PATCH", f"/users/{user}", {"disabled": False})


def _make(place: Place, state: str) -> str:
    user = place.new("user")
    admin.add_user(place.world.hub.engine, user, teams=["annslab:guest"])
    if state == "shut-out":
        place.ok("root", "PATCH", f"/users/{user}", {"disabled": True})
    return user


TABLES = [
    Table(
        name="users",
        rows=ROWS,
        states=("let-in", "shut-out"),
        make=_make,
        looks=("see", "audit", "invite"),
        calls={
            "see": (Action.SEE_TEAM, _see),
            "audit": (Action.SEE_AUDIT, _audit),
            "invite": (Action.MANAGE_TEAM, _invite),
            "raise": (Action.MANAGE_TEAM, _raise),
            "take-out": (Action.MANAGE_TEAM, _take_out),
            "shut-out": (Action.MANAGE_NETWORK, _shut_out),
            "let-in": (Action.MANAGE_NETWORK, _let_in),
        },
    )
]
