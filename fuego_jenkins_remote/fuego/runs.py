"""A test's result (``run.json``): read as loosely as Fuego writes it, written strictly and always alike.

Real files have ``"true"`` beside ``true``, numbers as strings, attachments listed twice, no measurements at all.
What is read is put right once, here: the flags become booleans, ``build_number`` and ``start_time`` strings (as
Fuego has them), ``duration_ms`` and measures numbers. Keys that we do not know stay in ``extra``, and are written
again. A status in other letters (``pass``) is taken; a word that is none of the four, or none at all, is ERROR
(for a set or a case without one: the worst of what is in it), and stays readable as ``status_as_read``.
"""

from __future__ import annotations

import enum
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fuego_jenkins_remote.fuego.errors import BadRun

MAX_SIZE = 64 * 1024 * 1024
"""The largest run.json, in bytes."""

MAX_CASES = 200_000
"""The most test cases in a run, and the most measurements."""

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""Anything that JSON can say."""

_FLAGS = ("keep_log", "reboot", "rebuild", "target_postcleanup", "target_precleanup")
_NOT_PRIVATE = frozenset({"", "false", "0"})
_STRINGS = ("board", "build_number", "host_name", "job_name", "start_time", "test_spec", "timestamp")


class Status(enum.StrEnum):
    """How a run, a set, a case or a measurement ended."""

    PASS = "PASS"  # noqa: S105
    FAIL = "FAIL"
    ERROR = "ERROR"
    SKIP = "SKIP"


_WORST_FIRST = (Status.ERROR, Status.FAIL, Status.PASS, Status.SKIP)


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One number of a benchmark; None if what stood there was no finite number."""

    name: str
    status: Status
    measure: int | float | None = None
    extra: Mapping[str, Json] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        """Its unit (``unit`` or ``units`` beside the measure), ``""`` if it has none."""
        for name in ("unit", "units"):
            unit = self.extra.get(name)
            if isinstance(unit, str):
                return unit[:40]
        return ""


@dataclass(frozen=True, kw_only=True)
class TestCase:
    """One test case with its measurements."""

    __test__ = False  # not for pytest

    name: str
    status: Status
    measurements: tuple[Measurement, ...] = ()
    extra: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TestSet:
    """Test cases that belong together; the usual one is called ``default``."""

    __test__ = False  # not for pytest

    name: str
    status: Status
    test_cases: tuple[TestCase, ...] = ()
    extra: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file of the run folder that run.json names."""

    name: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a test. ``metadata`` is as read (see the module for what is put right), without attachments."""

    name: str
    status: Status
    duration_ms: int | None = None
    schema_version: str = "1.0"
    metadata: Mapping[str, Json] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    test_sets: tuple[TestSet, ...] = ()
    extra: Mapping[str, Json] = field(default_factory=dict)

    def text(self, key: str) -> str:
        """Give a value of the metadata as text, ``""`` if it is not there: board, host_name, test_spec, ..."""
        value = self.metadata.get(key)
        return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    @property
    def is_private(self) -> bool:
        """Whether it says that its request was private: whatever stands there beside a plain no is taken for a yes."""
        return self.text("private").strip().lower() not in _NOT_PRIVATE

    @property
    def started_at(self) -> datetime | None:
        """When it started, in UTC: ``timestamp`` if it has an offset, else ``start_time``, else None."""
        try:
            stamp = datetime.fromisoformat(self.text("timestamp"))
            if stamp.tzinfo is not None:
                return stamp.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        try:
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(self.text("start_time")))
        except (ValueError, OverflowError):
            return None

    def cases(self) -> Iterator[tuple[TestSet, TestCase]]:
        """Give each case with the set it is in, in the order of the file."""
        for test_set in self.test_sets:
            for case in test_set.test_cases:
                yield test_set, case

    def counts(self) -> dict[Status, int]:
        """Count the cases by status; all four are there."""
        found = Counter(case.status for _, case in self.cases())
        return {status: found[status] for status in Status}


def read_run(source: bytes | Path) -> Run:
    """Read a run.json, from its bytes or its file.

    Raises BadRun if it is no JSON, larger than MAX_SIZE, has more than MAX_CASES cases, or is no run at all.
    """
    file = source if isinstance(source, Path) else None
    data = _bytes_of(source) if isinstance(source, Path) else source
    try:
        return _Reader().run(_parse(data))
    except BadRun as error:
        raise BadRun(error.what, file=file) from error


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as opened:
            return opened.read(MAX_SIZE + 1)
    except OSError as error:
        raise BadRun(f"cannot be read: {error.strerror}", file=path) from error


def _parse(data: bytes) -> dict[str, Json]:
    if len(data) > MAX_SIZE:
        raise BadRun(f"larger than {MAX_SIZE // 2**20} MiB: that is no run.json")
    text = data.decode("utf-8-sig", "replace")
    try:
        # JSON has no NaN and no endless numbers, but Python writes and reads them: they stay as text.
        found: Json = json.loads(text, parse_constant=str, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise BadRun(f"is no JSON: {str(error)[:200]}") from error
    if "\\ud" in text.lower():
        found = _without_lone_surrogates(found)
    return _object(found, "run.json")


def _finite(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _without_lone_surrogates(value: Json) -> Json:
    """Make every text one that UTF-8 can hold: half a surrogate pair becomes U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_lone_surrogates(one) for one in value]
    if isinstance(value, dict):
        return {str(_without_lone_surrogates(key)): _without_lone_surrogates(one) for key, one in value.items()}
    return value


def _object(value: Json, where: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise BadRun(f"{where} is no object")
    return value


def _list(value: Json, where: str) -> list[Json]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadRun(f"{where} is no list")
    return value


def _name(value: Json, where: str, default: str | None = None) -> str:
    if value is None and default is not None:
        return default
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        raise BadRun(f"{where} has no name")
    return str(value)


def _number(value: Json) -> int | float | None:
    if isinstance(value, str):
        try:
            value = int(value)
        except ValueError:
            try:
                value = float(value)
            except ValueError:
                return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        # An integer of hundreds of digits is JSON, and no measure of anything.
        return value if math.isfinite(value) else None
    except OverflowError:
        return None


class _Reader:
    """Makes values of parsed JSON and counts them; takes the known keys out of each object, the rest is extra."""

    def __init__(self) -> None:
        self._cases = 0
        self._measurements = 0

    def run(self, found: dict[str, Json]) -> Run:
        name = _name(found.pop("name", None), "the run")
        sets = _list(found.pop("test_sets", None), "test_sets")
        test_sets = tuple(self._set(one, f"test_sets[{at}]") for at, one in enumerate(sets))
        metadata = _object(found.pop("metadata", None) or {}, "metadata")
        attachments = _attachments(metadata.pop("attachments", None))
        duration = found.pop("duration_ms", None)
        milliseconds = _number(duration)
        if milliseconds is None and duration is not None:
            found["duration_ms_as_read"] = duration
        return Run(
            name=name,
            status=_status(found, ()),
            duration_ms=None if milliseconds is None else round(milliseconds),
            schema_version=_name(found.pop("schema_version", None), "schema_version", "1.0"),
            metadata=_put_right(metadata),
            attachments=attachments,
            test_sets=test_sets,
            extra=found,
        )

    def _set(self, value: Json, where: str) -> TestSet:
        found = _object(value, where)
        name = _name(found.pop("name", None), where, "default")
        listed = _list(found.pop("test_cases", None), f"{where}.test_cases")
        self._cases += len(listed)
        if self._cases > MAX_CASES:
            raise BadRun(f"has more than {MAX_CASES} test cases")
        cases = tuple(self._case(one, f"{where}.test_cases[{at}]") for at, one in enumerate(listed))
        status = _status(found, [case.status for case in cases])
        return TestSet(name=name, status=status, test_cases=cases, extra=found)

    def _case(self, value: Json, where: str) -> TestCase:
        found = _object(value, where)
        name = _name(found.pop("name", None), where)
        listed = _list(found.pop("measurements", None), f"{where}.measurements")
        self._measurements += len(listed)
        if self._measurements > MAX_CASES:
            raise BadRun(f"has more than {MAX_CASES} measurements")
        measurements = tuple(_measurement(one, f"{where}.measurements[{at}]") for at, one in enumerate(listed))
        status = _status(found, [one.status for one in measurements])
        return TestCase(name=name, status=status, measurements=measurements, extra=found)


def _measurement(value: Json, where: str) -> Measurement:
    found = _object(value, where)
    name = _name(found.pop("name", None), where)
    read = found.pop("measure", None)
    measure = _number(read)
    if measure is None and read is not None:
        found["measure_as_read"] = read
    return Measurement(name=name, status=_status(found, ()), measure=measure, extra=found)


def _status(found: dict[str, Json], within: list[Status] | tuple[()]) -> Status:
    word = found.pop("status", None)
    if word is None:
        return next((status for status in _WORST_FIRST if status in within), Status.ERROR)
    try:
        return Status(str(word).strip().upper())
    except ValueError:
        found["status_as_read"] = word
        return Status.ERROR


def _attachments(value: Json) -> tuple[Attachment, ...]:
    found: dict[Attachment, None] = {}
    for at, one in enumerate(_list(value, "metadata.attachments")):
        read = _object(one, f"metadata.attachments[{at}]")
        path = _name(read.get("path"), f"metadata.attachments[{at}].path")
        found[Attachment(name=_name(read.get("name"), "an attachment", path), path=path)] = None
    return tuple(found)


def _put_right(metadata: dict[str, Json]) -> dict[str, Json]:
    for key in _FLAGS:
        word = metadata.get(key)
        if isinstance(word, str) and word.lower() in {"true", "false"}:
            metadata[key] = word.lower() == "true"
    for key in _STRINGS:
        number = metadata.get(key)
        if isinstance(number, int | float) and not isinstance(number, bool):
            metadata[key] = str(number)
    return metadata


def write_run(run: Run) -> bytes:
    """Write a run.json: UTF-8, sorted keys, each attachment once, a line end; the same run gives the same bytes.

    Raises BadRun if it holds what JSON cannot say, or an extra key that is one of Fuego's own.
    """
    metadata: dict[str, object] = dict(run.metadata)
    if run.attachments:
        once = dict.fromkeys(run.attachments)
        metadata = _with_extra({"attachments": [{"name": one.name, "path": one.path} for one in once]}, run.metadata)
    document: dict[str, object] = {
        "name": run.name,
        "status": run.status.value,
        "schema_version": run.schema_version,
        "metadata": metadata,
        "test_sets": [_set_out(one) for one in run.test_sets],
    }
    if run.duration_ms is not None:
        document["duration_ms"] = run.duration_ms
    try:
        text = json.dumps(
            _with_extra(document, run.extra), ensure_ascii=False, sort_keys=True, indent=4, allow_nan=False
        )
        return (text + "\n").encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise BadRun(f"the run {run.name} cannot be written: {error}") from error


def _set_out(one: TestSet) -> dict[str, object]:
    cases = [_case_out(case) for case in one.test_cases]
    return _with_extra({"name": one.name, "status": one.status.value, "test_cases": cases}, one.extra)


def _case_out(case: TestCase) -> dict[str, object]:
    document: dict[str, object] = {"name": case.name, "status": case.status.value}
    if case.measurements:
        document["measurements"] = [_measurement_out(one) for one in case.measurements]
    return _with_extra(document, case.extra)


def _measurement_out(one: Measurement) -> dict[str, object]:
    document: dict[str, object] = {"name": one.name, "status": one.status.value}
    if one.measure is not None:
        document["measure"] = one.measure
    return _with_extra(document, one.extra)


def _with_extra(document: dict[str, object], extra: Mapping[str, Json]) -> dict[str, object]:
    twice = document.keys() & extra.keys()
    if twice:
        raise BadRun(f"{', '.join(sorted(twice))}: given twice, once as extra")
    return {**document, **extra}
