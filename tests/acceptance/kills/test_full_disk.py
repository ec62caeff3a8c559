"""A disk is full at the wrong moment: nothing half-written counts, and what can go on goes on when there is room."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from fuego_jenkins_remote.network.reasons import Reason, meaning
from fuego_jenkins_remote.network.states import State

pytestmark = pytest.mark.slow

PAGE = 4096


class SmallDisk:
    """A file system of 2 MiB in a folder's place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filling = folder / ".filling"

    def fill(self, *, but: int = 0) -> None:
        """Leave nothing free, or `but` pages."""
        with self._filling.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"x" * PAGE):
                pass
        os.truncate(self._filling, max(0, self._filling.stat().st_size // PAGE - but) * PAGE)

    def make_room(self) -> None:
        self._filling.unlink()


@pytest.fixture
def small_disk() -> Iterator[Callable[[Path], AbstractContextManager[SmallDisk]]]:
    """Mount one; what is in the folder is hidden for as long."""
    mounted: list[Path] = []

    @contextlib.contextmanager
    def mount(folder: Path) -> Iterator[SmallDisk]:
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", "size=2m", "small-disk", str(folder)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            pytest.skip(f"a small disk cannot be mounted: {error}")
        if done.returncode:
            pytest.skip(f"a small disk cannot be mounted: {done.stderr.strip()}")
        mounted.append(folder)
        yield SmallDisk(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _grown(stage: Any, log: Path, before: int, words: str) -> None:
    stage.until(lambda: words in log.read_text()[before:], f"the log says '{words}'")


def test_without_room_for_its_outcome_the_request_says_so(stage: Any, small_disk: Any) -> None:
    with small_disk(stage.outbox) as disk:
        request = stage.running()
        disk.fill()
        stage.release()
        ended = stage.comes_to(request, State.ERROR)
        assert "is the disk full?" in ended.reason
        assert "awake" not in ended.reason
        stage.until(lambda: stage.runs_of(request), "its error run is there")
        assert stage.results.run(stage.runs_of(request)[0])["status"] == "ERROR"
        stage.until(lambda: [path.name for path in disk.folder.iterdir()] == [".filling"], "nothing is left of it")
        disk.make_room()
        after = stage.put()
        stage.comes_to(after, State.DONE)
        stage.assert_one_run(after)


def test_without_room_for_the_run_its_outcome_comes_alone(stage: Any, small_disk: Any) -> None:
    with small_disk(stage.outbox) as disk:
        request = stage.running()
        disk.fill(but=3)
        stage.release()
        ended = stage.comes_to(request, State.ERROR)
        assert ended.reason == meaning(Reason.SCRIPT)
        assert "could not be copied to the outbox: is the disk full?" in ended.log_tail
        assert stage.begun(request) == 1


def test_a_request_folder_waits_for_room(stage: Any, small_disk: Any) -> None:
    before = stage.bridge.log.stat().st_size
    with small_disk(stage.rw / "remote" / "requests") as disk:
        disk.fill()
        request = stage.put()
        _grown(stage, stage.bridge.log, before, os.strerror(errno.ENOSPC))
        disk.make_room()
        stage.comes_to(request, State.DONE)
        stage.assert_one_run(request)


def test_a_package_waits_for_room(stage: Any, small_disk: Any) -> None:
    with small_disk(stage.state_dir / "packages") as disk:
        disk.fill()
        before = stage.bridge.log.stat().st_size
        request = stage.put()
        stage.comes_to(request, State.TESTED)
        _grown(stage, stage.bridge.log, before, os.strerror(errno.ENOSPC))
        assert [path.name for path in disk.folder.iterdir()] == [".filling"]
        disk.make_room()
        stage.comes_to(request, State.DONE)
        stage.assert_one_run(request)


def test_a_journal_waits_for_room(stage: Any, small_disk: Any) -> None:
    conf = stage.lab_conf.read_text()
    stage.bridge.end()
    try:
        with small_disk(stage.state_dir) as disk:
            stage.lab_conf.write_text(f"{conf}disk_reserve=1 KiB\n")
            stage.bridge.start()
            request = stage.running()
            disk.fill()
            before = stage.bridge.log.stat().st_size
            stage.release()
            _grown(stage, stage.bridge.log, before, "the journal does not take this")
            disk.make_room()
            stage.comes_to(request, State.DONE)
            stage.assert_one_run(request)
            after = stage.put()
            stage.comes_to(after, State.DONE)
            stage.assert_one_run(after)
            stage.bridge.end()
    finally:
        stage.lab_conf.write_text(conf)
