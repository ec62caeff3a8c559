"""Hundreds of jobs, slow clients, hostile documents, long consoles: it answers in time and stays small."""

from __future__ import annotations

import json
import resource
import socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from fuego_jenkins_remote.minijenkins.settings import Settings
from until import until

JOBS, BUILDS = 500, 20
RECORD = {
    "node": "",
    "parameters": {"REQUEST_ID": "r1", "ATTEMPT": "1"},
    "causes": [{"kind": "user", "user": "admin"}],
    "started_ms": 1,
    "result": "SUCCESS",
    "duration_ms": 5000,
    "description": None,
    "artifacts": [],
    "aborted": False,
}
TREE = "jobs[name,builds[number,building,result,queueId,url,actions[parameters[name,value]]]{0,5}]"


@pytest.fixture
def big_lab(settings: Settings, job_xml: Callable[..., str]) -> Settings:
    """Data of 500 jobs with 20 builds each, and of 500 nodes."""
    xml = job_xml(parameters=("REQUEST_ID", "ATTEMPT"))
    for number in range(JOBS):
        job = settings.data_dir / "jobs" / f"remote-request-{number:03}"
        for build in range(1, BUILDS + 1):
            folder = job / "builds" / str(build)
            folder.mkdir(parents=True)
            (folder / "build.json").write_text(json.dumps({**RECORD, "number": build, "queue_id": build}))
        (job / "config.xml").write_text(xml)
        node = settings.data_dir / "nodes" / f"board{number:03}"
        node.mkdir(parents=True)
        (node / "config.xml").write_text(f"<slave><name>{node.name}</name><mode>EXCLUSIVE</mode></slave>")
        (node / "state.json").write_text("{}")
    return settings


@pytest.mark.slow
def test_500_jobs_are_there_soon_and_one_question_asks_for_all_their_builds(
    big_lab: Settings, start: Callable[..., Any]
) -> None:
    began = time.monotonic()
    url = start().url
    assert time.monotonic() - began < 30
    took: list[float] = []
    while len(took) < 20 and (len(took) < 3 or min(took) >= 1):  # others may keep the machine busy for a while
        began = time.monotonic()
        jobs = requests.get(f"{url}/api/json", params={"tree": TREE}, timeout=30).json()["jobs"]
        took.append(time.monotonic() - began)
    assert len(jobs) == JOBS
    assert [build["number"] for build in jobs[0]["builds"]] == [20, 19, 18, 17, 16]
    assert min(took) < 1
    view = requests.get(f"{url}/view/all/api/json", params={"tree": TREE}, timeout=30).json()
    assert view["jobs"] == jobs
    running = "computer[displayName,executors[currentExecutable[url,fullDisplayName,timestamp,estimatedDuration]]]"
    nodes = requests.get(f"{url}/computer/api/json", params={"tree": running}, timeout=30).json()["computer"]
    assert len(nodes) == JOBS + 1


def _connect(url: str) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=30)


def test_a_client_that_does_not_finish_its_head_is_sent_away(start: Callable[..., Any]) -> None:
    with _connect(start(head_seconds=0.2).url) as slow, _connect(start().url) as patient:
        slow.sendall(b"GET /fuego/api/json HTTP/1.1\r\nHost: local")
        assert _answer(slow) == b""
        patient.sendall(b"GET /fuego/api/json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert _answer(patient).startswith(b"HTTP/1.1 200")


def test_a_body_that_does_not_come_is_408(start: Callable[..., Any]) -> None:
    controller = start(body_seconds=0.2, head_seconds=0.1)
    crumb = requests.get(f"{controller.url}/crumbIssuer/api/json", timeout=30)
    (cookie,) = crumb.cookies.items()
    head = (
        "POST /fuego/createItem?name=j HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n"
        f"Jenkins-Crumb: {crumb.json()['crumb']}\r\nCookie: {'='.join(cookie)}\r\nContent-Length: 100\r\n\r\n<project>"
    )
    with _connect(controller.url) as slow:
        slow.sendall(head.encode())
        assert _answer(slow).startswith(b"HTTP/1.1 408")


def test_more_connections_than_it_takes_get_503(start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fuego_jenkins_remote.minijenkins.server._MOST_CONNECTIONS", 4)
    url = start().url
    idle = [_connect(url) for _ in range(4)]
    assert requests.get(f"{url}/whoAmI/api/json", timeout=30).status_code == 503
    for connection in idle:
        connection.close()
    until(lambda: requests.get(f"{url}/whoAmI/api/json", timeout=30).status_code == 200, "there is room again")


def _answer(client: socket.socket) -> bytes:
    try:
        return client.recv(100)
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize(
    ("document", "status", "words"),
    [
        ('<!DOCTYPE a [<!ENTITY b "bbb"><!ENTITY c "&b;&b;">]><project>&c;</project>', 400, "document type"),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><project>&b;</project>', 400, "document type"),
        ("<project>" + "<a>" * 5000 + "</a>" * 5000 + "</project>", 400, "nested deeper"),
        ("<project>" + "<a>" * 200_000 + "</a>" * 200_000 + "</project>", 400, "nested deeper"),
        ("<project>" + "<a>" * 500_000, 500, "bad XML"),
        ("<project><description>" + "x" * 10_000_000 + "</description></project>", 413, "larger than"),
        ('<?xml version="1.0" encoding="UTF-16"?><project/>', 500, "not UTF-8"),
    ],
    ids=["entity bomb", "external entity", "deep", "very deep", "very deep and broken", "10 MB", "another encoding"],
)
def test_hostile_documents_are_refused(ask: Callable[..., Any], document: str, status: int, words: str) -> None:
    answer = ask("POST", "/createItem?name=j", data=document, headers={"Content-Type": "text/xml"})
    assert answer.status_code == status
    assert words in answer.headers["X-Error"]


@pytest.mark.slow
def test_a_console_of_100_mb_is_streamed(shop: Any, controller: Any) -> None:
    shop.job("j", "yes 'a line of a console' | head -c 100000000")
    shop.build("j")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = 0
    with requests.get(f"{controller.url}/job/j/1/consoleText", stream=True, timeout=30) as answer:
        for chunk in answer.iter_content(1 << 20):
            size += len(chunk)
    assert size > 100_000_000
    page = requests.get(f"{controller.url}/job/j/1/console", timeout=30)
    assert len(page.content) < 2_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000  # KiB


def full_disk(*_: object, **__: object) -> None:
    """What writing does on a full disk."""
    raise OSError(28, "No space left on device")


def test_a_full_disk_while_archiving_fails_the_build_and_frees_the_executor(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fuego_jenkins_remote.minijenkins.running.runner.shutil.copy2", full_disk)
    publisher = "<hudson.tasks.ArtifactArchiver><artifacts>out/**</artifacts></hudson.tasks.ArtifactArchiver>"
    shop.job("j", "mkdir -p out; echo x > out/a", publishers=publisher)
    assert shop.build("j")["result"] == "FAILURE"
    assert "No space left on device" in shop.console("j")
    monkeypatch.undo()
    assert shop.build("j")["result"] == "SUCCESS"


def test_on_a_full_disk_a_build_waits_and_says_why(
    shop: Any, until: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.job("j")
    monkeypatch.setattr("fuego_jenkins_remote.minijenkins.controller._LOOK_AGAIN_SECONDS", 0.2)
    monkeypatch.setattr("fuego_jenkins_remote.minijenkins.jobs.job.write_text", full_disk)
    item = shop.server.build_job("j")
    waiting = shop.server.get_queue_item(item)
    assert waiting["why"] == "The controller cannot write its data: No space left on device"
    assert waiting["stuck"]
    monkeypatch.undo()
    shop.build("j")
    assert shop.finished("j", 1)["queueId"] == item


def test_on_a_full_disk_a_job_is_refused_and_not_half_there(
    ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, job_xml: Callable[..., str]
) -> None:
    monkeypatch.setattr("fuego_jenkins_remote.minijenkins.store.os.fsync", full_disk)
    form = {"data": job_xml(), "headers": {"Content-Type": "text/xml"}}
    answer = ask("POST", "/createItem?name=j", **form)
    assert (answer.status_code, answer.headers["X-Error"]) == (
        500,
        "the controller cannot write its data: No space left on device",
    )
    assert ask("GET", "/job/j/api/json").status_code == 404
    monkeypatch.undo()
    assert ask("POST", "/createItem?name=j", **form).status_code == 200
