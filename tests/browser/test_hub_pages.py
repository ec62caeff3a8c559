"""The hub's pages in a real browser: they load without a complaint, in light and dark, wide and narrow."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from fuego_jenkins_remote.hub import admin
from fuego_jenkins_remote.hub.app import make_app
from fuego_jenkins_remote.network.identities import AttemptId

from ..hub.conftest import World, open_world
from ..hub.populated import populate

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here (apt-get install chromium)"),
]


@dataclass(frozen=True)
class Served:
    url: str
    secret: str
    ids: dict[str, str]
    world: World

    def say(self, log: str) -> None:
        """The lab of the running request sends the end of its log."""
        self.world.heartbeat("timslab", AttemptId(self.ids["running"], 1), log_tail=log)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    world = open_world(tmp_path_factory.mktemp("hub") / "hub")
    ids = populate(world)
    secret = admin.add_token(world.hub.engine, "tim")
    # Its clock stands still, or what runs would be lost before anybody has looked at it.
    app = make_app(world.hub.engine, world.hub.data_dir, clock=world.clock, send=lambda *_: True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield Served(url=f"http://127.0.0.1:{listener.getsockname()[1]}", secret=secret, ids=ids, world=world)
        server.should_exit = True
        thread.join(timeout=20)
    world.hub.engine.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=["light-wide", "dark-wide", "light-narrow"])
def page(request: pytest.FixtureRequest, browser: Any, served: Served) -> Iterator[Any]:
    """A page of somebody who has signed in; what the console complains about is a failure."""
    scheme, _, width = request.param.partition("-")
    size = {"width": 1280 if width == "wide" else 390, "height": 850}
    context = browser.new_context(color_scheme=scheme, viewport=size)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda told: complaints.append(told.text) if told.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("response", lambda answer: complaints.append(answer.url) if answer.status >= 400 else None)
    page.goto(f"{served.url}/boards")
    page.fill("input[name=token]", served.secret)
    page.click("main button")
    page.wait_for_selector("table")
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def looks_well(page: Any, request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Call it with a name: leaves a picture, and checks that nothing sticks out to the side."""

    def look(name: str) -> None:
        page.screenshot(path=tmp_path / f"{name}-{request.node.callspec.id}.png", full_page=True)
        script = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        assert page.evaluate(script), f"{name} is wider than the screen"

    return look


def test_the_overview_shows_what_goes_on(page: Any, served: Served, looks_well: Any) -> None:
    page.goto(served.url)
    assert page.title() == "Overview · Fuego hub"
    assert page.locator("h2").all_inner_texts() == [
        "Waiting for your approval",
        "On boards now",
        "Boards",
        "Newest requests",
    ]
    looks_well("overview")


def test_boards_are_found_by_a_selector(page: Any, looks_well: Any) -> None:
    assert page.locator("tbody tr").count() == 6
    looks_well("boards")
    page.fill("#selector", "label=usb-gadget")
    page.click("form.filters button")
    page.wait_for_url("**selector=**")
    assert page.locator("tbody tr").count() == 1
    page.click("tbody th a")
    assert page.inner_text("h1") == "bbb"
    looks_well("board")


def test_requests_are_found_by_their_state(page: Any, served: Served, looks_well: Any) -> None:
    page.click("nav >> text=Requests")
    looks_well("requests")
    page.select_option("#state", "running")
    page.click("form.filters button")
    page.wait_for_url("**state=running**")
    assert page.locator("tbody tr").count() == 1
    page.click("tbody th a")
    assert page.inner_text("h1") == "Functional.größe"


@pytest.mark.parametrize("which", ["done", "error", "held", "running", "pending"])
def test_a_request_is_shown(page: Any, served: Served, looks_well: Any, which: str) -> None:
    page.goto(f"{served.url}/requests/{served.ids[which]}")
    assert page.locator("[role=status]").is_visible()
    assert page.locator(".timeline li").count() > 0
    looks_well(f"request-{which}")


def test_a_request_moves_while_its_test_runs(page: Any, served: Served, looks_well: Any) -> None:
    page.goto(f"{served.url}/requests/{served.ids['running']}")
    page.evaluate("window.scrollTo(0, 200)")
    place = page.evaluate("window.scrollY")
    served.say("".join(f"[{number}] cc -c file{number}.c\n" for number in range(200)))
    page.locator(".log-end", has_text="[199]").wait_for(timeout=15000)
    end = page.locator(".log-end")
    assert end.evaluate("box => box.scrollHeight > box.clientHeight"), "so short a log shows nothing"
    assert end.evaluate("box => box.scrollTop") == 0, "it is the end that is to be seen"
    assert page.evaluate("window.scrollY") == place, "the page is to stay where its reader is"
    looks_well("request-moves")
    page.click("text=Let it stand still")
    page.wait_for_url("**still=1")
    assert page.locator("text=Let it move").is_visible()


def test_a_broken_board_says_why_and_how_it_comes_back(page: Any, served: Served, looks_well: Any) -> None:
    page.goto(f"{served.url}/boards/timslab/worn")
    assert page.locator(".badge.bad").inner_text() == "broken"
    assert page.locator("text=ftc lab check-board -b worn").is_visible()
    looks_well("board-broken")
