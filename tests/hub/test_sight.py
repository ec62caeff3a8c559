"""Who sees a private request: the table of permissions and the SQL of lists say the same; to others it is not there."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from fuego_jenkins_remote.hub import records, sight
from fuego_jenkins_remote.hub.errors import NotKnown
from fuego_jenkins_remote.hub.statements import requests as sql
from fuego_jenkins_remote.network.permissions import Action, Level, may
from fuego_jenkins_remote.network.states import State

from .conftest import Service, World, lab


@pytest.fixture
def people(world: World) -> dict[str, records.Caller | None]:
    """Somebody of each kind; the request will be ann's, for annslab, on a board of demolab."""
    for host in ("demolab", "otherlab", "thirdlab"):
        world.add_lab(host, "one")
    found: dict[str, records.Caller | None] = {"nobody": None}
    found |= {host: lab(host) for host in ("demolab", "otherlab", "thirdlab")}
    found["ann"] = world.add_user("ann", "annslab")
    found["stranger"] = world.add_user("stranger", "elsewhere:admin")
    found["root"] = records.Caller(kind="user", name="root", network_admin=True)
    for team in ("annslab", "demolab", "otherlab"):
        for level in Level:
            found[f"{team}-{level}"] = world.add_user(f"{team}-{level}", f"{team}:{level}")
    return found


SEES = {"ann", "demolab", "demolab-maintainer", "demolab-admin", *(f"annslab-{level}" for level in Level)}


def test_a_private_request_is_seen_by_its_team_and_by_the_lab_that_runs_it(
    world: World, people: dict[str, records.Caller | None]
) -> None:
    ann = people["ann"]
    assert ann is not None
    hidden = world.put(ann, "demolab:one", private=True)
    shown = world.put(ann, "demolab:one")
    with world.hub.reading() as conn:
        thing = sight.thing(conn, hidden)
        for name, who in people.items():
            sees = name in SEES
            if who is not None:
                assert may(who.actor, Action.SEE_REQUEST, thing) == sees, name
            found = [one.id for one in sql.listed(conn, who, sql.Filter(), 10)]
            assert found == ([shown.id, hidden.id] if sees else [shown.id]), name
            assert sql.counts(conn, who, [State.PENDING]) == {"pending": len(found)}, name
            if sees:
                assert sight.find_for(conn, who, hidden.id).id == hidden.id
                continue
            with pytest.raises(NotKnown) as raised:
                sight.find_for(conn, who, hidden.id)
            assert str(raised.value) == f"there is no request {hidden.id}"


def test_a_lab_that_had_it_still_sees_it_when_its_board_is_gone(
    world: World, people: dict[str, records.Caller | None]
) -> None:
    ann = people["ann"]
    assert ann is not None
    hidden = world.put(ann, "demolab:one or otherlab:one", private=True)
    world.claim("otherlab", "one")
    world.remove_board("otherlab", "one")
    with world.hub.reading() as conn:
        for name in ("demolab", "otherlab", "otherlab-maintainer"):
            assert sight.find_for(conn, people[name], hidden.id)
        with pytest.raises(NotKnown):
            sight.find_for(conn, people["thirdlab"], hidden.id)


def test_a_board_is_busy_without_a_word_on_what_it_runs(world: World, people: dict[str, records.Caller | None]) -> None:
    ann = people["ann"]
    assert ann is not None
    hidden = world.put(ann, "demolab:one", private=True)
    world.running("demolab", "one")
    with world.hub.reading() as conn:
        from fuego_jenkins_remote.hub import boards

        for name, who in people.items():
            [board] = sight.boards_for(conn, who, boards.listed(conn, "demolab:one"))
            assert board.busy, name
            assert board.busy_with == (hidden.id if name in SEES else None), name
            assert sight.board_for(conn, who, boards.find(conn, "demolab", "one")) == board


def put(service: Service, who: str, **values: Any) -> str:
    body = {"call_id": f"call-{who}-{len(values)}", "selector": "demolab:qemu", "test": "Functional.x"}
    return str(service.ok(who, "POST", "/requests", 201, json={**body, **values})["requests"][0]["id"])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/requests/{}", None),
        ("GET", "/requests/{}?wait=1", None),
        ("POST", "/requests/{}/cancel", {"call_id": "cancel-01"}),
        ("PUT", "/requests/{}/approvals/otherlab", {"answer": "approved"}),
    ],
)
def test_a_private_request_is_answered_for_as_one_that_never_was(
    service: Service, method: str, path: str, body: Any
) -> None:
    hidden = put(service, "ann", private=True)
    never = "20200101-000000000-aaaaaaaa"
    service.secrets["eve"] = _maintainer_of_otherlab(service)
    there = service.call("eve", method, path.format(hidden), json=body)
    not_there = service.call("eve", method, path.format(never), json=body)
    assert there.status_code == not_there.status_code == 404
    said = {key: value for key, value in there.json().items() if key != "request_id"}
    assert str(said).replace(hidden, never) == str({key: not_there.json()[key] for key in said})


def test_a_lab_hears_nothing_of_an_attempt_of_a_request_that_is_not_for_it(service: Service) -> None:
    hidden = put(service, "ann", private=True)
    claim = {"claim_id": "claim-01", "boards": ["qemu"]}
    assert service.ok("demolab", "POST", "/claims", json=claim)["attempts"]
    for path in (f"/requests/{hidden}/attempts/1/start", f"/requests/{hidden}/attempts/2/start"):
        answer = service.call("otherlab", "POST", path, json={"call_id": "start-001"})
        assert (answer.status_code, answer.json()["detail"]) == (404, f"there is no request {hidden}")
    answer = service.call("otherlab", "POST", "/claims", json={"claim_id": "claim-02", "boards": [], "request": hidden})
    assert answer.json()["detail"] == f"there is no request {hidden}"


def test_a_package_is_there_for_who_brought_it_and_who_sees_a_request_with_it(service: Service) -> None:
    content = b"a secret test"
    digest = hashlib.sha256(content).hexdigest()
    service.ok("ann", "PUT", f"/packages/{digest}", 201, content=content)
    service.ok("ann", "PUT", f"/packages/{digest}", 200, content=content)
    put(service, "ann", private=True, package=digest)
    for who, status in (("ann", 200), ("demolab", 200), ("tim", 200), ("otherlab", 404)):
        assert service.call(who, "GET", f"/packages/{digest}").status_code == status, who
    service.secrets["eve"] = _maintainer_of_otherlab(service)
    wanted = {"call_id": "call-eve-1", "selector": "demolab:qemu", "test": "Functional.x", "package": digest}
    assert service.call("eve", "POST", "/requests", json=wanted).json()["code"] == "unknown-package"
    service.ok("eve", "PUT", f"/packages/{digest}", 201, content=content)  # as if nobody had it
    service.ok("eve", "POST", "/requests", 201, json=wanted)


def _maintainer_of_otherlab(service: Service) -> str:
    from fuego_jenkins_remote.hub import admin

    return admin.add_user(service.engine, "eve", teams=["otherlab:maintainer"])
