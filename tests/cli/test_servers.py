"""Which server the verbs speak with: what fuego.conf says of it, and what a server says of itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from fserver_server import FserverServer
from fuego_jenkins_remote.cli.probing import probed
from fuego_jenkins_remote.cli.servers import find_server
from fuego_jenkins_remote.cli.settings import load_settings
from fuego_jenkins_remote.client.server_types import ServerType

from .conftest import Ftc, Lab

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def kind_of(lab: Lab, *, environ: dict[str, str] | None = None, options: dict[str, str] | None = None) -> str:
    found = find_server(load_settings({"FUEGO_CONF": str(lab.conf), **(environ or {})}, options))
    return f"{found.kind} {found.url}".strip()


def test_fuegos_own_conf_means_the_old_server(lab: Lab) -> None:
    lab.add_settings(server_type="fuego", server_domain="fuegotest.org/cgi-bin")
    assert kind_of(lab) == "fuego http://fuegotest.org/cgi-bin"


@pytest.mark.parametrize(
    ("domain", "address"),
    [
        ("squad.example.org", "https://squad.example.org"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://squad.example.org", "https://squad.example.org"),
    ],
)
def test_a_squad_gets_its_token_over_https(lab: Lab, domain: str, address: str) -> None:
    lab.add_settings(server_type="squad", server_domain=domain)
    assert kind_of(lab) == f"squad {address}"


def test_a_hub_that_somebody_has_set_wins_over_fuegos_own_line(lab: Lab) -> None:
    lab.add_settings(server_type="fuego", server_domain="fuegotest.org/cgi-bin", hub_url="https://hub.example.org")
    assert kind_of(lab) == "hub https://hub.example.org"


def test_the_environment_wins_over_the_files_hub_and_an_option_over_both(lab: Lab) -> None:
    lab.add_settings(fserver_url="http://old.example.org/x", hub_url="https://hub.example.org")
    environ = {"FUEGO_SERVER_TYPE": "fuego"}
    assert kind_of(lab, environ=environ) == "fuego http://old.example.org/x"
    assert kind_of(lab, environ=environ, options={"hub_url": "https://b.example.org"}) == "hub https://b.example.org"


def test_where_nothing_is_said_it_is_a_hub(lab: Lab) -> None:
    assert kind_of(lab) == "hub"


def test_a_word_that_is_none_of_them_is_told_with_those_that_are(lab: Lab, ftc: Ftc) -> None:
    lab.add_settings(server_type="gerrit")
    refused = ftc("list-requests")
    assert refused.status == 1
    assert "'gerrit' is none of hub, fuego, squad, auto" in refused.err


def test_squad_keeps_runs_and_no_requests(lab: Lab, ftc: Ftc) -> None:
    lab.add_settings(server_type="squad", server_domain="squad.example.org")
    refused = ftc("list-requests")
    assert (refused.status, "SQUAD keeps runs only" in refused.err) == (1, True)


def test_auto_asks_the_server_once_a_day(lab: Lab) -> None:
    server = FserverServer()
    lab.add_settings(server_type="auto", server_domain=server.url.removeprefix("http://"))
    settings = load_settings({"FUEGO_CONF": str(lab.conf)})
    for hours, calls in ((0, 1), (1, 1), (23, 1), (25, 2)):
        found = probed(settings, now=NOW + timedelta(hours=hours))
        assert (found.kind, len(server.seen)) == (ServerType.FUEGO, calls)
    server.close()


def test_what_was_seen_is_told_by_config(lab: Lab, ftc: Ftc) -> None:
    server = FserverServer()
    lab.add_settings(server_type="auto", fserver_url=server.url)
    told = ftc("config", "server_type")
    server.close()
    assert (told.status, told.out) == (0, "fuego\n")
    assert f"{server.url}: server_type=auto: an old Fuego server" in told.err
    assert ftc("config", "server_type", "-q").out == "fuego\n"  # it is remembered: the server has gone


def test_a_torn_memory_of_it_is_no_trouble(lab: Lab) -> None:
    server = FserverServer()
    lab.add_settings(server_type="auto", fserver_url=server.url)
    settings = load_settings({"FUEGO_CONF": str(lab.conf)})
    memory = settings.path("state_dir") / "servers-seen.json"
    memory.parent.mkdir(parents=True, exist_ok=True)
    for torn in ("{", "[]", json.dumps({server.url: {"kind": "banana", "what": "x", "at": NOW.isoformat()}})):
        memory.write_text(torn)
        assert probed(settings, now=NOW).kind is ServerType.FUEGO
    server.close()


@pytest.mark.parametrize(
    ("said", "targets"),
    [
        ({"server_type": "fuego"}, ("fserver",)),
        ({"server_type": "squad"}, ("squad",)),
        ({"server_type": "fuego", "hub_url": "https://hub.example.org"}, ("vision",)),
        ({"server_type": "fuego", "targets": "vision,fserver"}, ("vision", "fserver")),
        ({}, ("vision",)),
    ],
)
def test_runs_go_to_the_only_server_that_is_named(lab: Lab, said: dict[str, str], targets: tuple[str, ...]) -> None:
    lab.add_settings(**said)
    assert load_settings({"FUEGO_CONF": str(lab.conf)}).targets == targets
