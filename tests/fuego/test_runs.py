from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuego_jenkins_remote.fuego import runs
from fuego_jenkins_remote.fuego.errors import BadRun
from fuego_jenkins_remote.fuego.runs import (
    Attachment,
    Measurement,
    Run,
    Status,
    TestCase,
    TestSet,
    read_run,
    write_run,
)

LOOSE = {
    "name": "Benchmark.netperf",
    "status": "pass",
    "duration_ms": "33915",
    "schema_version": "1.0",
    "odd": {"key": ["ü"]},
    "metadata": {
        "board": "ren1",
        "build_number": 3,
        "start_time": 1509669904085,
        "timestamp": "2017-11-03T01:45:04+0100",
        "reboot": "false",
        "keep_log": True,
        "test_plan": "None",
        "attachments": [{"name": "devlog", "path": "devlog.txt"}, {"name": "devlog", "path": "devlog.txt"}],
    },
    "test_sets": [
        {
            "name": "default",
            "test_cases": [
                {"name": "tcp", "measurements": [{"name": "net", "measure": "928.51", "status": "PASS"}]},
                {"name": "udp", "status": "FAIL"},
                {"name": "later", "status": "SKIP"},
            ],
        }
    ],
}


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def test_loose_types_are_put_right():
    run = read_run(encoded(LOOSE))
    assert run.status is Status.PASS
    assert run.duration_ms == 33915
    assert run.metadata["reboot"] is False
    assert run.metadata["keep_log"] is True
    assert run.text("build_number") == "3"
    assert run.text("start_time") == "1509669904085"
    assert run.text("absent") == ""
    assert run.attachments == (Attachment(name="devlog", path="devlog.txt"),)
    assert run.test_sets[0].test_cases[0].measurements[0].measure == 928.51


def test_a_set_or_case_without_a_status_is_as_bad_as_what_is_in_it():
    run = read_run(encoded(LOOSE))
    assert [case.status for _, case in run.cases()] == [Status.PASS, Status.FAIL, Status.SKIP]
    assert run.test_sets[0].status is Status.FAIL
    assert run.counts() == {"PASS": 1, "FAIL": 1, "ERROR": 0, "SKIP": 1}


def test_unknown_keys_are_kept_and_written_again():
    run = read_run(encoded(LOOSE))
    assert run.extra == {"odd": {"key": ["ü"]}}
    assert json.loads(write_run(run))["odd"] == {"key": ["ü"]}


@pytest.mark.parametrize("word", ["ABORTED", "", 7, ["PASS"]])
def test_an_unknown_status_is_an_error_and_stays_readable(word):
    run = read_run(encoded({"name": "Functional.bc", "status": word}))
    assert run.status is Status.ERROR
    assert run.extra["status_as_read"] == word
    assert read_run(write_run(run)) == run


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", '"fast"', "true"])
def test_a_measure_that_is_no_finite_number_is_none_and_stays_readable(number):
    case = f'{{"name": "c", "measurements": [{{"name": "m", "status": "PASS", "measure": {number}}}]}}'
    run = read_run(f'{{"name": "Benchmark.x", "status": "PASS", "test_sets": [{{"test_cases": [{case}]}}]}}'.encode())
    measurement = run.test_sets[0].test_cases[0].measurements[0]
    assert measurement.measure is None
    assert str(measurement.extra["measure_as_read"]).lower() == number.strip('"').lower()
    assert read_run(write_run(run)) == run


def test_the_start_is_in_utc_from_the_stamp_or_else_from_the_milliseconds():
    moment = datetime(2017, 11, 3, 0, 45, 4, tzinfo=UTC)
    assert read_run(encoded(LOOSE)).started_at == moment
    for stamp in [None, "2017-11-03T00:45:04", "yesterday"]:
        metadata = {"timestamp": stamp, "start_time": "1509669904000"}
        assert read_run(encoded({"name": "x", "metadata": metadata})).started_at == moment
    assert read_run(b'{"name": "x"}').started_at is None
    assert read_run(encoded({"name": "x", "metadata": {"start_time": "9" * 40}})).started_at is None


def test_writing_is_canonical():
    text = write_run(Run(name="Functional.größe", status=Status.PASS, metadata={"b": 1, "a": 2})).decode()
    assert "größe" in text
    assert text.index('"a"') < text.index('"b"') < text.index('"name"')
    assert text.endswith("}\n")


def test_what_json_cannot_say_is_not_written():
    measurement = Measurement(name="m", status=Status.PASS, measure=float("nan"))
    case = TestCase(name="c", status=Status.PASS, measurements=(measurement,))
    run = Run(name="x", status=Status.PASS, test_sets=(TestSet(name="s", status=Status.PASS, test_cases=(case,)),))
    with pytest.raises(BadRun):
        write_run(run)
    with pytest.raises(BadRun, match="status"):
        write_run(Run(name="x", status=Status.PASS, extra={"status": "FAIL"}))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no object"),
        (b"{}", "no name"),
        (b'{"name": "x", "test_sets": {}}', "no list"),
        (b'{"name": "x", "test_sets": [1]}', r"test_sets\[0\] is no object"),
        (b'{"name": "x", "test_sets": [{"test_cases": [{}]}]}', r"test_cases\[0\] has no name"),
        (b'{"name": "x", "metadata": 7}', "metadata is no object"),
        (b'{"name": "x", "duration_ms": ' + b"9" * 5000 + b"}", "no JSON"),
    ],
)
def test_what_is_no_run_is_refused_with_the_place(data, reason):
    with pytest.raises(BadRun, match=reason):
        read_run(data)


def test_size_and_number_of_cases_are_bounded(monkeypatch):
    many = encoded({"name": "x", "test_sets": [{"test_cases": [{"name": "c"}] * 4}]})
    monkeypatch.setattr(runs, "MAX_CASES", 3)
    with pytest.raises(BadRun, match="more than 3 test cases"):
        read_run(many)
    monkeypatch.setattr(runs, "MAX_SIZE", 20)
    with pytest.raises(BadRun, match="larger"):
        read_run(many)


def test_a_file_is_named_in_the_error(tmp_path):
    path = tmp_path / "run.json"
    with pytest.raises(BadRun, match=r"run\.json: cannot be read"):
        read_run(path)
    path.write_text("{")
    with pytest.raises(BadRun, match=r"run\.json: is no JSON"):
        read_run(path)


def test_bytes_that_are_no_utf8_and_half_characters_do_not_stop_it():
    run = read_run(b'\xef\xbb\xbf{"name": "x\xff\\ud800", "extra\\udfff": "\\ud83d\\ude00"}')
    assert run.name == "x\ufffd\ufffd"
    assert run.extra == {"extra\ufffd": "😀"}
    assert read_run(write_run(run)) == run


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
statuses = st.one_of(st.sampled_from(["PASS", "fail", "ERROR", "SKIP"]), json_values)
measurements = st.fixed_dictionaries(
    {"name": st.text(min_size=1, max_size=5)}, optional={"status": statuses, "measure": json_values}
)
cases = st.fixed_dictionaries(
    {"name": st.text(min_size=1, max_size=5)},
    optional={"status": statuses, "measurements": st.lists(measurements, max_size=3), "more": json_values},
)
documents = st.fixed_dictionaries(
    {"name": st.text(min_size=1, max_size=9)},
    optional={
        "status": statuses,
        "duration_ms": json_values,
        "metadata": st.dictionaries(st.sampled_from(["board", "reboot", "start_time", "timestamp", "x"]), json_values),
        "test_sets": st.lists(st.fixed_dictionaries({"test_cases": st.lists(cases, max_size=3)}), max_size=2),
        "unknown": json_values,
    },
)


@given(documents)
def test_what_was_read_reads_the_same_after_writing(document):
    run = read_run(encoded(document))
    written = write_run(run)
    assert read_run(written) == run
    assert write_run(read_run(written)) == written
    assert run.started_at is None or run.started_at.tzinfo is UTC


@pytest.mark.parametrize("name", ["Benchmark.netperf.run.json", "Functional.hello_world.run.json"])
def test_the_real_files_round_trip_and_lose_nothing(shared_data, name):
    path = shared_data / "fuego" / "runs" / name
    run = read_run(path)
    assert read_run(write_run(run)) == run
    real, ours = json.loads(path.read_text()), json.loads(write_run(run))
    once = [one for at, one in enumerate(real["metadata"]["attachments"]) if at != 1]
    assert ours["metadata"].pop("attachments") == once
    del real["metadata"]["attachments"]
    as_true_and_false = {"true": True, "false": False}
    real["metadata"] = {key: as_true_and_false.get(value, value) for key, value in real["metadata"].items()}
    assert ours == real


def test_a_number_beyond_all_measure_is_no_measure() -> None:
    huge = b'{"name":"Benchmark.x","status":"PASS","test_sets":[{"name":"s","test_cases":[{"name":"c","status":"PASS",'
    huge += b'"measurements":[{"name":"m","status":"PASS","measure":' + b"9" * 400 + b"}]}]}]}"
    (_, case), *_ = read_run(huge).cases()
    assert case.measurements[0].measure is None
