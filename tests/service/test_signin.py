"""A token in the header does everything its owner may; one in a browser's cookie only reads."""

from __future__ import annotations

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
    client.cookies.set("fuego_hub_token", "bad")

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


def test_signing_out_forgets_the_token(client: TestClient) -> None:
    client.post("/sign-in", data={"token": "good"})
    client.post("/sign-out")

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
