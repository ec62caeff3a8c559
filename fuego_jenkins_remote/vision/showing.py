"""What a run's page shows of its run.json: what failed first, and no more than a page, and who reads it, can bear.

Whatever is left out is in run.json, to which the page leads. The run.json is as vision has stored it (``fuego.runs``
has written it), so that nothing has to be put right here, and a run with many thousand cases is shown quickly.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlencode

ROWS = 2000
"""Cases and measurements on a page; an empty set counts as one, too."""

LONGEST = 300
"""Characters of a name."""

LONGEST_ASKED = 2000
"""Characters of a name that the page of a case's history is asked with."""

_FILES = 500
_METADATA = 500
_LONGEST_VALUE = 4000
_FIRST = {"FAIL": 0, "ERROR": 1}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A test case. ``history`` is the query of its page over time, None where its name is too long to ask for."""

    name: str
    status: str
    measurements: Sequence[dict[str, Any]]
    more: int
    history: str | None


@dataclass(frozen=True, kw_only=True)
class Set:
    """A test set with the cases of it that are shown; ``measured``: some have measurements."""

    name: str
    status: str
    cases: Sequence[Case]
    measured: bool


def shown_sets(run: dict[str, Any], test: str) -> list[Set]:
    """The sets in their order, in each what failed first, until ROWS are full; ``test`` is how lists call the test."""
    left = ROWS
    shown = []
    for one in run["test_sets"]:
        if left <= 0:
            break
        cases = []
        for case in sorted(one["test_cases"], key=lambda case: _FIRST.get(case["status"], 2)):
            if left <= 0:
                break
            cases.append(_case(test, one["name"], case, left))
            left -= max(1, len(cases[-1].measurements))
        left -= not cases
        measured = any(case.measurements for case in cases)
        shown.append(Set(name=brief(one["name"]), status=one["status"], cases=cases, measured=measured))
    return shown


def metadata_of(run: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Names and values of the metadata, sorted, but for the attachments: they are among the files."""
    there = ((name, value) for name, value in sorted(run["metadata"].items()) if name != "attachments")
    for name, value in islice(there, _METADATA):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield brief(name), brief(text, _LONGEST_VALUE)


def shown_files(listed: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """The files of a run (name, size) that its page names."""
    return listed[:_FILES]


def brief(text: str, longest: int = LONGEST) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= longest else f"{text[:longest]}…"


def _case(test: str, test_set: str, case: dict[str, Any], left: int) -> Case:
    found = case.get("measurements", [])
    asked = max(len(test_set), len(case["name"])) <= LONGEST_ASKED
    return Case(
        name=brief(case["name"]),
        status=case["status"],
        measurements=[_measurement(one) for one in found[:left]],
        more=max(0, len(found) - left),
        history=urlencode({"test": test, "set": test_set, "case": case["name"]}) if asked else None,
    )


def _measurement(one: dict[str, Any]) -> dict[str, Any]:
    unit = next((one[name] for name in ("unit", "units") if isinstance(one.get(name), str)), "")
    return {"name": brief(one["name"]), "status": one["status"], "measure": one.get("measure"), "unit": unit[:40]}
