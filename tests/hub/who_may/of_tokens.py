"""Tokens: ann's, which are hers alone, and those of the lab demolab, which its team's admins give out."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from fuego_jenkins_remote.network.permissions import Action
from fuego_jenkins_remote.network.tokens import new_code, new_secret, split_prefix

from .place import Place
from .tables import Table

ANNS = """
          ann  mate boss ada  gus  annslab tim  tom  demolab eve  otherlab root
see    *  yes  no   no   no   no   no      no   no   no      no   no       yes
revoke *  yes  none none none none none    none none none    none none     yes
"""

THE_LABS = """
          ann  gil  tom  tim  dora demolab eve  otherlab root
see    *  no   no   no   no   yes  no      no   no       yes
revoke *  none none none none yes  none    none none     yes
give   *  no   no   no   no   yes  no      no   no       yes
invite *  no   no   no   no   yes  no      no   no       yes
"""


def _see_anns(place: Place, who: str, _: str) -> Any:
    return place.call(who, "GET", "/tokens?owner=ann")


def _see_labs(place: Place, who: str, _: str) -> Any:
    return place.call(who, "GET", "/tokens?kind=lab&owner=demolab")


def _revoke(place: Place, who: str, which: str) -> Any:
    return place.call(who, "DELETE", f"/tokens/{which}")


def _give(place: Place, who: str, _: str) -> Any:
    """Another one for the lab."""
    return place.call(who, "POST", "/tokens", {"token": new_secret("lab"), "lab": "demolab"})


def _invite(place: Place, who: str, _: str) -> Any:
    """A code that turns into one."""
    return place.call(who, "POST", "/invitations", {"code": new_code("lab"), "team": "demolab", "name": "demolab"})


def _make(place: Place, state: str, *, lab: bool) -> str:
    """Its public part."""
    owner, secret = ("dora", new_secret("lab")) if lab else ("ann", new_secret("user"))
    body: dict[str, str] = {"token": secret, **({"lab": "demolab"} if lab else {})}
    if state == "expired":
        body["expires_at"] = (place.world.clock.at + timedelta(minutes=1)).isoformat()
    which: str = place.ok(owner, "POST", "/tokens", body)["id"]
    assert which == split_prefix(secret)
    if state == "revoked":
        place.ok(owner, "DELETE", f"/tokens/{which}")
    if state == "expired":
        place.world.clock.forward(minutes=2)
    return which


STATES = ("good", "revoked", "expired")

TABLES = [
    Table(
        name="anns tokens",
        rows=ANNS,
        states=STATES,
        make=partial(_make, lab=False),
        calls={"see": (Action.OWN_THINGS, _see_anns), "revoke": (Action.OWN_THINGS, _revoke)},
    ),
    Table(
        name="a labs tokens",
        rows=THE_LABS,
        states=STATES,
        team="demolab",
        make=partial(_make, lab=True),
        calls={
            "see": (Action.GIVE_LAB_TOKEN, _see_labs),
            "revoke": (Action.GIVE_LAB_TOKEN, _revoke),
            "give": (Action.GIVE_LAB_TOKEN, _give),
            "invite": (Action.GIVE_LAB_TOKEN, _invite),
        },
    ),
]
