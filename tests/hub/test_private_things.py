"""Nothing that the hub answers shows a private thing to who may not see it, whatever there is and whoever asks.

Every GET route of the app is asked, with every id and name there is, by people and labs who may not see: none of the
answers, with its head, holds a word of a private request. Where a call names a private thing, its answer is that of a
call that names a thing which never was. A new route is covered as soon as it is there: if it takes something that is
not known here, this test fails and says so.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fuego_jenkins_remote.hub import admin, records, requests, sight
from fuego_jenkins_remote.hub.campaigns import sight as campaign_sight
from fuego_jenkins_remote.hub.errors import HubError
from fuego_jenkins_remote.hub.packages import store, upload
from fuego_jenkins_remote.hub.people.tokens import caller_of
from fuego_jenkins_remote.hub.statements import campaigns as campaign_sql
from fuego_jenkins_remote.hub.store import sight as store_sight
from fuego_jenkins_remote.hub.store.putting import put_test
from fuego_jenkins_remote.network.identities import AttemptId
from fuego_jenkins_remote.network.permissions import Action, may
from hub_apps import make_app
from packed_tests import pack

from .conftest import World, open_world
from .every_call import NEVER, ask, calls

WAYS = ("waits", "asked", "assigned", "runs", "done", "error", "cancelled")
SELECTORS = ("demolab:one", "demolab:two", "demolab:one or demolab:two")


@dataclass(frozen=True)
class Wish:
    """A request that somebody of annslab puts, and how far it comes."""

    private: bool
    selector: str
    way: str
    many: bool
    packed: bool
    stored: bool  # its test is in the network's store, for the team alone if the request is


@dataclass
class Secret:
    """What must not be shown of one private request: its words, and who may see it."""

    words: set[str]
    seen_by: set[str]


@dataclass
class Place:
    """A hub with people and labs, their tokens, and what of it is private."""

    world: World
    app: FastAPI
    tokens: dict[str, str] = field(default_factory=dict)
    callers: dict[str, records.Caller | None] = field(default_factory=dict)
    secrets: list[Secret] = field(default_factory=list)
    pool: dict[str, set[str]] = field(default_factory=dict)

    def hidden_from(self, who: str) -> set[str]:
        """The words that this one must not get to see."""
        return {word for secret in self.secrets if who not in secret.seen_by for word in secret.words}


wishes = st.lists(
    st.builds(
        Wish,
        private=st.sampled_from([True, True, False]),
        selector=st.sampled_from(SELECTORS),
        way=st.sampled_from(WAYS),
        many=st.booleans(),
        packed=st.booleans(),
        stored=st.booleans(),
    ),
    min_size=2,
    max_size=4,
)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_answer_shows_a_private_thing(tmp_path: Path) -> None:
    """One of each kind; the test below has what nobody thought of."""
    _look(
        tmp_path,
        [
            Wish(private=True, selector="demolab:one", way="runs", many=False, packed=True, stored=True),
            Wish(private=True, selector="demolab:two", way="asked", many=False, packed=False, stored=False),
            Wish(private=True, selector="demolab:two", way="error", many=True, packed=False, stored=True),
            Wish(private=False, selector="demolab:one", way="waits", many=False, packed=False, stored=False),
        ],
        only={"ann", "nobody", "otto", "otherlab", "root"},
    )


@pytest.mark.slow
@pytest.mark.timeout(1200)
# What fails is told as it was found: to make it smaller would take minutes.
@settings(max_examples=3, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(wishes)
def test_no_answer_shows_a_private_thing_whatever_there_is(wanted: list[Wish]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        _look(folder, wanted)
    finally:
        shutil.rmtree(folder)


def _look(folder: Path, wanted: Sequence[Wish], *, only: Container[str] | None = None) -> None:
    place = _populated(folder, wanted)
    place.callers = {name: who for name, who in place.callers.items() if only is None or name in only}
    place.world.clock.stands = True  # answers that tell ages are compared
    try:
        asyncio.run(_ask_all(place))
    finally:
        place.world.hub.engine.dispose()


# -- the hub, and what happens in it


def _populated(folder: Path, wanted: Sequence[Wish]) -> Place:
    world = open_world(folder / "hub")
    place = Place(world, make_app(world.hub.engine, world.hub.data_dir, public=True, clock=world.clock))
    engine = world.hub.engine
    for host in ("demolab", "otherlab"):
        place.tokens[host] = admin.add_lab(engine, host)
    for host, board in (("demolab", "one"), ("demolab", "two"), ("otherlab", "one")):
        world.put_board(host, board)
    places = {
        "ann": "annslab:member",
        "gus": "annslab:guest",
        "tim": "demolab:maintainer",
        "tom": "demolab:member",
        "eve": "evil:admin",
        "otto": "otherlab:admin",
    }
    for name, team in places.items():
        place.tokens[name] = admin.add_user(engine, name, teams=[team])
    place.tokens["root"] = admin.add_user(engine, "root", network_admin=True)
    place.tokens["eves screen"] = admin.add_token(engine, "eve", scope="results")
    with world.hub.reading() as conn:
        place.callers = {name: caller_of(conn, token, world.clock()) for name, token in place.tokens.items()}
    place.callers["nobody"] = None
    for number, wish in enumerate(wanted):
        _carry_out(place, wish, f"zqword{number}")
    return place


def _carry_out(place: Place, wish: Wish, word: str) -> None:
    world, ann = place.world, place.callers["ann"]
    assert ann is not None
    digest = _bring(world, ann, word.encode()) if wish.packed else None
    if wish.stored:
        _store(place, ann, word, private=wish.private)
    made = world.put_all(
        ann,
        wish.selector if not wish.many else "demolab:*",
        test=f"Functional.{word}",
        spec=f"spec-{word}",
        notes=f"for {word} alone",
        variables={"WHAT": word},
        private=wish.private,
        package=digest,
        count="each" if wish.many else 1,
    )
    for request in made:
        try:
            _go(world, ann, request, wish.way, word)
        except (HubError, AssertionError):
            continue  # its board has another one: it waits
    words = {word, *(one.id for one in made), *([digest] if digest else [])}
    with world.hub.reading() as conn:
        things = [sight.thing(conn, one) for one in made]
        campaign = made[0].campaign
        if campaign:
            words.add(campaign)
            whole = campaign_sql.find(conn, campaign)
            assert whole is not None
            things.append(campaign_sight.thing(whole))
    for name, value in (("request", made[0].id), ("word", word), ("sha256", digest), ("campaign", campaign)):
        if value:
            place.pool.setdefault(name, set()).add(value)
    if wish.private:
        sees = {
            name
            for name, who in place.callers.items()
            if who is not None and any(may(who.actor, Action.SEE_REQUEST, thing) for thing in things)
        }
        place.secrets.append(Secret(words, sees))


def _store(place: Place, ann: records.Caller, word: str, *, private: bool) -> None:
    """A test of that name for ann's team, in the network's store."""
    hub = place.world.hub
    folder = hub.data_dir.parent / f"tests-{word}"
    content = pack(folder, f"Functional.{word}", description=f"{word} does it").read_bytes()
    sha256 = _bring(place.world, ann, content)
    stored = put_test(hub, ann, sha256, None, private=private)
    place.pool.setdefault("sha256", set()).add(sha256)
    if private:
        thing = store_sight.thing(stored)
        sees = {name for name, who in place.callers.items() if who and may(who.actor, Action.SEE_TEST, thing)}
        place.secrets.append(Secret({f"{word} does it", sha256}, sees))


def _bring(world: World, who: records.Caller, content: bytes) -> str:
    with upload(world.hub.data_dir) as incoming:
        incoming.write(content)
        with world.hub.change() as change:
            store(change, world.hub.data_dir, incoming, incoming.sha256, who)
        return incoming.sha256


def _go(world: World, ann: records.Caller, request: records.Request, way: str, word: str) -> None:
    if way == "waits":
        return
    if way == "cancelled":
        with world.hub.change() as change:
            requests.cancel(change, ann, request.id, world.call_id(), f"no more {word}")
        return
    board = "two" if "two" in request.selector and "one" not in request.selector else "one"
    got = world.take("demolab", board, request=request.id).assignments
    which = AttemptId(got[0].request.id, got[0].number) if got else None
    assert which is not None
    if way == "asked":
        world.give_back("demolab", which, f"who is {word}?", approval="requested")
        return
    if way == "assigned":
        return
    world.start("demolab", which)
    world.heartbeat("demolab", which, log_tail=f"{word} says hello", queue_why=f"waits for {word}")
    if way == "done":
        world.tested("demolab", which)
        world.done("demolab", which)
    if way == "error":
        world.error("demolab", which)


# -- asking


async def _ask_all(place: Place) -> None:
    words = {word for secret in place.secrets for word in secret.words}
    seen_by_ann: set[str] = set()
    for who in place.callers:
        hidden = place.hidden_from(who)
        if who == "ann":
            for call in calls(place.app, place.pool, hidden):
                seen_by_ann |= {word for word in words if word in await ask(place.app, place.tokens.get(who), *call)}
        elif hidden:
            await _ask_all_of(place, who, hidden)
    # The words are really to be seen where they may be: else this would hold of a hub that answers nothing.
    assert words <= seen_by_ann


async def _ask_all_of(place: Place, who: str, hidden: set[str]) -> None:
    nevers: dict[tuple[str, str], str] = {}
    token = place.tokens.get(who)
    for method, target, body in calls(place.app, place.pool, hidden):
        answer = await ask(place.app, token, method, target, body)
        named = sorted((word for word in hidden if word in target), key=len, reverse=True)
        if not named:
            shown = [word for word in hidden if word in answer]
            assert not shown, f"{who}: {method} {target} shows {shown}"
            continue
        other = target
        for word in named:
            # A place in a list is no name: beside a hidden one is to be seen what is beside one that never was.
            other = other.replace(f"before={word}", f"before={_beside(word)}").replace(word, _never(word))
        if (method, other) not in nevers:
            nevers[method, other] = _plain(await ask(place.app, token, method, other, body), hidden)
        assert _plain(answer, hidden) == nevers[method, other], f"{who}: {method} {target} is not as {other}"


def _beside(word: str) -> str:
    """An id that never was, at the same place in a list."""
    return word[:-1] + ("a" if word[-1] != "a" else "b")


def _never(word: str) -> str:
    if re.fullmatch(r"[0-9a-f]{64}", word):
        return NEVER["sha256"]
    if word.startswith("c-"):
        return NEVER["campaign"]
    return NEVER["word"] if word.startswith("zq") else NEVER["request"]


def _plain(answer: str, hidden: Iterable[str]) -> str:
    """An answer without what differs from call to call."""
    beside = {_beside(word) for word in hidden}
    for word in sorted({*hidden, *beside, *NEVER.values()}, key=len, reverse=True):
        answer = answer.replace(word, "IT")
    answer = re.sub(r"\b[0-9a-f]{24}\b", "CALL", answer)
    return re.sub(r"\d\d:\d\d(:\d\d)?(\.\d+)?", "TIME", answer)
