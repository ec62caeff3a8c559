"""Two machines: certificates, a proxy, and services that are reached over https."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "parts"))

from authority import Authority
from connect_proxy import RunningProxy
from stage import Stage

from processes import free_port

NAME = "hub.fuego.test"


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have a proxy and certificates of their own."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "PYTHONHTTPSVERIFY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A CA that nobody knows but those who are told."""
    if shutil.which("openssl") is None:
        pytest.skip("certificates are made by the program openssl, which is not here")
    return Authority(tmp_path_factory.mktemp("ca") / "ca")


@pytest.fixture(scope="session")
def services(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Hub and vision on loopback over https; by name they are reached through the proxy only."""
    stage = Stage(root=tmp_path_factory.mktemp("services"), authority=authority)
    try:
        stage.start_services(authority.issue("127.0.0.1", NAME), "127.0.0.1")
        yield stage
    finally:
        stage.stop()


@pytest.fixture(scope="session")
def running_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProxy]:
    """The proxy, for all tests."""
    found = RunningProxy(tmp_path_factory.mktemp("proxy") / "proxy", "127.0.0.1", f"{NAME}=127.0.0.1")
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def proxy(running_proxy: RunningProxy) -> RunningProxy:
    """The proxy, which has seen nothing yet."""
    running_proxy.forget()
    return running_proxy


@pytest.fixture
def nobody_listens() -> str:
    """The port of an address where nothing is."""
    return f"127.0.0.1:{free_port()}"
