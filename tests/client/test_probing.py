"""What an address is, found out by asking it."""

from __future__ import annotations

import json

import pytest

from fserver_server import FserverServer
from fuego_jenkins_remote.client.errors import ClientError
from fuego_jenkins_remote.client.probing import probe
from fuego_jenkins_remote.client.server_types import ServerType

from .conftest import Server


def test_an_old_fuego_server_is_known_by_its_refusal_and_nothing_there_changes() -> None:
    server = FserverServer()
    seen = probe(server.url)
    server.close()
    assert seen.kind is ServerType.FUEGO
    assert "missing host or board" in seen.what
    assert server.seen == ["get_board"]


def test_a_hub_is_known_by_its_asking_who_we_are(server: Server) -> None:
    server.answers_with(401, {"code": "not-signed-in", "detail": "x"})
    assert probe(server.url).kind is ServerType.HUB
    assert [one.path for one in server.asked] == ["/api/v1/boards"]
    assert "Authorization" not in server.asked[0].headers


def squad_with(server: Server, root: object) -> None:
    server.answers_with(404)
    server.answers_with(404)
    server.answers_with(200, root)


def test_a_squad_is_known_by_what_its_api_lists(server: Server) -> None:
    squad_with(server, {"groups": "x", "projects": "x", "builds": "x", "testruns": "x"})
    assert probe(server.url).kind is ServerType.SQUAD


def test_something_else_is_told_with_what_it_answered(server: Server) -> None:
    server.answers_with(200, b"<html>Welcome to nginx!</html>")
    seen = probe(server.url)
    assert seen.kind is None
    assert "no hub, no old Fuego server and no SQUAD (/api/v1/boards: 200" in seen.what


def test_where_a_server_sends_callers_is_told(server: Server) -> None:
    server.answers_with(301, Location="https://squad.example.org/login?next=x")
    assert "/api/: 301, which leads to https://squad.example.org)" in probe(server.url).what


def test_what_is_no_address_is_said() -> None:
    with pytest.raises(ClientError, match="the server address: 'bogus' is no address"):
        probe("bogus")


def test_where_nobody_answers_that_is_an_error() -> None:
    with pytest.raises(ClientError, match="nothing listens there"):
        probe("http://127.0.0.1:1")


def test_a_real_squads_answer_is_known(shared_data, server: Server) -> None:
    recorded = (shared_data / "squad" / "59-api-root.txt").read_text()
    squad_with(server, json.loads(recorded[recorded.rindex('{"groups"') :].strip()))
    assert probe(server.url).kind is ServerType.SQUAD
