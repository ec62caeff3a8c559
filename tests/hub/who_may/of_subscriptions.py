"""Subscriptions: ann's own, and those of annslab; each to a webhook."""

from __future__ import annotations

from functools import partial
from typing import Any

from fuego_jenkins_remote.network.permissions import Action

from .place import Place
from .tables import Table

ANNS = """
                 ann  mate boss ada  gus  annslab tim  tom  demolab eve  otherlab root
subscribe *      no   no   no   no   no   no      no   no   no      no   no       yes
test      there  yes  none none none none none    none none none    none none     yes
test      gone   none none none none none none    none none none    none none     none
rotate    there  yes  none none none none none    none none none    none none     yes
rotate    gone   none none none none none none    none none none    none none     none
take-back there  yes  none none none none none    none none none    none none     yes
take-back gone   none none none none none none    none none none    none none     none
"""

THE_TEAMS = """
                 ann  mate boss ada  gus  annslab tim  tom  demolab eve  otherlab root
see       *      yes  yes  yes  yes  yes  no      no   no   no      no   no       yes
subscribe *      no   no   no   yes  no   no      no   no   no      no   no       yes
test      there  none none none yes  none none    none none none    none none     yes
test      gone   none none none none none none    none none none    none none     none
rotate    there  none none none yes  none none    none none none    none none     yes
rotate    gone   none none none none none none    none none none    none none     none
take-back there  none none none yes  none none    none none none    none none     yes
take-back gone   none none none none none none    none none none    none none     none
"""


def _see(place: Place, who: str, _: str) -> Any:
    return place.call(who, "GET", "/subscriptions?team=annslab")


def _subscribe(place: Place, who: str, _: str, **whom: str) -> Any:
    to = f"https://hooks.example.org/{place.new()}"
    return place.call(who, "POST", "/subscriptions", {"call_id": place.new(), "events": ["done"], "to": to, **whom})


def _test(place: Place, who: str, which: str) -> Any:
    return place.call(who, "POST", f"/subscriptions/{which}/test", {"call_id": place.new()})


def _rotate(place: Place, who: str, which: str) -> Any:
    """A new secret for the webhook."""
    return place.call(who, "POST", f"/subscriptions/{which}/secret", {"call_id": place.new()})


def _unsubscribe(place: Place, who: str, which: str) -> Any:
    return place.call(who, "DELETE", f"/subscriptions/{which}")


def _make(place: Place, state: str, *, who: str, **whom: str) -> str:
    which: str = _subscribe(place, who, "", **whom).json()["id"]
    if state == "gone":
        place.ok(who, "DELETE", f"/subscriptions/{which}")
    return which


STATES = ("there", "gone")

TABLES = [
    Table(
        name="anns subscriptions",
        rows=ANNS,
        states=STATES,
        make=partial(_make, who="ann"),
        calls={
            "subscribe": (Action.MANAGE_NETWORK, partial(_subscribe, for_user="ann")),
            "test": (Action.OWN_THINGS, _test),
            "rotate": (Action.OWN_THINGS, _rotate),
            "take-back": (Action.OWN_THINGS, _unsubscribe),
        },
    ),
    Table(
        name="a teams subscriptions",
        rows=THE_TEAMS,
        states=STATES,
        make=partial(_make, who="ada", for_team="annslab"),
        calls={
            "see": (Action.SEE_TEAM, _see),
            "subscribe": (Action.MANAGE_TEAM, partial(_subscribe, for_team="annslab")),
            "test": (Action.MANAGE_TEAM, _test),
            "rotate": (Action.MANAGE_TEAM, _rotate),
            "take-back": (Action.MANAGE_TEAM, _unsubscribe),
        },
    ),
]
