"""Whether a board may run what is asked for, and why not: the two always say the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.network import matching, selectors
from fuego_jenkins_remote.network.boards import Standing
from fuego_jenkins_remote.network.matching import Offer, Why, Wish, never, not_now, perhaps, refusal, used_up
from fuego_jenkins_remote.network.terms import Quota, Terms, Windows

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # a Monday
NIGHTS = Windows(time_zone="UTC", windows=("Mon-Fri 22:00-04:00",))


def offer(name: str = "bbb", **values: object) -> Offer:
    facts = {"arch": "arm", "cpu": "cortex-a8"}
    board = selectors.Board(host="timslab", name=name, facts=facts, labels=("usb-gadget",))
    return Offer(**{"board": board, "team": "timslab", **values})  # type: ignore[arg-type]


def wish(selector: str = "arch=arm", *needs: str, **values: object) -> Wish:
    usual = {"teams": ("annslab",), "user": "ann", "timeout": 1800}
    return Wish(
        selector=selectors.parse(selector),
        needs=selectors.parse_needs(needs),
        **{**usual, **values},  # type: ignore[arg-type]
    )


def whys(reasons: list[matching.Reason]) -> list[str]:
    return [str(reason.why) for reason in reasons]


def test_a_board_that_does_has_no_reasons() -> None:
    assert never(offer(), wish(), NOW) == []
    assert not_now(offer(), wish(), NOW) == []


def test_each_term_that_fails_is_a_reason() -> None:
    found = never(offer(), wish("arch=arm64 and cpu=cortex-a53 and label=usb-gadget"), NOW)
    assert [(reason.term, reason.text) for reason in found] == [
        ("arch=arm64", "arch is arm, not arm64"),
        ("cpu=cortex-a53", "cpu is cortex-a8, not cortex-a53"),
    ]


def test_needs_of_the_test_are_told_apart_from_what_the_requester_wants() -> None:
    [reason] = never(offer(), wish("arch=arm", "config.CONFIG_USB_GADGET=y"), NOW)
    assert (reason.why, reason.text) == (Why.NEED, "its config.CONFIG_USB_GADGET is not known")


@pytest.mark.parametrize(
    ("open_to", "who", "open_"),
    [
        (("*",), {}, True),
        ((), {}, False),
        ((), {"teams": ("timslab",)}, True),
        (("annslab",), {}, True),
        (("others",), {"teams": ("annslab", "others")}, True),
        (("user:ann",), {}, True),
        (("user:bob",), {}, False),
        (("user:ann",), {"user": ""}, False),
        (("ann",), {}, False),  # a team's name is no user's
    ],
)
def test_open_to_says_who_may(open_to: tuple[str, ...], who: dict[str, object], open_: bool) -> None:
    assert (never(offer(open_to=open_to), wish(**who), NOW) == []) is open_


@pytest.mark.parametrize("quota", [Quota(user=0), Quota(team=0), Quota(user=0, team=3)])
def test_a_quota_of_none_at_a_time_is_never_for_outsiders(quota: Quota) -> None:
    nobodys = offer(terms=Terms(running=quota))
    assert whys(never(nobodys, wish(), NOW)) == ["no-quota"]
    assert never(nobodys, wish(teams=("timslab",)), NOW) == []
    assert never(offer(terms=Terms(running=Quota(user=1))), wish(), NOW) == []


def test_a_quota_of_none_is_told_by_its_key() -> None:
    said = refusal([offer(terms=Terms(running=Quota(team=0)))], wish(), NOW)
    assert "timslab:bbb: outsiders may have 0 boards of timslab at a time (running: team: 0)" in said


def test_a_quota_is_used_up_where_each_of_ones_teams_has_used_its() -> None:
    limited = offer(terms=Terms(running=Quota(user=1, team=2)))
    [reason] = used_up(limited, wish(), {("annslab", "ann"): 1})
    assert (reason.why, reason.text) == (Why.QUOTA, "ann has 1 of at most 1 boards of timslab")
    [reason] = used_up(limited, wish(), {("annslab", "bob"): 2})
    assert reason.text == "the team annslab has 2 of at most 2 boards of timslab"
    both = wish(teams=("annslab", "others"))
    assert used_up(limited, both, {("annslab", "ann"): 1}) == []
    assert used_up(limited, both, {("annslab", "ann"): 1, ("others", "ann"): 1})
    assert used_up(limited, wish(teams=("timslab",)), {("timslab", "ann"): 9}) == []


def test_outsiders_have_it_for_two_hours_at_most() -> None:
    assert whys(never(offer(), wish(timeout=7201), NOW)) == ["too-long"]
    assert never(offer(), wish(timeout=7201, teams=("timslab",)), NOW) == []
    assert never(offer(terms=Terms(max_time=8000)), wish(timeout=7201), NOW) == []


def test_what_is_longer_than_any_window_never_fits() -> None:
    nights = offer(terms=Terms(windows=NIGHTS, max_time=10**6))
    assert whys(never(nights, wish(timeout=6 * 3600), NOW)) == []
    assert whys(never(nights, wish(timeout=6 * 3600 + 1), NOW)) == ["window"]
    assert never(nights, wish(timeout=6 * 3600 + 1, teams=("timslab",)), NOW) == []


def test_a_window_that_is_shut_or_ends_soon_passes() -> None:
    nights = offer(terms=Terms(windows=NIGHTS))
    assert not_now(nights, wish(), NOW)[0].text == "its share window is shut now"
    late = NOW.replace(hour=3, minute=45) + timedelta(days=1)
    assert not_now(nights, wish(), late)[0].text == "its share window ends at 04:00 UTC, too soon for 30m"
    assert not_now(nights, wish(), late - timedelta(hours=1)) == []


@pytest.mark.parametrize("standing", [one for one in Standing if one is not Standing.FREE])
def test_how_it_stands_passes(standing: Standing) -> None:
    there = offer(standing=standing, because="the lab moves")
    assert never(there, wish(), NOW) == []
    [reason] = not_now(there, wish(), NOW)
    assert "the lab moves" in reason.text


def test_a_refusal_names_the_term_that_no_board_meets_and_what_was_perhaps_meant() -> None:
    said = refusal([offer(), offer("two")], wish("arch=amr and label=usb-gadget"), NOW)
    assert said.splitlines() == [
        "no board may run this: arch=amr (perhaps arch=arm?) does not match any of the 2 boards",
        "  timslab:bbb, timslab:two: arch is arm, not amr",
    ]


def test_a_refusal_tells_those_that_lack_least_first() -> None:
    far, near, closed = offer("far"), offer("near"), offer("closed", open_to=())
    near.board.facts["cpu"] = "cortex-a53"  # type: ignore[index]
    closed.board.facts["cpu"] = closed.board.facts["arch"] = "arm64"  # type: ignore[index]
    closed.board.facts["cpu"] = "cortex-a53"  # type: ignore[index]
    lines = refusal([far, near, closed], wish("arch=arm64 and cpu=cortex-a53"), NOW).splitlines()
    assert lines == [
        "no board may run this:",
        "  timslab:closed: open to timslab only, not to annslab",
        "  timslab:near: arch is arm, not arm64",
        "  timslab:far: arch is arm, not arm64; cpu is cortex-a8, not cortex-a53",
    ]


def test_a_refusal_is_bounded() -> None:
    boards = [offer(f"b{number}", open_to=(f"team{number % 50}",)) for number in range(5000)]
    said = refusal(boards, wish(), NOW)
    assert len(said.splitlines()) == 12
    assert len(said) < 4000


def test_a_guess_is_made_for_labels_and_hosts_too() -> None:
    boards = [offer().board]
    assert perhaps(selectors.parse("label=usb-gaget"), boards) == "label=usb-gadget"
    assert perhaps(selectors.parse("host=timlab"), boards) == "host=timslab"
    assert perhaps(selectors.parse("arch=riscv"), boards) == ""
    assert perhaps(selectors.parse("not arch=arm"), boards) == ""


teams = st.sampled_from(["timslab", "annslab", "others"])
entries = st.sampled_from(["*", "annslab", "others", "user:ann", "user:bob"])
terms = st.sampled_from(["arch=arm", "arch=x86_64", "label=usb-gadget", "not cpu=cortex-a8", "(cpu=x or arch=arm)"])
offers = st.builds(
    lambda open_to, limit, windows, quota: offer(
        open_to=tuple(open_to), terms=Terms(max_time=limit, windows=windows, running=quota)
    ),
    st.lists(entries, max_size=2),
    st.sampled_from([60, 7200, 100000]),
    st.sampled_from([Windows(), NIGHTS]),
    st.builds(Quota, user=st.sampled_from([None, 0, 1]), team=st.sampled_from([None, 0, 2])),
)
wishes = st.builds(
    lambda parts, needs, asked, user, timeout: wish(
        " and ".join(parts), *needs, teams=tuple(asked), user=user, timeout=timeout
    ),
    st.lists(terms, min_size=1, max_size=3),
    st.lists(terms, max_size=2),
    st.lists(teams, min_size=1, max_size=2, unique=True),
    st.sampled_from(["ann", "bob"]),
    st.sampled_from([60, 7200, 7201, 30000]),
)


@given(board=offers, wanted=wishes)
def test_a_board_does_exactly_when_there_is_no_reason(board: Offer, wanted: Wish) -> None:
    whole = selectors.all_of((wanted.selector, *wanted.needs))
    limits = board.terms.windows.windows and 6 * 3600
    in_time = wanted.timeout <= min(board.terms.max_time, limits or 10**9)
    lent = in_time and 0 not in {board.terms.running.user, board.terms.running.team}

    def does(team: str) -> bool:
        open_ = matching.admits(board.team, board.open_to, team, wanted.user)
        return whole.matches(board.board) and open_ and (lent or team == board.team)

    reasons = never(board, wanted, NOW)
    assert (not reasons) is any(does(team) for team in wanted.teams)
    by_terms = any(reason.why in {Why.SELECTOR, Why.NEED} for reason in reasons)
    assert whole.matches(board.board) is not by_terms
