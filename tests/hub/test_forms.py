"""Forms of the pages do what the API's calls do, for who may do it, once, and only from the hub's own pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from fuego_jenkins_remote.hub import admin, standing
from fuego_jenkins_remote.network.states import State
from hub_apps import make_app

from .conftest import World, lab


@dataclass
class Reader:
    """Somebody who has signed in."""

    client: TestClient

    def page(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    def send(self, page: str, path: str, csrf: str | None = None, **fields: str) -> Any:
        """Send a form of a page."""
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.page(page))
        token = csrf if csrf is not None else found[1] if found else ""
        return self.client.post(path, data={"csrf": token, **fields}, follow_redirects=False)


@pytest.fixture
def readers(world: World) -> dict[str, Reader]:
    """ann of annslab, bob who is a maintainer there, tim of the lab demolab, eva of nothing in particular."""
    world.add_lab("demolab", "qemu", "kvm")
    for name, team in (("ann", "annslab"), ("bob", "annslab:maintainer"), ("tim", "demolab:admin"), ("eva", "evas")):
        world.add_user(name, team)
    app = make_app(world.hub.engine, world.hub.data_dir, clock=world.clock)
    found = {}
    for name in ("ann", "bob", "tim", "eva"):
        client = TestClient(app, headers={"accept": "text/html"})
        client.post("/sign-in", data={"token": admin.add_token(world.hub.engine, name), "next": "/labs"})
        found[name] = Reader(client)
    return found


def caller(world: World, name: str) -> Any:
    from fuego_jenkins_remote.hub.statements import people

    with world.hub.reading() as conn:
        return people.caller(conn, name)


def held(world: World) -> str:
    """A request of ann's that waits for the people of demolab."""
    request = world.put(caller(world, "ann"), "demolab:qemu")
    which = world.claim("demolab", "qemu")
    assert which
    world.give_back("demolab", which, "people are asked", approval="requested")
    return request.id


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_a_request_is_called_off_by_its_requester_and_the_keepers_of_the_team(
    world: World, readers: dict[str, Reader], who: str
) -> None:
    request = world.put(caller(world, "ann"), "demolab:qemu").id
    path = f"/requests/{request}"
    answer = readers[who].send(path, f"{path}/cancel", reason="not <needed>")
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert world.get(request).state is State.CANCELLED
    assert "not &lt;needed&gt;" in readers["ann"].page(path)


def test_who_may_not_call_it_off_sees_no_form_and_is_refused_in_words(world: World, readers: dict[str, Reader]) -> None:
    request = world.put(caller(world, "ann"), "demolab:qemu").id
    path = f"/requests/{request}"
    assert f"{path}/cancel" not in readers["eva"].page(path)
    mine = world.put(caller(world, "eva"), "demolab:qemu").id
    answer = readers["eva"].send(f"/requests/{mine}", f"{path}/cancel")
    assert answer.status_code == 403
    assert "only ann, who put it" in answer.text
    assert world.get(request).state is State.PENDING


@pytest.mark.parametrize("csrf", ["", "0" * 64])
def test_a_form_that_is_not_of_this_sign_in_does_nothing(world: World, readers: dict[str, Reader], csrf: str) -> None:
    request = world.put(caller(world, "ann"), "demolab:qemu").id
    path = f"/requests/{request}"
    assert readers["ann"].send(path, f"{path}/cancel", csrf=csrf).status_code == 403
    elsewhere = readers["ann"].client.post(f"{path}/cancel", headers={"sec-fetch-site": "cross-site"})
    assert elsewhere.status_code == 403
    assert world.get(request).state is State.PENDING


def test_a_form_that_is_sent_twice_does_it_once(world: World, readers: dict[str, Reader]) -> None:
    request = world.put(caller(world, "ann"), "demolab:qemu").id
    path = f"/requests/{request}"
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', readers["ann"].page(path))
    assert token
    for _ in range(2):
        answer = readers["ann"].client.post(f"{path}/cancel", data={"csrf": token[1]}, follow_redirects=False)
        assert answer.status_code == 303
    assert [new for _, new in world.history(request)] == ["pending", "cancelled"]


def test_what_comes_too_late_is_said_on_the_requests_page(world: World, readers: dict[str, Reader]) -> None:
    request = world.put(caller(world, "ann"), "demolab:qemu").id
    path = f"/requests/{request}"
    readers["bob"].send(path, f"{path}/cancel")
    other = world.put(caller(world, "ann"), "demolab:qemu").id
    answer = readers["ann"].send(f"/requests/{other}", f"{path}/cancel")
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert "too late" in answer.text
    assert "What happened" in answer.text


def test_a_labs_people_approve_from_the_page(world: World, readers: dict[str, Reader]) -> None:
    request = held(world)
    path = f"/requests/{request}"
    assert f"{path}/answer/demolab" not in readers["ann"].page(path)
    assert readers["tim"].send(path, f"{path}/answer/demolab", answer="approved").status_code == 303
    approval = world.get(request).approval("demolab")
    assert approval
    assert (approval.answer, approval.by) == ("approved", "tim")


def test_a_labs_people_reject_with_a_reason(world: World, readers: dict[str, Reader]) -> None:
    request = held(world)
    path = f"/requests/{request}"
    readers["tim"].send(path, f"{path}/answer/demolab", answer="rejected", reason="not today")
    assert world.get(request).state is State.REJECTED
    assert "not today" in readers["ann"].page(path)


def test_a_labs_people_allow_for_good(world: World, readers: dict[str, Reader]) -> None:
    request = held(world)
    path = f"/requests/{request}"
    readers["tim"].send(path, f"{path}/answer/demolab", answer="approved", always="on")
    with world.hub.reading() as conn:
        [given] = standing.listed(conn, lab("demolab"))
    assert (given.user, given.test, given.by) == ("ann", "Functional.hello", "tim")


def test_nobody_answers_for_a_lab_that_is_not_theirs(world: World, readers: dict[str, Reader]) -> None:
    request = held(world)
    path = f"/requests/{request}"
    answer = readers["ann"].send(path, f"{path}/answer/demolab", answer="approved")
    assert answer.status_code == 403
    assert "only maintainers of the team demolab" in answer.text


def test_a_board_is_taken_out_with_a_reason_and_given_back(world: World, readers: dict[str, Reader]) -> None:
    path = "/boards/demolab/qemu"
    assert "Take it out" not in readers["ann"].page(path)
    empty = readers["tim"].send(path, f"{path}/maintenance", out="1", reason=" ")
    assert (empty.status_code, "say why" in empty.text) == (422, True)
    assert readers["tim"].send(path, f"{path}/maintenance", out="1", reason="new SD card").status_code == 303
    assert "in maintenance by tim: new SD card" in readers["ann"].page(path)
    readers["tim"].send(path, f"{path}/maintenance")
    assert "in maintenance by" not in readers["ann"].page(path)


def test_what_no_reason_may_have_in_it_is_said(world: World, readers: dict[str, Reader]) -> None:
    path = "/boards/demolab/qemu"
    answer = readers["tim"].send(path, f"{path}/maintenance", out="1", reason="bell \x07")
    assert answer.status_code == 422
    assert "cannot be printed" in answer.text


def test_a_campaign_is_called_off_and_put_again(world: World, readers: dict[str, Reader]) -> None:
    campaign = world.put_all(caller(world, "ann"), "arch=x86_64", count="each")[0].campaign
    path = f"/campaigns/{campaign}"
    assert f"{path}/rerun" not in readers["ann"].page(path)
    world.error("demolab", world.running("demolab", "qemu"))
    assert readers["ann"].send(path, f"{path}/rerun", version="0").status_code == 303
    page = readers["ann"].page(path)
    assert "0 of 2 have ended" in page
    assert f"{path}/cancel" not in readers["eva"].page(path)
    assert readers["bob"].send(path, f"{path}/cancel", version="1").status_code == 303
    assert "2 of 2 have ended" in readers["ann"].page(path)
    late = readers["ann"].send(path, f"{path}/cancel", version="1")
    assert late.status_code in (403, 409)


def test_nothing_is_changed_by_opening_a_page(world: World, readers: dict[str, Reader]) -> None:
    request = world.put(caller(world, "ann"), "demolab:qemu").id
    answer = readers["ann"].client.get(f"/requests/{request}/cancel", follow_redirects=False)
    assert answer.status_code in (404, 405)
    assert world.get(request).state is State.PENDING


def test_what_was_allowed_for_good_stands_on_the_labs_page_and_is_taken_back_there(
    world: World, readers: dict[str, Reader]
) -> None:
    request = held(world)
    readers["tim"].send(f"/requests/{request}", f"/requests/{request}/answer/demolab", answer="approved", always="on")
    page = readers["tim"].page("/labs/demolab")
    found = re.search(r"/labs/demolab/allowed/(a-[a-z2-7]+)/remove", page)
    assert found
    assert "Functional.hello of ann" in page
    assert "Allowed for good" not in readers["ann"].page("/labs/demolab")
    assert readers["tim"].send("/labs/demolab", found[0]).status_code == 303
    assert found[1] not in readers["tim"].page("/labs/demolab")


def test_subscriptions_are_shown_and_taken_back(world: World, readers: dict[str, Reader]) -> None:
    from fuego_jenkins_remote.hub.notices import subscriptions

    wanted = subscriptions.Wanted(call_id="call-000001", events=["failed"], to="https://ci.example.org/secret-path")
    with world.hub.change() as change:
        made = subscriptions.subscribe(change, caller(world, "ann"), wanted)
    page = readers["ann"].page("/notices")
    assert made.id in page
    assert "secret-path" not in page
    assert made.channel.secret not in page
    assert made.id not in readers["eva"].page("/notices")
    assert readers["eva"].send("/notices", f"/notices/{made.id}/remove").status_code == 404
    assert readers["ann"].send("/notices", f"/notices/{made.id}/remove").status_code == 303
    assert "You have none" in readers["ann"].page("/notices")


def test_the_usual_notices_are_switched_off_and_on(readers: dict[str, Reader]) -> None:
    assert "Switch it off" in readers["ann"].page("/notices")
    readers["ann"].send("/notices", "/notices/usual", on="no")
    assert "You have switched it off" in readers["ann"].page("/notices")
    readers["ann"].send("/notices", "/notices/usual", on="yes")
    assert "Switch it off" in readers["ann"].page("/notices")
