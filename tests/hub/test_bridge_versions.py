"""The hub knows which version of this program each lab's bridge runs, and shows which are older than itself."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from fuego_jenkins_remote.hub.people import values
from fuego_jenkins_remote.network.programs import said_of

from .conftest import Service, World

BRIDGE = "timsbox-1a2b3c4d"
PAGES = ("/labs", "/labs/demolab", "/teams/demolab")


def claim(service: Service, agent: str | None, **body: Any) -> None:
    wanted = {"claim_id": "claim-0001", "boards": ["qemu"], "instance": BRIDGE, **body}
    service.ok("demolab", "POST", "/claims", json=wanted, headers={} if agent is None else {"User-Agent": agent})


def lab(service: Service) -> Any:
    return service.ok("tim", "GET", "/labs")["labs"][0]


def page(service: Service, path: str) -> str:
    headers = {"Authorization": f"Bearer {service.secrets['tim']}", "accept": "text/html"}
    answer = service.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


@pytest.fixture
def newer_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "__version__", "7.3.1")


def test_a_lab_without_a_bridge_has_no_version(service: Service) -> None:
    assert (lab(service)["version"], lab(service)["behind"]) == ("", False)


def test_the_version_is_what_the_bridges_claims_say(service: Service) -> None:
    claim(service, said_of("0.1.0"))
    assert lab(service)["version"] == "0.1.0"
    claim(service, said_of("0.2.0"))
    assert lab(service)["version"] == "0.2.0"
    assert service.ok("tim", "GET", "/teams/demolab")["labs"][0]["version"] == "0.2.0"


def test_a_claim_by_hand_and_a_look_say_nothing_of_the_bridge(service: Service) -> None:
    claim(service, said_of("0.1.0"))
    claim(service, said_of("0.9.0"), instance=None)
    claim(service, said_of("0.9.0"), peek=True)
    assert lab(service)["version"] == "0.1.0"


@pytest.mark.parametrize("agent", ["curl/8.9", "fuego-jenkins-remote/<b>1</b>", "fuego-jenkins-remote/" + "1" * 500])
def test_who_says_no_version_has_none(service: Service, agent: str) -> None:
    claim(service, said_of("0.1.0"))
    claim(service, agent)
    assert lab(service)["version"] == ""


@pytest.mark.usefixtures("newer_hub")
def test_one_that_is_older_than_the_hub_is_said_to_be(service: Service) -> None:
    claim(service, said_of("7.2.9"))
    assert lab(service)["behind"] is True
    for path in PAGES:
        assert "older than the hub" in page(service, path)
    claim(service, said_of("7.3.0"))
    assert lab(service)["behind"] is False
    for path in PAGES:
        assert "7.3.0" in page(service, path)
        assert "older than the hub" not in page(service, path)


def test_a_claim_writes_its_lab_once_with_the_version_too(world: World) -> None:
    world.add_lab("demolab", "one")
    world.take("demolab", "one", instance=BRIDGE, version="0.1.0")
    written: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("UPDATE", "INSERT", "DELETE")):
            written.append(statement)

    sa.event.listen(world.hub.engine, "before_cursor_execute", note)
    world.take("demolab", "one", instance=BRIDGE, version="0.1.0")
    assert sum("labs" in statement.split("SET")[0] for statement in written) == 1, written
