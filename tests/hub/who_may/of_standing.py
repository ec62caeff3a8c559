"""What demolab's people have allowed for good: all tests of one name of ann's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fuego_jenkins_remote.network.permissions import Action

from .place import Place
from .tables import Table

ROWS = """
                        ann  boss ada  gil  tom  tim  dora demolab eve  otherlab root
see       *             no   no   no   no   no   yes  yes  yes     no   no       no
allow     *             no   no   no   no   no   yes  yes  yes     no   no       no
take-back holds,expired no   no   no   no   no   yes  yes  yes     no   no       no
take-back gone          none none none none none none none none    none none     none
"""


def _see(place: Place, who: str, _: str) -> Any:
    return place.call(who, "GET", "/allowed?host=demolab")


def _allow(place: Place, who: str, _: str) -> Any:
    return place.call(who, "PUT", "/labs/demolab/allowed", {"user": "ann", "test": _new_test(place)})


def _take_back(place: Place, who: str, which: str) -> Any:
    return place.call(who, "DELETE", f"/allowed/{which}")


def _make(place: Place, state: str) -> str:
    until = place.world.clock.at + timedelta(minutes=1)
    body = {"user": "ann", "test": _new_test(place), **({"until": until.isoformat()} if state == "expired" else {})}
    which: str = place.ok("tim", "PUT", "/labs/demolab/allowed", body)["id"]
    if state == "expired":
        place.world.clock.forward(minutes=2)
    if state == "gone":
        assert _take_back(place, "tim", which).is_success
    return which


def _new_test(place: Place) -> str:
    return f"Functional.{place.new()}"


TABLES = [
    Table(
        name="what is allowed for good",
        rows=ROWS,
        states=("holds", "expired", "gone"),
        make=_make,
        calls={
            "see": (Action.ANSWER_REQUEST, _see),
            "allow": (Action.ANSWER_REQUEST, _allow),
            "take-back": (Action.ANSWER_REQUEST, _take_back),
        },
        team="demolab",
    )
]
