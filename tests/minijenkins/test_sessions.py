"""Sessions: bounded in number and in time; crumbs belong to one of them and to one user."""

from __future__ import annotations

from fuego_jenkins_remote.minijenkins.people.sessions import IDLE_SECONDS, Sessions


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_session_ends_when_it_is_not_used_for_an_hour() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    session = sessions.open()
    clock.now += IDLE_SECONDS - 1
    assert sessions.get(session.id) is session
    clock.now += IDLE_SECONDS - 1
    assert sessions.get(session.id) is session
    clock.now += IDLE_SECONDS + 1
    assert sessions.get(session.id) is None


def test_beyond_the_bound_the_session_unused_for_longest_goes() -> None:
    sessions = Sessions(Clock(), most=2)
    first, second = sessions.open(), sessions.open()
    sessions.get(first.id)
    sessions.open()
    assert sessions.get(first.id) is first
    assert sessions.get(second.id) is None


def test_a_session_that_nobody_opened_is_none() -> None:
    assert Sessions().get("made-up") is None


def test_a_crumb_is_of_one_user_in_one_session() -> None:
    sessions = Sessions()
    mine, other = sessions.open(), sessions.open()
    crumb = sessions.crumb(mine, "tim")
    assert sessions.crumb_is_right(mine, "tim", crumb)
    assert not sessions.crumb_is_right(mine, "kim", crumb)
    assert not sessions.crumb_is_right(other, "tim", crumb)
    assert not sessions.crumb_is_right(None, "tim", crumb)


def test_a_login_is_remembered_for_its_very_credentials() -> None:
    sessions = Sessions()
    session = sessions.open()
    assert not sessions.knows_login(session, "Basic a")
    sessions.remember_login(session, "Basic a")
    assert sessions.knows_login(session, "Basic a")
    assert not sessions.knows_login(session, "Basic b")
    assert not sessions.knows_login(sessions.open(), "Basic a")
