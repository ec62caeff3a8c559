"""A lab's policy: which requests it runs, puts before its people, or refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fuego_jenkins_remote.network.policy import (
    Answer,
    PolicyError,
    Question,
    Source,
    decide,
    default_policy,
    policy_from_mapping,
)

QUESTION = Question(
    user="anna",
    team="annaslab",
    board="bbb",
    test="Functional.hello_world",
    source=Source.INSTALLED,
    timeout=1800,
)


@pytest.mark.parametrize(
    ("team", "source", "answer"),
    [
        ("timslab", Source.INSTALLED, Answer.RUN),
        ("annaslab", Source.INSTALLED, Answer.ASK),
        ("timslab", Source.PACKAGE, Answer.REFUSE),
        ("annaslab", Source.GIT, Answer.REFUSE),
    ],
)
def test_a_lab_without_a_policy_file_is_careful(team: str, source: Source, answer: Answer) -> None:
    question = replace(QUESTION, team=team, source=source, git_url="https://x/y" if source is Source.GIT else "")
    assert decide(default_policy("timslab"), question).answer is answer


def test_the_first_rule_that_fits_decides() -> None:
    policy = policy_from_mapping(
        {
            "default": "refuse",
            "rules": [
                {"tests": ["Benchmark.*"], "do": "ask"},
                {"teams": "annaslab", "boards": ["bb*"], "do": "run"},
            ],
        },
        "timslab",
    )
    assert decide(policy, QUESTION).answer is Answer.RUN
    assert decide(policy, replace(QUESTION, test="Benchmark.bonnie")).answer is Answer.ASK
    assert decide(policy, replace(QUESTION, board="rpi")).answer is Answer.REFUSE


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("https://git.example.org/tests/a.git", Answer.RUN),
        ("https://git.example.org.evil.net/tests/a.git", Answer.REFUSE),
        ("https://git.example.org/testsuite", Answer.REFUSE),
        ("https://git.example.org/tests/../secret", Answer.REFUSE),
        ("https://git.example.org/tests/%2E%2e/secret", Answer.REFUSE),
        ("https://git.example.org/tests/%2e%2e%2fsecret", Answer.REFUSE),
        ("https://git.example.org/tests/%252e%252e/secret", Answer.REFUSE),
        ("https://git.example.org/tests/v1..v2", Answer.RUN),
    ],
)
def test_a_git_rule_admits_what_lies_below_its_address(url: str, answer: Answer) -> None:
    policy = policy_from_mapping(
        {"default": "refuse", "rules": [{"git": ["https://git.example.org/tests"], "do": "run"}]}, "timslab"
    )
    assert decide(policy, replace(QUESTION, source=Source.GIT, git_url=url)).answer is answer


@pytest.mark.parametrize("source", [Source.PACKAGE, Source.GIT])
@pytest.mark.parametrize("rules", [[], [{"teams": ["annaslab"], "do": "run"}]])
def test_code_from_outside_is_refused_until_a_rule_names_its_source(source: Source, rules: list[object]) -> None:
    policy = policy_from_mapping({"default": "run", "rules": rules}, "timslab")
    outside = replace(QUESTION, source=source, git_url="https://x/y" if source is Source.GIT else "")
    assert decide(policy, outside).answer is Answer.REFUSE
    rule = {"source": [str(source)], "do": "run", **({"git": ["https://x/"]} if source is Source.GIT else {})}
    allowing = policy_from_mapping({"rules": [rule]}, "timslab")
    assert decide(allowing, outside).answer is Answer.RUN


@pytest.mark.parametrize("source", Source)
def test_who_is_refused_cannot_bring_code_instead(source: Source) -> None:
    everything = {"source": ["installed", "package", "git"], "git": ["https://x/"], "do": "run"}
    rules = [{"users": ["mallory"], "do": "refuse"}, everything]
    policy = policy_from_mapping({"rules": rules}, "timslab")
    question = replace(QUESTION, source=source, git_url="https://x/y" if source is Source.GIT else "")
    assert decide(policy, replace(question, user="mallory")).answer is Answer.REFUSE
    assert decide(policy, question).answer is Answer.RUN


def test_a_refused_git_address_is_not_reached_by_a_detour() -> None:
    rules = [
        {"git": ["https://git.example.org/closed"], "do": "refuse"},
        {"git": ["https://git.example.org"], "do": "run"},
    ]
    policy = policy_from_mapping({"rules": rules}, "timslab")
    detour = replace(QUESTION, source=Source.GIT, git_url="https://git.example.org/open/%2e%2e/closed/a.git")
    assert decide(policy, detour).answer is Answer.REFUSE


def test_a_yes_of_the_labs_people_makes_an_ask_run_but_never_a_refusal() -> None:
    asking = policy_from_mapping({"default": "ask"}, "timslab")
    refusing = policy_from_mapping({"default": "refuse"}, "timslab")
    approved = replace(QUESTION, approved_by="tim")
    assert decide(asking, approved).answer is Answer.RUN
    assert decide(refusing, approved).answer is Answer.REFUSE


def test_only_a_named_approvers_yes_counts() -> None:
    policy = policy_from_mapping({"default": "ask", "approvers": ["tim"]}, "timslab")
    assert decide(policy, replace(QUESTION, approved_by="mallory")).answer is Answer.ASK


def test_too_long_and_too_large_is_refused() -> None:
    policy = policy_from_mapping({"default": "run", "max_time": "1h", "max_package": "1 MiB"}, "timslab")
    assert decide(policy, replace(QUESTION, timeout=3601)).answer is Answer.REFUSE
    assert decide(policy, replace(QUESTION, package_bytes=2**20 + 1)).answer is Answer.REFUSE
    assert decide(policy, QUESTION).answer is Answer.RUN


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"defualt": "run"}, "unknown key 'defualt'"),
        ({"default": "yes"}, "default: 'yes' is none of run, ask, refuse"),
        ({"rules": [{"teams": ["a"]}]}, "rule 1: 'do' is missing"),
        ({"rules": [{"do": "run"}, {"do": "run", "team": "a"}]}, "rule 2: unknown key 'team'"),
        ({"rules": [{"do": "run", "source": ["svn"]}]}, "rule 1, source"),
        ({"rules": [{"do": "run", "users": 7}]}, "rule 1, users: a list of names"),
        ({"rules": [{"do": "run", "users": []}]}, "rule 1, users: the list is empty"),
        ({"rules": [{"do": "run", "source": []}]}, "rule 1, source: the list is empty"),
        ({"rules": [{"do": "run", "teams": None}]}, "rule 1, teams: a list of names"),
        ({"max_time": "1 week"}, "max_time: '1 week'"),
        ([], "names with values are needed"),
    ],
)
def test_a_mistake_in_the_file_is_refused_with_its_place(data: object, message: str) -> None:
    with pytest.raises(PolicyError, match="(?s)" + message.replace("(", r"\(")):
        policy_from_mapping(data, "timslab")


@pytest.mark.parametrize("do", ["run", "ask"])
def test_a_rule_for_git_says_from_where(do: str) -> None:
    with pytest.raises(PolicyError, match="rule 1: 'git' is missing"):
        policy_from_mapping({"rules": [{"source": ["git"], "do": do}]}, "timslab")


@pytest.mark.parametrize("address", ["https://", "https:///x", "file:///etc", "https://*", "git.example.org", "ext::x"])
def test_an_address_of_the_policy_names_a_host(address: str) -> None:
    with pytest.raises(PolicyError, match="rule 1, git: .* names no host"):
        policy_from_mapping({"rules": [{"git": [address], "do": "run"}]}, "timslab")


def test_hosts_inside_the_lab_are_named_apart() -> None:
    assert policy_from_mapping({"git_inside": ["git.timslab.example"]}, "timslab").git_inside == (
        "git.timslab.example",
    )
