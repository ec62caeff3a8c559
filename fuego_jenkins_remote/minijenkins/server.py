"""Starts the embedded controller on an address and stops it cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ipaddress
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from .controller import Controller
from .errors import SetupError
from .people.users import Users, password_from_file, token_from_file
from .settings import Settings
from .web.app import make_app
from .web.patience import PatientProtocol

# Further ones get 503; below the 1024 files that a process may have open by default.
_MOST_CONNECTIONS = 500


@dataclass(frozen=True, kw_only=True)
class Tls:
    """Files of a certificate chain and its key (PEM)."""

    certificate: Path
    key: Path


def serve(
    data_dir: Path,
    host: str = "127.0.0.1",
    port: int = 8090,
    prefix: str = "/fuego",
    announce: Callable[[str], None] = lambda _: None,
    *,
    labels: Sequence[str] = (),
    user: str | None = None,
    token_file: Path | None = None,
    password_file: Path | None = None,
    tls: Tls | None = None,
) -> None:
    """Serve until TERM or Ctrl-C, then stop cleanly: the queue is kept, running builds are lost and get TERM.

    `announce` gets the address, like `http://127.0.0.1:8090/fuego`, once it answers; port 0 picks a free one.
    `labels` are further labels of the built-in node. `user` gets the token in `token_file` (made, mode 600, when the
    file is missing) and, if there is one, the password in `password_file`. Without any user in the data folder the
    controller is open to everyone who reaches it, and only a loopback address is accepted. Raises `SetupError`.
    """
    settings = Settings(data_dir=data_dir.resolve(), prefix=_checked_prefix(prefix), labels=tuple(labels))
    _prepare(settings, user, token_file, password_file)
    asyncio.run(run(settings, host, port, announce, signals=True, tls=tls))


async def run(
    settings: Settings,
    host: str,
    port: int,
    announce: Callable[[str], None],
    stop: asyncio.Event | None = None,
    *,
    signals: bool = False,
    tls: Tls | None = None,
    make: Callable[[Settings, str], Controller] = Controller,
) -> None:
    """The same inside a running event loop, until `stop` is set (or, with `signals`, TERM or INT comes).

    `make` gives the controller of these settings at this address.
    """
    _refuse_open_network(settings, host)
    listener = _listen(host, port)
    address = f"{'https' if tls else 'http'}://{_url_host(host)}:{listener.getsockname()[1]}{settings.prefix}"
    controller = make(settings, f"{address}/")
    config = uvicorn.Config(
        make_app(controller),
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
        # Longer than any client waits between two questions: none shall meet a connection that is just closing.
        timeout_keep_alive=75,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
        ws="none",
        http=functools.partial(PatientProtocol, settings.head_seconds),  # type: ignore[arg-type]
        limit_concurrency=_MOST_CONNECTIONS,
    )
    try:
        config.load()
    except OSError as error:
        listener.close()
        raise SetupError(f"the certificate and key (--tls-cert, --tls-key) cannot be used: {error}") from None
    server = _Server(config)
    stop = stop or asyncio.Event()
    if signals:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    try:
        await server.answers.wait()
        announce(address)
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        server.should_exit = True
        await serving
        stopping.cancel()


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers, which would end the process by the signal again."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answers.set()


def _prepare(settings: Settings, user: str | None, token_file: Path | None, password_file: Path | None) -> None:
    if bool(user) != bool(token_file or password_file):
        raise SetupError("--user and --token-file (or --password-file) belong together")
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(f"data folder {settings.data_dir}: {error}") from None
    users = Users(settings.data_dir)
    if user and token_file:
        users.add(user, token_from_file(token_file))
    if user and password_file:
        users.set_password(user, password_from_file(password_file))


def _refuse_open_network(settings: Settings, host: str) -> None:
    if _is_loopback(host) or Users(settings.data_dir).configured:
        return
    raise SetupError(
        f"an open controller is not put on {host}: anybody there could run anything here."
        " Give it a user (--user NAME --token-file FILE) or use 127.0.0.1"
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise SetupError(f"cannot listen on {host} port {port}: {error}") from None
    # asyncio sets it only on sockets that name their protocol: without it an answer on a connection that was kept
    # waits 40 ms for the other side's acknowledgement of its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _url_host(host: str) -> str:
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host


def _checked_prefix(prefix: str) -> str:
    prefix = prefix.rstrip("/")
    if prefix and (not prefix.startswith("/") or not prefix.replace("/", "").replace("-", "").isalnum()):
        raise SetupError(f"prefix {prefix!r} is not like /fuego")
    return prefix
