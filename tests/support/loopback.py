"""The whole network on loopback, each part a process as its operator starts it; parts are killed and started again.

Anna of annaslab asks; demolab runs. Its Jenkins is the embedded controller, or whatever a test hands in.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller as MailServer

from network_parts import BOARD, Network, Part
from processes import free_port

PASSWORD, ADDRESS = "s3cret-ü", "192.0.2.77"

BOARD_FILE = f"""\
inherit "base-board"
include "base-params"
IPADDR="{ADDRESS}"
LOGIN="root"
PASSWORD="{PASSWORD}"
BOARD_TESTDIR="$FUEGO_RW/tests/{BOARD}"
TOOLCHAIN="x86_64"
TRANSPORT="local"
ARCHITECTURE="x86_64"
DISTRIB="nosyslogd.dist"
"""

# Says that it has begun, goes on for as long as the file `hold` is there, and tells all it knows. Where the file
# `break` is, it takes Fuego itself along.
FUEGO_TEST = """\
#!/bin/bash
test_run() {
    echo "$FUEGO_REMOTE_ATTEMPT" >>"$FUEGO_RW/begun"
    if [ -e "$FUEGO_RW/break" ]; then
        echo "address $IPADDR password $PASSWORD"
        for try in $(seq 100); do  # what is not yet in the console dies with Fuego
            grep -q password "$FUEGO_RW"/remote/requests/"$FUEGO_REMOTE_ATTEMPT"/console.log && break
            sleep 0.05
        done
        kill -KILL "$PPID"
    fi
    report "echo address $IPADDR password $PASSWORD; env; while [ -e $FUEGO_RW/hold ]; do sleep 0.05; done; echo awake"
}
test_processing() {
    log_compare "$TESTDIR" "1" "^awake" "p"
}
"""

# Passes unless the file `sick` is there, and tells that it was called.
BOARD_CHECK = """\
#!/bin/bash
test_run() {
    echo "$FUEGO_REMOTE_ATTEMPT" >>"$FUEGO_RW/checked"
    report "test ! -e $FUEGO_RW/sick && echo alive"
}
test_processing() {
    log_compare "$TESTDIR" "1" "^alive" "p"
}
"""


@dataclass(frozen=True, kw_only=True)
class LabJenkins:
    """A lab's Jenkins that a test hands in: as fuego.conf names it, and the process, where it is ours to stop."""

    url: str
    user: str
    token: str
    part: Any = None
    settings: Mapping[str, str] = field(default_factory=dict)


class _Mailbox:
    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 kept"


@contextlib.contextmanager
def running_network(
    root: Path,
    *,
    boards: Sequence[str] = (BOARD,),
    jenkins: LabJenkins | None = None,
    nodes_made: Callable[[Network], None] = lambda _: None,
) -> Iterator[Network]:
    """Set up as an operator, a lab admin and anna would, and everything up; the first of the boards is `board`.

    Without `jenkins` the lab has the embedded controller. `nodes_made` is called when the lab has its jobs and nodes.
    """
    mailbox = _Mailbox()
    mail_port = free_port()
    mail = MailServer(mailbox, hostname="127.0.0.1", port=mail_port, ready_timeout=60)
    mail.start()
    network = _lay_out(root, mail_port, mailbox.messages, boards, jenkins)
    try:
        for part in (network.hub, network.vision, network.jenkins):
            if part is not None:
                part.start()
        network.well("lab", "jobs")
        nodes_made(network)
        network.well("put-board", "-b", ",".join(boards))
        network.bridge.start()
        yield network
    finally:
        network.release()
        ours = (network.jenkins,) if jenkins is None else ()
        for part in (network.bridge, *ours, network.vision, network.hub):
            if part.runs:
                part.end()
        mail.stop()


def _lay_out(
    root: Path, mail_port: int, mails: list[Any], boards: Sequence[str], foreign: LabJenkins | None
) -> Network:
    lab = root / "demolab"
    for folder in ("ro/boards", "ro/conf", "rw/logs", "rw/tests", "rw/boards", "core/tests/Functional.holds"):
        (lab / folder).mkdir(parents=True)
    for board in boards:
        (lab / "ro" / "boards" / f"{board}.board").write_text(BOARD_FILE)
    test = lab / "core" / "tests" / "Functional.holds"
    (test / "fuego_test.sh").write_text(FUEGO_TEST)
    (test / "spec.json").write_text('{"testName": "Functional.holds", "specs": {"default": {}}}')
    (test / "test.yaml").write_text("fuego_package_version: 1\nname: Functional.holds\n")
    (lab / "ro" / "conf" / "lab-policy.yaml").write_text(
        "rules:\n  - {teams: [annaslab], source: [installed, package], do: run}\n"
    )
    (root / "annaslab").mkdir()
    ports = {name: free_port() for name in ("hub", "vision", "jenkins")}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    urls["jenkins"] = foreign.url if foreign else f"{urls['jenkins']}/fuego"
    tokens = _init(root)
    links = f"hub_url={urls['hub']}\nvision_url={urls['vision']}\n"
    lab_conf, anna_conf = lab / "ro" / "conf" / "fuego.conf", root / "annaslab" / "fuego.conf"
    lab_conf.write_text(
        f"host_name=demolab\nfuego_ro_dir=..\nfuego_rw_dir=../../rw\nfuego_core_dir=../../core\nstate_dir=../../state\n"
        f"{links}hub_token_file={root}/tokens/demolab\nvision_token_file={root}/tokens/vision\n"
        f"jenkins_url={urls['jenkins']}\n{_jenkins_settings(root, foreign)}"
    )
    anna_conf.write_text(f"host_name=annaslab\nuser=anna\n{links}hub_token_file={root}/tokens/anna\n")

    def part(name: str, conf: Path, *command: str) -> Part:
        return Part(name=name, command=list(command), conf=conf, log=root / "logs" / f"{name}.log")

    def service(name: str, *more: str) -> Part:
        return part(name, anna_conf, name, "serve", "--data", str(root / name), "--port", str(ports[name]), *more)

    (root / "logs").mkdir()
    hub_mail = f"smtp://127.0.0.1:{mail_port}?from=hub@fuego.example"
    jenkins = foreign.part if foreign else None
    if foreign is None:
        jenkins = part(
            "jenkins", lab_conf, "lab", "jenkins", "--data", str(root / "jenkins"), "--port", str(ports["jenkins"])
        )
        # An admin's shell may have the lab's tokens: they must end here.
        jenkins.environment |= {"FUEGO_HUB_TOKEN": tokens["demolab"], "FUEGO_VISION_TOKEN": tokens["vision"]}
    return Network(
        root=root,
        hub=service("hub", "--mail", hub_mail, "--public"),
        vision=service("vision", "--public"),
        jenkins=jenkins,
        bridge=part("bridge", lab_conf, "lab", "serve"),
        mails=mails,
        tokens=tokens,
        urls=urls,
        login=(foreign.user, foreign.token) if foreign else ("", ""),
        board=boards[0],
    )


def _jenkins_settings(root: Path, foreign: LabJenkins | None) -> str:
    if foreign is None:
        return ""
    file = root / "tokens" / "jenkins"
    file.touch(mode=0o600)
    file.write_text(foreign.token)
    settings = {"jenkins_user": foreign.user, "jenkins_token_file": str(file), **foreign.settings}
    return "".join(f"{key}={value}\n" for key, value in settings.items())


def _init(root: Path) -> dict[str, str]:
    """The services' data folders, with people and tokens; the tokens."""
    from fuego_jenkins_remote.hub import admin as hub
    from fuego_jenkins_remote.vision import admin as vision

    hub.init_data(root / "hub")
    vision.init_data(root / "vision")
    opened = hub.open_data(root / "hub")
    tokens = {
        "demolab": hub.add_lab(opened, "demolab", notify=("boards@demolab.example",)),
        "anna": hub.add_user(opened, "anna", teams=("annaslab",), email="anna@annaslab.example", notify=()),
        "vision": vision.add_token(vision.open_data(root / "vision"), "demolab", kind="submit"),
    }
    (root / "tokens").mkdir(mode=0o700)
    for name, token in tokens.items():
        (root / "tokens" / name).touch(mode=0o600)
        (root / "tokens" / name).write_text(token)
    return tokens
