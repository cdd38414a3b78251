"""`--set`: what is read, what it changes, and problems that name the argument."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lfine.schemas.document import Document, Value
from lfine.schemas.errors import TaskError
from lfine.schemas.loading import load_task
from lfine.schemas.overrides import apply_overrides, parse_override
from lfine.schemas.problems import Problem
from lfine.schemas.yaml_text import compose

One = Callable[..., Problem]
Check = Callable[..., list[Problem]]


def changed(text: str, *arguments: str) -> Document:
    document = compose(text, "t.yaml").document
    assert document is not None
    overridden = apply_overrides(document, arguments)
    assert overridden.problems == ()
    return overridden.document


@pytest.mark.parametrize(
    ("argument", "path", "value"),
    [
        ("a=1", ("a",), 1),
        ("a.b.c=x", ("a", "b", "c"), "x"),
        ("a=1e-4", ("a",), 1e-4),
        ("a=yes", ("a",), "yes"),
        ("a=null", ("a",), None),
        ("a=", ("a",), None),
        ("a='5'", ("a",), "5"),
        ("a=[x, 2]", ("a",), ["x", 2]),
        ("a={b: 1}", ("a",), {"b": 1}),
        ("a=b=c", ("a",), "b=c"),
        (" a = 1", ("a",), 1),
        ("a=012", ("a",), "012"),
        ('a="Q: {x}"', ("a",), "Q: {x}"),
    ],
)
def test_arguments(argument: str, path: tuple[str, ...], value: Value) -> None:
    assert parse_override(argument) == (path, value)


@pytest.mark.parametrize(
    "argument",
    ["", "a", "=1", "a..b=1", ".a=1", "a.=1", "a b=1", "1a=1", "a[x]=1", "a[0=1", '["a"]=1', ".".join("a" * 11) + "=1"],
)
def test_what_is_no_argument(argument: str) -> None:
    with pytest.raises(TaskError) as caught:
        parse_override(argument)
    (problem,) = caught.value.problems
    assert (problem.code, problem.file, problem.line) == ("LF111", f"--set {argument}", None)
    assert problem.message == f"an override must be `key.path=value`, got `{argument}`"


@pytest.mark.parametrize("text", ["[1", "a: b: c", "@x", "{a", "'x", "*x", "\x00", "\udc80", "a\n---\nb"])
def test_values_that_are_not_yaml(text: str) -> None:
    with pytest.raises(TaskError) as caught:
        parse_override(f"prompt.template={text}")
    (problem,) = caught.value.problems
    assert (problem.code, problem.line) == ("LF111", None)
    assert problem.message.startswith("the value of `prompt.template` is not YAML: ")
    assert problem.cure.startswith("put the value in double quotes inside single ones: --set 'prompt.template=")


def test_a_value_with_a_duplicate_key() -> None:
    with pytest.raises(TaskError, match="stands twice"):
        parse_override("adapter={r: 1, r: 2}")


def test_values_are_set_and_added() -> None:
    document = changed("a: 1\nb: {c: 2, d: 3}\n", "a=x", "b.c=y", "e.f.g=z")
    assert document.value == {"a": "x", "b": {"c": "y", "d": 3}, "e": {"f": {"g": "z"}}}


def test_the_document_before_is_left_alone() -> None:
    document = compose("a: {b: [1]}\n", "t.yaml").document
    assert document is not None
    apply_overrides(document, ["a.b=2"])
    assert document.value == {"a": {"b": [1]}}
    assert ("a", "b", 0) in document.places


def test_the_last_of_two_counts() -> None:
    document = changed("a: 1\n", "a=2", "a=3")
    assert document.value == {"a": 3}
    assert document.overrides == {("a",): "--set a=3"}


def test_a_mapping_set_over_a_key_set_before() -> None:
    document = changed("a: {b: 1}\n", "a.b=2", "a={c: 3}")
    assert document.value == {"a": {"c": 3}}
    assert document.overrides == {("a",): "--set a={c: 3}"}


def test_places_of_what_was_overridden_are_gone() -> None:
    document = changed("a: {b: 1, c: [2]}\nd: 4\n", "a=5")
    assert set(document.places) == {(), ("d",)}


def test_null_becomes_a_mapping() -> None:
    assert changed("adapter: null\n", "adapter.r=16").value == {"adapter": {"r": 16}}


def test_a_bare_column_becomes_a_mapping() -> None:
    assert changed("output_feature: label\n", "output_feature.type=category").value == {
        "output_feature": {"name": "label", "type": "category"}
    }


@pytest.mark.parametrize(
    ("argument", "message", "cure"),
    [
        ("adapter.r=1", "`adapter` is a single value and has no keys", "set it whole: `--set adapter=…`"),
        ("a.b[3]=1", "`a.b` is a list and has no item 3", "set it whole: `--set a.b=…`"),
        ("a[0]=1", "`a` is a mapping and has no item 0", "set it whole: `--set a=…`"),
        (
            "extends=x.yaml",
            "`extends` stands in the file only: overrides are laid over what it says",
            "write `extends`",
        ),
        ("a.b.c=1", "`a.b` is a list and has no keys", "set it whole: `--set a.b=…`"),
    ],
)
def test_keys_below_what_has_none(argument: str, message: str, cure: str) -> None:
    document = compose("base_model: m\na: {b: [1]}\nadapter: lora\n", "t.yaml").document
    assert document is not None
    overridden = apply_overrides(document, [argument])
    (problem,) = overridden.problems
    assert (problem.code, problem.message) == ("LF111", message)
    assert problem.cure.startswith(cure)
    assert overridden.document.value == document.value


@pytest.mark.parametrize(
    ("argument", "code", "path", "cure"),
    [
        ("trainer.epoch=3", "LF111", "trainer.epoch", "write it as `epochs`"),
        ("trainer.epocs=3", "LF111", "trainer.epocs", "did you mean `epochs`?"),
        ("trianer.epochs=3", "LF111", "trianer", "did you mean `trainer`?"),
        ("learning_rate=1", "LF111", "learning_rate", "move it: `learning_rate` belongs under `trainer`"),
        ("adapter={qqqqq: 4}", "LF111", "adapter.qqqqq", "use one of"),
        ("trainer.epochs=-1", "LF105", "trainer.epochs", "write for instance `3`"),
        ("adapter.r=x", "LF102", "adapter.r", "write for instance `16`"),
        ("adapter.r='16'", "LF102", "adapter.r", "write `16`"),
        ("output_feature={type: text}", "LF101", "output_feature.name", "add `name: target`"),
        ("prompt.template={x}", "LF102", "prompt.template", "--set 'prompt.template=\"{x}\"'"),
        ("prompt.template=x {label}", "LF202", "prompt.template", "leave it out"),
        ("prompt.template=x {", "LF203", "prompt.template", "double a brace"),
    ],
)
def test_problems_name_the_argument(one: One, valid: str, argument: str, code: str, path: str, cure: str) -> None:
    problem = one(valid, argument)
    assert (problem.code, problem.path) == (code, path), problem.text()
    assert (problem.file, problem.line, problem.column) == (f"--set {argument}", None, None)
    assert problem.excerpt is None
    assert cure in problem.cure


def test_problems_of_file_and_arguments_come_together(check: Check, valid: str) -> None:
    problems = check(valid + "trainer: {seed: x}\n", "foo", "adapter.r=0")
    assert sorted(problem.code for problem in problems) == ["LF102", "LF105", "LF111"]


def test_an_override_can_mend_a_file(check: Check, valid: str) -> None:
    assert check(valid + "adapter: {r: x}\n", "adapter.r=4") == []
    assert check(valid.replace("base_model: smollm2-135m-instruct\n", ""), "base_model=m") == []


def test_an_override_can_break_a_rule_of_the_file(one: One, valid: str) -> None:
    problem = one(valid + "quantization: {bits: 4}\n", "adapter=null")
    assert (problem.code, problem.file, problem.line) == ("LF205", "task.yaml", 6)


def test_overrides_reach_the_task(tmp_path: Path, valid: str) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(valid, encoding="utf-8")
    arguments = ["trainer.learning_rate=1e-4", "adapter=null", "evaluation.metrics=[accuracy, f1]", "name=x"]
    task = load_task(file, arguments).task
    assert (task.trainer.learning_rate, task.adapter, task.name) == (1e-4, None, "x")
    assert [metric.name for metric in task.evaluation.metrics or ()] == ["accuracy", "f1"]


def test_overrides_of_lists_mappings_and_bare_forms(tmp_path: Path, valid: str) -> None:
    file = tmp_path / "t.yaml"
    columns = "{path: reviews.csv, columns: {label: {values: {a: x}}}}"
    text = valid.replace("{path: reviews.csv}", columns).replace("smollm2-135m-instruct", "org/model")
    file.write_text(text, encoding="utf-8")
    arguments = [
        "dataset.columns.label.cast=integer",
        "dataset.columns.my label.from=raw",
        'dataset.columns["a.b"].pick=1',
        "dataset.columns.label.values.7=y",
        "evaluation.metrics=[rouge, f1]",
        "evaluation.metrics[1].average=micro",
        "base_model.revision=main",
        "adapter.rank_pattern.q_proj=4",
    ]
    loaded = load_task(file, arguments)
    task = loaded.task
    assert set(task.dataset.columns) == {"label", "my label", "a.b"}
    assert task.dataset.columns["label"].values == {"a": "x", "7": "y"}
    assert (task.dataset.columns["label"].cast, task.dataset.columns["a.b"].pick) == ("integer", 1)
    assert [(metric.name, metric.average) for metric in task.evaluation.metrics or ()] == [
        ("rouge", None),
        ("f1", "micro"),
    ]
    assert (task.base_model.id, task.base_model.revision) == ("org/model", "main")
    assert loaded.origin("base_model.id") == f"{file}:1", "a bare value keeps its place"
    assert loaded.origin("evaluation.metrics[1].average") == "--set evaluation.metrics[1].average=micro"
    assert loaded.origin("evaluation.metrics[0]") == "--set evaluation.metrics=[rouge, f1]"


def test_setting_null(tmp_path: Path, valid: str) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(valid.replace('template: "Review: {review}"', "messages: turns"), encoding="utf-8")
    assert load_task(file, ["output_feature=null"]).task.output_feature is None


def test_an_override_of_a_file_that_is_no_mapping() -> None:
    assert changed("[1]\n", "a=1").value == [1]
