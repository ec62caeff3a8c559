"""Nodes and jobs for a lab's boards, in the lab's Jenkins."""

from __future__ import annotations

from dataclasses import replace

from fuego_jenkins_remote.cli.session import Session, own_ftc
from fuego_jenkins_remote.fuego.errors import BadBoardFile
from fuego_jenkins_remote.lab.jenkins.controller import Controller
from fuego_jenkins_remote.lab.jobs.definitions import JobBoard, LabValues
from fuego_jenkins_remote.lab.jobs.update import nodes_to_make, update_jobs
from fuego_jenkins_remote.lab.serving.wiring import Links, open_controller


def lab_controller(session: Session) -> Controller:
    """The lab's Jenkins; a hub need not be set for it. Raises Failed where no Jenkins is set."""
    settings = session.settings
    return open_controller(
        Links(
            hub_url="",
            hub_token="",
            jenkins_url=settings.needed("jenkins_url"),
            jenkins_user=settings.get("jenkins_user"),
            jenkins_secret=settings.token("jenkins"),
            ca_file=settings.ca_file,
        )
    )


def bring_up_to_date(session: Session, *, container: bool) -> None:
    """Make missing nodes, and all jobs as they should be; print what was done. Raises LabError."""
    controller, config = lab_controller(session), session.places
    problems: list[BadBoardFile] = []
    boards = config.board_files(problems)
    for problem in problems:
        session.out.note(f"ftc: left out: {problem}")
    made = nodes_to_make(boards, [node.name for node in controller.nodes()])
    for name in made:
        controller.create_node(name, "/fuego-rw/buildzone" if container else str(config.fuego_rw / "buildzone"))
    # What is not given here is as in Fuego's container.
    values = LabValues(job_prefix=config.job_prefix, push_ftc=own_ftc())
    if not container:
        values = replace(
            values,
            fuego_core=str(config.fuego_core),
            fuego_ro=str(config.fuego_ro),
            fuego_rw=str(config.fuego_rw),
            lab_dir=str(config.lab_dir),
            fuego_ftc=config.ftc,
        )
    changes = update_jobs(controller, [JobBoard(name=board.name) for board in boards], values)
    done = {
        "node made": made,
        "job created": changes.created,
        "job changed": changes.changed,
        "job removed": changes.removed,
        "job unchanged": changes.unchanged,
    }
    rows = [(what, name) for what, names in done.items() for name in names]
    session.out.table(
        ("what", "name"),
        rows,
        bare=[f"{what}: {name}" for what, name in rows if what != "job unchanged"],
        data={what.replace(" ", "_"): list(names) for what, names in done.items()},
        empty="nothing to do",
    )
