"""Boards of demolab: in each health, and open to whom."""

from __future__ import annotations

from typing import Any

from fuego_jenkins_remote.network.permissions import Action

from .place import Place
from .tables import Table

ROWS = """
                             ann  gil  tom  tim  dora demolab eve  otherlab root
see       *                  yes  yes  yes  yes  yes  yes     yes  yes      yes
ask       *-to-all           yes  no   yes  yes  yes  no      yes  no       no
ask       online-to-annslab  yes  no   yes  yes  yes  no      bad  no       no
ask       online-to-nobody   bad  no   yes  yes  yes  no      bad  no       no
keep      *                  no   no   no   yes  yes  yes     no   no       no
give-back *                  no   no   no   yes  yes  yes     no   no       no
describe  *                  no   no   no   no   no   yes     no   no       no
remove    *                  no   no   no   no   no   yes     no   no       no
"""
# Nobody who may ask for tests is told "no": the board is not for them (bad), with the reason.

OPEN_TO = {"to-all": ["*"], "to-annslab": ["annslab"], "to-nobody": []}
HEALTH = ("online", "offline", "maintenance", "broken")


def _see(place: Place, who: str, board: str) -> Any:
    return place.call(who, "GET", f"/boards/demolab/{board}")


def _ask(place: Place, who: str, board: str) -> Any:
    body = {"call_id": place.new(), "selector": f"demolab:{board}", "test": "Functional.hello"}
    return place.call(who, "POST", "/requests", body)


def _keep(place: Place, who: str, board: str) -> Any:
    return place.call(who, "PUT", f"/boards/demolab/{board}/maintenance", {"reason": "a new cable"})


def _give_back(place: Place, who: str, board: str) -> Any:
    return place.call(who, "DELETE", f"/boards/demolab/{board}/maintenance")


def _describe(place: Place, who: str, board: str) -> Any:
    return place.call(who, "PUT", f"/boards/demolab/{board}", {"facts": {"arch": "arm"}, "open_to": ["*"]})


def _remove(place: Place, who: str, board: str) -> Any:
    return place.call(who, "DELETE", f"/boards/demolab/{board}")


def _make(place: Place, state: str) -> str:
    board, (health, _, whom) = place.new("board"), state.partition("-")
    place.world.put_board("demolab", board, open_to=tuple(OPEN_TO[whom]))
    if health != "online":
        place.world.health("demolab", board, health, "why")  # type: ignore[arg-type]
    return board


TABLES = [
    Table(
        name="boards",
        rows=ROWS,
        states=[
            *(f"{health}-to-all" for health in HEALTH),
            *(f"online-{whom}" for whom in OPEN_TO if whom != "to-all"),
        ],
        team="demolab",
        make=_make,
        calls={
            "see": (Action.SEE_NETWORK, _see),
            "ask": (Action.PUT_REQUEST, _ask),
            "keep": (Action.KEEP_BOARD, _keep),
            "give-back": (Action.KEEP_BOARD, _give_back),
            "describe": (Action.DESCRIBE_BOARD, _describe),
            "remove": (Action.DESCRIBE_BOARD, _remove),
        },
    )
]
