"""A small service: one page, a few calls, behind all that the services share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import pytest
from fastapi import FastAPI, Query, Request
from pydantic import BaseModel
from starlette.responses import Response
from starlette.testclient import TestClient

from fuego_jenkins_remote.service.guard import allow_body, install_guard
from fuego_jenkins_remote.service.pages import install_pages, render
from fuego_jenkins_remote.service.problems import Conflict, install_problem_handlers
from fuego_jenkins_remote.service.signin import Caller, Principal, Reader, install_signin
from fuego_jenkins_remote.service.watch import Figures


class Thing(BaseModel):
    name: str
    size: int


def make_service(*, public: bool = False, name: str = "hub", figures: Figures | None = None) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None)
    install_pages(app, package="fuego_jenkins_remote.vision", service=name, nav=[("Things", "/things")])
    install_signin(
        app, lambda secret: Principal(kind="user", name="Jürgen") if secret == "good" else None, public=public
    )

    @app.get("/things")
    def page(request: Request, _who: Reader) -> Response:
        return render(request, "problem.html", status=200, heading="Things", detail="<b>all</b> of them")

    @app.get("/api/v1/things")
    def list_things(who: Reader, limit: Annotated[int, Query(le=10)] = 1) -> dict[str, object]:
        return {"who": who.name if who else None, "limit": limit}

    @app.post("/api/v1/things")
    def add_thing(thing: Thing, who: Caller) -> str:
        return f"{who.name} {thing.name}"

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
