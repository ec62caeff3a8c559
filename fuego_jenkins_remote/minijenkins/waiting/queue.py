"""The build queue: items, their states and the sentence that says why one waits.

An item is waiting (quiet period), blocked (the job runs already), buildable (no executor), or left (started or
cancelled). The strings are those of Jenkins 2.528.3.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import Refused, SetupError
from ..jobs.builds import Cause, now_ms
from ..store import write_text
from .placement import Wait
from .spans import time_span

KEPT_SECONDS = 300
_MOST_ITEMS = 10_000
_MOST_CAUSES = 100


@dataclass(kw_only=True, eq=False)
class Item:
    """One item of the queue. Times in `_ms` are since 1970; `reason` is that of the last look at it."""

    id: int
    job: str
    parameters: dict[str, str] | None
    causes: list[Cause]
    since_ms: int
    due_ms: int
    state: str = "waiting"
    reason: str = ""
    stuck: bool = False
    until_ms: int = 0
    buildable_ms: int = 0
    cancelled: bool = False
    build: int | None = None
    left_at: float = 0.0

    @property
    def why(self) -> str | None:
        """Why it waits, in Jenkins' words; None when it has left."""
        if self.state == "left":
            return None
        if self.state == "waiting":
            left = self.due_ms - now_ms()
            if left <= 0:
                return "Finished waiting"
            return f"In the quiet period. Expires in {time_span(left)}"
        if self.state == "blocked":
            left = self.until_ms - now_ms()
            return f"{self.reason} (ETA: {time_span(left) if left > 0 else 'N/A'})"
        return self.reason

    def hold(self, wait: Wait) -> None:
        """Let it wait, blocked or buildable."""
        self.buildable_ms = self.buildable_ms or now_ms()
        self.state, self.reason, self.stuck, self.until_ms = wait.state, wait.reason, wait.stuck, wait.until_ms

    def leave(self, *, build: int | None) -> None:
        """It has become a build, or (None) it was cancelled."""
        self.state, self.stuck, self.build = "left", False, build
        self.cancelled = build is None
        self.left_at = time.monotonic()


class Queue:
    """The items by id, in the order they came. Left ones can be read for 300 s, as in Jenkins."""

    def __init__(self) -> None:
        """An empty queue whose first id is 1."""
        self._items: dict[int, Item] = {}
        self._next_id = 1

    def put(self, job: str, parameters: dict[str, str] | None, cause: Cause, quiet_seconds: float) -> tuple[Item, bool]:
        """Add an item, or give the waiting one with the same job and parameters one more cause.

        Gives the item, and whether it was there before. Raises `Refused` (503) when the queue is full.
        """
        for item in self.waiting():
            if item.job == job and item.parameters == parameters:
                # A timer may ask each minute, for as long as a node is away.
                if len(item.causes) < _MOST_CAUSES:
                    item.causes.append(cause)
                return item, True
        self._forget()
        if len(self._items) >= _MOST_ITEMS:
            raise Refused(503, f"the queue is full ({_MOST_ITEMS} items)", bare=True)
        since = now_ms()
        item = Item(
            id=self._next_id,
            job=job,
            parameters=parameters,
            causes=[cause],
            since_ms=since,
            due_ms=since + int(quiet_seconds * 1000),
        )
        self._next_id += 1
        self._items[item.id] = item
        return item, False

    def get(self, item_id: int) -> Item | None:
        """The item of this id, also one that has left a short time ago."""
        self._forget()
        return self._items.get(item_id)

    def waiting(self) -> list[Item]:
        """Everything that has not left, oldest first."""
        return [item for item in self._items.values() if item.state != "left"]

    def save(self, path: Path) -> None:
        """Write what waits and the next id; called on a clean stop, as Jenkins does."""
        items = [asdict(item) for item in self.waiting()]
        write_text(path, json.dumps({"next_id": self._next_id, "items": items}, ensure_ascii=False))

    def load(self, path: Path) -> None:
        """Take up what was saved; the file is removed, so that after a kill nothing is started twice.

        Raises `SetupError` when it is not readable as such.
        """
        try:
            saved = json.loads(path.read_text("utf-8"))
            self._next_id = int(saved["next_id"])
            for fields in saved["items"]:
                fields["causes"] = [Cause(**cause) for cause in fields["causes"]]
                self._items[int(fields["id"])] = Item(**fields)
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SetupError(f"{path}: {error}; remove it to start with an empty queue") from None
        path.unlink()

    def _forget(self) -> None:
        oldest = time.monotonic() - KEPT_SECONDS
        for item in [i for i in self._items.values() if i.state == "left" and i.left_at < oldest]:
            del self._items[item.id]
