"""No page tells somebody of a private request who may not see it: not its name, not its id, not that it counts."""

from __future__ import annotations

import re

import pytest

from .conftest import World
from .test_forms import Reader, caller, readers

assert readers, "a fixture"

PLACES = [
    "/",
    "/boards",
    "/boards?selector=demolab:qemu",
    "/boards/demolab/qemu",
    "/boards/demolab/kvm",
    "/requests",
    "/requests?test=Functional.secret",
    "/requests?requester=ann",
    "/requests?state=pending",
    "/requests?host=demolab",
    "/campaigns",
    "/labs",
    "/labs/demolab",
    "/tests",
    "/teams",
    "/teams/annslab",
]


def plain(page: str) -> str:
    """A page without what is new each time it is made."""
    return re.sub(r'(datetime|data-now|title)="[^"]*"|\d\d:\d\d:\d\d|value="[0-9a-f]{64}"', "", page)


@pytest.mark.parametrize("stage", ["pending", "done"])
def test_every_page_is_the_same_as_if_it_were_not_there(world: World, readers: dict[str, Reader], stage: str) -> None:
    before = {path: plain(readers["eva"].page(path)) for path in PLACES}
    request = world.put(caller(world, "ann"), "demolab:qemu", test="Functional.secret", private=True)
    if stage == "done":
        which = world.running("demolab", "qemu")
        world.tested("demolab", which)
        world.done("demolab", which)
    assert {path: plain(readers["eva"].page(path)) for path in PLACES} == before
    assert [path for path in PLACES if request.id in before[path]] == []


def test_of_what_runs_one_sees_that_the_board_is_busy_and_no_more(world: World, readers: dict[str, Reader]) -> None:
    request = world.put(caller(world, "ann"), "demolab:qemu", test="Functional.secret", private=True)
    world.running("demolab", "qemu")
    page = readers["eva"].page("/boards/demolab/qemu")
    assert "a private request" in page
    for path in PLACES:
        page = readers["eva"].page(path)
        assert request.id not in page
        assert "Functional.secret" not in page.replace('value="Functional.secret"', "")
    assert request.id in readers["bob"].page("/boards/demolab/qemu")
    assert request.id in readers["tim"].page("/boards/demolab/qemu"), "the lab's people know what they run"


@pytest.mark.parametrize("tail", ["", "/events"])
def test_its_own_addresses_are_those_of_nothing(world: World, readers: dict[str, Reader], tail: str) -> None:
    request = world.put(caller(world, "ann"), "demolab:qemu", private=True).id
    other = request[:-1] + ("a" if request[-1] != "a" else "b")
    answers = [readers["eva"].client.get(f"/requests/{one}{tail}") for one in (request, other)]
    assert [one.status_code for one in answers] == [404, 404]
    assert plain(answers[0].text).replace(request, "ID") == plain(answers[1].text).replace(other, "ID")


def test_its_forms_are_those_of_nothing(world: World, readers: dict[str, Reader]) -> None:
    request = world.put(caller(world, "ann"), "demolab:qemu", private=True).id
    mine = world.put(caller(world, "eva"), "demolab:qemu").id
    for form in ("cancel", "answer/demolab"):
        status = readers["eva"].send(f"/requests/{mine}", f"/requests/{request}/{form}").status_code
        assert status in (403, 404)
    assert readers["eva"].send(f"/requests/{mine}", f"/requests/{request}/cancel").status_code == 404
