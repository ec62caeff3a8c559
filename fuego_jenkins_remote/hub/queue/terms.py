"""What a board may have now: the lab's terms, kept when a request is claimed."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import datetime

from fuego_jenkins_remote.hub.records import Board
from fuego_jenkins_remote.network.matching import EVERYBODY, USER
from fuego_jenkins_remote.network.terms import Quota


@dataclass(frozen=True, kw_only=True)
class Door:
    """A board as those see it who wait for it: who may come in now, and for how long.

    `outsiders`: seconds that are left to other teams than the lab's own, by the claim and by the board's terms.
    `taken`: how many of the lab's boards each team and user has.
    """

    board: Board
    outsiders: float
    taken: MutableMapping[tuple[str, str], int]

    @classmethod
    def of(cls, board: Board, now: datetime, limit: float | None, taken: MutableMapping[tuple[str, str], int]) -> Door:
        """As the board's terms have it at `now`, and the lab with its claim: outsiders' tests take `limit` at most."""
        limits = [float(board.terms.max_time)]
        if limit is not None:
            limits.append(limit)
        windows = board.terms.windows.read()
        until = windows.open_until(now) if windows is not None else None
        if until is not None:
            limits.append((until - now).total_seconds())
        return cls(board=board, outsiders=min(limits), taken=taken)

    def has_given(self, team: str, user: str) -> None:
        """A board of the lab was given to this user: it counts for those that are asked next."""
        self.taken[team, user] = self.taken.get((team, user), 0) + 1

    @property
    def teams(self) -> set[str] | None:
        """The teams whose people may come in, all or some of them; None: all teams."""
        if any(one == EVERYBODY or one.startswith(USER) for one in self.board.open_to):
            return None
        return {self.board.team, *self.board.open_to}

    def limit_of(self, team: str) -> float | None:
        """What a test of this team may take, in seconds."""
        return None if self.is_own(team) else self.outsiders

    def is_own(self, team: str) -> bool:
        """Whether it is the lab's own team."""
        return team == self.board.team

    def priority(self, team: str, said: int) -> int:
        """What a priority of this team's counts here."""
        return said if self.is_own(team) else min(said, self.board.terms.priority)

    def lets_team(self, team: str, answers: str) -> bool:
        """Whether requests of this team that labs have answered so may be run here, as far as people and quota go."""
        signs = answers.split()
        if f"-{self.board.host}" in signs:
            return False
        if self.is_own(team):
            return True
        if self.board.terms.ask and f"+{self.board.host}" not in signs:
            return False
        most = self.board.terms.running.team
        return most is None or self.of_team(team) < most

    def lets_user(self, team: str, user: str) -> bool:
        """Whether the board is open to this user, and the quota too."""
        if not self.board.admits(team, user):
            return False
        most = self.board.terms.running.user
        return most is None or self.is_own(team) or self.taken.get((team, user), 0) < most

    def of_team(self, team: str) -> int:
        """How many of the lab's boards the team has."""
        return sum(number for (one, _), number in self.taken.items() if one == team)


def has_quota(quota: Quota) -> bool:
    """Whether it limits anything."""
    return quota != Quota()
