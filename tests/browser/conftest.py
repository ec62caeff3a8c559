"""A real browser, and a hub in which something goes on, for all tests of the hub's pages."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from fuego_jenkins_remote.hub import admin
from fuego_jenkins_remote.network.identities import AttemptId
from hub_apps import make_app

from ..hub.conftest import World, open_world
from ..hub.populated import populate

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.skipif(CHROMIUM is None, reason="no chromium here (apt-get install chromium)"))


@dataclass(frozen=True)
class Served:
    """A hub that answers, as tim of timslab sees it."""

    url: str
    secret: str
    ids: dict[str, str]
    world: World

    def say(self, log: str) -> None:
        """The lab of the running request sends the end of its log."""
        self.world.heartbeat("timslab", AttemptId(self.ids["running"], 1), log_tail=log)


@contextmanager
def answering(app: FastAPI) -> Iterator[str]:
    """Serve an app; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=30)


@contextmanager
def serving(world: World, ids: dict[str, str], secret: str) -> Iterator[Served]:
    """Serve a world. Its clock stands still, or what runs would be lost before anybody has looked at it."""
    app = make_app(world.hub.engine, world.hub.data_dir, clock=world.clock, send=lambda *_: True)
    # What the tests do to the world by itself wakes those who wait at the service.
    world.hub.waiters = app.state.hub.waiters
    world.hub.news = app.state.hub.news
    world.hub.streams = app.state.hub.streams
    with answering(app) as url:
        yield Served(url=url, secret=secret, ids=ids, world=world)
        app.state.hub.waiters.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    world = open_world(tmp_path_factory.mktemp("hub") / "hub")
    ids = populate(world)
    with serving(world, ids, admin.add_token(world.hub.engine, "tim")) as made:
        yield made
    world.hub.engine.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    playwright.expect.set_options(timeout=90_000)
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Reader:
    """Somebody with a browser; what its console complains about is a failure."""

    page: Any
    served: Served
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> Any:
        self.page.goto(f"{self.served.url}{path}")
        return self.page

    def sign_in(self) -> None:
        self.go("/sign-in")
        self.page.fill("input[name=token]", self.served.secret)
        self.page.click("main button")
        self.page.wait_for_selector("h1:not(form *)")

    def fits(self) -> bool:
        """Whether nothing sticks out to the side."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


Open = Callable[..., Reader]


@pytest.fixture
def open_page(browser: Any, served: Served) -> Iterator[Open]:
    """Open a window as tim: `width`, and what else Playwright knows (color_scheme, java_script_enabled)."""
    readers: list[Reader] = []

    def open_one(*, width: int = 1280, **how: Any) -> Reader:
        context = browser.new_context(viewport={"width": width, "height": 850}, **how)
        context.set_default_timeout(90_000)
        reader = Reader(page=context.new_page(), served=served)
        told = reader.complaints
        reader.page.on("console", lambda said: told.append(said.text) if said.type in ("error", "warning") else None)
        reader.page.on("pageerror", lambda error: told.append(str(error)))
        reader.page.on("response", lambda answer: told.append(answer.url) if answer.status >= 400 else None)
        readers.append(reader)
        reader.sign_in()
        return reader

    yield open_one
    for reader in readers:
        reader.page.context.close()
        assert reader.complaints == []


@pytest.fixture(params=["light-wide", "dark-wide", "light-narrow"])
def reader(request: pytest.FixtureRequest, open_page: Open) -> Reader:
    scheme, _, width = request.param.partition("-")
    return open_page(width=1280 if width == "wide" else 390, color_scheme=scheme)


@pytest.fixture
def looks_well(reader: Reader, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], None]:
    """Call it with a name: leaves a picture, and checks that nothing sticks out to the side."""

    def look(name: str) -> None:
        reader.page.screenshot(path=tmp_path / f"{name}-{request.node.callspec.id}.png", full_page=True)
        assert reader.fits(), f"{name} is wider than the screen"

    return look
