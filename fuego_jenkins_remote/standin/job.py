"""One call of run-test with everything looked up, and the environment that its phases get."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fuego_jenkins_remote.fuego.boards import BoardFile
from fuego_jenkins_remote.fuego.errors import BadName
from fuego_jenkins_remote.fuego.names import PHASES, check_spec_name
from fuego_jenkins_remote.standin.errors import StandinError
from fuego_jenkins_remote.standin.installed import InstalledTest, find_test, spec_variables
from fuego_jenkins_remote.standin.options import NOT_HERE, RunTestOptions, check_options
from fuego_jenkins_remote.standin.places import Places
from fuego_jenkins_remote.standin.prolog import board_variables, find_board, prolog_text
from fuego_jenkins_remote.standin.run_folder import RunFolder, make_run_folder

SCRIPTS = Path(__file__).parent
"""Where phases.sh, functions.sh, unpack.py and parser_lib are."""

_ALL_PHASES = "".join(letter for letter in PHASES if letter not in NOT_HERE)
# What would run something, or get in the way, in every shell or Python that is started.
_NOT_INHERITED = frozenset({"BASH_ENV", "ENV", "CDPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT"})


@dataclass(frozen=True, kw_only=True)
class Job:
    """One call with everything looked up: board_values and spec_values are what the test gets to see."""

    options: RunTestOptions
    places: Places
    board: BoardFile
    board_values: dict[str, str]
    test: InstalledTest
    spec_values: dict[str, str]
    environ: Mapping[str, str]
    folder: RunFolder
    build_dir: Path
    batch_id: str
    started: datetime

    @property
    def phases(self) -> str:
        """The letters of the phases that run."""
        return self.options.phases or _ALL_PHASES

    @property
    def job_name(self) -> str:
        """Jenkins' job, or what Fuego's own job for this would be called."""
        return self.environ.get("JOB_NAME") or f"{self.board.name}.{self.options.spec}.{self.test.name}"

    @property
    def board_folder(self) -> Path:
        """The test's folder on the board."""
        return Path(self.board_values["BOARD_TESTDIR"], f"fuego.{self.test.name}")

    @property
    def board_log(self) -> Path:
        """Where the board keeps the test's output until it is fetched."""
        return self.board_folder / f"{self.test.name}.log"

    @property
    def notes(self) -> Path:
        """What the phases note for us."""
        return self.folder.path / ".notes"

    @property
    def results(self) -> Path:
        """What the parser library leaves for us."""
        return self.folder.path / ".results.json"


def prepare(options: RunTestOptions, places: Places, environ: Mapping[str, str]) -> Job:
    """Look everything up, then make the run folder; raises StandinError before that for whatever is not there."""
    check_options(options)
    try:
        check_spec_name(options.spec)
    except BadName as error:
        raise StandinError(f"-s: {error.what}") from error
    test = find_test(places.fuego_core, options.test)
    board = find_board(places, options.board)
    board_values = board_variables(board, places)
    spec_values = {**spec_variables(test, options.spec), **options.dynamic_vars}
    if shutil.which("bash") is None:
        raise StandinError("bash is not installed: tests are shell scripts for it")
    started = datetime.now(UTC)
    toolchain = board_values.get("TOOLCHAIN", "").replace("/", "_") or "host"
    folder = make_run_folder(
        places.fuego_rw / "logs",
        test=test.name,
        board=board.name,
        spec=options.spec,
        build_number=environ.get("BUILD_NUMBER", ""),
    )
    batch_id = environ.get("FUEGO_BATCH_ID", "")
    if options.batch and not batch_id:
        batch_id = f"batch-{started:%Y%m%d-%H%M%S}"
    return Job(
        options=options,
        places=places,
        board=board,
        board_values=board_values,
        test=test,
        spec_values=spec_values,
        environ=environ,
        folder=folder,
        build_dir=places.fuego_rw / "buildzone" / board.name / f"{test.name}-{toolchain}",
        batch_id=batch_id,
        started=started,
    )


def job_prolog(job: Job) -> str:
    """Give the text of prolog.sh: the board's variables, then the spec's and the call's, then Fuego's own."""
    return prolog_text(
        {
            f"the board {job.board.name}": job.board_values,
            f"the spec {job.options.spec}, and what the call says": {
                job.test.prefix + name: value for name, value in job.spec_values.items()
            },
            "Fuego's own": core_variables(job),
        }
    )


def core_variables(job: Job) -> dict[str, str]:
    """Give the variables that Fuego itself sets for a test and its parser; they win over all others."""
    compiler = "gcc" if shutil.which("gcc") or not shutil.which("cc") else "cc"
    options, places = job.options, job.places
    return {
        "FUEGO_RO": str(places.fuego_ro),
        "FUEGO_RW": str(places.fuego_rw),
        "FUEGO_CORE": str(places.fuego_core),
        "FUEGO_HOST": places.host_name,
        "FUEGO_BATCH_ID": job.batch_id,
        "FUEGO_START_TIME": milliseconds(job.started),
        "NODE_NAME": job.board.name,
        "TESTDIR": job.test.name,
        "TESTNAME": job.test.short_name,
        "TESTSPEC": options.spec,
        "TEST_HOME": str(job.test.folder),
        "LOGDIR": str(job.folder.path),
        "BUILD_ID": job.folder.build_id,
        "BUILD_NUMBER": job.folder.build_number,
        "BUILD_TIMESTAMP": f"{job.started.astimezone():%Y-%m-%d_%H-%M-%S}",
        "JOB_NAME": job.job_name,
        "WORKSPACE": str(job.build_dir.parent),
        "JOB_BUILD_DIR": job.build_dir.name,
        "Reboot": _word(options.reboot),
        "Rebuild": _word(options.rebuild),
        "Target_PreCleanup": _word(options.precleanup),
        "Target_PostCleanup": _word(options.postcleanup),
        "CC": job.environ.get("CC") or compiler,
        "CXX": job.environ.get("CXX") or "g++",
        "AR": "ar",
        "AS": "as",
        "LD": "ld",
        "RANLIB": "ranlib",
        "CROSS_COMPILE": "",
        "PREFIX": "",
    }


def phases_environment(job: Job, *, built: bool, fingerprint: str) -> dict[str, str]:
    """Give the whole environment of phases.sh; ``built`` and ``fingerprint`` are the build folder's.

    The board's variables are not in it (the shell reads them from prolog.sh), so no program of the test inherits
    a password.
    """
    return {
        **_inherited(job.environ),
        **core_variables(job),
        "STANDIN_HOME": str(SCRIPTS),
        "STANDIN_PYTHON": shutil.which("python3") or sys.executable,
        "STANDIN_NOTES": str(job.notes),
        "STANDIN_RESULTS": str(job.results),
        "STANDIN_PHASES": job.phases,
        "STANDIN_BUILD_DIR": str(job.build_dir),
        "STANDIN_BUILT": _word(built),
        "STANDIN_FINGERPRINT": fingerprint,
        "STANDIN_BOARD_LOG": str(job.board_log),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(SCRIPTS / "parser_lib"), job.environ.get("PYTHONPATH", "")])),
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",  # the test's folder may be shared, or read-only
    }


def _inherited(environ: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in environ.items()
        if name not in _NOT_INHERITED and not name.startswith("BASH_FUNC_")
    }
    locale = kept.get("LC_ALL") or kept.get("LC_CTYPE") or kept.get("LANG") or ""
    if "utf" not in locale.lower():
        kept["LC_ALL"] = "C.UTF-8"
    return kept


def milliseconds(moment: datetime) -> str:
    """Write a moment as Fuego does: milliseconds since 1970, as text."""
    return str(int(moment.timestamp() * 1000))


def _word(flag: bool) -> str:
    return "true" if flag else "false"
