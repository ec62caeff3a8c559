"""Freestyle jobs: what their config.xml says, and what of it the embedded controller cannot do.

Element names are those of Jenkins core 2.528.3 (jenkins-job-builder 6.5.0 writes them). An element that changes what a
build does and is not known here lands in `JobConfig.unsupported`: the job is stored, but its builds fail at once and
name it. Nothing is skipped in silence.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..documents import flag, number, text_of
from ..errors import BadSchedule, Refused
from ..waiting.cron import schedule
from .parameters import KINDS, Parameter, read_parameter
from .results import Result

FREESTYLE = "project"


@dataclass(frozen=True, kw_only=True)
class ShellStep:
    """One `hudson.tasks.Shell`; `unstable_return` is the exit status that means UNSTABLE, 0 for none."""

    command: str
    unstable_return: int


@dataclass(frozen=True, kw_only=True)
class Archiver:
    """One `hudson.tasks.ArtifactArchiver`: Ant patterns of what to keep."""

    artifacts: str
    excludes: str
    allow_empty: bool
    only_if_successful: bool
    case_sensitive: bool
    default_excludes: bool


@dataclass(frozen=True, kw_only=True)
class Downstream:
    """One `hudson.tasks.BuildTrigger`: jobs to start when the result is no worse than the threshold."""

    jobs: tuple[str, ...]
    threshold: Result


@dataclass(frozen=True, kw_only=True)
class Discarder:
    """Core's LogRotator; -1 keeps everything."""

    days: int = -1
    builds: int = -1
    artifact_days: int = -1
    artifact_builds: int = -1


@dataclass(frozen=True, kw_only=True)
class JobConfig:
    """A job's config.xml, read. `quiet_seconds` is None where the controller's own applies."""

    description: str
    display_name: str
    disabled: bool
    concurrent: bool
    quiet_seconds: int | None
    label: str
    workspace: str
    auth_token: str
    parameterized: bool
    parameters: tuple[Parameter, ...]
    steps: tuple[ShellStep, ...]
    archivers: tuple[Archiver, ...]
    downstream: tuple[Downstream, ...]
    discarder: Discarder | None
    timers: tuple[str, ...]
    unsupported: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(kw_only=True)
class _Reader:
    """Collects what the config.xml of one job says, element by element."""

    parameterized: bool = False
    parameters: list[Parameter] = field(default_factory=list)
    steps: list[ShellStep] = field(default_factory=list)
    archivers: list[Archiver] = field(default_factory=list)
    downstream: list[Downstream] = field(default_factory=list)
    discarder: Discarder | None = None
    timers: list[str] = field(default_factory=list)
    unsupported: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def unknown(self, name: str) -> None:
        """An element that is not done here: of core's own the build must fail, those of plugins Jenkins drops."""
        if name in _CORE:
            self.unsupported.append(name)
        else:
            self.notes.append(f"{name} belongs to a plugin; it is left out, as by a Jenkins without that plugin")

    def property(self, element: ET.Element) -> None:
        if element.tag == "hudson.model.ParametersDefinitionProperty":
            self.parameterized = True
            for definition in element.iterfind("parameterDefinitions/*"):
                self.parameter(definition)
        elif element.tag == "jenkins.model.BuildDiscarderProperty":
            strategy = element.find("strategy")
            if strategy is not None:
                self.rotator(strategy)
        else:
            self.unknown(element.tag)

    def parameter(self, element: ET.Element) -> None:
        if element.tag in KINDS:
            self.parameters.append(read_parameter(element))
        else:
            self.unknown(element.tag)

    def rotator(self, element: ET.Element) -> None:
        if element.get("class", "hudson.tasks.LogRotator") != "hudson.tasks.LogRotator":
            self.unknown(str(element.get("class")))
            return
        self.discarder = Discarder(
            days=number(element, "daysToKeep", -1),
            builds=number(element, "numToKeep", -1),
            artifact_days=number(element, "artifactDaysToKeep", -1),
            artifact_builds=number(element, "artifactNumToKeep", -1),
        )

    def builder(self, element: ET.Element) -> None:
        if element.tag != "hudson.tasks.Shell":
            self.unknown(element.tag)
            return
        self.steps.append(
            ShellStep(
                command=(element.findtext("command") or "").replace("\r\n", "\n"),
                unstable_return=number(element, "unstableReturn", 0),
            )
        )

    def publisher(self, element: ET.Element) -> None:
        if element.tag == "hudson.tasks.ArtifactArchiver":
            self.archivers.append(
                Archiver(
                    artifacts=text_of(element, "artifacts"),
                    excludes=text_of(element, "excludes"),
                    allow_empty=flag(element, "allowEmptyArchive"),
                    only_if_successful=flag(element, "onlyIfSuccessful"),
                    case_sensitive=flag(element, "caseSensitive", True),
                    default_excludes=flag(element, "defaultExcludes", True),
                )
            )
            if flag(element, "fingerprint"):
                self.notes.append("fingerprints of artifacts are not recorded by the embedded controller")
        elif element.tag == "hudson.tasks.BuildTrigger":
            names = text_of(element, "childProjects").split(",")
            self.downstream.append(
                Downstream(
                    jobs=tuple(name.strip() for name in names if name.strip()),
                    threshold=Result.named(text_of(element, "threshold/name", "SUCCESS")),
                )
            )
        else:
            self.unknown(element.tag)

    def trigger(self, element: ET.Element) -> None:
        if element.tag == "hudson.triggers.TimerTrigger":
            self.timer(element.findtext("spec") or "")
        else:
            self.unknown(element.tag)

    def timer(self, spec: str) -> None:
        try:
            schedule(spec, "")
        except BadSchedule as error:
            # Jenkins says so in its form only: what is posted it takes, and drops the timer without a word.
            raise Refused(400, f"the timer of this job: {error}") from None
        self.timers.append(spec)


# Direct children of <project> that say nothing about what a build does, or are read elsewhere.
_PLAIN = {
    "actions",
    "assignedNode",
    "authToken",
    "canRoam",
    "concurrentBuild",
    "customWorkspace",
    "description",
    "disabled",
    "displayName",
    "jdk",
    "keepDependencies",
    "quietPeriod",
    "scmCheckoutRetryCount",
}
# What core itself can do in a freestyle job and the embedded controller cannot: everything else is of plugins.
_CORE = {
    "blockBuildWhenDownstreamBuilding",
    "blockBuildWhenUpstreamBuilding",
    "hudson.model.FileParameterDefinition",
    "hudson.model.PasswordParameterDefinition",
    "hudson.model.RunParameterDefinition",
    "hudson.tasks.BatchFile",
    "hudson.tasks.Fingerprinter",
    "hudson.tasks.Maven",
    "hudson.triggers.SCMTrigger",
    "jenkins.triggers.ReverseBuildTrigger",
}
_MUST_BE_FALSE = ("blockBuildWhenDownstreamBuilding", "blockBuildWhenUpstreamBuilding")


def read_job(root: ET.Element) -> JobConfig:
    """Read a job's configuration. Raises `Refused` (500) when it is no freestyle job or a number is none."""
    if root.tag != FREESTYLE:
        raise Refused(500, f"<{root.tag[:80]}>: the embedded controller knows freestyle jobs (<project>) only")
    reader = _Reader()
    label = "" if flag(root, "canRoam") else text_of(root, "assignedNode")
    for name in _unknown_children(root):
        reader.unknown(name)
    if any(char in label for char in "&|!<>()\"' "):
        reader.unsupported.append(f"assignedNode {label} (label expressions)")
    _read_parts(root, reader)
    return JobConfig(
        description=root.findtext("description") or "",
        display_name=text_of(root, "displayName"),
        disabled=flag(root, "disabled"),
        concurrent=flag(root, "concurrentBuild"),
        quiet_seconds=number(root, "quietPeriod", 0) if text_of(root, "quietPeriod") else None,
        label=label,
        workspace=text_of(root, "customWorkspace"),
        auth_token=text_of(root, "authToken"),
        parameterized=reader.parameterized,
        parameters=tuple(reader.parameters),
        steps=tuple(reader.steps),
        archivers=tuple(reader.archivers),
        downstream=tuple(reader.downstream),
        discarder=reader.discarder,
        timers=tuple(reader.timers),
        unsupported=tuple(dict.fromkeys(reader.unsupported)),
        notes=tuple(dict.fromkeys(reader.notes)),
    )


def _read_parts(root: ET.Element, reader: _Reader) -> None:
    for element in root.iterfind("properties/*"):
        reader.property(element)
    for rotator in root.iterfind("logRotator"):
        reader.rotator(rotator)
    for element in root.iterfind("builders/*"):
        reader.builder(element)
    for element in root.iterfind("publishers/*"):
        reader.publisher(element)
    for element in root.iterfind("triggers/*"):
        reader.trigger(element)


def _unknown_children(root: ET.Element) -> Iterator[str]:
    for child in root:
        if child.tag in _PLAIN or child.tag in {"properties", "logRotator", "builders", "publishers", "triggers"}:
            continue
        if child.tag == "scm":
            if child.get("class", "hudson.scm.NullSCM").rpartition(".")[2] != "NullSCM":
                yield str(child.get("class"))
        elif child.tag == "buildWrappers":
            yield from (wrapper.tag for wrapper in child)
        elif child.tag in _MUST_BE_FALSE:
            if (child.text or "").strip().lower() == "true":
                yield child.tag
        else:
            yield child.tag
