"""Replays the recorded answers of a real Jenkins 2.528.3 (../shared/data/jenkins) against the embedded controller.

All exchanges are made in their order, once; each step is then compared: status, headers that matter, the keys, types
and values of JSON. No step is left out. What is meant to differ stands in `MEANT` and `NOT_COMPARED`, with the reason,
and in docs/controller.md.
"""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ET
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from fuego_jenkins_remote.minijenkins import VERSION
from fuego_jenkins_remote.minijenkins.people.users import Users
from fuego_jenkins_remote.minijenkins.settings import Settings

RECORDING = Path(__file__).parents[3] / "shared" / "data" / "jenkins" / "core-2.528.3.json"
DOCS = Path(__file__).parents[2] / "docs" / "controller.md"
WITH_PLUGINS = RECORDING.with_name("plugins-2.528.3.json")
RECORDED_URL = "http://127.0.0.1:8090/fuego/"
PASSWORD = "the admin's password"
QUIET_SECONDS = 0.6  # 5 in the recording

# (step, exchange): why the answer is not compared, though the request is made.
NOT_COMPARED = {
    ("python-jenkins: create_node bbb", 4): "a node is online at once here, an agent has to connect there",
    ("python-jenkins: create_node qemu-arm", 3): "a node is online at once here, an agent has to connect there",
    ("queue item: quiet period, then started", 3): "what is due starts at once here, Jenkins looks again later",
    ("queue item: blocked by the running build, then started", 1): "the sentence of the first moment only",
}

# Key of a JSON object (or "header: ..."): why its value is not the recorded one. Its presence is still required.
MEANT = {
    "timestamp": "a time",
    "inQueueSince": "a time",
    "buildableStartMilliseconds": "a time",
    "duration": "a duration",
    "estimatedDuration": "a duration",
    "progress": "follows from durations",
    "crumb": "random",
    "absoluteRemotePath": "folder of a node on this machine",
    "monitorData": "nothing is measured on nodes: every monitor is null, as on an offline agent",
    "offlineCause": "the recorded node was not connected yet; this one was set offline through the API",
    "temporarilyOffline": "the recorded node was not connected yet; this one was set offline through the API",
}
# Values that name the server where this one says that it is not Jenkins.
MEANT_VALUES = {"the Jenkins controller's built-in node"}
TEXTS_THAT_MATTER = ("Started by", "request ", "Archiving", "Triggering", "Aborted by", "Build was", "Finished")


def steps() -> list[dict[str, Any]]:
    if not RECORDING.is_file():
        return []
    return json.loads(RECORDING.read_text("utf-8"))  # type: ignore[no-any-return]


class Replay:
    """Makes the recorded requests, with what happened on the machine between them, and keeps the answers."""

    def __init__(self, url: str, token: str, until: Callable[..., Any], job_xml: Callable[..., str]) -> None:
        self.url = url
        self._job_xml = job_xml
        self._until = until
        self._session = requests.Session()
        self._basic = {
            "Basic admin:API_TOKEN": "Basic " + b64encode(f"admin:{token}".encode()).decode(),
            "Basic admin:bad": "Basic " + b64encode(b"admin:bad").decode(),
            "Basic admin:admin": "Basic " + b64encode(f"admin:{PASSWORD}".encode()).decode(),
        }
        # Of the crumb asked for last: what the recorded client sent with the requests after it.
        self._crumb, self._cookies = "", requests.cookies.RequestsCookieJar()
        self.answers: dict[str, list[requests.Response]] = {}

    def run(self) -> None:
        for step in steps():
            answers = self.answers[step["step"]] = []
            for position, exchange in enumerate(step["exchanges"]):
                if "request" in exchange:
                    self._before(step["step"], position)
                    answers.append(self._ask(exchange["request"]))

    def _ask(self, request: dict[str, Any]) -> requests.Response:
        headers = {k: v for k, v in request["headers"].items() if k not in {"Content-Length", "Cookie"}}
        if "Authorization" in headers:
            headers["Authorization"] = self._basic[headers["Authorization"]]
        if "Jenkins-Crumb" in headers:
            headers["Jenkins-Crumb"] = self._crumb
        body = request["body"]
        self._session.cookies.clear()
        answer = self._session.request(
            request["method"],
            self.url + request["url"],
            headers=headers,
            cookies=self._cookies if "Cookie" in request["headers"] else None,
            data=body.encode() if body is not None else None,
            allow_redirects=False,
            timeout=30,
        )
        if request["url"] == "/crumbIssuer/api/json" and answer.ok:
            self._crumb, self._cookies = answer.json()["crumb"], answer.cookies
        return answer

    def _post(self, path: str, body: str | None = None) -> requests.Response:
        headers = {"Authorization": self._basic["Basic admin:API_TOKEN"], "Content-Type": "text/xml"}
        return self._session.post(self.url + path, data=body, headers=headers, allow_redirects=False, timeout=30)

    def _get(self, path: str) -> Any:
        headers = {"Authorization": self._basic["Basic admin:API_TOKEN"]}
        return self._session.get(self.url + path, headers=headers, timeout=30).json()

    def _before(self, step: str, position: int) -> None:  # noqa: PLR0912 - one case a gap in the recording
        """What happened between two recorded requests without being recorded, or by the passing of time."""
        match step, position:
            case ("python-jenkins: create_node that exists", 0):
                self._post("/computer/bbb/toggleOffline")
                self._post("/computer/qemu-arm/toggleOffline")
            case ("trigger: POST build, no parameters defined, twice", 0):
                tied = "<description>lab job</description><assignedNode>built-in</assignedNode><canRoam>false</canRoam>"
                command = "mkdir -p out; echo data > out/result.txt"
                publisher = (
                    "<hudson.tasks.ArtifactArchiver><artifacts>out/**</artifacts></hudson.tasks.ArtifactArchiver>"
                )
                self._post("/createItem?name=np", self._job_xml(command, publishers=publisher, more=tied))
            case ("trigger: buildWithParameters, query string", 0):
                self._idle()
            case ("trigger: identical while queued", 0) | ("build with several causes", 0):
                self._idle()
            case ("queue item: blocked by the running build, then started", 0):
                self._until(lambda: self._get("/queue/item/5/api/json").get("executable"))
            case ("queue item: blocked by the running build, then started", 3):
                self._until(lambda: self._get("/queue/item/6/api/json").get("executable"))
                self._idle()
            case ("node comes online, build runs, archived, downstream triggered", 0):
                self._post("/computer/bbb/toggleOffline")
                self._until(lambda: not self._get("/queue/api/json")["items"])
                self._idle()
            case ("result FAILURE and UNSTABLE", 0):
                for request in ("bad1", "odd1"):
                    self._post(f"/job/remote-request-bbb/buildWithParameters?REQUEST_ID={request}")
                    self._idle()
            case ("running build: info, progressive log, running builds, stop", 0):
                self._post("/job/remote-request-bbb/buildWithParameters?REQUEST_ID=slow1&ATTEMPT=1")
                log = self.url + "/job/remote-request-bbb/4/consoleText"
                headers = {"Authorization": self._basic["Basic admin:API_TOKEN"]}
                self._until(lambda: "request slow1" in requests.get(log, headers=headers, timeout=30).text)
            case ("running build: info, progressive log, running builds, stop", 8):
                self._idle()
            case ("password: POST without crumb", 0):
                self._idle()
            case ("auth token: logged in, GET, with parameters and cause", 1):
                self._idle()
            case ("python-jenkins: get_info, get_jobs, get_all_jobs, get_views, get_version", 0):
                self._idle()

    def _idle(self) -> None:
        """Wait until nothing runs, and nothing waits that could run."""

        def idle() -> bool:
            items = [item for item in self._get("/queue/api/json")["items"] if not item["stuck"]]
            return not items and not self._get("/computer/api/json")["busyExecutors"]

        self._until(idle)


@pytest.fixture(scope="module")
def replay(
    tmp_path_factory: pytest.TempPathFactory,
    controllers: Callable[[Settings], Any],
    until: Callable[..., Any],
    job_xml: Callable[..., str],
) -> Iterator[Replay]:
    data = tmp_path_factory.mktemp("replay")
    token = Users(data).add("admin")
    Users(data).set_password("admin", PASSWORD)
    # The recorded jobs sleep for seconds: here a tenth of that.
    sleep = tmp_path_factory.mktemp("bin") / "sleep"
    sleep.write_text('#!/bin/sh\nexec /bin/sleep "0.$1"\n')
    sleep.chmod(0o755)
    environment = {"PATH": f"{sleep.parent}:{os.environ['PATH']}", "LANG": "C.UTF-8"}
    running = controllers(
        Settings(data_dir=data, quiet_seconds=QUIET_SECONDS, term_wait_seconds=1, environment=environment)
    )
    made = Replay(running.url, token, until, job_xml)
    made.run()
    yield made
    running.stop()


@pytest.mark.slow
@pytest.mark.skipif(not RECORDING.is_file(), reason="no ../shared/data beside the checkout")
@pytest.mark.parametrize("step", steps(), ids=lambda step: step["step"])
def test_answers_as_recorded(step: dict[str, Any], replay: Replay) -> None:
    recorded = [exchange for exchange in step["exchanges"] if "request" in exchange]
    for position, (exchange, answer) in enumerate(zip(recorded, replay.answers[step["step"]], strict=True)):
        if (step["step"], position) in NOT_COMPARED:
            continue
        where = f"{exchange['request']['method']} {exchange['request']['url']}"
        assert differences(exchange, answer, replay.url) == [], where


def test_jobs_of_the_recording_with_plugins_are_taken_and_can_be_built(controller: Any, shop: Any, ask: Any) -> None:
    if not WITH_PLUGINS.is_file():
        pytest.skip("no ../shared/data beside the checkout")
    exchanges = [e for step in json.loads(WITH_PLUGINS.read_text("utf-8")) for e in step["exchanges"] if "request" in e]
    posted = {
        exchange["request"]["url"].rpartition("=")[2]: exchange["request"]["body"]
        for exchange in exchanges
        if exchange["request"]["url"].startswith("/createItem")
    }
    assert posted
    for name, document in posted.items():
        shop.server.create_job(name, document)
        assert xml_form(shop.server.get_job_config(name)) == xml_form(document)
        assert controller.controller.jobs[name].config.unsupported == ()
    (plugins,) = {
        tuple(json.loads(e["response"]["body"]))
        for e in exchanges
        if "/pluginManager/api/json?depth" in e["request"]["url"]
    }
    assert tuple(ask("GET", "/pluginManager/api/json?depth=2").json()) == plugins


def test_every_exception_names_a_recorded_step() -> None:
    if not RECORDING.is_file():
        pytest.skip("no ../shared/data beside the checkout")
    names = {step["step"] for step in steps()}
    assert {step for step, _ in NOT_COMPARED} <= names


@pytest.mark.parametrize(("what", "why"), [*MEANT.items(), *((step, why) for (step, _), why in NOT_COMPARED.items())])
def test_the_docs_name_every_difference_and_its_reason(what: str, why: str) -> None:
    rows = [line for line in DOCS.read_text("utf-8").splitlines() if line.startswith("|")]
    assert any(what in row and f"| {why} |" in row for row in rows)


def differences(exchange: dict[str, Any], answer: requests.Response, url: str) -> list[str]:
    recorded, found = exchange["response"], []
    if answer.status_code != recorded["status"]:
        return [f"status {answer.status_code}, recorded {recorded['status']}: {answer.text[:300]}"]
    found += [
        f"header {name}: {ours!r}, recorded {theirs!r}" for name, ours, theirs in headers_of(recorded, answer, url)
    ]
    if recorded["headers"].get("Content-Type", "").startswith("application/json;"):
        found += compare(plain(json.loads(recorded["body"]), RECORDED_URL), plain(answer.json(), f"{url}/"), "")
    elif recorded["headers"].get("Content-Type") == "application/xml":
        theirs, ours = (xml_form(text) for text in (recorded["body"], answer.text))
        found += [] if ours == theirs else [f"document {ours!r}, recorded {theirs!r}"]
    elif recorded["headers"].get("Content-Type", "").startswith("text/plain"):
        theirs, ours = (text_form(text) for text in (recorded["body"], answer.text))
        found += [] if ours == theirs else [f"text {ours!r}, recorded {theirs!r}"]
    elif "Content-Type" not in recorded["headers"] and answer.content:
        found.append(f"a body where none was recorded: {answer.text[:100]!r}")
    return found


def headers_of(recorded: dict[str, Any], answer: requests.Response, url: str) -> Iterator[tuple[str, Any, Any]]:
    theirs = requests.structures.CaseInsensitiveDict(recorded["headers"])
    for name in ("Content-Type", "Location", "Allow", "X-Error", "X-More-Data", "WWW-Authenticate"):
        ours = (answer.headers.get(name) or "").replace(url, RECORDED_URL.rstrip("/")) or None
        if name == "X-Error" and name not in theirs:
            continue  # it is given on every error page here
        if ours != (theirs.get(name) or "").strip() and (ours or theirs.get(name)):
            yield name, ours, theirs.get(name)
    for name in ("X-Jenkins", "X-Jenkins-Session", "X-Text-Size", "Content-Security-Policy"):
        if name == "Content-Security-Policy" and name not in theirs:
            continue  # pages have a policy here
        if (name in answer.headers) != (name in theirs):
            yield name, answer.headers.get(name), theirs.get(name)
    if "X-Jenkins" in theirs and answer.headers["X-Jenkins"] != VERSION:
        yield "X-Jenkins", answer.headers["X-Jenkins"], VERSION


def plain(value: Any, url: str) -> Any:
    """JSON with the server's address replaced by a word."""
    return json.loads(json.dumps(value).replace(json.dumps(url)[1:-1], "ROOT/"))


def compare(theirs: Any, ours: Any, where: str) -> list[str]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        found = [f"{where}/{key} is missing" for key in theirs if key not in ours]
        found += [f"{where}/{key} is too much" for key in ours if key not in theirs]
        # A user here has the property of its tokens only.
        user = theirs.get("_class") == "hudson.model.User"
        for key in set(theirs) & set(ours):
            if key not in MEANT and not (user and key == "property"):
                found += compare(theirs[key], ours[key], f"{where}/{key}")
        return found
    if isinstance(theirs, list) and isinstance(ours, list):
        if len(theirs) != len(ours):
            return [f"{where} has {len(ours)} items, recorded {len(theirs)}"]
        return [d for n, pair in enumerate(zip(theirs, ours, strict=True)) for d in compare(*pair, f"{where}[{n}]")]
    if isinstance(theirs, str) and isinstance(ours, str):
        # Time left of a quiet period, and of the build before it.
        times = r"(Expires in ).*|(ETA: )[^)]*"
        theirs, ours = (re.sub(times, r"\1\2TIME", text) for text in (theirs, ours))
    if (type(theirs) is not type(ours) or theirs != ours) and theirs not in MEANT_VALUES:
        return [f"{where} is {ours!r}, recorded {theirs!r}"]
    return []


def xml_form(text: str) -> str:
    document = re.sub(r"\A<\?xml[^>]*\?>", "", text).strip()
    root = ET.fromstring(document)
    for element in root.iter("remoteFS"):
        element.text = "a folder of that machine"
    return ET.canonicalize(ET.tostring(root, encoding="unicode"), strip_text=True)


def text_form(text: str) -> list[str] | str:
    """Lines of a console that do not depend on the machine; Jenkins' hidden notes are cut out."""
    if "Finished:" not in text and "Started by" not in text:
        return text
    visible = re.sub(r"\x1b\[8mha:.*?\x1b\[0m", "", text)
    return sorted(line for line in visible.splitlines() if line.startswith(TEXTS_THAT_MATTER))
