"""`ftc lab poll`: one pass of the bridge, for a lab that calls it from a timer."""

from __future__ import annotations

from collections.abc import Callable

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.client.hub import MAX_CLAIM_BOARDS
from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.lab.asking.answering import Answering
from fuego_jenkins_remote.lab.attempts.journal import Phase
from fuego_jenkins_remote.lab.attempts.stepping import AT_ONCE
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.bridge.boards import Limits, Until, free_until, limits, shared_until
from fuego_jenkins_remote.lab.bridge.claiming import ask
from fuego_jenkins_remote.lab.bridge.instance import instance_of
from fuego_jenkins_remote.lab.care.checks import Checks
from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.serving.hands import nobody_is_at_it
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
    with only_one(config.state_dir / "bridge.lock", config.host):
        well = True
        nobody = nobody_is_at_it(config.state_dir)
        for entry in steps.journal.open_entries():
            if nobody or not entry.by_hand:
                well = _advance(steps, entry.id, say) and well
        well = _check_boards(steps, say) and well
        instance = instance_of(config.state_dir)
        Answering(steps, shared=lambda: _shared(steps), attended=False, instance=instance).answer_all()
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
        instance = instance_of(steps.lab.state_dir)
        answer = ask(steps.hub(), claim_id, list(boards), limits=given, instance=instance)
        steps.journal.end_claim(claim_id, answer.attempts, steps.clock())
        won += [attempt.id for attempt in answer.attempts]
        for stopped in answer.cancels:
            steps.stop(stopped)
    return won


def _idle(steps: Steps) -> Limits:
    """The boards to claim for, with the longest time limit of a test on each; no more than a claim may name."""
    lab, now = steps.lab, steps.clock()
    seen = steps.controller().overview(steps.clock, view=lab.jenkins_view, folder=lab.jenkins_folder)
    free = limits(free_until(_shared_until(steps), lab.job, seen), now)
    names = sorted(set(free) - steps.taken_boards())[:MAX_CLAIM_BOARDS]
    return {name: free[name] for name in names}


def _shared(steps: Steps) -> Limits:
    return limits(_shared_until(steps), steps.clock())


def _shared_until(steps: Steps) -> Until:
    boards = steps.shared_boards()
    return shared_until(boards, steps.lab.share_windows(boards), steps.clock())


def _check_boards(steps: Steps, say: Callable[[str], None]) -> bool:
    """Take the check of each board in care as far as it goes without waiting."""
    checks, well = Checks(steps, attended=False), True
    for board in checks.due():
        try:
            while checks.take(board) == AT_ONCE:
                pass
        except (ClientError, LabError, FormatError, OSError) as error:
            say(f"board {board}: its check: {error}")
            well = False
    return well


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
