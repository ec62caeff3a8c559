"""The pages say what happens, escape what others sent, and cannot be used to change anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from fuego_jenkins_remote.hub import admin, records
from hub_apps import make_app

from .conftest import World, open_world
from .populated import COMMIT, populate


@pytest.fixture(scope="module")
def populated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, dict[str, str]]]:
    world = open_world(tmp_path_factory.mktemp("pages") / "hub")
    yield world, populate(world)
    world.hub.engine.dispose()


@pytest.fixture(scope="module")
def client(populated: tuple[World, dict[str, str]]) -> TestClient:
    world = populated[0]
    # Without its lifespan: nothing is swept or sent while we look.
    app = make_app(world.hub.engine, world.hub.data_dir, public=True, clock=world.clock)
    return TestClient(app, headers={"accept": "text/html"})


@pytest.fixture(scope="module")
def ids(populated: tuple[World, dict[str, str]]) -> dict[str, str]:
    return populated[1]


@pytest.mark.parametrize("path", ["/", "/boards", "/boards/timslab/bbb", "/requests", "/labs", "/labs/timslab"])
def test_a_page_is_there(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "timslab" in answer.text


@pytest.mark.parametrize(
    ("which", "told"),
    [
        ("done", "It ran on timslab:bbb: PASS."),
        ("error", "It could not be run:"),
        ("held", "It waits for the people of timslab (asked "),
        ("rejected", "No lab runs it: timslab: not on this board, bitte"),
        ("cancelled", "It was called off: not needed any more"),
        ("running", "It runs on timslab:bbb."),
        ("assigned", "Waiting for next available executor on &#39;qemu&#39;"),
        ("pending", "and all are busy."),
    ],
)
def test_a_request_page_says_what_happens(client: TestClient, ids: dict[str, str], which: str, told: str) -> None:
    assert told in client.get(f"/requests/{ids[which]}").text


def test_a_held_request_shows_the_command_of_its_approval(client: TestClient, ids: dict[str, str]) -> None:
    assert f"ftc approve-request {ids['held']}" in client.get(f"/requests/{ids['held']}").text


def test_a_request_page_says_which_commit_of_git_it_is_and_what_is_not_as_usual(
    client: TestClient, ids: dict[str, str]
) -> None:
    page = client.get(f"/requests/{ids['held']}").text
    assert f'<dt>Commit</dt><dd class="mono hash">{COMMIT}</dd>' in page
    assert "reboot: the board is rebooted first" in page
    assert "no postcleanup: the test&#39;s files stay on the board afterwards" in page
    assert "no precleanup" not in page


def test_a_request_page_says_of_a_test_from_git_that_nobody_has_said_the_commit(
    populated: tuple[World, dict[str, str]], client: TestClient
) -> None:
    world, _ = populated
    git = records.GitSource(url="https://git.example/t.git", ref="<b>")  # as no call may say it
    request = world.put(world.add_user("eve", "annslab"), "demolab:qemu", git=git)
    page = client.get(f"/requests/{request.id}").text
    assert "none was said: it is what &lt;b&gt; is when the test starts" in page


def test_who_answers_reads_the_commit_above_the_buttons(populated: tuple[World, dict[str, str]]) -> None:
    world, ids = populated
    browser = TestClient(make_app(world.hub.engine, world.hub.data_dir, clock=world.clock))
    browser.post("/sign-in", data={"token": admin.add_token(world.hub.engine, "tim")})
    page = browser.get(f"/requests/{ids['held']}").text
    assert page.index('aria-label="Answer for timslab"') < page.index(f"at the commit {COMMIT}.")
    assert page.index(f"at the commit {COMMIT}. Asked for besides: reboot") < page.index("Approve for timslab")


def test_what_a_lab_sent_is_escaped(client: TestClient, ids: dict[str, str]) -> None:
    page = client.get(f"/requests/{ids['running']}").text
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_page_of_what_goes_on_is_loaded_again_and_one_of_what_ended_is_not(
    client: TestClient, ids: dict[str, str]
) -> None:
    reload = '<noscript><meta http-equiv="refresh" content="{}"></noscript>'.format
    assert reload(15) in client.get(f"/requests/{ids['pending']}").text
    assert reload(3) in client.get(f"/requests/{ids['running']}").text
    assert "refresh" not in client.get(f"/requests/{ids['done']}").text


def test_a_page_that_moves_can_be_told_to_stand_still(client: TestClient, ids: dict[str, str]) -> None:
    path = f"/requests/{ids['running']}"
    assert f'href="{path}?still=1"' in client.get(path).text
    still = client.get(f"{path}?still=1")
    assert "refresh" not in still.text
    assert "data-events" not in still.text
    assert f'href="{path}"' in still.text


def test_pages_show_what_is_the_matter_with_a_board_and_how_it_comes_back(client: TestClient) -> None:
    board = client.get("/boards/timslab/worn").text
    for page in (board, client.get("/boards").text):
        assert '<span class="badge bad">broken</span>' in page
        assert "broken since" in page
        assert "no answer on &lt;b&gt;ttyUSB0&lt;/b&gt;" in page
    assert "ftc lab check-board -b worn" in board


def test_boards_are_narrowed_by_a_selector(client: TestClient) -> None:
    page = client.get("/boards", params={"selector": "label=kvm"}).text
    assert "/boards/demolab/qemu" in page
    assert "/boards/timslab/bbb" not in page


def test_a_bad_selector_is_shown_with_its_place(client: TestClient) -> None:
    answer = client.get("/boards", params={"selector": "arch="})
    assert answer.status_code == 200
    assert "^" in answer.text


def test_requests_are_narrowed_by_state(client: TestClient, ids: dict[str, str]) -> None:
    page = client.get("/requests", params={"state": "done", "host": ""}).text
    assert ids["done"] in page
    assert ids["error"] not in page


def test_an_unknown_request_is_a_page_too(client: TestClient) -> None:
    answer = client.get("/requests/20261123-101500123-aaaaaaaa")
    assert answer.status_code == 404
    assert "there is no request" in answer.text


def test_without_a_token_a_browser_is_sent_to_sign_in(tmp_path: Path) -> None:
    admin.init_data(tmp_path / "hub")
    engine = admin.open_data(tmp_path / "hub")
    client = TestClient(make_app(engine, tmp_path / "hub"), headers={"accept": "text/html"}, follow_redirects=False)
    answer = client.get("/requests")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Frequests")
    engine.dispose()


def test_the_admin_of_a_lab_sees_what_waits_for_an_answer(populated: tuple[World, dict[str, str]]) -> None:
    world, ids = populated
    secret = admin.add_token(world.hub.engine, "tim")
    app = make_app(world.hub.engine, world.hub.data_dir, clock=world.clock)
    browser = TestClient(app)
    page = browser.post("/sign-in", data={"token": secret}).text
    assert "Waiting for your approval" in page
    assert f"/requests/{ids['held']}" in page


def test_a_waiting_request_says_where_it_stands_on_each_board(client: TestClient, ids: dict[str, str]) -> None:
    page = client.get(f"/requests/{ids['pending']}").text
    assert "Where it stands" in page
    assert "next, when what runs there has ended" in page or "1 request of ann" in page
    assert "Where it stands" not in client.get(f"/requests/{ids['done']}").text


def test_a_board_shows_what_waits_for_it(client: TestClient) -> None:
    page = client.get("/boards/demolab/qemu").text
    assert 'id="line">Waiting for it' in page
    assert page.index('id="line"') < page.index("Functional.hello") < page.index("Lately on this board")
