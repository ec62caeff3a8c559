"""Whatever is put, claimed and changed, in any order: terms hold at every claim, and what may run is given."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fuego_jenkins_remote.hub import approvals, choice, records
from fuego_jenkins_remote.hub.errors import Conflict, HubError, NoBoard, NotYours, Refused
from fuego_jenkins_remote.hub.schema import attempts, lanes, queues, requests
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.states import FINAL, State
from fuego_jenkins_remote.network.terms import Quota, Terms, Windows
from state_machines import few_and_many

from .conftest import lab, open_world

LABS = {"demolab": ("one", "two", "three"), "otherlab": ("one",)}
PLACES = [(host, name) for host, names in LABS.items() for name in names]
OPEN_TO = [("*",), (), ("kernel",), ("user:ben",), ("distro", "user:anna")]
WINDOWS = [Windows(), Windows(time_zone="Europe/Berlin", windows=("Mon-Sun 22:00-06:00",))]


class Keeping(RuleBasedStateMachine):
    """Labs change their terms as they like; a second set of books is kept of what they are at each claim."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.world = open_world(self.folder / "hub")
        for host in LABS:
            self.world.add_lab(host, notify=())
        self.people = {
            name: self.world.add_user(name, *teams)
            for name, teams in {
                "tim": ("demolab",),
                "anna": ("kernel",),
                "ben": ("kernel",),
                "cleo": ("distro",),
            }.items()
        }
        self.boards: dict[tuple[str, str], records.Board] = {}
        self.put_ids: list[str] = []
        self.running: list[tuple[str, AttemptId]] = []
        self.failed: set[tuple[str, str]] = set()

    def teardown(self) -> None:
        self.world.hub.engine.dispose()
        shutil.rmtree(self.folder)

    @initialize()
    def share(self) -> None:
        for host, name in PLACES:
            self.boards[host, name] = self.world.put_board(host, name)

    @rule(
        place=st.sampled_from(PLACES),
        ask=st.booleans(),
        open_to=st.sampled_from(OPEN_TO),
        priority=st.sampled_from([0, 50, 100]),
        max_time=st.sampled_from([60, 7200]),
        running=st.builds(Quota, user=st.sampled_from([None, 1]), team=st.sampled_from([None, 1, 2])),
        waiting=st.builds(Quota, user=st.sampled_from([None, 0, 1]), team=st.sampled_from([None, 1, 2])),
        windows=st.sampled_from(WINDOWS),
    )
    def change_terms(self, place: tuple[str, str], open_to: tuple[str, ...], **terms: Any) -> None:
        self.boards[place] = self.world.put_board(*place, terms=Terms(**terms), open_to=open_to)

    @rule(
        who=st.sampled_from(["tim", "anna", "ben", "cleo"]),
        selector=st.sampled_from(["arch=x86_64", "demolab:one", "*:one", "host=demolab", "not board=two"]),
        timeout=st.sampled_from([60, 600]),
        priority=st.sampled_from([10, 50, 90]),
        retries=st.sampled_from([0, 2]),
    )
    def put(self, who: str, selector: str, **values: Any) -> None:
        foretold = self._look(who, selector, values["timeout"])
        made: list[records.Request] = []
        full = ""
        try:
            made = self.world.put_all(self.people[who], selector, **values)
        except NoBoard:
            pass
        except Refused as refused:
            full = str(refused)
        assert foretold.refused == full
        assert (foretold.may > 0) == bool(made or full)
        self.put_ids += [one.id for one in made]

    def _look(self, who: str, selector: str, timeout: int) -> choice.Look:
        """What is said beforehand of what would be put."""
        new = records.NewRequest(call_id="look", selector=selector, test="Functional.x", variables={}, timeout=timeout)
        with self.world.hub.reading() as conn:
            return choice.look(conn, self.people[who], new, self.world.clock.at, 10)

    @rule(host=st.sampled_from(list(LABS)), number=st.integers(1, 3))
    def claim(self, host: str, number: int) -> None:
        names = LABS[host][:number]
        before = self._taken(host)
        now = self.world.clock.at
        for given in self.world.take(host, *names).assignments:
            self.running.append((host, AttemptId(given.request.id, given.number)))
            self._check(self.boards[host, given.board], given.request, before, now)
            before[given.request.team, given.request.requester] += 1

    @rule(place=st.sampled_from(PLACES), data=st.data())
    @precondition(lambda self: self.put_ids)
    def claim_by_name(self, place: tuple[str, str], data: st.DataObject) -> None:
        request = data.draw(st.sampled_from(self.put_ids))
        before, now = self._taken(place[0]), self.world.clock.at
        try:
            answer = self.world.take(*place, request=request)
        except HubError:
            return
        for given in answer.assignments:
            assert given.request.id == request
            self.running.append((place[0], AttemptId(request, given.number)))
            self._check(self.boards[place], given.request, before, now)

    @rule(data=st.data(), host=st.sampled_from(list(LABS)), given=st.sampled_from(["approved", "approved", "rejected"]))
    @precondition(lambda self: self.put_ids)
    def answer(self, data: st.DataObject, host: str, given: Any) -> None:
        request = data.draw(st.sampled_from(self.put_ids))
        try:
            with self.world.hub.change() as change:
                approvals.answer(change, lab(host), request, host, given=given)
        except (Conflict, NotYours):
            return

    @rule(data=st.data(), verb=st.sampled_from(["tested", "error", "give_back", "cancelled"]), start=st.booleans())
    @precondition(lambda self: self.running)
    def go_on(self, data: st.DataObject, verb: str, start: bool) -> None:
        host, which = data.draw(st.sampled_from(self.running))
        board = self._board_of(which)
        try:
            if start:
                self.world.start(host, which)
            getattr(self.world, verb)(host, which)
        except Conflict:
            return
        self.running.remove((host, which))
        if verb == "error":
            self.failed.add((which.request, board))

    @rule(data=st.data())
    @precondition(lambda self: self.put_ids)
    def call_off(self, data: st.DataObject) -> None:
        request = self.world.get(data.draw(st.sampled_from(self.put_ids)))
        try:
            self.world.cancel(self.people[request.requester], request.id)
        except Conflict:
            return

    @rule(hours=st.sampled_from([0.01, 3, 7]))
    def time_goes_by(self, hours: float) -> None:
        self.world.clock.forward(hours=hours)
        self.world.sweep()
        for place in PLACES:
            self.world.health(*place, "online")

    @invariant()
    def lanes_know_the_best_that_waits_in_them(self) -> None:
        with self.world.hub.reading() as conn:
            rows = conn.execute(
                sa.select(requests.c.id, requests.c.priority, requests.c.timeout, lanes, queues.c.top.label("q_top"))
                .join(lanes, lanes.c.id == requests.c.lane_id)
                .join(queues, queues.c.id == lanes.c.queue_id)
                .where(requests.c.state == State.PENDING, requests.c.held == sa.false())
            ).mappings()
            for row in rows:
                assert row["top"] is not None, "a request waits in a lane that is taken for empty"
                assert (-row["top"], row["head"]) <= (-row["priority"], row["id"])
                assert row["shortest"] <= row["timeout"]
                assert row["q_top"] is not None
                assert row["q_top"] >= row["top"]

    @invariant()
    def who_holds_a_request_is_asked(self) -> None:
        for request_id in self.put_ids:
            request = self.world.get(request_id)
            if request.held:
                assert any(one.answer == "requested" for one in request.approvals)
            assert request.state not in FINAL or not request.held

    def _check(
        self, board: records.Board, request: records.Request, taken: Counter[tuple[str, str]], now: datetime
    ) -> None:
        terms = board.terms
        assert board.admits(request.team, request.requester), "a board got what is not for it"
        assert (request.id, str(board)) not in self.failed or str(board) not in request.avoided
        if request.team == board.team:
            return
        assert request.timeout <= terms.max_time
        if terms.ask:
            approval = self.world.get(request.id).approval(board.host)
            assert approval is not None, "a board that asks got what nobody was asked for"
            assert approval.answer == "approved", "a board that asks got what was not approved"
        if terms.running.user is not None:
            assert taken[request.team, request.requester] < terms.running.user
        if terms.running.team is not None:
            assert sum(n for (team, _), n in taken.items() if team == request.team) < terms.running.team
        windows = terms.windows.read()
        if windows is not None:
            until = windows.open_until(now)
            assert until is None or now + timedelta(seconds=request.timeout) <= until + timedelta(seconds=1)

    def _taken(self, host: str) -> Counter[tuple[str, str]]:
        live = attempts.c.state.in_([State.ASSIGNED, State.RUNNING])
        query = sa.select(requests.c.team, requests.c.requester).join(attempts, attempts.c.request_id == requests.c.id)
        with self.world.hub.reading() as conn:
            rows = conn.execute(query.where(live, attempts.c.host == host))
            return Counter((row.team, row.requester) for row in rows)

    def _board_of(self, which: AttemptId) -> str:
        [attempt] = [one for one in self.world.attempts(which.request) if one.number == which.number]
        return f"{attempt.host}:{attempt.board}"


TestKeeping, TestKeepingAtLength = few_and_many(Keeping, few=3, many=40, steps=40)
