"""`ftc lab init`: scripted and at a terminal, again and again, and with all that can be wrong."""

from __future__ import annotations

import io
import json
import os
import pty
import select
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from fuego_jenkins_remote.cli.lab.init.answers import Gathering
from fuego_jenkins_remote.cli.lab.init.asking import Asker
from fuego_jenkins_remote.cli.lab.init.fuegos_folders import find_folders
from fuego_jenkins_remote.cli.settings import load_settings
from fuego_jenkins_remote.client.errors import NotAllowed, Unreachable
from fuego_jenkins_remote.client.transport import NOT_TRUSTED
from fuego_jenkins_remote.fuego.conf import read_conf

from ..conftest import FTC, make_lab


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a Fuego in it whose fuego.conf says nothing of the network; we stand there."""
    lab = make_lab(tmp_path / "place")
    lab.conf.write_text("# Fuego's own\nuser=tim\n")
    hello = lab.root / "fuego-core" / "tests" / "Functional.hello"
    hello.rename(hello.with_name("Functional.hello_world"))
    monkeypatch.chdir(lab.root)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    # init names the file that it wrote for the rest of the call; nothing of that stays.
    monkeypatch.setenv("FUEGO_CONF", "")
    return lab.root


# -- quick: nothing answers


def test_fuego_is_found_from_where_one_stands(place: Path) -> None:
    found = find_folders(load_settings({}), place)
    assert found == {key: place / key.removesuffix("_dir").replace("_", "-") for key in found}
    assert len(found) == 3


def test_fuego_is_found_beside_its_fuego_conf(place: Path) -> None:
    settings = load_settings({"FUEGO_CONF": str(place / "fuego-ro" / "conf" / "fuego.conf")})
    assert len(find_folders(settings, Path("/"))) == 3


def test_without_a_terminal_nothing_is_asked(ftc, place: Path) -> None:
    result = ftc("lab", "init")
    assert (result.status, result.err) == (1, "ftc: The hub's address is not known: give --hub-url URL\n")


def test_a_fuego_that_is_not_there_is_asked_for_by_its_options(ftc, place: Path, monkeypatch) -> None:
    (place / "elsewhere").mkdir()
    monkeypatch.chdir(place / "elsewhere")
    (place / "fuego-core").rename(place / "core")
    result = ftc("lab", "init")
    assert (result.status, "--fuego-core-dir DIR" in result.err) == (1, True)


def test_a_hub_that_does_not_answer_changes_nothing(ftc, place: Path) -> None:
    before = (place / "fuego-ro" / "conf" / "fuego.conf").read_text()
    token = place / "token"
    token.write_text("secret")
    token.chmod(0o600)
    result = ftc("lab", "init", "--hub-url", "http://127.0.0.1:1", "--hub-token-file", token)
    assert (result.status, "nothing listens there" in result.err) == (1, True)
    assert (place / "fuego-ro" / "conf" / "fuego.conf").read_text() == before


def test_a_token_file_that_others_can_read_is_refused_with_what_to_do(ftc, place: Path) -> None:
    token = place / "token"
    token.write_text("secret")
    token.chmod(0o644)
    result = ftc("lab", "init", "--hub-url", "http://127.0.0.1:1", "--hub-token-file", token)
    assert f"chmod 600 {token}" in result.err


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        (["nonsense", "https://hub.example.org", "good"], ["hub's address", "hub's address", "token for the hub"]),
        (["https://away.example.org", "good", ""], ["hub's address", "token for the hub", "hub's address"]),
        (
            ["https://strange.example.org", "good", "none.pem", "", "https://hub.example.org"],
            ["hub's address", "token for the hub", "of its CA", "of its CA", "hub's address"],
        ),
        (
            ["https://hub.example.org", "bad", "", "good"],
            ["hub's address", "token for the hub", "hub's address", "token for the hub"],
        ),
    ],
)
def test_only_what_was_wrong_is_asked_again(mocker, answers: list[str], asked: list[str]) -> None:
    tries: list[str] = []

    def whoami(url: str, token: str, **_: object) -> object:
        tries.append(url)
        if len(tries) == 1 and "away" in url:
            raise Unreachable("nothing listens there")
        if "strange" in url:
            raise Unreachable(NOT_TRUSTED)
        if token != "good":
            raise NotAllowed("not known here", status=401)
        return mocker.Mock(whoami=lambda: {"kind": "lab", "name": "demolab"})

    questions: list[str] = []

    def prompt(question: str, default: str | None = None, **_: object) -> str:
        questions.append(question)
        return answers.pop(0) or default or ""

    mocker.patch("click.prompt", prompt)
    mocker.patch("fuego_jenkins_remote.cli.lab.init.answers.HubClient", whoami)
    gathering = Gathering(load_settings({}), {}, Asker(asks=True))
    mocker.patch.object(gathering, "_vision", side_effect=KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        gathering.gather()
    assert [one for question in questions for one in dict.fromkeys(asked) if one in question] == asked
    assert gathering.answers.values["host_name"] == "demolab"


# -- slow: hub, vision and a controller


@pytest.fixture
def jenkins(tmp_path: Path) -> Iterator[str]:
    """The address of an embedded controller that runs."""
    command = [*FTC, "lab", "jenkins", "--data", str(tmp_path / "jenkins"), "--port", "0", "--json"]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("FUEGO_", "JENKINS_"))}
    with (tmp_path / "jenkins.log").open("wb") as log:
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=log)
    assert process.stdout is not None
    with process.stdout:
        yield json.loads(process.stdout.readline())["url"]
        process.terminate()
        process.wait(90)


@pytest.fixture
def options(network, jenkins: str, place: Path) -> dict[str, str]:
    """What a script gives."""
    return {
        "--hub-url": network.hub,
        "--hub-token-file": str(network.tokens / "lab.hub"),
        "--vision-url": network.vision,
        "--vision-token-file": str(network.tokens / "lab.vision"),
        "--jenkins-url": jenkins,
        "--jenkins-user": "",
    }


@pytest.fixture
def init(ftc, options: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, dict[str, str]]]:
    """Call it with these options and more; its findings by their names, `exit` the status, `err` the last line."""

    def call(*more: str, **changed: str) -> dict[str, dict[str, str]]:
        monkeypatch.setenv("FUEGO_CONF", "")
        given = {**options, **changed}
        result = ftc("lab", "init", "--json", *(word for pair in given.items() for word in pair), *more)
        found = {"exit": {"text": str(result.status)}, "err": {"text": result.err}}
        if result.out:
            found |= {one["what"]: one for one in json.loads(result.out)["findings"]}
        return found

    return call


@pytest.mark.slow
def test_a_lab_is_set_up_tried_and_left_alone_the_second_time(init, place: Path, network) -> None:
    people = ("--people-token-file", str(network.tokens / "ann.hub"))
    first = init("--share", "local1", "--try-board", "local1", *people)
    assert first["exit"]["text"] == "0", first["err"]["text"]
    assert {first[what]["state"] for what in ("settings", "jobs")} == {"done"}
    assert first["trial build"]["state"] == "ok"
    assert "PASS, the whole way" in first["test request"]["text"]
    conf = place / "fuego-ro" / "conf" / "fuego.conf"
    assert conf.read_text().startswith("# Fuego's own\nuser=tim\n")
    assert read_conf(conf)["host_name"] == "demolab"

    before = conf.stat().st_mtime_ns
    second = init("--try-board", "none")
    assert {second[what]["state"] for what in ("tokens", "settings", "jobs", "boards shared")} == {"ok"}
    assert conf.stat().st_mtime_ns == before
    assert len(list(conf.parent.iterdir())) == 2  # the file, and the one of before


@pytest.mark.slow
def test_a_ca_that_only_this_shell_knows_is_kept_for_the_bridge(
    init, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUEGO_CA_FILE", requests.certs.where())
    assert init("--try-board", "none")["settings"]["state"] == "done"
    assert read_conf(place / "fuego-ro" / "conf" / "fuego.conf")["ca_file"] == requests.certs.where()


@pytest.mark.slow
def test_only_what_differs_is_changed(init, place: Path, network) -> None:
    init("--try-board", "none")
    done = init("--try-board", "none", **{"--hub-url": network.hub.replace("127.0.0.1", "localhost")})
    assert done["settings"]["state"] == "done"
    assert done["settings"]["text"].count("=") == 1


@pytest.mark.slow
def test_a_token_on_standard_input_comes_into_a_file_for_its_owner_alone(
    init, place: Path, network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO((network.tokens / "lab.hub").read_text()))
    done = init("--try-board", "none", "--state-dir", str(place / "state"), **{"--hub-token-file": "-"})
    assert done["tokens"]["state"] == "done", done["err"]["text"]
    file = place / "state" / "tokens" / "hub"
    assert file.read_text() == (network.tokens / "lab.hub").read_text().strip() + "\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_conf(place / "fuego-ro" / "conf" / "fuego.conf")["hub_token_file"] == str(file)


@pytest.mark.slow
def test_a_file_of_the_labs_own_leaves_fuegos_alone(init, place: Path) -> None:
    init("--try-board", "none", "--conf", str(place / "own.conf"))
    assert (place / "fuego-ro" / "conf" / "fuego.conf").read_text() == "# Fuego's own\nuser=tim\n"
    own = read_conf(place / "own.conf")
    assert (own["host_name"], own["fuego_rw_dir"]) == ("demolab", str(place / "fuego-rw"))


@pytest.mark.slow
def test_a_persons_token_is_told_from_a_labs(init, network) -> None:
    done = init(**{"--hub-token-file": str(network.tokens / "ann.hub")})
    assert "knows this token as user ann" in done["err"]["text"]


@pytest.mark.slow
def test_another_labs_name_is_not_taken_over(init) -> None:
    done = init("--host-name", "timslab")
    assert "knows this token as lab demolab's, but host_name is timslab" in done["err"]["text"]


@pytest.mark.slow
def test_a_board_that_cannot_be_called_so_keeps_no_other_away(init, place: Path) -> None:
    (place / "fuego-ro" / "boards" / "bürd.board").write_text('ARCHITECTURE="arm"\n')
    done = init("--try-board", "none")
    assert (done["boards"]["state"], "bürd" in done["boards"]["text"]) == ("warn", True)
    assert done["jobs"]["state"] == "done"


@pytest.mark.slow
def test_without_a_persons_token_the_boards_own_check_is_made(init, place: Path) -> None:
    boards = place / "fuego-ro" / "conf" / "boards.yaml"
    boards.write_text("boards:\n  local1:\n    check: {test: Functional.hello_world}\n")
    done = init("--share", "local1", "--try-board", "local1")
    assert (done["exit"]["text"], done["board check"]["state"]) == ("0", "ok"), done
    assert "local1 is well" in done["board check"]["text"]


# -- at a terminal


class Terminal:
    """A call of ftc at a terminal of its own."""

    def __init__(self, *words: str) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [*FTC, *words], stdin=slave, stdout=slave, stderr=slave, start_new_session=True, close_fds=True
        )
        os.close(slave)
        self.seen = ""

    def expect(self, text: str) -> None:
        """Read until `text` has come."""
        end = time.monotonic() + 90
        while text not in self.seen:
            readable, _, _ = select.select([self.master], [], [], max(0.0, end - time.monotonic()))
            assert readable, f"{text!r} did not come: {self.seen}"
            try:
                self.seen += os.read(self.master, 4096).decode()
            except OSError:  # the other end is closed
                assert text in self.seen, self.seen

    def answer(self, question: str, text: str) -> None:
        self.expect(question)
        self.seen = self.seen.partition(question)[2]
        os.write(self.master, f"{text}\n".encode())

    def close(self) -> int:
        return self.process.wait(90)


@pytest.fixture
def at_terminal() -> Iterator[Callable[..., Terminal]]:
    """Call ftc at a terminal."""
    opened: list[Terminal] = []

    def call(*words: str) -> Terminal:
        opened.append(Terminal(*words))
        return opened[-1]

    yield call
    for terminal in opened:
        terminal.process.kill()
        terminal.process.wait()
        os.close(terminal.master)


@pytest.mark.slow
def test_a_person_is_asked_and_a_wrong_token_may_be_given_again(
    network, jenkins: str, place: Path, at_terminal
) -> None:
    terminal = at_terminal("lab", "init")
    terminal.answer("The hub's address", network.hub)
    terminal.answer("token for the hub", "wrong-token")
    terminal.expect("not known here")
    terminal.answer("The hub's address", "")
    terminal.answer("token for the hub", (network.tokens / "lab.hub").read_text().strip())
    terminal.answer("address of the results service", network.vision)
    terminal.answer("token for vision", str(network.tokens / "lab.vision"))
    terminal.answer("address of the lab's Jenkins", jenkins)
    terminal.answer("user in Jenkins", "")
    if not {"local1", "local2", "other"} <= _shared(network):  # else there is nothing to ask
        terminal.answer("Boards to share", "local1")
    terminal.answer("A board to try", "none")
    terminal.expect("ftc lab serve")
    assert terminal.close() == 0
    assert "secret" not in terminal.seen


def _shared(network) -> set[str]:
    env = {**os.environ, "FUEGO_HUB_URL": network.hub, "FUEGO_HUB_TOKEN_FILE": str(network.tokens / "lab.hub")}
    said = subprocess.run([*FTC, "list-boards", "-r", "-q"], env=env, capture_output=True, text=True, check=True)
    return {line.partition(":")[2] for line in said.stdout.split()}


@pytest.mark.slow
def test_ctrl_c_leaves_everything_as_it_was_and_says_how_to_go_on(network, place: Path, at_terminal) -> None:
    terminal = at_terminal("lab", "init")
    terminal.answer("The hub's address", network.hub)
    terminal.expect("token for the hub")
    os.write(terminal.master, b"\x03")
    terminal.process.send_signal(2)
    terminal.expect("call ftc lab init again")
    assert terminal.close() == 130
    assert (place / "fuego-ro" / "conf" / "fuego.conf").read_text() == "# Fuego's own\nuser=tim\n"
