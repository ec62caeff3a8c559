"""One request goes all the way over https: put by anna, run by a lab on another machine, its run back to her."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from authority import Authority
from connect_proxy import RunningProxy
from namespaces import NoNamespaces, join, machines
from stage import BOARD, EXAMPLES, Stage

pytestmark = pytest.mark.slow

SERVICES, LAB = "10.77.1.1", "10.77.1.2"
PROXY_NEAR, PROXY_FAR, LAB_BEHIND = "10.77.2.1", "10.77.1.2", "10.77.2.2"
PORTS = (8700, 8701)


@pytest.fixture
def two_machines(authority: Authority, tmp_path: Path) -> Iterator[Stage]:
    """Services in one network namespace, the lab in another, a cable between them."""
    try:
        with machines(2) as (far, near):
            join(far, SERVICES, near, LAB)
            stage = Stage(root=tmp_path, authority=authority, far=far.within, near=near.within)
            try:
                yield stage
            finally:
                stage.stop()
    except NoNamespaces as error:
        pytest.skip(str(error))


@pytest.fixture
def with_a_proxy_between(authority: Authority, tmp_path: Path) -> Iterator[tuple[Stage, RunningProxy]]:
    """No way leads from the lab to the services but through the proxy on a third machine."""
    try:
        with machines(3) as (far, middle, near):
            join(far, SERVICES, middle, PROXY_FAR)
            join(middle, PROXY_NEAR, near, LAB_BEHIND)
            middle.run("sh", "-c", "echo 0 > /proc/sys/net/ipv4/ip_forward")
            stage = Stage(root=tmp_path, authority=authority, far=far.within, near=near.within)
            proxy = RunningProxy(tmp_path / "proxy", PROXY_NEAR, within=middle.within)
            stage.environment["HTTPS_PROXY"] = proxy.url
            try:
                yield stage, proxy
            finally:
                stage.stop()
                proxy.close()
    except NoNamespaces as error:
        pytest.skip(str(error))


def test_a_run_comes_back_from_another_machine(two_machines: Stage, authority: Authority) -> None:
    two_machines.start_services(authority.issue(SERVICES), SERVICES, ports=PORTS)
    two_machines.start_lab(authority.issue("127.0.0.1"))
    run = a_run_of_annas_package(two_machines)
    assert run["run_url"].startswith(f"https://{SERVICES}:8701/")
    assert run["build_url"].startswith(two_machines.jenkins_url)
    assert two_machines.jenkins_url.startswith("https://127.0.0.1:")


def test_a_run_comes_back_through_a_proxy(
    with_a_proxy_between: tuple[Stage, RunningProxy], authority: Authority
) -> None:
    stage, proxy = with_a_proxy_between
    stage.start_services(authority.issue(SERVICES), SERVICES, ports=PORTS)
    stage.start_lab(authority.issue("127.0.0.1"))
    a_run_of_annas_package(stage)
    assert set(proxy.targets) == {f"CONNECT {SERVICES}:{port}" for port in PORTS}
    assert [name for name, token in stage.tokens.items() if token.encode() in proxy.seen] == []
    assert b"authorization" not in proxy.seen.lower()


def test_without_the_proxy_no_way_leads_there(with_a_proxy_between: tuple[Stage, RunningProxy]) -> None:
    stage, proxy = with_a_proxy_between
    stage.hub_url = f"https://{SERVICES}:8700"
    stage.write_conf(stage.anna)
    said = stage.ftc(stage.anna, "list-boards", "-r", HTTPS_PROXY="")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == f"ftc: the hub at https://{SERVICES}:8700 cannot be reached: no way leads there\n"
    assert proxy.targets == []


def a_run_of_annas_package(stage: Stage) -> dict[str, str]:
    """Anna brings a test along, waits for its end and fetches the run; the request as it is then."""
    package = str(EXAMPLES / "packages" / "Functional.packaged_check")
    asked = stage.ftc(
        *(stage.anna, "put-request", "-b", f"demolab:{BOARD}", "--package", package, "-q"),
        *("--wait", "--wait-limit", "150s"),
    )
    assert asked.returncode == 0, f"{asked.stderr}{stage.log()}"
    request = asked.stdout.split()[0]
    fetched = stage.root / "run.frp"
    assert stage.ftc(stage.anna, "get-run", request, "-o", str(fetched)).returncode == 0
    with tarfile.open(fetched) as archive:
        assert "run/run.json" in archive.getnames()
    found: dict[str, str] = json.loads(stage.ftc(stage.anna, "query-request", request, "--json").stdout)
    assert (found["state"], found["status"]) == ("done", "PASS")
    return found
