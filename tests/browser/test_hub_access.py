"""The pages are for everybody: WCAG AA in both schemes, by keyboard alone, on a phone, without scripts."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
import requests
from starlette.routing import compile_path

from app_routes import routes_of
from fuego_jenkins_remote.network.tokens import new_code
from hub_apps import make_app
from packed_tests import pack

from .conftest import Open, Served
from .layout import leaving

axe_module = pytest.importorskip("axe_playwright_python.sync_playwright")
expect = pytest.importorskip("playwright.sync_api").expect

NO_PAGE = re.compile(r"^/api/v1/|^/(healthz|readyz|metrics|favicon[.]ico)$|/events$")
"""What is called and not looked at."""

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def paths(served: Served) -> list[str]:
    """Every page there is, in each of its shapes."""
    of_requests = [f"/requests/{one}" for one in served.ids.values()]
    return [
        "/",
        "/boards",
        "/boards?selector=arch%3D",
        "/boards?selector=nothing",
        "/boards/timslab/bbb",
        "/boards/timslab/worn",
        "/requests",
        "/requests?test=nothing",
        *of_requests,
        "/labs",
        "/labs/timslab",
        "/campaigns",
        "/campaigns?requester=nobody",
        f"/campaigns/{served.world.get(served.ids['pending']).campaign}",
        "/teams",
        "/teams?words=nothing",
        "/teams/timslab",
        "/teams/annslab",
        "/tokens",
        "/audit",
        "/tests",
        "/tests?text=nothing",
        "/tests/Benchmark.Dhrystone",
        "/tests/Functional.hello",
        "/notices",
        "/join",
        "/sign-in",
        "/nowhere",
    ]


@pytest.fixture(scope="module", autouse=True)
def furnished(served: Served, tmp_path_factory: pytest.TempPathFactory) -> None:
    """What else would be empty is not: a test, a subscription, an invitation, a standing yes."""
    api, headers = f"{served.url}/api/v1", {"Authorization": f"Bearer {served.secret}"}
    package = pack(tmp_path_factory.mktemp("store"), description="Says hello", tags="[net, größe]").read_bytes()
    sha256 = hashlib.sha256(package).hexdigest()
    assert requests.put(f"{api}/packages/{sha256}", data=package, headers=headers, timeout=30).ok
    call_id, yes, to = "call-watch-1", {"user": "ann", "test": "Functional.*"}, "https://chat.example.org/hook"
    bodies: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/tests", {"package": sha256}),
        ("POST", "/subscriptions", {"call_id": call_id, "events": ["done"], "to": to}),
        ("POST", "/invitations", {"code": new_code(), "team": "timslab", "description": "für die Neue"}),
        ("PUT", "/labs/timslab/allowed", yes),
    ]
    for method, path, body in bodies:
        answer = requests.request(method, api + path, json=body, headers=headers, timeout=30)
        assert answer.ok, answer.text


def test_no_page_is_forgotten_here(served: Served) -> None:
    tried = [path.partition("?")[0] for path in paths(served)]
    pages = [
        route.path
        for route in routes_of(make_app(served.world.hub.engine, served.world.hub.data_dir))
        if "GET" in route.methods and not NO_PAGE.search(route.path)
    ]
    assert "/teams/{team}" in pages
    assert [path for path in pages if not any(compile_path(path)[0].match(one) for one in tried)] == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)])
def test_every_page_is_accessible_and_no_wider_than_the_screen_and_no_text_leaves_its_card(
    open_page: Open, served: Served, scheme: str, width: int
) -> None:
    reader = open_page(color_scheme=scheme, width=width)
    found = {}
    for path in paths(served):
        page = reader.go(path)
        result = axe_module.Axe().run(page, options=RULES)
        if result.violations_count:
            found[path] = result.generate_report()
        if not reader.fits():
            found[f"{path} is too wide"] = ""
        if texts := leaving(page):
            found[f"{path} has text out of its card"] = str(texts)
    reader.complaints[:] = [one for one in reader.complaints if "404" not in one and "/nowhere" not in one]
    assert not found, "\n".join(f"{path}: {report}" for path, report in found.items())


def active(page: Any) -> str:
    """What the keyboard is at."""
    return str(page.evaluate("(document.activeElement.textContent.trim() || document.activeElement.id)"))


def test_all_is_reached_by_the_keyboard(open_page: Open, served: Served) -> None:
    page = open_page().go("/boards")
    page.keyboard.press("Tab")
    assert active(page) == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert active(page) == "selector"
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    page.keyboard.press("/")
    assert active(page) == "selector", "a slash leads back to the filter"
    page.keyboard.type("timslab:bbb")
    expect(page.locator("tbody tr")).to_have_count(1)
    for _ in range(12):
        page.keyboard.press("Tab")
        if active(page) == "timslab:bbb":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "one sees where one is"
    page.keyboard.press("Enter")
    page.wait_for_url("**/boards/timslab/bbb")


def test_a_slash_in_a_field_is_a_slash(open_page: Open) -> None:
    page = open_page().go("/requests")
    page.focus("#host")
    page.keyboard.type("a/b")
    assert page.input_value("#host") == "a/b"


def test_escape_empties_the_filter(open_page: Open) -> None:
    page = open_page().go("/boards?selector=timslab:bbb")
    page.focus("#selector")
    page.keyboard.press("Escape")
    expect(page.locator("tbody tr")).to_have_count(6)
    page.wait_for_url("**/boards")


def test_the_scheme_is_as_the_system_has_it_until_somebody_chooses(open_page: Open) -> None:
    page = open_page(color_scheme="dark").go("/boards")
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(20, 23, 26)"
    page.click("#theme")
    assert page.inner_text("#theme").endswith("light")
    assert page.evaluate(paper) == "rgb(246, 246, 244)"
    page.click("nav >> text=Requests")
    page.wait_for_selector("h1 >> text=Requests")
    assert page.evaluate(paper) == "rgb(246, 246, 244)", "the choice is kept"
    page.click("#theme")
    assert page.evaluate(paper) == "rgb(20, 23, 26)"
    page.click("#theme")
    assert page.inner_text("#theme").endswith("auto")


def test_without_scripts_everything_can_be_read_and_looked_for(open_page: Open, served: Served) -> None:
    page = open_page(java_script_enabled=False).go("/boards")
    expect(page.locator("tbody tr")).to_have_count(6)
    expect(page.locator("#theme")).to_be_hidden()
    page.fill("#selector", "label=kvm")
    page.click("main form button")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.goto(f"{served.url}/requests/{served.ids['running']}")
    assert page.locator(".timeline li").count() > 2


def test_without_scripts_a_page_of_what_goes_on_loads_itself_again(open_page: Open, served: Served) -> None:
    page = open_page(java_script_enabled=False).go(f"/requests/{served.ids['running']}")
    served.say("one more line\n")
    expect(page.locator(".log-end")).to_contain_text("one more line")


def test_no_page_asks_anybody_else_for_anything(open_page: Open, served: Served) -> None:
    reader = open_page()
    asked: list[str] = []
    reader.page.on("request", lambda request: asked.append(request.url))
    for path in paths(served)[:-1]:
        reader.go(path)
    assert asked
    assert [url for url in asked if not url.startswith(f"{served.url}/")] == []
