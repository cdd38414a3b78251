"""`lfine evaluate --endpoint`: exit codes, sentences, the one document, and that a key is written nowhere."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.endpoint_server import Call, Server
from lfine.cli.main import build_parser
from lfine.cli.remote import endpoint_of, use_lines
from lfine.evaluation.records import EndpointUse, FailedRow, Latency
from lfine.finetune.generate.endpoint import Pace
from lfine.schemas.errors import UsageError
from tests.lfine.projects import Ended, Project, files_of, lfine, refused

KEY = "sk-a-very-secret-key"
QUICK = ("--retries", "0", "--patience", "0.2", "--timeout", "20")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def words(project: Project, server: Server, *more: str) -> tuple[str | Path, ...]:
    where = ("--endpoint", server.url, "--model", "gpt", "--runs-dir", project.runs)
    return ("evaluate", project.task, *where, *QUICK, *more)


def test_the_document(project: Project) -> None:
    with Server(answer=lambda _: "fee") as server:
        ended = lfine(*words(project, server, "--format", "json"))
    document = ended.json()
    assert ended.code == 0
    assert list(document)[-2:] == ["seconds", "endpoint"]
    assert (document["model"], document["n"], document["plan_hash"]) == ("gpt", 12, None)
    use = document["endpoint"]
    assert list(use) == [
        "host",
        "model",
        "api",
        "few_shot_rows",
        "requests",
        "answers",
        "kept_answers",
        "prompt_tokens",
        "cached_tokens",
        "completion_tokens",
        "usd",
        "spent_usd",
        "latency",
        "failed",
        "filtered",
    ]
    assert list(use["latency"]) == ["p50", "p90", "p95", "p99", "longest"]
    scores = json.loads((project.runs / "topics/evaluations/gpt/scores.json").read_text(encoding="utf-8"))
    assert scores["endpoint"] == use
    assert "answer" in ended.err


def test_text_for_people(project: Project) -> None:
    price = ("--set", "cost.input_usd_per_million_tokens=1", "--set", "cost.output_usd_per_million_tokens=1")
    with Server(answer=lambda _: "fee") as server:
        lines = lfine(*words(project, server, *price)).out.splitlines()
    assert lines[0].startswith("topics: gpt on 12 test rows")
    assert f"127.0.0.1:{server.port}: 12 answers, 0 of them kept from before, 12 requests sent" in lines
    assert any(line.startswith("cost: $0.0001, of which this command $0.0001") for line in lines)
    assert any(line.startswith("seconds for an answer: ") for line in lines)
    assert lines[-1].startswith("report: ")


ENDS = {
    "unauthorized": ("LF420", "401: Incorrect API key provided: (key)", "OPENAI_API_KEY"),
    "no_model": ("LF421", "The model `gpt` does not exist", "--model"),
    "busy": ("LF423", "Rate limit reached", "only what is missing is asked: lfine evaluate"),
    "spent": ("LF423", "exceeded your current quota", "account"),
    "html": ("LF424", "a web page", "--endpoint"),
    "redirect": ("LF424", "//elsewhere.example/login", "address"),
    "error": ("LF424", "500: The server had an error", "only what is missing"),
    "not_json": ("LF424", "not JSON, or was cut short", "only what is missing"),
    "half": ("LF424", "the connection broke off", "only what is missing"),
    "too_long": ("LF424", "maximum context length", "--request"),
}


@pytest.mark.parametrize("how", ENDS)
def test_an_endpoint_that_answers_nothing(project: Project, how: str) -> None:
    code, said, cure = ENDS[how]
    with Server(lambda _: how) as server:
        ended = refused(*words(project, server))
    found = ended.problem()
    assert (ended.code, found["code"]) == (3, code)
    assert said in found["message"]
    assert cure in found["cure"]
    assert not list(project.runs.rglob("scores.json"))


def test_nobody_there(project: Project) -> None:
    with Server() as server:
        pass
    ended = refused(*words(project, server))
    assert (ended.code, ended.problem()["code"]) == (3, "LF422")
    assert "no connection" in ended.problem()["message"]


def test_odd_answers_are_scored(project: Project) -> None:
    odd = ("empty", "huge", "wrong_type")
    with Server(lambda call: odd[call.number % 3], answer=lambda _: "fee") as server:
        ended = lfine(*words(project, server, "--format", "json"))
    assert (ended.code, ended.json()["n"], ended.json()["endpoint"]["answers"]) == (0, 12, 12)


def leaks(folder: Path, *texts: str) -> list[str]:
    """Return the files that hold the key, and the texts that do."""
    found = [name for name, data in files_of(folder).items() if KEY.encode() in data]
    return found + [text for text in texts if KEY in text]


def test_the_key_is_written_nowhere(project: Project, tmp_path: Path) -> None:
    bad = ("unauthorized", "ok")
    with Server(
        lambda call: bad[call.number > 1], answer=lambda call: f"fee {call.headers['authorization']}"
    ) as server:
        first = lfine(*words(project, server, "--concurrency", "1"))
        second = lfine(*words(project, server, "--format", "json"))
        third = lfine(*words(project, server, "--no-cache", "--api-key-env", "OPENAI_API_KEY"))
        plain = lfine(*words(project, server, "--api", "lorax", "--limit", "2"))
        sent = {call.headers["authorization"] for call in server.calls}
    assert [first.code, second.code, third.code, plain.code] == [3, 0, 0, 0]
    assert sent == {f"Bearer {KEY}"}, "the key was to be looked for, and was not even sent"
    assert leaks(tmp_path, *(text for ended in (first, second, third, plain) for text in (ended.out, ended.err))) == []
    assert list((tmp_path / "cache" / "endpoint").iterdir())
    (tmp_path / "leak").write_text(f"Bearer {KEY}", encoding="utf-8")
    assert leaks(tmp_path, f"x {KEY}") == ["leak", f"x {KEY}"], "the search itself"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--endpoint", "http://127.0.0.1"), "--endpoint needs the name of a model"),
        (("--model", "gpt"), "--model is for remote models"),
        (("--no-cache",), "--no-cache is for remote models"),
        (("--api", "chat"), "--api is for remote models"),
        (("--endpoint", "http://127.0.0.1", "--model", "gpt", "--base"), "exclude each other"),
        (("--endpoint", "http://127.0.0.1", "--model", "gpt", "--predictions", "p"), "exclude each other"),
        (("--endpoint", "http://a:hunter2@127.0.0.1", "--model", "gpt"), "user name or password"),
        (("--endpoint", "127.0.0.1:8000", "--model", "gpt"), "http:// or https://"),
        (("--endpoint", "http://127.0.0.1", "--model", "gpt", "--concurrency", "0"), "at least 1"),
        (("--endpoint", "http://127.0.0.1", "--model", "gpt", "--concurrency", "1001"), "at most 1000"),
        (("--endpoint", "http://127.0.0.1", "--model", "gpt", "--timeout", "nan"), "seconds above 0"),
        (("--endpoint", "http://127.0.0.1", "--model", "gpt", "--retries", "-1"), "--retries"),
        (("--endpoint", "http://127.0.0.1", "--model", "gpt", "--request", "a"), "KEY=VALUE"),
    ],
)
def test_command_lines_that_make_no_sense(project: Project, given: tuple[str, ...], said: str) -> None:
    ended = refused("evaluate", project.task, *given)
    assert (ended.code, ended.problem()["code"]) == (2, "LF115")
    assert said in ended.problem()["message"]
    assert "hunter2" not in ended.out + ended.err
    assert not project.runs.exists()


def test_options_as_they_are_meant() -> None:
    parser = build_parser("evaluate")
    line = "evaluate t --endpoint http://x/v1 --model m --api lorax --api-key-env K --few-shot 3 --concurrency 7 "
    line += "--requests-per-minute 60 --tokens-per-minute 900 --timeout 2.5 --retries 0 --patience 9 --request a=1 "
    line += "--no-cache"
    options = endpoint_of(parser.parse_args(line.split()))
    assert options is not None
    assert (options.url, options.model, options.api, options.key_name) == ("http://x/v1", "m", "lorax", "K")
    assert (options.few_shot, options.cache, list(options.request)) == (3, False, ["a=1"])
    assert options.pace == Pace(7, 60, 900, 2.5, 0, 9)
    assert endpoint_of(parser.parse_args(["evaluate", "t"])) is None
    plain = endpoint_of(parser.parse_args(["evaluate", "t", "--endpoint", "http://x", "--model", "m"]))
    assert plain is not None
    assert (plain.pace, plain.cache, plain.few_shot) == (Pace(), True, None)
    with pytest.raises(UsageError):
        endpoint_of(parser.parse_args(["evaluate", "t", "--few-shot", "3"]))


def test_lines_say_only_what_is_known() -> None:
    none = EndpointUse("h", "m", "chat", (), 3, 2, 1, None, 0, None, None, None, None, (FailedRow(1, "500"),), ())
    assert use_lines(none) == ["h: 2 answers, 1 of them kept from before, 3 requests sent"]
    at = Latency(0.5, 0.6, 0.7, 0.8, 0.9)
    full = EndpointUse("h", "m", "chat", (), 3, 2, 0, 12000, 400, 34, 0.5, 0.25, at, (), ())
    assert use_lines(full)[1:] == [
        "tokens: 12,000 of prompts (400 cached there), 34 of answers",
        "cost: $0.5000, of which this command $0.2500",
        "seconds for an answer: 0.50 (median), 0.70 (95%), 0.80 (99%)",
    ]


def in_a_process(project: Project, server: Server) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "lfine", *map(str, words(project, server, "--concurrency", "2"))]
    return subprocess.Popen(command, env={**os.environ}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_process_pays_for_nothing_twice(project: Project, tmp_path: Path, ending: signal.Signals) -> None:
    running: list[subprocess.Popen[str]] = []
    kept: list[str] = []

    def behave(call: Call) -> str:
        if call.number == 7:
            os.kill(running[0].pid, ending)
            return "hang"
        return "ok"

    with Server(behave, answer=lambda _: "fee", delay=lambda _: 0.02) as server:
        running.append(in_a_process(project, server))
        _, err = running[0].communicate(timeout=300)
        files = list((tmp_path / "cache" / "endpoint").glob("*.jsonl"))
        kept = files[0].read_text("ascii").splitlines()
        assert 5 <= len(kept) <= 7
        before = len(server.calls)
        ended: Ended = lfine(*words(project, server, "--format", "json"))
        assert len(server.calls) - before == 12 - len(kept)
    assert running[0].returncode == (130 if ending == signal.SIGINT else -ending)
    if ending == signal.SIGINT:
        assert "the answers so far are kept; to go on:\n  lfine evaluate" in err
    assert (ended.code, ended.json()["endpoint"]["kept_answers"]) == (0, len(kept))
