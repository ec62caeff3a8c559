"""jenkins-job-builder as a library: YAML in, config.xml out, and the process left as it was."""

from __future__ import annotations

import gc
import logging
import os
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from fuego_jenkins_remote.lab.errors import LabError

# JJB says in the description that it may delete the job. Somebody's `jenkins-jobs update --delete-old` on the same
# Jenkins would take ours away.
_JJB_MARK = "&lt;!-- Managed by Jenkins Job Builder --&gt;"

_JJB_CONF = "[job_builder]\nallow_empty_variables=False\n[jenkins]\nurl=http://127.0.0.1/\nquery_plugins_info=False\n"

# JJB changes the environment's meaning, the root logger and the warnings of the whole process: one at a time.
_jjb_lock = threading.Lock()


def make_xml(definitions: Sequence[Path], project: Mapping[str, object]) -> dict[str, str]:
    """Make what `project` names, by the full names of jobs and views: FOLDER/NAME in a folder.

    `definitions` are the YAML files with the templates. Raises LabError when jenkins-job-builder fails.
    """
    with tempfile.TemporaryDirectory(prefix="ftc-jobs-") as work:
        folder = Path(work)
        (folder / "lab.yaml").write_text(yaml.safe_dump([{"project": dict(project)}]), encoding="utf-8")
        (folder / "jjb.ini").write_text(_JJB_CONF, encoding="utf-8")
        _run_jjb([*definitions, folder / "lab.yaml"], folder)
        made = folder / "jobs"
        return {
            str(path.parent.relative_to(made)): path.read_text(encoding="utf-8").replace(_JJB_MARK, "")
            for path in sorted(made.rglob("config.xml"))
        }


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


def _set_environment(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
