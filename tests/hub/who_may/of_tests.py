"""Stored tests: ann has brought them for annslab, for everybody or (private) for her team."""

from __future__ import annotations

import hashlib
from typing import Any

from fuego_jenkins_remote.network.permissions import Action
from packed_tests import pack

from .place import Place
from .tables import Table

ROWS = """
                                   ann  mate boss ada  gus  annslab tim  tom  demolab eve  otherlab root
see      free,used,used-by-hidden  yes  yes  yes  yes  yes  yes     yes  yes  yes     yes  yes      yes
see      private-*                 yes  yes  yes  yes  yes  yes     none none none    none none     none
remove   free,used-by-hidden       yes  no   yes  yes  no   no      no   no   no      no   no       yes
remove   used                      late no   late late no   no      no   no   no      no   no       late
remove   private-free              yes  no   yes  yes  no   no      none none none    none none     none
remove   private-used              late no   late late no   no      none none none    none none     none
put-next *                         yes  yes  yes  yes  no   no      no   no   no      no   no       no
"""
# Of hidden requests nothing is told: a test that only they use is removed as if there were none.


def _see(place: Place, who: str, which: str) -> Any:
    return place.call(who, "GET", f"/tests/{which}/1.0")


def _remove(place: Place, who: str, which: str) -> Any:
    return place.call(who, "DELETE", f"/tests/{which}/1.0")


def _put_next(place: Place, who: str, which: str) -> Any:
    """The next version of it, for annslab."""
    return _put(place, who, which, version="2.0", private=False)


def _put(place: Place, who: str, name: str, *, version: str, private: bool) -> Any:
    content = pack(place.folder, name, version=version).read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    headers = {"Authorization": f"Bearer {place.tokens[who]}"}
    place.client.put(f"/api/v1/packages/{sha256}", content=content, headers=headers)  # refused, where the next one is
    return place.call(who, "POST", "/tests", {"package": sha256, "team": "annslab", "private": private})


def _make(place: Place, state: str) -> str:
    name = f"Functional.{place.new('t').replace('-', '')}"
    private = state.startswith("private")
    stored = _put(place, "ann", name, version="1.0", private=private).json()
    if state in {"free", "private-free"}:
        return name
    board = place.new("board")
    place.world.put_board("demolab", board)
    body = {"call_id": place.new(), "selector": f"demolab:{board}", "test": name, "package": stored["sha256"]}
    user = "ann" if private else "tim"
    place.ok(user, "POST", "/requests", {**body, "private": private or state == "used-by-hidden"})
    return name


TABLES = [
    Table(
        name="stored tests",
        rows=ROWS,
        # used: by a request of demolab's that has not ended; by a hidden one: for annslab; a private one by ann's
        states=("free", "used", "used-by-hidden", "private-free", "private-used"),
        make=_make,
        calls={
            "see": (Action.SEE_TEST, _see),
            "remove": (Action.REMOVE_TEST, _remove),
            "put-next": (Action.PUT_TEST, _put_next),
        },
    )
]
