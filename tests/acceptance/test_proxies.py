"""A hub behind a real proxy, with the settings that examples/ shows: TLS, long polls, streams, bodies, who called."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from fuego_jenkins_remote.hub import admin
from processes import free_port
from until import until

ROOT = Path(__file__).parents[2]
SERVE = (
    "import sys; from pathlib import Path; from fuego_jenkins_remote.hub.serve import serve; "
    "serve(Path(sys.argv[1]), '127.0.0.1', 0, json_ready=True, behind_proxy=sys.argv[2] == 'behind')"
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="no curl, which speaks HTTP/2"),
]


@dataclass
class Site:
    """A hub behind a proxy."""

    url: str
    certificate: Path
    secrets: dict[str, str]
    log: Path

    def call(self, who: str, method: str, path: str, **values: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.secrets[who]}", **values.pop("headers", {})}
        where = f"{self.url}/api/v1{path}"
        return requests.request(method, where, headers=headers, verify=str(self.certificate), timeout=60, **values)

    def logged(self, request_id: str) -> dict[str, Any]:
        """The line of a request."""

        def found() -> dict[str, Any] | None:
            lines = self.log.read_text(encoding="utf-8").splitlines(keepends=True)
            whole = (line for line in lines if f'"{request_id}"' in line and '"route"' in line and line.endswith("\n"))
            return next(map(json.loads, whole), None)

        return until(found, f"a line of {request_id}")


@contextmanager
def hub_at(folder: Path, how: str) -> Iterator[tuple[str, dict[str, str]]]:
    """A hub in a process of its own; its address, and tokens."""
    admin.init_data(folder)
    engine = admin.open_data(folder)
    secrets = {"demolab": admin.add_lab(engine, "demolab"), "ann": admin.add_user(engine, "ann", teams=["annslab"])}
    engine.dispose()
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-c", SERVE, str(folder), how], stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["url"], secrets
        finally:
            process.terminate()


def nginx(folder: Path, upstream: str, port: int) -> list[str]:
    """The command of an nginx with the example's settings."""
    site = (ROOT / "examples" / "nginx" / "fuego-hub.conf").read_text(encoding="utf-8")
    site = site.replace("127.0.0.1:8700", upstream).replace("listen 443 ", f"listen 127.0.0.1:{port} ")
    site = site.replace("hub.example.org", "localhost").replace("/etc/ssl/fuego", str(folder))
    (folder / "site.conf").write_text(site, encoding="utf-8")
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = f"""daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{ access_log off; {temporary}
include {folder}/site.conf; }}
"""
    (folder / "nginx.conf").write_text(whole, encoding="utf-8")
    return ["nginx", "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]


def caddy(folder: Path, upstream: str, port: int) -> list[str]:
    """The command of a Caddy with the example's settings; certificates are given, not fetched."""
    site = (ROOT / "examples" / "caddy" / "Caddyfile").read_text(encoding="utf-8").partition("\nvision.example.org")[0]
    site = site.replace("127.0.0.1:8700", upstream)
    site = site.replace("hub.example.org {", f"localhost:{port} {{\n\ttls {folder}/hub.pem {folder}/hub.key", 1)
    options = f"{{\n\tadmin off\n\tauto_https disable_redirects\n\tstorage file_system {folder}/storage\n}}\n"
    (folder / "Caddyfile").write_text(options + site, encoding="utf-8")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


@pytest.fixture(params=[nginx, caddy], ids=["nginx", "caddy"], scope="module")
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A hub behind the proxy; skipped where that is not installed."""
    name = request.param.__name__
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    folder = tmp_path_factory.mktemp(name)
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    make += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(folder / "hub.key"), "-out"]
    subprocess.run([*make, str(folder / "hub.pem")], check=True, capture_output=True)
    port = free_port()
    with hub_at(folder / "hub", "behind") as (hub_url, secrets):
        command = request.param(folder, hub_url.removeprefix("http://"), port)
        with (folder / "proxy.log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
            try:
                made = Site(f"https://localhost:{port}", folder / "hub.pem", secrets, folder / "hub" / "log")
                _wait_for(made, folder)
                board = {"facts": {"arch": "x86_64"}, "open_to": ["*"]}
                assert made.call("demolab", "PUT", "/boards/demolab/qemu", json=board).status_code == 200
                yield made
            finally:
                process.terminate()


def _wait_for(site: Site, folder: Path) -> None:
    def answers() -> bool:
        with contextlib.suppress(requests.RequestException):
            return site.call("ann", "GET", "/whoami").status_code == 200
        return False

    try:
        until(answers, "the hub behind the proxy answers", 60)
    except AssertionError:
        raise AssertionError((folder / "proxy.log").read_text() + (folder / "hub" / "log").read_text()) from None


def curl(site: Site, path: str, *more: str) -> str:
    command = ["curl", "--silent", "--cacert", str(site.certificate), *more, f"{site.url}{path}"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_it_is_spoken_to_in_http_2(site: Site) -> None:
    assert curl(site, "/readyz", "--http2", "--output", "/dev/null", "--write-out", "%{http_version}") == "2"


def test_figures_are_not_for_those_outside(site: Site) -> None:
    assert curl(site, "/metrics", "--output", "/dev/null", "--write-out", "%{http_code}") == "404"


def test_who_called_is_who_came_to_the_proxy_whatever_he_says(site: Site) -> None:
    spoofed = ("X-Forwarded-For: 203.0.113.9", "Forwarded: for=203.0.113.9", "X-Real-IP: 203.0.113.9")
    more = [argument for header in spoofed for argument in ("--header", header)]
    head = curl(site, "/api/v1/", "--interface", "127.0.0.2", "--dump-header", "-", "--output", "/dev/null", *more)
    request_id = re.search(r"^x-request-id: (\S+)", head, re.MULTILINE | re.IGNORECASE)
    assert request_id is not None
    assert site.logged(request_id[1])["client"] == "127.0.0.2"


def test_the_services_cookie_is_for_https_alone(site: Site) -> None:
    token = site.secrets["ann"]
    answer = requests.post(
        f"{site.url}/sign-in", data={"token": token}, verify=str(site.certificate), allow_redirects=False, timeout=20
    )
    assert answer.status_code == 303
    assert "secure" in answer.headers["Set-Cookie"].lower()


def test_a_claim_that_waits_is_not_cut(site: Site) -> None:
    began = time.monotonic()
    body = {"claim_id": "call-wait-1", "boards": ["qemu"], "wait": 25}
    answer = site.call("demolab", "POST", "/claims", json=body)
    assert (answer.status_code, answer.json()["attempts"]) == (200, [])
    assert time.monotonic() - began > 24


def test_events_of_a_page_come_at_once(site: Site) -> None:
    wanted = {"call_id": "call-put-sse", "selector": "demolab:qemu", "test": "Functional.hello"}
    made = site.call("ann", "POST", "/requests", json=wanted).json()["requests"][0]
    page = f"{site.url}/requests/{made['id']}/events?seen={made['version']}"
    headers = {"Authorization": f"Bearer {site.secrets['ann']}", "Accept": "text/event-stream"}
    with requests.get(page, headers=headers, verify=str(site.certificate), stream=True, timeout=60) as stream:
        assert stream.status_code == 200
        cancel = {"call_id": "call-cancel-sse"}
        later = threading.Timer(1.0, lambda: site.call("ann", "POST", f"/requests/{made['id']}/cancel", json=cancel))
        later.start()
        began = time.monotonic()
        for line in stream.iter_lines(decode_unicode=True, chunk_size=1):
            if "cancelled" in line:
                break
        later.join()
    assert time.monotonic() - began < 12


@pytest.mark.parametrize(("mebibytes", "status"), [(64, 201), (65, 413)])
def test_a_package_passes_up_to_what_the_hub_takes(site: Site, mebibytes: int, status: int) -> None:
    import hashlib

    content = b"x" * (mebibytes * 2**20)
    digest = hashlib.sha256(content).hexdigest()
    try:
        answer = site.call("ann", "PUT", f"/packages/{digest}", data=content)
        assert answer.status_code == status
    except requests.ConnectionError:
        assert status == 413  # broken off in the middle of what is too large


def test_without_a_proxy_nobody_says_where_he_calls_from(tmp_path: Path) -> None:
    with hub_at(tmp_path / "hub", "alone") as (url, secrets):
        site = Site(url, tmp_path, secrets, tmp_path / "hub" / "log")
        headers = {"X-Forwarded-For": "203.0.113.9", "X-Request-ID": "one-of-mine"}
        requests.get(f"{url}/api/v1/", headers=headers, timeout=20)
        assert site.logged("one-of-mine")["client"] == "127.0.0.1"
