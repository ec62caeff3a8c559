"""The folders and settings of the demonstration's hosts."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from processes import Person

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

LAB_POLICY = """\
# What demolab runs for whom: the first rule that fits decides.
default: refuse
max_time: 1h
rules:
  - tests: [Functional.sleeper]
    do: ask
  - teams: [annaslab]
    source: [installed, package]
    do: run
  - teams: [annaslab]
    source: [git]
    git: ["git://127.0.0.1:{git_port}/"]
    do: run
"""

BOARDS_YAML = """\
boards:
  local1:
    cpu: generic-x86
    labels: [fast, näher-am-fenster]
    description: this machine, as Anna would see a board on Tim's desk
  local2:
    cpu: generic-x86
    labels: [slow]
    description: this machine once more
"""


@dataclass(frozen=True)
class Lab:
    """demolab's folders, as a native Fuego has them."""

    root: Path

    @property
    def conf(self) -> Path:
        """Its fuego.conf."""
        return self.root / "fuego-ro" / "conf" / "fuego.conf"

    @property
    def person(self) -> Person:
        """The lab itself."""
        return Person("demolab", self.conf)

    def lay_out(self, *, settings: dict[str, str], git_port: int) -> None:
        """Write everything that a lab has before it joins: boards, tests, settings, a policy."""
        for folder in ("fuego-ro/conf", "fuego-rw/logs", "fuego-rw/tests", "fuego-rw/boards", "fuego-core"):
            (self.root / folder).mkdir(parents=True)
        shutil.copytree(EXAMPLES / "boards", self.root / "fuego-ro" / "boards")
        shutil.copytree(EXAMPLES / "tests", self.root / "fuego-core" / "tests")
        self.conf.parent.joinpath("boards.yaml").write_text(BOARDS_YAML, encoding="utf-8")
        self.conf.parent.joinpath("lab-policy.yaml").write_text(LAB_POLICY.format(git_port=git_port), encoding="utf-8")
        paths = {
            "fuego_ro_dir": "..",
            "fuego_rw_dir": "../../fuego-rw",
            "fuego_core_dir": "../../fuego-core",
            "state_dir": "../../state",
        }
        write_conf(self.conf, {"host_name": "demolab", **paths, **settings})


def write_conf(path: Path, settings: dict[str, str]) -> None:
    """A fuego.conf with these settings."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()), encoding="utf-8")


def write_secret(path: Path, secret: str) -> Path:
    """A token file for its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(secret + "\n", encoding="utf-8")
    return path


def make_git_repository(path: Path) -> str:
    """A repository with a test in a folder of it; the branch's name."""
    path.mkdir(parents=True)
    shutil.copytree(EXAMPLES / "git" / "Functional.from_git", path / "tests" / "Functional.from_git")
    author = ["-c", "user.name=Anna", "-c", "user.email=anna@annaslab.example"]
    for command in (["init", "-q", "-b", "trunk"], ["add", "."], [*author, "commit", "-qm", "A test for other labs"]):
        subprocess.run(["git", "-C", str(path), *command], check=True, capture_output=True)
    return "trunk"
