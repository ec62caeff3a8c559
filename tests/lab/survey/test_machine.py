"""What the tests' user could do beyond testing, by the modes of real files."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from fuego_jenkins_remote.lab.survey import machine
from fuego_jenkins_remote.lab.survey.machine import Account, account, can_read, can_write, ways_to_root, who_ran_jobs

STRANGER = Account(uid=54321, name="jenkins", groups=frozenset({54321}))


@pytest.fixture
def docker(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        yield path


def test_the_jobs_user_is_whoever_owns_a_boards_lock(tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    assert who_ran_jobs(tmp_path) is None
    (tmp_path / "locks" / "bbb.lock").touch()
    assert who_ran_jobs(tmp_path) == account(os.geteuid())


def test_a_link_in_a_locks_place_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "bbb.lock").symlink_to("/etc/passwd")
    assert who_ran_jobs(tmp_path) is None


def test_a_user_that_this_machine_does_not_know_is_called_by_his_number() -> None:
    assert account(987654).shown == "user 987654"


def test_a_socket_that_all_may_write_is_a_way_to_root(docker: Path) -> None:
    docker.chmod(0o660)
    assert list(ways_to_root(STRANGER, sockets=[docker])) == []
    docker.chmod(0o666)
    (way,) = ways_to_root(STRANGER, sockets=[docker])
    assert str(docker) in way


def test_a_group_like_root_is_a_way_to_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_group_name", {54321: "sudo"}.get)
    (way,) = ways_to_root(STRANGER, sockets=[])
    assert way == "jenkins is in group sudo, and root with it: gpasswd -d jenkins sudo"


def test_root_needs_no_way() -> None:
    (way,) = ways_to_root(Account(uid=0, name="root", groups=frozenset({0})), sockets=[])
    assert "as a user of their own" in way


def test_a_token_for_its_owner_alone_cannot_be_read_by_another(tmp_path: Path) -> None:
    token = tmp_path / "hub"
    token.write_text("secret")
    token.chmod(0o600)
    assert can_read(STRANGER, [token, tmp_path / "none"]) == []
    token.chmod(0o604)
    assert can_read(STRANGER, [token]) == [token]


def test_a_file_in_a_folder_that_he_may_write_can_be_changed_by_putting_another_there(tmp_path: Path) -> None:
    conf = tmp_path / "conf" / "fuego.conf"
    conf.parent.mkdir()
    conf.touch(0o644)
    conf.parent.chmod(0o755)
    assert can_write(STRANGER, [conf]) == []
    conf.parent.chmod(0o777)
    assert can_write(STRANGER, [conf]) == [conf]
    conf.parent.chmod(0o1777)
    assert can_write(STRANGER, [conf]) == []
