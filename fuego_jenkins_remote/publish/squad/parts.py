"""A run's folder from what SQUAD has of it: attachments, log, results, metrics, metadata.

For runs whose package is not attached: large ones, and those that others than we have submitted. Everything that comes
is hostile: names become names of files in one folder, and numbers and sizes are bounded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fuego_jenkins_remote.client.errors import ClientError, TooLarge
from fuego_jenkins_remote.client.site import Site
from fuego_jenkins_remote.fuego.errors import BadRun
from fuego_jenkins_remote.fuego.runs import Run, Status, read_run, write_run

Json = dict[str, Any]

MAX_FILES = 200
MAX_BYTES = 256 * 2**20
MAX_RESULTS = 200_000
_BAD = re.compile(r"[^\w .+:=@,-]+")
_WORDS = {"pass": "PASS", "fail": "FAIL"}


def attachments(there: Json) -> list[str]:
    """The names of a run's attachments."""
    listed = there.get("attachments")
    names = (one.get("filename") for one in listed if isinstance(one, dict)) if isinstance(listed, list) else ()
    return [name for name in names if isinstance(name, str) and 0 < len(name) <= 1024]


def gather(site: Site, address: str, there: Json, said: Json, folder: Path) -> None:
    """Make the folder, with a run.json. Raises ClientError, OSError; TooLarge beyond the bounds."""
    folder.mkdir()
    left = MAX_BYTES
    names = attachments(there)
    if len(names) > MAX_FILES:
        raise TooLarge(f"{site.name} at {site.url} has more than {MAX_FILES} files of this run")
    for name in names:
        path = folder / _file_name(name)
        if not path.exists():
            left -= site.download(f"{address}attachments/", path, limit=left, params={"filename": name})
    if not (folder / "testlog.txt").exists():
        site.download(f"{address}log_file/", folder / "testlog.txt", limit=left)
        with (folder / "testlog.txt").open("rb") as log:
            is_none = log.read(8).strip() in (b"", b"None")
        if is_none:
            (folder / "testlog.txt").unlink()
    try:
        read_run(folder / "run.json")
    except BadRun:
        (folder / "run.json").unlink(missing_ok=True)
        results = _document(site, f"{address}tests_file/") if there.get("tests_file") else {}
        metrics = _document(site, f"{address}metrics_file/") if there.get("metrics_file") else {}
        (folder / "run.json").write_bytes(write_run(run_of(results, metrics, said, str(there.get("job_status")))))


def run_of(results: Json, metrics: Json, said: Json, job_status: str) -> Run:
    """The run that these results and metrics were of, as far as SQUAD knows: its skips may have been errors."""
    name = _name_of_run(results, metrics, said)
    cases: dict[tuple[str, str], Json] = {}
    own = ""
    for full, result in results.items():
        if (found := _parts(full, name)) == ("default", "run"):
            own = _status(result)
        else:
            cases[found] = {"name": found[1], "status": _status(result)}
    for full, metric in metrics.items():
        above, _, measure = full.rpartition("/")
        found = _parts(above, name)
        case = cases.setdefault(found, {"name": found[1], "status": "PASS"})
        case.setdefault("measurements", []).append(_measurement(measure or "value", metric))
    statuses = {case["status"] for case in cases.values()}
    document = {
        "name": name,
        "status": job_status if job_status in set(Status) else own or _worst(statuses),
        "duration_ms": said.get("fuego_duration_ms"),
        "metadata": _metadata(said),
        "test_sets": _sets(cases),
    }
    # Read as any other run.json: what is no number, no text or too much is put right there.
    return read_run(json.dumps(document).encode())


def _sets(cases: Mapping[tuple[str, str], Json]) -> list[Json]:
    sets: dict[str, list[Json]] = {}
    for (set_name, _), case in cases.items():
        sets.setdefault(set_name, []).append(case)
    return [
        {"name": name, "status": _worst({case["status"] for case in found}), "test_cases": found}
        for name, found in sets.items()
    ]


def _worst(statuses: set[str]) -> str:
    return next((word for word in ("FAIL", "PASS") if word in statuses), "SKIP")


def _name_of_run(results: Json, metrics: Json, said: Json) -> str:
    name = said.get("fuego_test")
    if isinstance(name, str) and name:
        return name[:256]
    suites = {full.partition("/")[0] for full in (*results, *metrics)}
    return next(iter(suites)) or "unknown" if len(suites) == 1 else "unknown"


def _parts(full: str, name: str) -> tuple[str, str]:
    """Set and case of SUITE/SET/CASE; a suite that is not the run's test stands before the set's name."""
    rest = full.removeprefix(f"{name.replace('/', '_')}/")
    above, _, case = rest.rpartition("/")
    if rest != full:
        above, _, case = rest.partition("/") if "/" in rest else ("", "", rest)
    return above or "default", case or "_"


def _status(result: object) -> str:
    word = result.get("result") if isinstance(result, dict) else result
    return _WORDS.get(str(word).lower(), "SKIP")


def _measurement(name: str, metric: object) -> Json:
    value, unit = (metric.get("value"), metric.get("unit")) if isinstance(metric, dict) else (metric, None)
    if isinstance(value, list):
        value = value[0] if value else None
    return {"name": name, "status": "PASS", "measure": value, **({"unit": unit} if isinstance(unit, str) else {})}


def _metadata(said: Json) -> Json:
    known = {name: value for name, value in said.items() if isinstance(value, str | int | float | bool)}
    found = {name: value for name, value in known.items() if not name.startswith("fuego_") and name != "datetime"}
    of_ours = {"test_spec": "fuego_spec", "timestamp": "datetime"}
    of_ours |= {name: name for name in ("fuego_version", "fuego_core_version")}
    return found | {name: known[ours] for name, ours in of_ours.items() if ours in known}


def _document(site: Site, path: str) -> Json:
    """Results or metrics as they were submitted; raises ClientError for what is no object, TooLarge."""
    found = site.good("GET", path).json()
    if not isinstance(found, dict):
        raise ClientError(f"{site.name} at {site.url} answered no JSON object")
    if len(found) > MAX_RESULTS:
        raise TooLarge(f"{site.name} at {site.url} has more than {MAX_RESULTS} results of this run")
    return found


def _file_name(name: str) -> str:
    safe = _BAD.sub("_", name).strip(". ")[-120:].strip(". ")
    return safe or "file"
