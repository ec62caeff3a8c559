"""Hub and vision over https on one machine, a lab and anna on another, each part as its operator starts it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from authority import Authority, Pair

from fuego_jenkins_remote.hub import admin as hub
from fuego_jenkins_remote.vision import admin as vision

FTC = Path(sys.executable).with_name("ftc")
EXAMPLES = Path(__file__).resolve().parents[4] / "examples"
BOARD = "local1"


@dataclass
class Stage:
    """`far` and `near` are what commands begin with on the services' machine and on the lab's; nothing for this one."""

    root: Path
    authority: Authority
    far: Sequence[str] = ()
    near: Sequence[str] = ()
    environment: dict[str, str] = field(default_factory=dict)
    hub_url: str = ""
    vision_url: str = ""
    jenkins_url: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def anna(self) -> Path:
        """Anna's fuego.conf, which names the CA."""
        return self.root / "anna" / "fuego.conf"

    @property
    def lab(self) -> Path:
        """The lab's fuego.conf."""
        return self.root / "lab" / "fuego-ro" / "conf" / "fuego.conf"

    def ftc(self, conf: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A person calls ftc on the lab's machine."""
        return subprocess.run(
            [*self.near, str(FTC), *arguments],
            env=self._environment(conf, {**self.environment, **environment}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    def start_services(self, pair: Pair, listen: str, *, ports: tuple[int, int] = (0, 0)) -> None:
        """Hub and vision on an address; 0 picks a free port."""
        self._add_people()
        urls = []
        for service, port in zip(("hub", "vision"), ports, strict=True):
            data = str(self.root / service)
            command = (service, "serve", "--data", data, "--host", listen, "--port", str(port), *pair.options)
            urls.append(self._start([*self.far, str(FTC), *command], self.anna, {}))
        self.hub_url, self.vision_url = urls
        files = {"hub_token_file": self._token_file("anna"), "vision_token_file": self._token_file("annas-vision")}
        self.write_conf(self.anna, host_name="annaslab", user="anna", **files)

    def start_lab(self, pair: Pair) -> None:
        """The lab's Jenkins, over https and with a user too, its jobs, its board in the network, and its bridge."""
        lab = self.root / "lab"
        for folder in ("fuego-ro/conf", "fuego-rw/logs", "fuego-rw/tests", "fuego-rw/boards", "fuego-core"):
            (lab / folder).mkdir(parents=True)
        shutil.copytree(EXAMPLES / "tests", lab / "fuego-core" / "tests")
        (lab / "fuego-ro" / "boards").mkdir()
        shutil.copy(EXAMPLES / "boards" / f"{BOARD}.board", lab / "fuego-ro" / "boards")
        (self.lab.parent / "lab-policy.yaml").write_text(
            "rules:\n  - {teams: [annaslab], source: [installed, package], do: run}\n"
        )
        settings = {
            **{f"fuego_{part}_dir": str(lab / f"fuego-{part}") for part in ("ro", "rw", "core")},
            "host_name": "demolab",
            "state_dir": str(lab / "state"),
            "hub_token_file": self._token_file("demolab"),
            "vision_token_file": self._token_file("vision"),
        }
        self.write_conf(self.lab, **settings)
        token = self._token_file("jenkins")
        login = ("--user", "bridge", "--token-file", token)
        jenkins = ("lab", "jenkins", "--data", str(self.root / "jenkins"), "--port", "0", *login, *pair.options)
        self.jenkins_url = self._start([*self.near, str(FTC), *jenkins], self.lab, {})
        self.tokens["jenkins"] = Path(token).read_text().strip()
        self.write_conf(
            self.lab, **settings, jenkins_url=self.jenkins_url, jenkins_user="bridge", jenkins_token_file=token
        )
        self._well(self.ftc(self.lab, "lab", "jobs"))
        self._well(self.ftc(self.lab, "put-board", "-b", BOARD))
        self._start([*self.near, str(FTC), "lab", "serve"], self.lab, self.environment)

    def write_conf(self, conf: Path, **settings: str) -> None:
        """A fuego.conf that knows the services and the CA."""
        common = {"hub_url": self.hub_url, "vision_url": self.vision_url, "ca_file": str(self.authority.certificate)}
        conf.parent.mkdir(parents=True, exist_ok=True)
        conf.write_text("".join(f"{key}={value}\n" for key, value in {**common, **settings}.items() if value))

    def stop(self) -> None:
        """End what was started, the last first, each with its children."""
        for process in reversed(self.running):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(90)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        self.running.clear()

    def log(self) -> str:
        """The end of what the processes said."""
        return "\n".join(file.read_text()[-2000:] for file in sorted(self.root.glob("*.log")))

    def _add_people(self) -> None:
        """In this process: starting ftc for each takes longer than all the rest."""
        hub.init_data(self.root / "hub")
        vision.init_data(self.root / "vision")
        requests, runs = hub.open_data(self.root / "hub"), vision.open_data(self.root / "vision")
        self.tokens |= {
            "demolab": hub.add_lab(requests, "demolab"),
            "anna": hub.add_user(requests, "anna", teams=("annaslab",), email="", notify=()),
            "vision": vision.add_token(runs, "demolab", kind="submit"),
            "annas-vision": vision.add_token(runs, "anna", kind="read"),
        }
        requests.dispose()
        runs.dispose()
        for name, token in self.tokens.items():
            file = Path(self._token_file(name))
            file.touch(mode=0o600)
            file.write_text(token)

    def _token_file(self, name: str) -> str:
        return str(self.root / f"{name}.token")

    def _start(self, command: list[str], conf: Path, environment: dict[str, str]) -> str:
        log = self.root / f"{len(self.running)}.log"
        with log.open("a") as opened:
            process = subprocess.Popen(
                [*command, "--json"],
                env=self._environment(conf, environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=opened,
                text=True,
                start_new_session=True,
            )
        self.running.append(process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("{"), f"{' '.join(command)}: {line}{log.read_text()[-2000:]}"
        return str(json.loads(line)["url"])

    @staticmethod
    def _environment(conf: Path, more: dict[str, str]) -> dict[str, str]:
        ours = ("FUEGO_", "JENKINS_", "REQUESTS_", "SSL_CERT")
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(ours) and not name.lower().endswith("_proxy")
        }
        return {**kept, "FUEGO_CONF": str(conf), **more}

    @staticmethod
    def _well(done: subprocess.CompletedProcess[str]) -> None:
        assert done.returncode == 0, f"{' '.join(done.args)}: {done.stdout}{done.stderr}"
