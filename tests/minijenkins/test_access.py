"""Who may do what: tokens, crumbs, other sites, other names for this machine."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jenkins
import pytest
import requests

from fuego_jenkins_remote.minijenkins.errors import SetupError
from fuego_jenkins_remote.minijenkins.people.users import Users, password_from_file, token_from_file
from fuego_jenkins_remote.minijenkins.server import serve
from fuego_jenkins_remote.minijenkins.settings import Settings


@pytest.fixture
def secured(settings: Settings, start: Callable[..., Any]) -> tuple[str, str]:
    """Address of a controller with the user admin, and admin's token."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    token = Users(settings.data_dir).add("admin")
    return start().url, token


def test_a_token_opens_everything_without_a_crumb(secured: tuple[str, str], job_xml: Callable[..., str]) -> None:
    url, token = secured
    answer = requests.post(
        f"{url}/createItem?name=j",
        data=job_xml(),
        headers={"Content-Type": "text/xml"},
        auth=("admin", token),
        timeout=30,
    )
    assert answer.status_code == 200
    assert jenkins.Jenkins(url, "admin", token).get_whoami()["id"] == "admin"


def test_without_a_token_nothing_is_told(secured: tuple[str, str]) -> None:
    url, _ = secured
    assert requests.get(f"{url}/api/json", timeout=30).status_code == 403
    assert requests.get(f"{url}/job/nope/api/json", timeout=30).status_code == 403
    assert requests.post(f"{url}/quietDown", timeout=30).status_code == 403
    assert requests.get(f"{url}/whoAmI/api/json", timeout=30).json()["name"] == "anonymous"


@pytest.mark.parametrize(
    "header", ["Basic !", "Basic YWRtaW4=", "Bearer x", "Basic YWRtaW46YmFk", "", "Basic \u00e4", "Basic /w=="]
)
def test_a_wrong_token_is_401(secured: tuple[str, str], header: str) -> None:
    answer = requests.get(f"{secured[0]}/api/json", headers={"Authorization": header}, timeout=30)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Jenkins"'


def test_an_open_controller_wants_a_crumb_for_changes(controller: Any, ask: Callable[..., Any]) -> None:
    assert requests.post(f"{controller.url}/quietDown", timeout=30).status_code == 403
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


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "http://["}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_page_of_another_site_changes_nothing(secured: tuple[str, str], headers: dict[str, str]) -> None:
    url, token = secured
    answer = requests.post(f"{url}/quietDown", headers=headers, auth=("admin", token), timeout=30)
    assert answer.status_code == 403


def test_an_open_controller_answers_to_loopback_names_only(controller: Any) -> None:
    answer = requests.get(f"{controller.url}/api/json", headers={"Host": "rebound.example"}, timeout=30)
    assert answer.status_code == 403


@pytest.mark.parametrize("host", ["x/fuego/whoAmI/api/json?", "x/fuego/whoAmI/api/json#", "127.0.0.1/fuego/"])
def test_a_strange_host_header_opens_nothing(secured: tuple[str, str], host: str) -> None:
    answer = requests.get(f"{secured[0]}/api/json", headers={"Host": host}, timeout=30)
    assert answer.status_code in {400, 403}


def test_an_open_controller_is_not_put_on_the_network(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="is not put on"):
        serve(tmp_path, "0.0.0.0", 0)


def test_only_hashes_are_stored(tmp_path: Path) -> None:
    token = Users(tmp_path).add("admin")
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


PASSWORD = "correct horse, größer"


@pytest.fixture
def by_password(settings: Settings, start: Callable[..., Any]) -> tuple[str, tuple[str, bytes]]:
    """Address of a controller whose user admin has a password, and admin with it (as UTF-8, as browsers send it)."""
    settings.data_dir.mkdir(parents=True)
    Users(settings.data_dir).set_password("admin", PASSWORD)
    return start().url, ("admin", PASSWORD.encode())


def test_a_password_reads_without_a_crumb_and_changes_with_one(by_password: tuple[str, tuple[str, bytes]]) -> None:
    url, login = by_password
    with requests.Session() as browser:
        browser.auth = login  # type: ignore[assignment]
        assert browser.get(f"{url}/whoAmI/api/json", timeout=30).json()["name"] == "admin"
        refused = browser.post(f"{url}/quietDown", timeout=30)
        assert (refused.status_code, "No valid crumb" in refused.text) == (403, True)
        crumb = browser.get(f"{url}/crumbIssuer/api/json", timeout=30).json()["crumb"]
        changed = browser.post(f"{url}/quietDown", headers={"Jenkins-Crumb": crumb}, allow_redirects=False, timeout=30)
        assert changed.status_code == 302


def test_a_crumb_is_good_in_its_own_session_only(by_password: tuple[str, tuple[str, bytes]]) -> None:
    url, login = by_password

    def post(crumb: str, cookies: Any) -> int:
        headers = {"Jenkins-Crumb": crumb}
        return requests.post(f"{url}/quietDown", auth=login, headers=headers, cookies=cookies, timeout=30).status_code  # type: ignore[arg-type]

    mine, other = (requests.get(f"{url}/crumbIssuer/api/json", auth=login, timeout=30) for _ in range(2))  # type: ignore[arg-type]
    assert post(mine.json()["crumb"], other.cookies) == 403
    assert post(mine.json()["crumb"], None) == 403
    assert post("wrong", mine.cookies) == 403


def test_a_session_is_no_login(by_password: tuple[str, tuple[str, bytes]]) -> None:
    url, login = by_password
    answer = requests.get(f"{url}/crumbIssuer/api/json", auth=login, timeout=30)  # type: ignore[arg-type]
    headers = {"Jenkins-Crumb": answer.json()["crumb"]}
    assert requests.get(f"{url}/api/json", cookies=answer.cookies, timeout=30).status_code == 403
    assert requests.post(f"{url}/quietDown", cookies=answer.cookies, headers=headers, timeout=30).status_code == 403
    assert (
        requests.get(f"{url}/api/json", cookies=answer.cookies, auth=("admin", "other"), timeout=30).status_code == 401
    )


def test_python_jenkins_works_with_a_password(by_password: tuple[str, tuple[str, bytes]], job_xml: Any) -> None:
    server = jenkins.Jenkins(by_password[0], "admin", PASSWORD, timeout=30)
    server.create_job("j", job_xml())
    assert server.build_job("j") == 1


def test_the_cookie_of_a_login_is_for_this_controller_and_not_for_scripts(
    by_password: tuple[str, tuple[str, bytes]],
) -> None:
    url, login = by_password
    cookie = requests.get(f"{url}/", auth=login, timeout=30).headers["Set-Cookie"]  # type: ignore[arg-type]
    assert cookie.startswith("JSESSIONID.")
    assert "; Path=/fuego; HttpOnly; SameSite=Lax" in cookie


def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(by_password: tuple[str, tuple[str, bytes]]) -> None:
    answers = [requests.get(f"{by_password[0]}/", auth=(n, "x" * 9), timeout=30) for n in ("admin", "nobody")]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1


def test_a_password_is_stored_as_a_slow_hash_for_the_owner_only(tmp_path: Path) -> None:
    Users(tmp_path).set_password("admin", PASSWORD)
    file = tmp_path / "users.json"
    assert "scrypt$16384$8$1$" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert Users(tmp_path).password_is_right("admin", PASSWORD)
    assert not Users(tmp_path).password_is_right("admin", PASSWORD + "r")


def test_a_user_with_a_token_only_has_no_password(tmp_path: Path) -> None:
    Users(tmp_path).add("admin")
    assert not Users(tmp_path).has_passwords
    assert not Users(tmp_path).password_is_right("admin", "")


def test_users_of_the_older_form_are_read(tmp_path: Path) -> None:
    token = Users(tmp_path).add("admin")
    file = tmp_path / "users.json"
    file.write_text(json.dumps({name: user["tokens"] for name, user in json.loads(file.read_text()).items()}))
    assert Users(tmp_path).knows("admin", token)


def test_a_short_password_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="not 8 to 1000"):
        Users(tmp_path).set_password("admin", "admin")


def test_a_password_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\nnot this\n")
    file.chmod(0o644)
    with pytest.raises(SetupError, match="chmod 600"):
        password_from_file(file)
    file.chmod(0o600)
    assert password_from_file(file) == PASSWORD
