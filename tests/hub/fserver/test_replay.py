"""What was recorded of the original, sent to the hub: the same answers, but where the old behaviour is a fault.

Compared are the first line and the body; ids of requests are put in each other's place, times may be others. Left out
of what the original says are the server's folder (/srv/fserver) and the command lines that it shows (Tar cmd=).
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from fuego_jenkins_remote.hub.fserver.settings import Fserver

from .conftest import OldHub, old_hub

PAGE = "an exception page: a clear line takes its place"
NAME = "a name that no board, host, or test of Fuego can have: it would come into file names, shells and lists"
SIGNS = "a to z, A to Z, digits, '_', '-', '.' are, and no '-' or '.' first"
NOT_TAKEN = "an exception page over what should not have been taken: the page is as it was before that"
LEFTOVER = "what a failed upload left behind is not kept"

# -- the exceptions: what the original does there is a fault; the reason, and what the hub says instead, whole

FAULTS: dict[str, tuple[str, str]] = {
    "action-get_test-missing": (PAGE, "FAIL\nError: get_test is not there: no Fuego server has ever had it"),
    "action-remove_test-missing": (PAGE, "FAIL\nError: remove_test is not there: no Fuego server has ever had it"),
    "put_board-action-both": (PAGE, "FAIL\nError: the field 'action' is there more than once"),
    "put_board-dup-field": (PAGE, "FAIL\nError: the field 'label' is there more than once"),
    "put_board-utf8-name": (NAME, f"FAIL\nError: 'bé' is no board name: {SIGNS}"),
    "put_board-slash": (
        "a path that leads outside, and an exception page",
        f"FAIL\nError: '../../x' is no board name: {SIGNS}",
    ),
    "put_board-colon": (NAME, f"FAIL\nError: 'a:b' is no board name: {SIGNS}"),
    "put_request-no-host": (PAGE, "FAIL\nError: missing host or board in form data"),
    "get_request-traversal": (
        "a path that leads outside",
        "FAIL\nIn fserver.py:get_request\nError: '../boards/board-timslab:bbb' is no id of a request",
    ),
    "update_request-running-again": (
        "a second claim is accepted: two labs run one request",
        "FAIL\nError: the request is running already on timslab:bbb: it cannot be taken again",
    ),
    "update_request-any-state": (
        "a state that nobody knows, with which a request is lost to every lab",
        "FAIL\nError: 'banana' is no state of a request: pending, running, done, error",
    ),
    "put_run-no-body": (
        "tells of functions inside the program",
        "FAIL\nForm is missing key file1\nInvalid filename for run specified: ",
    ),
    "put_run-odd-board": (
        "taken, and left out of every list for its name",
        "FAIL\nError: 'run-2026-11-23_18:08:00-Functional.bc-on-nocolon.frp' is no run of an old Fuego server "
        "(like run-2026-11-23_10:15:00-Functional.hello_world-on-timslab:bbb)",
    ),
    "put_binary_package-benchmark": (
        "its name is not that of what is in it",
        "FAIL\nError: debian-armhf-Benchmark.Dhrystone-binary-package.ftbp holds debian-armhf-Functional.hello_world: "
        "its name is not that of what is in it",
    ),
    "query_binary_tests-name": (
        "the name is put together with two dots, so that no filter by name ever finds anything",
        "OK\ndebian-armhf-Functional.hello_world\n",
    ),
    "put_request-utf8": (NAME, f"FAIL\nError: 'Functional.漢字' is no test name: {SIGNS}"),
    "get_request-utf8": (
        f"of a request that was not taken: {NAME}",
        "FAIL\nIn fserver.py:get_request\n"
        "Error: filepath /fserver-data/data/requests/request-TIME-otherlab:minnow.json does not exist",
    ),
    "query_requests-utf8-filter-other": (PAGE, "OK\n" + 2 * "request-TIME-otherlab:minnow\n"),
    "query_requests-utf8-filter": (PAGE, "OK\n"),
    "put_request-latin1": (PAGE, "FAIL\nError: the form is no UTF-8"),
    "put_request-markup": (NAME, f"FAIL\nError: '<script>alert(1)</script>' is no test name: {SIGNS}"),
    "put_request-minimal": (
        "a request without a test, which nobody can run and which breaks the table of all",
        "FAIL\nError: the test name is empty",
    ),
    "remove_run-again": (
        "says in one answer that it could not be removed, and that it was",
        "FAIL\nError: filepath /fserver-data/files/runs/"
        "run-2026-11-23_18:00:00-Functional.hello_world-on-timslab:bbb.frp does not exist\n",
    ),
    "remove_run-no-id": (PAGE, "FAIL\nError: can't read run_id from form"),
    "post-json": (
        PAGE,
        "FAIL\nError: a body of application/json is no form: urlencoded or multipart/form-data is read",
    ),
}

AS_BEFORE: dict[str, tuple[str, str]] = {
    "html-requests-utf8": (NOT_TAKEN, "html-data-requests"),
    "html-requests-markup": (NOT_TAKEN, "html-data-requests"),
    "html-requests-minimal": (NOT_TAKEN, "html-data-requests"),
}
"""Answers that are to be, sign by sign, what was recorded under another name; and why."""

NOT_KEPT: dict[str, str] = {
    "timslab:a:b": NAME,
    "timslab:bé": NAME,
    "52.19-otherlab:minnow": NAME,
    "Functional.bc-1-1.ftp": LEFTOVER,
    "tc-Functional.bc-binary-package.ftbp": LEFTOVER,
    "foo-binary-package.ftbp": LEFTOVER,
    "debian-armhf-Benchmark.Dhrystone": "its name is not that of what is in it",
}
"""Lines of lists about what the hub did not take."""
_ODD_RUN = re.compile(r"  <tr>\n    <td>.*on-nocolon.*</td>\n(?:    <td>.*</td>\n)*  </tr>\n")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[_T]\d\d:\d\d:\d\d(?:\.\d\d|\+0000)")
_ID = re.compile(r"request_id=(request-\S+)")
_LISTS = ("query_", "html-")


@dataclass
class Replay:
    """The recorded ids of requests, and those that the hub has given them."""

    old: OldHub
    ids: dict[str, str] = field(default_factory=dict)

    def send(self, vector: dict[str, Any]) -> bytes:
        """What the hub answers."""
        path, body = self.ours(vector["path"]), content(vector["body"])
        if "b64" not in vector["body"]:
            body = self.ours(body.decode()).encode()
        headers = dict(vector["headers"])
        headers.pop("Content-Length", None)
        answer = self.old.client.request(vector["method"], path, content=body, headers=headers)
        assert answer.status_code == 200, vector["name"]
        given = _ID.search(content(vector["resp_body"]).decode(errors="replace"))
        got = _ID.search(answer.text) if vector["name"].startswith("put_request") else None
        if given and got:
            self.ids[given[1]] = got[1]
        return bytes(answer.content)

    def ours(self, text: str) -> str:
        """A recorded text, with the hub's ids."""
        for theirs, mine in self.ids.items():
            text = text.replace(theirs, mine).replace(quote(theirs), quote(mine))
        return text

    def wanted(self, vector: dict[str, Any]) -> str:
        """What the original said, without what is not compared."""
        text = content(vector["resp_body"]).decode().replace("/srv/fserver/", "/")
        if vector["name"].startswith(_LISTS):
            text = _ODD_RUN.sub("", text)
            text = "".join(_kept(line) for line in text.splitlines(True))
        text = "".join(line for line in text.splitlines(True) if not line.startswith("Tar cmd="))
        return _TIME.sub("TIME", self.ours(text))


def _kept(line: str) -> str:
    """A line of a list; nothing where it is about what was not taken, but for the beginning of the list."""
    if not any(odd in line for odd in NOT_KEPT):
        return line
    return "<ul>" if line.startswith("<ul>") else ""


def content(body: dict[str, str]) -> bytes:
    return base64.b64decode(body["b64"]) if "b64" in body else body["text"].encode()


@pytest.mark.slow
def test_all_that_was_recorded_is_answered_alike(shared_data: Path, tmp_path: Path, vision: Fserver) -> None:
    vectors = json.loads((shared_data / "fserver" / "vectors.json").read_text())
    with old_hub(tmp_path / "hub", vision) as old:
        replay = Replay(old)
        recorded = {vector["name"]: vector for vector in vectors}
        differ = []
        for vector in vectors:
            raw, (_, name) = replay.send(vector), AS_BEFORE.get(vector["name"], ("", vector["name"]))
            if "b64" in vector["resp_body"]:
                said, wanted = str(raw), str(content(vector["resp_body"]))
            elif name in FAULTS:
                said, wanted = _TIME.sub("TIME", raw.decode()), FAULTS[name][1]
            else:
                said, wanted = _TIME.sub("TIME", raw.decode()), replay.wanted(recorded[name])
            if said != wanted:
                differ.append((vector["name"], said, wanted))
        assert not differ, f"{len(differ)}: " + "\n\n".join(
            f"{n}\n  said   {s!r}\n  wanted {w!r}" for n, s, w in differ
        )
        assert {*FAULTS, *AS_BEFORE} <= recorded.keys()
