"""Puts beside each other, beside boards that change, and beside claims: none is lost, none waits in vain."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from fuego_jenkins_remote.hub import records
from fuego_jenkins_remote.hub.schema import lanes, queues, requests
from fuego_jenkins_remote.network.states import State

from ..conftest import World
from .together import at_once, whole

pytestmark = pytest.mark.slow

ROUNDS = 10


def ids_of(answer: object) -> list[str]:
    """The requests that a put has made; none where it was refused."""
    return [one.id for one in answer] if isinstance(answer, list) else []


# -- beside boards that change


@pytest.mark.parametrize("how", ["withdrawn", "closed", "unlike"])
def test_a_put_beside_the_end_of_its_only_board_is_refused_or_rejected(
    world: World, ann: records.Caller, how: str
) -> None:
    world.add_lab("demolab", "one")

    def leave() -> object:
        if how == "withdrawn":
            return world.remove_board("demolab", "one")
        changed = {"open_to": ()} if how == "closed" else {"facts": {"arch": "arm"}}
        return world.put_board("demolab", "one", **changed)

    for number in range(ROUNDS):
        world.put_board("demolab", "one")
        # Seen before or new: both ways a selector comes to its boards.
        selector = "arch=x86_64" if number % 2 else f"arch=x86_64 and not board=b{number}"
        answer, _ = at_once(lambda wanted=selector: world.put_all(ann, wanted), leave)
        for request_id in ids_of(answer):
            assert world.get(request_id).state is State.REJECTED, (number, world.history(request_id))


@pytest.mark.parametrize("how", ["new", "opened", "alike"])
def test_a_put_beside_the_coming_of_its_only_board_is_refused_or_given_to_it(
    world: World, ann: records.Caller, how: str
) -> None:
    world.add_lab("demolab", "other", "one")
    for number in range(ROUNDS):
        if how == "new":
            world.remove_board("demolab", "one")
        else:
            world.put_board("demolab", "one", **({"open_to": ()} if how == "opened" else {"facts": {"arch": "arm"}}))
        selector = f"arch=x86_64 and board=one and not board=b{number}"
        answer, _ = at_once(
            lambda wanted=selector: world.put_all(ann, wanted), lambda: world.put_board("demolab", "one")
        )
        for request_id in ids_of(answer):
            which = world.claim("demolab", "one")
            assert which is not None, number
            assert which.request == request_id
            world.give_back("demolab", which)
            world.cancel(ann, request_id)


def test_a_put_is_not_lost_when_another_board_takes_the_place_of_its_own(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one")
    world.add_lab("otherlab", "two")
    for number in range(ROUNDS):
        here, there = (("demolab", "one"), ("otherlab", "two"))[:: 1 if number % 2 else -1]
        world.put_board(*here)
        world.put_board(*there, facts={"arch": "arm"})
        selector = f"arch=x86_64 and not board=b{number}"
        answer, *_ = at_once(
            lambda wanted=selector: world.put_all(ann, wanted),
            lambda to=there: world.put_board(*to),
            lambda of=here: world.put_board(*of, facts={"arch": "arm"}),
        )
        for request_id in ids_of(answer):
            if world.get(request_id).state is not State.REJECTED:  # it was, where the one left before the other came
                which = world.claim(*there)
                assert which is not None, number
                assert which.request == request_id
                world.give_back(there[0], which)
                world.cancel(ann, request_id)


# -- beside each other


def test_puts_that_make_one_new_lane_make_it_once_and_all_of_them_can_be_claimed(
    world: World, ann: records.Caller
) -> None:
    boards = [f"b{number}" for number in range(4)]
    world.add_lab("demolab", *boards)
    for number in range(ROUNDS):
        selector = f"arch=x86_64 and not board=new{number}"
        made = at_once(*[lambda wanted=selector: world.put_all(ann, wanted)] * 4)
        with world.hub.reading() as conn:
            of_round = requests.c.id.in_([one for answer in made for one in ids_of(answer)])
            assert len(set(conn.execute(sa.select(requests.c.lane_id).where(of_round)).scalars())) == 1
        got = world.take("demolab", *boards).assignments
        assert sorted(one.request.id for one in got) == sorted(one for answer in made for one in ids_of(answer))
        for one in got:
            world.cancel(ann, one.request.id)
    with world.hub.reading() as conn:
        for table in (lanes, queues):
            assert conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == ROUNDS


def test_one_call_that_is_made_several_times_at_once_makes_one_request(world: World, ann: records.Caller) -> None:
    world.add_lab("demolab", "one", "two")
    for number in range(ROUNDS):
        how = {"call_id": f"same-call-{number}", "count": 1 + number % 2}
        made = [ids_of(answer) for answer in at_once(*[lambda how=how: world.put_all(ann, "demolab:*", **how)] * 4)]
        assert made == [made[0]] * 4
        assert len(made[0]) == how["count"]
    with world.hub.reading() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(requests)).scalar_one() == ROUNDS * 3 // 2


# -- spread over boards


def test_what_is_spread_comes_to_a_board_each_however_the_labs_claim(world: World, ann: records.Caller) -> None:
    places = [("demolab", "one"), ("demolab", "two"), ("otherlab", "one"), ("thirdlab", "one")]
    world.add_lab("demolab", "one", "two")
    for host in ("otherlab", "thirdlab"):
        world.add_lab(host, "one")

    def work(host: str, board: str) -> None:
        """As a lab does: claim, and be through with it, until nothing comes any more."""
        while (which := whole(lambda: world.claim(host, board))) is not None:
            whole(lambda: world.start(host, which))
            whole(lambda: world.tested(host, which))
            whole(lambda: world.done(host, which))

    for _ in range(ROUNDS):
        put, *_ = at_once(
            lambda: world.put_all(ann, "arch=x86_64", count=3),
            *(lambda host=host, board=board: work(host, board) for host, board in places),
        )
        for place in places:  # what was put when a lab had looked already
            work(*place)
        made = [world.get(request_id) for request_id in ids_of(put)]
        assert [one.state for one in made] == [State.DONE] * 3
        assert len({(one.host, one.board) for one in made}) == 3
