"""What a parser's results mean: statuses by criteria.json, units by reference.json, put in run.json's shape.

Pure functions of plain JSON values. It imports nothing of ours, because the parser library loads this one file.
Formats: Fuego's documentation of ``process()``, criteria.json and reference.json.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence

Results = Mapping[str, "str | Sequence[Mapping[str, object]]"]
"""By ``SET.CASE`` (or ``CASE``): a status, or a list of ``{"name", "measure"}``."""

STATUSES = ("PASS", "FAIL", "ERROR", "SKIP")

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "ne": operator.ne,
}


def judge(results: Results, criteria: object = None, reference: object = None) -> dict[str, object]:
    """Give ``{"status", "test_sets": [...]}``; no results at all are an ERROR.

    A measurement fails by a criterion ``{"tguid": "SET.CASE.NAME", "reference": {"value", "operator"}}``
    (lt, le, gt, ge, eq, ne, bt: between "LOW,HIGH"), a case by its measurements. A set fails with more failed cases
    than ``max_fail`` (default 0), fewer passed ones than ``min_pass``, or one of ``must_pass_list`` not passed;
    those of ``fail_ok_list`` do not count.
    """
    rules = _by_name(criteria, "criteria")
    units = _units(reference)
    sets: dict[str, list[dict[str, object]]] = {}
    for key, result in results.items():
        set_name, dot, case_name = key.rpartition(".")
        set_name = set_name if dot and set_name else "default"
        sets.setdefault(set_name, []).append(_case(set_name, case_name or key, result, rules, units))
    test_sets: list[dict[str, object]] = [
        {"name": name, "status": _set_status(cases, rules.get(name, {})), "test_cases": cases}
        for name, cases in sets.items()
    ]
    return {"status": _worst([str(one["status"]) for one in test_sets]), "test_sets": test_sets}


def _by_name(document: object, key: str) -> dict[str, Mapping[str, object]]:
    listed = document.get(key) if isinstance(document, Mapping) else None
    if not isinstance(listed, list):
        return {}
    return {str(one.get("tguid", "")): one for one in listed if isinstance(one, Mapping)}


def _units(reference: object) -> dict[str, str]:
    found: dict[str, str] = {}
    for test_set in _listed(reference, "test_sets"):
        for case in _listed(test_set, "test_cases"):
            for one in _listed(case, "measurements"):
                if isinstance(one.get("unit"), str):
                    found[f"{test_set.get('name')}.{case.get('name')}.{one.get('name')}"] = str(one["unit"])
    return found


def _listed(value: object, key: str) -> list[Mapping[str, object]]:
    listed = value.get(key) if isinstance(value, Mapping) else None
    return [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []


def _case(
    set_name: str,
    name: str,
    result: str | Sequence[Mapping[str, object]],
    rules: Mapping[str, Mapping[str, object]],
    units: Mapping[str, str],
) -> dict[str, object]:
    if isinstance(result, str):
        return {"name": name, "status": result if result in STATUSES else "ERROR"}
    measurements = [_measurement(f"{set_name}.{name}", one, rules, units) for one in result]
    return {
        "name": name,
        "status": _worst([str(one["status"]) for one in measurements]),
        "measurements": measurements,
    }


def _measurement(
    case: str, one: Mapping[str, object], rules: Mapping[str, Mapping[str, object]], units: Mapping[str, str]
) -> dict[str, object]:
    name = str(one.get("name", ""))
    guid = f"{case}.{name}"
    measure = one.get("measure")
    if isinstance(measure, bool) or not isinstance(measure, int | float) or not math.isfinite(measure):
        return {"name": name, "status": "ERROR"}
    found: dict[str, object] = {"name": name, "measure": measure, "status": "PASS"}
    if guid in rules:
        found["status"] = _threshold(measure, rules[guid].get("reference"))
    unit = one.get("unit") or units.get(guid)
    if isinstance(unit, str):
        found["unit"] = unit
    return found


def _threshold(measure: float, reference: object) -> str:
    if not isinstance(reference, Mapping):
        return "PASS"
    word, value = reference.get("operator", "le"), reference.get("value")
    try:
        if word == "bt":
            low, high = (float(part) for part in str(value).split(","))
            return "PASS" if low <= measure <= high else "FAIL"
        return "PASS" if _COMPARE[str(word)](measure, float(str(value))) else "FAIL"
    except (ValueError, KeyError):
        return "ERROR"


def _set_status(cases: Sequence[Mapping[str, object]], rule: Mapping[str, object]) -> str:
    statuses = {str(case["name"]): str(case["status"]) for case in cases}
    fail_ok = _names(rule.get("fail_ok_list"))
    counting = [status for name, status in statuses.items() if name not in fail_ok]
    bad = [status for status in counting if status in {"FAIL", "ERROR"}]
    max_fail, min_pass = rule.get("max_fail", 0), rule.get("min_pass", 0)
    if isinstance(max_fail, int) and len(bad) > max_fail:
        return "FAIL" if "FAIL" in bad else "ERROR"
    if isinstance(min_pass, int) and counting.count("PASS") < min_pass:
        return "FAIL"
    if any(statuses.get(name) != "PASS" for name in _names(rule.get("must_pass_list"))):
        return "FAIL"
    return "SKIP" if statuses and set(statuses.values()) == {"SKIP"} else "PASS"


def _names(value: object) -> set[str]:
    return {str(one) for one in value} if isinstance(value, list) else set()


def _worst(statuses: Sequence[str]) -> str:
    """FAIL before ERROR before PASS before SKIP: a test that could tell that something is wrong has worked."""
    return next((one for one in ("FAIL", "ERROR", "PASS", "SKIP") if one in statuses), "ERROR")
