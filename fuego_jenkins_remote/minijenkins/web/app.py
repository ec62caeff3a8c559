"""The addresses of the embedded controller. What is not here is refused with 501 and one line."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Match, Route

from ..controller import Controller
from ..errors import NotDone, Refused
from . import build_routes, job_routes, node_routes, pages
from .access import Access
from .answers import redirect
from .context import Call, Handler, endpoint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_GET: list[tuple[str, Handler]] = [
    ("/", pages.status),
    ("/static/style.css", pages.style),
    ("/api/json", node_routes.root),
    ("/whoAmI/api/json", node_routes.who_am_i),
    ("/me/api/json", node_routes.me),
    ("/crumbIssuer/api/json", node_routes.crumb),
    ("/pluginManager/api/json", node_routes.plugins),
    ("/computer/", pages.nodes),
    ("/computer/api/json", node_routes.computers),
    ("/computer/{node}/", pages.node),
    ("/computer/{node}/api/json", node_routes.computer),
    ("/computer/{node}/config.xml", node_routes.get_node_config),
    ("/computer/{node}/jenkins-agent.jnlp", node_routes.agent),
    ("/computer/{node}/slave-agent.jnlp", node_routes.agent),
    ("/tcpSlaveAgentListener/", node_routes.agent_port),
    ("/label/{label}/api/json", node_routes.label),
    ("/view/{view}/", pages.view),
    ("/view/{view}/api/json", node_routes.view),
    ("/view/{view}/config.xml", node_routes.get_view_config),
    ("/queue/api/json", build_routes.queue),
    ("/queue/item/{id}/", build_routes.item_page),
    ("/queue/item/{id}/api/json", build_routes.item),
    ("/job/{job}/", pages.job),
    ("/job/{job}/api/json", job_routes.show),
    ("/job/{job}/config.xml", job_routes.get_config),
    ("/job/{job}/{build}/api/json", build_routes.show),
    ("/job/{job}/{build}/console", pages.console),
    ("/job/{job}/{build}/consoleText", build_routes.console_text),
    ("/job/{job}/{build}/logText/progressiveText", build_routes.progressive_text),
    ("/job/{job}/{build}/artifact/{path:path}", build_routes.artifact),
    # A build with a job's own token may be triggered by GET; the routes tell.
    ("/job/{job}/build", job_routes.build),
    ("/job/{job}/buildWithParameters", job_routes.build_with_parameters),
    ("/job/{job}/{build}/", pages.build),
]
_POST: list[tuple[str, Handler]] = [
    ("/createItem", job_routes.create),
    ("/createView", node_routes.create_view),
    ("/quietDown", node_routes.quiet_down),
    ("/cancelQuietDown", node_routes.cancel_quiet_down),
    ("/computer/doCreateItem", node_routes.create_node),
    ("/computer/{node}/config.xml", node_routes.set_node_config),
    ("/computer/{node}/doDelete", node_routes.delete_node),
    ("/computer/{node}/toggleOffline", node_routes.toggle_offline),
    ("/view/{view}/config.xml", node_routes.set_view_config),
    ("/view/{view}/doDelete", node_routes.delete_view),
    ("/queue/cancelItem", build_routes.cancel),
    ("/job/{job}/config.xml", job_routes.set_config),
    ("/job/{job}/enable", job_routes.enable),
    ("/job/{job}/disable", job_routes.disable),
    ("/job/{job}/doDelete", job_routes.delete),
    ("/job/{job}/doRename", job_routes.rename),
    ("/job/{job}/build", job_routes.build),
    ("/job/{job}/buildWithParameters", job_routes.build_with_parameters),
    ("/job/{job}/{build}/stop", build_routes.stop),
    ("/job/{job}/{build}/submitDescription", build_routes.describe),
    ("/job/{job}/{build}/configSubmit", build_routes.configure),
    ("/job/{job}/{build}/doDelete", build_routes.delete),
    ("/job/{job}/{build}/logText/progressiveText", build_routes.progressive_text),
]


def make_app(controller: Controller) -> Starlette:
    """The application of one controller; its start takes up the queue, its end stops the builds."""
    prefix = controller.settings.prefix

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        controller.start()
        yield
        controller.stop()

    async def to_slash(call: Call) -> Response:
        if "job" in call.request.path_params:
            _ = call.job
        return redirect(call.path + "/")

    methods = ["GET", "POST", "PUT", "DELETE", "PATCH"]
    routes = [Route(prefix + path, endpoint(handler), methods=["POST"]) for path, handler in _POST]
    routes += [Route(prefix + path, endpoint(handler), methods=["GET"]) for path, handler in _GET]
    routes += [
        Route(prefix + path, endpoint(to_slash), methods=["GET"])
        for path in ("", "/computer", "/computer/{node}", "/job/{job}", "/view/{view}", "/queue/item/{id}")
        if prefix or path
    ]
    routes.append(Route("/{rest:path}", endpoint(_anything_else), methods=methods))
    app = Starlette(routes=routes, lifespan=life)
    app.router.redirect_slashes = False
    app.state.controller = controller
    app.state.access = Access(controller.users, prefix)
    return app


async def _anything_else(call: Call) -> Response:
    """404 for what is below something that is not there, 405 for a GET of an action, else 501."""
    request = call.request
    parts = call.path.removeprefix(call.prefix).strip("/").split("/")
    if len(parts) > 1 and parts[0] == "job":
        call.controller.job(parts[1])
    if len(parts) > 1 and parts[0] == "computer":
        call.controller.node(parts[1])
    if request.method == "GET" and any(
        route.matches(request.scope)[0] is Match.PARTIAL for route in request.app.routes
    ):
        raise Refused(405, "this address changes something: it wants a POST")
    raise NotDone(f"{request.method} {call.path[:200]!r}")
