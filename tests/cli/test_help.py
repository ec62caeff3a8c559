"""The help is what people go by: it is kept as it is (golden files), complete, and shows an example each."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from fuego_jenkins_remote.cli.program import ftc as root
from fuego_jenkins_remote.cli.settings import DEFAULTS, ENVIRONMENT, MEANING, TOKENS
from fuego_jenkins_remote.cli.verbs import VERBS
from golden import FOLDER, assert_golden

DOCS = (Path(__file__).parents[2] / "docs" / "verbs.md").read_text()


def _command(name: str) -> click.Command:
    command = root.get_command(click.Context(root, info_name="ftc"), name)
    assert command is not None
    return command


def _all_verbs() -> list[str]:
    names = []
    for name in VERBS:
        command = _command(name)
        if not isinstance(command, click.Group) or command.invoke_without_command:
            names.append(name)
        if isinstance(command, click.Group):
            names += [f"{name} {inner}" for inner in command.commands]
    return names


ALL = _all_verbs()


@pytest.mark.parametrize("verb", ["", *ALL])
def test_golden_help(ftc, verb: str) -> None:
    shown = ftc("help", *verb.split())
    assert shown.status == 0
    assert_golden(shown.out, f"help/{verb.replace(' ', '-') or 'ftc'}.txt")


def test_golden_help_files_are_those_of_verbs() -> None:
    assert {file.stem for file in (FOLDER / "help").iterdir()} == {"ftc", *(verb.replace(" ", "-") for verb in ALL)}


@pytest.mark.parametrize("verb", ALL)
def test_h_after_the_verb_is_the_same_help(ftc, verb: str) -> None:
    assert ftc(*verb.split(), "-h").out == ftc("help", *verb.split()).out


@pytest.mark.parametrize("verb", ALL)
def test_every_verb_shows_an_example_that_calls_it(ftc, verb: str) -> None:
    example = ftc("help", *verb.split()).out.partition("Example")[2]
    assert f"ftc {verb}" in example


@pytest.mark.parametrize("verb", ALL)
def test_the_examples_of_each_verb_are_calls_that_it_takes(ftc, verb: str) -> None:
    examples = ftc("help", *verb.split()).out.partition("Example")[2].partition(":")[2].partition("\n\n")[0]
    plain = re.sub(r"\w+=\$\((.*)\)", r"\1", examples)  # a variable that takes its output
    plain = re.sub(r"\$\([^)]*\)", "20261123-101500123-k3j7x2m4", plain)  # the output of another verb
    calls = [call.strip() for line in plain.splitlines() for call in line.split(" && ")]
    its_own = [call.removeprefix(f"ftc {verb}") for call in calls if f"{call} ".startswith(f"ftc {verb} ")]
    assert its_own
    for words in its_own:
        command: click.Command | None = root
        for name in verb.split():
            assert isinstance(command, click.Group)
            command = command.get_command(click.Context(command), name)
        assert command is not None
        command.make_context(verb, shlex.split(words))


@pytest.mark.parametrize("verb", ALL)
def test_no_help_shows_the_marks_of_its_source(ftc, verb: str) -> None:
    assert "\\b" not in ftc("help", *verb.split()).out


@pytest.mark.parametrize("group", ["hub", "lab", "vision"])
def test_a_first_word_shows_the_whole_first_sentence_of_each_second_word(ftc, group: str) -> None:
    shown = ftc("help", group).out
    assert "..." not in shown.partition("Commands:")[2]
    assert all(f"  {verb.split()[1]} " in shown for verb in ALL if verb.startswith(f"{group} "))


def test_a_first_word_alone_is_a_mistake_of_one_line(ftc) -> None:
    shown = ftc("lab")
    assert (shown.status, shown.err) == (2, "ftc: lab: Missing command (see: ftc help lab)\n")


@pytest.mark.parametrize("verb", VERBS)
def test_the_list_of_verbs_says_what_the_verb_says_of_itself(verb: str) -> None:
    text = _command(verb).help or ""
    assert text.partition("\n")[0].startswith(VERBS[verb].summary.rstrip("."))


@pytest.mark.parametrize("verb", ALL)
def test_every_verb_is_documented(verb: str) -> None:
    assert f"| `{verb}` |" in DOCS


@pytest.mark.parametrize("key", MEANING)
def test_every_setting_is_documented(key: str) -> None:
    assert f"`{key}`" in DOCS


@pytest.mark.parametrize("variable", [*ENVIRONMENT.values(), *TOKENS.values(), "FUEGO_CONF", "FUEGO_FTC"])
def test_every_environment_variable_is_documented(variable: str) -> None:
    assert f"`{variable}`" in DOCS


@pytest.mark.parametrize("key", sorted(set(DEFAULTS) - {"user"}))
def test_every_default_is_documented(key: str) -> None:
    assert f"| {DEFAULTS[key]} |" in next(line for line in DOCS.splitlines() if line.startswith(f"| `{key}`"))


def test_without_a_verb_the_help_is_shown(ftc) -> None:
    assert ftc().out == ftc("help").out == ftc("-h").out
