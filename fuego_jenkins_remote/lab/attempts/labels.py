"""Tells Jenkins what the build of each attempt is: its name and description say request, test, board and how it ended.

It is for people's eyes alone, so it never holds up an attempt: a thread of its own tells it, the newest word of each
attempt only, slowly where many wait, and what Jenkins does not take is let go.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from fuego_jenkins_remote.client.values import Request
from fuego_jenkins_remote.lab.errors import ControllerDown
from fuego_jenkins_remote.lab.jenkins.build_labels import BuildLabel, Line
from fuego_jenkins_remote.lab.jenkins.label_calls import LabelCalls
from fuego_jenkins_remote.network.identities import AttemptId

log = logging.getLogger("fuego.lab")

SETTLE = 0.5
"""Seconds between the first word of a build and its telling: at a short test's end several words come at once."""
FEW = 20
"""More words than these that wait are told one a second, so that Jenkins has time for what matters."""
WHILE_DOWN = 15.0
"""Seconds until the next try, where Jenkins does not answer."""
MARKUP_HOLDS = 3600.0
"""Seconds for which the answer holds whether descriptions are shown as HTML."""
MOST = 2000
"""Words that wait; the oldest go first."""
LAST_WAIT = 1.0
"""Seconds that a process that ends waits for what is still to tell."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is to be said of one build."""

    job: str
    number: str
    label: BuildLabel


class BuildLabels:
    """Tells one Jenkins. `say` may be called from any thread and returns at once."""

    def __init__(self, controller: Callable[[], LabelCalls], *, settle: float = SETTLE) -> None:
        """`controller` gives a client for the thread that calls it."""
        self._controller = controller
        self._settle = settle
        self._waiting: dict[AttemptId, Told] = {}
        self._changed = threading.Condition()
        self._busy = False
        self._thread: threading.Thread | None = None
        self._html: tuple[float, bool] | None = None

    def say(self, attempt: AttemptId, told: Told) -> None:
        """Have this told, in place of what still waits for the same attempt."""
        with self._changed:
            self._waiting.pop(attempt, None)
            self._waiting[attempt] = told
            while len(self._waiting) > MOST:
                del self._waiting[next(iter(self._waiting))]
            if self._thread is None:
                self._thread = threading.Thread(target=self._tell_for_ever, name="labels", daemon=True)
                self._thread.start()
                atexit.register(self.finish)
            self._changed.notify_all()

    def finish(self, seconds: float = LAST_WAIT) -> bool:
        """Wait until all is told, at most so long; whether it is."""
        with self._changed:
            self._settle = 0.0
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._waiting and not self._busy, seconds)

    def _tell_for_ever(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                self._changed.wait_for(lambda: not self._settle, self._settle)
                attempt = next(iter(self._waiting))
                told = self._waiting.pop(attempt)
                many, self._busy = len(self._waiting) > FEW, True
            pause = self._tell(attempt, told) or (1.0 if many else 0.0)
            with self._changed:
                self._busy = False
                self._changed.notify_all()
            time.sleep(pause)

    def _tell(self, attempt: AttemptId, told: Told) -> float:
        """Tell it; seconds to wait before the next."""
        try:
            controller = self._controller()
            description = told.label.description(html=self._shows_html(controller))
            controller.label_build(told.job, told.number, told.label.display_name(told.number), description)
        except ControllerDown:
            with self._changed:
                self._waiting.setdefault(attempt, told)
            return WHILE_DOWN
        except Exception as error:  # nothing depends on it
            log.debug("%s: its build could not be described: %s", attempt, error)
        return 0.0

    def _shows_html(self, controller: LabelCalls) -> bool:
        now = time.monotonic()
        if self._html is None or now - self._html[0] > MARKUP_HOLDS:
            self._html = now, controller.shows_html()
        return self._html[1]


def label_of(
    request: Request, *, place: str, how: str, hub_url: str = "", run_url: str = "", moves_on: bool = False
) -> BuildLabel:
    """What is said of the build of `request`: `place` is HOST:BOARD or a selector, `how` tells in a few words.

    `moves_on`: the request goes on, and this is never said anew; the label then does not pretend to show how it is.
    """
    page = f"{hub_url.rstrip('/')}/requests/{request.id}" if hub_url else ""
    test = request.test if request.spec == "default" else f"{request.test} ({request.spec})"
    lines = [
        Line(what="request", text=request.id, url=page),
        Line(text=f"{test} on {place}"),
        Line(what="asked for by", text=f"{request.requester} ({request.team})" if request.team else request.requester),
        Line(what="status at this build's end" if moves_on else "status", text=how),
    ]
    if run_url:
        lines.append(Line(what="run", text=request.run_key or run_url, url=run_url))
    board = place.rpartition(":")[2]
    name = f"{request.test} on {board}"
    return BuildLabel(name=name if moves_on else f"{name}: {how}", lines=tuple(lines))
