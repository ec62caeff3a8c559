"""Files where a test's processes can write as well."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fuego_jenkins_remote.lab.shared_files import new_folder, opened_folder, read_plain, write_new, write_whole


@pytest.mark.parametrize("kind", ["nothing", "a folder", "a link", "a pipe"])
def test_only_a_plain_file_is_read(tmp_path: Path, kind: str) -> None:
    (tmp_path / "secret").write_text("secret")
    match kind:
        case "a folder":
            (tmp_path / "x").mkdir()
        case "a link":
            (tmp_path / "x").symlink_to("secret")
        case "a pipe":
            os.mkfifo(tmp_path / "x")
    with opened_folder(tmp_path) as folder:
        assert read_plain(folder, "x", 100) is None


def test_what_is_read_is_bounded_from_either_end(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("0123456789")
    with opened_folder(tmp_path) as folder:
        assert [read[0] for end in (False, True) if (read := read_plain(folder, "x", 4, at_end=end))] == [
            b"0123",
            b"6789",
        ]


def test_a_link_in_a_folders_place_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(OSError, match="link"), opened_folder(tmp_path / "link"):
        pass


def test_a_file_that_is_there_already_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("kept")
    (tmp_path / "x").symlink_to("elsewhere")
    with opened_folder(tmp_path) as folder, pytest.raises(FileExistsError):
        write_new(folder, "x", b"new")
    assert (tmp_path / "elsewhere").read_text() == "kept"


def test_a_whole_file_takes_the_place_of_a_link_and_goes_through_none(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("kept")
    for name in ("x", ".x.tmp"):
        (tmp_path / name).symlink_to("elsewhere")
    with opened_folder(tmp_path) as folder:
        write_whole(folder, "x", "größe\n")
    assert (tmp_path / "x").read_text(encoding="utf-8") == "größe\n"
    assert not (tmp_path / "x").is_symlink()
    assert (tmp_path / "elsewhere").read_text() == "kept"


def test_a_new_folder_is_one_that_was_not_there(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with opened_folder(tmp_path) as folder, pytest.raises(FileExistsError), new_folder(folder, "there", 0o700):
        pass
