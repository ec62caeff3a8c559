"""An old server's data folder: what is whole is read, what is torn is told of, and nothing outside is touched."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fuego_jenkins_remote.fuego import fserver_folder
from fuego_jenkins_remote.fuego.fserver_folder import FserverFolder, NoFserverFolder, OldFile, OldRecord, Torn
from old_folder import RUN, OldFolder


@pytest.fixture
def old(tmp_path: Path) -> OldFolder:
    return OldFolder(tmp_path)


def test_all_that_is_whole_is_read(old: OldFolder) -> None:
    old.board()
    request = old.request(state="done")
    old.run()
    old.test()
    folder = FserverFolder(old.root)
    (board,), (asked,), (run,), (test,) = folder.boards(), folder.requests(), folder.runs(), folder.tests()
    assert isinstance(board, OldRecord)
    assert (board.name, board.fields["cpu"]) == ("board-timslab:bbb", "cortex-a8")
    assert isinstance(asked, OldRecord)
    assert (asked.name, asked.fields["state"]) == (request, "done")
    assert isinstance(run, OldFile)
    assert isinstance(test, OldFile)
    assert (str(run.id), str(test.id)) == (f"run-{RUN}", "Functional.hello_world-1.1-1")


def test_the_folder_above_will_do(old: OldFolder) -> None:
    old.board()
    assert len(list(FserverFolder(old.root.parent).boards())) == 1


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoFserverFolder, match="no data of an old Fuego server"):
        FserverFolder(tmp_path)


def test_a_folder_that_lacks_some_of_it_has_none_of_that(old: OldFolder) -> None:
    (old.root / "files" / "tests").rmdir()
    assert list(FserverFolder(old.root).tests()) == []


TORN: list[tuple[str, Callable[[OldFolder], object]]] = [
    ("is empty", lambda old: old.record("boards", "board-timslab:bbb", "")),
    ("is no whole JSON", lambda old: old.record("boards", "board-timslab:bbb", '{"host": "tims')),
    ("is no whole JSON", lambda old: old.record("boards", "board-timslab:bbb", "{}\n{}")),
    ("is no whole JSON", lambda old: old.record("boards", "board-timslab:bbb", "[" * 100_000)),
    ("holds no JSON object", lambda old: old.record("boards", "board-timslab:bbb", "[]")),
    ("says no host", lambda old: old.record("boards", "board-timslab:bbb", {"board": "bbb"})),
    ("is not its name", lambda old: old.record("boards", "board-other", {"host": "timslab", "board": "bbb"})),
    ("is no text, or too long", lambda old: old.record("boards", "board-a:b", {"host": "a", "board": "b", "x": 7})),
    ("is larger than", lambda old: old.record("boards", "board-a:b", " " * 300_000)),
    ("more than 200 fields", lambda old: old.record("boards", "board-a:b", {str(n): "" for n in range(300)})),
    ("what is no text", lambda old: old.record("boards", "b", '{"host": "a", "board": "b", "x": "\\ud800"}')),
    ("is no UTF-8", lambda old: old.record("boards", "board-a:b", "").write_bytes(b'{"host": "\xff"}')),
    ("is no .json file", lambda old: (old.root / "data" / "boards" / "notes.txt").write_text("x")),
    ("cannot be read", lambda old: (old.root / "data" / "boards" / "b.json").symlink_to("/etc/passwd")),
    ("cannot be read", lambda old: (old.root / "data" / "boards" / "b.json").symlink_to("/nothing")),
    ("is no file", lambda old: os.mkfifo(old.root / "data" / "boards" / "b.json")),
    ("is no file", lambda old: (old.root / "data" / "boards" / "b.json").mkdir()),
]


@pytest.mark.parametrize(("what", "tear"), TORN, ids=[f"{number}-{what}" for number, (what, _) in enumerate(TORN)])
def test_what_is_torn_is_told_of_and_the_rest_is_read(
    old: OldFolder, what: str, tear: Callable[[OldFolder], object]
) -> None:
    old.board(host="whole")
    tear(old)
    found = list(FserverFolder(old.root).boards())
    (torn,) = (one for one in found if isinstance(one, Torn))
    assert what in torn.what
    assert torn.path.startswith("data/boards/")
    assert [one.name for one in found if isinstance(one, OldRecord)] == ["board-whole:bbb"]


@pytest.mark.parametrize(
    ("name", "fields", "what"),
    [
        ("request-yesterday", {}, "is no request of an old Fuego server"),
        ("request-2026-13-40_10:14:00.12-a:b", {"host": "a", "board": "b"}, "is no request of an old Fuego server"),
        ("request-2026-11-23_10:14:00.12-a:b", {"host": "a", "board": "c"}, "is for another board"),
        ("request-2026-11-23_10:14:00.12-a:b", {"host": "a", "board": "b", "state": "lost"}, "its state is 'lost'"),
        ("request-2026-11-23_10:14:00.12-a:b", {"host": "a", "board": "b"}, "its state is 'None'"),
    ],
)
def test_a_request_must_be_what_its_name_says(old: OldFolder, name: str, fields: dict[str, str], what: str) -> None:
    old.record("requests", name, fields)
    (torn,) = FserverFolder(old.root).requests()
    assert isinstance(torn, Torn)
    assert what in torn.what


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("x.frp", "is no run of an old Fuego server"),
        ("x.txt", "is not called ....frp"),
        (f"run-{RUN}.frp\n.frp", "is no run of an old Fuego server"),
    ],
)
def test_a_package_must_have_a_name_of_its_kind(old: OldFolder, name: str, what: str) -> None:
    (old.root / "files" / "runs" / name).write_bytes(b"")
    (torn,) = FserverFolder(old.root).runs()
    assert isinstance(torn, Torn)
    assert what in torn.what
    assert "\n" not in str(torn)


def test_links_are_not_followed(old: OldFolder, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.frp").write_bytes(b"")
    (old.root / "files" / "runs" / f"run-{RUN}.frp").symlink_to(tmp_path / "elsewhere.frp")
    (torn,) = FserverFolder(old.root).runs()
    assert isinstance(torn, Torn)
    assert "links are not followed" in torn.what
    (old.root / "data" / "boards").rmdir()
    (old.root / "data" / "boards").symlink_to(tmp_path)
    with pytest.raises(NoFserverFolder, match="data/boards is a link"):
        _read(FserverFolder(old.root).boards())


def test_a_name_that_is_no_utf8_is_shown_as_escapes(old: OldFolder) -> None:
    with open(os.fsencode(old.root / "data" / "boards") + b"/\xff.json", "w") as file:  # noqa: PTH123 - no str
        file.write("{}")
    (torn,) = FserverFolder(old.root).boards()
    assert isinstance(torn, Torn)
    assert torn.path.isascii()


def test_what_is_hidden_is_no_record(old: OldFolder) -> None:
    (old.root / "data" / "boards" / ".gitignore").write_text("*")
    assert list(FserverFolder(old.root).boards()) == []
    assert fserver_folder.MAX_RECORD > 1000


def _read(found: Iterator[object]) -> None:
    list(found)
