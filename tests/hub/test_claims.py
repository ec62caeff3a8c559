"""Who gets what: own team first, priorities, lanes in turn; and that no two get the same."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.schema import attempts
from fuego_jenkins_remote.network.identities import AttemptId

from .conftest import World


def next_one(world: World, board: str = "one") -> str:
    """Claim, and end at once, what is next for the board."""
    which = world.claim("demolab", board)
    assert which is not None
    world.start("demolab", which)
    world.tested("demolab", which)
    return which.request


def test_older_requests_come_first(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    put = [world.put(ann, "demolab:one").id for _ in range(4)]
    assert [next_one(world) for _ in range(4)] == put


def test_higher_priorities_come_first(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    low, high, plain = (world.put(ann, "demolab:one", priority=p).id for p in (10, 90, 50))
    assert [next_one(world) for _ in range(3)] == [high, plain, low]


def test_the_labs_own_team_comes_first(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    tim = world.add_user("tim", "demolab")
    other, own = world.put(ann, "demolab:one", priority=100).id, world.put(tim, "demolab:one", priority=0).id
    assert [next_one(world), next_one(world)] == [own, other]


def test_teams_take_turns(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    bob = world.add_user("bob", "bobslab")
    anns = [world.put(ann, "demolab:one").id for _ in range(3)]
    bobs = [world.put(bob, "demolab:one").id for _ in range(2)]
    assert [next_one(world) for _ in range(5)] == [anns[0], bobs[0], anns[1], bobs[1], anns[2]]


def test_one_claim_gets_at_most_one_request_a_board(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    for _ in range(5):
        world.put(ann, "arch=x86_64")
    got = world.take("demolab", "one", "two").assignments
    assert [assignment.board for assignment in got] == ["one", "two"]
    assert world.take("demolab", "one", "two").assignments == ()


def test_a_repeated_claim_gets_what_it_got_whatever_happened(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    world.put(ann, "demolab:one")
    world.put(ann, "demolab:one")
    first = world.take("demolab", "one", claim_id="claim-0001").assignments
    world.start("demolab", AttemptId(first[0].request.id, 1))
    again = world.take("demolab", "one", claim_id="claim-0001").assignments
    assert [(one.request.id, one.number) for one in again] == [(first[0].request.id, 1)]


def test_a_claim_by_hand_takes_what_was_given_back_a_moment_ago(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    request = world.put(ann, "demolab:one")
    which = world.claim("demolab", "one")
    assert which is not None
    given_back = world.give_back("demolab", which, "Jenkins is quiet")
    assert (given_back.state, given_back.reason) == ("pending", "Jenkins is quiet")
    assert world.claim("demolab", "one") is None
    assert world.claim("demolab", "one", request=request.id) == AttemptId(request.id, 2)


def test_claims_at_once_never_get_the_same_request(world: World, ann: records.Caller) -> None:
    names = [f"b{number}" for number in range(8)]
    world.add_lab("demolab", *names)
    put = {world.put(ann, "arch=x86_64").id for _ in range(20)}
    start = threading.Barrier(8)

    def claim(name: str) -> list[str]:
        start.wait()
        got = []
        for turn in range(2):
            answer = world.take("demolab", name, claim_id=f"claim-{name}-{turn}")
            for one in answer.assignments:
                which = AttemptId(one.request.id, one.number)
                world.start("demolab", which, call_id=f"start-{name}-{turn}")
                world.tested("demolab", which, call_id=f"tested-{name}-{turn}")
                got.append(one.request.id)
        return got

    with ThreadPoolExecutor(max_workers=8) as pool:
        got = [request for some in pool.map(claim, names) for request in some]
    assert len(got) == len(set(got)) == 16
    assert set(got) <= put


def test_a_board_cannot_have_two_live_attempts(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    world.put(ann, "demolab:one")
    second = world.put(ann, "demolab:one")
    world.claim("demolab", "one")
    with world.hub.engine.begin() as conn:
        row = dict(conn.execute(sa.select(attempts)).mappings().one())
    row["request_id"] = second.id
    try:
        with world.hub.engine.begin() as conn:
            conn.execute(attempts.insert().values(row))
    except sa.exc.IntegrityError as error:
        assert "unique" in str(error).lower()  # noqa: PT017 - the promise of the index, beside any code
    else:
        raise AssertionError("two live attempts on one board")
