"""What a look at Jenkins says of boards: which are free to claim for, and how well they are. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from fuego_jenkins_remote.lab.attempts.stepping import TIME_LIMIT_SLACK
from fuego_jenkins_remote.lab.jenkins.build_calls import QueueItem
from fuego_jenkins_remote.lab.jenkins.overview import Overview
from fuego_jenkins_remote.network.share_windows import ShareWindows

ONLINE, OFFLINE, MAINTENANCE = "online", "offline", "maintenance"
BEFORE_A_TEST = TIME_LIMIT_SLACK + 30.0
"""Seconds of a window that are not a test's: while its claim waits or is on its way, and what the script takes."""

Until = Mapping[str, float | None]
"""Boards, and until when outsiders may use them (seconds since 1970, over already: not now); None for no end."""
Limits = Mapping[str, float | None]
"""Boards that may be claimed for now, with the longest time limit of an outsider's test in seconds; None for any.

0: only the lab's own team gets anything, whom share windows do not bind.
"""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a board is seen: `health` is online, offline or maintenance, `reason` says why it is not online."""

    health: str
    reason: str = ""


def standing(board: str, seen: Overview) -> Standing:
    """How a board's node is."""
    node = seen.nodes.get(board)
    if node is None:
        return Standing(health=OFFLINE, reason="this lab's Jenkins has no node of its name")
    if node.online:
        return Standing(health=ONLINE)
    if node.by_person and node.reason.strip():
        return Standing(health=MAINTENANCE, reason=node.reason.strip())
    return Standing(health=OFFLINE, reason=node.reason.strip() or "its node is offline in this lab's Jenkins")


def shared_until(boards: Iterable[str], windows: Mapping[str, ShareWindows], now: float) -> Until:
    """Until when boards are shared with outsiders, at `now` (seconds since 1970). One without windows always is."""
    moment = datetime.fromtimestamp(now, UTC)
    ends = {one: one.open_until(moment) for one in set(windows.values())}
    found = {board: ends[windows[board]] if board in windows else None for board in boards}
    return {board: end.timestamp() if end else None for board, end in found.items()}


def free_until(shared: Until, job: Callable[[str], str], seen: Overview) -> Until:
    """Which of the shared boards are free, as Jenkins was `seen`; `job` gives a board's own job."""
    if seen.quieting_down:
        return {}
    return {board: until for board, until in shared.items() if is_free(board, job(board), seen)}


def limits(free: Until, now: float) -> Limits:
    """How long an outsider's test may take on each board, so that it ends while the board is shared."""
    return {board: None if until is None else max(0.0, until - now - BEFORE_A_TEST) for board, until in free.items()}


def is_free(board: str, job: str, seen: Overview) -> bool:
    """Whether a board is there, and nothing but builds of its own `job` works on it or waits for it.

    Those the journal knows: what is packed up after a test does not keep the next one away.
    """
    node = seen.nodes.get(board)
    if node is None or not node.online or any(work.job != job for work in node.work):
        return False
    return not any(item.job != job and _waits_for(item, board) for item in seen.queue)


def _waits_for(item: QueueItem, board: str) -> bool:
    # What is no job of the plain kind tells of no label.
    return item.label == board if item.label else f"‘{board}’" in item.why


class Steady:
    """Believes what two looks, one after the other, have said: a node that comes and goes is not told each time."""

    def __init__(self) -> None:
        """Nothing has been seen yet."""
        self._last: Mapping[str, Standing] = {}

    def after(self, seen: Mapping[str, Standing]) -> dict[str, Standing]:
        """The boards that are as they were in the look before."""
        before, self._last = self._last, dict(seen)
        return {name: one for name, one in seen.items() if name in before and before[name].health == one.health}
