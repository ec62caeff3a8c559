"""A token in the header does everything its owner may; a browser's session reads, and sends the service's own forms."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

GOOD = {"Authorization": "Bearer good"}
BROWSER = {"Accept": "text/html"}


def test_a_good_token_says_who_calls(client: TestClient) -> None:
    assert client.get("/api/v1/things", headers=GOOD).json()["who"] == "Jürgen"


@pytest.mark.parametrize("header", ["Bearer bad", "Basic good", "good", "Bearer", ""])
def test_any_other_header_is_nobody(client: TestClient, header: str) -> None:
    answer = client.get("/api/v1/things", headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_public_service_lets_anyone_read_but_not_change(service: Callable[..., TestClient]) -> None:
    client = service(public=True)

    assert client.get("/api/v1/things").json()["who"] is None
    assert client.post("/api/v1/things", json={"name": "x", "size": 1}).status_code == 401


def test_a_public_service_tells_of_a_token_that_is_not_good_but_lets_an_old_cookie_read(
    service: Callable[..., TestClient],
) -> None:
    client = service(public=True, name="hub")
    client.cookies.set("fuego_hub_session", "bad")

    assert client.get("/api/v1/things").status_code == 200
    assert client.get("/api/v1/things", headers={"Authorization": "Bearer bad"}).json()["code"] == "bad-token"


def test_a_browser_is_sent_to_sign_in_and_back_to_where_it_wanted(client: TestClient) -> None:
    sent = client.get("/things?q=a&b=ü", headers=BROWSER)
    assert sent.status_code == 303
    form = client.get(sent.headers["location"])
    assert 'value="/things?q=a&amp;b=%C3%BC"' in form.text

    back = client.post("/sign-in", data={"token": " good ", "next": "/things?q=a"})
    assert (back.status_code, back.headers["location"]) == (303, "/things?q=a")
    assert client.get("/things", headers=BROWSER).status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(service: Callable[..., TestClient]) -> None:
    plain = service().post("/sign-in", data={"token": "good"}).headers["set-cookie"]
    secure = service(base_url="https://testserver").post("/sign-in", data={"token": "good"}).headers["set-cookie"]

    assert "HttpOnly" in plain
    assert "SameSite=strict" in plain
    assert "Secure" not in plain
    assert "Secure" in secure


def test_a_cookie_changes_nothing(client: TestClient) -> None:
    client.post("/sign-in", data={"token": "good"})

    assert client.get("/api/v1/things").status_code == 200
    assert client.post("/api/v1/things", json={"name": "x", "size": 1}).status_code == 401


def test_two_services_on_one_host_do_not_share_a_cookie(service: Callable[..., TestClient]) -> None:
    hub, vision = service(name="hub"), service(name="vision")
    hub.post("/sign-in", data={"token": "good"})
    vision.cookies = hub.cookies  # a browser minds the host, and no port

    assert vision.get("/things", headers=BROWSER).status_code == 303
    vision.post("/sign-in", data={"token": "good"})
    assert hub.get("/things", headers=BROWSER).status_code == 200


def test_a_bad_token_is_told_on_the_form_and_not_repeated(client: TestClient) -> None:
    answer = client.post("/sign-in", data={"token": "fuego_bad_one", "next": "/things"})

    assert answer.status_code == 401
    assert "not known here" in answer.text
    assert "fuego_bad_one" not in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nX: y", ""]
)
def test_nobody_is_sent_to_another_site_after_signing_in(client: TestClient, target: str) -> None:
    assert client.post("/sign-in", data={"token": "good", "next": target}).headers["location"] == "/"


def test_another_site_cannot_sign_somebody_in_or_out(client: TestClient) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site"}

    assert client.post("/sign-in", data={"token": "good"}, headers=elsewhere).status_code == 403
    assert client.post("/sign-out", headers=elsewhere).status_code == 403


def test_signing_out_ends_the_session_for_whoever_has_the_cookie(client: TestClient) -> None:
    client.post("/sign-in", data={"token": "good"})
    cookies = dict(client.cookies)
    client.post("/sign-out")
    client.cookies.update(cookies)

    assert client.get("/things", headers=BROWSER).status_code == 303


def test_a_page_shows_who_is_signed_in_and_escapes_what_it_shows(client: TestClient) -> None:
    text = client.get("/things", headers={**GOOD, **BROWSER}).text

    assert "Jürgen" in text
    assert "&lt;b&gt;all&lt;/b&gt; of them" in text
    assert 'href="/things" aria-current="page"' in text


def test_a_password_manager_can_keep_the_token(service: Callable[..., TestClient]) -> None:
    page = service().get("/sign-in").text
    assert 'autocomplete="current-password"' in page
    assert 'autocomplete="username"' in page


def _field(client: TestClient) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get("/form").text)
    assert found
    return found[1]


def test_a_form_of_the_services_own_page_may_change_something(client: TestClient) -> None:
    client.post("/sign-in", data={"token": "good"})
    sent = client.post("/form", data={"csrf": _field(client), "said": "héllo & more"})
    assert (sent.status_code, sent.text) == (200, "Jürgen: héllo & more")


def test_a_form_of_anybody_else_changes_nothing(service: Callable[..., TestClient]) -> None:
    client, other = service(), service()
    for one in (client, other):
        one.post("/sign-in", data={"token": "good"})
    other.post("/sign-out")
    other.post("/sign-in", data={"token": "good"})
    other.post("/sign-in", data={"token": "good"})  # another session than the client's
    good = _field(client)
    for csrf in ("", "0" * 64, "é", _field(other)):
        assert client.post("/form", data={"csrf": csrf, "said": "x"}).status_code == 403, csrf
    assert client.post("/form", data={"said": "x"}).json()["code"] == "bad-form"
    elsewhere = {"Sec-Fetch-Site": "same-site"}
    assert client.post("/form", data={"csrf": good, "said": "x"}, headers=elsewhere).status_code == 403
    assert service().post("/form", data={"csrf": good, "said": "x"}, headers=GOOD).status_code == 401
    assert client.post("/form", data={"csrf": good, "said": "x" * 70_000}).status_code == 403


def test_who_is_not_signed_in_has_no_form(client: TestClient) -> None:
    assert client.get("/form", headers=GOOD).text == ""
