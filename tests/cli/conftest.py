"""Calls of ftc inside the test's process, a lab's folders, and a real hub and vision for the slow tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fuego_jenkins_remote.cli.main import run

BOARD = """\
inherit "base-board"
TRANSPORT="local"
ARCHITECTURE="x86_64"
TOOLCHAIN="debian-x86_64"
PASSWORD="s3cret-of-the-board"
BOARD_TESTDIR="{target}"
"""

TEST = """\
function test_run {
    report "echo Hello, world!"
}

function test_processing {
    log_compare "$TESTDIR" "1" "^Hello" "p"
}
"""


@dataclass(frozen=True)
class Result:
    """What a call ended with and printed."""

    status: int
    out: str
    err: str

    def json(self) -> object:
        return json.loads(self.out)


Ftc = Callable[..., Result]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine's own set-up counts; help is as wide everywhere."""
    for name in list(os.environ):
        if name.startswith(("FUEGO_", "JENKINS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg-state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg-config"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TZ", "UTC")


@pytest.fixture
def ftc(capfd: pytest.CaptureFixture[str]) -> Ftc:
    """Call ftc with these words."""

    def call(*words: object) -> Result:
        capfd.readouterr()
        status = run([str(word) for word in words])
        out, err = capfd.readouterr()
        return Result(status, out, err)

    return call


@dataclass(frozen=True)
class Lab:
    """A lab's folders, with two local boards and one test."""

    root: Path

    @property
    def conf(self) -> Path:
        return self.root / "fuego-ro" / "conf" / "fuego.conf"

    @property
    def boards(self) -> Path:
        return self.root / "fuego-ro" / "boards"

    @property
    def test_folder(self) -> Path:
        return self.root / "fuego-core" / "tests" / "Functional.hello"

    def add_settings(self, **values: object) -> None:
        with self.conf.open("a") as file:
            file.writelines(f"{key}={value}\n" for key, value in values.items())


def make_lab(root: Path) -> Lab:
    lab = Lab(root)
    for folder in (lab.conf.parent, lab.boards, lab.test_folder, root / "fuego-rw", root / "target"):
        folder.mkdir(parents=True)
    for name in ("local1", "local2", "other"):
        (lab.boards / f"{name}.board").write_text(BOARD.format(target=root / "target"))
    (lab.test_folder / "fuego_test.sh").write_text(TEST)
    (lab.test_folder / "test.yaml").write_text("fuego_package_version: 1\nname: Functional.hello\nversion: 1.0\n")
    lab.conf.write_text(
        "host_name=demolab\nfuego_ro_dir=..\nfuego_rw_dir=../../fuego-rw\nfuego_core_dir=../../fuego-core\n"
        "state_dir=../../state\n"
    )
    return lab


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab whose fuego.conf counts."""
    made = make_lab(tmp_path / "lab")
    monkeypatch.setenv("FUEGO_CONF", str(made.conf))
    return made


@dataclass(frozen=True)
class Network:
    """A hub and a vision that run, a lab that belongs to them, and two users: ann of its team, tim of another."""

    hub: str
    vision: str
    lab: Lab
    tokens: Path

    def as_lab(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._come(monkeypatch, "lab.hub", "lab.vision")
        monkeypatch.setenv("FUEGO_CONF", str(self.lab.conf))

    def as_user(self, monkeypatch: pytest.MonkeyPatch, name: str = "ann") -> None:
        self._come(monkeypatch, f"{name}.hub", f"{name}.vision")
        monkeypatch.delenv("FUEGO_CONF", raising=False)

    def _come(self, monkeypatch: pytest.MonkeyPatch, hub: str, vision: str) -> None:
        monkeypatch.setenv("FUEGO_HUB_URL", self.hub)
        monkeypatch.setenv("FUEGO_VISION_URL", self.vision)
        monkeypatch.setenv("FUEGO_HUB_TOKEN_FILE", str(self.tokens / hub))
        monkeypatch.setenv("FUEGO_VISION_TOKEN_FILE", str(self.tokens / vision))


FTC = [sys.executable, "-c", "from fuego_jenkins_remote.cli.main import main; main()"]


def run_ftc(
    *words: object, env: dict[str, str] | None = None, timeout: float = 200
) -> subprocess.CompletedProcess[str]:
    """Call ftc as a process of its own."""
    command = [*FTC, *(str(word) for word in words)]
    return subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL
    )


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """The network that the slow tests share; each test puts requests of its own."""
    root = tmp_path_factory.mktemp("network")
    tokens = root / "tokens"
    tokens.mkdir()
    hub, vision = root / "hub", root / "vision"
    env = {name: value for name, value in os.environ.items() if not name.startswith(("FUEGO_", "JENKINS_"))}
    for words in (
        ("hub", "init", "--data", hub),
        ("vision", "init", "--data", vision),
        ("hub", "add-lab", "demolab", "--data", hub, "--token-file", tokens / "lab.hub"),
        ("hub", "add-user", "ann", "--data", hub, "--team", "demolab", "--token-file", tokens / "ann.hub"),
        ("hub", "add-user", "tim", "--data", hub, "--team", "timslab", "--token-file", tokens / "tim.hub"),
        ("hub", "add-user", "boss", "--data", hub, "--team", "demolab:admin", "--token-file", tokens / "boss.hub"),
        ("vision", "add-token", "demolab", "--data", vision, "--token-file", tokens / "lab.vision"),
        *(
            ("vision", "add-token", name, "--kind", "read", "--data", vision, "--token-file", tokens / f"{name}.vision")
            for name in ("ann", "tim", "boss")
        ),
    ):
        done = run_ftc(*words, env=env)
        assert done.returncode == 0, done.stderr
    with _served(env, "hub", hub) as hub_url, _served(env, "vision", vision) as vision_url:
        yield Network(hub=hub_url, vision=vision_url, lab=make_lab(root / "lab"), tokens=tokens)


class _served:  # noqa: N801 - used as a function
    def __init__(self, env: dict[str, str], service: str, data: Path) -> None:
        self.log = (data.parent / f"{service}.log").open("wb")
        command = [*FTC, service, "serve", "--data", str(data), "--port", "0", "--json"]
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=self.log)

    def __enter__(self) -> str:
        assert self.process.stdout is not None
        url = json.loads(self.process.stdout.readline())["url"]
        assert isinstance(url, str)
        return url

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(90)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.log.close()


@pytest.fixture
def as_lab(network, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Go on as the lab."""
    return lambda: network.as_lab(monkeypatch)


@pytest.fixture
def as_user(network, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Go on as this user."""
    return lambda name="ann": network.as_user(monkeypatch, name)
