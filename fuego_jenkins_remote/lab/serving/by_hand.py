"""A person's way through a request, without Jenkins: run one here and now, and deliver what waits."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.client.hub import MAX_CLAIM_BOARDS
from fuego_jenkins_remote.fuego.errors import FormatError
from fuego_jenkins_remote.lab.attempts.journal import Entry, Phase
from fuego_jenkins_remote.lab.attempts.stepping import AT_ONCE, BEAT
from fuego_jenkins_remote.lab.attempts.steps import Steps
from fuego_jenkins_remote.lab.config import LabConfig
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.jobs.definitions import find_script
from fuego_jenkins_remote.lab.serving.hands import in_hand
from fuego_jenkins_remote.lab.serving.wiring import Links, open_steps
from fuego_jenkins_remote.network.identities import AttemptId, new_call_id, run_key
from fuego_jenkins_remote.network.reasons import meaning

WITH_OUTCOME = (Phase.READ, Phase.PACKAGE, Phase.DELIVER)
"""Phases of an attempt whose test is over and whose run is on its way."""


def run_request(
    config: LabConfig, links: Links, request: str, board: str | None, say: Callable[[str], None]
) -> AttemptId:
    """Claim `request` for `board` (or any of this lab's), ask policy and gate, and run its test in the foreground.

    The run is left packaged, for `deliver`. Raises LabError with the reason when it does not come to that.
    """
    steps = open_steps(config, links)
    with in_hand(config.state_dir):
        return _run_request(steps, request, board, say)


def _run_request(steps: Steps, request: str, board: str | None, say: Callable[[str], None]) -> AttemptId:
    entry = _claimed(steps, request, board)
    say(f"{entry.id} on {entry.board}: {entry.request.test}")
    steps.decide(entry)
    entry = _entry(steps, entry.id)
    if entry.phase is not Phase.TRIGGER:
        reason = entry.detail or meaning(entry.reason)
        steps.take(entry.id)
        raise LabError(f"not run: {reason}")
    nonce = new_call_id()
    steps.journal.note(entry.id, Phase.TRIGGER, nonce=nonce, called=1, by_hand=1)
    steps.hub().start(entry.id, nonce, "", "")
    steps.folders.open_gate(entry.id, steps.clock() + 600)
    steps.journal.move(entry.id, Phase.TRIGGER, Phase.RUN, steps.clock())
    _run_script(steps, _entry(steps, entry.id))
    for phase in (Phase.RUN, Phase.READ, Phase.PACKAGE):
        entry = _entry(steps, entry.id)
        if entry.phase is phase:
            steps.take(entry.id)
    entry = _entry(steps, entry.id)
    if entry.phase is not Phase.DELIVER:
        reason = entry.detail or meaning(entry.reason)
        steps.take(entry.id)
        _to_delivery(steps, entry.id)
        raise LabError(f"no run: {reason}")
    say(f"{entry.status}: {run_key(steps.lab.host, entry.id)} is packaged: {steps.package_path(entry.id)}")
    return entry.id


def deliver(config: LabConfig, links: Links, attempt: AttemptId, targets: tuple[str, ...] = ()) -> str:
    """Deliver the run of one attempt, also to more `targets` of the lab than it was planned for.

    The address of its page at the first target. Raises LabError if it waits.
    """
    steps = open_steps(config, links)
    _plan_more(steps, attempt, targets)
    _to_delivery(steps, attempt)
    delivered = steps.journal.deliveries(attempt)
    if not delivered:
        raise LabError(f"this lab has no run of {attempt} to deliver")
    waiting = [one for one in delivered if not one.delivered]
    if waiting:
        raise LabError("; ".join(f"{one.target}: {one.trouble}" for one in waiting) + " (it stays in the outbox)")
    return delivered[0].url


def _plan_more(steps: Steps, attempt: AttemptId, targets: tuple[str, ...]) -> None:
    unknown = [name for name in targets if name not in steps.targets]
    if unknown:
        raise LabError(f"{unknown[0]} is no target of this lab: name it in fuego.conf (targets)")
    if not targets:
        return
    _to_packaged(steps, attempt)
    entry = _entry(steps, attempt)
    for name in targets:
        if why := steps.why_withheld(entry, name):
            raise LabError(f"{name}: {why}")
    planned = [one.target for one in steps.journal.deliveries(attempt) if not one.withheld]
    more = [name for name in targets if name not in planned]
    if more and entry.phase is not Phase.DELIVER:
        raise LabError(
            f"the run of {attempt} has left the outbox: ftc get-run {attempt.request}, then put-run its file"
        )
    steps.plan(entry, [*planned, *more])


def drop(config: LabConfig, links: Links, attempt: AttemptId, target: str | None, reason: str) -> list[str]:
    """Give up a run's deliveries that wait, to one target or all; the targets. The package is kept aside.

    The hub is told when the first target never gets it. Raises LabError where nothing waits.
    """
    steps = open_steps(config, links)
    waiting = [one.target for one in steps.journal.deliveries(attempt) if not one.delivered]
    dropped = [name for name in waiting if target in (None, name)]
    if not dropped:
        raise LabError(f"no delivery of {attempt} waits{f' for {target}' if target else ''}")
    for name in dropped:
        steps.journal.delivered(attempt, name, "", trouble=f"dropped by hand{f': {reason}' if reason else ''}")
    _to_delivery(steps, attempt)
    return dropped


def push_runs(config: LabConfig, links: Links, into: Path | None, say: Callable[[str], None]) -> bool:
    """Package and deliver all runs that wait, copying their packages to `into`; False when some still wait.

    The bridge does the same; whoever comes second finds it done, and nothing is delivered twice.
    """
    steps = open_steps(config, links)
    well = True
    for entry in steps.journal.open_entries():
        if entry.phase is Phase.RUN and entry.id in steps.folders.ended():
            steps.take(entry.id)
        if _entry(steps, entry.id).phase in WITH_OUTCOME:
            well = _push(steps, entry.id, into, say) and well
    return well


def _push(steps: Steps, attempt: AttemptId, into: Path | None, say: Callable[[str], None]) -> bool:
    try:
        _to_packaged(steps, attempt)
        package = steps.package_path(attempt)
        if into is not None and package.is_file():
            shutil.copy2(package, into / package.name)
        _to_delivery(steps, attempt)
    except (ClientError, LabError, FormatError, OSError) as error:
        if _entry(steps, attempt).phase is Phase.CLOSED:
            # Somebody else has delivered it at the same time, and removed what we were about to read.
            say(f"{attempt}: delivered")
            return True
        say(f"{attempt}: {error}")
        return False
    deliveries = steps.journal.deliveries(attempt)
    waiting = [one for one in deliveries if not one.delivered]
    for one in deliveries:
        if one.withheld or not one.delivered:
            say(f"{attempt}: {one.target}: {one.trouble}")
    if not waiting:
        entry = _entry(steps, attempt)
        say(f"{attempt}: {'no run: ' + meaning(entry.reason) if entry.reason else 'delivered'}")
    return not waiting


def _claimed(steps: Steps, request: str, board: str | None) -> Entry:
    boards = [board] if board else steps.shared_boards()[:MAX_CLAIM_BOARDS]
    claim_id = new_call_id()
    steps.journal.begin_claim(claim_id, boards)
    claims = steps.hub().claim(claim_id, boards, request=request)
    steps.journal.end_claim(claim_id, claims.attempts, steps.clock())
    if not claims.attempts:
        state = steps.hub().request(request).state
        raise LabError(f"request {request} is {state}, and not for an idle board of {steps.lab.host} now")
    # A bridge that starts asks open claims again, without a request: what it got there is the bridge's to run.
    ours = next((attempt for attempt in claims.attempts if attempt.request.id == request), None)
    if ours is None:
        raise LabError(f"request {request} was not given out: another claim came in between; try again")
    return _entry(steps, ours.id)


def _run_script(steps: Steps, entry: Entry) -> None:
    environment = {name: value for name, value in os.environ.items() if "TOKEN" not in name}
    environment |= {
        "REQUEST_ID": entry.id.request,
        "ATTEMPT": str(entry.id.number),
        "FUEGO_REMOTE_BOARD": entry.board,
        "FUEGO_LAB_DIR": str(steps.lab.lab_dir),
        "FUEGO_RO": str(steps.lab.fuego_ro),
        "FUEGO_RW": str(steps.lab.fuego_rw),
        "FUEGO_CORE": str(steps.lab.fuego_core),
        "FUEGO_FTC": steps.lab.ftc,
    }
    with subprocess.Popen(["bash", str(find_script())], env=environment, stdin=subprocess.DEVNULL) as script:
        try:
            while script.poll() is None:
                try:
                    script.wait(BEAT)
                except subprocess.TimeoutExpired:
                    if steps.beat(_entry(steps, entry.id)):
                        script.terminate()
        except BaseException:
            script.terminate()
            raise


def _to_packaged(steps: Steps, attempt: AttemptId) -> None:
    while _entry(steps, attempt).phase in {Phase.READ, Phase.PACKAGE}:
        if steps.take(attempt) != AT_ONCE:
            return


def _to_delivery(steps: Steps, attempt: AttemptId) -> None:
    _to_packaged(steps, attempt)
    if (entry := steps.journal.entry(attempt)) is not None and entry.phase is Phase.DELIVER:
        steps.take(attempt)


def _entry(steps: Steps, attempt: AttemptId) -> Entry:
    entry = steps.journal.entry(attempt)
    if entry is None:
        raise LabError(f"this lab knows nothing of {attempt}")
    return entry
