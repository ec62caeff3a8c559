"""A run of a private request is there for its lab, its team with all readers in it, and its requester; for nobody else.

Every GET route of vision is asked, with everything there is to ask for, by people who may not see: no answer, with its
head, holds a word of the run, and where a call names something of it, its answer is as for what never was. A new route
is covered as soon as it is there: if it takes something that is not known here, that is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from app_routes import routes_of
from fuego_jenkins_remote.vision import admin
from fuego_jenkins_remote.vision.app import make_app

LOCAL = "20261123-101500123-zqrun222.1"
KEY = f"demolab/{LOCAL}"
CAMPAIGN = "c-20261123-101500123-zqcampgn"
PRIVATE = {
    "private": True,
    "team": "annslab",
    "requester": "ann",
    "board": "zqboard",
    "test_spec": "zqspec",
    "kernel_version": "zqkernel",
    "campaign": CAMPAIGN,
    "timestamp": "2026-11-23T11:00:00+0000",
}
WORDS = ("zqtest", "zqcase", "zqboard", "zqspec", "zqkernel", "zqfile", "zqlog", "zqrun222", "zqcampgn", "annslab")
"""What only the private run says."""

SEES = {"read annslab", "read ann", "read demolab", "read carl others annslab", "submit demolab", "submit *"}
SEES_NOT = {"nobody", "read bob", "read dora others", "read *", "submit otherlab"}
"""The kind of a token, its owner, and for readers the teams that they are in."""


class Place:
    """A public vision with a private run among public ones, and who may ask it."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.app = make_app(world.engine, world.data_dir, public=True, clock=lambda: world.now)
        self.client = TestClient(self.app, follow_redirects=False)
        self.headers: dict[str, dict[str, str]] = {"nobody": {}}
        for who in (SEES | SEES_NOT) - {"nobody"}:
            kind, owner, *teams = who.split()
            token = admin.add_token(world.engine, owner, kind=kind, teams=teams)
            self.headers[who] = {"Authorization": f"Bearer {token}"}
        for number in range(3):
            metadata = {"timestamp": f"2026-11-23T1{number}:30:00+0000"}
            assert (
                world.put(f"demolab/public-{number}", world.pack(world.run_json(metadata=metadata))).status_code == 201
            )
        cases = [{"name": "zqcase", "status": "PASS"}, {"name": "Dhrystone", "status": "PASS"}]
        run = world.run_json(
            name="Functional.zqtest", metadata=PRIVATE, test_sets=[{"name": "default", "test_cases": cases}]
        )
        files = {"testlog.txt": b"zqlog says hello\n", "zqfile.txt": b"zqlog"}
        assert world.put(KEY, world.pack(run, files)).status_code == 201

    def get(self, who: str, target: str) -> str:
        """Status, head and body, without what differs from call to call."""
        accept = {"Accept": "*/*" if target.startswith("/api") else "text/html"}
        answer = self.client.get(target, headers={**self.headers[who], **accept})
        head = [f"{name}: {value}" for name, value in answer.headers.items() if name not in {"x-request-id", "etag"}]
        text = "\n".join([str(answer.status_code), *head, answer.text])
        return re.sub(r"\d\d:\d\d:\d\d\.\d+", "TIME", re.sub(r"\b[0-9a-f]{24}\b", "CALL", text))

    def targets(self) -> Iterator[str]:
        """Everything that can be asked for."""
        for route in routes_of(self.app):
            if "GET" not in route.methods:
                continue
            paths = list(route.filled(PATHS))
            yield from paths
            names = sorted(route.query_names())
            unknown = [name for name in names if name not in QUERIES]
            assert not unknown, f"{route.path} takes {unknown}: say in this test what can be asked for by it"
            for name in names:
                yield from (f"{paths[0]}?{urlencode({name: value})}" for value in QUERIES[name])
            if "case" in names:
                yield from (f"{paths[0]}?{urlencode(query)}" for query in HISTORIES)


PATHS: Mapping[str, list[str]] = {
    "host": ["demolab", "otherlab"],
    "local": ["public-0", LOCAL],
    "name": ["run.json", "testlog.txt", "zqfile.txt"],
}
QUERIES: Mapping[str, list[str]] = {
    "test": ["Functional.zqtest", "zqtest", "Dhrystone"],
    "host": ["demolab"],
    "board": ["zqboard", "demolab:zqboard", "bbb"],
    "spec": ["zqspec", "default"],
    "status": ["PASS", "FAIL"],
    "request": ["20261123-101500123-zqrun222"],
    "campaign": [CAMPAIGN],
    "since": ["2026-11-23T10:59:00+00:00"],
    "before": ["20261123T113000000000-9", "20261123T105900000000-9"],
    "limit": ["1", "2"],
    "case": ["zqcase"],
    "set": ["default"],
    "next": ["/"],
}
HISTORIES = [{"test": "Functional.zqtest", "case": one} for one in ("zqcase", "Dhrystone")] + [
    {"test": "Benchmark.Dhrystone", "case": "Dhrystone"}
]


def _never(target: str) -> str:
    """The same call for what never was."""
    return target.replace("zqrun222", "nevernev").replace("zqcampgn", "nevernev").replace("zq", "yy")


@pytest.fixture
def place(world: Any) -> Place:
    return Place(world)


@pytest.mark.slow
def test_no_answer_shows_it_to_who_may_not_see_it(place: Place) -> None:
    targets = list(place.targets())
    assert sum("zq" in target for target in targets) > 20
    for who, target in product(sorted(SEES_NOT), targets):
        answer = place.get(who, target)
        if "zq" in target:
            assert _never(answer) == place.get(who, _never(target)), f"{who}: {target}"
        else:
            shown = [word for word in WORDS if word in answer]
            assert not shown, f"{who}: {target} shows {shown}"


@pytest.mark.slow
@pytest.mark.parametrize("who", sorted(SEES))
def test_who_may_see_it_sees_all_of_it(place: Place, who: str) -> None:
    shown = {word for target in place.targets() for word in WORDS if word in place.get(who, target)}
    assert shown == set(WORDS)


def test_without_a_token_a_public_vision_has_no_such_run(place: Place) -> None:
    for path in ("/runs", "/api/v1/runs"):
        assert not [word for word in WORDS if word in place.get("nobody", path)]
        assert place.get("nobody", f"{path}/{KEY}").startswith("404")


def test_a_page_of_a_list_is_full_of_what_one_sees(place: Place) -> None:
    first = place.client.get("/api/v1/runs", params={"limit": 2}).json()
    rest = place.client.get("/api/v1/runs", params={"limit": 2, "before": first["before"]}).json()
    assert [len(one["runs"]) for one in (first, rest)] == [2, 1]


def test_a_browser_that_is_signed_in_sees_what_its_token_sees(place: Place) -> None:
    for who, status in (("read bob", 404), ("read ann", 200)):
        token = place.headers[who]["Authorization"].removeprefix("Bearer ")
        browser = TestClient(place.app, follow_redirects=False)
        assert browser.post("/sign-in", data={"token": token}).status_code == 303
        assert browser.get(f"/runs/{KEY}").status_code == status


def test_who_sees_it_is_told_that_it_is_private(place: Place) -> None:
    ann = place.headers["read ann"]
    said = {run["key"]: run["private"] for run in place.client.get("/api/v1/runs", headers=ann).json()["runs"]}
    assert said.pop(KEY)
    assert not any(said.values())
    assert '<span class="soft">private</span>' in place.get("read ann", f"/runs/{KEY}")
    assert '<span class="soft">private</span>' not in place.get("read ann", "/runs/demolab/public-0")


def test_a_name_that_only_a_private_run_has_makes_a_short_one_no_riddle(place: Place) -> None:
    world = place.world
    world.put("demolab/also-private", world.pack(world.run_json(name="Functional.Dhrystone", metadata=PRIVATE)))
    asked = "/api/v1/runs?test=Dhrystone"
    assert place.get("nobody", asked).startswith("200")
    assert "may be Benchmark.Dhrystone or Functional.Dhrystone" in place.get("read ann", asked)


@pytest.mark.parametrize("said", [True, "true", "True", 1, "yes", {"team": "annslab"}])
def test_what_is_no_plain_no_is_taken_for_private(world: Any, said: Any) -> None:
    world.put(KEY, world.pack(world.run_json(metadata={"private": said})))
    assert world.get(f"/api/v1/runs/{KEY}").status_code == 404


@pytest.mark.parametrize("metadata", [{}, {"private": False}, {"private": "false"}, {"private": None}, {"private": ""}])
def test_a_run_that_does_not_say_so_is_seen_as_ever(world: Any, metadata: Mapping[str, Any]) -> None:
    """Such are those of labs of an earlier version, whatever else they say."""
    said = {"team": "annslab", "requester": "ann", **metadata}
    world.put(KEY, world.pack(world.run_json(metadata=said)))
    assert world.get(f"/api/v1/runs/{KEY}").status_code == 200


def test_the_same_run_again_is_taken_as_ever_and_another_one_is_not(place: Place) -> None:
    world = place.world
    package = world.client.get(f"/api/v1/runs/{KEY}/package", headers=world.lab).content
    assert world.put(KEY, package).status_code == 200
    assert world.put(KEY, world.pack(world.run_json())).status_code == 409
    assert world.put(KEY, package, headers=place.headers["submit otherlab"]).status_code == 403
