"""A service says when it answers, ends well when asked to, and is not reached in the clear from elsewhere."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from fastapi import FastAPI

from fuego_jenkins_remote.service import ready
from fuego_jenkins_remote.service.logs import redact
from fuego_jenkins_remote.service.ready import CannotServe, run_service
from fuego_jenkins_remote.service.tokens import new_token

PROGRAM = """
import asyncio, logging, sys
from fastapi import FastAPI
from fuego_jenkins_remote.service.ready import run_service

app = FastAPI()
over = None

@app.get("/")
def hello():
    logging.getLogger("x").warning("a token: %s", sys.argv[1])
    return "hello"

@app.get("/wait")
async def wait():
    global over
    over = asyncio.Event()
    await over.wait()
    return "let go"

@app.get("/waits")
async def waits():
    return over is not None

run_service(app, name="hub", host="127.0.0.1", port=0, json_ready=True, on_stop=lambda: over and over.set())
print("after")
"""


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        body: bytes = answer.read()
        return body


@pytest.mark.slow
def test_a_service_says_when_it_answers_and_ends_with_0(tmp_path: Path) -> None:
    secret = new_token("user").secret
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, secret], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert said["service"] == "hub"
        assert said["pid"] == process.pid
        assert fetch(said["url"] + "/") == b'"hello"'
        process.send_signal(signal.SIGTERM)
        out, log = process.communicate(timeout=90)

    assert process.returncode == 0
    assert out == "after\n"
    lines = [json.loads(line) for line in log.splitlines()]
    assert all(line["service"] == "hub" for line in lines)
    assert "color_message" not in log
    assert secret not in log
    assert "_***" in log


@pytest.mark.slow
def test_who_holds_an_answer_back_can_let_go_of_it_at_the_end() -> None:
    answers: list[bytes] = []
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, ""], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        held = threading.Thread(target=lambda: answers.append(fetch(url + "/wait")))
        held.start()
        while fetch(url + "/waits") != b"true":
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=90)
        held.join(timeout=30)

    assert process.returncode == 0
    assert answers == [b'"let go"']


def test_another_machine_is_not_served_in_the_clear() -> None:
    with pytest.raises(CannotServe, match="--tls-cert"):
        run_service(lambda *_: None, name="hub", host="0.0.0.0", port=0)


def test_a_certificate_that_is_none_is_said_to_be(tmp_path: Path) -> None:
    file = tmp_path / "not.pem"
    for content in (None, "nonsense"):
        if content:
            file.write_text(content)
        with pytest.raises(CannotServe, match="cannot use the certificate"):
            run_service(FastAPI(), name="hub", host="127.0.0.1", port=0, tls_cert=file, tls_key=file)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_a_service_with_a_certificate_speaks_tls(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    program = PROGRAM.replace("port=0,", f"port=0, tls_cert={str(cert)!r}, tls_key={str(key)!r},")
    with subprocess.Popen(
        [sys.executable, "-c", program, ""], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        assert url.startswith("https://127.0.0.1:")
        with urllib.request.urlopen(url, timeout=30, context=ssl.create_default_context(cafile=cert)) as answer:
            assert answer.read() == b'"hello"'
        process.terminate()
        assert process.wait(timeout=90) == 0


def test_a_certificate_needs_its_key() -> None:
    with pytest.raises(CannotServe, match="go together"):
        run_service(lambda *_: None, name="hub", host="127.0.0.1", port=0, tls_cert="x.pem")


def test_a_port_that_is_taken_is_said_to_be() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(CannotServe, match="cannot listen"):
        run_service(lambda *_: None, name="hub", host="127.0.0.1", port=taken.getsockname()[1])


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("10.0.0.1", False), ("hub", False)],
)
def test_what_loopback_is(host: str, loopback: bool) -> None:
    assert ready._is_loopback(host) is loopback


def test_the_ready_line_says_where_it_listens_and_where_others_reach_it() -> None:
    listens, others = "https://machine:8700", "https://hub.example.org"
    assert (
        ready._ready_line("hub", listens, others, json_ready=False) == f"hub ready at {listens} (for others: {others})"
    )
    said = json.loads(ready._ready_line("hub", listens, others, json_ready=True))
    assert (said["url"], said["base_url"]) == (listens, others)
    assert ready._ready_line("hub", listens, None, json_ready=False) == f"hub ready at {listens}"


def test_a_token_never_gets_into_a_log_line() -> None:
    token = new_token("lab")
    event = redact(None, "info", {"event": f"header was Bearer {token.secret}!", "count": 3})

    assert event == {"event": f"header was Bearer fuego_{token.prefix}_***!", "count": 3}
