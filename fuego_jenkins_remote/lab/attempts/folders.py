"""`lab_dir`, where the bridge and the job's script meet (docs/protocol.md, "In a lab").

Nothing secret lies there, and nothing that is found there is believed beyond the attempt it belongs to: what a test's
process wrote is read bounded, and neither reading nor writing follows a link, not even one in an attempt's folder's
place.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fuego_jenkins_remote.fuego.names import check_board_name
from fuego_jenkins_remote.lab.shared_files import (
    READ,
    WRITE_NEW,
    new_folder,
    opened_folder,
    read_plain,
    write_new,
    write_whole,
)
from fuego_jenkins_remote.network.identities import AttemptId, BadIdentity

MAX_LINE = 4096
MAX_OUTCOME = 64 * 2**10
MAX_LOG = 64 * 2**20
LOGS = ("testlog.txt", "devlog.txt", "syslog.before.txt", "syslog.after.txt", "machine-snapshot.txt")
"""The logs of a Fuego run folder."""
_NONCE = re.compile(r"[A-Za-z0-9]{8,64}")
_BUILD_NUMBER = re.compile(r"[0-9]{1,9}")
_BUILD_URL = re.compile(r"https?://[!-~]{1,500}")


@dataclass(frozen=True, kw_only=True)
class GateCall:
    """A job that holds the board and waits for go or no."""

    nonce: str
    build_number: str
    build_url: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the script says of an attempt that has ended (outcome.json)."""

    ran: bool
    reason: str
    aborted: bool
    timed_out: bool
    exit_status: int
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What a request folder holds; `test_folder` is a test that is not installed here, to be moved in."""

    board: str
    test: str
    spec: str
    arguments: Sequence[str]
    time_limit: int
    batch_id: str | None = None
    test_folder: Path | None = None


class LabDir:
    """The folder, as the bridge sees it."""

    def __init__(self, path: Path) -> None:
        """Make what is missing: `requests`, `locks`, `outbox`."""
        self.path = path
        self.requests = path / "requests"
        self.outbox = path / "outbox"
        self.locks = path / "locks"
        for folder in (self.requests, self.outbox, self.locks):
            folder.mkdir(parents=True, exist_ok=True)

    def request_folder(self, attempt: AttemptId) -> Path:
        """The folder of one attempt."""
        return self.requests / str(attempt)

    def outbox_folder(self, attempt: AttemptId) -> Path:
        """Where the script leaves what came of it."""
        return self.outbox / str(attempt)

    # -- before the job

    def prepare(self, attempt: AttemptId, prepared: Prepared) -> None:
        """Make the request folder appear, whole; one that is there already stays. Raises OSError."""
        if self.request_folder(attempt).exists():
            return
        partial = f".{attempt}.tmp"
        _remove(self.requests / partial)
        with opened_folder(self.requests) as requests:
            # A test's process may put something else in its place at any moment: all goes through what is open here.
            with new_folder(requests, partial, 0o700) as folder:
                _fill(folder, prepared)
                # The script writes here, maybe as another user: who may is what the lab set on `requests`.
                os.fchmod(folder, stat.S_IMODE(os.fstat(requests).st_mode))
            os.rename(partial, str(attempt), src_dir_fd=requests, dst_dir_fd=requests)

    # -- the gate

    def gate_call(self, attempt: AttemptId) -> GateCall | None:
        """Who waits at the gate, if anybody does."""
        line = _first_line(self.request_folder(attempt), "gate.ask")
        if line is None:
            return None
        nonce, _, rest = line.partition(" ")
        number, _, url = rest.partition(" ")
        if not _NONCE.fullmatch(nonce):
            return None
        return GateCall(
            nonce=nonce,
            build_number=number if _BUILD_NUMBER.fullmatch(number) else "",
            build_url=url if _BUILD_URL.fullmatch(url) else "",
        )

    def answer_gate(self, attempt: AttemptId, nonce: str, refusal: str = "") -> None:
        """Say go, or no with the reason."""
        words = f"no {' '.join(refusal.split())[:500]}" if refusal else "go"
        self._write(attempt, "gate.answer", f"{nonce} {words}\n")

    def open_gate(self, attempt: AttemptId, until: float) -> None:
        """Say go to whichever job asks first, until a time (seconds since 1970): for a lab where nobody watches."""
        self._write(attempt, "gate.answer", f"* go {int(until)}\n")

    def refused(self, attempt: AttemptId) -> str | None:
        """Why the script left without touching the board; None if it did not."""
        return _first_line(self.request_folder(attempt), "refused")

    def has_started(self, attempt: AttemptId) -> bool:
        """Whether a job has passed the gate."""
        return (self.request_folder(attempt) / "started").is_dir()

    # -- while it runs

    def log_mark(self, attempt: AttemptId) -> tuple[int, int]:
        """Size and time of change of what the test prints: another pair when it has printed more; cheap to ask."""
        with contextlib.suppress(OSError):
            found = (self.request_folder(attempt) / "console.log").lstat()
            return found.st_size, found.st_mtime_ns
        return 0, 0

    def log_tail(self, attempt: AttemptId, limit: int) -> str:
        """The last `limit` bytes of what the test has printed: in the outbox when it is over, else where it prints."""
        for folder in (self.outbox_folder(attempt), self.request_folder(attempt)):
            tail = _read(folder, "console.log", limit, at_end=True)
            if tail is not None:
                return tail.decode("utf-8", "replace")
        return ""

    def board_is_free(self, board: str) -> bool:
        """Whether no process holds the board's lock. Asking takes and leaves it.

        The file is the script's: one that we made could be closed to the user it runs as.
        """
        path = self.locks / f"{check_board_name(board)}.lock"
        try:
            descriptor = os.open(path, READ)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        return True

    # -- after it

    def request_folders(self) -> list[tuple[AttemptId, float]]:
        """The request folders that are there, with the time of their last change (seconds since 1970)."""
        return _dated(self.requests)

    def outbox_folders(self) -> list[tuple[AttemptId, float]]:
        """What the outbox holds, with the time of its last change (seconds since 1970)."""
        return _dated(self.outbox)

    def gate_is_asked(self, attempt: AttemptId) -> bool:
        """Whether a job waits at the gate: cheap enough to be asked many times a second."""
        folder = self.request_folder(attempt)
        return (folder / "gate.ask").exists() and not (folder / "gate.answer").exists()

    def gate_has_moved(self, attempt: AttemptId) -> bool:
        """Whether a job waits at the gate, or has left it without touching the board: as cheap."""
        return self.gate_is_asked(attempt) or (self.request_folder(attempt) / "refused").exists()

    def ended(self) -> set[AttemptId]:
        """The attempts that the outbox holds something of."""
        found = set()
        for entry in os.scandir(self.outbox):
            with contextlib.suppress(BadIdentity):
                found.add(AttemptId.parse(entry.name))
        return found

    def outcome(self, attempt: AttemptId) -> Outcome | None:
        """What the script says; None when it left nothing that can be read."""
        data = _read(self.outbox_folder(attempt), "outcome.json", MAX_OUTCOME)
        try:
            said = json.loads(data or b"")
            return Outcome(
                ran=said["outcome"] == "ran",
                reason=str(said.get("reason", ""))[:80],
                aborted=said.get("aborted") is True,
                timed_out=said.get("timed_out") is True,
                exit_status=int(said.get("exit_status", 1)),
                started_at=_moment(said.get("started_at")),
                ended_at=_moment(said.get("ended_at")),
            )
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return None

    def wants_cases(self, attempt: AttemptId) -> bool:
        """Whether the attempt's job waits for its run as JUnit's XML."""
        return (self.request_folder(attempt) / "junit.ask").exists()

    def put_cases(self, attempt: AttemptId, junit: bytes) -> None:
        """Leave it for the job. Raises OSError."""
        self._write(attempt, "junit.xml", junit.decode("utf-8"))

    def run_folder(self, attempt: AttemptId) -> Path | None:
        """The run folder that the script collected; None when there is none."""
        entry = self.outbox_folder(attempt)
        folder = entry / "run"
        return folder if folder.is_dir() and not folder.is_symlink() and not entry.is_symlink() else None

    def logs(self, attempt: AttemptId) -> Iterator[tuple[str, bytes]]:
        """What logs there are of an attempt that left no run, by the names that they have in a run folder."""
        for folder in (self.outbox_folder(attempt), self.request_folder(attempt)):
            console = _read(folder, "console.log", MAX_LOG)
            if console is not None:
                yield "consolelog.txt", console
                break
        run = self.run_folder(attempt)
        if run is None:
            return
        for name in LOGS:
            data = _read(run, name, MAX_LOG)
            if data is not None:
                yield name, data

    def forget(self, attempt: AttemptId) -> None:
        """Remove what is left of an attempt; its run is delivered or there is none."""
        for folder in (self.request_folder(attempt), self.outbox_folder(attempt)):
            _remove(folder)
            # What was being put together when somebody was killed.
            _remove(folder.with_name(f".{attempt}.tmp"))

    def _write(self, attempt: AttemptId, name: str, text: str) -> None:
        """Make a file of the request folder appear, whole. Raises OSError."""
        with opened_folder(self.request_folder(attempt)) as folder:
            write_whole(folder, name, text)


def _fill(folder: int, prepared: Prepared) -> None:
    lines = {"board": prepared.board, "test": prepared.test, "spec": prepared.spec, "time_limit": prepared.time_limit}
    if prepared.batch_id:
        lines["batch_id"] = prepared.batch_id
    for name, text in lines.items():
        write_new(folder, name, f"{text}\n".encode())
    write_new(folder, "args", b"".join(argument.encode("utf-8") + b"\0" for argument in prepared.arguments))
    if prepared.test_folder is not None:
        with new_folder(folder, "tests", 0o777) as tests:
            _copy_tree(prepared.test_folder, tests, prepared.test)


def _copy_tree(source: Path, above: int, name: str) -> None:
    """Copy a folder of plain files and folders, which nobody else can write."""
    with new_folder(above, name, 0o777) as target:
        for entry in source.iterdir():
            if entry.is_dir():
                _copy_tree(entry, target, entry.name)
                continue
            mode = stat.S_IMODE(entry.stat().st_mode)
            with entry.open("rb") as file, os.fdopen(os.open(entry.name, WRITE_NEW, mode, dir_fd=target), "wb") as copy:
                shutil.copyfileobj(file, copy)


def _read(folder: Path, name: str, limit: int, *, at_end: bool = False) -> bytes | None:
    """The first or the last `limit` bytes of a plain file; None where there is none."""
    try:
        with opened_folder(folder) as opened:
            found = read_plain(opened, name, limit, at_end=at_end)
    except OSError:
        return None
    return found[0] if found is not None else None


def _dated(folder: Path) -> list[tuple[AttemptId, float]]:
    """The attempts that a folder has an entry of, with the time of its last change (seconds since 1970)."""
    found = []
    for entry in os.scandir(folder):
        with contextlib.suppress(BadIdentity, OSError):
            found.append((AttemptId.parse(entry.name), entry.stat(follow_symlinks=False).st_mtime))
    return found


def _first_line(folder: Path, name: str) -> str | None:
    data = _read(folder, name, MAX_LINE)
    return None if data is None else data.decode("utf-8", "replace").partition("\n")[0].strip()


def _remove(path: Path) -> None:
    """Remove a folder with what is in it, or whatever stands in its place."""
    with contextlib.suppress(OSError):
        path.unlink()
    shutil.rmtree(path, ignore_errors=True)


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
