"""Columns and metrics checked from the header alone, each problem at its line and column of the task file."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfine.finetune.compile.headers import header_problems, metric_problems, module_problems, scoring_problems
from lfine.schemas.loading import LoadedTask, load_task
from lfine.schemas.problems import Problem
from tests.finetune.compile.bench import Bench

COLUMNS = ("question", "context", "answer")


def load(folder: Path, text: str, *overrides: str) -> LoadedTask:
    path = folder / "sql.yaml"
    path.write_text("base_model: m\ndataset: {path: d.csv}\n" + text, encoding="utf-8")
    return load_task(path, overrides)


def pointed_at(problem: Problem) -> str:
    """Return the characters of the file that the caret stands under."""
    assert problem.excerpt is not None
    assert problem.column is not None
    return problem.excerpt.text[problem.column - 1 :][: problem.excerpt.width]


TEMPLATES = {
    "plain": ("prompt:\n  template: Write SQL for {qestion} now\n", 4),
    "flow": ("prompt: {template: 'Use {qestion} now'}\n", 3),
    "single quotes": ("prompt:\n  template: 'It''s {qestion}'\n", 4),
    "double quotes": ('prompt:\n  template: "Tab\\t\\u00e9 {{}} {qestion}"\n', 4),
    "literal block": ("prompt:\n  template: |\n    Tables: {context}\n    Question: {qestion}\n", 6),
    "folded block": ("prompt:\n  template: >-\n    Tables: {context}\n\n    Question:\n    {qestion}\n", 8),
    "folded quotes": ('prompt:\n  template: "Tables: {context}\n    and {qestion}"\n', 5),
}
"""Style → the prompt as written, and the line of its wrong placeholder."""


@pytest.mark.parametrize("style", TEMPLATES)
def test_a_column_of_the_template_is_pointed_at(tmp_path: Path, style: str) -> None:
    prompt, line = TEMPLATES[style]
    loaded = load(tmp_path, prompt + "output_feature: answer\n")
    (problem,) = header_problems(loaded, COLUMNS)
    assert (problem.code, problem.path) == ("LF201", "prompt.template")
    text = (tmp_path / "sql.yaml").read_text(encoding="utf-8").splitlines()[line - 1]
    assert (problem.line, problem.column) == (line, text.index("{qestion}") + 1)
    assert pointed_at(problem) == "{qestion}"
    assert problem.file == str(tmp_path / "sql.yaml")
    assert problem.message == "prompt.template names 'qestion', and the data have no such column"
    assert problem.cure == "did you mean `question`?"


def test_every_wrong_placeholder_is_a_problem_of_its_own(tmp_path: Path) -> None:
    loaded = load(tmp_path, "prompt: {template: '{qestion} {context} {contxt} {qestion}'}\noutput_feature: answer\n")
    found = header_problems(loaded, COLUMNS)
    assert [pointed_at(problem) for problem in found] == ["{qestion}", "{contxt}", "{qestion}"]
    assert [problem.column for problem in found] == [21, 41, 50]


def test_doubled_braces_are_no_columns(tmp_path: Path) -> None:
    loaded = load(tmp_path, "prompt: {template: '{{qestion}} {question}'}\noutput_feature: answer\n")
    assert header_problems(loaded, COLUMNS) == []


def test_a_column_that_is_like_none_is_answered_with_all_there_are(tmp_path: Path) -> None:
    loaded = load(tmp_path, "prompt: {template: '{zzzz}'}\noutput_feature: answer\n")
    (problem,) = header_problems(loaded, COLUMNS)
    assert problem.cure == "use one of `question`, `context`, `answer`"


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        ("output_feature: anwser", 4, 17),
        ("output_feature: {name: anwser}", 4, 24),
        ("output_feature:\n  type: text\n  name: 'anwser'", 6, 9),
    ],
)
def test_the_output_column_is_pointed_at(tmp_path: Path, written: str, line: int, column: int) -> None:
    loaded = load(tmp_path, "prompt: {template: '{question}'}\n" + written + "\n")
    (problem,) = header_problems(loaded, COLUMNS)
    assert (problem.code, problem.path) == ("LF201", "output_feature.name")
    assert (problem.line, problem.column) == (line, column)
    assert pointed_at(problem).strip("'") == "anwser"
    assert problem.message == "output_feature is 'anwser', and the data have no such column"
    assert problem.cure == "did you mean `answer`?"


def test_an_overridden_key_names_its_argument(tmp_path: Path) -> None:
    text = "prompt: {template: '{question}'}\noutput_feature: answer\n"
    arguments = ("output_feature.name=anwser", "prompt.template='{qestion}'")
    found = header_problems(load(tmp_path, text, *arguments), COLUMNS)
    assert [problem.file for problem in found] == [f"--set {arguments[1]}", f"--set {arguments[0]}"]
    assert [(problem.line, problem.excerpt) for problem in found] == [(None, None)] * 2


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ("{column: fold}", "fold"),
        ("{type: fixed, column: fold}", "fold"),
        ("{type: fixed}", "split"),
        ("{type: hash}", None),
        ("{}", None),
        ("{column: context}", None),
    ],
)
def test_the_split_column_is_one_of_the_data(tmp_path: Path, split: str, expected: str | None) -> None:
    text = f"prompt: {{template: '{{question}}'}}\noutput_feature: answer\npreprocessing: {{split: {split}}}\n"
    found = header_problems(load(tmp_path, text), COLUMNS)
    assert [problem.message for problem in found] == (
        [] if expected is None else [f"preprocessing.split.column is {expected!r}, and the data have no such column"]
    )
    for problem in found:
        assert (problem.code, problem.path, problem.line) == ("LF201", "preprocessing.split.column", 5)


def test_a_split_column_with_its_default_name_may_be_there(tmp_path: Path) -> None:
    text = "prompt: {template: '{question}'}\noutput_feature: answer\npreprocessing: {split: {type: fixed}}\n"
    assert header_problems(load(tmp_path, text), (*COLUMNS, "split")) == []


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    text = "prompt: {template: '{qestion}'}\noutput_feature: anwser\npreprocessing: {split: {column: spilt}}\n"
    found = header_problems(load(tmp_path, text), (*COLUMNS, "split"))
    assert [problem.path for problem in found] == [
        "prompt.template",
        "output_feature.name",
        "preprocessing.split.column",
    ]
    assert found[2].cure == "did you mean `split`?"


# --- metrics, extraction, baselines ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("overrides", "codes"),
    [
        ([], []),
        (["evaluation.metrics=[rouge]", "output_feature.type=text"], []),
        (["evaluation.metrics=[rouge]", "output_feature.type=category"], ["LF204"]),
        (["evaluation.metrics=[f1]", "output_feature.type=text"], ["LF204"]),
        (["evaluation.metrics=[rouge]", "output_feature.labels=[yes, no]"], ["LF204"]),
        (["evaluation.metrics=[rouge]"], []),
        (["evaluation.metrics=[f1]"], []),
        (["evaluation.metrics=[f1, rouge]"], ["LF204"]),
        (["evaluation.metrics=[rogue]"], ["LF209"]),
        (["evaluation.metrics=[confusion]", "output_feature.type=category"], ["LF210"]),
        (["evaluation.extract=label"], []),
        (["evaluation.extract=label", "output_feature.type=text"], ["LF274"]),
        (["evaluation.extract=first_line", "output_feature.type=text"], []),
        (["evaluation.baselines=[majority, tfidf]"], []),
        (["evaluation.baselines=[majority, tfidf]", "output_feature.type=text"], ["LF275"]),
        (["evaluation.extract={type: regex}"], ["LF270"]),
        (["trainer.save_best_by=rougeL", "trainer.evaluation_sample=9", "evaluation.metrics=[accuracy]"], ["LF256"]),
        (["trainer.save_best_by=accuracy", "evaluation.metrics=[accuracy]"], ["LF255"]),
        (["trainer.save_best_by=rougeL", "trainer.evaluation_sample=9"], []),
        (
            [
                "output_feature={name: label, labels: [a, b]}",
                "evaluation.metrics=[{name: f1, average: binary, positive: c}]",
            ],
            ["LF211"],
        ),
        (["evaluation.baselines=[majority]", "output_feature.type=text"], []),
    ],
)
def test_what_is_scored_fits_the_type_as_far_as_it_is_known(
    bench: Bench, overrides: list[str], codes: list[str]
) -> None:
    assert [problem.code for problem in metric_problems(bench.load(overrides))] == codes


def test_a_metric_problem_stands_at_the_metrics(tmp_path: Path) -> None:
    text = "prompt: {template: '{question}'}\noutput_feature: answer\nevaluation:\n  metrics: [rogue]\n"
    (problem,) = metric_problems(load(tmp_path, text))
    assert (problem.line, problem.column, problem.path) == (6, 12, "evaluation.metrics")
    assert "did you mean 'rouge'?" in problem.message


def test_problems_of_scoring_say_what_to_do(bench: Bench) -> None:
    evaluation = bench.task(["evaluation={extract: label, baselines: [tfidf], metrics: [accuracy]}"]).evaluation
    assert scoring_problems(evaluation, "category") == []
    found = scoring_problems(evaluation, "text")
    assert [problem.path for problem in found][-2:] == ["evaluation.extract", "evaluation.baselines"]
    assert all(problem.cure for problem in found)


# --- made columns, conversations, columns that decide the split ------------------------------------------------------


def test_made_columns_are_there_and_their_sources_are_checked(tmp_path: Path) -> None:
    text = "prompt: {template: '{made} {question}'}\noutput_feature: answer\n"
    made = "dataset.columns={made: {from: context}, other: {from: contxt}}"
    found = header_problems(load(tmp_path, text, made), COLUMNS)
    assert [problem.code for problem in found] == ["LF201"]
    assert "contxt" in found[0].message


def test_a_conversation_needs_its_column_and_no_output(tmp_path: Path) -> None:
    loaded = load(tmp_path, "prompt:\n  messages: dialog\n")
    (problem,) = header_problems(loaded, ("dialogue", "id"))
    assert (problem.code, problem.path, problem.line, problem.column) == ("LF201", "prompt.messages", 4, 13)
    assert problem.cure == "did you mean `dialogue`?"
    assert header_problems(loaded, ("dialog",)) == []
    assert metric_problems(loaded) == []


@pytest.mark.parametrize(
    ("preprocessing", "codes"),
    [
        ("{split: {seed: 3, probabilities: [0.8, 0.1, 0.1]}}", ["LF236", "LF237"]),
        ("{split: {seed: 3}, sample_ratio: 0.5}", []),
        ("{split: {seed: 3, type: hash}}", []),
        ("{split: {}}", []),
    ],
)
def test_a_column_split_decides_where_the_task_names_no_type(
    tmp_path: Path, preprocessing: str, codes: list[str]
) -> None:
    text = f"prompt: {{template: '{{question}}'}}\noutput_feature: answer\npreprocessing: {preprocessing}\n"
    loaded = load(tmp_path, text)
    assert [problem.code for problem in header_problems(loaded, (*COLUMNS, "split"))] == codes
    assert header_problems(loaded, COLUMNS) == []


# --- layers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modules", "wrong"),
    [
        ("[q_proj, v_proj]", []),
        ("[mlp.down_proj, self_attn.q_proj, lm_head]", []),
        ("[c_attn, q_proj, v_porj]", [0, 2]),
        ("all-linear", []),
        ("null", []),
    ],
)
def test_layers_that_the_family_lacks(tmp_path: Path, modules: str, wrong: list[int]) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text('{"model_type": "llama"}', encoding="utf-8")
    text = f"prompt: {{template: '{{question}}'}}\noutput_feature: answer\nadapter: {{target_modules: {modules}}}\n"
    found = module_problems(load(tmp_path, text))
    assert [problem.path for problem in found] == [f"adapter.target_modules[{index}]" for index in wrong]
    assert [problem.code for problem in found] == ["LF250"] * len(wrong)
    assert not found or found[-1].cure == "did you mean `v_proj`?"


@pytest.mark.parametrize("config", ["", "[]", '{"model_type": "no_such_family"}', "{}"])
def test_a_model_that_tells_nothing_is_not_judged(tmp_path: Path, config: str) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text(config, encoding="utf-8")
    text = "prompt: {template: '{question}'}\noutput_feature: answer\nadapter: {target_modules: [c_attn]}\n"
    assert module_problems(load(tmp_path, text)) == []
    assert module_problems(load(tmp_path, text, "base_model=org/elsewhere")) == []
    assert module_problems(load(tmp_path, text, "adapter=null")) == []
