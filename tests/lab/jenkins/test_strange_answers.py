"""What answers as Jenkins, and says what no Jenkins says, is trouble with Jenkins and nothing worse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from fuego_jenkins_remote.lab.errors import ControllerTrouble
from fuego_jenkins_remote.lab.jenkins import link
from fuego_jenkins_remote.lab.jenkins.controller import Controller

DEEP = '{"jobs":' * 100_000
WORK = {"url": "http://127.0.0.1:1/job/x/1/", "timestamp": float("inf"), "estimatedDuration": 1}
NODE = {"displayName": "bbb", "executors": [{"currentExecutable": WORK}]}
ENDLESS = json.dumps({"items": [], "jobs": [], "computer": [NODE]})


@pytest.fixture
def answering(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of what gives the same answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            for_crumb = self.path.startswith("/crumbIssuer")
            self.send_response(404 if for_crumb else 200)
            self.send_header("X-Jenkins", "2.528.3")
            self.end_headers()
            self.wfile.write(b"" if for_crumb else request.param.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("answering", [DEEP, ENDLESS], indirect=True, ids=["deep", "endless"])
def test_an_answer_that_cannot_be_read_is_trouble_of_jenkins(answering: str) -> None:
    with pytest.raises(ControllerTrouble, match="cannot be read here"):
        Controller(answering).overview(lambda: 1000.0)


@pytest.mark.parametrize("answering", [json.dumps({"items": [], "jobs": [], "more": "x" * 200_000})], indirect=True)
def test_an_answer_without_end_is_not_read_to_it(answering: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "MAX_ANSWER", 100_000)
    with pytest.raises(ControllerTrouble, match="cannot be read here"):
        Controller(answering).queue()


@pytest.mark.parametrize("answering", ["x" * 200_000 + "the end"], indirect=True)
def test_a_console_may_be_longer_only_its_end_is_kept(answering: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "MAX_ANSWER", 100_000)
    assert Controller(answering).console_tail("job", 1, 7) == "the end"
