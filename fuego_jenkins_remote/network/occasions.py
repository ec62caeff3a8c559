"""What people may be told of. Pure: the hub writes them down, `ftc subscribe` names them."""

from __future__ import annotations

from enum import StrEnum


class Occasion(StrEnum):
    """Something that happens and that people may want to be told of, by its name in subscriptions and webhooks."""

    REQUESTED = "requested"  # a lab's people are asked to approve a request
    STARTED = "started"  # a test has started on a board
    DONE = "done"  # a test has ended with PASS or SKIP
    FAILED = "failed"  # it ended with FAIL or ERROR, or the request ended without a run
    LOST = "lost"  # nothing was heard of a run for too long
    BOARD_BROKEN = "board-broken"  # a board is out of the network until it is repaired
    BOARD_BACK = "board-back"  # it is not broken any more
    CAMPAIGN_ENDED = "campaign-ended"  # the last request of a campaign has ended


OF_BOARDS = frozenset({Occasion.BOARD_BROKEN, Occasion.BOARD_BACK})
"""Of boards, not of requests."""

FOR_KEEPERS = OF_BOARDS | {Occasion.REQUESTED}
"""What concerns those who answer for a lab."""
