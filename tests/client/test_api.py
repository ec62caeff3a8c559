"""The session with a service: what it sends, what it takes, and what it makes of everything else."""

from __future__ import annotations

import os
import socket
import ssl
import stat
import threading
import time
from pathlib import Path

import pytest
import requests
from pytest_mock import MockerFixture
from urllib3.exceptions import MaxRetryError

from fuego_jenkins_remote.client.api import LONGEST_PAUSE, Api, segment
from fuego_jenkins_remote.client.errors import (
    Answered,
    ClientError,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    Unreachable,
    UnsafeAddress,
)
from fuego_jenkins_remote.client.transport import check_address, is_loopback, why_unreachable


def api(server, **options) -> Api:
    return Api(server.url, "the-token", service="hub", **options)


def test_the_token_goes_along_in_the_header(server) -> None:
    server.answers_with(body={"name": "tim"})
    assert api(server).get("/whoami") == {"name": "tim"}
    assert server.asked[0].path == "/api/v1/whoami"
    assert server.asked[0].headers["Authorization"] == "Bearer the-token"


def test_without_a_token_there_is_no_header(server) -> None:
    server.answers_with(body={})
    Api(server.url, "", service="hub").get("/")
    assert "Authorization" not in server.asked[0].headers


def test_a_netrc_does_not_replace_the_token(server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    (tmp_path / ".netrc").chmod(stat.S_IRUSR)
    monkeypatch.setenv("HOME", str(tmp_path))
    server.answers_with(body={})
    api(server).get("/")
    assert server.asked[0].headers["Authorization"] == "Bearer the-token"


def test_no_proxy_stands_between_us_and_this_machine(server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.answers_with(body={"well": True})
    assert api(server).get("/") == {"well": True}


def test_parameters_without_a_value_are_left_out(server) -> None:
    server.answers_with(body={})
    api(server).get("/boards", {"selector": "arch=x y&z", "host": "", "limit": None, "wait": 0})
    assert server.asked[0].path == "/api/v1/boards?selector=arch%3Dx+y%26z&wait=0"


def test_a_body_is_sent_as_utf8_json(server) -> None:
    server.answers_with(body={})
    api(server).post("/requests", {"notes": "größe"})
    assert server.asked[0].json() == {"notes": "größe"}


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_call_is_repeated_while_a_gateway_is_in_trouble(server, status: int) -> None:
    server.answers_with(status)
    server.answers_with(body={"well": True})
    assert api(server).post("/claims", {"claim_id": "x"}) == {"well": True}
    assert [one.json() for one in server.asked] == [{"claim_id": "x"}] * 2


def test_a_call_is_repeated_when_the_connection_breaks(server) -> None:
    server.hangs_up()
    server.answers_with(body={"well": True})
    assert api(server).post("/claims", {"claim_id": "x"}) == {"well": True}
    assert len(server.asked) == 2


def test_a_call_that_is_refused_for_now_is_made_again_when_the_service_says(server) -> None:
    server.answers_with(429, **{"Retry-After": "1"})
    server.answers_with(body={"well": True})
    began = time.monotonic()
    assert api(server).post("/claims", {"claim_id": "x"}) == {"well": True}
    assert 1 <= time.monotonic() - began < 30
    assert len(server.asked) == 2


def test_no_service_makes_us_wait_for_long(server, mocker: MockerFixture) -> None:
    slept = mocker.patch("urllib3.util.retry.time.sleep")
    server.answers_with(429, **{"Retry-After": "86400"})
    with pytest.raises(Answered) as caught:
        api(server, retries=2).get("/")
    assert [call.args[0] for call in slept.call_args_list] == [LONGEST_PAUSE] * 2
    assert caught.value.will_pass


def test_a_pause_that_is_no_number_is_the_services_mistake(server) -> None:
    server.answers_with(429, **{"Retry-After": "soon"})
    with pytest.raises(ClientError):
        api(server).get("/")


def test_repetitions_come_to_an_end(server) -> None:
    server.answers_with(503)
    with pytest.raises(Answered, match="answered 503"):
        api(server, retries=1).get("/")
    assert len(server.asked) == 2


def test_a_service_in_trouble_is_named_with_the_id_by_which_its_people_find_it(server) -> None:
    server.answers_with(500, **{"X-Request-ID": "0123456789abcdef"})
    with pytest.raises(Answered, match=r"\(request id 0123456789abcdef\)"):
        api(server).get("/")


@pytest.mark.parametrize(("status", "request_id"), [(404, "0123456789abcdef"), (500, "x\x1b[31mred one"), (500, "")])
def test_no_id_is_shown_that_helps_nobody_or_is_none(server, status: int, request_id: str) -> None:
    server.answers_with(status, **{"X-Request-ID": request_id})
    with pytest.raises(Answered) as caught:
        api(server).get("/")
    assert "request id" not in str(caught.value)


def test_an_error_is_not_repeated(server) -> None:
    server.answers_with(500)
    with pytest.raises(Answered):
        api(server).get("/")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Invalid),
        (401, NotAllowed),
        (403, NotAllowed),
        (404, NotFound),
        (409, Conflict),
        (413, Invalid),
        (422, Invalid),
        (500, Answered),
        (302, Answered),
    ],
)
def test_an_error_is_told_in_the_services_own_words(server, status: int, kind: type[Answered]) -> None:
    server.answers_with(status, {"detail": "Größe is not right", "code": "refused"})
    with pytest.raises(kind, match="Größe is not right") as caught:
        api(server).get("/")
    assert (type(caught.value), caught.value.status, caught.value.code) == (kind, status, "refused")


def test_a_token_that_may_be_the_other_services_is_refused_in_this_ones_name(server) -> None:
    server.answers_with(401, {"detail": "Not here.", "code": "bad-token"})
    with pytest.raises(Answered, match=f"the hub at {server.url}: Not here."):
        api(server).get("/")


def test_an_address_that_may_be_the_other_services_is_doubted(server) -> None:
    server.answers_with(404, {"detail": "There is nothing at this address.", "code": "no-such-address"})
    with pytest.raises(NotFound, match=f"^{server.url} is not the hub's address, or it is older than we are"):
        api(server).get("/")


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), "the connection broke off"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "it does not speak TLS as it should"),
    ],
)
def test_a_connection_that_breaks_off_is_told_from_one_that_speaks_no_tls(error: ssl.SSLError, why: str) -> None:
    assert why_unreachable(requests.exceptions.SSLError(MaxRetryError(None, "/", error))).startswith(why)


def test_a_proxy_that_wants_tls_is_told_apart(server) -> None:
    server.answers_with(400, b"Client sent an HTTP request to an HTTPS server.")
    with pytest.raises(Invalid, match=r"answered 400 .* \(is it an https:// address\?\)"):
        api(server).get("/")


@pytest.mark.parametrize("location", ["https://[", "https://x:99999/", "", "/" * 5000])
def test_a_redirect_to_what_is_no_address_is_an_error_like_another(server, location: str) -> None:
    server.answers_with(302, Location=location)
    with pytest.raises(ClientError):
        Api(server.url, "token", service="hub", retries=0).get("/whoami")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'"x"', b"\xff", b'{"detail": ""}'])
def test_an_error_without_words_is_told_by_its_status(server, body: bytes) -> None:
    server.answers_with(404, body)
    with pytest.raises(NotFound, match=f"the hub at {server.url} answered 404"):
        api(server).get("/")


def test_a_redirect_is_not_followed_the_token_stays_here(server) -> None:
    server.answers_with(302, Location="http://127.0.0.1:1/elsewhere")
    with pytest.raises(Answered, match="sends us elsewhere"):
        api(server).get("/")
    assert len(server.asked) == 1


@pytest.mark.parametrize("body", [b"<html>", b"\xff\xfe", b'{"a": '])
def test_an_answer_that_is_no_json_is_told(server, body: bytes) -> None:
    server.answers_with(200, body)
    with pytest.raises(ClientError, match="no JSON"):
        api(server).get("/")


@pytest.mark.parametrize("depth", [200, 900, 100_000])
def test_an_answer_of_lists_in_lists_without_end_is_not_taken(server, depth: int) -> None:
    server.answers_with(200, b'{"a": ' + b"[" * depth + b"]" * depth + b"}")
    with pytest.raises(ClientError, match="no JSON"):
        api(server).get("/")


def test_an_answer_that_is_no_object_is_told(server) -> None:
    server.answers_with(200, [1])
    with pytest.raises(ClientError, match="no JSON object"):
        api(server).get("/")


def test_an_answer_without_end_is_cut_off(server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fuego_jenkins_remote.client.api.MAX_JSON", 100)
    server.answers_with(200, b" " * 100_000)
    with pytest.raises(ClientError, match="more than 100 bytes"):
        api(server).get("/")


def test_an_answer_that_breaks_off_is_unreachable(server) -> None:
    server.answers_with(200, b"{}", **{"Content-Length": "100"})
    with pytest.raises(Unreachable, match="broke off"):
        api(server).get("/")


def test_nothing_that_answers_is_unreachable() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        with pytest.raises(Unreachable, match=f"the hub at {url} cannot be reached"):
            Api(url, "t", service="hub", retries=0).get("/")


def test_plain_http_to_what_speaks_something_else_is_told_to_try_https() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer() -> None:
            connection, _ = other.accept()
            connection.sendall(b"\x15\x03\x01\x00\x02\x02\x46")  # a TLS alert
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(Unreachable, match="is it an https:// address"):
            Api(url, "t", service="hub", retries=0).get("/")
        thread.join()


def test_one_that_takes_calls_and_is_silent_is_asked_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fuego_jenkins_remote.client.api.READ_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Unreachable, match=f"the hub at {url} cannot be reached"):
            Api(url, "t", service="hub").get("/")
        silent.setblocking(False)
        asked = [silent.accept()[0], silent.accept()[0]]
        with pytest.raises(BlockingIOError):
            silent.accept()
        for one in asked:
            one.close()


def test_tls_to_something_that_speaks_none_is_unreachable(server) -> None:
    server.answers_with()
    with pytest.raises(Unreachable):
        Api(server.url.replace("http:", "https:"), "t", service="hub", retries=0).get("/")


def test_a_file_is_sent_as_it_is(server, tmp_path: Path) -> None:
    content = os.urandom(200_000)
    (tmp_path / "x").write_bytes(content)
    server.answers_with(201, {"key": "k"})
    assert api(server).upload("/packages/x", tmp_path / "x", {"sha256": "ab"}) == {"key": "k"}
    assert server.asked[0].method == "PUT"
    assert server.asked[0].path.endswith("?sha256=ab")
    assert server.asked[0].body == content


def test_an_upload_that_is_repeated_sends_the_whole_file_again(server, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"content")
    server.answers_with(503)
    server.answers_with(201, {})
    api(server).upload("/packages/x", tmp_path / "x")
    assert [one.body for one in server.asked] == [b"content", b"content"]


def test_a_download_appears_whole(server, tmp_path: Path) -> None:
    server.answers_with(200, b"x" * 100_000)
    api(server).download("/packages/x", tmp_path / "x")
    assert (tmp_path / "x").stat().st_size == 100_000
    assert [one.name for one in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("declared", ["20", "100"])
def test_a_download_that_is_too_large_or_breaks_off_leaves_nothing(server, tmp_path: Path, declared: str) -> None:
    server.answers_with(200, b"x" * 20, **{"Content-Length": declared})
    with pytest.raises(ClientError):
        api(server).download("/packages/x", tmp_path / "x", limit=10 if declared == "20" else 1000)
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_is_refused_leaves_an_older_file_alone(server, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"old")
    server.answers_with(404, {"detail": "no such package"})
    with pytest.raises(NotFound):
        api(server).download("/packages/x", tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"old"


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.0.0.1", "http://127.9.9.9", "http://[::1]:8700/"])
def test_plain_http_to_this_machine_is_fine(url: str) -> None:
    assert is_loopback(url)
    assert check_address(url, "hub address") == url.rstrip("/")


@pytest.mark.parametrize(
    "url", ["http://hub.example.org", "http://10.0.0.1", "http://localhost.example.org", "http://127.0.0.1.nip.io"]
)
def test_a_token_is_not_sent_over_plain_http_to_another_machine(url: str) -> None:
    with pytest.raises(UnsafeAddress, match="https://"):
        Api(url, "t", service="hub")


@pytest.mark.parametrize(
    "url", ["", "hub", "ftp://x", "https://", "https://u:p@hub", "https://hub?x=1", "https://hub#x", "file:///etc"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ClientError):
        Api(url, "t", service="hub")


def test_a_password_in_an_address_is_not_repeated_in_the_message() -> None:
    with pytest.raises(ClientError) as caught:
        Api("https://u:hidden@hub", "t", service="hub")
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(("text", "quoted"), [("a/b", "a%2Fb"), ("..", ".."), ("a b?", "a%20b%3F"), ("ü", "%C3%BC")])
def test_a_segment_stays_one(text: str, quoted: str) -> None:
    assert segment(text) == quoted
