"""A proxy that knows CONNECT only, as a process: `connect_proxy.py ADDRESS FOLDER [NAME=ADDRESS ...]`.

It says its port in its first line. What it was asked to connect to stands in FOLDER/targets, a line each, and every
byte that it saw, of whichever direction, in FOLDER/seen. Names given to it are known to nobody else, so whoever comes
through to one came through here. It refuses targets called `forbidden`.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path


class Proxy:
    """Relays, and keeps what it saw."""

    def __init__(self, folder: Path, names: dict[str, str]) -> None:
        self._targets = (folder / "targets").open("a", buffering=1)
        self._seen = (folder / "seen").open("ab", buffering=0)
        self._names = names

    async def serve(self, address: str) -> None:
        """Listen on a free port until killed."""
        server = await asyncio.start_server(self._client, address, 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self._seen.write(head)
        method, target, _ = head.decode("latin-1").split(" ", 2)
        host, _, port = target.rpartition(":")
        self._targets.write(f"{method} {target}\n")
        if method != "CONNECT" or host.startswith("forbidden"):
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection(self._names.get(host, host), int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(self._relay(reader, far_writer), self._relay(far_reader, writer))

    async def _relay(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(2**16):
                self._seen.write(data)
                sink.write(data)
                await sink.drain()
        with suppress(OSError):
            sink.close()


class RunningProxy:
    """The proxy as a test has it; `url` is what goes into HTTPS_PROXY."""

    def __init__(self, folder: Path, address: str, *names: str, within: Sequence[str] = ()) -> None:
        """`within` is what the command begins with, to start it in another network namespace."""
        folder.mkdir(parents=True)
        self._folder = folder
        self._process = subprocess.Popen(
            [*within, sys.executable, __file__, address, str(folder), *names],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        port = self._process.stdout.readline().strip()
        assert port, "the proxy did not start"
        self.url = f"http://{address}:{port}"

    @property
    def targets(self) -> list[str]:
        """What it was asked for so far, like `CONNECT hub.fuego.test:8700`."""
        return (self._folder / "targets").read_text().splitlines()

    @property
    def seen(self) -> bytes:
        """Every byte that passed."""
        return (self._folder / "seen").read_bytes()

    def forget(self) -> None:
        """Begin anew with `targets` and `seen`."""
        for name in ("targets", "seen"):
            os.truncate(self._folder / name, 0)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


if __name__ == "__main__":
    given = dict(argument.split("=", 1) for argument in sys.argv[3:])
    asyncio.run(Proxy(Path(sys.argv[2]), given).serve(sys.argv[1]))
