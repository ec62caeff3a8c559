"""A board file's password and address, and everybody's tokens, stay where they belong."""

from __future__ import annotations

import contextlib
import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.fuego.packages import list_members, read_member
from fuego_jenkins_remote.network.states import State

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

PASSWORD, ADDRESS = "s3cret-ü", "192.0.2.77"


def _contents(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """All files below a folder; packages as they are and unpacked."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            try:
                data = path.read_bytes()
            except FileNotFoundError:  # the services go on, and a journal of a database comes and goes
                continue
            yield path, data
            with contextlib.suppress(OSError, EOFError):
                yield path, gzip.decompress(data)


def _holding(folder: Path, *secrets: str) -> list[str]:
    return [f"{path}: {secret}" for path, data in _contents(folder) for secret in secrets if secret.encode() in data]


def _text(mail: Any) -> str:
    body = mail.get_body(preferencelist=("plain", "html"))
    return f"{mail.as_string()}{body.get_content() if body else ''}"


@pytest.fixture(scope="module")
def ran(whole_network: Any, until: Any) -> Iterator[tuple[Any, str, dict[str, list[str]]]]:
    """A test that printed all it knows, looked at while it ran: who held a token in command line or environment."""
    network = whole_network
    network.all_up()
    request = network.running()
    until(lambda: "address" in network.anna.request(request).log_tail, "the end of the log has reached the hub")
    seen: dict[str, list[str]] = {"cmdline": [], "environ": []}
    tests = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            cmdline, environ = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
            is_test = f"FUEGO_REMOTE_ATTEMPT={request}.".encode() in environ
            tests += is_test
            for name, token in network.tokens.items():
                if token.encode() in cmdline:
                    seen["cmdline"].append(f"{name}: {cmdline!r}")
                if is_test and token.encode() in environ:
                    seen["environ"].append(f"{name}: {cmdline!r}")
    assert tests
    network.release()
    network.comes_to(request, State.DONE)
    (network.rw / "break").touch()
    broken = network.put()
    network.comes_to(broken, State.ERROR)
    (network.rw / "break").unlink()
    for one in (request, broken):
        # After other tests hers come together, five minutes after the first.
        until(
            lambda one=one: any("anna@" in str(mail["To"]) and one in _text(mail) for mail in network.mails),
            "a mail",
            330,
        )
    yield network, request, seen
    network.release()


def test_no_token_stands_in_a_command_line_or_in_a_tests_environment(ran: Any) -> None:
    _, _, seen = ran
    assert seen == {"cmdline": [], "environ": []}


def test_the_package_has_the_log_without_password_and_address(ran: Any, tmp_path: Path) -> None:
    network, request, _ = ran
    package = tmp_path / "run.frp"
    network.results.get_run(f"demolab/{request}.1", package)
    texts = [read_member(package, member.name, 10**7) for member in list_members(package) if not member.is_dir]
    log = b"".join(texts)
    assert b"address *** password ***" in log
    assert b"FUEGO_REMOTE_ATTEMPT=" in log  # the test's environment is in it
    assert PASSWORD.encode() not in log
    assert ADDRESS.encode() not in log
    assert not any(token.encode() in log for token in network.tokens.values())


def test_hub_and_vision_hold_neither(ran: Any) -> None:
    network, _, _ = ran
    secrets = (PASSWORD, ADDRESS, *network.tokens.values())
    assert _holding(network.root / "hub", *secrets) == []
    assert _holding(network.root / "vision", *secrets) == []


def test_our_logs_and_the_bridges_own_folder_hold_neither(ran: Any) -> None:
    network, _, _ = ran
    secrets = (PASSWORD, ADDRESS, *network.tokens.values())
    assert _holding(network.root / "logs", *secrets) == []
    assert _holding(network.state_dir, *secrets) == []


def test_mails_hold_neither(ran: Any) -> None:
    network, _, _ = ran
    texts = [_text(mail) for mail in network.mails]
    assert texts
    for text in texts:
        assert not any(secret in text for secret in (PASSWORD, ADDRESS, *network.tokens.values()))


def test_jenkins_holds_no_token_in_jobs_consoles_and_archives(ran: Any) -> None:
    network, request, _ = ran
    folder = network.root / "jenkins"
    assert any(b"address" in data and request.encode() in data for _, data in _contents(folder))
    assert _holding(folder, *network.tokens.values()) == []
    assert _holding(network.rw, *network.tokens.values()) == []


def test_what_the_requester_sees_of_the_log_is_redacted(ran: Any) -> None:
    network, request, _ = ran
    tail = network.anna.request(request).log_tail
    assert "address *** password ***" in tail
    assert PASSWORD not in tail
