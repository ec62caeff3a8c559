"""People by commands, against a real hub: from an invitation to a token, whatever breaks off on the way."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

import hub_folders
from fuego_jenkins_remote import __version__
from fuego_jenkins_remote.client import people
from fuego_jenkins_remote.client.errors import Unreachable
from fuego_jenkins_remote.client.hub import HubClient
from fuego_jenkins_remote.fuego.conf import read_conf
from fuego_jenkins_remote.hub import admin
from fuego_jenkins_remote.hub.people import values
from hub_apps import make_app

from .conftest import Ftc


@dataclass
class Net:
    """A hub that answers, its admin's token in the environment, and a person's empty folder."""

    url: str
    data: Path
    home: Path

    @property
    def conf(self) -> Path:
        return self.home / "fuego.conf"

    @property
    def token(self) -> Path:
        return self.home / "hub.token"


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Net]:
    hub_folders.init(tmp_path / "hub")
    engine = admin.open_data(tmp_path / "hub")
    root = admin.add_user(engine, "root", teams=["timslab:admin"], network_admin=True)
    server = uvicorn.Server(uvicorn.Config(make_app(engine, tmp_path / "hub"), port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("FUEGO_HUB_TOKEN", root)
    monkeypatch.setenv("FUEGO_HUB_URL", f"http://127.0.0.1:{port}")
    yield Net(f"http://127.0.0.1:{port}", tmp_path / "hub", home)
    server.should_exit = True
    thread.join()
    engine.dispose()


@pytest.fixture
def as_newcomer(net: Net, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """From here on: somebody without a token, whose fuego.conf is empty."""
    net.conf.write_text("# mine\n")
    return monkeypatch


def leave(monkeypatch: pytest.MonkeyPatch, net: Net) -> None:
    for name in ("FUEGO_HUB_TOKEN", "FUEGO_HUB_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("FUEGO_CONF", str(net.conf))


def test_a_link_becomes_a_token_and_settings_with_one_command(
    ftc: Ftc, net: Net, as_newcomer: pytest.MonkeyPatch
) -> None:
    link = ftc("-q", "invite", "timslab", "--level", "maintainer").out.strip()
    assert link.startswith(f"{net.url}/join#u")
    leave(as_newcomer, net)
    joined = ftc("join", link, "--user", "ann", "--email", "ann@example.org")
    assert joined.status == 0, joined.err
    assert joined.out.startswith("you are ann, maintainer of timslab; the token is in")
    assert net.token.stat().st_mode & 0o777 == 0o600
    assert read_conf(net.conf) == {"hub_url": net.url, "hub_token_file": str(net.token)}
    assert ftc("-q", "whoami").out == "ann\n"
    again = ftc("join", link)
    assert (again.status, again.out) == (0, "you are ann, maintainer of timslab; the token is the one you have\n")


def test_an_answer_that_was_lost_is_no_lost_invitation(ftc: Ftc, net: Net, as_newcomer: pytest.MonkeyPatch) -> None:
    link = ftc("-q", "invite", "timslab", "--user", "ann").out.strip()
    leave(as_newcomer, net)
    real = people.join

    def lost(*args: object, **more: object) -> object:
        real(*args, **more)  # type: ignore[arg-type]
        raise Unreachable("the hub broke off in the middle of its answer")

    as_newcomer.setattr(people, "join", lost)
    broken = ftc("join", link)
    assert broken.status == 1
    assert "make the same call again" in broken.err
    secret = net.token.read_text()
    as_newcomer.setattr(people, "join", real)
    assert ftc("join", link).status == 0
    assert net.token.read_text() == secret
    assert ftc("-q", "whoami").out == "ann\n"


def test_who_comes_second_is_told_so_and_keeps_nothing(ftc: Ftc, net: Net, as_newcomer: pytest.MonkeyPatch) -> None:
    link = ftc("-q", "invite", "timslab").out.strip()
    leave(as_newcomer, net)
    ftc("join", link, "--user", "ann")
    as_newcomer.setenv("FUEGO_CONF", str(net.home / "other" / "fuego.conf"))
    late = ftc("join", link, "--user", "eve")
    assert late.status == 1
    assert "was used before" in late.err
    assert list((net.home / "other").iterdir()) == []


def test_a_fuego_conf_that_is_not_there_is_made(ftc: Ftc, net: Net, as_newcomer: pytest.MonkeyPatch) -> None:
    link = ftc("-q", "invite", "timslab", "--user", "ann").out.strip()
    leave(as_newcomer, net)
    as_newcomer.setenv("FUEGO_CONF", str(net.home / "other" / "fuego.conf"))
    assert ftc("join", link).status == 0
    assert ftc("-q", "whoami").out == "ann\n"


def test_a_new_fuego_conf_is_made_beside_one_of_the_persons_own(
    ftc: Ftc, net: Net, as_newcomer: pytest.MonkeyPatch
) -> None:
    link = ftc("-q", "invite", "timslab", "--user", "ann").out.strip()
    lab = ftc("-q", "invite", "timslab", "--lab", "rack7").out.strip()
    leave(as_newcomer, net)
    as_newcomer.delenv("FUEGO_CONF")
    ftc("join", link)
    other = net.home / "other" / "fuego.conf"
    as_newcomer.setenv("FUEGO_CONF", str(other))
    joined = ftc("join", lab)
    assert (joined.status, joined.err) == (0, "")
    assert read_conf(other) == {"hub_url": net.url, "hub_token_file": str(other.with_name("hub.token"))}


@pytest.mark.parametrize("given", ["--ca-file", "FUEGO_CA_FILE"])
def test_the_ca_that_the_hub_needs_stands_in_fuego_conf(
    ftc: Ftc, net: Net, as_newcomer: pytest.MonkeyPatch, given: str
) -> None:
    link = ftc("-q", "invite", "timslab", "--user", "ann").out.strip()
    leave(as_newcomer, net)
    ca_file = net.home / "ca.pem"
    if given == "FUEGO_CA_FILE":
        as_newcomer.setenv(given, str(ca_file))
    assert ftc("join", link, *(["--ca-file", str(ca_file)] if given == "--ca-file" else [])).status == 0
    assert read_conf(net.conf)["ca_file"] == str(ca_file)


def test_who_is_not_named_says_the_name(ftc: Ftc, net: Net, as_newcomer: pytest.MonkeyPatch) -> None:
    link = ftc("-q", "invite", "timslab").out.strip()
    leave(as_newcomer, net)
    refused = ftc("join", link)
    assert (refused.status, "--user NAME" in refused.err, net.token.exists()) == (1, True, False)


def test_settings_that_name_another_token_stay_as_they_are(ftc: Ftc, net: Net, as_newcomer: pytest.MonkeyPatch) -> None:
    link = ftc("-q", "invite", "timslab").out.strip()
    lab = ftc("-q", "invite", "timslab", "--lab", "rack7").out.strip()
    leave(as_newcomer, net)
    assert ftc("join", lab).out.startswith("this is the lab rack7 now, of the team timslab")
    before = net.conf.read_text()
    joined = ftc("join", link, "--user", "ann", "--token-file", net.home / "ann.token")
    assert joined.status == 0, joined.err
    assert f"hub_token_file={net.home / 'ann.token'}" in joined.err
    assert net.conf.read_text() == before
    other_kind = ftc("join", link, "--user", "ann", "--token-file", net.token)
    assert (other_kind.status, "something else than a token of a user" in other_kind.err) == (1, True)


def test_without_a_fuego_conf_the_person_gets_one_of_their_own(
    ftc: Ftc, net: Net, as_newcomer: pytest.MonkeyPatch
) -> None:
    link = ftc("-q", "invite", "timslab", "--user", "ann").out.strip()
    leave(as_newcomer, net)
    as_newcomer.delenv("FUEGO_CONF")
    joined = ftc("join", link)
    assert (joined.status, joined.err) == (0, "")
    own = net.home / "config" / "fuego" / "fuego.conf"
    assert read_conf(own) == {"hub_url": net.url, "hub_token_file": str(own.with_name("hub.token"))}
    assert ftc("-q", "whoami").out == "ann\n"


def test_an_environment_that_says_otherwise_is_told_of(ftc: Ftc, net: Net, as_newcomer: pytest.MonkeyPatch) -> None:
    link = ftc("-q", "invite", "timslab", "--user", "ann").out.strip()
    leave(as_newcomer, net)
    as_newcomer.delenv("FUEGO_CONF")
    as_newcomer.setenv("FUEGO_HUB_URL", "https://other.example.org")
    joined = ftc("join", link)
    own = net.home / "config" / "fuego" / "hub.token"
    assert f"    export FUEGO_HUB_URL={net.url} FUEGO_HUB_TOKEN_FILE={own}" in joined.err


def test_where_nothing_can_be_written_down_the_one_line_is_said(
    ftc: Ftc, net: Net, as_newcomer: pytest.MonkeyPatch
) -> None:
    link = ftc("-q", "invite", "timslab", "--user", "ann").out.strip()
    leave(as_newcomer, net)
    for name in ("FUEGO_CONF", "XDG_CONFIG_HOME", "HOME"):
        as_newcomer.delenv(name, raising=False)
    joined = ftc("join", link, "--token-file", net.token)
    assert f"    export FUEGO_HUB_URL={net.url} FUEGO_HUB_TOKEN_FILE={net.token}" in joined.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "no address of a hub"),
        (["https://hub.example.org/join"], "there is no code"),
        (["https://hub.example.org", "abc"], "no code of an invitation"),
        (["http://hub.example.org", "uabcdefghijklmnopqrstuvwxyz"], "http"),
    ],
)
def test_what_is_no_invitation_is_refused_in_words(ftc: Ftc, net: Net, words: list[str], said: str) -> None:
    refused = ftc("join", *words)
    assert refused.status != 0
    assert said in refused.err
    assert not net.token.exists()


def test_teams_tokens_and_what_was_done(ftc: Ftc, net: Net) -> None:
    admin.add_user(admin.open_data(net.data), "ann")
    assert ftc("set-member", "timslab", "ann", "guest").out == "ann is guest of timslab\n"
    assert "ann (guest)" in ftc("show-team", "timslab").out
    assert ftc("-q", "list-teams").out == "timslab\n"
    assert ftc("rm-member", "timslab", "ann").status == 0
    made = ftc("add-token", "--scope", "read", "--description", "Läptop", "--token-file", net.token)
    assert made.status == 0, made.err
    assert "Läptop" in ftc("list-tokens").out
    assert ftc("revoke-token", net.token.read_text().strip()).status == 0
    assert ftc("revoke-token", "uaaaaaaa").status == 1
    did = [entry["action"] for entry in ftc("list-audit", "--json").json()]  # type: ignore[attr-defined]
    assert did[:4] == ["revoke-token", "add-token", "rm-member", "set-member"]
    assert ftc("set-user", "ann").status == 2
    assert "shut out since" in ftc("set-user", "ann", "--disable").out
    listed = ftc("hub", "list-users", "--data", net.data, "--json").json()
    assert [one["name"] for one in listed if one["disabled_at"]] == ["ann"]  # type: ignore[attr-defined]
    ftc("hub", "set-user", "ann", "--data", net.data, "--enable", "--team", "timslab:admin")
    assert "timslab:admin" in ftc("hub", "list-users", "--data", net.data).out
    assert "let in again" in ftc("hub", "list-audit", "--data", net.data, "--limit", "2").out
    assert ftc("set-lab", "nosuch", "--team", "timslab").status == 1
    assert ftc("list-labs").err == "there is no lab yet\n"


def test_list_labs_tells_which_version_the_bridges_run(ftc: Ftc, net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = admin.add_lab(admin.open_data(net.data), "timslab")
    HubClient(net.url, secret).claim("claim-0001", [], instance="timsbox-1a2b3c4d")
    assert __version__ in ftc("list-labs").out
    assert "older than the hub" not in ftc("list-labs").out
    monkeypatch.setattr(values, "__version__", "99.0.0")
    assert f"{__version__} (older than the hub)" in ftc("list-labs").out
    assert f"timslab (bridge {__version__}, older than the hub)" in ftc("show-team", "timslab").out


def test_the_token_in_use_is_revoked_only_when_it_is_said_so(
    ftc: Ftc, net: Net, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = os.environ["FUEGO_HUB_TOKEN"][6:14]
    refused = ftc("revoke-token", own)
    assert (refused.status, refused.out) == (1, "")
    assert f"to revoke it all the same: ftc revoke-token --yes {own}" in refused.err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)
    assert ftc("revoke-token", own).err == "ftc: nothing was revoked\n"
    assert ftc("whoami").status == 0


def test_the_token_in_use_can_be_revoked_without_asking(ftc: Ftc, net: Net) -> None:
    assert ftc("revoke-token", "--yes", os.environ["FUEGO_HUB_TOKEN"][6:14]).status == 0
    assert ftc("whoami").status == 1


@pytest.mark.parametrize("verb", ["revoke-token", "revoke-invitation"])
def test_what_cannot_be_an_id_was_asked_for_wrongly(ftc: Ftc, net: Net, verb: str) -> None:
    refused = ftc(verb, "nosuch")
    assert (refused.status, refused.err.count("\n")) == (2, 1)
    assert "'nosuch'" in refused.err
    assert "ftc list-" in refused.err


def test_who_has_no_token_reads_where_to_name_one(ftc: Ftc, net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FUEGO_HUB_TOKEN")
    refused = ftc("whoami")
    assert refused.status == 1
    assert "wants a token, and none is set: hub_token_file in fuego.conf" in refused.err


def test_a_link_to_another_hub_does_not_get_the_token_of_this_one(
    ftc: Ftc, net: Net, as_newcomer: pytest.MonkeyPatch
) -> None:
    link = ftc("-q", "invite", "timslab", "--user", "ann").out.strip()
    leave(as_newcomer, net)
    ftc("join", link)
    sent: list[object] = []
    as_newcomer.setattr(people, "join", lambda *args, **more: sent.append(more))
    lured = ftc("join", "https://hub.example.com/join#uabcdefghijklmnopqrstuvwxyz")
    assert (lured.status, "is not sent to https://hub.example.com" in lured.err, sent) == (1, True, [])
