"""The API's description says exactly what the hub takes and gives, and the hub takes nothing else.

schemathesis makes calls from the description, right ones and wrong ones, and holds each answer to it. With
FUEGO_OPENAPI_EXAMPLES=N it makes N for each operation instead of a few; ftc and the tests need nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import schemathesis_run

from .conftest import Service
from .running import running_hub

HERE = Path(__file__).parent

BOUNDS = {
    "string": ("maxLength", "pattern", "enum", "const", "format"),
    "integer": ("maximum", "enum", "const"),
    "number": ("maximum", "exclusiveMaximum"),
    "array": ("maxItems",),
}
UNBOUNDED = {"HeartbeatIn.log_tail", "BeatIn.log_tail", "ErrorIn.console_tail", "ClaimIn.limits"}
"""Bounded by what a whole body may have; only their end counts, or any number is as good as the next."""


@pytest.fixture
def described(service: Service) -> Any:
    return service.client.get("/api/v1/openapi.json").json()


def _operations(described: Any) -> Iterator[tuple[str, Any]]:
    for path, item in described["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def test_every_operation_but_the_first_one_needs_a_token_and_says_what_is_answered_without(described: Any) -> None:
    without = [name for name, operation in _operations(described) if "security" not in operation]
    assert without == ["GET /api/v1/"]
    for name, operation in _operations(described):
        if name not in without:
            assert {"401", "403"} <= set(operation["responses"]), name


def test_every_error_is_a_problem(described: Any) -> None:
    for name, operation in _operations(described):
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], f"{name} {status}"


def _loose(where: str, schema: Any, described: Any, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """Values that could be of any size."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in seen:
            yield from _loose(name, described["components"]["schemas"][name], described, seen | {name})
        return
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _loose(where, part, described, seen)
    kind = schema.get("type")
    if kind in BOUNDS and not any(bound in schema for bound in BOUNDS[kind]):
        yield where
    if kind == "array":
        yield from _loose(where, schema.get("items", {}), described, seen)
    if kind == "object":
        for name, part in schema.get("properties", {}).items():
            yield from _loose(f"{where}.{name}", part, described, seen)
        more = schema.get("additionalProperties", True)
        if more is True or (more is not False and "maxProperties" not in schema):
            yield f"{where} (its names)"
        elif more is not False:
            yield from _loose(where, more, described, seen)


def test_every_parameter_and_every_field_of_a_body_is_bounded(described: Any) -> None:
    loose = set()
    for name, operation in _operations(described):
        for parameter in operation.get("parameters", ()):
            loose |= set(_loose(f"{name} {parameter['name']}", parameter["schema"], described))
        for kind, body in operation.get("requestBody", {}).get("content", {}).items():
            if kind == "application/json":
                loose |= set(_loose(name, body["schema"], described))
    assert {one for one in loose if one not in UNBOUNDED and not one.endswith("log_tail")} == set()


def test_a_parameter_that_a_call_does_not_have_is_refused_and_the_others_are_named(service: Service) -> None:
    answer = service.call("ann", "GET", "/requests?stat=pending")
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown-parameter")
    assert "'stat' is no parameter of this call" in answer.json()["detail"]
    assert "state" in answer.json()["detail"]
    assert service.call("ann", "GET", "/whoami?x=1").json()["detail"].endswith("it has none")


@pytest.mark.parametrize("query", ["limit=1&limit=2", "host=%00", "host=a%00b"])
def test_a_parameter_that_means_two_things_or_none_is_refused(service: Service, query: str) -> None:
    assert service.call("ann", "GET", f"/requests?{query}").status_code == 422


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
def test_a_body_of_another_kind_is_refused_as_such(service: Service, kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = service.call("ann", "POST", "/requests", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", "application/fuego+json"])
def test_json_is_json_however_it_is_written(service: Service, kind: str) -> None:
    answer = service.call("ann", "POST", "/requests", content=b"{}", headers={"Content-Type": kind})
    assert answer.status_code == 422


def test_an_address_names_all_the_methods_that_it_takes(service: Service) -> None:
    answer = service.call("ann", "PATCH", "/boards/demolab/qemu")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "DELETE, GET, PUT")


@pytest.mark.parametrize(
    ("field", "value"),
    [("timeout", "1800"), ("timeout", 1.5), ("private", "yes"), ("private", 1), ("deadline", 1800000000),
     ("deadline", "2030-01-01"), ("retries", True)],
)  # fmt: skip
def test_a_field_of_another_type_is_not_guessed_at(service: Service, field: str, value: object) -> None:
    body = {"call_id": "call-put-1", "selector": "demolab:qemu", "test": "Functional.hello", field: value}
    assert service.call("ann", "POST", "/requests", json=body).status_code == 422


def test_a_whole_number_may_be_written_with_a_point(service: Service) -> None:
    body = {"call_id": "call-put-1", "selector": "demolab:qemu", "test": "Functional.hello", "retries": 3.0}
    assert service.ok("ann", "POST", "/requests", 201, json=body)["requests"][0]["retries"] == 3


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("who", ["none", "ann", "tim", "demolab"])
def test_schemathesis_finds_nothing(tmp_path: Path, who: str) -> None:
    with running_hub(tmp_path / "hub", calls=0) as hub:
        token = "" if who == "none" else hub.secrets[who]
        schemathesis_run.run(hub.url, HERE / "schemathesis.toml", tmp_path, token=token)
        log = (tmp_path / "hub" / "log").read_text(encoding="utf-8")
        assert [line for line in log.splitlines() if '"exception"' in line] == []
