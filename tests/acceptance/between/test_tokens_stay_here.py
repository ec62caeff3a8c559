"""A token goes to the address that was set, over https or within this machine, and nowhere else."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from recorder import recorder
from stage import Stage

from fuego_jenkins_remote.client.errors import Answered, UnsafeAddress
from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.client.transport import is_loopback
from fuego_jenkins_remote.client.vision import VisionClient
from fuego_jenkins_remote.lab.errors import ControllerError, ControllerRefused
from fuego_jenkins_remote.lab.jenkins.controller import Controller

HERE = ["http://127.0.0.1:8700", "http://127.1.2.3", "http://localhost:8700", "http://LocalHost", "http://[::1]:8700"]
ELSEWHERE = [
    "http://hub.example.org",
    "http://10.0.0.1:8700",
    "http://0.0.0.0:8700",
    "http://[::]:8700",
    "http://[::ffff:127.0.0.1]",
    "http://127.0.0.1.example.org",
    "http://localhost.example.org",
    "http://localhost.",
    "http://127.1",
    "http://2130706433",
    "http://0x7f000001",
]


@pytest.mark.parametrize("url", HERE)
def test_plain_http_is_good_enough_within_this_machine(url: str) -> None:
    HubClient(url, "secret")
    Controller(url, "bridge", "secret")


@pytest.mark.parametrize("url", ELSEWHERE)
def test_plain_http_to_anywhere_else_is_refused(url: str) -> None:
    assert not is_loopback(url)
    with pytest.raises(UnsafeAddress, match="a token is not sent over plain http"):
        HubClient(url, "secret")
    with pytest.raises(UnsafeAddress, match="a token is not sent over plain http"):
        VisionClient(url, "secret")
    with pytest.raises(ControllerRefused, match="a token is not sent over plain http"):
        Controller(url, "bridge", "secret")


def test_an_open_jenkins_may_be_anywhere() -> None:
    assert Controller("http://jenkins.example.org/fuego").url == "http://jenkins.example.org/fuego"


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "http_proxy"])
def test_a_proxy_makes_plain_http_no_better(services: Stage, setting: str) -> None:
    with recorder() as proxy:
        said = services.ftc(
            services.anna, "list-boards", "-r", "--hub-url", "http://hub.example.org", **{setting: proxy.url}
        )
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == (
        "ftc: hub address: a token is not sent over plain http to hub.example.org: "
        "give an address that begins with https://\n"
    )
    assert proxy.heads == []


@pytest.mark.parametrize("setting", ["HTTP_PROXY", "ALL_PROXY"])
def test_what_stays_within_this_machine_goes_through_no_proxy(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with recorder() as proxy, recorder() as server:
        monkeypatch.setenv(setting, proxy.url)
        hub = HubClient(server.url, "secret")
        hub.whoami()
        hub.api.close()
        Controller(server.url, "bridge", "secret").nodes()
    assert proxy.heads == []
    assert all(server.secrets)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_with_a_token(status: int) -> None:
    with recorder() as elsewhere:
        with recorder(lambda _path: (status, {"Location": f"{elsewhere.url}/api/v1/whoami"}, b"")) as hub:
            client = HubClient(hub.url, "secret")
            with pytest.raises(Answered, match="sends us elsewhere, and a token is not sent there: set hub_url"):
                client.whoami()
            client.api.close()
    assert elsewhere.heads == []


def test_a_jenkins_that_redirects_gets_our_token_and_nobody_else() -> None:
    """What has moved is asked for where it is, as nobody."""
    with recorder() as elsewhere:
        with recorder(lambda path: (302, {"Location": f"{elsewhere.url}{path}"}, b"")) as jenkins:
            Controller(jenkins.url, "bridge", "secret").nodes()
            with suppress(ControllerError):
                Controller(jenkins.url, "bridge", "secret").delete_job("old")
    assert "POST /job/old/doDelete HTTP/1.1" in jenkins.heads
    assert all(secret.startswith("Basic ") for secret in jenkins.secrets)
    assert set(elsewhere.secrets) == {""}


def test_a_netrc_entry_replaces_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login mallory password another\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    with recorder() as server:
        hub = HubClient(server.url, "secret")
        hub.whoami()
        hub.api.close()
        Controller(server.url).nodes()
    assert server.secrets[0] == "Bearer secret"
    assert set(server.secrets[1:]) == {""}
