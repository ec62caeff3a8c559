"""The parameters that a job declares, and the values that one build gets."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass

from ..documents import flag, text_of
from ..errors import Refused

# Element name in a config.xml: kind, as in the class names of Jenkins' API.
KINDS = {f"hudson.model.{kind}ParameterDefinition": kind for kind in ("String", "Text", "Boolean", "Choice")}


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A declared parameter. Values are texts, of a Boolean one `true` and `false`; only a Choice has `choices`."""

    name: str
    kind: str = "String"
    default: str
    description: str | None = None
    trim: bool = False
    choices: tuple[str, ...] = ()


def read_parameter(element: ET.Element) -> Parameter:
    """The parameter of one of the elements of `KINDS`. Raises `Refused` (500) where it has no name or no choices."""
    name, kind = text_of(element, "name"), KINDS[element.tag]
    if not name:
        raise Refused(500, f"a {element.tag} has no <name>")
    default = element.findtext("defaultValue") or ""
    choices: tuple[str, ...] = ()
    if kind == "Boolean":
        default = _boolean(default)
    if kind == "Choice":
        # Two ways of writing it: strings below <choices>, or in an array below that.
        choices = tuple(choice.text or "" for choice in element.iterfind("choices//string"))
        if not choices:
            raise Refused(500, f"the parameter {name} has no choices")
        default = choices[0]
    return Parameter(
        name=name,
        kind=kind,
        default=default,
        description=element.findtext("description"),
        trim=flag(element, "trim"),
        choices=choices,
    )


def fill_in(parameters: Iterable[Parameter], given: dict[str, str]) -> dict[str, str]:
    """The values of one build: declared ones only, defaults for what was not given. Raises `Refused` (500)."""
    values: dict[str, str] = {}
    for parameter in parameters:
        value = given.get(parameter.name, parameter.default)
        if parameter.kind == "Boolean":
            value = _boolean(value)
        if parameter.kind == "Choice" and value not in parameter.choices:
            raise Refused(500, f"Illegal choice for parameter {parameter.name}: {value[:80]}")
        values[parameter.name] = value.strip() if parameter.trim else value
    return values


def _boolean(text: str) -> str:
    return "true" if text.strip().lower() == "true" else "false"
