"""The token of "Trigger builds remotely" of the boards' jobs: one random word a lab, in state_dir.

Who has it can start a board's job by an address alone; what such a build does without a prepared attempt is the
bridge's to say. Without the file there is no token, and no job can be started so.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Collection
from pathlib import Path

from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.upload.config_xml import set_token, to_post
from fuego_jenkins_remote.lab.upload.gone import find_boards_jobs
from fuego_jenkins_remote.lab.upload.memory import UploadedJobs
from fuego_jenkins_remote.lab.upload.store import JobStore

_BYTES = 24


def token_file(state_dir: Path) -> Path:
    """Where the token is, if there is one."""
    return state_dir / "trigger-token"


def read_trigger_token(state_dir: Path) -> str:
    """The lab's token; empty for none. Raises LabError for a file that others can read, or that holds none."""
    path = token_file(state_dir)
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            token = file.read(1000).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise LabError(f"{path}: {error.strerror}") from error
    if mode & 0o077:
        raise LabError(f"{path}: others can read it: chmod 600 {path}, and ftc lab trigger-token --rotate")
    if not token or not token.replace("-", "").replace("_", "").isalnum() or not token.isascii():
        raise LabError(f"{path}: holds no token: ftc lab trigger-token --rotate")
    return token


def rotate_trigger_token(state_dir: Path) -> str:
    """Make a new token, in place of an old one if there is one; for its owner alone. Raises LabError."""
    token = secrets.token_urlsafe(_BYTES)
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=state_dir, prefix=".trigger-", delete=False) as file:
            file.write(f"{token}\n")
        Path(file.name).rename(token_file(state_dir))
    except OSError as error:
        raise LabError(f"{error.filename}: {error.strerror}") from error
    return token


def remove_trigger_token(state_dir: Path) -> None:
    """Have none from now on. Raises LabError."""
    try:
        token_file(state_dir).unlink(missing_ok=True)
    except OSError as error:
        raise LabError(f"{error.filename}: {error.strerror}") from error


def put_token(
    jenkins: JobStore, memory: UploadedJobs, prefix: str, token: str, *, here: Collection[str] = ()
) -> list[str]:
    """Put the token into all boards' jobs of ours, and change nothing else in them; give their full names.

    An empty token takes it out. `prefix` is the jobs' with the folder. A job that this lab has not uploaded, and whose
    board is not one of those `here`, may be another lab's. Raises what the controller raises.
    """
    found = find_boards_jobs(jenkins, prefix)
    jobs = [job for job in found if memory.is_known(job.name) or job.board in here]
    for job in jobs:
        jenkins.reconfig_job(job.name, to_post(set_token(job.xml, token)))
    names = [job.name for job in jobs]
    memory.change_token(names, token)
    return names
