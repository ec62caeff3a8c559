"""Figures for Prometheus: `GET /metrics`.

Labels are few and bounded: a route's template, a method, a status, a state; never a name, an id or a path. So neither
does the number of series grow, nor does a figure tell of a private request more than that it is one of so many.

Who may read: whoever has the metrics' own token (`--metrics-token-file`); without one, only callers on the same machine
that no proxy has sent here. A token of a user is no good for it: one that reads everything should not lie in the
settings of a watcher.

With several processes (`share_figures` before they start) each writes its counts into files of one folder, and
whichever answers adds them all up.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, values
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from fuego_jenkins_remote import __version__
from fuego_jenkins_remote.service.problems import Forbidden, NotSignedIn

_SHARED = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-proto", "x-real-ip", "via")
_routes = APIRouter(include_in_schema=False)


def share_figures(folder: Path) -> None:
    """Let the processes that are forked from now on count together, in files of this folder, which is empty."""
    os.environ[_SHARED] = os.fspath(folder)
    # What is kept where was decided when the library was imported, before this was known.
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


def forget_process(pid: int) -> None:
    """A process that counted has ended: what it had open is open no more."""
    if _SHARED in os.environ:
        mark_process_dead(pid)  # type: ignore[no-untyped-call]


class Metrics:
    """What a service counts. ``more``: collectors that look when they are asked, as at a database."""

    def __init__(self, service: str, more: Iterable[Collector] = ()) -> None:
        """Nothing has happened yet."""
        self._more = tuple(more)
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "fuego_http_requests",
            "Answers, by the route's template; 499: the caller had gone.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "fuego_http_request_seconds",
            "Until the answer began, without what a long poll waited on purpose.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.refused = Counter(
            "fuego_calls_refused",
            "Calls that were answered 429, by what called too often: a lab, a user, an address without a good token.",
            ("caller",),
            registry=self.registry,
        )
        info = Gauge(
            "fuego_build_info",
            "1; the version is in the label.",
            ("service", "version"),
            registry=self.registry,
            multiprocess_mode="max",
        )
        info.labels(service=service, version=__version__).set(1)
        if _SHARED not in os.environ:
            ProcessCollector(registry=self.registry)
            for one in self._more:
                self.registry.register(one)

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """One more answer; see ``service.watch``."""
        self.requests.labels(method=method, route=route, status=str(status)).inc()
        self.seconds.labels(method=method, route=route).observe(seconds)

    def refuse(self, kind: str) -> None:
        """One more call that was refused; see ``service.limits``."""
        self.refused.labels(caller=kind).inc()

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        if _SHARED not in os.environ:
            return generate_latest(self.registry)
        whole = CollectorRegistry()
        MultiProcessCollector(whole)  # type: ignore[no-untyped-call]
        for one in self._more:
            whole.register(one)
        return generate_latest(whole)


def gauge(name: str, said: str, values: Mapping[tuple[str, ...], float], labels: tuple[str, ...] = ()) -> Metric:
    """A figure that was just looked up, for a collector: its values by their labels'."""
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(name, said, labels=labels)
    for given, value in values.items():
        family.add_metric(given, value)
    return family


def install_metrics(app: FastAPI, metrics: Metrics, *, token: str | None, behind_proxy: bool) -> None:
    """Give the app /metrics, for who has the token; without one for callers on this machine, where no proxy is."""
    app.state.metrics = metrics
    app.state.metrics_token = token
    app.state.metrics_behind_proxy = behind_proxy
    app.include_router(_routes)


@_routes.get("/metrics")
def show_metrics(request: Request) -> Response:
    """The figures, as text."""
    _must_be_allowed(request)
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)


def _must_be_allowed(request: Request) -> None:
    token: str | None = request.app.state.metrics_token
    if token is not None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
            raise NotSignedIn("The figures are for who has their own token (--metrics-token-file).")
    elif request.app.state.metrics_behind_proxy or not _is_local(request):
        raise Forbidden("The figures are for this machine alone, unless the service has --metrics-token-file.")


def _is_local(request: Request) -> bool:
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
