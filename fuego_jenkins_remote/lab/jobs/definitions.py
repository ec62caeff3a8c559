"""The lab's Jenkins jobs and their view as XML: made from jenkins_jobs/ and the lab's boards.

`LabValues` is what a lab may choose; each field overrides the value of its name in jenkins_jobs/defaults.yaml.
"""

from __future__ import annotations

import html
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from fuego_jenkins_remote.fuego.errors import BadName
from fuego_jenkins_remote.fuego.names import check_board_name
from fuego_jenkins_remote.lab.errors import LabError
from fuego_jenkins_remote.lab.jobs.jjb import make_xml
from fuego_jenkins_remote.lab.jobs.people import publishers
from fuego_jenkins_remote.lab.jobs.plugins import LOCKABLE_RESOURCES, parts_of

PUSH = "push"
"""What follows the prefix in the name of the post-build job; so no board can be called this."""

BOARD_TEMPLATES = ("remote-request",)
"""The templates that make a job a board; their ids in jenkins_jobs/."""

LAB_TEMPLATES = ("remote-request-push",)
"""Those that make one job a lab."""

PEOPLE_JOBS = ("put-request", "boards", "get-run", "approve", "put-boards", "campaign")
"""What follows the prefix in their names."""

JUNIT_SECONDS = 3
"""A board's build waits so long for the bridge to convert its run, which takes a tenth of a second."""

VIEW_TEMPLATE = "fuego-network"


@dataclass(frozen=True, kw_only=True)
class LabValues:
    """What all jobs of a lab share. None: as jenkins_jobs/defaults.yaml has it.

    Folders and programs are as the job sees them, which may be inside Fuego's container. `jenkins_folder` is the
    folder's name, parts joined by slashes, empty for the top level; an empty `jenkins_view` makes no view. `plugins`
    are those to use, by their short names; the ids of credentials count only with credentials-binding. `people`:
    the templates of the jobs for people that are made.
    """

    job_prefix: str = "remote-request"
    people_prefix: str = "remote"
    jenkins_folder: str = ""
    jenkins_view: str = "Fuego network"
    label: str | None = None
    fuego_conf: str | None = None
    fuego_core: str | None = None
    fuego_ro: str | None = None
    fuego_rw: str | None = None
    lab_dir: str | None = None
    fuego_ftc: str | None = None
    push_ftc: str | None = None
    builds_to_keep: int | None = None
    build_minutes: int | None = None
    trigger_token: str = field(default="", repr=False)
    hub_credentials: str = ""
    vision_credentials: str = ""
    plugins: frozenset[str] = frozenset()
    people_credentials: str = ""
    people: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class JobBoard:
    """A board that gets a job. `access` says in plain text who may use it and where to see what waits for it;
    `resources` are what it shares with other boards.
    """

    name: str
    access: str = ""
    resources: tuple[str, ...] = ()


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


def in_folder(name: str, values: LabValues) -> str:
    """The full name of a job or view that is called `name`."""
    return f"{values.jenkins_folder}/{name}" if values.jenkins_folder else name


def job_name(board: str, values: LabValues) -> str:
    """The full name of the board's job."""
    return in_folder(f"{values.job_prefix}-{board}", values)


def view_name(values: LabValues) -> str:
    """The full name of the lab's view; empty when there is to be none."""
    return in_folder(values.jenkins_view, values) if values.jenkins_view else ""


def job_xml(boards: Iterable[JobBoard], values: LabValues) -> dict[str, str]:
    """Make config.xml of every job of a lab with these boards, by the jobs' full names.

    Raises LabError for a name or value that cannot stand in a job, and when jenkins-job-builder fails.
    """
    made = lab_xml(boards, values)
    made.pop(view_name(values), None)
    return made


def lab_xml(boards: Iterable[JobBoard], values: LabValues) -> dict[str, str]:
    """Make the XML of every job and of the view, by their full names. Raises LabError as `job_xml` does."""
    made = make_xml(_definition_files(), _project(boards, values))
    view = view_name(values)
    if view:
        # JJB has the folder in it, too; a Jenkins would take that for a part of the name.
        made[view] = re.sub(
            r"<name>.*?</name>", f"<name>{html.escape(values.jenkins_view)}</name>", made[view], count=1
        )
    return made


def _definition_files() -> list[Path]:
    """All but the example project, which stands for what we make here."""
    return [path for path in sorted(find_definitions().glob("*.yaml")) if path.name != "project.yaml"]


def _project(boards: Iterable[JobBoard], values: LabValues) -> dict[str, object]:
    by_name = {board.name: board for board in boards}
    if not by_name:
        raise LabError("there is no board to make a job for: look at the boards folder below fuego_ro_dir")
    _check_names(by_name.values(), values)
    project: dict[str, object] = {
        "name": "fuego-remote",
        "board": [{board.name: _board_values(board, values)} for board in by_name.values()],
        "jobs": [*BOARD_TEMPLATES, *LAB_TEMPLATES, *values.people],
        "views": [VIEW_TEMPLATE] if values.jenkins_view else [],
        "job_prefix": values.job_prefix,
        "people_prefix": values.people_prefix,
        "jenkins_folder": f"{values.jenkins_folder}/" if values.jenkins_folder else "",
        "jenkins_view": _braces_doubled(values.jenkins_view),
        "trigger_token": values.trigger_token or None,
    }
    for key in ("label", "builds_to_keep", "build_minutes"):
        if getattr(values, key) is not None:
            project[key] = getattr(values, key)
    for key in ("fuego_conf", "fuego_core", "fuego_ro", "fuego_rw", "lab_dir", "fuego_ftc", "push_ftc"):
        value = getattr(values, key)
        if value is not None:
            project[key] = _shell_word(key, value)
    project.update(publishers(values.plugins))
    if "junit" in values.plugins:
        project["junit_seconds"] = JUNIT_SECONDS
    for key, parts in parts_of(values.plugins, credentials=_credentials(values), people=_people(values)).items():
        if parts:
            project[key] = [*_CORE_PARTS.get(key, ()), *parts]
    return project


_CORE_PARTS: dict[str, list[object]] = {"board_publishers": [{"remote-request": {"job_prefix": "{job_prefix}"}}]}
"""The lists of defaults.yaml that are not empty, for those that plugins lengthen."""


def _board_values(board: JobBoard, values: LabValues) -> dict[str, object]:
    """What one board has of its own."""
    own: dict[str, object] = {}
    if board.access:
        # Fuego's Jenkins shows descriptions as raw HTML.
        own["board_access"] = _braces_doubled(html.escape(" ".join(board.access.split()), quote=False))
    if board.resources and LOCKABLE_RESOURCES in values.plugins:
        own["resources"] = " ".join(board.resources)
        own["board_properties"] = [
            {"build-discarder": {"num-to-keep": "{builds_to_keep}"}},
            {"remote-request-resources": {"resources": "{resources}"}},
        ]
    return own


def _credentials(values: LabValues) -> dict[str, str]:
    ids = {"FUEGO_HUB_TOKEN": values.hub_credentials, "FUEGO_VISION_TOKEN": values.vision_credentials}
    return {variable: _braces_doubled(id_) for variable, id_ in ids.items() if id_}


def _people(values: LabValues) -> dict[str, str]:
    return {"FUEGO_PEOPLE_TOKEN": _braces_doubled(values.people_credentials)} if values.people_credentials else {}


def _check_names(boards: Iterable[JobBoard], values: LabValues) -> None:
    folders = values.jenkins_folder.split("/") if values.jenkins_folder else []
    try:
        for board in boards:
            check_board_name(board.name)
            if board.name == PUSH:
                raise LabError(f"a board cannot be called {PUSH!r}: that job delivers the runs")
            for resource in board.resources:
                check_board_name(resource)
        for name in (values.job_prefix, values.people_prefix, values.label or "x", *folders):
            check_board_name(name)
    except BadName as error:
        raise LabError(f"cannot make jobs: {error}") from error
    # What Jenkins refuses in a view's name, and what would be another folder.
    if re.search(r"[?*/\\%!@#$^&|<>\[\]:;\x00-\x1f\x7f]", values.jenkins_view):
        raise LabError(f"jenkins_view: {values.jenkins_view!r} has a sign in it that Jenkins does not take in a name")


def _shell_word(key: str, value: str) -> str:
    """Quote a value for the job's shell, and its braces for JJB, which fills them in."""
    if not value or any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise LabError(f"{key} is empty or has a line end in it: {value!r}")
    return _braces_doubled(shlex.quote(value))


def _braces_doubled(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
