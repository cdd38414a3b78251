"""From rows to the predictions of a remote model: prompts, kept answers, counts, costs, and rows that failed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.endpoint_server import Call, Server
from lfine import endpoints
from lfine.endpoints import EndpointOptions, model_label
from lfine.evaluating import Evaluated, EvaluateOptions, evaluate_task
from lfine.evaluation.files import read_predictions, read_scores
from lfine.evaluation.leaderboard import ORDER
from lfine.evaluation.records import EndpointUse, Prediction
from lfine.finetune.generate.endpoint import Pace
from lfine.schemas.errors import MachineError, TaskError, UsageError
from tests.lfine.projects import Project, write_csv

PACE = Pace(timeout=20, retries=1, patience=0.5, first_wait=0.01, longest_wait=0.02)
PRICES = ("cost.input_usd_per_million_tokens=100", "cost.output_usd_per_million_tokens=1000")


def right(call: Call) -> str:
    """The label that a row's question speaks of."""
    return next(label for label in ("card", "transfer", "fee") if label in call.asked.rpartition(":")[2])


def evaluated(project: Project, server: Server, *overrides: str, limit: int | None = None, **more: Any) -> Evaluated:
    endpoint = EndpointOptions(server.url, **{"model": "gpt", "pace": PACE, **more})
    return evaluate_task(
        project.task, EvaluateOptions(overrides, runs_dir=str(project.runs), endpoint=endpoint, limit=limit)
    )


def use_of(ended: Evaluated) -> EndpointUse:
    assert ended.scores.endpoint is not None
    return ended.scores.endpoint


def predictions(ended: Evaluated) -> list[Prediction]:
    return read_predictions(ended.folder / "predictions.jsonl")


def test_the_whole_line(project: Project) -> None:
    with Server(answer=right) as server:
        ended = evaluated(project, server)
    assert ended.folder == project.runs / "topics" / "evaluations" / "gpt"
    assert (ended.outcome.model, ended.outcome.n, ended.outcome.plan_hash) == ("gpt", 12, None)
    assert ended.outcome.metrics["accuracy"].value == 1.0
    assert read_scores(ended.folder / "scores.json").endpoint == use_of(ended) == ended.outcome.endpoint
    assert [scores.model for scores in ended.beside] == ["majority", "tfidf"]
    assert {scores.endpoint for scores in ended.beside} == {None}
    first = predictions(ended)[0]
    assert (first.prediction, first.finish_reason, first.completion_tokens) == (first.gold, "stop", 1)
    assert (first.prompt or "").startswith("Classify the question: ")


def test_what_it_took(project: Project) -> None:
    with Server(answer=right) as server:
        use = use_of(evaluated(project, server, *PRICES))
    assert (use.host, use.model, use.api) == (f"127.0.0.1:{server.port}", "gpt", "chat")
    assert (use.requests, use.answers, use.kept_answers, use.failed, use.filtered) == (12, 12, 0, (), ())
    words = sum(len(call.asked.split()) for call in server.calls)
    assert (use.prompt_tokens, use.completion_tokens, use.cached_tokens) == (words, 12, 12)
    assert use.usd == use.spent_usd == pytest.approx((words * 100 + 12 * 1000) / 1e6)
    assert use.latency is not None
    assert 0 < use.latency.p50 <= use.latency.p90 <= use.latency.p95 <= use.latency.p99 <= use.latency.longest


def test_without_prices_or_counts_there_is_no_cost(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(answer=right) as server:
        assert use_of(evaluated(project, server)).usd is None
    monkeypatch.setattr(Server, "_reply", lambda *_: {"choices": [{"message": {"content": "fee"}}]})
    with Server() as server:
        use = use_of(evaluated(project, server, *PRICES))
    assert (use.usd, use.prompt_tokens, use.completion_tokens, use.cached_tokens) == (None, None, None, 0)


def test_a_second_evaluation_costs_nothing(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    with Server(answer=right) as server:
        first = evaluated(project, server, *PRICES)
        second = evaluated(project, server, *PRICES, "evaluation.metrics=[f1]", "evaluation.extract=label")
        assert len(server.calls) == 12
        third = evaluated(project, server, *PRICES, "generation.max_new_tokens=40")
        assert len(server.calls) == 24
    use = use_of(second)
    assert (use.requests, use.answers, use.kept_answers, use.spent_usd) == (0, 12, 12, 0.0)
    assert (use.usd, use.latency) == (use_of(first).usd, use_of(first).latency)
    assert "12 requests of 12 were answered before" in capsys.readouterr().err
    assert predictions(first) == predictions(second) == predictions(third)


def test_another_model_or_form_is_another_question(project: Project) -> None:
    with Server(answer=right) as server:
        for more in ({}, {"model": "other"}, {"api": "completions"}, {"request": ["top_logprobs=1"]}):
            evaluated(project, server, "prompt.chat=none" if "api" in more else "prompt.chat=auto", limit=3, **more)
    assert len(server.calls) == 12


def test_without_the_cache_everything_is_asked_again(project: Project) -> None:
    with Server(answer=right) as server:
        for _ in range(2):
            ended = evaluated(project, server, cache=False)
        assert len(server.calls) == 24
    assert not (ended.folder / endpoints.PARTIAL).exists()
    assert not list(Path("cache").rglob("endpoint"))


@pytest.mark.parametrize("cache", [True, False])
def test_after_a_stop_only_what_is_missing_is_asked(project: Project, cache: bool) -> None:
    with Server(lambda call: "ok" if call.number <= 5 else "busy", answer=right) as server:
        pace = replace(PACE, concurrency=1)
        with pytest.raises(MachineError) as caught:
            evaluated(project, server, cache=cache, pace=pace)
        (problem,) = caught.value.problems
        server.behave = lambda _: "ok"
        before = len(server.calls)
        ended = evaluated(project, server, cache=cache, pace=pace)
        assert len(server.calls) - before == 7
    assert problem.code == "LF423"
    assert "5 of 12 requests have answers, all kept" in problem.message
    assert "only what is missing is asked: " in problem.cure
    assert ended.outcome.metrics["accuracy"].value == 1.0
    assert use_of(ended).kept_answers == 5


def test_rows_that_failed_count_and_are_listed_and_asked_again(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    with Server(lambda call: "error" if call.asked.endswith(("50", "51")) else "ok", answer=right) as server:
        ended = evaluated(project, server)
        assert (ended.outcome.n, ended.outcome.scored, ended.outcome.unscored) == (12, 10, 2)
        assert ended.outcome.metrics["accuracy"].value == pytest.approx(10 / 12)
        assert sorted(each.row_id for each in use_of(ended).failed) == [50, 51]
        assert {each.reason for each in use_of(ended).failed} == {"500: The server had an error"}
        odd = [each for each in predictions(ended) if each.row_id in (50, 51)]
        assert {(each.prediction, each.finish_reason) for each in odd} == {(None, "failed")}
        assert "2 rows failed for good and count as wrong" in capsys.readouterr().err
        server.behave = lambda _: "ok"
        before = len(server.calls)
        assert evaluated(project, server).outcome.scored == 12
        assert len(server.calls) - before == 2


def test_what_a_filter_refuses_stays_that(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    with Server(lambda call: "filtered" if call.asked.endswith("50") else "ok", answer=right) as server:
        ended = evaluated(project, server)
    assert (ended.outcome.n, ended.outcome.unscored) == (12, 1)
    assert (use_of(ended).filtered, use_of(ended).failed) == ((50,), ())
    assert [each.finish_reason for each in predictions(ended) if each.row_id == 50] == ["content_filter"]
    assert "refused by a content filter: 1 row, row ids 50" in capsys.readouterr().err


def test_no_answer_at_all_is_no_score(project: Project) -> None:
    with Server(lambda _: "error") as server, pytest.raises(MachineError) as caught:
        evaluated(project, server, limit=3)
    assert caught.value.problems[0].code == "LF424"
    assert "none of 3 requests was answered, the last with 500" in caught.value.problems[0].message
    assert not list(project.runs.rglob("scores.json"))


def test_equal_rows_are_asked_once(project: Project) -> None:
    rows = [{"question": "the same", "label": "fee", "split": "test"} for _ in range(6)]
    training = [{"question": f"q {n}", "label": "fee" if n % 2 else "card", "split": "train"} for n in range(8)]
    write_csv(project.rows, [*training, *rows])
    with Server(answer=lambda _: "fee") as server:
        ended = evaluated(project, server, "evaluation.baselines=[]")
    assert (len(server.calls), ended.outcome.n, use_of(ended).answers) == (1, 6, 1)
    assert ended.outcome.metrics["accuracy"].value == 1.0


def test_examples_are_shown_by_the_same_template(project: Project) -> None:
    with Server(answer=right) as server:
        ended = evaluated(project, server, few_shot=2)
        turns = server.calls[0].body["messages"]
        assert [turn["role"] for turn in turns] == ["user", "assistant", "user", "assistant", "user"]
        assert all(turn["content"].startswith("Classify the question: ") for turn in turns[::2])
        assert {turn["content"] for turn in turns[1::2]} <= {"card", "transfer", "fee"}
        assert len(use_of(ended).few_shot_rows) == 2
        assert ended.outcome.model == ended.folder.name == "gpt-2-shot"
        by_task = evaluated(project, server, "prompt.examples=2", limit=1)
        assert len(use_of(by_task).few_shot_rows) == 2
    baseline = evaluated_baseline(project)
    assert list(use_of(ended).few_shot_rows) == baseline


def evaluated_baseline(project: Project) -> list[int]:
    """The rows that the baseline few_shot shows."""
    from lfine.compiling import compile_file

    overrides = ["evaluation.baselines=[few_shot]", "evaluation.few_shot_examples=2"]
    return list(compile_file(project.task, overrides).plan.evaluation.few_shot_rows)


def test_texts_with_the_base_models_own_template(project: Project) -> None:
    with Server(answer=right) as server:
        ended = evaluated(project, server, api="lorax", model="base", limit=2)
        sent = server.calls[0].body["inputs"]
        assert sent.startswith("<|im_start|>user\nClassify the question: ")
        assert sent.endswith("<|im_end|>\n<|im_start|>assistant\n")
        assert predictions(ended)[0].prompt == sent or predictions(ended)[1].prompt == sent
        assert ended.folder.name == "base-remote"


def test_texts_without_chat_need_no_model(project: Project) -> None:
    project.edit(str(project.model), "smollm2-135m-instruct")
    with Server(answer=right) as server:
        evaluated(project, server, "prompt.chat=none", limit=2)
        assert server.calls[0].path == "/v1/completions"
        assert server.calls[0].body["prompt"].startswith("Classify the question: ")
        with pytest.raises(MachineError) as caught:
            evaluated(project, server, api="completions", limit=2)
    assert caught.value.problems[0].code == "LF402"
    assert len(server.calls) == 2


@pytest.mark.parametrize(
    ("chat_used", "prefix", "text", "sent"),
    [
        (True, (1,), "<s>[INST] hi", "[INST] hi"),
        (True, (1,), "[INST] <s>hi", "[INST] <s>hi"),
        (True, (), "<s>[INST] hi", "<s>[INST] hi"),
        (False, (1,), "<s> is a tag", "<s> is a tag"),
    ],
)
def test_the_first_token_that_a_server_adds_is_not_sent_twice(
    chat_used: bool, prefix: tuple[int, ...], text: str, sent: str
) -> None:
    tokenizer = SimpleNamespace(bos_prefix=prefix, decode=lambda _, skip_special: "" if skip_special else "<s>")
    renderer: Any = SimpleNamespace(chat_used=chat_used, tokenizer=tokenizer)
    assert endpoints._sendable(text, renderer) == sent


def test_labels_as_a_schema(project: Project) -> None:
    with Server(answer=lambda call: json.dumps({"label": right(call)})) as server:
        ended = evaluated(project, server, "generation.constrain=labels")
    schema = server.calls[0].body["response_format"]["json_schema"]["schema"]
    assert sorted(schema["properties"]["label"]["enum"]) == ["card", "fee", "transfer"]
    assert ended.outcome.metrics["accuracy"].value == 1.0


def test_scores_stand_with_the_run_and_ask_as_it_was_trained(
    trained: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    trained.edit("Classify the question", "Name the topic")
    run = trained.run_folders()[0]
    with Server(answer=right) as server:
        ended = evaluated(trained, server, limit=2)
    assert ended.folder == run / "evaluations" / "gpt"
    assert server.calls[0].asked.startswith("Classify the question: ")
    assert "the run's own are used" in capsys.readouterr().err
    plan = json.loads((run / "plan.json").read_text(encoding="utf-8"))
    assert (ended.outcome.evaluation_hash, ended.outcome.plan_hash) == (plan["evaluation_hash"], None)


@pytest.mark.parametrize(
    ("model", "label"),
    [
        ("gpt-4.1-mini", "gpt-4.1-mini"),
        ("org/Model-7B", "org-Model-7B"),
        ("ft:gpt:acme::8x", "ft-gpt-acme-8x"),
        ("../../etc", "etc"),
        ("base", "base-remote"),
        ("", "model"),
    ],
)
def test_the_name_of_the_folder(model: str, label: str) -> None:
    options = EndpointOptions("http://127.0.0.1", model)
    assert model_label(options, ORDER) == label
    assert model_label(replace(options, few_shot=3), ORDER) == f"{label}-3-shot"


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"url": "http://user:hunter2@127.0.0.1"}, UsageError),
        ({"request": ["api_key=hunter2"]}, UsageError),
        ({"key_name": "NOT_SET_ANYWHERE"}, MachineError),
        ({"few_shot": 1000}, TaskError),
    ],
)
def test_what_is_refused_before_anything_is_sent(
    project: Project, more: dict[str, Any], error: type[Exception]
) -> None:
    with Server() as server:
        endpoint = EndpointOptions(**{"url": server.url, "model": "gpt", **more})
        options = EvaluateOptions(runs_dir=str(project.runs), endpoint=endpoint)
        with pytest.raises(error) as caught:
            evaluate_task(project.task, options)
    assert "hunter2" not in str(caught.value)
    assert server.calls == []
    assert not project.runs.exists()


def test_a_key_over_the_network_in_clear_text_is_said(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-a-very-secret-key")
    monkeypatch.setattr("lfine.finetune.generate.endpoint_address.LOOPBACK", ())
    with Server(answer=right) as server:
        evaluated(project, server, limit=1)
    said = capsys.readouterr().err
    assert "the key in OPENAI_API_KEY goes to 127.0.0.1" in said
    assert "sk-a" not in said
