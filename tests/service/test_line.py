"""Writers stand in line: one at a time, first come first served, and not for ever."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from fuego_jenkins_remote.service.line import Line, TooLong
from until import until


def test_one_has_its_turn_at_a_time() -> None:
    line, inside, most = Line(), [0], [0]

    def enter(_: int) -> None:
        with line.turn(30):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.001)
            inside[0] -= 1

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(enter, range(100)))
    assert most == [1]


def test_who_came_first_is_first() -> None:
    line, order = Line(), list[int]()

    def enter(number: int) -> None:
        with line.turn(30):
            order.append(number)

    with line.turn(30):
        threads = []
        for number in range(10):
            thread = threading.Thread(target=enter, args=(number,))
            thread.start()
            threads.append(thread)
            until(lambda number=number: len(line._waiting) == number + 1)
    for thread in threads:
        thread.join()
    assert order == list(range(10))


def test_who_waits_too_long_goes_and_leaves_the_line_whole() -> None:
    line = Line()
    with line.turn(30):
        with ThreadPoolExecutor(1) as pool, pytest.raises(TooLong):
            pool.submit(lambda: line.turn(0.05).__enter__()).result()
        assert not line._waiting
    with line.turn(0.05):
        pass


def test_a_turn_that_fails_is_over() -> None:
    line = Line()
    with pytest.raises(ZeroDivisionError), line.turn(1):
        raise ZeroDivisionError
    with line.turn(0.05):
        pass
