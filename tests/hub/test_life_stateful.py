"""Whatever two labs, a requester and the clock do, also twice: the promises hold."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fuego_jenkins_remote.hub import approvals, records
from fuego_jenkins_remote.hub.errors import Conflict, NotYours
from fuego_jenkins_remote.hub.heartbeats import Beat
from fuego_jenkins_remote.hub.schema import attempts, history, requests
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.states import FINAL, LIVE, TRANSITIONS, State
from state_machines import few_and_many

from .conftest import lab, open_world

BOARDS = [("demolab", "one"), ("demolab", "two"), ("otherlab", "one")]
MOVES = {(old, row.to) for (old, _), row in TRANSITIONS.items()}


class Life(RuleBasedStateMachine):
    """Calls come in any order, in time or late, once or again."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.world = open_world(self.folder / "hub")
        self.ann = self.world.add_user("ann", "annslab")
        self.world.add_lab("demolab", "one", "two")
        self.world.add_lab("otherlab", "one")
        self.put_ids: list[str] = []
        self.down: set[tuple[str, str]] = set()
        self.given: list[tuple[str, AttemptId]] = []
        self.starts: Counter[AttemptId] = Counter()
        self.said: list[tuple[str, str, AttemptId, str, records.Request]] = []

    def teardown(self) -> None:
        self.world.hub.engine.dispose()
        shutil.rmtree(self.folder)

    @rule(
        selector=st.sampled_from(["arch=x86_64", "demolab:one", "*:one", "otherlab:one"]),
        retries=st.integers(0, 2),
        count=st.sampled_from([1, 1, "each"]),
        timeout=st.sampled_from([60, 60, 600]),
    )
    def put(self, selector: str, retries: int, count: Any, timeout: int) -> None:
        made = self.world.put_all(self.ann, selector, retries=retries, count=count, timeout=timeout)
        self.put_ids += [request.id for request in made]

    @rule(place=st.sampled_from(BOARDS), limit=st.sampled_from([None, None, 60, 59]))
    def claim(self, place: tuple[str, str], limit: int | None) -> None:
        which = self.world.claim(*place, limits={} if limit is None else {place[1]: limit})
        if which is not None:
            self.given.append((place[0], which))
            assert place not in self.down, "a board that is down was given a request"
            assert limit is None or self.world.get(which.request).timeout <= limit

    @rule(place=st.sampled_from(BOARDS), health=st.sampled_from(["online", "online", "offline", "broken"]))
    def see(self, place: tuple[str, str], health: Any) -> None:
        self.world.health(*place, health)
        (self.down.discard if health == "online" else self.down.add)(place)

    @rule(place=st.sampled_from(BOARDS))
    def say_of_a_board_again(self, place: tuple[str, str]) -> None:
        self.world.put_board(*place)

    @precondition(lambda self: self.given)
    @rule(data=st.data())
    def start(self, data: st.DataObject) -> None:
        host, which = data.draw(st.sampled_from(self.given))
        try:
            self.world.start(host, which)
        except Conflict:
            return
        self.starts[which] += 1

    @precondition(lambda self: self.given)
    @rule(data=st.data(), verb=st.sampled_from(["tested", "tested", "done", "error", "cancelled", "give_back"]))
    def say(self, data: st.DataObject, verb: str) -> None:
        host, which = data.draw(st.sampled_from(self.given))
        call_id = self.world.call_id()
        try:
            answer = self._call(verb)(host, which, call_id=call_id)
        except Conflict:
            return
        self.said.append((verb, host, which, call_id, answer))

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def say_again(self, data: st.DataObject) -> None:
        verb, host, which, call_id, _ = data.draw(st.sampled_from(self.said))
        before = self.world.get(which.request)
        assert self._call(verb)(host, which, call_id=call_id) == before, "a repetition has changed something"

    @precondition(lambda self: self.given)
    @rule(data=st.data())
    def heartbeat(self, data: st.DataObject) -> None:
        host, which = data.draw(st.sampled_from(self.given))
        try:
            alive = self.world.heartbeat(host, which, log_tail="…")
        except Conflict:
            return
        assert alive.state not in FINAL

    @rule(host=st.sampled_from(["demolab", "otherlab"]))
    def heartbeats(self, host: str) -> None:
        beats = [Beat(attempt=which, log_tail=f"{which}\n") for _, which in self.given]
        for answer in self.world.beat(host, *beats):
            request = self.world.get(answer.attempt.request)
            mine = (host, answer.attempt) in self.given
            at_it = request.attempt == answer.attempt.number and request.state in {*LIVE, State.LOST}
            assert answer.state == (request.state if mine and at_it else "over")

    @precondition(lambda self: self.put_ids)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        request_id = data.draw(st.sampled_from(self.put_ids))
        try:
            self.world.cancel(self.ann, request_id)
        except Conflict:
            assert self.world.get(request_id).state in {*FINAL, State.TESTED, State.RUNNING}

    @precondition(lambda self: self.put_ids)
    @rule(
        data=st.data(), host=st.sampled_from(["demolab", "otherlab"]), given=st.sampled_from(["approved", "rejected"])
    )
    def answer(self, data: st.DataObject, host: str, given: Any) -> None:
        request_id = data.draw(st.sampled_from(self.put_ids))
        try:
            with self.world.hub.change() as change:
                approvals.answer(change, lab(host), request_id, host, given=given)
        except Conflict:
            assert self.world.get(request_id).state in FINAL
        except NotYours:
            assert self.world.get(request_id).approval(host) is None

    @rule(minutes=st.sampled_from([0.2, 2, 15, 2000]))
    def time_goes_by(self, minutes: float) -> None:
        self.world.clock.forward(minutes=minutes)
        self.world.sweep()

    @invariant()
    def a_board_has_at_most_one_live_attempt(self) -> None:
        with self.world.hub.reading() as conn:
            rows = conn.execute(sa.select(attempts.c.host, attempts.c.board).where(attempts.c.state.in_(list(LIVE))))
            places = [tuple(row) for row in rows]
        assert len(places) == len(set(places))

    @invariant()
    def an_attempt_starts_at_most_once(self) -> None:
        assert all(count == 1 for count in self.starts.values())

    @invariant()
    def states_change_only_along_the_table(self) -> None:
        with self.world.hub.reading() as conn:
            states = {row.id: row.state for row in conn.execute(sa.select(requests.c.id, requests.c.state))}
            rows = conn.execute(history.select().order_by(history.c.request_id, history.c.seq)).mappings().all()
        last: dict[str, str] = {}
        for row in rows:
            assert row["from_state"] == last.get(row["request_id"], "")
            if row["from_state"] and row["from_state"] != row["to_state"]:
                assert (row["from_state"], row["to_state"]) in MOVES
            last[row["request_id"]] = row["to_state"]
        assert last == states

    @invariant()
    def a_request_and_its_current_attempt_agree(self) -> None:
        with self.world.hub.reading() as conn:
            rows = conn.execute(
                sa.select(requests.c.state, requests.c.held, attempts.c.state.label("attempt"), attempts.c.due_at)
                .select_from(requests.outerjoin(attempts))
                .where(sa.or_(attempts.c.number.is_(None), attempts.c.number == requests.c.attempt))
            ).all()
        for row in rows:
            if row.state in LIVE or row.state == State.LOST:
                assert row.attempt == row.state
                assert row.due_at is not None, "nobody would ever look at it again"
            else:
                assert row.attempt not in LIVE
            assert not row.held or row.state == State.PENDING

    def _call(self, verb: str) -> Callable[..., records.Request]:
        call: Callable[..., records.Request] = getattr(self.world, verb)
        return call


TestLife, TestLifeAtLength = few_and_many(Life, few=4, many=40, steps=40)
