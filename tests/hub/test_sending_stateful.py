"""Whatever happens, whoever dies on whichever line: each event arrives, in one message, whose id tells a second one."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fuego_jenkins_remote.hub.notices import fan_out, sender
from fuego_jenkins_remote.hub.notices.post.errors import NotSent
from fuego_jenkins_remote.hub.notices.values import Delivery, NewEvent
from fuego_jenkins_remote.hub.statements import notices as sql
from state_machines import few_and_many

from .conftest import open_world
from .told import HOOK, subscribe

ADDRESSES = (HOOK, "slack://T1/B1/x")


class Sending(RuleBasedStateMachine):
    """Events, several senders that take, send, fail and die, and the clock, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.world = open_world(self.folder / "hub")
        ann = self.world.add_user("ann", "annslab")
        for address in ADDRESSES:
            subscribe(self.world, ann, "done", to=address)
        self.happened = 0
        self.taken: list[Delivery] = []
        self.arrived: dict[str, tuple[str, list[int]]] = {}  # by message: the address, and its events
        self.doubles: Counter[str] = Counter()
        self.deaths: Counter[str] = Counter()  # of who had sent it, and may not have written that down

    def teardown(self) -> None:
        self._drain()
        per_address = Counter((to, event) for to, events in self.arrived.values() for event in events)
        wanted = {(to, number) for to in ADDRESSES for number in range(self.happened)}
        assert set(per_address) == wanted, "each event is told on each channel"
        assert set(per_address.values()) <= {1}, "in one message"
        assert all(count <= self.deaths[message] for message, count in self.doubles.items()), "twice only after a death"
        self.world.hub.engine.dispose()
        shutil.rmtree(self.folder)

    def _arrive(self, delivery: Delivery) -> None:
        message = delivery.outgoing.id
        events = [int(event.title) for event in delivery.outgoing.events]
        assert len(set(events)) == len(events)
        if message in self.arrived:
            self.doubles[message] += 1
            assert self.arrived[message] == (delivery.channel.address, events), "again, it is the same message"
        self.arrived[message] = (delivery.channel.address, events)

    @rule(number=st.integers(1, 6))
    def something_happens(self, number: int) -> None:
        with self.world.hub.change() as change:
            for _ in range(number):
                title = str(self.happened)
                self.happened += 1
                words = {"title": title, "line": title, "body": title}
                sql.add_event(change.conn, NewEvent(occasion="done", data={}, users=("ann",), **words), change.at)

    @rule()
    def it_is_found_out_who_is_told(self) -> None:
        fan_out.tell(self.world.hub)

    @rule(room=st.integers(1, 3))
    def a_sender_takes_some(self, room: int) -> None:
        self.taken += sender.take(self.world.hub, room)

    @rule(at=st.integers(0, 5))
    def one_arrives(self, at: int) -> None:
        if self.taken:
            one = self.taken.pop(at % len(self.taken))
            # Whose lease is over has lost the channel meanwhile, and does not know.
            self.deaths[one.outgoing.id] += self.world.clock.at >= one.lease
            sender.deliver(self.world.hub, self._arrive, one)

    @rule(at=st.integers(0, 5))
    def one_is_refused(self, at: int) -> None:
        def refuse(_delivery: Delivery) -> None:
            raise NotSent("not now")

        if self.taken:
            sender.deliver(self.world.hub, refuse, self.taken.pop(at % len(self.taken)))

    @rule(at=st.integers(0, 5))
    def a_sender_dies_before_it_has_sent(self, at: int) -> None:
        if self.taken:
            self.taken.pop(at % len(self.taken))

    @rule(at=st.integers(0, 5))
    def a_sender_dies_after_it_has_sent(self, at: int) -> None:
        if self.taken:
            one = self.taken.pop(at % len(self.taken))
            self.deaths[one.outgoing.id] += 1
            self._arrive(one)

    @rule(minutes=st.sampled_from([0.1, 1, 4, 6, 40]))
    def time_goes_by(self, minutes: float) -> None:
        self.world.clock.forward(minutes=minutes)

    @invariant()
    def of_a_channel_one_is_sent_at_a_time(self) -> None:
        live = Counter(one.channel.id for one in self.taken if one.lease > self.world.clock.at)
        assert set(live.values()) <= {1}

    def _drain(self) -> None:
        for _ in range(50):
            self.world.clock.forward(hours=7)
            sender.send_due(self.world.hub, self._arrive)


TestSending, TestSendingAtLength = few_and_many(Sending, few=4, many=40, steps=40)
