"""A build's name and description, and parameters that are one of several words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jenkins
import pytest
import requests

CHOICE = """<hudson.model.ParametersDefinitionProperty><parameterDefinitions>
<hudson.model.ChoiceParameterDefinition><name>ANSWER</name>
<choices class="java.util.Arrays$ArrayList"><a class="string-array"><string>approve</string><string>reject</string></a>
</choices></hudson.model.ChoiceParameterDefinition></parameterDefinitions></hudson.model.ParametersDefinitionProperty>"""

Ask = Callable[..., requests.Response]


def label(ask: Ask, text: str, build: int = 1) -> requests.Response:
    return ask("POST", f"/job/j/{build}/configSubmit", data={"json": text})


def test_a_build_is_given_a_name_and_a_description(shop: Any, server: jenkins.Jenkins, ask: Ask) -> None:
    shop.job("j")
    shop.build("j")
    answer = label(ask, json.dumps({"displayName": "#1 größe", "description": "one\ntwo"}))
    assert answer.status_code == 302
    info = server.get_build_info("j", 1)
    assert (info["displayName"], info["description"]) == ("#1 größe", "one\ntwo")
    assert info["fullDisplayName"] == "j #1 größe"


def test_a_running_build_keeps_its_name_to_the_end(shop: Any, server: jenkins.Jenkins, ask: Ask) -> None:
    shop.job("j", "sleep 0.5")
    number = shop.started(server.build_job("j"))
    label(ask, json.dumps({"displayName": "#1 runs", "description": ""}), number)
    assert shop.finished("j", number)["displayName"] == "#1 runs"


def test_an_empty_name_is_the_number(shop: Any, server: jenkins.Jenkins, ask: Ask) -> None:
    shop.job("j")
    shop.build("j")
    label(ask, json.dumps({"displayName": "x", "description": "y"}))
    label(ask, json.dumps({"displayName": " ", "description": ""}))
    info = server.get_build_info("j", 1)
    assert (info["displayName"], info["description"]) == ("#1", None)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"displayName": "x"}'])
def test_a_form_without_both_is_refused(shop: Any, ask: Ask, text: str) -> None:
    shop.job("j")
    shop.build("j")
    assert label(ask, text).status_code == 400


def test_names_are_escaped_on_the_pages(shop: Any, ask: Ask) -> None:
    shop.job("j")
    shop.build("j")
    label(ask, json.dumps({"displayName": "<script>x", "description": "<b>a\nb"}))
    for path in ("/", "/job/j/", "/job/j/1/"):
        text = ask("GET", path).text
        assert "<script>x" not in text
        assert "<b>a" not in text
    assert "&lt;b&gt;a<br>b" in ask("GET", "/job/j/1/").text


def test_a_name_that_is_no_text_spoils_no_page(shop: Any, ask: Ask) -> None:
    shop.job("j")
    shop.build("j")
    assert label(ask, '{"displayName": "a\\ud800", "description": "b\\udfff"}').status_code == 302
    for path in ("/", "/job/j/", "/job/j/1/", "/job/j/1/api/json"):
        assert ask("GET", path).status_code == 200


def test_of_several_words_the_first_is_the_default(shop: Any, server: jenkins.Jenkins) -> None:
    shop.job("j", "echo answer=$ANSWER", properties=CHOICE)
    server.build_job("j", {"X": "y"})
    shop.finished("j", 1)
    assert "answer=approve" in shop.console("j", 1)
    definition = server.get_job_info("j", 2)["property"][0]["parameterDefinitions"][0]
    assert definition["type"] == "ChoiceParameterDefinition"
    assert definition["choices"] == ["approve", "reject"]


def test_another_word_is_refused_as_jenkins_does(shop: Any, ask: Ask) -> None:
    shop.job("j", properties=CHOICE)
    assert ask("POST", "/job/j/buildWithParameters?ANSWER=maybe").status_code == 500
    assert ask("POST", "/job/j/buildWithParameters?ANSWER=reject").status_code in {200, 201}
