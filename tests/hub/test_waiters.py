"""Who waits is woken by what comes after it looked, from any thread, and let go at the end."""

from __future__ import annotations

import asyncio
import threading

from fuego_jenkins_remote.hub.waiters import Waiters, lab_key, pause, request_key


def test_a_wake_reaches_who_waits_for_the_key_and_nobody_else() -> None:
    async def story() -> tuple[bool, bool]:
        waiters = Waiters()
        with waiters.waiting(lab_key("demolab")) as mine, waiters.waiting(lab_key("otherlab")) as other:
            threading.Thread(target=waiters.wake, args=([lab_key("demolab"), request_key("x")],)).start()
            return await pause(mine, 5), await pause(other, 0.02)

    assert asyncio.run(story()) == (True, False)


def test_a_wake_between_the_look_and_the_wait_is_not_lost() -> None:
    async def story() -> bool:
        waiters = Waiters()
        with waiters.waiting("key") as event:
            waiters.wake(["key"])
            return await pause(event, 5)

    assert asyncio.run(story())


def test_at_the_end_all_are_let_go_also_those_who_come_later() -> None:
    async def story() -> tuple[bool, bool]:
        waiters = Waiters()
        with waiters.waiting("one") as event:
            waiters.close()
            first = await pause(event, 5)
        with waiters.waiting("two") as event:
            return first, await pause(event, 5)

    assert asyncio.run(story()) == (True, True)


def test_nothing_is_left_of_who_has_waited() -> None:
    async def story() -> int:
        waiters = Waiters()
        with waiters.waiting("key"):
            pass
        waiters.wake(["key"])
        return waiters.count()

    assert asyncio.run(story()) == 0
