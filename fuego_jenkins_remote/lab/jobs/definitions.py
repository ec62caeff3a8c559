"""The lab's Jenkins jobs as XML: made from jenkins_jobs/ and the lab's boards by jenkins-job-builder."""

from __future__ import annotations

import gc
import logging
import os
import shlex
import tempfile
import threading
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from fuego_jenkins_remote.fuego.errors import BadName
from fuego_jenkins_remote.fuego.names import check_board_name
from fuego_jenkins_remote.lab.errors import LabError

MARK = "Made by ftc lab jobs (fuego-jenkins-remote): changes by hand are lost."
"""The line of a job's description that says it is ours."""

PUSH = "push"
"""What follows the prefix in the name of the post-build job; so no board can be called this."""

# JJB says in the description that it may delete the job. Somebody's `jenkins-jobs update --delete-old` on the same
# Jenkins would take ours away.
_JJB_MARK = "&lt;!-- Managed by Jenkins Job Builder --&gt;"

_JJB_CONF = "[job_builder]\nallow_empty_variables=False\n[jenkins]\nurl=http://127.0.0.1/\nquery_plugins_info=False\n"

# JJB changes the environment's meaning, the root logger and the warnings of the whole process: one at a time.
_jjb_lock = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class LabValues:
    """What all jobs of a lab share. None: as jenkins_jobs/defaults.yaml has it.

    Folders and programs are as the job sees them, which may be inside Fuego's container.
    """

    job_prefix: str = "remote-request"
    label: str | None = None
    fuego_core: str | None = None
    fuego_ro: str | None = None
    fuego_rw: str | None = None
    lab_dir: str | None = None
    fuego_ftc: str | None = None
    push_ftc: str | None = None
    builds_to_keep: int | None = None


def find_definitions() -> Path:
    """Give the folder with the job definitions: inside the installed package, or at the top of a checkout.

    Raises LabError when neither is there.
    """
    here = Path(__file__).parent
    for folder in (here / "jenkins_jobs", here.parents[2] / "jenkins_jobs"):
        if (folder / "templates.yaml").is_file():
            return folder
    raise LabError(f"the job definitions are missing (jenkins_jobs/ beside {here}): install the package again")


def find_script() -> Path:
    """Give the script that runs one attempt, for `ftc run-request`: to be started with bash. Raises LabError."""
    return find_definitions() / "shell" / "remote-request.sh"


def job_name(board: str, values: LabValues) -> str:
    """The name of the board's job."""
    return f"{values.job_prefix}-{board}"


def job_xml(boards: Iterable[str], values: LabValues) -> dict[str, str]:
    """Make config.xml of every job of a lab with these boards, by the jobs' names.

    Raises LabError for a name or value that cannot stand in a job, and when jenkins-job-builder fails.
    """
    project = _project(boards, values)
    with tempfile.TemporaryDirectory(prefix="ftc-jobs-") as work:
        folder = Path(work)
        (folder / "lab.yaml").write_text(yaml.safe_dump([{"project": project}]), encoding="utf-8")
        (folder / "jjb.ini").write_text(_JJB_CONF, encoding="utf-8")
        _run_jjb([*_definition_files(), folder / "lab.yaml"], folder)
        made = sorted((folder / "jobs").glob("*/config.xml"))
        return {path.parent.name: path.read_text(encoding="utf-8").replace(_JJB_MARK, "") for path in made}


def _definition_files() -> list[Path]:
    """All but the example project, which stands for what we make here."""
    return [path for path in sorted(find_definitions().glob("*.yaml")) if path.name != "project.yaml"]


def _project(boards: Iterable[str], values: LabValues) -> dict[str, object]:
    names = list(dict.fromkeys(boards))
    if not names:
        raise LabError("there is no board to make a job for: look at the boards folder below fuego_ro_dir")
    try:
        for name in (*names, values.job_prefix, values.label or "x"):
            check_board_name(name)
    except BadName as error:
        raise LabError(f"cannot make jobs: {error}") from error
    if PUSH in names:
        raise LabError(f"a board cannot be called {PUSH!r}: that job delivers the runs")
    project: dict[str, object] = {
        "name": "fuego-remote",
        "board": names,
        "jobs": ["remote-request", "remote-request-push"],
        "job_prefix": values.job_prefix,
    }
    if values.label is not None:
        project["label"] = values.label
    if values.builds_to_keep is not None:
        project["builds_to_keep"] = values.builds_to_keep
    for key in ("fuego_core", "fuego_ro", "fuego_rw", "lab_dir", "fuego_ftc", "push_ftc"):
        value = getattr(values, key)
        if value is not None:
            project[key] = _shell_word(key, value)
    return project


def _shell_word(key: str, value: str) -> str:
    """Quote a value for the job's shell, and its braces for JJB, which fills them in."""
    if not value or any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise LabError(f"{key} is empty or has a line end in it: {value!r}")
    return shlex.quote(value).replace("{", "{{").replace("}", "}}")


def _run_jjb(files: list[Path], folder: Path) -> None:
    """Let JJB write folder/jobs/NAME/config.xml. Its library is imported here: it takes a moment, and is not quiet."""
    with _jjb_lock, _surroundings_kept(folder / "cache"):
        from jenkins_jobs.cli.entry import JenkinsJobs
        from jenkins_jobs.errors import JenkinsJobsException

        try:
            options = ["--conf", str(folder / "jjb.ini"), "--log_level", "error"]
            jjb = JenkinsJobs([*options, "test", "--config-xml", "-o", str(folder / "jobs"), str(folder)])
            jjb.options.path = files  # as an argument they would be cut at every colon
            jjb.execute()
            # JJB's cache is written when it is collected: now, while its folder is there.
            del jjb
            gc.collect()
        except (JenkinsJobsException, yaml.YAMLError, OSError) as error:
            raise LabError(f"jenkins-job-builder cannot make the jobs: {error}") from error


@contextmanager
def _surroundings_kept(cache: Path) -> Iterator[None]:
    """JJB takes a lock in the user's cache and reads its login from the environment; we want neither.

    It also sets up logging at import, and warns of pkg_resources.
    """
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    ours = {"XDG_CACHE_HOME": str(cache), "JJB_USER": None, "JJB_PASSWORD": None}
    before = {name: os.environ.get(name) for name in ours}
    _set_environment(ours)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        _set_environment(before)
        root.handlers[:] = handlers
        root.setLevel(level)


def _set_environment(values: dict[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
