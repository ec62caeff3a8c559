"""Desks: so many calls of a caller are worked on at a time; the next wait, but not for those that wait themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fuego_jenkins_remote.service.limits.desks import Desks, Turn


def run(play: Callable[[], Awaitable[None]]) -> None:
    """Play it in an event loop of its own."""

    async def timed() -> None:
        async with asyncio.timeout(10):
            await play()

    asyncio.run(timed())


async def has_room(desks: Desks, caller: str) -> bool:
    try:
        async with asyncio.timeout(0.01):
            turn = await desks.turn(caller)
    except TimeoutError:
        return False
    turn.end()
    return True


def test_one_more_waits_until_one_has_ended_and_others_do_not() -> None:
    async def play() -> None:
        desks = Desks(2)
        first, _second = await desks.turn("a"), await desks.turn("a")
        assert not await has_room(desks, "a")
        assert await has_room(desks, "b")
        first.end()
        first.end()
        assert await has_room(desks, "a")

    run(play)


def test_they_come_in_the_order_in_which_they_asked() -> None:
    async def play() -> None:
        desks = Desks(1)
        came: list[int] = []

        async def work(number: int) -> None:
            turn = await desks.turn("a")
            came.append(number)
            turn.end()

        first = await desks.turn("a")
        waiting = [asyncio.create_task(work(number)) for number in range(5)]
        await asyncio.sleep(0)
        assert desks.count() == 5
        first.end()
        await asyncio.gather(*waiting)
        assert came == [0, 1, 2, 3, 4]
        assert desks.count() == 0

    run(play)


def test_who_steps_aside_makes_room_and_comes_back_without_waiting() -> None:
    async def play() -> None:
        desks = Desks(1)
        waits = await desks.turn("a")
        waits.step_aside()
        works = await desks.turn("a")
        waits.come_back()
        works.end()
        assert not await has_room(desks, "a")
        waits.end()
        assert await has_room(desks, "a")

    run(play)


def test_what_ends_while_aside_or_comes_back_after_its_end_is_not_counted_twice() -> None:
    async def play() -> None:
        desks = Desks(1)
        gone = await desks.turn("a")
        gone.step_aside()
        gone.end()
        gone.come_back()
        kept = await desks.turn("a")
        kept.end()
        kept.step_aside()
        kept.come_back()
        assert await has_room(desks, "a")

    run(play)


def test_who_goes_while_waiting_is_passed_over_and_gives_on_what_was_just_given() -> None:
    async def play() -> None:
        desks = Desks(1)
        first = await desks.turn("a")
        waiting = [asyncio.create_task(desks.turn("a")) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        first.end()  # the turn is the second one's, who goes before taking it
        waiting[1].cancel()
        got: Turn = await waiting[2]
        got.end()
        assert await has_room(desks, "a")

    run(play)
