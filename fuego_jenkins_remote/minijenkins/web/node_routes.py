"""Nodes, labels, views, and the controller itself."""

from __future__ import annotations

import json

from starlette.responses import Response

from .. import nodes
from ..errors import NotDone, NotFound, Refused
from ..jobs.views import View, read_view, save_view
from . import node_beans
from .access import CRUMB_HEADER
from .answers import bean_answer, empty_answer, json_answer, redirect, xml_answer
from .context import Call
from .job_beans import view_bean

_NODE_TYPE = "hudson.slaves.DumbSlave"


async def root(call: Call) -> Response:
    """GET api/json."""
    return bean_answer(call.request, node_beans.root_bean(call.controller))


async def who_am_i(call: Call) -> Response:
    """GET whoAmI/api/json."""
    return json_answer(
        {
            "_class": "hudson.security.WhoAmI",
            "anonymous": not call.user,
            "authenticated": True,
            "authorities": ["authenticated" if call.user else "anonymous"],
            "name": call.user or "anonymous",
        }
    )


async def me(call: Call) -> Response:
    """GET me/api/json: the user, who must have given a token."""
    if not call.user:
        raise Refused(403, "/me is not available when not logged in")
    return json_answer(
        {
            "_class": "hudson.model.User",
            "absoluteUrl": f"{call.controller.root_url}user/{call.user}",
            "description": None,
            "fullName": call.user,
            "id": call.user,
            "property": [{"_class": "jenkins.security.ApiTokenProperty"}],
        }
    )


async def crumb(call: Call) -> Response:
    """GET crumbIssuer/api/json. A request with an API token needs none, and gets one all the same."""
    crumb = call.access.crumb(call.visitor)
    shown = {"_class": "hudson.security.csrf.DefaultCrumbIssuer", "crumb": crumb, "crumbRequestField": CRUMB_HEADER}
    return json_answer(shown)


async def plugins(_: Call) -> Response:
    """GET pluginManager/api/json: there are none."""
    return json_answer({"_class": "hudson.LocalPluginManager", "plugins": []})


async def quiet_down(call: Call) -> Response:
    """POST quietDown."""
    call.controller.set_quiet(True)
    return redirect(f"{call.prefix}/")


async def cancel_quiet_down(call: Call) -> Response:
    """POST cancelQuietDown."""
    call.controller.set_quiet(False)
    return redirect(f"{call.prefix}/")


async def computers(call: Call) -> Response:
    """GET computer/api/json."""
    return bean_answer(call.request, node_beans.computers_bean(call.controller))


async def computer(call: Call) -> Response:
    """GET computer/NAME/api/json."""
    return bean_answer(call.request, node_beans.computer_bean(call.controller, call.controller.node(call.part("node"))))


async def create_node(call: Call) -> Response:
    """POST computer/doCreateItem as python-jenkins' create_node does."""
    fields = await call.fields()
    if not fields.get("type", "").startswith(_NODE_TYPE):
        raise NotDone(f"a node of type {fields.get('type', '')[:80]!r}")
    try:
        settings = json.loads(fields.get("json", "{}"))
    except ValueError as error:
        raise Refused(400, f"the field json of the form is not JSON: {error}") from None
    if not isinstance(settings, dict):
        raise Refused(400, "the field json of the form is not a JSON object")
    folder = call.controller.settings.data_dir / "nodes"
    call.controller.add_node(nodes.from_form(fields.get("name", ""), settings, folder))
    return redirect(f"{call.prefix}/computer/")


async def get_node_config(call: Call) -> Response:
    """GET computer/NAME/config.xml."""
    node = call.controller.node(call.part("node"))
    if not node.name:
        raise NotDone("config.xml of the built-in node")
    return xml_answer(node.xml)


async def set_node_config(call: Call) -> Response:
    """POST computer/NAME/config.xml."""
    node = call.controller.node(call.part("node"))
    if not node.name:
        raise NotDone("configuring the built-in node")
    folder = call.controller.settings.data_dir / "nodes"
    call.controller.replace_node(node, nodes.from_xml(await call.body(), folder))
    return empty_answer()


async def delete_node(call: Call) -> Response:
    """POST computer/NAME/doDelete."""
    node = call.controller.node(call.part("node"))
    if not node.name:
        raise Refused(400, "the built-in node cannot be deleted")
    call.controller.delete_node(node)
    return redirect(f"{call.prefix}/computer/")


async def agent(call: Call) -> Response:
    """GET computer/NAME/jenkins-agent.jnlp: 404 as for any node whose agent does not come by itself."""
    node = call.controller.node(call.part("node"))
    if not node.name:
        raise NotFound("the built-in node has no agent")
    raise NotFound(f"node {node.name} needs no agent: nodes of the embedded controller are folders of its machine")


async def agent_port(_: Call) -> Response:
    """GET tcpSlaveAgentListener/: 404, as where Jenkins has no port for agents."""
    raise NotFound("there is no port for agents: nodes of the embedded controller need none")


async def toggle_offline(call: Call) -> Response:
    """POST computer/NAME/toggleOffline?offlineMessage=TEXT."""
    node = call.controller.node(call.part("node"))
    node.toggle_offline((await call.fields()).get("offlineMessage", "")[:1000])
    call.controller.schedule()
    return redirect(f"{call.prefix}/computer/{call.part('node')}/")


async def label(call: Call) -> Response:
    """GET label/NAME/api/json."""
    return bean_answer(call.request, node_beans.label_bean(call.controller, call.part("label")))


async def create_view(call: Call) -> Response:
    """POST createView?name=NAME with a list view's document."""
    name = call.request.query_params.get("name", "")
    folder = call.controller.settings.data_dir / "views"
    view = read_view(name, await call.body(), folder)
    if view.name in call.controller.views or view.name == "all":
        raise Refused(400, f"A view already exists with the name ‘{view.name}’")
    save_view(view)
    call.controller.views[view.name] = view
    return empty_answer()


async def view(call: Call) -> Response:
    """GET view/NAME/api/json; `all` is always there."""
    name = call.part("view")
    found = None if name == "all" else _view(call, name)
    return bean_answer(call.request, view_bean(call.controller, found))


async def get_view_config(call: Call) -> Response:
    """GET view/NAME/config.xml."""
    return xml_answer(_view(call, call.part("view")).xml)


async def set_view_config(call: Call) -> Response:
    """POST view/NAME/config.xml."""
    old = _view(call, call.part("view"))
    new = read_view(old.name, await call.body(), call.controller.settings.data_dir / "views")
    save_view(new)
    call.controller.views[old.name] = new
    return empty_answer()


async def delete_view(call: Call) -> Response:
    """POST view/NAME/doDelete."""
    found = _view(call, call.part("view"))
    found.path.unlink(missing_ok=True)
    del call.controller.views[found.name]
    return redirect(f"{call.prefix}/")


def _view(call: Call, name: str) -> View:
    try:
        return call.controller.views[name]
    except KeyError:
        raise NotFound(f"there is no view {name}") from None
