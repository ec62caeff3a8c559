"""Turns on a board: equal parts, and nobody starves, whoever floods it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from fuego_jenkins_remote.network.shares import Clock, moved, rank, started, taken


@dataclass
class Party:
    """Who waits for a board: with what priority, and how long its tests take."""

    name: str
    priority: int = 50
    seconds: float = 600.0
    own: bool = False
    used: float = 0.0
    head: str = "0"


@dataclass
class Board:
    """A board that gives turns to those that wait, one after the other."""

    clock: Clock = field(default_factory=Clock)
    turns: list[str] = field(default_factory=list)
    time: float = 0.0

    def turn(self, waiting: Sequence[Party]) -> Party:
        first = min(waiting, key=lambda one: rank(one, self.clock))
        used = started(first.used, self.clock)
        self.clock = moved(self.clock, waiting, counts=not first.own)
        first.used = used + taken(first.seconds, began=True)
        first.head = f"{len(self.turns) + 1:09}"
        self.turns.append(first.name)
        self.time += first.seconds
        return first

    def run(
        self, waiting: Sequence[Party], turns: int, after: Callable[[Party], None] = lambda _: None
    ) -> Counter[str]:
        for _ in range(turns):
            after(self.turn(waiting))
        return Counter(self.turns)


def longest_wait(turns: Sequence[str], name: str) -> int:
    """The most turns of others in a row between two of this one."""
    at = [-1, *(number for number, one in enumerate(turns) if one == name), len(turns)]
    return max(after - before - 1 for before, after in pairwise(at))


def test_teams_with_tests_of_one_length_take_turns() -> None:
    teams = [Party(name) for name in "abc"]
    assert set(Board().run(teams, 300).values()) == {100}


def test_time_is_shared_not_turns() -> None:
    teams = [Party("short", seconds=600), Party("long", seconds=6000)]
    turns = Board().run(teams, 1100)
    assert abs(turns["short"] - 10 * turns["long"]) <= 10


def test_the_labs_own_team_is_always_first() -> None:
    assert Board().run([Party("own", own=True, priority=0), Party("other", priority=100)], 50)["own"] == 50


def test_higher_priorities_have_three_of_four_turns() -> None:
    turns = Board().run([Party("high", priority=90), Party("low", priority=10)], 400)
    assert turns == {"high": 300, "low": 100}


def test_no_team_starves_below_a_flood_of_high_priorities() -> None:
    # One team that floods, with the highest priority and the longest tests; 49 others.
    teams = [Party("flood", priority=100, seconds=7200), *(Party(f"t{number}") for number in range(49))]
    board = Board()
    board.run(teams, 4000)
    assert max(longest_wait(board.turns, one.name) for one in teams[1:]) <= 4 * 50


def test_among_equals_no_more_than_one_turn_of_each_other_comes_between() -> None:
    teams = [Party(f"t{number}") for number in range(50)]
    board = Board()
    board.run(teams, 2000)
    assert max(longest_wait(board.turns, one.name) for one in teams) <= 2 * 49


def test_who_was_away_saves_up_nothing() -> None:
    busy, away = Party("busy"), Party("away")
    board = Board()
    board.run([busy], 1000)
    board.turns.clear()
    # One turn more: who comes new begins where the last turn did.
    assert board.run([busy, away], 20) == {"busy": 9, "away": 11}


def test_who_had_the_board_alone_pays_nothing_for_it() -> None:
    alone, other = Party("alone"), Party("other")
    board = Board()
    board.run([alone], 1000)
    board.turns.clear()
    board.run([alone, other], 100)
    assert longest_wait(board.turns, "alone") <= 2


def test_what_never_began_costs_nothing() -> None:
    assert taken(100, began=False) == 0
    assert taken(1, began=True) == 10


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 50, 50, 50, 90]), st.sampled_from([60.0, 600.0, 7200.0])), min_size=2, max_size=12
    )
)
@settings(deadline=None, max_examples=60)
def test_each_team_gets_at_least_a_quarter_of_its_part(teams: list[tuple[int, float]]) -> None:
    parties = [Party(f"t{number}", priority=p, seconds=s) for number, (p, s) in enumerate(teams)]
    board = Board()
    used: defaultdict[str, float] = defaultdict(float)

    def count(one: Party) -> None:
        used[one.name] += one.seconds

    # Long enough that the longest tests have had their turns.
    board.run(parties, 400 * len(parties), count)
    shared_turns = len(board.turns) / 4
    for one in parties:
        # Of the shared turns alone, by time: the longest test of each may stand between.
        least = shared_turns * min(p.seconds for p in parties) / len(parties) - 2 * 7200
        assert used[one.name] >= least
        assert one.name in board.turns


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=60))
@settings(deadline=None, max_examples=60)
def test_the_clock_never_goes_back(present: list[str]) -> None:
    parties = {name: Party(name) for name in "abc"}
    board, before = Board(), 0.0
    for name in present:
        board.turn([parties[name], parties["a"]])
        assert board.clock.seconds >= before
        before = board.clock.seconds
