"""Who may do what: tokens, crumbs, other sites, other names for this machine."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jenkins
import pytest
import requests

from fuego_jenkins_remote.minijenkins.errors import SetupError
from fuego_jenkins_remote.minijenkins.server import serve
from fuego_jenkins_remote.minijenkins.settings import Settings
from fuego_jenkins_remote.minijenkins.users import Users, create_user, token_from_file


@pytest.fixture
def secured(settings: Settings, start: Callable[..., Any]) -> tuple[str, str]:
    """Address of a controller with the user admin, and admin's token."""
    token = create_user(settings.data_dir, "admin")
    return start().url, token


def test_a_token_opens_everything_without_a_crumb(secured: tuple[str, str], job_xml: Callable[..., str]) -> None:
    url, token = secured
    answer = requests.post(
        f"{url}/createItem?name=j",
        data=job_xml(),
        headers={"Content-Type": "text/xml"},
        auth=("admin", token),
        timeout=5,
    )
    assert answer.status_code == 200
    assert jenkins.Jenkins(url, "admin", token).get_whoami()["id"] == "admin"


def test_without_a_token_nothing_is_told(secured: tuple[str, str]) -> None:
    url, _ = secured
    assert requests.get(f"{url}/api/json", timeout=5).status_code == 403
    assert requests.get(f"{url}/job/nope/api/json", timeout=5).status_code == 403
    assert requests.post(f"{url}/quietDown", timeout=5).status_code == 403
    assert requests.get(f"{url}/whoAmI/api/json", timeout=5).json()["name"] == "anonymous"


@pytest.mark.parametrize("header", ["Basic !", "Basic YWRtaW4=", "Bearer x", "Basic YWRtaW46YmFk", ""])
def test_a_wrong_token_is_401(secured: tuple[str, str], header: str) -> None:
    answer = requests.get(f"{secured[0]}/api/json", headers={"Authorization": header}, timeout=5)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Jenkins"'


def test_an_open_controller_wants_a_crumb_for_changes(controller: Any, ask: Callable[..., Any]) -> None:
    assert requests.post(f"{controller.url}/quietDown", timeout=5).status_code == 403
    assert ask("POST", "/quietDown").status_code == 302
    assert ask("POST", "/quietDown", headers={"Jenkins-Crumb": "wrong"}).status_code == 403


def test_crumbs_die_with_the_controller(start: Callable[..., Any], job_xml: Callable[..., str]) -> None:
    first = start()
    server = first.client()
    server.create_job("j", job_xml())
    first.stop()
    server.server = start().url + "/"
    with pytest.raises(jenkins.JenkinsException, match="403"):
        server.build_job("j")
    server.crumb = None
    assert server.build_job("j") == 1


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_page_of_another_site_changes_nothing(secured: tuple[str, str], headers: dict[str, str]) -> None:
    url, token = secured
    answer = requests.post(f"{url}/quietDown", headers=headers, auth=("admin", token), timeout=5)
    assert answer.status_code == 403


def test_an_open_controller_answers_to_loopback_names_only(controller: Any) -> None:
    answer = requests.get(f"{controller.url}/api/json", headers={"Host": "rebound.example"}, timeout=5)
    assert answer.status_code == 403


@pytest.mark.parametrize("host", ["x/fuego/whoAmI/api/json?", "x/fuego/whoAmI/api/json#", "127.0.0.1/fuego/"])
def test_a_strange_host_header_opens_nothing(secured: tuple[str, str], host: str) -> None:
    answer = requests.get(f"{secured[0]}/api/json", headers={"Host": host}, timeout=5)
    assert answer.status_code in {400, 403}


def test_an_open_controller_is_not_put_on_the_network(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="is not put on"):
        serve(tmp_path, "0.0.0.0", 0)


def test_only_hashes_are_stored(tmp_path: Path) -> None:
    token = create_user(tmp_path, "admin")
    file = tmp_path / "users.json"
    assert token not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert Users(tmp_path).knows("admin", token)
    assert not Users(tmp_path).knows("other", token)


def test_a_missing_token_file_is_made_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "token"
    token = token_from_file(file)
    assert token_from_file(file) == token
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_short_token_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="shorter than"):
        Users(tmp_path).add("admin", "short")
