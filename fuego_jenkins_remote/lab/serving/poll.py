"""`ftc lab poll`: one pass of the bridge, for a lab that calls it from a timer."""

from __future__ import annotations

from collections.abc import Callable

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.client.hub import MAX_CLAIM_BOARDS
from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.lab.attempts.journal import Phase
from fuego_jenkins_remote.lab.attempts.stepping import AT_ONCE
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.bridge.boards import Limits, free_until, limits, shared_until
from fuego_jenkins_remote.lab.bridge.claiming import ask
from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.serving.room import why_no_room
from fuego_jenkins_remote.lab.serving.serve import only_one
from fuego_jenkins_remote.lab.serving.wiring import Links, open_steps
from fuego_jenkins_remote.network.identities import AttemptId, new_call_id


def poll_once(config: LabConfig, links: Links, say: Callable[[str], None]) -> bool:
    """Take each open attempt as far as it goes without waiting, claim for idle boards, trigger what was won.

    Jobs that are triggered find their go in the request folder, asked of the hub beforehand. Gives False when
    something did not answer: the next pass goes on. Raises ClientError when the hub does not answer a claim.
    """
    steps = open_steps(config, links)
    with only_one(config.state_dir / "bridge.lock"):
        well = True
        for entry in steps.journal.open_entries():
            well = _advance(steps, entry.id, say) and well
        no_room = why_no_room(config)
        if no_room:
            say(no_room)
            return False
        for attempt in claim_for_idle_boards(steps):
            say(f"claimed {attempt}")
            well = _advance(steps, attempt, say) and well
    return well


def claim_for_idle_boards(steps: Steps) -> list[AttemptId]:
    """What the hub has for the boards that are shared now, there, and idle. Open claims are asked again first."""
    won: list[AttemptId] = []
    claims: list[tuple[str, Limits]] = [(claim_id, {}) for claim_id, _ in steps.journal.open_claims()]
    idle = _idle(steps)
    if idle:
        claims.append((new_call_id(), idle))
        steps.journal.begin_claim(claims[-1][0], list(idle))
    for claim_id, boards in claims:
        # One of before is asked without boards: what it won then, and nothing more.
        given = {board: limit for board, limit in boards.items() if limit is not None}
        answer = ask(steps.hub(), claim_id, list(boards), limits=given)
        steps.journal.end_claim(claim_id, answer.attempts, steps.clock())
        won += [attempt.id for attempt in answer.attempts]
        for stopped in answer.cancels:
            steps.stop(stopped)
    return won


def _idle(steps: Steps) -> Limits:
    """The boards to claim for, with the longest time limit of a test on each; no more than a claim may name."""
    lab, now = steps.lab, steps.clock()
    seen = steps.controller().overview(steps.clock, view=lab.jenkins_view, folder=lab.jenkins_folder)
    boards = steps.shared_boards()
    free = limits(free_until(shared_until(boards, lab.share_windows(boards), now), lab.job, seen), now)
    names = sorted(set(free) - steps.taken_boards())[:MAX_CLAIM_BOARDS]
    return {name: free[name] for name in names}


def _advance(steps: Steps, attempt: AttemptId, say: Callable[[str], None]) -> bool:
    try:
        pause: float | None = AT_ONCE
        while pause == AT_ONCE:
            entry = steps.journal.entry(attempt)
            if entry is not None and entry.phase is Phase.TRIGGER:
                pause = steps.trigger_unattended(entry)
            else:
                pause = steps.take(attempt)
    except (ClientError, LabError, FormatError, OSError) as error:
        say(f"{attempt}: {error}")
        return False
    return True
