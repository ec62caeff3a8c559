"""Whatever comes over the network is answered with a 4xx and a sentence, never with a 5xx."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Service

HELLO: dict[str, Any] = {"call_id": "call-put-1", "selector": "demolab:qemu", "test": "Functional.hello"}
JSON = {"content-type": "application/json"}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[" * 100_000,
        b'{"call_id": "\\ud800\\ud800\\ud800\\ud800"}',
        b'{"call_id": "call-put-1", "test": "Functional.hello", "selector": "label=\\ud800"}',
        b'{"timeout": ' + b"9" * 5000 + b"}",
        b'{"timeout": NaN}',
        b"\xff\xfe\x00",
        b'{"notes": "' + b"x" * 2_000_000 + b'"}',
    ],
    ids=[
        "empty",
        "no JSON",
        "deep",
        "surrogates",
        "selector",
        "a long number",
        "NaN",
        "no UTF-8",
        "large",
    ],
)
def test_a_body_that_is_none(service: Service, body: bytes) -> None:
    answer = service.call("ann", "POST", "/requests", content=body, headers=JSON)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.json()["detail"]


@pytest.mark.parametrize("deadline", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_at_the_end_of_all_times(service: Service, deadline: str) -> None:
    answer = service.call("ann", "POST", "/requests", json={**HELLO, "deadline": deadline})
    assert answer.status_code == 422, answer.text


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(key=st.sampled_from([*HELLO, "variables", "git", "options", "count", "deadline", "package"]), value=ANY_JSON)
def test_a_field_of_any_kind(service: Service, key: str, value: Any) -> None:
    import json

    body = json.dumps({**HELLO, key: value}).encode("utf-8", "surrogatepass")
    answer = service.call("ann", "POST", "/requests", content=body, headers=JSON)
    assert answer.status_code in {201, 400, 409, 422}, answer.text


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(max_size=60))
def test_a_query_of_any_kind(service: Service, text: str) -> None:
    for path in ("/boards", "/requests"):
        params = dict.fromkeys(("selector", "host", "state", "before", "limit", "test"), text)
        answer = service.call("ann", "GET", path, params=params)
        assert answer.status_code in {200, 422}, answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/requests/..%2f..%2fetc",
        "/requests/%00",
        "/requests/x?wait=nan",
        "/requests/x?wait=1e9",
        "/boards/%2e%2e/x",
        "/packages/..%2fhub.sqlite",
        "/requests?limit=100000000000000000000",
    ],
)
def test_an_address_of_any_kind(service: Service, path: str) -> None:
    assert service.call("ann", "GET", path).status_code in {404, 422}


def test_a_log_may_hold_anything(service: Service) -> None:
    service.ok("ann", "POST", "/requests", 201, json=HELLO)
    body = {"claim_id": "call-claim-1", "boards": ["qemu"]}
    [attempt] = service.ok("demolab", "POST", "/claims", json=body)["attempts"]
    at = f"/requests/{attempt['request']['id']}"
    tail = "\x1b[31mrot\x00 \u202e übersetze…\r\n" + "☃" * 9000
    service.ok("demolab", "POST", f"{at}/attempts/1/heartbeat", json={"log_tail": tail})
    kept = service.ok("ann", "GET", at)["log_tail"]
    assert len(kept.encode()) <= 16 * 1024
    assert "\x1b" not in kept
    assert kept.endswith("☃☃")
