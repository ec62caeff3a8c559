"""What SQUAD is told of a run: test results, metrics, metadata. Pure.

SQUAD knows a test by SUITE/TEST and counts pass and fail only; every other word is a skip, and what has a name of more
than 256 characters vanishes (its doc/intro.rst, and as seen on 1.98). So:

- A case is `TEST/SET/CASE`: its full id in Fuego, with the run's test before it. The run's own status is `TEST/run`.
- A measurement is a metric `TEST/SET/CASE/MEASURE` with its unit.
- Longer names are cut, with a hash of the whole at their end: the same case has the same name in each run. So are parts
  of addresses and job ids, and what else has no place in a column (its core/models.py): there PostgreSQL breaks.
- SKIP is a skip, and ERROR a fail, unless the lab wants them otherwise: a case that could not be tried is to be seen.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from fuego_jenkins_remote.fuego.runs import Json, Run, Status

Word = Literal["pass", "fail", "skip", "omit"]
WORDS: tuple[Word, ...] = ("pass", "fail", "skip", "omit")

MAX_NAME = 256
MAX_JOB = 128
MAX_SLUG = 100
MAX_UNIT = 30
MAX_URL = 2048
_HASH = 16
_SLUG = re.compile(r"[^A-Za-z0-9_.-]+")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_KNOWN = ("board", "campaign", "date", "host", "kernel_version", "request", "spec", "test", "toolchain", "version")


class BadNaming(ValueError):
    """A pattern with a name that stands for nothing; the message says which there are."""


@dataclass(frozen=True, kw_only=True)
class Naming:
    """Where runs go in SQUAD: group and project by name, build and environment by pattern; what two statuses become."""

    group: str
    project: str
    build: str = "{kernel_version}"
    environment: str = "{board}"
    skip: Word = "skip"
    error: Word = "fail"

    def __post_init__(self) -> None:
        """Raise BadNaming for a pattern that cannot be filled."""
        for pattern in (self.build, self.environment, self.group, self.project):
            unknown = [name for name in _PLACEHOLDER.findall(pattern) if name not in _KNOWN]
            if unknown:
                raise BadNaming(f"{{{unknown[0]}}} stands for nothing (known: {', '.join(_KNOWN)})")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one run goes, and the id that it has there."""

    group: str
    project: str
    build: str
    environment: str
    job_id: str

    @property
    def path(self) -> str:
        """As SQUAD's addresses have it."""
        return f"{self.group}/{self.project}/{self.build}/{self.environment}"


def place(naming: Naming, run: Run, key: str) -> Place:
    """Where a run goes; `key` is the network's name of it, without which two labs' runs could not be told apart."""
    known = _known(run, key)
    parts = (naming.group, naming.project, naming.build, naming.environment)
    group, project, build, environment = (_slug(pattern, known) for pattern in parts)
    return Place(group=group, project=project, build=build, environment=environment, job_id=job_id(key))


def fixed(pattern: str) -> str:
    """What a pattern makes of every run; empty where that depends on the run."""
    return "" if _PLACEHOLDER.search(pattern) else _slug(pattern, {})


def slug_of_board(naming: Naming, board: str) -> str:
    """The environment in which a board's runs are; empty where more than the board makes it."""
    return _slug(naming.environment, {"board": board}) if naming.environment == "{board}" else ""


def job_id(key: str) -> str:
    """What a run of this key is called in SQUAD."""
    return _cut(_SLUG.sub("_", key), MAX_JOB)


def suite(run: Run) -> str:
    """The suite in which SQUAD shows the run's own status."""
    return _name(run, "run").partition("/")[0]


def tests(naming: Naming, run: Run) -> dict[str, str]:
    """Test names and results."""
    words: Mapping[Status, Word] = {
        Status.PASS: "pass",
        Status.FAIL: "fail",
        Status.SKIP: naming.skip,
        Status.ERROR: naming.error,
    }
    named: list[tuple[tuple[str, ...], Status]] = [(("run",), run.status)]
    named += [((test_set.name, case.name), case.status) for test_set, case in run.cases()]
    found: dict[str, str] = {}
    for parts, status in named:
        if words[status] != "omit":
            found[_free(_name(run, *parts), found, len(found))] = words[status]
    return found


def metrics(run: Run) -> dict[str, dict[str, Json]]:
    """Metric names, with value and unit. A measurement without a number is none."""
    found: dict[str, dict[str, Json]] = {}
    for parts, value, unit in _measurements(run):
        found[_free(_name(run, *parts), found, len(found))] = {"value": value, **({"unit": unit} if unit else {})}
    return found


def metadata(run: Run, where: Place, key: str, *, page: str = "") -> dict[str, Json]:
    """What SQUAD keeps beside a run; `page` is its address in the network. reading.py takes it from there."""
    said: dict[str, Json] = {
        "job_id": where.job_id,
        "job_status": str(run.status),
        "job_url": page,
        "datetime": run.started_at.isoformat() if run.started_at else "",
        "build_url": _plain(run.text("build_url"))[:MAX_URL],
        "fuego_test": run.name,
        "fuego_spec": run.text("test_spec"),
        "fuego_run": key,
        "fuego_duration_ms": "" if run.duration_ms is None else run.duration_ms,
        **{f"fuego_cases_{status.lower()}": number for status, number in run.counts().items()},
    }
    for name in ("host_name", "board", "request_id", "attempt", "requester", "campaign", "kernel_version", "toolchain"):
        said[name] = run.text(name)
    for name in ("fuego_version", "fuego_core_version", "testsuite_version", "batch_id", "build_number"):
        said[name] = run.text(name)
    return {name: value for name, value in said.items() if value != ""}


def _measurements(run: Run) -> Iterator[tuple[tuple[str, str, str], int | float, str]]:
    for test_set, case in run.cases():
        for one in case.measurements:
            if one.measure is not None:
                yield (test_set.name, case.name, one.name), one.measure, _plain(one.unit)[:MAX_UNIT]


def _name(run: Run, *parts: str) -> str:
    # A slash within a part would make another suite of it.
    return _cut("/".join(_plain(part).replace("/", "_").strip() or "_" for part in (run.name, *parts)))


def _plain(text: str) -> str:
    """A text as a database's column can have it."""
    return text.replace("\0", "\ufffd")


def _cut(name: str, most: int = MAX_NAME) -> str:
    if len(name) <= most:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:_HASH]
    return f"{name[: most - _HASH - 1]}-{digest}"


def _free(name: str, taken: Mapping[str, object], number: int) -> str:
    """A run may have a case twice, and parts that differ in their slashes only: none of them is lost."""
    return name if name not in taken else f"{name[: MAX_NAME - 12]}#{number}"


def _known(run: Run, key: str) -> dict[str, str]:
    started = run.started_at
    return {
        "board": run.text("board"),
        "campaign": run.text("campaign"),
        "date": started.strftime("%Y-%m-%d") if started else "",
        "host": key.partition("/")[0],
        "kernel_version": run.text("kernel_version"),
        "request": run.text("request_id"),
        "spec": run.text("test_spec"),
        "test": run.name,
        "toolchain": run.text("toolchain"),
        "version": run.text("testsuite_version"),
    }


def _slug(pattern: str, known: Mapping[str, str]) -> str:
    """A part of SQUAD's address: what is not known of a run is `unknown` there, and no sign means something else.

    It begins with a letter or a digit, or as somebody's own group does: `~ann`.
    """
    filled = _PLACEHOLDER.sub(lambda found: known[found[1]] or "unknown", pattern)
    slug = _SLUG.sub("_", filled).lstrip("-._") or "unknown"
    return _cut(f"~{slug}" if pattern.startswith("~") else slug, MAX_SLUG)
