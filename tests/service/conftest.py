"""A small service: one page, a few calls, behind all that the services share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import jinja2
import pytest
from fastapi import FastAPI, Query, Request
from pydantic import BaseModel
from starlette.responses import HTMLResponse, Response
from starlette.testclient import TestClient

from fuego_jenkins_remote.service.guard import allow_body, install_guard
from fuego_jenkins_remote.service.pages import install_pages, render
from fuego_jenkins_remote.service.problems import Conflict, install_problem_handlers
from fuego_jenkins_remote.service.signin import Caller, Form, Reader, install_signin
from fuego_jenkins_remote.service.signins import Principal
from fuego_jenkins_remote.service.watch import Figures


class Thing(BaseModel):
    name: str
    size: int


class OneDoor:
    """One token is good, and each of its sessions until it is closed."""

    def __init__(self) -> None:
        self.sessions: set[str] = set()

    def by_token(self, secret: str) -> Principal | None:
        return Principal(kind="user", name="Jürgen") if secret == "good" else None

    def by_session(self, secret: str) -> Principal | None:
        return Principal(kind="user", name="Jürgen") if secret in self.sessions else None

    def open(self, secret: str) -> str | None:
        if secret != "good":
            return None
        self.sessions.add(f"session-{len(self.sessions)}")
        return f"session-{len(self.sessions) - 1}"

    def close(self, secret: str) -> None:
        self.sessions.discard(secret)


def make_service(*, public: bool = False, name: str = "hub", figures: Figures | None = None) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None)
    install_pages(app, package="fuego_jenkins_remote.vision", service=name, nav=[("Things", "/things")])
    install_signin(app, OneDoor(), public=public)
    app.state.pages.environment.loader.loaders.append(jinja2.DictLoader({"form-of-tests.html": "{{ csrf_field }}"}))

    @app.get("/things")
    def page(request: Request, _who: Reader) -> Response:
        return render(request, "problem.html", status=200, heading="Things", detail="<b>all</b> of them")

    @app.get("/api/v1/things")
    def list_things(who: Reader, limit: Annotated[int, Query(le=10)] = 1) -> dict[str, object]:
        return {"who": who.name if who else None, "limit": limit}

    @app.post("/api/v1/things")
    def add_thing(thing: Thing, who: Caller) -> str:
        return f"{who.name} {thing.name}"

    @app.get("/form")
    def page_with_form(request: Request, _who: Reader) -> Response:
        return render(request, "form-of-tests.html")

    @app.post("/form")
    def take_form(sent: Form) -> Response:
        return HTMLResponse(f"{sent.principal.name}: {sent.fields['said']}")

    @app.put("/api/v1/large")
    async def large(request: Request, _who: Caller) -> int:
        allow_body(request, 3_000_000)
        return len(await request.body())

    @app.get("/api/v1/taken")
    def taken() -> None:
        raise Conflict("Somebody was first.", code="was-first")

    @app.get("/broken")
    @app.get("/api/v1/broken")
    def broken() -> None:
        raise RuntimeError("the secret reason")

    install_problem_handlers(app)
    install_guard(app, figures)
    return app


@pytest.fixture
def service() -> Callable[..., TestClient]:
    """Make a client of the small service; ``public`` as in install_signin."""

    def make(*, public: bool = False, base_url: str = "http://testserver", name: str = "hub") -> TestClient:
        return TestClient(make_service(public=public, name=name), follow_redirects=False, base_url=base_url)

    return make


@pytest.fixture
def client(service: Callable[..., TestClient]) -> TestClient:
    return service()
