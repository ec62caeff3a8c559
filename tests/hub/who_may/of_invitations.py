"""Invitations: ada has made them, for mate to join annslab."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fuego_jenkins_remote.network.permissions import Action
from fuego_jenkins_remote.network.tokens import new_code

from .place import Place
from .tables import Table

ROWS = """
                             ann  mate boss ada  gus  annslab tim  tom  demolab eve  otherlab root
see    *                     no   no   no   yes  no   no      no   no   no      no   no       yes
revoke open,revoked,expired  none none none yes  none none    none none none    none none     yes
revoke used                  none none none late none none    none none none    none none     late
join   open                  no   yes  no   no   no   bad     no   no   bad     no   bad      no
join   used                  late yes  late late late late    late late late    late late     late
join   revoked,expired       bad  bad  bad  bad  bad  bad     bad  bad  bad     bad  bad      bad
"""
# Who has the code, but not the name that it is for, may not use it; an old one is good for nobody (bad).


def _see(place: Place, who: str, _: str) -> Any:
    return place.call(who, "GET", "/invitations?team=annslab")


def _revoke(place: Place, who: str, which: str) -> Any:
    return place.call(who, "DELETE", f"/invitations/{which.split(maxsplit=1)[0]}")


def _join(place: Place, who: str, which: str) -> Any:
    return place.call(who, "POST", "/join", {"code": which.split()[1]})


def _make(place: Place, state: str) -> str:
    """Its id and its code."""
    code = new_code()
    until = place.world.clock.at + timedelta(minutes=1 if state == "expired" else 60 * 24)
    body = {"code": code, "team": "annslab", "name": "mate", "expires_at": until.isoformat()}
    which = f"{place.ok('ada', 'POST', '/invitations', body)['id']} {code}"
    if state == "used":
        assert _join(place, "mate", which).is_success
    if state == "revoked":
        assert _revoke(place, "ada", which).is_success
    if state == "expired":
        place.world.clock.forward(minutes=2)
    return which


TABLES = [
    Table(
        name="invitations",
        rows=ROWS,
        states=("open", "used", "revoked", "expired"),
        make=_make,
        calls={
            "see": (Action.MANAGE_TEAM, _see),
            "revoke": (Action.MANAGE_TEAM, _revoke),
            "join": (None, _join),
        },
    )
]
