"""What is there after a stop and a start."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jenkins
import pytest
import requests

from child_process import is_alive
from fuego_jenkins_remote.minijenkins.server import Tls, run
from fuego_jenkins_remote.minijenkins.settings import Settings


def test_jobs_builds_nodes_and_views_are_there_again(start: Callable[..., Any], shop_on: Callable[..., Any]) -> None:
    first = start()
    server = first.client()
    shop = shop_on(server)
    shop.job("größe", "mkdir -p out; echo x > out/a", publishers=ARCHIVE)
    built = shop.build("größe")
    server.create_node("bbb", numExecutors=1, labels="bbb", launcher=jenkins.LAUNCHER_JNLP)
    server.disable_node("bbb", "away")
    server.create_view("v", jenkins.EMPTY_VIEW_CONFIG_XML)
    config, console = server.get_job_config("größe"), shop.console("größe")
    first.stop()

    again = start().client()
    assert again.get_job_config("größe") == config
    assert again.get_build_console_output("größe", 1) == console
    before, after = (json.dumps(b, sort_keys=True) for b in (built, again.get_build_info("größe", 1)))
    assert after == before.replace(first.url, again.server.rstrip("/"))
    assert again.get_job_info("größe")["nextBuildNumber"] == 2
    assert again.get_node_info("bbb")["offlineCauseReason"] == "away"
    assert again.view_exists("v")


def test_the_queue_is_kept_with_its_ids(start: Callable[..., Any], shop_on: Callable[..., Any]) -> None:
    first = start()
    shop = shop_on(first.client())
    shop.job("j", "echo [$A]", parameters=("A",), more="<assignedNode>x</assignedNode><canRoam>false</canRoam>")
    item = shop.server.build_job("j", {"A": "größe"})
    first.stop()

    server = start().client()
    assert [waiting["id"] for waiting in server.get_queue_info()] == [item]
    server.create_node("x", numExecutors=1, launcher=jenkins.LAUNCHER_JNLP)
    again = shop_on(server)
    assert again.started(item) == 1
    again.finished("j", 1)
    assert "[größe]" in again.console("j")
    assert server.build_job("j", {"A": "2"}) == item + 1


def test_a_running_build_is_lost_and_its_number_skipped(
    start: Callable[..., Any], shop_on: Callable[..., Any], until: Callable[..., Any], tmp_path: Path
) -> None:
    first = start()
    shop = shop_on(first.client())
    shop.job("j", f"setsid sleep 65 & echo $! > {tmp_path}/pid; echo go; wait")
    shop.started(shop.server.build_job("j"))
    until(lambda: "\ngo" in shop.console("j"))
    first.stop()
    pid = int((tmp_path / "pid").read_text())
    until(lambda: not is_alive(pid))

    again = shop_on(start().client())
    with pytest.raises(jenkins.JenkinsException, match="does not exist"):
        again.server.get_build_info("j", 1)
    again.job("j")
    assert again.build("j")["number"] == 2


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_says_when_it_is_ready_and_stops_on_term(tmp_path: Path, as_json: bool) -> None:
    command = [sys.executable, "-m", "fuego_jenkins_remote.minijenkins", "--data", str(tmp_path), "--port", "0"]
    with subprocess.Popen([*command, *(["--json"] if as_json else [])], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        if as_json:
            ready = json.loads(line)
            assert (ready["service"], ready["pid"]) == ("jenkins", process.pid)
            url = ready["url"]
        else:
            assert line.startswith("jenkins ready at http://127.0.0.1:")
            url = line.split()[-1]
        assert jenkins.Jenkins(url).get_version() == "2.528.3-embedded"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_the_command_says_in_one_line_why_it_does_not_start(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fuego_jenkins_remote.minijenkins", "--data", str(tmp_path), "--host", "0.0.0.0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("jenkins: an open controller is not put on 0.0.0.0")
    assert done.stderr.count("\n") == 1


def test_after_a_kill_it_starts_again(
    settings: Settings, start: Callable[..., Any], shop_on: Callable[..., Any], tmp_path: Path
) -> None:
    data = settings.data_dir
    command = [sys.executable, "-m", "fuego_jenkins_remote.minijenkins", "--data", str(data), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        shop = shop_on(jenkins.Jenkins(process.stdout.readline().split()[-1]))
        shop.job("j", f"echo $$ > {tmp_path}/pid; exec sleep 66", more="<quietPeriod>0</quietPeriod>")
        shop.started(shop.server.build_job("j"))
        process.kill()
    again = shop_on(start().client())
    again.job("j")
    assert again.build("j")["number"] == 2
    if (tmp_path / "pid").exists():
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


ARCHIVE = "<hudson.tasks.ArtifactArchiver><artifacts>out/**</artifacts></hudson.tasks.ArtifactArchiver>"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here to make a certificate")
def test_it_speaks_tls(tmp_path: Path, settings: Settings) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=lab -addext"
    files = ["subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", *words.split(), *files], check=True, capture_output=True)

    async def ask() -> requests.Response:
        stop: asyncio.Event = asyncio.Event()
        address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        tls = Tls(certificate=certificate, key=key)
        serving = asyncio.create_task(run(settings, "127.0.0.1", 0, address.set_result, stop, tls=tls))
        url = await address
        headers = {"Connection": "close"}
        answer = await asyncio.to_thread(requests.get, f"{url}/api/json", verify=str(certificate), headers=headers)
        stop.set()
        await serving
        return answer

    assert asyncio.run(ask()).json()["url"].startswith("https://127.0.0.1:")
