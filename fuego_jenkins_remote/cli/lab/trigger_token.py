"""`ftc lab trigger-token`: the token with which boards' jobs can be started by their addresses."""

from __future__ import annotations

from fuego_jenkins_remote.cli.lab.jobs import lab_controller, uploaded_jobs
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.lab.upload.gone import known_boards
from fuego_jenkins_remote.lab.upload.trigger_token import (
    put_token,
    read_trigger_token,
    remove_trigger_token,
    rotate_trigger_token,
    token_file,
)


def show_token(session: Session) -> None:
    """Say in which file the token is; never the token itself."""
    path = token_file(session.places.state_dir)
    there = bool(read_trigger_token(session.places.state_dir))
    text = f"{path}" if there else "no token: the jobs cannot be started by their addresses (--rotate makes one)"
    session.out.result(text, bare=str(path) if there else (), data={"file": str(path) if there else None})


def change_token(session: Session, *, rotate: bool) -> None:
    """Make a new token, or have none, and put that into the jobs. Raises LabError."""
    config, controller = session.places, lab_controller(session)
    memory, here = uploaded_jobs(session, controller.url), known_boards(config)
    path = token_file(config.state_dir)
    if rotate:
        token, what = rotate_trigger_token(config.state_dir), f"a new token is in {path}"
    else:
        remove_trigger_token(config.state_dir)
        token, what = "", "there is no token any more"
    prefix = config.in_folder(config.job_prefix)
    changed = put_token(controller, memory, prefix, token, here=here)
    data = {"file": str(path) if rotate else None, "changed": changed}
    session.out.result(f"{what}; jobs changed: {len(changed)}", bare=changed, data=data)
