"""The pages in a real browser: signed in by name and password, readable at the width of a phone, no token anywhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import jenkins
import pytest

from fuego_jenkins_remote.minijenkins.people.users import Users
from fuego_jenkins_remote.minijenkins.settings import Settings

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here (apt-get install chromium)"),
]
NAME = "remote-request-bbb-with-a-rather-long-board-name"
PASSWORD = "the password of tim"
ARCHIVE = "<hudson.tasks.ArtifactArchiver><artifacts>out/**</artifacts></hudson.tasks.ArtifactArchiver>"
AWAY = "<assignedNode>nobody</assignedNode><canRoam>false</canRoam>"
PAGES = [
    "/",
    f"/job/{NAME}/",
    f"/job/{NAME}/1/",
    f"/job/{NAME}/1/console",
    "/computer/",
    "/computer/bbb/",
    "/view/all/",
]


@pytest.fixture
def lab(
    settings: Settings, start: Callable[..., Any], shop_on: Callable[..., Any], job_xml: Callable[..., str]
) -> tuple[str, str]:
    """Address and token of a controller where something ran and something waits."""
    settings.data_dir.mkdir(parents=True)
    users = Users(settings.data_dir)
    token = users.add("tim")
    users.set_password("tim", PASSWORD)
    controller = start()
    shop = shop_on(controller.client("tim", token))
    shop.server.create_node("bbb", numExecutors=1, labels="bbb usb-gadget", launcher=jenkins.LAUNCHER_JNLP)
    shop.job(NAME, "mkdir out; echo x > out/run.json; echo " + "long" * 60, publishers=ARCHIVE, parameters=("REQUEST",))
    shop.build(NAME, {"REQUEST": "unbroken" * 30})
    shop.job("waits", more=AWAY)
    shop.server.build_job("waits")
    return controller.url, token


@pytest.fixture(params=[1280, 390], ids=["wide", "phone"])
def page(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A page of somebody who signs in with a password."""
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": request.param, "height": 800},
            http_credentials={"username": "tim", "password": PASSWORD},
        )
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda told: complaints.append(told.text))
        yield page
        browser.close()
        assert complaints == []


def test_every_page_fits_the_screen_and_tells_no_token(lab: tuple[str, str], page: Any) -> None:
    url, token = lab
    for path in PAGES:
        answer = page.goto(url + path)
        assert answer.status == 200, path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        assert token not in page.content()
        assert "signed in as tim" in page.inner_text("body")
        links = page.evaluate("[...document.links].map(link => link.href)")
        assert links
        assert all(token not in link and "token=" not in link for link in links)


def test_the_first_page_says_what_waits_and_why(lab: tuple[str, str], page: Any) -> None:
    page.goto(lab[0] + "/")
    assert "There are no nodes with the label ‘nobody’" in page.inner_text("body")
