"""What the doctor says of a lab's own things; that a warning keeps nobody from his work."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fuego_jenkins_remote.cli.errors import Failed
from fuego_jenkins_remote.cli.findings import Finding, State, answer, look
from fuego_jenkins_remote.cli.lab.doctor import controller, dangers, services
from fuego_jenkins_remote.cli.lab.doctor.examining import CHECKS, examine
from fuego_jenkins_remote.cli.session import Session
from fuego_jenkins_remote.lab.jenkins.access_calls import Permissions
from fuego_jenkins_remote.lab.serving.serve import only_one
from fuego_jenkins_remote.lab.survey.machine import Account

QUIET = ("boards", "policy", "lab_dir", "state_dir", "room", "fuego")


def _found(what: str) -> Finding:
    return next(one for one in examine(Session(), only=(what,)) if one.what == what)


def test_a_warning_is_neither_well_nor_bad() -> None:
    found = look(Session(), "x", lambda _: answer("works", "", "mind the gap"))
    assert (found.state, found.text, found.data["ok"]) == (State.WARN, "mind the gap", True)


def test_what_a_check_raises_is_bad_and_what_nobody_expected_goes_through() -> None:
    def fails(_: Session) -> str:
        raise Failed("not there")

    def breaks(_: Session) -> str:
        raise ZeroDivisionError

    assert look(Session(), "x", fails).state is State.BAD
    with pytest.raises(ZeroDivisionError):
        look(Session(), "x", breaks)


def test_every_check_needs_checks_that_come_before_it() -> None:
    names = list(CHECKS)
    for what, (_, needs) in CHECKS.items():
        assert all(names.index(need) < names.index(what) for need in needs)


def test_a_fuego_conf_that_is_not_there_is_told_once(ftc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FUEGO_CONF", str(tmp_path / "none.conf"))
    found = json.loads(ftc("lab", "doctor", "--json").out)
    assert [one["what"] for one in found if one["state"] == "bad"] == ["fuego.conf"]
    assert {one["state"] for one in found[1:]} == {"skipped"}
    assert "ftc lab init makes one" in found[0]["text"]
    lines = ftc("lab", "doctor").out.splitlines()
    assert len(lines) == 3, "the head, what is bad, and the rest in one"


def test_a_lab_in_order_has_nothing_to_mind(lab) -> None:
    assert {one.what: one.state for one in examine(Session(), only=QUIET) if one.what in QUIET} == dict.fromkeys(
        QUIET, State.OK
    )


def test_boards_yaml_that_speaks_of_no_board_of_the_lab_is_told(lab) -> None:
    (lab.conf.parent / "boards.yaml").write_text("boards:\n  gone: {type: bbb}\n")
    found = _found("boards")
    assert (found.state, "gone, without a board file" in found.text) == (State.WARN, True)


def test_the_bridge_of_another_lab_is_not_taken_for_ours(lab) -> None:
    session = Session()
    session.places.state_dir.mkdir(parents=True, exist_ok=True)
    lock = session.places.state_dir / "bridge.lock"
    with only_one(lock, "demolab"):
        assert services.bridge(session) == f"works, with {session.places.state_dir}"
    with only_one(lock, "rack7"), pytest.raises(Failed, match="is the lab rack7's: give this lab another state_dir"):
        services.bridge(session)


@pytest.mark.parametrize(
    ("ago", "told"), [(None, "none works: no request"), (5, "the hub heard of one"), (600, "none works:")]
)
def test_a_bridge_elsewhere_is_told_from_none(lab, mocker, ago: int | None, told: str) -> None:
    seen = None if ago is None else (datetime.now(UTC) - timedelta(seconds=ago)).isoformat()
    session = Session()
    session.hub = mocker.Mock()
    session.hub.api.get = lambda _: {"labs": [{"host": "demolab", "bridge_seen": seen}]}
    found = look(session, "bridge", services.bridge)
    assert (found.state, told in found.text) == (State.WARN, True)


@pytest.mark.parametrize(
    ("rule", "state"),
    [
        ("source: [package]", State.WARN),
        ("source: [package]\n    teams: ['*']", State.WARN),
        ("source: [package]\n    teams: [kernel]", State.OK),
        ("source: [git]\n    git: ['https://git.example.org/tests/']", State.OK),
        ("tests: ['*']", State.OK),
    ],
)
def test_a_rule_that_runs_code_from_outside_for_everybody_is_dangerous(lab, rule: str, state: State) -> None:
    (lab.conf.parent / "lab-policy.yaml").write_text(f"rules:\n  - do: run\n    {rule}\n")
    assert _found("policy").state is state


def test_tokens_and_rules_within_the_tests_reach_are_dangerous(lab, monkeypatch: pytest.MonkeyPatch) -> None:
    token = lab.root / "token"
    token.write_text("secret")
    lab.add_settings(hub_token_file=token)
    tests_user = Account(uid=54321, name="jenkins", groups=frozenset())
    monkeypatch.setattr(dangers, "who_ran_jobs", lambda _: tests_user)
    token.chmod(0o600)
    lab.conf.chmod(0o644)
    lab.conf.parent.chmod(0o755)
    assert [_found(what).state for what in ("tokens", "own files")] == [State.OK, State.OK]
    token.chmod(0o644)
    lab.conf.chmod(0o666)
    assert [_found(what).state for what in ("tokens", "own files")] == [State.WARN, State.WARN]


def test_a_socket_of_a_container_engine_is_told(lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dangers, "sockets_present", lambda: [tmp_path])
    assert str(tmp_path) in _found("docker").text


@pytest.mark.parametrize(
    ("missing", "job", "state"),
    [
        ((), True, State.OK),
        (("Job/Build",), True, State.BAD),
        (("Overall/Read",), True, State.BAD),
        (("Job/Create",), True, State.WARN),  # the jobs are there: somebody else has made them
        (("Job/Create",), False, State.BAD),
    ],
)
def test_a_missing_permission_is_named_with_what_it_is_for(
    lab, monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...], job: bool, state: State
) -> None:
    class FakeJenkins:
        def list_jobs(self, prefix: str) -> list[str]:
            return [f"{prefix}-local1"] if job else []

        def permissions(self, job: str) -> Permissions:
            held = tuple(name for name in controller.NEEDED if name not in missing)
            return Permissions(held=held, missing=missing, unknown=())

    monkeypatch.setattr(controller, "lab_controller", lambda _: FakeJenkins())
    found = look(Session(), "permissions", controller.permissions)
    assert found.state is state
    assert all(f"{name} ({controller.NEEDED[name]})" in found.text for name in missing)


@pytest.mark.parametrize(
    ("team", "rules", "state"),
    [
        ("demolab", "", State.OK),
        ("kernel", "", State.WARN),
        ("kernel", "default: run", State.OK),
        ("kernel", "rules: [{teams: ['ker*'], do: run}]", State.OK),
        ("demolab", "rules: [{teams: [other], do: run}]", State.WARN),
    ],
)
def test_a_lab_whose_rules_do_not_know_its_own_team_is_told(lab, mocker, team: str, rules: str, state: State) -> None:
    (lab.conf.parent / "lab-policy.yaml").write_text(rules)
    session = Session()
    session.hub = mocker.Mock(whoami=lambda: {"kind": "lab", "name": "demolab", "teams": [{"team": team}]})
    found = look(session, "own team", services.own_team)
    assert (found.state, team in found.text) == (state, True)


@pytest.mark.parametrize(
    ("at_hub", "of_bridge", "told"),
    [
        ("0.3.1", "0.3.1", ""),
        ("0.3.0", "", ""),
        ("0.2.0", "0.3.1", ""),
        ("0.4.0", "0.3.1", "this ftc (0.3.1) is older than the hub (0.4.0): update it"),
        ("0.3.1", "0.3.0", "the bridge is 0.3.0, as the hub last heard, and this ftc 0.3.1: start the bridge again"),
    ],
)
def test_a_lab_that_lags_behind_the_hub_or_its_own_update_is_told(
    lab, mocker, at_hub: str, of_bridge: str, told: str
) -> None:
    mocker.patch.object(services, "__version__", "0.3.1")
    said = {"/": {"version": at_hub}, "/labs": {"labs": [{"host": "demolab", "version": of_bridge}]}}
    session = Session()
    session.hub = mocker.Mock()
    session.hub.api.get = said.__getitem__
    found = look(session, "versions", services.versions)
    assert (found.state, told in found.text) == (State.WARN if told else State.OK, True)
