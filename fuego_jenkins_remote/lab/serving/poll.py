"""`ftc lab poll`: one pass of the bridge, for a lab that calls it from a timer."""

from __future__ import annotations

from collections.abc import Callable

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.client.hub import MAX_CLAIM_BOARDS
from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.lab.attempts.journal import Phase
from fuego_jenkins_remote.lab.attempts.stepping import AT_ONCE
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.serving.bridge import ask
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
    """What the hub has for the boards that are shared, there, and idle. Open claims are asked again first."""
    won: list[AttemptId] = []
    nodes = {node.name for node in steps.controller().nodes() if node.online}
    there = [board for board in steps.shared_boards() if board in nodes]
    claims = steps.journal.open_claims()
    idle = sorted(set(there) - steps.journal.busy_boards())[:MAX_CLAIM_BOARDS]
    if idle:
        claims.append((new_call_id(), idle))
        steps.journal.begin_claim(*claims[-1])
    for claim_id, boards in claims:
        answer = ask(steps.hub(), claim_id, boards)
        steps.journal.end_claim(claim_id, answer.attempts, steps.clock())
        won += [attempt.id for attempt in answer.attempts]
        for stopped in answer.cancels:
            steps.stop(stopped)
    return won


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
