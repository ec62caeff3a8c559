"""Pages of the test store: found by words, shown with versions and where they ran, private ones to their team."""

from __future__ import annotations

from pathlib import Path

from packed_tests import pack

from .conftest import Service
from .test_store import put

HTML = {"accept": "text/html"}


def page(service: Service, who: str, path: str) -> tuple[int, str]:
    headers = {**HTML, "Authorization": f"Bearer {service.secrets[who]}"}
    answer = service.client.get(path, headers=headers)
    return answer.status_code, answer.text


def test_an_empty_store_says_how_a_test_is_brought(service: Service) -> None:
    assert "ftc put-test" in page(service, "ann", "/tests")[1]


def test_tests_are_found_by_words_and_tags(service: Service, tmp_path: Path) -> None:
    put(service, "ann", pack(tmp_path, description="Says &lt;hello&gt; <b>loudly</b>", tags="[net, größe]"))
    found = page(service, "ann", "/tests?text=hello")[1]
    assert 'href="/tests/Functional.hello"' in found
    assert "<b>loudly</b>" not in found
    assert 'href="/tests/Functional.hello"' in page(service, "ann", "/tests?tag=größe")[1]
    assert "No test is like that" in page(service, "ann", "/tests?text=nothing")[1]


def test_a_test_is_shown_with_its_versions_and_where_it_ran(service: Service, tmp_path: Path) -> None:
    for version in ("1.9", "1.10"):
        put(service, "ann", pack(tmp_path, version=f'"{version}"'))
    body = {"call_id": "call-put-1", "selector": "demolab:qemu", "test": "Functional.hello"}
    service.ok("ann", "POST", "/requests", 201, json=body)
    service.ok("demolab", "POST", "/claims", json={"claim_id": "call-claim-1", "boards": ["qemu"], "wait": 0})
    status, shown = page(service, "tim", "/tests/Functional.hello")
    assert status == 200
    assert shown.index("1.10-1") < shown.index("1.9-1")
    assert "ftc install-test Functional.hello" in shown
    assert "ftc put-request SELECTOR -t Functional.hello --stored 1.10-1</code>" in shown


def test_a_private_test_is_there_for_its_team_alone(service: Service, tmp_path: Path) -> None:
    put(service, "ann", pack(tmp_path, description="secret"), private=True)
    assert "private" in page(service, "ann", "/tests/Functional.hello")[1]
    assert page(service, "tim", "/tests/Functional.hello")[0] == 404
    assert "Functional.hello" not in page(service, "tim", "/tests")[1]
