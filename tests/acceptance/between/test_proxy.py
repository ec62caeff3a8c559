"""HTTPS_PROXY: the way out is a CONNECT proxy, which sees where calls go and nothing of what they say."""

from __future__ import annotations

import pytest
from connect_proxy import RunningProxy
from stage import Stage

from fuego_jenkins_remote.client.transport import proxies_for

pytestmark = pytest.mark.slow

NAME = "hub.fuego.test"


def by_name(url: str) -> str:
    """The same service by the name that only the proxy knows."""
    return url.replace("127.0.0.1", NAME)


def target(url: str) -> str:
    return f"CONNECT {by_name(url).removeprefix('https://')}"


@pytest.mark.parametrize("setting", ["HTTPS_PROXY", "https_proxy"])
def test_the_hub_is_reached_through_the_proxy(services: Stage, proxy: RunningProxy, setting: str) -> None:
    said = services.ftc(services.anna, "whoami", "--hub-url", by_name(services.hub_url), **{setting: proxy.url})
    assert (said.returncode, said.stderr) == (0, ""), said.stderr
    assert proxy.targets == [target(services.hub_url)]


def test_the_proxy_sees_no_token(services: Stage, proxy: RunningProxy) -> None:
    services.ftc(services.anna, "list-runs", "-r", "--vision-url", by_name(services.vision_url), HTTPS_PROXY=proxy.url)
    assert proxy.targets == [target(services.vision_url)]
    assert services.tokens["annas-vision"].encode() not in proxy.seen
    assert b"authorization" not in proxy.seen.lower()
    assert len(proxy.seen) > 1000


@pytest.mark.parametrize("value", [NAME, ".fuego.test", "fuego.test", "*", "example.org,hub.fuego.test"])
def test_no_proxy_names_hosts_and_domains(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert proxies_for(f"https://{NAME}")
    monkeypatch.setenv("NO_PROXY", value)
    assert not proxies_for(f"https://{NAME}")


def test_no_proxy_is_honoured(services: Stage, proxy: RunningProxy) -> None:
    url = by_name(services.hub_url)
    said = services.ftc(services.anna, "list-boards", "-r", "--hub-url", url, HTTPS_PROXY=proxy.url, NO_PROXY=NAME)
    assert said.returncode == 1
    assert said.stderr == f"ftc: the hub at {url} cannot be reached: nobody knows that name\n"
    assert proxy.targets == []


def test_no_proxy_for_others_changes_nothing(services: Stage, proxy: RunningProxy) -> None:
    url = by_name(services.hub_url)
    said = services.ftc(
        services.anna, "list-boards", "-r", "--hub-url", url, HTTPS_PROXY=proxy.url, NO_PROXY="other.test"
    )
    assert said.returncode == 0, said.stderr


def test_this_machine_is_never_reached_through_a_proxy(services: Stage, proxy: RunningProxy) -> None:
    said = services.ftc(services.anna, "list-boards", "-r", HTTPS_PROXY=proxy.url)
    assert said.returncode == 0, said.stderr
    assert proxy.targets == []


def test_a_certificate_is_checked_through_the_proxy_too(services: Stage, proxy: RunningProxy) -> None:
    url = by_name(services.hub_url)
    said = services.ftc(
        *(services.anna, "list-boards", "-r", "--hub-url", url), HTTPS_PROXY=proxy.url, FUEGO_CA_FILE="/dev/null"
    )
    assert (said.returncode, said.stderr) == (1, "ftc: ca_file /dev/null: holds no certificate (PEM is expected)\n")
    conf = services.root / "no-ca.conf"
    conf.write_text(f"hub_url={url}\nhub_token_file={services.root}/anna.token\n")
    said = services.ftc(conf, "list-boards", "-r", HTTPS_PROXY=proxy.url)
    assert said.returncode == 1
    assert "its certificate is not trusted here" in said.stderr


def test_a_proxy_that_refuses_is_named(services: Stage, proxy: RunningProxy) -> None:
    said = services.ftc(
        services.anna, "list-boards", "-r", "--hub-url", "https://forbidden.test", HTTPS_PROXY=proxy.url
    )
    assert said.returncode == 1
    assert said.stderr.endswith("cannot be reached: the proxy (HTTPS_PROXY) does not let us through\n")


@pytest.mark.parametrize("address", ["http://{nobody}", "nonsense://x", "http://"])
def test_a_proxy_that_is_not_there_is_named(services: Stage, nobody_listens: str, address: str) -> None:
    url = address.format(nobody=nobody_listens)
    said = services.ftc(services.anna, "list-boards", "-r", "--hub-url", "https://hub.fuego.test", HTTPS_PROXY=url)
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (1, "", 1)
    assert "HTTPS_PROXY" in said.stderr
