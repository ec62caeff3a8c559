"""Services over https: who knows their CA is answered, everybody else reads in one line why not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from authority import Authority
from recorder import recorder
from stage import EXAMPLES, Stage

from fuego_jenkins_remote.client.errors import ClientError, Invalid, Unreachable
from fuego_jenkins_remote.client.hub import MAX_WAIT, HubClient
from fuego_jenkins_remote.lab.errors import ControllerDown, ControllerRefused
from fuego_jenkins_remote.lab.jenkins.controller import Controller

pytestmark = pytest.mark.slow

PACKAGE = EXAMPLES / "packages" / "Functional.packaged_check"


def says(stage: Stage, *arguments: str, **environment: str) -> str:
    """What anna's ftc says on stderr when it cannot do a thing: one line, and exit status 1."""
    said = stage.ftc(stage.anna, *arguments, **environment)
    assert (said.returncode, said.stdout) == (1, ""), said
    assert said.stderr.count("\n") == 1, said.stderr
    return said.stderr


def test_the_services_say_that_they_are_reached_over_https(services: Stage) -> None:
    assert services.hub_url.startswith("https://127.0.0.1:")
    assert services.vision_url.startswith("https://127.0.0.1:")


@pytest.mark.parametrize("verb", [("list-boards", "-r"), ("list-runs", "-r")])
def test_who_knows_the_ca_is_answered(services: Stage, verb: tuple[str, ...]) -> None:
    said = services.ftc(services.anna, *verb)
    assert said.returncode == 0, said.stderr


def test_the_environment_may_name_the_ca(services: Stage, authority: Authority, tmp_path: Path) -> None:
    conf = tmp_path / "fuego.conf"
    conf.write_text(f"hub_url={services.hub_url}\nhub_token_file={services.root}/anna.token\n")
    said = services.ftc(conf, "list-boards", "-r", FUEGO_CA_FILE=str(authority.certificate))
    assert said.returncode == 0, said.stderr


def test_a_test_package_goes_up_and_comes_down(services: Stage, tmp_path: Path) -> None:
    digest = services.ftc(services.anna, "put-test", str(PACKAGE), "-q").stdout.strip()
    said = services.ftc(services.anna, "get-test", digest, "-o", str(tmp_path / "fetched.ftp"))
    assert said.returncode == 0, said.stderr
    assert (tmp_path / "fetched.ftp").stat().st_size > 0


def test_a_long_poll_is_held_as_long_as_was_asked_and_no_longer_than_25_seconds(
    services: Stage, authority: Authority
) -> None:
    lab = HubClient(services.hub_url, services.tokens["demolab"], ca_file=authority.certificate)
    lab.put_board("demolab", "idle", {"facts": {"arch": "x86_64"}, "open_to": ["*"]})
    began = time.monotonic()
    assert lab.claim("claim-over-https", ["idle"], wait=1).attempts == ()
    assert 0.9 < time.monotonic() - began < 15
    assert MAX_WAIT == 25
    with pytest.raises(Invalid):
        lab.claim("claim-for-too-long", ["idle"], wait=26)
    lab.api.close()


@pytest.mark.parametrize("verb", [("list-boards", "-r"), ("list-runs", "-r"), ("put-test", str(PACKAGE))])
def test_who_does_not_know_the_ca_is_told_what_to_set(services: Stage, verb: tuple[str, ...], tmp_path: Path) -> None:
    other = Authority(tmp_path / "other", "Another CA")
    said = says(services, *verb, FUEGO_CA_FILE=str(other.certificate))
    assert "its certificate is not trusted here (ca_file in fuego.conf, or FUEGO_CA_FILE, names the CA)" in said


@pytest.mark.parametrize(
    ("names", "days", "why"),
    [
        (("127.0.0.1",), -1, "its certificate has expired"),
        (("hub.example.org",), 2, "its certificate is for another name"),
        (("127.0.0.2",), 3, "its certificate is for another name"),
        (("*.0.0.1",), 2, "its certificate is for another name"),
    ],
)
def test_a_certificate_that_is_not_right_is_told_apart(
    services: Stage, authority: Authority, names: tuple[str, ...], days: int, why: str
) -> None:
    with recorder(pair=authority.issue(*names, days=days)) as server:
        said = says(services, "list-boards", "-r", "--hub-url", server.url)
        with pytest.raises(ControllerDown, match=f"Jenkins at {server.url} does not answer: {why}"):
            Controller(server.url, "bridge", "secret", ca_file=authority.certificate).nodes()
    assert said == f"ftc: the hub at {server.url} cannot be reached: {why}\n"
    assert server.heads == []


def test_what_speaks_no_tls_is_told_apart(services: Stage) -> None:
    with recorder() as server:
        said = says(services, "list-boards", "-r", "--hub-url", server.url.replace("http:", "https:"))
    assert "does not speak TLS as it should" in said


@pytest.mark.parametrize(("content", "why"), [(None, "No such file or directory"), ("no PEM", "holds no certificate")])
def test_a_ca_file_that_cannot_be_used_is_named(services: Stage, tmp_path: Path, content: str | None, why: str) -> None:
    file = tmp_path / "our-ca.pem"
    if content is not None:
        file.write_text(content)
    assert says(services, "list-boards", "-r", FUEGO_CA_FILE=str(file)).startswith(f"ftc: ca_file {file}: {why}")


def test_a_ca_file_that_cannot_be_used_keeps_the_bridge_from_starting(services: Stage, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.pem")
    state = {"FUEGO_STATE_DIR": str(tmp_path / "state"), "FUEGO_LAB_DIR": str(tmp_path / "lab")}
    jenkins = {"JENKINS_URL": "http://127.0.0.1:9/fuego"}
    said = says(services, "lab", "serve", FUEGO_CA_FILE=missing, **state, **jenkins)
    assert said == f"ftc: ca_file {missing}: No such file or directory\n"


def test_a_ca_file_adds_to_the_cas_of_the_system(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = Authority(tmp_path / "company", "The company's CA")
    monkeypatch.setenv("SSL_CERT_FILE", str(company.certificate))
    with recorder(pair=company.issue("127.0.0.1")) as one, recorder(pair=authority.issue("127.0.0.1")) as other:
        for server in (one, other):
            hub = HubClient(server.url, "secret", ca_file=authority.certificate)
            hub.whoami()
            hub.api.close()
        with pytest.raises(Unreachable, match="not trusted"):
            HubClient(other.url, "secret").whoami()


def test_jenkins_follows_the_same_ca_file(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    with recorder(pair=authority.issue("127.0.0.1")) as server:
        assert Controller(server.url, "bridge", "secret", ca_file=authority.certificate).version() == "2.0"
        # python-jenkins itself would check nothing any more.
        monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
        with pytest.raises(ControllerDown, match="not trusted"):
            Controller(server.url, "bridge", "secret").version()


def test_a_controller_whose_certificate_cannot_be_used_says_so(services: Stage, tmp_path: Path) -> None:
    junk = tmp_path / "junk.pem"
    junk.write_text("no PEM")
    files = ("--tls-cert", str(junk), "--tls-key", str(junk))
    said = says(services, "lab", "jenkins", "--data", str(tmp_path / "jenkins"), "--port", "0", *files)
    assert said.startswith("ftc: the certificate and key (--tls-cert, --tls-key) cannot be used")


def test_a_ca_file_that_cannot_be_used_is_named_for_jenkins_too(tmp_path: Path) -> None:
    with pytest.raises(ControllerRefused, match="No such file"):
        Controller("https://127.0.0.1:9", ca_file=tmp_path / "missing.pem")
    with pytest.raises(ClientError, match="No such file"):
        HubClient("https://127.0.0.1:9", "", ca_file=tmp_path / "missing.pem")
