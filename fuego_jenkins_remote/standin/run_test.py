"""``ftc run-test`` where no Fuego is installed: one test, one local board, a run folder as Fuego makes it.

A stand-in: docs/standin.md says what it does and what it leaves to Fuego.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Mapping
from typing import BinaryIO

from fuego_jenkins_remote.standin.build_folder import fingerprint_of, prepare_build_folder
from fuego_jenkins_remote.standin.console import Console
from fuego_jenkins_remote.standin.errors import StandinError
from fuego_jenkins_remote.standin.job import SCRIPTS, Job, job_prolog, phases_environment, prepare
from fuego_jenkins_remote.standin.options import RunTestOptions
from fuego_jenkins_remote.standin.places import Places, places_from
from fuego_jenkins_remote.standin.processes import Ended, Signals, noted_signals, run_watched
from fuego_jenkins_remote.standin.run_folder import make_utf8

EXIT_STATUS = {"PASS": 0, "SKIP": 0, "FAIL": 1, "ERROR": 3}
"""What run_test gives; beside it 124 when the time limit was over, 128 + N when signal N came."""


def run_test(
    options: RunTestOptions,
    *,
    places: Places | None = None,
    environ: Mapping[str, str] | None = None,
    output: BinaryIO | None = None,
) -> int:
    """Run one test on one local board; give the exit status (EXIT_STATUS).

    ``places`` are Fuego's folders (default: from the environment). From the environment also: BUILD_NUMBER,
    JOB_NAME, FUEGO_BATCH_ID, CC. What the test writes goes to ``output`` (default: stdout) as it comes, as UTF-8.
    Whatever happens once the run folder is there, time limit and TERM included, a run.json is written and no
    process of the test is left. Raises StandinError, before anything is made, for what cannot be carried out, and
    if run.json cannot be written (a full disk).
    """
    environ = os.environ if environ is None else environ
    with noted_signals() as signals:
        job = prepare(options, places or places_from(environ), environ)
        with contextlib.closing(Console(job.folder.path / "consolelog.txt", output or sys.stdout.buffer)) as console:
            ended = _run_phases(job, console, signals)
            try:
                status = _finish(job, ended, console)
            except OSError as error:
                raise StandinError(f"cannot write the run in {job.folder.path}: {error.strerror}") from error
    if ended.signal:
        return 128 + ended.signal
    return 124 if ended.timed_out else EXIT_STATUS[status]


def _run_phases(job: Job, console: Console, signals: Signals) -> Ended:
    try:
        _write_inputs(job)
        fingerprint = fingerprint_of(job.test.folder)
        built = prepare_build_folder(
            job.build_dir, builds="b" in job.phases, rebuild=job.options.rebuild, fingerprint=fingerprint
        )
        return run_watched(
            ["bash", "--noprofile", "--norc", str(SCRIPTS / "phases.sh")],
            folder=job.build_dir,
            environ=phases_environment(job, built=built, fingerprint=fingerprint),
            timeout=job.options.timeout,
            signals=signals,
            output=console.write,
        )
    except OSError as error:
        with job.notes.open("a", encoding="utf-8") as notes:
            notes.write(f"abort cannot start the test: {error.strerror}: {error.filename}\n")
        return Ended(exit_status=1)


def _write_inputs(job: Job) -> None:
    folder = job.folder.path
    job.notes.touch()
    prolog = folder / "prolog.sh"
    prolog.touch(mode=0o600)  # it may hold a password
    # A board file may hold bytes that are no UTF-8: they are handed on as they are.
    prolog.write_text(job_prolog(job), "utf-8", errors="surrogateescape")
    spec = {"testName": job.test.name, "specs": {job.options.spec: job.spec_values}}
    (folder / "spec.json").write_text(json.dumps(spec, ensure_ascii=False, indent=4) + "\n", "utf-8")


def _finish(job: Job, ended: Ended, console: Console) -> str:
    """Write run.json from what there is, and give the status."""
    # Only now: what is not needed for it must not delay a test's start.
    from fuego_jenkins_remote.fuego.runs import write_run
    from fuego_jenkins_remote.standin.outcome import make_run, read_notes

    folder = job.folder.path
    folder.mkdir(parents=True, exist_ok=True)  # a test may have removed anything
    notes = read_notes(job)
    if ended.signal or ended.timed_out or "abort" in notes:
        _rescue(job)
    for path in (*folder.glob("testlog*.txt"), folder / "devlog.txt", folder / "machine-snapshot.txt"):
        make_utf8(path)
    run = make_run(job, ended, notes)
    for path in (job.notes, job.results):
        path.unlink(missing_ok=True)
    new = folder / ".run.json.new"
    new.write_bytes(write_run(run))
    new.replace(folder / "run.json")
    reason = run.text("reason")
    console.write(f"Fuego: {run.name} on {job.board.name}: {run.status}{reason and ': ' + reason}\n".encode())
    console.write(f"Fuego: run folder {folder}\n".encode())
    return run.status.value


def _rescue(job: Job) -> None:
    """After a run that was cut short: fetch the test log, then clean the board as post_test would have."""
    target = job.folder.path / "testlog.txt"
    with contextlib.suppress(OSError):
        if "t" in job.phases and not target.exists() and job.board_log.is_file() and not job.board_log.is_symlink():
            shutil.copyfile(job.board_log, target)
    if job.options.postcleanup:
        shutil.rmtree(job.board_folder, ignore_errors=True)
