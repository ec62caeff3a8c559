"""Changing a fuego.conf: what is changed is read back as meant, and all else stays to the letter."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.fuego.conf import read_conf
from fuego_jenkins_remote.fuego.conf_edit import change_conf, edited
from fuego_jenkins_remote.fuego.errors import BadConf

NOW = datetime(2026, 11, 24, 10, 20, 30, tzinfo=UTC)

FUEGOS = '''\
# Fuego's own settings; do not lose this line
host_name=fuegohost
  server_type = "squad"

# tokens
server_squad_token="""
first
second
"""
user=tim   # that is part of the value
'''


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    path = tmp_path / "conf" / "fuego.conf"
    path.parent.mkdir()
    path.write_text(FUEGOS)
    return path


def test_a_key_that_is_there_is_changed_where_it_stands(conf: Path) -> None:
    change_conf(conf, {"host_name": "timslab"}, now=NOW)
    assert conf.read_text() == FUEGOS.replace("host_name=fuegohost", "host_name=timslab")


def test_new_keys_come_at_the_end_under_a_heading_of_ours(conf: Path) -> None:
    change_conf(conf, {"hub_url": "https://hub.example.org", "jenkins_user": "bridge"}, now=NOW)
    change_conf(conf, {"vision_url": "https://vision.example.org"}, now=NOW)
    assert conf.read_text() == FUEGOS + (
        "\n# The Fuego network (written by ftc)\nhub_url=https://hub.example.org\njenkins_user=bridge\n"
        "vision_url=https://vision.example.org\n"
    )


def test_a_value_of_several_lines_is_replaced_whole(conf: Path) -> None:
    change_conf(conf, {"server_squad_token": "short"}, now=NOW)
    assert "server_squad_token=short\nuser=tim" in conf.read_text()


def test_of_a_key_that_is_there_twice_the_line_that_holds_is_changed() -> None:
    assert edited("a=1\nb=2\na=3\n", {"a": "4"}) == "a=1\nb=2\na=4\n"


def test_the_line_ends_of_another_system_stay() -> None:
    assert edited("a=1\r\nb=2\r\n", {"b": "3"}) == "a=1\r\nb=3\r\n"


def test_what_is_so_already_is_not_written_again(conf: Path) -> None:
    before = conf.stat()
    done = change_conf(conf, {"host_name": "fuegohost", "server_type": "squad"}, now=NOW)
    assert (done.changed, done.backup) == ({}, None)
    assert (conf.stat().st_ino, conf.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_path_that_leads_to_the_same_place_is_no_change(conf: Path) -> None:
    change_conf(conf, {"fuego_ro_dir": ".."}, now=NOW)
    assert change_conf(conf, {"fuego_ro_dir": str(conf.parent.parent)}, now=NOW).changed == {}


def test_the_file_as_it_was_stays_beside_it(conf: Path) -> None:
    done = change_conf(conf, {"host_name": "timslab"}, now=NOW)
    assert done.changed == {"host_name": ("fuegohost", "timslab")}
    assert done.backup == conf.with_name("fuego.conf.20261124-102030.bak")
    assert done.backup.read_text() == FUEGOS


def test_the_files_mode_is_kept(conf: Path) -> None:
    conf.chmod(0o640)
    change_conf(conf, {"host_name": "timslab"}, now=NOW)
    assert stat.S_IMODE(conf.stat().st_mode) == 0o640


def test_at_no_moment_can_more_people_read_it_than_before(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf.chmod(0o600)
    seen: list[int] = []

    def note_modes_before(call: Callable[..., object]) -> Callable[..., object]:
        def noted(*args: object, **more: object) -> object:
            seen.extend(stat.S_IMODE(file.stat().st_mode) for file in conf.parent.iterdir())
            return call(*args, **more)

        return noted

    # When the new file is written, and when the old one's bytes are in its copy.
    monkeypatch.setattr(os, "fsync", note_modes_before(os.fsync))
    monkeypatch.setattr(shutil, "copystat", note_modes_before(shutil.copystat))
    change_conf(conf, {"host_name": "timslab"}, now=NOW)
    assert len(seen) > 2
    assert set(seen) == {0o600}


def test_a_link_is_followed(conf: Path, tmp_path: Path) -> None:
    link = tmp_path / "fuego.conf"
    link.symlink_to(conf)
    change_conf(link, {"host_name": "timslab"}, now=NOW)
    assert link.is_symlink()
    assert read_conf(conf)["host_name"] == "timslab"


def test_a_file_that_is_not_there_is_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "fuego.conf"
    assert change_conf(path, {"host_name": "timslab"}, now=NOW).backup is None
    assert path.read_text() == "# The Fuego network (written by ftc)\nhost_name=timslab\n"


@pytest.mark.parametrize("value", ["two\nlines", 'a """ in it', " spaces around "])
def test_a_value_that_cannot_stand_in_one_line_changes_nothing(conf: Path, value: str) -> None:
    with pytest.raises(BadConf, match="host_name"):
        change_conf(conf, {"host_name": value}, now=NOW)
    assert conf.read_text() == FUEGOS
    assert [path.name for path in conf.parent.iterdir()] == ["fuego.conf"]


_values = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), min_size=1, max_size=30).filter(
    lambda text: text == text.strip() and '"""' not in text and len(text.splitlines()) == 1
)


@given(value=_values, key=st.sampled_from(["host_name", "server_squad_token", "hub_url", "user"]))
def test_what_is_written_is_read_back_and_all_else_too(
    tmp_path_factory: pytest.TempPathFactory, key: str, value: str
) -> None:
    path = tmp_path_factory.mktemp("conf") / "fuego.conf"
    path.write_text(FUEGOS)
    before = read_conf(path)
    change_conf(path, {key: value}, now=NOW)
    assert read_conf(path) == {**before, key: value}
