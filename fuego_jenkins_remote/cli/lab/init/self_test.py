"""The last step: a request goes the whole way on one board, or, without a person's token, as far as it can."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from fuego_jenkins_remote.cli.ending import term_is_ctrl_c
from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.findings import Finding, State, look
from fuego_jenkins_remote.cli.lab.doctor.controller import trial
from fuego_jenkins_remote.cli.lab.init.steps import Tell
from fuego_jenkins_remote.cli.lab.jobs import lab_controller
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.client.values import Request
from fuego_jenkins_remote.lab.serving.serve import AtWork, only_one
from fuego_jenkins_remote.network.identities import new_call_id
from fuego_jenkins_remote.network.states import State as RequestState

TESTS = ("Functional.fuego_board_check", "Functional.hello_world")
"""The first of these that is installed is run: Fuego's own look at a board's health, else a small one."""
_FTC = (sys.executable, "-c", "from fuego_jenkins_remote.cli.main import main; main()")
NODE_SECONDS = 15.0
CLAIM_SECONDS = 60.0
TEST_SECONDS = 600.0
STOP_SECONDS = 20.0
BRIDGE_SECONDS = 30.0
_PAUSE = 0.5


def try_board(session: Session, board: str, people_token: str, tell: Tell) -> None:
    """A build to the gate; then, with a person's token for the hub, a request for a test, through a bridge."""
    if not _node_comes_online(session, board):
        text = f"the node of {board} is not online: start its agent, then ftc lab doctor -b {board} tries"
        tell(Finding(what="trial build", state=State.WARN, text=text))
        return
    built = look(session, "trial build", lambda session: trial(session, board))
    tell(built)
    if built.state is State.BAD:
        raise Failed("the trial build failed; put that right, then call ftc lab init again")
    if people_token:
        tell(look(session, "test request", lambda session: _ask_for_test(session, board, people_token)))
    elif session.places.board_check(board) is not None:
        tell(look(session, "board check", lambda session: _check_board(session, board)))
    else:
        text = (
            "none was put: that takes a person's token (--people-token-file); any user of the network may ask now: "
            f"ftc put-request -b {session.settings.host_name}:{board} -t Functional.hello_world"
        )
        tell(Finding(what="test request", state=State.OK, text=text))


def _check_board(session: Session, board: str) -> str:
    """The board's own check, as after trouble: a test through Jenkins, or a command, and nobody has to ask for it."""
    command = [*_FTC, "lab", "check-board", "-b", board]
    try:
        said = subprocess.run(
            command,
            env=_environment(session),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TEST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"the check of {board} had no verdict after {TEST_SECONDS / 60:.0f} minutes") from None
    last = (said.stdout.strip().splitlines() or [""])[-1]
    if said.returncode != 0:
        raise Failed(last.removeprefix("ftc: "))
    return f"{last}; for a test the whole way: ftc put-request, by any user of the network"


def _node_comes_online(session: Session, board: str) -> bool:
    controller, end = lab_controller(session), time.monotonic() + NODE_SECONDS
    while not any(node.name == board and node.online for node in controller.nodes()):
        if time.monotonic() > end:
            return False
        time.sleep(_PAUSE)
    return True


def _ask_for_test(session: Session, board: str, people_token: str) -> str:
    """Put a request for one small test on `board` and see it through. Raises Failed, ClientError."""
    installed = session.places.fuego_core / "tests"
    test = next((name for name in TESTS if (installed / name).is_dir()), None)
    if test is None:
        raise Failed(f"none of {', '.join(TESTS)} is in {installed}: put a request for a test that you have")
    hub = HubClient(session.hub.url, people_token, ca_file=session.settings.ca_file)
    wanted = {
        "call_id": new_call_id(),
        "selector": f"{session.settings.host_name}:{board}",
        "test": test,
        "timeout": 600,
        "notes": "a first request, to see that all is well",
    }
    with _bridge(session):
        request = hub.put_request(wanted)[0][0]
        session.out.note(f"waiting for {request.id}: {test} on {board}")
        try:
            ended = _until_ended(hub, request)
        except BaseException:
            with contextlib.suppress(Exception):
                _call_off(hub, request)
            raise
    if ended.state is not RequestState.DONE:
        raise Failed(f"{ended.id} is {ended.state}: {ended.reason or 'see ftc query-request -v'}")
    if ended.status not in {"PASS", "SKIP"}:
        raise Failed(f"{test} on {board}: {ended.status}; its run: {ended.run_url or ended.run_key}")
    return f"{test} on {board}: {ended.status}, the whole way; its run: {ended.run_url or ended.run_key}"


def _until_ended(hub: HubClient, request: Request) -> Request:
    began = time.monotonic()
    while not request.is_final:
        waited = time.monotonic() - began
        if request.state is RequestState.PENDING:
            _fail_where_nobody_will_claim(request, waited)
        if waited > TEST_SECONDS:
            raise Failed(f"{request.id} was still {request.state} after {waited / 60:.0f} minutes; it was called off")
        request = hub.wait_for_change(request.id, request.version, 5)
    return request


def _call_off(hub: HubClient, request: Request) -> None:
    """Call it off, and leave the bridge the time to stop its build. Raises ClientError."""
    request = hub.cancel(request.id, new_call_id(), "the set-up was broken off")
    end = time.monotonic() + STOP_SECONDS
    while not request.is_final and time.monotonic() < end:
        request = hub.wait_for_change(request.id, request.version, 5)


def _fail_where_nobody_will_claim(request: Request, waited: float) -> None:
    if any(one.answer == "requested" for one in request.approvals):
        raise Failed(
            f"{request.id}: the lab's rules ask its people about {request.requester} of team {request.team}; a user of"
            " the lab's own team needs no asking (see 'the lab's rules' in docs/labs.md)"
        )
    if waited > CLAIM_SECONDS:
        why = f" ({request.reason})" if request.reason else ""
        raise Failed(
            f"{request.id} was not claimed within {CLAIM_SECONDS:.0f} s, and was called off{why}: is the board in use,"
            " or does a check of it wait? ftc list-boards -r, and the log of ftc lab serve"
        )


@contextlib.contextmanager
def _bridge(session: Session) -> Iterator[None]:
    """A bridge for as long as the block runs, unless one works already."""
    if _one_works(session):
        yield
        return
    with tempfile.TemporaryFile("w+") as log:
        command = [*_FTC, "lab", "serve"]
        with subprocess.Popen(
            command, env=_environment(session), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
        ) as bridge:
            try:
                with term_is_ctrl_c():  # so that none is left behind
                    assert bridge.stdout is not None  # noqa: S101 - it is a pipe
                    if not bridge.stdout.readline().startswith("lab ready"):
                        log.seek(0)
                        lines = log.read(65536).strip().splitlines()
                        raise Failed(f"the bridge did not start: {lines[-1] if lines else 'it says nothing'}")
                    yield
            finally:
                bridge.send_signal(signal.SIGTERM)
                try:
                    bridge.wait(BRIDGE_SECONDS)
                except subprocess.TimeoutExpired:
                    bridge.kill()


def _environment(session: Session) -> dict[str, str]:
    return {**os.environ, "FUEGO_CONF": str(session.settings.conf_file)}


def _one_works(session: Session) -> bool:
    lock: Path = session.places.state_dir / "bridge.lock"
    if not lock.is_file():
        return False
    try:
        with only_one(lock):
            return False
    except AtWork as at_work:
        _must_be_ours(session, at_work.host)
        return True


def _must_be_ours(session: Session, host: str) -> None:
    if host not in ("", session.settings.host_name):
        raise Failed(
            f"the bridge that works with {session.places.state_dir} is the lab {host}'s: give this lab a folder of its"
            " own with --state-dir"
        )
