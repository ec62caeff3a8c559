"""Campaigns: ann has put them for annslab, for boards of demolab. A private one is for annslab's people alone."""

from __future__ import annotations

from typing import Any

from fuego_jenkins_remote.network.permissions import Action

from .place import Place
from .tables import Table

ROWS = """
                         ann  mate boss ada  gus  annslab tim  tom  demolab eve  otherlab root
see    going-on,ended    yes  yes  yes  yes  yes  yes     yes  yes  yes     yes  yes      yes
see    private-*         yes  yes  yes  yes  yes  none    none none none    none none     none
cancel going-on          yes  no   yes  yes  no   no      no   no   no      no   no       yes
cancel ended             late no   late late no   no      no   no   no      no   no       late
cancel private-going-on  yes  no   yes  yes  no   none    none none none    none none     none
cancel private-ended     late no   late late no   none    none none none    none none     none
rerun  going-on,ended    yes  no   yes  yes  no   no      no   no   no      no   no       no
rerun  private-*         yes  no   yes  yes  no   none    none none none    none none     none
"""
# A lab that runs a request of a private one sees that request, not the campaign.


def _see(place: Place, who: str, which: str) -> Any:
    return place.call(who, "GET", f"/campaigns/{which}")


def _cancel(place: Place, who: str, which: str) -> Any:
    return place.call(who, "POST", f"/campaigns/{which}/cancel", {"call_id": place.new()})


def _rerun(place: Place, who: str, which: str) -> Any:
    return place.call(who, "POST", f"/campaigns/{which}/rerun", {"call_id": place.new()})


def _make(place: Place, state: str) -> str:
    """One of which a request could not be run; where it goes on, another one waits."""
    boards = [place.new("board"), place.new("board")][: 2 if state.endswith("going-on") else 1]
    for board in boards:
        place.world.put_board("demolab", board)
    body = {
        "call_id": place.new(),
        "private": state.startswith("private"),
        "parts": [{"selector": f"demolab:{board}", "test": "Functional.hello"} for board in boards],
    }
    made: str = place.ok("ann", "POST", "/campaigns", body)["id"]
    place.world.error("demolab", place.world.running("demolab", boards[0]))
    return made


TABLES = [
    Table(
        name="campaigns",
        rows=ROWS,
        states=("going-on", "ended", "private-going-on", "private-ended"),
        make=_make,
        calls={
            "see": (Action.SEE_REQUEST, _see),
            "cancel": (Action.CANCEL_REQUEST, _cancel),
            "rerun": (Action.PUT_REQUEST, _rerun),
        },
    )
]
