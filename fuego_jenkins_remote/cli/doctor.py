"""`ftc lab doctor`: everything a lab needs, looked at one by one. A finding that is not well says what to do."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fuego_jenkins_remote.cli.errors import Failed, message_of, status_of
from fuego_jenkins_remote.cli.lab_jobs import lab_controller
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.fuego.errors import BadBoardFile
from fuego_jenkins_remote.lab.jobs.definitions import PUSH


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    what: str
    well: bool
    text: str


def examine(session: Session) -> list[Finding]:
    """Look at all of it; nothing is changed but a file in lab_dir that is removed again."""
    return [_look(session, what, check) for what, check in _CHECKS.items()]


def _look(session: Session, what: str, check: Callable[[Session], str]) -> Finding:
    try:
        return Finding(what=what, well=True, text=check(session))
    except Exception as error:
        if status_of(error) is None:
            raise
        return Finding(what=what, well=False, text=message_of(error))


def _settings(session: Session) -> str:
    settings = session.settings
    if not settings.is_set("host_name"):
        raise Failed("host_name is not set: every lab needs a name of its own in the network")
    return f"{settings.host_name}, from {settings.conf_file or 'the environment'}"


def _hub(session: Session) -> str:
    known = session.hub.whoami()
    name, kind = str(known.get("name", "")), str(known.get("kind", ""))
    if kind != "lab":
        raise Failed(
            f"{session.hub.url} knows this token as {kind} {name}: the bridge needs the lab's (ftc hub add-lab)"
        )
    if name != session.settings.host_name:
        raise Failed(f"the token is lab {name}'s, but host_name is {session.settings.host_name}")
    return f"{session.hub.url} knows us as lab {name}"


def _vision(session: Session) -> str:
    known = session.vision.whoami()
    name, kind = str(known.get("name", "")), str(known.get("kind", ""))
    if kind != "submit":
        raise Failed(f"{session.vision.url}: {name}'s token may only read: make the lab's with ftc vision add-token")
    if name not in ("*", session.settings.host_name):
        raise Failed(f"{session.vision.url}: the token is {name}'s, but host_name is {session.settings.host_name}")
    return f"{session.vision.url} takes runs of {session.settings.host_name}"


def _jenkins(session: Session) -> str:
    controller = lab_controller(session)
    # Jenkins tells nobody who he is: it asks him to sign in.
    user = controller.user() if session.settings.get("jenkins_user") else "nobody (no jenkins_user)"
    return f"{controller.url}: version {controller.version()}, as {user}"


def _lab_dir(session: Session) -> str:
    above = session.settings.path("fuego_rw_dir")
    if session.places.lab_dir.is_relative_to(above) and not above.is_dir():
        raise Failed(f"{above}: there is no such folder: set fuego_rw_dir to Fuego's, or lab_dir")
    locks = session.places.lab_dir / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=locks, prefix=".doctor-") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        with open(first.name, "rb") as second:  # noqa: PTH123 - a second opening of the same file
            try:
                fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return f"{session.places.lab_dir}: can be written, and locks hold"
    raise Failed(f"{session.places.lab_dir}: locks do not hold there; it must be on a file system with flock")


def _state_dir(session: Session) -> str:
    folder = session.places.state_dir
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        raise Failed(f"{folder}: others can look in: chmod 700 {folder}")
    if not os.access(folder, os.W_OK):
        raise Failed(f"{folder}: cannot be written by this user")
    return str(folder)


def _boards(session: Session) -> str:
    problems: list[BadBoardFile] = []
    boards = session.places.board_files(problems)
    if problems:
        raise Failed("; ".join(str(problem) for problem in problems))
    if not boards:
        raise Failed(f"no board file in {session.places.fuego_ro / 'boards'}")
    for board in boards:
        session.places.board_record(board)
    return ", ".join(board.name for board in boards)


def _policy(session: Session) -> str:
    session.places.policy()
    path = session.places.conf_dir / "lab-policy.yaml"
    return str(path) if path.is_file() else f"the usual one (no {path})"


def _shared(session: Session) -> str:
    shared = sorted(board.name for board in session.hub.boards(host=session.settings.host_name))
    if not shared:
        raise Failed("no board is shared with the network: ftc put-board -b BOARD")
    here = {board.name for board in session.places.board_files([])}
    gone = [name for name in shared if name not in here]
    if gone:
        raise Failed(f"shared, but without a board file here: {', '.join(gone)}: ftc rm-board -b {','.join(gone)}")
    return ", ".join(shared)


def _jobs(session: Session) -> str:
    controller = lab_controller(session)
    there = set(controller.list_jobs(session.places.job_prefix))
    names = [board.name for board in session.places.board_files([])]
    missing = [job for job in _wanted_jobs(session, names) if job not in there]
    if missing:
        raise Failed(f"missing: {', '.join(missing)}: ftc lab jobs")
    nodes = {node.name: node for node in controller.nodes()}
    off = [name for name in names if name not in nodes or not nodes[name].online]
    if off:
        raise Failed(f"all jobs are there, but these boards' nodes are not online: {', '.join(off)}")
    return f"{len(names) + 1} jobs, and a node for each board"


def _wanted_jobs(session: Session, boards: list[str]) -> Iterator[str]:
    yield from (session.places.job(name) for name in [*boards, PUSH])


_CHECKS: dict[str, Callable[[Session], str]] = {
    "settings": _settings,
    "hub": _hub,
    "vision": _vision,
    "boards": _boards,
    "policy": _policy,
    "boards shared": _shared,
    "lab_dir": _lab_dir,
    "state_dir": _state_dir,
    "jenkins": _jenkins,
    "jobs": _jobs,
}
