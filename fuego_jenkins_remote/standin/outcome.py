"""From what the phases noted and the parser found to the run of run.json."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from datetime import UTC, datetime

from fuego_jenkins_remote import __version__
from fuego_jenkins_remote.fuego.names import format_timeout
from fuego_jenkins_remote.fuego.runs import Run, Status, read_run
from fuego_jenkins_remote.standin.job import Job, milliseconds
from fuego_jenkins_remote.standin.processes import Ended

Notes = Mapping[str, list[str]]
"""By kind: phase, abort, returned, processing, parser, exit (see functions.sh and phases.sh)."""

_ATTACHMENTS = (
    ("devlog", "devlog.txt"),
    ("testlog", "testlog.txt"),
    ("consolelog", "consolelog.txt"),
    ("machine-snapshot", "machine-snapshot.txt"),
    ("test_spec", "spec.json"),
)


def read_notes(job: Job) -> dict[str, list[str]]:
    """Read what the phases noted, by kind, in order; a test that removed it has noted nothing."""
    notes: dict[str, list[str]] = {}
    try:
        text = job.notes.read_text("utf-8", "replace")
    except OSError:
        return notes
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        notes.setdefault(kind, []).append(rest)
    return notes


def make_run(job: Job, ended: Ended, notes: Notes) -> Run:
    """Put the run together; the files of the run folder must be there already, run.json is not written here."""
    status, test_sets, reason = _verdict(job, ended, notes)
    metadata = _metadata(job)
    if "returned" in notes:
        metadata["return_value"] = notes["returned"][-1]
    if reason:
        metadata["reason"] = reason
    document = {
        "name": job.test.name,
        "status": status,
        "schema_version": "1.0",
        "duration_ms": round((datetime.now(UTC) - job.started).total_seconds() * 1000),
        "metadata": metadata,
        "test_sets": test_sets,
    }
    return read_run(json.dumps(document).encode())


def _metadata(job: Job) -> dict[str, object]:
    found: dict[str, object] = {
        "attachments": [
            {"name": name, "path": path} for name, path in _ATTACHMENTS if (job.folder.path / path).is_file()
        ],
        "board": job.board.name,
        "build_number": job.folder.build_number,
        "compiled_on": job.places.host_name,
        "fuego_core_version": f"stand-in {__version__}",
        "fuego_version": f"stand-in {__version__}",
        "host_name": job.places.host_name,
        "job_name": job.job_name,
        "keep_log": True,
        "kernel_version": os.uname().release,
        "reboot": job.options.reboot,
        "rebuild": job.options.rebuild,
        "start_time": milliseconds(job.started),
        "target_postcleanup": job.options.postcleanup,
        "target_precleanup": job.options.precleanup,
        "test_plan": "None",
        "test_spec": job.options.spec,
        "timestamp": job.started.isoformat(timespec="seconds"),
        "toolchain": job.board_values.get("TOOLCHAIN", ""),
        "workspace": str(job.build_dir.parent),
    }
    if job.batch_id:
        found["batch_id"] = job.batch_id
    return found


_Verdict = tuple[str, object, str]
"""Status, test sets in run.json's shape, and the reason for what is no result of the test's own."""


def _verdict(job: Job, ended: Ended, notes: Notes) -> _Verdict:
    broken = _what_broke(job, ended, notes)
    if broken:
        return _one_case(job, Status.ERROR, broken)
    if "a" not in job.phases:
        return _one_case(job, Status.SKIP, f"only the phases {job.phases} were asked for, so there is no result")
    if "parser" in notes:
        return _parsed(job, notes)
    results = [*notes.get("returned", [])[-1:], *notes.get("processing", [])[-1:]]
    if not results:
        return _one_case(job, Status.ERROR, "the test was neither run nor was its log looked at")
    return _one_case(job, Status.PASS if set(results) == {"0"} else Status.FAIL)


def _what_broke(job: Job, ended: Ended, notes: Notes) -> str:
    """Give why the phases did not come to their end, or nothing."""
    phase = notes.get("phase", ["start"])[-1]
    if ended.signal:
        return f"stopped by {signal.Signals(ended.signal).name} in the phase {phase}"
    if ended.timed_out:
        return f"the time limit of {format_timeout(job.options.timeout)} was over in the phase {phase}"
    if "abort" in notes:
        return notes["abort"][0]
    if notes.get("exit", [""])[-1].rpartition(" ")[2] != "end":
        return f"the test's script ended in the phase {phase} (exit status {ended.exit_status})"
    return ""


def _parsed(job: Job, notes: Notes) -> _Verdict:
    exit_status = notes["parser"][-1]
    try:
        found = json.loads(job.results.read_bytes())
        status, test_sets = str(found["status"]), found["test_sets"]
    except FileNotFoundError:
        if exit_status != "0":
            return _one_case(job, Status.ERROR, f"parser.py failed (exit status {exit_status})")
        return _one_case(job, Status.PASS)
    except (OSError, ValueError, KeyError, TypeError) as error:
        return _one_case(job, Status.ERROR, f"what parser.py found cannot be read: {error}")
    if not test_sets:
        return _one_case(job, Status.ERROR, "parser.py found no results in the test log")
    if status == "PASS" and notes.get("processing", ["0"])[-1] != "0":
        return "FAIL", test_sets, "the cases passed, but test_processing did not"
    return status, test_sets, ""


def _one_case(job: Job, status: Status, reason: str = "") -> _Verdict:
    case = {"name": job.test.short_name, "status": status.value}
    return status.value, [{"name": "default", "status": status.value, "test_cases": [case]}], reason
