"""Checks of the lab's Jenkins: who we are there, what we may do, its jobs and nodes, a build that goes to the gate."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.findings import Answer, answer
from fuego_jenkins_remote.cli.lab.jobs import lab_controller
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.lab.jobs.definitions import PUSH
from fuego_jenkins_remote.lab.survey.clocks import apart

NEEDED = {
    "Overall/Read": "to see anything",
    "Job/Read": "to see the jobs",
    "Job/Create": "ftc lab jobs makes them",
    "Job/Configure": "ftc lab jobs brings them up to date",
    "Job/Delete": "ftc lab jobs removes those of boards that are gone",
    "Job/Build": "the bridge triggers them",
    "Agent/Create": "ftc lab jobs makes nodes for boards without one",
    "View/Create": "ftc lab jobs makes the view with all jobs",
}
"""What each permission is for; Job/Cancel is the bridge's, too, and shows only in a trial build."""
NOT_NEEDED_TO_RUN = frozenset({"Job/Create", "Job/Configure", "Job/Delete", "Agent/Create", "View/Create"})


def jenkins(session: Session) -> Answer:
    """Whether it answers, as whom we come, and what is to be minded about it."""
    controller = lab_controller(session)
    # Jenkins tells nobody who he is: it asks him to sign in.
    user = controller.user() if session.settings.get("jenkins_user") else "nobody (no jenkins_user)"
    condition, version = controller.condition(), controller.version()
    off = apart(condition.clock)
    address = urlsplit(controller.url)
    mind = (
        "it is preparing for a shutdown: no build starts until that is called off" if condition.quieting_down else "",
        f"{off}: let both machines follow a time server (NTP)" if off else "",
        f"everybody who reaches it may change its jobs, and so run anything: let it ask for a login ({_login(version)})"
        if condition.open_to_all
        else "",
        f"{controller.url} is plain http to another machine: everybody on the way reads and changes what is said"
        if address.scheme == "http" and not _is_loopback(controller.url)
        else "",
    )
    return answer(f"{controller.url}: version {version}, as {user}", *mind)


def permissions(session: Session) -> Answer:
    """Which of the permissions that a lab needs are missing."""
    controller = lab_controller(session)
    there = controller.list_jobs(session.places.in_folder(session.places.job_prefix))
    job = next((job for job in wanted_jobs(session) if job in there), "")
    found = controller.permissions(job)
    who = session.settings.get("jenkins_user") or "anonymous"
    lacking = {name: f"{name} ({NEEDED[name]})" for name in NEEDED if name in found.missing}
    if any(name not in NOT_NEEDED_TO_RUN for name in lacking) or (lacking and not job):
        raise Failed(f"{who} lacks {', '.join(lacking.values())}: give them in Manage Jenkins, Security")
    asked = [name for name in NEEDED if name in found.held]
    if lacking:
        return answer("", f"{who} lacks {', '.join(lacking.values())}: somebody else has to do that")
    rest = [name for name in NEEDED if name not in found.held]
    if len(asked) <= 1:
        return "this controller has none to give: who is let in may do anything"
    return f"{', '.join(asked)}" + (f"; not to be seen without a job of ours: {', '.join(rest)}" if rest else "")


def jobs(session: Session) -> Answer:
    """Whether each board has its job and its node, and the node is online."""
    controller = lab_controller(session)
    there = set(controller.list_jobs(session.places.in_folder(session.places.job_prefix)))
    wanted = list(wanted_jobs(session))
    missing = [job for job in wanted if job not in there]
    if missing:
        raise Failed(f"missing, or not shown to us: {', '.join(missing)}: ftc lab jobs")
    names = [board.name for board in session.places.board_files([])]
    nodes = {node.name: node for node in controller.nodes()}
    without = [name for name in names if name not in nodes]
    if without:
        raise Failed(f"all jobs are there, but these boards have no node: {', '.join(without)}: ftc lab jobs")
    off = [name for name in names if not nodes[name].online]
    mind = (
        f"the nodes of these boards are not online: {', '.join(off)}: start their agents (the node's page says how:"
        f" {controller.url}/computer/)"
    )
    if off == names:
        raise Failed(mind)
    return answer(f"{len(wanted)} jobs, and a node for each board", mind if off else "")


def trial(session: Session, board: str) -> Answer:
    """Send a build of a board's job to the gate and stop it there: the board is not touched."""
    from fuego_jenkins_remote.lab.attempts.folders import LabDir
    from fuego_jenkins_remote.lab.survey.trial import try_build

    places, controller = session.places, lab_controller(session)
    if not any(node.name == board and node.online for node in controller.nodes()):
        raise Failed(f"the node of {board} is not online: start its agent ({controller.url}/computer/ says how)")
    done = try_build(controller, LabDir(places.lab_dir), board, places.job(board))
    if not done.lock_is_seen:
        raise Failed(
            f"the job holds the lock of {board}, and it is not seen here: {places.lab_dir} must be on a file system"
            " where flock holds on both sides"
        )
    stopped = (
        ""
        if done.may_stop
        else f"{session.settings.get('jenkins_user') or 'anonymous'} lacks Job/Cancel: requests cannot be called off"
    )
    return answer(
        f"a build on {board} came to the gate in {done.seconds:.1f} s, saw our lab_dir and held the board's lock;"
        " stopped there, the board was not touched",
        stopped,
    )


def wanted_jobs(session: Session) -> Iterator[str]:
    """The names of the jobs that a lab cannot do without."""
    names = [board.name for board in session.places.board_files([])]
    yield from (session.places.job(name) for name in [*names, PUSH])


def _login(version: str) -> str:
    embedded = version.endswith("-embedded")
    return "ftc lab jenkins --user NAME --token-file FILE" if embedded else "Manage Jenkins, Security"


def _is_loopback(url: str) -> bool:
    from fuego_jenkins_remote.client.transport import is_loopback

    return is_loopback(url)
