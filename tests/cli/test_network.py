"""The verbs against a hub and a vision that run: what a requester and a lab's people do all day."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from squad_servers import TOKEN, FakeSquad

from .conftest import FTC

pytestmark = pytest.mark.slow


@pytest.fixture
def shared(ftc, as_lab) -> None:
    """All boards of the lab are in the network, and nothing waits for them."""
    as_lab()
    assert ftc("put-board", "-b", "local1,local2,other").status == 0
    for request in ftc("list-requests", "-q", "--state", "pending").out.split():
        ftc("reject-request", request, "--reason", "left by another test")


def test_boards_are_shared_found_changed_and_withdrawn(ftc, as_lab, as_user) -> None:
    as_lab()
    assert (
        ftc("put-board", "-q", "-b", "local1", "--label", "größe", "--description", "im Büro").out == "demolab:local1\n"
    )
    as_user("tim")
    assert ftc("list-boards", "-r", "-q", "label=größe").out == "demolab:local1\n"
    (board,) = ftc("list-boards", "-r", "--json", "label=größe").json()
    assert board["facts"] == {"arch": "x86_64", "toolchain": "debian-x86_64", "transport": "local"}
    as_lab()
    assert ftc("update-board", "-b", "local1", "--offline").status == 0
    assert "offline" in ftc("list-boards", "-r").out
    assert ftc("rm-board", "-b", "local1").status == 0
    assert "local1" not in ftc("list-boards", "-r", "-q").out


def test_no_secret_of_a_board_file_reaches_the_network(ftc, shared, as_user) -> None:
    as_user("tim")
    assert "s3cret" not in ftc("list-boards", "-r", "--json").out


def test_update_of_a_board_that_is_not_shared_says_how_to_share_it(ftc, as_lab) -> None:
    as_lab()
    ftc("rm-board", "-b", "other")
    result = ftc("update-board", "-b", "other")
    assert (result.status, "ftc put-board -b other" in result.err) == (2, True)


def test_a_request_is_put_listed_shown_and_called_off(ftc, shared, as_user) -> None:
    as_user()
    words = ("put-request", "-q", "-b", "demolab:local1", "-t", "Functional.hello", "--notes", "für Ann")
    request = ftc(*words).out.strip()
    assert request in ftc("list-requests", "--state", "pending", "-q").out.split()
    shown = ftc("query-request", request)
    assert "notes       für Ann" in shown.out
    assert ftc("query-request", "-q", request).out == "pending\n"
    assert ftc("rm-request", request).out == f"request {request} is cancelled\n"
    assert ftc("query-request", "--follow", request).status == 1


def test_of_several_requests_those_that_can_be_are_called_off(ftc, shared, as_user) -> None:
    as_user()
    words = ("put-request", "-q", "-b", "demolab:local1", "-t", "Functional.hello")
    other = ftc(*words).out.strip()
    result = ftc("rm-request", "20261123-101500123-k3j7x2m4", other)
    assert (result.status, result.out) == (1, f"request {other} is cancelled\n")
    assert "20261123-101500123-k3j7x2m4" in result.err


def test_the_doctor_sees_that_a_token_of_vision_only_reads(
    ftc, shared, as_lab, network, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_lab()
    monkeypatch.setenv("FUEGO_VISION_TOKEN_FILE", str(network.tokens / "ann.vision"))
    checks = {one["what"]: one for one in ftc("lab", "doctor", "--json").json()}
    assert (checks["vision"]["ok"], "may only read" in checks["vision"]["text"]) == (False, True)


def test_the_doctor_sees_a_shared_board_that_has_no_file_any_more(ftc, shared, as_lab, network) -> None:
    as_lab()
    file = network.lab.conf.parent.parent / "boards" / "local1.board"
    kept = file.read_bytes()
    file.unlink()
    try:
        checks = {one["what"]: one for one in ftc("lab", "doctor", "--json").json()}
    finally:
        file.write_bytes(kept)
    assert not checks["boards shared"]["ok"]
    assert "ftc rm-board -b local1" in checks["boards shared"]["text"]


def test_each_makes_a_campaign(ftc, shared, as_user) -> None:
    as_user()
    made = ftc("put-request", "--json", "arch=x86_64", "-t", "Functional.hello", "--each").json()
    assert {one["selector"] for one in made["requests"]} == {
        f"demolab:{name}" for name in ("local1", "local2", "other")
    }
    listed = ftc("list-requests", "-q", "--campaign", made["campaign"]).out.split()
    assert sorted(listed) == sorted(one["id"] for one in made["requests"])


def test_pages_of_requests_are_put_together(ftc, shared, as_user, monkeypatch: pytest.MonkeyPatch) -> None:
    from fuego_jenkins_remote.cli import requests as module

    as_user()
    for _ in range(3):
        ftc("put-request", "-b", "demolab:local1", "-t", "Functional.hello")
    monkeypatch.setattr(module, "PAGE", 1)
    found = ftc("list-requests", "-q", "--limit", "3").out.split()
    assert len(set(found)) == 3


def test_nothing_that_matches_is_a_refusal_with_the_reason(ftc, shared, as_user) -> None:
    as_user()
    result = ftc("put-request", "arch=arm64", "-t", "Functional.hello")
    assert (result.status, result.out) == (1, "")
    assert "demolab:local1" in result.err
    assert "arch is x86_64, not arm64" in result.err


def test_a_wrong_token_is_refused(ftc, shared, as_user, monkeypatch: pytest.MonkeyPatch) -> None:
    as_user()
    monkeypatch.setenv("FUEGO_HUB_TOKEN", "wrong")
    result = ftc("list-requests")
    assert (result.status, result.out, result.err.count("\n")) == (1, "", 1)
    assert "oken" in result.err


def test_get_request_shows_what_waits_and_claims_nothing(ftc, shared, as_lab, as_user) -> None:
    as_lab()
    assert ftc("get-request").status == 1
    as_user()
    request = ftc("put-request", "-q", "-b", "demolab:local2", "-t", "Functional.hello").out.strip()
    as_lab()
    assert ftc("get-request", "-q", "--wait").out == f"{request}\n"
    assert ftc("get-request", "-q").out == f"{request}\n"
    assert ftc("get-request", "-q", "-b", "local1").status == 1
    assert ftc("query-request", "-q", request).out == "pending\n"


def test_a_request_is_run_by_hand_delivered_and_fetched(ftc, shared, as_lab, as_user, tmp_path: Path) -> None:
    as_user()
    request = ftc("put-request", "-q", "-b", "demolab:local1", "-t", "Functional.hello").out.strip()
    too_early = ftc("get-run", request)
    assert (too_early.status, "it has no run yet" in too_early.err) == (1, True)

    as_lab()
    ran = ftc("run-request", request)
    assert ran.status == 0, ran.err
    assert ftc("outbox", "-q").out == f"{request}.1 vision\n"
    key = f"demolab/{request}.1"
    assert ftc("put-run", "-q", request).out == f"{key}\n"
    assert ftc("outbox", "-q").out == ""
    assert ftc("put-run", "-q", request).out == f"{key}\n"

    as_user()
    assert ftc("query-request", "--follow", request).status == 0
    assert key in ftc("list-runs", "-r", "-q", "-b", "demolab:local1", "--status", "PASS").out.split()
    file = tmp_path / "x.frp"
    assert ftc("get-run", "-q", request, "-o", file).out == f"{file}\n"
    assert file.stat().st_size > 0
    assert ftc("get-run", key, "--unpack", tmp_path / "run").status == 0
    assert json.loads((tmp_path / "run" / "run" / "run.json").read_text())["status"] == "PASS"
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


@pytest.fixture
def as_lab_with_squad(as_lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """The lab with another target, before vision, at which nothing answers."""
    confs = []

    def come() -> None:
        as_lab()
        own = Path(os.environ["FUEGO_CONF"])
        conf = own.with_name("with-squad.conf")
        squad = "targets=squad,vision\nsquad_url=http://127.0.0.1:9\nsquad_group=g\nsquad_project=p\n"
        conf.write_text(own.read_text() + squad)
        confs.append(conf)
        monkeypatch.setenv("FUEGO_CONF", str(conf))
        monkeypatch.setenv("FUEGO_SQUAD_TOKEN", "token")

    yield come
    for conf in confs:
        conf.unlink()


def test_a_private_requests_run_goes_to_vision_alone_for_its_requester_and_lab(
    ftc, shared, as_lab_with_squad, as_user, tmp_path: Path
) -> None:
    as_user()
    request = ftc("put-request", "-q", "-b", "demolab:local1", "-t", "Functional.hello", "--private").out.strip()
    as_lab_with_squad()
    ran = ftc("run-request", request)
    assert ran.status == 0, ran.err
    key = f"demolab/{request}.1"
    assert ftc("put-run", "-q", request).out == f"{key}\n"
    held = {one["attempt"]: one for one in json.loads(ftc("outbox", "--not-sent", "--json").out)}[f"{request}.1"]
    assert (held["target"], "private_targets" in held["trouble"]) == ("squad", True)
    assert "private_targets" in ftc("outbox", "--not-sent").out
    assert key in ftc("list-runs", "-r", "-q", "--from", "vision").out.split()
    for name, sees in (("ann", True), ("tim", False)):
        as_user(name)
        assert (key in ftc("list-runs", "-r", "-q").out.split()) is sees
        fetched = ftc("get-run", "-q", key, "-o", tmp_path / f"{name}.frp")
        assert (fetched.status, "it is private" in fetched.err) == ((0, False) if sees else (1, True))


def test_a_run_that_is_not_delivered_yet_is_told_as_that(ftc, shared, as_lab, as_user) -> None:
    as_user()
    request = ftc("put-request", "-q", "-b", "demolab:local2", "-t", "Functional.hello").out.strip()
    as_lab()
    assert ftc("run-request", request).status == 0
    result = ftc("get-run", request)
    assert (result.status, "may not have delivered it yet" in result.err) == (1, True)
    assert ftc("put-run", request).status == 0


def test_wait_limit_leaves_the_request_where_it_is(ftc, shared, as_user) -> None:
    as_user()
    result = ftc("put-request", "-q", "-b", "demolab:local2", "-t", "Functional.hello", "--wait-limit", "1s")
    assert result.status == 1
    assert ftc("query-request", "-q", result.out.strip()).out == "pending\n"


def test_ctrl_c_ends_the_waiting_and_not_the_request(ftc, shared, as_user) -> None:
    as_user()
    words = ["put-request", "-b", "demolab:local2", "-t", "Functional.hello", "--wait"]
    with subprocess.Popen([*FTC, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as waiting:
        try:
            assert waiting.stdout is not None
            request = waiting.stdout.readline().split()[1].rstrip(":")
            assert waiting.stderr is not None
            assert waiting.stderr.readline() == "time limit 30m (default)\n"
            assert waiting.stderr.readline() == f"{request}: pending\n"
            waiting.send_signal(signal.SIGINT)
            _, rest = waiting.communicate(timeout=90)
        except BaseException:
            waiting.kill()
            raise
    assert waiting.returncode == 130
    assert rest.splitlines() == [
        f"not waiting any more; it goes on: ftc query-request {request} --follow",
        f"to call it off: ftc rm-request {request}",
    ]
    assert ftc("query-request", "-q", request).out == "pending\n"


def test_another_teams_request_waits_for_the_labs_people(ftc, shared, as_lab, as_user) -> None:
    as_user("tim")
    request = ftc("put-request", "-q", "-b", "demolab:local1", "-t", "Functional.hello").out.strip()
    as_lab()
    asked = ftc("run-request", request)
    assert (asked.status, "people decide" in asked.err) == (1, True)
    as_user("tim")
    assert ftc("approve-request", request).status == 1
    as_user("boss")
    approved = ftc("approve-request", request)
    assert approved.out == f"approved for demolab: request {request} is pending\n"
    as_lab()
    assert ftc("run-request", request).status == 0


def test_a_refusal_reaches_the_requester_with_its_reason(ftc, shared, as_lab, as_user) -> None:
    as_user("tim")
    request = ftc("put-request", "-q", "-b", "demolab:local2", "-t", "Functional.hello").out.strip()
    as_lab()
    assert ftc("reject-request", request, "--reason", "Umzug").status == 0
    as_user("tim")
    assert "Umzug" in ftc("query-request", request).out


def test_a_test_package_goes_to_the_hub_and_comes_back(ftc, network, shared, as_user, tmp_path: Path) -> None:
    as_user()
    sha256 = ftc("put-test", "-q", network.lab.test_folder).out.strip()
    assert ftc("get-test", "-q", sha256, "-o", tmp_path / "x.ftp").out == f"{tmp_path / 'x.ftp'}\n"
    words = ("put-request", "-b", "demolab:local1", "-t", "Functional.hello", "--package", sha256)
    assert ftc(*words).status == 0


def test_a_local_run_is_packed_without_secrets_and_delivered_once(
    ftc, network, as_lab, as_user, tmp_path: Path
) -> None:
    as_lab()
    assert ftc("run-test", "-b", "local2", "-t", "hello").status == 0
    run = ftc("list-runs", "-q", "-b", "local2").out.split()[0]
    file = tmp_path / "x.frp"
    assert ftc("package-run", run, "-o", file).status == 0
    first = ftc("put-run", "-q", file).out
    assert first.startswith("demolab/")
    assert ftc("put-run", "-q", file).out == first
    as_user("tim")
    fetched = tmp_path / "fetched"
    assert ftc("get-run", first.strip(), "--unpack", fetched).status == 0
    assert not any(b"s3cret" in one.read_bytes() for one in fetched.rglob("*") if one.is_file())


def test_push_runs_without_a_token_leaves_it_to_the_bridge(ftc, network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUEGO_CONF", str(network.lab.conf))
    result = ftc("push-runs")
    assert (result.status, "the bridge delivers" in result.err) == (0, True)


def test_push_runs_leaves_the_packages_for_jenkins_to_archive(ftc, shared, as_lab, as_user, tmp_path: Path) -> None:
    as_user()
    request = ftc("put-request", "-q", "-b", "demolab:local1", "-t", "Functional.hello").out.strip()
    as_lab()
    ftc("run-request", request)
    assert ftc("push-runs", "--into", tmp_path / "workspace").status == 0
    assert f"{request}.1.frp" in [one.name for one in (tmp_path / "workspace").iterdir()]


def test_the_doctor_names_what_is_missing(ftc, shared, as_lab) -> None:
    as_lab()
    result = ftc("lab", "doctor", "--json")
    assert result.status == 1
    well = {one["what"]: one["ok"] for one in json.loads(result.out)}
    assert well == {
        "fuego.conf": True,
        "settings": True,
        "fuego": True,
        "proxy and CA": True,
        "hub": True,
        "versions": True,
        "vision": True,
        "boards": True,
        "board checks": True,
        "policy": True,
        "own team": True,
        "boards shared": True,
        "lab_dir": True,
        "state_dir": True,
        "room": True,
        "jenkins": False,
        "permissions": False,
        "jobs": False,
        "bridge": True,
        "tests' user": True,
        "docker": True,
        "tokens": True,
        "own files": True,
    }


def test_the_doctor_knows_a_users_token_from_a_labs(ftc, network, as_user, monkeypatch: pytest.MonkeyPatch) -> None:
    as_user("tim")
    monkeypatch.setenv("FUEGO_CONF", str(network.lab.conf))
    assert "knows this token as user tim" in ftc("lab", "doctor").out


def test_a_run_goes_to_the_targets_that_are_named_and_each_is_told_of(ftc, network, as_lab, tmp_path: Path) -> None:
    as_lab()
    assert ftc("run-test", "-b", "local2", "-t", "hello").status == 0
    file = tmp_path / "x.frp"
    ftc("package-run", ftc("list-runs", "-q", "-b", "local2").out.split()[0], "-o", file)
    squad = FakeSquad()
    with network.lab.conf.open("a") as conf:
        conf.write(f"\nsquad_url={squad.url}\nserver_squad_token={TOKEN}\nsquad_group=fuego\nsquad_project=boards\n")
    told = ftc("put-run", file, "--to", "vision,squad", "--json")
    assert told.status == 0, told.err
    assert [(one["target"], one["delivered"]) for one in json.loads(told.out)["targets"]] == [
        ("vision", True),
        ("squad", True),
    ]
    assert [run.metadata["job_id"] for run in squad.runs] == [json.loads(told.out)["run"].replace("/", "_")]
    squad.close()
    again = ftc("put-run", file, "--to", "squad,vision")
    assert (again.status, "squad: SQUAD at" in again.err, "vision: http" in again.out) == (1, True, True)


def test_a_target_that_is_none_is_refused_with_those_that_are(ftc, as_lab, tmp_path: Path) -> None:
    as_lab()
    ftc("run-test", "-b", "local2", "-t", "hello")
    ftc("package-run", ftc("list-runs", "-q", "-b", "local2").out.split()[0], "-o", tmp_path / "x.frp")
    refused = ftc("put-run", tmp_path / "x.frp", "--to", "squat")
    assert (refused.status, "known: vision, squad, kernelci" in refused.err) == (2, True)
