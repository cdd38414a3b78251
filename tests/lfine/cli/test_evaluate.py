"""`lfine evaluate`: whose answers are scored, on which rows, what is written, and what is refused."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from lfine import answering
from lfine.finetune.generate.local_answers import answer_texts
from tests.lfine.projects import Ended, Project, files_of, lfine, refused, rows_of, small_disk, write_csv

KEYS = [
    "task",
    "model",
    "split",
    "n",
    "scored",
    "unscored",
    "limit",
    "metrics",
    "plan_hash",
    "evaluation_hash",
    "seconds",
]
LINE = {"row_id", "prompt", "gold", "prediction", "finish_reason", "prompt_tokens", "completion_tokens"}
BELIEF = {"label_log_probabilities", "gold_log_probability", "gold_tokens", "confidence"}
"""What stands there too where the output is a category."""


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def evaluated(*words: str | Path) -> dict[str, Any]:
    """The document of an evaluation that must succeed."""
    ended = lfine("evaluate", "topics.yaml", *words, "--format", "json")
    assert ended.code == 0, ended
    found: dict[str, Any] = ended.json()
    return found


def test_the_document(first_evaluate: tuple[Project, Ended]) -> None:
    project, ended = first_evaluate
    document = ended.json()
    assert (ended.code, list(document)) == (0, KEYS)
    assert (document["task"], document["model"], document["split"]) == ("topics", "tuned", "test")
    assert (document["n"], document["scored"] + document["unscored"], document["limit"]) == (12, 12, None)
    assert list(document["metrics"]["accuracy"]) == ["value", "low", "high"]
    plan = json.loads((project.run_folders()[0] / "plan.json").read_text(encoding="utf-8"))
    assert document["plan_hash"] == plan["plan_hash"]
    assert document["evaluation_hash"] == plan["evaluation_hash"]
    assert "answer" in ended.err


def test_the_files_of_an_evaluation(finished: Project) -> None:
    evaluations = finished.run_folders()[0] / "evaluations"
    assert sorted(files_of(evaluations / "tuned")) == ["predictions.jsonl", "report.html", "scores.json"]
    lines = lines_of(evaluations / "tuned" / "predictions.jsonl")
    rows = rows_of()
    assert len(lines) == 12
    assert all(LINE <= set(line) <= LINE | BELIEF for line in lines)
    assert all(set(line["label_log_probabilities"]) == {"card", "transfer", "fee"} for line in lines)
    assert {line["row_id"] for line in lines} == set(range(48, 60))
    assert all(line["gold"] == rows[line["row_id"]]["label"] for line in lines)
    assert all(line["prompt"].endswith("<|im_start|>assistant\n") for line in lines)
    assert {line["finish_reason"] for line in lines} <= {"stop", "length"}
    scores = json.loads((evaluations / "tuned" / "scores.json").read_text(encoding="utf-8"))
    assert scores["row_ids"] == [line["row_id"] for line in lines]


def test_baselines_stand_beside(finished: Project) -> None:
    evaluations = finished.run_folders()[0] / "evaluations"
    found = {
        name: json.loads((evaluations / name / "scores.json").read_text("utf-8")) for name in ("majority", "tfidf")
    }
    assert {scores["n"] for scores in found.values()} == {12}
    assert found["majority"]["metrics"]["accuracy"]["value"] == pytest.approx(4 / 12)
    assert "majority" in (evaluations / "tuned" / "report.html").read_text(encoding="utf-8")


def test_text_for_people(trained: Project) -> None:
    ended = lfine("evaluate", "topics.yaml", "--limit", "3")
    lines = ended.out.splitlines()
    assert lines[0].startswith("topics: tuned on 3 test rows")
    assert lines[1].startswith("  accuracy ")
    assert "95% interval" in lines[1]
    assert lines[-1] == f"report: {trained.run_folders()[0] / 'evaluations' / 'tuned' / 'report.html'}"


def test_the_base_model_of_a_run_and_without_one(trained: Project, finished: Project) -> None:
    with_run = evaluated("--base")
    run = trained.run_folders()[0]
    assert with_run["model"] == "base"
    assert with_run["plan_hash"] is not None
    shutil.rmtree(run.parent)
    alone = evaluated("--base")
    assert alone["plan_hash"] is None
    assert alone["metrics"] == with_run["metrics"]
    assert alone["evaluation_hash"] == with_run["evaluation_hash"]
    base = lines_of(trained.runs / "topics" / "evaluations" / "base" / "predictions.jsonl")
    tuned = lines_of(finished.run_folders()[0] / "evaluations" / "tuned" / "predictions.jsonl")
    assert [line["row_id"] for line in base] == [line["row_id"] for line in tuned]
    assert [line["prediction"] for line in base] != [line["prediction"] for line in tuned]


def test_a_limit_takes_the_first_rows_and_changes_no_hash(trained: Project, finished: Project) -> None:
    whole = lines_of(finished.run_folders()[0] / "evaluations" / "tuned" / "predictions.jsonl")
    document = evaluated("--limit", "5")
    folder = trained.run_folders()[0] / "evaluations" / "tuned"
    scores = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    plan = json.loads((trained.run_folders()[0] / "plan.json").read_text(encoding="utf-8"))
    assert (document["n"], document["limit"], scores["limit"]) == (5, 5, 5)
    assert lines_of(folder / "predictions.jsonl") == whole[:5]
    assert (document["plan_hash"], document["evaluation_hash"]) == (plan["plan_hash"], plan["evaluation_hash"])
    assert evaluated("--limit", "5000")["n"] == 12


def test_an_adapter_from_anywhere(trained: Project, finished: Project, tmp_path: Path) -> None:
    shutil.copytree(trained.run_folders()[0] / "adapter", tmp_path / "mine")
    document = evaluated("--adapter", tmp_path / "mine")
    folder = trained.runs / "topics" / "evaluations" / "mine"
    tuned = finished.run_folders()[0] / "evaluations" / "tuned"
    assert (document["model"], document["plan_hash"]) == ("mine", None)
    assert lines_of(folder / "predictions.jsonl") == lines_of(tuned / "predictions.jsonl")


def test_a_run_folder_given_as_adapter_means_the_adapter_in_it(trained: Project) -> None:
    assert evaluated("--adapter", trained.run_folders()[0], "--limit", "2")["n"] == 2


def test_a_run_by_its_folder(trained: Project) -> None:
    older = trained.run_folders()[0]
    newer = older.with_name("29991231T000000Z")
    shutil.copytree(older, newer, ignore=shutil.ignore_patterns("evaluations"))
    evaluated("--limit", "2")
    assert (newer / "evaluations" / "tuned" / "scores.json").is_file()
    before = files_of(newer)
    evaluated("--run", older, "--limit", "3")
    assert files_of(newer) == before
    assert len(lines_of(older / "evaluations" / "tuned" / "predictions.jsonl")) == 3


def test_a_run_goes_with_base(trained: Project) -> None:
    assert evaluated("--run", trained.run_folders()[0], "--base", "--limit", "2")["model"] == "base"


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_the_same_predictions_from_a_file_have_the_same_scores(trained: Project, tmp_path: Path, form: str) -> None:
    ours = trained.run_folders()[0] / "evaluations" / "tuned"
    lines, given = lines_of(ours / "predictions.jsonl"), tmp_path / f"theirs.{form}"
    if form == "jsonl":
        given.write_bytes((ours / "predictions.jsonl").read_bytes())
    else:
        with given.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["row_id", "prediction"], *([e["row_id"], e["prediction"]] for e in lines)])
    document = evaluated("--predictions", given)
    scores = json.loads((ours / "scores.json").read_text(encoding="utf-8"))
    theirs = trained.runs / "topics" / "evaluations" / "theirs" / "scores.json"
    assert (document["model"], document["metrics"]) == ("theirs", scores["metrics"])
    assert json.loads(theirs.read_text(encoding="utf-8"))["per_example"] == scores["per_example"]


def test_a_file_named_like_one_of_our_models_does_not_take_its_place(trained: Project, tmp_path: Path) -> None:
    given = tmp_path / "majority.jsonl"
    given.write_text("".join(f'{{"row_id": {n}, "prediction": "fee"}}\n' for n in range(48, 60)), encoding="utf-8")
    assert evaluated("--predictions", given)["model"] == "majority-given"
    assert (trained.runs / "topics" / "evaluations" / "majority" / "scores.json").is_file()


def test_predictions_that_do_not_match_the_rows(trained: Project, tmp_path: Path) -> None:
    given = tmp_path / "theirs.jsonl"
    given.write_text(
        '{"row_id": 48, "prediction": "fee"}\n{"row_id": 1, "prediction": "fee"}\n'
        '{"row_id": 48, "prediction": "card"}\n{"row_id": 49}\nnot json\n',
        encoding="utf-8",
    )
    before = files_of(trained.runs)
    ended = refused("evaluate", "topics.yaml", "--predictions", given)
    found = ended.problems()
    assert ended.code == 1
    assert {problem["code"] for problem in found} == {"LF310"}
    assert [problem["line"] for problem in found] == [2, 3, 4, 5]
    assert "row_id 1 is not a held-out row" in found[0]["message"]
    assert "stands twice" in found[1]["message"]
    assert files_of(trained.runs) == before


def test_rows_without_an_answer_count_as_wrong_and_are_said(trained: Project, tmp_path: Path) -> None:
    assert trained.task.is_file()
    given = tmp_path / "theirs.jsonl"
    given.write_text("".join(f'{{"row_id": {n}, "prediction": "fee"}}\n' for n in range(48, 58)), encoding="utf-8")
    ended = lfine("evaluate", "topics.yaml", "--predictions", given, "--format", "json")
    assert (ended.json()["n"], ended.json()["scored"], ended.json()["unscored"]) == (12, 10, 2)
    assert "2 of 12 held-out rows have no answer" in ended.err


def test_answers_of_which_none_is_a_label_are_said(trained: Project, tmp_path: Path) -> None:
    given = tmp_path / "theirs.jsonl"
    given.write_text("".join(f'{{"row_id": {n}, "prediction": "World"}}\n' for n in range(48, 60)), encoding="utf-8")
    out = lfine("evaluate", trained.task, "--predictions", given).out
    assert "  accuracy                 0.0000  0.0000–0.2425  (95% interval, ±0.1212)\n" in out
    assert "  none of the 12 answers is one of the labels ('" in out
    assert out.count("'): are they this task's?") == 1
    given.write_text('{"row_id": 48, "prediction": "fee"}\n', encoding="utf-8")
    assert "none of the" not in lfine("evaluate", trained.task, "--predictions", given).out


def test_predictions_of_another_task_are_refused(trained: Project, tmp_path: Path) -> None:
    given = tmp_path / "theirs.jsonl"
    lines = [json.dumps({"row_id": n, "prediction": "World", "gold": "Sports"}) for n in range(48, 60)]
    given.write_text("\n".join(lines), encoding="utf-8")
    before = files_of(trained.runs)
    ended = refused("evaluate", "topics.yaml", "--predictions", given)
    assert (ended.code, ended.problem()["code"], ended.problem()["line"]) == (1, "LF561", 1)
    assert files_of(trained.runs) == before


def test_a_predictions_file_that_is_not_there(trained: Project) -> None:
    ended = refused("evaluate", trained.task, "--predictions", "absent.jsonl")
    assert (ended.code, ended.problem()["code"]) == (1, "LF310")


@pytest.mark.parametrize("words", [("--base", "--adapter", "a"), ("--base", "--predictions", "p.jsonl")])
def test_two_models_at_once(trained: Project, words: tuple[str, ...]) -> None:
    ended = refused("evaluate", trained.task, *words)
    assert (ended.code, ended.problem()["code"]) == (2, "LF115")
    assert "exclude each other" in ended.problem()["message"]


def test_a_changed_training_half_is_said_and_the_runs_own_is_used(trained: Project, finished: Project) -> None:
    trained.edit("Classify the question", "Name the topic")
    trained.edit("1e-3", "5e-3")
    ended = lfine("evaluate", "topics.yaml", "--format", "json")
    tuned = trained.run_folders()[0] / "evaluations" / "tuned"
    assert ended.code == 0
    assert 'prompt.template was "Classify the question: {question}", is "Name the topic: {question}"' in ended.err
    assert "trainer.learning_rate was 0.001, is 0.005" in ended.err
    assert "the run's own are used" in ended.err
    kept = finished.run_folders()[0] / "evaluations" / "tuned"
    assert (tuned / "predictions.jsonl").read_bytes() == (kept / "predictions.jsonl").read_bytes()


def test_an_unchanged_task_says_nothing_of_changes(first_evaluate: tuple[Project, Ended]) -> None:
    assert "own are used" not in first_evaluate[1].err
    assert "data have changed" not in first_evaluate[1].err


def test_a_changed_evaluation_half_is_the_files(trained: Project, first_evaluate: tuple[Project, Ended]) -> None:
    trained.edit("sample_size: 12", "sample_size: 7, extract: label")
    ended = lfine("evaluate", "topics.yaml", "--set", "generation.max_new_tokens=2", "--format", "json")
    document, before = ended.json(), first_evaluate[1].json()
    assert (document["n"], document["plan_hash"]) == (7, before["plan_hash"])
    assert document["evaluation_hash"] != before["evaluation_hash"]
    assert "own are used" not in ended.err
    lines = lines_of(trained.run_folders()[0] / "evaluations" / "tuned" / "predictions.jsonl")
    assert max(line["completion_tokens"] for line in lines) <= 2


def test_changed_data_are_said(trained: Project) -> None:
    lfine("train", "topics.yaml", "--set", "trainer.train_steps=1")
    write_csv(trained.rows, rows_of(63))
    ended = lfine("evaluate", "topics.yaml", "--limit", "1", "--format", "json")
    assert ended.code == 0
    assert "the data have changed since the run was trained: rows.csv" in ended.err


def test_a_project_that_was_moved(trained: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plan = trained.run_folders()[0] / "plan.json"
    lfine("train", "topics.yaml", "--set", "trainer.train_steps=1")
    (tmp_path / "moved").mkdir()
    monkeypatch.chdir(tmp_path / "moved")
    trained.folder.rename(tmp_path / "moved" / "here")
    monkeypatch.chdir(tmp_path / "moved" / "here")
    assert not plan.exists()
    assert evaluated("--limit", "2")["n"] == 2


def test_no_run_yet(project: Project) -> None:
    ended = refused("evaluate", project.task)
    assert (ended.code, ended.problem()["code"]) == (5, "LF501")
    assert "lfine train" in ended.problem()["cure"]


def test_no_finished_run_but_one_that_can_go_on(trained: Project) -> None:
    run = trained.run_folders()[0] / "run.json"
    run.write_text(run.read_text(encoding="utf-8").replace('"finished"', '"failed"', 1), encoding="utf-8")
    found = refused("evaluate", "topics.yaml").problem()
    assert found["message"].endswith(f"; the newest, {run.parent.name}, is failed")
    assert "--resume" in found["cure"]


def test_a_run_that_is_none_or_of_another_task_or_not_finished(trained: Project) -> None:
    run = trained.run_folders()[0]
    ended = refused("evaluate", "topics.yaml", "--run", "nowhere")
    assert (ended.code, ended.problem()["code"]) == (1, "LF501")
    text = (run / "run.json").read_text(encoding="utf-8")
    (run / "run.json").write_text(text.replace('"task": "topics"', '"task": "weather"'), encoding="utf-8")
    ended = refused("evaluate", "topics.yaml", "--run", run)
    assert (ended.code, ended.problem()["code"]) == (1, "LF502")
    assert "'weather'" in ended.problem()["message"]
    (run / "run.json").write_text(text.replace('"finished"', '"interrupted"', 1), encoding="utf-8")
    ended = refused("evaluate", "topics.yaml", "--run", run)
    assert (ended.code, ended.problem()["code"]) == (1, "LF501")
    assert "--resume" in ended.problem()["cure"]


@pytest.mark.parametrize("name", ["plan.json", "run.json"])
@pytest.mark.parametrize("damage", ["cut short", "not JSON", "another shape"])
def test_a_damaged_run_folder(trained: Project, name: str, damage: str) -> None:
    path = trained.run_folders()[0] / name
    text = path.read_text(encoding="utf-8")
    path.write_text({"cut short": text[:400], "not JSON": "\0\0", "another shape": "[1]"}[damage], encoding="utf-8")
    before = files_of(trained.runs)
    ended = refused("evaluate", "topics.yaml")
    found = ended.problem()
    assert (ended.code, found["code"], found["file"]) == (5, "LF505", str(path))
    assert files_of(trained.runs) == before


ADAPTERS = {
    "weights cut short": ("LF503", "adapter_model.safetensors"),
    "no configuration": ("LF503", "adapter_config.json"),
    "other target modules": ("LF503", ""),
    "no folder": ("LF503", "adapter"),
    "damaged prompt": ("LF505", "lfine_prompt.json"),
    "another prompt": ("LF506", "another prompt"),
}


def damage_adapter(folder: Path, how: str) -> None:
    weights, config, prompt = (
        folder / name for name in ("adapter_model.safetensors", "adapter_config.json", "lfine_prompt.json")
    )
    if how == "weights cut short":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif how == "no configuration":
        config.unlink()
    elif how == "other target modules":
        record = json.loads(config.read_text(encoding="utf-8"))
        config.write_text(json.dumps(record | {"target_modules": ["up_proj"]}), encoding="utf-8")
    elif how == "no folder":
        shutil.rmtree(folder)
    elif how == "damaged prompt":
        prompt.write_text("[]", encoding="utf-8")
    else:
        record = json.loads(prompt.read_text(encoding="utf-8"))
        prompt.write_text(json.dumps(record | {"hash": "0" * 16}), encoding="utf-8")


@pytest.mark.parametrize("how", ADAPTERS)
def test_an_adapter_that_cannot_be_used(trained: Project, how: str) -> None:
    damage_adapter(trained.run_folders()[0] / "adapter", how)
    before = files_of(trained.runs)
    ended = refused("evaluate", "topics.yaml")
    found, (code, said) = ended.problem(), ADAPTERS[how]
    assert (ended.code, found["code"]) == (5, code)
    assert said in found["message"]
    after = files_of(trained.runs)
    assert {name: after[name] for name in before} == before


def test_an_adapter_folder_that_is_not_there(trained: Project) -> None:
    ended = refused("evaluate", trained.task, "--adapter", "nowhere")
    assert (ended.code, ended.problem()["code"]) == (1, "LF503")
    assert "'nowhere'" in ended.problem()["message"]


def test_another_base_model_under_the_same_name(trained: Project, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(trained.model, model)
    words = ("--set", f"base_model={model}", "--set", "trainer.train_steps=1")
    assert lfine("train", "topics.yaml", *words).code == 0
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    (model / "config.json").write_text(json.dumps(config | {"rms_norm_eps": 0.5}), encoding="utf-8")
    ended = refused("evaluate", "topics.yaml", "--set", f"base_model={model}")
    assert (ended.code, ended.problem()["code"]) == (5, "LF502")
    assert "is not the one that run" in ended.problem()["message"]


@pytest.mark.parametrize("size", [1_500, 3_500, 4_500])
def test_a_disk_that_fills_up_keeps_older_files_and_the_answers(trained: Project, size: int) -> None:
    before = files_of(trained.runs)
    with small_disk(size):  # 12 answers have 3 kB, scores.json has 4 kB, the report 30 kB
        ended = refused("evaluate", "topics.yaml")
    assert (ended.code, ended.problem()["code"]) == (3, "LF405")
    after = files_of(trained.runs)
    changed = {name for name in after if after[name] != before.get(name)}
    assert {Path(name).name for name in changed} <= {answering.PARTIAL, "predictions.jsonl", "scores.json"}
    assert all(json.loads(after[name]) for name in changed if name.endswith("scores.json"))
    assert all(after[name].count(b"\n") == 12 for name in changed if name.endswith("predictions.jsonl"))
    assert any(name.endswith(answering.PARTIAL) for name in changed)
    assert evaluated()["n"] == 12
    assert not list(trained.runs.rglob(answering.PARTIAL))


def test_a_crash_goes_on_with_the_rows_not_yet_answered(trained: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    tuned = trained.run_folders()[0] / "evaluations" / "tuned"
    before = (tuned / "predictions.jsonl").read_bytes()
    asked: list[int] = []

    def crashing(model: Any, prompts: Any, how: Any, row_ids: Any, places: Any) -> Any:
        for place in places:
            if len(asked) == 5:
                raise KeyboardInterrupt
            asked.append(place)
            yield from answer_texts(model, prompts, how, row_ids, [place])

    monkeypatch.setattr(answering, "answer_texts", crashing)
    stopped = lfine("evaluate", "topics.yaml")
    assert stopped.code == 130
    assert "the answers so far are kept; to go on:\n  lfine evaluate topics.yaml\n" in stopped.err
    assert len((tuned / answering.PARTIAL).read_text(encoding="utf-8").splitlines()) == 6

    later: list[int] = []

    def counting(model: Any, prompts: Any, how: Any, row_ids: Any, places: Any) -> Any:
        later.append(len(places))
        return answer_texts(model, prompts, how, row_ids, places)

    monkeypatch.setattr(answering, "answer_texts", counting)
    ended = lfine("evaluate", "topics.yaml")
    assert (ended.code, later) == (0, [7])
    assert "5 of 12 rows were answered before" in ended.err
    assert (tuned / "predictions.jsonl").read_bytes() == before
    assert not (tuned / answering.PARTIAL).exists()


def test_some_of_several_failed(trained: Project) -> None:
    words = ("evaluate", "absent.yaml", trained.task, "--limit", "2")
    ended = lfine(*words, "--format", "json")
    assert (ended.code, list(ended.json())) == (4, ["evaluations", "leaderboard", "problems"])
    assert [list(each) for each in ended.json()["evaluations"]] == [KEYS]
    assert [each["code"] for each in ended.json()["problems"]] == ["LF108"]
    nothing = lfine("evaluate", "absent.yaml", "gone.yaml", "--format", "json")
    assert (nothing.code, [each["code"] for each in nothing.problems()]) == (1, ["LF108", "LF108", "LF116"])


def test_several_tasks_load_the_base_model_once_and_score_as_if_alone(trained: Project, finished: Project) -> None:
    other = trained.folder / "a.yaml"
    other.write_text(trained.task.read_text(encoding="utf-8") + "name: other\n", encoding="utf-8")
    shutil.copytree(trained.runs / "topics", trained.runs / "other")
    for run in (trained.runs / "other").glob("*/run.json"):
        run.write_text(run.read_text(encoding="utf-8").replace("topics", "other"), encoding="utf-8")
    ended = lfine("evaluate", other, trained.task, "--runs-dir", trained.runs)
    assert ended.code == 0
    assert ended.err.count("the base model is still in memory: it is not loaded again") == 1
    names = ("tuned", "predictions.jsonl")
    first, alone = (each.run_folders()[0].joinpath("evaluations", *names) for each in (trained, finished))
    assert lines_of(first) == lines_of(alone)


def test_more_new_tokens_than_the_context_has_room_for(trained: Project) -> None:
    ended = refused("evaluate", trained.task, "--set", "generation.max_new_tokens=512")
    assert ended.code == 1
    assert "max_new_tokens" in ended.problem()["message"] + ended.problem()["path"]


def test_prompts_beyond_the_context_are_cut_and_said(trained: Project) -> None:
    write_csv(
        trained.folder / "rows.csv",
        [*rows_of(), {"question": "which " * 600, "label": "fee", "split": "test"}],
    )
    assert lfine("train", "topics.yaml", "--set", "trainer.train_steps=1").code == 0
    ended = lfine("evaluate", "topics.yaml", "--set", "evaluation.sample_size=13", "--format", "json")
    assert ended.code == 0
    assert "1 prompt" in ended.err
    assert "row ids: 60" in ended.err
    lines = lines_of(trained.run_folders()[-1] / "evaluations" / "tuned" / "predictions.jsonl")
    (long,) = [line for line in lines if line["row_id"] == 60]
    assert long["prompt_tokens"] <= 512
