"""A proxy on loopback between a lab and one service, which holds a named request where a test wants it held.

It runs in a thread of the test. Each connection carries one request: so what is held holds up nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit

_HEAD_END = b"\r\n\r\n"
_CHUNK = 2**16


class At(Enum):
    """Where on its way a request is held."""

    BEFORE = "before it is passed on"
    BODY = "when half of its body is passed on"
    AFTER = "when it is answered, before the answer is passed on"


@dataclass(eq=False)
class Hold:
    """One request to be held: the first from now on that fits. With AFTER, `answer` must be found in the answer."""

    method: str
    path: re.Pattern[str]
    at: At
    answer: re.Pattern[bytes]
    _loop: asyncio.AbstractEventLoop
    _held: threading.Event = field(default_factory=threading.Event)
    _decided: asyncio.Event = field(default_factory=asyncio.Event)
    _goes_on: bool = False
    taken: bool = False

    @property
    def is_held(self) -> bool:
        return self._held.is_set()

    def wait(self, seconds: float = 90) -> None:
        """Until the request is held."""
        assert self._held.wait(seconds), f"no {self.method} {self.path.pattern} was seen within {seconds:.0f} s"

    def let_go(self) -> None:
        """Pass on what was held."""
        self._goes_on = True
        self._loop.call_soon_threadsafe(self._decided.set)

    def drop(self) -> None:
        """Break the connection off, to both sides."""
        self._loop.call_soon_threadsafe(self._decided.set)

    def fits(self, method: str, path: str, at: At, answer: bytes = b"") -> bool:
        """Whether this is the request, now taken."""
        fits = (method, at) == (self.method, self.at) and self.path.search(path) is not None
        if self.taken or not fits or not self.answer.search(answer):
            return False
        self.taken = True
        return True

    async def goes_on(self) -> bool:
        """Tell the test, and wait for what it decides."""
        self._held.set()
        await self._decided.wait()
        return self._goes_on


class HoldingProxy:
    """Listens on a free port of loopback and passes on to `url`; `self.url` is to be used in its place."""

    def __init__(self, url: str) -> None:
        """Start to listen."""
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._loop = asyncio.new_event_loop()
        self._holds: list[Hold] = []
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy to {url}", daemon=True)
        self._thread.start()
        start = asyncio.start_server(self._connection, "127.0.0.1", 0, limit=_CHUNK)
        self._server = asyncio.run_coroutine_threadsafe(start, self._loop).result(60)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{parts.path}"

    @contextlib.contextmanager
    def holding(self, method: str, path: str, at: At, answer: bytes = b"") -> Iterator[Hold]:
        """Hold the next `method` whose path has `path` (a regular expression); at the end it is let go."""
        hold = Hold(method, re.compile(path), at, re.compile(answer), self._loop)
        self._holds.append(hold)
        try:
            yield hold
        finally:
            self._holds.remove(hold)
            hold.let_go()

    def close(self) -> None:
        """Break off what is open, and end."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._exchange(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # one side has gone: so does the other
        finally:
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(_HEAD_END)
        method, path, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        body = await reader.readexactly(_length(head))
        if not await self._passes(method, path, At.BEFORE):
            return
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        try:
            half = len(body) // 2
            far_writer.write(_once(head) + body[:half])
            await far_writer.drain()
            if not await self._passes(method, path, At.BODY):
                return
            far_writer.write(body[half:])
            answer = await _unless_gone(reader, far_reader)
            if await self._passes(method, path, At.AFTER, answer):
                writer.write(answer)
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        finally:
            far_writer.transport.abort()

    async def _passes(self, method: str, path: str, at: At, answer: bytes = b"") -> bool:
        for hold in list(self._holds):
            if hold.fits(method, path, at, answer):
                return await hold.goes_on()
        return True


def _length(head: bytes) -> int:
    found = re.search(rb"(?im)^content-length: *(\d+)", head)
    return int(found[1]) if found else 0


def _once(head: bytes) -> bytes:
    """The same head, for a connection that ends with its answer."""
    kept = re.sub(rb"(?im)^connection:[^\r]*\r\n", b"", head)
    return kept.removesuffix(b"\r\n") + b"Connection: close\r\n\r\n"


async def _unless_gone(asker: asyncio.StreamReader, answers: asyncio.StreamReader) -> bytes:
    """The whole answer; OSError when there is none, or who asked has gone before it came."""
    gone, answer = asyncio.ensure_future(asker.read(1)), asyncio.ensure_future(answers.read())
    try:
        await asyncio.wait({gone, answer}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            raise ConnectionResetError("who asked has gone")
        if not (data := answer.result()):
            raise ConnectionResetError("no answer")
        return data
    finally:
        for task in (gone, answer):
            task.cancel()
        await asyncio.gather(gone, answer, return_exceptions=True)
