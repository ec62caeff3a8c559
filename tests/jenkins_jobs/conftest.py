"""A lab folder, a stand-in for Fuego's ftc, and a way to run the job's script with nothing else around it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "jenkins_jobs" / "shell" / "remote-request.sh"
REQUEST = "20261123-101500123-k3j7x2m4"
ATTEMPT = f"{REQUEST}.1"
FAR_FUTURE = 99999999999

# What the script may need, and nothing else: bash, util-linux, grep, tar and coreutils.
PROGRAMS = "bash,flock,setsid,grep,tar,rm,mv,cp,mkdir,ln,od,date,tee,du,stat,sync"
# What the stand-in for ftc needs besides.
FTC_PROGRAMS = "sleep,cat,mkfifo,env"

FTC = r"""#!/bin/bash
printf '%s\0' "$@" >"$FUEGO_RW/seen.args"
env -0 >"$FUEGO_RW/seen.environment"
run_folder=$FUEGO_RW/logs/Functional.hello/bbb.default.1.1
leave_run() { # STATUS [FOLDER]
    mkdir -p "${2:-$run_folder}"
    printf '{\n    "name": "Functional.hello",\n    "status": "%s",\n    "test_sets": [\n        {\n' "$1" \
        >"${2:-$run_folder}/run.json"
    printf '            "status": "FAIL"\n        }\n    ]\n}\n' >>"${2:-$run_folder}/run.json"
}
"""


@dataclass
class Lab:
    """`lab_dir`, Fuego's folders and a workspace, below one folder; `ftc(body)` says what ftc does."""

    root: Path
    script: Path = SCRIPT
    environment: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rw = self.root / "rw"
        self.dir = self.root / "lab dir"
        self.workspace = self.root / "workspace"
        self.bin = self.root / "bin"
        self.request = self.dir / "requests" / ATTEMPT
        self.entry = self.dir / "outbox" / ATTEMPT
        for folder in (self.rw, self.workspace, self.bin):
            folder.mkdir(parents=True)
        for name in f"{PROGRAMS},{FTC_PROGRAMS}".split(","):
            found = shutil.which(name)
            assert found, f"{name} is missing on this machine"
            (self.bin / name).symlink_to(found)
        self.environment = {
            "PATH": str(self.bin),
            "REQUEST_ID": REQUEST,
            "ATTEMPT": "1",
            "FUEGO_REMOTE_BOARD": "bbb",
            "FUEGO_RW": str(self.rw),
            "FUEGO_LAB_DIR": str(self.dir),
            "FUEGO_FTC": str(self.root / "ftc"),
            "WORKSPACE": str(self.workspace),
            "BUILD_NUMBER": "7",
            "BUILD_URL": "http://127.0.0.1:8090/fuego/job/remote-request-bbb/7/",
        }
        self.ftc("leave_run PASS")

    def ftc(self, body: str) -> None:
        path = self.root / "ftc"
        path.write_text(FTC + body + "\n")
        path.chmod(0o755)

    def prepare(self, *, go: bool = True, arguments: list[str] | None = None, time_limit: int = 30) -> None:
        """What the bridge makes; with `go` also the answer that is left where nobody will watch."""
        self.request.mkdir(parents=True)
        arguments = arguments or ["run-test", "-b", "bbb", "-t", "Functional.hello"]
        (self.request / "board").write_text("bbb\n")
        (self.request / "test").write_text("Functional.hello\n")
        (self.request / "spec").write_text("default\n")
        (self.request / "time_limit").write_text(f"{time_limit}\n")
        (self.request / "args").write_bytes(b"".join(one.encode() + b"\0" for one in arguments))
        if go:
            self.answer(f"* go {FAR_FUTURE}")

    def answer(self, text: str) -> None:
        partial = self.request / ".answer"
        partial.write_text(text + "\n")
        partial.rename(self.request / "gate.answer")

    def start(self, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [shutil.which("bash") or "bash", str(self.script)],
            env=self.environment | environment,
            cwd=self.workspace,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def run(self, **environment: str) -> tuple[int, str]:
        """Exit status and console of one build."""
        process = self.start(**environment)
        console, _ = process.communicate(timeout=90)
        return process.returncode, console

    def outcome(self) -> dict[str, Any]:
        found = json.loads((self.entry / "outcome.json").read_text())
        assert isinstance(found, dict)
        return found

    def seen_arguments(self) -> list[str]:
        return (self.rw / "seen.args").read_text(encoding="utf-8").split("\0")[:-1]

    def seen_environment(self) -> dict[str, str]:
        pairs = (self.rw / "seen.environment").read_text().split("\0")[:-1]
        return dict(pair.split("=", 1) for pair in pairs)

    def wait_for(self, condition: Callable[[], object], seconds: float = 90) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.01)

    def with_waits(self, **seconds: int) -> None:
        """Use a copy of the script with shorter waits: `lock=1, gate=1`."""
        text = SCRIPT.read_text()
        for name, value in seconds.items():
            lines = [line for line in text.splitlines() if line.startswith(f"{name.upper()}_SECONDS=")]
            assert len(lines) == 1
            text = text.replace(lines[0], f"{name.upper()}_SECONDS={value}")
        self.script = self.root / "remote-request.sh"
        self.script.write_text(text)

    def survivors(self) -> list[int]:
        """Processes whose working directory is this lab's workspace: all that a build has started."""
        found = []
        for one in Path("/proc").glob("[0-9]*"):
            try:
                if (one / "cwd").readlink() == self.workspace and " Z " not in (one / "stat").read_text():
                    found.append(int(one.name))
            except OSError:
                continue
        return found


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab(tmp_path / "lab")
    yield lab
    for pid in lab.survivors():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for process in lab.started:
        process.communicate(timeout=90)
