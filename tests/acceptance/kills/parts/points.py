"""The points of a request's way at which it is held, while a part of the network is killed."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from holding_proxy import At, Hold

from fuego_jenkins_remote.network.states import State
from lab_in_trouble import LOCAL_JOB

_SOME_ATTEMPT = rb'"attempts": ?\[\{'


class Stop(Protocol):
    """A request's way is held at a point."""

    def reached(self, request: str) -> None:
        """Wait until the request is there."""

    def go_on(self, killed: str) -> None:
        """Let it go on, after a part was killed and started again."""


@dataclass
class Held:
    """A call of the lab is held by the proxy."""

    hold: Hold
    service: str

    def reached(self, _request: str) -> None:
        self.hold.wait()

    def go_on(self, killed: str) -> None:
        # The answer to one that has gone, or of one that has gone, arrives nowhere; a call that was on its way
        # when its sender was killed arrives late.
        if killed == self.service or (killed == "bridge" and self.hold.at is not At.BEFORE):
            self.hold.drop()
        else:
            self.hold.let_go()


@dataclass
class Watched:
    """Something else than a call holds it."""

    is_there: Callable[[str], object]
    release: Callable[[], object]

    def reached(self, request: str) -> None:
        self.is_there(request)

    def go_on(self, _killed: str) -> None:
        self.release()


Point = Callable[[Any], AbstractContextManager[Stop]]


def call(service: str, method: str, path: str, at: At, answer: bytes = b"") -> Point:
    """The point where the lab calls a service."""

    @contextlib.contextmanager
    def point(stage: Any) -> Iterator[Stop]:
        with stage.proxies[service].holding(method, path, at, answer) as hold:
            yield Held(hold, service)

    return point


triggering = call("jenkins", "POST", "/job/remote-request-eins/build", At.BEFORE)


@contextlib.contextmanager
def queued(stage: Any) -> Iterator[Stop]:
    """Its job waits in Jenkins' queue for work of the lab itself, which came just before it was triggered."""
    controller = stage.controller
    with contextlib.ExitStack() as work, triggering(stage) as trigger:

        def is_queued(request: str) -> None:
            trigger.reached(request)
            work.enter_context(_local_work(stage))
            trigger.go_on("nobody")
            stage.until(lambda: any(str(item.attempt) == f"{request}.1" for item in controller.queue()), "it is queued")

        yield Watched(is_queued, work.close)


@contextlib.contextmanager
def _local_work(stage: Any) -> Iterator[None]:
    """The board's only executor is taken."""
    jenkins, hold = stage.controller._server, stage.rw / "hold-local-work"
    hold.touch()
    jenkins.create_job("local-work", LOCAL_JOB.format(node="eins", hold=hold))
    try:
        jenkins.build_job("local-work")
        stage.until(lambda: any(one.building for one in stage.controller.builds("local-work")), "local work runs")
        yield
    finally:
        hold.unlink()
        stage.controller.delete_job("local-work")


@contextlib.contextmanager
def locked(stage: Any, board: str = "eins") -> Iterator[Stop]:
    """Its job's script waits for the board's lock."""
    path = stage.rw / "remote" / "locks" / f"{board}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield Watched(stage.script, lambda: fcntl.flock(file, fcntl.LOCK_UN))


@contextlib.contextmanager
def running(stage: Any) -> Iterator[Stop]:
    """Its test runs."""
    stage.hold()

    def runs(request: str) -> None:
        stage.comes_to(request, State.RUNNING)
        stage.until(lambda: stage.begun(request), "the test has begun")

    yield Watched(runs, stage.release)


@contextlib.contextmanager
def collecting(stage: Any) -> Iterator[Stop]:
    """Its script has put everything together but not shown it in the outbox yet."""
    (stage.rw / "hold-collecting").touch()
    collecting = stage.rw / "collecting"
    yield Watched(
        lambda _: stage.until(collecting.exists, "the script collects"), (stage.rw / "hold-collecting").unlink
    )


POINTS: dict[str, Point] = {
    "claim answered": call("hub", "POST", "/claims$", At.AFTER, _SOME_ATTEMPT),
    "trigger on its way": triggering,
    "triggered": call("jenkins", "POST", "/job/remote-request-eins/build", At.AFTER),
    "queued": queued,
    "board locked": locked,
    "start on its way": call("hub", "POST", "/start$", At.BEFORE),
    "started": call("hub", "POST", "/start$", At.AFTER),
    "running": running,
    "collecting": collecting,
    "tested on its way": call("hub", "POST", "/tested$", At.BEFORE),
    "tested": call("hub", "POST", "/tested$", At.AFTER),
    "packaged": call("vision", "PUT", "/runs/", At.BEFORE),
    "half pushed": call("vision", "PUT", "/runs/", At.BODY),
    "pushed": call("vision", "PUT", "/runs/", At.AFTER),
    "done on its way": call("hub", "POST", "/done$", At.BEFORE),
    "done": call("hub", "POST", "/done$", At.AFTER),
}
