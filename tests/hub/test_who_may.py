"""Who may see, call off, approve or refuse a request, in each of its states, written out as a table."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fuego_jenkins_remote.hub import approvals, records, requests, sight
from fuego_jenkins_remote.hub.changes import Change
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown, NotYours
from fuego_jenkins_remote.network.permissions import Level

from .conftest import World, lab

# yes; late: it is over, or somebody has done it; no: not for them; none: it is not there for them
# ann has put it for annslab, where mate is a member, boss a maintainer and gus a guest; it is for a board of demolab,
# where tim is a maintainer and tom a member; otto is a maintainer and eve an admin of others, root one of the network
NOT_PRIVATE = """
                    ann  mate boss gus  tim  tom  demolab otto otherlab eve  root
pending    see      yes  yes  yes  yes  yes  yes  yes     yes  yes      yes  yes
pending    cancel   yes  no   yes  no   no   no   no      no   no       no   yes
pending    approve  no   no   no   no   yes  no   yes     no   no       no   no
held       cancel   yes  no   yes  no   no   no   no      no   no       no   yes
held       approve  no   no   no   no   yes  no   yes     no   no       no   no
held       reject   no   no   no   no   yes  no   yes     no   no       no   no
assigned   cancel   yes  no   yes  no   yes  no   yes     no   no       no   yes
assigned   reject   no   no   no   no   yes  no   yes     no   no       no   no
running    see      yes  yes  yes  yes  yes  yes  yes     yes  yes      yes  yes
running    cancel   yes  no   yes  no   yes  no   yes     no   no       no   yes
tested     cancel   late no   late no   late no   late    no   no       no   late
done       see      yes  yes  yes  yes  yes  yes  yes     yes  yes      yes  yes
done       cancel   late no   late no   late no   late    no   no       no   late
done       approve  no   no   no   no   late no   late    no   no       no   no
error      cancel   late no   late no   late no   late    no   no       no   late
cancelled  see      yes  yes  yes  yes  yes  yes  yes     yes  yes      yes  yes
cancelled  cancel   late no   late no   no   no   no      no   no       no   late
cancelled  reject   no   no   no   no   late no   late    no   no       no   no
"""

PRIVATE = """
                    ann  mate boss gus  tim  tom  demolab otto otherlab eve  root
pending    see      yes  yes  yes  yes  yes  none yes     none none     none none
pending    cancel   yes  no   yes  no   no   none no      none none     none none
pending    approve  no   no   no   no   yes  no   yes     no   no       no   no
held       cancel   yes  no   yes  no   no   none no      none none     none none
held       reject   no   no   no   no   yes  no   yes     no   no       no   no
assigned   cancel   yes  no   yes  no   yes  none yes     none none     none none
running    see      yes  yes  yes  yes  yes  none yes     none none     none none
running    cancel   yes  no   yes  no   yes  none yes     none none     none none
tested     cancel   late no   late no   late none late    none none     none none
done       see      yes  yes  yes  yes  yes  none yes     none none     none none
done       cancel   late no   late no   late none late    none none     none none
error      see      yes  yes  yes  yes  yes  none yes     none none     none none
cancelled  see      yes  yes  yes  yes  yes  none yes     none none     none none
cancelled  cancel   late no   late no   no   none no      none none     none none
"""

Call = Callable[[Change, records.Caller, str], object]
CALLS: dict[str, Call] = {
    "see": lambda change, who, which: sight.find_for(change.conn, who, which),
    "cancel": lambda change, who, which: requests.cancel(change, who, which, "call-of-the-test", "why not"),
    "approve": lambda change, who, which: approvals.answer(change, who, which, "demolab", given="approved"),
    "reject": lambda change, who, which: approvals.answer(change, who, which, "demolab", given="rejected"),
}


class _Undo(Exception):
    """Nothing of it was meant."""


def _people(world: World) -> dict[str, records.Caller]:
    for host in ("demolab", "otherlab"):
        world.add_lab(host, "one")
    places = {
        "ann": f"annslab:{Level.MEMBER}",
        "mate": f"annslab:{Level.MEMBER}",
        "boss": f"annslab:{Level.MAINTAINER}",
        "gus": f"annslab:{Level.GUEST}",
        "tim": f"demolab:{Level.MAINTAINER}",
        "tom": f"demolab:{Level.MEMBER}",
        "otto": f"otherlab:{Level.MAINTAINER}",
        "eve": f"elsewhere:{Level.ADMIN}",
    }
    found = {name: world.add_user(name, team) for name, team in places.items()}
    found |= {host: lab(host) for host in ("demolab", "otherlab")}
    found["root"] = records.Caller(kind="user", name="root", network_admin=True)
    return found


def _brought_to(world: World, ann: records.Caller, state: str, *, private: bool) -> str:
    request = world.put(ann, "demolab:one", private=private)
    if state == "cancelled":
        world.cancel(ann, request.id)
    if state in {"pending", "cancelled"}:
        return request.id
    which = world.claim("demolab", "one")
    assert which is not None
    if state == "held":
        world.give_back("demolab", which, approval="requested")
    if state in {"running", "tested", "done", "error"}:
        world.start("demolab", which)
    if state in {"tested", "done"}:
        world.tested("demolab", which)
    if state == "done":
        world.done("demolab", which)
    if state == "error":
        world.error("demolab", which)
    return request.id


def _outcome(world: World, call: Call, who: records.Caller, which: str) -> str:
    try:
        with world.hub.change() as change:
            call(change, who, which)
            raise _Undo
    except _Undo:
        return "yes"
    except NotKnown:
        return "none"
    except NotYours:
        return "no"
    except Conflict:
        return "late"


@pytest.mark.parametrize("state", ["pending", "held", "assigned", "running", "tested", "done", "error", "cancelled"])
@pytest.mark.parametrize(("table", "private"), [(NOT_PRIVATE, False), (PRIVATE, True)])
def test_who_may_do_what_to_a_request_in_each_state(world: World, state: str, table: str, private: bool) -> None:
    people = _people(world)
    which = _brought_to(world, people["ann"], state, private=private)
    heads, *rows = (line.split() for line in table.strip().splitlines())
    assert set(heads) == set(people)
    for row in rows:
        if row[0] != state:
            continue
        found = {name: _outcome(world, CALLS[row[1]], people[name], which) for name in heads}
        assert found == dict(zip(heads, row[2:], strict=True)), f"{row[1]} one that is {state}"
