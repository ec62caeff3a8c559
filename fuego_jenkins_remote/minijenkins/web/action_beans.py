"""The parts of builds and queue items in Jenkins' API: parameters, causes, artifacts. Visibilities as in 2.528.3."""

from __future__ import annotations

from urllib.parse import quote

from ..jobs.builds import Cause
from ..jobs.job import Job
from ..jobs.parameters import Parameter
from .exported import Bean, Value, prop


def definitions(job: Job) -> Bean:
    """The declared parameters of a job, as an action and as a property of it."""
    definitions = [_definition(parameter) for parameter in job.config.parameters]
    return Bean(
        class_name="hudson.model.ParametersDefinitionProperty",
        properties=[prop("parameterDefinitions", definitions, 2)],
    )


def _definition(parameter: Parameter) -> Bean:
    properties = [
        prop("defaultParameterValue", _value(parameter.name, parameter.default, parameter.kind), 3),
        prop("description", parameter.description, 3),
        prop("name", parameter.name, 3),
        prop("type", f"{parameter.kind}ParameterDefinition", 3),
    ]
    if parameter.kind == "Choice":
        properties.append(prop("choices", list(parameter.choices), 3))
    return Bean(class_name=f"hudson.model.{parameter.kind}ParameterDefinition", properties=properties)


def _value(name: str, value: str, kind: str) -> Bean:
    # A choice is a string once it is made.
    shown = "String" if kind == "Choice" else kind
    return Bean(
        class_name=f"hudson.model.{shown}ParameterValue",
        properties=[prop("name", name, 3), prop("value", value == "true" if kind == "Boolean" else value, 4)],
    )


def actions(
    job: Job | None, parameters: dict[str, str] | None, causes: tuple[Cause, ...], aborted: bool
) -> list[Bean | str | None]:
    """What Jenkins calls actions of a build or a queue item: parameters, causes, the mark of an abort.

    `job` knows of what kind the parameters are; None for a job that is gone.
    """
    actions: list[Bean | str | None] = []
    if parameters is not None:
        kinds = {parameter.name: parameter.kind for parameter in job.config.parameters} if job else {}
        values = [_value(name, value, kinds.get(name, "String")) for name, value in parameters.items()]
        actions.append(Bean(class_name="hudson.model.ParametersAction", properties=[prop("parameters", values, 2)]))
    actions.append(
        Bean(
            class_name="hudson.model.CauseAction",
            properties=[prop("causes", lambda: [_cause(cause) for cause in causes], 2)],
        )
    )
    if aborted:
        actions.append(Bean(class_name="jenkins.model.InterruptedBuildAction"))
    return actions


def _cause(cause: Cause) -> Bean:
    shown: dict[str, Value]
    if cause.kind == "upstream":
        class_name = "hudson.model.Cause$UpstreamCause"
        shown = {
            "upstreamBuild": cause.upstream_build,
            "upstreamProject": cause.upstream_job,
            "upstreamUrl": f"job/{quote(cause.upstream_job)}/",
        }
    elif cause.kind == "remote":
        class_name, shown = "hudson.model.Cause$RemoteCause", {"addr": cause.address, "note": cause.note}
    elif cause.kind == "timer":
        class_name, shown = "hudson.triggers.TimerTrigger$TimerTriggerCause", {}
    else:
        class_name = "hudson.model.Cause$UserIdCause"
        shown = {"userId": cause.user or None, "userName": cause.user or "anonymous"}
    shown = {"shortDescription": cause.text, **shown}
    return Bean(
        class_name=class_name,
        properties=[prop(name, value, 3) for name, value in shown.items()],
    )


def artifact(path: str) -> Bean:
    """One archived file."""
    name = path.rpartition("/")[2]
    return Bean(properties=[prop("displayPath", name, 3), prop("fileName", name, 3), prop("relativePath", path, 3)])
