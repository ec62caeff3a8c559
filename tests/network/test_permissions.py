"""Who may do what, written out as a table: each role, each action, with a thing that is private and one that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuego_jenkins_remote.network.permissions import (
    ALLOWED,
    GOOD_FOR,
    PRIVATE,
    Action,
    Actor,
    Level,
    Role,
    Scope,
    Thing,
    at_least,
    may,
    roles,
    table_markdown,
)

# yes; no; and, of requests and tests, "open": only where the thing is not private
TABLE = """
                  anyone  himself guest   member  maintainer admin lab   lab-maintainer network-admin
see-network       yes     yes     yes     yes     yes        yes   yes   yes            yes
see-request       open    yes     yes     yes     yes        yes   yes   yes            open
put-request       no      no      no      yes     yes        yes   no    no             no
cancel-request    no      yes     no      no      yes        yes   yes   yes            open
answer-request    no      no      no      no      no         no    yes   yes            no
keep-board        no      no      no      no      no         no    yes   yes            no
describe-board    no      no      no      no      no         no    yes   no             no
see-team          no      no      yes     yes     yes        yes   yes   no             yes
manage-team       no      no      no      no      no         yes   no    no             yes
give-lab-token    no      no      no      no      no         yes   no    no             yes
see-test          open    yes     yes     yes     yes        yes   yes   open           open
put-test          no      no      no      yes     yes        yes   no    no             no
remove-test       no      yes     no      no      yes        yes   no    no             open
own-things        no      yes     no      no      no         no    no    no             no
see-audit         no      no      no      no      no         yes   no    no             yes
manage-network    no      no      no      no      no         no    no    no             yes
"""

SCOPES = """
                  results read    request admin
see-network       no      yes     yes     yes
see-request       yes     yes     yes     yes
put-request       no      no      yes     yes
cancel-request    no      no      yes     yes
answer-request    no      no      no      yes
keep-board        no      no      no      yes
describe-board    no      no      no      yes
see-team          no      yes     yes     yes
manage-team       no      no      no      yes
give-lab-token    no      no      no      yes
see-test          no      yes     yes     yes
put-test          no      no      yes     yes
remove-test       no      no      yes     yes
own-things        no      no      no      yes
see-audit         no      yes     yes     yes
manage-network    no      no      no      yes
"""

THING = {"owner": "ann", "team": "annslab", "labs": {"timslab": "timsteam"}}
SOMEBODY: dict[Role, Actor] = {
    Role.ANYONE: Actor(kind="user", name="eve", levels={"elsewhere": Level.ADMIN}),
    Role.HIMSELF: Actor(kind="user", name="ann"),
    Role.GUEST: Actor(kind="user", name="gus", levels={"annslab": Level.GUEST}),
    Role.MEMBER: Actor(kind="user", name="mem", levels={"annslab": Level.MEMBER}),
    Role.MAINTAINER: Actor(kind="user", name="max", levels={"annslab": Level.MAINTAINER}),
    Role.ADMIN: Actor(kind="user", name="ada", levels={"annslab": Level.ADMIN}),
    Role.LAB: Actor(kind="lab", name="timslab"),
    Role.LAB_MAINTAINER: Actor(kind="user", name="tim", levels={"timsteam": Level.MAINTAINER}),
    Role.NETWORK_ADMIN: Actor(kind="user", name="root", network_admin=True),
}
"""For each role somebody who has it, and no greater one."""

OF_PRIVATE = {Action.SEE_REQUEST, Action.CANCEL_REQUEST, Action.ANSWER_REQUEST, Action.SEE_TEST, Action.REMOVE_TEST}


def _read(text: str) -> dict[tuple[str, str], str]:
    heads, *rows = (line.split() for line in text.strip().splitlines())
    return {(row[0], head): cell for row in rows for head, cell in zip(heads, row[1:], strict=True)}


def _cells(text: str) -> list[tuple[str, str, str]]:
    return [(row, head, cell) for (row, head), cell in _read(text).items()]


def test_the_tables_have_every_role_scope_and_action() -> None:
    assert set(_read(TABLE)) == {(action, role) for action in Action for role in Role}
    assert set(_read(SCOPES)) == {(action, scope) for action in Action for scope in Scope}
    assert set(SOMEBODY) == set(Role)


@pytest.mark.parametrize(("action", "role", "cell"), _cells(TABLE))
def test_who_may_do_it_to_a_thing_that_is_not_private(action: str, role: str, cell: str) -> None:
    assert may(SOMEBODY[Role(role)], Action(action), Thing(**THING)) == (cell != "no")


@pytest.mark.parametrize(("action", "role", "cell"), [one for one in _cells(TABLE) if one[0] in OF_PRIVATE])
def test_who_may_do_it_to_a_private_thing(action: str, role: str, cell: str) -> None:
    assert may(SOMEBODY[Role(role)], Action(action), Thing(**THING, private=True)) == (cell == "yes")


@pytest.mark.parametrize(("action", "scope", "cell"), _cells(SCOPES))
def test_a_token_of_a_scope_lets_nobody_do_more_than_it_is_good_for(action: str, scope: str, cell: str) -> None:
    everything = dict.fromkeys(("annslab", "timsteam"), Level.ADMIN)
    actor = Actor(kind="user", name="ann", levels=everything, network_admin=True, scope=Scope(scope))
    possible = may(
        Actor(kind="user", name="ann", levels=everything, network_admin=True), Action(action), Thing(**THING)
    )
    assert may(actor, Action(action), Thing(**THING)) == (cell == "yes" and possible)
    assert (Action(action) in GOOD_FOR[Scope(scope)]) == (cell == "yes")


@pytest.mark.parametrize("role", list(Role))
def test_somebody_of_a_role_is_that_and_what_comes_below_it(role: Role) -> None:
    levels = [Role(level.value) for level in Level if role in set(Level) and at_least(Level(role), level)]
    assert roles(SOMEBODY[role], Thing(**THING)) == {Role.ANYONE, role, *levels}


def test_nobody_does_to_a_private_thing_what_only_who_sees_it_could_know_of() -> None:
    for action in OF_PRIVATE:
        sees = PRIVATE[Action.SEE_TEST if action in {Action.SEE_TEST, Action.REMOVE_TEST} else Action.SEE_REQUEST]
        for role in Role:
            if role not in sees:
                assert not may(SOMEBODY[role], action, Thing(**THING, private=True)), (action, role)


def test_a_lab_is_nothing_to_what_does_not_concern_it() -> None:
    other = Actor(kind="lab", name="otherlab")
    assert roles(other, Thing(**THING)) == {Role.ANYONE}
    assert not may(other, Action.SEE_REQUEST, Thing(**THING, private=True))


def test_a_lab_called_as_a_user_or_a_team_is_neither() -> None:
    namesake = Actor(kind="lab", name="ann")
    assert roles(namesake, Thing(owner="ann", team="ann", labs={})) == {Role.ANYONE}


def test_every_action_has_a_row_and_somebody_who_may() -> None:
    assert set(ALLOWED) == set(Action)
    assert all(ALLOWED.values())


def test_the_page_on_security_has_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
    assert table_markdown() in page
