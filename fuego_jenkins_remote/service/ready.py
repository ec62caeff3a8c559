"""Running a service: its socket, its ready line, its quiet end."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import uvicorn
from starlette.types import ASGIApp

from fuego_jenkins_remote.service.certificates import wrong_time
from fuego_jenkins_remote.service.logs import configure_logs
from fuego_jenkins_remote.service.systemd import Watchdog, tell_systemd
from fuego_jenkins_remote.service.workers import Worker, Workers, WorkersFailed

_GRACE_SECONDS = 10
_BACKLOG = 2048
_log = logging.getLogger("service")


class CannotServe(RuntimeError):
    """The service cannot start like this; the text says what to do."""


def run_service(
    app: ASGIApp,
    *,
    name: str,
    host: str,
    port: int,
    tls_cert: str | os.PathLike[str] | None = None,
    tls_key: str | os.PathLike[str] | None = None,
    behind_proxy: bool = False,
    json_ready: bool = False,
    base_url: str | None = None,
    on_url: Callable[[str], None] | None = None,
    on_stop: Callable[[], None] | None = None,
    alive: Callable[[], bool] = lambda: True,
    worker: Worker | None = None,
) -> None:
    """Serve until TERM or INT, then return.

    The first line on stdout comes when the service answers: ``NAME ready at URL``, with ``json_ready`` an object with
    service, url and pid. URL is where it listens; ``base_url``, where others reach it if that is elsewhere, stands
    behind it, or as ``base_url``. Port 0 picks a free one. ``on_url`` gets the address before anything is served;
    ``on_stop`` is called in the event loop when the end was asked for, before open answers are waited for (at most ten
    seconds): whoever holds answers back lets go of them there. systemd is told when it is ready and, where the unit has
    WatchdogSec=, that it lives, for as long as ``alive`` says so. Raises CannotServe for an address that is not to
    be had, and for one that others can reach without TLS, unless ``behind_proxy`` says that a proxy speaks TLS in front
    of it. A ``worker`` of several has its socket from its starter, and tells nobody but it that it is ready.
    """
    _check_safe(host, tls_cert, tls_key, behind_proxy=behind_proxy)
    configure_logs(name)
    with _listen(host, port) if worker is None else nullcontext(worker.listener) as listener:
        url = _url(host, listener.getsockname()[1], tls=tls_cert is not None)
        if on_url is not None:
            on_url(url)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            ssl_certfile=tls_cert,
            ssl_keyfile=tls_key,
            proxy_headers=behind_proxy,
            forwarded_allow_ips="*" if behind_proxy else None,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            backlog=_BACKLOG if worker is None else 2,
        )
        try:
            config.load()
        except OSError as error:
            raise CannotServe(f"cannot use the certificate {tls_cert} with the key {tls_key}: {error}") from error
        if worker is None:
            _say_wrong_time(tls_cert, tls_key)
        line = _ready_line(name, url, base_url, json_ready=json_ready)
        server = _Server(config, ready_line=line, on_stop=on_stop, watchdog=Watchdog(alive), worker=worker)
        with _signals_end_well():
            server.run(sockets=[listener])
    if not server.was_ready:
        raise CannotServe(f"the {name} did not start; its log above says why")


def run_workers(
    count: int,
    work: Callable[[Worker], None],
    *,
    name: str,
    host: str,
    port: int,
    tls_cert: str | os.PathLike[str] | None = None,
    tls_key: str | os.PathLike[str] | None = None,
    behind_proxy: bool = False,
    json_ready: bool = False,
    base_url: str | None = None,
) -> None:
    """Serve with `count` processes until TERM or INT, then return; the ready line comes when all of them answer.

    `work` is called in each of them and is to call `run_service` with the Worker it gets. Raises CannotServe.
    """
    _check_safe(host, tls_cert, tls_key, behind_proxy=behind_proxy)
    configure_logs(name)
    with _listen(host, port) as listener:
        _say_wrong_time(tls_cert, tls_key)
        url = _url(host, listener.getsockname()[1], tls=tls_cert is not None)
        line = _ready_line(name, url, base_url, json_ready=json_ready)
        try:
            Workers(count, work, listener, url, lambda: print(line, flush=True)).run()  # noqa: T201
        except WorkersFailed as error:
            raise CannotServe(f"the {name} did not start: {error}") from error


class _Server(uvicorn.Server):
    def __init__(
        self,
        config: uvicorn.Config,
        *,
        ready_line: str,
        on_stop: Callable[[], None] | None,
        watchdog: Watchdog,
        worker: Worker | None,
    ) -> None:
        super().__init__(config)
        self._worker = worker
        self._watchdog = watchdog
        self._ready_line = ready_line
        self._on_stop = on_stop
        self.was_ready = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and not self.should_exit:
            self.was_ready = True
            if self._worker is not None:
                self._be_a_worker(self._worker)
                return
            print(self._ready_line, flush=True)  # noqa: T201 - the line others wait for
            tell_systemd("READY=1")

    def _be_a_worker(self, worker: Worker) -> None:
        def starter_has_died() -> None:
            self.should_exit = True
            asyncio.get_running_loop().remove_reader(worker.starter)

        asyncio.get_running_loop().add_reader(worker.starter, starter_has_died)
        # asyncio takes as many connections at a time as it was told may wait. One that takes all that wait leaves
        # nothing to the others: so it was told a small number, and as many as before may wait all the same.
        worker.listener.listen(_BACKLOG)
        worker.is_ready()

    async def on_tick(self, counter: int) -> bool:
        if self._worker is None:
            self._watchdog.look()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._worker is None:
            tell_systemd("STOPPING=1")
        if self._on_stop is not None:
            self._on_stop()
        await super().shutdown(sockets)


def _ready_line(name: str, url: str, base_url: str | None, *, json_ready: bool) -> str:
    if json_ready:
        others = {"base_url": base_url} if base_url else {}
        return json.dumps({"service": name, "url": url, **others, "pid": os.getpid()})
    return f"{name} ready at {url} (for others: {base_url})" if base_url else f"{name} ready at {url}"


def _check_safe(
    host: str, tls_cert: str | os.PathLike[str] | None, tls_key: str | os.PathLike[str] | None, *, behind_proxy: bool
) -> None:
    if (tls_cert is None) != (tls_key is None):
        raise CannotServe("--tls-cert and --tls-key go together: give both or none")
    if tls_cert is None and not behind_proxy and not _is_loopback(host):
        raise CannotServe(
            f"{host} can be reached from other machines, and tokens would cross the network in the clear: give "
            "--tls-cert and --tls-key, or --behind-proxy if a proxy in front of it speaks TLS"
        )


def _say_wrong_time(tls_cert: str | os.PathLike[str] | None, tls_key: str | os.PathLike[str] | None) -> None:
    # It serves all the same: the clock may be what is wrong, and is put right meanwhile.
    if tls_cert is None or tls_key is None:
        return
    wrong = wrong_time(os.fspath(tls_cert), os.fspath(tls_key))
    if wrong:
        _log.warning("the certificate %s %s; clients refuse it as it is", os.fspath(tls_cert), wrong)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def _listen(host: str, port: int) -> Iterator[socket.socket]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        listener = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        raise CannotServe(f"cannot listen on {host} port {port}: {error.strerror or error}") from error
    with listener:
        listener.setblocking(False)
        # asyncio sets it only on sockets that name their protocol: without it an answer on a connection that was kept
        # waits 40 ms for the other side's acknowledgement of its head.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listener


def _url(host: str, port: int, *, tls: bool) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = socket.gethostname()
    name = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{name}:{port}"


@contextmanager
def _signals_end_well() -> Iterator[None]:
    # uvicorn raises the signal once more when it has ended, so that the process dies of it. A service that was asked to
    # stop and did has ended well: these handlers take that second one.
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
