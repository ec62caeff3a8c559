"""Servers that are not of this network: where they send us, nobody goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuego_jenkins_remote.client.errors import Answered
from fuego_jenkins_remote.client.site import Site

from .conftest import Server


@pytest.fixture
def site(server: Server) -> Site:
    return Site(server.url, name="SQUAD", headers={"Authorization": "Token geheim"})


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://squad.example.org/x?y=z", "https://squad.example.org"),
        ("https://ann:secret@squad.example.org:8443/", "https://squad.example.org:8443"),
        ("//other.example.org/", "http://other.example.org"),
        ("javascript:alert(1)", "somewhere else"),
        ("https://[", "somewhere else"),
        ("https://x:99999/", "somewhere else"),
    ],
)
def test_a_redirect_is_not_followed_and_told_with_its_host(
    server: Server, site: Site, location: str, told: str
) -> None:
    server.answers_with(302, Location=location)
    with pytest.raises(Answered, match="sends callers on to ") as caught:
        site.good("GET", "/api/")
    assert f"sends callers on to {told}: if that is right, set its address" in str(caught.value)
    assert len(server.asked) == 1


def test_no_file_is_fetched_from_elsewhere(server: Server, site: Site, tmp_path: Path) -> None:
    server.answers_with(307, Location="https://elsewhere.example.org/run.frp")
    with pytest.raises(Answered, match="sends callers on to https://elsewhere.example.org"):
        site.download("/run.frp", tmp_path / "x", limit=100)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"detail": "Invalid\ntoken.", "code": "x"}, "answered 403: Invalid token."),
        ({"id": "0", "status": "error", "message": "Invalid JSON"}, "answered 403: Invalid JSON"),
        ({"detail": ["x"]}, 'answered 403: {"detail": ["x"]}'),
        (["x"], 'answered 403: ["x"]'),
        (b"<html>", "answered 403"),
    ],
)
def test_a_problem_is_told_in_the_words_that_are_for_people(
    server: Server, site: Site, body: object, told: str
) -> None:
    server.answers_with(403, body)
    with pytest.raises(Answered) as caught:
        site.good("GET", "/")
    assert str(caught.value) == f"SQUAD at {server.url} {told}"
