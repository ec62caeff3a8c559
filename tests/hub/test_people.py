"""Users, labs, tokens, as the hub's admin makes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from fuego_jenkins_remote.fuego.errors import BadName
from fuego_jenkins_remote.hub import admin, records
from fuego_jenkins_remote.hub.errors import Conflict, NotKnown, Refused
from fuego_jenkins_remote.hub.people import tokens as their_tokens
from fuego_jenkins_remote.network.permissions import Level
from fuego_jenkins_remote.service.clock import utc_now
from fuego_jenkins_remote.service.engine import reading

from .conftest import init_quickly


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    init_quickly(tmp_path / "hub")
    opened = admin.open_data(tmp_path / "hub")
    yield opened
    opened.dispose()


def who(engine: sa.Engine, secret: str, **later: float) -> records.Caller | None:
    with reading(engine) as conn:
        return their_tokens.caller_of(conn, secret, utc_now() + timedelta(**later))


def test_a_token_says_who_calls_and_with_which_teams(engine: sa.Engine) -> None:
    secret = admin.add_user(engine, "ann", teams=["zlab", "alab:admin"], email="ann@example.org")
    caller = who(engine, secret)
    assert caller is not None
    assert [(one.team, one.level) for one in caller.teams] == [("zlab", "member"), ("alab", "admin")]
    assert caller.actor.levels == {"zlab": Level.MEMBER, "alab": Level.ADMIN}


def test_a_lab_has_a_team_of_its_name(engine: sa.Engine) -> None:
    caller = who(engine, admin.add_lab(engine, "demolab", notify=["tim@example.org"]))
    assert caller is not None
    assert (caller.kind, caller.name, caller.teams[0].team) == ("lab", "demolab", "demolab")


def test_a_team_may_be_there_before_its_lab(engine: sa.Engine) -> None:
    admin.add_user(engine, "tim", teams=["demolab:admin"])
    admin.add_lab(engine, "demolab")


def test_a_token_expires(engine: sa.Engine) -> None:
    admin.add_user(engine, "ann")
    secret = admin.add_token(engine, "ann", expires_at=utc_now() + timedelta(hours=1))
    assert who(engine, secret, minutes=59) is not None
    assert who(engine, secret, minutes=61) is None


def test_a_wrong_secret_is_nobody(engine: sa.Engine) -> None:
    secret = admin.add_user(engine, "ann")
    assert who(engine, secret[:-1] + ("A" if secret[-1] != "A" else "B")) is None
    assert who(engine, "") is None


def test_a_user_is_there_once(engine: sa.Engine) -> None:
    admin.add_user(engine, "ann")
    with pytest.raises(Conflict, match="there is a user ann already"):
        admin.add_user(engine, "ann")
    admin.add_lab(engine, "demolab")
    with pytest.raises(Conflict, match="there is a lab demolab already"):
        admin.add_lab(engine, "demolab")


def test_a_token_is_for_somebody_who_is_there(engine: sa.Engine) -> None:
    with pytest.raises(NotKnown, match="there is no user eve"):
        admin.add_token(engine, "eve")
    with pytest.raises(NotKnown, match="there is no lab eve"):
        admin.add_token(engine, "eve", kind="lab")
    with pytest.raises(Refused):
        admin.add_token(engine, "eve", kind="submit")


@pytest.mark.parametrize("name", ["", "a b", "../x", "-x", "x" * 101])
def test_a_bad_name_is_refused(engine: sa.Engine, name: str) -> None:
    with pytest.raises(BadName):
        admin.add_user(engine, name)


def test_a_bad_level_is_refused(engine: sa.Engine) -> None:
    with pytest.raises(BadName, match="guest, member, maintainer, admin"):
        admin.add_user(engine, "ann", teams=["demolab:boss"])


def test_tokens_are_listed_without_their_secrets(engine: sa.Engine) -> None:
    first = admin.add_user(engine, "ann")
    admin.add_lab(engine, "demolab")
    admin.add_token(engine, "ann", description="laptop")
    found = admin.tokens(engine)
    assert [(one.kind, one.owner, one.description) for one in found] == [
        ("user", "ann", ""),
        ("lab", "demolab", ""),
        ("user", "ann", "laptop"),
    ]
    assert [one.owner for one in admin.tokens(engine, "demolab")] == ["demolab"]
    assert found[0].prefix == first.split("_")[1]
    assert first.split("_", 2)[2] not in repr(found)


def test_a_token_that_is_revoked_is_good_no_more_and_others_are(engine: sa.Engine) -> None:
    lost = admin.add_user(engine, "ann")
    kept = admin.add_token(engine, "ann")
    revoked = admin.revoke_token(engine, lost.split("_")[1])
    assert revoked.revoked_at is not None
    assert who(engine, lost) is None
    assert who(engine, kept) is not None


def test_a_token_is_revoked_once(engine: sa.Engine) -> None:
    token_id = admin.add_user(engine, "ann").split("_")[1]
    admin.revoke_token(engine, token_id)
    with pytest.raises(Conflict, match=f"the token {token_id} of user ann was revoked before"):
        admin.revoke_token(engine, token_id)
    with pytest.raises(NotKnown, match="there is no token unknown1"):
        admin.revoke_token(engine, "unknown1")
